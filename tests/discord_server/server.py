"""A Discord of the tests' own: REST v10 and a gateway on a port the system picks, for the real library to talk to.

    async with Discord() as discord:
        guild = discord.guild("Harbour")
        ann = discord.person(guild, "Ann")
        general = discord.channel(guild, "general")
        with directed_to(discord):
            client = AutoShardedClient(intents=Intents(guilds=True, guild_reactions=True))
            ...  # start it with discord.token
            await discord.until_connected()
            used = await discord.command(ann, general, "compare", {"a": "llama", "b": "mistral"})
            discord.react(ann, used.response, "🔵")

`things` and `world` hold the state and build it, `gateway` tells the bot of it, `acts` is what people do, `messages`,
`lookups`, `direct` and `responses` are the REST API, `content`, `components`, `declared` are what Discord accepts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.discord_server import direct, lookups, messages, responses
from tests.discord_server.acts import Acts
from tests.discord_server.errors import Refused
from tests.discord_server.faults import Breakage, Called, Fault, as_json, too_many
from tests.discord_server.gateway import GATEWAY
from tests.discord_server.limits import Limits
from tests.discord_server.rest import ROUTES, Call, Route, read
from tests.discord_server.world import Clock

SERVED = (direct, lookups, messages, responses)
"""The modules whose routes are served; importing them is what fills the table."""

API = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Discord(Acts):
    """The whole of it, served while the context is open. `clock` counts microseconds."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.url = ""
        self.gateway_url = ""
        self.calls: list[Called] = []
        self._faults: list[Fault] = []
        self._limits = Limits()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """What stands in the place of https://discord.com/api/v10."""
        return self.url + API

    async def __aenter__(self) -> Self:
        routes = web.Application(client_max_size=32 * 2**20)
        routes.router.add_get("/gateway/", self._on_gateway)
        for one in ROUTES.values():
            routes.router.add_route(one.method, API + one.path, self._serving(one))
        routes.router.add_route("*", "/{path:.*}", self._on_nothing)
        self._runner = web.AppRunner(routes, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url, self.gateway_url = f"http://{host}:{port}", f"ws://{host}:{port}/gateway/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.drop_connections()
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(
        self,
        name: str,
        times: int = 1,
        *,
        where: str = "",
        status: int = 500,
        code: int = 0,
        retry_after_s: float = 1,
        for_all: bool = False,
        by_discord: bool = True,
        broken: Breakage = "",
        after_doing: bool = False,
    ) -> None:
        """Let the next calls fail, by the names of the functions that serve them, such as `post_message`.

        `gateway` stands for opening the WebSocket, `*` for anything; `where` is a part of the path, such as a
        channel's id. A `code` of Discord's brings its own status. A 429 is for the route or `for_all`, and comes
        from what stands before Discord unless it is `by_discord`. With `after_doing` the work is done and the
        answer is lost.
        """
        fault = Fault(name, times, where, status, code, retry_after_s, for_all, by_discord, broken, after_doing)
        self._faults.append(fault)

    def mend(self) -> None:
        """Let nothing fail any more."""
        self._faults.clear()

    def limit(self, name: str, count: int, per_s: float) -> None:
        """Let a route be called only so often for one channel, as the headers of its answers then say."""
        self._limits.set(name, count, per_s)

    def calls_of(self, name: str) -> list[Called]:
        """The calls of one route, oldest first."""
        return [call for call in self.calls if call.name == name]

    # -- REST --------------------------------------------------------------------------------------------------

    def _serving(self, one: Route) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            return await self._on_call(one, request)

        return serve

    async def _on_call(self, one: Route, request: web.Request) -> web.Response:
        headers: dict[str, str] = {}
        try:
            body, files = await read(request)
            call = Call(self, dict(request.match_info), dict(request.query), body, files)
            self._record(one, request, call)
            if one.needs_token and request.headers.get("Authorization") != f"Bot {self.token}":
                raise Refused.plain(401, "Unauthorized")
            fault = self._fault(one.name, request.path)
            if fault and not fault.after_doing:
                return await fault.answer(request, self._closing)
            bucket = self._limits.bucket(one.name, *(request.match_info[name] for name in one.major))
            if wait_s := bucket.take():
                answer = too_many(wait_s)
                answer.headers.update(bucket.headers)
                return answer
            # Answers to callbacks say nothing of limits.
            headers = {} if one.run is responses.callback else bucket.headers
            done = one.run(call)
        except Refused as refused:
            return as_json(refused.body, refused.status, headers)
        if fault:
            return await fault.answer(request, self._closing)
        return web.Response(status=204, headers=headers) if done is None else as_json(done, 200, headers)

    def _record(self, one: Route, request: web.Request, call: Call) -> None:
        files = dict(call.files.values())
        query, headers = dict(request.query), dict(request.headers)
        self.calls.append(Called(one.name, one.method, request.path, query, call.body, files, headers, self.clock()))
        self.changed()

    def _fault(self, name: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.fits(name, path):
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    async def _on_nothing(self, request: web.Request) -> web.Response:
        known = any(one.path == request.path.removeprefix(API) for one in ROUTES.values())
        refused = Refused.plain(405, "Method Not Allowed") if known else Refused.plain(404, "Not Found")
        return as_json(refused.body, refused.status)

    async def _on_gateway(self, request: web.Request) -> web.StreamResponse:
        if fault := self._fault(GATEWAY, request.path):
            return await fault.answer(request, self._closing)
        return await self.serve_socket(request)

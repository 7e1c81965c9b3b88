"""The bot's connection to Slack, from the first byte to the last: open it, run it until told to stop."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from adapters.proxy import proxy_for
from adapters.slack import clients, oauth, scopes
from adapters.slack.answers import Answers
from adapters.slack.app import App
from adapters.slack.channel import SlackChannel
from adapters.slack.errors import sorted_errors
from adapters.slack.inbound import PLATFORM, team_key
from adapters.slack.life import Life
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import EVENTS
from adapters.slack.marks import Marks
from adapters.slack.people import People
from adapters.slack.replays import Replays, legible
from adapters.slack.workspaces import Authorize, Installations, InstalledWorkspaces, OneWorkspace, Workspaces, told_as
from commands.away import Away
from commands.budget import Budget, LoopTimer
from commands.core import Core
from commands.errors import Unavailable
from commands.model import Ballot, TeamKey
from commands.once import Once
from commands.ports import Ports, Presence
from commands.redraws import Redraws
from commands.tasks import Tasks
from commands.turns import Pace

log = logging.getLogger(__name__)

CALL_WITHIN_S = 20.0
READS_A_MINUTE = 45
REDRAWS_A_MINUTE = 36
"""Slack allows some 50 calls of each kind a minute in one workspace."""

START_WITHIN_S = 10.0
"""How long the first word from Slack is waited for before going on without it."""

TASKS_WITHIN_S = 3.0
REDRAWS_WITHIN_S = 2.0
CLOSE_WITHIN_S = 1.0
"""Together with what else ends, under the ten seconds a program has for it."""

NOT_INSTALLED = (
    "Shipworthy is no longer installed in this workspace. Please ask whoever manages your apps to install it."
)


@dataclass(frozen=True, slots=True)
class Installed:
    """Where installations are kept, and the states of those under way."""

    store: Installations
    states: AsyncOAuthStateStore


@dataclass(frozen=True, slots=True)
class Options:
    """How to connect: by socket (an app token), or as a web server for one workspace or, by OAuth, for many."""

    api_url: str
    bot_token: str | None = None
    app_token: str | None = None
    signing_secret: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    optional_scopes: bool = False
    counts_outside: bool = False
    host: str = "127.0.0.1"
    port: int = 3000
    ping_interval_s: float = 5.0


class SlackConnection:
    """Slack as one running part of the program. `channel` serves the digests while it runs."""

    def __init__(
        self,
        options: Options,
        core: Core,
        ports: Ports,
        presence: Presence,
        *,
        session: aiohttp.ClientSession,
        installations: Installed | None,
        announce: Callable[[str], None],
        pages: Iterable[web.RouteDef] = (),
    ) -> None:
        self._options = options
        self._ports = ports
        self._pages = tuple(pages)
        self._session = session
        self._announce = announce
        self._client = self._make(None)
        self._tasks = Tasks()
        self._once = Once(PLATFORM, ports.deliveries)
        self.workspaces = self._find_workspaces(installations)
        self._life = Life(ports.teams, self.workspaces, installations.store if installations else None)
        people = People()
        self.channel = SlackChannel(core, self.workspaces, people, self._reads(), counts_outside=options.counts_outside)
        self._redraws = Redraws(
            self.channel.draw, ports.turns, pace=Pace(REDRAWS_A_MINUTE), timer=LoopTimer(), measures=ports.measures
        )
        self._away = Away(PLATFORM, ports, presence, teams=self._teams, reader=self.channel, redraws=self._redraws)
        self._app = self._make_app(installations)
        unrepeated = Replays(self._once)
        self._app.use(unrepeated)
        proxy = proxy_for(options.api_url)
        Listeners(
            core,
            answers=Answers(core, self.channel, people, session, proxy),
            channel=self.channel,
            marks=Marks(core, self.workspaces, self.channel, self._redraws, adopted=self._adopted),
            people=people,
            life=self._life,
            once=self._once,
            replays=unrepeated,
            tasks=self._tasks,
        ).register(self._app)
        self._server: web.AppRunner | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Future[None] | None = None

    @classmethod
    async def open(
        cls,
        options: Options,
        core: Core,
        ports: Ports,
        presence: Presence,
        *,
        installations: Installed | None = None,
        announce: Callable[[str], None] = log.info,
        pages: Iterable[web.RouteDef] = (),
    ) -> Self:
        """A connection that answers Slack from now on; close it by `run`, or by `close` where it never ran.

        `pages` are served beside Slack's own where Slack comes over HTTP.
        Raises `CommandError` where Slack refuses a token, and `OSError` where the port cannot be had; a Slack
        that cannot be reached is waited for while it runs.
        """
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_WITHIN_S))
        found = cls(
            options,
            core,
            ports,
            presence,
            session=session,
            installations=installations,
            announce=announce,
            pages=pages,
        )
        try:
            await found._introduce()
            if options.app_token:
                await found._open_socket(options.app_token)
            else:
                await found._serve()
        except BaseException:
            await found.close()
            raise
        return found

    async def _introduce(self) -> None:
        """Ask Slack who the bot is, so that a wrong token is told at once."""
        if isinstance(self.workspaces, OneWorkspace):
            with _reached():
                async with asyncio.timeout(START_WITHIN_S):
                    await self.workspaces.only()

    def redraw(self, team: TeamKey, ballot: int) -> None:
        """A ballot's votes have moved: have its message drawn again."""
        self._redraws.want(team, ballot)

    async def run(self, stop: asyncio.Event) -> None:
        """Answer Slack until told to stop; what was begun is then finished, within ten seconds."""
        try:
            await self._away.watch(stop, self.connected)
        finally:
            await self.close()

    async def close(self) -> None:
        """Take nothing more in, finish what was begun, and let go of the network. Idempotent."""
        connected_us = self._ports.clock() if await self.connected() else None
        await self._stop_taking()
        await self._tasks.drain(TASKS_WITHIN_S)
        await self._redraws.drain(REDRAWS_WITHIN_S)
        await self._away.close(connected_us)
        await self._session.close()

    async def _stop_taking(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
            self._connecting = None
        if self._socket is not None:
            client, self._socket = self._socket.client, None
            with suppress(TimeoutError):  # Slack may not answer the closing of the socket any more
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await client.close()  # type: ignore[no-untyped-call]
            await client.aiohttp_client_session.close()
        if self._server is not None:
            await self._server.cleanup()
            self._server = None

    async def connected(self) -> bool:
        """Whether what happens in Slack reaches us now."""
        return self._server is not None or (self._socket is not None and await self._socket.client.is_connected())

    async def _serve(self) -> None:
        """Listen for Slack's deliveries; raises `OSError` where the port is taken."""
        served = self._app.web_app(EVENTS)
        served.add_routes(self._pages)
        served.middlewares.append(_readable)
        runner = web.AppRunner(served, access_log=None, shutdown_timeout=CLOSE_WITHIN_S)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._options.host, self._options.port)
            await site.start()
        except BaseException:
            await runner.cleanup()
            raise
        self._server = runner
        host, port = runner.addresses[0][:2]
        self._announce(f"Slack: listening at http://{host}:{port}{EVENTS}")
        await self._away.back()

    async def _open_socket(self, app_token: str) -> None:
        """Connect by socket; raises `CommandError` where Slack refuses the token. One out of reach is waited for."""
        web_client = self._make(None, repeat=False)  # the socket's client tries again by itself
        handler = AsyncSocketModeHandler(
            self._app, app_token, web_client=web_client, ping_interval=self._options.ping_interval_s
        )
        self._socket = handler
        client = handler.client
        client.proxy = proxy_for(self._options.api_url)
        client.message_listeners.append(self._on_message)
        with _reached():
            async with asyncio.timeout(START_WITHIN_S):
                with told_as("SLACK_APP_TOKEN"), sorted_errors():
                    client.wss_uri = (await web_client.apps_connections_open(app_token=app_token))["url"]
        self._connecting = asyncio.ensure_future(self._keep_connecting(handler))

    async def _keep_connecting(self, handler: AsyncSocketModeHandler) -> None:
        """Make the first connection. The SDK keeps it up, but would use an address that ran out over and over."""
        client = handler.client
        connecting = asyncio.ensure_future(client.connect())  # type: ignore[no-untyped-call]
        try:
            while not client.closed:
                await asyncio.sleep(client.ping_interval)
                if not await client.is_connected():
                    client.wss_uri = None
        finally:
            connecting.cancel()

    async def _on_message(self, _client: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None) -> None:
        if message.get("type") == "hello":
            self._announce("Slack: connected")
            await self._away.back()

    def _find_workspaces(self, installed: Installed | None) -> Workspaces:
        options = self._options
        if installed is None:
            return OneWorkspace(options.bot_token or "", self._make, arrived=self._arrived_now)
        return InstalledWorkspaces(
            installed.store,
            self._make,
            client_id=options.client_id or "",
            client_secret=options.client_secret or "",
            once=self._once,
        )

    def _make(self, token: str | None, *, repeat: bool = True) -> AsyncWebClient:
        return clients.make(
            token,
            api_url=self._options.api_url,
            session=self._session,
            repeat=repeat,
            waited=partial(self._ports.measures.rate_limited, PLATFORM, "platform"),
        )

    def _reads(self) -> Budget:
        waited = partial(self._ports.measures.rate_limited, PLATFORM, "reads")
        return Budget(READS_A_MINUTE, LoopTimer(), waited=waited)

    def _make_app(self, installed: Installed | None) -> App:
        """Bolt's app; it acks after the listener has run, so what is acked is durable."""
        options = self._options
        flow = None
        if installed is not None:
            flow = oauth.flow(
                client_id=options.client_id or "",
                client_secret=options.client_secret or "",
                api_url=options.api_url,
                scopes=[
                    scope.name for scope in (*scopes.REQUIRED, *(scopes.OPTIONAL if options.optional_scopes else ()))
                ],
                client=self._client,
                installations=installed.store,  # type: ignore[arg-type] # Bolt asks for its class, not for what it does
                states=installed.states,
                arrived=self._life.arrived,
                clock=self._ports.clock,
            )
        return App(
            name="shipworthy",
            client=self._client,
            signing_secret=options.signing_secret or "",
            authorize=Authorize(self.workspaces),  # type: ignore[arg-type] # Bolt takes one of these as well
            oauth_flow=flow,
            user_facing_authorize_error_message=NOT_INSTALLED,
            process_before_response=True,
        )

    def _adopted(self, team: TeamKey, ballot: Ballot) -> None:
        self._tasks.start(self._away.read_back(team, ballot))

    async def _teams(self) -> list[TeamKey]:
        return [team_key(team) for team in await self.workspaces.teams()]

    async def _arrived_now(self, team: str) -> None:
        await self._life.arrived(team, self._ports.clock())


@contextmanager
def _reached() -> Iterator[None]:
    """Go on where Slack cannot be reached, for it is asked again."""
    try:
        yield
    except (Unavailable, TimeoutError) as error:
        log.warning("%s; going on and trying again", error or "Slack does not answer")


@web.middleware
async def _readable(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what Bolt cannot even read, which Slack never sends, without filling the log with tracebacks."""
    if not legible(request.headers):
        return web.Response(status=HTTPStatus.UNAUTHORIZED)
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - Bolt itself answers what goes wrong in a listener
        log.info("refused a request that cannot be read: %s", type(error).__name__)
        return web.Response(status=HTTPStatus.BAD_REQUEST)

"""A Slack of the tests' own: real HTTP and WebSocket on a port the system picks, for the real SDK to talk to.

    async with Slack() as slack:
        team = slack.workspace("T1")
        ann = slack.person(team, "Ann")
        general = slack.channel(team, "general", ann)
        client = AsyncWebClient(slack.token(team), base_url=slack.api_url)
        ...
        await slack.command(ann, general, "/compare", "llama vs mistral")
        message = await slack.until(lambda: slack.messages(general))

`world` holds the state and builds it, `deliveries` brings things to apps, `acts` is what people do,
`methods`, `views` and `oauth` are the Web API, and `blocks` is what Slack takes for Block Kit.
"""

import asyncio
import base64
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.slack_server import oauth
from tests.slack_server.acts import Acts
from tests.slack_server.arguments import Arguments
from tests.slack_server.faults import Breakage, Called, Fault
from tests.slack_server.methods import METHODS, Call, check_content, erase, post, rewrite
from tests.slack_server.world import App, Clock, Installation, Json, Person, Refused, ResponseUrl, Workspace

RESPONSE_URL = "response_url"
"""The name under which calls of response URLs are recorded and can be made to fail."""

LINK = "link"
"""Likewise the opening of a socket."""

OPEN = "apps.connections.open"


class Slack(Acts):
    """The whole of it, served while the context is open. `clock` counts microseconds."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.url = ""
        self.calls: list[Called] = []
        self._faults: list[Fault] = []
        self._approvals: dict[str, oauth.Approval] = {}
        self._tickets: dict[str, App] = {}
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """What an SDK client takes as its `base_url`."""
        return f"{self.url}/api/"

    async def __aenter__(self) -> Self:
        routes = web.Application()
        routes.router.add_route("*", "/api/{method}", self._on_api)
        routes.router.add_post("/response/{path:.+}", self._on_response_url)
        routes.router.add_get("/link/", self._on_link)
        self._runner = web.AppRunner(routes, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self.connections):
            await connection.socket.close()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(
        self,
        method: str,
        times: int = 1,
        *,
        status: int = 500,
        error: str = "",
        retry_after_s: int = 1,
        broken: Breakage = "",
        after_doing: bool = False,
    ) -> None:
        """Let the next calls of a method fail; with `after_doing` the work is done and the answer is lost.

        `response_url` and `link` stand for those two, `*` for any method.
        """
        self._faults.append(Fault(method, times, status, error, retry_after_s, broken, after_doing))

    def approve(
        self, client_id: str, team: Workspace, by: Person, *, redirect_uri: str = "", org_wide: bool = False
    ) -> str:
        """Agree to the installation on the consent page; the code that Slack sends along to the app."""
        app = next(app for app in self.apps.values() if app.client_id == client_id)
        code = f"{client_id}.{self.new_id('code')}"
        until_us = self.clock() + oauth.CODE_US
        self._approvals[code] = oauth.Approval(app, team, by, app.scopes, redirect_uri, until_us, org_wide)
        return code

    # -- the Web API -------------------------------------------------------------------------------------------

    async def _on_api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        bearer = request.headers.get("Authorization", "")
        token = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else ""
        headers = {}
        try:
            given = await Arguments.read(request)
            # The one method that takes its token nowhere but in the header.
            token = token or ("" if method == OPEN else given.text("token"))
            self._record(method, given, token)
            fault = self._fault(method)
            if fault and not fault.after_doing:
                return await fault.answer(request, self._closing)
            if caller := self.tokens.get(token):
                headers["X-OAuth-Scopes"] = ",".join(sorted(caller.scopes))
            answer = {"ok": True} | self._run(request, method, given, token)
        except Refused as refused:
            return web.json_response(refused.answer, headers=headers)
        if fault:
            return await fault.answer(request, self._closing)
        return web.json_response(answer, headers=headers)

    def _run(self, request: web.Request, method: str, given: Arguments, token: str) -> Json:
        if method == "oauth.v2.access":
            return oauth.access(self, self._approvals, given, _basic(request))
        if method == OPEN:
            return self._open_connection(token)
        if method not in METHODS:
            raise Refused("unknown_method", req_method=method)
        run, scope = METHODS[method]
        call = Call(self, self._authenticate(token), given)
        if scope:
            call.need(scope)
        return run(call)

    def _authenticate(self, token: str) -> Installation:
        if not token:
            raise Refused("not_authed")
        if token.startswith("xapp-"):
            raise Refused("not_allowed_token_type")
        made = self.tokens.get(token)
        if made is None:
            raise Refused("invalid_auth")
        if made.refused_with:
            raise Refused(made.refused_with)
        if made.expires_us is not None and self.clock() >= made.expires_us:
            raise Refused("token_expired")
        return made

    def _open_connection(self, token: str) -> Json:
        if token.startswith("xoxb-"):
            raise Refused("not_allowed_token_type")
        app = next((app for app in self.apps.values() if app.app_token == token), None)
        if app is None:
            raise Refused("invalid_auth" if token else "not_authed")
        ticket = self.new_id("ticket")
        self._tickets[ticket] = app
        return {"url": f"{self.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={app.id}"}

    def _record(self, method: str, given: Arguments, token: str) -> None:
        self.calls.append(Called(method, dict(given.values), token, self.clock()))
        self.changed()

    def _fault(self, method: str) -> Fault | None:
        for fault in self._faults:
            if fault.method in (method, "*"):
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    async def _on_link(self, request: web.Request) -> web.StreamResponse:
        if fault := self._fault(LINK):
            return await fault.answer(request, self._closing)
        app = self._tickets.pop(request.query.get("ticket", ""), None)
        return web.Response(status=401) if app is None else await self.serve_socket(app, request)

    # -- response URLs -----------------------------------------------------------------------------------------

    async def _on_response_url(self, request: web.Request) -> web.Response:
        given = Arguments(await request.json())
        self._record(RESPONSE_URL, given, "")
        fault = self._fault(RESPONSE_URL)
        if fault and not fault.after_doing:
            return await fault.answer(request, self._closing)
        link = self.response_urls.get(request.match_info["path"])
        try:
            self._respond(link, given)
        except Refused as refused:
            gone = refused.answer["error"] in ("invalid_url", "used_url", "expired_url")
            return web.json_response(refused.answer, status=404 if gone else 400)
        return await fault.answer(request, self._closing) if fault else web.json_response({"ok": True})

    def _respond(self, link: ResponseUrl | None, given: Arguments) -> None:
        if link is None or link.installation.refused_with:
            raise Refused("invalid_url")
        if self.clock() > link.expires_us:
            raise Refused("expired_url")
        if not link.uses_left:
            raise Refused("used_url")
        if link.about and link.about.deleted and (given.flag("replace_original") or given.flag("delete_original")):
            raise Refused("message_not_found")
        if link.about and given.flag("delete_original"):
            erase(self, link.about)
        elif link.about and given.flag("replace_original"):
            check_content(self, given.content())
            rewrite(self, link.about, {"text": "", "blocks": []} | given.content())
        else:
            check_content(self, given.content())
            public = given.text("response_type") == "in_channel"
            post(self, link.installation, link.channel, given.content(), None if public else link.user)
        link.uses_left -= 1


def _basic(request: web.Request) -> tuple[str, str] | None:
    """The user and password of HTTP basic authentication."""
    kind, _, held = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return None
    client_id, _, client_secret = base64.b64decode(held).decode().partition(":")
    return client_id, client_secret

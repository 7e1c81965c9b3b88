"""How Slack brings something to an app: signed HTTP requests with retries, or envelopes over Socket Mode."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slack_server.world import App, Channel, Clock, Installation, Json, World

EVENTS_API, COMMAND, INTERACTIVE = "events_api", "slash_commands", "interactive"

EVENT_SCOPES = {"app_mention": "app_mentions:read", "reaction_added": "reactions:read"}
EVENT_SCOPES |= {"reaction_removed": "reactions:read"}


@dataclass(frozen=True)
class Answer:
    """What came of bringing something to the app."""

    payload: Json
    status: int | None = None
    """The app's HTTP status, 200 for an acknowledged envelope; None if nothing answered."""
    body: object = None
    """The JSON of the answer, or its text."""
    attempts: int = 0

    @property
    def acked(self) -> bool:
        return self.status == 200

    @property
    def json(self) -> Json:
        return self.body if isinstance(self.body, dict) else {}


@dataclass(eq=False)
class Connection:
    """One open socket of an app."""

    app: App
    socket: web.WebSocketResponse
    request: web.Request
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """Break the line without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


class Deliveries(World):
    """The state, and a line to the apps."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.connections: list[Connection] = []
        self.missed: list[Answer] = []
        """Events that no app acknowledged, which are lost unless `deliver_missed` is called."""
        self._awaited: dict[str, asyncio.Future[Json]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._turn = 0
        self._session: aiohttp.ClientSession | None = None

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do this after the answer to the request at hand has gone out, as Slack does with what follows from it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait for all deliveries under way, for instance of the reactions that the bot itself added."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    # -- events ------------------------------------------------------------------------------------------------

    def hears(self, made: Installation, event: str, channel: Channel | None) -> bool:
        """Whether an installation is told of an event: subscribed, with the scope, and a member of the channel."""
        scope = EVENT_SCOPES.get(event)
        if event == "member_joined_channel" and channel:
            scope = "channels:read" if channel.public else "groups:read"
        granted = scope is None or scope in made.scopes
        return event in made.app.events and granted and (channel is None or made.bot.id in channel.members)

    async def happen(self, event: Json, channel: Channel, actor_team: str = "") -> Answer:
        """Tell every app that hears of it, once each; what the first app answered."""
        answers = []
        for app in self.apps.values():
            teams = sorted((channel.team, *channel.shared_with), key=lambda team: team.id != actor_team)
            listening = [made for team in teams if (made := self.bot(team, app))]
            told = next((made for made in listening if self.hears(made, event["type"], channel)), None)
            answers.append(await self.deliver(event, told, channel=channel) if told else Answer(event))
        return answers[0]

    async def deliver(
        self,
        event: Json,
        made: Installation,
        *,
        channel: Channel | None = None,
        event_id: str = "",
        event_time: int | None = None,
    ) -> Answer:
        """Bring any event to an app, whatever it is subscribed to, with retries; each call is a new `event_id`."""
        org = {"enterprise_id": made.team.enterprise, "team_id": None if made.org_wide else made.team.id}
        reader = {"user_id": made.bot.id, "is_bot": True, "is_enterprise_install": made.org_wide}
        payload: Json = {
            "token": "unused",
            "team_id": made.team.id,
            "api_app_id": made.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or self.new_id("Ev"),
            "event_time": self.clock() // 1_000_000 if event_time is None else event_time,
            "authorizations": [org | reader],
            "is_ext_shared_channel": bool(channel and channel.shared_with),
            "event_context": self.new_id("4-"),
        }
        if made.team.enterprise:
            payload["enterprise_id"] = made.team.enterprise
        return await self._bring_event(made.app, payload)

    async def repeat(self, answer: Answer, *, new_id: bool = False) -> Answer:
        """Deliver an event once more, as Slack sometimes does, under the same or a new event id."""
        fresh = {"event_id": self.new_id("Ev")} if new_id else {}
        return await self._bring_event(self.apps[answer.payload["api_app_id"]], answer.payload | fresh)

    async def deliver_missed(self) -> list[Answer]:
        """Deliver, oldest first, what no app had acknowledged."""
        missed, self.missed = self.missed, []
        return [await self.repeat(answer) for answer in missed]

    async def _bring_event(self, app: App, payload: Json) -> Answer:
        answer = await self.bring(app, EVENTS_API, payload, tries=1 + len(app.retry_delays_s))
        if not answer.acked:
            self.missed.append(answer)
        return answer

    async def bring(self, app: App, kind: str, payload: Json, *, tries: int = 1) -> Answer:
        """Bring a payload to an app by its way and wait for the answer; events are tried again, nothing else is."""
        send = self._post if app.request_url else self._send
        answer = Answer(payload)
        reason = ""
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(app.retry_delays_s[attempt - 1])
            answer, reason, again = await send(app, kind, payload, attempt, reason)
            self.changed()
            if answer.acked or not again:
                break
        return answer

    # -- HTTP --------------------------------------------------------------------------------------------------

    async def verify_url(self) -> Answer:
        """The handshake with which Slack checks a request URL."""
        challenge = {"type": "url_verification", "token": "unused", "challenge": secrets.token_hex(8)}
        return await self.bring(self.app, EVENTS_API, challenge)

    async def _post(self, app: App, kind: str, payload: Json, attempt: int, reason: str) -> tuple[Answer, str, bool]:
        if kind == EVENTS_API:
            content, body = "application/json", json.dumps(payload)
        else:
            form = payload if kind == COMMAND else {"payload": json.dumps(payload)}
            content, body = "application/x-www-form-urlencoded", urlencode(form)
        headers = {"Content-Type": content} | signed(app, body)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        if self._session is None:
            # A line kept open would outlast a restart of the app and lose what is sent over it next.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        timeout = aiohttp.ClientTimeout(total=app.patience_s)
        url = app.request_url or ""
        try:
            async with self._session.post(url, data=body, headers=headers, timeout=timeout) as response:
                text = await response.text()
                found = json.loads(text) if text and response.content_type == "application/json" else text
                again = response.headers.get("X-Slack-No-Retry") != "1"
                return Answer(payload, response.status, found, attempt + 1), "http_error", again
        except TimeoutError:
            return Answer(payload, attempts=attempt + 1), "http_timeout", True
        except aiohttp.ClientError:
            return Answer(payload, attempts=attempt + 1), "connection_failed", True

    # -- Socket Mode -------------------------------------------------------------------------------------------

    def sockets(self, app: App | None = None) -> list[Connection]:
        """The open connections of an app, the newest last."""
        return [connection for connection in self.connections if connection.app is (app or self.app)]

    async def _send(self, app: App, kind: str, payload: Json, attempt: int, reason: str) -> tuple[Answer, str, bool]:
        connection = await self._pick(app, newest=attempt > 0)
        if connection is None:
            return Answer(payload, attempts=attempt), "not_connected", False
        envelope: Json = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != EVENTS_API,
        }
        if kind == EVENTS_API:
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._awaited[envelope["envelope_id"]] = acked
        with contextlib.suppress(ConnectionError):
            await connection.socket.send_json(envelope)
        gone = asyncio.ensure_future(connection.gone.wait())
        await asyncio.wait((acked, gone), timeout=app.patience_s, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if acked.done():
            return Answer(payload, 200, acked.result(), attempt + 1), "", False
        return Answer(payload, attempts=attempt + 1), "timeout", True

    async def _pick(self, app: App, *, newest: bool) -> Connection | None:
        """First any of the open connections, in turn; again on the newest, which may have yet to come."""
        if newest and not self.sockets(app):
            with contextlib.suppress(TimeoutError):
                await self.until(lambda: self.sockets(app), app.patience_s)
        sockets = self.sockets(app)
        if not sockets:
            return None
        self._turn += 1
        return sockets[-1 if newest else self._turn % len(sockets)]

    async def serve_socket(self, app: App, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection of an app until it ends."""
        socket = web.WebSocketResponse(timeout=1)
        await socket.prepare(request)
        connection = Connection(app, socket, request)
        count = len(self.sockets(app)) + 1
        about = {"connection_info": {"app_id": app.id}, "num_connections": count, "debug_info": {"host": "tests"}}
        await socket.send_json({"type": "hello"} | about)
        self.connections.append(connection)
        self.changed()
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._on_ack(json.loads(message.data))
        finally:
            connection.gone.set()
            self.connections.remove(connection)
            self.changed()
        return socket

    def _on_ack(self, ack: Json) -> None:
        acked = self._awaited.pop(ack.get("envelope_id", ""), None)
        if acked is not None and not acked.done():
            acked.set_result(ack.get("payload") or {})

    async def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Send `disconnect` on every open connection; the reason may also be `warning` or `link_disabled`."""
        for connection in self.sockets():
            await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    def drop_sockets(self) -> None:
        """Break every open connection without a word."""
        for connection in self.sockets():
            connection.cut()


def signed(app: App, body: str) -> dict[str, str]:
    """The headers that prove a request to be Slack's. The app compares them with the real time, so they bear that."""
    stamp = str(int(time.time()) + app.clock_skew_s)
    digest = hmac.new(app.signing_secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

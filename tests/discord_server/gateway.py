"""The gateway: sessions that are opened, resumed and lost, and the events that they are sent.

https://discord.com/developers/docs/events/gateway is the source.
"""

import asyncio
import contextlib
import json
import secrets
import zlib
from dataclasses import dataclass, field
from enum import IntEnum

import aiohttp
from aiohttp import web

from tests.discord_server.things import Channel, Guild, Json
from tests.discord_server.world import Clock, World
from tests.patience import PATIENCE_S


class Op(IntEnum):
    """What a payload is."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


GUILDS, GUILD_MEMBERS, PRESENCES, GUILD_MESSAGES, REACTIONS = 1 << 0, 1 << 1, 1 << 8, 1 << 9, 1 << 10
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT
ALL_INTENTS = (1 << 26) - 1
GATEWAY = "gateway"
"""The name under which openings of the WebSocket can be made to fail."""

INTENTS = {"GUILD": GUILDS, "CHANNEL": GUILDS, "THREAD": GUILDS, "GUILD_MEMBER": GUILD_MEMBERS}
INTENTS |= {"MESSAGE": GUILD_MESSAGES, "MESSAGE_REACTION": REACTIONS, "INTERACTION": 0}
"""What has to be asked for, by how the names of events begin; the longest beginning counts.

Whether a message was deleted is told with those on messages, not with those on reactions.
"""

UNKNOWN_OP, DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN, ALREADY_IN = 4001, 4002, 4003, 4004, 4005
INVALID_SEQ, INVALID_SHARD, INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4007, 4010, 4012, 4013, 4014


def intent_of(event: str) -> int:
    """The intent that an event belongs to; 0 if it is always sent."""
    begins = [beginning for beginning in INTENTS if event == beginning or event.startswith(f"{beginning}_")]
    return INTENTS[max(begins, key=len)]


@dataclass(eq=False)
class Connection:
    """One open WebSocket. What is to be sent waits in a queue, so that whoever has news need not wait."""

    socket: web.WebSocketResponse
    request: web.Request
    compressed: bool
    session: "Session | None" = None
    closing: bool = False
    goodbye: bool = False
    """Whether the bot left with a friendly word, after which it does not come back for the session."""
    outbox: asyncio.Queue[Json | int] = field(default_factory=asyncio.Queue)
    _deflate: "zlib._Compress" = field(default_factory=zlib.compressobj)

    def send(self, payload: Json) -> None:
        self.outbox.put_nowait(payload)

    def close(self, code: int) -> None:
        """Say goodbye with a code, after what has been sent before."""
        self.outbox.put_nowait(code)

    def cut(self) -> None:
        """Break the line without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def write(self) -> None:
        """Send what is in the queue until the line is gone."""
        with contextlib.suppress(ConnectionError):
            while isinstance(payload := await self.outbox.get(), dict):
                text = json.dumps(payload)
                if self.compressed:
                    # One zlib stream for the whole connection, flushed after each payload.
                    data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(data)
                else:
                    await self.socket.send_str(text)
            self.closing = True
            await self.socket.close(code=payload)


@dataclass(eq=False)
class Session:
    """What one shard of the bot has been sent; it outlives its connections."""

    id: str
    shard: int
    shards: int
    intents: int
    connection: Connection | None = None
    events: list[Json] = field(default_factory=list, repr=False)
    """All of them, for a resume to replay; the last one's number is their count."""

    def covers(self, guild: Guild) -> bool:
        return (int(guild.id) >> 22) % self.shards == self.shard

    def send(self, event: str, data: Json) -> None:
        payload = {"op": Op.DISPATCH, "t": event, "s": len(self.events) + 1, "d": data}
        self.events.append(payload)
        if self.connection is not None:
            self.connection.send(payload)


class Gateway(World):
    """The state, and a line to the bot."""

    gateway_url: str

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.sessions: dict[str, Session] = {}
        """Those that can still be resumed, connected or not."""
        self.connections: list[Connection] = []
        self.identified: list[Json] = []
        """Every IDENTIFY that was accepted or refused."""
        self.resumed: list[Json] = []
        self.shards = 1
        """How many the bot is advised to start."""
        self.heartbeat_interval_ms = 41_250
        self.heartbeats = 0
        self.acks_heartbeats = True
        self.session_starts_left = 1000

    # -- what the bot is told ----------------------------------------------------------------------------------

    def tell(self, event: str, data: Json, guild: Guild, channel: Channel | None = None) -> None:
        """See `World.tell`. Without a session it is lost; with one that is away it waits to be resumed."""
        if not guild.available or self.bot.id not in guild.members:
            return
        if channel is None or self.sees(self.bot, channel):
            self.tell_anyway(event, data, guild)

    def tell_anyway(self, event: str, data: Json, guild: Guild) -> None:
        """Tell the bot also of what it may no longer see, such as the guild that it was thrown out of."""
        intent = intent_of(event)
        for session in self.sessions.values():
            if session.covers(guild) and session.intents & intent == intent:
                session.send(event, data)

    def connected(self) -> list[Session]:
        """The sessions that are connected now."""
        return [session for session in self.sessions.values() if session.connection is not None]

    async def until_connected(self, shards: int = 1, within_s: float = PATIENCE_S) -> None:
        """Wait until so many shards of the bot hear what happens."""
        await self.until(lambda: len(self.connected()) >= shards, within_s)

    # -- what goes wrong ---------------------------------------------------------------------------------------

    def drop_connections(self) -> None:
        """Break every open WebSocket without a word. Sessions stay and can be resumed."""
        for connection in list(self.connections):
            self._detach(connection)
            connection.cut()

    def close_connections(self, code: int = 4000) -> None:
        """Close every open WebSocket with a code. Sessions stay and can be resumed."""
        for connection in list(self.connections):
            self._detach(connection)
            connection.close(code)

    def ask_to_reconnect(self) -> None:
        """Send RECONNECT on every open WebSocket."""
        for connection in self.connections:
            connection.send({"op": Op.RECONNECT, "d": None})

    def invalidate_sessions(self, *, resumable: bool = False) -> None:
        """Declare every connected session invalid; what happens before the bot identifies again is lost."""
        for session in self.connected():
            connection = session.connection
            if not resumable:
                self._forget(session)
            if connection is not None:
                connection.send({"op": Op.INVALID_SESSION, "d": resumable})

    def lose_sessions(self) -> None:
        """Break every line and forget the sessions: a resume is refused, and what happens meanwhile is lost."""
        for session in list(self.sessions.values()):
            self._forget(session)
        self.drop_connections()

    def ask_for_heartbeats(self) -> None:
        for connection in self.connections:
            connection.send({"op": Op.HEARTBEAT, "d": None})

    def _forget(self, session: Session) -> None:
        self.sessions.pop(session.id, None)
        if session.connection is not None:
            session.connection.session = None
            session.connection = None

    def _detach(self, connection: Connection) -> None:
        """From now on what the session is told waits for a resume."""
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None

    # -- the WebSocket -----------------------------------------------------------------------------------------

    async def serve_socket(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection of the bot until it ends."""
        socket = web.WebSocketResponse(timeout=1, max_msg_size=4096)
        await socket.prepare(request)
        query = request.query
        connection = Connection(socket, request, query.get("compress") == "zlib-stream")
        self.connections.append(connection)
        writing = asyncio.ensure_future(connection.write())
        if (
            query.get("v") != "10"
            or query.get("encoding") != "json"
            or query.get("compress", "zlib-stream") != "zlib-stream"
        ):
            connection.close(INVALID_VERSION)
        else:
            connection.send(
                {"op": Op.HELLO, "d": {"heartbeat_interval": self.heartbeat_interval_ms}, "s": None, "t": None}
            )
        try:
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                self._on_text(connection, message.data)
                self.changed()
            connection.goodbye = message.type is aiohttp.WSMsgType.CLOSE and message.data in (1000, 1001)
        finally:
            self._on_gone(connection)
            # A code to close with goes out first.
            if not connection.closing:
                writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
        return socket

    def _on_gone(self, connection: Connection) -> None:
        session = connection.session
        self._detach(connection)
        if session is not None and session.connection is None and connection.goodbye:
            self.sessions.pop(session.id, None)
        self.connections.remove(connection)
        self.changed()

    def _on_text(self, connection: Connection, text: str) -> None:
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, TypeError, KeyError):
            connection.close(DECODE_ERROR)
            return
        match op:
            case Op.HEARTBEAT:
                self.heartbeats += 1
                if self.acks_heartbeats:
                    connection.send({"op": Op.HEARTBEAT_ACK, "d": None})
            case Op.IDENTIFY:
                self._on_identify(connection, data)
            case Op.RESUME:
                self._on_resume(connection, data)
            case Op.PRESENCE | Op.VOICE | Op.REQUEST_MEMBERS if connection.session is not None:
                pass  # Presences, voice and lists of members are of no interest here.
            case Op.PRESENCE | Op.VOICE | Op.REQUEST_MEMBERS:
                connection.close(NOT_AUTHENTICATED)
            case _:
                connection.close(UNKNOWN_OP)

    def _on_identify(self, connection: Connection, data: Json) -> None:
        self.identified.append(data)
        if code := self._refusal(connection, data):
            connection.close(code)
            return
        self.session_starts_left -= 1
        shard, shards = data.get("shard") or (0, 1)
        session = Session(secrets.token_hex(16), shard, shards, data["intents"], connection)
        self.sessions[session.id] = session
        connection.session = session
        guilds = [guild for guild in self.guilds.values() if self.bot.id in guild.members and session.covers(guild)]
        about: Json = {"v": 10, "user": self.bot.as_json() | {"email": None, "verified": True, "mfa_enabled": False}}
        about |= {"guilds": [{"id": guild.id, "unavailable": True} for guild in guilds], "session_id": session.id}
        about |= {"resume_gateway_url": self.gateway_url, "shard": [shard, shards], "private_channels": []}
        about["application"] = {"id": self.app.id, "flags": self.app.flags}
        session.send("READY", about)
        for guild in guilds:
            if guild.available and session.intents & GUILDS:
                session.send("GUILD_CREATE", self.guild_json(guild))

    def _refusal(self, connection: Connection, data: Json) -> int:
        """The code to close with, or 0."""
        if connection.session is not None:
            return ALREADY_IN
        if data.get("token") != self.app.token:
            return WRONG_TOKEN
        if not {"os", "browser", "device"} <= set(data.get("properties") or ()):
            return DECODE_ERROR
        shard, shards = data.get("shard") or (0, 1)
        if not 0 <= shard < shards:
            return INVALID_SHARD
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            return INVALID_INTENTS
        return DISALLOWED_INTENTS if intents & PRIVILEGED & ~self.app.privileged_intents else 0

    def _on_resume(self, connection: Connection, data: Json) -> None:
        self.resumed.append(data)
        if data.get("token") != self.app.token:
            connection.close(WRONG_TOKEN)
            return
        session = self.sessions.get(data.get("session_id", ""))
        if session is None:
            connection.send({"op": Op.INVALID_SESSION, "d": False})
            return
        seq = data.get("seq")
        if not isinstance(seq, int) or not 0 <= seq <= len(session.events):
            connection.close(INVALID_SEQ)
            return
        if session.connection is not None:
            session.connection.session = None
        session.connection, connection.session = connection, session
        for payload in session.events[seq:]:
            connection.send(payload)
        session.send("RESUMED", {"_trace": []})

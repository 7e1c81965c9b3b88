"""The other side of the Discord benchmark, in a process of its own: a gateway that sends what it is told to.

Prints the address of its API, then reads jobs from standard input, one JSON object a line, and sends their
payloads to the session of that number, compressed as Discord does.
"""

import asyncio
import json
import sys
import zlib
from itertools import count, cycle
from typing import Any

from aiohttp import web

GUILD, CHANNEL, BOT, ANN = "1000000000000000001", "1000000000000000002", "1000000000000000003", "1000000000000000004"
EVERYTHING = str(2**40 - 1 & ~(1 << 3))
"""All permissions there are, save that of an administrator, with whom nothing more would be looked at."""
NUMBERS = count(2_000_000_000_000_000_000)


class Session:
    """One client that is connected."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._packer = zlib.compressobj()

    async def send(self, payload: dict[str, Any]) -> None:
        packed = self._packer.compress(json.dumps(payload).encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        await self._socket.send_bytes(packed)


class Gateway:
    """As much of Discord as a client needs to be connected."""

    def __init__(self) -> None:
        self.url = ""
        self.sessions: list[Session] = []

    async def serve(self) -> str:
        app = web.Application()
        app.router.add_get("/gateway/", self.on_gateway)
        app.router.add_route("*", "/api/v10/{path:.*}", self.on_call)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"127.0.0.1:{runner.addresses[0][1]}"
        return f"http://{self.url}/api/v10"

    async def on_call(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        user = {"id": BOT, "username": "shipworthy", "discriminator": "0", "avatar": None, "bot": True}
        answer: Any = {}
        if path == "users/@me":
            answer = user
        elif path.endswith("applications/@me"):
            answer = {"id": BOT, "name": "shipworthy", "description": "", "icon": None, "bot_public": True}
            answer |= {"bot_require_code_grant": False, "verify_key": "", "flags": 0, "team": None}
            answer |= {"owner": user, "rpc_origins": []}
        elif path == "gateway/bot":
            limits = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
            answer = {"url": f"ws://{self.url}/gateway/", "shards": 1, "session_start_limit": limits}
        elif path.endswith("/commands"):
            answer = []
        return web.Response(body=json.dumps(answer).encode(), content_type="application/json")

    async def on_gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        session = Session(socket)
        await session.send({"op": 10, "d": {"heartbeat_interval": 45_000}})
        async for message in socket:
            told = json.loads(message.data)
            if told["op"] == 1:
                await session.send({"op": 11})
            elif told["op"] == 2:
                await self._welcome(session)
        return socket

    async def _welcome(self, session: Session) -> None:
        user = {"id": BOT, "username": "shipworthy", "discriminator": "0", "avatar": None, "bot": True}
        ready: dict[str, Any] = {"v": 10, "user": user, "guilds": [{"id": GUILD, "unavailable": True}]}
        ready |= {
            "session_id": "s",
            "resume_gateway_url": f"ws://{self.url}/gateway/",
            "application": {"id": BOT, "flags": 0},
        }
        await session.send({"op": 0, "t": "READY", "s": 1, "d": ready | {"shard": [0, 1]}})
        await session.send({"op": 0, "t": "GUILD_CREATE", "s": 2, "d": guild()})
        self.sessions.append(session)


def guild() -> dict[str, Any]:
    """A server with one channel, where the bot may do everything."""
    role = {"id": GUILD, "name": "@everyone", "color": 0, "hoist": False, "position": 0, "permissions": EVERYTHING}
    role |= {"managed": False, "mentionable": False, "flags": 0}
    room = {"id": CHANNEL, "type": 0, "name": "general", "position": 0, "permission_overwrites": [], "nsfw": False}
    about: dict[str, Any] = {"id": GUILD, "name": "Bench", "owner_id": ANN, "icon": None, "roles": [role]}
    about |= {"channels": [room | {"topic": None, "parent_id": None}], "threads": [], "presences": [], "features": []}
    me = member({"id": BOT, "username": "shipworthy", "discriminator": "0", "avatar": None, "bot": True})
    about |= {"members": [me], "voice_states": [], "stage_instances": [], "guild_scheduled_events": [], "emojis": []}
    about |= {"stickers": [], "member_count": 2, "premium_tier": 0, "verification_level": 0, "nsfw_level": 0}
    about |= {"default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "afk_timeout": 300}
    about |= {"preferred_locale": "en-GB", "system_channel_flags": 0, "premium_progress_bar_enabled": False}
    return about | {"soundboard_sounds": [], "unavailable": False}


def member(user: dict[str, Any]) -> dict[str, Any]:
    about = {"user": user, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False}
    return about | {"flags": 0}


def person(number: str) -> dict[str, Any]:
    return {"id": number, "username": "u", "discriminator": "0", "avatar": None, "global_name": "U"}


def reactions(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Reactions that each change a mark: every person goes through every ballot, on and off in turns."""
    made, people, messages = [], job["people"], job["messages"]
    for place in range(job["first"], job["first"] + job["count"]):
        turn, at = divmod(place, people * len(messages))
        user = str(3_000_000_000_000_000_000 + at % people)
        data: dict[str, Any] = {"guild_id": GUILD, "channel_id": CHANNEL, "user_id": user, "type": 0, "burst": False}
        data |= {"message_id": messages[at // people], "emoji": {"id": None, "name": "🔵"}}
        if turn % 2 == 0:
            data |= {"message_author_id": BOT, "member": member(person(user))}
        made.append({"op": 0, "t": "MESSAGE_REACTION_REMOVE" if turn % 2 else "MESSAGE_REACTION_ADD", "d": data})
    return made


def interactions(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Somebody uses a command, or types into one: what is asked, in turns."""
    made = []
    for _, asked in zip(range(job["count"]), cycle(job["asked"]), strict=False):
        number = str(next(NUMBERS))
        told: dict[str, Any] = {"id": number, "application_id": BOT, "type": job["type"], "token": f"t{number}"}
        told |= {"guild_id": GUILD, "channel_id": CHANNEL, "version": 1, "data": asked, "locale": "en-GB"}
        told |= {"member": member(person(ANN)) | {"permissions": "2147483647"}, "app_permissions": EVERYTHING}
        told |= {"channel": {"id": CHANNEL, "type": 0, "name": "general", "permissions": "0"}, "entitlements": []}
        told |= {"attachment_size_limit": 1, "context": 0, "authorizing_integration_owners": {"0": GUILD}}
        made.append({"op": 0, "t": "INTERACTION_CREATE", "d": told})
    return made


async def main() -> None:
    gateway = Gateway()
    print(await gateway.serve(), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        job = json.loads(line)
        made = reactions(job) if job["kind"] == "reactions" else interactions(job)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for payload in made:
            await gateway.sessions[job["session"]].send(payload)


if __name__ == "__main__":
    asyncio.run(main())

"""How much memory a client takes with so many servers, in a process of its own: `ours|default SERVERS CHANNELS`.

Each server has twenty members who speak and are told of, as Discord does with voice and with messages.
"""

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import discord

from adapters.discord.client import Client

MEMBERS, ROLES = 20, 5
NOBODY = SimpleNamespace(on_interaction=None)
"""Whom the client tells; it is told nothing to hand on."""


def client_of(which: str) -> discord.AutoShardedClient:
    """Our client, or one that holds what the library holds unless told otherwise."""
    if which == "ours":
        return Client(cast("Any", NOBODY), proxy=None, ready_within_s=0.1)
    return discord.AutoShardedClient(intents=discord.Intents.default())


def server(number: int, channels: int) -> dict[str, Any]:
    """A server as GUILD_CREATE tells of it."""
    first = 10**17 + number * 1_000
    roles = [{"id": str(first + place), "name": f"role {place}", "color": 0, "hoist": False, "position": place}
             for place in range(ROLES)]  # fmt: skip
    more = {"permissions": "104324673", "managed": False, "mentionable": False, "flags": 0, "tags": {}}
    rooms = [
        {"id": str(first + 100 + place), "type": 0, "name": f"channel-{place}", "position": place}
        | {"permission_overwrites": [], "nsfw": False, "topic": "what this channel is for", "parent_id": None}
        for place in range(channels)
    ]
    people = [
        {"user": {"id": str(first + 500 + place), "username": f"person{place}", "discriminator": "0", "avatar": None}}
        | {"roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}
        for place in range(MEMBERS)
    ]
    voices = [
        {"channel_id": rooms[0]["id"], "user_id": person["user"]["id"], "session_id": "s", "deaf": False}
        | {"mute": False, "self_deaf": False, "self_mute": False, "suppress": False, "self_video": False}
        for person in people
    ]
    about: dict[str, Any] = {"id": str(first), "name": f"server {number}", "owner_id": str(first + 500), "icon": None}
    about |= {"roles": [role | more for role in roles], "channels": rooms, "members": people, "threads": []}
    about |= {"voice_states": voices, "presences": [], "stage_instances": [], "guild_scheduled_events": []}
    about |= {"emojis": [], "stickers": [], "features": [], "member_count": MEMBERS, "premium_tier": 0}
    about |= {"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0}
    about |= {"mfa_level": 0, "nsfw_level": 0, "preferred_locale": "en-GB", "system_channel_flags": 0}
    return about | {"afk_timeout": 300, "premium_progress_bar_enabled": False, "soundboard_sounds": []}


async def main() -> None:
    which, servers, channels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    client = client_of(which)
    async with client:
        client._connection.shard_count = 1
        for number in range(servers):
            client._connection.parsers["GUILD_CREATE"](server(number, channels))
        await asyncio.sleep(0)
        if len(client.guilds) != servers:
            raise SystemExit("not every server was taken in")
        print(resident())


def resident() -> float:
    """Megabytes resident now."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    asyncio.run(main())

"""What the bot sees of Discord's channels, and what it may do there."""

import time
from collections import OrderedDict
from typing import Any, NamedTuple

import discord

from adapters.discord.errors import sorted_errors
from adapters.discord.shards import Slice
from commands.errors import CommandError, Gone
from commands.model import TeamKey

FRESH_S = 60.0
"""How long it counts what was asked of a server that is told of elsewhere."""

MOST_HELD = 1_000


class Seen(NamedTuple):
    """A channel that the bot sees: its permissions there as bits, and whether it is a thread."""

    may: int
    thread: bool = False


class Sight:
    """Sees channels: by what the library is told of servers, and by asking where another process is told."""

    def __init__(self, client: discord.Client, slice_: Slice | None) -> None:
        self._client = client
        self._slice = slice_
        self._asked: OrderedDict[str, tuple[float, Seen | None]] = OrderedDict()

    async def see(self, team: TeamKey, channel: str) -> Seen | None:
        """A channel as the bot sees it; None where it is not known, or not seen.

        A thread of a server that is told of here is known unless it was put away. Raises `Unavailable` where a
        server that is not could not be asked.
        """
        if self._slice is None or self._slice.has(team.external_id):
            return self._known(int(team.external_id), int(channel))
        asked_at, seen = self._asked.get(channel, (-FRESH_S, None))
        if time.monotonic() - asked_at >= FRESH_S:
            seen = await self._ask(int(team.external_id), int(channel))
            self._asked[channel] = (time.monotonic(), seen)
            if len(self._asked) > MOST_HELD:
                self._asked.popitem(last=False)
        return seen

    def _known(self, guild: int, channel: int) -> Seen | None:
        found = self._find(guild, channel)
        if found is None or not hasattr(found, "permissions_for") or found.guild.me is None:
            return None
        may = found.permissions_for(found.guild.me)
        return Seen(may.value, isinstance(found, discord.Thread)) if may.view_channel else None

    async def _ask(self, guild: int, channel: int) -> Seen | None:
        """The same from Discord itself, which tells a channel to nobody who does not see it."""
        try:
            with sorted_errors():
                server = await self._client.fetch_guild(guild, with_counts=False)
                me = await server.fetch_member(self._me())
                found = await server.fetch_channel(channel)
                thread = isinstance(found, discord.Thread)
                above = await server.fetch_channel(found.parent_id) if isinstance(found, discord.Thread) else found
        except (CommandError, Gone):
            return None
        if isinstance(above, discord.Thread):  # which no thread is within
            return None
        may = above.permissions_for(me)
        return Seen(may.value, thread) if may.view_channel else None

    def _me(self) -> int:
        return self._client.user.id if self._client.user else 0

    def _find(self, guild: int, channel: int) -> Any:  # noqa: ANN401 - one of the library's many kinds of channel
        # The library's own search for a channel alone goes through every server there is.
        server = self._client.get_guild(guild)
        return server and server.get_channel_or_thread(channel)

    def is_private(self, guild: int, channel: int) -> bool:
        """Whether not everybody in the server sees a channel; one that is not known counts as private."""
        found = self._find(guild, channel)
        if isinstance(found, discord.Thread):
            if found.is_private() or found.parent is None:
                return True
            found = found.parent
        if found is None or not hasattr(found, "permissions_for"):
            return True
        return not found.permissions_for(found.guild.default_role).view_channel

"""Discord's library as this bot uses it: told of little, holding little, and handing on what it is told."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

import discord

from adapters.discord.inbound import Payload
from adapters.discord.shards import Slice

log = logging.getLogger(__name__)


class Told(Protocol):
    """Who is handed what Discord tells; returns at once."""

    def on_ready(self) -> None:
        """All shards are there, or one is again and has missed something."""

    def on_resumed(self) -> None:
        """A shard is there again, and was told what it missed."""

    def on_reaction(self, reaction: Payload, *, active: bool) -> None:
        """Somebody put a reaction on a message, or took it off."""

    def on_cleared(self, guild: int | None, channel: int, message: int) -> None:
        """Reactions of everybody were taken off a message."""

    def on_gone(self, channel: int, messages: set[int]) -> None:
        """Messages were deleted."""

    def on_interaction(self, interaction: Payload) -> None:
        """Somebody used a command, typed into one, or pressed a button."""

    def on_joined(self, guild: int) -> None:
        """The bot was put into a server."""

    def on_left(self, guild: int) -> None:
        """The bot was put out of a server."""


class Client(discord.AutoShardedClient):
    """The library's client, holding no more than servers and their channels.

    Of reactions and interactions it makes none of the library's objects, which take longer to make than all that
    is done with them: they are handed on as Discord sent them. `slice_` are the shards to run; all, if none.
    """

    def __init__(self, told: Told, *, proxy: str | None, ready_within_s: float, slice_: Slice | None = None) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_reactions = True
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=ready_within_s,
            proxy=proxy,
        )
        if slice_ is not None:
            self.shard_ids, self.shard_count = slice_.ids, slice_.count
        self._told = told
        self.sessions = 0
        """How many there have been so far; each began with what happened before it untold."""
        self._up: set[int] = set()
        self._ready_once: set[int] = set()
        self._connection.parsers |= {
            "MESSAGE_REACTION_ADD": _passing_over_errors(lambda data: told.on_reaction(data, active=True)),
            "MESSAGE_REACTION_REMOVE": _passing_over_errors(lambda data: told.on_reaction(data, active=False)),
            "INTERACTION_CREATE": _passing_over_errors(told.on_interaction),
        }

    def whole(self, shards: set[int]) -> bool:
        """Whether these are all the shards that there are to be here."""
        wanted = self.shard_count if self.shard_ids is None else len(self.shard_ids)
        return wanted is not None and len(shards) == wanted

    def is_up(self) -> bool:
        """Whether every shard has a session, and is connected."""
        return self.whole(self._up)

    async def on_shard_connect(self, shard: int) -> None:
        """A shard has a new session."""
        self._up.add(shard)
        self.sessions += 1

    async def on_shard_resumed(self, shard: int) -> None:
        """A shard has its session again, and was told what it missed."""
        self._up.add(shard)
        self._told.on_resumed()

    async def on_shard_disconnect(self, shard: int) -> None:
        """A shard has lost its connection."""
        self._up.discard(shard)

    async def on_shard_ready(self, shard: int) -> None:
        """A shard knows its servers; the library's `on_ready` does not tell of one shard's later sessions."""
        self._ready_once.add(shard)
        if self.whole(self._ready_once):
            self._told.on_ready()

    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        """A moderator took all reactions off a message."""
        self._told.on_cleared(event.guild_id, event.channel_id, event.message_id)

    async def on_raw_reaction_clear_emoji(self, event: discord.RawReactionClearEmojiEvent) -> None:
        """A moderator took one reaction of everybody off a message."""
        self._told.on_cleared(event.guild_id, event.channel_id, event.message_id)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """See `Told.on_gone`."""
        self._told.on_gone(event.channel_id, {event.message_id})

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """See `Told.on_gone`."""
        self._told.on_gone(event.channel_id, event.message_ids)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """See `Told.on_joined`."""
        self._told.on_joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """See `Told.on_left`."""
        self._told.on_left(guild.id)


def _passing_over_errors(take: Callable[[Any], None]) -> Callable[[Any], None]:
    """A parser of the library's; one that raised would end the connection for good."""

    def parse(data: Any) -> None:  # noqa: ANN401 - whatever Discord sent
        try:
            take(data)
        except Exception:
            log.exception("what Discord told could not be read")

    return parse

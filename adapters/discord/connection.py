"""The bot's connection to Discord, from the first byte to the last: open it, run it until told to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import Any, Self

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import command_tree
from adapters.discord.answers import Answers
from adapters.discord.channel import DiscordChannel, Seen
from adapters.discord.errors import DISCORD_ERRORS, forgiven, sort, sorted_errors
from adapters.discord.inbound import PLATFORM, team_key
from adapters.discord.listeners import Listeners
from adapters.discord.marks import Marks
from adapters.discord.rest import Rest
from adapters.proxy import proxy_for
from commands.away import Away
from commands.budget import Budget, LoopTimer
from commands.core import Core
from commands.errors import CommandError, ShipworthyError, Unavailable
from commands.model import Ballot, Message, TeamKey
from commands.ports import Ports, Presence
from commands.redraws import Redraws
from commands.tasks import Tasks

log = logging.getLogger(__name__)

API_URL = "https://discord.com/api/v10"

REDRAWS_A_MINUTE = 36
"""Discord lets a channel's messages be edited about once a second; one team is kept well below that."""

START_WITHIN_S = 10.0
AGAIN_S = (2.0, 5.0, 15.0, 30.0)
"""What lies between tries to log in while Discord cannot be reached."""

TAKING_WITHIN_S = 1.0
CANCELS, CANCEL_AGAIN_S = 5, 0.2
TASKS_WITHIN_S = 2.5
REDRAWS_WITHIN_S = 2.0
CLOSE_WITHIN_S = 0.5
"""Together with what else ends, under the ten seconds a program has for it."""

REFUSED = "Discord refuses DISCORD_TOKEN. Reset the token on the app's Bot page."
TOKEN_REFUSED, MORE_SHARDS = 4004, 4011
FOR_GOOD = {
    TOKEN_REFUSED: REFUSED,
    MORE_SHARDS: "The bot is in so many servers that Discord wants it in more parts: start it again.",
}
"""What to do about a connection that Discord closes for good, by the code it closes with."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to connect."""

    token: str
    api_url: str = API_URL
    ready_within_s: float = 2.0
    """How long after the last server the list of them counts as whole."""


class Client(discord.AutoShardedClient):
    """The library's client, holding no more than servers and their channels, and handing on what it is told."""

    def __init__(self, connection: "DiscordConnection", *, proxy: str | None, ready_within_s: float) -> None:
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
        self._to = connection
        self.sessions = 0
        """How many there have been so far; each began with what happened before it untold."""
        self._up: set[int] = set()
        self._ready_once: set[int] = set()

    def whole(self, shards: set[int]) -> bool:
        """Whether these are all the shards that there are to be."""
        return self.shard_count is not None and len(shards) == self.shard_count

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

    async def on_shard_disconnect(self, shard: int) -> None:
        """A shard has lost its connection."""
        self._up.discard(shard)

    async def on_shard_ready(self, shard: int) -> None:
        """A shard knows its servers; the library's `on_ready` does not tell of one shard's later sessions."""
        self._ready_once.add(shard)
        if self.whole(self._ready_once):
            self._to.on_ready()

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """See `Listeners.on_reaction`."""
        self._to.on_reaction(event)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """See `Listeners.on_reaction`."""
        self._to.on_reaction(event)

    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        """A moderator took all reactions off a message."""
        self._to.on_cleared(event.guild_id, event.channel_id, event.message_id)

    async def on_raw_reaction_clear_emoji(self, event: discord.RawReactionClearEmojiEvent) -> None:
        """A moderator took one reaction of everybody off a message."""
        self._to.on_cleared(event.guild_id, event.channel_id, event.message_id)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """See `Listeners.on_gone`."""
        self._to.on_gone(event.channel_id, {event.message_id})

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """See `Listeners.on_gone`."""
        self._to.on_gone(event.channel_id, event.message_ids)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """See `Listeners.on_interaction`."""
        self._to.on_interaction(interaction)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was put into a server."""
        self._to.on_joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was put out of a server."""
        self._to.on_left(guild.id)


class DiscordConnection:
    """Discord as one running part of the program. `channel` serves the digests while it runs."""

    def __init__(
        self,
        options: Options,
        core: Core,
        ports: Ports,
        presence: Presence,
        *,
        announce: Callable[[str], None],
        client: type[Client] = Client,
    ) -> None:
        self._options = options
        self._ports = ports
        self._announce = announce
        self._tasks = Tasks()
        self._client = client(self, proxy=proxy_for(options.api_url), ready_within_s=options.ready_within_s)
        self._rest = Rest(self._client)
        self._core = core
        self.channel = DiscordChannel(core, self._rest, me=self._me, see=self._see)
        self._redraws = Redraws(self.channel.draw, budget=Budget(REDRAWS_A_MINUTE, LoopTimer()))
        self._away = Away(PLATFORM, ports, presence, teams=self._teams, reader=self.channel, redraws=self._redraws)
        self._marks = Marks(core, self.channel, self._redraws, adopted=self._adopted)
        self._listeners = Listeners(
            core,
            self._rest,
            answers=Answers(core, self.channel),
            marks=self._marks,
        )
        self._logged_in = False
        self._registered = False
        self._caught_up = 0
        self._connecting: asyncio.Future[None] | None = None
        self._settling: asyncio.Future[None] | None = None

    @classmethod
    async def open(
        cls,
        options: Options,
        core: Core,
        ports: Ports,
        presence: Presence,
        *,
        announce: Callable[[str], None] = log.info,
        client: type[Client] = Client,
    ) -> Self:
        """A connection that is logged in; close it by `run`, or by `close` where it never ran.

        Raises `CommandError` where Discord refuses the token; a Discord that cannot be reached is waited for
        while it runs. The library keeps its addresses for the whole process, so there is one at a time.
        """
        Route.BASE = options.api_url.rstrip("/")
        found = cls(options, core, ports, presence, announce=announce, client=client)
        try:
            await found._log_in()
        except Unavailable as error:
            log.warning("%s; going on and trying again", error)
        except BaseException:
            await found.close()
            raise
        return found

    async def _log_in(self) -> None:
        """Learn who the bot is. Raises `CommandError` where Discord refuses the token, and `Unavailable`."""
        http = self._client.http
        await http.close()  # after a try that failed, which leaves its session open
        http.connector = discord.utils.MISSING
        with sorted_errors():
            async with asyncio.timeout(START_WITHIN_S):
                try:
                    await self._client.login(self._options.token)
                except discord.LoginFailure as error:
                    raise CommandError(REFUSED) from error
                if Route.BASE != API_URL:
                    _, url, _ = await http.get_bot_gateway()
                    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
        self._logged_in = True

    async def run(self, stop: asyncio.Event) -> None:
        """Answer Discord until told to stop; what was begun is then finished, within ten seconds.

        Raises `CommandError` where Discord closes the connection for a reason that a person must mend.
        """
        self._connecting = asyncio.ensure_future(self._keep_connecting())
        watching = asyncio.ensure_future(self._away.watch(stop, self._connected))
        try:
            ended, _ = await asyncio.wait({watching, self._connecting}, return_when=asyncio.FIRST_COMPLETED)
            for work in ended:
                if not work.cancelled():  # as a closing in between leaves it
                    work.result()
        finally:
            await _cancelled(watching)
            await self.close()

    async def _keep_connecting(self) -> None:
        """Log in, if that could not be done yet, and stay connected; the library reconnects by itself."""
        pauses = chain(AGAIN_S, repeat(AGAIN_S[-1]))
        while not self._logged_in:
            await asyncio.sleep(next(pauses))
            try:
                await self._log_in()
            except Unavailable as error:
                log.warning("%s; trying again", error)
        await self._register()
        while not self._client.is_closed():
            try:
                await self._client.connect()
            except discord.ConnectionClosed as error:
                words = FOR_GOOD.get(error.code, f"Discord closed the connection for good, with code {error.code}.")
                raise CommandError(words) from error
            except DISCORD_ERRORS as error:
                if self._client.is_closed():
                    raise
                log.warning("%s; trying again", sort(error))
                await asyncio.sleep(next(pauses))

    async def close(self) -> None:
        """Take nothing more in, finish what was begun, and let go of the network. Idempotent."""
        connected_us = self._ports.clock() if await self._connected() else None
        await self._stop_taking()
        await self._tasks.drain(TASKS_WITHIN_S)
        await self._redraws.drain(REDRAWS_WITHIN_S)
        await self._away.close(connected_us)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._client.close()
        await self._client.http.close()

    async def _stop_taking(self) -> None:
        """Leave Discord's gateway, while calls can still be made; Discord may not answer the goodbye any more."""
        for work in (self._connecting, self._settling):
            if work is not None:
                await _cancelled(work)
        with suppress(TimeoutError):
            async with asyncio.timeout(TAKING_WITHIN_S):
                await asyncio.gather(*(shard.disconnect() for shard in self._client.shards.values()))

    async def _connected(self) -> bool:
        """Whether what happens in Discord reaches us now, and what did not is being read back."""
        return self._client.is_up() and self._caught_up == self._client.sessions

    def redraw(self, team: TeamKey, ballot: int) -> None:
        """A ballot's votes have moved: have its message drawn again."""
        self._redraws.want(team, ballot)

    async def _register(self) -> None:
        """Register the commands, if what is declared is not what Discord has."""
        wanted, application = command_tree.tree(self._core.commands), str(self._client.application_id)
        with forgiven("register the commands"), sorted_errors():
            async with asyncio.timeout(START_WITHIN_S):
                if not command_tree.same(wanted, await self._rest.commands(application)):
                    await self._rest.register(application, wanted)
                    log.info("registered %d commands", len(wanted))
            self._registered = True

    def on_ready(self) -> None:
        """All shards are there, or one is again and has missed something."""
        count = len(self._client.guilds)
        self._announce(f"Discord: connected to {count} server{'s' * (count != 1)}")
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.ensure_future(self._settle(self._client.sessions))

    async def _settle(self, sessions: int) -> None:
        """Make up for what nobody was told: commands, servers that came and went, and reactions."""
        if not self._registered:
            await self._register()
        await _insist("settle who came and went", self._count_teams)
        await self._away.back()
        self._caught_up = sessions

    async def _count_teams(self) -> None:
        """Put on record which servers the bot is in. The library keeps those that it was removed from meanwhile."""
        now_us = self._ports.clock()
        with sorted_errors():
            here = {guild.id async for guild in self._client.fetch_guilds(limit=None, with_counts=False)}
        here |= {guild.id for guild in self._client.guilds if guild.unavailable}
        await asyncio.gather(*(self._ports.teams.arrive(team_key(str(guild)), now_us) for guild in here))
        for team in await self._ports.teams.present(PLATFORM):
            if int(team.external_id) not in here:
                await self._left(team, now_us)

    def on_reaction(self, event: discord.RawReactionActionEvent) -> None:
        """See `Listeners.on_reaction`."""
        self._tasks.start(self._listeners.on_reaction(event, int(self._me())))

    def on_cleared(self, guild: int | None, channel: int, message: int) -> None:
        """Reactions were taken off a message: what stands there now is read back."""
        if guild is not None:
            self._tasks.start(self._cleared(team_key(str(guild)), channel, message))

    async def _cleared(self, team: TeamKey, channel: int, message: int) -> None:
        with forgiven("read reactions back"):
            address = Message(PLATFORM, str(channel), str(message))
            await self._marks.settled(address)
            ballot = await self._ports.votes.ballot(address)
            if ballot is not None:
                await self._away.read_back(team, ballot)

    def on_gone(self, channel: int, messages: set[int]) -> None:
        """See `Listeners.on_gone`."""
        for message in messages:
            self._tasks.start(self._listeners.on_gone(channel, message))

    def on_interaction(self, interaction: discord.Interaction) -> None:
        """See `Listeners.on_interaction`; what comes from no server is not for us."""
        if interaction.guild_id is not None and interaction.channel_id is not None:
            private = self._is_private(interaction.channel_id)
            self._tasks.start(self._listeners.on_interaction(payload(interaction), private=private))

    def on_joined(self, guild: int) -> None:
        """The bot was put into a server."""
        arrive = partial(self._ports.teams.arrive, team_key(str(guild)), self._ports.clock())
        self._tasks.start(_insist("note a server that the bot was put into", arrive))

    def on_left(self, guild: int) -> None:
        """The bot was put out of a server: its digests stop, and what it holds is kept for a while."""
        left = partial(self._left, team_key(str(guild)), self._ports.clock())
        self._tasks.start(_insist("note a server that the bot was removed from", left))

    async def _left(self, team: TeamKey, at_us: int) -> None:
        if await self._ports.teams.depart(team, at_us):
            log.info("the bot was removed from server %s", team.external_id)

    def _adopted(self, team: TeamKey, ballot: Ballot) -> None:
        self._tasks.start(self._away.read_back(team, ballot))

    def _me(self) -> str:
        return str(self._client.user.id) if self._client.user else ""

    async def _teams(self) -> list[TeamKey]:
        return list(await self._ports.teams.present(PLATFORM))

    def _find(self, channel: int) -> Any:  # noqa: ANN401 - one of the library's many kinds of channel
        return self._client.get_channel(channel)

    def _see(self, channel: str) -> Seen | None:
        """See `adapters.discord.channel.See`."""
        found = self._find(int(channel))
        if found is None or not hasattr(found, "permissions_for") or found.guild.me is None:
            return None
        may = found.permissions_for(found.guild.me)
        return Seen(may.value, isinstance(found, discord.Thread)) if may.view_channel else None

    def _is_private(self, channel: int) -> bool:
        """Whether not everybody in the server sees a channel; one that is not known counts as private."""
        found = self._find(channel)
        if isinstance(found, discord.Thread):
            if found.is_private() or found.parent is None:
                return True
            found = found.parent
        if found is None or not hasattr(found, "permissions_for"):
            return True
        return not found.permissions_for(found.guild.default_role).view_channel


async def _insist(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do something that may be done again until it is done, for nobody will ask for it a second time."""
    for pause_s in chain(AGAIN_S, repeat(AGAIN_S[-1])):
        try:
            await work()
        except ShipworthyError as error:
            log.warning("could not %s, which is tried again: %s", what, error)
            await asyncio.sleep(pause_s)
        else:
            return


async def _cancelled(work: "asyncio.Future[None]") -> None:
    """Cancel some work, again if it did not heed it: the library can lose a cancelling while it reconnects."""
    for _ in range(CANCELS):
        work.cancel()
        done, _ = await asyncio.wait({work}, timeout=CANCEL_AGAIN_S)
        if done:
            return
    log.warning("a part of the connection did not end in time")


def payload(interaction: discord.Interaction) -> dict[str, Any]:
    """An interaction as Discord sent it, as far as it is read here."""
    member, message = interaction.user, interaction.message
    permissions: discord.Permissions = interaction.permissions
    told: dict[str, Any] = {
        "id": str(interaction.id),
        "type": interaction.type.value,
        "token": interaction.token,
        "application_id": str(interaction.application_id),
        "guild_id": str(interaction.guild_id),
        "channel_id": str(interaction.channel_id),
        "app_permissions": str(interaction.app_permissions.value),
        "member": {
            "user": {"id": str(member.id)},
            "permissions": str(permissions.value),
            "pending": getattr(member, "pending", False),
        },
        "data": interaction.data or {},
    }
    if message is not None:
        told["message"] = {
            "id": str(message.id),
            "flags": message.flags.value,
            "content": message.content,
            "embeds": [embed.to_dict() for embed in message.embeds],
            "components": [component.to_dict() for component in message.components],
        }
    return told

"""The bot's connection to Discord, from the first byte to the last: open it, run it until told to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import Self

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import command_tree, inbound
from adapters.discord.answers import Answers
from adapters.discord.channel import DiscordChannel
from adapters.discord.client import Client
from adapters.discord.errors import DISCORD_ERRORS, forgiven, sort, sorted_errors
from adapters.discord.inbound import PLATFORM, Payload, team_key
from adapters.discord.listeners import Listeners
from adapters.discord.marks import Marks
from adapters.discord.rest import Rest
from adapters.discord.shards import Slice, SlicePresence
from adapters.discord.sight import Sight
from adapters.proxy import proxy_for
from commands import tracing
from commands.away import Away
from commands.budget import LoopTimer
from commands.core import Core
from commands.errors import CommandError, ShipworthyError, Unavailable
from commands.model import Ballot, Message, TeamKey
from commands.once import Once
from commands.ports import Ports, Presence
from commands.redraws import Redraws
from commands.tasks import Tasks
from commands.turns import Pace

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
    MORE_SHARDS: "The bot is in so many servers that Discord wants it in more shards: start it again, "
    "with a higher count in DISCORD_SHARDS if that is set.",
}
"""What to do about a connection that Discord closes for good, by the code it closes with."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to connect."""

    token: str
    api_url: str = API_URL
    ready_within_s: float = 2.0
    """How long after the last server the list of them counts as whole."""
    shards: Slice | None = None
    """The shards to run; None for as many as Discord advises, all of them here."""


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
        self._client = client(
            self,
            proxy=proxy_for(options.api_url),
            ready_within_s=options.ready_within_s,
            slice_=options.shards,
        )
        waited = partial(ports.measures.rate_limited, PLATFORM, "platform")
        self._rest = Rest(self._client, waited=waited)
        self._sight = Sight(self._client, options.shards)
        self._core = core
        self.channel = DiscordChannel(core, self._rest, me=self._me, see=self._sight.see)
        self._redraws = Redraws(
            self.channel.draw, ports.turns, pace=Pace(REDRAWS_A_MINUTE), timer=LoopTimer(), measures=ports.measures
        )
        kept = SlicePresence(presence, options.shards) if options.shards else presence
        self._away = Away(PLATFORM, ports, kept, teams=self._teams, reader=self.channel, redraws=self._redraws)
        self._marks = Marks(core, self.channel, self._redraws, adopted=self._adopted, tasks=self._tasks)
        self._listeners = Listeners(
            core,
            self._rest,
            answers=Answers(core, self.channel),
            marks=self._marks,
            once=Once(PLATFORM, ports.deliveries),
            tasks=self._tasks,
        )
        self._logged_in = False
        self._registered = options.shards is not None and 0 not in options.shards.ids
        """Whether Discord has the commands; it is for the process with the first shard to see to it."""
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
        watching = asyncio.ensure_future(self._away.watch(stop, self.connected))
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
        if not self._registered:
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
        connected_us = self._ports.clock() if await self.connected() else None
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

    async def connected(self) -> bool:
        """Whether what happens in Discord reaches us now, and what did not is being read back."""
        return self._client.is_up() and self._caught_up == self._client.sessions

    def redraw(self, team: TeamKey, ballot: int) -> None:
        """A ballot's votes have moved: have its message drawn again."""
        self._redraws.want(team, ballot)

    async def _register(self) -> None:
        """Register the commands, if what is declared is not what Discord has."""
        wanted, application = command_tree.tree(self._core.commands), str(self._client.application_id)
        with forgiven("register the commands"):
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

    def on_resumed(self) -> None:
        """A shard is there again: what could not be read back without Discord is tried now."""
        self._away.again()

    async def _settle(self, sessions: int) -> None:
        """Make up for what nobody was told: commands, servers that came and went, and reactions."""
        if not self._registered:
            await self._register()
        await _insist("settle who came and went", self._count_teams)
        await self._marks.settled()
        await self._away.back()
        self._caught_up = sessions

    async def _count_teams(self) -> None:
        """Put on record which servers the bot is in. The library keeps those that it was removed from meanwhile."""
        now_us = self._ports.clock()
        with sorted_errors():
            here = {guild.id async for guild in self._client.fetch_guilds(limit=None, with_counts=False)}
        here |= {guild.id for guild in self._client.guilds if guild.unavailable}
        arrived = (self._ports.teams.arrive(team_key(str(guild)), now_us) for guild in here if self._has(guild))
        await asyncio.gather(*arrived)
        for team in await self._teams():
            if int(team.external_id) not in here:
                await self._left(team, now_us)

    def on_reaction(self, reaction: Payload, *, active: bool) -> None:
        """Somebody put a reaction on a message, normal or super, or took it off."""
        if found := inbound.reaction(reaction, self._me(), active=active):
            self._marks.take(found)

    def on_cleared(self, guild: int | None, channel: int, message: int) -> None:
        """Reactions were taken off a message: what stands there now is read back."""
        if guild is not None:
            tracing.begin(PLATFORM, str(guild), "cleared")
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

    def on_interaction(self, interaction: Payload) -> None:
        """See `Listeners.on_interaction`; what comes from no server is not for us."""
        guild, channel = interaction.get("guild_id"), interaction.get("channel_id")
        if guild and channel:
            private = self._sight.is_private(int(guild), int(channel))
            self._tasks.start(self._listeners.on_interaction(interaction, private=private))

    def on_joined(self, guild: int) -> None:
        """The bot was put into a server."""
        tracing.begin(PLATFORM, str(guild), "joined")
        arrive = partial(self._ports.teams.arrive, team_key(str(guild)), self._ports.clock())
        self._tasks.start(_insist("note a server that the bot was put into", arrive))

    def on_left(self, guild: int) -> None:
        """The bot was put out of a server: its digests stop, and what it holds is kept for a while."""
        tracing.begin(PLATFORM, str(guild), "left")
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
        return [team for team in await self._ports.teams.present(PLATFORM) if self._has(team.external_id)]

    def _has(self, guild: str | int) -> bool:
        """Whether a server is told of here, and not in another process."""
        return self._options.shards is None or self._options.shards.has(guild)


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

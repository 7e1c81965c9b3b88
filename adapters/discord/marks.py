"""Reactions and button presses on their way to the core, each stored before anything is said of it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import Any, NamedTuple

from adapters.discord.channel import DiscordChannel
from adapters.discord.errors import forgiven
from adapters.discord.inbound import Press, Reaction, team_key
from commands import tracing
from commands.core import Core
from commands.errors import CommandError, Gone, ShipworthyError, Unavailable
from commands.model import Ballot, Mark, Message, Recorded, TeamKey
from commands.redraws import Redraws
from commands.reply import Reply

log = logging.getLogger(__name__)

MOST_HELD = 10_000
TRIES_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""What lies between tries to store a mark: Discord tells of it once, so nobody else tries again."""

Adopted = Callable[[TeamKey, Ballot], None]


class Line(NamedTuple):
    """A task that stores what one person does on one message, and what waits for it."""

    task: asyncio.Task[Any] | None
    waiting: list[Reaction]


class Marks:
    """Records marks, opens ballots that a crash left unopened, and has messages redrawn.

    `adopted` is told of a ballot so opened: there may be votes on it that nobody took. So it is of one where
    somebody took off one of a normal and a super reaction: the other may stand.
    """

    def __init__(self, core: Core, channel: DiscordChannel, redraws: Redraws, *, adopted: Adopted) -> None:
        self._core = core
        self._channel = channel
        self._redraws = redraws
        self._adopted = adopted
        self._no_ballots: OrderedDict[Message, None] = OrderedDict()
        self._storing: dict[tuple[int | Message, str], Line] = {}
        """Who stores what a person does on a message, while there is anything to store."""

    async def react(self, reaction: Reaction) -> None:
        """Record a reaction, trying until it is stored; for a task of its own.

        What one person does on a message is stored in the order it was done, by the task that began with it. What
        a store that stays away, or a crash, loses of these is read back from the message later.
        """
        key = (reaction.mark.ballot, reaction.mark.person)
        if key in self._storing:
            self._storing[key].waiting.append(reaction)
            return
        line = self._storing[key] = Line(asyncio.current_task(), [reaction])
        try:
            while line.waiting:
                try:
                    await self._react(line.waiting.pop(0))
                except Exception:
                    log.exception("a reaction could not be stored")
        finally:
            del self._storing[key]

    async def _react(self, reaction: Reaction) -> None:
        """Store one reaction, and have the message drawn again if it changed anything."""
        team, mark = team_key(reaction.guild), reaction.mark
        tracing.begin(team.platform, team.external_id, "reaction")
        recorded = await self._stored(team, mark, ours=reaction.ours)
        if recorded is None or not recorded.changed or recorded.ballot is None:
            return
        if not mark.active:
            await self._doubt(team, recorded.ballot, burst=reaction.burst)
        self._redraws.want(team, recorded.ballot)

    async def settled(self, message: Message | None = None) -> None:
        """Wait until all is stored that was told before of a message's reactions; of every message if none is named.

        What is stored after a reading back counts as newer than what was read.
        """
        held = self._storing.items()
        storing = {line.task for (address, _), line in held if line.task and message in (None, address)}
        if storing:
            await asyncio.wait(storing)

    async def _stored(self, team: TeamKey, mark: Mark, *, ours: bool) -> Recorded | None:
        for pause_s in chain(TRIES_S, repeat(TRIES_S[-1])):
            try:
                return await self._recorded(team, mark, ours=ours)
            except Unavailable as error:
                log.warning("a reaction could not be stored, and is tried again: %s", error)
                await asyncio.sleep(pause_s)
            except ShipworthyError as error:
                log.debug("a reaction that is no option: %s", error)
                break
        return None

    async def _doubt(self, team: TeamKey, ballot: int, *, burst: bool) -> None:
        """Have a ballot read back if a reaction may stand there in its other form than the one taken off.

        Super reactions are rare: where a normal one was taken off, the next drawing tells whether there are any.
        """
        if not burst:
            self._channel.doubt(ballot, partial(self._adopted, team))
            return
        with forgiven("look at a ballot"):
            reply = await self._core.redraw(ballot)
            if reply is not None and reply.ballot is not None:
                self._adopted(team, reply.ballot)

    async def press(self, press: Press, option: int) -> tuple[Ballot, Reply]:
        """Turn a button vote on or off; the ballot it is on, and what the voter is told. Durable on return.

        Raises `CommandError` and `Unavailable`.
        """
        team, ballot = press.place.team, press.ballot
        if ballot is None:
            raise CommandError("This message is too old to vote on with a button; its reactions still count.")
        ballot = await self.known(team, ballot)
        recorded, reply = await self._core.press(team, ballot.id, press.place.person.id, option)
        if recorded.changed:
            self._redraws.want(team, ballot.id)
        return ballot, reply

    async def known(self, team: TeamKey, ballot: Ballot) -> Ballot:
        """A ballot read off the message that was pressed, opened first where a crash had left it unopened."""
        with forgiven("open a ballot"):
            if ballot.message is not None and await self._core.redraw(ballot.id) is None:
                ballot = await self._core.adopt(team, ballot)
                self._adopted(team, ballot)
        return ballot

    async def _recorded(self, team: TeamKey, mark: Mark, *, ours: bool) -> Recorded:
        recorded = await self._core.mark(mark)
        address = mark.ballot
        if recorded.ballot is not None or not ours or not isinstance(address, Message) or address in self._no_ballots:
            return recorded
        try:
            adopted = await self._channel.adopt(team, address)
        except Gone:
            adopted = None
        if adopted:
            self._adopted(team, adopted)
            return await self._core.mark(mark)
        self._no_ballots[address] = None
        if len(self._no_ballots) > MOST_HELD:
            self._no_ballots.popitem(last=False)
        return recorded

"""Reactions and button presses on their way to the core, each stored before anything is said of it."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, repeat
from typing import NamedTuple

from adapters.discord.channel import DiscordChannel
from adapters.discord.errors import forgiven
from adapters.discord.inbound import PLATFORM, Press, Reaction, team_key
from commands import tracing
from commands.core import Core
from commands.errors import CommandError, Gone, ShipworthyError, Unavailable
from commands.model import Ballot, Message, Recorded, TeamKey
from commands.redraws import Redraws
from commands.reply import Reply
from commands.tasks import Tasks

log = logging.getLogger(__name__)

MOST_HELD = 10_000
MOST_TOGETHER = 512
"""Reactions that are stored at once; others who write must not wait for long."""

TRIES_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""What lies between tries to store a mark: Discord tells of it once, so nobody else tries again."""

Adopted = Callable[[TeamKey, Ballot], None]


class Line(NamedTuple):
    """What one person did on one message that is not stored yet, and the task that sees to it."""

    task: asyncio.Task[None]
    waiting: list[Reaction]


class Marks:
    """Records marks, opens ballots that a crash left unopened, and has messages redrawn.

    `adopted` is told of a ballot so opened: there may be votes on it that nobody took. So it is of one where
    somebody took off one of a normal and a super reaction: the other may stand.
    """

    def __init__(
        self, core: Core, channel: DiscordChannel, redraws: Redraws, *, adopted: Adopted, tasks: Tasks
    ) -> None:
        self._core = core
        self._channel = channel
        self._redraws = redraws
        self._adopted = adopted
        self._tasks = tasks
        self._no_ballots: OrderedDict[Message, None] = OrderedDict()
        self._arrived: deque[Reaction | asyncio.Future[None]] = deque()
        """Reactions on their way to be stored together, and between them who waits for those before."""
        self._storing = False
        self._lines: dict[tuple[int | Message, str], Line] = {}
        """What has to be stored one by one."""

    def take(self, reaction: Reaction) -> None:
        """Record a reaction, together with all that arrive while those before are stored; returns at once.

        What one person does on a message is stored in the order it was done, until it is stored. What a store
        that stays away, or a crash, loses of these is read back from the message later.
        """
        self._arrived.append(reaction)
        if not self._storing:
            self._storing = True
            self._tasks.start(self._store())

    async def _store(self) -> None:
        """Store what arrives until nothing is left."""
        waiting: list[asyncio.Future[None]] = []
        try:
            while self._arrived:
                reactions: list[Reaction] = []
                waiting.clear()
                while self._arrived and len(reactions) < MOST_TOGETHER:
                    item = self._arrived.popleft()
                    if isinstance(item, Reaction):
                        reactions.append(item)
                    else:
                        waiting.append(item)
                if fresh := [reaction for reaction in reactions if not self._queued(reaction)]:
                    await self._together(fresh)
                for waits in waiting:
                    if not waits.done():
                        waits.set_result(None)
        finally:
            self._storing = False
            for left in (*waiting, *self._arrived):  # there is something where the program ends before all is stored
                if isinstance(left, asyncio.Future):
                    left.cancel()

    async def _together(self, reactions: Sequence[Reaction]) -> None:
        """Store reactions at once; those that it takes more for are left to tasks of their own."""
        told = [tracing.arrived(PLATFORM, reaction.guild, "reaction") for reaction in reactions]
        try:
            with tracing.among(told):
                answers = await self._core.mark_all(PLATFORM, [reaction.mark for reaction in reactions])
        except Exception as error:  # noqa: BLE001 - each by itself tells what is wrong with it
            log.warning("%d reactions could not be stored together: %s", len(reactions), error)
            for reaction in reactions:
                self._by_itself(reaction)
            return
        for reaction, answer in zip(reactions, answers, strict=True):
            if isinstance(answer, CommandError):
                log.debug("a reaction that is no option: %s", answer)
            elif answer.ballot is None:
                if not self._queued(reaction) and self._adoptable(reaction):
                    self._by_itself(reaction)
            elif answer.changed:
                self._changed(reaction, answer.ballot)

    def _queued(self, reaction: Reaction) -> bool:
        """Whether a reaction has to wait for what the same person did before, which it does then."""
        line = self._lines.get((reaction.mark.ballot, reaction.mark.person))
        if line is not None:
            line.waiting.append(reaction)
        return line is not None

    def _by_itself(self, reaction: Reaction) -> None:
        """Store a reaction in a task of its own, with those that wait for it."""
        if not self._queued(reaction):
            key, waiting = (reaction.mark.ballot, reaction.mark.person), [reaction]
            self._lines[key] = Line(self._tasks.start(self._one_by_one(key, waiting)), waiting)

    async def _one_by_one(self, key: tuple[int | Message, str], waiting: list[Reaction]) -> None:
        try:
            while waiting:
                try:
                    await self._react(waiting.pop(0))
                except Exception:
                    log.exception("a reaction could not be stored")
        finally:
            del self._lines[key]

    async def _react(self, reaction: Reaction) -> None:
        """Store one reaction, trying until it is, and have the message drawn again if it changed anything."""
        team = team_key(reaction.guild)
        tracing.begin(team.platform, team.external_id, "reaction")
        recorded = await self._stored(team, reaction)
        if recorded is not None and recorded.changed and recorded.ballot is not None:
            self._changed(reaction, recorded.ballot)

    def _changed(self, reaction: Reaction, ballot: int) -> None:
        """A reaction changed what stands: the message is drawn again, and read back if there is doubt about it."""
        team = team_key(reaction.guild)
        if not reaction.mark.active:
            # A normal and a super reaction of one person are two, and one of them may be left. Super reactions are
            # rare: where a normal one was taken off, the next drawing tells whether there are any.
            if reaction.burst:
                self._tasks.start(self._look_again(team, ballot))
            else:
                self._channel.doubt(ballot, partial(self._adopted, team))
        self._redraws.want(team, ballot)

    async def settled(self, message: Message | None = None) -> None:
        """Wait until all is stored that was told before of a message's reactions; of every message if none is named.

        What is stored after a reading back counts as newer than what was read.
        """
        if self._storing:
            before = asyncio.get_running_loop().create_future()
            self._arrived.append(before)
            await before
        if tasks := {line.task for (address, _), line in self._lines.items() if message in (None, address)}:
            await asyncio.wait(tasks)

    async def _stored(self, team: TeamKey, reaction: Reaction) -> Recorded | None:
        for pause_s in chain(TRIES_S, repeat(TRIES_S[-1])):
            try:
                return await self._recorded(team, reaction)
            except Unavailable as error:
                log.warning("a reaction could not be stored, and is tried again: %s", error)
                await asyncio.sleep(pause_s)
            except ShipworthyError as error:
                log.debug("a reaction that is no option: %s", error)
                break
        return None

    async def _look_again(self, team: TeamKey, ballot: int) -> None:
        """Have a ballot read back."""
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

    def _adoptable(self, reaction: Reaction) -> bool:
        """Whether a message without a ballot may have one written into it."""
        return reaction.ours and reaction.mark.ballot not in self._no_ballots

    async def _recorded(self, team: TeamKey, reaction: Reaction) -> Recorded:
        recorded = await self._core.mark(reaction.mark)
        address = reaction.mark.ballot
        if recorded.ballot is not None or not isinstance(address, Message) or not self._adoptable(reaction):
            return recorded
        try:
            adopted = await self._channel.adopt(team, address)
        except Gone:
            adopted = None
        if adopted:
            self._adopted(team, adopted)
            return await self._core.mark(reaction.mark)
        self._no_ballots[address] = None
        if len(self._no_ballots) > MOST_HELD:
            self._no_ballots.popitem(last=False)
        return recorded

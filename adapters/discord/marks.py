"""Reactions and button presses on their way to the core, each stored before anything is said of it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, repeat
from typing import NamedTuple, TypeAlias

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


Key: TypeAlias = tuple[int | Message, str]
"""A message and a person."""


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
        self._arrived: list[Reaction] = []
        """What was told since the event loop came round last."""
        self._unanswered: dict[Key, list[Reaction]] = {}
        """What is being stored together, and what the same people did on those messages since."""
        self._together: set[asyncio.Task[None]] = set()
        self._lines: dict[Key, Line] = {}
        """What is stored one by one."""

    def take(self, reaction: Reaction) -> None:
        """Record a reaction, together with others that are told at about the same time; returns at once.

        It is handed to the store before anything that is told later, and what one person does on a message is
        stored in the order it was done, until it is stored. What a store that stays away, or a crash, loses of
        these is read back from the message later.
        """
        key = _key(reaction)
        if key in self._lines:
            self._lines[key].waiting.append(reaction)
        elif key in self._unanswered:
            self._unanswered[key].append(reaction)
        else:
            self._unanswered[key] = []
            self._arrived.append(reaction)
            if len(self._arrived) == 1:
                asyncio.get_running_loop().call_soon(self._hand_on)
            elif len(self._arrived) == MOST_TOGETHER:
                self._hand_on()

    def _hand_on(self) -> None:
        """Hand what has arrived to the store."""
        if self._arrived:
            reactions, self._arrived = self._arrived, []
            task = self._tasks.start(self._store(reactions))
            self._together.add(task)
            task.add_done_callback(self._together.discard)

    async def _store(self, reactions: Sequence[Reaction]) -> None:
        """Store reactions at once; those that it takes more for are left to tasks of their own."""
        told = [tracing.arrived(PLATFORM, reaction.guild, "reaction") for reaction in reactions]
        answers: Sequence[Recorded | CommandError | None]
        try:
            with tracing.among(told):
                answers = await self._core.mark_all(PLATFORM, [reaction.mark for reaction in reactions])
        except Exception as error:  # noqa: BLE001 - each by itself tells what is wrong with it
            log.warning("%d reactions could not be stored together: %s", len(reactions), error)
            answers = [None] * len(reactions)
        for reaction, answer in zip(reactions, answers, strict=True):
            key = _key(reaction)
            left = self._unanswered.pop(key)
            if answer is None or (isinstance(answer, Recorded) and answer.ballot is None and self._adoptable(reaction)):
                left.insert(0, reaction)
            elif isinstance(answer, CommandError):
                log.debug("a reaction that is no option: %s", answer)
            elif answer.changed and answer.ballot is not None:
                self._changed(reaction, answer.ballot)
            if left:
                self._lines[key] = Line(self._tasks.start(self._one_by_one(key, left)), left)

    async def _one_by_one(self, key: Key, waiting: list[Reaction]) -> None:
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
        self._hand_on()
        if self._together:
            await asyncio.wait(set(self._together))
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


def _key(reaction: Reaction) -> Key:
    return reaction.mark.ballot, reaction.mark.person

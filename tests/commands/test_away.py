"""What was left undrawn is found by whoever is connected: at once, and as long as the connection lasts."""

import asyncio
from collections.abc import Sequence

import pytest

from commands import away
from commands.away import Away
from commands.budget import LoopTimer
from commands.errors import Unavailable
from commands.model import Ballot, Message, TeamKey
from commands.redraws import Redraws
from commands.turns import Pace, Turn, Wait
from tests.contracts.make import ballot, entry, ignore, mark
from tests.fakes import FakeClock, Memory
from tests.patience import PATIENCE_S

OURS, THEIRS, ELSEWHERE = TeamKey("slack", "T1"), TeamKey("slack", "T2"), TeamKey("discord", "7")


class Process:
    """One process that serves one team on a store, and what it has drawn."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.drawn: list[int] = []
        self.changed = asyncio.Condition()
        self.redraws = Redraws(self.draw, memory.turns, pace=Pace(per_minute=36), timer=LoopTimer())
        self.away = Away("slack", memory.ports(), memory.presence, teams=self.teams, reader=self, redraws=self.redraws)
        self.stop = asyncio.Event()

    async def teams(self) -> Sequence[TeamKey]:
        return [OURS]

    async def reactions(self, team: TeamKey, ballot: Ballot) -> frozenset[tuple[str, int]]:
        raise Unavailable(f"ballot {ballot.id} of {team} cannot be read back")

    async def draw(self, team: TeamKey, ballot: int) -> None:
        assert team == OURS
        async with self.changed:
            self.drawn.append(ballot)
            self.changed.notify_all()

    async def has_drawn(self, *ballots: int) -> None:
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(lambda: sorted(self.drawn) == sorted(ballots))

    async def connected(self) -> bool:
        return True

    async def run(self) -> None:
        await self.away.watch(self.stop, self.connected)

    async def end(self, running: asyncio.Task[None]) -> None:
        self.stop.set()
        await running
        await self.redraws.drain(1)
        await self.away.close(None)


@pytest.fixture
async def behind(memory: Memory) -> Memory:
    """A store with a vote not drawn in each of three teams, whose ballots are 1, 2 and 3."""
    await memory.catalogue.load([entry("a"), entry("b")], categories={}, progress=ignore)
    for number, key in enumerate((OURS, THEIRS, ELSEWHERE), start=1):
        await opened(memory, number, key)
    return memory


async def opened(memory: Memory, number: int, key: TeamKey) -> None:
    message = Message(key.platform, "C1", f"m{number}")
    await memory.votes.open(ballot(number, await memory.teams.team(key), (1, 2), message=message))
    assert (await memory.votes.record(mark(number, "ada", 1))).changed


async def test_whoever_connects_draws_what_is_behind_in_its_own_teams(behind: Memory) -> None:
    process = Process(behind)
    await process.away.back()
    await process.has_drawn(1)
    await process.away.close(None)
    assert [number for number, _ in await behind.turns.behind("slack", after=0, limit=9)] == [2]


async def test_while_it_is_connected_it_draws_what_other_processes_leave(
    behind: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "BEAT_S", 0.01)
    monkeypatch.setattr(away, "BEHIND_AT_ONCE", 2)
    process = Process(behind)
    running = asyncio.create_task(process.run())
    await process.has_drawn(1)
    for number in (10, 11, 12, 13, 14):
        await opened(behind, number, OURS if number % 2 else THEIRS)
    await process.has_drawn(1, 11, 13)
    await process.end(running)
    assert process.drawn == [1, 11, 13]


class Failing:
    """Turns of a store that fails at first to say what is behind."""

    def __init__(self, memory: Memory, error: Exception) -> None:
        self.turns = memory.turns
        self.errors = [error]

    async def take(self, ballot: int, pace: Pace) -> Turn | Wait | None:
        return await self.turns.take(ballot, pace)

    async def done(self, ballot: int, turn: Turn, *, drawn: bool) -> bool:
        return await self.turns.done(ballot, turn, drawn=drawn)

    async def behind(self, platform: str, *, after: int, limit: int) -> tuple[tuple[int, TeamKey], ...]:
        if self.errors:
            raise self.errors.pop()
        return await self.turns.behind(platform, after=after, limit=limit)


@pytest.mark.parametrize("error", [Unavailable("the store is away"), ValueError("a bug")])
async def test_a_store_that_cannot_say_what_is_behind_is_asked_again(
    behind: Memory, monkeypatch: pytest.MonkeyPatch, clock: FakeClock, error: Exception
) -> None:
    monkeypatch.setattr(away, "BEAT_S", 0.01)
    behind.turns = Failing(behind, error)  # type: ignore[assignment]
    process = Process(behind)
    running = asyncio.create_task(process.run())
    await process.has_drawn(1)
    await process.end(running)
    assert await behind.presence.seen("slack") == clock()


async def test_what_was_told_while_the_store_was_away_is_read_back_once_it_is_there_again(
    memory: Memory, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "BEAT_S", 0.001)
    await memory.catalogue.load([entry("a"), entry("b")], categories={}, progress=ignore)
    message = Message("slack", "C1", "m1")
    team = await memory.teams.team(OURS)
    await memory.votes.open(ballot(1, team, (1, 2), message=message, posted_us=clock.now_us))
    process = Reading(memory)
    await process.away.back()
    see, beats = memory.presence.see, 0

    async def fail(platform: str, at_us: int) -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            monkeypatch.setattr(memory.presence, "see", see)
        raise Unavailable("away")

    monkeypatch.setattr(memory.presence, "see", fail)
    running = asyncio.ensure_future(process.run())
    await process.has_drawn(1)
    assert await memory.votes.marks(1, "ada") == ((1, "reaction"),)
    await process.end(running)


class Reading(Process):
    """A process on whose platform somebody put a reaction on ballot 1 that nobody was told of."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.reads = 0

    async def reactions(self, *_: object) -> frozenset[tuple[str, int]]:
        self.reads += 1
        return frozenset({("ada", 1)} if self.reads > 1 else ())

"""The real digest runner on the real stores, killed with SIGKILL around every step it takes."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.storage.store import Store
from commands.model import Channel, RunState, Subscription, TeamKey, Weekly
from commands.schedule import next_due

ROOT = Path(__file__).parents[2]
WEEKLY = Weekly(0, 9, 0, "Europe/Berlin")
DUE_US = next_due(WEEKLY, 1_795_000_000_000_000)
LIFE_US = 600_000_000
WEEK_US = 7 * 86_400_000_000

STEPS = tuple(f"{side} {step}" for step in ("claim", "attempt", "post", "mark") for side in ("before", "after"))


@dataclass
class Program:
    """One database with a digest due in #general, and the program that posts it, life after life."""

    database: Path | str
    lives: int = 0

    async def live(self, step: str, *, reads: bool, beside: bool = False) -> int:
        """Run the program, ten minutes after its last life began or `beside` that one; its exit code."""
        sight = "reads" if reads else "blind"
        self.lives += not beside
        start_us = DUE_US + (self.lives - 1) * LIFE_US
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bot.mortal_runner", str(self.database), str(start_us), sight, step),
            cwd=ROOT,
        )
        return await process.wait()

    async def outcome(self) -> tuple[int, int, list[RunState]]:
        """Digests in the channel, words told to the subscriber, and the states of all runs."""
        store = await self.open()
        try:
            team = await store.teams.team(TeamKey("terminal", "local"))
            subscription = await store.digests.subscription(team, "general")
            assert subscription is not None
            assert subscription.next_due_us == DUE_US + WEEK_US
            posted = await store.transcript.last("general", 100)
            told = await store.transcript.last("@ana", 100)
            return len(posted), len(told), [run.state for run in await store.digests.runs(subscription.id, limit=100)]
        finally:
            await store.close()

    async def open(self) -> Store:
        return await Store.open(self.database, clock=lambda: DUE_US)


@pytest.fixture(params=["tmp_path", "postgres_url"], ids=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Path | str:
    """Where a new database is, a file's path or an address."""
    place = request.getfixturevalue(request.param)
    return place / "shipworthy.db" if isinstance(place, Path) else place


@pytest.fixture
async def program(database: Path | str) -> Program:
    program = Program(database)
    store = await program.open()
    key = TeamKey("terminal", "local")
    team = await store.teams.team(key)
    await store.digests.subscribe(Subscription(0, team, key, Channel("general"), WEEKLY, "ana", 0, DUE_US))
    await store.close()
    return program


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_a_readable_channel_gets_exactly_one_digest(program: Program, step: str) -> None:
    assert await program.live(step, reads=True) == -signal.SIGKILL
    assert await program.live("unharmed", reads=True) == 0
    assert await program.outcome() == (1, 0, [RunState.POSTED])


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_an_unreadable_channel_never_gets_two_and_doubt_is_told(
    program: Program, step: str
) -> None:
    assert await program.live(step, reads=False) == -signal.SIGKILL
    assert await program.live("unharmed", reads=False) == 0
    if step in {"before claim", "after claim", "before attempt", "after mark"}:
        assert await program.outcome() == (1, 0, [RunState.POSTED])
    else:
        landed = step in {"after post", "before mark"}
        assert await program.outcome() == (landed, 1, [RunState.UNCONFIRMED])


@pytest.mark.parametrize(
    ("first", "second"),
    [("after attempt", "after reclaim"), ("after attempt", "after post"), ("after post", "after find")],
)
async def test_killed_again_while_it_recovers_there_is_still_exactly_one(
    program: Program, first: str, second: str
) -> None:
    assert await program.live(first, reads=True) == -signal.SIGKILL
    assert await program.live(second, reads=True) == -signal.SIGKILL
    assert await program.live("unharmed", reads=True) == 0
    assert await program.outcome() == (1, 0, [RunState.POSTED])


@pytest.mark.parametrize("second", ["before tell", "after tell"])
async def test_killed_around_telling_the_subscriber_is_told_all_the_same(program: Program, second: str) -> None:
    assert await program.live("after attempt", reads=False) == -signal.SIGKILL
    assert await program.live(second, reads=False) == -signal.SIGKILL
    assert await program.live("unharmed", reads=False) == 0
    posted, told, states = await program.outcome()
    assert (posted, states) == (0, [RunState.UNCONFIRMED])
    assert told >= 1


@pytest.mark.parametrize("step", ["after claim", "after attempt", "after post"])
async def test_with_a_second_program_beside_the_one_that_is_killed_there_is_exactly_one(
    program: Program, step: str
) -> None:
    await asyncio.gather(program.live(step, reads=True), program.live("unharmed", reads=True, beside=True))
    ends = await asyncio.gather(program.live("unharmed", reads=True), program.live("unharmed", reads=True, beside=True))
    assert ends == [0, 0]
    assert await program.outcome() == (1, 0, [RunState.POSTED])

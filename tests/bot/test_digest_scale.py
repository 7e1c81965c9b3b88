"""Many digests due together: shared between programs, paced, and none in another's way."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from bot import digest_delivery
from bot.digest_pace import PACES, Pace, Places
from bot.digest_progress import Progress
from bot.storage.store import Store
from commands.errors import Unavailable
from commands.measure import Unmeasured
from commands.model import Channel, Message, RunState, TeamKey
from commands.reply import Reply
from tests.bot.digest_world import HOUR_US, MINUTE_US, MONDAY, WEEK_US, Crowd, World, throw
from tests.fakes import FakeClock
from tests.fakes_digests import UNDER_WAY
from tests.patience import PATIENCE_S


@pytest.fixture
def world() -> World:
    return World()


async def subscribe(world: World, teams: int, channels: int, platform: str = "terminal") -> int:
    """Switch digests on in so many channels of so many teams; how many they are."""
    for team in range(teams):
        for channel in range(channels):
            await world.subscribe(f"{team}-{channel}", TeamKey(platform, f"t{team}"))
    return teams * channels


async def test_no_more_are_worked_on_at_once_than_the_pace_allows(world: World) -> None:
    world.room = crowd = Crowd()
    count = await subscribe(world, teams=4, channels=15)
    await world.tick_at(MONDAY, world.runner(pace=Pace(10, 4, 0)))
    assert len({channel for channel, _ in crowd.posted}) == len(crowd.posted) == count
    assert (crowd.most, crowd.most_of_a_team) == (10, 4)


async def test_only_what_is_worked_on_is_claimed(world: World) -> None:
    world.room = crowd = Crowd()
    await subscribe(world, teams=3, channels=20)
    claimed: list[int] = []
    for team in range(3):
        for channel in range(20):
            crowd.before_posting[f"{team}-{channel}"] = lambda: claimed.append(
                sum(run.state in UNDER_WAY for run in world.memory.digests.held.values())
            )
    await world.tick_at(MONDAY, world.runner(pace=Pace(7, 7, 0)))
    assert len(claimed) == 60
    assert max(claimed) <= 7


async def test_channels_that_hang_hold_up_neither_other_teams_nor_all_of_their_own(world: World) -> None:
    world.room = crowd = Crowd("0-0", "0-3", "1-0", "1-1", "1-2", "1-3", "1-4")
    count = await subscribe(world, teams=4, channels=6)
    world.clock.now_us = MONDAY
    ticking = asyncio.create_task(world.runner(pace=Pace(8, 3, 0)).tick())
    await crowd.until_posted(count - 6 - 2)
    assert {channel for channel, _ in crowd.posted} == {
        f"{team}-{channel}" for team in (0, 2, 3) for channel in range(6)
    } - crowd.hanging
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    assert crowd.under_way.total() == 0


async def test_a_platform_that_hangs_holds_up_no_other(world: World) -> None:
    slack, here = Crowd(*(f"{team}-{channel}" for team in range(3) for channel in range(5))), Crowd()
    await subscribe(world, teams=3, channels=5, platform="slack")
    count = await subscribe(world, teams=3, channels=5)
    world.clock.now_us = MONDAY
    runner = world.runner(channels={"slack": slack, "terminal": here}, pace=Pace(4, 4, 0))
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    await here.until_posted(count)
    assert (slack.under_way.total(), slack.posted) == (4, [])
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_channel_that_hangs_is_left_after_its_time_and_gets_its_digest_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.room = crowd = Crowd("general")
    subscription = await world.subscribe()
    monkeypatch.setattr(digest_delivery, "POST_WITHIN_S", 0.01)
    await world.tick_at(MONDAY)
    assert (crowd.posted, await world.states(subscription)) == ([], [RunState.ATTEMPTED])
    monkeypatch.undo()
    crowd.hanging.clear()
    await world.tick_at(MONDAY + HOUR_US)
    assert (len(crowd.posted), await world.states(subscription)) == (1, [RunState.POSTED])


async def test_a_look_up_that_hangs_is_left_after_its_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind(Crowd):
        async def find_digest(self, *_: object) -> None:
            await asyncio.Event().wait()

    world.room = Blind()
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    monkeypatch.setattr(digest_delivery, "FIND_WITHIN_S", 0.01)
    await asyncio.wait_for(world.tick_at(MONDAY + HOUR_US), PATIENCE_S)
    assert await world.states(subscription) == [RunState.ATTEMPTED]


class Distant(Crowd):
    """A platform that takes a moment for every post, so that who has free places is who claims next."""

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        await asyncio.sleep(0.01)
        return await super().post_digest(team, channel, reply)


@pytest.fixture
async def shared_sqlite(sqlite: Store) -> list[Store]:
    """One store, twice: several schedulers in a program."""
    return [sqlite, sqlite]


@pytest.fixture
async def shared_postgres(postgres: Store, postgres_url: str, clock: FakeClock) -> AsyncIterator[list[Store]]:
    """One database as two programs have it."""
    other = await Store.open(postgres_url, clock=clock)
    yield [postgres, other]
    await other.close()


@pytest.fixture(params=["shared_sqlite", "shared_postgres"])
def shared(request: pytest.FixtureRequest) -> list[Store]:
    return request.getfixturevalue(request.param)


async def test_two_runners_share_what_is_due_and_post_each_once(shared: list[Store], clock: FakeClock) -> None:
    worlds = [World(store, clock) for store in shared]
    rooms = [Distant(), Distant()]
    count = await subscribe(worlds[0], teams=10, channels=12)
    clock.now_us = MONDAY
    pairs = zip(worlds, rooms, strict=True)
    await asyncio.gather(
        *(world.runner(channels={"terminal": room}, pace=Pace(6, 2, 0)).tick() for world, room in pairs)
    )
    posted = Counter(channel for room in rooms for channel, _ in room.posted)
    assert (len(posted), posted.total()) == (count, count)
    assert min(len(room.posted) for room in rooms) > count / 4
    assert await worlds[0].digests.due(MONDAY, platform="terminal") == 0


async def test_told_to_stop_it_finishes_what_is_under_way_and_claims_no_more(world: World) -> None:
    world.room = crowd = Crowd()
    await subscribe(world, teams=10, channels=4)
    world.clock.now_us = MONDAY
    stop = asyncio.Event()
    crowd.after_posting["0-0"] = stop.set
    await asyncio.wait_for(world.runner(pace=Pace(5, 5, 0)).run(stop), PATIENCE_S)
    assert 1 <= len(crowd.posted) <= 10
    assert {run.state for run in world.memory.digests.held.values()} == {RunState.POSTED}


async def test_what_changed_in_the_catalogue_is_read_once_for_all_digests_of_a_week(world: World) -> None:
    reads: list[tuple[int, int]] = []
    read = world.memory.catalogue.changes

    async def changes(since_us: int, until_us: int, *, limit: int) -> object:
        reads.append((since_us, until_us))
        return await read(since_us, until_us, limit=limit)

    world.memory.catalogue.changes = changes
    count = await subscribe(world, teams=3, channels=8)
    await world.tick_at(MONDAY)
    assert len(world.room.posted) == count
    assert reads == [(MONDAY - WEEK_US, MONDAY)]


class Seconds:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_place_is_free_again_when_the_work_has_ended_and_its_least_time_is_over() -> None:
    now = Seconds()
    places = Places("slack", Pace(3, 2, least_s=1), now)
    first, second = places.take(7), places.take(7)
    assert (places.room().free, places.room().full, places.next_s()) == (1, [7], None)
    places.leave(7, first)
    assert (places.room().free, places.room().full, places.next_s()) == (1, [7], 1)
    now.at = 1.0
    assert (places.room().free, places.room().taken) == (2, {7: 1})
    now.at = 30.0
    places.leave(7, second)
    assert places.next_s() == 0
    assert (places.room().free, places.room().taken, places.next_s()) == (3, {}, None)


def test_the_paces_stay_within_what_the_platforms_take() -> None:
    slack, discord = PACES["slack"], PACES["discord"]
    assert slack.per_team / slack.least_s * 60 < 200
    assert discord.at_once / discord.least_s <= 40


class Late(Unmeasured):
    """Keeps what digests came to and how late they were."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.late_s: list[float] = []

    def digest(self, outcome: str) -> None:
        self.outcomes[outcome] += 1

    def digest_late(self, seconds: float) -> None:
        self.late_s.append(seconds)


async def test_it_is_measured_what_digests_came_to_and_how_late_they_were_posted(world: World) -> None:
    measures = Late()
    await subscribe(world, teams=2, channels=3)
    world.room.before_posting["1-2"] = throw(Unavailable("no answer"))
    runner = world.runner(measures=measures)
    await world.tick_at(MONDAY + MINUTE_US, runner)
    assert (measures.outcomes, measures.late_s) == ({"posted": 5}, [60.0] * 5)
    world.room.before_posting.clear()
    await world.tick_at(MONDAY + 5 * MINUTE_US, runner)
    assert (measures.outcomes, measures.late_s[5:]) == ({"posted": 6}, [300.0])
    await world.tick_at(MONDAY + 3 * WEEK_US - HOUR_US, runner)
    assert measures.outcomes == {"posted": 6, "skipped": 6}


async def test_one_line_tells_what_many_digests_came_to(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await subscribe(world, teams=40, channels=30)
    for channel in ("1-2", "3-4"):
        world.room.before_posting[channel] = throw(Unavailable("the line is down"))
    await world.tick_at(MONDAY)
    assert caplog.messages == ["Digests on terminal: 1,198 of 1,200 posted, 2 put off (the line is down), 0 left"]


def test_a_large_number_tells_every_ten_seconds_how_far_it_has_come(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = Seconds()
    progress = Progress("slack", now)
    left = 10_000
    now.at = 1_000.0
    assert not progress.has_news(over=False)
    while left:
        now.at += 0.5
        left -= 100
        for _ in range(100):
            progress.ended(RunState.POSTED)
        if progress.has_news(over=not left):
            progress.tell(left, over=not left)
    assert caplog.messages == [
        "Digests on slack: 2,000 of 10,000 posted, 8,000 left",
        "Digests on slack: 4,000 of 10,000 posted, 6,000 left",
        "Digests on slack: 6,000 of 10,000 posted, 4,000 left",
        "Digests on slack: 8,000 of 10,000 posted, 2,000 left",
        "Digests on slack: 10,000 of 10,000 posted, 0 left",
    ]
    now.at += 3_600
    assert not progress.has_news(over=True)

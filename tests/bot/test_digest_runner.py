"""The digest runner: what is due gets posted once, late or not at all, and never twice."""

import asyncio
from itertools import pairwise

import pytest

from commands.errors import Unavailable
from commands.model import RunState, TeamKey
from commands.ports import Digests
from tests.bot.digest_world import HOUR_US, MONDAY, WEEK_US, World
from tests.patience import PATIENCE_S


@pytest.fixture
def world() -> World:
    return World()


async def test_a_digest_is_posted_when_it_is_due_and_not_before(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY - 1)
    assert world.room.posted == []
    await world.tick_at(MONDAY)
    [(channel, reply)] = world.room.posted
    [run] = await world.runs(subscription)
    assert (channel, reply.digest, reply.private) == ("general", run.id, False)
    assert (run.state, run.due_us, run.since_us) == (RunState.POSTED, MONDAY, MONDAY - WEEK_US)


async def test_every_week_has_one_digest_across_the_change_of_clocks(world: World) -> None:
    subscription = await world.subscribe()
    for hours in range(25 * 7 * 24 + 1):
        await world.tick_at(MONDAY + hours * HOUR_US)
    dues = [run.due_us for run in await world.runs(subscription)]
    assert len(world.room.posted) == len(dues) == 26
    assert {(late - early) // HOUR_US for early, late in pairwise(dues)} == {168, 167}


async def test_many_runners_on_one_store_post_one_digest_per_channel(world: World) -> None:
    for place in range(20):
        await world.subscribe(f"channel-{place}")
    world.clock.now_us = MONDAY
    await asyncio.gather(*(world.runner().tick() for _ in range(8)))
    assert sorted(channel for channel, _ in world.room.posted) == sorted(f"channel-{place}" for place in range(20))


async def test_more_channels_than_one_batch_are_all_served_in_one_pass(world: World) -> None:
    for place in range(450):
        await world.subscribe(f"channel-{place}")
    await world.tick_at(MONDAY)
    assert len(world.room.posted) == 450


async def test_away_at_the_due_time_it_is_posted_late_and_once(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY + 23 * HOUR_US)
    await world.tick_at(MONDAY + 25 * HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_away_past_the_grace_time_it_is_skipped_and_the_next_says_so(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY + 25 * HOUR_US)
    assert world.room.posted == []
    await world.tick_at(MONDAY + WEEK_US)
    assert await world.states(subscription) == [RunState.SKIPPED, RunState.POSTED]
    assert "Last week's digest was not posted: the bot was away" in str(world.room.posted[0][1])
    assert "more than 24 hours" in str(world.room.posted[0][1])
    await world.tick_at(MONDAY + 2 * WEEK_US)
    assert "not posted" not in str(world.room.posted[1][1])


async def test_away_for_weeks_only_the_digest_that_can_still_be_met_is_posted(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY + 3 * WEEK_US + HOUR_US)
    assert await world.states(subscription) == [RunState.SKIPPED, RunState.POSTED]
    [run] = [run for run in await world.runs(subscription) if run.state is RunState.POSTED]
    assert run.due_us == MONDAY + 3 * WEEK_US
    said = str(world.room.posted[0][1])
    assert "The digests due since Monday 23 November 2026 at 09:00 were not posted" in said


async def test_a_clock_that_steps_back_posts_nothing_again(world: World) -> None:
    await world.subscribe()
    await world.tick_at(MONDAY + HOUR_US)
    for at_us in (MONDAY - HOUR_US, MONDAY, MONDAY - 5 * WEEK_US, MONDAY + HOUR_US):
        await world.tick_at(at_us)
    assert len(world.room.posted) == 1


async def test_switching_it_on_again_after_the_clock_stepped_back_posts_no_second_one(world: World) -> None:
    await world.subscribe()
    await world.tick_at(MONDAY)
    await world.subscribe()
    await world.tick_at(MONDAY)
    await world.tick_at(MONDAY + 1)
    assert len(world.room.posted) == 1


async def test_subscriptions_of_other_platforms_are_left_to_the_programs_that_have_them(world: World) -> None:
    other = await world.subscribe("there", TeamKey("slack", "T1"))
    await world.subscribe()
    await world.tick_at(MONDAY + HOUR_US)
    assert [channel for channel, _ in world.room.posted] == ["general"]
    assert await world.runs(other) == []


async def test_the_loop_goes_on_after_any_error_and_stops_when_told(world: World) -> None:
    await world.subscribe()
    world.clock.now_us = MONDAY
    stop = asyncio.Event()
    runner = world.runner(digests=_FailsTwice(world.digests), sleep_s=0.001)
    world.room.after_posting["general"] = stop.set
    await asyncio.wait_for(runner.run(stop), PATIENCE_S)
    assert len(world.room.posted) == 1


async def test_the_loop_sleeps_until_the_next_due_time_and_never_long(world: World) -> None:
    [lane] = world.runner()._lanes
    assert await lane._pause_s(crowded=False) == 30
    await world.subscribe()
    assert await lane._pause_s(crowded=False) == 30
    world.clock.now_us = MONDAY - 12_000_000
    assert await lane._pause_s(crowded=False) == 12


class _FailsTwice:
    """A store whose first two answers are errors."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._errors: list[Exception] = [Unavailable("the disk is busy"), RuntimeError("a bug")]

    def __getattr__(self, name: str) -> object:
        if self._errors:
            raise self._errors.pop()
        return getattr(self._digests, name)

"""A clock that steps back or forth: no digest twice, and none left out for good."""

import asyncio
from dataclasses import replace

import pytest

from commands.digest import LEASE_US
from commands.model import Channel, Message, RunState, TeamKey
from commands.reply import Reply
from tests.bot.digest_world import HOUR_US, MINUTE_US, MONDAY, WEEK_US, Room, World
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

DAY_US = 24 * HOUR_US


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("step_us", [2 * MINUTE_US, 3 * HOUR_US, 6 * DAY_US, 30 * DAY_US, 400 * DAY_US])
async def test_a_clock_that_steps_forth_and_back_before_a_digest_is_due_leaves_out_none_for_good(
    world: World, step_us: int
) -> None:
    subscription = await world.subscribe()
    runner = world.runner()
    await world.tick_at(MONDAY - MINUTE_US, runner)
    await world.tick_at(MONDAY - MINUTE_US + step_us, runner)
    early = len(world.room.posted)
    for week in range(3):
        for at_us in (-MINUTE_US, 0, MINUTE_US, HOUR_US):
            await world.tick_at(MONDAY + week * WEEK_US + at_us, runner)
    due = [run.due_us for run in await world.runs(subscription) if run.state is RunState.POSTED]
    assert len(due) == len(set(due)) == len(world.room.posted)
    assert {MONDAY + WEEK_US, MONDAY + 2 * WEEK_US} <= set(due)
    assert len(world.room.posted) <= 3 + early


@pytest.mark.parametrize("step_us", [1, MINUTE_US, HOUR_US, 6 * DAY_US, 60 * DAY_US])
async def test_a_clock_that_steps_back_after_a_digest_was_posted_does_not_repeat_it(world: World, step_us: int) -> None:
    await world.subscribe()
    runner = world.runner()
    await world.tick_at(MONDAY, runner)
    await world.tick_at(MONDAY - step_us, runner)
    for at_us in (-MINUTE_US, 0, MINUTE_US, HOUR_US, 3 * DAY_US):
        await world.tick_at(MONDAY + at_us, runner)
    assert len(world.room.posted) == 1
    await world.tick_at(MONDAY + WEEK_US, runner)
    assert len(world.room.posted) == 2


class SlowRoom(Room):
    """Takes so long to answer for one channel that meanwhile the clock steps forth and another digest is posted."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.later = asyncio.Event()
        self.after_posting["later"] = self.later.set

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        if channel.id == "general":
            self.clock.now_us = MONDAY + 3 * LEASE_US
            await asyncio.wait_for(self.later.wait(), PATIENCE_S)
        return await super().post_digest(team, channel, reply)


async def test_a_clock_that_steps_forth_while_a_digest_is_posted_does_not_post_it_again(world: World) -> None:
    world.room = SlowRoom(world.clock)
    subscription = await world.subscribe()
    await world.subscribe("other")
    later = replace(await world.subscribe("later"), next_due_us=MONDAY + 2 * LEASE_US)
    await world.digests.subscribe(later)
    await world.tick_at(MONDAY)
    assert sorted(channel for channel, _ in world.room.posted) == ["general", "later", "other"]
    assert await world.states(subscription) == [RunState.POSTED]


async def test_a_run_left_by_a_program_whose_clock_had_stepped_far_forth_is_taken_up(world: World) -> None:
    subscription = await world.subscribe()
    run = await world.interrupted(subscription, RunState.CLAIMED)
    far_us = MONDAY + 300 * DAY_US
    assert await world.digests.advance(run.id, RunState.CLAIMED, expected=RunState.CLAIMED, lease_us=far_us)
    await world.tick_at(MONDAY + MINUTE_US)
    assert world.room.posted == []
    await world.tick_at(MONDAY + MINUTE_US + LEASE_US + 1)
    assert await world.states(subscription) == [RunState.POSTED]

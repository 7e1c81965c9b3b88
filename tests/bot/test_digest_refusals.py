"""Channels that do not answer, refuse or fail: tried again, given up on or switched off, never in others' way."""

from itertools import pairwise

import pytest

from commands.errors import CommandError, Unavailable
from commands.model import Channel, RunState, Subscription
from tests.bot.digest_world import HOUR_US, MINUTE_US, MONDAY, TEAM, WEEK_US, WEEKLY, World, throw


@pytest.fixture
def world() -> World:
    return World()


async def test_a_channel_that_does_not_answer_is_tried_again_with_growing_pauses(world: World) -> None:
    subscription = await world.subscribe()
    tries: list[int] = []

    def unavailable() -> None:
        tries.append((world.now_us - MONDAY) // 60_000_000)
        raise Unavailable("no answer")

    world.room.before_posting["general"] = unavailable
    for minute in range(4 * 60):
        await world.tick_at(MONDAY + minute * 60_000_000)
    assert tries[0] == 0
    assert 6 < len(tries) < 15
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 31
    del world.room.before_posting["general"]
    await world.tick_at(MONDAY + 5 * HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_channel_that_does_not_answer_within_the_grace_time_is_given_up_on(world: World) -> None:
    subscription = await world.subscribe()
    world.room.before_posting["general"] = throw(Unavailable("no answer"))
    for hour in range(30):
        await world.tick_at(MONDAY + hour * HOUR_US)
    del world.room.before_posting["general"]
    await world.tick_at(MONDAY + 31 * HOUR_US)
    assert await world.states(subscription) == [RunState.SKIPPED]
    assert world.room.posted == []


@pytest.mark.parametrize("error", [Unavailable("down"), CommandError("archived"), ValueError("a bug"), OSError()])
async def test_one_failing_channel_never_stops_the_others(world: World, error: Exception) -> None:
    for channel in ("first", "general", "last"):
        await world.subscribe(channel)
    world.room.before_posting["general"] = throw(error)
    await world.tick_at(MONDAY)
    assert [channel for channel, _ in world.room.posted] == ["first", "last"]


async def test_a_refusal_that_passes_within_minutes_leaves_no_trace(world: World) -> None:
    subscription = await world.subscribe()
    runner = world.runner()
    world.room.before_posting["general"] = throw(CommandError("not in the channel"))
    for minute in range(5):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
        assert (await world.states(subscription), world.room.posted) == ([RunState.CLAIMED], [])
    del world.room.before_posting["general"]
    for minute in range(5, 12):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
    assert await world.states(subscription) == [RunState.POSTED]
    assert (len(world.room.posted), world.room.told) == (1, [])


@pytest.mark.parametrize("late_us", [0, 20 * HOUR_US])
async def test_a_channel_that_keeps_refusing_has_its_digest_switched_off_and_whoever_set_it_is_told(
    world: World, late_us: int
) -> None:
    subscription = await world.subscribe()
    other = await world.subscribe("other")
    runner = world.runner()
    tries: list[int] = []

    def archived() -> None:
        tries.append(world.now_us - MONDAY - late_us)
        raise CommandError("the channel is archived.")

    world.room.before_posting["general"] = archived
    for minute in range(120):
        await world.tick_at(MONDAY + late_us + minute * MINUTE_US, runner)
    assert len(tries) > 1
    assert 10 * MINUTE_US <= tries[-1] <= 31 * MINUTE_US
    assert await world.states(subscription) == [RunState.FAILED]
    assert await world.digests.subscription(1, "general") is None
    [(person, words)] = world.room.told
    assert person == "local/general/ana"
    assert words == (
        "I have switched off the weekly digest of this channel, because the channel would not take it: "
        "the channel is archived; /digest on switches it on again."
    )
    assert await world.states(other) == [RunState.POSTED]
    assert await world.digests.subscription(1, "other") is not None
    del world.room.before_posting["general"]
    await world.tick_at(MONDAY + WEEK_US, runner)
    assert len(world.room.plain("other")) == 2
    assert world.room.plain() == []


@pytest.mark.parametrize("error", [Unavailable("no answer"), CommandError("has left"), ValueError("a bug")])
async def test_where_nobody_can_be_told_it_is_switched_off_all_the_same(world: World, error: Exception) -> None:
    subscription = await world.subscribe()
    runner = world.runner()
    world.room.before_posting["general"] = throw(CommandError("archived"))
    world.room.on_telling = [error]
    for minute in range(30):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
    assert await world.states(subscription) == [RunState.FAILED]
    assert await world.digests.subscription(1, "general") is None
    assert (world.room.told, world.room.on_telling) == ([], [])


async def test_a_digest_switched_on_again_after_a_refusal_comes_as_usual(world: World) -> None:
    await world.subscribe()
    runner = world.runner()
    world.room.before_posting["general"] = throw(CommandError("archived"))
    for minute in range(30):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
    del world.room.before_posting["general"]
    await world.digests.subscribe(
        Subscription(0, 1, TEAM, Channel("general"), WEEKLY, "ana", world.now_us, MONDAY + WEEK_US)
    )
    await world.tick_at(MONDAY + WEEK_US, runner)
    assert len(world.room.posted) == 1
    assert "refused" not in str(world.room.posted)

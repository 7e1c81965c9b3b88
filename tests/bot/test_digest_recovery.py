"""What an interrupted digest comes to: posted once, or not at all and somebody is told."""

import pytest

from commands.digest import LEASE_US
from commands.errors import CommandError, Unavailable
from commands.model import RunState
from commands.reply import Reply
from tests.bot.digest_world import HOUR_US, MONDAY, TEAM, Suspended, World, throw


@pytest.fixture
def world() -> World:
    return World()


async def test_an_error_after_the_post_landed_does_not_post_it_again(world: World) -> None:
    subscription = await world.subscribe()
    world.room.after_posting["general"] = throw(ConnectionResetError())
    await world.tick_at(MONDAY)
    assert await world.states(subscription) == [RunState.ATTEMPTED]
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_run_that_was_only_claimed_is_posted_when_its_lease_has_ended(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.CLAIMED)
    await world.tick_at(MONDAY + LEASE_US)
    assert world.room.posted == []
    await world.tick_at(MONDAY + LEASE_US + 1)
    assert await world.states(subscription) == [RunState.POSTED]


async def test_an_attempt_of_which_nothing_is_seen_is_posted_where_history_can_be_read(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_an_attempt_that_is_seen_in_the_channel_is_marked_and_not_repeated(world: World) -> None:
    subscription = await world.subscribe()
    run = await world.interrupted(subscription, RunState.ATTEMPTED)
    await world.room.post_digest(TEAM, subscription.channel, Reply("", digest=run.id))
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


@pytest.mark.parametrize("landed", [True, False])
async def test_where_history_cannot_be_read_an_attempt_is_not_repeated_and_the_subscriber_is_told(
    world: World, *, landed: bool
) -> None:
    subscription = await world.subscribe()
    world.room.reads_history = False
    run = await world.interrupted(subscription, RunState.ATTEMPTED)
    if landed:
        await world.room.post_digest(TEAM, subscription.channel, Reply("", digest=run.id))
    await world.tick_at(MONDAY + HOUR_US)
    await world.tick_at(MONDAY + 2 * HOUR_US)
    assert await world.states(subscription) == [RunState.UNCONFIRMED]
    assert len(world.room.posted) == landed
    [(person, words)] = world.room.told
    assert person == "local/general/ana"
    assert "due on Monday 23 November 2026 at 09:00 may not have been posted" in words


async def test_a_channel_that_may_not_be_read_is_treated_as_unreadable(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_reading = [CommandError("not in the channel")]
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.UNCONFIRMED]
    assert world.room.posted == []


async def test_a_look_up_that_gets_no_answer_is_repeated_and_nothing_is_posted_meanwhile(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_reading = [Unavailable("no answer")]
    await world.tick_at(MONDAY + HOUR_US)
    assert (await world.states(subscription), world.room.posted) == ([RunState.ATTEMPTED], [])
    await world.tick_at(MONDAY + 2 * HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]


async def test_a_subscriber_who_cannot_be_reached_now_is_told_later(world: World) -> None:
    subscription = await world.subscribe()
    world.room.reads_history = False
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_telling = [Unavailable("no answer")]
    await world.tick_at(MONDAY + HOUR_US)
    assert world.room.told == []
    await world.tick_at(MONDAY + 2 * HOUR_US)
    assert len(world.room.told) == 1
    assert await world.states(subscription) == [RunState.UNCONFIRMED]


@pytest.mark.parametrize(
    ("error", "after_us"), [(CommandError("has left"), HOUR_US), (Unavailable("no answer"), 30 * HOUR_US)]
)
async def test_a_subscriber_who_cannot_be_told_at_all_leaves_the_run_closed(
    world: World, error: Exception, after_us: int
) -> None:
    subscription = await world.subscribe()
    world.room.reads_history = False
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_telling = [error]
    await world.tick_at(MONDAY + after_us)
    assert await world.states(subscription) == [RunState.UNCONFIRMED]


@pytest.mark.parametrize("state", [RunState.CLAIMED, RunState.ATTEMPTED])
async def test_what_was_switched_off_meanwhile_is_not_posted(world: World, state: RunState) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, state)
    await world.digests.unsubscribe(1, "general")
    await world.tick_at(MONDAY + HOUR_US)
    assert world.room.posted == []
    assert await world.states(subscription) == [RunState.SKIPPED]


async def test_an_interrupted_run_past_the_grace_time_is_skipped(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    await world.tick_at(MONDAY + 25 * HOUR_US)
    assert await world.states(subscription) == [RunState.SKIPPED]


async def test_a_runner_that_lost_its_lease_while_composing_leaves_the_post_to_the_other(world: World) -> None:
    subscription = await world.subscribe()
    world.clock.now_us = MONDAY
    await world.runner(votes=Suspended(world)).tick()
    assert (world.room.posted, await world.states(subscription)) == ([], [RunState.CLAIMED])

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest

from commands.model import DigestRun, Message, RunState, Subscription, TeamKey
from commands.ports import Room
from commands.schedule import next_due
from tests.contracts.conftest import AWAY, HOME
from tests.contracts.make import WEEK_US, subscription
from tests.fakes import Memory

DUE_US = 10 * WEEK_US
HOUR_US = 3_600_000_000
GRACE_US = WEEK_US // 7
NEXT_US = next_due(subscription(1, HOME).weekly, DUE_US)
"""The next due instant of a digest that is claimed at `DUE_US`."""

ROOM = Room("terminal", free=9, per_team=9)
THIRD = TeamKey("terminal", "elsewhere")


@pytest.fixture
async def weekly(store: Memory, team: int) -> Subscription:
    """A digest that is due at `DUE_US`."""
    return await store.digests.subscribe(subscription(team, HOME))


async def claim(
    store: Memory, at_us: int = DUE_US, *, room: Room = ROOM, lease_us: int = DUE_US + 60
) -> tuple[DigestRun, ...]:
    return await store.digests.claim(at_us, room=room, lease_us=lease_us, grace_us=GRACE_US)


async def claimed(store: Memory, at_us: int = DUE_US, lease_us: int = DUE_US + 60) -> DigestRun:
    [run] = await claim(store, at_us, lease_us=lease_us)
    return run


async def moved(store: Memory, weekly: Subscription) -> int | None:
    """When this channel's digest is due now."""
    found = await store.digests.subscription(weekly.team, weekly.channel.id)
    return found.next_due_us if found else None


def channels(runs: Iterable[DigestRun]) -> list[str]:
    return [run.subscription.channel.id for run in runs]


async def test_a_subscription_is_read_as_it_was_stored(store: Memory, team: int, weekly: Subscription) -> None:
    assert weekly == replace(subscription(team, HOME), id=weekly.id)
    assert await store.digests.subscription(team, "C1") == weekly


async def test_subscribing_again_replaces_and_keeps_the_id(store: Memory, team: int, weekly: Subscription) -> None:
    again = await store.digests.subscribe(subscription(team, HOME, next_due_us=99, set_by="bob"))
    assert again == replace(subscription(team, HOME, next_due_us=99, set_by="bob"), id=weekly.id)
    assert await store.digests.subscription(team, "C1") == again


async def test_a_channel_of_another_team_has_its_own_digest(
    store: Memory, team: int, other: int, weekly: Subscription
) -> None:
    assert await store.digests.subscription(other, "C1") is None
    assert not await store.digests.unsubscribe(other, "C1")
    theirs = await store.digests.subscribe(subscription(other, AWAY, set_by="zoe"))
    assert theirs.id != weekly.id
    assert await store.digests.unsubscribe(other, "C1")
    assert await store.digests.subscription(team, "C1") == weekly


async def test_the_digests_of_a_team_are_those_that_are_on_ordered_by_channel(
    store: Memory, team: int, other: int, weekly: Subscription
) -> None:
    assert await store.digests.of_team(other) == ()
    theirs = await store.digests.subscribe(subscription(other, AWAY))
    last = await store.digests.subscribe(subscription(team, HOME, "C3"))
    early = await store.digests.subscribe(subscription(team, HOME, "B2", next_due_us=99))
    assert await store.digests.of_team(team) == (early, weekly, last)
    assert await store.digests.unsubscribe(team, "C3")
    assert await store.digests.of_team(team) == (early, weekly)
    assert await store.digests.of_team(other) == (theirs,)


async def test_a_stopped_digest_is_off_until_it_is_switched_on_again(
    store: Memory, team: int, weekly: Subscription
) -> None:
    assert await store.digests.unsubscribe(team, "C1")
    assert not await store.digests.unsubscribe(team, "C1")
    assert await store.digests.subscription(team, "C1") is None
    assert await store.digests.due(DUE_US, platform="terminal") == 0
    assert await claim(store) == ()
    again = await store.digests.subscribe(subscription(team, HOME))
    assert await store.digests.due(DUE_US, platform="terminal") == 1
    assert (await claimed(store)).subscription.id == again.id


async def test_runs_of_a_stopped_digest_stay_on_record(store: Memory, team: int, weekly: Subscription) -> None:
    run = await claimed(store)
    await store.digests.unsubscribe(team, "C1")
    assert [held.id for held in await store.digests.runs(weekly.id, limit=9)] == [run.id]


async def test_the_longest_due_are_claimed_first_and_the_future_not_at_all(store: Memory, team: int) -> None:
    for n in (2, 1, 3, 9):
        await store.digests.subscribe(subscription(team, HOME, f"C{n}", next_due_us=DUE_US + n))
    assert await store.digests.due(DUE_US + 3, platform="terminal") == 3
    assert channels(await claim(store, DUE_US + 3, room=replace(ROOM, free=2))) == ["C1", "C2"]
    assert channels(await claim(store, DUE_US + 3)) == ["C3"]
    assert await claim(store, DUE_US + 3) == ()


async def test_no_more_of_a_team_are_claimed_or_taken_over_than_there_is_room_for(
    store: Memory, team: int, other: int
) -> None:
    another = await store.teams.team(THIRD)
    for n in range(4):
        await store.digests.subscribe(subscription(team, HOME, f"C{n}", next_due_us=DUE_US - 9 + n))
        await store.digests.subscribe(subscription(another, THIRD, f"D{n}", next_due_us=DUE_US - 5 + n))
    room = replace(ROOM, per_team=3, taken={team: 1, other: 8})
    assert channels(await claim(store, room=room, lease_us=5)) == ["C0", "C1", "D0", "D1", "D2"]
    full = replace(room, taken={team: 3, another: 4})
    assert await claim(store, room=full) == ()
    assert await store.digests.reclaim(6, room=full, lease_us=9) == ()
    handed = await store.digests.reclaim(6, room=replace(room, free=4), lease_us=9)
    assert channels(handed) == ["C0", "C1", "D0", "D1"]


async def test_the_next_due_instant_is_the_soonest_of_a_platform_after_that_one(
    store: Memory, team: int, other: int
) -> None:
    assert await store.digests.next_due(0, platform="terminal") is None
    for n in (2, 1, 3):
        await store.digests.subscribe(subscription(team, HOME, f"C{n}", next_due_us=n))
    await store.digests.subscribe(subscription(other, AWAY, next_due_us=9))
    await store.digests.unsubscribe(team, "C2")
    assert await store.digests.next_due(0, platform="terminal") == 1
    assert await store.digests.next_due(1, platform="terminal") == 3
    assert await store.digests.next_due(3, platform="terminal") is None
    assert await store.digests.next_due(3, platform="slack") == 9


async def test_only_the_digests_of_the_platform_asked_are_due_claimed_or_reclaimed(
    store: Memory, other: int, weekly: Subscription
) -> None:
    theirs = await store.digests.subscribe(subscription(other, AWAY))
    slack = replace(ROOM, platform="slack")
    assert await store.digests.due(DUE_US, platform="slack") == 1
    assert await store.digests.due(DUE_US, platform="discord") == 0
    [run] = await claim(store, room=slack, lease_us=5)
    assert run.subscription.id == theirs.id
    assert await store.digests.due(DUE_US, platform="slack") == 0
    assert (await claimed(store, lease_us=5)).subscription.id == weekly.id
    assert await store.digests.reclaim(6, room=replace(ROOM, platform="discord"), lease_us=50) == ()
    handed = await store.digests.reclaim(6, room=slack, lease_us=50)
    assert [held.id for held in handed] == [run.id]


async def test_each_of_many_due_digests_is_given_to_exactly_one_of_many_that_claim(store: Memory, team: int) -> None:
    for n in range(40):
        await store.digests.subscribe(subscription(team, HOME, f"C{n:02}"))
    claims = await asyncio.gather(*[claim(store, room=replace(ROOM, free=7)) for _ in range(9)])
    runs = [run for some in claims for run in some]
    assert sorted(channels(runs)) == [f"C{n:02}" for n in range(40)]
    assert len({run.id for run in runs}) == 40


async def test_a_claim_takes_the_run_and_moves_the_schedule_on(store: Memory, team: int, weekly: Subscription) -> None:
    run = await claimed(store)
    assert (run.due_us, run.since_us, run.state) == (DUE_US, DUE_US - WEEK_US, RunState.CLAIMED)
    assert run.lease_us == DUE_US + 60
    assert run.subscription == replace(weekly, next_due_us=NEXT_US)
    assert await store.digests.subscription(team, "C1") == run.subscription
    assert await claim(store) == ()


async def test_one_claim_takes_the_place_of_all_weeks_that_can_still_be_met(
    store: Memory, weekly: Subscription
) -> None:
    late_us = DUE_US + GRACE_US
    assert (await claimed(store, late_us)).state is RunState.CLAIMED
    assert await moved(store, weekly) == next_due(weekly.weekly, late_us)


async def test_what_is_claimed_past_its_grace_time_is_skipped_and_goes_on_with_what_can_be_met(
    store: Memory, weekly: Subscription
) -> None:
    late_us = DUE_US + 3 * WEEK_US
    skipped = await claimed(store, late_us)
    assert (skipped.state, skipped.due_us) == (RunState.SKIPPED, DUE_US)
    assert await moved(store, weekly) == next_due(weekly.weekly, late_us - GRACE_US - 1)


async def test_an_instant_that_had_its_run_is_not_claimed_again_and_moves_on(
    store: Memory, team: int, weekly: Subscription
) -> None:
    run = await claimed(store)
    await store.digests.subscribe(subscription(team, HOME))
    assert await claim(store) == ()
    assert await moved(store, weekly) == NEXT_US
    assert [held.id for held in await store.digests.runs(weekly.id, limit=9)] == [run.id]


async def test_instants_that_had_their_run_do_not_keep_others_from_being_claimed(store: Memory, team: int) -> None:
    for n in range(4):
        weekly = await store.digests.subscribe(subscription(team, HOME, f"C{n}", next_due_us=DUE_US + n))
        if n < 3:
            await store.digests.open_run(weekly, due_us=DUE_US + n, lease_us=1)
    assert channels(await claim(store, DUE_US + 9, room=replace(ROOM, free=1))) == ["C3"]


async def test_what_waits_for_more_than_a_week_is_put_back_on_its_schedule(
    store: Memory, team: int, other: int, weekly: Subscription
) -> None:
    far = await store.digests.subscribe(subscription(other, AWAY, next_due_us=DUE_US + 50 * WEEK_US))
    off = await store.digests.subscribe(subscription(team, HOME, "C2", next_due_us=DUE_US + 50 * WEEK_US))
    await store.digests.unsubscribe(team, "C2")
    assert await store.digests.rewind(DUE_US, lease_us=DUE_US) == 1
    assert await store.digests.rewind(DUE_US, lease_us=DUE_US) == 0
    assert (await moved(store, weekly), await moved(store, far)) == (DUE_US, NEXT_US)
    assert await moved(store, off) is None


@pytest.mark.parametrize("state", [RunState.POSTED, RunState.ATTEMPTED, RunState.UNCONFIRMED])
async def test_a_run_tells_what_happened_since_the_last_that_may_have_been_seen(
    store: Memory, team: int, weekly: Subscription, state: RunState
) -> None:
    first = await claimed(store)
    assert await store.digests.advance(first.id, state, expected=RunState.CLAIMED)
    failed = await claimed(store, NEXT_US)
    assert (failed.due_us, failed.since_us) == (NEXT_US, DUE_US)
    assert await store.digests.advance(failed.id, RunState.FAILED, expected=RunState.CLAIMED)
    third = await claimed(store, failed.subscription.next_due_us)
    assert third.since_us == DUE_US


async def test_an_extra_run_leaves_the_schedule_and_excludes_its_own_instant(
    store: Memory, weekly: Subscription
) -> None:
    run = await store.digests.open_run(weekly, due_us=DUE_US, lease_us=DUE_US + 60)
    assert run is not None
    assert (run.subscription, run.due_us, run.state) == (weekly, DUE_US, RunState.CLAIMED)
    assert await store.digests.open_run(weekly, due_us=DUE_US, lease_us=DUE_US + 60) is None
    assert await moved(store, weekly) == DUE_US
    assert await claim(store) == ()
    assert await moved(store, weekly) == NEXT_US


async def test_a_step_is_taken_once_and_only_from_the_expected_state(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store)
    steps = [store.digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED) for _ in range(5)]
    assert sorted(await asyncio.gather(*steps)) == [False] * 4 + [True]
    seen = Message("terminal", "C1", "8")
    assert not await store.digests.advance(run.id, RunState.POSTED, expected=RunState.CLAIMED, message=seen)
    assert await store.digests.advance(run.id, RunState.POSTED, expected=RunState.ATTEMPTED, message=seen)
    assert not await store.digests.advance(run.id + 1, RunState.POSTED, expected=RunState.ATTEMPTED)
    [held] = await store.digests.runs(weekly.id, limit=9)
    assert (held.state, held.lease_us) == (RunState.POSTED, run.lease_us)


async def test_a_step_is_refused_once_the_lease_has_passed_to_another(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, lease_us=100)
    [handed] = await store.digests.reclaim(101, room=ROOM, lease_us=200)
    assert not await store.digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED, held_us=run.lease_us)
    assert await store.digests.advance(
        run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED, held_us=handed.lease_us, lease_us=300
    )
    [held] = await store.digests.runs(weekly.id, limit=9)
    assert held.lease_us == 300


async def test_an_overdue_run_is_handed_to_one_caller_under_a_new_lease(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, lease_us=100)
    assert await store.digests.reclaim(100, room=ROOM, lease_us=200) == ()
    handed = await asyncio.gather(*[store.digests.reclaim(101, room=ROOM, lease_us=200) for _ in range(5)])
    [(held,)] = [runs for runs in handed if runs]
    assert held == replace(run, lease_us=200)


@pytest.mark.parametrize(("ahead_us", "shortened"), [(HOUR_US, False), (HOUR_US + 1, True)])
async def test_a_lease_given_by_a_clock_that_had_stepped_forth_is_shortened(
    store: Memory, weekly: Subscription, ahead_us: int, *, shortened: bool
) -> None:
    await claimed(store, lease_us=DUE_US + ahead_us)
    await store.digests.rewind(DUE_US, lease_us=DUE_US + 60)
    [held] = await store.digests.runs(weekly.id, limit=9)
    assert held.lease_us == DUE_US + (60 if shortened else ahead_us)
    await store.digests.advance(held.id, RunState.POSTED, expected=RunState.CLAIMED, lease_us=2 * DUE_US)
    await store.digests.rewind(DUE_US, lease_us=DUE_US + 60)
    [held] = await store.digests.runs(weekly.id, limit=9)
    assert held.lease_us == 2 * DUE_US


async def test_a_run_that_the_caller_is_working_on_is_not_handed_to_it_again(
    store: Memory, team: int, weekly: Subscription
) -> None:
    run = await claimed(store, lease_us=100)
    assert await store.digests.reclaim(101, room=ROOM, lease_us=200, holding=[run.id, 99]) == ()
    await store.digests.subscribe(subscription(team, HOME, "C2"))
    overdue = await claimed(store, lease_us=90)
    [handed] = await store.digests.reclaim(101, room=ROOM, lease_us=200, holding=[run.id])
    assert handed.id == overdue.id
    [other] = await store.digests.reclaim(101, room=ROOM, lease_us=200, holding=[handed.id])
    assert (other.id, weekly.id) == (run.id, other.subscription.id)


async def test_a_finished_run_is_never_handed_out(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, lease_us=100)
    await store.digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED)
    assert len(await store.digests.reclaim(101, room=ROOM, lease_us=102)) == 1
    await store.digests.advance(run.id, RunState.UNCONFIRMED, expected=RunState.ATTEMPTED)
    assert await store.digests.reclaim(500, room=ROOM, lease_us=600) == ()


async def test_runs_come_newest_due_first(store: Memory, weekly: Subscription) -> None:
    for due_us in (5, 9, 7):
        await store.digests.open_run(weekly, due_us=due_us, lease_us=1)
    assert [run.due_us for run in await store.digests.runs(weekly.id, limit=2)] == [9, 7]

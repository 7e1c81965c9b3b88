import asyncio
from dataclasses import replace

import pytest

from commands.model import DigestRun, Message, RunState, Subscription
from tests.contracts.conftest import AWAY, HOME
from tests.contracts.make import WEEK_US, subscription
from tests.fakes import Memory

DUE_US = 10 * WEEK_US


@pytest.fixture
async def weekly(store: Memory, team: int) -> Subscription:
    """A digest that is due at `DUE_US`."""
    return await store.digests.subscribe(subscription(team, HOME))


async def claim(store: Memory, weekly: Subscription, lease_us: int = DUE_US + 60) -> DigestRun | None:
    return await store.digests.claim(weekly, next_due_us=weekly.next_due_us + WEEK_US, lease_us=lease_us)


async def claimed(store: Memory, weekly: Subscription, lease_us: int = DUE_US + 60) -> DigestRun:
    run = await claim(store, weekly, lease_us)
    assert run is not None
    return run


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
    assert await store.digests.due(DUE_US, limit=9) == ()
    assert await claim(store, weekly) is None
    again = await store.digests.subscribe(subscription(team, HOME))
    assert await store.digests.due(DUE_US, limit=9) == (again,)


async def test_runs_of_a_stopped_digest_stay_on_record(store: Memory, team: int, weekly: Subscription) -> None:
    run = await claimed(store, weekly)
    await store.digests.unsubscribe(team, "C1")
    assert [held.id for held in await store.digests.runs(weekly.id, limit=9)] == [run.id]


async def test_the_longest_due_come_first_and_the_future_not_at_all(store: Memory, team: int) -> None:
    due = [
        await store.digests.subscribe(subscription(team, HOME, f"C{n}", next_due_us=DUE_US + n)) for n in (2, 1, 3, 9)
    ]
    assert await store.digests.due(DUE_US + 3, limit=9) == (due[1], due[0], due[2])
    assert await store.digests.due(DUE_US + 3, limit=2) == (due[1], due[0])


async def test_only_the_digests_of_the_platforms_asked_are_due_or_reclaimed(
    store: Memory, other: int, weekly: Subscription
) -> None:
    theirs = await store.digests.subscribe(subscription(other, AWAY))
    assert await store.digests.due(DUE_US, limit=9, platforms={"slack"}) == (theirs,)
    assert await store.digests.due(DUE_US, limit=9, platforms=()) == ()
    assert await store.digests.due(DUE_US, limit=9) == (weekly, theirs)
    run = await claimed(store, theirs, lease_us=5)
    await claimed(store, weekly, lease_us=5)
    assert await store.digests.reclaim(6, lease_us=50, platforms=("discord",)) == ()
    handed = await store.digests.reclaim(6, lease_us=50, platforms=("slack",))
    assert [held.id for held in handed] == [run.id]


async def test_exactly_one_of_many_claims_gets_the_run(store: Memory, weekly: Subscription) -> None:
    runs = await asyncio.gather(*[claim(store, weekly) for _ in range(20)])
    [run] = [run for run in runs if run is not None]
    assert (run.due_us, run.since_us, run.state) == (DUE_US, DUE_US - WEEK_US, RunState.CLAIMED)
    assert run.lease_us == DUE_US + 60
    assert run.subscription == replace(weekly, next_due_us=DUE_US + WEEK_US)


async def test_a_claim_moves_the_schedule_on(store: Memory, team: int, weekly: Subscription) -> None:
    await claimed(store, weekly)
    moved = await store.digests.subscription(team, "C1")
    assert moved is not None
    assert moved.next_due_us == DUE_US + WEEK_US
    assert await store.digests.due(DUE_US, limit=9) == ()


async def test_a_claim_on_a_schedule_that_was_changed_meanwhile_gets_nothing_and_moves_nothing(
    store: Memory, team: int, weekly: Subscription
) -> None:
    changed = await store.digests.subscribe(subscription(team, HOME, next_due_us=DUE_US + 5))
    assert await claim(store, weekly) is None
    assert await store.digests.subscription(team, "C1") == changed
    assert await store.digests.runs(weekly.id, limit=9) == ()


async def test_a_claim_may_be_recorded_as_skipped_at_once(store: Memory, weekly: Subscription) -> None:
    run = await store.digests.claim(weekly, next_due_us=DUE_US + WEEK_US, lease_us=DUE_US, state=RunState.SKIPPED)
    assert run is not None
    assert run.state is RunState.SKIPPED


@pytest.mark.parametrize("state", [RunState.POSTED, RunState.ATTEMPTED, RunState.UNCONFIRMED])
async def test_a_run_tells_what_happened_since_the_last_that_may_have_been_seen(
    store: Memory, team: int, weekly: Subscription, state: RunState
) -> None:
    first = await claimed(store, weekly)
    assert await store.digests.advance(first.id, state, expected=RunState.CLAIMED)
    second = await store.digests.subscription(team, "C1")
    assert second is not None
    failed = await claimed(store, second)
    assert failed.since_us == DUE_US
    assert await store.digests.advance(failed.id, RunState.FAILED, expected=RunState.CLAIMED)
    third = await store.digests.subscription(team, "C1")
    assert third is not None
    assert (await claimed(store, third)).since_us == DUE_US


async def test_an_extra_run_leaves_the_schedule_and_excludes_its_own_instant(
    store: Memory, team: int, weekly: Subscription
) -> None:
    run = await store.digests.open_run(weekly, due_us=DUE_US, lease_us=DUE_US + 60)
    assert run is not None
    assert (run.subscription, run.due_us, run.state) == (weekly, DUE_US, RunState.CLAIMED)
    assert await store.digests.open_run(weekly, due_us=DUE_US, lease_us=DUE_US + 60) is None
    assert await claim(store, weekly) is None
    moved = await store.digests.subscription(team, "C1")
    assert moved is not None
    assert moved.next_due_us == DUE_US + WEEK_US


async def test_a_step_is_taken_once_and_only_from_the_expected_state(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, weekly)
    steps = [store.digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED) for _ in range(5)]
    assert sorted(await asyncio.gather(*steps)) == [False] * 4 + [True]
    seen = Message("terminal", "C1", "8")
    assert not await store.digests.advance(run.id, RunState.POSTED, expected=RunState.CLAIMED, message=seen)
    assert await store.digests.advance(run.id, RunState.POSTED, expected=RunState.ATTEMPTED, message=seen)
    assert not await store.digests.advance(run.id + 1, RunState.POSTED, expected=RunState.ATTEMPTED)
    [held] = await store.digests.runs(weekly.id, limit=9)
    assert (held.state, held.lease_us) == (RunState.POSTED, run.lease_us)


async def test_a_step_is_refused_once_the_lease_has_passed_to_another(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, weekly, lease_us=100)
    [handed] = await store.digests.reclaim(101, lease_us=200)
    assert not await store.digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED, held_us=run.lease_us)
    assert await store.digests.advance(
        run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED, held_us=handed.lease_us, lease_us=300
    )
    [held] = await store.digests.runs(weekly.id, limit=9)
    assert held.lease_us == 300


async def test_an_overdue_run_is_handed_to_one_caller_under_a_new_lease(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, weekly, lease_us=100)
    assert await store.digests.reclaim(100, lease_us=200) == ()
    handed = await asyncio.gather(*[store.digests.reclaim(101, lease_us=200) for _ in range(5)])
    [(held,)] = [runs for runs in handed if runs]
    assert held == replace(run, lease_us=200)


async def test_a_finished_run_is_never_handed_out(store: Memory, weekly: Subscription) -> None:
    run = await claimed(store, weekly, lease_us=100)
    await store.digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED)
    assert len(await store.digests.reclaim(101, lease_us=102)) == 1
    await store.digests.advance(run.id, RunState.UNCONFIRMED, expected=RunState.ATTEMPTED)
    assert await store.digests.reclaim(500, lease_us=600) == ()


async def test_runs_come_newest_due_first(store: Memory, weekly: Subscription) -> None:
    for due_us in (5, 9, 7):
        await store.digests.open_run(weekly, due_us=due_us, lease_us=1)
    assert [run.due_us for run in await store.digests.runs(weekly.id, limit=2)] == [9, 7]

import pytest

from commands.model import Channel, PersonData, Recorded, Tally, TeamAlias, Via
from commands.voting import Counters
from tests.contracts.conftest import HOME
from tests.contracts.make import SHIP, SKIP, ballot, bookmark, mark, subscription
from tests.fakes import FakeClock, Memory

NOTHING = PersonData(standings=(), marks=0, bookmarks=0, aliases=(), digests=(), comparisons=0)
CHANGED = Recorded(changed=True, ballot=1)
UNCHANGED = Recorded(changed=False, ballot=1)


@pytest.fixture
async def lived(store: Memory, team: int, tools: tuple[int, ...], clock: FakeClock) -> FakeClock:
    """Ada has voted, compared, bookmarked, set an alias and a digest; a day has passed."""
    await store.votes.open(ballot(1, team, tools[:2], posted_us=clock.now_us))
    await store.votes.open(ballot(2, team, tools[:1], posted_us=clock.now_us))
    await store.votes.record(mark(1, "ada", 1))
    await store.votes.record(mark(1, "ada", 2))
    await store.votes.record(mark(1, "ada", 2, active=False))
    await store.votes.record(mark(1, "bob", 1))
    await store.bookmarks.add(team, "ada", bookmark(tools[0]))
    await store.aliases.set_alias(team, TeamAlias("llama", tools[0], "ada", 5))
    await store.digests.subscribe(subscription(team, HOME))
    clock.forward(days=1)
    return clock


async def test_data_counts_all_that_is_stored_of_a_person(
    store: Memory, team: int, tools: tuple[int, ...], lived: FakeClock
) -> None:
    assert await store.people.data(team, "ada") == PersonData(
        standings=((tools[0], SHIP), (tools[1], SKIP)),
        marks=2,
        bookmarks=1,
        aliases=("llama",),
        digests=("C1",),
        comparisons=1,
    )
    assert await store.people.data(team, "eve") == NOTHING


async def test_forgetting_erases_a_person_and_nobody_else(
    store: Memory, team: int, tools: tuple[int, ...], lived: FakeClock
) -> None:
    await store.people.forget(team, "ada")
    assert await store.people.data(team, "ada") == NOTHING
    assert await store.votes.marks(1, "ada") == ()
    assert (await store.people.data(team, "bob")).marks == 1
    counters = await store.votes.stored_counters(team)
    assert counters.tallies == {tools[0]: Tally(1, 0), tools[1]: Tally(0, 1)}
    assert counters == await store.votes.rebuilt_counters(team)


async def test_what_a_person_set_for_the_team_stays_without_their_name(
    store: Memory, team: int, tools: tuple[int, ...], lived: FakeClock
) -> None:
    await store.people.forget(team, "ada")
    assert await store.aliases.aliases(team) == (TeamAlias("llama", tools[0], "", 5),)
    digest = await store.digests.subscription(team, "C1")
    assert digest is not None
    assert digest.set_by == ""
    held = await store.votes.ballot(1)
    assert held is not None
    assert held.asker == ""


async def test_forgetting_twice_or_a_stranger_is_no_error(store: Memory, team: int, lived: FakeClock) -> None:
    for person in ("ada", "ada", "eve"):
        await store.people.forget(team, person)
    assert await store.people.data(team, "ada") == NOTHING


async def test_forgetting_in_one_team_leaves_another(
    store: Memory, team: int, other: int, tools: tuple[int, ...], lived: FakeClock
) -> None:
    await store.votes.open(ballot(9, other, tools[:2], channel=Channel("C9")))
    await store.votes.record(mark(9, "ada", 1))
    await store.bookmarks.add(other, "ada", bookmark(tools[0]))
    before = await store.people.data(other, "ada")
    await store.people.forget(team, "ada")
    assert await store.people.data(other, "ada") == before
    assert before.marks == 1


async def test_older_marks_of_the_forgotten_do_not_come_back(store: Memory, team: int, lived: FakeClock) -> None:
    await store.people.forget(team, "ada")
    assert await store.votes.record(mark(1, "ada", 1, lived.now_us)) == UNCHANGED
    assert await store.votes.repair(1, frozenset({("ada", 1)}), read_from=99, away_us=0, complete=True) == 1
    assert await store.votes.marks(1, "ada") == ()
    assert await store.people.data(team, "ada") == NOTHING


async def test_a_new_mark_of_the_forgotten_counts_again(store: Memory, team: int, lived: FakeClock) -> None:
    await store.people.forget(team, "ada")
    assert await store.votes.record(mark(1, "ada", 1, lived.now_us + 1)) == CHANGED
    assert await store.votes.marks(1, "ada") == ((1, "reaction"),)


async def test_a_mark_without_a_time_arrives_after_the_wish_even_when_the_clock_steps_back(
    store: Memory, team: int, lived: FakeClock
) -> None:
    await store.people.forget(team, "ada")
    lived.forward(days=-2)
    assert await store.votes.record(mark(1, "ada", 1, via=Via.BUTTON)) == CHANGED


async def test_a_removal_by_the_forgotten_leaves_no_trace_on_an_older_ballot(
    store: Memory, team: int, tools: tuple[int, ...], lived: FakeClock
) -> None:
    await store.people.forget(team, "ada")
    lived.forward(minutes=1)
    await store.votes.open(ballot(3, team, tools[:2], posted_us=lived.now_us))
    assert await store.votes.record(mark(1, "ada", 1, active=False)) == UNCHANGED
    assert (await store.people.data(team, "ada")).marks == 0
    later = mark(3, "ada", 1, active=False, at_us=lived.now_us)
    assert (await store.votes.record(later)).changed


async def test_a_mark_from_a_platform_whose_clock_is_ahead_is_not_brought_back(
    store: Memory, team: int, lived: FakeClock
) -> None:
    ahead_us = lived.now_us + 500_000
    await store.votes.record(mark(1, "ada", 1, ahead_us))
    await store.people.forget(team, "ada")
    assert await store.votes.record(mark(1, "ada", 1, ahead_us)) == UNCHANGED


async def test_the_counters_of_someone_alone_fall_to_nothing(
    store: Memory, team: int, tools: tuple[int, ...], clock: FakeClock
) -> None:
    await store.votes.open(ballot(1, team, tools[:4]))
    await store.votes.record(mark(1, "ada", 3))
    await store.people.forget(team, "ada")
    assert await store.votes.stored_counters(team) == Counters({}, {})
    assert (await store.votes.activity(team, "C1", 0, clock.now_us)).moved == ()

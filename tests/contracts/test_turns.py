import asyncio
from dataclasses import replace

import pytest

from commands.model import Ballot, Message, TeamKey
from commands.turns import SECOND_US, WINDOW_US, Pace, Turn, Wait
from tests.contracts.make import ballot, mark
from tests.fakes import FakeClock, Memory

PACE = Pace(per_minute=3)
FIRST_S, SECOND_S, *_ = (gap_us / SECOND_US for gap_us in PACE.gaps_us)
LEASE_S = PACE.lease_us / SECOND_US
FREE = replace(PACE, gaps_us=())


@pytest.fixture
async def posted(store: Memory, team: int, tools: tuple[int, ...]) -> list[Ballot]:
    """Eight ballots of one team, without votes."""
    ballots = [ballot(number, team, tools[:2]) for number in range(1, 9)]
    for one in ballots:
        await store.votes.open(one)
    return ballots


async def vote(store: Memory, number: int, person: str = "ada", *, active: bool = True) -> None:
    assert (await store.votes.record(mark(number, person, 1, active=active))).changed


async def taken(store: Memory, number: int, pace: Pace = PACE) -> Turn:
    turn = await store.turns.take(number, pace)
    assert isinstance(turn, Turn), turn
    return turn


async def drawn(store: Memory, number: int, pace: Pace = PACE) -> None:
    assert not await store.turns.done(number, await taken(store, number, pace), drawn=True)


async def behind(store: Memory, platform: str = "terminal") -> list[int]:
    return [number for number, _ in await store.turns.behind(platform, after=0, limit=100)]


async def test_there_is_nothing_to_draw_without_a_vote_or_a_ballot(store: Memory, posted: list[Ballot]) -> None:
    assert await store.turns.take(1, PACE) is None
    assert await store.turns.take(99, PACE) is None
    assert not await store.turns.done(99, Turn(1, 1), drawn=True)
    assert await behind(store) == []


async def test_a_vote_is_to_be_drawn_once(store: Memory, posted: list[Ballot]) -> None:
    await vote(store, 1)
    assert await behind(store) == [1]
    await drawn(store, 1)
    assert await store.turns.take(1, PACE) is None
    assert await behind(store) == []


async def test_of_many_who_ask_at_once_one_gets_the_turn(store: Memory, posted: list[Ballot]) -> None:
    await vote(store, 1)
    turns = await asyncio.gather(*(store.turns.take(1, PACE) for _ in range(12)))
    assert sum(isinstance(turn, Turn) for turn in turns) == 1
    assert {turn for turn in turns if not isinstance(turn, Turn)} == {Wait(PACE.ask_us)}


async def test_what_changes_nothing_is_not_to_be_drawn_and_what_is_taken_back_is(
    store: Memory, posted: list[Ballot]
) -> None:
    await vote(store, 1)
    await drawn(store, 1, FREE)
    assert not (await store.votes.record(mark(1, "ada", 1))).changed
    assert await store.turns.take(1, FREE) is None
    await vote(store, 1, active=False)
    await drawn(store, 1, FREE)


async def test_a_repair_that_changes_marks_is_to_be_drawn_and_one_that_does_not_is_not(
    store: Memory, posted: list[Ballot]
) -> None:
    seen = frozenset({("ada", 1)})
    for changed in (1, 0):
        read_from = await store.votes.revision()
        assert await store.votes.repair(1, seen, read_from=read_from, away_us=0, complete=True) == changed
        assert await behind(store) == [1] * changed
        if changed:
            await drawn(store, 1)


async def test_votes_during_a_turn_are_to_be_drawn_after_it(store: Memory, posted: list[Ballot]) -> None:
    await vote(store, 1)
    turn = await taken(store, 1)
    await vote(store, 1, "ben")
    assert await store.turns.done(1, turn, drawn=True)
    assert await behind(store) == [1]
    await drawn(store, 1, FREE)


async def test_the_gaps_of_a_spell_grow_and_a_quiet_ballot_is_drawn_at_once(
    store: Memory, posted: list[Ballot], clock: FakeClock
) -> None:
    pace, people = replace(PACE, per_minute=100), (f"person {number}" for number in range(99))
    for gap_us in (0, *PACE.gaps_us, PACE.gaps_us[-1]):
        await vote(store, 1, next(people))
        if gap_us:
            assert await store.turns.take(1, pace) == Wait(gap_us)
            clock.now_us += gap_us - 1
            assert await store.turns.take(1, pace) == Wait(1)
            clock.now_us += 1
        await drawn(store, 1, pace)
    clock.now_us += PACE.quiet_us
    for gap_us in (0, *PACE.gaps_us):
        await vote(store, 1, next(people))
        clock.now_us += gap_us
        await drawn(store, 1, pace)


async def test_a_turn_given_back_is_free_at_once_and_leaves_everything_to_draw(
    store: Memory, posted: list[Ballot]
) -> None:
    await vote(store, 1)
    assert await store.turns.done(1, await taken(store, 1), drawn=False)
    await drawn(store, 1)


async def test_a_turn_that_nobody_ends_runs_out(store: Memory, posted: list[Ballot], clock: FakeClock) -> None:
    await vote(store, 1)
    await taken(store, 1)
    clock.forward(seconds=LEASE_S - 1)
    assert await store.turns.take(1, PACE) == Wait(SECOND_US)
    assert await behind(store) == [1]
    clock.forward(seconds=1)
    await drawn(store, 1)


async def test_a_turn_that_ran_out_counts_if_nobody_took_another(
    store: Memory, posted: list[Ballot], clock: FakeClock
) -> None:
    await vote(store, 1)
    turn = await taken(store, 1)
    clock.forward(seconds=LEASE_S + 1)
    assert not await store.turns.done(1, turn, drawn=True)
    assert await store.turns.take(1, FREE) is None


@pytest.mark.parametrize("late_first", [True, False])
async def test_a_turn_that_ran_out_spoils_one_taken_since(
    store: Memory, posted: list[Ballot], clock: FakeClock, *, late_first: bool
) -> None:
    await vote(store, 1)
    late = await taken(store, 1)
    clock.forward(seconds=LEASE_S)
    await vote(store, 1, "ben")
    other = await taken(store, 1)
    if late_first:
        assert await store.turns.done(1, late, drawn=True)
        assert await store.turns.done(1, other, drawn=True)
    else:
        assert not await store.turns.done(1, other, drawn=True)
        assert await store.turns.done(1, late, drawn=True)
    assert await behind(store) == [1]
    await drawn(store, 1, FREE)


async def test_a_team_has_so_many_turns_in_any_minute_whatever_comes_of_them(
    store: Memory, posted: list[Ballot], clock: FakeClock
) -> None:
    began_us = clock()
    for number in range(1, 7):
        await vote(store, number)
    for number in (1, 2, 3):
        await store.turns.done(number, await taken(store, number), drawn=number != 2)
        clock.forward(seconds=10)
    assert await store.turns.take(4, PACE) == Wait(began_us + WINDOW_US - clock(), full=True)
    clock.now_us = began_us + WINDOW_US
    await drawn(store, 4)
    assert await store.turns.take(5, PACE) == Wait(10 * SECOND_US, full=True)
    clock.forward(seconds=20)
    await drawn(store, 5)
    await drawn(store, 6)


async def test_of_many_ballots_asked_for_at_once_the_first_have_their_turn(store: Memory, posted: list[Ballot]) -> None:
    for one in posted:
        await vote(store, one.id)
    turns = await asyncio.gather(*(store.turns.take(one.id, PACE) for one in posted))
    assert sum(isinstance(turn, Turn) for turn in turns) == PACE.per_minute
    assert {turn for turn in turns if not isinstance(turn, Turn)} == {Wait(WINDOW_US, full=True)}


async def test_another_team_has_a_minute_of_its_own(
    store: Memory, posted: list[Ballot], other: int, tools: tuple[int, ...]
) -> None:
    await store.votes.open(ballot(20, other, tools[:2], message=Message("slack", "C9", "m20")))
    for number in (1, 2, 3, 20):
        await vote(store, number)
        await drawn(store, number)


async def test_a_clock_that_steps_back_by_a_little_makes_waits_longer_and_by_much_ends_them(
    store: Memory, posted: list[Ballot], clock: FakeClock
) -> None:
    await vote(store, 1)
    await drawn(store, 1)
    await vote(store, 1, "ben")
    clock.forward(seconds=-1)
    assert await store.turns.take(1, PACE) == Wait(PACE.gaps_us[0] + SECOND_US)
    clock.forward(days=-1)
    for number in (1, 2, 3):
        await vote(store, number, "cy")
        await taken(store, number)
    clock.forward(days=-1)
    for number in (1, 2, 3):
        await drawn(store, number)


async def test_a_frozen_ballot_is_not_drawn_any_more(store: Memory, posted: list[Ballot]) -> None:
    for number in (1, 2):
        await vote(store, number)
    turn = await taken(store, 2)
    await store.votes.freeze(1)
    await store.votes.freeze(2)
    assert await store.turns.take(1, PACE) is None
    assert not await store.turns.done(2, turn, drawn=False)
    assert await behind(store) == []


async def test_what_is_behind_is_told_in_pages_each_platform_by_itself(
    store: Memory, posted: list[Ballot], other: int, tools: tuple[int, ...]
) -> None:
    await store.votes.open(ballot(20, other, tools[:2], message=Message("slack", "C9", "m20")))
    for number in (20, 5, 3, 8, 4):
        await vote(store, number)
    await drawn(store, 4)
    home = TeamKey("terminal", "home")
    assert await store.turns.behind("terminal", after=0, limit=2) == ((3, home), (5, home))
    assert await store.turns.behind("terminal", after=5, limit=2) == ((8, home),)
    assert await store.turns.behind("slack", after=0, limit=9) == ((20, TeamKey("slack", "T1")),)
    assert await store.turns.behind("discord", after=0, limit=9) == ()


async def test_nothing_is_behind_in_a_team_that_was_erased_and_the_next_one_has_its_minute(
    store: Memory, posted: list[Ballot], tools: tuple[int, ...], clock: FakeClock
) -> None:
    home = TeamKey("terminal", "home")
    for number in (1, 2, 3, 4):
        await vote(store, number)
    turn = await taken(store, 1)
    await drawn(store, 2)
    await drawn(store, 3)
    await store.teams.arrive(home, clock())
    await store.teams.depart(home, clock())
    assert await store.teams.purge(clock() + 1) == 1
    assert await behind(store) == []
    assert not await store.turns.done(1, turn, drawn=False)
    assert await store.turns.take(4, PACE) is None
    await store.votes.open(ballot(30, await store.teams.team(home), tools[:2]))
    await vote(store, 30)
    await drawn(store, 30)

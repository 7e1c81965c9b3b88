import asyncio
from dataclasses import replace

import pytest

from commands.errors import CommandError
from commands.model import (
    SKIP_ALL,
    BallotKind,
    Channel,
    HeadToHead,
    Mark,
    Message,
    Recorded,
    Tally,
    Via,
)
from commands.voting import Counters
from tests.contracts.make import ballot, mark
from tests.fakes import FakeClock, Memory

CHANGED = Recorded(changed=True, ballot=1)
UNCHANGED = Recorded(changed=False, ballot=1)


@pytest.fixture
async def pair(store: Memory, team: int, tools: tuple[int, ...]) -> tuple[int, int]:
    """Two tools with ballot 1 open between them."""
    await store.votes.open(ballot(1, team, tools[:2]))
    return tools[0], tools[1]


async def tally(store: Memory, team: int, tool: int) -> Tally:
    return (await store.votes.scores(team, [tool])).tallies[tool]


async def test_a_ballot_is_found_by_id_and_by_message(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    given = ballot(7, team, (tools[2], tools[0], tools[1]), channel=Channel("secret", private=True))
    await store.votes.open(given)
    assert await store.votes.ballot(7) == given
    assert await store.votes.ballot(Message("terminal", "secret", "m7")) == given
    assert await store.votes.ballot(8) is None
    assert await store.votes.ballot(Message("slack", "secret", "m7")) is None


async def test_opening_the_same_ballot_again_changes_nothing(store: Memory, team: int, pair: tuple[int, int]) -> None:
    before = await store.votes.ballot(1)
    await store.votes.record(mark(1, "ada", 1, 5))
    await store.votes.open(ballot(1, team, pair[::-1], posted_us=9, asker="eve"))
    assert await store.votes.ballot(1) == before
    assert await tally(store, team, pair[0]) == Tally(1, 0)


async def test_a_message_has_one_ballot_however_many_are_opened_for_it_at_once(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    message = Message("terminal", "general", "m50")
    several = [ballot(number, team, tools[:2], message=message) for number in range(50, 58)]
    await asyncio.gather(*(store.votes.open(one) for one in several))
    [held] = [one for one in several if await store.votes.ballot(one.id)]
    assert await store.votes.ballot(message) == held
    assert (await store.votes.record(mark(message, "ada", 1, 5))).ballot == held.id


async def test_a_ballot_that_was_never_posted_cannot_be_opened(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="posted"):
        await store.votes.open(ballot(1, team, tools[:2], message=None))


async def test_the_newest_comparison_is_found_whatever_the_order_of_its_tools(
    store: Memory, team: int, other: int, tools: tuple[int, ...]
) -> None:
    first, second, third = tools[:3]
    for given in (
        ballot(1, team, (first, second), posted_us=10),
        ballot(2, team, (second, first), posted_us=20),
        ballot(3, team, (first, second, third), posted_us=30),
        ballot(4, team, (first, third), posted_us=30),
        ballot(5, team, (first, second), posted_us=30, channel=Channel("C2")),
        ballot(6, other, (first, second), posted_us=30, channel=Channel("C3")),
        ballot(7, team, (first,), posted_us=30),
    ):
        await store.votes.open(given)
    found = await store.votes.newest(team, "C1", [first, second], 20)
    assert found is not None
    assert found.id == 2
    assert await store.votes.newest(team, "C1", [first, second], 21) is None
    assert await store.votes.newest(team, "C1", [first], 0) is None
    assert await store.votes.newest(other, "C1", [first, second], 0) is None


async def test_a_mark_ships_one_tool_and_passes_over_the_other(store: Memory, team: int, pair: tuple[int, int]) -> None:
    assert await store.votes.record(mark(1, "ada", 1, 5)) == CHANGED
    scores = await store.votes.scores(team, pair)
    assert scores.tallies == {pair[0]: Tally(1, 0), pair[1]: Tally(0, 1)}
    assert scores.pairs == {pair: HeadToHead(first=1)}


async def test_a_mark_may_name_its_ballot_by_message(store: Memory, team: int, pair: tuple[int, int]) -> None:
    message = Message("terminal", "C1", "m1")
    assert await store.votes.record(mark(message, "ada", 2, 5)) == CHANGED
    assert await store.votes.marks(1, "ada") == ((2, "reaction"),)


async def test_a_mark_on_an_unknown_ballot_changes_nothing(store: Memory) -> None:
    for unknown in (404, Message("terminal", "C1", "m404")):
        assert await store.votes.record(mark(unknown, "ada", 1, 5)) == Recorded(changed=False, ballot=None)


@pytest.mark.parametrize("option", [-1, 3, 4, 99])
async def test_a_mark_on_an_option_the_ballot_lacks_is_refused(
    store: Memory, team: int, pair: tuple[int, int], option: int
) -> None:
    with pytest.raises(CommandError):
        await store.votes.record(mark(1, "ada", option, 5))
    assert await store.votes.stored_counters(team) == Counters({}, {})


async def test_among_marks_recorded_at_once_a_bad_one_fails_alone(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    marks = [mark(1, f"p{n}", 9 if n == 7 else 1, 5) for n in range(20)]
    answers = await asyncio.gather(*[store.votes.record(one) for one in marks], return_exceptions=True)
    assert isinstance(answers.pop(7), CommandError)
    assert answers == [CHANGED] * 19
    assert await tally(store, team, pair[0]) == Tally(19, 0)


async def test_of_marks_recorded_together_each_has_its_own_answer_in_their_order(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    marks = [
        mark(1, "ada", 1, 5),
        mark(1, "ada", 9, 6),
        mark(1, "ada", 1, 7, active=False),
        mark(1, "ada", 1, 6),
        mark(2, "ada", 1, 5),
        mark(1, "ben", 2, 5),
    ]
    answers = await store.votes.record_all(marks)
    assert isinstance(answers[1], CommandError)
    unknown = Recorded(changed=False, ballot=None)
    assert [*answers[:1], *answers[2:]] == [CHANGED, CHANGED, UNCHANGED, unknown, CHANGED]
    assert await store.votes.marks(1, "ada") == ()
    assert await tally(store, team, pair[1]) == Tally(1, 0)
    assert list(await store.votes.record_all([])) == []


async def test_several_who_record_marks_together_at_once_get_their_own_answers(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    marks = [[mark(1, f"p{n}-{place}", 1, 5) for place in range(n)] for n in range(6)]
    one, *several = await asyncio.gather(
        store.votes.record(mark(1, "ada", 2, 5)), *[store.votes.record_all(some) for some in marks]
    )
    assert one == CHANGED
    assert [list(answers) for answers in several] == [[CHANGED] * n for n in range(6)]
    assert await tally(store, team, pair[0]) == Tally(15, 1)


async def test_the_latest_time_wins_and_an_equal_or_older_one_changes_nothing(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    assert await store.votes.record(mark(1, "ada", 1, 5)) == CHANGED
    assert await store.votes.record(mark(1, "ada", 1, 5)) == UNCHANGED
    assert await store.votes.record(mark(1, "ada", 1, 5, active=False)) == UNCHANGED
    assert await store.votes.record(mark(1, "ada", 1, 4, active=False)) == UNCHANGED
    assert await tally(store, team, pair[0]) == Tally(1, 0)
    assert await store.votes.record(mark(1, "ada", 1, 6, active=False)) == CHANGED
    assert await tally(store, team, pair[0]) == Tally()


@pytest.mark.parametrize(("kind", "other", "option"), [("comparison", "card", 1), ("card", "comparison", 3)])
async def test_a_mark_of_another_kind_of_ballot_changes_nothing_whatever_its_option(
    *, store: Memory, team: int, tools: tuple[int, ...], kind: str, other: str, option: int
) -> None:
    size = {"comparison": 2, "card": 1}[kind]
    await store.votes.open(ballot(1, team, tools[:size]))
    assert await store.votes.record(mark(1, "ada", option, 5, kind=BallotKind(other))) == UNCHANGED
    assert await store.votes.stored_counters(team) == Counters({}, {})
    assert await store.votes.record(mark(1, "ada", 1, 5, kind=BallotKind(kind))) == CHANGED
    assert await store.votes.record(mark(1, "ada", 1, 6, active=False, kind=BallotKind(other))) == UNCHANGED
    assert await store.votes.marks(1, "ada") == ((1, "reaction"),)


async def test_a_removal_that_arrives_first_holds(store: Memory, team: int, pair: tuple[int, int]) -> None:
    await store.votes.record(mark(1, "ada", 1, 6, active=False))
    assert await store.votes.record(mark(1, "ada", 1, 5)) == UNCHANGED
    assert await store.votes.marks(1, "ada") == ()


async def test_marks_of_one_key_recorded_at_once_end_with_the_latest(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    marks = [mark(1, "ada", 1, at_us, active=at_us % 2 == 1) for at_us in (3, 9, 1, 8, 9, 2)]
    await asyncio.gather(*[store.votes.record(one) for one in marks])
    assert await store.votes.marks(1, "ada") == ((1, "reaction"),)
    assert await store.votes.record(mark(1, "ada", 1, 9, active=False)) == UNCHANGED


async def test_marks_without_a_time_count_in_order_of_arrival_even_when_the_clock_steps_back(
    store: Memory, clock: FakeClock, pair: tuple[int, int]
) -> None:
    await store.votes.record(mark(1, "ada", 1, via=Via.BUTTON))
    clock.forward(days=-1)
    assert await store.votes.record(mark(1, "ada", 1, active=False, via=Via.BUTTON)) == CHANGED
    assert await store.votes.marks(1, "ada") == ()
    await store.votes.record(mark(1, "ada", 1, via=Via.BUTTON))
    assert await store.votes.marks(1, "ada") == ((1, "button"),)


async def test_reactions_and_buttons_are_kept_apart_and_the_way_used_last_counts(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    await store.votes.record(mark(1, "ada", 2, 6, via=Via.BUTTON))
    assert await store.votes.marks(1, "ada") == ((1, "reaction"), (2, "button"))
    assert (await store.votes.scores(team, pair)).pairs[pair] == HeadToHead(second=1)
    await store.votes.record(mark(1, "ada", 2, 7, active=False, via=Via.BUTTON))
    assert (await store.votes.scores(team, pair)).pairs[pair] == HeadToHead(first=1)


async def test_skipping_all_skips_every_tool_until_one_is_shipped(
    store: Memory, team: int, pair: tuple[int, int]
) -> None:
    await store.votes.record(mark(1, "ada", SKIP_ALL, 5))
    assert (await store.votes.scores(team, pair)).pairs[pair] == HeadToHead(neither=1)
    await store.votes.record(mark(1, "ada", 2, 6))
    assert (await store.votes.scores(team, pair)).pairs[pair] == HeadToHead(second=1)


async def test_passing_over_on_a_later_ballot_does_not_replace_an_explicit_mark(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    await store.votes.open(ballot(1, team, tools[:2]))
    await store.votes.open(ballot(2, team, tools[1:3]))
    await store.votes.record(mark(1, "ada", 2, 5))
    await store.votes.record(mark(2, "ada", 2, 9))
    assert await tally(store, team, tools[1]) == Tally(1, 0)
    await store.votes.record(mark(1, "ada", 2, 10, active=False))
    assert await tally(store, team, tools[1]) == Tally(0, 1)


async def test_pairs_are_told_in_the_order_asked_even_across_ballots(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    a, b, c = tools[:3]
    await store.votes.open(ballot(1, team, (a,)))
    await store.votes.open(ballot(2, team, (c, b)))
    await store.votes.record(mark(1, "ada", 1, 5))
    await store.votes.record(mark(2, "ada", 1, 6))
    scores = await store.votes.scores(team, [b, a, c])
    assert scores.pairs == {(b, a): HeadToHead(second=1), (b, c): HeadToHead(second=1), (a, c): HeadToHead(both=1)}
    assert list(scores.tallies) == [b, a, c]


async def test_tools_nobody_spoke_of_have_zeroes(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    scores = await store.votes.scores(team, tools[:2])
    assert scores.tallies == {tools[0]: Tally(), tools[1]: Tally()}
    assert scores.pairs == {(tools[0], tools[1]): HeadToHead()}


async def test_a_frozen_ballot_keeps_what_it_had(store: Memory, team: int, pair: tuple[int, int]) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    for _ in range(2):
        await store.votes.freeze(1)
    assert await store.votes.record(mark(1, "bob", 1, 6)) == UNCHANGED
    assert await store.votes.record(mark(1, "ada", 1, 7, active=False)) == UNCHANGED
    assert await repair(store, set(), complete=True) == 0
    assert await tally(store, team, pair[0]) == Tally(1, 0)
    frozen = await store.votes.ballot(1)
    assert frozen is not None
    assert frozen.frozen


async def test_one_teams_votes_are_not_anothers(store: Memory, team: int, other: int, tools: tuple[int, ...]) -> None:
    await store.votes.open(ballot(1, team, tools[:2]))
    await store.votes.open(ballot(2, other, tools[:2], channel=Channel("C9")))
    await store.votes.record(mark(1, "ada", 1, 5))
    await store.votes.record(mark(2, "ada", 2, 6))
    assert (await store.votes.scores(team, tools[:2])).pairs == {tools[:2]: HeadToHead(first=1)}
    assert (await store.votes.scores(other, tools[:2])).pairs == {tools[:2]: HeadToHead(second=1)}
    assert [held.id for held in await store.votes.to_repair(team, 0)] == [1]
    assert (await store.votes.activity(team, "C9", 0, 10**18)).ballots == ()
    assert (await store.votes.activity(team, "C9", 0, 10**18)).votes == 0


async def repair(
    store: Memory, seen: set[tuple[str, int]], *, complete: bool, read_from: int = 10**9, away_us: int = 50
) -> int:
    return await store.votes.repair(1, frozenset(seen), read_from=read_from, away_us=away_us, complete=complete)


async def test_a_repair_makes_reactions_equal_to_what_was_read(store: Memory, team: int, pair: tuple[int, int]) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    await store.votes.record(mark(1, "bob", 1, 5, via=Via.BUTTON))
    seen = {("ada", 2), ("cy", 1), ("cy", 9)}
    assert await repair(store, seen, complete=True) == 3
    assert await repair(store, seen, complete=True) == 0
    held = {who: await store.votes.marks(1, who) for who in ("ada", "bob", "cy")}
    assert held == {"ada": ((2, "reaction"),), "bob": ((1, "button"),), "cy": ((1, "reaction"),)}
    assert await store.votes.stored_counters(team) == await store.votes.rebuilt_counters(team)


async def test_an_incomplete_read_switches_nothing_off(store: Memory, team: int, pair: tuple[int, int]) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    assert await repair(store, {("bob", 1)}, complete=False) == 1
    assert await tally(store, team, pair[0]) == Tally(2, 0)


async def test_a_repair_leaves_alone_what_was_written_since_the_read_began(
    store: Memory, pair: tuple[int, int]
) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    before = await store.votes.revision()
    await store.votes.record(mark(1, "bob", 1, 6))
    assert await store.votes.revision() > before
    assert await repair(store, set(), complete=True, read_from=before) == 1
    assert await store.votes.marks(1, "ada") == ()
    assert await store.votes.marks(1, "bob") == ((1, "reaction"),)


async def test_a_mark_made_anew_since_the_read_began_is_left_alone_too(store: Memory, pair: tuple[int, int]) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    before = await store.votes.revision()
    await store.votes.record(mark(1, "ada", 1, 6))
    assert await repair(store, set(), complete=True, read_from=before) == 0
    assert await store.votes.marks(1, "ada") == ((1, "reaction"),)


async def test_a_reaction_made_while_away_is_dated_to_when_the_bot_left(
    store: Memory, team: int, tools: tuple[int, ...], pair: tuple[int, int]
) -> None:
    await repair(store, {("ada", 1)}, complete=True, away_us=2_000_000)
    assert await store.votes.record(mark(1, "ada", 1, 2_000_000, active=False)) == UNCHANGED
    assert await store.votes.record(mark(1, "ada", 1, 2_000_001, active=False)) == CHANGED


async def test_ballots_to_repair_are_those_posted_or_marked_lately_newest_first(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    for number, posted_us in enumerate((100, 200, 300, 300, 50), start=1):
        await store.votes.open(ballot(number, team, tools[:2], posted_us=posted_us))
    await store.votes.record(mark(1, "ada", 1, 400))
    await store.votes.freeze(4)
    assert [held.id for held in await store.votes.to_repair(team, 200)] == [3, 2, 1]
    assert [held.id for held in await store.votes.to_repair(team, 400)] == [1]


async def test_activity_tells_comparisons_votes_and_moves_between_two_instants(
    store: Memory, team: int, tools: tuple[int, ...], clock: FakeClock
) -> None:
    start = clock.now_us
    await store.votes.open(ballot(1, team, tools[:2], posted_us=start))
    await store.votes.open(ballot(2, team, tools[2:4], posted_us=start, channel=Channel("C2")))
    await store.votes.record(mark(1, "ada", 1))
    clock.forward(days=7)
    since = clock.now_us
    clock.forward(minutes=2)
    await store.votes.open(ballot(4, team, (tools[4],), posted_us=clock.now_us))
    await store.votes.open(ballot(3, team, tools[1:3], posted_us=clock.now_us))
    for person, option in (("ada", 2), ("bob", 1), ("bob", 2)):
        await store.votes.record(mark(1, person, option))
    await store.votes.record(mark(2, "cy", 1))
    await store.votes.record(mark(4, "cy", 1))
    found = await store.votes.activity(team, "C1", since, clock.now_us)
    assert [held.id for held in found.ballots] == [3]
    assert found.votes == 3
    assert [(move.tool, move.before, move.after) for move in found.moved] == [
        (tools[0], Tally(1, 0), Tally(2, 0)),
        (tools[1], Tally(0, 1), Tally(2, 0)),
        (tools[2], Tally(), Tally(1, 0)),
        (tools[3], Tally(), Tally(0, 1)),
        (tools[4], Tally(), Tally(1, 0)),
    ]
    clock.forward(days=1)
    await store.votes.record(mark(1, "bob", 1, active=False))
    assert await store.votes.activity(team, "C1", since, clock.now_us - 60_000_000) == replace(found, votes=3)
    later = await store.votes.activity(team, "C1", clock.now_us - 60_000_000, clock.now_us)
    assert (later.ballots, later.votes) == ((), 0)
    assert [(move.tool, move.after) for move in later.moved] == [(tools[0], Tally(1, 1))]


async def test_a_move_at_the_very_instant_belongs_to_the_time_before(
    store: Memory, team: int, pair: tuple[int, int], clock: FakeClock
) -> None:
    await store.votes.record(mark(1, "ada", 1))
    clock.forward(minutes=1)
    await store.votes.record(mark(1, "bob", 1))
    since = clock.now_us
    clock.forward(minutes=1)
    await store.votes.record(mark(1, "cy", 1))
    [move, _] = (await store.votes.activity(team, "C1", since, clock.now_us)).moved
    assert (move.before, move.after) == (Tally(2, 0), Tally(3, 0))
    [move, _] = (await store.votes.activity(team, "C1", since - 60_000_000, since)).moved
    assert (move.before, move.after) == (Tally(1, 0), Tally(2, 0))


async def test_a_tally_that_moved_and_came_back_has_not_moved(
    store: Memory, team: int, pair: tuple[int, int], clock: FakeClock
) -> None:
    since = clock.now_us
    for active in (True, False):
        clock.forward(minutes=5)
        await store.votes.record(mark(1, "ada", 1, active=active))
    assert (await store.votes.activity(team, "C1", since, clock.now_us)).moved == ()


async def test_counters_survive_a_rebuild_and_leave_out_zeroes(store: Memory, team: int, pair: tuple[int, int]) -> None:
    await store.votes.record(mark(1, "ada", 1, 5))
    await store.votes.record(mark(1, "bob", 1, 5))
    await store.votes.record(mark(1, "bob", 1, 6, active=False))
    wanted = Counters({pair[0]: Tally(1, 0), pair[1]: Tally(0, 1)}, {pair: HeadToHead(first=1)})
    assert await store.votes.stored_counters(team) == wanted
    assert await store.votes.rebuilt_counters(team) == wanted
    assert not await store.votes.rebuild(team)
    assert await store.votes.stored_counters(team) == wanted


async def test_teams_with_ballots_are_told_ascending(
    store: Memory, team: int, other: int, tools: tuple[int, ...]
) -> None:
    assert [held async for held in store.votes.team_ids()] == []
    await store.votes.open(ballot(1, other, tools[:2], kind=BallotKind.COMPARISON))
    assert [held async for held in store.votes.team_ids()] == [other]
    await store.votes.open(ballot(2, team, tools[:2]))
    assert [held async for held in store.votes.team_ids()] == sorted([team, other])


async def test_many_votes_at_once_add_up(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    for number in range(1, 6):
        await store.votes.open(ballot(number, team, (tools[number - 1], tools[number % 5])))
    marks = [
        Mark(1 + n % 5, f"p{n % 17}", n % 3, (Via.REACTION, Via.BUTTON)[n % 2], n % 7 != 0, 10 + n) for n in range(200)
    ]
    answers = await asyncio.gather(*[store.votes.record(one) for one in marks])
    assert all(answer.changed for answer in answers)
    stored = await store.votes.stored_counters(team)
    assert stored == await store.votes.rebuilt_counters(team)
    assert sum(held.n for held in stored.tallies.values()) > 17


async def test_a_mark_without_a_time_that_says_what_stands_already_is_a_repeat(
    store: Memory, team: int, tools: tuple[int, ...], clock: FakeClock
) -> None:
    await store.votes.open(ballot(1, team, tools[:2]))
    off, on = (Mark(1, "ada", 1, Via.REACTION, active) for active in (False, True))
    assert not (await store.votes.record(off)).changed
    assert (await store.votes.record(on)).changed
    revision = await store.votes.revision()
    clock.forward(minutes=1)
    assert not (await store.votes.record(on)).changed
    assert await store.votes.revision() == revision
    assert (await store.votes.record(off)).changed


async def test_two_tools_never_on_one_ballot_are_counted_when_asked_and_kept_once_they_are(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    await store.votes.open(ballot(1, team, (tools[0], tools[2])))
    await store.votes.open(ballot(2, team, (tools[1], tools[3])))
    for person, first, second in (("ada", 1, 0), ("bob", 1, 1), ("kim", 0, 1)):
        await store.votes.record(Mark(1, person, first, Via.REACTION, True, 10))
        await store.votes.record(Mark(2, person, second, Via.REACTION, True, 10))
    pair = (tools[0], tools[1])
    wanted = HeadToHead(first=1, second=1, both=1)
    assert (await store.votes.scores(team, pair)).pairs == {pair: wanted}
    assert (await store.votes.scores(team, pair[::-1])).pairs == {pair[::-1]: wanted.turned()}
    assert pair not in (await store.votes.stored_counters(team)).pairs
    await store.votes.open(ballot(3, team, pair[::-1]))
    assert (await store.votes.stored_counters(team)).pairs[pair] == wanted
    assert await store.votes.stored_counters(team) == await store.votes.rebuilt_counters(team)
    await store.votes.record(Mark(1, "kim", 1, Via.REACTION, True, 11))
    assert (await store.votes.scores(team, pair)).pairs == {pair: HeadToHead(first=1, both=2)}

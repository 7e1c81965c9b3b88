"""The law of voting, held against a plain restatement of it that shares no code with the real one."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple

from hypothesis import example, given
from hypothesis import strategies as st

from commands import voting
from commands.model import SKIP_ALL, HeadToHead, Tally, Verdict, Via
from commands.voting import BallotRow, MarkRow

SHIP, SKIP = Verdict.SHIP, Verdict.SKIP
REACTION, BUTTON = Via.REACTION, Via.BUTTON

BALLOTS = (
    BallotRow(1, 10, (1, 2)),
    BallotRow(2, 10, (2, 3, 4)),
    BallotRow(3, 12, (1,)),
    BallotRow(4, 11, (4, 2, 1, 5)),
)
BY_ID = {ballot.id: ballot for ballot in BALLOTS}
TOOLS = range(1, 6)
EVERY_PAIR = voting.pairs_of(TOOLS)


@st.composite
def mark_rows(draw: st.DrawFn) -> MarkRow:
    ballot = draw(st.sampled_from(BALLOTS))
    option = draw(st.integers(0, len(ballot.tools)))
    return MarkRow(ballot.id, option, draw(st.sampled_from(list(Via))), draw(st.booleans()), draw(st.integers(1, 9)))


def key(mark: MarkRow) -> tuple[int, int, str]:
    return (mark.ballot, mark.option, mark.via)


one_person = st.lists(mark_rows(), unique_by=key, max_size=12)


def naive_standing(tool: int, marks: Iterable[MarkRow]) -> Verdict | None:
    """The law in so many words: look for the newest explicit word, else for having been passed over."""
    explicit = []
    passed_over = False
    for ballot in BALLOTS:
        on = [mark for mark in marks if mark.ballot == ballot.id and mark.active]
        if tool not in ballot.tools or not on:
            continue
        newest = max(mark.at_us for mark in on)
        ways = {mark.via for mark in on if mark.at_us == newest}
        way = REACTION if REACTION in ways else BUTTON
        said = {mark.option: mark.at_us for mark in on if mark.via == way}
        mine = ballot.tools.index(tool) + 1
        if mine in said:
            explicit.append((said[mine], ballot.posted_us, ballot.id, SHIP))
        elif any(option != SKIP_ALL for option in said):
            passed_over = True
        else:
            explicit.append((said[SKIP_ALL], ballot.posted_us, ballot.id, SKIP))
    if explicit:
        return max(explicit, key=lambda one: one[:3])[3]
    return SKIP if passed_over else None


def naive(marks: Iterable[MarkRow]) -> dict[int, Verdict]:
    found = {tool: naive_standing(tool, list(marks)) for tool in TOOLS}
    return {tool: verdict for tool, verdict in found.items() if verdict}


@given(one_person)
def test_standings_follow_the_law(marks: list[MarkRow]) -> None:
    assert voting.standings(BY_ID, marks) == naive(marks)


@given(one_person, st.randoms(use_true_random=False))
def test_the_order_of_marks_does_not_matter(marks: list[MarkRow], chance: object) -> None:
    shuffled = list(marks)
    chance.shuffle(shuffled)
    assert voting.standings(BY_ID, shuffled) == voting.standings(BY_ID, marks)


@given(one_person)
def test_marks_that_are_off_say_nothing(marks: list[MarkRow]) -> None:
    assert voting.standings(BY_ID, marks) == voting.standings(BY_ID, [mark for mark in marks if mark.active])


@given(one_person, st.sampled_from(BALLOTS), st.data())
def test_passing_over_never_replaces_an_explicit_mark(
    marks: list[MarkRow], ballot: BallotRow, data: st.DataObject
) -> None:
    elsewhere = [mark for mark in marks if mark.ballot != ballot.id]
    shipped = data.draw(st.integers(1, len(ballot.tools)))
    later = MarkRow(ballot.id, shipped, REACTION, True, 99)
    before, after = voting.standings(BY_ID, elsewhere), voting.standings(BY_ID, [*elsewhere, later])
    for option, tool in enumerate(ballot.tools, start=1):
        if option == shipped:
            assert after[tool] is SHIP
        else:
            assert after[tool] is before.get(tool, SKIP)


@given(st.lists(one_person, max_size=5))
def test_counters_are_the_sum_of_standings(people: list[list[MarkRow]]) -> None:
    said = [naive(marks) for marks in people]
    counters = voting.count((voting.standings(BY_ID, marks) for marks in people), EVERY_PAIR)
    for tool in TOOLS:
        wanted = Tally(*(sum(one.get(tool) is verdict for one in said) for verdict in (SHIP, SKIP)))
        assert counters.tallies.get(tool, Tally()) == wanted
    for first in TOOLS:
        for second in range(first + 1, 6):
            both = [(one[first], one[second]) for one in said if first in one and second in one]
            classes = [both.count(pair) for pair in ((SHIP, SKIP), (SKIP, SHIP), (SHIP, SHIP), (SKIP, SKIP))]
            assert counters.pairs.get((first, second), HeadToHead()) == HeadToHead(*classes)


def shifted(old: Mapping[int, Verdict], new: Mapping[int, Verdict], pairs: Iterable[tuple[int, int]]) -> voting.Shift:
    shift = voting.Shift()
    shift.add(old, new, voting.beside(pairs))
    return shift


@given(one_person, one_person)
def test_a_change_added_to_the_counters_before_gives_the_counters_after(old: list[MarkRow], new: list[MarkRow]) -> None:
    before, after = naive(old), naive(new)
    shift = shifted(before, after, EVERY_PAIR)
    held, wanted = voting.count([before], EVERY_PAIR), voting.count([after], EVERY_PAIR)
    for tool in TOOLS:
        was, now = held.tallies.get(tool, Tally()), wanted.tallies.get(tool, Tally())
        assert [now.ships - was.ships, now.skips - was.skips] == shift.tallies.get(tool, [0, 0])
    for pair in EVERY_PAIR:
        was_pair, now_pair = (astuple(counters.pairs.get(pair, HeadToHead())) for counters in (held, wanted))
        steps = [now - was for was, now in zip(was_pair, now_pair, strict=True)]
        assert steps == shift.pairs.get(pair, [0, 0, 0, 0])


@given(one_person, one_person)
def test_a_change_of_mind_and_back_comes_to_nothing(old: list[MarkRow], new: list[MarkRow]) -> None:
    shift = shifted(naive(old), naive(new), EVERY_PAIR)
    shift.add(naive(new), naive(old), voting.beside(EVERY_PAIR))
    assert not any(step for steps in (*shift.tallies.values(), *shift.pairs.values()) for step in steps)


@given(one_person, one_person, st.sets(st.sampled_from(EVERY_PAIR)))
def test_only_the_pairs_that_were_compared_are_counted(
    old: list[MarkRow], new: list[MarkRow], compared: set[tuple[int, int]]
) -> None:
    before, after = naive(old), naive(new)
    everything = voting.count([before, after], EVERY_PAIR).pairs
    wanted = {key: held for key, held in everything.items() if key in compared}
    assert voting.count([before, after], compared).pairs == wanted
    every = shifted(before, after, EVERY_PAIR).pairs
    assert shifted(before, after, compared).pairs == {key: steps for key, steps in every.items() if key in compared}


def said_on(ballot: BallotRow, *marks: MarkRow) -> dict[int, tuple[bool, bool]]:
    return {tool: (stance.ships, stance.explicit) for tool, stance in voting.stances(ballot, marks).items()}


def test_marking_both_ships_both() -> None:
    both = [MarkRow(1, option, REACTION, True, 5) for option in (1, 2)]
    assert said_on(BALLOTS[0], *both) == {1: (True, True), 2: (True, True)}


def test_skip_all_beside_a_ship_is_not_heard() -> None:
    marks = [MarkRow(2, SKIP_ALL, REACTION, True, 9), MarkRow(2, 1, REACTION, True, 5)]
    assert said_on(BALLOTS[1], *marks) == {2: (True, True), 3: (False, False), 4: (False, False)}


def test_nothing_marked_says_nothing() -> None:
    assert said_on(BALLOTS[0], MarkRow(1, 1, REACTION, False, 5)) == {}


def test_the_way_used_last_counts_alone_and_a_reaction_wins_a_tie() -> None:
    reaction, button = MarkRow(1, 1, REACTION, True, 5), MarkRow(1, 2, BUTTON, True, 6)
    assert said_on(BALLOTS[0], reaction, button) == {1: (False, False), 2: (True, True)}
    assert said_on(BALLOTS[0], reaction, button._replace(at_us=5)) == {1: (True, True), 2: (False, False)}


def test_ties_go_to_the_ballot_posted_later_then_to_the_higher_id() -> None:
    ship, skip = MarkRow(1, 2, REACTION, True, 5), MarkRow(2, SKIP_ALL, REACTION, True, 5)
    assert voting.standings(BY_ID, [ship, skip])[2] is SKIP
    ship = MarkRow(4, 2, REACTION, True, 5)
    assert voting.standings(BY_ID, [ship, skip])[2] is SHIP


@given(st.integers(), st.one_of(st.none(), st.integers()))
def test_a_stamp_is_now_but_always_later_than_what_it_replaces(now_us: int, stored_us: int | None) -> None:
    stamped = voting.stamp(now_us, stored_us)
    assert stamped >= now_us
    assert stored_us is None or stamped > stored_us


def repaired(known: list[MarkRow], seen: set[int], **given_: object) -> list[MarkRow]:
    told = {"read_from": 5, "away_us": 20, "complete": True, "forgotten_us": None, "clock_us": 30}
    return voting.repair(known, frozenset(seen), ballot=BALLOTS[0], **(told | given_))


KNOWN = MarkRow(1, 1, REACTION, True, 15, revision=5)


def test_a_known_mark_keeps_its_time() -> None:
    assert repaired([KNOWN], {1}) == []


def test_a_new_mark_is_dated_to_when_the_bot_was_last_connected_but_not_before_the_posting() -> None:
    assert repaired([], {2}) == [MarkRow(1, 2, REACTION, True, 20)]
    assert repaired([], {2}, away_us=3) == [MarkRow(1, 2, REACTION, True, 10)]


def test_a_mark_that_came_back_is_later_than_its_removal() -> None:
    off = KNOWN._replace(active=False, at_us=25)
    assert repaired([off], {1}) == [MarkRow(1, 1, REACTION, True, 26)]


def test_only_a_complete_read_switches_off_and_nothing_written_since_it_began() -> None:
    assert repaired([KNOWN], set()) == [KNOWN._replace(active=False, at_us=30)]
    assert repaired([KNOWN], set(), complete=False) == []
    assert repaired([KNOWN._replace(revision=6)], set()) == []


def test_reactions_older_than_the_wish_to_be_forgotten_are_not_brought_back() -> None:
    assert repaired([], {1}, forgotten_us=10) == []
    assert repaired([], {1}, forgotten_us=9) == [MarkRow(1, 1, REACTION, True, 20)]


@given(one_person, st.frozensets(st.integers(0, 2)), st.integers(0, 40))
def test_a_repair_done_twice_changes_nothing_more(marks: list[MarkRow], seen: frozenset[int], clock_us: int) -> None:
    known = {mark.option: mark for mark in marks if mark.ballot == 1 and mark.via == REACTION}
    moved = repaired(list(known.values()), set(seen), clock_us=clock_us)
    known |= {mark.option: mark for mark in moved}
    assert {option for option, mark in known.items() if mark.active} == seen
    assert repaired(list(known.values()), set(seen), clock_us=clock_us) == []


@given(st.integers(0, 500), st.integers(0, 500))
@example(0, 0)
def test_wilsons_interval_solves_the_score_test(ships: int, skips: int) -> None:
    low, high = voting.wilson(Tally(ships, skips))
    assert 0 <= low <= high <= 1
    n = ships + skips
    if not n:
        assert (low, high) == (0, 1)
        return
    for end in (low, high):
        # Each end is the share p for which the observed share lies exactly z standard errors away.
        if 1e-9 < end < 1 - 1e-9:
            distance = abs(ships / n - end) / (end * (1 - end) / n) ** 0.5
            assert abs(distance - voting.Z_95) < 1e-6


def test_the_team_disagrees_only_when_the_interval_lies_wholly_on_the_other_side() -> None:
    ship, skip, split = Tally(3, 1), Tally(1, 3), Tally(2, 2)
    assert voting.disagrees(ship, Tally(0, 5))
    assert voting.disagrees(skip, Tally(5, 0))
    assert not voting.disagrees(ship, Tally(0, 4))
    assert not voting.disagrees(ship, Tally(2, 4))
    assert not voting.disagrees(ship, Tally(9, 0))
    assert not voting.disagrees(split, Tally(0, 9))


def test_one_vote_flips_a_close_tally_of_five_or_more() -> None:
    assert voting.one_vote_flips(Tally(3, 2))
    assert voting.one_vote_flips(Tally(3, 3))
    assert not voting.one_vote_flips(Tally(4, 2))
    assert not voting.one_vote_flips(Tally(2, 2))


def test_the_best_needs_enough_voters_and_a_tie_goes_to_the_lowest_id() -> None:
    tallies = {7: Tally(4, 1), 3: Tally(4, 1), 9: Tally(4, 0), 5: Tally(3, 2)}
    assert voting.surest(tallies) == 3
    assert voting.surest({9: Tally(4, 0)}) is None

"""Marks to standings to tallies: the law of the house, as pure functions.

A **mark** is one person's reaction or button press on one option of one ballot. What a person's marks on
one ballot say is a set of **stances**, one per tool; over all ballots of a team the stances on one tool
give that person's **standing** on it; standings add up to **tallies** and **head to heads**. Only marks
that are on count, so the same marks give the same result in whatever order they came.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from commands.model import SKIP_ALL, HeadToHead, Tally, Verdict, Via


class BallotRow(NamedTuple):
    """What the law needs of a ballot; `tools` are internal ids in option order."""

    id: int
    posted_us: int
    tools: tuple[int, ...]


class MarkRow(NamedTuple):
    """One person's mark on one ballot, as stored."""

    ballot: int
    option: int
    via: str
    active: bool
    at_us: int
    revision: int = 0


class Stance(NamedTuple):
    """What one ballot says of a person's view of one tool. The greatest decides, compared as tuples are.

    That is the newest explicit one: passing over never replaces an explicit mark. Ties go to the ballot
    posted later, then to the higher id.
    """

    explicit: bool
    at_us: int
    posted_us: int
    ballot: int
    ships: bool

    @property
    def verdict(self) -> Verdict:
        """What it comes to when it decides."""
        return Verdict.SHIP if self.ships else Verdict.SKIP


def stamp(clock_us: int, stored_us: int | None) -> int:
    """The time of a mark whose platform gives none: now, but always later than the mark it replaces."""
    return clock_us if stored_us is None else max(clock_us, stored_us + 1)


def stances(ballot: BallotRow, marks: Iterable[MarkRow]) -> dict[int, Stance]:
    """Read one person's marks on one ballot: a stance for each tool, or nothing where nothing is marked.

    The way used last, reaction or button, counts alone; a reaction wins a tie. Tools marked are shipped
    explicitly and those left unmarked are passed over; the skip-all option counts only on its own.
    """
    on = [mark for mark in marks if mark.active]
    if not on:
        return {}
    if len(on) > 1:
        via = max(on, key=lambda mark: (mark.at_us, mark.via == Via.REACTION)).via
        on = [mark for mark in on if mark.via == via]
    at = {mark.option: mark.at_us for mark in on}
    number, posted_us, tools = ballot
    skipped_us = at.pop(SKIP_ALL, None)
    if skipped_us is not None and not at:
        return dict.fromkeys(tools, Stance(True, skipped_us, posted_us, number, False))
    passed_over = Stance(False, max(at.values()), posted_us, number, False)
    return {
        tool: Stance(True, at[option], posted_us, number, True) if option in at else passed_over
        for option, tool in enumerate(tools, start=1)
    }


def deciding(ballots: Mapping[int, BallotRow], marks: Iterable[MarkRow]) -> dict[int, Stance]:
    """The stance that decides, for every tool one person's marks in one team speak of. `ballots` are by id."""
    by_ballot: dict[int, list[MarkRow]] = {}
    for mark in marks:
        if mark.active:
            by_ballot.setdefault(mark.ballot, []).append(mark)
    decided: dict[int, Stance] = {}
    for ballot, on in by_ballot.items():
        for tool, stance in stances(ballots[ballot], on).items():
            held = decided.get(tool)
            if held is None or stance > held:
                decided[tool] = stance
    return decided


def standings(ballots: Mapping[int, BallotRow], marks: Iterable[MarkRow]) -> dict[int, Verdict]:
    """One person's standing on every tool their marks speak of, in one team. `ballots` are by id."""
    return {tool: stance.verdict for tool, stance in deciding(ballots, marks).items()}


def pair(first: int, second: int) -> tuple[int, int]:
    """The one key under which two tools' head to head is kept."""
    return (first, second) if first < second else (second, first)


PAIR_CLASSES = {
    (Verdict.SHIP, Verdict.SKIP): "first",
    (Verdict.SKIP, Verdict.SHIP): "second",
    (Verdict.SHIP, Verdict.SHIP): "both",
    (Verdict.SKIP, Verdict.SKIP): "neither",
}
"""The field of `HeadToHead` a person counts in, by their standings on the first and the second tool."""

PAIR_PLACES = {verdicts: place for place, verdicts in enumerate(PAIR_CLASSES)}
"""The place of that field."""

TURNED_PLACES = {verdicts[::-1]: place for verdicts, place in PAIR_PLACES.items()}
"""The same by the standings on the second and the first."""


def pairs_of(tools: Iterable[int]) -> list[tuple[int, int]]:
    """Every pair of these tools, under the key its head to head is kept by."""
    return [pair(first, second) for first, second in combinations(tools, 2)]


def beside(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """For each tool the others it is paired with."""
    others: dict[int, set[int]] = {}
    for first, second in pairs:
        others.setdefault(first, set()).add(second)
        others.setdefault(second, set()).add(first)
    return others


@dataclass(frozen=True, slots=True)
class Counters:
    """What a team's standings add up to, without zeroes.

    Head to heads are kept for the pairs that have stood on one ballot together: a person who has voted on
    a hundred tools speaks of five thousand pairs, of which nobody has asked for most.
    """

    tallies: dict[int, Tally]
    pairs: dict[tuple[int, int], HeadToHead]


def count(people: Iterable[Mapping[int, Verdict]], compared: Iterable[tuple[int, int]]) -> Counters:
    """Add up one team's standings, one mapping per person, for the pairs `compared`. Order does not matter."""
    others = beside(compared)
    tallies: dict[int, list[int]] = {}
    pairs: dict[tuple[int, int], dict[str, int]] = {}
    for said in people:
        for tool, verdict in said.items():
            tallies.setdefault(tool, [0, 0])[verdict is Verdict.SKIP] += 1
            for other in others.get(tool, ()):
                if tool < other and other in said:
                    held = pairs.setdefault((tool, other), {})
                    name = PAIR_CLASSES[verdict, said[other]]
                    held[name] = held.get(name, 0) + 1
    return Counters(
        {tool: Tally(*both) for tool, both in tallies.items()},
        {key: HeadToHead(**held) for key, held in pairs.items()},
    )


def moved(before: Mapping[int, Verdict], after: Mapping[int, Verdict]) -> set[int]:
    """The tools a person says something else of than before."""
    return {tool for tool in before.keys() | after.keys() if before.get(tool) is not after.get(tool)}


class Shift:
    """By how much changes of mind move one team's counters.

    `tallies` has the steps of ships and skips, `pairs` those of the four classes in the order of
    `HeadToHead`'s fields. Steps of many people add up, and some may come to nothing.
    """

    def __init__(self) -> None:
        self.tallies: dict[int, list[int]] = {}
        self.pairs: dict[tuple[int, int], list[int]] = {}

    def add(
        self, before: Mapping[int, Verdict], after: Mapping[int, Verdict], others: Mapping[int, Collection[int]]
    ) -> None:
        """Add one person's change of mind.

        `before` and `after` hold their standings on every tool, changed or not; `others` gives for each
        tool that moved the tools it is paired with (see `beside`).
        """
        turned = moved(before, after)
        for tool in turned:
            was, now = before.get(tool), after.get(tool)
            steps = self.tallies.setdefault(tool, [0, 0])
            if was is not None:
                steps[was is Verdict.SKIP] -= 1
            if now is not None:
                steps[now is Verdict.SKIP] += 1
            for other in others.get(tool, ()):
                if other < tool and other in turned:
                    continue  # counted with the other one
                had, has = before.get(other), after.get(other)
                if had is None and has is None:
                    continue
                places = PAIR_PLACES if tool < other else TURNED_PLACES
                steps = self.pairs.setdefault(pair(tool, other), [0, 0, 0, 0])
                if was is not None and had is not None:
                    steps[places[was, had]] -= 1
                if now is not None and has is not None:
                    steps[places[now, has]] += 1


def repair(
    known: Sequence[MarkRow],
    seen: frozenset[int],
    *,
    ballot: BallotRow,
    read_from: int,
    away_us: int,
    complete: bool,
    forgotten_us: int | None,
    clock_us: int,
) -> list[MarkRow]:
    """What one person's reactions read back from the platform change, as the marks to store.

    `known` are the person's reaction marks on this ballot, `seen` the options whose reaction stands
    there now. A mark that is on keeps its time; a new one gets `away_us`, the last instant the bot was
    connected, but never before the ballot's posting nor the mark it replaces. Only a complete read
    switches marks off, and none whose revision is above `read_from`. Reactions to a ballot older than
    the person's wish to be forgotten are not brought back.
    """
    stored = {mark.option: mark for mark in known}
    moved: list[MarkRow] = []
    for option in sorted(seen | stored.keys()):
        mark = stored.get(option)
        if mark is not None and (mark.revision > read_from or mark.active == (option in seen)):
            continue
        if option in seen:
            if mark is None and forgotten_us is not None and ballot.posted_us <= forgotten_us:
                continue
            at_us = stamp(max(away_us, ballot.posted_us), mark.at_us if mark else None)
            moved.append(MarkRow(ballot.id, option, Via.REACTION, True, at_us))
        elif mark is not None and complete:
            moved.append(mark._replace(active=False, at_us=stamp(clock_us, mark.at_us)))
    return moved


Z_95 = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""


def wilson(tally: Tally) -> tuple[float, float]:
    """The 95% Wilson score interval of the share of ships, both ends within 0 to 1; (0, 1) for nobody.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927), eq. for
    the roots of the score test.
    """
    n = tally.n
    if not n:
        return (0.0, 1.0)
    share = tally.ships / n
    middle = share + Z_95**2 / (2 * n)
    spread = Z_95 * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n))
    scale = 1 + Z_95**2 / n
    return (max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


ENOUGH = 5
"""Fewer voters than this lead no sentence, and no vote is called decisive."""


def disagrees(panel: Tally, team: Tally) -> bool:
    """Whether the team disagrees with the panel: its whole interval lies on the other side of half."""
    if team.n < ENOUGH:
        return False
    low, high = wilson(team)
    return (panel.word == "Ship" and high < 0.5) or (panel.word == "Skip" and low > 0.5)


def one_vote_flips(team: Tally) -> bool:
    """Whether one person changing their mind would turn ship into skip or the other way round."""
    return team.n >= ENOUGH and abs(team.ships - team.skips) <= 1


def surest(tallies: Mapping[int, Tally]) -> int | None:
    """The tool with the highest lower Wilson bound among those with enough voters, the lowest id on a tie."""
    able = [(wilson(tally)[0], -tool) for tool, tally in tallies.items() if tally.n >= ENOUGH]
    return -max(able)[1] if able else None

"""Marks to standings to tallies: the law of the house, as pure functions.

A **mark** is one person's reaction or button press on one option of one ballot. What a person's marks on
one ballot say is a set of **stances**, one per tool; over all ballots of a team the stances on one tool
give that person's **standing** on it; standings add up to **tallies** and **head to heads**. Only marks
that are on count, so the same marks give the same result in whatever order they came.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """What one ballot says of a person's view of one tool. Explicit stances compare by (at, posted, ballot)."""

    ships: bool
    explicit: bool
    at_us: int
    posted_us: int
    ballot: int


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
    via = max(on, key=lambda mark: (mark.at_us, mark.via == Via.REACTION)).via
    at = {mark.option: mark.at_us for mark in on if mark.via == via}
    skipped_us = at.pop(SKIP_ALL, None)
    said: dict[int, Stance] = {}
    for option, tool in enumerate(ballot.tools, start=1):
        if option in at:
            said[tool] = Stance(True, True, at[option], ballot.posted_us, ballot.id)
        elif at:
            said[tool] = Stance(False, False, max(at.values()), ballot.posted_us, ballot.id)
        elif skipped_us is not None:
            said[tool] = Stance(False, True, skipped_us, ballot.posted_us, ballot.id)
    return said


def standing(said: Iterable[Stance]) -> Verdict | None:
    """One person's standing on one tool from every ballot's stance on it: the newest explicit one, else skip.

    Passing over never replaces an explicit mark. Ties go to the ballot posted later, then to the higher id.
    """
    best: Stance | None = None
    for stance in said:
        if best is None or (stance.explicit, *stance[2:]) > (best.explicit, *best[2:]):
            best = stance
    if best is None:
        return None
    return Verdict.SHIP if best.ships else Verdict.SKIP


def standings(ballots: Mapping[int, BallotRow], marks: Iterable[MarkRow]) -> dict[int, Verdict]:
    """One person's standing on every tool their marks speak of, in one team. `ballots` are by id."""
    by_ballot: dict[int, list[MarkRow]] = {}
    for mark in marks:
        if mark.active:
            by_ballot.setdefault(mark.ballot, []).append(mark)
    by_tool: dict[int, list[Stance]] = {}
    for ballot, on in by_ballot.items():
        for tool, stance in stances(ballots[ballot], on).items():
            by_tool.setdefault(tool, []).append(stance)
    found = {tool: standing(said) for tool, said in by_tool.items()}
    return {tool: verdict for tool, verdict in found.items() if verdict is not None}


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


@dataclass(frozen=True, slots=True)
class Counters:
    """What a team's standings add up to. Tools and pairs that nobody speaks of are absent."""

    tallies: dict[int, Tally]
    pairs: dict[tuple[int, int], HeadToHead]


def count(people: Iterable[Mapping[int, Verdict]]) -> Counters:
    """Add up one team's standings, one mapping per person. The order of people does not matter."""
    tallies: dict[int, list[int]] = {}
    pairs: dict[tuple[int, int], dict[str, int]] = {}
    for said in people:
        tools = sorted(said)
        for place, tool in enumerate(tools):
            tallies.setdefault(tool, [0, 0])[said[tool] is Verdict.SKIP] += 1
            for other in tools[place + 1 :]:
                held = pairs.setdefault((tool, other), {})
                name = PAIR_CLASSES[said[tool], said[other]]
                held[name] = held.get(name, 0) + 1
    return Counters(
        {tool: Tally(*both) for tool, both in tallies.items()},
        {key: HeadToHead(**held) for key, held in pairs.items()},
    )


class Change(NamedTuple):
    """How one person's change of mind moves the counters: by how much, and where."""

    tallies: dict[tuple[int, Verdict], int]
    pairs: dict[tuple[tuple[int, int], str], int]


def change(before: Mapping[int, Verdict], after: Mapping[int, Verdict]) -> Change:
    """The difference between two sets of standings of one person, to be added to the counters.

    `before` and `after` hold the person's standings on every tool, changed or not.
    """
    moved = [tool for tool in before.keys() | after.keys() if before.get(tool) is not after.get(tool)]
    tallies: dict[tuple[int, Verdict], int] = {}
    pairs: dict[tuple[tuple[int, int], str], int] = {}
    for said, step in ((before, -1), (after, 1)):
        done: set[tuple[int, int]] = set()
        for tool in moved:
            if tool not in said:
                continue
            tallies[tool, said[tool]] = tallies.get((tool, said[tool]), 0) + step
            for other in said:
                key = pair(tool, other)
                if other == tool or key in done:
                    continue
                done.add(key)
                cell = (key, PAIR_CLASSES[said[key[0]], said[key[1]]])
                pairs[cell] = pairs.get(cell, 0) + step
    return Change(
        {key: step for key, step in tallies.items() if step},
        {cell: step for cell, step in pairs.items() if step},
    )


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
    low, high = wilson(team)
    if team.n < ENOUGH:
        return False
    return (panel.word == "Ship" and high < 0.5) or (panel.word == "Skip" and low > 0.5)


def one_vote_flips(team: Tally) -> bool:
    """Whether one person changing their mind would turn ship into skip or the other way round."""
    return team.n >= ENOUGH and abs(team.ships - team.skips) <= 1


def best_by(tallies: Mapping[int, Tally], key: Callable[[Tally], float] = lambda tally: wilson(tally)[0]) -> int | None:
    """The tool with the highest figure among those with enough voters, the lowest id on a tie; None if none."""
    able = [(key(tally), -tool) for tool, tally in tallies.items() if tally.n >= ENOUGH]
    return -max(able)[1] if able else None

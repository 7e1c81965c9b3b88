"""Cached counters held against the marks they are made of, in words; see `commands.voting`."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import astuple
from itertools import chain

from bot.storage.ledger import SQL as LEDGER
from bot.storage.ledger import open_ballot, standings_of, verdicts
from bot.storage.votes import SQL, counters
from bot.storage.whole import Whole
from commands import voting
from commands.model import HeadToHead, Tally
from commands.voting import BallotRow, Counters


async def wrong_counters(whole: Whole) -> AsyncIterator[str]:
    """What is wrong with the counters of a whole database, one line for each; nothing if all are right."""
    rows = await whole.fetch(SQL["team_ids"], (-1,))
    while rows:
        [(team,)] = rows
        stored = counters(
            await whole.fetch(SQL["stored_tallies"], (team,)), await whole.fetch(SQL["stored_pairs"], (team,))
        )
        for line in differences(stored, await _rebuilt(whole, team)):
            yield f"team {team}: {line}"
        rows = await whole.fetch(SQL["team_ids"], (team,))


async def _rebuilt(whole: Whole, team: int) -> Counters:
    """A team's counters from its marks, some thousand marks at a time."""
    ballots = {row[0]: open_ballot(row).row for row in await whole.fetch(LEDGER["team_ballots"], (team,))}
    pairs = set(chain.from_iterable(voting.pairs_of(ballot.tools) for ballot in ballots.values()))
    parts = [Counters({}, {})]
    held: list[tuple[object, ...]] = []
    async for portion in whole.stream(LEDGER["team_marks"], (team,)):
        held += portion
        last = held[-1][0]
        # There may be more to come of the last person.
        complete = [row for row in held if row[0] != last]
        held = held[len(complete) :]
        parts = [_sum([*parts, _counted(ballots, complete, pairs)])]
    return _sum([*parts, _counted(ballots, held, pairs)])


def _counted(
    ballots: dict[int, BallotRow], marks: list[tuple[object, ...]], pairs: Iterable[tuple[int, int]]
) -> Counters:
    return voting.count(map(verdicts, standings_of(ballots, marks).values()), pairs)


def _sum(parts: Iterable[Counters]) -> Counters:
    """Counters of different people added up."""
    tallies: dict[int, list[int]] = {}
    pairs: dict[tuple[int, int], list[int]] = {}
    for part in parts:
        for tool, tally in part.tallies.items():
            _add(tallies.setdefault(tool, [0, 0]), astuple(tally))
        for key, held in part.pairs.items():
            _add(pairs.setdefault(key, [0, 0, 0, 0]), astuple(held))
    return Counters(
        {tool: Tally(*both) for tool, both in tallies.items()},
        {key: HeadToHead(*four) for key, four in pairs.items()},
    )


def _add(held: list[int], more: Iterable[int]) -> None:
    held[:] = [one + other for one, other in zip(held, more, strict=True)]


def differences(stored: Counters, rebuilt: Counters) -> list[str]:
    """What is wrong, one line for each counter."""
    lines = [
        f"tool {tool}: stored {_tally(stored.tallies.get(tool))}, its marks say {_tally(rebuilt.tallies.get(tool))}"
        for tool in sorted(stored.tallies.keys() | rebuilt.tallies.keys())
        if stored.tallies.get(tool) != rebuilt.tallies.get(tool)
    ]
    lines += [
        f"tools {key[0]} and {key[1]}: stored {_pair(stored.pairs.get(key))}, "
        f"their marks say {_pair(rebuilt.pairs.get(key))}"
        for key in sorted(stored.pairs.keys() | rebuilt.pairs.keys())
        if stored.pairs.get(key) != rebuilt.pairs.get(key)
    ]
    return lines


def _tally(tally: Tally | None) -> str:
    return f"{tally.ships} ship / {tally.skips} skip" if tally else "nothing"


def _pair(held: HeadToHead | None) -> str:
    if held is None:
        return "nothing"
    return f"{held.first} to {held.second}, {held.both} both, {held.neither} neither"

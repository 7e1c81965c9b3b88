"""What people say and what it adds up to, within one write: read in sets, changed in memory, written in sets.

The law itself is in `commands.voting`; this fetches what the law needs for a whole batch of votes in a
handful of statements, and keeps marks, standings and counters in step.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

import aiosqlite

from bot.storage.database import Row, execute_many, fetch
from bot.storage.statements import statements
from commands import voting
from commands.model import Message, Tally, Verdict
from commands.ports import Clock
from commands.voting import BallotRow, Counters, MarkRow, Stance

SQL = statements("ledger.sql")

Key: TypeAlias = tuple[int, str]
"""A team and a person."""

Value = TypeVar("Value", int, str)

PLACES = {"first": 0, "second": 1, "both": 2, "neither": 3}
"""The column of each class of a head to head."""


class OpenBallot(NamedTuple):
    """A ballot as the law reads it, with whose it is and whether it still takes marks."""

    row: BallotRow
    team: int
    frozen: bool


PASSED_OVER = Stance(explicit=False, at_us=0, posted_us=0, ballot=0, ships=False)
"""How a standing without an explicit mark is kept: which ballot passed the tool over makes no difference."""


def kept(stance: Stance) -> Stance:
    """A deciding stance as it is kept."""
    return stance if stance.explicit else PASSED_OVER


@dataclass(slots=True, eq=False)
class Person:
    """One person in one team: their marks on the ballots in hand, by ballot, and what they stand for."""

    team: int
    id: str
    marks: dict[int, dict[tuple[int, str], MarkRow]] = field(default_factory=dict)
    standings: dict[int, Stance] = field(default_factory=dict)
    forgotten_us: int | None = None
    touched: set[int] = field(default_factory=set)
    after: dict[int, Stance] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)

    def weigh(self, ballots: Mapping[int, OpenBallot]) -> None:
        """Let the ballots whose marks changed bear on the standings: the outcome is `after`.

        What they now say is weighed against the mark that decided so far, without looking at any other
        ballot. Tools whose deciding mark lost weight are `doubtful`: there another ballot may decide.
        """
        self.after = self.standings.copy()
        for number in self.touched:
            row = ballots[number].row
            said = voting.stances(row, self.marks[number].values())
            for tool in row.tools:
                held, now = self.after.get(tool), said.get(tool)
                if now is not None and (held is None or (now.explicit and now >= held)):
                    self.after[tool] = kept(now)
                elif held is not None and (held.ballot == number or (now is None and not held.explicit)):
                    self.doubtful.add(tool)

    def reconsider(self, decided: Mapping[int, Stance]) -> None:
        """Settle the doubtful tools by what decides them, all ballots considered."""
        for tool in self.doubtful:
            stance = decided.get(tool)
            if stance is None:
                self.after.pop(tool, None)
            else:
                self.after[tool] = kept(stance)


def verdicts(standings: Mapping[int, Stance]) -> dict[int, Verdict]:
    """What somebody says of each tool."""
    return {tool: stance.verdict for tool, stance in standings.items()}


class Deltas:
    """By how much counters move, added up over many people."""

    def __init__(self) -> None:
        self.tallies: dict[tuple[int, int], list[int]] = {}
        self.pairs: dict[tuple[int, int, int], list[int]] = {}

    def add(self, team: int, change: voting.Change) -> None:
        """Add one person's change of mind."""
        for (tool, verdict), step in change.tallies.items():
            self.tallies.setdefault((team, tool), [0, 0])[verdict is Verdict.SKIP] += step
        for ((first, second), name), step in change.pairs.items():
            self.pairs.setdefault((team, first, second), [0, 0, 0, 0])[PLACES[name]] += step

    def mend(self, team: int, held: Counters, wanted: Counters) -> None:
        """Add what makes a team's tallies right."""
        for tool in held.tallies | wanted.tallies:
            is_, should = held.tallies.get(tool, Tally()), wanted.tallies.get(tool, Tally())
            self.tallies[team, tool] = [should.ships - is_.ships, should.skips - is_.skips]

    async def write(self, conn: aiosqlite.Connection, now_us: int) -> None:
        """Move the stored counters, and note where the tallies that moved now stand."""
        tallies = [(*key, *steps) for key, steps in self.tallies.items() if any(steps)]
        await execute_many(conn, SQL["add_tally"], tallies)
        await execute_many(conn, SQL["log_tally"], [(team, tool, now_us) for team, tool, *_ in tallies])
        pairs = [(*key, *steps) for key, steps in self.pairs.items() if any(steps)]
        await execute_many(conn, SQL["add_pair"], pairs)


class Ledger:
    """The ballots and people one write is about."""

    def __init__(self, conn: aiosqlite.Connection, *, clock: Clock, hash_key: bytes) -> None:
        self._conn = conn
        self._clock = clock
        self._hash_key = hash_key
        self._put: dict[tuple[str, int, int, str], MarkRow] = {}
        self.ballots: dict[int, OpenBallot] = {}
        self.people: dict[Key, Person] = {}

    async def find(self, named: Iterable[int | Message]) -> dict[int | Message, OpenBallot]:
        """Read these ballots, named by id or message; the unknown are left out."""
        ids: list[int] = []
        messages: dict[str, dict[str, list[str]]] = {}
        for name in set(named):
            if isinstance(name, int):
                ids.append(name)
            else:
                messages.setdefault(name.platform, {}).setdefault(name.channel, []).append(name.id)
        asked = {"ids": json.dumps(ids), "messages": json.dumps(messages)}
        found: dict[int | Message, OpenBallot] = {}
        for row in await fetch(self._conn, SQL["find_ballots"], asked):
            ballot = open_ballot(row)
            self.ballots[ballot.row.id] = ballot
            found[ballot.row.id if row[5] is None else Message(*row[5:8])] = ballot
        return found

    async def meet(self, keys: Iterable[Key], hands: Iterable[tuple[int, str]] = ()) -> None:
        """Read what these people stand for, and their marks on the ballots in hand, each with a person."""
        self.people = {key: Person(*key) for key in keys}
        if not self.people:
            return
        asked = {"hands": json.dumps(grouped(hands))}
        for team, person, *mark in await fetch(self._conn, SQL["marks_in_hand"], asked):
            row = MarkRow._make(mark)
            self.people[team, person].marks.setdefault(row.ballot, {})[row.option, row.via] = row
        asked = {"people": json.dumps(grouped(self.people))}
        for held in await fetch(self._conn, SQL["standings_of_people"], asked):
            self.people[held[0], held[1]].standings[held[2]] = standing(held)
        hashes = {hashed(self._hash_key, *key): key for key in self.people}
        asked = {"hashes": json.dumps(list(hashes))}
        for digest, at_us in await fetch(self._conn, SQL["forgotten_people"], asked):
            self.people[hashes[digest]].forgotten_us = at_us

    def put(self, person: Person, mark: MarkRow) -> None:
        """Set one mark of a person that was met, on a ballot in hand."""
        ballot, option, via, *_ = mark
        person.marks.setdefault(ballot, {})[option, via] = mark
        person.touched.add(ballot)
        self._put[person.id, ballot, option, via] = mark

    async def settle(self) -> None:
        """Write the marks that were put, and bring standings and counters to what they now say."""
        if not self._put:
            return
        [(revision,)] = await fetch(self._conn, SQL["next_revision"])
        marks = [(person, *mark[:5], revision) for (person, *_), mark in self._put.items()]
        await execute_many(self._conn, SQL["put_mark"], marks)
        latest: dict[int, int] = {}
        for mark in self._put.values():
            latest[mark.ballot] = max(mark.at_us, latest.get(mark.ballot, mark.at_us))
        await execute_many(self._conn, SQL["touch_ballot"], list(latest.items()))
        touched = [person for person in self.people.values() if person.touched]
        for person in touched:
            person.weigh(self.ballots)
        await self._reconsider([person for person in touched if person.doubtful])
        await self._restate([person for person in touched if person.after != person.standings])

    async def _reconsider(self, people: Sequence[Person]) -> None:
        """Settle what is doubtful by reading all that these people said of those tools."""
        if not people:
            return
        marks: dict[Key, list[MarkRow]] = {}
        asked = {
            "people": json.dumps(grouped((person.team, person.id) for person in people)),
            "tools": json.dumps(list({tool for person in people for tool in person.doubtful})),
        }
        for team, person, *mark in await fetch(self._conn, SQL["marks_on_tools"], asked):
            marks.setdefault((team, person), []).append(MarkRow._make(mark))
        await self.find({mark.ballot for held in marks.values() for mark in held} - self.ballots.keys())
        rows = {number: ballot.row for number, ballot in self.ballots.items()}
        for one in people:
            one.reconsider(voting.deciding(rows, marks.get((one.team, one.id), ())))

    async def forget(self, key: Key) -> None:
        """Erase one person's marks, standings and share of the counters; see `People.forget`."""
        await self.meet([key])
        person = self.people[key]
        [(newest_us,)] = await fetch(self._conn, SQL["newest_mark"], key)
        await fetch(self._conn, SQL["drop_marks"], key)
        await self._restate([person])
        # A platform's clock may be ahead of ours; what was erased must not come back under its own time.
        now_us = self._clock()
        since_us = max(now_us, now_us if newest_us is None else newest_us)
        await fetch(self._conn, SQL["note_forgotten"], (hashed(self._hash_key, *key), person.team, since_us))
        await fetch(self._conn, SQL["next_revision"])

    async def _restate(self, people: Sequence[Person]) -> None:
        """Write what these people stand for after all, and what that does to the counters."""
        put: list[tuple[int | str, ...]] = []
        dropped: list[tuple[int, str, int]] = []
        turned: list[tuple[Person, dict[int, Verdict], dict[int, Verdict]]] = []
        for person in people:
            held, after = person.standings, person.after
            put += [columns(person, tool, stance) for tool, stance in after.items() if held.get(tool) != stance]
            dropped += [(person.team, person.id, tool) for tool in held.keys() - after.keys()]
            before, now = verdicts(held), verdicts(after)
            if before != now:
                turned.append((person, before, now))
        await execute_many(self._conn, SQL["put_standing"], put)
        await execute_many(self._conn, SQL["drop_standing"], dropped)
        others = await self._others(
            (person.team, tool) for person, before, now in turned for tool in voting.moved(before, now)
        )
        deltas = Deltas()
        for person, before, now in turned:
            deltas.add(person.team, voting.change(before, now, others.get(person.team, {})))
        await deltas.write(self._conn, self._clock())

    async def _others(self, tools: Iterable[tuple[int, int]]) -> dict[int, dict[int, set[int]]]:
        """For each team the tools that each of these, given with its team, is paired with."""
        asked = {"tools": json.dumps(grouped(set(tools)))}
        pairs: dict[int, list[tuple[int, int]]] = {}
        for team, first, second in await fetch(self._conn, SQL["pairs_of_tools"], asked):
            pairs.setdefault(team, []).append((first, second))
        return {team: voting.beside(held) for team, held in pairs.items()}


def grouped(pairs: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    """Everything that is paired with each number, as SQL takes it."""
    groups: dict[int, list[Value]] = {}
    for number, value in pairs:
        groups.setdefault(number, []).append(value)
    return groups


def standing(row: Row) -> Stance:
    """What decides a standing, from its row."""
    verdict, at_us, posted_us, ballot = row[3:]
    return Stance(ballot != 0, at_us, posted_us, ballot, verdict == Verdict.SHIP)


def columns(person: Person, tool: int, stance: Stance) -> tuple[int | str, ...]:
    """A standing as its row."""
    return (person.team, person.id, tool, stance.verdict.value, *stance[1:4])


def hashed(key: bytes, team: int, person: str) -> str:
    """A keyed hash of a person in a team: the same each time, telling nothing without the key."""
    return hashlib.blake2b(f"{team}\0{person}".encode(), key=key, digest_size=16).hexdigest()


def open_ballot(row: Row) -> OpenBallot:
    """A ballot from the row of `find_ballots`."""
    ballot, team, frozen, posted_us, tools = row[:5]
    return OpenBallot(BallotRow(ballot, posted_us, tool_ids(tools)), team, bool(frozen))


def tool_ids(joined: str) -> tuple[int, ...]:
    """The tools of a ballot in option order, from how SQL joins them."""
    return tuple(map(int, joined.split(",")))


def standings_of(ballots: Mapping[int, BallotRow], rows: Sequence[Row]) -> dict[str, dict[int, Stance]]:
    """What everybody stands for, from rows of marks that are on."""
    marks: dict[str, list[MarkRow]] = {}
    for person, *mark in rows:
        marks.setdefault(person, []).append(MarkRow._make(mark))
    decided = {person: voting.deciding(ballots, held) for person, held in marks.items()}
    return {person: {tool: kept(stance) for tool, stance in held.items()} for person, held in decided.items()}

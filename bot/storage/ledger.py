"""What people say and what it adds up to, within one write: read in sets, changed in memory, written in sets.

The law itself is in `commands.voting`; this fetches what the law needs for a whole batch of votes in a
handful of statements, and keeps marks, standings and counters in step.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import NamedTuple, TypeAlias

import aiosqlite

from bot.storage.database import Row, execute_many, fetch
from bot.storage.statements import statements
from commands import voting
from commands.model import HeadToHead, Message, Tally, Verdict
from commands.ports import Clock
from commands.voting import BallotRow, Counters, MarkRow

SQL = statements("ledger.sql")

Key: TypeAlias = tuple[int, str]
"""A team and a person."""

VERDICTS = {verdict.value: verdict for verdict in Verdict}
PLACES = {"first": 0, "second": 1, "both": 2, "neither": 3}
"""The column of each class of a head to head."""


class OpenBallot(NamedTuple):
    """A ballot as the law reads it, with whose it is and whether it still takes marks."""

    row: BallotRow
    team: int
    frozen: bool


@dataclass(slots=True, eq=False)
class Person:
    """One person in one team: their marks by ballot, what they stand for, and which tools may have moved.

    `marks` are those on ballots that share a tool with the ones in hand; `standings` are on every tool.
    """

    team: int
    id: str
    marks: dict[int, dict[tuple[int, str], MarkRow]] = field(default_factory=dict)
    standings: dict[int, Verdict] = field(default_factory=dict)
    forgotten_us: int | None = None
    moved: set[int] = field(default_factory=set)

    def restated(self, ballots: Mapping[int, OpenBallot]) -> dict[int, Verdict]:
        """Their standings on every tool, as the marks now in hand make them."""
        said: dict[int, list[voting.Stance]] = {tool: [] for tool in self.moved}
        for ballot, marks in self.marks.items():
            for tool, stance in voting.stances(ballots[ballot].row, marks.values()).items():
                if tool in said:
                    said[tool].append(stance)
        after = self.standings.copy()
        for tool, stances in said.items():
            verdict = voting.standing(stances)
            if verdict is None:
                after.pop(tool, None)
            else:
                after[tool] = verdict
        return after


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
        """Add what makes a team's counters right."""
        for tool in held.tallies | wanted.tallies:
            is_, should = held.tallies.get(tool, Tally()), wanted.tallies.get(tool, Tally())
            self.tallies[team, tool] = [should.ships - is_.ships, should.skips - is_.skips]
        for key in held.pairs | wanted.pairs:
            pairs = [astuple(counters.pairs.get(key, HeadToHead())) for counters in (held, wanted)]
            self.pairs[team, *key] = [should - is_ for is_, should in zip(*pairs, strict=True)]

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
        wanted = set(named)
        ids = [ballot for ballot in wanted if isinstance(ballot, int)]
        messages = [(m.platform, m.channel, m.id) for m in wanted if isinstance(m, Message)]
        rows = await fetch(self._conn, SQL["find_ballots"], {"ids": json.dumps(ids), "messages": json.dumps(messages)})
        found: dict[int | Message, OpenBallot] = {}
        for row in rows:
            ballot = open_ballot(row)
            self.ballots[ballot.row.id] = ballot
            found[ballot.row.id if row[5] is None else Message(*row[5:8])] = ballot
        return found

    async def meet(self, keys: Collection[Key], tools: Collection[int]) -> None:
        """Read what these people said of these tools, and what they stand for."""
        if not keys:
            return
        self.people = {key: Person(*key) for key in keys}
        await self._read_marks({person for _, person in keys}, tools)
        rows = await fetch(self._conn, SQL["standings_of_people"], {"people": json.dumps(list(keys))})
        for team, person, tool, verdict in rows:
            self.people[team, person].standings[tool] = VERDICTS[verdict]
        hashes = {hashed(self._hash_key, *key): key for key in keys}
        for digest, at_us in await fetch(self._conn, SQL["forgotten_people"], {"hashes": json.dumps(list(hashes))}):
            self.people[hashes[digest]].forgotten_us = at_us

    async def _read_marks(self, people: Collection[str], tools: Collection[int]) -> None:
        """Read these people's marks on ballots that share one of these tools, and those ballots."""
        parameters = {"people": json.dumps(list(people)), "tools": json.dumps(list(tools))}
        rows = await fetch(self._conn, SQL["marks_of_people"], parameters)
        unknown = {row[1] for row in rows} - self.ballots.keys()
        if unknown:
            await self.find(unknown)
        for person, *mark in rows:
            row = MarkRow(*mark)
            held = self.people.get((self.ballots[row.ballot].team, person))
            if held is not None:  # the same person may have voted in a team that is not in hand
                held.marks.setdefault(row.ballot, {})[row.option, row.via] = row

    def put(self, person: Person, mark: MarkRow) -> None:
        """Set one mark of a person that was met, on a ballot that was found."""
        ballot, option, via, *_ = mark
        person.marks.setdefault(ballot, {})[option, via] = mark
        person.moved.update(self.ballots[ballot].row.tools)
        self._put[person.id, ballot, option, via] = mark

    async def forget(self, key: Key) -> None:
        """Erase one person's marks, standings and share of the counters; see `People.forget`."""
        await self.meet([key], [])
        person = self.people[key]
        [(newest_us,)] = await fetch(self._conn, SQL["newest_mark"], key)
        deltas = Deltas()
        deltas.add(person.team, voting.change(person.standings, {}))
        await fetch(self._conn, SQL["drop_marks"], key)
        await execute_many(self._conn, SQL["drop_standing"], [(*key, tool) for tool in person.standings])
        now_us = self._clock()
        await deltas.write(self._conn, now_us)
        # A platform's clock may be ahead of ours; what was erased must not come back under its own time.
        since_us = max(now_us, now_us if newest_us is None else newest_us)
        await fetch(self._conn, SQL["note_forgotten"], (hashed(self._hash_key, *key), person.team, since_us))
        await fetch(self._conn, SQL["next_revision"])

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
        await self._restate()

    async def _restate(self) -> None:
        """Write the standings that changed, and what that does to the counters."""
        deltas = Deltas()
        put: list[tuple[int, str, int, str]] = []
        dropped: list[tuple[int, str, int]] = []
        for person in self.people.values():
            before = person.standings
            after = person.restated(self.ballots) if person.moved else before
            if before == after:
                continue
            deltas.add(person.team, voting.change(before, after))
            for tool in person.moved:
                if tool not in after:
                    dropped.append((person.team, person.id, tool))
                elif before.get(tool) is not after[tool]:
                    put.append((person.team, person.id, tool, after[tool]))
        await execute_many(self._conn, SQL["put_standing"], put)
        await execute_many(self._conn, SQL["drop_standing"], dropped)
        await deltas.write(self._conn, self._clock())


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


def standings_of(ballots: Mapping[int, BallotRow], rows: Sequence[Row]) -> dict[str, dict[int, Verdict]]:
    """Everybody's standings from rows of marks in order of person; those who say nothing are left out."""
    marks: dict[str, list[MarkRow]] = {}
    for person, *mark in rows:
        marks.setdefault(person, []).append(MarkRow(*mark))
    found = {person: voting.standings(ballots, held) for person, held in marks.items()}
    return {person: said for person, said in found.items() if said}

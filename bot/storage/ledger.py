"""What people say and what it adds up to, within one write: read in sets, changed in memory, written in sets.

The law itself is in `commands.voting`; this fetches what the law needs for a whole batch of votes in a
handful of statements, and keeps marks, standings and counters in step.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

from bot.storage.database import Connection, Row
from bot.storage.statements import statements
from commands import voting
from commands.model import Message, Verdict
from commands.ports import Clock
from commands.voting import BallotRow, MarkRow, Shift, Stance

SQL = statements("ledger.sql")

Key: TypeAlias = tuple[int, str]
"""A team and a person."""

Value = TypeVar("Value", int, str)


class OpenBallot(NamedTuple):
    """A ballot as the law reads it, with whose it is, its kind as stored and whether it still takes marks."""

    row: BallotRow
    team: int
    kind: str
    frozen: bool


PASSED_OVER = Stance(explicit=False, at_us=0, posted_us=0, ballot=0, ships=False)
"""How a standing without an explicit mark is kept: which ballot passed the tool over makes no difference."""


def kept(stance: Stance) -> Stance:
    """A deciding stance as it is kept."""
    return stance if stance.explicit else PASSED_OVER


@dataclass(slots=True, eq=False)
class Person:
    """One person in one team: their marks on the ballots in hand, by ballot, and what they stand for there.

    Once marks were put, `after` is what they stand for now, and `moved` are the tools where it may differ.
    """

    team: int
    id: str
    marks: dict[int, dict[tuple[int, str], MarkRow]] = field(default_factory=dict)
    standings: dict[int, Stance] = field(default_factory=dict)
    forgotten_us: int | None = None
    touched: set[int] = field(default_factory=set)
    after: dict[int, Stance] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)

    def weigh(self, ballots: Mapping[int, OpenBallot]) -> None:
        """Let the ballots whose marks changed bear on the standings.

        What they now say is weighed against the mark that decided so far, without looking at any other
        ballot. Tools whose deciding mark lost weight are `doubtful`: there another ballot may decide.
        """
        self.after = self.standings.copy()
        for number in self.touched:
            row = ballots[number].row
            said = voting.stances(row, self.marks[number].values())
            for tool in row.tools:
                held, now = self.after.get(tool), said.get(tool)
                if now is not None and (held is None or (now.explicit and now > held)):
                    self.after[tool] = kept(now)
                    self.moved.add(tool)
                elif now != held and held is not None and (held.ballot == number or not (now or held.explicit)):
                    self.doubtful.add(tool)

    def reconsider(self, decided: Mapping[int, Stance]) -> None:
        """Settle the doubtful tools by what decides them, all ballots considered."""
        for tool in self.doubtful:
            stance = decided.get(tool)
            if stance is None:
                self.after.pop(tool, None)
            else:
                self.after[tool] = kept(stance)
        self.moved |= self.doubtful

    def turned(self) -> set[int]:
        """The tools of which they now say something else."""
        before, after = self.standings, self.after
        return {tool for tool in self.moved if verdict(before.get(tool)) is not verdict(after.get(tool))}

    def weighed(self, ballots: Mapping[int, OpenBallot]) -> set[int]:
        """The tools of which `standings` and `after` hold whatever they say."""
        return {tool for number in self.touched for tool in ballots[number].row.tools}


def verdict(stance: Stance | None) -> Verdict | None:
    """What a stance that decides comes to; None where nothing was said."""
    return stance.verdict if stance else None


def verdicts(standings: Mapping[int, Stance]) -> dict[int, Verdict]:
    """What somebody says of each tool."""
    return {tool: stance.verdict for tool, stance in standings.items()}


async def shift_counters(conn: Connection, shifts: Mapping[int, Shift], now_us: int) -> None:
    """Move the stored counters of each team, and note where the tallies that moved now stand."""
    tallies = [(team, tool, *steps) for team, shift in shifts.items() for tool, steps in shift.tallies.items()]
    tallies = [row for row in tallies if any(row[2:])]
    await conn.execute_many(SQL["add_tally"], tallies)
    await conn.execute_many(SQL["log_tally"], [(team, tool, now_us) for team, tool, *_ in tallies])
    pairs = [(team, *key, *steps) for team, shift in shifts.items() for key, steps in shift.pairs.items()]
    await conn.execute_many(SQL["add_pair"], [row for row in pairs if any(row[3:])])


class Ledger:
    """The ballots and people one write is about."""

    def __init__(self, conn: Connection, *, clock: Clock, hash_key: bytes) -> None:
        self._conn = conn
        self._clock = clock
        self._hash_key = hash_key
        self._put: dict[tuple[str, int, int, str], MarkRow] = {}
        self.ballots: dict[int, OpenBallot] = {}
        self.people: dict[Key, Person] = {}
        self._some_forgotten = False

    async def find(self, named: Iterable[int | Message]) -> dict[int | Message, OpenBallot]:
        """Read these ballots, named by id or message; the unknown are left out."""
        found: dict[int | Message, OpenBallot] = {}
        for row in await self._conn.fetch(SQL["find_ballots"], asked_for(named)):
            ballot = open_ballot(row)
            self.ballots[ballot.row.id] = ballot
            found[ballot.row.id if row[6] is None else Message(*row[6:9])] = ballot
            self._some_forgotten = bool(row[9])
        return found

    async def meet(self, said: Iterable[tuple[int, str]]) -> None:
        """Read the marks of people on ballots that were found, and what they stand for on the tools there."""
        hands = grouped(said)
        met = {ballot: [self._person(ballot, person) for person in people] for ballot, people in hands.items()}
        asked = {"hands": json.dumps(hands)}
        for ballot, place, *mark in await self._conn.fetch(SQL["marks_in_hand"], asked):
            row = MarkRow(ballot, *mark)
            met[ballot][place].marks.setdefault(ballot, {})[row.option, row.via] = row
        for ballot, place, tool, *stance in await self._conn.fetch(SQL["standings_in_hand"], asked):
            met[ballot][place].standings[tool] = Stance._make(stance)
        if self._some_forgotten:
            hashes = {hashed(self._hash_key, *key): key for key in self.people}
            asked = {"hashes": json.dumps(list(hashes))}
            for digest, at_us in await self._conn.fetch(SQL["forgotten_people"], asked):
                self.people[hashes[digest]].forgotten_us = at_us

    def _person(self, ballot: int, person: str) -> Person:
        """Somebody in the team of a ballot that was found."""
        key = (self.ballots[ballot].team, person)
        held = self.people.get(key)
        if held is None:
            held = self.people[key] = Person(*key)
        return held

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
        [(revision,)] = await self._conn.fetch(SQL["next_revision"])
        marks = [(person, *mark[:5], revision) for (person, *_), mark in self._put.items()]
        await self._conn.execute_many(SQL["put_mark"], marks)
        latest: dict[int, int] = {}
        for mark in self._put.values():
            latest[mark.ballot] = max(mark.at_us, latest.get(mark.ballot, mark.at_us))
        await self._conn.execute_many(SQL["touch_ballot"], list(latest.items()))
        touched = [person for person in self.people.values() if person.touched]
        for person in touched:
            person.weigh(self.ballots)
        await self._reconsider([person for person in touched if person.doubtful])
        await self._restate(touched)

    async def _reconsider(self, people: Sequence[Person]) -> None:
        """Settle what is doubtful by reading all that these people said of those tools."""
        if not people:
            return
        marks: dict[Key, list[MarkRow]] = {}
        asked = {
            "people": json.dumps(grouped((person.team, person.id) for person in people)),
            "tools": json.dumps(list({tool for person in people for tool in person.doubtful})),
        }
        for team, person, *mark in await self._conn.fetch(SQL["marks_on_tools"], asked):
            marks.setdefault((team, person), []).append(MarkRow._make(mark))
        await self.find({mark.ballot for held in marks.values() for mark in held} - self.ballots.keys())
        rows = {number: ballot.row for number, ballot in self.ballots.items()}
        for one in people:
            one.reconsider(voting.deciding(rows, marks.get((one.team, one.id), ())))

    async def forget(self, key: Key) -> None:
        """Erase one person's marks, standings and share of the counters; the team is held. See `People.forget`."""
        team, _ = key
        said = {
            tool: Verdict.SHIP if ships else Verdict.SKIP
            for tool, ships in await self._conn.fetch(SQL["verdicts"], key)
        }
        [(newest_us,)] = await self._conn.fetch(SQL["newest_mark"], key)
        await self._conn.fetch(SQL["drop_marks"], key)
        await self._conn.fetch(SQL["drop_standings"], key)
        others = await self._others((team, tool) for tool in said)
        shift = Shift()
        shift.add(said, {}, others.get(team, {}))
        await shift_counters(self._conn, {team: shift}, self._clock())
        # A platform's clock may be ahead of ours; what was erased must not come back under its own time.
        now_us = self._clock()
        since_us = max(now_us, now_us if newest_us is None else newest_us)
        await self._conn.fetch(SQL["note_forgotten"], (hashed(self._hash_key, *key), team, since_us))
        await self._conn.fetch(SQL["next_revision"])

    async def _restate(self, people: Iterable[Person]) -> None:
        """Write what these people stand for after all, and what that does to the counters."""
        put: list[tuple[int | str, ...]] = []
        dropped: list[tuple[int, str, int]] = []
        for person in people:
            for tool in person.moved:
                stance = person.after.get(tool)
                if stance is not None:
                    put.append(columns(person, tool, stance))
                elif tool in person.standings:
                    dropped.append((person.team, person.id, tool))
        await self._conn.execute_many(SQL["put_standing"], put)
        await self._conn.execute_many(SQL["drop_standing"], dropped)
        await self._count([(person, tools) for person in people if (tools := person.turned())])

    async def _count(self, people: Sequence[tuple[Person, set[int]]]) -> None:
        """Move the counters by what people now say otherwise, of these tools each."""
        if not people:
            return
        others = await self._others((person.team, tool) for person, tools in people for tool in tools)
        wanted: dict[int, list[tuple[str, list[int]]]] = {}
        for person, tools in people:
            beside = others.get(person.team, {})
            paired = set().union(*[beside.get(tool, ()) for tool in tools])
            if unread := paired - person.weighed(self.ballots):
                wanted.setdefault(person.team, []).append((person.id, list(unread)))
        said = await self._verdicts(wanted)
        shifts: dict[int, Shift] = {}
        for person, _ in people:
            elsewhere = said.get((person.team, person.id), {})
            before, after = elsewhere | verdicts(person.standings), elsewhere | verdicts(person.after)
            shifts.setdefault(person.team, Shift()).add(before, after, others.get(person.team, {}))
        await shift_counters(self._conn, shifts, self._clock())

    async def _verdicts(
        self, wanted: Mapping[int, Sequence[tuple[str, Sequence[int]]]]
    ) -> dict[Key, dict[int, Verdict]]:
        """What people say of some tools each, as it is stored; `wanted` are people and tools by team."""
        said: dict[Key, dict[int, Verdict]] = {}
        if wanted:
            rows = await self._conn.fetch(SQL["verdicts_of_people"], {"people": json.dumps(wanted)})
            for team, place, tool, ships in rows:
                mine = said.setdefault((team, wanted[team][place][0]), {})
                mine[tool] = Verdict.SHIP if ships else Verdict.SKIP
        return said

    async def _others(self, tools: Iterable[tuple[int, int]]) -> dict[int, dict[int, set[int]]]:
        """For each team of these tools, what they are paired with there; see `voting.beside`."""
        pairs: dict[int, list[tuple[int, int]]] = {}
        asked = {"tools": json.dumps(grouped(set(tools)))}
        for team, first, second in await self._conn.fetch(SQL["pairs_of_tools"], asked):
            pairs.setdefault(team, []).append((first, second))
        return {team: voting.beside(held) for team, held in pairs.items()}


def asked_for(ballots: Iterable[int | Message]) -> dict[str, str]:
    """Ballots named by id or message, as SQL takes them."""
    ids: list[int] = []
    messages: dict[str, dict[str, list[str]]] = {}
    for name in set(ballots):
        if isinstance(name, int):
            ids.append(name)
        else:
            messages.setdefault(name.platform, {}).setdefault(name.channel, []).append(name.id)
    return {"ids": json.dumps(ids), "messages": json.dumps(messages)}


def grouped(pairs: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    """Everything that is paired with each number, as SQL takes it."""
    groups: dict[int, list[Value]] = {}
    for number, value in pairs:
        groups.setdefault(number, []).append(value)
    return groups


def columns(person: Person, tool: int, stance: Stance) -> tuple[int | str, ...]:
    """A standing as its row."""
    return (person.team, person.id, tool, stance.verdict.value, *stance[1:4])


def hashed(key: bytes, team: int, person: str) -> str:
    """A keyed hash of a person in a team: the same each time, telling nothing without the key."""
    return hashlib.blake2b(f"{team}\0{person}".encode(), key=key, digest_size=16).hexdigest()


def open_ballot(row: Row) -> OpenBallot:
    """A ballot from the row of `find_ballots`."""
    ballot, team, kind, frozen, posted_us, tools = row[:6]
    return OpenBallot(BallotRow(ballot, posted_us, tool_ids(tools)), team, kind, bool(frozen))


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

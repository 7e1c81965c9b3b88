"""Ballots, marks and cached counters in SQLite. See `commands.ports.Votes`."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import astuple
from itertools import chain, combinations, islice
from typing import NamedTuple

from bot.storage.database import Connection, Database, Row
from bot.storage.ledger import SQL as LEDGER
from bot.storage.ledger import (
    Ledger,
    OpenBallot,
    Person,
    columns,
    open_ballot,
    shift_counters,
    standings_of,
    tool_ids,
    verdicts,
)
from bot.storage.statements import statements
from commands import voting
from commands.errors import CommandError
from commands.model import (
    SKIP_ALL,
    Activity,
    Ballot,
    BallotKind,
    Channel,
    HeadToHead,
    Mark,
    Message,
    Moved,
    Recorded,
    Scores,
    Tally,
    Via,
)
from commands.ports import Clock
from commands.voting import Counters, MarkRow, Shift, Stance

SQL = statements("votes.sql")


class Repair(NamedTuple):
    """What was read back of one ballot; see `commands.voting.repair`."""

    ballot: int
    seen: frozenset[tuple[str, int]]
    read_from: int
    away_us: int
    complete: bool


class Votes:
    """See `commands.ports.Votes`."""

    def __init__(self, database: Database, *, clock: Clock, hash_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._hash_key = hash_key

    async def open(self, ballot: Ballot) -> None:
        """See `Votes.open`."""
        if ballot.message is None or ballot.posted_us is None:
            raise ValueError("a ballot is opened once it has been posted")
        await self._database.writer.write(insert_ballots, ballot)

    async def ballot(self, ballot: int | Message) -> Ballot | None:
        """See `Votes.ballot`."""
        if isinstance(ballot, Message):
            address = (ballot.platform, ballot.channel, ballot.id)
            row = await self._database.row(SQL["ballot_by_message"], address)
        else:
            row = await self._database.row(SQL["ballot_by_id"], (ballot,))
        return whole_ballot(row) if row else None

    async def newest(self, team: int, channel: str, tools: Sequence[int], since_us: int) -> Ballot | None:
        """See `Votes.newest`."""
        wanted = {"team": team, "channel": channel, "since_us": since_us}
        row = await self._database.row(SQL["newest"], wanted | {"tools": json.dumps(tools), "count": len(tools)})
        return whole_ballot(row) if row else None

    async def freeze(self, ballot: int) -> None:
        """See `Votes.freeze`."""
        await self._database.writer.write(freeze_ballots, ballot)

    async def record(self, mark: Mark) -> Recorded:
        """See `Votes.record`."""
        return await self._database.writer.write(self._record, mark)

    async def record_all(self, marks: Sequence[Mark]) -> list[Recorded | CommandError]:
        """See `Votes.record_all`."""
        return await self._database.writer.write(self._record_all, marks)

    async def _record_all(
        self, conn: Connection, several: Sequence[Sequence[Mark]]
    ) -> list[list[Recorded | CommandError]]:
        """Write several rows of marks as one; see `Writer.write`."""
        answers = iter(await self._record(conn, list(chain.from_iterable(several))))
        return [list(islice(answers, len(marks))) for marks in several]

    async def _record(self, conn: Connection, marks: Sequence[Mark]) -> list[Recorded | CommandError]:
        """Write marks in order of arrival; see `Writer.write`."""
        ledger = self._ledger(conn)
        await conn.hold(ballots=[mark.ballot for mark in marks])
        found = await ledger.find(mark.ballot for mark in marks)
        placed = [(found.get(mark.ballot), mark) for mark in marks]
        sure = [(ballot, mark.person) for ballot, mark in placed if ballot is not None]
        await ledger.meet({(ballot.row.id, person) for ballot, person in sure})
        answers = [self._take(ledger, ballot, mark) for ballot, mark in placed]
        await ledger.settle()
        return answers

    def _take(self, ledger: Ledger, ballot: OpenBallot | None, mark: Mark) -> Recorded | CommandError:
        """Let one mark change what is in hand, if the law has it so."""
        if ballot is None:
            return Recorded(changed=False, ballot=None)
        if mark.kind not in (None, ballot.kind):
            return Recorded(changed=False, ballot=ballot.row.id)
        if not SKIP_ALL <= mark.option <= len(ballot.row.tools):
            return CommandError(f"This ballot has the options 0 to {len(ballot.row.tools)}, and no {mark.option}.")
        person = ledger.people[ballot.team, mark.person]
        row = None if ballot.frozen else self._decided(person, ballot, mark)
        if row is not None:
            ledger.put(person, row)
        return Recorded(changed=row is not None, ballot=ballot.row.id)

    def _decided(self, person: Person, ballot: OpenBallot, mark: Mark) -> MarkRow | None:
        """The row to store for a mark, or None where it changes nothing."""
        stored = person.marks.get(ballot.row.id, {}).get((mark.option, mark.via))
        forgotten_us = person.forgotten_us
        at_us = mark.at_us
        if at_us is None:
            if mark.active == (stored is not None and stored.active):
                return None
            # It arrives now, so it is later than both the mark it replaces and the wish to be forgotten.
            at_us = voting.stamp(self._clock(), stored.at_us if stored else forgotten_us)
        if stored is not None:
            if at_us <= stored.at_us:
                return None
        elif forgotten_us is not None and (
            at_us <= forgotten_us or (not mark.active and ballot.row.posted_us <= forgotten_us)
        ):
            return None
        return MarkRow(ballot.row.id, mark.option, mark.via, mark.active, at_us)

    async def marks(self, ballot: int, person: str) -> tuple[tuple[int, str], ...]:
        """See `Votes.marks`."""
        return tuple(await self._database.rows(SQL["marks"], (person, ballot)))

    async def scores(self, team: int, tools: Sequence[int]) -> Scores:
        """See `Votes.scores`."""
        tallies = dict.fromkeys(tools, Tally())
        pairs = dict.fromkeys(combinations(tools, 2), HeadToHead())
        kept: set[tuple[int, int]] = set()
        for first, second, *counts in await self._database.rows(
            SQL["scores"], {"team": team, "tools": json.dumps(tools)}
        ):
            if second is None:
                tallies[first] = Tally(*counts[:2])
            elif (first, second) in pairs:
                pairs[first, second] = HeadToHead(*counts)
            elif (second, first) in pairs:
                pairs[second, first] = HeadToHead(*counts).turned()
            kept.add((first, second))
        for first, second in pairs:
            if voting.pair(first, second) not in kept and tallies[first].n and tallies[second].n:
                asked = {"team": team, "first": first, "second": second}
                pairs[first, second] = HeadToHead(*(await self._database.rows(SQL["head_to_head"], asked))[0])
        return Scores(tallies, pairs)

    async def revision(self) -> int:
        """See `Votes.revision`."""
        [(revision,)] = await self._database.rows(SQL["revision"])
        return int(revision)

    async def repair(
        self,
        ballot: int,
        seen: frozenset[tuple[str, int]],
        *,
        read_from: int,
        away_us: int,
        complete: bool,
    ) -> int:
        """See `Votes.repair`."""
        return await self._database.writer.write(self._repair, Repair(ballot, seen, read_from, away_us, complete))

    async def _repair(self, conn: Connection, repairs: Sequence[Repair]) -> list[int]:
        """Write what was read back, one ballot after another; see `Writer.write`."""
        await conn.hold(ballots=[one.ballot for one in repairs])
        return [await self._repair_one(self._ledger(conn), conn, one) for one in repairs]

    async def _repair_one(self, ledger: Ledger, conn: Connection, read: Repair) -> int:
        """Make one ballot's reaction marks equal to what was read back; how many changed."""
        ballot = (await ledger.find([read.ballot])).get(read.ballot)
        if ballot is None or ballot.frozen:
            return 0
        known = await conn.fetch(SQL["people_who_reacted"], (read.ballot,))
        seen: dict[str, set[int]] = {person: set() for (person,) in known}
        for person, option in read.seen:
            if SKIP_ALL <= option <= len(ballot.row.tools):
                seen.setdefault(person, set()).add(option)
        await ledger.meet((read.ballot, person) for person in seen)
        changed = 0
        for person, options in seen.items():
            held = ledger.people[ballot.team, person]
            marks = [mark for mark in held.marks.get(read.ballot, {}).values() if mark.via == Via.REACTION]
            moved = voting.repair(
                marks,
                frozenset(options),
                ballot=ballot.row,
                read_from=read.read_from,
                away_us=read.away_us,
                complete=read.complete,
                forgotten_us=held.forgotten_us,
                clock_us=self._clock(),
            )
            for mark in moved:
                ledger.put(held, mark)
            changed += len(moved)
        await ledger.settle()
        return changed

    async def to_repair(self, team: int, since_us: int) -> tuple[Ballot, ...]:
        """See `Votes.to_repair`."""
        return tuple(map(whole_ballot, await self._database.rows(SQL["to_repair"], (team, since_us))))

    async def recent(self, team: int, *, limit: int) -> tuple[Ballot, ...]:
        """See `Votes.recent`."""
        return tuple(map(whole_ballot, await self._database.rows(SQL["recent"], (team, limit))))

    async def activity(self, team: int, channel: str, since_us: int, until_us: int) -> Activity:
        """See `Votes.activity`."""
        asked = {"team": team, "channel": channel, "since_us": since_us, "until_us": until_us}
        ballots = tuple(map(whole_ballot, await self._database.rows(SQL["compared"], asked)))
        [(votes,)] = await self._database.rows(SQL["voted"], asked)
        rows = await self._database.rows(SQL["moved"], asked)
        moved = (Moved(tool, Tally(*counts[:2]), Tally(*counts[2:])) for tool, *counts in rows)
        return Activity(ballots, votes, tuple(move for move in moved if move.before != move.after))

    async def stored_counters(self, team: int) -> Counters:
        """See `Votes.stored_counters`."""
        tallies = await self._database.rows(SQL["stored_tallies"], (team,))
        return counters(tallies, await self._database.rows(SQL["stored_pairs"], (team,)))

    async def rebuilt_counters(self, team: int) -> Counters:
        """See `Votes.rebuilt_counters`."""
        async with self._database.snapshot() as conn:
            return await recounted(conn, team, await recount(conn, team))

    async def rebuild(self, team: int) -> bool:
        """See `Votes.rebuild`."""
        return await self._database.writer.write(self._rebuild, team)

    async def _rebuild(self, conn: Connection, teams: Sequence[int]) -> list[bool]:
        """Rebuild one team after another; see `Writer.write`."""
        await conn.hold(teams)
        return [await self._rebuild_one(conn, team) for team in teams]

    async def _rebuild_one(self, conn: Connection, team: int) -> bool:
        """Replace standings and counters by what the marks say, if they differ."""
        people = await recount(conn, team)
        stored: dict[str, dict[int, Stance]] = {}
        for row in await conn.fetch(LEDGER["team_standings"], (team,)):
            stored.setdefault(row[1], {})[row[2]] = Stance._make(row[3:])
        tallies = await conn.fetch(SQL["stored_tallies"], (team,))
        held = counters(tallies, await conn.fetch(SQL["stored_pairs"], (team,)))
        wanted = await recounted(conn, team, people)
        if stored == people and held == wanted:
            return False
        await conn.fetch(LEDGER["clear_standings"], (team,))
        rows = [
            columns(Person(team, person), tool, stance)
            for person, said in people.items()
            for tool, stance in said.items()
        ]
        await conn.execute_many(LEDGER["put_standing"], rows)
        await conn.fetch(LEDGER["clear_pairs"], (team,))
        pairs = [(team, *key, *astuple(wanted.pairs.get(key, HeadToHead()))) for key in await compared(conn, team)]
        await conn.execute_many(LEDGER["put_pair"], pairs)
        shift = Shift()
        for tool in held.tallies | wanted.tallies:
            was, should = held.tallies.get(tool, Tally()), wanted.tallies.get(tool, Tally())
            shift.tallies[tool] = [should.ships - was.ships, should.skips - was.skips]
        await shift_counters(conn, {team: shift}, self._clock())
        return True

    async def team_ids(self) -> AsyncIterator[int]:
        """See `Votes.team_ids`."""
        row = await self._database.row(SQL["team_ids"], (-1,))
        while row:
            yield row[0]
            row = await self._database.row(SQL["team_ids"], (row[0],))

    def _ledger(self, conn: Connection) -> Ledger:
        """A ledger for one write."""
        return Ledger(conn, clock=self._clock, hash_key=self._hash_key)


async def insert_ballots(conn: Connection, ballots: Sequence[Ballot]) -> list[None]:
    """Store posted ballots, unless they are known."""
    await conn.hold(ballot.team for ballot in ballots)
    for ballot in ballots:
        message = ballot.message
        if message is None:
            raise ValueError("a ballot is opened once it has been posted")
        row = (
            *(ballot.id, ballot.team, ballot.kind, ballot.channel.id, ballot.channel.private, ballot.asker),
            *(message.platform, message.channel, message.id, ballot.posted_us, ballot.frozen, ballot.posted_us),
        )
        if await conn.fetch(SQL["open_ballot"], row):
            options = [(ballot.id, option, tool) for option, tool in enumerate((None, *ballot.tools))]
            await conn.execute_many(SQL["open_option"], options)
            pairs = [(ballot.team, *key) for key in voting.pairs_of(ballot.tools)]
            await conn.execute_many(LEDGER["open_pair"], pairs)
    return [None] * len(ballots)


async def freeze_ballots(conn: Connection, ballots: Sequence[int]) -> list[None]:
    """Freeze these ballots."""
    await conn.hold(ballots=ballots)
    await conn.execute_many(SQL["freeze"], [(ballot,) for ballot in ballots])
    return [None] * len(ballots)


async def recount(conn: Connection, team: int) -> dict[str, dict[int, Stance]]:
    """What everybody in a team stands for, from the marks alone."""
    ballots = {row[0]: open_ballot(row).row for row in await conn.fetch(LEDGER["team_ballots"], (team,))}
    return standings_of(ballots, await conn.fetch(LEDGER["team_marks"], (team,)))


async def compared(conn: Connection, team: int) -> set[tuple[int, int]]:
    """Every pair of tools that have stood on one ballot of a team together."""
    ballots = [open_ballot(row).row for row in await conn.fetch(LEDGER["team_ballots"], (team,))]
    return {key for ballot in ballots for key in voting.pairs_of(ballot.tools)}


async def recounted(conn: Connection, team: int, people: Mapping[str, Mapping[int, Stance]]) -> Counters:
    """The counters that these standings of a whole team add up to."""
    return voting.count(map(verdicts, people.values()), await compared(conn, team))


def counters(tallies: Sequence[Row], pairs: Sequence[Row]) -> Counters:
    """Counters from their rows."""
    return Counters(
        {tool: Tally(ships, skips) for tool, ships, skips in tallies},
        {(first, second): HeadToHead(*counts) for first, second, *counts in pairs},
    )


def whole_ballot(row: Row) -> Ballot:
    """A ballot from its row."""
    ballot, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools = row
    return Ballot(
        id=ballot,
        team=team,
        kind=BallotKind(kind),
        tools=tool_ids(tools),
        channel=Channel(channel, bool(private)),
        asker=asker,
        message=Message(platform, message_channel, message),
        posted_us=posted_us,
        frozen=bool(frozen),
    )

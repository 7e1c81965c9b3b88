"""How many durable votes a second, with counters kept, beside one commit per vote on the same disk.

    python -m tests.bench.bench_votes            5,000 votes a turn
    python -m tests.bench.bench_votes --short     2,000 votes a turn

Three contestants take turns with the same votes, each on a file of its own, in WAL with synchronous=FULL:

    together      `Votes.record`, 256 callers at once, as the program runs: group commit
    one by one    the same with as many callers, but one commit per vote: the writer takes them one at a time
    bare          one vote after another on a plain aiosqlite connection, with no writer in between: BEGIN
                  IMMEDIATE, the statements a single vote needs written by hand, COMMIT

Votes go to 16 ballots over eight tools from 5,000 people, one in five taken back, so that standings and counters
move.
At the end all three must have the same counters.
"""

import asyncio
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiosqlite

from bot.app import settle_memory
from bot.storage.ledger import (
    SQL,
    Person,
    columns,
    hashed,
    open_ballot,
    shift_counters,
    tool_ids,
    verdicts,
)
from bot.storage.sqlite.database import PRAGMAS, Transactions, connection
from bot.storage.statements import Statement
from bot.storage.store import Store
from bot.storage.writer import Writer
from commands import voting
from commands.model import Mark, Message, TeamKey, Via
from commands.voting import BallotRow, MarkRow, Stance
from tests.contracts.make import ballot, entry, ignore

AT_ONCE = 256
TOOLS = 8
BALLOTS = 16
PEOPLE = 5_000
TURNS = 5
LEAST_RATIO = 15


def now_us() -> int:
    """The time now."""
    return time.time_ns() // 1000


def votes(count: int) -> Iterator[Mark]:
    """The same votes each time, as Slack would tell them: on a message, at a time, each later than the last."""
    chance = random.Random(2026)  # the same votes each time, on purpose
    for at_us in range(count):
        message = Message("terminal", "C1", f"m{chance.randint(1, BALLOTS)}")
        person = f"U{chance.randrange(PEOPLE):08}"
        yield Mark(message, person, chance.randint(0, 2), Via.REACTION, chance.random() < 0.8, 10**15 + at_us)


async def opened(path: Path) -> Store:
    """A new store with a team, tools and ballots."""
    store = await Store.open(path, clock=now_us)
    team = await store.teams.team(TeamKey("terminal", "home"))
    await store.catalogue.load([entry(f"tool-{n}") for n in range(TOOLS)], categories={}, progress=ignore)
    for number in range(1, BALLOTS + 1):
        tools = [(number + step) % TOOLS + 1 for step in range(2 + number % 3)]
        await store.votes.open(ballot(number, team, tools))
    return store


async def storm(store: Store, marks: Sequence[Mark]) -> None:
    """Record all marks, this many at once."""
    remaining = iter(marks)

    async def caller() -> None:
        for mark in remaining:
            await store.votes.record(mark)

    await asyncio.gather(*[caller() for _ in range(AT_ONCE)])


class Bare:
    """One vote after another, by hand: what one vote reads and writes, each in one plain statement."""

    def __init__(self, conn: aiosqlite.Connection) -> None:
        self.conn = conn

    async def storm(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            await self.conn.execute_fetchall("BEGIN IMMEDIATE")
            await self.record(mark)
            await self.conn.execute_fetchall("COMMIT")

    async def record(self, mark: Mark) -> None:
        fetch = self.conn.execute_fetchall
        message = mark.ballot
        assert isinstance(message, Message)
        [found] = await fetch(
            "SELECT id, team, kind, frozen, posted_us, tools FROM whole_ballots"
            " WHERE platform = ? AND message_channel = ? AND message = ?",
            (message.platform, message.channel, message.id),
        )
        ballot = open_ballot(found)
        number = ballot.row.id
        person = Person(ballot.team, mark.person)
        rows = await fetch(
            "SELECT ballot, option, via, active, at_us FROM marks WHERE person = ? AND ballot = ?",
            (person.id, number),
        )
        person.marks[number] = {(row[1], row[2]): MarkRow._make((*row, 0)) for row in rows}
        key = (person.team, person.id)
        held = await fetch(
            "SELECT tool, ballot <> 0, at_us, posted_us, ballot, verdict = 'ship'"
            " FROM standings WHERE team = ? AND person = ?",
            key,
        )
        for row in held:
            person.standings[row[0]] = Stance._make(row[1:])
        await fetch("SELECT at_us FROM forgotten WHERE person_hash = ?", (hashed(b"0" * 32, *key),))
        row = MarkRow(number, mark.option, mark.via.value, mark.active, mark.at_us or 0)
        person.marks[number][mark.option, mark.via.value] = row
        [(revision,)] = await fetch(SQL["next_revision"].sqlite)
        await fetch(SQL["put_mark"].sqlite, (person.id, *row[:5], revision))
        await fetch(SQL["touch_ballot"].sqlite, (number, row.at_us))
        person.touched.add(number)
        person.weigh({number: ballot})
        if person.doubtful:
            await self.reconsider(person)
        await self.restate(person)

    async def reconsider(self, person: Person) -> None:
        rows = await self.conn.execute_fetchall(
            "SELECT m.ballot, m.option, m.via, m.active, m.at_us, b.posted_us, b.tools"
            " FROM marks AS m JOIN whole_ballots AS b ON b.id = m.ballot"
            " WHERE m.person = ? AND b.team = ? AND m.active",
            (person.id, person.team),
        )
        ballots = {row[0]: BallotRow(row[0], row[5], tool_ids(row[6])) for row in rows}
        person.reconsider(voting.deciding(ballots, [MarkRow(*row[:5]) for row in rows]))

    async def restate(self, person: Person) -> None:
        many, before, after = self.conn.executemany, person.standings, person.after
        put = [columns(person, tool, after[tool]) for tool in person.moved if tool in after]
        if put:
            await many(SQL["put_standing"].sqlite, put)
        gone = [(person.team, person.id, tool) for tool in before.keys() - after.keys()]
        if gone:
            await many(SQL["drop_standing"].sqlite, gone)
        turned = voting.moved(verdicts(before), verdicts(after))
        if turned:
            paired = await self.conn.execute_fetchall(
                "SELECT first, second FROM pairs WHERE team = :team AND (first IN (SELECT value FROM json_each(:tools))"
                " OR second IN (SELECT value FROM json_each(:tools)))",
                {"team": person.team, "tools": json.dumps(list(turned))},
            )
            shift = voting.Shift()
            shift.add(verdicts(before), verdicts(after), voting.beside(paired))
            await shift_counters(self, {person.team: shift}, now_us())

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """See `bot.storage.database.Connection.execute_many`."""
        if rows:
            await self.conn.executemany(statement.sqlite, rows)


async def contest(folder: Path, count: int) -> dict[str, list[float]]:
    """Votes a second of each contestant, turn by turn."""
    async with AsyncExitStack() as open_until_the_end:
        stores: dict[str, Store] = {}
        for name in ("together", "one by one", "bare"):
            stores[name] = await opened(folder / f"{name}.db")
            open_until_the_end.push_async_callback(stores[name].close)
        single = stores["one by one"].database
        await single.writer.close()
        single.writer = Writer(Transactions(single._writing), batch=1)
        conn = await open_until_the_end.enter_async_context(connection(folder / "bare.db"))
        await conn.executescript(PRAGMAS)
        runs: dict[str, Callable[[Sequence[Mark]], Awaitable[None]]] = {
            "together": lambda marks: storm(stores["together"], marks),
            "one by one": lambda marks: storm(stores["one by one"], marks),
            "bare": Bare(conn).storm,
        }
        speeds: dict[str, list[float]] = {name: [] for name in runs}
        stream = votes(count * TURNS)
        settle_memory()
        for _ in range(TURNS):
            marks = list(itertools.islice(stream, count))
            for name, run in runs.items():
                started = time.perf_counter()
                await run(marks)
                speeds[name].append(count / (time.perf_counter() - started))
        counters = [await store.votes.rebuilt_counters(1) for store in stores.values()]
        counters += [await store.votes.stored_counters(1) for store in stores.values()]
    if any(held != counters[0] for held in counters):
        raise SystemExit("the contestants do not agree on the counters")
    return speeds


async def experience(path: Path, ballots: int) -> tuple[float, float]:
    """Median seconds of a vote of somebody who never voted before, and of one who did on so many ballots."""
    store = await Store.open(path, clock=now_us)
    team = await store.teams.team(TeamKey("terminal", "home"))
    await store.catalogue.load([entry(f"tool-{n}") for n in range(2 * ballots)], categories={}, progress=ignore)
    await asyncio.gather(*[store.votes.open(ballot(n, team, [2 * n - 1, 2 * n])) for n in range(1, ballots + 1)])
    await store.votes.record_all([Mark(n, "old", 1, Via.REACTION, active=True) for n in range(1, ballots + 1)])
    took: dict[str, list[float]] = {"new": [], "old": []}
    for turn in range(200):
        for person, seconds in took.items():
            began = time.perf_counter()
            await store.votes.record(Mark(7, person, 1, Via.REACTION, active=turn % 2 == 1))
            seconds.append(time.perf_counter() - began)
    await store.close()
    return statistics.median(took["new"]), statistics.median(took["old"])


def main(*, short: bool = False) -> None:
    """Print what each contestant did, by how much the first is faster, and what many earlier votes cost."""
    count = 2_000 if short else 5_000
    with tempfile.TemporaryDirectory() as folder:
        speeds = asyncio.run(contest(Path(folder), count))
    print(f"durable votes with counters kept, {TURNS} turns of {count:,} votes, median")
    for name, found in speeds.items():
        middle = statistics.median(found)
        print(f"  {name:<12} {middle:>8,.0f}/s  {1e6 / middle:>7.1f} µs a vote")
    for name in ("one by one", "bare"):
        ratios = [first / second for first, second in zip(speeds["together"], speeds[name], strict=True)]
        print(f"  together is {statistics.median(ratios):.1f} times {name} (wanted: at least {LEAST_RATIO})")
    ballots = 500 if short else 3_000
    with tempfile.TemporaryDirectory() as folder:
        new, old = asyncio.run(experience(Path(folder) / "state.db", ballots))
    print(f"a vote of somebody who has voted on {ballots:,} ballots takes {old / new:.1f} times a newcomer's")


if __name__ == "__main__":
    main(short="--short" in sys.argv)

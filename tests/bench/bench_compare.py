"""`/compare` through `Core.run`, against one bare aiosqlite read of the rows it shows and against a small store."""

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiosqlite

from bot import app
from bot.settings import Settings
from bot.storage.store import Store
from commands.core import Core
from commands.model import (
    Asker,
    Ballot,
    BallotKind,
    Basis,
    Channel,
    Mark,
    Message,
    Request,
    Review,
    Seat,
    Source,
    TeamKey,
    Tool,
    ToolEntry,
    Verdict,
    Via,
    Wording,
)

BARE = """
SELECT t.*, r.*, c.ships, c.skips, p.*
FROM json_each(?2) AS wanted
JOIN tools AS t ON t.id = wanted.value
LEFT JOIN reviews AS r ON r.tool = t.id
LEFT JOIN tallies AS c ON c.team = ?1 AND c.tool = t.id
LEFT JOIN pairs AS p ON p.team = ?1 AND p.first = ?3 AND p.second = ?4
"""
"""One statement for every row a comparison shows: tools, reviews, tallies and the head to head."""

TEAM = TeamKey("bench", "team")
WANTED_BARE, WANTED_GROWTH = 3.0, 1.5
MARKS_EACH = 20
SOURCE = Source("a benchmark", saved="2026-11")


def main(*, short: bool, large: bool = False) -> None:
    sizes = [(100, 1_000), (1_000, 20_000)] if short else [(100, 1_000), (10_000, 1_000_000)]
    if large:
        sizes.append((100_000, 10_000_000))
    measured = []
    for tools, marks in sizes:
        with tempfile.TemporaryDirectory() as folder:
            ours, bare, first = asyncio.run(measure(Path(folder) / "state.db", tools, marks, 200 if short else 2_000))
        measured.append(ours)
        print(
            f"/compare at {tools:,} tools and {marks:,} marks: p50 {ours * 1e6:.0f} µs, "
            f"{ours / bare:.2f} times one bare read of the same rows at {bare * 1e6:.0f} µs (wanted at most "
            f"{WANTED_BARE}; {first * 1e6:.0f} µs when asked for the first time); "
            f"{ours / measured[0]:.2f} times the smallest (wanted at most {WANTED_GROWTH})"
        )


async def measure(path: Path, tools: int, marks: int, rounds: int) -> tuple[float, float, float]:
    """Median seconds of a comparison asked for again, of a bare read in turns with it, and of first times."""
    store = await Store.open(path, clock=app.now_us)
    try:
        await store.catalogue.load(entries(tools), categories={}, progress=lambda _done: None)
        team, pairs = await vote(store, tools, marks)
        core = app.core(store, Settings())
        first_time = statistics.median([await timed_compare(core, *pair) for pair in pairs])
        async with aiosqlite.connect(path, isolation_level=None) as bare:
            ours, theirs = [], []
            for first, second in random.Random(7).choices(pairs, k=rounds):
                ours.append(await timed_compare(core, first, second))
                began = time.perf_counter()
                await bare.execute_fetchall(BARE, (team, json.dumps([first, second]), *sorted((first, second))))
                theirs.append(time.perf_counter() - began)
        return statistics.median(ours), statistics.median(theirs), first_time
    finally:
        await store.close()


async def timed_compare(core: Core, first: int, second: int) -> float:
    request = Request(TEAM, Channel("quiet"), Asker("asker"), f"/compare {slug(first - 1)} vs {slug(second - 1)}")
    began = time.perf_counter()
    reply = await core.run(request)
    took = time.perf_counter() - began
    if reply.ballot is None:
        raise SystemExit(f"no comparison: {reply.plain}")
    return took


async def vote(store: Store, tools: int, marks: int, *, first_person: int = 0) -> tuple[int, list[tuple[int, int]]]:
    """Open ballots and cast this many marks, `MARKS_EACH` a person; the team and the pairs compared."""
    team, draw = await store.teams.team(TEAM), random.Random(11)
    pairs = sorted({tuple(draw.sample(range(1, tools + 1), 2)) for _ in range(max(20, tools // 5))})
    for number, pair in enumerate(pairs, start=1):
        address = Message("bench", "room", str(number))
        channel = Channel("room")
        await store.votes.open(Ballot(number, team, BallotKind.COMPARISON, pair, channel, "asker", address, number))
    people = max(1, marks // MARKS_EACH)
    batch: list[Mark] = []
    for person in range(first_person, first_person + people):
        batch += [
            Mark(ballot, f"U{person:08}", draw.choice([0, 1, 1, 2, 2]), Via.REACTION, active=True, at_us=1_000)
            for ballot in draw.sample(range(1, len(pairs) + 1), MARKS_EACH)
        ]
        if len(batch) >= 1_000:
            await asyncio.gather(*map(store.votes.record, batch))
            batch.clear()
    await asyncio.gather(*map(store.votes.record, batch))
    return team, pairs


def slug(place: int) -> str:
    return f"maker-{place % 97}-model-{place}"


def entries(tools: int) -> Iterator[ToolEntry]:
    for place in range(tools):
        reviews = tuple(
            Review(seat, Verdict.SHIP, Basis.STATED, 50 + place % 50, "Some words.", Wording.PARAPHRASE, SOURCE)
            for seat in Seat
        )
        yield ToolEntry(
            Tool(
                id=0,
                slug=slug(place),
                name=f"Maker {place % 97} Model {place}",
                qualifier="",
                maker=f"Maker {place % 97}",
                category=f"Category {place % 50}",
                tagline="A model.",
                best_for="Measuring",
                best_for_basis=Basis.INFERRED,
                description="A model made for measuring.",
                entry="Free",
                pricing="",
                licence="Apache 2.0",
                sizes=f"{place % 70}B",
                source=SOURCE,
                reviews=reviews,
            )
        )

"""Durable votes through PostgreSQL: in groups against one by one, with one to three processes, and as marks grow.

    python -m tests.bench.bench_postgres            10,000 votes a turn, up to 1,000,000 marks
    python -m tests.bench.bench_postgres --short     2,000 votes a turn, up to 20,000 marks
    python -m tests.bench.bench_postgres --large    also 10,000,000 marks

The server is the one the tests bring up, with fsync on, on the same two cores. One by one is the same code with
one transaction for each vote, on eight connections at once; the votes go to ballots of eight teams, so that no
team's lock holds up the others' connections.
"""

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from bot import app
from bot.settings import Settings
from bot.storage.postgres.database import Database, Transactions
from bot.storage.store import Store, Where
from bot.storage.writer import Writer
from commands.model import Mark, Message, TeamKey, Via
from tests.bench import bench_compare
from tests.contracts.make import ballot, entry, ignore
from tests.postgres import Server

AT_ONCE = 256
TEAMS, BALLOTS, TOOLS, PEOPLE, TURNS = 8, 4, 8, 5_000, 3
CONNECTIONS = 8
SETTLING = ("VACUUM ANALYZE", "CHECKPOINT")
LEAST_RATIO, MOST_GROWTH = 8, 1.5


def votes(count: int, seed: int = 2026, *, teams: Sequence[int] = range(TEAMS)) -> Iterator[Mark]:
    """The same votes each time for the same seed, each later than the last, on ballots of these teams."""
    chance = random.Random(seed)
    ballots = [number for number in range(1, TEAMS * BALLOTS + 1) if number % TEAMS in teams]
    for at_us in range(count):
        message = Message("terminal", "C1", f"m{chance.choice(ballots)}")
        person = f"U{seed % 100:02}{chance.randrange(PEOPLE):08}"
        yield Mark(message, person, chance.randint(0, 2), Via.REACTION, chance.random() < 0.8, 10**15 + at_us)


async def filled(url: str) -> Store:
    """A store with teams, tools and ballots."""
    store = await Store.open(url, clock=app.now_us)
    await store.catalogue.load([entry(f"tool-{n}") for n in range(TOOLS)], categories={}, progress=ignore)
    for number in range(1, TEAMS * BALLOTS + 1):
        team = await store.teams.team(TeamKey("terminal", f"team {number % TEAMS}"))
        tools = [(number + step) % TOOLS + 1 for step in range(2 + number % 3)]
        await store.votes.open(ballot(number, team, tools))
    return store


async def storm(stores: Sequence[Store], marks: Sequence[Mark]) -> float:
    """Record all marks, so many at once, the callers spread over the stores; votes a second."""
    remaining = iter(marks)

    async def caller(store: Store) -> None:
        for mark in remaining:
            await store.votes.record(mark)

    began = time.perf_counter()
    await asyncio.gather(*[caller(stores[number % len(stores)]) for number in range(AT_ONCE)])
    return len(marks) / (time.perf_counter() - began)


async def one_at_a_time(url: str) -> Store:
    """The store with a transaction for each vote."""
    store = await Store.open(url, clock=app.now_us)
    database = store.database
    assert isinstance(database, Database)
    await database.writer.close()
    database.writer = Writer(Transactions(database._writing), batch=1)
    return store


async def groups(server: Server, count: int) -> None:
    """In groups against one by one, in turns."""
    async with AsyncExitStack() as until_the_end:
        urls = [until_the_end.enter_context(server.database()) for _ in range(2)]
        together = await filled(urls[0])
        until_the_end.push_async_callback(together.close)
        await (await filled(urls[1])).close()
        single = [await one_at_a_time(urls[1]) for _ in range(CONNECTIONS)]
        for store in single:
            until_the_end.push_async_callback(store.close)
        ours, theirs, stream = [], [], votes(count * TURNS)
        for _ in range(TURNS):
            marks = list(itertools.islice(stream, count))
            ours.append(await storm([together], marks))
            theirs.append(await storm(single, marks))
        counters = [await store.votes.stored_counters(1) for store in (together, single[0])]
        if counters[0] != counters[1] or counters[0] != await together.votes.rebuilt_counters(1):
            raise SystemExit("the contestants do not agree on the counters")
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    print(
        f"PostgreSQL, {AT_ONCE} votes at once: {statistics.median(ours):,.0f} a second in groups, {ratio:.1f} times "
        f"one transaction for each on {CONNECTIONS} connections at {statistics.median(theirs):,.0f} "
        f"(wanted at least {LEAST_RATIO})"
    )


async def processes(server: Server, count: int, *, apart: bool) -> None:
    """As many votes by one, two and three processes on one database; `apart`, each in teams of its own."""
    rates: list[float] = []
    for number in (1, 2, 3):
        with server.database() as url:
            await (await filled(url)).close()
            program = [sys.executable, "-m", "tests.bench.bench_postgres", "--storm", url, str(count // number)]
            pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
            shares = [str(number) if apart else "1"] * number
            running = [
                await asyncio.create_subprocess_exec(*program, str(seed), share, **pipes)
                for seed, share in enumerate(shares)
            ]
            for process in running:
                await process.stdout.readline()
            began = time.perf_counter()
            for process in running:
                process.stdin.write(b"go\n")
            for process in running:
                await process.stdout.readline()
            rates.append(count // number * number / (time.perf_counter() - began))
            for process in running:
                await process.communicate()
    told = ", ".join(f"{number}: {rate:,.0f} ({rate / rates[0]:.2f})" for number, rate in enumerate(rates, start=1))
    where = "each in teams of its own" if apart else f"all in the same {TEAMS} teams"
    print(f"PostgreSQL and processes on the same two cores, {where}, votes a second and times the first: {told}")


async def stormed(url: str, count: int, seed: int, share: int) -> None:
    """One of those processes: ready, told to go, done. It votes in each of so many teams."""
    store = await Store.open(url, clock=app.now_us)
    marks = list(votes(count, seed, teams=range(seed % share, TEAMS, share)))
    app.settle_memory()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await storm([store], marks)
    print("done", flush=True)
    await store.close()


async def growth(where: Where, sizes: Sequence[int], rounds: int, settle: Callable[[], object]) -> None:
    """What a comparison and a vote take, and what the process holds, as marks grow.

    `settle` ends what a server still has to do after so many votes at once, which has nothing to do with size.
    """
    kind = "SQLite" if isinstance(where, Path) else "PostgreSQL"
    store = await Store.open(where, clock=app.now_us)
    try:
        tools = 100
        await store.catalogue.load(bench_compare.entries(tools), categories={}, progress=ignore)
        core = app.core(store, Settings())
        first: tuple[float, float, float] | None = None
        so_far = 0
        for size in sizes:
            _, pairs = await bench_compare.vote(
                store, tools, size - so_far, first_person=so_far // bench_compare.MARKS_EACH
            )
            so_far = size
            await asyncio.to_thread(settle)
            chance = random.Random(size)
            compared = [await bench_compare.timed_compare(core, *chance.choice(pairs)) for _ in range(rounds)]
            voted = []
            for number in range(rounds):
                person, option = f"U{chance.randrange(size // bench_compare.MARKS_EACH):08}", 1 + number % 2
                mark = Mark(
                    chance.randint(1, len(pairs)), person, option, Via.REACTION, active=True, at_us=size + number
                )
                began = time.perf_counter()
                await store.votes.record(mark)
                voted.append(time.perf_counter() - began)
            resident = psutil.Process().memory_info().rss / 1e6
            now = statistics.median(compared), statistics.median(voted), resident
            first = first or now
            print(
                f"{kind} at {size:,} marks: /compare p50 {now[0] * 1e6:.0f} µs, {now[0] / first[0]:.2f} times the "
                f"fewest; a vote {now[1] * 1e6:.0f} µs, {now[1] / first[1]:.2f} times (wanted at most {MOST_GROWTH}); "
                f"{now[2]:.0f} MB resident, {now[2] / first[2]:.2f} times"
            )
    finally:
        await store.close()


def main(*, short: bool, large: bool = False) -> None:
    count, sizes, rounds = (2_000, (1_000, 20_000), 200) if short else (10_000, (10_000, 1_000_000), 1_000)
    if large:
        sizes = (*sizes, 10_000_000)
    server = Server()
    try:
        asyncio.run(groups(server, count))
        asyncio.run(processes(server, 3 * count, apart=False))
        asyncio.run(processes(server, 3 * count, apart=True))
        with server.database() as url:
            name = url.rpartition("/")[2]
            asyncio.run(growth(url, sizes, rounds, lambda: [server.sql(do, database=name) for do in SETTLING]))
    finally:
        server.close()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(growth(Path(folder) / "state.db", sizes, rounds, int))


if __name__ == "__main__":
    if "--storm" in sys.argv:
        url, count, seed, share = sys.argv[sys.argv.index("--storm") + 1 :]
        asyncio.run(stormed(url, int(count), int(seed), int(share)))
    else:
        main(short="--short" in sys.argv, large="--large" in sys.argv)

"""How soon all digests are posted that are due in the same minute, beside nothing but their posts.

    python -m tests.bench.bench_digests            10,000 channels
    python -m tests.bench.bench_digests --short     1,000 channels

The real runner on a real store, SQLite and PostgreSQL, posts one digest to each of the channels, ten of each
team, where a comparison was made and voted on in the week. The platform takes 50 ms for a post and sets no
limits: 64 posts at once, and the bare cost is what 64 callers take who do nothing but post. Memory is what the
program takes at most while it works, over what it took before, with a tenth of the channels and with all.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psutil

from bot.app import settle_memory
from bot.digest_pace import PACES, Pace
from bot.digest_runner import DigestRunner
from bot.storage.store import Store
from commands.model import Channel, Message, Subscription, TeamKey, Weekly
from commands.ports import Rules
from commands.reply import Reply
from commands.schedule import WEEK_US, next_due
from tests.contracts.make import ballot, entry, ignore, mark
from tests.fakes import NOON_US, FakeClock
from tests.postgres import Server

POST_S = 0.05
AT_ONCE = 64
CHANNELS_OF_A_TEAM = 10
GATHER = 500
LEAST_A_SECOND = max(pace.at_once / pace.least_s for pace in PACES.values())
"""What the quickest pace lets through."""

MOST_MB = 40

WEEKLY = Weekly(0, 9, 0, "Europe/Berlin")
DUE_US = next_due(WEEKLY, NOON_US)


class Platform:
    """Takes its time for every post, and counts what each channel got."""

    def __init__(self) -> None:
        self.posted: Counter[str] = Counter()

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        await asyncio.sleep(POST_S)
        self.posted[channel.id] += bool(reply.blocks)
        return Message(team.platform, channel.id, f"m{len(self.posted)}")

    async def find_digest(self, *_: object) -> Message | None:
        raise AssertionError("nothing was interrupted")

    async def tell(self, *_: object) -> None:
        raise AssertionError("nothing was refused")


async def furnish(store: Store, count: int) -> None:
    """Switch the digest on in so many channels, with something to tell in each."""
    await store.catalogue.load([entry(f"tool-{n}") for n in range(8)], categories={}, progress=ignore)

    async def channel(number: int) -> None:
        key = TeamKey("terminal", f"t{number // CHANNELS_OF_A_TEAM}")
        team = await store.teams.team(key)
        place = Channel(f"c{number}")
        message = Message("terminal", place.id, "1")
        posted_us = DUE_US - WEEK_US // 2
        tools = (number % 7 + 1, number % 7 + 2)
        await store.votes.open(ballot(number + 1, team, tools, channel=place, message=message, posted_us=posted_us))
        await store.votes.record(mark(number + 1, "ada", 1, posted_us + 1))
        await store.digests.subscribe(Subscription(0, team, key, place, WEEKLY, "ada", 0, DUE_US))

    for start in range(0, count, GATHER):
        await asyncio.gather(*map(channel, range(start, min(start + GATHER, count))))


async def watch_memory(done: asyncio.Event) -> float:
    """By how much more memory than now is taken until it is done, at most; in megabytes."""
    process = psutil.Process()
    before = most = process.memory_info().rss
    while not done.is_set():
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(POST_S)
    return (most - before) / 1e6


async def run(place: Path | str, count: int) -> tuple[float, float]:
    """How many seconds it takes until all are posted, and how much memory."""
    clock = FakeClock(DUE_US - WEEK_US // 2)
    store = await Store.open(place, clock=clock)
    await furnish(store, count)
    clock.now_us = DUE_US
    platform = Platform()
    runner = DigestRunner(
        {"terminal": platform},
        digests=store.digests,
        catalogue=store.catalogue,
        votes=store.votes,
        clock=clock,
        rules=Rules(),
        paces={"terminal": Pace(AT_ONCE, AT_ONCE, 0.0)},
    )
    settle_memory()
    done = asyncio.Event()
    memory = asyncio.create_task(watch_memory(done))
    started = time.perf_counter()
    await runner.tick()
    took_s = time.perf_counter() - started
    done.set()
    if len(platform.posted) != count or set(platform.posted.values()) != {1}:
        raise SystemExit(f"{platform.posted.total()} posts in {len(platform.posted)} of {count} channels")
    await store.close()
    return took_s, await memory


async def bare(count: int) -> float:
    """How many seconds the posts alone take."""
    platform = Platform()
    remaining = iter(range(count))

    async def caller() -> None:
        for number in remaining:
            await platform.post_digest(TeamKey("terminal", "t"), Channel(f"c{number}"), Reply("", ()))

    started = time.perf_counter()
    await asyncio.gather(*[caller() for _ in range(AT_ONCE)])
    return time.perf_counter() - started


def main(*, short: bool = False) -> None:
    """Print how fast digests are posted from each database."""
    count = 1_000 if short else 10_000
    bare_s = asyncio.run(bare(count))
    print(f"{count:,} digests due in the same minute, {AT_ONCE} posts at once of {POST_S * 1e3:.0f} ms each")
    print(f"  nothing but the posts  {count / bare_s:>6,.0f}/s, all within {bare_s:.1f} s")
    with tempfile.TemporaryDirectory() as folder, closing(Server()) as server:
        for name in ("sqlite", "postgres"):
            found: dict[int, tuple[float, float]] = {}
            for size in (count // 10, count):
                with server.database() as url:
                    place = url if name == "postgres" else Path(folder) / f"{size}.db"
                    found[size] = asyncio.run(run(place, size))
            took_s, most_mb = found[count]
            print(
                f"  {name:<21}  {count / took_s:>6,.0f}/s, all within {took_s:.1f} s, {took_s / bare_s:.1f} times as "
                f"long (wanted: at least the {LEAST_A_SECOND:.0f}/s of the quickest pace)"
            )
            print(
                f"  {'':<21}  {most_mb:.1f} MB more with {count:,} due, {found[count // 10][1]:.1f} MB with "
                f"{count // 10:,} (wanted: at most {MOST_MB} MB either way)"
            )


if __name__ == "__main__":
    main(short="--short" in sys.argv)

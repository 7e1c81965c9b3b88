"""Discord: our listeners against discord.py with empty ones, both told the same by one gateway, in turns.

    python -m tests.bench.bench_discord [--short]

The gateway is a process of its own. Calls of Discord's API end in a stub, where an answer counts as handed
over; memory is that of processes of their own.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.webhook.async_ import async_context

from adapters.discord.client import Client
from adapters.discord.connection import DiscordConnection, Options
from bot import app
from bot.settings import Settings
from bot.storage.store import Store
from commands.core import Core
from commands.model import Ballot, BallotKind, Channel, Mark, Message, TeamKey
from tests.bench.bench_compare import entries, slug
from tests.bench.discord_load import CHANNEL, GUILD

WANTED, WANTED_COMPLETION = 0.4, 3.0
PEOPLE, BALLOTS, PAIRS = 200, 16, 300
AT_ONCE = 500
"""Interactions that are sent together; of many more, some would be answered late, which takes another call."""

MEMORY = (1_000, 10)
PREFIXES = ("m", "ma", "mak", "maker 1", "maker 12 mo", "maker 50 model 9")
TOKEN = "a token that opens nothing"  # noqa: S105


class Prompt(Client):
    """Our client, without the seconds that the library waits before a session."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Go on at once."""


class Empty(discord.AutoShardedClient):
    """The same library with listeners that only count."""

    done: "Counter"

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Go on at once."""

    async def on_raw_reaction_add(self, _event: discord.RawReactionActionEvent) -> None:
        self.done.one()

    async def on_raw_reaction_remove(self, _event: discord.RawReactionActionEvent) -> None:
        self.done.one()

    async def on_interaction(self, _interaction: discord.Interaction) -> None:
        self.done.one()


class Answering(Empty):
    """The same with a listener that answers in one word, which is handed to HTTP by the library itself."""

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Yes")


class Counter:
    """Counts what is done, and tells when it is all."""

    def __init__(self) -> None:
        self._left = 0
        self._all = asyncio.Event()

    def expect(self, number: int) -> None:
        self._left = number
        self._all.clear()

    def one(self) -> None:
        self._left -= 1
        if not self._left:
            self._all.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self._all.wait(), 120)


class Load:
    """The process that is the gateway."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()

    async def run(self, done: Counter, session: int, number: int, **job: object) -> float:
        """Have payloads sent; how many a second were dealt with."""
        assert self._process.stdin is not None
        told = job | {"session": session, "count": number, "people": PEOPLE}
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        if await self.line() != "ready":
            raise SystemExit("the gateway ended early")
        done.expect(number)
        began = time.perf_counter()
        self._process.stdin.write(b"go\n")
        await done.wait()
        return number / (time.perf_counter() - began)


@asynccontextmanager
async def loading() -> AsyncIterator[Load]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.discord_load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Load(process)
    finally:
        process.kill()
        await process.wait()


def main(*, short: bool) -> None:
    """Measure reactions, interactions and completion, then memory."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), short=short))
    ours, theirs = (memory(which) for which in ("ours", "default"))
    print(
        f"Discord, {MEMORY[0]:,} servers of {MEMORY[1]} channels: {ours:.0f} MB resident, {ours / theirs:.2f} of the "
        f"same client with default caching at {theirs:.0f} MB"
    )


async def measure(folder: Path, *, short: bool) -> None:
    tools, events, rounds = (1_000, 3_000, 3) if short else (100_000, 12_000, 9)
    async with loading() as load, app.store(Settings(), str(folder / "state.db")) as store:
        api_url = await load.line()
        await store.catalogue.load(entries(tools), categories={}, progress=lambda _done: None)
        messages = await ballots(store)
        async with connected(store, api_url) as ours, plain(Empty) as empty, plain(Answering) as answering:
            contest = Contest(load, ours, empty, answering, rounds)
            what = "Discord reactions from the gateway until durable"
            await contest.run(what, events, kind="reactions", messages=messages)
            pairs = [{"a": slug(place), "b": slug(place + 1)} for place in range(PAIRS)]
            for name, asked in {"help": [{}], "compare": pairs}.items():
                what = f"Discord /{name} until its response is handed to HTTP"
                await contest.run(what, AT_ONCE, kind="interactions", type=2, asked=[used(name, one) for one in asked])
            await contest.complete(tools, 300 if short else 1_200)


class Contest:
    """Our client, an empty one and one that answers, the sessions of the gateway in this order, in turns."""

    def __init__(self, load: Load, ours: Counter, empty: Counter, answering: Counter, rounds: int) -> None:
        self._load = load
        self._sides = (empty, 1), (ours, 0)
        self._answering = answering, 2
        self._rounds = rounds

    async def run(self, what: str, number: int, **job: object) -> None:
        sides = (*self._sides, self._answering) if job["kind"] == "interactions" else self._sides
        rates: dict[int, list[float]] = {session: [] for _, session in sides}
        for turn in range(self._rounds):
            for done, session in sides:
                rates[session].append(await self._load.run(done, session, number, first=turn * number, **job))
        own, bare, *answering = (statistics.median(rates[session]) for session in sorted(rates))
        print(
            f"{what}: {own:,.0f} a second, {own / bare:.2f} of discord.py with an empty listener at {bare:,.0f} "
            f"(wanted at least {WANTED})"
            + "".join(f"; {own / rate:.2f} of one that answers in a word at {rate:,.0f}" for rate in answering)
        )

    async def complete(self, tools: int, number: int) -> None:
        """Prefixes one after another, in turns, against a callback that completes nothing."""
        took: dict[int, list[float]] = {0: [], 1: []}
        for place in range(number):
            option = {"name": "a", "type": 3, "value": PREFIXES[place % len(PREFIXES)], "focused": True}
            asked = [{"id": "1", "name": "compare", "type": 1, "options": [option]}]
            for done, session in self._sides:
                rate = await self._load.run(done, session, 1, kind="interactions", type=4, asked=asked)
                took[session].append(1 / rate)
        own, bare = (statistics.quantiles(took[session], n=100)[98] for session in (0, 1))
        print(
            f"Discord completion of a prefix among {tools:,} tools: p99 {own * 1e3:.2f} ms, {own / bare:.1f} times an "
            f"empty callback at {bare * 1e3:.2f} ms (wanted at most {WANTED_COMPLETION:.0f})"
        )


@asynccontextmanager
async def connected(store: Store, api_url: str) -> AsyncIterator[Counter]:
    """Our connection, running; counts marks that are durable, and answers handed over."""
    # Each comparison is drawn and gets a ballot, however often the same tools were compared before.
    ports = app.ports(store, Settings(repeat_hours=0))
    core, stop, ready, done = Core(ports), asyncio.Event(), asyncio.Event(), Counter()

    def announce(words: str) -> None:
        if words.startswith("Discord: connected"):
            ready.set()

    options = Options(TOKEN, api_url, ready_within_s=0.05)
    connection = await DiscordConnection.open(options, core, ports, store.presence, announce=announce, client=Prompt)
    running = asyncio.ensure_future(connection.run(stop))
    try:
        await asyncio.wait_for(ready.wait(), 30)
        await connection._tasks.drain(5)
        one, record, answered = core.mark, core.mark_all, count_answers(done)

        async def mark(given: Mark) -> Any:  # noqa: ANN401
            try:
                return await one(given)
            finally:
                done.one()

        async def mark_all(platform: str, marks: Sequence[Mark]) -> Any:  # noqa: ANN401
            answers = await record(platform, marks)
            for _ in answers:
                done.one()
            return answers

        core.mark = mark  # type: ignore[method-assign]
        core.mark_all = mark_all  # type: ignore[method-assign]
        connection._client.http.request = answered  # type: ignore[method-assign]
        app.settle_memory()
        yield done
    finally:
        stop.set()
        await running


def used(name: str, options: dict[str, str]) -> dict[str, Any]:
    """What an interaction says of the command that somebody used."""
    given = [{"name": option, "type": 3, "value": value} for option, value in options.items()]
    return {"id": "1", "name": name, "type": 1, "options": given}


def count_answers(done: Counter) -> Any:  # noqa: ANN401
    """A stub for calls of the API that counts answers to interactions."""

    numbers = count()

    async def request(route: Any, **_: object) -> dict[str, Any]:  # noqa: ANN401
        if route.path.endswith("/callback"):
            done.one()
        made = str(discord.utils.time_snowflake(discord.utils.utcnow()) + next(numbers) % 2**22)
        return {"id": made, "interaction": {"id": made, "type": 2}, "resource": {"message": {"id": made}}}

    return request


@asynccontextmanager
async def plain(kind: type[Empty]) -> AsyncIterator[Counter]:
    """The library with listeners of this kind, running."""
    client = kind(
        intents=discord.Intents(guilds=True, guild_reactions=True), max_messages=None, guild_ready_timeout=0.05
    )
    client.done = Counter()
    if kind is Answering:  # the library hands answers to interactions to HTTP by this one
        async_context.get().request = count_answers(client.done)  # type: ignore[method-assign]
    await client.login(TOKEN)
    _, url, _ = await client.http.get_bot_gateway()
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
    running = asyncio.ensure_future(client.connect())
    try:
        await asyncio.wait_for(client.wait_until_ready(), 30)
        yield client.done
    finally:
        await client.close()
        await running


async def ballots(store: Store) -> list[str]:
    """Open ballots on pairs of tools; the ids of their messages."""
    team = await store.teams.team(TeamKey("discord", GUILD))
    ids = [str(1_100_000_000_000_000_000 + number) for number in range(BALLOTS)]
    for number, message in enumerate(ids, start=1):
        address = Message("discord", CHANNEL, message)
        await store.votes.open(
            Ballot(number, team, BallotKind.COMPARISON, (number, number + 1), Channel(CHANNEL), "1", address, number)
        )
    return ids


def memory(which: str) -> float:
    """Megabytes that a process with a client and its servers takes."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.discord_memory", which, *map(str, MEMORY)]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)


if __name__ == "__main__":
    main(short="--short" in sys.argv)

"""Slack over signed HTTP: our listeners against empty ones in the same Bolt app, in turns, in one process.

Deliveries come 32 at once from a process of its own, which also is the Slack that the bot talks to.
"""

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation

from adapters.slack.connection import Installed, Options, SlackConnection
from adapters.slack.manifest import EVENTS
from bot import app
from bot.settings import Settings
from bot.storage.installations import Installations, States
from bot.storage.store import Store
from commands.core import Core
from commands.model import Ballot, BallotKind, Channel, Message, TeamKey

WANTED = 0.6
SECRET = "a secret to sign with"  # noqa: S105 - it opens nothing
PEOPLE, BALLOTS = 200, 16
PAIR = "code llama 4 70b vs mistral 8x22b --anew"


def main(*, short: bool) -> None:
    """Measure reactions with one token and with OAuth, then comparisons."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), short=short))


class Load:
    """The process that sends deliveries."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()

    async def run(self, *, count: int, **job: object) -> float:
        """Have deliveries sent; how many a second were done."""
        assert self._process.stdin is not None
        self._process.stdin.write(
            json.dumps(job | {"count": count, "secret": SECRET, "people": PEOPLE}).encode() + b"\n"
        )
        answer = await self.line()
        if not answer:
            raise SystemExit("the load ended early")
        return count / float(answer)


@asynccontextmanager
async def loading() -> AsyncIterator[Load]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.slack_load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Load(process)
    finally:
        process.kill()
        await process.wait()


async def measure(folder: Path, *, short: bool) -> None:
    count, rounds = (1_500, 3) if short else (6_000, 5)
    async with loading() as load:
        api_url = await load.line()
        for mode in ("single token", "OAuth"):
            async with app.store(Settings(), str(folder / f"{mode}.db")) as store:
                messages = await ballots(store)
                installed = await installation(store) if mode == "OAuth" else None
                connection = await connected(store, api_url, installed)
                async with served(connection, installed) as (ours, empty):
                    await compare(load, mode, ours, empty, messages, count=count, rounds=rounds)
                    if mode == "single token":
                        await post(load, ours, empty, count=count // 15, rounds=rounds)


async def compare(
    load: Load, mode: str, ours: str, empty: str, messages: list[str], *, count: int, rounds: int
) -> None:
    """Reactions until durable, in turns with the empty listeners."""
    first = 0
    cold = await load.run(kind="reactions", url=ours, messages=messages, first=first, count=PEOPLE)
    rates: dict[str, list[float]] = {ours: [], empty: []}
    for _ in range(rounds):
        first += count
        for url in (empty, ours):
            rates[url].append(await load.run(kind="reactions", url=url, messages=messages, first=first, count=count))
    own, bare = statistics.median(rates[ours]), statistics.median(rates[empty])
    print(
        f"reactions over signed HTTP until durable, 32 at once, {mode}: {own:,.0f} a second, {own / bare:.2f} of the "
        f"same Bolt app with empty listeners at {bare:,.0f} (wanted at least {WANTED}); "
        f"{cold:,.0f} a second from people not seen before, each looked up at Slack"
    )


async def post(load: Load, ours: str, empty: str, *, count: int, rounds: int) -> None:
    """Comparisons until they are posted, in turns with the empty listeners, which post nothing."""
    rates: dict[str, list[float]] = {ours: [], empty: []}
    for _ in range(rounds):
        for url in (empty, ours):
            rates[url].append(await load.run(kind="commands", url=url, text=PAIR, posts=url == ours, count=count))
    own, bare = statistics.median(rates[ours]), statistics.median(rates[empty])
    print(
        f"/compare over signed HTTP until posted with its table, 32 at once: {own:,.0f} a second, {own / bare:.2f} of "
        f"the same Bolt app with empty listeners at {bare:,.0f}; each is five calls of Slack's API"
    )


async def ballots(store: Store) -> list[str]:
    """Open ballots on pairs of the shipped tools; the time stamps of their messages."""
    team = await store.teams.team(TeamKey("slack", "T1"))
    tools = [name.id for name in await store.catalogue.names()]
    stamps = [f"1700000000.{number:06}" for number in range(1, BALLOTS + 1)]
    for number, stamp in enumerate(stamps, start=1):
        pair = (tools[number % len(tools)], tools[(number + 1 + number // len(tools)) % len(tools)])
        message = Message("slack", "C1", stamp)
        await store.votes.open(
            Ballot(number, team, BallotKind.COMPARISON, pair, Channel("C1"), "U1", message, 1_700_000_000_000_000)
        )
    return stamps


async def connected(store: Store, api_url: str, installed: Installed | None) -> SlackConnection:
    """Our connection, of a workspace by its token or by a stored installation."""
    ports = app.ports(store, Settings())
    options = Options(api_url, bot_token="xoxb-1", signing_secret=SECRET)  # noqa: S106
    if installed is not None:
        options = Options(api_url, signing_secret=SECRET, client_id="1.2", client_secret="3")  # noqa: S106
    return await SlackConnection.open(options, Core(ports), ports, store.presence, installations=installed)


async def installation(store: Store) -> Installed:
    """A stored installation of the workspace."""
    kept = Installations(store.database, key=Fernet.generate_key().decode(), clock=app.now_us)
    await kept.async_save(
        Installation(
            app_id="A1",
            team_id="T1",
            bot_token="xoxb-1",  # noqa: S106
            bot_id="BBOT",
            bot_user_id="UBOT",
            user_id="U1",
        )
    )
    return Installed(kept, States(store.database, clock=app.now_us))


@asynccontextmanager
async def served(connection: SlackConnection, installed: Installed | None) -> AsyncIterator[list[str]]:
    """Our app and one like it whose listeners do nothing, each at an address of its own."""
    empty = connection._make_app(installed)

    async def nothing(ack: Callable[[], Awaitable[None]]) -> None:
        await ack()

    for event in ("reaction_added", "reaction_removed"):
        empty.event(event)(nothing)
    empty.command("/compare")(nothing)
    runners = []
    try:
        urls = []
        for bolt in (connection._app, empty):
            runner = web.AppRunner(bolt.web_app(EVENTS), access_log=None)
            await runner.setup()
            runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}{EVENTS}")
        app.settle_memory()
        yield urls
    finally:
        for runner in runners:
            await runner.cleanup()
        await connection.close()

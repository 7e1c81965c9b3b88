"""A Discord with one guild, a few people and channels, and clients of the real library."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from discord import AllowedMentions, AutoShardedClient, Intents, Interaction, MemberCacheFlags
from discord.http import Route

from tests.discord_server.library import directed_to
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Message, Person
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

Json = dict[str, Any]
INTENTS = Intents(guilds=True, guild_messages=True, guild_reactions=True)


class Client(AutoShardedClient):
    """A client that notes what it is told and answers interactions as a test says."""

    def __init__(self, intents: Intents = INTENTS, **options: Any) -> None:  # noqa: ANN401 -- the library's own
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=AllowedMentions.none(),
            guild_ready_timeout=0.05,
            enable_debug_events=True,
            **options,
        )
        self.heard: list[tuple[str, Json]] = []
        self.noticed: list[str] = []
        self.answer: Json | None = None
        self.news = asyncio.Event()
        self.became_ready = asyncio.Event()
        self.ended: asyncio.Future[None] | None = None

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once. The library would wait five seconds."""

    async def on_socket_raw_receive(self, message: str) -> None:
        payload = json.loads(message)
        if payload["op"] == 0:
            self.heard.append((payload["t"], payload["d"]))
            self.news.set()

    def dispatch(self, event: str, /, *args: Any, **more: Any) -> None:  # noqa: ANN401 -- the library's own
        self.noticed.append(event)
        super().dispatch(event, *args, **more)

    async def on_ready(self) -> None:
        self.became_ready.set()

    async def on_interaction(self, interaction: Interaction) -> None:
        if self.answer is not None:
            path = f"/interactions/{interaction.id}/{interaction.token}/callback"
            await self.call("POST", path, json=self.answer)

    def told(self, event: str) -> list[Json]:
        """What came with all events of a name."""
        return [data for name, data in self.heard if name == event]

    async def call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 -- whatever JSON comes
        return await self.http.request(Route(method, path), **options)


Start = Callable[..., Awaitable[Client]]


@pytest.fixture
async def discord(clock: FakeClock) -> AsyncIterator[Discord]:
    async with Discord(clock) as server:
        with directed_to(server):
            yield server


@pytest.fixture
def guild(discord: Discord) -> Guild:
    return discord.guild("Harbour")


@pytest.fixture
def ann(discord: Discord, guild: Guild) -> Person:
    return discord.person(guild, "Ann")


@pytest.fixture
def bob(discord: Discord, guild: Guild) -> Person:
    return discord.person(guild, "Bob")


@pytest.fixture
def general(discord: Discord, guild: Guild) -> Channel:
    return discord.channel(guild, "general")


@pytest.fixture
def message(discord: Discord, general: Channel, ann: Person) -> Message:
    return discord.say(ann, general, "Llama or Mistral?")


@pytest.fixture
async def start(discord: Discord) -> AsyncIterator[Start]:
    """Start clients of the library and wait until they are ready; they end with the test."""
    async with AsyncExitStack() as stack:

        async def run(intents: Intents = INTENTS, **options: Any) -> Client:  # noqa: ANN401 -- the library's own
            client = Client(intents, **options)
            running = client.ended = asyncio.ensure_future(client.start(discord.token))
            stack.push_async_callback(asyncio.wait, [running])
            stack.push_async_callback(client.close)
            ready = asyncio.ensure_future(client.became_ready.wait())
            await asyncio.wait((running, ready), timeout=10, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            if running.done():
                running.result()
            return client

        yield run


@pytest.fixture
async def client(start: Start, guild: Guild, general: Channel) -> Client:
    """A client that hears what happens in the guild."""
    return await start()


@pytest.fixture
async def api(discord: Discord, guild: Guild, general: Channel) -> AsyncIterator[Client]:
    """A client that is logged in and has no gateway."""
    client = Client()
    await client.login(discord.token)
    yield client
    await client.http.close()


async def heard(client: Client, event: str, count: int = 1) -> list[Json]:
    """What came with an event, once it has come so many times."""
    async with asyncio.timeout(PATIENCE_S):
        while len(client.told(event)) < count:
            client.news.clear()
            await client.news.wait()
    return client.told(event)

"""The real adapter, on a real store, connected to the Discord of the tests' own: a world to act in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import connection
from adapters.discord.client import Client
from adapters.discord.connection import DiscordConnection, Options
from adapters.discord.shards import Slice
from bot import app
from bot.settings import Settings
from bot.storage.store import Store
from commands.core import COMMANDS, Core
from commands.declare import Command
from commands.ports import Clock, Ports
from tests.adapters.paced import paced
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Message, Person

TOOLS = {"a": "code llama 4 70b", "b": "mistral 8x22b"}


class Prompt(Client):
    """The client, without the five seconds that the library waits before every session but the first."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Go on at once."""


@contextmanager
def restored() -> Iterator[None]:
    """Put the library's addresses back, which it keeps for the whole process."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@dataclass
class World:
    """A server with Ann and Ben in #general, and the bot connected to it."""

    folder: Path
    discord: Discord
    clock: Clock = app.now_us
    settings: Settings = field(default_factory=Settings)
    commands: tuple[Command, ...] = COMMANDS
    given: Callable[[Ports], Ports] = lambda ports: ports
    shards: Slice | None = None
    guild: Guild = field(init=False)
    ann: Person = field(init=False)
    ben: Person = field(init=False)
    general: Channel = field(init=False)
    store: Store = field(init=False)
    core: Core = field(init=False)
    connection: DiscordConnection = field(init=False)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guild = self.discord.guild("Harbour", bot_permissions=NEEDED)
        self.ann = self.discord.person(self.guild, "Ann")
        self.ben = self.discord.person(self.guild, "Ben")
        self.general = self.discord.channel(self.guild, "general")

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["World"]:
        """The bot, running while the context is open; can be entered again, as after a restart."""
        with restored():
            async with app.store(self.settings, str(self.folder / "shipworthy.db"), clock=self.clock) as self.store:
                ports = app.ports(self.store, self.settings, clock=self.clock)
                # The timer as it is then, for a test may hurry it.
                ports = self.given(paced(ports, self.store, lambda: connection.LoopTimer().now()))
                self.core = Core(ports, self.commands)
                options = Options(self.discord.token, self.discord.api_url, ready_within_s=0.05, shards=self.shards)
                self.connection = await DiscordConnection.open(
                    options, self.core, ports, self.store.presence, announce=self._announce, client=Prompt
                )
                stop = asyncio.Event()
                running = asyncio.ensure_future(self.connection.run(stop))
                before = len(self.said)
                try:
                    await self.discord.until(lambda: running.done() or self._up(before))
                    if running.done():
                        running.result()
                    yield self
                finally:
                    stop.set()
                    await running

    def _up(self, before: int) -> bool:
        return any(words.startswith("Discord: connected") for words in self.said[before:])

    def _announce(self, words: str) -> None:
        self.said.append(words)
        self.discord.changed()

    async def compare(self, by: Person | None = None, channel: Channel | None = None, **tools: str) -> Message:
        """Use /compare and wait for the message with all its reactions."""
        used = await self.discord.command(by or self.ann, channel or self.general, "compare", tools or TOOLS)
        message = await self.discord.answered(used)
        await self.discord.until(lambda: len(message.reactions) >= 3)
        return message


NEEDED = (
    Can.VIEW_CHANNEL
    | Can.SEND_MESSAGES
    | Can.SEND_MESSAGES_IN_THREADS
    | Can.EMBED_LINKS
    | Can.ADD_REACTIONS
    | Can.READ_MESSAGE_HISTORY
)

"""The real adapter, on a real store, connected to the Slack of the tests' own: a world to act in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from adapters.slack import connection
from adapters.slack.connection import Installed, Options, SlackConnection
from bot import app
from bot.settings import Settings
from bot.storage.installations import Installations, States
from bot.storage.store import Store
from commands.core import COMMANDS, Core
from commands.declare import Command
from commands.ports import Clock
from tests.adapters.paced import paced
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person, Workspace

PAIR = "code llama 4 70b vs mistral 8x22b"
KEY = Fernet.generate_key().decode()


@dataclass
class World:
    """A workspace T1 with Ann and Ben in #general, and the bot connected to it by HTTP, OAuth or socket."""

    folder: Path
    slack: Slack
    mode: str = "http"
    clock: Clock = app.now_us
    options: dict[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    commands: tuple[Command, ...] = COMMANDS
    team: Workspace = field(init=False)
    ann: Person = field(init=False)
    ben: Person = field(init=False)
    general: Channel = field(init=False)
    store: Store = field(init=False)
    core: Core = field(init=False)
    connection: SlackConnection = field(init=False)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.team = self.slack.workspace("T1", "Acme")
        self.ann = self.slack.person(self.team, "Ann")
        self.ben = self.slack.person(self.team, "Ben")
        self.general = self.slack.channel(self.team, "general", self.ann, self.ben)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["World"]:
        """The bot, running while the context is open; can be entered again, as after a restart."""
        async with app.store(self.settings, str(self.folder / "shipworthy.db"), clock=self.clock) as self.store:
            ports = app.ports(self.store, self.settings, clock=self.clock)
            # The timer as it is then, for a test may hurry it.
            ports = paced(ports, self.store, lambda: connection.LoopTimer().now())
            self.core = Core(ports, self.commands)
            installed = await self._installed()
            before = len(self.said)
            self.connection = await SlackConnection.open(
                Options(**self._options()), self.core, ports, self.store.presence,
                installations=installed, announce=self._announce,
            )  # fmt: skip
            stop = asyncio.Event()
            running = asyncio.ensure_future(self.connection.run(stop))
            try:
                await self._up(running, before)
                yield self
            finally:
                stop.set()
                await running

    def _options(self) -> dict[str, Any]:
        given: dict[str, Any] = {"api_url": self.slack.api_url, "port": 0, "ping_interval_s": 0.2}
        if self.mode == "oauth":
            given |= {"client_id": self.slack.app.client_id, "client_secret": self.slack.app.client_secret}
        else:
            given["bot_token"] = self.slack.token(self.team)
        if self.mode == "socket":
            given["app_token"] = self.slack.app.app_token
        else:
            given["signing_secret"] = self.slack.app.signing_secret
        return given | self.options

    async def _installed(self) -> Installed | None:
        if self.mode != "oauth":
            return None
        return Installed(
            Installations(self.store.database, key=KEY, clock=self.clock),
            States(self.store.database, clock=self.clock),
        )

    def _announce(self, words: str) -> None:
        self.said.append(words)
        if "listening at " in words:
            self.slack.app.request_url = words.partition("listening at ")[2]
        self.slack.changed()

    async def _up(self, running: "asyncio.Future[None]", before: int) -> None:
        """Wait until the bot is connected, or has failed to; `before` so much had been said when it began."""
        wanted = "Slack: connected" if self.mode == "socket" else "Slack: listening"
        waiting = asyncio.ensure_future(
            self.slack.until(lambda: any(words.startswith(wanted) for words in self.said[before:]))
        )
        await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
            running.result()
        await waiting

    async def compare(self, words: str = PAIR, by: Person | None = None, channel: Channel | None = None) -> Message:
        """Type /compare and wait for the message with all its reactions."""
        channel = channel or self.general
        known = set(channel.messages)
        await self.slack.command(by or self.ann, channel, "/compare", words)
        message = await self.slack.until(
            lambda: next((m for ts, m in channel.messages.items() if ts not in known and len(m.reactions) >= 3), None)
        )
        await self.slack.settled()
        return message

    async def whisper(self, person: Person | None = None, channel: Channel | None = None, *, after: int = 0) -> Message:
        """The newest thing shown to this person alone, once there are more than `after`."""
        person, channel = person or self.ann, channel or self.general
        found = await self.slack.until(lambda: self.slack.whispers(channel, person)[after:])
        return found[-1]


def shown(blocks: object) -> str:
    """All the words in a payload, in order, one after another."""
    if isinstance(blocks, str):
        return ""
    if isinstance(blocks, list):
        return " ".join(filter(None, map(shown, blocks)))
    if not isinstance(blocks, dict):
        return ""
    own = blocks.get("text")
    words = own if isinstance(own, str) else ""
    if blocks.get("type") == "emoji":
        words = f":{blocks['name']}:"
    inner = " ".join(filter(None, (shown(value) for name, value in blocks.items() if not isinstance(value, str))))
    return f"{words} {inner}".strip()

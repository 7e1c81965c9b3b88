"""`shipworthy run` as a process of its own, with the tests' own Slack and Discord before it."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from tests.adapters.discord.running import NEEDED, TOOLS
from tests.discord_server.server import Discord
from tests.discord_server.things import Message as Post
from tests.patience import PATIENCE_S
from tests.program import PROGRAM, environment
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person, Workspace

PAIR = "code llama 4 70b vs mistral 8x22b"
ENDS_WITHIN_S = 20.0
"""Ten seconds, which it promises, and what a busy machine may add."""
TOKEN_KEY = Fernet.generate_key().decode()


class Program:
    """One run of the program; `printed` and `logged` grow while it runs."""

    def __init__(self, process: asyncio.subprocess.Process, changed: asyncio.Condition) -> None:
        self.process = process
        self.printed = ""
        self.logged = ""
        self._changed = changed
        self._reading = [asyncio.ensure_future(self._read(name)) for name in ("printed", "logged")]

    async def _read(self, name: str) -> None:
        stream = self.process.stdout if name == "printed" else self.process.stderr
        assert stream is not None
        while line := await stream.readline():
            setattr(self, name, getattr(self, name) + line.decode())
            async with self._changed:
                self._changed.notify_all()
        await self.process.wait()
        async with self._changed:
            self._changed.notify_all()

    async def says(self, words: str, times: int = 1) -> None:
        """Wait until it has printed or logged these words so often."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                while (self.printed + self.logged).count(words) < times:
                    assert self.process.returncode is None, (
                        f"it ended before it said {words!r}: {self.printed}{self.logged}"
                    )
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"it never said {words!r}: {self.printed}{self.logged}") from None

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status, which has to come in time."""
        self.process.send_signal(number)
        return await self.status()

    async def status(self) -> int:
        """The exit status, once it has ended."""
        async with asyncio.timeout(ENDS_WITHIN_S):
            status = await self.process.wait()
        await asyncio.gather(*self._reading)
        return status


class House:
    """A Slack with a workspace, a Discord with a server, and a folder in which the program runs."""

    def __init__(self, folder: Path, slack: Slack, discord: Discord) -> None:
        self.folder = folder
        self.slack = slack
        self.discord = discord
        self.team: Workspace = slack.workspace("T1", "Acme")
        self.ann: Person = slack.person(self.team, "Ann", is_admin=True)
        self.ben: Person = slack.person(self.team, "Ben")
        self.general: Channel = slack.channel(self.team, "general", self.ann, self.ben)
        self.guild = discord.guild("Harbour", bot_permissions=NEEDED)
        self.cy = discord.person(self.guild, "Cy")
        self.dee = discord.person(self.guild, "Dee")
        self.room = discord.channel(self.guild, "room")
        self.db = "shipworthy.db"
        self.said = ""
        """All that the programs printed and logged."""

    def by_socket(self) -> dict[str, str]:
        return {"SLACK_BOT_TOKEN": self.slack.token(self.team), "SLACK_APP_TOKEN": self.slack.app.app_token}

    def by_http(self) -> dict[str, str]:
        return {
            "SLACK_BOT_TOKEN": self.slack.token(self.team),
            "SLACK_SIGNING_SECRET": self.slack.app.signing_secret,
            "SHIPWORTHY_PORT": "0",
        }

    def by_oauth(self) -> dict[str, str]:
        return {
            "SLACK_CLIENT_ID": self.slack.app.client_id,
            "SLACK_CLIENT_SECRET": self.slack.app.client_secret,
            "SLACK_SIGNING_SECRET": self.slack.app.signing_secret,
            "SHIPWORTHY_TOKEN_KEY": TOKEN_KEY,
            "SHIPWORTHY_PORT": "0",
        }

    def by_discord(self) -> dict[str, str]:
        return {"DISCORD_TOKEN": self.discord.token}

    @asynccontextmanager
    async def starting(self, *words: str, **settings: str) -> AsyncIterator[Program]:
        """The program from its first moment on; killed at the end if it still runs."""
        addresses = {"SLACK_API_URL": self.slack.api_url, "DISCORD_API_URL": self.discord.api_url}
        given = addresses | {"SHIPWORTHY_LOG_LEVEL": "DEBUG"} | settings
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, "run", "--db", self.db, *words, cwd=self.folder, env=environment(**given),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        program = Program(process, asyncio.Condition())
        try:
            yield program
        finally:
            if process.returncode is None:
                process.kill()
            await program.status()
            self.said += program.printed + program.logged

    @asynccontextmanager
    async def running(self, **settings: str) -> AsyncIterator[Program]:
        """The program once it is reached from everywhere, ended by SIGTERM, with an exit status that must be 0."""
        async with self.starting(**settings) as program:
            if "DISCORD_TOKEN" in settings:
                await program.says("Discord: connected")
            if "SLACK_APP_TOKEN" in settings:
                await program.says("Slack: connected")
            elif "SLACK_SIGNING_SECRET" in settings:
                await program.says("/slack/events")
                self.slack.app.request_url = program.printed.partition("listening at ")[2].split()[0]
            yield program
            if program.process.returncode is None:
                assert await program.end() == 0, program.logged

    async def refused(self, **settings: str) -> str:
        """The one line with which the program declines to run."""
        async with self.starting(**settings) as program:
            assert await program.status() == 1, program.logged
        assert program.printed == ""
        assert "Traceback" not in program.logged
        [line] = [line for line in program.logged.splitlines() if not line.startswith("20")]
        return line

    async def compare(self, words: str = PAIR) -> Message:
        """Type /compare and wait for the message with all its reactions."""
        known = set(self.general.messages)
        await self.slack.command(self.ann, self.general, "/compare", words)

        def posted() -> Message | None:
            new = (message for ts, message in self.general.messages.items() if ts not in known)
            return next((message for message in new if len(message.reactions) >= 3), None)

        message = await self.slack.until(posted)
        assert message is not None
        return message

    async def compare_on_discord(self, **tools: str) -> Post:
        """Use /compare there and wait for the message with all its reactions."""
        message = await self.discord.answered(await self.discord.command(self.cy, self.room, "compare", tools or TOOLS))
        await self.discord.until(lambda: len(message.reactions) >= 3)
        return message

    async def answered(self, words: str) -> None:
        """Type /shipworthy and these words, and wait for something to be said."""
        before = len(self.general.messages) + len(self.general.whispers)
        await self.slack.command(self.ann, self.general, "/shipworthy", words)
        await self.slack.until(lambda: len(self.general.messages) + len(self.general.whispers) > before)

    async def shows(self, message: Message, words: str) -> None:
        await self.slack.until(lambda: words in str(message.blocks))

    async def shows_on_discord(self, message: Post, words: str) -> None:
        await self.discord.until(lambda: words in str(message.embeds))

    def assert_no_secret(self) -> None:
        """Nothing that gives somebody access was printed or logged."""
        slack = self.slack
        secrets = {app_secret for app in slack.apps.values() for app_secret in (app.app_token, app.signing_secret)}
        secrets |= {app.client_secret for app in slack.apps.values()}
        secrets |= set(slack.tokens) | set(slack.response_urls)
        secrets |= {self.discord.token} | set(self.discord.interactions)
        secrets |= {TOKEN_KEY} | {f"ticket{number:06}" for number in range(1, 1_000)}
        assert [secret for secret in secrets if secret in self.said] == []


class Gate:
    """A way to a platform that can be shut: what goes through it is cut, and nobody gets in, until it is opened."""

    def __init__(self, platform: Slack | Discord) -> None:
        self._to = urlsplit(platform.url)
        self._platform = platform
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.StreamWriter] = set()
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.shut()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self._platform.url = f"http://127.0.0.1:{self._port}"
        if isinstance(self._platform, Discord):
            self._platform.gateway_url = f"ws://127.0.0.1:{self._port}/gateway/"

    def shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._passing:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._passing |= {writer, back}
        await asyncio.gather(pump(reader, back), pump(onward, writer))
        self._passing -= {writer, back}


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what comes from one side to the other, until either is gone."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()

"""`shipworthy run` as a process of its own, with the tests' own Slack before it."""

import asyncio
import contextlib
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from tests.program import PROGRAM, environment
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person, Workspace

PAIR = "code llama 4 70b vs mistral 8x22b"
ENDS_WITHIN_S = 10.0
PATIENCE_S = 20.0
TOKEN_KEY = Fernet.generate_key().decode()
BLUE, ORANGE = "large_blue_circle", "large_orange_circle"


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

    async def says(self, words: str, times: int = 1) -> None:
        """Wait until it has printed or logged these words so often."""
        ended = asyncio.ensure_future(self.process.wait())
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                while (self.printed + self.logged).count(words) < times:
                    assert not ended.done(), f"it ended before it said {words!r}: {self.printed}{self.logged}"
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"it never said {words!r}: {self.printed}{self.logged}") from None
        finally:
            ended.cancel()

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status, which has to come within ten seconds."""
        self.process.send_signal(number)
        return await self.status()

    async def status(self) -> int:
        """The exit status, once it has ended."""
        async with asyncio.timeout(ENDS_WITHIN_S):
            status = await self.process.wait()
        await asyncio.gather(*self._reading)
        return status


class House:
    """A Slack with a workspace, and a folder in which the program runs."""

    def __init__(self, folder: Path, slack: Slack) -> None:
        self.folder = folder
        self.slack = slack
        self.team: Workspace = slack.workspace("T1", "Acme")
        self.ann: Person = slack.person(self.team, "Ann", is_admin=True)
        self.ben: Person = slack.person(self.team, "Ben")
        self.general: Channel = slack.channel(self.team, "general", self.ann, self.ben)
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

    @asynccontextmanager
    async def starting(self, *words: str, **settings: str) -> AsyncIterator[Program]:
        """The program from its first moment on; killed at the end if it still runs."""
        given = {"SLACK_API_URL": self.slack.api_url, "SHIPWORTHY_LOG_LEVEL": "DEBUG"} | settings
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, "run", "--db", "shipworthy.db", *words, cwd=self.folder, env=environment(**given),
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
        """The program once Slack reaches it, ended by SIGTERM, with an exit status that must be 0."""
        async with self.starting(**settings) as program:
            if "SLACK_APP_TOKEN" in settings:
                await program.says("Slack: connected")
            else:
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
        return await self.slack.until(
            lambda: next(
                (m for ts, m in self.general.messages.items() if ts not in known and len(m.reactions) >= 3), None
            )
        )

    async def answered(self, words: str) -> None:
        """Type /shipworthy and these words, and wait for something to be said."""
        before = len(self.general.messages) + len(self.general.whispers)
        await self.slack.command(self.ann, self.general, "/shipworthy", words)
        await self.slack.until(lambda: len(self.general.messages) + len(self.general.whispers) > before)

    async def shows(self, message: Message, words: str) -> None:
        await self.slack.until(lambda: words in str(message.blocks))

    def assert_no_secret(self) -> None:
        """Nothing that gives somebody access was printed or logged."""
        slack = self.slack
        secrets = {app_secret for app in slack.apps.values() for app_secret in (app.app_token, app.signing_secret)}
        secrets |= {app.client_secret for app in slack.apps.values()}
        secrets |= set(slack.tokens) | set(slack.response_urls)
        secrets |= {TOKEN_KEY} | {f"ticket{number:06}" for number in range(1, 1_000)}
        assert [secret for secret in secrets if secret in self.said] == []


class Gate:
    """A way to Slack that can be shut: what goes through it is cut, and nobody gets in, until it is opened."""

    def __init__(self, slack: Slack) -> None:
        self._to = urlsplit(slack.url)
        self._slack = slack
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
        self._slack.url = f"http://127.0.0.1:{self._port}"

    def shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._passing:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._passing |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(onward, writer))
        self._passing -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack:
        slack.app.retry_delays_s = (0.2, 0.5, 1.0)
        yield House(tmp_path, slack)


@pytest.mark.parametrize("mode", ["by_socket", "by_http"])
async def test_a_team_compares_votes_thinks_again_and_finds_it_all_after_a_restart(house: House, mode: str) -> None:
    slack, settings = house.slack, getattr(house, mode)()
    async with house.running(**settings):
        message = await house.compare()
        assert (await slack.react(house.ann, message, BLUE)).acked
        await house.shows(message, "1 of 1")
        assert (await slack.unreact(house.ann, message, BLUE)).acked
        assert (await slack.react(house.ann, message, ORANGE)).acked
        assert (await slack.react(house.ben, message, BLUE)).acked
        assert (await slack.react(house.ben, message, ORANGE)).acked
        assert (await slack.unreact(house.ben, message, ORANGE)).acked
    # What was voted last is drawn before the program ends: one for each of the two.
    assert str(message.blocks).count("1 of 2") == 2, message.blocks
    await slack.settled()
    async with house.running(**settings):
        assert (await slack.react(house.ben, message, ORANGE)).acked
        await house.shows(message, "2 of 2")
        await house.answered("digest on")
        await house.answered("digest now")
        await slack.until(lambda: any("shipworthy_digest" in str(m.metadata) for m in slack.messages(house.general)))
    house.assert_no_secret()
    assert "Traceback" not in house.said
    assert [line for line in house.said.splitlines() if " WARNING " in line or " ERROR " in line] == []


async def test_a_team_that_removed_the_app_is_erased_once_it_was_kept_for_long_enough(house: House) -> None:
    async with house.running(**house.by_http()):
        message = await house.compare()
        assert (await house.slack.react(house.ann, message, BLUE)).acked
        assert all(answer.acked for answer in await house.slack.uninstall(house.team))
    async with house.running(**house.by_oauth() | {"SHIPWORTHY_KEEP_DAYS": "1"}):
        pass
    assert "days ago or longer" not in house.said
    async with house.running(**house.by_oauth() | {"SHIPWORTHY_KEEP_DAYS": "0"}) as program:
        await program.says("removed the bot 0 days ago or longer: 1")
    with contextlib.closing(sqlite3.connect(house.folder / "shipworthy.db")) as db:
        assert db.execute("SELECT count(*) FROM marks").fetchone() == (0,)
    house.assert_no_secret()


async def test_what_is_not_set_up_is_told_in_a_line(house: House) -> None:
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN" in await house.refused()
    assert "add SLACK_APP_TOKEN" in await house.refused(SLACK_BOT_TOKEN=house.slack.token("T1"))


@pytest.mark.parametrize("mode", ["by_socket", "by_http"])
async def test_a_bot_token_that_slack_refuses_is_told_in_a_line(house: House, mode: str) -> None:
    settings = getattr(house, mode)() | {"SLACK_BOT_TOKEN": "xoxb-nobodys-token"}
    assert "SLACK_BOT_TOKEN (invalid_auth)" in await house.refused(**settings)
    assert "nobodys" not in house.said


async def test_an_app_token_that_slack_refuses_is_told_in_a_line(house: House) -> None:
    settings = house.by_socket() | {"SLACK_APP_TOKEN": "xapp-nobodys-token"}
    assert "SLACK_APP_TOKEN (invalid_auth)" in await house.refused(**settings)
    assert "nobodys" not in house.said


async def test_a_port_that_is_taken_and_a_database_that_is_none_are_told_in_a_line(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "in use" in await house.refused(**house.by_http() | {"SHIPWORTHY_PORT": port})
    (house.folder / "shipworthy.db").write_bytes(b"no database at all " * 500)
    assert "shipworthy.db" in await house.refused(**house.by_socket())


async def test_it_starts_while_slack_is_away_and_stays_when_slack_goes(house: House) -> None:
    """A gate before Slack is shut, opened, shut and opened; nothing is lost, and no traceback is logged."""
    slack = house.slack
    async with Gate(slack) as gate:
        gate.shut()
        async with house.starting(**house.by_socket()) as program:
            await program.says("going on and trying again")
            await gate.open()
            await program.says("Slack: connected")
            message = await house.compare()
            gate.shut()
            await slack.until(lambda: not slack.sockets())
            missed = await slack.react(house.ann, message, BLUE)
            assert not missed.acked
            await gate.open()
            await program.says("Slack: connected", times=2)
            await house.shows(message, "1 of 1")
            assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said
    house.assert_no_secret()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_finishes_the_answer_under_way_and_draws_the_last_votes(
    house: House, number: int
) -> None:
    slack = house.slack
    async with house.running(**house.by_http()) as program:
        message = await house.compare()
        await slack.react(house.ann, message, BLUE)
        await house.shows(message, "1 of 1")
        await slack.react(house.ben, message, ORANGE)
        slack.fail("chat.postMessage", status=429, retry_after_s=1)
        await slack.command(house.ben, house.general, "/compare", "mistral code vs mistral 8x22b")
        await slack.until(lambda: slack.calls[-1].method == "chat.postMessage")
        assert await program.end(number) == 0, program.logged
    assert str(message.blocks).count("1 of 2") == 2
    assert len(slack.messages(house.general)) == 2
    assert len(slack.messages(house.general)[1].reactions) == 3
    assert program.printed.endswith("Shipworthy has stopped.\n")


@pytest.mark.parametrize("hanging", ["auth.test", "apps.connections.open"])
async def test_told_to_stop_while_it_starts_it_does_so_at_once(house: House, hanging: str) -> None:
    house.slack.fail(hanging, times=9, broken="hang")
    async with house.starting(**house.by_socket()) as program:
        await house.slack.until(lambda: any(call.method == hanging for call in house.slack.calls))
        assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said

"""`shipworthy chat` as a process: scripts, pipes, signals, a full disk, and a terminal."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import resource
import select
import shlex
import signal
import sqlite3
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import app
from bot.settings import Settings
from commands.model import Channel, Subscription, TeamKey, Weekly
from tests import program

COMPARE = "/compare mistral code vs mistral 8x22b"
HOUR_US = 3_600_000_000

FIRST = """\
# A team makes up its mind.
/compare mistral code vs mistral 8x22b

+1
/as bob
+🟠
+1
/as cy
+skip
/as bob
-:large_blue_circle:
/bookmark mistral code
/digest on Monday 09:00 Europe/Berlin
/digest preview
/quit
+1 and nothing after /quit is read
"""

SECOND = """\
/as bob
/bookmarks
/digest status
/compare mistral code vs mistral 8x22b
+1
-1 #1
/compare mistral code vs mistral 8x22b --anew
+2
-2 #3
"""

WHEN = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)?,? ?\d{1,2} [A-Z][a-z]+ \d{4}"
    r"|\d\d:\d\d(?: [A-Z]{3,4})?"
)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def chat(db: Path, script: str | bytes, **environment: str) -> subprocess.CompletedProcess[str]:
    return program.run("chat", "--as", "ana", "--db", str(db), folder=db.parent, script=script, **environment)


def rows(db: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(db)) as conn:
        return conn.execute(sql).fetchall()


def timeless(page: str) -> str:
    return " ".join(WHEN.sub("WHEN", page).split())


def subscribe(db: Path, *channels: str) -> None:
    """Switch on the digest of these channels, due two hours ago."""

    async def put() -> None:
        async with app.store(Settings(), str(db)) as opened:
            key = TeamKey("terminal", "terminal")
            team = await opened.teams.team(key)
            weekly = Weekly(0, 9, 0, "Europe/Berlin")
            due_us = app.now_us() - 2 * HOUR_US
            for name in channels:
                await opened.digests.subscribe(Subscription(0, team, key, Channel(name), weekly, "ana", 0, due_us))

    asyncio.run(put())


def in_order(told: list[str], page: str) -> bool:
    """Whether the page says all of this, one after the other; what is missing is raised."""
    at = 0
    for words in told:
        at = page.index(words, at) + len(words)
    return True


def test_a_script_is_answered_in_order_and_a_second_process_finds_everything(db: Path) -> None:
    first = chat(db, FIRST)
    assert (first.returncode, first.stderr) == (0, "")
    told = [
        "ana> /compare mistral code vs mistral 8x22b",
        "-- #1 Mistral Code vs Mistral 8x22B v2 ---",
        "The panel ships both, but the Founder skips 🟠 Mistral 8x22B v2.",
        "ana: ship 🔵 Mistral Code on #1",
        "🔵 Mistral Code      100% ship · 1 of 1",
        "bob> +🟠",
        "bob: ship 🟠 Mistral 8x22B v2 on #1",
        "bob: ship 🔵 Mistral Code on #1",
        "cy: skip both on #1",
        "bob: takes back ship 🔵 Mistral Code on #1",
        "🔵 Mistral Code      33% ship · 1 of 3",
        "🟠 Mistral 8x22B v2  33% ship · 1 of 3",
        "Mistral Code is bookmarked",
        "-- #2 ---",
        "@bob switched the weekly digest on: Mondays at 09:00 (Europe/Berlin).",
        "-- This week in AI tools ---",
        "only you see this",
        "Most voted on here: 🔵 Mistral Code vs 🟠 Mistral 8x22B v2.",
        "bob> /quit",
    ]
    assert in_order(told, first.stdout)
    assert first.stdout.endswith("bob> /quit\n")

    second = chat(db, SECOND)
    assert (second.returncode, second.stderr) == (0, "")
    told = [
        "1 bookmark",
        "Mistral Code",
        "The weekly digest is on: Mondays at 09:00 (Europe/Berlin).",
        "Set by @bob",
        "the vote stands at #1",
        "bob: ship 🔵 Mistral Code on #1",
        "🔵 Mistral Code      67% ship · 2 of 3",
        "bob: takes back ship 🔵 Mistral Code on #1",
        "-- #3 Mistral Code vs Mistral 8x22B v2 ---",
        "bob: ship 🟠 Mistral 8x22B v2 on #3",
        "🔵 Mistral Code      33% ship · 1 of 3",
        "bob: takes back ship 🟠 Mistral 8x22B v2 on #3",
        "🟠 Mistral 8x22B v2  33% ship · 1 of 3",
    ]
    assert in_order(told, second.stdout)


def test_the_same_script_gives_the_same_text_on_another_file(tmp_path: Path) -> None:
    pages = [chat(tmp_path / name, FIRST + SECOND.replace("/quit", "")).stdout for name in ("one.db", "other.db")]
    assert timeless(pages[0]) == timeless(pages[1])
    assert "WHEN" in timeless(pages[0])


def test_a_line_that_fails_is_named_on_standard_error_and_the_rest_goes_on(db: Path) -> None:
    done = chat(db, f"# fine\n/nope\n+1\n{COMPARE}\n+4\n+1\n")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["line 2", "line 3", "line 5"]
    assert "There is no command /nope" in done.stderr
    assert "ana: ship 🔵 Mistral Code on #1" in done.stdout


@pytest.mark.parametrize(
    "environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}]
)
def test_a_pipe_gets_no_escape_codes_and_no_line_is_too_long(db: Path, environment: dict[str, str]) -> None:
    done = chat(db, f"{COMPARE}\n+1\n/help\n", **environment)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "#1 Mistral Code" in done.stdout


def test_bytes_that_are_not_text_are_read_as_something_unknown(db: Path) -> None:
    done = chat(db, b"\xef\xbb\xbf/tools\r\n\xff\xfe\x00/help\n/compare \xff\xfe vs \xc3\n\x1b[2J\n/tools")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["line 3"]
    assert "\x1b" not in done.stdout
    assert done.stdout.count("ana> /tools\n") == 2
    assert "Traceback" not in done.stdout + done.stderr


def test_an_empty_script_and_no_standard_input_at_all_are_fine(db: Path) -> None:
    done = chat(db, "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    line = f'exec {shlex.join(program.PROGRAM)} chat --db "{db}" <&-'
    closed = subprocess.run(
        ["/bin/sh", "-c", line], cwd=db.parent, env=program.environment(), capture_output=True, check=False
    )
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, b"", b"")


def test_a_reader_who_has_seen_enough_ends_the_program_quietly(db: Path) -> None:
    subscribe(db, "general")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as nobody:
        done = subprocess.run(
            [*program.PROGRAM, "chat", "--db", str(db)],
            input=b"/help\n" * 3,
            stdout=nobody,
            stderr=subprocess.PIPE,
            cwd=db.parent,
            env=program.environment(),
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_digest_that_was_due_appears_once_and_never_again(db: Path) -> None:
    subscribe(db, "general", "elsewhere")
    first = chat(db, "/tools\n")
    assert first.stdout.startswith("-- #1 ---")
    assert first.stdout.count("This week in AI tools") == 1
    again = chat(db, "/tools\n")
    assert (first.returncode, again.returncode) == (0, 0)
    assert "This week in AI tools" not in again.stdout
    assert rows(db, "SELECT state FROM digest_runs") == [("posted",), ("posted",)]
    assert sorted(rows(db, "SELECT channel, number FROM terminal_messages")) == [("elsewhere", 1), ("general", 1)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_the_program_ends_at_once_with_nothing_lost(db: Path, number: signal.Signals) -> None:
    with program.Chat(db, "--as", "ana") as session:
        session.type([COMPARE, "+1"])
        session.until("ana: ship 🔵 Mistral Code on #1")
        with pytest.raises(subprocess.TimeoutExpired):  # until told it waits for the next line
            session.process.wait(0.3)
        session.process.send_signal(number)
        session.rest()
        assert session.process.returncode == 128 + number
        assert session.errors.read_text() == ""
    assert rows(db, "SELECT person, option, active FROM marks") == [("ana", 1, 1)]
    assert [path.name for path in db.parent.glob("state.db-*")] == []


def test_on_a_full_disk_the_answer_says_so_and_with_room_again_the_vote_counts(db: Path) -> None:
    with program.Chat(db, "--as", "ana") as session:
        session.type([COMPARE, "+1"])
        session.until("🟠 Mistral 8x22B v2  0% ship · 0 of 1")
        unlimited = resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        session.type(["+2", "/bookmark mistral code", "/tools"])
        refused = session.until("ana> /tools")
        assert "The disk that holds the database reported an error; nothing was changed." in refused
        assert "only you see this\nThat could not be looked up or stored just now. Nothing was changed" in refused
        assert "8 tools" in session.until("8 tools")
        resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, unlimited)
        session.type(["+2"])
        session.until("🟠 Mistral 8x22B v2  100% ship · 1 of 1")
        assert session.end() == 1
        assert "Traceback" not in session.errors.read_text()
    assert rows(db, "PRAGMA integrity_check") == [("ok",)]
    checked = program.run("db", "check", "--db", str(db), folder=db.parent)
    assert (checked.returncode, checked.stdout) == (0, "1 team checked, none with wrong counters\n")


class Terminal:
    """A terminal with the program in it."""

    def __init__(self, db: Path, **environment: str) -> None:
        self.master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.before = termios.tcgetattr(self._slave)
        self.page = ""
        self.process = subprocess.Popen(
            [*program.PROGRAM, "chat", "--as", "ana", "--db", str(db)],
            cwd=db.parent,
            env=program.environment(TERM="xterm-256color", COLORTERM="truecolor", **environment),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self.master, keys.encode())

    def until(self, words: str) -> str:
        """What has appeared since the last call, up to these words, which must come."""
        return self._wait(lambda: words in self.page, words)

    def end(self) -> int:
        """Wait for the program to end; its exit status."""
        self._wait(lambda: self.process.poll() is not None, "the end")
        return self.process.returncode

    def restored(self) -> bool:
        """Whether the terminal is as it was before the program."""
        return termios.tcgetattr(self._slave) == self.before

    def close(self) -> None:
        """Take the terminal away."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self._slave)

    def _wait(self, come: Callable[[], bool], words: str) -> str:
        ends = time.monotonic() + program.PATIENCE_S
        while not come():
            assert time.monotonic() < ends, f"{words!r} did not appear: {self.page!r}"
            if select.select([self.master], [], [], 0.05)[0]:
                more = os.read(self.master, 65_536).decode("utf-8", "replace")
                if "\x1b[6n" in more:  # where is the cursor? a terminal answers
                    self.type("\x1b[1;1R")
                self.page += more
        page, self.page = self.page, ""
        return page


@pytest.fixture
def terminal(db: Path) -> Iterator[Terminal]:
    terminal = Terminal(db)
    yield terminal
    terminal.close()


def test_in_a_terminal_there_is_a_prompt_and_colour_and_ctrl_d_ends_it(terminal: Terminal, db: Path) -> None:
    terminal.until("ana>")
    terminal.type(f"{COMPARE}\r")
    assert "\x1b[1;38;2;76;141;255m🔵 Mistral Code" in terminal.until("/bookmark mistral-code vs")
    terminal.type("+1\r")
    assert "\x1b[38;2;76;141;255m█" in terminal.until("1 to 0")
    terminal.type("/to\x03")
    terminal.type("/as bob\r")
    terminal.until("bob>")
    terminal.type("\x04")
    assert terminal.end() == 0
    assert terminal.restored()
    assert rows(db, "SELECT person, option FROM marks WHERE active") == [("ana", 1)]
    assert f"+{COMPARE}\n" in db.with_suffix(".history").read_text()


def test_told_to_end_in_a_terminal_it_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.until("ana>")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    assert terminal.restored()
    assert "Traceback" not in terminal.page

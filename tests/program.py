"""The real program as a process of its own, in an empty folder and with nothing of ours in its environment."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Self

from bot.settings import PREFIXES
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
QUIET = "ignore:'audioop' is deprecated:DeprecationWarning"
"""What discord.py's own import warns of on the newest Pythons that still have it."""
PROGRAM = (sys.executable, "-W", "error", "-W", QUIET, "-m", "bot")


def environment(**more: str) -> dict[str, str]:
    """The environment a program gets: ours, without settings, for a terminal 80 cells wide."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
    kept.pop("NO_COLOR", None)
    plain = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "80", "TZ": "Europe/Berlin", "LOGNAME": "ana"}
    return kept | plain | more


def run(*words: str, folder: Path, script: str | bytes = b"", **more: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, with this on its standard input."""
    fed = script.encode() if isinstance(script, str) else script
    done = subprocess.run(
        [*PROGRAM, *words], input=fed, cwd=folder, env=environment(**more), capture_output=True, check=False, timeout=60
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


class Chat:
    """A channel that is fed through a pipe, line by line. Use it as a context: what still runs is killed at the end."""

    def __init__(self, db: Path, *words: str, **more: str) -> None:
        self.errors = db.with_suffix(".stderr")
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*PROGRAM, "chat", "--db", str(db), *words],
                cwd=db.parent,
                env=environment(**more),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._typed: IO[bytes] = self.process.stdin
        self._printed: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,))
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):  # what it did not take is nobody's any more
            self._typed.close()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def type(self, lines: Iterable[str]) -> None:
        """Type these lines."""
        self._typed.write("".join(f"{line}\n" for line in lines).encode())
        self._typed.flush()

    def until(self, words: str) -> str:
        """What is printed up to and with the first line that has these words."""
        page, ends = "", time.monotonic() + PATIENCE_S
        while True:
            line = self._printed.get(timeout=max(0.0, ends - time.monotonic())).decode()
            if not line:
                raise AssertionError(f"the program ended before it said {words!r}: {page}{self.errors.read_text()}")
            page += line
            if words in line:
                return page

    def rest(self) -> str:
        """All that is printed until the program has ended, which somebody must have brought about."""
        lines = []
        while line := self._printed.get(timeout=PATIENCE_S):
            lines.append(line)
        self.process.wait(PATIENCE_S)
        return b"".join(lines).decode()

    def end(self) -> int:
        """Close its input, let it end, and return its exit status."""
        self._typed.close()
        return self.process.wait(PATIENCE_S)

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._printed.put(line)
        self._printed.put(b"")

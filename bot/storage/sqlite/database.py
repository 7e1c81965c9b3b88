"""A SQLite file: opened, checked, brought up to date, read on one connection and written on another."""

import asyncio
import contextlib
import functools
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import aiosqlite

from bot.storage.database import Parameters, Row
from bot.storage.errors import StorageError
from bot.storage.sqlite import trips
from bot.storage.sqlite.errors import code, translated, unavailable
from bot.storage.sqlite.trips import Reader, Step
from bot.storage.statements import Statement
from bot.storage.timing import timed
from bot.storage.writer import Writer
from commands.model import Message

APPLICATION_ID = 0x53686970
"""Written into the file's header ("Ship"), so that another program's database is told apart."""

MAGIC = b"SQLite format 3\0"
OLDEST_SQLITE = (3, 37, 0)
BUSY_SECONDS = 15
"""How long a write waits for another process; a large catalogue import takes some seconds."""

BUSY_AGAIN_SECONDS = 0.02

PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA cache_size = -32000;
"""

MIGRATIONS = Path(__file__).parent / "migrations"

BEGIN, COMMIT = Step("begin", "BEGIN IMMEDIATE"), Step("commit", "COMMIT")


class Connection:
    """See `bot.storage.database.Connection`. What answers nothing waits for the next trip of what does."""

    __slots__ = ("_behind", "_raw")

    def __init__(self, raw: trips.Connection, *behind: Step) -> None:
        self._raw = raw
        self._behind = list(behind)

    async def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """See `Connection.fetch`."""
        return await self.go(Step(statement, statement.sqlite, parameters))

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """See `Connection.execute_many`. What is wrong with it is raised by whatever comes next."""
        if rows:
            self._behind.append(Step(statement, statement.sqlite, many=rows))

    async def hold(self, teams: Iterable[int] = (), *, ballots: Iterable[int | Message] = ()) -> None:
        """See `Connection.hold`. Whoever writes to a file is alone."""

    async def go(self, step: Step) -> list[Row]:
        """Run all that waits, and then this; its rows."""
        steps = [*self._behind, step]
        self._behind.clear()
        with timed(steps):
            return await self._raw.run(steps)


class Transactions:
    """See `bot.storage.writer.Transactions`."""

    mixed = True

    def __init__(self, connection: trips.Connection) -> None:
        self._raw = connection

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """See `Transactions.begin`."""
        connection = Connection(self._raw, BEGIN)
        try:
            yield connection
            await connection.go(COMMIT)
        except BaseException:
            # There is nothing to undo where it failed to begin, nor after errors that SQLite undoes all for by
            # itself, a full disk among them.
            with contextlib.suppress(sqlite3.Error):
                await self._raw.execute_fetchall("ROLLBACK")
            raise

    def translated(self, error: Exception) -> Exception:
        """See `Transactions.translated`."""
        return translated(error)

    def hopeless(self, error: Exception) -> bool:
        """See `Transactions.hopeless`. A busy file is busy for everyone; each would wait out the timeout."""
        return code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Database:
    """See `bot.storage.database.Database`. The file is read on one connection and written on another."""

    def __init__(self, path: Path, reading: trips.Connection, writing: trips.Connection) -> None:
        self.path = path
        self.place = str(path)
        self._reader = Reader(reading)
        self._writing = writing
        self.writer = Writer(Transactions(writing))

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Open or create the file and apply the migrations it lacks; raises `StorageError`, harming nothing."""
        check_file(path)
        async with contextlib.AsyncExitStack() as opened:
            with refusals(path):
                # aiosqlite leaves a thread behind where it cannot connect, which trips over the end of the loop.
                sqlite3.connect(path).close()
                writing = await opened.enter_async_context(connection(path))
                await prepare(writing, path)
                reading = await opened.enter_async_context(connection(path))
                await reading.execute_fetchall("PRAGMA query_only = ON")
            opened.pop_all()
        return cls(path, reading, writing)

    async def rows(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """See `Database.rows`."""
        with unavailable(), timed([statement]):
            return await self._reader.rows(Step(statement, statement.sqlite, parameters))

    async def row(self, statement: Statement, parameters: Parameters = ()) -> Row | None:
        """See `Database.row`."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """See `Database.snapshot`."""
        with unavailable():
            async with connection(self.path) as own:
                await own.execute_fetchall("PRAGMA query_only = ON")
                await own.execute_fetchall("BEGIN")
                yield Connection(own)

    async def close(self) -> None:
        """See `Database.close`."""
        await self.writer.close()
        await self._reader.close()
        await self._writing.close()


async def fetch(conn: aiosqlite.Connection, sql: str, parameters: Parameters = ()) -> list[Row]:
    """Run one statement and return all of its rows, in one trip to the connection's thread."""
    return cast("list[Row]", await conn.execute_fetchall(sql, parameters))


def connection(path: Path) -> trips.Connection:
    """See `trips.Connection.to`."""
    return trips.Connection.to(path, busy_s=BUSY_SECONDS)


def check_file(path: Path) -> None:
    """Refuse, before SQLite touches it, a path that cannot hold a database of ours."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE[:2]))
        raise StorageError(f"Python's SQLite is {sqlite3.sqlite_version}; {wanted} or newer is needed.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            return
        with path.open("r+b") as file:
            start = file.read(len(MAGIC))
    except IsADirectoryError:
        raise StorageError(f"{path} is a folder; name a database file.") from None
    except PermissionError:
        raise StorageError(f"{path} may not be read and written by this user; mend its permissions.") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be opened: {error.strerror}.") from None
    if start and start != MAGIC:
        raise StorageError(f"{path} is not a database, or its beginning is damaged; restore it or name another file.")


@contextlib.contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Say what is wrong with a file that SQLite does not open."""
    try:
        yield
    except sqlite3.Error as error:
        reasons = {
            sqlite3.SQLITE_BUSY: "is held by another program; stop that one first",
            sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
            sqlite3.SQLITE_READONLY: "or its folder cannot be written to; mend the permissions",
            sqlite3.SQLITE_CANTOPEN: "cannot be opened; see that its folder exists and may be written to",
            sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
            sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a copy or name another file",
            sqlite3.SQLITE_NOTADB: "is damaged or not a database; restore it from a copy or name another file",
        }
        reason = reasons.get(code(error))
        if reason is None:
            raise
        raise StorageError(f"{path} {reason}.") from error


async def prepare(conn: aiosqlite.Connection, path: Path) -> None:
    """See that the file is ours and no newer than this program, and bring it up to date."""
    # The tables first: another process may be making the file, and writes its id together with them.
    [(objects,)] = await fetch(conn, "SELECT count(*) FROM sqlite_master")
    [(application, version)] = await fetch(
        conn,
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version)",
    )
    known = migrations()
    if application != APPLICATION_ID and (objects or application):
        raise StorageError(f"{path} is another program's database; name another file.")
    if version > len(known):
        raise StorageError(
            f"{path} was written by a newer version of Shipworthy (its format is {version}, this program knows "
            f"{len(known)}); update Shipworthy or name another file."
        )
    await set_up(conn)
    if version < len(known):
        await migrate(conn, known)


async def set_up(conn: aiosqlite.Connection) -> None:
    """Set the pragmas. SQLite does not wait for another connection that is changing to WAL too; this does."""
    until_s = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            await conn.executescript(PRAGMAS)
        except sqlite3.OperationalError as error:
            if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                raise
            await asyncio.sleep(BUSY_AGAIN_SECONDS)
        else:
            return


@functools.cache
def migrations() -> tuple[Path, ...]:
    """The migrations in order; the file `0007_….sql` brings a database to version 7."""
    return tuple(sorted(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql")))


async def migrate(conn: aiosqlite.Connection, known: Sequence[Path]) -> None:
    """Apply what is missing, each migration and its number in one transaction.

    The version is read again inside it: another process may have opened the same new file.
    """
    for number, path in enumerate(known, start=1):
        await conn.execute_fetchall("BEGIN IMMEDIATE")
        try:
            [(version,)] = await fetch(conn, "PRAGMA user_version")
            if version < number:
                for statement in split(path.read_text(encoding="utf-8")):
                    await conn.execute_fetchall(statement)
                await conn.execute_fetchall(f"PRAGMA application_id = {APPLICATION_ID}")
                await conn.execute_fetchall(f"PRAGMA user_version = {number}")
            await conn.execute_fetchall("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                await conn.execute_fetchall("ROLLBACK")
            raise


def split(script: str) -> Iterator[str]:
    """The statements of a script; running it in one go would commit before it begins."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

"""A SQLite file as a whole. See `bot.storage.whole`."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiosqlite

from bot.storage import whole
from bot.storage.database import Parameters, Row
from bot.storage.errors import StorageError
from bot.storage.sqlite.database import (
    APPLICATION_ID,
    BUSY_SECONDS,
    MAGIC,
    Database,
    connection,
    fetch,
    migrations,
    refusals,
)
from bot.storage.sqlite.errors import code
from bot.storage.statements import Statement
from bot.storage.whole import PORTION, quoted, wrong_format

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

FILLING = """
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -64000;
"""
"""A log of what is added would grow larger than the file; a journal of what was there before stays empty."""


class Whole(whole.Whole):
    """See `bot.storage.whole.Whole`."""

    def __init__(self, raw: aiosqlite.Connection, path: Path, version: int) -> None:
        self.place = str(path)
        self.version = version
        self._path = path
        self._raw = raw

    async def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """See `Whole.fetch`."""
        return await self._fetch(statement.sqlite, parameters)

    def stream(self, statement: Statement, parameters: Parameters = ()) -> AsyncIterator[list[Row]]:
        """See `Whole.stream`."""
        return self._portions(statement.sqlite, parameters)

    async def put(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """See `Whole.put`."""
        places = ", ".join("?" for _ in columns)
        with refusals(self._path):
            await self._raw.executemany(
                f'INSERT INTO "{table}" ({quoted(columns)}) VALUES ({places})',  # noqa: S608 - the schema's own names
                rows,
            )

    async def duplicate(self, path: Path) -> None:
        """Make this file, which is there and empty, the same database, page by page."""
        with contextlib.closing(sqlite3.connect(path, check_same_thread=False)) as other:
            try:
                await self._raw.backup(other)
            except sqlite3.DatabaseError as error:
                if code(error) in DAMAGED:  # which the new file cannot be
                    raise StorageError(f"{self._path} is damaged: {error}.") from error
                raise
            # One file with nothing beside it, which can be read where nothing may be written.
            other.execute("PRAGMA journal_mode = DELETE")

    async def damages(self) -> list[str]:
        """What SQLite finds wrong with the file itself, and rows that refer to what is not there."""
        found = [str(line) for (line,) in await self._fetch("PRAGMA integrity_check") if line != "ok"]
        return found + [
            f"a row of {table} refers to a row of {other} that is not there"
            for table, _, other, _ in await self._fetch("PRAGMA foreign_key_check")
        ]

    async def _fetch(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        with refusals(self._path):
            return await fetch(self._raw, sql, parameters)

    async def _portions(self, sql: str, parameters: Parameters = ()) -> AsyncIterator[list[Row]]:
        with refusals(self._path):
            cursor = await self._raw.execute(sql, parameters)
        try:
            while True:
                with refusals(self._path):
                    portion = [tuple(row) for row in await cursor.fetchmany(PORTION)]
                if not portion:
                    return
                yield portion
        finally:
            await cursor.close()


def check_readable(path: Path) -> None:
    """Refuse a path where there is no database to read."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except FileNotFoundError:
        raise StorageError(f"There is no database at {path}.") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from None
    if start != MAGIC:
        raise StorageError(f"{path} is not a database, or its beginning is damaged; name another file.")


@contextlib.asynccontextmanager
async def reading(path: Path, *, older: bool = False) -> AsyncIterator[Whole]:
    """See `bot.storage.whole.reading`. A file of an `older` format can be read where this is asked for."""
    check_readable(path)
    # Opened as what it allows; never made where it has gone by now.
    address = f"{path.resolve().as_uri()}?mode=rw"  # noqa: ASYNC240 - only its name
    with refusals(path):
        # aiosqlite leaves a thread behind where it cannot connect, which trips over the end of the loop.
        sqlite3.connect(address, uri=True).close()
    async with aiosqlite.connect(address, uri=True, isolation_level=None, timeout=BUSY_SECONDS) as raw:
        with refusals(path):
            await raw.execute_fetchall("PRAGMA query_only = ON")
            await raw.execute_fetchall("BEGIN")
            [(application,)] = await fetch(raw, "PRAGMA application_id")
            [(version,)] = await fetch(raw, "PRAGMA user_version")
        if application != APPLICATION_ID:
            raise StorageError(f"{path} is not a database of Shipworthy's; name another file.")
        wrong = wrong_format(str(path), version, len(migrations()))
        if wrong and not (older and version < len(migrations())):
            raise StorageError(wrong)
        yield Whole(raw, path, version)


@contextlib.asynccontextmanager
async def writing(path: Path) -> AsyncIterator[Whole]:
    """See `bot.storage.whole.writing`."""
    await (await Database.open(path)).close()
    async with connection(path) as raw:
        with refusals(path):
            await raw.executescript(FILLING)
            await raw.execute_fetchall("BEGIN IMMEDIATE")
        try:
            yield Whole(raw, path, len(migrations()))
            with refusals(path):
                await raw.execute_fetchall("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                await raw.execute_fetchall("ROLLBACK")
            raise

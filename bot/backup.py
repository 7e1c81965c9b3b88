"""A backup: one SQLite file with everything, whatever the database is, checked before it gets its name."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.copying import Tell, copy, counters_to_mend, differing_counts, same_file, transfer
from bot.storage.errors import StorageError
from bot.storage.sqlite import whole as sqlite
from bot.storage.sqlite.database import Database, migrations
from bot.storage.sqlite.errors import code
from bot.storage.store import Where
from bot.storage.whole import reading

KEYS = (
    "Not in it are SHIPWORTHY_TOKEN_KEY, which installed workspaces need, and SHIPWORTHY_HASH_KEY, if one is set: "
    "keep them elsewhere."
)
ASIDE = ".partial"
"""What the name of a backup ends with until it is complete."""

BESIDE = ("", "-wal", "-shm", "-journal")
"""What the names of the files end with that SQLite makes for one database."""


async def backup(where: Where, file: Path, tell: Tell, *, force: bool) -> None:
    """Write everything into a new file while the bot goes on; `force` lets it take the place of another.

    Raises `StorageError`, and leaves nothing behind, where it cannot be written or does not hold everything.
    """
    refuse(where, file, force=force)
    aside = file.with_name(file.name + ASIDE)
    with written(file, aside):
        there = await _fill(where, aside, tell)
        async with sqlite.reading(aside) as made:
            if wrong := await made.damages() or await differing_counts(there, made):
                raise StorageError(f"The backup is not as it should be and was not kept: {'; '.join(wrong)}.")
            wrong_counters = await counters_to_mend(made, tell)
    size = file.stat().st_size / 1_000_000  # noqa: ASYNC240 - one look at the end
    tell(f"{sum(there.values()):,} rows are in {file} ({size:,.1f} MB), which was opened and checked. {KEYS}")
    if wrong_counters:
        tell(f"Counters that do not fit the votes: {wrong_counters}; shipworthy db rebuild mends them in the database.")


async def restore(file: Path, where: Where, tell: Tell, *, pooler: bool = False) -> int:
    """Copy a backup into a database that is empty, and say how it went; the exit status.

    A backup of an older version is brought up to date on the way, and stays as it is itself.
    """
    async with up_to_date(file) as source:
        return await transfer(source, where, tell, pooler=pooler)


def refuse(where: Where, file: Path, *, force: bool) -> None:
    """Raise `StorageError` for a file that is not to be written."""
    if same_file(where, file):
        raise StorageError(f"{file} is the database itself; name another file.")
    if file.is_dir():
        raise StorageError(f"{file} is a folder; name a file in it.")
    if file.exists() and not force:
        raise StorageError(f"{file} is there already; name another file, or add --force to have it replaced.")


@contextlib.contextmanager
def written(file: Path, aside: Path) -> Iterator[None]:
    """A new file for its owner alone, which gets its name at the end, or is removed where something went wrong."""
    try:
        # What a backup that was killed has left.
        remove(aside)
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield
        settle(aside)
        aside.replace(file)
        settle(file.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{file} cannot be written: {reason(error)}.") from error
    except StorageError as error:
        raise StorageError(str(error).replace(str(aside), str(file))) from error
    finally:
        with contextlib.suppress(OSError):
            remove(aside)


async def _fill(where: Where, aside: Path, tell: Tell) -> dict[str, int]:
    """Write everything; how many rows each table has."""
    async with reading(where) as source:
        there = {table: await source.count(table) for table in await source.tables()}
        if isinstance(source, sqlite.Whole):
            await source.duplicate(aside)
        else:
            async with sqlite.writing(aside) as target:
                await copy(source, target, tell)
    return there


@contextlib.asynccontextmanager
async def up_to_date(file: Path) -> AsyncIterator[Path]:
    """The file itself, or a copy of it that was brought to this program's format."""
    async with sqlite.reading(file, older=True) as source:
        if source.version == len(migrations()):
            yield file
            return
        with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
            newer = Path(folder) / file.name
            await source.duplicate(newer)
            await (await Database.open(newer)).close()
            yield newer


def settle(path: Path) -> None:
    """Have a file or a folder written to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a database file and what SQLite makes beside it."""
    for end in BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)


def reason(error: Exception) -> str:
    """Why a file could not be written, in words."""
    if code(error) == sqlite3.SQLITE_FULL:
        return "the disk is full"
    if code(error) == sqlite3.SQLITE_IOERR:
        return "the disk reports an error, or is full"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)

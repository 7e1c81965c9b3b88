"""How SQLite's errors become the core's.

Once a file is open, an error of the driver's that nobody caused becomes `commands.errors.Unavailable`; the
rest are bugs and pass through as they are.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from commands.errors import Unavailable

SENTENCES = {
    sqlite3.SQLITE_BUSY: "The database is busy with another program's work; please try again in a moment.",
    sqlite3.SQLITE_LOCKED: "The database is busy with another program's work; please try again in a moment.",
    sqlite3.SQLITE_FULL: "The disk that holds the database is full; nothing was changed.",
    sqlite3.SQLITE_READONLY: "The database cannot be written to; nothing was changed.",
    sqlite3.SQLITE_IOERR: "The disk that holds the database reported an error; nothing was changed.",
    sqlite3.SQLITE_CANTOPEN: "The database file can no longer be opened; nothing was changed.",
    sqlite3.SQLITE_NOMEM: "There was too little memory for the database; nothing was changed.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged; restore it from a copy.",
    sqlite3.SQLITE_NOTADB: "The database file is damaged; restore it from a copy.",
}
"""What to say of each of SQLite's primary result codes that is nobody's fault."""


def code(error: BaseException) -> int:
    """SQLite's primary result code of an error, 0 when it carries none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def translated(error: Exception) -> Exception:
    """The error as the core should see it: `Unavailable` with a sentence, or the error itself."""
    sentence = SENTENCES.get(code(error))
    if sentence is None:
        return error
    unavailable = Unavailable(sentence)
    unavailable.__cause__ = error
    return unavailable


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise what the body raises as the core should see it."""
    try:
        yield
    except sqlite3.Error as error:
        seen = translated(error)
        if seen is error:
            raise
        raise seen from error

"""How PostgreSQL's errors, and those of the way to it, become the core's.

An error that nobody caused becomes `commands.errors.Unavailable`. What somebody wrote that PostgreSQL cannot hold
becomes a `CommandError`. The rest are bugs and pass through as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from commands.errors import CommandError, Unavailable

AWAY = "The database cannot be reached; please try again in a moment."

SENTENCES: dict[str, str] = {
    "08": AWAY,  # the connection broke
    "57": AWAY,  # the server stops, starts, or was told to end what we asked
    "53": "The database has no room left; nothing was changed.",
    "58": "The disk that holds the database reported an error; nothing was changed.",
    "40": "The database is busy with another program's work; please try again in a moment.",
    "55": "The database is busy with another program's work; please try again in a moment.",
    "25006": "The database cannot be written to; nothing was changed.",
    "28": "The database no longer accepts our user or password.",
    "3D": "The database is no longer there.",
}
"""What to say of each class of PostgreSQL's error codes, or of one code, that is nobody's fault here."""

UNFIT = "That holds a character or a number that cannot be stored; please leave it out."

UNFIT_STATES = {
    "22021",  # a NUL character
    "22P05",  # one in JSON
    "22P02",  # half a character in JSON, which is all we give as text to be read
    "22003",  # a number past 64 bits
}

GONE = (
    ConnectionError,
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InternalClientError,  # an idle connection whose end is just being read
)
"""What the driver raises where there is no connection (any more)."""


def state(error: BaseException) -> str:
    """PostgreSQL's five characters for an error; "" when it carries none."""
    return getattr(error, "sqlstate", None) or ""


def translated(error: Exception) -> Exception:
    """The error as the core should see it, with the error itself as its cause; or the error itself."""
    code = state(error)
    if code in UNFIT_STATES or isinstance(error.__cause__, UnicodeEncodeError | OverflowError):
        return caused(CommandError(UNFIT), error)
    sentence = SENTENCES.get(code) or SENTENCES.get(code[:2]) if code else None
    if sentence is None and not code and isinstance(error, GONE) and not isinstance(error, asyncpg.DataError):
        sentence = AWAY
    if sentence is None:
        return error
    return caused(Unavailable(sentence), error)


def caused(seen: Exception, error: Exception) -> Exception:
    """What the core sees, with what caused it."""
    seen.__cause__ = error
    return seen


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise what the body raises as the core should see it."""
    try:
        yield
    except (asyncpg.PostgresError, *GONE) as error:
        seen = translated(error)
        if seen is error:
            raise
        raise seen from error

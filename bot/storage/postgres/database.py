"""A PostgreSQL database: connected, brought up to date, read on a few connections and written on one.

Several programs may work on one database. Each commits its writes in groups, and holds the rows of the
teams that a group is about, so that what one read is what it changes; different teams never wait for
each other. Nothing outlives a transaction on a connection: no temporary table, no session's lock, no
listening. So a pooler may stand in between that hands out connections for a transaction at a time.
"""

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg

from bot.storage.database import Parameters, Row
from bot.storage.errors import StorageError
from bot.storage.postgres.errors import state, translated, unavailable
from bot.storage.statements import Statement
from bot.storage.timing import timed
from bot.storage.writer import Writer
from commands.errors import Unavailable
from commands.model import Message

log = logging.getLogger(__name__)

Raw: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"

OLDEST = 15
"""The oldest PostgreSQL that takes all our statements."""

READERS = 8
"""Connections that read; a read takes a millisecond or less."""

CONNECT_WITHIN_S = 10.0
ANSWER_WITHIN_S = 30.0
"""A statement that takes longer is given up, and what it was part of undone."""

PLANNING = {"enable_seqscan": "off", "jit": "off"}
"""Every statement has an index. A plan made while tables were small would read whole ones once they are large."""

MIGRATIONS = Path(__file__).parent / "migrations"

MIGRATING = 0x53686970
"""The lock that a program holds while it brings the database up to date."""

HOLD = """
SELECT id FROM teams
WHERE id IN (
    SELECT unnest($1::bigint[])
    UNION
    SELECT team FROM ballots WHERE id = ANY ($2::bigint[])
    UNION
    SELECT b.team
    FROM unnest($3::text[], $4::text[], $5::text[]) AS m (platform, channel, message)
    JOIN ballots AS b
        ON b.platform = m.platform AND b.message_channel = m.channel AND b.message = m.message
)
ORDER BY id
FOR NO KEY UPDATE
"""
"""In order of their ids, so that two programs that want the same teams never wait for each other."""


class Connection:
    """See `bot.storage.database.Connection`."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    async def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """See `Connection.fetch`."""
        given = arguments(statement, parameters)
        with timed([statement]):
            return list(map(tuple, await self._raw.fetch(statement.postgres, *given)))

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """See `Connection.execute_many`. A statement that unnests its parameters takes all rows at once."""
        if not rows:
            return
        with timed([statement]):
            if "unnest(" in statement.postgres:
                await self._raw.execute(statement.postgres, *map(list, zip(*rows, strict=True)))
            else:
                await self._raw.executemany(statement.postgres, rows)

    async def hold(self, teams: Iterable[int] = (), *, ballots: Iterable[int | Message] = ()) -> None:
        """See `Connection.hold`."""
        named = set(ballots)
        ids = [name for name in named if isinstance(name, int)]
        messages = [name for name in named if isinstance(name, Message)]
        await self._raw.fetch(
            HOLD,
            sorted(set(teams)),
            ids,
            [message.platform for message in messages],
            [message.channel for message in messages],
            [message.id for message in messages],
        )


class Transactions:
    """See `bot.storage.writer.Transactions`."""

    mixed = False
    """A kind of write holds all its teams at once; two kinds in one transaction could wait for another's."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """See `Transactions.begin`."""
        async with self._pool.acquire(timeout=CONNECT_WITHIN_S) as raw, raw.transaction():
            yield Connection(raw)

    def translated(self, error: Exception) -> Exception:
        """See `Transactions.translated`."""
        return translated(error)

    def hopeless(self, error: Exception) -> bool:
        """See `Transactions.hopeless`. Two programs that waited for each other may try again at once."""
        return isinstance(translated(error), Unavailable) and not state(error).startswith("40")


class Database:
    """See `bot.storage.database.Database`."""

    def __init__(self, place: str, readers: "asyncpg.Pool[Any]", writing: "asyncpg.Pool[Any]", *, pooler: bool) -> None:
        self.place = place
        self._readers = readers
        self._writing = writing
        self._pooler = pooler
        self.writer = Writer(Transactions(writing))

    @classmethod
    async def open(cls, url: str, *, pooler: bool = False) -> "Database":
        """Connect, and apply the migrations the database lacks; raises `StorageError`, harming nothing."""
        place = safe(url)
        try:
            readers, writing = await _pool(url, READERS, pooler=pooler), await _pool(url, 1, pooler=pooler)
            conn = await writing.acquire(timeout=CONNECT_WITHIN_S)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise StorageError(f"{place} {why_closed(error)}.") from error
        try:
            await migrate(conn, place)
            await writing.release(conn)
        except BaseException:
            writing.terminate()
            raise
        return cls(place, readers, writing, pooler=pooler)

    async def rows(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """See `Database.rows`."""
        given = arguments(statement, parameters)
        with unavailable(), timed([statement]):
            # The driver prepares and runs in two trips, between which a pooler may change the server's side.
            async with (
                self._readers.acquire(timeout=CONNECT_WITHIN_S) as conn,
                conn.transaction() if self._pooler else nullcontext(),
            ):
                return list(map(tuple, await conn.fetch(statement.postgres, *given)))

    async def row(self, statement: Statement, parameters: Parameters = ()) -> Row | None:
        """See `Database.row`."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """See `Database.snapshot`."""
        with unavailable():
            async with (
                self._readers.acquire(timeout=CONNECT_WITHIN_S) as conn,
                conn.transaction(isolation="repeatable_read", readonly=True),
            ):
                yield Connection(conn)

    async def close(self) -> None:
        """See `Database.close`."""
        await self.writer.close()
        for pool in (self._readers, self._writing):
            try:
                async with asyncio.timeout(1):
                    await pool.close()
            except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                pool.terminate()


class _Lasting(asyncpg.Connection):  # type: ignore[misc]
    """A connection that is given back as it is: nothing of ours outlives a transaction on it."""

    def get_reset_query(self) -> str:
        """Nothing, which saves a trip to the server with each use."""
        return ""


async def _pool(url: str, size: int, *, pooler: bool) -> "asyncpg.Pool[Any]":
    # A pooler takes no settings of ours, and knows no statement that was prepared on another connection.
    more: dict[str, Any] = {"statement_cache_size": 0} if pooler else {"server_settings": PLANNING}
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        connection_class=_Lasting,
        timeout=CONNECT_WITHIN_S,
        command_timeout=ANSWER_WITHIN_S,
        **more,
    )


def arguments(statement: Statement, parameters: Parameters) -> Sequence[Any]:
    """Parameters in order of their numbers."""
    if isinstance(parameters, Sequence):
        return parameters
    return [parameters[name] for name in statement.postgres_names]


def safe(url: str) -> str:
    """The address without user and password."""
    try:
        parts = urlsplit(url)
        where = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the database address"
    return f"{parts.scheme}://{where}{port}{parts.path}"


def why_closed(error: Exception) -> str:
    """What to say of a database that cannot be connected to, after its address."""
    reasons = {
        "28": "does not accept this user or password; see SHIPWORTHY_DATABASE_URL",
        "3D": "does not exist on that server; create it, or name another",
        "53": "has no connection free; raise max_connections or run fewer processes",
        "57": "is just starting or stopping; try again in a moment",
    }
    if reason := reasons.get(state(error)[:2]):
        return reason
    if isinstance(error, ValueError | asyncpg.InterfaceError):
        return "is no address the driver understands; it looks like postgresql://user:password@host:5432/name"
    return f"cannot be reached: {type(error).__name__}; see that the server runs and takes connections from here"


@functools.cache
def migrations() -> tuple[Path, ...]:
    """The migrations in order; the file `0007_….sql` brings a database to version 7."""
    return tuple(sorted(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql")))


async def migrate(conn: Raw, place: str) -> None:
    """Apply what is missing in one transaction, one program after another; raises `StorageError`."""
    known = migrations()
    if conn.get_server_version().major < OLDEST:
        found = conn.get_server_version().major
        raise StorageError(f"{place} is PostgreSQL {found}; {OLDEST} or newer is needed.")
    async with conn.transaction():
        if await conn.fetchval("SHOW synchronous_commit") == "off":
            log.warning("%s has synchronous_commit off: when that server crashes, votes can be lost; set it on", place)
        await conn.execute("SELECT pg_advisory_xact_lock($1::bigint)", MIGRATING)
        if await conn.fetchval("SELECT to_regclass('schema_version')") is None:
            if await conn.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"):
                raise StorageError(f"{place} holds another program's tables; name another database.")
            await conn.execute("CREATE TABLE schema_version (version bigint NOT NULL)")
            await conn.execute("INSERT INTO schema_version VALUES (0)")
        version = await conn.fetchval("SELECT version FROM schema_version")
        if version > len(known):
            raise StorageError(
                f"{place} was written by a newer version of Shipworthy (its format is {version}, this program knows "
                f"{len(known)}); update Shipworthy or name another database."
            )
        for path in known[version:]:
            await conn.execute(path.read_text(encoding="utf-8"))
        await conn.execute("UPDATE schema_version SET version = $1", len(known))

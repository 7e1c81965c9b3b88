"""A PostgreSQL database as a whole. See `bot.storage.whole`."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from bot.storage import whole
from bot.storage.database import Parameters, Row
from bot.storage.errors import StorageError
from bot.storage.postgres.database import CONNECT_WITHIN_S, Database, arguments, migrations, safe, why_closed
from bot.storage.postgres.errors import GONE, translated
from bot.storage.statements import Statement
from bot.storage.whole import PORTION, Kept, quoted, wrong_format

PATIENT = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
"""What reads or writes everything takes its time, whatever the server allows a single vote."""

CLOSE_WITHIN_S = 2.0
LOCK_WITHIN = "SET LOCAL lock_timeout = '10s'"


class Whole(whole.Whole):
    """See `bot.storage.whole.Whole`."""

    def __init__(self, raw: "asyncpg.Connection[Any]", place: str, version: int) -> None:
        self.place = place
        self.version = version
        self._raw = raw

    async def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """See `Whole.fetch`."""
        return await self._fetch(statement.postgres, *arguments(statement, parameters))

    def stream(self, statement: Statement, parameters: Parameters = ()) -> AsyncIterator[list[Row]]:
        """See `Whole.stream`."""
        return self._portions(statement.postgres, *arguments(statement, parameters))

    async def put(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """See `Whole.put`. The server notices between two of these that the other side has gone."""
        with told(self.place):
            await self._raw.copy_records_to_table(table, records=rows, columns=list(columns))

    async def keep(self, kept: Kept) -> None:
        """See `Whole.keep`."""
        await super().keep(kept)
        # What the planner goes by; by itself the server would find out only after a while.
        await self._fetch("ANALYZE")

    async def _fetch(self, sql: str, *given: Any) -> list[Row]:  # noqa: ANN401 - whatever a parameter may be
        with told(self.place):
            return list(map(tuple, await self._raw.fetch(sql, *given)))

    async def _portions(self, sql: str, *given: Any) -> AsyncIterator[list[Row]]:  # noqa: ANN401 - likewise
        with told(self.place):
            cursor = await self._raw.cursor(sql, *given)
        while True:
            with told(self.place):
                portion = list(map(tuple, await cursor.fetch(PORTION)))
            if not portion:
                return
            yield portion


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Whole]:
    """See `bot.storage.whole.reading`."""
    place = safe(url)
    async with _connected(url, place) as raw:
        with told(place):
            await raw.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {PATIENT}")
            if await raw.fetchval("SELECT to_regclass('schema_version')") is None:
                raise StorageError(f"{place} holds nothing of Shipworthy's.")
            version = await raw.fetchval("SELECT version FROM schema_version")
        if wrong := wrong_format(place, version, len(migrations())):
            raise StorageError(wrong)
        yield Whole(raw, place, version)


@asynccontextmanager
async def writing(url: str, *, pooler: bool = False) -> AsyncIterator[Whole]:
    """See `bot.storage.whole.writing`."""
    place = safe(url)
    await (await Database.open(url, pooler=pooler)).close()
    async with _connected(url, place) as raw:
        whole = Whole(raw, place, len(migrations()))
        with told(place):
            await raw.execute(f"BEGIN; {PATIENT}; {LOCK_WITHIN}")
            locked = quoted(["store", *await whole.tables()])
            await raw.execute(f"LOCK TABLE {locked} IN SHARE ROW EXCLUSIVE MODE")
        yield whole
        with told(place):
            await raw.execute("COMMIT")


@asynccontextmanager
async def _connected(url: str, place: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection of its own, without a limit to how long a statement may take; what was begun ends with it."""
    try:
        # No statement outlives its transaction, for there may be a pooler in between.
        raw = await asyncpg.connect(url, timeout=CONNECT_WITHIN_S, statement_cache_size=0)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise StorageError(f"{place} {why_closed(error)}.") from error
    try:
        yield raw
    finally:
        try:
            await raw.close(timeout=CLOSE_WITHIN_S)
        except (asyncpg.PostgresError, *GONE):
            raw.terminate()


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raise what the server or the way to it reports as a `StorageError` that says where."""
    try:
        yield
    except (asyncpg.PostgresError, *GONE) as error:
        seen = translated(error)
        words = str(error).partition("\n")[0] if seen is error else str(seen)
        raise StorageError(f"{place}: {words}") from error

"""A database as a whole: every table of it, read from one snapshot or filled in one transaction."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from bot.storage.database import Parameters, Row
from bot.storage.statements import Statement, statements
from bot.storage.store import Where

SQL = statements("whole.sql")

PORTION = 5_000
"""How many rows are in memory at once."""

CATALOGUE = frozenset({"tools", "reviews", "tool_words", "redirects", "category_aliases", "tool_changes"})
"""The tables that the catalogue which comes with the program fills by itself."""


class Kept(NamedTuple):
    """What a database keeps besides the rows of its tables.

    The hash key makes it this database and no other. The last four are the greatest numbers that were
    ever given out, to rows that are there or no longer.
    """

    hash_key: bytes
    catalogue_revision: int
    shipped: str | None
    team: int
    subscription: int
    run: int
    mark: int


class Whole(ABC):
    """A database within one transaction. What goes wrong with it is raised as `StorageError` that says where."""

    place: str
    """Where it is, safe to print."""

    version: int
    """The number of its format, which counts each kind's migrations."""

    @abstractmethod
    async def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and return all of its rows."""

    @abstractmethod
    def stream(self, statement: Statement, parameters: Parameters = ()) -> AsyncIterator[list[Row]]:
        """Run one query and hand out its rows, some thousands at a time."""

    @abstractmethod
    async def put(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Add some thousand rows to a table."""

    @abstractmethod
    async def _fetch(self, sql: str) -> list[Row]:
        """Run what both dialects read alike; its rows."""

    @abstractmethod
    def _portions(self, sql: str) -> AsyncIterator[list[Row]]:
        """The rows of such a query, some thousands at a time."""

    async def tables(self) -> Mapping[str, tuple[str, ...]]:
        """Every table that holds rows, with its columns, each after those it refers to; `kept` tells the rest."""
        found = await self.fetch(SQL["tables"])
        return in_order([(name, json.loads(columns), json.loads(refers)) for name, columns, refers in found])

    async def holds(self, table: str) -> bool:
        """Whether there is a row in a table."""
        return bool(await self._fetch(f'SELECT 1 FROM "{table}" LIMIT 1'))  # noqa: S608 - the schema's own name

    async def count(self, table: str) -> int:
        """How many rows there are in a table."""
        [(rows,)] = await self._fetch(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - the schema's own name
        return int(rows)

    def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[list[Row]]:
        """All rows of a table, some thousands at a time."""
        return self._portions(f'SELECT {quoted(columns)} FROM "{table}"')  # noqa: S608 - the schema's own names

    async def clear(self, table: str) -> None:
        """Remove all rows of a table."""
        await self._fetch(f'DELETE FROM "{table}"')  # noqa: S608 - the schema's own name

    async def kept(self) -> Kept:
        """What is kept besides rows."""
        [row] = await self.fetch(SQL["kept"])
        return Kept(*row)

    async def keep(self, kept: Kept) -> None:
        """Replace what is kept besides rows, once these are in: new ones get numbers that none ever had."""
        await self.fetch(SQL["keep"], kept._asdict())


def reading(where: Where) -> AbstractAsyncContextManager[Whole]:
    """A database that is there, as one snapshot; nothing is written to it.

    Raises `StorageError` where it is not there, is not ours or has another format than this program's.
    """
    if isinstance(where, Path):
        from bot.storage.sqlite.whole import reading as sqlite  # noqa: PLC0415 - the one that is used

        return sqlite(where)
    from bot.storage.postgres.whole import reading as postgres  # noqa: PLC0415

    return postgres(where)


def writing(where: Where, *, pooler: bool = False) -> AbstractAsyncContextManager[Whole]:
    """A database to be filled, made where there is none; nobody else writes to it meanwhile.

    All is kept on leaving the context, durably, and nothing after an error. `pooler` as in `Store.open`.
    """
    if isinstance(where, Path):
        from bot.storage.sqlite.whole import writing as sqlite  # noqa: PLC0415 - the one that is used

        return sqlite(where)
    from bot.storage.postgres.whole import writing as postgres  # noqa: PLC0415

    return postgres(where, pooler=pooler)


def in_order(tables: Iterable[tuple[str, Sequence[str], Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """Tables with their columns from triples of name, columns and the tables it refers to: these come first."""
    found = {name: (tuple(columns), set(refers) - {name}) for name, columns, refers in tables}
    order = TopologicalSorter({name: sorted(refers) for name, (_, refers) in found.items()}).static_order()
    return {name: found[name][0] for name in order}


def quoted(names: Iterable[str]) -> str:
    """Names as SQL reads them in both dialects, separated by commas."""
    return ", ".join(f'"{name}"' for name in names)


def wrong_format(place: str, found: int, known: int) -> str | None:
    """What to say of a database with another format than this program's; None where it has the same."""
    if found == known:
        return None
    if found > known:
        return (
            f"{place} was written by a newer version of Shipworthy (its format is {found}, this program knows "
            f"{known}); update Shipworthy."
        )
    return (
        f"{place} was written by an older version of Shipworthy (its format is {found}, this program's {known}). "
        "Anything that runs on it brings it up to date; shipworthy db check does."
    )

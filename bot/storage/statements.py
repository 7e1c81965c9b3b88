"""The SQL of the store, kept in files and called by name: each statement in SQLite's dialect and in PostgreSQL's."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import aiosql

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement of a file, in SQLite's dialect; the other is read where it is used."""

    file: str
    name: str
    sqlite: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.file.removesuffix('.sql')}.{self.name}"

    @property
    def postgres(self) -> str:
        """The statement in PostgreSQL's dialect, with numbers for the names that `postgres_names` gives in order."""
        return _postgres(self.file)[self.name][0]

    @property
    def postgres_names(self) -> tuple[str, ...]:
        """What the parameters are called where they are given by name, in order of their numbers."""
        return _postgres(self.file)[self.name][1]


class Statements(dict[str, Statement]):
    """The named statements of one file, which is read when the first is asked for: a short command needs few files."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __missing__(self, name: str) -> Statement:
        self.update(_sqlite(self._file))
        return dict(self)[name]


def statements(file: str) -> Statements:
    """The named statements of one file."""
    return Statements(file)


@cache
def _sqlite(file: str) -> dict[str, Statement]:
    """All statements of a file. Only their text is taken from aiosql, whose own methods take three trips for each."""
    queries = aiosql.from_path(FOLDER / "sqlite" / "sql" / file, "aiosqlite", mandatory_parameters=False)
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    return {name: Statement(file, name, getattr(queries, name).sql) for name in names}


@cache
def _postgres(file: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    queries = aiosql.from_path(FOLDER / "postgres" / "sql" / file, "asyncpg", mandatory_parameters=False)
    adapter = queries.driver_adapter
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name in queries.available_queries:
        if name.endswith("_cursor"):
            continue
        numbers = adapter.var_sorted.get(name, ()) if hasattr(adapter, "var_sorted") else ()
        found[name] = getattr(queries, name).sql, tuple(numbers)
    return found

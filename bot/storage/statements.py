"""The SQL of this package, kept in files and called by name."""

from pathlib import Path

import aiosql

FOLDER = Path(__file__).parent / "sql"


def statements(file: str) -> dict[str, str]:
    """The named statements of one file in `sql/`.

    Only their text is taken: the driver runs each in one trip to its thread, where aiosql's own
    methods would take three.
    """
    queries = aiosql.from_path(FOLDER / file, "aiosqlite", mandatory_parameters=False)
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    return {name: getattr(queries, name).sql for name in names}

"""What a store holds, read past all of our own code."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from bot.storage.sqlite.database import Database
from bot.storage.store import Store


def rows(store: Store, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query of SQLite's file."""
    assert isinstance(store.database, Database)
    with closing(sqlite3.connect(store.database.path)) as file:
        return file.execute(sql, parameters).fetchall()

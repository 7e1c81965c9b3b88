"""Which shipped catalogue was loaded last. See `bot.catalogue.shipped.Stamp`."""

from collections.abc import Sequence

from bot.storage.database import Connection, Database
from bot.storage.statements import statements

SQL = statements("shipped.sql")


class Shipped:
    """See `bot.catalogue.shipped.Stamp`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self) -> str | None:
        """See `Stamp.get`."""
        row = await self._database.row(SQL["shipped"])
        return row[0] if row else None

    async def set(self, value: str) -> None:
        """See `Stamp.set`."""
        await self._database.writer.write(put_shipped, value)


async def put_shipped(conn: Connection, items: Sequence[str]) -> list[None]:
    """Keep the last of these values."""
    await conn.execute_many(SQL["put_shipped"], [(value,) for value in items])
    return [None] * len(items)

"""When the bot was last connected to a platform. See `commands.ports.Presence`."""

from collections.abc import Sequence

from bot.storage.database import Connection, Database
from bot.storage.statements import statements

SQL = statements("presence.sql")


class Presence:
    """See `commands.ports.Presence`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, platform: str) -> int | None:
        """See `Presence.seen`."""
        row = await self._database.row(SQL["seen"], (platform,))
        return row[0] if row else None

    async def see(self, platform: str, at_us: int) -> None:
        """See `Presence.see`."""
        await self._database.writer.write(put_seen, (platform, at_us))


async def put_seen(conn: Connection, items: Sequence[tuple[str, int]]) -> list[None]:
    """Keep the latest of these instants for each platform."""
    await conn.execute_many(SQL["see"], items)
    return [None] * len(items)

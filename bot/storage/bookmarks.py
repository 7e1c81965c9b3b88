"""Tools a person saved. See `commands.ports.Bookmarks`."""

from collections.abc import Sequence

from bot.storage.database import Connection, Database
from bot.storage.statements import statements
from commands.model import Bookmark, Tally

SQL = statements("bookmarks.sql")


class Bookmarks:
    """See `commands.ports.Bookmarks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, team: int, person: str, bookmark: Bookmark) -> bool:
        """See `Bookmarks.add`."""
        return await self._database.writer.write(add_bookmarks, (team, person, bookmark))

    async def remove(self, team: int, person: str, tool: int) -> bool:
        """See `Bookmarks.remove`."""
        return await self._database.writer.write(drop_bookmarks, (team, person, tool))

    async def of(self, team: int, person: str) -> tuple[Bookmark, ...]:
        """See `Bookmarks.of`."""
        rows = await self._database.rows(SQL["bookmarks"], (team, person))
        return tuple(
            Bookmark(tool, saved_us, Tally(ships, skips), entry, pricing, Tally(*community))
            for tool, saved_us, ships, skips, entry, pricing, *community in rows
        )


async def add_bookmarks(conn: Connection, items: Sequence[tuple[int, str, Bookmark]]) -> list[bool]:
    """Store these bookmarks; which of them are new."""
    return [bool(await conn.fetch(SQL["add_bookmark"], columns(*item))) for item in items]


async def drop_bookmarks(conn: Connection, items: Sequence[tuple[int, str, int]]) -> list[bool]:
    """Remove these bookmarks; which of them there were."""
    return [bool(await conn.fetch(SQL["drop_bookmark"], item)) for item in items]


def columns(team: int, person: str, saved: Bookmark) -> tuple[int | str, ...]:
    """A bookmark as its row."""
    return (
        *(team, person, saved.tool, saved.saved_us, saved.panel.ships, saved.panel.skips),
        *(saved.entry, saved.pricing, saved.community.ships, saved.community.skips),
    )

"""A team's own words for tools. See `commands.ports.Aliases`."""

from collections.abc import Sequence

from bot.storage.database import Connection, Database
from bot.storage.statements import statements
from commands.model import TeamAlias

SQL = statements("aliases.sql")


class Aliases:
    """See `commands.ports.Aliases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def aliases(self, team: int) -> tuple[TeamAlias, ...]:
        """See `Aliases.aliases`."""
        return tuple(TeamAlias(*row) for row in await self._database.rows(SQL["aliases"], (team,)))

    async def set_alias(self, team: int, alias: TeamAlias) -> None:
        """See `Aliases.set_alias`."""
        await self._database.writer.write(put_aliases, (team, alias))

    async def remove_alias(self, team: int, words: str) -> bool:
        """See `Aliases.remove_alias`."""
        return await self._database.writer.write(drop_aliases, (team, words))


async def put_aliases(conn: Connection, items: Sequence[tuple[int, TeamAlias]]) -> list[None]:
    """Store or replace these aliases."""
    rows = [(team, alias.words, alias.tool, alias.set_by, alias.at_us) for team, alias in items]
    await conn.execute_many(SQL["put_alias"], rows)
    return [None] * len(items)


async def drop_aliases(conn: Connection, items: Sequence[tuple[int, str]]) -> list[bool]:
    """Remove these aliases; which of them there were."""
    return [bool(await conn.fetch(SQL["drop_alias"], item)) for item in items]

"""Which team of ours a platform's team is, in SQLite. See `commands.ports.Teams`."""

from collections.abc import Sequence

import aiosqlite

from bot.storage.database import Database, execute_many, fetch
from bot.storage.statements import statements
from commands.model import TeamKey

SQL = statements("teams.sql")


class Teams:
    """See `commands.ports.Teams`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[TeamKey, int] = {}

    async def team(self, key: TeamKey) -> int:
        """See `Teams.team`."""
        if key not in self._known:
            row = await self._database.row(SQL["team"], (key.platform, key.external_id))
            self._known[key] = row[0] if row else await self._database.writer.write(add_teams, key)
        return self._known[key]


async def add_teams(conn: aiosqlite.Connection, keys: Sequence[TeamKey]) -> list[int]:
    """Store these teams where they are new; their ids."""
    await execute_many(conn, SQL["add_team"], [(key.platform, key.external_id) for key in keys])
    return [(await fetch(conn, SQL["team"], (key.platform, key.external_id)))[0][0] for key in keys]

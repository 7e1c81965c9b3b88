"""Teams, and whether the bot is still in them. See `commands.ports.Teams`."""

import time
from collections.abc import Callable, Sequence

from bot.storage.database import Connection, Database
from bot.storage.erasure import ROWS, Portion, Progress, erase, let_go
from bot.storage.statements import statements
from commands.model import TeamKey

SQL = statements("teams.sql")


FRESH_S = 1.0
"""How long an id is held in memory: another process may have purged the team since, a month after it departed."""

MOST_HELD = 10_000


class Teams:
    """See `commands.ports.Teams`. `now_s` are seconds that never step back."""

    def __init__(
        self, database: Database, *, rows_at_once: int = ROWS, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._rows_at_once = rows_at_once
        self._now_s = now_s
        self._held: dict[TeamKey, tuple[float, int]] = {}

    async def team(self, key: TeamKey) -> int:
        """See `Teams.team`."""
        read_s, team = self._held.get(key, (0.0, 0))
        now_s = self._now_s()
        if team and now_s - read_s < FRESH_S:
            return team
        row = await self._database.row(SQL["team"], (key.platform, key.external_id))
        team = row[0] if row else await self._database.writer.write(add_teams, key)
        if len(self._held) >= MOST_HELD:
            self._held.clear()
        self._held[key] = (now_s, team)
        return team

    async def key(self, team: int) -> TeamKey | None:
        """See `Teams.key`."""
        row = await self._database.row(SQL["key"], (team,))
        return TeamKey(*row) if row else None

    async def arrive(self, key: TeamKey, at_us: int) -> None:
        """See `Teams.arrive`."""
        await self._database.writer.write(arrive, (key, at_us))

    async def present(self, platform: str) -> tuple[TeamKey, ...]:
        """See `Teams.present`."""
        return tuple(TeamKey(*row) for row in await self._database.rows(SQL["present"], (platform,)))

    async def depart(self, key: TeamKey, at_us: int) -> bool:
        """See `Teams.depart`."""
        return await self._database.writer.write(depart, (key, at_us))

    async def purge(self, before_us: int) -> int:
        """See `Teams.purge`. Other writes come in between."""
        purged = 0
        self._held.clear()
        for team in await self._database.writer.write(let_go, before_us):
            progress = Progress.MORE
            while progress is Progress.MORE:
                progress = await self._database.writer.write(erase, Portion(team, self._rows_at_once))
            purged += progress is Progress.GONE
        self._held.clear()
        return purged


async def add_teams(conn: Connection, keys: Sequence[TeamKey]) -> list[int]:
    """Store these teams where they are new; their ids."""
    await conn.execute_many(SQL["add_team"], [(key.platform, key.external_id) for key in keys])
    return [(await conn.fetch(SQL["team"], (key.platform, key.external_id)))[0][0] for key in keys]


async def arrive(conn: Connection, items: Sequence[tuple[TeamKey, int]]) -> list[None]:
    """Note that the bot is in these teams."""
    await conn.execute_many(SQL["arrive"], [(key.platform, key.external_id, at_us) for key, at_us in items])
    return [None] * len(items)


async def depart(conn: Connection, items: Sequence[tuple[TeamKey, int]]) -> list[bool]:
    """Note that the bot is no longer in these teams; which of them it was in."""
    return [await depart_one(conn, *item) for item in items]


async def depart_one(conn: Connection, key: TeamKey, at_us: int) -> bool:
    """Note one departure and stop the team's digests; see `Teams.depart`."""
    known = await conn.fetch(SQL["comings_and_goings"], (key.platform, key.external_id))
    if not known:
        return False
    [(team, arrived_us, departed_us)] = known
    if arrived_us is not None and arrived_us > at_us:
        return False
    await conn.fetch(SQL["depart"], (team, at_us))
    await conn.fetch(SQL["stop_digests"], (team,))
    return departed_us is None

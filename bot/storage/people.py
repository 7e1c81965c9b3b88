"""All that is kept of one person in one team. See `commands.ports.People`."""

from collections.abc import Sequence

from bot.storage.database import Connection, Database
from bot.storage.ledger import Key, Ledger
from bot.storage.statements import statements
from commands.model import PersonData, Verdict
from commands.ports import Clock

SQL = statements("people.sql")
KEPT = ("forget_bookmarks", "forget_aliases", "forget_digests", "forget_ballots")


class People:
    """See `commands.ports.People`."""

    def __init__(self, database: Database, *, clock: Clock, hash_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._hash_key = hash_key

    async def data(self, team: int, person: str) -> PersonData:
        """See `People.data`."""
        key = (team, person)
        standings = await self._database.rows(SQL["standings"], key)
        [(marks, bookmarks, comparisons)] = await self._database.rows(SQL["counts"], {"team": team, "person": person})
        aliases = await self._database.rows(SQL["aliases"], key)
        digests = await self._database.rows(SQL["digests"], key)
        return PersonData(
            standings=tuple((tool, Verdict(verdict)) for tool, verdict in standings),
            marks=marks,
            bookmarks=bookmarks,
            aliases=tuple(words for (words,) in aliases),
            digests=tuple(channel for (channel,) in digests),
            comparisons=comparisons,
        )

    async def forget(self, team: int, person: str) -> None:
        """See `People.forget`."""
        await self._database.writer.write(self._forget, (team, person))

    async def _forget(self, conn: Connection, keys: Sequence[Key]) -> list[None]:
        """Forget these people, one after another; see `Writer.write`."""
        await conn.hold(team for team, _ in keys)
        for key in keys:
            ledger = Ledger(conn, clock=self._clock, hash_key=self._hash_key)
            await ledger.forget(key)
            for table in KEPT:
                await conn.fetch(SQL[table], key)
        return [None] * len(keys)

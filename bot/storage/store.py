"""The store: one database behind every port."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot.storage.aliases import Aliases
from bot.storage.bookmarks import Bookmarks
from bot.storage.catalogue import Catalogue
from bot.storage.database import Database
from bot.storage.deliveries import Deliveries
from bot.storage.digests import Digests
from bot.storage.people import People
from bot.storage.presence import Presence
from bot.storage.shipped import Shipped
from bot.storage.statements import statements
from bot.storage.teams import Teams
from bot.storage.transcript import Transcript
from bot.storage.turns import Turns
from bot.storage.votes import Votes
from commands.ports import Clock

SQL = statements("store.sql")

Where: TypeAlias = Path | str
"""A SQLite file, or the address of a PostgreSQL database."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open database, as the ports the core asks for."""

    database: Database
    teams: Teams
    catalogue: Catalogue
    aliases: Aliases
    votes: Votes
    turns: Turns
    bookmarks: Bookmarks
    digests: Digests
    people: People
    presence: Presence
    deliveries: Deliveries
    transcript: Transcript
    shipped: Shipped

    @classmethod
    async def open(cls, where: Where, *, clock: Clock, hash_key: bytes | None = None, pooler: bool = False) -> "Store":
        """Open or create the database; raises `StorageError` where it cannot be used, harming nothing.

        `hash_key` (16 to 64 bytes) makes the hashes of people who were forgotten; without one, a random
        key kept in the database does. It must stay the same for the life of the database. `pooler` says
        that the address is of one that hands out connections for a transaction at a time.
        """
        database = await _open(where, pooler=pooler)
        try:
            key = hash_key if hash_key is not None else bytes((await database.rows(SQL["hash_key"]))[0][0])
        except BaseException:
            await database.close()
            raise
        return cls(
            database=database,
            teams=Teams(database),
            catalogue=Catalogue(database, clock=clock),
            aliases=Aliases(database),
            votes=Votes(database, clock=clock, hash_key=key),
            turns=Turns(database, clock=clock),
            bookmarks=Bookmarks(database),
            digests=Digests(database),
            people=People(database, clock=clock, hash_key=key),
            presence=Presence(database),
            deliveries=Deliveries(database, clock=clock, hash_key=key),
            transcript=Transcript(database, clock=clock),
            shipped=Shipped(database),
        )

    async def close(self) -> None:
        """Finish the writes under way and let go of the database."""
        await self.database.close()


async def _open(where: Where, *, pooler: bool) -> Database:
    if isinstance(where, Path):
        from bot.storage.sqlite.database import Database as Sqlite  # noqa: PLC0415 - the one that is used

        return await Sqlite.open(where)
    from bot.storage.postgres.database import Database as Postgres  # noqa: PLC0415

    return await Postgres.open(where, pooler=pooler)

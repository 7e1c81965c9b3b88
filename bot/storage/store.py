"""The store: one SQLite file behind every port."""

from dataclasses import dataclass
from pathlib import Path

from bot.storage.aliases import Aliases
from bot.storage.bookmarks import Bookmarks
from bot.storage.catalogue import Catalogue
from bot.storage.database import Database
from bot.storage.digests import Digests
from bot.storage.people import People
from bot.storage.presence import Presence
from bot.storage.shipped import Shipped
from bot.storage.teams import Teams
from bot.storage.transcript import Transcript
from bot.storage.votes import Votes
from commands.ports import Clock


@dataclass(frozen=True, slots=True)
class Store:
    """An open database, as the ports the core asks for."""

    database: Database
    teams: Teams
    catalogue: Catalogue
    aliases: Aliases
    votes: Votes
    bookmarks: Bookmarks
    digests: Digests
    people: People
    presence: Presence
    transcript: Transcript
    shipped: Shipped

    @classmethod
    async def open(cls, path: Path, *, clock: Clock, hash_key: bytes | None = None) -> "Store":
        """Open or create the file; raises `StorageError` where it cannot be used, harming nothing.

        `hash_key` (16 to 64 bytes) makes the hashes of people who were forgotten; without one, a random
        key kept in the file does. It must stay the same for the life of the file.
        """
        database = await Database.open(path)
        try:
            key = hash_key if hash_key is not None else await database.hash_key()
        except BaseException:
            await database.close()
            raise
        return cls(
            database=database,
            teams=Teams(database),
            catalogue=Catalogue(database, clock=clock),
            aliases=Aliases(database),
            votes=Votes(database, clock=clock, hash_key=key),
            bookmarks=Bookmarks(database),
            digests=Digests(database),
            people=People(database, clock=clock, hash_key=key),
            presence=Presence(database),
            transcript=Transcript(database, clock=clock),
            shipped=Shipped(database),
        )

    async def close(self) -> None:
        """Finish the writes under way and let go of the file."""
        await self.database.close()

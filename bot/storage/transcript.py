"""What was said in a terminal channel. See `commands.ports.Transcript`."""

from collections.abc import Sequence
from typing import Any

from bot.storage.database import Connection, Database
from bot.storage.statements import statements
from commands.model import Said
from commands.ports import Clock

SQL = statements("transcript.sql")


class Transcript:
    """See `commands.ports.Transcript`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def append(
        self, channel: str, author: str, body: str, *, ballot: int | None = None, digest: int | None = None
    ) -> int:
        """See `Transcript.append`."""
        said = {"channel": channel, "author": author, "body": body, "ballot": ballot, "digest": digest}
        return await self._database.writer.write(append, said | {"at_us": self._clock()})

    async def last(self, channel: str, limit: int) -> tuple[Said, ...]:
        """See `Transcript.last`."""
        return tuple(Said(*row) for row in await self._database.rows(SQL["last"], (channel, limit)))

    async def find_digest(self, channel: str, digest: int) -> int | None:
        """See `Transcript.find_digest`."""
        row = await self._database.row(SQL["find_digest"], (channel, digest))
        return int(row[0]) if row else None

    async def get(self, channel: str, number: int) -> Said | None:
        """See `Transcript.get`."""
        row = await self._database.row(SQL["get"], (channel, number))
        return Said(*row) if row else None


async def append(conn: Connection, items: Sequence[dict[str, Any]]) -> list[int]:
    """Add these messages, each under the next number of its channel."""
    return [(await conn.fetch(SQL["append"], item))[0][0] for item in items]

"""Whose turn it is to draw which ballot's message, kept for all processes. See `commands.ports.Turns`."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.storage.database import Connection, Database
from bot.storage.statements import statements
from commands.model import TeamKey
from commands.ports import Clock
from commands.turns import Drawing, Pace, Turn, Wait, place

SQL = statements("turns.sql")


class Asked(NamedTuple):
    """Somebody asks for a turn."""

    ballot: int
    pace: Pace


class Done(NamedTuple):
    """Somebody's turn is over."""

    ballot: int
    turn: Turn
    drawn: bool


class Turns:
    """See `commands.ports.Turns`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, ballot: int, pace: Pace) -> Turn | Wait | None:
        """See `Turns.take`."""
        return await self._database.writer.write(self._take, Asked(ballot, pace))

    async def done(self, ballot: int, turn: Turn, *, drawn: bool) -> bool:
        """See `Turns.done`."""
        return await self._database.writer.write(self._done, Done(ballot, turn, drawn))

    async def behind(self, platform: str, *, after: int, limit: int) -> tuple[tuple[int, TeamKey], ...]:
        """See `Turns.behind`."""
        rows = await self._database.rows(SQL["behind"], {"platform": platform, "after": after, "limit": limit})
        return tuple((ballot, TeamKey(*key)) for ballot, *key in rows)

    async def _take(self, conn: Connection, items: Sequence[Asked]) -> list[Turn | Wait | None]:
        """Answer those who ask, one after another; see `Writer.write`."""
        await conn.hold(ballots=[one.ballot for one in items])
        return [await self._take_one(conn, *one) for one in items]

    async def _take_one(self, conn: Connection, ballot: int, pace: Pace) -> Turn | Wait | None:
        found = await drawing(conn, ballot)
        if found is None:
            return None
        team, held = found
        minute: dict[int, int] = dict(await conn.fetch(SQL["minute"], (team,)))
        now_us = self._clock()
        turn = held.take(pace, minute, now_us)
        if isinstance(turn, Turn):
            await put(conn, ballot, held.taken(turn, pace, now_us))
            await conn.fetch(SQL["put_draw"], (team, place(pace, minute, now_us)[0], now_us))
        return turn

    async def _done(self, conn: Connection, items: Sequence[Done]) -> list[bool]:
        """Note what became of turns, one after another; see `Writer.write`."""
        await conn.hold(ballots=[one.ballot for one in items])
        return [await self._done_one(conn, *one) for one in items]

    async def _done_one(self, conn: Connection, ballot: int, turn: Turn, drawn: bool) -> bool:  # noqa: FBT001 - see `Done`
        found = await drawing(conn, ballot)
        if found is None:
            return False
        after = found[1].done(turn, self._clock(), drawn=drawn)
        await put(conn, ballot, after)
        return after.marked > after.drawn


async def drawing(conn: Connection, ballot: int) -> tuple[int, Drawing] | None:
    """A ballot's team, and how far its message has come; None where there is nothing to draw for good."""
    rows = await conn.fetch(SQL["drawing"], (ballot,))
    return (rows[0][0], Drawing(*rows[0][1:])) if rows else None


async def put(conn: Connection, ballot: int, held: Drawing) -> None:
    """Keep how far a ballot's message has come."""
    row = {"drawn": held.drawn, "draws": held.draws, "drawn_us": held.drawn_us, "lease_us": held.lease_us}
    await conn.fetch(SQL["put_drawing"], row | {"ballot": ballot})

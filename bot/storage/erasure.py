"""Erasing all that is stored of a team, a few rows at a time, so that nobody's vote waits for it.

First the team loses its name, in one step for good: whoever asks for that name from then on gets a new
team. Then its rows go, ballots before the counters that their marks add up to, and the team itself last.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from bot.storage.database import Connection
from bot.storage.statements import Statement, statements

SQL = statements("erasure.sql")

ROWS = 2_000
"""Rows erased in one transaction, or few more."""

BALLOTS = 200
"""Ballots looked at in one transaction; each has up to five options."""

TABLES = (
    *("standings", "tallies", "pairs", "tally_log", "draws"),
    *("bookmarks", "aliases", "runs", "subscriptions", "forgotten"),
)
"""What is left of a team without ballots, in the order in which it can go."""


class Progress(Enum):
    """How far the erasing of a team has come. `GONE` is told once, `NOTHING` from then on."""

    MORE = "more"
    GONE = "gone"
    NOTHING = "nothing"


class Portion(NamedTuple):
    """A wish for some rows of a team to be erased."""

    team: int
    rows: int


async def let_go(conn: Connection, instants: Sequence[int]) -> list[tuple[int, ...]]:
    """Take their name from the teams that departed before these instants; every team that has lost it."""
    for before_us in instants:
        await conn.fetch(SQL["let_go"], (before_us,))
    nameless = tuple([team for (team,) in await conn.fetch(SQL["let_go_of"])])
    return [nameless] * len(instants)


async def erase(conn: Connection, portions: Sequence[Portion]) -> list[Progress]:
    """Erase some rows of these teams, which have lost their name."""
    return [await erase_portion(conn, portion) for portion in portions]


async def erase_portion(conn: Connection, portion: Portion) -> Progress:
    """Erase some rows of one team; see `Progress`."""
    await conn.hold([portion.team])
    await conn.fetch(SQL["keep_last_ids"])
    if await erase_ballots(conn, portion):
        return Progress.MORE
    left = portion.rows
    for table in TABLES:
        left -= await erased(conn, SQL[f"erase_{table}"], {"team": portion.team, "limit": left})
        if left <= 0:
            return Progress.MORE
    return Progress.GONE if await conn.fetch(SQL["erase_team"], (portion.team,)) else Progress.NOTHING


async def erase_ballots(conn: Connection, portion: Portion) -> bool:
    """Erase some ballots of a team with their marks, or as many marks as may go at once; whether there were any."""
    [(ballots,)] = await conn.fetch(SQL["some_ballots"], (portion.team, BALLOTS))
    if ballots == "[]":
        return False
    if await erased(conn, SQL["erase_marks"], {"ballots": ballots, "limit": portion.rows}) < portion.rows:
        await conn.fetch(SQL["erase_options"], (ballots,))
        await conn.fetch(SQL["erase_ballots"], (ballots,))
    return True


async def erased(conn: Connection, statement: Statement, parameters: dict[str, int | str]) -> int:
    """Run a statement that erases and returns what it did; how many rows it was."""
    return len(await conn.fetch(statement, parameters))

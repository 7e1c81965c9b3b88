"""A database of an earlier version is brought up to date with all that is in it."""

from pathlib import Path
from typing import TypeAlias

from bot.storage.sqlite.database import connection, migrate, migrations, set_up
from bot.storage.store import Store
from commands.model import TeamKey
from commands.turns import Pace, Turn
from tests.contracts.make import mark
from tests.fakes import FakeClock

MINUTE_US = 60_000_000
SEEN_US = 1_000 * MINUTE_US
BEFORE_SEVERAL_PROCESSES = 2


Act: TypeAlias = tuple[str, tuple[object, ...]]
"""A statement, and its parameters."""


async def earlier(path: Path, version: int, *acts: Act) -> None:
    """Make a database of this version, and run these statements on it."""
    async with connection(path) as conn:
        await set_up(conn)
        await migrate(conn, migrations()[:version])
        for act in acts:
            await conn.execute_fetchall(*act)


BALLOT = """
INSERT INTO ballots
    (id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, active_us)
VALUES (?, 1, 'card', 'C1', 0, '', 'slack', 'C1', ?, 5, ?)
"""


def ballot(number: int, *, active_us: int) -> Act:
    """A ballot as it was stored before messages were drawn by several processes."""
    return BALLOT, (number, f"m{number}", active_us)


TEAM: Act = ("INSERT INTO teams (id, platform, external_id) VALUES (1, 'slack', 'T1')", ())
TOOL: Act = (
    "INSERT INTO tools VALUES (1, 'a', 'A', '', '', '', '', '', 'stated', '', '', '', '', '', '', NULL, NULL, -1)",
    (),
)
OPTIONS: Act = ("INSERT INTO ballot_options VALUES (1, 0, NULL), (1, 1, 1)", ())
SEEN: Act = ("INSERT INTO presence VALUES ('slack', ?)", (SEEN_US,))


async def test_what_may_not_have_been_drawn_before_an_upgrade_is_drawn_after_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "earlier.db"
    await earlier(
        path,
        BEFORE_SEVERAL_PROCESSES,
        *(TEAM, TOOL, SEEN),
        ballot(1, active_us=SEEN_US - 20 * MINUTE_US),
        ballot(2, active_us=SEEN_US - 5 * MINUTE_US),
        ballot(3, active_us=SEEN_US + 1),
        OPTIONS,
    )
    store = await Store.open(path, clock=clock)
    team = TeamKey("slack", "T1")
    assert await store.turns.behind("slack", after=0, limit=9) == ((2, team), (3, team))
    assert (await store.votes.record(mark(1, "ada", 1))).changed
    assert isinstance(await store.turns.take(1, Pace(36)), Turn)
    await store.close()


async def test_where_nothing_was_ever_connected_nothing_is_drawn_after_an_upgrade(
    tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "earlier.db"
    await earlier(path, BEFORE_SEVERAL_PROCESSES, TEAM, ballot(1, active_us=SEEN_US))
    store = await Store.open(path, clock=clock)
    assert await store.turns.behind("slack", after=0, limit=9) == ()
    await store.close()

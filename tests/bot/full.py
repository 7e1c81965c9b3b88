"""A database with rows in every table, and all that is in one, whatever kind it is."""

import asyncio
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation

from bot.storage.database import Row
from bot.storage.installations import Installations, States
from bot.storage.sqlite.database import connection
from bot.storage.store import Store, Where
from bot.storage.whole import Kept, reading
from commands.model import Channel, Mark, Message, TeamAlias, TeamKey, Via
from commands.turns import Pace
from tests.contracts.make import SHIP, SKIP, WEEK_US, ballot, bookmark, entry, ignore, panel, subscription
from tests.fakes import FakeClock

FIRST, SECOND, ERASED = TeamKey("slack", "T1"), TeamKey("discord", "77"), TeamKey("slack", "T-gone")
HOUR_US = 3_600_000_000


async def fill(where: Where, *, people: int = 40, hash_key: bytes | None = None) -> None:
    """Make a database of two teams, and of one that was erased again after the others came."""
    clock = FakeClock()
    store = await Store.open(where, clock=clock, hash_key=hash_key)
    tool = partial(entry, "a", words=["fast", "zwölf 🚢"], former=["old-name"], reviews=panel(SHIP, SKIP))
    await store.catalogue.load([tool(), entry("b"), entry("c")], categories={"Models": ["llm"]}, progress=ignore)
    await store.catalogue.load([tool(pricing="Dear")], categories={}, progress=ignore)
    await store.shipped.set("a hash of a file")
    for first, key in ((1, FIRST), (100, SECOND), (200, ERASED)):
        await fill_team(store, key, first, people)
    await store.teams.depart(ERASED, 100)
    await store.teams.purge(101)
    await store.teams.arrive(FIRST, 7)
    await store.people.forget(1, "U1")
    await store.transcript.append("general", author="ana", body="Hello\n🚢", ballot=1, digest=1)
    await store.presence.see("slack", 10 * HOUR_US)
    await store.deliveries.first("Ev1")
    installations = Installations(store.database, key=(Fernet.generate_key().decode(),), clock=clock)
    await installations.async_save(Installation(app_id="A1", team_id="T1", bot_id="B1", bot_user_id="U0", user_id="U9"))
    await States(store.database, clock=clock).async_issue()
    await store.close()


async def fill_team(store: Store, key: TeamKey, first: int, people: int) -> None:
    team = await store.teams.team(key)
    channel = Channel(f"C-{key.external_id}", private=key == SECOND)
    for number, tools in enumerate(((1, 2, 3), (2, 3), (3,)), start=first):
        message = Message(key.platform, channel.id, str(number))
        await store.votes.open(ballot(number, team, tools, channel=channel, message=message))
    marks = [
        Mark(first + n % 3, f"U{n}", n % 2, [Via.BUTTON, Via.REACTION][n % 5 < 2], active=n % 7 > 0)
        for n in range(people)
    ]
    await asyncio.gather(*[store.votes.record(one) for one in marks])
    await store.turns.take(first, Pace(per_minute=1))
    await store.bookmarks.add(team, "U1", bookmark(1))
    await store.aliases.set_alias(team, TeamAlias("the good one", 1, "U1", 5))
    weekly = await store.digests.subscribe(subscription(team, key, channel.id))
    await store.digests.open_run(weekly, due_us=WEEK_US, lease_us=1)


async def add_rows(path: Path, rows: int) -> None:
    """Make a database large: so many more rows that refer to nothing."""
    async with connection(path) as conn:
        await conn.execute_fetchall(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)"
            " INSERT INTO tally_log (team, tool, minute, at_us, ships, skips) SELECT 9, n, 0, 0, 1, 2 FROM n",
            (rows,),
        )


async def contents(where: Where) -> dict[str, list[Row] | Kept]:
    """Every row of every table, and what is kept besides."""
    async with reading(where) as whole:
        found: dict[str, list[Row] | Kept] = {"kept": await whole.kept()}
        for table, columns in (await whole.tables()).items():
            rows = [row async for portion in whole.rows(table, sorted(columns)) for row in portion]
            found[table] = sorted(rows, key=repr)
    return found

"""What the SQLite store promises of a purge beyond the port: every table, in small steps, wherever it is broken off."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from bot.storage import erasure
from bot.storage.sqlite import database
from bot.storage.store import Store
from bot.storage.teams import Teams
from commands.model import Channel, Mark, Message, TeamAlias, TeamKey, Via
from commands.turns import Pace
from tests.contracts.make import WEEK_US, ballot, bookmark, entry, ignore, mark, subscription
from tests.fakes import FakeClock

GONE, STAYS = TeamKey("slack", "T-gone"), TeamKey("slack", "T-stays")
PEOPLE = 30
BALLOTS = 12


async def fill(store: Store, key: TeamKey, first: int) -> int:
    """Leave rows of a team in every table that has any; its id."""
    team = await store.teams.team(key)
    channel = Channel(f"C-{key.external_id}")
    for number in range(first, first + BALLOTS):
        message = Message("slack", channel.id, str(number))
        await store.votes.open(ballot(number, team, (1, 2, 3), channel=channel, message=message))
    marks = [
        Mark(number, f"{key.external_id}-{n}", n % 4, Via.BUTTON, active=True)
        for number in range(first, first + BALLOTS)
        for n in range(PEOPLE)
    ]
    await asyncio.gather(*[store.votes.record(one) for one in marks])
    await store.turns.take(first, Pace(per_minute=1))
    for n in range(PEOPLE):
        await store.bookmarks.add(team, f"{key.external_id}-{n}", bookmark(1))
        await store.aliases.set_alias(team, TeamAlias(f"{key.external_id} {n}", 1, "ada", 5))
        weekly = await store.digests.subscribe(subscription(team, key, f"{channel.id}-{n}"))
        for due_us in (1, 2):
            await store.digests.open_run(weekly, due_us=due_us * WEEK_US, lease_us=1)
    await store.people.forget(team, f"{key.external_id}-0")
    return team


@pytest.fixture
async def full(sqlite: Store) -> tuple[int, int]:
    """The ids of a team that departed at 100 and of one that stays, with rows in every table."""
    await sqlite.catalogue.load([entry(slug) for slug in "abc"], categories={}, progress=ignore)
    teams = await fill(sqlite, GONE, 1), await fill(sqlite, STAYS, 1000)
    await sqlite.teams.depart(GONE, 100)
    return teams


def counts(path: Path, team: int) -> dict[str, int]:
    """How many rows every table has of a team, as another program sees them."""
    sizes = {}
    with sqlite3.connect(path) as conn:
        for (table,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
            ballots = "ballot IN (SELECT id FROM ballots WHERE team = :team)"
            runs = "subscription IN (SELECT id FROM subscriptions WHERE team = :team)"
            where = {"teams": "id = :team", "digest_runs": runs, "marks": ballots, "ballot_options": ballots}.get(
                table, "team = :team" if "team" in columns else ""
            )
            if where:
                sizes[table] = conn.execute(f"SELECT count(*) FROM {table} WHERE {where}", {"team": team}).fetchone()[0]  # noqa: S608
    conn.close()
    return sizes


def totals(path: Path) -> dict[str, int]:
    """How many rows every table has."""
    with sqlite3.connect(path) as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        sizes = {table: conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608
    conn.close()
    return sizes


async def test_a_purge_leaves_nothing_in_any_table_and_touches_no_other_team(
    sqlite: Store, full: tuple[int, int]
) -> None:
    path, (gone, stays) = sqlite.database.path, full
    held, kept, all_before = counts(path, gone), counts(path, stays), totals(path)
    assert all(held.values()), "a table of teams that this test does not fill"
    assert await sqlite.teams.purge(101) == 1
    assert not any(counts(path, gone).values())
    assert counts(path, stays) == kept
    assert totals(path) == {table: size - held.get(table, 0) for table, size in all_before.items()}
    assert await sqlite.votes.stored_counters(stays) == await sqlite.votes.rebuilt_counters(stays)


async def test_the_name_of_what_was_erased_is_nowhere_in_the_file(sqlite: Store, full: tuple[int, int]) -> None:
    path = sqlite.database.path
    await sqlite.teams.purge(101)
    await sqlite.close()
    assert b"T-stays" in path.read_bytes()
    assert b"T-gone" not in path.read_bytes()


async def test_no_step_erases_more_than_its_share(sqlite: Store, full: tuple[int, int]) -> None:
    path, (gone, _) = sqlite.database.path, full
    writer = sqlite.database.writer
    await writer.write(erasure.let_go, 101)
    before, sizes, progress = sum(totals(path).values()), [], erasure.Progress.MORE
    while progress is erasure.Progress.MORE:
        progress = await writer.write(erasure.erase, erasure.Portion(gone, 50))
        after = sum(totals(path).values())
        sizes.append(before - after)
        before = after
    assert progress is erasure.Progress.GONE
    assert len(sizes) > 10
    # A step may take the last ballots with their options beside its share of marks.
    assert max(sizes) <= 50 + BALLOTS * 5
    assert await writer.write(erasure.erase, erasure.Portion(gone, 50)) is erasure.Progress.NOTHING


async def test_votes_are_recorded_in_between(sqlite: Store, full: tuple[int, int]) -> None:
    teams = Teams(sqlite.database, rows_at_once=20)
    purge = asyncio.create_task(teams.purge(101))
    at_us = 10**17
    recorded = 0
    while not purge.done():
        at_us += 1
        await sqlite.votes.record(mark(1000, "T-stays-5", 1, at_us, via=Via.BUTTON))
        recorded += 1
    assert await purge == 1
    assert recorded > 10
    assert await sqlite.votes.stored_counters(full[1]) == await sqlite.votes.rebuilt_counters(full[1])


@pytest.mark.parametrize("steps", [0, 1, 5, 12, 20])
async def test_a_purge_broken_off_anywhere_is_finished_by_the_next(
    sqlite: Store, full: tuple[int, int], clock: FakeClock, steps: int
) -> None:
    path, (gone, stays) = sqlite.database.path, full
    kept = counts(path, stays)
    await sqlite.database.writer.write(erasure.let_go, 101)
    for _ in range(steps):
        assert await sqlite.database.writer.write(erasure.erase, erasure.Portion(gone, 20)) is erasure.Progress.MORE
    await sqlite.close()
    store = await Store.open(path, clock=clock)
    again = await store.teams.team(GONE)
    assert again not in (gone, stays)
    await store.teams.arrive(GONE, 500)
    assert await store.teams.purge(0) == 1
    assert not any(counts(path, gone).values())
    assert counts(path, stays) == kept
    assert await store.teams.team(GONE) == again
    await store.close()


async def test_votes_on_a_team_that_is_being_erased_do_no_harm(sqlite: Store, full: tuple[int, int]) -> None:
    path, (gone, _) = sqlite.database.path, full
    await sqlite.database.writer.write(erasure.let_go, 101)
    at_us, progress = 10**17, erasure.Progress.MORE
    while progress is erasure.Progress.MORE:
        for number in range(1, 1 + BALLOTS):
            at_us += 1
            await sqlite.votes.record(Mark(number, f"T-gone-{at_us % PEOPLE}", 2, Via.BUTTON, at_us % 2 == 0, at_us))
        progress = await sqlite.database.writer.write(erasure.erase, erasure.Portion(gone, 40))
    assert not any(counts(path, gone).values())


async def test_two_processes_that_purge_at_once_count_each_team_once(
    sqlite: Store, full: tuple[int, int], clock: FakeClock
) -> None:
    other = await Store.open(sqlite.database.path, clock=clock)
    purged = await asyncio.gather(*[Teams(store.database, rows_at_once=50).purge(101) for store in (sqlite, other)])
    assert sorted(purged) == [0, 1]
    await other.close()


async def test_the_id_of_a_team_that_another_process_purged_is_not_given_out_a_second_later(
    sqlite: Store, full: tuple[int, int], clock: FakeClock
) -> None:
    other = await Store.open(sqlite.database.path, clock=clock)
    assert await other.teams.team(GONE) == full[0]
    await sqlite.teams.purge(101)
    later_s = time.monotonic() + 1
    other.teams._now_s = lambda: later_s
    again = await other.teams.team(GONE)
    assert again not in full
    assert await sqlite.teams.team(GONE) == again
    await other.close()


async def test_a_file_of_the_first_version_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "shipworthy.db"
    async with database.connection(path) as conn:
        await database.set_up(conn)
        await database.migrate(conn, database.migrations()[:1])
        await conn.execute_fetchall("INSERT INTO teams (platform, external_id) VALUES ('slack', 'T1')")
        await conn.execute_fetchall("INSERT INTO forgotten VALUES ('hash', 1, 5)")
    store = await Store.open(path, clock=clock)
    assert await store.teams.team(TeamKey("slack", "T1")) == 1
    assert await store.teams.depart(TeamKey("slack", "T1"), 5)
    assert await store.teams.purge(6) == 1
    assert await store.teams.team(TeamKey("slack", "T1")) == 2
    await store.close()

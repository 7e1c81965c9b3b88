"""What is PostgreSQL's own: who opens it, several who write at once, and a server that goes and comes back."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.storage.errors import StorageError
from bot.storage.postgres import database
from bot.storage.postgres.database import Database, safe
from bot.storage.store import Store
from commands.errors import Unavailable
from commands.model import Mark, TeamKey, Via
from tests.contracts.make import ballot, entry, ignore
from tests.fakes import FakeClock
from tests.pooler import Pooler
from tests.postgres import Server

TOOLS = 4


@pytest.fixture
async def stores(postgres_url: str) -> AsyncIterator[tuple[Store, ...]]:
    """Three programs' worth of stores on one database with tools and ballots of two teams."""
    async with opened(postgres_url, 3) as stores:
        await prepare(stores[0])
        yield stores


@asynccontextmanager
async def opened(url: str, number: int, *, pooler: bool = False) -> AsyncIterator[tuple[Store, ...]]:
    stores = tuple([await Store.open(url, clock=FakeClock(), pooler=pooler) for _ in range(number)])
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


async def prepare(store: Store) -> None:
    await store.catalogue.load([entry(f"tool-{n}") for n in range(TOOLS)], categories={}, progress=ignore)
    for number in range(1, 5):
        team = await store.teams.team(TeamKey("terminal", f"team {number % 2}"))
        await store.votes.open(ballot(number, team, [number % TOOLS + 1, (number + 1) % TOOLS + 1]))


def marks(count: int, seed: int) -> list[Mark]:
    """Votes of a few people who change their minds, on ballots of both teams."""
    chance = random.Random(seed)  # noqa: S311 - the same votes in every run
    return [
        Mark(
            chance.randint(1, 4),
            f"U{chance.randint(1, 9)}",
            chance.randint(0, 2),
            Via.REACTION,
            active=chance.random() < 0.7,
            at_us=10**15 + seed * 1_000_000 + number,
        )
        for number in range(count)
    ]


async def in_step(store: Store) -> None:
    """The counters are what the marks come to."""
    async for team in store.votes.team_ids():
        assert await store.votes.stored_counters(team) == await store.votes.rebuilt_counters(team)


async def test_several_who_write_to_the_same_teams_at_once_keep_the_counters_in_step(
    stores: tuple[Store, ...],
) -> None:
    work = [store.votes.record(mark) for seed, store in enumerate(stores) for mark in marks(150, seed)]
    recorded = await asyncio.gather(*work)
    assert any(one.changed for one in recorded)
    await in_step(stores[0])


async def test_every_kind_of_write_at_once_from_everywhere_neither_waits_for_ever_nor_breaks_the_counters(
    stores: tuple[Store, ...],
) -> None:
    first, second, third = stores
    team = await first.teams.team(TeamKey("terminal", "team 1"))
    opening = [store.votes.open(ballot(10 + n, team, [1, 2 + n % 3])) for n, store in enumerate(stores * 3)]
    recording = [store.votes.record(mark) for seed, store in enumerate(stores) for mark in marks(60, seed)]
    forgetting = [store.people.forget(team, f"U{n}") for n, store in enumerate(stores)]
    others = [
        second.votes.freeze(3),
        third.votes.rebuild(team),
        first.votes.repair(2, frozenset({("U1", 1)}), read_from=0, away_us=0, complete=True),
    ]
    work = [*opening, *recording, *forgetting, *others]
    random.Random(4).shuffle(work)  # noqa: S311 - the same order in every run
    await asyncio.gather(*work)
    await in_step(second)


async def test_several_who_open_a_new_database_at_once_make_it_once(postgres_server: Server) -> None:
    with postgres_server.bare() as url:
        stores = await asyncio.gather(*[Store.open(url, clock=FakeClock()) for _ in range(4)])
        assert len({await store.teams.team(TeamKey("terminal", "home")) for store in stores}) == 1
        for store in stores:
            await store.close()


async def test_a_database_of_a_newer_program_or_of_another_is_refused_unharmed(postgres_server: Server) -> None:
    with postgres_server.database() as url:
        name = url.rpartition("/")[2]
        postgres_server.sql("UPDATE schema_version SET version = 99", database=name)
        with pytest.raises(StorageError, match="newer version of Shipworthy"):
            await Store.open(url, clock=FakeClock())
    with postgres_server.bare() as url:
        name = url.rpartition("/")[2]
        postgres_server.sql("CREATE TABLE theirs (a int)", database=name)
        with pytest.raises(StorageError, match="another program's tables"):
            await Store.open(url, clock=FakeClock())
        assert postgres_server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=name) == "1"


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "0001_broken.sql"
    broken.write_text("CREATE TABLE half (a int); CREATE TABLE half (a int);", encoding="utf-8")
    monkeypatch.setattr(database, "migrations", lambda: (broken,))
    with postgres_server.bare() as url:
        with pytest.raises(Exception, match="already exists"):
            await Store.open(url, clock=FakeClock())
        counted = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert postgres_server.sql(counted, database=url.rpartition("/")[2]) == "0"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (lambda server: server.url("nowhere"), "does not exist on that server"),
        (lambda _: "postgresql://me:secret-word@127.0.0.1:1/db", "cannot be reached"),
        (lambda _: "postgresql://me:secret-word@127.0.0.1:port/db", "no address the driver understands"),
    ],
)
async def test_what_cannot_be_opened_says_why_without_the_password(
    postgres_server: Server, address: Callable[[Server], str], told: str
) -> None:
    with pytest.raises(StorageError, match=told) as refused:
        await Store.open(address(postgres_server), clock=FakeClock())
    assert "secret-word" not in str(refused.value)


async def test_a_server_that_forgets_what_it_committed_is_warned_of(
    postgres_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with postgres_server.bare() as url:
        name = url.rpartition("/")[2]
        postgres_server.sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        await (await Store.open(url, clock=FakeClock())).close()
    assert "synchronous_commit off" in caplog.text


async def test_a_server_too_old_for_our_statements_is_refused(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)
    with postgres_server.bare() as url, pytest.raises(StorageError, match="99 or newer is needed"):
        await Store.open(url, clock=FakeClock())


def test_an_address_is_shown_without_who_and_with_what_password() -> None:
    assert safe("postgresql://me:secret@db.example:5433/votes?sslmode=require") == "postgresql://db.example:5433/votes"


async def test_a_server_that_restarts_is_found_again_and_what_was_answered_is_there(
    postgres_server: Server, postgres_url: str
) -> None:
    async with opened(postgres_url, 1) as (store,):
        await prepare(store)
        for end in (postgres_server.stop, postgres_server.kill):
            vote = Mark(1, "U1", 1, Via.REACTION, active=True, at_us=10**15)
            await store.votes.record(vote)
            end()
            with pytest.raises(Unavailable, match="cannot be reached"):
                await store.votes.marks(1, "U1")
            with pytest.raises(Unavailable, match="cannot be reached"):
                await store.votes.record(Mark(1, "U2", 1, Via.REACTION, active=True, at_us=10**15))
            postgres_server.start()
            assert await store.votes.marks(1, "U1") == ((1, "reaction"),)
            assert await store.votes.marks(1, "U2") == ()
            await store.votes.record(Mark(2, "U1", 1, Via.REACTION, active=True, at_us=10**15))
        await in_step(store)


async def test_a_connection_that_the_server_ends_is_replaced(postgres_server: Server, postgres_url: str) -> None:
    async with opened(postgres_url, 1) as (store,):
        await prepare(store)
        name = postgres_url.rpartition("/")[2]
        for number in range(3):
            postgres_server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
            given = Mark(1, f"U{number}", 1, Via.REACTION, active=True, at_us=10**15)
            recorded = None
            for _ in range(3):
                try:
                    recorded = await store.votes.record(given)
                except Unavailable:
                    continue
                break
            assert recorded is not None
        assert isinstance(store.database, Database)
        await in_step(store)


async def test_it_works_through_a_pooler_that_lends_connections_for_a_transaction(
    postgres_server: Server, postgres_url: str
) -> None:
    with Pooler(postgres_server) as pooler:
        async with opened(pooler.url(postgres_url.rpartition("/")[2]), 3, pooler=True) as stores:
            await prepare(stores[0])
            work = [store.votes.record(mark) for seed, store in enumerate(stores) for mark in marks(100, seed)]
            reading = [store.votes.scores(1, [1, 2, 3]) for store in stores for _ in range(30)]
            await asyncio.gather(*work, *reading)
            await in_step(stores[2])

"""Two programs on one PostgreSQL database: what each statement promises when another writes at the same time."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from bot.storage.store import Store
from commands.model import Subscription, TeamKey
from tests.contracts.make import ballot, entry, ignore, mark, subscription
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

HOME = TeamKey("terminal", "home")


@pytest.fixture
async def stores(postgres_url: str, clock: FakeClock) -> AsyncIterator[tuple[Store, Store]]:
    """One database, opened twice."""
    first, second = await Store.open(postgres_url, clock=clock), await Store.open(postgres_url, clock=clock)
    yield first, second
    await first.close()
    await second.close()


async def test_messages_of_two_writers_are_numbered_without_gap_or_repeat(stores: tuple[Store, Store]) -> None:
    numbers = await asyncio.gather(
        *[store.transcript.append("C1", "ada", str(turn)) for turn in range(30) for store in stores]
    )
    assert sorted(numbers) == list(range(1, 61))


async def test_a_team_that_two_see_first_at_once_is_one(stores: tuple[Store, Store]) -> None:
    keys = [TeamKey("slack", f"T{number}") for number in range(20)]
    one, other = stores
    found = await asyncio.gather(
        asyncio.gather(*[one.teams.team(key) for key in keys]),
        asyncio.gather(*[other.teams.team(key) for key in reversed(keys)]),
    )
    assert found[0] == found[1][::-1]
    assert len(set(found[0])) == len(keys)


async def test_a_catalogue_that_two_load_at_once_is_stored_once(stores: tuple[Store, Store]) -> None:
    entries = [entry(f"tool-{number}") for number in range(50)]
    loaded = await asyncio.gather(
        *[store.catalogue.load(entries, categories={"code": ["coding"]}, progress=ignore) for store in stores]
    )
    assert sorted(one.added for one in loaded) == [0, 50]
    assert [name.id for name in await stores[0].catalogue.names()] == list(range(1, 51))


async def test_votes_of_two_writers_add_up(stores: tuple[Store, Store]) -> None:
    team, tools = await furnish(stores[0])
    await asyncio.gather(
        *[store.votes.record(mark(1, f"p{person}", 1)) for person in range(40) for store in stores],
        *[store.votes.record(mark(2, f"p{person}", 2)) for person in range(40) for store in stores],
    )
    scores = await stores[1].votes.scores(team, tools)
    assert [scores.tallies[tool].n for tool in tools] == [40, 40]
    assert await stores[0].votes.stored_counters(team) == await stores[0].votes.rebuilt_counters(team)


async def test_a_revision_that_was_read_is_below_every_mark_that_could_not_be_read_yet(
    stores: tuple[Store, Store], postgres_url: str
) -> None:
    """A writer that has taken its revision and has not committed holds the reading up."""
    writer = await asyncpg.connect(postgres_url)
    try:
        undone = writer.transaction()
        await undone.start()
        taken = await writer.fetchval("SELECT next_marks_revision()")
        reading = asyncio.create_task(stores[0].votes.revision())
        await waits(postgres_url)
        assert not reading.done()
        await undone.commit()
        assert await asyncio.wait_for(reading, PATIENCE_S) >= taken
        assert await writer.fetchval("SELECT next_marks_revision()") > reading.result()
    finally:
        await writer.close()


async def test_ids_of_what_was_erased_are_not_given_again(stores: tuple[Store, Store]) -> None:
    one, other = stores
    team = await one.teams.team(HOME)
    weekly: Subscription = await one.digests.subscribe(subscription(team, HOME))
    await one.teams.depart(HOME, 5)
    assert await one.teams.purge(6) == 1
    again = await other.teams.team(HOME)
    assert again > team
    assert (await other.digests.subscribe(subscription(again, HOME))).id > weekly.id


async def furnish(store: Store) -> tuple[int, list[int]]:
    """A team with the ballots 1 and 2 between two tools."""
    team = await store.teams.team(HOME)
    await store.catalogue.load([entry("tool-a"), entry("tool-b")], categories={}, progress=ignore)
    tools = [name.id for name in await store.catalogue.names()]
    await store.votes.open(ballot(1, team, tools))
    await store.votes.open(ballot(2, team, tools))
    return team, tools


async def waits(url: str) -> None:
    """Return once somebody waits for a lock."""
    watcher = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await watcher.fetchval(  # noqa: ASYNC110 - nothing tells of a lock that is waited for
                "SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database "
                "WHERE NOT granted AND d.datname = current_database()"
            ):
                await asyncio.sleep(0.01)
    finally:
        await watcher.close()

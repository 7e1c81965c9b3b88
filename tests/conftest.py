"""Fixtures that many tests ask for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.storage.store import Store
from tests.fakes import FakeClock, Memory
from tests.postgres import Server

# The same examples in every run, so that a change is judged by itself; for new ones: --hypothesis-profile=default
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def memory(clock: FakeClock) -> Memory:
    """Every port in memory."""
    return Memory(clock)


@pytest.fixture
async def sqlite(clock: FakeClock, tmp_path: Path) -> AsyncIterator[Store]:
    """Every port on a new SQLite file."""
    store = await Store.open(tmp_path / "shipworthy.db", clock=clock)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server, one for each process that runs tests."""
    server = Server(durable=False)
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of a new database with our tables, empty."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
async def postgres(clock: FakeClock, postgres_url: str) -> AsyncIterator[Store]:
    """Every port on a new PostgreSQL database."""
    store = await Store.open(postgres_url, clock=clock)
    yield store
    await store.close()

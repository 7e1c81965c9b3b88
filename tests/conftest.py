"""Fixtures that many tests ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.storage.store import Store
from tests.fakes import FakeClock, Memory

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

"""Deliveries through several processes' worth of stores on one database, on either kind of database."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.storage.store import Store, Where
from tests.fakes import FakeClock


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """A new database."""
    return tmp_path / "shipworthy.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
async def stores(where: Where, clock: FakeClock) -> AsyncIterator[list[Store]]:
    """Three stores on it."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(3):
            opened.append(await Store.open(where, clock=clock))
            stack.push_async_callback(opened[-1].close)
        yield opened


async def test_of_many_told_the_same_in_any_order_one_is_the_first(stores: list[Store]) -> None:
    keys = [f"key {number}" for number in range(60)]
    orders = [keys, keys[::-1], keys[30:] + keys[:30]]
    asked = [(store, key) for store, order in zip(stores, orders, strict=True) for key in order * 2]
    told = await asyncio.gather(*[store.deliveries.first(key) for store, key in asked])
    firsts = [key for (_, key), first in zip(asked, told, strict=True) if first]
    assert sorted(firsts) == sorted(keys)
    await asyncio.gather(*[store.deliveries.forget(key) for store, key in asked])
    assert await stores[0].deliveries.first(keys[0])
    assert not await stores[1].deliveries.first(keys[0])


async def test_what_is_old_is_dropped_and_nothing_can_be_read_from_what_is_kept(
    sqlite: Store, clock: FakeClock, tmp_path: Path
) -> None:
    for number in range(50):
        await sqlite.deliveries.first(f"U123 said {number}")
        clock.forward(minutes=10)
    with contextlib.closing(sqlite3.connect(tmp_path / "shipworthy.db")) as db:
        rows = db.execute("SELECT hash FROM deliveries").fetchall()
    assert len(rows) == 6
    assert all(len(hashed) == 32 and int(hashed, 16) for (hashed,) in rows)

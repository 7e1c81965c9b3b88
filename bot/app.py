"""The composition root: what the core needs, put together from the settings."""

import gc
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.catalogue.shipped import ensure_shipped
from bot.settings import Settings
from bot.storage.store import Store
from commands.core import Core
from commands.measure import UNMEASURED, Measures
from commands.ports import Clock, Ports

RANDOM_BITS = 20


def now_us() -> int:
    """The time now; see `commands.ports.Clock`."""
    return time.time_ns() // 1_000


def settle_memory() -> None:
    """Leave what was imported out of the search for garbage, and search less often; for programs that stay.

    Python looks for cycles after every 700 new objects, a batch of votes makes tens of thousands, and
    none of them is in a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def growing_ids(clock: Clock) -> Callable[[], int]:
    """See `commands.ports.NewId`: milliseconds since 1970 above 20 random bits, never the same or less twice."""
    last = 0

    def new_id() -> int:
        nonlocal last
        last = max(last + 1, (clock() // 1_000 << RANDOM_BITS) | secrets.randbits(RANDOM_BITS))
        return last

    return new_id


@asynccontextmanager
async def store(settings: Settings, db: str | None, *, clock: Clock = now_us) -> AsyncIterator[Store]:
    """The open store with the shipped tools in it; raises `StorageError` where the file cannot be used."""
    opened = await Store.open(
        settings.database(db), clock=clock, hash_key=settings.key(), pooler=settings.database_pooler
    )
    try:
        await ensure_shipped(opened.catalogue, opened.shipped)
        yield opened
    finally:
        await opened.close()


def core(opened: Store, settings: Settings, *, clock: Clock = now_us) -> Core:
    """The core on this store."""
    return Core(ports(opened, settings, clock=clock))


def ports(opened: Store, settings: Settings, *, clock: Clock = now_us, measures: Measures = UNMEASURED) -> Ports:
    """What the core is given."""
    return Ports(
        teams=opened.teams,
        catalogue=opened.catalogue,
        aliases=opened.aliases,
        votes=opened.votes,
        turns=opened.turns,
        bookmarks=opened.bookmarks,
        digests=opened.digests,
        people=opened.people,
        deliveries=opened.deliveries,
        clock=clock,
        new_id=growing_ids(clock),
        rules=settings.rules(),
        measures=measures,
    )

import asyncio

from tests.fakes import Memory


async def test_a_platform_never_connected_to_was_never_seen(store: Memory) -> None:
    assert await store.presence.seen("slack") is None


async def test_the_latest_instant_counts_in_whatever_order_they_come(store: Memory) -> None:
    await asyncio.gather(*[store.presence.see("slack", at_us) for at_us in (5, 9, 7)])
    assert await store.presence.seen("slack") == 9
    await store.presence.see("slack", 8)
    assert await store.presence.seen("slack") == 9
    await store.presence.see("slack", 10)
    assert await store.presence.seen("slack") == 10


async def test_platforms_are_seen_apart(store: Memory) -> None:
    await store.presence.see("slack", 5)
    await store.presence.see("discord", 6)
    assert (await store.presence.seen("slack"), await store.presence.seen("discord")) == (5, 6)

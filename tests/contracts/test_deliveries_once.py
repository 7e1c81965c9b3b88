"""Deliveries: one caller of all is the first, for an hour."""

import asyncio

from tests.fakes import FakeClock, Memory


async def test_of_many_who_ask_at_once_one_is_the_first(store: Memory) -> None:
    told = await asyncio.gather(*[store.deliveries.first("said T1 C1 1.2") for _ in range(20)])
    assert sorted(told) == [False] * 19 + [True]
    assert not await store.deliveries.first("said T1 C1 1.2")


async def test_other_keys_are_told_apart_whatever_is_in_them(store: Memory) -> None:
    keys = ["", "a", "A", "a ", "ab", "b\0a", "ä", "🦙", "\ud800", '"', "x" * 100_000]
    for _ in range(2):
        assert await asyncio.gather(*map(store.deliveries.first, keys)) == [True] * len(keys)
        assert await asyncio.gather(*map(store.deliveries.first, keys)) == [False] * len(keys)
        for key in keys:
            await store.deliveries.forget(key)


async def test_what_came_to_nothing_can_be_taken_up_again(store: Memory) -> None:
    await store.deliveries.forget("never heard of")
    assert await store.deliveries.first("a")
    assert await store.deliveries.first("b")
    await store.deliveries.forget("a")
    assert await store.deliveries.first("a")
    assert not await store.deliveries.first("a")
    assert not await store.deliveries.first("b")


async def test_after_an_hour_it_is_new_again_and_until_then_it_is_not(store: Memory, clock: FakeClock) -> None:
    assert await store.deliveries.first("a")
    clock.forward(minutes=59.9)
    assert not await store.deliveries.first("a")
    assert await store.deliveries.first("b")
    clock.forward(minutes=0.1)
    assert await store.deliveries.first("a")
    assert not await store.deliveries.first("b")
    assert not await store.deliveries.first("a")


async def test_a_clock_that_steps_back_makes_nothing_new(store: Memory, clock: FakeClock) -> None:
    assert await store.deliveries.first("a")
    clock.forward(days=-2)
    assert not await store.deliveries.first("a")
    assert await store.deliveries.first("b")

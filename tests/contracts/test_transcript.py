import asyncio

from commands.model import Said
from tests.fakes import FakeClock, Memory


async def test_messages_are_numbered_from_one_in_each_channel(store: Memory) -> None:
    said = [await store.transcript.append(channel, "ada", "{}") for channel in ("a", "a", "b", "a")]
    assert said == [1, 2, 1, 3]


async def test_the_last_messages_come_oldest_first(store: Memory, clock: FakeClock) -> None:
    for body in ("one", "two", "three"):
        await store.transcript.append("a", "ada", body, ballot=7)
    assert await store.transcript.last("a", 2) == (
        Said("a", 2, "ada", "two", 7, None, clock.now_us),
        Said("a", 3, "ada", "three", 7, None, clock.now_us),
    )
    assert await store.transcript.last("b", 2) == ()


async def test_a_message_is_found_by_number_and_a_digest_by_its_id(store: Memory, clock: FakeClock) -> None:
    await store.transcript.append("a", "ada", "hello")
    number = await store.transcript.append("a", "bot", "news", digest=12)
    assert await store.transcript.find_digest("a", 12) == number
    assert await store.transcript.find_digest("b", 12) is None
    assert await store.transcript.find_digest("a", 13) is None
    assert await store.transcript.get("a", number) == Said("a", number, "bot", "news", None, 12, clock.now_us)
    assert await store.transcript.get("a", 0) is None
    assert await store.transcript.get("a", 3) is None


async def test_messages_said_at_once_each_get_their_own_number(store: Memory) -> None:
    numbers = await asyncio.gather(*[store.transcript.append("a", "ada", str(n)) for n in range(30)])
    assert sorted(numbers) == list(range(1, 31))

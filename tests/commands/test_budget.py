"""A budget: so many in any minute, first come, first served."""

import asyncio
from bisect import bisect_right

from hypothesis import given, settings
from hypothesis import strategies as st

from commands.budget import Budget, LoopTimer
from tests.fakes_timer import FakeTimer, settled


class Takers:
    """People who take from a budget, and when each was let through."""

    def __init__(self, per_minute: int) -> None:
        self.timer = FakeTimer()
        self.budget = Budget(per_minute, self.timer)
        self.through: list[tuple[str, str, float]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, key: str = "team") -> None:
        self.tasks[name] = asyncio.create_task(self._take(name, key))
        await settled()

    async def _take(self, name: str, key: str) -> None:
        await self.budget.take(key)
        self.through.append((name, key, self.timer.now()))

    def names(self) -> str:
        return "".join(name for name, _, _ in self.through)


async def test_as_many_as_allowed_go_at_once_and_the_next_when_a_minute_is_over() -> None:
    takers = Takers(3)
    for name in "abc":
        await takers.come(name)
        await takers.timer.forward(1)
    await takers.come("d")
    assert takers.names() == "abc"
    await takers.timer.forward(57.5)
    assert takers.names() == "abc"
    await takers.timer.finish()
    assert takers.through[3] == ("d", "team", 61)


async def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    takers = Takers(2)
    for name in "abcdefgh":
        await takers.come(name)
    await takers.timer.finish()
    assert takers.names() == "abcdefgh"
    assert [at for _, _, at in takers.through] == [0, 0, 61, 61, 122, 122, 183, 183]


async def test_one_key_does_not_wait_for_another() -> None:
    takers = Takers(1)
    await takers.come("a", "first")
    await takers.come("b", "first")
    await takers.come("c", "second")
    assert takers.names() == "ac"
    await takers.timer.finish()


async def test_whoever_stops_waiting_takes_nothing_and_holds_up_nobody() -> None:
    takers = Takers(1)
    for name in "abc":
        await takers.come(name)
    takers.tasks["b"].cancel()
    await takers.timer.finish()
    assert takers.through == [("a", "team", 0), ("c", "team", 61)]


async def test_keys_that_were_idle_for_a_minute_are_forgotten() -> None:
    takers = Takers(2)
    for number in range(500):
        await takers.come("x", f"team-{number}")
        await takers.timer.forward(1)
    assert len(takers.budget._lines) <= 63


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5), st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 30)), max_size=40))
def test_no_minute_ever_holds_more_and_everybody_gets_through(per_minute: int, coming: list[tuple[str, float]]) -> None:
    async def all_of_them() -> list[tuple[str, str, float]]:
        takers = Takers(per_minute)
        for key, pause in coming:
            await takers.come("x", key)
            await takers.timer.forward(pause)
        await takers.timer.finish()
        return takers.through

    through = asyncio.run(all_of_them())
    assert len(through) == len(coming)
    for key in "ab":
        times = [at for _, one, at in through if one == key]
        for place, at in enumerate(times):
            assert bisect_right(times, at + 60) - place <= per_minute


async def test_the_real_time_is_that_of_the_event_loop() -> None:
    timer = LoopTimer()
    before = timer.now()
    await timer.sleep(0.01)
    assert 0.009 < timer.now() - before < 60

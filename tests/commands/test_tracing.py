"""Tracing: an id for each delivery, known in all that is done for it and nowhere else."""

import asyncio
import re

from commands import tracing


async def test_every_delivery_has_an_id_of_its_own_that_its_tasks_take_over() -> None:
    async def work(what: str) -> list[str]:
        tracing.begin("slack", "T1", what)
        return [tracing.current(), await asyncio.create_task(later())]

    async def later() -> str:
        await asyncio.sleep(0)
        return tracing.current()

    one, other = await asyncio.gather(work("command"), work("reaction"))
    assert one[0] == one[1] != other[0] == other[1]
    assert all(re.fullmatch("[0-9a-f]{8}", each) for each in one + other)
    assert tracing.current() == ""


async def test_a_million_ids_in_a_row_are_all_different() -> None:
    made = {
        tracing.Delivery(number, "slack", "T1", "reaction").id for number in range(2**32 - 500_000, 2**32 + 500_000)
    }
    assert len(made) == 1_000_000


async def test_work_for_several_deliveries_at_once_knows_them_all_until_it_is_done() -> None:
    async def arrives(what: str) -> tuple[tracing.Delivery, ...]:
        tracing.begin("discord", "7", what)
        return tracing.deliveries()

    several = await asyncio.gather(asyncio.create_task(arrives("button")), asyncio.create_task(arrives("reaction")))
    with tracing.among(delivery for each in several for delivery in each):
        assert tracing.current() == ",".join(each.id for [each] in several)
        tracing.name("compare")
        assert [delivery.what for delivery in tracing.deliveries()] == ["button", "reaction"]
    assert tracing.current() == ""


async def test_what_it_is_can_be_said_more_exactly_and_the_id_stays() -> None:
    async def work() -> None:
        tracing.begin("slack", "T1", "command")
        before = tracing.current()
        tracing.name("compare")
        assert tracing.current() == before
        assert [delivery.what for delivery in tracing.deliveries()] == ["compare"]

    tracing.name("nothing arrived")
    assert tracing.deliveries() == ()
    await asyncio.create_task(work())

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.sqlite import trips
from bot.storage.sqlite.trips import Reader, Step
from commands.errors import Unavailable

NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"


def value(number: int) -> Step:
    return Step("test", "SELECT ?", (number,))


class Counted(trips.Connection):
    """A connection that keeps how many statements were on each of its trips."""

    trips: list[int]

    def _run_each(self, steps: list[Step]) -> list[trips.Rows | Exception]:
        self.trips.append(len(steps))
        return super()._run_each(steps)


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Counted]:
    made = Counted.to(tmp_path / "numbers.db", busy_s=0.05)
    made.trips = []
    async with made as opened:
        await opened.execute_fetchall("CREATE TABLE numbers (number INTEGER CHECK (number >= 0))")
        yield opened


async def test_steps_run_in_order_and_the_rows_of_the_last_are_returned(connection: Counted) -> None:
    put = Step("test", "INSERT INTO numbers VALUES (?)", many=[(1,), (2,)])
    assert await connection.run([put, Step("test", "SELECT number FROM numbers")]) == [(1,), (2,)]


async def test_nothing_is_run_after_a_step_that_fails(connection: Counted) -> None:
    steps = [Step("test", "INSERT INTO numbers VALUES (?)", (number,)) for number in (1, -1, 2)]
    with pytest.raises(sqlite3.IntegrityError):
        await connection.run(steps)
    assert await connection.run([Step("test", "SELECT number FROM numbers")]) == [(1,)]


async def test_each_who_reads_gets_its_own_rows_and_those_who_wait_go_together(connection: Counted) -> None:
    reader = Reader(connection)
    assert await asyncio.gather(*[reader.rows(value(number)) for number in range(50)]) == [
        [(number,)] for number in range(50)
    ]
    assert connection.trips == [49]


async def test_a_query_that_fails_harms_no_other_on_its_trip(connection: Counted) -> None:
    reader = Reader(connection)
    wrong = Step("test", "SELECT nothing FROM nowhere")
    first, *rest = await asyncio.gather(
        *[reader.rows(step) for step in (wrong, value(1), wrong, value(2))], return_exceptions=True
    )
    assert isinstance(first, sqlite3.OperationalError)
    assert (rest[0], rest[2]) == ([(1,)], [(2,)])
    assert isinstance(rest[1], sqlite3.OperationalError)


async def test_whoever_leaves_takes_nobody_along(connection: Counted) -> None:
    reader = Reader(connection)
    slow = asyncio.create_task(reader.rows(Step("test", NUMBERS)))
    waiting = [asyncio.create_task(reader.rows(value(number))) for number in range(3)]
    await asyncio.sleep(0)
    slow.cancel()
    waiting[1].cancel()
    await asyncio.wait([slow, *waiting])
    assert [task.cancelled() for task in (slow, *waiting)] == [True, False, True, False]
    assert await asyncio.gather(waiting[0], waiting[2]) == [[(0,)], [(2,)]]
    assert connection.trips == [2]


async def test_closing_finishes_what_was_asked_for_and_refuses_what_comes_later(connection: Counted) -> None:
    reader = Reader(connection)
    asked = [asyncio.create_task(reader.rows(value(number))) for number in range(5)]
    await asyncio.sleep(0)
    await reader.close()
    assert [task.result() for task in asked] == [[(number,)] for number in range(5)]
    with pytest.raises(Unavailable, match="closed"):
        await reader.rows(value(1))


async def test_closing_does_not_wait_for_those_who_go_on_asking(connection: Counted) -> None:
    reader = Reader(connection)

    async def ask_on() -> None:
        while True:
            await reader.rows(value(1))

    asking = [asyncio.create_task(ask_on()) for _ in range(3)]
    await asyncio.sleep(0)
    await reader.close()
    assert all(isinstance(error, Unavailable) for error in await asyncio.gather(*asking, return_exceptions=True))

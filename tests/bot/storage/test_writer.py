import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.storage.sqlite import trips
from bot.storage.sqlite.database import Connection, Transactions
from bot.storage.sqlite.trips import Step
from bot.storage.writer import Writer
from commands.errors import CommandError, Unavailable


class Notebook:
    """A table of numbers behind a writer, with what was applied together."""

    def __init__(self, connection: trips.Connection, writer: Writer) -> None:
        self.connection = connection
        self.writer = writer
        self.batches: list[list[int]] = []

    async def add(self, connection: Connection, items: Sequence[int]) -> list[int | Exception]:
        """Store each number and answer with its double; the table refuses negative ones."""
        self.batches.append(list(items))
        for item in items:
            await connection.go(Step("test", "INSERT INTO numbers VALUES (?)", (item,)))
        return [2 * item for item in items]

    @staticmethod
    async def refuse_odd(_: Connection, items: Sequence[int]) -> list[int | Exception]:
        return [CommandError("odd") if item % 2 else item for item in items]

    async def stored(self) -> list[int]:
        return [row[0] for row in await self.connection.execute_fetchall("SELECT number FROM numbers ORDER BY rowid")]


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    return tmp_path / "numbers.db"


@pytest.fixture
async def notebook(path: Path) -> AsyncIterator[Notebook]:
    async with trips.Connection.to(path, busy_s=0.05) as connection:
        await connection.execute_fetchall("CREATE TABLE numbers (number INTEGER CHECK (number >= 0))")
        writer = Writer(Transactions(connection), batch=10, most_waiting=25)
        yield Notebook(connection, writer)
        await writer.close()


async def test_each_caller_gets_the_answer_to_its_own_write(notebook: Notebook) -> None:
    answers = await asyncio.gather(*[notebook.writer.write(notebook.add, number) for number in range(60)])
    assert answers == [2 * number for number in range(60)]
    assert await notebook.stored() == list(range(60))


async def test_writes_that_gather_are_committed_together_in_order_of_arrival(notebook: Notebook) -> None:
    await asyncio.gather(*[notebook.writer.write(notebook.add, number) for number in range(20)])
    assert notebook.batches == [list(range(10)), list(range(10, 20))]


async def test_neighbours_of_the_same_kind_are_applied_together_and_the_order_of_kinds_is_kept(
    notebook: Notebook,
) -> None:
    async def clear(connection: Connection, items: Sequence[None]) -> list[None]:
        await connection.go(Step("test", "DELETE FROM numbers"))
        return [None] * len(items)

    write = notebook.writer.write
    await asyncio.gather(write(notebook.add, 1), write(notebook.add, 2), write(clear, None), write(notebook.add, 3))
    assert notebook.batches == [[1, 2], [3]]
    assert await notebook.stored() == [3]


async def test_a_bad_write_fails_alone(notebook: Notebook) -> None:
    numbers = [0, 1, -2, 3, -4, 5]
    answers = await asyncio.gather(
        *[notebook.writer.write(notebook.add, number) for number in numbers], return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [int, int, sqlite3.IntegrityError, int, sqlite3.IntegrityError, int]
    assert await notebook.stored() == [0, 1, 3, 5]


async def test_an_answer_that_is_an_error_is_raised_to_its_caller_without_a_replay(notebook: Notebook) -> None:
    write = notebook.writer.write
    answers = await asyncio.gather(
        *[write(notebook.refuse_odd, number) for number in range(3)], write(notebook.add, 7), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [int, CommandError, int, int]
    assert notebook.batches == [[7]]


async def test_a_write_that_cannot_be_replayed_shares_no_transaction_and_is_tried_once(notebook: Notebook) -> None:
    write = notebook.writer.write
    answers = await asyncio.gather(
        write(notebook.add, 1),
        write(notebook.add, -1, alone=True),
        write(notebook.add, 2, alone=True),
        write(notebook.add, 3),
        return_exceptions=True,
    )
    assert isinstance(answers[1], sqlite3.IntegrityError)
    assert notebook.batches == [[1], [-1], [2], [3]]
    assert await notebook.stored() == [1, 2, 3]


async def test_a_caller_who_leaves_takes_nobody_along(notebook: Notebook) -> None:
    tasks = [asyncio.create_task(notebook.writer.write(notebook.add, number)) for number in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks[::3])
    kept = [number for number in range(30) if number % 3]
    assert [tasks[number].result() for number in kept] == [2 * number for number in kept]
    assert set(kept) <= set(await notebook.stored())


async def test_a_caller_who_leaves_while_its_write_is_under_way_takes_nobody_along(notebook: Notebook) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: Connection, items: Sequence[int]) -> list[int | Exception]:
        reached.set()
        await go_on.wait()
        return await notebook.add(connection, items)

    tasks = [asyncio.create_task(notebook.writer.write(slow, number)) for number in range(3)]
    await reached.wait()
    tasks[1].cancel()
    go_on.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[0] == 0
    assert isinstance(answers[1], asyncio.CancelledError)
    assert answers[2] == 4


async def test_a_write_that_cannot_be_replayed_is_undone_when_its_caller_leaves(notebook: Notebook) -> None:
    reached, never = asyncio.Event(), asyncio.Event()

    async def endless(connection: Connection, items: Sequence[int]) -> list[int | Exception]:
        await notebook.add(connection, items)
        reached.set()
        await never.wait()
        return []

    task = asyncio.create_task(notebook.writer.write(endless, 1, alone=True))
    await reached.wait()
    task.cancel()
    assert await notebook.writer.write(notebook.add, 2) == 4
    assert task.cancelled()
    assert await notebook.stored() == [2]


async def test_a_locked_database_is_unavailable_to_all_after_one_wait(notebook: Notebook, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        started = asyncio.get_running_loop().time()
        answers = await asyncio.gather(
            *[notebook.writer.write(notebook.add, number) for number in range(10)], return_exceptions=True
        )
        waited = asyncio.get_running_loop().time() - started
        stranger.execute("ROLLBACK")
    assert [type(answer) for answer in answers] == [Unavailable] * 10
    assert "busy" in str(answers[0])
    assert waited < 10 * 0.05
    assert await notebook.writer.write(notebook.add, 1) == 2


async def test_a_mistake_in_our_own_sql_stays_what_it_is(notebook: Notebook) -> None:
    async def mistaken(connection: Connection, items: Sequence[int]) -> list[int]:
        await connection.go(Step("test", "INSERT INTO nowhere VALUES (1)"))
        return list(items)

    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await notebook.writer.write(mistaken, 1)


async def test_a_write_that_answers_too_little_is_undone(notebook: Notebook) -> None:
    async def forgetful(connection: Connection, items: Sequence[int]) -> list[int]:
        await notebook.add(connection, items)
        return []

    with pytest.raises(ValueError, match="shorter"):
        await notebook.writer.write(forgetful, 1)
    assert await notebook.stored() == []


async def test_closing_finishes_what_waits_and_takes_no_more(notebook: Notebook) -> None:
    tasks = [asyncio.create_task(notebook.writer.write(notebook.add, number)) for number in range(25)]
    await asyncio.sleep(0)
    await notebook.writer.close()
    assert [await task for task in tasks] == [2 * number for number in range(25)]
    with pytest.raises(Unavailable):
        await notebook.writer.write(notebook.add, 1)


async def test_nobody_is_left_waiting_when_the_writer_ends(notebook: Notebook) -> None:
    never = asyncio.Event()

    async def stuck(connection: Connection, items: Sequence[int]) -> list[int]:
        await never.wait()
        return list(items)

    tasks = [asyncio.create_task(notebook.writer.write(stuck, number)) for number in range(60)]
    await asyncio.sleep(0)
    notebook.writer._task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    with pytest.raises(Unavailable):
        await notebook.writer.write(notebook.add, 1)
    assert await notebook.stored() == []


async def test_a_connection_that_was_lost_fails_each_write_and_hangs_none(notebook: Notebook) -> None:
    await notebook.connection.close()
    with pytest.raises(ValueError, match=r"active|closed"):
        await notebook.writer.write(notebook.add, 1)

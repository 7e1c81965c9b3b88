"""Work that goes on by itself: held until it is done, and logged where it fails."""

import asyncio

import pytest

from commands.tasks import Tasks


async def test_work_that_fails_is_logged_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def fail() -> None:
        raise ValueError("a bug")

    async def succeed() -> None:
        await asyncio.sleep(0)
        done.append("done")

    tasks = Tasks()
    tasks.start(fail())
    tasks.start(succeed())
    await tasks.drain(60)
    assert done == ["done"]
    assert caplog.messages == ["an answer could not be given"]
    assert "ValueError: a bug" in caplog.text


async def test_work_that_does_not_end_is_cancelled_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    cancelled = asyncio.Event()

    async def stay() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    tasks = Tasks()
    tasks.start(stay())
    await tasks.drain(0.01)
    assert cancelled.is_set()
    assert caplog.messages == ["1 answers were not finished in time"]


async def test_what_work_starts_is_waited_for_as_well() -> None:
    tasks, done = Tasks(), []

    async def second() -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.start(second())

    tasks.start(first())
    await tasks.drain(60)
    assert done == ["second"]

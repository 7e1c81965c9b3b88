"""Several statements in one trip to a connection's thread: there and back takes longer than most statements do."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import aiosqlite

from bot.storage.database import Parameters, Row
from commands.errors import Unavailable

Rows: TypeAlias = list[Row]


class Step(NamedTuple):
    """One statement on a trip, or one that is run for each of `many` rows of parameters; `what` it is, for the log."""

    what: object
    sql: str
    parameters: Parameters = ()
    many: Sequence[Sequence[Any]] | None = None

    def __str__(self) -> str:
        return str(self.what)


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, which by itself takes one statement a trip."""

    @classmethod
    def to(cls, path: Path, *, busy_s: float) -> "Connection":
        """A connection in autocommit mode, on which transactions are begun by hand; to be awaited or entered."""
        connector: Callable[[], sqlite3.Connection] = lambda: sqlite3.connect(  # noqa: E731 - run on its own thread
            path, isolation_level=None, timeout=busy_s
        )
        return cls(connector, iter_chunk_size=64)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def run(self, steps: Sequence[Step]) -> Rows:
        """Run these in order; the rows of the last. The first that fails is raised, and nothing after it is run."""
        rows: Rows = await self._execute(self._run, steps)  # type: ignore[no-untyped-call]
        return rows

    async def run_each(self, steps: Sequence[Step]) -> list[Rows | Exception]:
        """Run each of these by itself; the rows of each, or what it failed with."""
        results: list[Rows | Exception] = await self._execute(self._run_each, steps)  # type: ignore[no-untyped-call]
        return results

    def _run(self, steps: Sequence[Step]) -> Rows:
        rows: Rows = []
        for step in steps:
            if step.many is None:
                rows = self._conn.execute(step.sql, step.parameters).fetchall()
            else:
                self._conn.executemany(step.sql, step.many)
        return rows

    def _run_each(self, steps: Sequence[Step]) -> list[Rows | Exception]:
        results: list[Rows | Exception] = []
        for step in steps:
            try:
                results.append(self._run([step]))
            except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked is told
                results.append(error)
        return results


class Reader:
    """Reads for many at once: what is asked for while one trip is under way goes together on the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Step, asyncio.Future[Rows]]] = []
        self._next: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    async def rows(self, step: Step) -> Rows:
        """Run one query and return all of its rows; raises `Unavailable` once it is closed."""
        if self._closing:
            raise Unavailable("The database is closed.")
        if not self._idle.is_set():
            done: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
            self._waiting.append((step, done))
            return await done
        self._idle.clear()
        try:
            return await self._connection.run([step])
        finally:
            self._go_on()

    async def close(self) -> None:
        """Finish what was asked for, take no more, and close the connection."""
        self._closing = True
        await self._idle.wait()
        await self._connection.close()

    def _go_on(self) -> None:
        """A trip is over: begin the next, if anything waits for it."""
        if self._waiting:
            taken, self._waiting = self._waiting, []
            self._next = asyncio.create_task(self._read(taken), name="storage reader")
        else:
            self._idle.set()

    async def _read(self, taken: Sequence[tuple[Step, asyncio.Future[Rows]]]) -> None:
        """Make one trip for all who waited. Whatever ends it, none of them is left waiting."""
        awaited = [(step, done) for step, done in taken if not done.done()]
        try:
            results = await self._connection.run_each([step for step, _ in awaited])
        except Exception as error:  # noqa: BLE001 - whatever it is, each is told
            results = [error] * len(awaited)
        finally:
            self._go_on()
        for (_, done), result in zip(awaited, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)

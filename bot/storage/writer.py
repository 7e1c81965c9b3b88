"""One writer with group commit: callers hand in whole writes and wait for their own durable answer."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from commands import tracing
from commands.errors import Unavailable
from commands.measure import UNMEASURED, Measures

if TYPE_CHECKING:
    from bot.storage.database import Connection

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")
Apply = Callable[["Connection", Sequence[Item]], Awaitable[Sequence[Result | Exception]]]
"""A write: given the connection inside a transaction and items in order of arrival, one answer for each.

An answer that is an exception is raised to that item's caller alone, and must have changed nothing.
"""

TURNS = 5
"""Turns of the event loop that others get before a commit: those who are about to write are then in it as well.

An idle loop takes ten microseconds for them; with 32 events at once a vote costs a fifth less.
"""


class Transactions(Protocol):
    """How one kind of database is written to."""

    @property
    def mixed(self) -> bool:
        """Whether writes of several kinds may share a transaction."""

    def begin(self) -> AbstractAsyncContextManager["Connection"]:
        """A transaction: committed, durably, on leaving the context, and undone by any error."""

    def translated(self, error: Exception) -> Exception:
        """The error as the core should see it: `Unavailable` with a sentence, or the error itself."""

    def hopeless(self, error: Exception) -> bool:
        """Whether each write would fail the same way if it were tried alone."""


@dataclass(slots=True, eq=False)
class Job:
    """One write that waits for its turn. An `alone` job shares no transaction and is tried once."""

    apply: Apply[Any, Any]
    item: Any
    done: asyncio.Future[Any]
    alone: bool
    deliveries: tuple[tracing.Delivery, ...]


class Writer:
    """The only one who writes to a database, one transaction at a time.

    What has gathered while the last commit was under way is written and committed together, in order of
    arrival. If that fails it is rolled back and each write is replayed in a transaction of its own, so
    that a bad write fails alone. A write whose caller has gone before its turn is left out; one that is
    `alone` is undone when its caller goes.
    """

    def __init__(self, transactions: Transactions, *, batch: int = 1024, most_waiting: int = 8192) -> None:
        self.measures: Measures = UNMEASURED
        """What is told of each commit; whoever opened the database may set it."""
        self._transactions = transactions
        self._batch = batch
        self._most_waiting = most_waiting
        self._room = asyncio.Event()
        self._waiting: deque[Job] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="storage writer")

    @property
    def waiting(self) -> int:
        """How many writes wait for their turn now."""
        return len(self._waiting)

    async def write(self, apply: Apply[Item, Result], item: Item, *, alone: bool = False) -> Result:
        """Write one item and return its own result once it is durable.

        Raises what `apply` raised for this item, or `Unavailable` when nothing could be written.
        `alone` is for a write that cannot be replayed.
        """
        while len(self._waiting) >= self._most_waiting and not self._closing:
            self._room.clear()
            await self._room.wait()
        if self._closing:
            raise Unavailable("The database is closed.")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(apply, item, done, alone, tracing.deliveries()))
        self._wake.set()
        return await done

    async def close(self) -> None:
        """Finish what is waiting, and take no more."""
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        """Commit what gathers until closed. Whatever ends this, nobody is left waiting."""
        jobs: list[Job] = []
        try:
            while self._waiting or not self._closing:
                self._wake.clear()
                if not self._waiting:
                    await self._wake.wait()
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                jobs = self._gather()
                await self._commit(jobs)
        finally:
            self._closing = True
            for job in (*jobs, *self._waiting):
                fail(job, Unavailable("The database is closed."))
            self._waiting.clear()
            self._room.set()

    def _gather(self) -> list[Job]:
        """Take the next batch, without those whose caller has gone."""
        jobs: list[Job] = []
        while self._waiting and len(jobs) < self._batch:
            if jobs and not self._together(jobs[-1], self._waiting[0]):
                break
            job = self._waiting.popleft()
            if not job.done.done():
                jobs.append(job)
            if job.alone:
                break
        self._room.set()
        return jobs

    def _together(self, job: Job, following: Job) -> bool:
        """Whether two neighbours may share a transaction."""
        return not following.alone and (self._transactions.mixed or job.apply == following.apply)

    async def _commit(self, jobs: Sequence[Job]) -> None:
        """Write a batch in one transaction; on an error replay each write in its own."""
        try:
            results = await self._transact(jobs)
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller is told
            if len(jobs) > 1 and not self._transactions.hopeless(error):
                for job in jobs:
                    await self._commit([job])
                return
            with working_for(jobs):
                log.warning("a write failed: %s: %s", type(error).__name__, error)
            for job in jobs:
                fail(job, self._transactions.translated(error))
        else:
            for job, result in zip(jobs, results, strict=True):
                if isinstance(result, Exception):
                    fail(job, result)
                elif not job.done.done():
                    job.done.set_result(result)

    async def _transact(self, jobs: Sequence[Job]) -> list[Any]:
        """Apply these writes in one transaction; any error undoes them all."""
        results: list[Any] = []
        if not jobs:
            return results
        began = self.measures.now()
        with working_for(jobs):
            async with self._transactions.begin() as connection:
                for apply, items in grouped(jobs):
                    work = apply(connection, items)
                    answers = await (while_awaited(work, jobs[0].done) if jobs[0].alone else work)
                    results.extend(answer for _, answer in zip(items, answers, strict=True))
        self.measures.commit(len(jobs), self.measures.now() - began)
        return results


async def while_awaited(work: Awaitable[Result], done: asyncio.Future[Any]) -> Result:
    """The result of some work, which is broken off with `Unavailable` when its caller goes."""
    task = asyncio.ensure_future(work)
    done.add_done_callback(lambda _: task.cancel())
    try:
        return await task
    except asyncio.CancelledError:
        if not done.cancelled():
            raise
        raise Unavailable("Nobody waits for this write any more.") from None


def working_for(jobs: Sequence[Job]) -> AbstractContextManager[None]:
    """Let the log say of what is done within for which deliveries it is done."""
    return tracing.among(chain.from_iterable(job.deliveries for job in jobs))


def grouped(jobs: Sequence[Job]) -> list[tuple[Apply[Any, Any], list[Any]]]:
    """Neighbours that are written by the same function, together."""
    groups: list[tuple[Apply[Any, Any], list[Any]]] = []
    for job in jobs:
        if groups and groups[-1][0] == job.apply:
            groups[-1][1].append(job.item)
        else:
            groups.append((job.apply, [job.item]))
    return groups


def fail(job: Job, error: BaseException) -> None:
    """Tell a caller, unless they have gone."""
    if not job.done.done():
        job.done.set_exception(error)

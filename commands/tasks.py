"""Work that goes on after a platform was answered, and is finished before the program ends."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    """Running pieces of work, held so that none is lost; one that fails is logged and harms no other."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let some work run on its own."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an answer could not be given", exc_info=error)

    async def drain(self, within_s: float) -> None:
        """Wait for all that runs, and for what it starts; what is not done in time is cancelled and logged."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + within_s
        while self._running and (left := ends - loop.time()) > 0:
            await asyncio.wait(set(self._running), timeout=left)
        if unfinished := set(self._running):
            log.warning("%d answers were not finished in time", len(unfinished))
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

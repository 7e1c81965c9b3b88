"""How often something may be done in a minute, and the clock that waiting goes by."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

WINDOW_S = 61.0
"""A minute, and a second more: what is sent a minute apart may arrive a little less apart."""

NOTICED_S = 0.001
"""Whoever was let through sooner did not wait."""


class Timer(Protocol):
    """Time that passes: seconds that never step back, and waiting for some of them."""

    def now(self) -> float:
        """Seconds since some instant."""

    async def sleep(self, seconds: float) -> None:
        """Wait this long."""


class LoopTimer:
    """The time of the running event loop. See `Timer`."""

    def now(self) -> float:
        """See `Timer.now`."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """See `Timer.sleep`."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class Line:
    """Those who wait for one key, and when the last ones were let through."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    taken: deque[float] = field(default_factory=deque)


class Budget:
    """At most so many a minute for each key, however long the minute is looked at: any 60 seconds count.

    Keys that were idle for longer are forgotten. `waited` is told how many seconds somebody had to wait.
    """

    def __init__(self, per_minute: int, timer: Timer, *, waited: Callable[[float], None] | None = None) -> None:
        self.timer = timer
        self._waited = waited
        self._per_minute = per_minute
        self._lines: dict[str, Line] = {}

    async def take(self, key: str) -> None:
        """Wait until one more is allowed, first come, first served. Cancelled while waiting, it takes nothing."""
        line = self._lines.setdefault(key, Line())
        began = self.timer.now()
        async with line.turn:
            while (wait_s := self._wait_s(line)) > 0:
                await self.timer.sleep(wait_s)
            line.taken.append(self.timer.now())
        if self._waited and (waited_s := self.timer.now() - began) >= NOTICED_S:
            self._waited(waited_s)
        self._forget_idle(key, line)

    def _wait_s(self, line: Line) -> float:
        if len(line.taken) < self._per_minute:
            return 0.0
        wait_s = line.taken[0] + WINDOW_S - self.timer.now()
        if wait_s <= 0:
            line.taken.popleft()
        return wait_s

    def _forget_idle(self, used: str, line: Line) -> None:
        """Keep the keys in order of their last use, and drop those at the front that were idle for longer."""
        self._lines.pop(used, None)
        self._lines[used] = line
        idle_since = self.timer.now() - WINDOW_S
        while (first := next(iter(self._lines))) != used:
            held = self._lines[first]
            if held.turn.locked() or held.taken[-1] >= idle_since:
                return
            del self._lines[first]

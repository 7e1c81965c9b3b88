"""Time that passes only when a test lets it."""

import asyncio
from heapq import heappop, heappush
from itertools import count


class FakeTimer:
    """See `commands.budget.Timer`. Whoever sleeps is woken in order by `forward`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.order = count()

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heappush(self.sleepers, (self.seconds + seconds, next(self.order), woken))
        await woken

    async def forward(self, seconds: float) -> None:
        """Let this much time pass, each sleeper going on at its own instant."""
        until = self.seconds + seconds
        await settled()
        while self.sleepers and self.sleepers[0][0] <= until:
            at, _, woken = heappop(self.sleepers)
            self.seconds = max(self.seconds, at)
            if not woken.done():
                woken.set_result(None)
                await settled()
        self.seconds = until

    async def finish(self) -> None:
        """Let time pass until nobody sleeps any more."""
        await settled()
        while waiting := [at for at, _, woken in self.sleepers if not woken.done()]:
            await self.forward(min(waiting) - self.seconds)


async def settled() -> None:
    """Return when everything that can go on without time passing has gone on."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:  # noqa: ASYNC110 - what would run next; nothing here waits for a file or a socket
        await asyncio.sleep(0)

"""What stands before several processes that serve one address."""

import asyncio
from typing import Self

from tests.bot.house import pump


class Balancer:
    """Hands each connection to the next process in turn, passing over those that do not take it."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.taken: dict[int, int] = {}
        """How many connections went to each port."""
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/slack/events"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            await self._hand_on(reader, writer)
        finally:
            self._passing.discard(task)
            writer.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(len(self.ports)):
            self._turn += 1
            port = self.ports[self._turn % len(self.ports)]
            try:
                onward, back = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                continue
            self.taken[port] = self.taken.get(port, 0) + 1
            await asyncio.gather(pump(reader, back), pump(onward, writer))
            return

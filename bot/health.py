"""Whether the program lives, whether it can serve, and its figures: three pages for whoever watches over it.

Every process answers for itself. `/healthz` is answered as long as its event loop turns, for nothing else would
be mended by starting it again; `/readyz` tells whether work reaches it and can be stored.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from commands.errors import ShipworthyError
from commands.ports import Catalogue

if TYPE_CHECKING:
    from bot.metrics import Metrics

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 2.0
CLOSE_WITHIN_S = 1.0


class Reached(Protocol):
    """A platform that can be connected or not."""

    async def connected(self) -> bool:
        """Whether what happens there reaches this process now."""


class Health:
    """Answers for one process. `platforms` are those that run, of the `wanted` ones that are configured."""

    def __init__(
        self, wanted: Iterable[str], catalogue: Catalogue, stop: asyncio.Event, *, metrics: "Metrics | None" = None
    ) -> None:
        self.platforms: Mapping[str, Reached] = {}
        self._wanted = tuple(wanted)
        self._catalogue = catalogue
        self._stop = stop
        self._metrics = metrics

    async def lacks(self) -> dict[str, str]:
        """What keeps the program from serving, each in a few words; nothing where it is ready."""
        lacking = {} if await self._stored() else {"database": "does not answer"}
        lacking |= {name: "not connected" for name, is_so in (await self._reached()).items() if not is_so}
        return lacking | ({"program": "stopping"} if self._stop.is_set() else {})

    def routes(self) -> list[web.RouteDef]:
        """The two pages that may be shown to anybody."""
        return [web.get("/healthz", self.on_healthz), web.get("/readyz", self.on_readyz)]

    async def on_healthz(self, _request: web.Request) -> web.Response:
        """Say that the process lives."""
        return web.Response(text="ok\n")

    async def on_readyz(self, _request: web.Request) -> web.Response:
        """Say whether the program can serve, and if not what it lacks."""
        lacking = await self.lacks()
        status = HTTPStatus.SERVICE_UNAVAILABLE if lacking else HTTPStatus.OK
        return web.json_response({"ready": not lacking, "lacks": lacking}, status=status)

    @asynccontextmanager
    async def served(self, host: str, port: int, announce: Callable[[str], None]) -> AsyncIterator[None]:
        """All pages, on an address of their own; raises `OSError` where that cannot be had."""
        served = web.Application()
        served.add_routes(self.routes())
        if self._metrics is not None:
            served.router.add_get("/metrics", self._figures(self._metrics))
        runner = web.AppRunner(served, access_log=None, shutdown_timeout=CLOSE_WITHIN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            host, port = runner.addresses[0][:2]
            announce(f"Metrics and health: http://{f'[{host}]' if ':' in host else host}:{port}")
            yield
        finally:
            await runner.cleanup()

    def _figures(self, metrics: "Metrics") -> Handler:
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415 - only where it is on

        async def on_metrics(_request: web.Request) -> web.Response:
            for name, is_so in (await self._reached()).items():
                metrics.connected(name, is_so=is_so)
            return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

        return on_metrics

    async def _reached(self) -> dict[str, bool]:
        running = self.platforms
        return {name: name in running and await running[name].connected() for name in self._wanted}

    async def _stored(self) -> bool:
        """Whether the database answers, in time."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await self._catalogue.revision()
        except (ShipworthyError, TimeoutError) as error:
            log.warning("the database does not answer: %s", error or "it takes too long")
            return False
        except Exception:
            log.exception("the database does not answer")
            return False
        return True

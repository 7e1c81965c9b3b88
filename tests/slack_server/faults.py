"""Failing on purpose, and a record of what was called."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

Breakage = Literal["", "hang", "drop connection"]


@dataclass(frozen=True)
class Called:
    """One call that reached the server, for looking at."""

    method: str
    arguments: dict[str, object]
    token: str
    at_us: int


@dataclass
class Fault:
    """What goes wrong with a method: an HTTP status, an error code, or no answer at all."""

    method: str
    times: int
    status: int
    error: str
    retry_after_s: int
    broken: Breakage
    after_doing: bool

    async def answer(self, request: web.Request, closing: asyncio.Event) -> web.Response:
        """What the app gets in place of an answer."""
        if self.broken == "hang":
            await closing.wait()
        if self.broken:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if self.error:
            return web.json_response({"ok": False, "error": self.error})
        if self.status == 429:
            headers = {"Retry-After": str(self.retry_after_s)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        return web.Response(status=self.status, text="<html>Server Error</html>", content_type="text/html")

"""Failing on purpose, and a record of what was called."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from tests.discord_server.errors import KNOWN
from tests.discord_server.things import Json

Breakage = Literal["", "hang", "drop connection"]

PHRASES = {401: "401: Unauthorized", 403: "403: Forbidden", 404: "404: Not Found", 500: "500: Internal Server Error"}


@dataclass(frozen=True)
class Called:
    """One call that reached the server, for looking at."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    body: object
    """The JSON of it, None if there was none."""
    files: dict[str, bytes]
    headers: dict[str, str] = field(repr=False)
    at_us: int

    @property
    def json(self) -> Json:
        return self.body if isinstance(self.body, dict) else {}


@dataclass
class Fault:
    """What goes wrong with a call: an HTTP status, perhaps with a code of Discord's, or no answer at all."""

    name: str
    times: int
    where: str
    status: int
    code: int
    retry_after_s: float
    for_all: bool
    by_discord: bool
    broken: Breakage
    after_doing: bool

    def fits(self, name: str, path: str) -> bool:
        return self.name in (name, "*") and self.where in path

    async def answer(self, request: web.Request, closing: asyncio.Event) -> web.Response:
        """What the bot gets in place of an answer."""
        if self.broken == "hang":
            await closing.wait()
        if self.broken:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if self.code:
            status, message = KNOWN[self.code]
            return as_json({"message": message, "code": self.code}, status)
        if self.status == 429:
            return too_many(self.retry_after_s, for_all=self.for_all, by_discord=self.by_discord)
        if self.status in PHRASES:
            return as_json({"message": PHRASES[self.status], "code": 0}, self.status)
        # What stands before Discord answers in its own words.
        return web.Response(status=self.status, text="<html>upstream error</html>", content_type="text/html")


def as_json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON whose content type says just that, which is all that the library takes for JSON."""
    headers = {"Content-Type": "application/json"} | (headers or {})
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


def too_many(
    retry_after_s: float, *, for_all: bool = False, by_discord: bool = True, scope: str = "user"
) -> web.Response:
    """429: for this route or for all of them, by Discord or, without a word of it, by what stands before it."""
    if not by_discord:
        headers = {"Retry-After": str(max(1, round(retry_after_s))), "Content-Type": "text/html"}
        return web.Response(status=429, text="<html>error 1015</html>", headers=headers)
    headers = {"Retry-After": str(max(1, round(retry_after_s))), "Via": "1.1 google"}
    headers["X-RateLimit-Scope"] = "global" if for_all else scope
    if for_all:
        headers["X-RateLimit-Global"] = "true"
    body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": for_all}
    return as_json(body, 429, headers)

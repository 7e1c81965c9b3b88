"""The other side of the Slack benchmark, in a process of its own: a stub of Slack's API, and signed deliveries.

Reads one job a line from standard input as JSON and answers each with the seconds it took.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

AT_ONCE = 32
TRIGGERS = count()


class Stub:
    """Says yes to all that the bot asks, and counts what it posts."""

    def __init__(self) -> None:
        self.posted = 0
        self.posts = asyncio.Condition()
        self._stamps = count(1_750_000_000_000_000)

    async def on_call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        given = request.query or await request.post()
        answer: dict[str, Any] = {"ok": True}
        if method == "auth.test":
            answer |= {"team_id": "T1", "user_id": "UBOT", "bot_id": "BBOT", "url": "https://t1.slack.com/"}
        elif method == "users.info":
            answer["user"] = {"id": given["user"], "team_id": "T1", "name": "ann", "tz": "Europe/Amsterdam"}
        elif method == "chat.postMessage":
            stamp = next(self._stamps)
            answer |= {"channel": "C1", "ts": f"{stamp // 1_000_000}.{stamp % 1_000_000:06}"}
            async with self.posts:
                self.posted += 1
                self.posts.notify_all()
        return web.json_response(answer)

    async def serve(self) -> str:
        """Listen; the address of the API."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self.on_call)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/api/"


def reactions(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Reaction events that each change a mark: every person goes through every ballot, on and off in turns."""
    people, ballots = job["people"], job["messages"]
    for number in range(job["first"], job["first"] + job["count"]):
        turn, place = divmod(number, people * len(ballots))
        event = {
            "type": "reaction_removed" if turn % 2 else "reaction_added",
            "user": f"U{place % people:06}",
            "reaction": "large_blue_circle",
            "item": {"type": "message", "channel": "C1", "ts": ballots[place // people]},
            "item_user": "UBOT",
            "event_ts": f"{1_800_000_000 + number}.000100",
        }
        body = {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": f"Ev{number}"}
        yield json.dumps(body | {"event_time": 1_800_000_000, "event": event}), "application/json"


def commands(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Comparisons, each posted anew; no two are word for word the same, which would be taken for a replay."""
    for number in range(job["count"]):
        form = {
            "command": "/compare",
            "text": job["text"],
            "team_id": "T1",
            "channel_id": "C1",
            "channel_name": "general",
        }
        form |= {"user_id": f"U{number % job['people']:06}", "trigger_id": f"t{next(TRIGGERS)}", "api_app_id": "A1"}
        yield urlencode(form), "application/x-www-form-urlencoded"


def signed(body: str, kind: str, job: dict[str, Any]) -> bytes:
    """One delivery as Slack sends it."""
    url, stamp = urlsplit(job["url"]), str(int(time.time()))
    mark = hmac.new(job["secret"].encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    payload = body.encode()
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: {kind}\r\nContent-Length: {len(payload)}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={mark}\r\n\r\n"
    )
    return head.encode() + payload


async def send(requests: Iterator[bytes], host: str, port: int) -> None:
    """Send what is left of the requests, one after another over one connection."""
    reader, writer = await asyncio.open_connection(host, port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the app answered {head.partition(bytes([13]))[0]!r}")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
    writer.close()


async def run(job: dict[str, Any], stub: Stub) -> float:
    """Do one job; the seconds from the first delivery to the last answer, or to the last message posted."""
    made = reactions(job) if job["kind"] == "reactions" else commands(job)
    ready = iter([signed(body, kind, job) for body, kind in made])
    url, wanted = urlsplit(job["url"]), stub.posted + job["count"]
    began = time.perf_counter()
    await asyncio.gather(*(send(ready, url.hostname or "", url.port or 0) for _ in range(AT_ONCE)))
    if job["kind"] == "commands" and job["posts"]:
        async with stub.posts:
            await stub.posts.wait_for(lambda: stub.posted >= wanted)
    return time.perf_counter() - began


async def main() -> None:
    stub = Stub()
    print(await stub.serve(), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(await run(json.loads(line), stub), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

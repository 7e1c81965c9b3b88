"""The connection itself: what is answered over HTTP, how the socket is kept, and that it lets go of everything."""

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.slack import connection
from adapters.slack.connection import NOT_INSTALLED
from bot import running
from commands.errors import CommandError
from tests import stored
from tests.adapters.slack.browser import Browser
from tests.adapters.slack.running import PAIR, World, shown
from tests.slack_server.deliveries import signed
from tests.slack_server.server import Slack

BLUE = "large_blue_circle"
MODES = ("http", "socket")


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as slack:
        slack.app.retry_delays_s = ()
        yield slack


@pytest.fixture
async def world(slack: Slack, tmp_path: Path) -> AsyncIterator[World]:
    """The bot of one workspace, over HTTP."""
    world = World(tmp_path, slack)
    async with world.connected():
        yield world


async def sent(world: World, body: bytes, **headers: str) -> tuple[int, str]:
    """What is answered to this body, signed as it should be unless the headers say otherwise."""
    given = {"Content-Type": "application/json"} | signed(world.slack.app, body.decode(errors="replace")) | headers
    async with (
        aiohttp.ClientSession() as session,
        session.post(world.slack.app.request_url or "", data=BytesIO(body), headers=given) as answer,
    ):
        return answer.status, await answer.text()


async def stay(world: World) -> None:
    """Be connected until cancelled."""
    async with world.connected():
        await asyncio.Event().wait()


async def test_slack_verifies_the_address(world: World) -> None:
    answer = await world.slack.verify_url()
    assert answer.acked
    assert answer.json["challenge"] == answer.payload["challenge"]


async def test_slack_checks_the_certificate(world: World) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await sent(world, b"ssl_check=1&token=x", **form))[0] == 200


async def test_what_slack_did_not_sign_is_refused(world: World) -> None:
    message = await world.compare()
    world.slack.app.signing_secret, right = "wrong", world.slack.app.signing_secret
    assert (await world.slack.react(world.ann, message, BLUE)).status == 401
    world.slack.app.signing_secret = right
    for skew_s, name in ((-301, "large_orange_circle"), (301, "fast_forward")):
        world.slack.app.clock_skew_s = skew_s
        assert (await world.slack.react(world.ann, message, name)).status == 401
    world.slack.app.clock_skew_s = 0
    status, text = await sent(world, b"{}", **{"X-Slack-Signature": ""})
    assert (status, "Traceback" in text) == (401, False)
    assert stored.rows(world.store, "SELECT * FROM marks") == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b'{"event": 7}', b'{"type": "event_callback", "event": []}',
     b'{"type": "event_callback"}', b"payload=%7B", b'{"team_id": {"id": 1}, "type": "event_callback", "event": {}}'],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_what_cannot_be_read_is_refused_in_a_word(
    world: World, body: bytes, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, text = await sent(world, body, **{"Content-Type": kind})
    assert status != 200 or text == NOT_INSTALLED
    assert "Traceback" not in text
    assert len(text) < 200
    assert not [record for record in caplog.records if record.name.startswith("aiohttp")]


async def test_what_is_too_large_is_refused(world: World) -> None:
    status, text = await sent(world, b"{%s}" % (b" " * 1_048_576))
    assert (status, "Traceback" in text) == (413, False)


async def test_an_event_nobody_listens_to_is_taken_so_that_it_is_not_told_again(world: World) -> None:
    made = world.slack.bot("T1")
    assert made is not None
    answer = await world.slack.deliver({"type": "team_rename", "name": "x"}, made)
    assert (answer.status, answer.attempts) == (200, 1)
    await world.compare()


async def test_other_addresses_are_not_there(world: World) -> None:
    url = (world.slack.app.request_url or "").removesuffix("/slack/events")
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/slack/install", "/slack/oauth_redirect", "/slack/events/x"):
            async with session.get(url + path) as answer:
                assert answer.status == 404
        async with session.get(url + "/slack/events") as answer:
            assert answer.status == 405


@pytest.mark.parametrize("mode", ["http", "oauth"])
async def test_while_the_storage_fails_slack_is_left_to_try_again(slack: Slack, tmp_path: Path, mode: str) -> None:
    world = World(tmp_path, slack, mode)
    async with world.connected():
        made = slack.bot("T1")
        assert made is not None
        channel = world.general
        message = await world.compare() if mode == "http" else slack.say(made.bot, channel, "a ballot")
        await world.store.close()
        answer = await slack.react(world.ann, message, BLUE)
        assert answer.status == 500
        assert "Traceback" not in str(answer.body)


async def test_a_command_from_where_it_is_not_installed_is_told_so(slack: Slack, tmp_path: Path) -> None:
    world = World(tmp_path, slack, "oauth")
    async with world.connected():
        answer = await slack.command(world.ann, world.general, "/compare", "a vs b")
        assert answer.acked
        assert (await world.whisper()).text == NOT_INSTALLED


@pytest.mark.parametrize("mode", [*MODES, "oauth"])
async def test_a_proxy_is_passed_by_where_the_environment_says_so(
    slack: Slack, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    world = World(tmp_path, slack, mode)
    async with world.connected(), aiohttp.ClientSession() as session:
        if mode == "oauth":
            assert (await Browser(world, session).install(world.team)).status == 200
        message = await world.compare()
        assert (await slack.react(world.ann, message, BLUE)).acked
        await slack.command(world.ann, world.general, "/compare", "no such tool vs another")
        assert await world.whisper()
        assert "response_url" in [call.method for call in slack.calls]


@pytest.mark.parametrize("mode", MODES)
async def test_a_proxy_is_used_for_everything_where_the_environment_does_not_say_otherwise(
    slack: Slack, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split()[1])
        slack.changed()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        monkeypatch.setenv("HTTP_PROXY", f"http://{host}:{port}")
        monkeypatch.setenv("http_proxy", f"http://{host}:{port}")
        world = World(tmp_path, slack, mode, options={"api_url": "http://slack.invalid/api/"})
        connecting = asyncio.ensure_future(stay(world))
        wanted = ["auth.test", "apps.connections.open"] if mode == "socket" else ["auth.test"]
        await slack.until(lambda: all(f"http://slack.invalid/api/{method}" in asked for method in wanted))
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)


async def test_a_wrong_token_is_told_and_nothing_is_left_open(slack: Slack, tmp_path: Path) -> None:
    for given, named in (({"bot_token": "xoxb-wrong"}, "SLACK_BOT_TOKEN"), ({"app_token": "xapp-wrong"}, "SLACK_APP")):
        world = World(tmp_path, slack, "socket", options=given)
        with pytest.raises(CommandError, match=named):
            await stay(world)
        gc.collect()  # what was not closed warns
    assert slack.sockets() == []


async def test_a_socket_is_made_again_when_slack_asks_and_when_it_breaks(slack: Slack, tmp_path: Path) -> None:
    slack.app.retry_delays_s = (0.3, 0.6, 1.2)
    world = World(tmp_path, slack, "socket")
    async with world.connected():
        message = await world.compare()
        for end in ("refresh", "drop", "drop"):
            seen, [old] = len(world.said), slack.sockets()
            if end == "refresh":
                await slack.ask_to_reconnect()
            else:
                slack.drop_sockets()
            await slack.until(lambda seen=seen: len(world.said) > seen)  # type: ignore[misc]
            await slack.until(lambda old=old: slack.sockets() and old not in slack.sockets())  # type: ignore[misc]
            reacted = BLUE in message.reactions and world.ann.id in message.reactions[BLUE]
            act = slack.unreact if reacted else slack.react
            assert (await act(world.ann, message, BLUE)).acked
        await slack.until(lambda: "1 of 1" in shown(message.blocks))
        assert len(slack.sockets()) == 1


class Impatient(Slack):
    """A Slack whose first address for a socket runs out before it is used."""

    def _open_connection(self, token: str) -> dict[str, Any]:
        found = super()._open_connection(token)
        if sum(call.method == "apps.connections.open" for call in self.calls) == 1:
            self._tickets.clear()
        return found


async def test_an_address_for_a_socket_that_ran_out_is_not_tried_for_ever(tmp_path: Path) -> None:
    async with Impatient() as slack:
        world = World(tmp_path, slack, "socket")
        async with world.connected():
            assert len(slack.sockets()) == 1


async def test_a_socket_whose_other_end_is_silent_is_left_in_time(
    slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CLOSE_WITHIN_S", 0.2)
    world = World(tmp_path, slack, "socket", options={"ping_interval_s": 30.0})
    async with world.connected():
        [link] = slack.sockets()
        assert link.request.transport is not None
        link.request.transport.pause_reading()  # type: ignore[attr-defined]
        began = time.monotonic()
    assert time.monotonic() - began < 8


async def test_nothing_grows_with_reconnecting_and_all_is_let_go_of(slack: Slack, tmp_path: Path) -> None:
    def files() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted as they are

    world = World(tmp_path, slack, "socket", options={"ping_interval_s": 0.02})
    before = files(), len(asyncio.all_tasks())

    async def reconnect(times: int) -> tuple[int, int]:
        for _ in range(times):
            seen = len(world.said)
            slack.drop_sockets()
            await slack.until(lambda seen=seen: len(world.said) > seen)  # type: ignore[misc]
            await slack.until(lambda: len(slack.sockets()) == 1)
        await slack.settled()
        return files(), len(asyncio.all_tasks())

    async with world.connected():
        first = await reconnect(5)
        more = await reconnect(20)
        assert more[0] <= first[0] + 2
        assert more[1] <= first[1] + 2
    await slack.until(lambda: not slack.sockets())
    gc.collect()
    assert files() <= before[0] + 2
    assert len(asyncio.all_tasks()) <= before[1] + 1


@pytest.mark.parametrize("mode", MODES)
async def test_a_slack_that_is_away_at_the_start_is_asked_again(slack: Slack, tmp_path: Path, mode: str) -> None:
    slack.fail("auth.test", broken="drop connection")
    world = World(tmp_path, slack, mode)
    async with world.connected():
        await world.compare()
    assert sum(call.method == "auth.test" for call in slack.calls) == 2


async def test_a_silent_slack_does_not_hold_up_the_start_or_the_end(
    slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "START_WITHIN_S", 0.2)
    monkeypatch.setattr(connection, "TASKS_WITHIN_S", 0.2)
    slack.fail("auth.test", broken="hang")
    began = time.monotonic()
    world = World(tmp_path, slack)
    async with world.connected():
        slack.fail("chat.postMessage", broken="hang")
        await slack.command(world.ann, world.general, "/compare", PAIR)
        await slack.until(lambda: slack.calls[-1].method == "chat.postMessage")
    assert time.monotonic() - began < 8


def test_all_that_is_waited_for_at_the_end_is_less_than_ten_seconds() -> None:
    parts = connection.TASKS_WITHIN_S + connection.REDRAWS_WITHIN_S + connection.CLOSE_WITHIN_S
    assert running.OTHERS_WITHIN_S + parts < 10


async def test_closed_twice_it_stays_closed(world: World) -> None:
    await world.connection.close()
    await world.connection.close()

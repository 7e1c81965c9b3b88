"""The clients: what they repeat, where they go, and that nothing they do is logged."""

import logging
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError

from adapters.slack import clients
from adapters.slack.clients import make

TOKEN = "xoxb-hunter2"  # noqa: S105 - made up, to be looked for in logs
NOW = {"Retry-After": "0"}


class Api:
    """An API whose next answers are told it; after those it says yes."""

    def __init__(self) -> None:
        self.answers: list[int | None] = []
        self.tokens: list[str | None] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization"))
        status = self.answers.pop(0) if self.answers else HTTPStatus.OK
        if status is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if status == HTTPStatus.OK:
            return web.json_response({"ok": True, "url": str(request.url)})
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return web.json_response({"ok": False, "error": "ratelimited"}, status=status, headers=NOW)
        return web.Response(text="<html>sorry</html>", content_type="text/html", status=status)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # What the SDK adds at random to its waits is taken off again, so that nothing here waits.
    monkeypatch.setattr("slack_sdk.http_retry.builtin_async_handlers.random.random", lambda: 0.0)
    monkeypatch.setattr("slack_sdk.http_retry.jitter.random.random", lambda: -0.5)
    return Api()


@pytest.fixture
async def address(api: Api) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/api/{method}", api.answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/api/"))


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as shared:
        yield shared


async def test_it_calls_the_address_it_is_given_with_its_token(api: Api, address: str, session: ClientSession) -> None:
    answer = await make(TOKEN, api_url=address, session=session).auth_test()
    assert answer["url"] == f"{address}auth.test"
    assert api.tokens == [f"Bearer {TOKEN}"]


async def test_without_a_session_it_opens_one_for_each_call_and_closes_it(api: Api, address: str) -> None:
    client = make(None, api_url=address, session=None)
    await client.api_test()
    await client.api_test()
    assert api.tokens == [None, None]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, None])
async def test_a_wait_a_failure_and_a_lost_answer_are_called_again(
    api: Api, address: str, session: ClientSession, status: int | None
) -> None:
    api.answers = [status]
    assert (await make(TOKEN, api_url=address, session=session).auth_test())["ok"]
    assert len(api.tokens) == 2


async def test_it_gives_up_after_a_few_repeats(api: Api, address: str, session: ClientSession) -> None:
    api.answers = [429] * 99
    with pytest.raises(SlackApiError):
        await make(TOKEN, api_url=address, session=session).auth_test()
    assert len(api.tokens) == 1 + clients.REPEATS


@pytest.mark.parametrize("status", [400, 404, 501])
async def test_a_refusal_is_not_called_again(api: Api, address: str, session: ClientSession, status: int) -> None:
    api.answers = [status]
    with pytest.raises(SlackApiError):
        await make(TOKEN, api_url=address, session=session).auth_test()
    assert len(api.tokens) == 1


async def test_what_must_not_be_done_twice_is_called_again_only_when_slack_says_to_wait(
    api: Api, address: str, session: ClientSession
) -> None:
    client = make(TOKEN, api_url=address, session=session, repeat=False)
    api.answers = [429]
    assert (await client.chat_postMessage(channel="C1", text="once"))["ok"]
    assert len(api.tokens) == 2
    for status in (500, 502, 503, 504):
        api.answers = [status]
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel="C1", text="once")
    assert len(api.tokens) == 6
    api.answers = [None]
    with pytest.raises(Exception, match="disconnected"):
        await client.chat_postMessage(channel="C1", text="once")
    assert len(api.tokens) == 7


async def test_nothing_of_a_call_is_logged_whatever_is_logged_otherwise(
    api: Api, address: str, session: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.answers = [500]
    await make(TOKEN, api_url=address, session=session).chat_postMessage(channel="C1", text="of hunter2")
    assert len(api.tokens) == 2
    assert "hunter2" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("slack_sdk")]


async def test_a_proxy_in_the_environment_is_passed_by_where_it_is_told_to_be(
    api: Api, address: str, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = make(TOKEN, api_url=address, session=session)
    assert client.proxy is None
    assert (await client.auth_test())["ok"]

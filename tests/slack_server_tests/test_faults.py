"""Failing on purpose, as the real client sees it."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler, AsyncServerErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Person


async def test_a_method_fails_as_often_as_asked(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    slack.fail("chat.postMessage", 2, error="fatal_error")
    for _ in range(2):
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client.chat_postMessage(channel=general.id, text="hello")
    await client.auth_test()
    await client.chat_postMessage(channel=general.id, text="hello")
    assert len(slack.messages(general)) == 1


async def test_a_client_that_waits_as_told_gets_through(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    slack.fail("chat.postMessage", status=429, retry_after_s=0)
    slack.fail("chat.postMessage", status=503)
    # The handlers of the SDK count their tries together.
    client.retry_handlers += [AsyncRateLimitErrorRetryHandler(), AsyncServerErrorRetryHandler(max_retry_count=2)]
    await client.chat_postMessage(channel=general.id, text="hello")
    assert [call.method for call in slack.calls] == ["chat.postMessage"] * 3
    assert slack.calls[0].arguments["text"] == "hello"


async def test_too_many_requests_say_how_long_to_wait(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    slack.fail("*", status=429, retry_after_s=7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=general.id, text="hello")
    assert (caught.value.response["error"], caught.value.response.headers["Retry-After"]) == ("ratelimited", "7")


async def test_work_can_be_done_and_its_answer_lost(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    slack.fail("chat.postMessage", broken="drop connection", after_doing=True)
    client.retry_handlers = []
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=general.id, text="hello")
    assert len(slack.messages(general)) == 1


async def test_a_dropped_connection_does_nothing_otherwise(
    slack: Slack, client: AsyncWebClient, general: Channel
) -> None:
    slack.fail("chat.postMessage", broken="drop connection")
    client.retry_handlers = []
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=general.id, text="hello")
    assert slack.messages(general) == []


async def test_a_hanging_call_ends_with_the_clients_patience(
    slack: Slack, client: AsyncWebClient, general: Channel
) -> None:
    slack.fail("chat.postMessage", broken="hang")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.chat_postMessage(channel=general.id, text="hello"), 0.2)
    await client.chat_postMessage(channel=general.id, text="hello")


async def test_response_urls_fail_too(slack: Slack, general: Channel, ann: Person) -> None:
    url = slack.new_response_url(slack.bot("T1"), general, ann)
    slack.fail("response_url", status=500, after_doing=True)
    assert (await AsyncWebhookClient(url).send(text="hello")).status_code == 500
    assert len(slack.whispers(general, ann)) == 1


async def test_waiting_ends_when_something_comes_true(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    waiting = asyncio.ensure_future(slack.until(lambda: slack.messages(general)))
    await client.chat_postMessage(channel=general.id, text="hello")
    assert [message.text for message in await waiting] == ["hello"]
    with pytest.raises(TimeoutError):
        await slack.until(lambda: len(slack.messages(general)) > 1, within_s=0.05)

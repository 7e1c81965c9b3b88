"""Deliveries over Socket Mode, to a real Bolt app."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person
from tests.slack_server_tests.conftest import Serve

Json = dict[str, Any]


@pytest.fixture
def message(slack: Slack, general: Channel, ann: Person) -> Message:
    return slack.say(ann, general, "Llama or Mistral?")


def listen(bolt: AsyncApp) -> list[Json]:
    heard: list[Json] = []

    @bolt.event("reaction_added")
    async def on_reaction(body: Json) -> None:
        heard.append(body)

    return heard


async def test_events_commands_and_clicks_come_through_one_socket(
    slack: Slack, bolt: AsyncApp, over_socket: Serve, message: Message, ann: Person
) -> None:
    heard = listen(bolt)

    @bolt.command("/compare")
    async def on_compare(ack: AsyncAck, body: Json) -> None:
        await ack(f"Comparing {body['text']}", response_type="in_channel")

    await over_socket(bolt)
    assert (await slack.react(ann, message, "ship")).acked
    assert heard[0]["event"]["reaction"] == "ship"
    answer = await slack.command(ann, message.channel, "/compare", "a vs b")
    assert answer.json["text"] == "Comparing a vs b"
    assert slack.messages(message.channel)[-1].text == "Comparing a vs b"


async def test_with_no_socket_events_are_lost(slack: Slack, bolt: AsyncApp, message: Message, ann: Person) -> None:
    answer = await slack.react(ann, message, "ship")
    assert (answer.acked, answer.attempts) == (False, 0)
    assert [lost.payload["event"]["reaction"] for lost in slack.missed] == ["ship"]


async def test_an_event_that_is_not_acknowledged_comes_again(
    slack: Slack, bolt: AsyncApp, over_socket: Serve, message: Message, ann: Person
) -> None:
    slack.app.patience_s = 0.2
    ids: list[str] = []

    @bolt.event("reaction_added")
    async def fail_once(body: Json) -> None:
        ids.append(body["event_id"])
        if len(ids) < 2:
            raise RuntimeError("no disk")

    await over_socket(bolt)
    answer = await slack.react(ann, message, "ship")
    assert (answer.acked, answer.attempts) == (True, 2)
    assert ids[0] == ids[1]


async def test_an_event_in_hand_when_the_socket_drops_comes_again_on_the_next_one(
    slack: Slack, bolt: AsyncApp, over_socket: Serve, message: Message, ann: Person
) -> None:
    times = 0

    @bolt.event("reaction_added")
    async def drop_first() -> None:
        nonlocal times
        times += 1
        if times == 1:
            slack.drop_sockets()

    await over_socket(bolt)
    answer = await slack.react(ann, message, "ship")
    assert answer.acked
    assert times == 2


async def test_a_client_that_is_asked_to_comes_back(
    slack: Slack, bolt: AsyncApp, over_socket: Serve, message: Message, ann: Person
) -> None:
    heard = listen(bolt)
    await over_socket(bolt)
    [first] = slack.sockets()
    await slack.ask_to_reconnect("warning")
    await slack.until(lambda: slack.sockets() and first not in slack.sockets())
    assert (await slack.react(ann, message, "ship")).acked
    assert len(heard) == 1


async def test_of_two_sockets_either_may_get_an_event(
    slack: Slack, bolt: AsyncApp, over_socket: Serve, message: Message, ann: Person
) -> None:
    other = AsyncApp(client=bolt.client)
    first, second = listen(bolt), listen(other)
    await over_socket(bolt)
    await over_socket(other)
    assert len(slack.sockets()) == 2
    for name in ("ship", "tada", "fast_forward", "wave"):
        await slack.react(ann, message, name)
    assert (len(first), len(second)) == (2, 2)


async def test_a_ticket_is_good_for_one_socket(slack: Slack, client: AsyncWebClient) -> None:
    url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            await socket.send_json({"envelope_id": "unknown"})
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_a_failing_link_is_tried_again_by_the_client(
    slack: Slack, bolt: AsyncApp, over_socket: Serve, message: Message, ann: Person
) -> None:
    heard = listen(bolt)
    await over_socket(bolt)
    slack.fail("apps.connections.open", status=500)
    slack.fail("link", status=503)
    slack.drop_sockets()
    await slack.until(lambda: not slack.sockets())
    await slack.until(slack.sockets)
    assert (await slack.react(ann, message, "ship")).acked
    assert len(heard) == 1

"""Deliveries over HTTP, to a real Bolt app."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes import FakeClock
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person, Workspace
from tests.slack_server_tests.conftest import Serve

Json = dict[str, Any]
BUTTONS = [
    {
        "type": "actions",
        "block_id": "vote",
        "elements": [
            {"type": "button", "action_id": "vote:1", "text": {"type": "plain_text", "text": "Llama"}, "value": "7"},
            {"type": "button", "action_id": "vote:2", "text": {"type": "plain_text", "text": "Mistral"}, "value": "7"},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Remove"}, "value": "remove"}],
            },
        ],
    }
]


@pytest.fixture
async def posted(client: AsyncWebClient, general: Channel) -> Message:
    answer = await client.chat_postMessage(channel=general.id, text="Llama or Mistral?", blocks=BUTTONS)
    return general.messages[answer["ts"]]


@pytest.fixture
async def events(bolt: AsyncApp, over_http: Serve) -> list[Json]:
    """Every event that the app was told of, in order."""
    heard: list[Json] = []

    async def on_event(body: Json) -> None:
        heard.append(body)

    for name in ("reaction_added", "reaction_removed", "app_mention", "app_home_opened", "member_joined_channel"):
        bolt.event(name)(on_event)
    for name in ("app_uninstalled", "tokens_revoked"):
        bolt.event(name)(on_event)
    await over_http(bolt)
    return heard


@pytest.fixture
async def raw_app(slack: Slack) -> AsyncIterator[list[web.Request]]:
    """An app without Bolt that asks for no retry of one reaction and leaves every other unanswered."""
    requests: list[web.Request] = []
    over = asyncio.Event()

    async def on_event(request: web.Request) -> web.Response:
        requests.append(request)
        if "no_retry" in await request.text():
            return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
        await over.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", on_event)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield requests
    over.set()
    await runner.cleanup()


async def test_the_request_url_is_verified(slack: Slack, events: list[Json]) -> None:
    answer = await slack.verify_url()
    assert answer.json["challenge"] == answer.payload["challenge"]


async def test_reactions_are_told_of_with_their_own_time(
    slack: Slack, events: list[Json], posted: Message, ann: Person
) -> None:
    added = await slack.react(ann, posted, "large_blue_circle")
    removed = await slack.unreact(ann, posted, "large_blue_circle")
    assert added.acked
    assert removed.acked
    first, second = (body["event"] for body in events)
    assert first | {"event_ts": ""} == {
        "type": "reaction_added",
        "user": "UANN",
        "reaction": "large_blue_circle",
        "item": {"type": "message", "channel": posted.channel.id, "ts": posted.ts},
        "item_user": posted.user,
        "event_ts": "",
    }
    assert second["type"] == "reaction_removed"
    assert second["event_ts"] > first["event_ts"]
    assert posted.reactions == {}


async def test_the_bot_hears_of_its_own_reactions(
    slack: Slack, client: AsyncWebClient, over_http: Serve, posted: Message, team: Workspace
) -> None:
    users: list[str] = []
    secret = slack.app.signing_secret
    bolt = AsyncApp(client=client, signing_secret=secret, ignoring_self_events_enabled=False)

    @bolt.event("reaction_added")
    async def on_reaction(event: Json) -> None:
        users.append(event["user"])

    await over_http(bolt)
    await client.reactions_add(channel=posted.channel.id, timestamp=posted.ts, name="ship")
    await slack.settled()
    assert users == [slack.bot(team).bot.id]


async def test_nothing_is_told_where_the_bot_is_no_member(
    slack: Slack, events: list[Json], client: AsyncWebClient, team: Workspace, ann: Person
) -> None:
    elsewhere = slack.channel(team, "elsewhere", ann, with_bot=False)
    message = slack.say(ann, elsewhere, "hello")
    assert (await slack.react(ann, message, "ship")).attempts == 0
    assert (await slack.mention(ann, elsewhere, "compare")).attempts == 0
    assert events == []


async def test_nothing_is_told_without_the_scope_for_it(
    slack: Slack, events: list[Json], posted: Message, team: Workspace, ann: Person
) -> None:
    slack.bot(team).scopes -= {"reactions:read", "groups:read"}
    private = slack.channel(team, "private", ann, private=True, with_bot=False)
    assert (await slack.react(ann, posted, "ship")).attempts == 0
    assert (await slack.invite(ann, private)).attempts == 0
    assert events == []


async def test_a_failed_delivery_is_tried_again_and_says_why(
    slack: Slack, bolt: AsyncApp, over_http: Serve, posted: Message, ann: Person
) -> None:
    tries: list[Json] = []

    @bolt.event("reaction_added")
    async def fail_twice(body: Json, request: AsyncBoltRequest) -> None:
        tries.append({"id": body["event_id"], "num": request.headers.get("x-slack-retry-num")})
        tries[-1]["reason"] = request.headers.get("x-slack-retry-reason")
        if len(tries) < 3:
            raise RuntimeError("no disk")

    await over_http(bolt)
    answer = await slack.react(ann, posted, "ship")
    assert (answer.acked, answer.attempts) == (True, 3)
    assert len({attempt["id"] for attempt in tries}) == 1
    assert [attempt["num"] for attempt in tries] == [None, ["1"], ["2"]]
    assert [attempt["reason"] for attempt in tries] == [None, ["http_error"], ["http_error"]]
    assert slack.missed == []


async def test_an_event_that_nobody_takes_is_missed_and_can_be_delivered_later(
    slack: Slack, events: list[Json], posted: Message, ann: Person
) -> None:
    up, slack.app.request_url = slack.app.request_url, "http://127.0.0.1:9/slack/events"
    answer = await slack.react(ann, posted, "ship")
    assert (answer.status, answer.attempts) == (None, 4)
    slack.app.request_url = up
    assert events == []
    assert [late.acked for late in await slack.deliver_missed()] == [True]
    assert [body["event_id"] for body in events] == [answer.payload["event_id"]]


async def test_an_event_can_be_repeated_under_its_own_or_a_new_id(
    slack: Slack, events: list[Json], posted: Message, ann: Person
) -> None:
    answer = await slack.react(ann, posted, "ship")
    await slack.repeat(answer)
    await slack.repeat(answer, new_id=True)
    first, second, third = (body["event_id"] for body in events)
    assert first == second != third
    assert events[0]["event"] == events[2]["event"]


async def test_a_bad_signature_and_a_stale_time_are_refused_by_the_sdk(
    slack: Slack, events: list[Json], posted: Message, ann: Person
) -> None:
    slack.app.retry_delays_s = ()
    right, slack.app.signing_secret = slack.app.signing_secret, "not the secret"
    assert (await slack.react(ann, posted, "ship")).status == 401
    slack.app.signing_secret = right
    slack.app.clock_skew_s = -600
    assert (await slack.react(ann, posted, "fast_forward")).status == 401
    assert events == []


async def test_a_mention_comes_with_its_thread(
    slack: Slack, events: list[Json], posted: Message, ann: Person, team: Workspace
) -> None:
    await slack.mention(ann, posted.channel, "compare a vs b", thread=posted)
    [event] = (body["event"] for body in events)
    assert event["text"] == f"<@{slack.bot(team).bot.id}> compare a vs b"
    assert event["thread_ts"] == posted.ts
    assert slack.messages(posted.channel)[-1].ts == event["ts"]


async def test_the_home_has_no_view_before_one_is_published(
    slack: Slack, client: AsyncWebClient, events: list[Json], ann: Person
) -> None:
    await slack.open_home(ann)
    await client.views_publish(user_id=ann.id, view={"type": "home", "blocks": [{"type": "divider"}]})
    await slack.open_home(ann)
    assert "view" not in events[0]["event"]
    assert events[1]["event"]["view"]["id"] == slack.home(ann).id


async def test_an_invited_bot_learns_by_whom(slack: Slack, events: list[Json], team: Workspace, ann: Person) -> None:
    private = slack.channel(team, "private", ann, private=True, with_bot=False)
    await slack.invite(ann, private)
    assert events[0]["event"]["inviter"] == ann.id
    assert events[0]["event"]["user"] == slack.bot(team).bot.id
    assert events[0]["event"]["channel"] == private.id


@pytest.mark.parametrize("order", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")])
async def test_an_uninstalled_app_is_told_in_the_order_asked_for(
    slack: Slack, client: AsyncWebClient, events: list[Json], team: Workspace, order: tuple[str, str]
) -> None:
    # Bolt asks who it is before the first event, which it no longer could after.
    await slack.verify_url()
    await slack.deliver({"type": "app_home_opened", "user": "U1", "tab": "home"}, slack.bot(team))
    bot = slack.bot(team).bot.id
    await slack.uninstall(team, order=order, event_time=1_700_000_000)
    told = [body for body in events if body["event"]["type"] != "app_home_opened"]
    assert [body["event"]["type"] for body in told] == list(order)
    assert {body["event_time"] for body in told} == {1_700_000_000}
    assert {"oauth": [], "bot": [bot]} in [body["event"].get("tokens") for body in told]


async def test_a_command_is_answered_at_once_or_by_its_response_url(
    slack: Slack, bolt: AsyncApp, over_http: Serve, general: Channel, ann: Person
) -> None:
    seen: list[Json] = []

    @bolt.command("/compare")
    async def on_compare(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        seen.append(body)
        await ack(text="Working on it", response_type="ephemeral")
        await respond("Here it is", response_type="in_channel")
        await respond("Only you see this")

    await over_http(bolt)
    answer = await slack.command(ann, general, "/compare", "a vs b & c")
    assert answer.acked
    assert (seen[0]["text"], seen[0]["channel_name"], seen[0]["user_id"]) == ("a vs b & c", "general", ann.id)
    assert [message.text for message in slack.messages(general)] == ["Here it is"]
    assert {message.text for message in slack.whispers(general, ann)} == {"Working on it", "Only you see this"}


async def test_a_command_in_a_private_place_does_not_name_it(
    slack: Slack, bolt: AsyncApp, over_http: Serve, ann: Person, bob: Person
) -> None:
    names: list[str] = []

    @bolt.command("/compare")
    async def on_compare(ack: AsyncAck, body: Json) -> None:
        names.append(body["channel_name"])
        await ack()

    await over_http(bolt)
    private = slack.channel(ann.team, "secret", ann, private=True, with_bot=False)
    await slack.command(ann, private, "/compare")
    await slack.command(ann, slack.direct(ann, bob), "/compare")
    assert names == ["privategroup", "directmessage"]


async def test_a_click_says_what_was_clicked_and_where(
    slack: Slack, bolt: AsyncApp, over_http: Serve, posted: Message, bob: Person
) -> None:
    seen: list[Json] = []

    @bolt.action("vote:2")
    async def on_vote(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        seen.append(body)
        await respond(text="Voted", replace_original=True)
        await ack()

    @bolt.action("more")
    async def on_more(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        seen.append(body)
        await respond(delete_original=True)
        await ack()

    await over_http(bolt)
    assert (await slack.click(bob, posted, "vote:2")).acked
    body = seen[0]
    assert body["container"]["message_ts"] == body["message"]["ts"] == posted.ts
    assert body["message"]["blocks"][0]["block_id"] == body["actions"][0]["block_id"] == "vote"
    assert (body["actions"][0]["value"], body["user"]["id"], body["user"]["team_id"]) == ("7", bob.id, "T1")
    assert (posted.text, posted.blocks) == ("Voted", [])
    with pytest.raises(LookupError, match="0 elements fit"):
        await slack.click(bob, posted, "vote:2")


async def test_an_overflow_choice_can_remove_the_message(
    slack: Slack, bolt: AsyncApp, over_http: Serve, posted: Message, bob: Person
) -> None:
    @bolt.action("more")
    async def on_more(ack: AsyncAck, action: Json, respond: AsyncRespond) -> None:
        assert action["selected_option"]["value"] == "remove"
        await respond(delete_original=True)
        await ack()

    await over_http(bolt)
    await slack.click(bob, posted, "more", value="remove")
    assert posted.deleted
    assert slack.messages(posted.channel) == []


async def test_an_app_that_does_not_answer_in_time_gets_no_second_click(
    slack: Slack, bolt: AsyncApp, over_http: Serve, posted: Message, bob: Person
) -> None:
    await over_http(bolt)
    answer = await slack.click(bob, posted, "vote:1")
    assert (answer.status, answer.attempts) == (404, 1)


async def test_a_response_url_is_good_five_times_and_for_half_an_hour(
    slack: Slack, clock: FakeClock, general: Channel, ann: Person, team: Workspace
) -> None:
    made = slack.bot(team)
    url = slack.new_response_url(made, general, ann)
    statuses = [(await AsyncWebhookClient(url).send(text=f"{number}")).status_code for number in range(6)]
    assert statuses == [200] * 5 + [404]
    late = slack.new_response_url(made, general, ann)
    clock.forward(minutes=31)
    answer = await AsyncWebhookClient(late).send(text="late")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)
    assert len(slack.whispers(general, ann)) == 5


async def test_a_response_url_checks_what_it_is_given(slack: Slack, general: Channel, ann: Person) -> None:
    url = slack.new_response_url(slack.bot("T1"), general, ann)
    answer = await AsyncWebhookClient(url).send(text="x", blocks=[{"type": "chart"}])
    assert (answer.status_code, "invalid_blocks" in answer.body) == (400, True)
    async with aiohttp.ClientSession() as session, session.post(f"{slack.url}/response/T1/r0", json={}) as unknown:
        assert unknown.status == 404


async def test_a_reaction_in_a_shared_channel_is_delivered_once(
    slack: Slack, events: list[Json], posted: Message
) -> None:
    other = slack.workspace("T2")
    eve = slack.person(other, "Eve")
    slack.share(posted.channel, other, eve, slack.bot(other).bot)
    await slack.react(eve, posted, "ship")
    await slack.react(eve, posted, "tada", team="T1")
    assert [body["team_id"] for body in events] == ["T2", "T1"]
    assert all(body["is_ext_shared_channel"] for body in events)


async def test_an_ephemeral_message_is_changed_by_its_own_click_alone(
    slack: Slack, client: AsyncWebClient, bolt: AsyncApp, over_http: Serve, posted: Message
) -> None:
    bodies: list[Json] = []

    @bolt.action("vote:1")
    async def on_vote(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        bodies.append(body)
        await respond(text="Changed", replace_original=True)
        await ack()

    await over_http(bolt)
    ann = slack.people["UANN"]
    await client.chat_postEphemeral(channel=posted.channel.id, user=ann.id, text="Which?", blocks=BUTTONS)
    [whisper] = slack.whispers(posted.channel, ann)
    await slack.click(ann, whisper, "vote:1")
    assert "message" not in bodies[0]
    assert bodies[0]["container"]["is_ephemeral"]
    assert [message.text for message in slack.whispers(posted.channel, ann)] == ["Changed"]
    assert [message.text for message in slack.messages(posted.channel)] == ["Llama or Mistral?"]


async def test_a_click_that_fits_two_elements_is_no_click(slack: Slack, posted: Message, ann: Person) -> None:
    with pytest.raises(LookupError, match="2 elements fit"):
        await slack.click(ann, posted, "vote:")


async def test_retries_end_when_the_app_asks_for_it_and_name_a_silence(
    slack: Slack, posted: Message, ann: Person, raw_app: list[web.Request]
) -> None:
    assert (await slack.react(ann, posted, "no_retry")).attempts == 1
    slack.app.patience_s = 0.05
    assert (await slack.react(ann, posted, "silence")).attempts == 4
    reasons = [request.headers.get("X-Slack-Retry-Reason") for request in raw_app]
    assert reasons == [None, None, "http_timeout", "http_timeout", "http_timeout"]


async def test_an_organisation_is_named_in_every_delivery(slack: Slack, events: list[Json]) -> None:
    team = slack.workspace("T7", enterprise="E1")
    zoe = slack.person(team, "Zoe")
    await slack.open_home(zoe)
    assert (events[0]["enterprise_id"], events[0]["authorizations"][0]["enterprise_id"]) == ("E1", "E1")

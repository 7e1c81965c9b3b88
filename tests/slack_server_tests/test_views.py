"""Modals and homes, through a real Bolt app."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes import FakeClock
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Person, View
from tests.slack_server_tests.conftest import Serve

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def form(title: str = "Compare", **more: object) -> Json:
    picker = {"type": "external_select", "action_id": "value", "min_query_length": 0}
    full = {"type": "checkboxes", "action_id": "value", "options": [{"text": plain("Full"), "value": "full"}]}
    blocks = [
        {"type": "input", "block_id": "tool", "label": plain("Tool"), "element": picker},
        {"type": "input", "block_id": "flags", "label": plain("How"), "element": full, "optional": True},
        {"type": "actions", "elements": [{"type": "button", "action_id": "more", "text": plain("Add one")}]},
    ]
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "submit": plain("Go"),
        "blocks": blocks,
    } | more


@pytest.fixture
def app(bolt: AsyncApp) -> AsyncApp:
    """Opens a form on `/compare`, suggests tools, and pushes another form on `more`."""

    @bolt.command("/compare")
    async def on_compare(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form())
        await ack()

    @bolt.options("value")
    async def on_typing(ack: AsyncAck, payload: Json) -> None:
        names = [name for name in ("Llama", "Mistral") if payload["value"].lower() in name.lower()]
        await ack(options=[{"text": plain(name), "value": name.lower()} for name in names])

    @bolt.action("more")
    async def on_more(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await client.views_push(trigger_id=body["trigger_id"], view=form("Another"))
        await ack()

    return bolt


@pytest.fixture
async def opened(slack: Slack, app: AsyncApp, over_socket: Serve, general: Channel, ann: Person) -> View:
    await over_socket(app)
    await slack.command(ann, general, "/compare")
    return slack.modal(ann)


async def test_a_type_ahead_is_answered_by_the_app(slack: Slack, opened: View, ann: Person) -> None:
    assert [option["value"] for option in await slack.suggest(ann, opened, "value", "mis", block_id="tool")] == [
        "mistral"
    ]
    assert len(await slack.suggest(ann, opened, "value", block_id="tool")) == 2


async def test_what_is_filled_in_comes_with_the_submission(
    slack: Slack, app: AsyncApp, opened: View, ann: Person
) -> None:
    states: list[Json] = []

    @app.view("form")
    async def on_form(ack: AsyncAck, view: Json) -> None:
        states.append(view["state"]["values"])
        await ack()

    await slack.submit(ann, opened, {"tool": "llama", "flags": ["full"]})
    assert states[0]["tool"]["value"]["selected_option"]["value"] == "llama"
    assert [option["value"] for option in states[0]["flags"]["value"]["selected_options"]] == ["full"]
    assert slack.modal(ann) is None


async def test_what_has_to_be_filled_in_is_not_sent_without(
    slack: Slack, opened: View, ann: Person, bob: Person
) -> None:
    with pytest.raises(ValueError, match="tool has to be filled in"):
        await slack.submit(ann, opened)
    with pytest.raises(ValueError, match="not among the options"):
        await slack.submit(ann, opened, {"tool": "llama", "flags": ["half"]})
    with pytest.raises(LookupError):
        await slack.submit(bob, opened, {"tool": "llama"})


async def test_an_answer_can_update_push_complain_or_clear(
    slack: Slack, app: AsyncApp, opened: View, ann: Person
) -> None:
    answers = [
        {"response_action": "errors", "errors": {"tool": "No such tool"}},
        {"response_action": "update", "view": form("Updated")},
        {"response_action": "push", "view": form("Pushed")},
        {"response_action": "clear"},
    ]
    titles = []

    @app.view("form")
    async def on_form(ack: AsyncAck) -> None:
        await ack(**answers.pop(0))

    for _ in range(4):
        await slack.submit(ann, slack.modal(ann), {"tool": "llama"})
        titles.append(slack.modal(ann).content["title"]["text"] if slack.modal(ann) else None)
    assert titles == ["Compare", "Updated", "Pushed", None]


async def test_an_answer_that_slack_would_refuse_is_an_error(
    slack: Slack, app: AsyncApp, opened: View, ann: Person
) -> None:
    @app.view("form")
    async def on_form(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"elsewhere": "No"})

    with pytest.raises(ValueError, match="input blocks"):
        await slack.submit(ann, opened, {"tool": "llama"})


async def test_views_stack_up_to_three(slack: Slack, opened: View, ann: Person) -> None:
    await slack.click(ann, opened, "more")
    second = slack.modal(ann)
    assert (second.previous_id, second.root_id) == (opened.id, opened.id)
    await slack.click(ann, second, "more")
    third = slack.modal(ann)
    slack.app.patience_s = 0.1
    assert not (await slack.click(ann, third, "more")).acked
    assert slack.modal(ann) is third
    await slack.close(ann)
    assert slack.modal(ann) is second


async def test_a_trigger_is_good_once_and_for_three_seconds(
    slack: Slack, client: AsyncWebClient, clock: FakeClock, ann: Person
) -> None:
    async def error(trigger_id: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            await client.views_open(trigger_id=trigger_id, view=form())
        return caught.value.response["error"]

    made = slack.bot("T1")
    trigger_id = slack.new_trigger(made, ann)
    await client.views_open(trigger_id=trigger_id, view=form())
    assert await error(trigger_id) == "exchanged_trigger_id"
    late = slack.new_trigger(made, ann)
    clock.forward(seconds=3.5)
    assert await error(late) == "expired_trigger_id"
    assert await error("made up") == "invalid_trigger_id"


async def test_a_view_is_updated_unless_it_changed_since(
    slack: Slack, client: AsyncWebClient, opened: View, ann: Person
) -> None:
    before = opened.hash
    await client.views_update(view_id=opened.id, hash=before, view=form("New"))
    assert opened.content["title"]["text"] == "New"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=opened.id, hash=before, view=form("Newer"))
    await slack.close(ann)
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(view_id=opened.id, view=form("Newest"))


async def test_a_bad_view_is_refused_and_leaves_the_trigger_unused(
    slack: Slack, client: AsyncWebClient, ann: Person
) -> None:
    trigger_id = slack.new_trigger(slack.bot("T1"), ann)
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=trigger_id, view=form("x" * 25))
    assert caught.value.response["error"] == "invalid_arguments"
    assert "/view/title/text" in caught.value.response["response_metadata"]["messages"][0]
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.views_open(trigger_id=trigger_id, view={"type": "home", "blocks": [{"type": "divider"}]})
    await client.views_open(trigger_id=trigger_id, view=form())


async def test_a_home_belongs_to_one_person(slack: Slack, client: AsyncWebClient, ann: Person, bob: Person) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await client.views_publish(user_id=ann.id, view=home)
    assert slack.home(ann).content["blocks"][0]["type"] == "divider"
    assert slack.home(bob) is None
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=ann.id, view=home, hash="old")
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.views_publish(user_id="U404", view=home)


async def test_an_app_that_asked_is_told_of_a_closed_view(
    slack: Slack, client: AsyncWebClient, app: AsyncApp, opened: View, ann: Person
) -> None:
    closed: list[Json] = []

    @app.view_closed("form")
    async def on_closed(ack: AsyncAck, body: Json) -> None:
        closed.append(body)
        await ack()

    assert await slack.close(ann) is None
    trigger_id = slack.new_trigger(slack.bot("T1"), ann)
    await client.views_open(trigger_id=trigger_id, view=form(notify_on_close=True))
    assert (await slack.close(ann)).acked
    assert len(closed) == 1


async def test_an_answer_comes_from_the_home_too_and_not_from_fields_still_being_filled_in(
    slack: Slack, app: AsyncApp, opened: View, ann: Person
) -> None:
    places: list[Json] = []

    @app.action("go")
    async def on_go(ack: AsyncAck, body: Json) -> None:
        places.append(body["container"])
        await ack()

    button = {"type": "button", "action_id": "go", "text": plain("Go")}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    await app.client.views_publish(user_id=ann.id, view=home)
    assert (await slack.click(ann, slack.home(ann), "go")).acked
    assert places == [{"type": "view", "view_id": slack.home(ann).id}]
    with pytest.raises(LookupError, match="not told"):
        await slack.click(ann, opened, "value", block_id="tool", value="llama")

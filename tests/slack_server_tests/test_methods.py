"""The Web API, called with the real client."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person, Workspace

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}


async def refusal(call: object) -> dict[str, object]:
    """The answer of a call that is refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response.data


async def error(call: object) -> object:
    return (await refusal(call))["error"]


@pytest.fixture
async def posted(slack: Slack, client: AsyncWebClient, general: Channel) -> Message:
    answer = await client.chat_postMessage(channel=general.id, text="hello", blocks=[SECTION])
    return general.messages[answer["ts"]]


async def test_a_posted_message_is_kept_with_an_id_for_each_block(
    slack: Slack, client: AsyncWebClient, general: Channel, team: Workspace
) -> None:
    metadata = {"event_type": "ballot", "event_payload": {"ballot": "1"}}
    answer = await client.chat_postMessage(channel=general.id, text="hello", blocks=[SECTION], metadata=metadata)
    [message] = slack.messages(general)
    assert (message.text, message.metadata, message.user) == ("hello", metadata, slack.bot(team).bot.id)
    assert answer["ts"] == message.ts
    assert answer["message"]["blocks"][0]["block_id"]
    assert answer["message"]["text"] == "hello"
    assert "reactions:write" in answer.headers["X-OAuth-Scopes"]


async def test_a_form_and_a_query_say_the_same_as_json(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    await client.api_call("chat.postMessage", data={"channel": general.id, "blocks": '[{"type": "divider"}]'})
    await client.api_call("chat.postMessage", params={"channel": general.id, "text": "hi"})
    assert [message.text for message in slack.messages(general)] == ["", "hi"]


async def test_tokens_are_checked(slack: Slack, client: AsyncWebClient, general: Channel, team: Workspace) -> None:
    assert await error(client.auth_test(token=client.token.upper())) == "invalid_auth"
    assert await error(client.auth_test(token=slack.app.app_token)) == "not_allowed_token_type"
    assert await error(client.apps_connections_open(app_token=client.token)) == "not_allowed_token_type"
    assert await error(AsyncWebClient(base_url=slack.api_url).auth_test()) == "not_authed"
    slack.bot(team).scopes = frozenset({"commands"})
    refused = await refusal(client.chat_postMessage(channel=general.id, text="hello"))
    assert (refused["error"], refused["needed"], refused["provided"]) == ("missing_scope", "chat:write", "commands")


async def test_a_method_that_does_not_exist_is_unknown(client: AsyncWebClient) -> None:
    assert await error(client.api_call("chat.shout")) == "unknown_method"


async def test_auth_test_says_who_the_bot_is(slack: Slack, client: AsyncWebClient, team: Workspace) -> None:
    made = slack.bot(team)
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T1", made.bot.id, made.bot_id)
    assert answer["url"] == "https://t1.slack.com/"


async def test_posting_needs_to_be_in_the_channel_or_leave_to_post_anywhere(
    slack: Slack, client: AsyncWebClient, team: Workspace, ann: Person
) -> None:
    public = slack.channel(team, "public", ann, with_bot=False)
    private = slack.channel(team, "private", ann, private=True, with_bot=False)
    await client.chat_postMessage(channel=public.id, text="hello")
    assert await error(client.chat_postMessage(channel=private.id, text="hello")) == "channel_not_found"
    slack.bot(team).scopes -= {"chat:write.public"}
    assert await error(client.chat_postMessage(channel=public.id, text="hello")) == "not_in_channel"
    await client.conversations_join(channel=public.id)
    await client.chat_postMessage(channel=public.id, text="hello")
    assert await error(client.conversations_join(channel=private.id)) == "channel_not_found"


async def test_another_workspace_is_out_of_reach(slack: Slack, client: AsyncWebClient) -> None:
    elsewhere = slack.channel(slack.workspace("T2"), "general")
    assert await error(client.chat_postMessage(channel=elsewhere.id, text="hello")) == "channel_not_found"
    assert await error(client.users_info(user=slack.person(slack.workspaces["T2"], "Eve").id)) == "user_not_found"


async def test_a_person_can_be_written_to(slack: Slack, client: AsyncWebClient, team: Workspace, ann: Person) -> None:
    answer = await client.chat_postMessage(channel=ann.id, text="psst")
    direct = slack.direct(ann, slack.bot(team).bot)
    assert answer["channel"] == direct.id
    assert [message.text for message in slack.messages(direct)] == ["psst"]


async def test_an_archived_channel_takes_nothing(
    slack: Slack, client: AsyncWebClient, general: Channel, posted: Message
) -> None:
    slack.archive(general)
    assert await error(client.chat_postMessage(channel=general.id, text="hello")) == "is_archived"
    assert await error(client.chat_update(channel=general.id, ts=posted.ts, text="hello")) == "is_archived"
    assert await error(client.reactions_add(channel=general.id, timestamp=posted.ts, name="ship")) == "is_archived"
    await client.reactions_get(channel=general.id, timestamp=posted.ts)


async def test_content_is_checked(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    post = client.chat_postMessage
    where = {"channel": general.id}
    assert await error(client.api_call("chat.postMessage", json=where)) == "no_text"
    assert await error(post(**where, text="x" * 40_001)) == "msg_too_long"
    assert await error(post(**where, text="x", metadata={"event_type": "x"})) == "invalid_metadata_format"
    many = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
    assert await error(post(**where, text="x", blocks=many)) == "msg_blocks_too_long"
    refused = await refusal(post(**where, text="x", blocks=[{"type": "chart"}]))
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"]["messages"] == ["[ERROR] unsupported type: chart [json-pointer:/blocks/0/type]"]
    assert slack.messages(general) == []


async def test_tables_can_be_refused_altogether(slack: Slack, client: AsyncWebClient, general: Channel) -> None:
    await client.chat_postMessage(channel=general.id, text="x", blocks=[TABLE])
    slack.refuses_tables = True
    assert await error(client.chat_postMessage(channel=general.id, text="x", blocks=[TABLE])) == "invalid_blocks"


async def test_an_ephemeral_message_is_seen_by_one_member(
    slack: Slack, client: AsyncWebClient, general: Channel, ann: Person, bob: Person
) -> None:
    await client.chat_postEphemeral(channel=general.id, user=ann.id, text="only you")
    assert [message.text for message in slack.whispers(general, ann)] == ["only you"]
    assert slack.whispers(general, bob) == slack.messages(general) == []
    eve = slack.person(ann.team, "Eve")
    assert await error(client.chat_postEphemeral(channel=general.id, user=eve.id, text="x")) == "user_not_in_channel"


async def test_an_update_keeps_what_it_does_not_name_but_no_blocks_under_a_new_text(
    client: AsyncWebClient, posted: Message
) -> None:
    where = {"channel": posted.channel.id, "ts": posted.ts}
    await client.api_call("chat.update", json=where | {"blocks": [SECTION, {"type": "divider"}]})
    assert (posted.text, len(posted.blocks)) == ("hello", 2)
    await client.chat_update(**where, text="new")
    assert (posted.text, posted.blocks) == ("new", [])
    assert await error(client.api_call("chat.update", json=where)) == "no_text"
    assert await error(client.api_call("chat.update", json=where | {"text": ""})) == "no_text"


async def test_only_its_own_messages_are_the_bots_to_change(
    slack: Slack, client: AsyncWebClient, general: Channel, ann: Person, posted: Message
) -> None:
    said = slack.say(ann, general, "mine")
    assert await error(client.chat_update(channel=general.id, ts=said.ts, text="x")) == "cant_update_message"
    assert await error(client.chat_delete(channel=general.id, ts=said.ts)) == "cant_delete_message"
    await client.chat_delete(channel=general.id, ts=posted.ts)
    assert await error(client.chat_update(channel=general.id, ts=posted.ts, text="x")) == "message_not_found"


async def test_a_permalink_leads_to_the_message(client: AsyncWebClient, posted: Message) -> None:
    answer = await client.chat_getPermalink(channel=posted.channel.id, message_ts=posted.ts)
    assert answer["permalink"].startswith("https://t1.slack.com/archives/")


async def test_reactions_are_a_set_in_order_of_arrival(
    slack: Slack, client: AsyncWebClient, posted: Message, ann: Person, team: Workspace
) -> None:
    where = {"channel": posted.channel.id, "timestamp": posted.ts}
    await client.reactions_add(**where, name="ship")
    await client.reactions_add(**where, name="fast_forward")
    await slack.react(ann, posted, "ship")
    assert posted.reactions == {"ship": [slack.bot(team).bot.id, ann.id], "fast_forward": [slack.bot(team).bot.id]}
    assert await error(client.reactions_add(**where, name="ship")) == "already_reacted"
    assert await error(client.reactions_remove(**where, name="tada")) == "no_reaction"
    assert await error(client.reactions_add(**where, name="Not a name")) == "invalid_name"
    missing = {"channel": posted.channel.id, "timestamp": "1.000001"}
    assert await error(client.reactions_add(**missing, name="ship")) == "message_not_found"
    await slack.settled()


async def test_all_who_reacted_are_named_only_when_asked_for(
    slack: Slack, client: AsyncWebClient, posted: Message, team: Workspace
) -> None:
    for number in range(12):
        await slack.react(slack.person(team, f"P{number}"), posted, "ship")
    where = {"channel": posted.channel.id, "timestamp": posted.ts}
    [few] = (await client.reactions_get(**where))["message"]["reactions"]
    [full] = (await client.reactions_get(**where, full=True))["message"]["reactions"]
    assert (few["count"], len(few["users"])) == (12, 5)
    assert (full["count"], len(full["users"])) == (12, 12)


async def test_reactions_of_a_channel_the_bot_left_are_out_of_reach(
    slack: Slack, client: AsyncWebClient, posted: Message
) -> None:
    slack.kick(posted.channel)
    where = {"channel": posted.channel.id, "timestamp": posted.ts}
    assert await error(client.reactions_get(**where)) == "not_in_channel"


async def test_users_info_tells_a_stranger_from_a_colleague(
    slack: Slack, client: AsyncWebClient, general: Channel, bob: Person
) -> None:
    assert (await client.users_info(user=bob.id))["user"]["tz"] == "America/New_York"
    other = slack.workspace("T2", installed=False)
    eve = slack.person(other, "Eve")
    slack.share(general, other, eve)
    user = (await client.users_info(user=eve.id))["user"]
    assert (user["team_id"], user["is_stranger"]) == ("T2", True)
    assert await error(client.users_info(user="U404")) == "user_not_found"


async def test_history_comes_newest_first_in_pages_and_needs_its_scope(
    slack: Slack, client: AsyncWebClient, general: Channel, team: Workspace
) -> None:
    assert await error(client.conversations_history(channel=general.id)) == "missing_scope"
    slack.bot(team).scopes |= {"channels:history"}
    metadata = {"event_type": "digest", "event_payload": {}}
    sent = [await client.chat_postMessage(channel=general.id, text=text, metadata=metadata) for text in "abc"]
    found = await client.conversations_history(channel=general.id, limit=2, include_all_metadata=True)
    assert [message["text"] for message in found["messages"]] == ["c", "b"]
    assert found["messages"][0]["metadata"] == metadata
    assert found["has_more"]
    cursor = found["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel=general.id, limit=2, cursor=cursor)
    assert [message["text"] for message in rest["messages"]] == ["a"]
    assert "metadata" not in rest["messages"][0]
    since = await client.conversations_history(channel=general.id, oldest=sent[1]["ts"])
    assert [message["text"] for message in since["messages"]] == ["c"]


async def test_channels_of_a_person_leave_out_private_ones_without_the_bot(
    slack: Slack, client: AsyncWebClient, general: Channel, team: Workspace, ann: Person
) -> None:
    slack.channel(team, "secret", ann, private=True, with_bot=False)
    shared = slack.channel(team, "shared", ann, private=True)
    slack.channel(team, "elsewhere", with_bot=False)
    answer = await client.users_conversations(user=ann.id, types="public_channel,private_channel")
    assert [channel["id"] for channel in answer["channels"]] == [general.id, shared.id]
    assert (await client.conversations_info(channel=shared.id))["channel"]["is_private"]


async def test_a_token_ends_with_the_installation_or_when_given_up(
    slack: Slack, client: AsyncWebClient, team: Workspace
) -> None:
    other = AsyncWebClient(slack.install(slack.workspace("T2")).token, base_url=slack.api_url)
    await slack.uninstall(team)
    assert await error(client.auth_test()) == "account_inactive"
    await other.auth_revoke()
    assert await error(other.auth_test()) == "token_revoked"
    again = slack.install(team)
    assert (await client.auth_test(token=again.token))["user_id"] == again.bot.id

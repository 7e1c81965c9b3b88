"""Interactions: commands, autocomplete, buttons and modals, answered through the real library."""

import asyncio
from typing import Any

import pytest
from discord import HTTPException, Interaction, NotFound

from tests.discord_server.interactions import Value
from tests.discord_server.permissions import MEMBERS, Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Message, Person
from tests.discord_server_tests.conftest import Client, Json
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

COMMANDS: list[Json] = [
    {
        "name": "compare",
        "description": "Compare tools",
        "contexts": [0],
        "options": [
            {"type": 3, "name": "a", "description": "A tool", "required": True, "autocomplete": True, "max_length": 10},
            {"type": 3, "name": "b", "description": "A tool", "autocomplete": True},
            {"type": 3, "name": "how", "description": "How", "choices": [{"name": "Short", "value": "short"}]},
        ],
    },
    {
        "name": "digest",
        "description": "The weekly digest",
        "default_member_permissions": str(int(Can.MANAGE_GUILD)),
        "options": [
            {
                "type": 1,
                "name": "on",
                "description": "Start it",
                "options": [
                    {"type": 7, "name": "where", "description": "Where", "required": True},
                    {"type": 6, "name": "who", "description": "Who"},
                    {"type": 4, "name": "hour", "description": "When", "min_value": 0, "max_value": 23},
                ],
            }
        ],
    },
]
BUTTON: Json = {"type": 2, "style": 2, "label": "Reviews", "custom_id": "reviews:1"}
ROW: Json = {"type": 1, "components": [BUTTON, BUTTON | {"custom_id": "bookmark:1"}]}
GONE: Json = {"type": 2, "style": 2, "label": "Gone", "custom_id": "gone", "disabled": True}


@pytest.fixture
async def bot(client: Client, discord: Discord) -> Client:
    """A client whose commands are registered."""
    await client.http.bulk_upsert_global_commands(client.application_id or 0, COMMANDS)
    return client


def says(words: str, **more: object) -> Json:
    return {"type": 4, "data": {"content": words} | more}


def webhook(discord: Discord, token: str, path: str = "") -> str:
    return f"/webhooks/{discord.app.id}/{token}{path}"


async def test_a_command_comes_with_its_options_and_is_answered(
    discord: Discord, bot: Client, general: Channel, ann: Person
) -> None:
    bot.answer = says("Both ship")
    used = await discord.command(ann, general, "compare", {"a": "llama", "b": "mistral"})
    assert (used.acked, used.callback) == (True, 4)
    assert discord.messages(general) == [used.shown]
    message = await discord.answered(used)
    assert (message.content, message.author, message.seen_by, message.kind) == ("Both ship", discord.bot, None, 20)
    [payload] = bot.told("INTERACTION_CREATE")
    assert [(option["name"], option["value"]) for option in payload["data"]["options"]] == [
        ("a", "llama"),
        ("b", "mistral"),
    ]
    assert (payload["member"]["user"]["id"], payload["channel"]["id"]) == (ann.id, general.id)
    assert int(payload["app_permissions"]) & Can.ADD_REACTIONS


async def test_sub_commands_and_what_they_name_are_resolved(
    discord: Discord, bot: Client, guild: Guild, general: Channel, ann: Person
) -> None:
    bot.answer = says("On")
    options: dict[str, Value] = {"where": general, "who": ann, "hour": 9}
    await discord.command(guild.owner, general, "/digest on", options)
    [payload] = bot.told("INTERACTION_CREATE")
    [on] = payload["data"]["options"]
    assert (on["type"], on["name"]) == (1, "on")
    assert [option["value"] for option in on["options"]] == [general.id, ann.id, 9]
    resolved = payload["data"]["resolved"]
    assert resolved["channels"][general.id]["name"] == "general"
    assert resolved["users"][ann.id]["username"] == "ann"
    assert "user" not in resolved["members"][ann.id]


@pytest.mark.parametrize(
    "typed", [("unknown", {}), ("compare", {}), ("compare", {"c": "x"}), ("digest", {}), ("digest off", {})]
)
async def test_what_is_not_declared_cannot_be_typed(
    discord: Discord, bot: Client, guild: Guild, general: Channel, typed: tuple[str, Json]
) -> None:
    with pytest.raises(LookupError):
        await discord.command(guild.owner, general, *typed)


@pytest.mark.parametrize("options", [{"a": "x" * 11}, {"a": ""}, {"a": 5}, {"a": "x", "how": "long"}])
async def test_values_that_discord_would_not_send_are_refused(
    discord: Discord, bot: Client, general: Channel, ann: Person, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"takes|choices"):
        await discord.command(ann, general, "compare", options)


async def test_who_may_not_use_a_command_cannot(
    discord: Discord, bot: Client, guild: Guild, general: Channel, ann: Person
) -> None:
    with pytest.raises(LookupError, match="may not use 'digest on'"):
        await discord.command(ann, general, "digest on", {"where": general})
    discord.set_permissions(guild, guild.everyone, MEMBERS & ~Can.USE_APPLICATION_COMMANDS)
    with pytest.raises(LookupError, match="may not use commands"):
        await discord.command(ann, general, "compare", {"a": "x"})


async def test_typing_brings_choices(discord: Discord, bot: Client, general: Channel, ann: Person) -> None:
    bot.answer = {"type": 8, "data": {"choices": [{"name": "Llama 4", "value": "llama-4"}]}}
    choices = await discord.autocomplete(ann, general, "compare", {"a": "mistral", "b": "lla"})
    assert choices == [{"name": "Llama 4", "value": "llama-4"}]
    [payload] = bot.told("INTERACTION_CREATE")
    assert payload["data"]["options"][1] == {"type": 3, "name": "b", "value": "lla", "focused": True}


@pytest.mark.parametrize(
    "choices",
    [
        [{"name": "x", "value": "x"}] * 26,
        [{"name": "x" * 101, "value": "x"}],
        [{"name": "x", "value": "x" * 101}],
        [{"name": "", "value": "x"}],
        [{"value": "x"}],
    ],
)
async def test_choices_keep_their_limits(
    discord: Discord, api: Client, general: Channel, ann: Person, choices: list[Json]
) -> None:
    await api.http.bulk_upsert_global_commands(api.application_id or 0, COMMANDS)
    typing = asyncio.ensure_future(discord.autocomplete(ann, general, "compare", {"a": "x"}))
    await discord.until(lambda: discord.interactions)
    [made] = discord.interactions.values()
    body = {"type": 8, "data": {"choices": choices}}
    with pytest.raises(HTTPException, match="50035"):
        await api.call("POST", f"/interactions/{made.id}/{made.token}/callback", json=body)
    typing.cancel()


async def test_private_answers_are_seen_by_one_person_and_nowhere_else(
    discord: Discord, bot: Client, general: Channel, ann: Person, bob: Person
) -> None:
    bot.answer = says("Only you", flags=64, components=[ROW])
    used = await discord.command(ann, general, "compare", {"a": "x"})
    message = await discord.answered(used)
    assert discord.whispers(general, ann) == [message]
    assert (discord.whispers(general, bob), discord.messages(general)) == ([], [])
    with pytest.raises(NotFound, match="10008"):
        await bot.call("GET", f"/channels/{general.id}/messages/{message.id}")
    with pytest.raises(LookupError):
        await discord.click(bob, message, "reviews:")
    await bot.call("PATCH", webhook(discord, used.token, "/messages/@original"), json={"content": "Changed"})
    assert message.content == "Changed"
    await bot.call("DELETE", webhook(discord, used.token, "/messages/@original"))
    assert discord.whispers(general, ann) == []


async def test_an_answer_can_be_promised_and_given_later(
    discord: Discord, bot: Client, general: Channel, ann: Person
) -> None:
    bot.answer = {"type": 5, "data": {"flags": 64}}
    used = await discord.command(ann, general, "compare", {"a": "x"})
    assert used.thinking
    assert used.shown is None
    original = webhook(discord, used.token, "/messages/@original")
    assert (await bot.call("GET", original))["flags"] == 64 | 128
    await bot.call("PATCH", original, json={"content": "Here"})
    message = await discord.answered(used)
    assert (message.content, message.seen_by, message.edits) == ("Here", ann, 0)
    made = await bot.call("POST", webhook(discord, used.token), json={"content": "More"})
    assert [one.id for one in used.followups] == [made["id"]]
    assert [one.content for one in discord.messages(general)] == ["More"]
    path = webhook(discord, used.token, f"/messages/{made['id']}")
    await bot.call("PATCH", path, json={"content": "Less"})
    assert (await bot.call("GET", path))["content"] == "Less"


async def test_the_first_follow_up_takes_the_place_of_a_promised_answer(
    discord: Discord, bot: Client, general: Channel, ann: Person
) -> None:
    bot.answer = {"type": 5}
    used = await discord.command(ann, general, "compare", {"a": "x"})
    await bot.call("POST", webhook(discord, used.token), json={"content": "Here", "flags": 64})
    assert [(one.content, one.seen_by) for one in discord.messages(general)] == [("Here", None)]


async def test_an_interaction_is_answered_once_in_time_and_followed_up_for_a_while(
    discord: Discord, bot: Client, general: Channel, ann: Person, clock: FakeClock
) -> None:
    bot.answer = says("First")
    used = await discord.command(ann, general, "compare", {"a": "x"})
    path = f"/interactions/{used.id}/{used.token}/callback"
    with pytest.raises(HTTPException, match="40060"):
        await bot.call("POST", path, json=says("Second"))
    clock.forward(minutes=14)
    await bot.call("POST", webhook(discord, used.token), json={"content": "Later"})
    clock.forward(minutes=2)
    with pytest.raises(HTTPException, match="50027"):
        await bot.call("POST", webhook(discord, used.token), json={"content": "Too late"})


async def test_three_seconds_are_all_there_is(
    discord: Discord, bot: Client, general: Channel, ann: Person, clock: FakeClock
) -> None:
    discord.patience_s = 0.05
    used = await discord.command(ann, general, "compare", {"a": "x"})
    assert not used.acked
    with pytest.raises(NotFound, match="10015"):
        await bot.call("POST", webhook(discord, used.token), json={"content": "x"})
    clock.forward(seconds=4)
    with pytest.raises(NotFound, match="10062"):
        await bot.call("POST", f"/interactions/{used.id}/{used.token}/callback", json=says("x"))


async def test_a_callback_can_return_what_it_made(discord: Discord, bot: Client, general: Channel, ann: Person) -> None:
    async def answer(interaction: Interaction) -> Any:  # noqa: ANN401 -- whatever JSON comes
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        return await bot.call("POST", path, json=says("x"), params={"with_response": "true"})

    asking = asyncio.ensure_future(discord.command(ann, general, "compare", {"a": "x"}))
    async with asyncio.timeout(PATIENCE_S):
        told = await answer(await bot.wait_for("interaction"))
    used = await asking
    assert used.response is not None
    assert told["interaction"]["response_message_id"] == used.response.id
    assert told["resource"]["message"]["content"] == "x"


async def test_the_librarys_own_way_to_answer_works(
    discord: Discord, bot: Client, general: Channel, ann: Person
) -> None:
    asking = asyncio.ensure_future(discord.command(ann, general, "compare", {"a": "x"}))
    interaction: Interaction = await asyncio.wait_for(bot.wait_for("interaction"), PATIENCE_S)
    await interaction.response.defer(ephemeral=True)
    await interaction.followup.send("Here", ephemeral=True)
    used = await asking
    assert (await discord.answered(used)).seen_by is ann
    await interaction.edit_original_response(content="Changed")
    assert (await interaction.original_response()).content == "Changed"


# -- buttons and modals ----------------------------------------------------------------------------------------


async def posted(discord: Discord, bot: Client, channel: Channel, **body: object) -> Message:
    made = await bot.call("POST", f"/channels/{channel.id}/messages", json={"content": "x", "components": [ROW]} | body)
    return channel.messages[made["id"]]


async def test_a_button_changes_its_message(discord: Discord, bot: Client, general: Channel, ann: Person) -> None:
    message = await posted(discord, bot, general)
    bot.answer = {"type": 7, "data": {"content": "changed", "components": []}}
    pressed = await discord.click(ann, message, "reviews:")
    assert pressed.response is message
    assert (message.content, message.components) == ("changed", [])
    [payload] = bot.told("INTERACTION_CREATE")
    assert payload["data"] == {"custom_id": "reviews:1", "component_type": 2, "id": 2}
    assert payload["message"]["id"] == message.id


async def test_a_button_is_answered_privately_or_not_at_all(
    discord: Discord, bot: Client, general: Channel, ann: Person
) -> None:
    message = await posted(discord, bot, general)
    bot.answer = says("Reviews", flags=64)
    await discord.click(ann, message, "reviews:1")
    assert [one.content for one in discord.whispers(general, ann)] == ["Reviews"]
    bot.answer = {"type": 6}
    pressed = await discord.click(ann, message, "bookmark:")
    assert pressed.response is message
    await bot.call("PATCH", webhook(discord, pressed.token, "/messages/@original"), json={"content": "later"})
    assert message.content == "later"


async def test_only_what_is_shown_can_be_pressed(discord: Discord, bot: Client, general: Channel, ann: Person) -> None:
    message = await posted(discord, bot, general, components=[ROW, {"type": 1, "components": [GONE]}])
    for custom_id in ("vote:", "", "gone"):
        with pytest.raises(LookupError):
            await discord.click(ann, message, custom_id)
    discord.delete(message)
    with pytest.raises(LookupError):
        await discord.click(ann, message, "reviews:")


async def test_a_menu_is_chosen_from(discord: Discord, bot: Client, general: Channel, ann: Person) -> None:
    options = [{"label": one, "value": one} for one in "abc"]
    menu = {"type": 3, "custom_id": "pick", "options": options, "max_values": 2}
    message = await posted(discord, bot, general, components=[{"type": 1, "components": [menu]}])
    bot.answer = {"type": 6}
    await discord.click(ann, message, "pick", "a", "c")
    assert bot.told("INTERACTION_CREATE")[0]["data"]["values"] == ["a", "c"]
    for values in (["d"], [], ["a", "b", "c"]):
        with pytest.raises(ValueError, match=r"values|among"):
            await discord.click(ann, message, "pick", *values)


async def test_a_modal_is_filled_in_and_sent_off(discord: Discord, bot: Client, general: Channel, ann: Person) -> None:
    message = await posted(discord, bot, general)
    why = {"type": 4, "custom_id": "why", "style": 1, "min_length": 3}
    shown = [
        {"type": 18, "label": "Why?", "component": why},
        {"type": 1, "components": [{"type": 4, "custom_id": "more", "style": 2, "label": "More", "required": False}]},
    ]
    bot.answer = {"type": 9, "data": {"custom_id": "decide:1", "title": "Decide", "components": shown}}
    pressed = await discord.click(ann, message, "reviews:")
    assert pressed.modal is not None
    bot.answer = {"type": 7, "data": {"content": "decided"}}
    for filled in ({}, {"why": "no"}):
        with pytest.raises(ValueError, match="why"):
            await discord.submit(ann, pressed, filled)
    await discord.submit(ann, pressed, {"why": "cheap"})
    assert message.content == "decided"
    data = bot.told("INTERACTION_CREATE")[1]["data"]
    assert data["custom_id"] == "decide:1"
    assert data["components"][0]["component"]["value"] == "cheap"
    assert data["components"][1]["components"][0]["value"] == ""


@pytest.mark.parametrize(
    "answer",
    [
        {"type": 7, "data": {"content": "x"}},
        {"type": 6},
        {"type": 8, "data": {"choices": []}},
        {"type": 1},
        {"type": 4, "data": {"content": "x", "colour": 1}},
        {"type": 5, "data": {"flags": 4096}},
        {"type": 4, "more": 1},
    ],
)
async def test_a_command_takes_only_right_answers(
    discord: Discord, api: Client, general: Channel, ann: Person, answer: Json
) -> None:
    await api.http.bulk_upsert_global_commands(api.application_id or 0, COMMANDS)
    asking = asyncio.ensure_future(discord.command(ann, general, "compare", {"a": "x"}))
    await discord.until(lambda: discord.interactions)
    [made] = discord.interactions.values()
    path = f"/interactions/{made.id}/{made.token}/callback"
    with pytest.raises(HTTPException, match="50035"):
        await api.call("POST", path, json=answer)
    with pytest.raises(HTTPException, match="50006"):
        await api.call("POST", path, json=says(" "))
    await api.call("POST", path, json=says("x"))
    assert (await asking).acked


async def test_tokens_that_are_unknown_lead_nowhere(discord: Discord, api: Client) -> None:
    with pytest.raises(NotFound, match="10062"):
        await api.call("POST", "/interactions/1/unknown/callback", json=says("x"))
    with pytest.raises(HTTPException, match="50027"):
        await api.call("POST", webhook(discord, "unknown"), json={"content": "x"})

"""The digest as components: sections with a button each, its id, and never more than Discord takes."""

from typing import Any

import pytest

from adapters.discord import buttons, digest_message, outbound
from commands.reply import Button, Divider, Entry, Heading, Lead, Meter, Note, Part, Reply, ToolSpan, said, text
from tests.adapters.discord.reading import marks, pressable, words
from tests.adapters.discord.replies import LOOK, Guild
from tests.discord_server.components import all_of
from tests.discord_server.content import CREATE, CREATE_FLAGS, check_message

SECTION, TEXT, SEPARATOR = 9, 10, 14


def drawn(reply: Reply) -> dict[str, Any]:
    payload = outbound.message(reply, LOOK)
    check_message(payload, CREATE, CREATE_FLAGS)
    assert payload["flags"] == digest_message.COMPONENTS_V2
    assert payload["allowed_mentions"] == {"parse": []}
    return payload


def week(matches: int, slug: str = "tool", name: str = "Tool") -> Reply:
    blocks: list[Any] = [Heading(text("This week")), Note(text("Nov 15 to 21")), Lead(text("Pick: it.")), Divider()]
    for number in range(matches):
        names = (ToolSpan(f"{name} {number}", 0), ToolSpan(f"{name} other", 1))
        line = f"/compare {slug}-{number} vs {slug}-other"
        blocks.append(Entry(said(names[0], " vs ", names[1]), (text("Both ship."),), Button("Compare", line)))
        blocks.append(Meter("Head to head", (Part("a", 6, 0), Part("b", 3, 1)), said(names[0], " 6 to 3 ", names[1])))
    return Reply("Week.", (*blocks, Divider(), Note(text("Next digest soon."))), digest=7)


async def test_a_digest_is_drawn_in_sections_with_compare_beside_each() -> None:
    guild = await Guild.made()
    await guild.answer("/digest on")
    two = await guild.posted("/compare code-llama-4-70b-400b vs mistral-8x22b-v2")
    await guild.voted(two, *[(1,)] * 6, (2,))
    guild.clock.forward(days=2)
    reply = await guild.answer("/digest now")
    payload = drawn(reply)
    [container] = payload["components"]
    kinds = [part["type"] for part in container["components"]]
    assert kinds == [TEXT, TEXT, SEPARATOR, SECTION, SEPARATOR, TEXT, SEPARATOR, TEXT, TEXT]
    assert container["components"][0]["content"].startswith("## This week in AI tools\n-# <t:")
    [(custom_id, label)] = pressable(payload["components"])
    assert label == "Compare"
    assert buttons.line(custom_id, payload) == "/compare code-llama-4-70b-400b vs mistral-8x22b-v2"
    assert digest_message.digest_id(payload["components"]) == reply.digest
    preview = await guild.answer("/digest preview")
    assert digest_message.digest_id(drawn(preview)["components"]) is None
    assert outbound.ephemeral(preview, LOOK)["flags"] == digest_message.COMPONENTS_V2 | outbound.EPHEMERAL


def test_a_quiet_week_is_one_line_and_its_id() -> None:
    [container] = drawn(Reply("Quiet.", (Lead(text("A quiet week.")),), digest=12))["components"]
    assert [part["content"] for part in container["components"]] == ["A quiet week.", "-# digest 12"]
    [bare] = drawn(Reply("Quiet.", digest=12))["components"]
    assert digest_message.digest_id([bare]) == 12


def test_of_more_comparisons_than_there_is_room_for_the_last_are_counted() -> None:
    payload = drawn(week(20))
    assert len(all_of(payload["components"])) <= 40
    shown = len(pressable(payload["components"]))
    assert f"{20 - shown} more are left out here for want of room." in words(payload)
    assert "Next digest soon." in words(payload)
    assert digest_message.digest_id(payload["components"]) == 7


def test_commands_that_no_id_has_room_for_are_read_back_from_the_message() -> None:
    payload = drawn(week(4, slug="x" * 60))
    pressed = [buttons.line(custom_id, payload) for custom_id, _ in pressable(payload["components"])]
    assert pressed == [f"/compare {'x' * 60}-{number} vs {'x' * 60}-other" for number in range(4)]
    assert digest_message.digest_id(payload["components"]) == 7


@pytest.mark.parametrize("name", ["word " * 40, "@everyone <@1> *x* ", "\\" * 200, "🔵" * 100])
def test_long_and_hostile_names_are_cut_and_do_nothing(name: str) -> None:
    payload = drawn(week(8, name=name))
    assert sum(len(part["content"]) for part in all_of(payload["components"]) if part["type"] == TEXT) <= 4_000
    texts = [part["content"] for part in all_of(payload["components"]) if part["type"] == TEXT]
    assert {mark.kind for written in texts for mark in marks(written)} <= {"heading", "bold", "small"}
    assert digest_message.digest_id(payload["components"]) == 7


@pytest.mark.parametrize("said_so", ["digest 5", "-# digest 5", "x\n-# digest 5", "-# digest \N{FULLWIDTH DIGIT FIVE}"])
def test_words_cannot_pass_for_the_id_of_a_digest(said_so: str) -> None:
    payload = drawn(Reply("x", (Lead(text(said_so)), Divider(), Note(text(said_so + "x")))))
    assert digest_message.digest_id(payload["components"]) is None

"""The documented limits of messages, components, modals and commands: kept exactly, and refused just beyond."""

from typing import Any

import pytest

from tests.discord_server import content
from tests.discord_server.components import check_modal
from tests.discord_server.declared import check_commands
from tests.discord_server.errors import Refused, refuse_form

Json = dict[str, Any]
V2 = 1 << 15


def button(custom_id: str = "a", **more: object) -> Json:
    return {"type": 2, "style": 2, "label": "Go", "custom_id": custom_id} | more


def row(*held: Json) -> Json:
    return {"type": 1, "components": list(held)}


def text(words: str = "x") -> Json:
    return {"type": 10, "content": words}


def select(count: int = 1, **more: object) -> Json:
    options = [{"label": "x", "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "s", "options": options} | more


def section(*texts: Json, accessory: Json | None = None) -> Json:
    return {"type": 9, "components": list(texts), "accessory": accessory or button()}


def fields(count: int, name: str = "n", value: str = "v") -> list[Json]:
    return [{"name": name, "value": value}] * count


def embed(**held: object) -> Json:
    return {"embeds": [held]}


def rows(*held: Json) -> Json:
    return {"components": list(held)}


def v2(*held: Json, **more: object) -> Json:
    return {"flags": V2, "components": list(held)} | more


def buttons(count: int) -> list[Json]:
    return [button(str(number)) for number in range(count)]


GOOD: list[Json] = [
    {"content": "x" * 2000},
    {"embeds": [{"title": "x"}] * 10},
    embed(title="x" * 256, description="y" * 4096),
    embed(fields=fields(25)),
    embed(fields=fields(1, "x" * 256, "y" * 1024)),
    embed(fields=fields(1, "\u200b", "\u200b")),
    embed(footer={"text": "x" * 2048}),
    embed(author={"name": "x" * 256}, color=0xFFFFFF, timestamp="2026-01-01T12:00:00+00:00"),
    {"embeds": [{"description": "x" * 3000}, {"description": "y" * 3000}]},
    rows(*(row(*(button(f"{line}{place}") for place in range(5))) for line in range(5))),
    rows(row(button("c" * 100, label="x" * 80))),
    rows(row(button(label=None, emoji={"name": "🔖"}))),
    rows(row({"type": 2, "style": 5, "label": "Go", "url": "https://example.org"})),
    rows(row(select(25, max_values=25))),
    v2(text("x" * 4000)),
    v2(*(text() for _ in range(40))),
    v2({"type": 17, "components": [text(), {"type": 14, "spacing": 2, "divider": False}, row(button())]}),
    v2(section(text(), text(), text())),
    v2(section(text(), accessory={"type": 11, "media": {"url": "attachment://a.png"}})),
    v2({"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}}] * 10}),
]

BAD: list[tuple[Json, str]] = [
    ({"content": "x" * 2001}, "content BASE_TYPE_MAX_LENGTH"),
    ({"content": 5}, "content STRING_TYPE_CONVERT"),
    ({"contents": "x"}, "contents FIELD_UNKNOWN"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds BASE_TYPE_MAX_LENGTH"),
    ({"embeds": {}}, "embeds LIST_TYPE_CONVERT"),
    (embed(title="x" * 257), "embeds.0.title BASE_TYPE_BAD_LENGTH"),
    (embed(description="x" * 4097), "embeds.0.description BASE_TYPE_BAD_LENGTH"),
    (embed(color=1), "embeds.0.description BASE_TYPE_REQUIRED"),
    (embed(title="x", colour=1), "embeds.0.colour FIELD_UNKNOWN"),
    (embed(title="x", color=0x1000000), "embeds.0.color NUMBER_TYPE_MAX"),
    (embed(title="x", timestamp="today"), "embeds.0.timestamp STRING_TYPE_REGEX"),
    (embed(title="x", url="ftp://example.org"), "embeds.0.url URL_TYPE_INVALID_SCHEME"),
    (embed(title="x", url="https://"), "embeds.0.url URL_TYPE_INVALID_URL"),
    (embed(fields=fields(26)), "embeds.0.fields BASE_TYPE_MAX_LENGTH"),
    (embed(fields=fields(1, "x" * 257)), "embeds.0.fields.0.name BASE_TYPE_BAD_LENGTH"),
    (embed(fields=fields(1, "n", "x" * 1025)), "embeds.0.fields.0.value BASE_TYPE_BAD_LENGTH"),
    (embed(fields=fields(1, "")), "embeds.0.fields.0.name BASE_TYPE_REQUIRED"),
    (embed(fields=fields(1, "n", " \n")), "embeds.0.fields.0.value BASE_TYPE_REQUIRED"),
    (embed(fields=[{"name": "n"}]), "embeds.0.fields.0.value BASE_TYPE_REQUIRED"),
    (embed(footer={"text": "x" * 2049}), "embeds.0.footer.text BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"description": "x" * 3000}, {"description": "y" * 3001}]}, "embeds MAX_EMBED_SIZE_EXCEEDED"),
    (embed(fields=fields(6, "n", "x" * 1000)), "embeds MAX_EMBED_SIZE_EXCEEDED"),
    ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "allowed_mentions.parse.0 BASE_TYPE_CHOICES"),
    (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    ({"content": "x", "nonce": "n" * 26}, "nonce BASE_TYPE_BAD_LENGTH"),
    ({"content": "x", "flags": 64}, "flags MESSAGE_FLAGS_INVALID"),
    (rows(*(row(button(str(line))) for line in range(6))), "components BASE_TYPE_MAX_LENGTH"),
    (rows(row(*buttons(6))), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (rows(row()), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (rows(button()), "components.0.type UNION_TYPE_CHOICES"),
    (rows(text()), "components.0.type UNION_TYPE_CHOICES"),
    (rows(row(button("c" * 101))), "components.0.components.0.custom_id BASE_TYPE_BAD_LENGTH"),
    (rows(row(button(""))), "components.0.components.0.custom_id BASE_TYPE_REQUIRED"),
    (rows(row(button(label="x" * 81))), "components.0.components.0.label BASE_TYPE_BAD_LENGTH"),
    (rows(row(button(label=""))), "components.0.components.0.label BASE_TYPE_REQUIRED"),
    (rows(row(button(style=7))), "components.0.components.0.style BASE_TYPE_CHOICES"),
    (rows(row(button(style=5))), "components.0.components.0.url BASE_TYPE_REQUIRED"),
    (
        rows(row(button(url="https://example.org"))),
        "components.0.components.0.url BUTTON_COMPONENT_FIELD_NOT_ALLOWED",
    ),
    (rows(row(button(), button())), "components.0.components.1.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
    (rows(row(button()), row(button())), "components.1.components.0.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
    (rows(row(select(), button())), "components.0.components.1 COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (rows(row(select(26))), "components.0.components.0.options BASE_TYPE_BAD_LENGTH"),
    (rows(row(select(0))), "components.0.components.0.options BASE_TYPE_BAD_LENGTH"),
    (rows(row(select(1, max_values=2))), "components.0.components.0.options SELECT_COMPONENT_OPTIONS_TOO_FEW"),
    (v2(text(), content="x"), "content MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    (v2(text(), embeds=[{"title": "x"}]), "embeds MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    (v2(text("")), "components.0.content BASE_TYPE_REQUIRED"),
    (v2(text("x" * 2000), text("y" * 2001)), "components COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    (v2(*(text() for _ in range(41))), "components BASE_TYPE_MAX_LENGTH"),
    (
        v2(*(row(*(button(f"{i}{j}") for j in range(4))) for i in range(9))),
        "components COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    (v2(section()), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (v2(section(text(), text(), text(), text())), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (v2({"type": 9, "components": [text()]}), "components.0.accessory BASE_TYPE_REQUIRED"),
    (v2(section(row(button()))), "components.0.components.0.type UNION_TYPE_CHOICES"),
    (v2({"type": 17, "components": []}), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (
        v2({"type": 17, "components": [{"type": 17, "components": [text()]}]}),
        "components.0.components.0.type UNION_TYPE_CHOICES",
    ),
    (v2({"type": 14, "spacing": 3}), "components.0.spacing BASE_TYPE_CHOICES"),
]


@pytest.mark.parametrize("body", GOOD)
def test_what_keeps_the_limits_is_taken(body: Json) -> None:
    content.check_message(body, content.CREATE, content.CREATE_FLAGS)


def wrong(refused: Refused) -> list[str]:
    """Each thing that is wrong as its path and code."""

    def walk(errors: Json, path: tuple[str, ...] = ()) -> list[str]:
        found = [f"{'.'.join(path)} {one['code']}" for one in errors.get("_errors", [])]
        return found + [line for key, held in errors.items() if key != "_errors" for line in walk(held, (*path, key))]

    assert (refused.status, refused.body["code"]) == (400, 50035)
    return walk(refused.body["errors"])


@pytest.mark.parametrize(("body", "expected"), BAD)
def test_what_breaks_a_limit_is_refused_where_it_does(body: Json, expected: str) -> None:
    with pytest.raises(Refused) as caught:
        content.check_message(body, content.CREATE, content.CREATE_FLAGS)
    assert expected in wrong(caught.value)


@pytest.mark.parametrize("body", [{}, {"content": " "}, {"embeds": []}, {"components": []}])
def test_a_message_shows_something(body: Json) -> None:
    with pytest.raises(Refused, match="50006"):
        content.refuse_empty(body)


def test_an_edit_of_a_v2_message_stays_one() -> None:
    content.check_message({"components": [text()]}, content.EDIT, content.EDIT_FLAGS, old_flags=V2)
    with pytest.raises(Refused):
        content.check_message({"content": "x"}, content.EDIT, content.EDIT_FLAGS, old_flags=V2)


# -- modals ----------------------------------------------------------------------------------------------------


def field(custom_id: str = "f", **more: object) -> Json:
    return {"type": 4, "custom_id": custom_id, "style": 1} | more


def modal(*held: Json, **more: object) -> Json:
    return {"custom_id": "m", "title": "Vote", "components": list(held)} | more


def label(held: Json, **more: object) -> Json:
    return {"type": 18, "label": "Why?", "component": held} | more


@pytest.mark.parametrize(
    "shown",
    [
        modal(row(field(label="x" * 45)), title="x" * 45),
        modal(*(label(field(str(number))) for number in range(5))),
        modal(text(), label(select(2), description="x" * 100)),
        modal(label(field(min_length=0, max_length=4000, value="x" * 4000, placeholder="x" * 100))),
    ],
)
def test_modals_that_keep_the_limits_are_taken(shown: Json) -> None:
    refuse_form(check_modal(shown))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (modal(row(field(label="x")), title="x" * 46), "data.title BASE_TYPE_BAD_LENGTH"),
        (modal(row(field(label="x")), title=""), "data.title BASE_TYPE_REQUIRED"),
        (modal(), "data.components BASE_TYPE_BAD_LENGTH"),
        (modal(*(label(field(str(number))) for number in range(6))), "data.components BASE_TYPE_BAD_LENGTH"),
        (modal(row(field())), "data.components.0.components.0.label BASE_TYPE_REQUIRED"),
        (modal(row(field(label="x" * 46))), "data.components.0.components.0.label BASE_TYPE_BAD_LENGTH"),
        (modal(row(field(label="x"), field("g", label="x"))), "data.components.0.components BASE_TYPE_BAD_LENGTH"),
        (modal(row(button())), "data.components.0.components.0.type UNION_TYPE_CHOICES"),
        (modal(label(field()), label(field())), "data.components.1.component.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
        (
            modal(label(field(min_length=3, max_length=2))),
            "data.components.0.component.min_length TEXT_INPUT_COMPONENT_BAD_LENGTHS",
        ),
    ],
)
def test_modals_that_break_a_limit_are_refused(shown: Json, expected: str) -> None:
    with pytest.raises(Refused) as caught:
        refuse_form(check_modal(shown))
    assert expected in wrong(caught.value)


# -- commands and choices --------------------------------------------------------------------------------------


def option(name: str = "a", **more: object) -> Json:
    return {"type": 3, "name": name, "description": "A tool"} | more


def command(*options: Json, **more: object) -> Json:
    return {"name": "compare", "description": "Compare tools", "options": list(options)} | more


def choices(count: int, **more: object) -> list[Json]:
    return [{"name": "x", "value": "x"} | more] * count


@pytest.mark.parametrize(
    "declared",
    [
        command(option(required=True), option("b", autocomplete=True), contexts=[0]),
        command(option(choices=choices(25)), default_member_permissions="32"),
        command(*(option(f"o{number}") for number in range(25))),
        command({"type": 1, "name": "on", "description": "x", "options": [option()]}),
        command(name="x" * 32, description="y" * 100),
        command(name="größe", default_member_permissions=None),
    ],
)
def test_commands_that_keep_the_limits_are_taken(declared: Json) -> None:
    assert not check_commands([declared])


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (command(name="x" * 33), "0.name APPLICATION_COMMAND_INVALID_NAME"),
        (command(name="Compare"), "0.name APPLICATION_COMMAND_INVALID_NAME"),
        (command(name="two words"), "0.name APPLICATION_COMMAND_INVALID_NAME"),
        (command(description=""), "0.description BASE_TYPE_REQUIRED"),
        (command(description="x" * 101), "0.description BASE_TYPE_BAD_LENGTH"),
        (command(option(description="x" * 101)), "0.options.0.description BASE_TYPE_BAD_LENGTH"),
        (command(*(option(f"o{number}") for number in range(26))), "0.options BASE_TYPE_MAX_LENGTH"),
        (command(option(), option("b", required=True)), "0.options.1 APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
        (command(option(), option()), "0.options.1.name APPLICATION_COMMAND_OPTIONS_NAME_INVALID"),
        (command(option(choices=choices(26))), "0.options.0.choices BASE_TYPE_MAX_LENGTH"),
        (command(option(choices=choices(1, name="x" * 101))), "0.options.0.choices.0.name BASE_TYPE_BAD_LENGTH"),
        (
            command(option(choices=choices(1), autocomplete=True)),
            "0.options.0.autocomplete APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES_INVALID",
        ),
        (command(option(type=5, autocomplete=True)), "0.options.0.autocomplete FIELD_UNKNOWN"),
        (
            command(option(), {"type": 1, "name": "on", "description": "x"}),
            "0.options APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (command(contexts=[3]), "0.contexts.0 BASE_TYPE_CHOICES"),
        (command(usage="x"), "0.usage FIELD_UNKNOWN"),
        (
            command(*(option(f"o{n}", choices=choices(4, name="x" * 50, value="y" * 50)) for n in range(20))),
            "0 APPLICATION_COMMAND_TOO_LARGE",
        ),
    ],
)
def test_commands_that_break_a_limit_are_refused(declared: Json, expected: str) -> None:
    with pytest.raises(Refused) as caught:
        refuse_form(check_commands([declared]))
    assert expected in wrong(caught.value)


def test_commands_differ_in_their_names_and_there_are_at_most_a_hundred() -> None:
    assert [problem.path for problem in check_commands([command(), command()])] == [("1", "name")]
    assert check_commands([command(name=f"c{number}") for number in range(101)])
    assert not check_commands([command(name=f"c{number}") for number in range(100)])

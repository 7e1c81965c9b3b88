"""What Block Kit takes and refuses."""

from typing import Any

import pytest

from tests.slack_server.blocks import check_message, check_options, check_view

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "hello", **more: object) -> Json:
    return {"type": "section", "text": mrkdwn(text)} | more


def button(action_id: str = "go", **more: object) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": action_id} | more


def actions(*elements: Json, **more: object) -> Json:
    return {"type": "actions", "elements": list(elements)} | more


def option(text: str = "One", value: str = "1") -> Json:
    return {"text": plain(text), "value": value}


def rich(text: str) -> Json:
    piece = {"type": "text", "text": text, "style": {"bold": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [piece]}]}


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def table(*rows: list[Json], **more: object) -> Json:
    return {"type": "table", "rows": list(rows)} | more


def field(element: Json, **more: object) -> Json:
    return {"type": "input", "block_id": "in", "label": plain("Tool"), "element": element} | more


def modal(*blocks: Json, **more: object) -> Json:
    return {"type": "modal", "title": plain("Compare"), "submit": plain("Go"), "blocks": list(blocks)} | more


SELECT = {"type": "static_select", "action_id": "s", "options": [option(), option("Two", "2")]}
OVERFLOW = {"type": "overflow", "action_id": "o", "options": [option()]}
PICKER = {"type": "external_select", "action_id": "p", "min_query_length": 0, "placeholder": plain("Pick")}
IMAGE = {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"}
PENCIL = {"type": "emoji", "name": "pencil"}


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3000),
        {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
        section(accessory=button(accessibility_label="x" * 75, value="v" * 2000, style="primary")),
        section(accessory=IMAGE),
        {"type": "header", "text": plain("x" * 150)},
        {"type": "context", "elements": [mrkdwn("x"), IMAGE]},
        {"type": "divider"},
        IMAGE | {"title": plain("A picture")},
        actions(*(button(f"b{number}") for number in range(25))),
        actions(SELECT | {"initial_option": option()}, OVERFLOW, PICKER),
        field({"type": "plain_text_input", "action_id": "t", "max_length": 3000}, hint=plain("short")),
        field({"type": "checkboxes", "action_id": "c", "options": [{"text": mrkdwn("*a*"), "value": "a"}]}),
        rich("x"),
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [{"type": "rich_text_section", "elements": [PENCIL]}],
                },
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
                {"type": "rich_text_quote", "elements": [{"type": "user", "user_id": "U1"}]},
            ],
        },
        table([raw(" "), rich("A")], [raw("Price"), raw("$1")], column_settings=[{"is_wrapped": True}]),
        table(*[[raw("x")] * 20] * 100),
        {"type": "markdown", "text": "# Title"},
    ],
)
def test_takes_what_is_documented_up_to_its_limits(block: Json) -> None:
    assert check_message([block]) == []


@pytest.mark.parametrize(
    "block",
    [
        "text",
        {"text": plain("no type")},
        {"type": "chart"},
        {"type": "section"},
        section("x" * 3001),
        section(""),
        section(" \n"),
        section(colour="red"),
        section(block_id="x" * 256),
        {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
        {"type": "section", "fields": [mrkdwn("x")] * 11},
        {"type": "section", "fields": [mrkdwn("x" * 2001)]},
        {"type": "header", "text": plain("x" * 151)},
        {"type": "header", "text": mrkdwn("x")},
        {"type": "context", "elements": [mrkdwn("x")] * 11},
        {"type": "context", "elements": []},
        {"type": "context", "elements": [button()]},
        actions(),
        actions(*(button(f"b{number}") for number in range(26))),
        actions(button("same"), button("same")),
        actions(button(text=plain("x" * 76))),
        actions(button(text=mrkdwn("x"))),
        actions(button("x" * 256)),
        actions(button(value="x" * 2001)),
        actions(button(style="default")),
        actions(button(accessibility_label="x" * 76)),
        actions(button(accessibility_label="")),
        actions({"type": "slider", "action_id": "s"}),
        actions(OVERFLOW | {"options": [option()] * 6}),
        actions(OVERFLOW | {"options": []}),
        actions(SELECT | {"options": [option("x" * 76)]}),
        actions(SELECT | {"options": [option(value="x" * 151)]}),
        actions(SELECT | {"options": [option()] * 101}),
        actions(SELECT | {"initial_option": option("Three", "3")}),
        actions({"type": "static_select", "action_id": "s"}),
        actions(PICKER | {"min_query_length": "0"}),
        actions(PICKER | {"placeholder": plain("x" * 151)}),
        actions({"type": "plain_text_input", "action_id": "t"}),
        field({"type": "plain_text_input", "max_length": 3001}),
        field(button()),
        field(SELECT, label=plain("x" * 2001)),
        {"type": "input", "element": SELECT},
        {"type": "image", "image_url": "https://example.org/a.png"},
        {"type": "image", "alt_text": "nothing to see"},
        {"type": "divider", "text": plain("x")},
        {"type": "rich_text", "elements": [{"type": "paragraph"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
        rich("x") | {"elements": [{"type": "rich_text_section", "elements": [PENCIL | {"style": {"big": True}}]}]},
        table([raw("")]),
        table([mrkdwn("x")]),
        table([raw("x")] * 21),
        table(*[[raw("x")]] * 101),
        table([raw("x" * 5001), rich("x" * 5000)]),
        table([raw("x")], column_settings=[{"align": "middle"}]),
        table([raw("x")], column_settings=[{}] * 21),
    ],
)
def test_refuses_what_slack_refuses(block: object) -> None:
    assert check_message([block])


def test_says_what_is_wrong_and_where() -> None:
    found = check_message([{"type": "divider"}, section("x" * 3001)])
    assert found == ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"]


def test_a_message_holds_fifty_blocks_and_a_view_a_hundred() -> None:
    assert not check_message([section()] * 50)
    assert check_message([section()] * 51)
    assert not check_view(modal(*[section()] * 100))
    assert check_view(modal(*[section()] * 101))


def test_block_ids_are_unique_within_a_message_and_action_ids_within_a_block() -> None:
    assert not check_message([actions(button(), block_id="a"), actions(button(), block_id="b")])
    assert check_message([section(block_id="a"), section(block_id="a")])


def test_a_message_has_one_table_at_most_and_none_where_tables_are_refused() -> None:
    assert check_message([table([raw("x")])] * 2)
    assert check_message([table([raw("x")])], tables=False)


@pytest.mark.parametrize(
    "view",
    [
        modal(section()),
        modal(field(PICKER), private_metadata="x" * 3000, callback_id="x" * 255, close=plain("x" * 24)),
        {"type": "home", "blocks": [section()]},
    ],
)
def test_takes_views(view: Json) -> None:
    assert check_view(view) == []


@pytest.mark.parametrize(
    "view",
    [
        None,
        {"type": "popup", "blocks": [section()]},
        {"type": "modal", "blocks": [section()]},
        {"type": "modal", "title": plain("No submit"), "blocks": [field(PICKER)]},
        {"type": "home"},
        {"type": "home", "title": plain("Home"), "blocks": [section()]},
        modal(),
        modal(section(), title=plain("x" * 25)),
        modal(section(), submit=plain("x" * 25)),
        modal(section(), close=plain("x" * 25)),
        modal(section(), private_metadata="x" * 3001),
        modal(section(), callback_id="x" * 256),
        modal(section(), id="V1"),
        modal(table([raw("x")])),
        modal(section(block_id="a"), section(block_id="a")),
    ],
)
def test_refuses_views(view: object) -> None:
    assert check_view(view)


def test_an_answer_to_a_type_ahead_has_at_most_a_hundred_options() -> None:
    assert not check_options({"options": []})
    assert not check_options({"options": [option()] * 100})
    assert check_options({"options": [option()] * 101})
    assert check_options({})
    assert check_options({"options": [{"text": mrkdwn("x"), "value": "x"}]})

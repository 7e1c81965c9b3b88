"""Windows, the Home tab and forms: what Slack takes, and what they ask."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import imprint, views
from adapters.slack.mrkdwn import Look
from commands.core import COMMANDS
from commands.declare import Command, Kind
from commands.model import ToolName
from commands.reply import Lead, Quote, Reply, text
from tests.adapters.slack.reading import objects, texts
from tests.adapters.slack.replies import replies, words
from tests.adapters.slack.test_outbound import LOOK, card, comparison, pressed
from tests.slack_server.blocks import check_options, check_view

COMPARE = next(command for command in COMMANDS if command.name == "compare")


@settings(max_examples=150, deadline=None)
@given(replies, words, st.booleans())
def test_slack_takes_every_reply_as_a_modal(reply: Reply, title: str, reactions: bool) -> None:  # noqa: FBT001
    view = views.modal(reply, Look(reactions=reactions), title=title, private_metadata="{}")
    assert check_view(view) == []
    assert len(view["blocks"]) <= 100


@settings(max_examples=100, deadline=None)
@given(st.lists(replies, max_size=3))
def test_slack_takes_all_replies_as_a_home_tab(several: list[Reply]) -> None:
    view = views.home(several, LOOK)
    assert check_view(view) == []


def test_a_modal_shows_facts_reviews_and_votes_of_its_ballot() -> None:
    reply = comparison(private=True)
    view = views.modal(reply, LOOK, title="Reviews", private_metadata="note")
    assert (view["title"]["text"], view["close"]["text"], view["private_metadata"]) == ("Reviews", "Close", "note")
    assert not list(objects(view, "table"))
    assert [action for action, _ in pressed(view["blocks"])][:3] == ["vote:1", "vote:2", "vote:0"]
    assert reply.ballot is not None
    assert [block["block_id"] for block in view["blocks"] if "block_id" in block] == [imprint.write(reply.ballot)]
    assert "“It holds.”" in texts(views.modal(card(private=True), LOOK, title="Reviews"))


def test_a_modal_holds_the_reviews_of_four_tools_whole() -> None:
    quote = Quote(text("Builder"), "It holds. " * 40, own=False, source="a page")
    view = views.modal(Reply("x", (quote,) * 16, private=True), LOOK, title="Reviews")
    assert len(list(objects(view, "rich_text_quote"))) == 16


def test_the_home_tab_shows_replies_below_one_another_with_a_line_between() -> None:
    view = views.home([Reply("a", (Lead(text("Welcome")),)), Reply("b", (Lead(text("Yours")),))], LOOK)
    assert [block["type"] for block in view["blocks"]] == ["rich_text", "divider", "rich_text"]
    assert view["type"] == "home"


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.parameters], ids=lambda each: each.name)
def test_every_command_that_takes_words_can_be_asked_for_them(command: Command) -> None:
    view = views.form(command, private_metadata="note")
    assert check_view(view) == []
    assert view["callback_id"] == f"form:{command.name}"
    asked = {block["block_id"]: block for block in view["blocks"]}
    assert list(asked) == [parameter.name for parameter in command.parameters]
    assert views.first_block(command) in asked
    for parameter in command.parameters:
        block = asked[parameter.name]
        assert block["optional"] is not parameter.required
        assert block["element"]["action_id"] == "value"
        assert (
            block["element"]["type"]
            == {
                Kind.TOOL: "external_select",
                Kind.TEXT: "plain_text_input",
                Kind.CHOICE: "static_select",
                Kind.FLAG: "checkboxes",
            }[parameter.kind]
        )


def test_tool_pickers_offer_tools_before_anything_is_typed() -> None:
    view = views.form(COMPARE)
    assert {held["min_query_length"] for held in objects(view, "external_select")} == {0}
    assert (view["title"]["text"], view["submit"]["text"]) == ("Compare", "Compare")


def test_a_picker_shows_the_qualifier_of_a_name_however_long_the_name_is() -> None:
    names = [ToolName(1, "code-llama-4", "Code Llama 4", "agentic"), ToolName(2, "long", "Long name " * 12, "200B")]
    first, second = views.options(names)
    assert (first["text"]["text"], first["value"]) == ("Code Llama 4 · agentic", "code-llama-4")
    assert second["text"]["text"].endswith("… · 200B")


@given(st.lists(st.builds(ToolName, st.integers(1, 9), words, words, words), max_size=120))
def test_slack_takes_every_answer_of_a_picker(names: list[ToolName]) -> None:
    offered = views.options(names)
    assert check_options({"options": offered}) == []
    assert len(offered) == min(100, len([name for name in names if 0 < len(name.slug) <= 150]))

"""Replies as Slack messages: what is shown, where, and never more than Slack takes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import imprint, outbound
from adapters.slack.bar import SQUARES
from adapters.slack.mrkdwn import DASH, Look
from adapters.squares import share
from commands.model import Ballot, BallotKind, Channel
from commands.reply import (
    Button,
    Buttons,
    Cell,
    CommandSpan,
    Entry,
    Heading,
    Lead,
    Meter,
    Note,
    OptionSpan,
    Paragraph,
    Part,
    Quote,
    Reply,
    Row,
    Table,
    Text,
    ToolSpan,
    Vote,
    said,
    series,
    text,
)
from tests.adapters.slack.reading import marks, objects, shown, texts
from tests.adapters.slack.replies import replies
from tests.slack_server.blocks import check_message

LABELS = ("Code Llama 4 (70B & 400B)", "Mistral 8x22B v2", "Mistral 3 8B & 70B Instruct (Open Source)", "Mistral Code")
NAMES = ("compare", "tool", "bookmark", "help")
LOOK = Look(names=NAMES)


def comparison(tools: int = 2, **facts: object) -> Reply:
    """A comparison as the core words it."""
    columns = tuple(ToolSpan(LABELS[place], place) for place in range(tools))
    cells = [Cell(text(f"{90 - place} ship"), better=not place) for place in range(tools)]
    caption = said(columns[0], " 6 to 3 ", columns[1], ", 1 ships both")
    kind = BallotKind.COMPARISON
    ballot = Ballot(77, 0, kind, tuple(range(1, tools + 1)), Channel("C1"), "U1")
    blocks = (
        Heading(series([(Text(column.label),) for column in columns], "vs")),
        Lead(said("The panel ships both, but the Founder skips ", columns[1], ".")),
        Table(columns, (Row("Panel", tuple(cells)), Row("Builder", tuple(reversed(cells))))),
        Meter("Head to head", (Part("a", 6, 0), Part("b", 3, 1), Part("both", 1)), caption),
        Note(text("Inferred means read out of the source.")),
        Vote(columns, said("React ", OptionSpan(1), " or ", OptionSpan(2), " to vote.")),
        Buttons(
            (Button("Read reviews", "/compare a vs b --reviews", "Read all reviews"), Button("Bookmark", "/bookmark a"))
        ),
    )
    return Reply("Code Llama 4 vs Mistral: the panel ships both.", blocks, **({"ballot": ballot} | facts))


def card(**facts: object) -> Reply:
    name = ToolSpan("Mistral Code")
    ballot = Ballot(78, 0, BallotKind.CARD, (4,), Channel("C1"), "U1")
    quote = Quote(text("Builder: 85 ship"), "It holds.", own=True, source="a page")
    blocks = (
        Heading(text("Mistral Code")),
        Table((name,), (Row("Maker", (Cell(text("Mistral AI")),)),)),
        quote,
        Vote((name,), said("React ", OptionSpan(1, ship=True), " or ", OptionSpan(0), ".")),
    )
    return Reply("Mistral Code.", blocks, **({"ballot": ballot} | facts))


def draw(reply: Reply, look: Look = LOOK) -> list[dict[str, Any]]:
    payload = outbound.message(reply, look)
    assert check_message(payload["blocks"]) == []
    return payload["blocks"]


def kinds(reply: Reply, look: Look = LOOK) -> list[str]:
    return [block["type"] for block in draw(reply, look)]


def pressed(blocks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The action and the words of every button, from the top."""
    return [(held["action_id"], held["text"]["text"]) for held in objects(blocks, "button")]


@settings(max_examples=300, deadline=None)
@given(replies, st.booleans(), st.booleans())
def test_slack_takes_every_reply_however_large(reply: Reply, tables: bool, reactions: bool) -> None:  # noqa: FBT001
    payload = outbound.message(reply, replace(LOOK, tables=tables, reactions=reactions))
    assert check_message(payload["blocks"], tables=tables) == []
    assert payload["blocks"]
    assert payload["text"].strip()
    assert len(payload["text"]) <= 3_000
    if reply.ballot and not reply.private:
        assert [found for block in payload["blocks"] if (found := imprint.read(block.get("block_id", "")))]
        assert len(list(objects(payload, "overflow"))) <= 1


def test_a_comparison_is_drawn_in_the_order_the_core_says_it() -> None:
    assert kinds(comparison()) == ["header", "rich_text", "table", "context", "actions"]


def test_a_table_heads_each_tool_with_its_circle_and_sets_the_better_figure_in_bold() -> None:
    table = draw(comparison())[2]
    assert table["column_settings"] == [{"is_wrapped": False}, {"is_wrapped": True}, {"is_wrapped": True}]
    heads = [next(objects(cell, "emoji"))["name"] for cell in table["rows"][0][1:]]
    assert heads == ["large_blue_circle", "large_orange_circle"]
    assert [[piece.get("style") for piece in objects(cell, "text")] for cell in table["rows"][1][1:]] == [
        [{"bold": True}],
        [None],
    ]
    assert [texts(row) for row in table["rows"][1:]] == ["Panel\n90 ship\n89 ship", "Builder\n89 ship\n90 ship"]


def test_without_tables_each_fact_is_a_field_that_names_the_tools_by_their_circles() -> None:
    names, facts = draw(comparison(), replace(LOOK, tables=False))[2:4]
    assert names["text"]["text"] == (
        ":large_blue_circle: *Code Llama 4 (70B &amp; 400B)* · :large_orange_circle: *Mistral 8x22B v2*"
    )
    assert [field["text"] for field in facts["fields"]] == [
        "*Panel*\n:large_blue_circle: *90 ship*\n:large_orange_circle: 89 ship",
        "*Builder*\n:large_blue_circle: 89 ship\n:large_orange_circle: *90 ship*",
    ]


def test_a_table_too_large_for_slack_and_a_second_one_become_fields() -> None:
    columns = (ToolSpan("A", 0), ToolSpan("B", 1))
    large = Table(columns, (Row("Words", (Cell(text("word " * 1_500)), Cell(text("word " * 1_500)))),))
    small = Table(columns, (Row("Words", (Cell(text("a")), Cell(text("b")))),))
    assert kinds(Reply("x", (large,))) == ["section", "section"]
    assert kinds(Reply("x", (small, small))) == ["table", "section", "section"]


def test_a_missing_fact_is_a_dash() -> None:
    table = Table((ToolSpan("A", 0), ToolSpan("B", 1)), (Row("Sizes", (Cell(text("")),)),))
    [drawn] = draw(Reply("x", (table,)))
    assert texts(drawn["rows"][1]) == f"Sizes\n{DASH}\n{DASH}"
    [_, fields] = draw(Reply("x", (table,)), replace(LOOK, tables=False))
    assert shown(fields["fields"][0]["text"]) == f"*Sizes*\n:large_blue_circle: {DASH}\n:large_orange_circle: {DASH}"


def test_a_bar_is_squares_with_a_caption_that_says_it_in_words() -> None:
    line = draw(comparison())[3]["elements"][0]["text"].split("\n")[0]
    assert line == (
        "*Head to head*  " + ":large_blue_square:" * 6 + ":large_orange_square:" * 3 + ":white_large_square:  "
        ":large_blue_circle: Code Llama 4 (70B &amp; 400B) 6 to 3 :large_orange_circle: Mistral 8x22B v2, 1 ships both"
    )


def test_several_bars_of_one_label_stand_below_it() -> None:
    bars = tuple(Meter("Head to head", (Part("a", 1, place),), text(f"pair {place}")) for place in range(2))
    [context] = draw(Reply("x", bars))
    assert context["elements"][0]["text"] == (
        "*Head to head*\n:large_blue_square:  pair 0\n:large_orange_square:  pair 1"
    )


@given(st.lists(st.integers(-2, 1_000), max_size=6))
def test_a_bar_is_one_square_each_or_ten_in_all_and_never_none_for_somebody(counts: list[int]) -> None:
    squares = share(counts, SQUARES)
    people = [max(0, count) for count in counts]
    assert sum(squares) == min(10, sum(people))
    assert all(bool(square) == bool(count) for square, count in zip(squares, people, strict=True))


def test_a_ballot_says_its_id_in_the_metadata_and_in_its_first_row_of_buttons() -> None:
    reply = comparison()
    payload = outbound.message(reply, LOOK)
    assert payload["metadata"] == {"event_type": "shipworthy_ballot", "event_payload": {"ballot": "77"}}
    assert reply.ballot is not None
    assert [block["block_id"] for block in payload["blocks"] if "block_id" in block] == [imprint.write(reply.ballot)]
    assert pressed(payload["blocks"]) == [("run:0", "Read reviews"), ("run:1", "Bookmark")]
    [more] = objects(payload, "overflow")
    assert (more["action_id"], [option["value"] for option in more["options"]]) == ("more", ["remove"])


def test_a_digest_says_its_id_in_the_metadata_and_a_private_reply_says_nothing() -> None:
    payload = outbound.message(Reply("Week", (Lead(text("Week")),), digest=9), LOOK)
    assert payload["metadata"] == {"event_type": "shipworthy_digest", "event_payload": {"digest": "9"}}
    private = outbound.message(comparison(private=True), LOOK)
    assert "metadata" not in private
    assert not list(objects(private, "overflow"))


def test_a_public_message_with_reactions_asks_for_them_and_has_no_vote_buttons() -> None:
    blocks = draw(comparison())
    assert "React :large_blue_circle: or :large_orange_circle: to vote." in blocks[3]["elements"][0]["text"]
    assert not [action for action, _ in pressed(blocks) if action.startswith("vote:")]


def test_where_reactions_cannot_be_had_votes_are_buttons_and_the_message_says_what_is_different() -> None:
    blocks = draw(comparison(), replace(LOOK, reactions=False))
    read = texts(blocks)
    assert "React" not in read
    assert "A vote is not shown by name; this message is redrawn when somebody votes." in read
    assert pressed(blocks)[:3] == [
        ("vote:1", "🔵 Code Llama 4 (70B & 400B)"),
        ("vote:2", "🟠 Mistral 8x22B v2"),
        ("vote:0", "⏩ Skip both"),
    ]
    assert {held["value"] for held in objects(blocks, "button") if held["action_id"].startswith("vote")} == {"77"}


def test_what_its_reader_chose_is_told_in_words_as_well_as_in_colour() -> None:
    reply = comparison(private=True)
    chosen = tuple(replace(block, chosen=(2,)) if isinstance(block, Vote) else block for block in reply.blocks)
    held = {each["action_id"]: each for each in objects(draw(replace(reply, blocks=chosen)), "button")}
    assert (held["vote:2"]["text"]["text"], held["vote:2"]["style"]) == ("✓ 🟠 Mistral 8x22B v2", "primary")
    assert held["vote:2"]["accessibility_label"].startswith("Your vote; press to take it back. Ship Mistral 8x22B")
    assert "style" not in held["vote:1"]
    assert held["vote:0"]["accessibility_label"] == "Skip both. Not shown by name."


def test_a_card_is_shipped_or_skipped() -> None:
    blocks = draw(card(), replace(LOOK, reactions=False))
    assert pressed(blocks) == [("vote:1", "🚢 Ship it"), ("vote:0", "⏩ Skip it")]
    assert "Press to ship it or to skip it" in texts(blocks)
    assert len(list(objects(blocks, "overflow"))) == 1


def test_reviews_are_for_one_reader_and_never_in_the_channel() -> None:
    assert "It holds." not in texts(draw(card()))
    private = draw(card(private=True))
    assert "“It holds.”" in texts(list(objects(private, "rich_text_quote")))
    short = Quote(text("Builder"), "It holds.", own=False, source="a page")
    assert "In short: It holds." in texts(draw(Reply("x", (short,), private=True)))


def test_every_button_has_a_label_for_screen_readers_cut_at_a_word() -> None:
    hint = "Read all reviews of " + " and ".join(LABELS)
    [button] = objects(draw(Reply("x", (Buttons((Button("Read", "/tool a", hint),)),))), "button")
    assert button["accessibility_label"] == "Read all reviews of Code Llama 4 (70B & 400B) and Mistral 8x22B v2 and…"
    [bare] = objects(draw(Reply("x", (Buttons((Button("More", "/tools --page 2"),)),))), "button")
    assert (bare["accessibility_label"], bare["value"]) == ("More", "/tools --page 2")


def test_more_than_five_buttons_stand_in_several_rows_and_are_numbered_through() -> None:
    many = tuple(Button(f"Pick {number}", f"/tool {number}") for number in range(7))
    blocks = draw(Reply("x", (Entry(text("a"), button=Button("Show a", "/tool a")), Buttons(many))))
    assert [len(block["elements"]) for block in blocks if block["type"] == "actions"] == [5, 2]
    assert [action for action, _ in pressed(blocks)] == [f"run:{number}" for number in range(8)]


def test_an_item_has_its_button_beside_it_which_does_not_repeat_its_title() -> None:
    entry = Entry(
        (ToolSpan("Mistral Code"),), (text("Panel: Ship"),), Button("Show Mistral Code", "/tool m", "Show it to me")
    )
    [section] = draw(Reply("x", (entry,)))
    assert section["text"]["text"] == "*Mistral Code*\nPanel: Ship"
    assert section["accessory"]["text"]["text"] == "Show"
    assert section["accessory"]["accessibility_label"] == "Show it to me"


def test_an_item_takes_its_bar_along() -> None:
    entry = Entry((ToolSpan("A", 0),), (), Button("Compare", "/compare a vs b"))
    [section] = draw(Reply("x", (entry, Meter("Ships", (Part("a", 2, 0),), text("2 of 2")))))
    assert section["text"]["text"].endswith("*Ships*  :large_blue_square::large_blue_square:  2 of 2")


def test_items_of_one_line_make_a_list_and_fuller_ones_stand_apart() -> None:
    bare = (Entry(said(ToolSpan("A"), ": you say ship")), Entry(text("b")))
    [listed] = draw(Reply("x", bare))
    assert listed["elements"][0]["type"] == "rich_text_list"
    fuller = tuple(Entry((CommandSpan(f"/{name}"),), (text("does this"),)) for name in ("tool", "help"))
    first, second = draw(Reply("x", fuller))
    assert [piece["text"] for piece in objects(first, "text")] == ["/shipworthy tool", "\n", "does this"]
    assert texts(second).startswith("/shipworthy help")


def test_the_line_for_notifications_is_escaped_and_its_commands_can_be_typed() -> None:
    reply = Reply("<!channel> type /tool *x* & go", (Lead(text("x")),))
    sentence = outbound.message(reply, LOOK)["text"]
    assert shown(sentence) == "<!channel> type /shipworthy tool *x* & go"
    assert marks(sentence) == []


def test_a_reply_without_blocks_says_its_plain_line() -> None:
    assert texts(draw(Reply("No such command."))) == "No such command."


def test_a_long_title_is_cut_at_a_word() -> None:
    title = "word " * 60
    [header] = draw(Reply("x", (Heading(text(title)),)))
    assert header["text"]["text"].endswith("word…")
    assert len(header["text"]["text"]) <= 150


def test_what_has_no_room_is_counted_and_the_next_of_it_can_be_asked_for() -> None:
    entries = tuple(
        Entry(text(f"tool {number}"), button=Button("Show", f"/tool {number}", "Show it")) for number in range(60)
    )
    blocks = draw(Reply("x", (Lead(text("60 tools.")), *entries, Buttons((Button("More", "/tools --page 2"),)))))
    assert len(blocks) == 50
    assert texts(blocks[-2]) == "13 more are left out here for want of room. The next: `/shipworthy tool 47`"
    assert blocks[-1]["type"] == "actions"
    notes = draw(Reply("x", tuple(Paragraph(text(f"line {number}")) for number in range(60))))
    assert shown(texts(notes[-1])).endswith("To ask for less at once, see `/shipworthy help`.")


@pytest.mark.parametrize("tools", [2, 3, 4])
@pytest.mark.parametrize("look", [LOOK, replace(LOOK, tables=False), replace(LOOK, reactions=False)])
def test_every_tool_and_every_fact_is_there_however_it_is_drawn(tools: int, look: Look) -> None:
    read = shown(texts(draw(comparison(tools), look)))
    for place in range(tools):
        assert LABELS[place] in read
        assert f"{90 - place} ship" in read

"""Replies as Discord messages: what is shown, where, and never more than Discord takes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import imprint, outbound
from adapters.discord.bar import SQUARES
from adapters.discord.markdown import DASH, Look
from adapters.discord.table import WIDEST, width
from adapters.squares import share
from commands.model import Basis, Review, Seat, Source, Verdict, Wording
from commands.reply import (
    Button,
    Buttons,
    Cell,
    ChannelSpan,
    Entry,
    Lead,
    LinkSpan,
    Note,
    Paragraph,
    PersonSpan,
    Quote,
    Reply,
    Row,
    Table,
    ToolSpan,
    spans,
    text,
)
from tests.adapters.discord.reading import marks, pressable, texts, words
from tests.adapters.discord.replies import ADA, GENERAL, LOOK, Guild, private, replies
from tests.contracts.make import entry
from tests.discord_server.content import CREATE, CREATE_FLAGS, EDIT, RESPOND, RESPOND_FLAGS, check_message, refuse_empty

TWO = "/compare code-llama-4-70b-400b vs mistral-8x22b-v2"
FOUR = "/compare code-llama-4-200b vs mistral-3-instruct vs mistral-8x24b-moe vs mistral-8x22b-v2"
OURS = {"bold", "code", "fence", "small", "quote", "item", "heading"}


@pytest.fixture
async def guild() -> Guild:
    return await Guild.made()


def drawn(reply: Reply, look: Look = LOOK) -> dict[str, Any]:
    """The message, held to what Discord takes."""
    payload = outbound.message(reply, look)
    check_message(payload, CREATE, CREATE_FLAGS)
    refuse_empty(payload)
    if not payload.get("flags"):
        check_message(payload, EDIT, 0)
    assert payload["allowed_mentions"] == {"parse": []}
    return payload


def embed(reply: Reply, look: Look = LOOK) -> dict[str, Any]:
    [found] = drawn(reply, look)["embeds"]
    return found


def fields(reply: Reply) -> dict[str, str]:
    return {field["name"]: field["value"] for field in embed(reply).get("fields", [])}


def wrongs(reply: Reply, payload: object) -> Iterator[str]:
    """What a client would do with words that are not ours, other than show them."""
    ids = {span.id for span in spans(reply) if isinstance(span, PersonSpan | ChannelSpan)}
    urls = {span.url for span in spans(reply) if isinstance(span, LinkSpan)}
    for written in texts(payload):
        for mark in marks(written):
            named = mark.kind == "angle" and mark.text.lstrip("@#") in ids
            timed = mark.kind == "angle" and re.fullmatch(r"t:\d+:[DFf]", mark.text)
            linked = mark.kind == "link" and (
                mark.text in urls or mark.text.startswith("https://discord.com/channels/")
            )
            if not (mark.kind in OURS or named or timed or linked):
                yield f"{mark} in {written!r}"


@settings(max_examples=250, deadline=None)
@given(replies, st.booleans(), st.booleans())
def test_discord_takes_every_reply_however_large_and_nothing_in_it_does_anything(
    reply: Reply,
    reactions: bool,  # noqa: FBT001
    embeds: bool,  # noqa: FBT001
) -> None:
    look = replace(LOOK, reactions=reactions, embeds=embeds)
    payload = drawn(reply, look)
    assert list(wrongs(reply, payload)) == []
    if reply.ballot and not reply.private and not payload.get("flags"):
        assert imprint.within(payload["components"]) == replace(
            reply.ballot, channel=replace(reply.ballot.channel, id="")
        )
    alone = outbound.ephemeral(reply, look, "/compare a vs b --reviews")
    check_message(alone, RESPOND, RESPOND_FLAGS)
    refuse_empty(alone)
    assert alone["flags"] & outbound.EPHEMERAL
    assert list(wrongs(reply, alone)) == []


async def test_a_comparison_says_the_answer_first_and_sets_the_tools_side_by_side(guild: Guild) -> None:
    reply = await guild.voted(await guild.posted(TWO), *[(1,)] * 7, *[(1, 2)] * 2, *[(2,)] * 3, (0,))
    shown = embed(reply)
    assert shown["title"] == "Code Llama 4 (70B & 400B) vs Mistral 8x22B v2"
    assert shown["description"] == "The panel ships both, but the Founder skips 🟠 **Mistral 8x22B v2**."
    assert [(field["name"], field["inline"]) for field in shown["fields"]] == [
        ("🔵 Code Llama 4 (70B & 400B)", True),
        ("🟠 Mistral 8x22B v2", True),
        ("Reviewers", False),
        ("Head to head", False),
    ]
    assert shown["fields"][0]["value"].startswith(
        "-# Panel\n**Ship · 4 ship / 0 skip · 100%**\n-# Community\n**69% ship · 9 of 13**\n-# Pricing\nFree · "
    )
    assert shown["fields"][2]["value"] == (
        "```\n         🔵      🟠\nBuilder  85 ship 82 ship\nSkeptic  78 ship 75 ship\n"
        "Futurist 82 ship 78 ship\nFounder  74 ship 55 skip\n```"
    )
    squares, caption, legend = shown["fields"][3]["value"].split("\n")
    assert re.fullmatch("🟦+🟧+⬜+🟫", squares)
    assert caption == "🔵 Code Llama 4 (70B & 400B) 7 to 3 🟠 Mistral 8x22B v2, 2 ship both, 1 skips both"
    assert legend.startswith("-# Inferred means")
    assert shown["footer"]["text"].startswith("React 🔵 or 🟠 to vote, both to ship both, ⏩ to skip both. A tool you")


async def test_a_public_ballot_has_buttons_that_work_after_any_restart(guild: Guild) -> None:
    reply = await guild.posted(TWO)
    assert reply.ballot
    stamp = imprint.write(reply.ballot)
    assert pressable(drawn(reply)["components"]) == [
        (f"reviews:{stamp}", "Read reviews"),
        (f"bookmark:{stamp}", "Bookmark"),
        (f"remove:{stamp}", "Remove (asker only)"),
    ]


async def test_where_reactions_cannot_be_had_votes_are_buttons_and_the_message_says_so(guild: Guild) -> None:
    reply = await guild.posted(TWO)
    payload = drawn(reply, replace(LOOK, reactions=False))
    assert [label for _, label in pressable(payload["components"])] == [
        "Ship Code Llama 4 (70B & 400B)",
        "Ship Mistral 8x22B v2",
        "Skip both",
        "Read reviews",
        "Bookmark",
        "Remove (asker only)",
    ]
    assert [pressed["emoji"]["name"] for pressed in payload["components"][0]["components"]] == ["🔵", "🟠", "⏩"]
    foot = payload["embeds"][0]["footer"]["text"]
    assert "React" not in foot
    assert foot.endswith("A vote is not shown by name; this message is redrawn when somebody votes.")


async def test_four_tools_stand_two_by_two_each_pair_above_its_scores(guild: Guild) -> None:
    shown = embed(await guild.voted(await guild.posted(FOUR), (1, 2), (3, 4), (1, 4)))
    assert [field["inline"] for field in shown["fields"]] == [True, True, False, True, True, False, False]
    names = [field["name"] for field in shown["fields"]]
    assert [name[0] for name in names] == ["🔵", "🟠", "R", "🟢", "🟣", "R", "H"]
    assert shown["fields"][6]["value"].count(" to ") == 6


async def test_a_card_shows_each_fact_under_its_name_and_no_reviews(guild: Guild) -> None:
    reply = await guild.posted("/tool mistral-8x22b-v2")
    payload = drawn(reply)
    assert list(fields(reply)) == [
        "Panel", "Community", "Pricing", "Best for", "Category", "Maker", "Licence", "Sizes", "Reviewers"
    ]  # fmt: skip
    assert [label for _, label in pressable(payload["components"])] == [
        "Read reviews", "Bookmark", "Compare", "Remove (asker only)"
    ]  # fmt: skip
    assert payload["embeds"][0]["footer"]["text"].startswith("React 🚢 to ship it or ⏩ to skip it.")
    quote = next(block for block in reply.blocks if isinstance(block, Quote))
    assert quote.words not in words(payload)


@pytest.mark.parametrize("tools", [1, 2, 3, 4])
def test_scores_stand_in_columns_of_one_width_that_a_phone_does_not_fold(tools: int) -> None:
    columns = tuple(ToolSpan(f"Tool {place}", place if tools > 1 else None) for place in range(tools))
    cells = tuple(Cell(text(said)) for said in ("100 ship (inferred)", f"{DASH} skip", "7 ship", "85 ship (inferred)"))
    reply = Reply("x", (Table(columns, tuple(Row(seat.value, cells[:tools]) for seat in Seat)),))
    [block] = [field["value"] for field in embed(reply)["fields"] if field["name"] == "Reviewers"][:1]
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    assert max(map(width, block.split("\n"))) <= WIDEST < 32
    assert ("* inferred" in block) is (tools > 1)


def test_the_circles_are_two_cells_wide_and_stand_above_their_columns() -> None:
    assert width("🔵") == 2
    columns = (ToolSpan("A", 0), ToolSpan("B", 1))
    row = Row("Founder", (Cell(text("100 ship")), Cell(text("55 skip"))))
    head, line = fields(Reply("x", (Table(columns, (row,)),)))["Reviewers"].split("\n")[1:3]
    assert [width(head[: head.index(circle)]) for circle in "🔵🟠"] == [line.index("100"), line.index("55")]


def test_a_fence_cannot_be_left_from_within() -> None:
    cell = Cell(text("``` **x** @everyone"))
    reply = Reply("x", (Table((ToolSpan("A", 0), ToolSpan("`B`", None)), (Row("Builder", (cell, cell)),)),))
    assert fields(reply)["Reviewers"].count("`") == 6


def test_a_missing_fact_is_a_dash() -> None:
    table = Table((ToolSpan("A", 0), ToolSpan("B", 1)), (Row("Sizes", (Cell(text("")),)),))
    assert list(fields(Reply("x", (table,))).values()) == [f"-# Sizes\n{DASH}"] * 2


@given(st.lists(st.integers(-2, 1_000), max_size=6))
def test_a_bar_is_one_square_each_or_a_row_in_all_and_never_none_for_somebody(counts: list[int]) -> None:
    squares = share(counts, SQUARES)
    people = [max(0, count) for count in counts]
    assert sum(squares) == min(SQUARES, sum(people))
    assert all(bool(square) == bool(count) for square, count in zip(squares, people, strict=True))


async def test_whatever_a_catalogue_holds_is_shown_whole(guild: Guild) -> None:
    """The longest of everything that the catalogue takes, four times over."""
    full = {"maker": 60, "category": 60, "entry": 40, "pricing": 160, "licence": 80, "sizes": 80, "tagline": 160}
    full |= {"best_for": 80, "description": 1_200}
    facts = {name: ("wordy " * 200)[: most - 1] + "." for name, most in full.items()}
    source = Source("o" * 200, saved="2026-11-21")
    reviews = tuple(
        Review(seat, Verdict.SHIP, Basis.INFERRED, None, "w" * 1_500, Wording.QUOTE, source) for seat in Seat
    )
    names = [("Name " * 16)[:78] + str(place) for place in range(4)]
    await guild.load(
        [
            entry(f"{place}" + "x" * 79, name=name, qualifier="q" * 24, reviews=reviews, **facts)
            for place, name in enumerate(names)
        ]
    )
    for people in ((), ((1,), (2, 3), (4,), (1, 2, 3, 4), (0,), (2,), (1,))):
        line = " vs ".join(f"{place}" + "x" * 79 for place in range(4))
        shown = embed(await guild.voted(await guild.posted(f"/compare {line} --anew"), *people))
        for place, name in enumerate(names):
            [column] = [field for field in shown["fields"] if field["name"].startswith("🔵🟠🟢🟣"[place])]
            assert name in column["name"]
            assert all(facts[fact] in column["value"] for fact in ("entry", "pricing", "best_for", "category"))
    card = embed(await guild.posted(f"/tool 0{'x' * 79}"))
    read = words({"embeds": [card]})
    assert all(fact in read for fact in facts.values())


async def test_without_embeds_the_same_is_said_in_plain_words(guild: Guild) -> None:
    reply = await guild.voted(await guild.posted(TWO), *[(1,)] * 5)
    payload = drawn(reply, replace(LOOK, embeds=False))
    assert payload["embeds"] == []
    assert "The panel ships both, but the Founder skips 🟠 **Mistral 8x22B v2**." in payload["content"]
    assert "-# Community: **100% ship · 5 of 5**" in payload["content"]
    assert "React 🔵 or 🟠 to vote" in payload["content"]
    assert len(pressable(payload["components"])) == 3


async def test_without_embeds_four_tools_still_say_the_answer_the_scores_and_how_to_vote(guild: Guild) -> None:
    reply = await guild.voted(await guild.posted(FOUR), *[(1, 2)] * 5, *[(3, 4)] * 4)
    content = drawn(reply, replace(LOOK, embeds=False))["content"]
    assert "The panel ships all four, but the Founder skips 🟠 **Mistral 3 8B & 70B Instruct (Open Source)**" in content
    assert content.count("Builder") == 2
    assert content.endswith("a button vote is not shown by name.")


async def test_a_question_offers_each_tool_by_its_name(guild: Guild) -> None:
    payload = outbound.ephemeral(await guild.answer("/compare llama vs mistral-code"), LOOK)
    labels = [label for _, label in pressable(payload["components"])]
    assert len(labels) == len(set(labels)) == 3
    assert labels[0].startswith("Pick Code Llama 4 · ")
    assert payload["embeds"][0]["color"] == outbound.BLUE
    assert payload["flags"] == outbound.EPHEMERAL


async def test_what_went_wrong_is_red_and_says_what_to_do(guild: Guild) -> None:
    payload = outbound.ephemeral(await guild.answer("/tools zzzz qqqq --page"), LOOK)
    assert payload["embeds"][0]["color"] == outbound.RED
    assert "`--page`" not in words(payload)


async def test_buttons_of_one_label_say_what_sets_them_apart(guild: Guild) -> None:
    entries = tuple(Entry(text(f"e{n}"), button=Button("Show", f"/tool {n}", f"Show number {n}")) for n in range(2))
    payload = drawn(Reply("x", entries))
    assert [label for _, label in pressable(payload["components"])] == ["Show number 0", "Show number 1"]


async def test_bookmarks_data_status_and_help_are_one_embed_each(guild: Guild) -> None:
    await guild.answer("/bookmark mistral-code")
    await guild.answer("/digest on")
    for line in ("/bookmarks", "/mydata", "/digest status", "/help", "/help compare", "/tools", "/alias", "/forgetme"):
        payload = outbound.ephemeral(await guild.answer(line), LOOK, line)
        assert len(payload["embeds"]) == 1, line
        check_message(payload, RESPOND, RESPOND_FLAGS)


def test_long_paragraphs_stand_apart_and_short_ones_below_each_other() -> None:
    blocks = (Lead(text("One.")), Paragraph(text("Two.")), Paragraph(text("three " * 30)), Note(text("Four.")))
    written = embed(Reply("x", blocks))["description"]
    assert written.startswith("One.\nTwo.\n\nthree three")
    assert written.endswith("three\n-# Four.")


def test_small_print_below_a_list_and_below_columns_belongs_to_neither() -> None:
    listed = (Entry(text("a"), (text("b"),)), Note(text("End.")))
    assert embed(Reply("x", listed))["description"] == "**a**\nb\n\n-# End."
    table = Table((ToolSpan("A", 0), ToolSpan("B", 1)), (Row("Sizes", ()),))
    last = embed(Reply("x", (table, Note(text("End.")))))["fields"][-1]
    assert (last["value"], last["inline"]) == ("-# End.", False)


def test_a_reply_without_blocks_says_its_plain_line() -> None:
    assert embed(Reply("No *such* command."))["description"] == r"No \*such\* command."


def test_of_more_buttons_than_discord_takes_the_last_are_left_out_but_never_remove() -> None:
    many = Buttons(tuple(Button(f"Pick {number}", f"/tool {number}") for number in range(40)))
    assert len(pressable(drawn(Reply("x", (many,)))["components"])) == 25


async def test_a_private_card_has_its_reviews_one_press_away(guild: Guild) -> None:
    reply = await guild.answer("/tool mistral-code --quiet")
    payload = outbound.ephemeral(reply, LOOK, "/tool mistral-code --quiet")
    assert "-# comparison page" not in words(payload)
    assert ("run:1:/tool mistral-code --reviews", "Read reviews") in pressable(payload["components"])
    assert private(reply) == reply
    assert GENERAL.id not in words(payload)
    assert ADA not in words(payload)

"""A reply drawn in a terminal: nothing lost, nothing cut, nothing that a terminal would obey."""

import re
import unicodedata
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from adapters.terminal import glyphs, outbound
from adapters.terminal.screen import Screen
from adapters.terminal.sidebyside import fair
from adapters.terminal.spans import instant
from commands.model import Message
from commands.reply import (
    Button,
    Buttons,
    Cell,
    ChannelSpan,
    CommandSpan,
    Divider,
    Entry,
    Heading,
    InstantSpan,
    Lead,
    LinkSpan,
    MessageSpan,
    Meter,
    Note,
    OptionSpan,
    Paragraph,
    Part,
    PersonSpan,
    Quote,
    Reply,
    Row,
    Table,
    Text,
    ToolSpan,
    Vote,
    buttons,
    said,
    text,
)
from tests.adapters.terminal.fakes import comparison

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "[bold]markup[/bold]",
    ":smile:",
    "\u202eback",
    "zero\u200bwidth",
    "a\x00b\r\nc",
    "\ud800",
    "@everyone <!channel>",
    "x" * 300,
    "汉字" * 60,
    "👩‍👩‍👧 ☁️",
)
words = st.text(max_size=40) | st.sampled_from(HOSTILE)
colors = st.none() | st.integers(0, 5)
tools = st.builds(ToolSpan, words, colors)
lines = st.lists(
    st.builds(Text, words, st.booleans())
    | tools
    | st.builds(OptionSpan, st.integers(0, 4), st.booleans())
    | st.builds(CommandSpan, words)
    | st.builds(LinkSpan, words, words)
    | st.builds(
        InstantSpan,
        st.integers(0, 4_000_000_000_000_000),
        st.sampled_from(["date", "weekday", "datetime"]),
        st.sampled_from(["UTC", "Asia/Kathmandu", "no such", "../etc/passwd", ""]),
    )
    | st.builds(PersonSpan, words)
    | st.builds(ChannelSpan, words)
    | st.builds(MessageSpan, st.builds(Message, words, words, words)),
    max_size=4,
).map(tuple)
button = st.builds(Button, words, words, words, st.booleans())
rows = st.lists(
    st.builds(Row, words, st.lists(st.builds(Cell, lines, st.booleans()), max_size=4).map(tuple)), max_size=4
)
parts = st.lists(st.builds(Part, words, st.integers(-1, 10**6), colors), max_size=5)
blocks = st.one_of(
    *(st.builds(kind, lines) for kind in (Heading, Lead, Paragraph, Note)),
    st.builds(Table, st.lists(tools, max_size=4).map(tuple), rows.map(tuple)),
    st.builds(Meter, words, parts.map(tuple), lines),
    st.builds(Quote, lines, words, st.booleans(), words),
    st.builds(Entry, lines, st.lists(lines, max_size=2).map(tuple), st.none() | button),
    st.builds(Divider),
    st.builds(Buttons, st.lists(button, max_size=3).map(tuple)),
    st.builds(Vote, st.lists(tools, max_size=4).map(tuple), lines),
)
replies = st.builds(Reply, words, st.lists(blocks, max_size=5).map(tuple), st.booleans(), st.booleans())


def printed(reply: Reply, width: int, number: int | None) -> str:
    """The reply as a terminal with colour receives it."""
    page = StringIO()
    console = Console(file=page, width=width, force_terminal=True, color_system="truecolor", legacy_windows=False)
    console.print(outbound.draw(reply, width=width, number=number, zone="Europe/Paris"))
    return page.getvalue()


@settings(max_examples=200, deadline=None)
@given(replies, st.integers(40, 200), st.none() | st.integers(1, 10**6))
def test_any_text_in_any_block_prints_within_the_width_and_without_control_characters(
    reply: Reply, width: int, number: int | None
) -> None:
    page = outbound.plain(reply, width, number=number, zone="Europe/Paris")
    assert not [char for char in page if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs")]
    assert all(cell_len(line) <= width for line in page.split("\n"))
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", printed(reply, width, number))
    assert "\x1b" not in coloured
    assert all(cell_len(line) <= width for line in coloured.split("\n"))


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("tools", [2, 3, 4])
def test_no_word_of_a_comparison_is_cut_and_every_fact_is_there(width: int, tools: int) -> None:
    reply = comparison(tools)
    page = outbound.plain(reply, width, number=3)
    table = next(block for block in reply.blocks if isinstance(block, Table))
    found = set(page.split())
    for line in [column.label for column in table.columns] + [
        cell.line[0].text for row in table.rows for cell in row.cells
    ]:
        assert set(line.replace("·", "").split()) <= found


@pytest.mark.parametrize(("width", "tools"), [(60, 2), (80, 2), (80, 3), (140, 2), (140, 3), (140, 4)])
def test_tools_stand_side_by_side_in_columns_that_line_up(width: int, tools: int) -> None:
    page = outbound.plain(comparison(tools), width).split("\n")
    head = next(line for line in page if line.startswith(" ") and "🔵" in line)
    starts = [cell_len(head[: head.index(glyph.emoji)]) for glyph in glyphs.TOOLS[:tools]]
    builder = next(line for line in page if line.startswith("Builder"))
    figures = [cell_len(builder[: found.start()]) for found in re.finditer(r"\d+ ship", builder)]
    assert starts == figures


@pytest.mark.parametrize("tools", [3, 4])
def test_three_or_four_tools_stand_below_one_another_on_a_narrow_terminal(tools: int) -> None:
    page = outbound.plain(comparison(tools), 60)
    assert page.count("   Panel      Ship · 4 ship / 0 skip · 100%\n") == tools


def test_a_figure_too_long_for_its_column_breaks_at_its_dots() -> None:
    page = outbound.plain(comparison(2), 60)
    assert "Panel      Ship · 4 ship / 0 skip   Ship · 4 ship / 0 skip\n" in page
    assert re.search(r"^ +100% +100%$", page, re.MULTILINE)


def test_plain_text_tells_all_that_colour_tells() -> None:
    reply = comparison(2, (6, 3, 0, 0))
    page = outbound.plain(reply, 140, number=3)
    assert "Head to head:  🔵 Code Llama 4 (70B & 400B) 6 to 3 🟠 Mistral 8x22B v2" in page
    assert not set("─█▒░") & set(page)
    assert "█" in printed(reply, 140, 3)


def test_the_heading_carries_the_number_and_a_long_title_goes_below_the_rule() -> None:
    assert outbound.plain(comparison(2), 80, number=3).startswith(
        "-- #3 Code Llama 4 (70B & 400B) vs Mistral 8x22B v2 ---"
    )
    rule, title, _ = outbound.plain(comparison(4), 60, number=3).split("\n", 2)
    assert rule == "-- #3 " + "-" * 54
    assert title.startswith("Code Llama 4 (70B & 400B), Mistral 8x22B v2")


def test_a_message_without_a_heading_has_its_number_all_the_same() -> None:
    assert outbound.plain(Reply("Done.", (Lead(text("Done.")),)), 40, number=4).startswith("-- #4 ---")


def test_a_reply_without_blocks_says_its_plain_line() -> None:
    assert outbound.plain(Reply("No such command."), 40) == "No such command.\n"


def test_only_the_reviewers_own_words_stand_in_quotation_marks() -> None:
    own, short = (Quote(text("Builder"), "It holds.", own, "page 002") for own in (True, False))
    assert "“It holds.”" in outbound.plain(Reply("", (own,)), 60)
    assert outbound.plain(Reply("", (short,)), 60) == "Builder\n  In short: It holds.\n  page 002\n"


def test_a_private_reply_says_that_only_the_asker_sees_it() -> None:
    assert outbound.plain(Reply("x", private=True), 60) == "only you see this\nx\n"


def test_buttons_are_numbered_through_in_the_order_they_stand() -> None:
    reply = Reply(
        "x",
        (
            Entry(text("a"), button=Button("Compare", "/compare a")),
            Entry(text("b")),
            Buttons((Button("More", "/tools"), Button("Help", "/help"))),
        ),
    )
    page = outbound.plain(reply, 60)
    assert [found[1] for found in re.finditer(r"\[(\d)\] \w+  → /\w+", page)] == ["1", "2", "3"]
    assert [button.line for button in buttons(reply)] == ["/compare a", "/tools", "/help"]


def test_spans_are_written_the_way_a_terminal_needs_them() -> None:
    line = said(
        "Set by ", PersonSpan("bob"), " at ", MessageSpan(Message("terminal", "general", "3")), ": ",
        CommandSpan("/digest off"), " ", LinkSpan("source", "https://example.org/a"), " ", OptionSpan(0),
        OptionSpan(1), OptionSpan(1, ship=True),
    )  # fmt: skip
    page = outbound.plain(Reply("", (Note(line),)), 140)
    assert page == "Set by @bob at #3: `/digest off` source (https://example.org/a) +⏩+🔵+🚢\n"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "Mon 23 Nov 2026 09:00 CET"),
        ("Asia/Kathmandu", "Mon 23 Nov 2026 13:45 UTC+0545"),
        (None, "Mon 23 Nov 2026 03:00 EST"),
        ("No/Where", "Mon 23 Nov 2026 03:00 EST"),
    ],
)
def test_an_instant_is_shown_in_the_readers_zone_else_in_its_own(zone: str | None, shown: str) -> None:
    assert instant(InstantSpan(1_795_420_800_000_000, "datetime", "America/New_York"), zone) == shown


def test_what_a_terminal_would_obey_is_taken_out_and_words_stay() -> None:
    assert glyphs.clean("a\x1b[31mred\x1b[0m\x1b]0;t\x07\x9b2Jb\u202e\u200b\r\nc") == "aredb  c"
    assert glyphs.clean("[bold]:smile: ë 汉 🔵") == "[bold]:smile: ë 汉 🔵"


@given(st.lists(st.integers(0, 1000), max_size=6), st.integers(6, 40))
def test_a_bar_is_divided_whole_and_never_shows_nothing_for_something(counts: list[int], length: int) -> None:
    cells = outbound.share(counts, length)
    assert sum(cells) == (length if any(counts) else 0)
    assert all(bool(cell) == bool(count) for cell, count in zip(cells, counts, strict=True))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.integers(0, 200))
def test_columns_never_take_more_than_they_need_or_than_there_is(wanted: list[int], room: int) -> None:
    widths = fair(wanted, room)
    assert sum(widths) <= room
    assert all(width <= want for width, want in zip(widths, wanted, strict=True))
    assert widths == wanted or sum(widths) == min(room, sum(wanted))


@pytest.mark.parametrize(
    ("settings_", "colour"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_escape_codes_are_written_only_where_they_are_wanted(settings_: dict[str, str], *, colour: bool) -> None:
    class Terminal(StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    page = Terminal()
    screen = Screen(Console(file=page, width=80, _environ=settings_))
    screen.show(comparison(), 1)
    screen.tally(comparison(2, (1, 0, 0, 0)))
    assert ("\x1b[" in page.getvalue()) is colour


def test_entries_of_one_line_make_a_plain_list_and_fuller_ones_stand_apart() -> None:
    bare = (Entry(text("a")), Entry(text("b")))
    assert outbound.plain(Reply("", bare), 40) == "a\nb\n"
    fuller = (Entry(text("a"), (text("more"),)), Entry(text("b")))
    assert outbound.plain(Reply("", fuller), 40) == "a\n  more\n\nb\n"

"""Words for Slack: what is not ours never formats, mentions, links or becomes an emoji, and is still to be read."""

import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import outbound
from adapters.slack.mrkdwn import Look, escape, fitted, mrkdwn, pieces, plain_text, rich
from adapters.slack.signs import CIRCLES, SHIP, SKIP, SQUARES
from adapters.words import clean, cut
from commands.model import Message
from commands.reply import (
    ChannelSpan,
    CommandSpan,
    InstantSpan,
    Line,
    LinkSpan,
    MessageSpan,
    OptionSpan,
    PersonSpan,
    Reply,
    Span,
    Text,
    ToolSpan,
    said,
    spans,
)
from tests.adapters.slack.reading import SAME, Mark, marks, objects, shown
from tests.adapters.slack.replies import HOSTILE, lines, long, replies, words

LOOK = Look(url="https://acme.slack.com/", people={"U1": "Ada *Lovelace*"}, names=("compare", "digest", "help"))
CHANNEL = re.compile(r"[CDG][A-Z0-9]+")
OURS = {*CIRCLES, *SQUARES, SHIP, SKIP, "white_large_square", "black_large_square"}


@given(words)
def test_escaped_words_do_nothing_and_read_as_they_were_written(text: str) -> None:
    escaped = mrkdwn(pieces((Text(text),), Look()))
    assert marks(escaped) == []
    assert shown(escaped) == clean(text).translate(SAME).strip()


@given(st.lists(words, max_size=6))
def test_words_that_stand_side_by_side_make_no_emoji_mention_or_formatting_together(texts: list[str]) -> None:
    written = mrkdwn(pieces(tuple(map(Text, texts)), Look()))
    assert [mark for mark in marks(written) if mark.kind != "link"] == []


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(words, st.sampled_from(["text", "strong", "tool", "command", "emoji", "person"])), max_size=4)
)
def test_a_client_finds_the_formatting_of_the_spans_and_nothing_else(given_: list[tuple[str, str]]) -> None:
    spans: list[Span] = []
    expected: list[Mark] = []
    for text, kind in given_:
        seen = shown(escape(text)).strip()
        bold = [Mark("bold", seen)] if seen else []
        spans.append(Text(" x "))
        if kind == "text":
            spans.append(Text(text))
        elif kind == "strong":
            spans.append(Text(text, strong=True))
            expected += bold
        elif kind == "tool":
            spans.append(ToolSpan(text, 1))
            expected += [Mark("emoji", "large_orange_circle"), *bold]
        elif kind == "command":
            spans.append(CommandSpan(text))
            expected += [Mark("code", shown(clean(text)).strip())] if clean(text).strip() else []
        elif kind == "emoji":
            spans.append(OptionSpan(0))
            expected.append(Mark("emoji", SKIP))
        else:
            spans.append(PersonSpan("U1"))
            expected.append(Mark("bold", "Ada *Lovelace*"))
    read = marks(mrkdwn(pieces(tuple(spans), replace(LOOK, names=()))))
    assert [Mark(mark.kind, unescaped(mark)) for mark in read] == [Mark(one.kind, unescaped(one)) for one in expected]


def unescaped(mark: Mark) -> str:
    return mark.text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")


@settings(max_examples=200, deadline=None)
@given(replies)
def test_no_reply_makes_slack_do_more_than_its_spans_say(reply: Reply) -> None:
    payload = outbound.message(reply, LOOK)
    named = {span.id for span in spans(reply) if isinstance(span, ChannelSpan) and CHANNEL.fullmatch(span.id)}
    assert marks(payload["text"]) == []
    for held in objects(payload["blocks"], "mrkdwn"):
        for mark in marks(held["text"]):
            assert mark.kind in {"bold", "code", "emoji", "date", "link", "mention"}
            assert mark.kind != "emoji" or mark.text in OURS
            assert mark.kind != "link" or mark.text.startswith(("https://shipworthy.example/", LOOK.url))
            assert mark.kind != "mention" or mark.text.removeprefix("#") in named
    assert (
        not list(objects(payload, "user")) + list(objects(payload, "broadcast")) + list(objects(payload, "usergroup"))
    )
    assert {held["name"] for held in objects(payload, "emoji")} <= OURS
    assert {held["channel_id"] for held in objects(payload, "channel")} <= named
    assert all(held["url"].startswith(("https://shipworthy.example/", LOOK.url)) for held in objects(payload, "link"))
    for held in objects(payload, "plain_text"):
        assert held["emoji"] is False
        assert [mark for mark in marks(held["text"]) if mark.kind == "emoji"] == []
    assert {"link_names", "parse"}.isdisjoint(payload)
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)


@settings(max_examples=200, deadline=None)
@given(replies)
def test_nothing_that_turns_or_controls_text_is_sent(reply: Reply) -> None:
    sent = json.dumps(outbound.message(reply, LOOK), ensure_ascii=False)
    sent.encode()
    ours = {"\u2060", "\u200d", "\u200c"}
    assert not [char for char in sent if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in ours]


@given(long)
def test_rich_text_holds_words_as_nothing_but_text(text: str) -> None:
    elements = rich(pieces((Text(text), ToolSpan(text)), Look()))
    assert {element["type"] for element in elements} <= {"text"}
    assert "".join(element["text"] for element in elements).strip() == (clean(text) * 2).strip()


@settings(deadline=None)
@given(lines, st.integers(20, 300))
def test_a_line_is_cut_to_fit_and_what_is_left_of_it_still_does_nothing(line: Line, most: int) -> None:
    written = fitted(pieces(line, LOOK), most)
    assert len(written) <= most
    assert {mark.kind for mark in marks(written)} <= {"bold", "code", "emoji", "date", "link", "mention"}


@given(words, st.integers(1, 40))
def test_words_are_cut_at_a_space_with_an_ellipsis(text: str, most: int) -> None:
    kept = cut(text, most)
    assert len(kept) <= most
    assert kept == text or kept.endswith("…")


def test_cutting_keeps_whole_words() -> None:
    assert cut("one two three", 9) == "one two…"
    assert cut("one two three", 8) == "one two…"
    assert cut("one two", 7) == "one two"
    assert cut("x" * 20, 5) == "xxxx…"


@pytest.mark.parametrize("name", ["llama_cpp", "a*b*c", "8x22b v2", "3:1", "09:00 to 10:00", "R&D", "v1.2", "a~b"])
def test_ordinary_names_are_left_as_they_are(name: str) -> None:
    assert escape(name).replace("&amp;", "&").replace("\u2060", "") == name


def test_commands_are_written_the_way_slack_wants_them_typed() -> None:
    said_ = "Type /digest on, /compare a vs b or /help; not /digested, a/digest or https://x.example/digest"
    assert shown(outbound.plain(said_, ("compare", "digest", "help"))) == (
        "Type /shipworthy digest on, /compare a vs b or /shipworthy help; "
        "not /digested, a/digest or https://x.example/digest"
    )
    assert shown(outbound.plain("/digest")) == "/digest"
    line = said("See ", CommandSpan("/digest on monday 09:00"), " and ", CommandSpan("/compare"))
    assert mrkdwn(pieces(line, LOOK)) == "See `/shipworthy digest on monday 09:00` and `/compare`"


INSTANT = InstantSpan(1_795_420_800_000_000, "datetime", "America/New_York")


def test_an_instant_is_left_to_the_readers_client_with_words_in_its_own_zone_behind_it() -> None:
    [date] = rich(pieces((INSTANT,), Look()))
    assert date == {
        "type": "date",
        "timestamp": 1_795_420_800,
        "format": "{date_short_pretty} at {time}",
        "fallback": "Mon 23 Nov 2026 03:00 EST",
    }
    written = mrkdwn(pieces((INSTANT,), Look(zone="Europe/Berlin")))
    assert written == "<!date^1795420800^{date_short_pretty} at {time}|Mon 23 Nov 2026 09:00 CET>"


def test_people_are_named_in_bold_and_never_pinged() -> None:
    line = said(PersonSpan("U1"), " and ", PersonSpan("U2"))
    written = mrkdwn(pieces(line, LOOK))
    assert (shown(written), marks(written)) == ("*Ada *Lovelace** and somebody", [Mark("bold", "Ada *Lovelace*")])
    assert [element["type"] for element in rich(pieces(line, LOOK))] == ["text"] * 3


@pytest.mark.parametrize(
    ("url", "ts", "link"),
    [
        ("https://acme.slack.com/", "1795420800.000100", "https://acme.slack.com/archives/C1/p1795420800000100"),
        ("https://acme.slack.com/", "url-77", None),
        ("", "1795420800.000100", None),
    ],
)
def test_an_earlier_message_is_linked_where_it_has_an_address(url: str, ts: str, link: str | None) -> None:
    [element] = rich(pieces((MessageSpan(Message("slack", "C1", ts)),), Look(url=url)))
    assert (element["type"], element.get("url")) == ("link" if link else "text", link)
    assert element["text"] == "an earlier message"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x.example/|y", "https://x.example/<", "x", "http://[", ""]
)
def test_an_address_that_is_none_is_not_linked(url: str) -> None:
    assert mrkdwn(pieces((LinkSpan("source", url),), Look())) == "source"


def test_a_link_keeps_its_address_and_its_words() -> None:
    line = (LinkSpan("a | <b>", "https://x.example/?a=b&c=d"),)
    assert mrkdwn(pieces(line, Look())) == "<https://x.example/?a=b&amp;c=d|a \N{DIVIDES} &lt;b&gt;>"


def test_a_channel_is_named_by_slack_and_never_by_what_is_not_an_id() -> None:
    assert mrkdwn(pieces(said("in ", ChannelSpan("C0123ABC")), Look())) == "in <#C0123ABC>"
    assert mrkdwn(pieces(said("in ", ChannelSpan("!channel")), Look())) == "in a channel"


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_text_makes_no_emoji_and_is_never_empty(text: str) -> None:
    held = plain_text(text, 75)["text"]
    assert held.strip()
    assert [mark for mark in marks(held) if mark.kind == "emoji"] == []

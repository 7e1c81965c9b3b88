"""What Slack sends, read: any text, any timestamp, and where a thing was said or pressed."""

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import imprint, inbound
from adapters.slack.inbound import Notes
from commands.model import Ballot, BallotKind, Channel, Message

COMMANDS = ("compare", "tool", "help")
BALLOT = Ballot(7, 0, BallotKind.COMPARISON, (1, 2), Channel("C1"), "U1")


@given(st.integers(0, 9_999_999_999), st.integers(0, 999_999))
def test_an_instant_is_exact_to_the_microsecond(seconds: int, micros: int) -> None:
    assert inbound.instant(f"{seconds}.{micros:06}") == seconds * 1_000_000 + micros


@given(st.integers(0, 9_999_999_999), st.text("0123456789", max_size=9))
def test_an_instant_may_have_any_number_of_decimals(seconds: int, decimals: str) -> None:
    stamp = f"{seconds}.{decimals}" if decimals else str(seconds)
    assert inbound.instant(stamp) == seconds * 1_000_000 + int(decimals[:6].ljust(6, "0"))


@given(st.text())
def test_any_text_that_slack_escaped_is_read_as_it_was_typed(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert inbound.typed(escaped) == text.strip()


@given(st.text())
def test_any_text_at_all_can_be_a_command_a_mention_or_filled_in(text: str) -> None:
    assert inbound.line({"command": "/shipworthy", "text": text}).startswith("/")
    assert inbound.line({"command": "/compare", "text": text}).startswith(("/compare", "/help compare"))
    assert inbound.mention({"text": text}, "UBOT", COMMANDS).startswith("/")
    element = {"value": {"type": "plain_text_input", "value": text}}
    assert inbound.filled({"state": {"values": {"word": element}}}) == ({"word": text.strip()} if text.strip() else {})


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a &amp; b &lt;3", "a & b <3"),
        ("&amp;amp; &amp;lt;", "&amp; &lt;"),
        ("&lt;@U1&gt; &lt;b|c&gt;", "<@U1> <b|c>"),
        ("<http://code.llama|code.llama> vs x", "code.llama vs x"),
        ("<https://x.example/?a=1&amp;b=2>", "https://x.example/?a=1&b=2"),
        ("<@U123ABC> llama", "llama"),
        ("<@U123ABC|ann> llama", "ann llama"),
        ("<#C123|general>", "general"),
        ("<!here> llama", "llama"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ],
)
def test_links_and_mentions_are_read_by_what_people_see(sent: str, read: str) -> None:
    assert inbound.typed(sent) == read


@pytest.mark.parametrize(
    ("command", "text", "line"),
    [
        ("/compare", "a vs b", "/compare a vs b"),
        ("/compare", "", "/compare"),
        ("/compare", " Help ", "/help compare"),
        ("/shipworthy", "tools mistral", "/tools mistral"),
        ("/shipworthy", "/tools mistral", "/tools mistral"),
        ("/shipworthy", "", "/"),
    ],
)
def test_a_slash_command_is_a_line_of_the_core(command: str, text: str, line: str) -> None:
    assert inbound.line({"command": command, "text": text}) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<@UBOT> compare a vs b", "/compare a vs b"),
        ("<@UBOT|shipworthy>: /compare a vs b", "/compare a vs b"),
        ("<@UBOT>, Compare a vs b", "/Compare a vs b"),
        ("morning! <@UBOT> compare a vs b", "/compare a vs b"),
        ("compare a vs b, <@UBOT>", "/compare a vs b"),
        ("compare a vs b <@UBOT> please", "/compare a vs b"),
        ("<@UBOT>", "/"),
        ("thanks, <@UBOT>!", "/thanks"),
        ("<@UBOT> tool <@UBOT>", "/tool"),
    ],
)
def test_a_mention_is_a_line_whichever_side_of_the_name_it_stands_on(text: str, line: str) -> None:
    assert inbound.mention({"text": text}, "UBOT", COMMANDS) == line


def test_a_mention_hangs_its_answer_below_itself_or_stays_in_its_thread() -> None:
    said = {"channel": "C1", "user": "U1", "ts": "2.000001"}
    first, within = inbound.mentioned(said, "T1"), inbound.mentioned(said | {"thread_ts": "1.000001"}, "T1")
    assert (first.thread, first.unbegun) == ("2.000001", True)
    assert (within.thread, within.unbegun) == ("1.000001", False)


@pytest.mark.parametrize(
    ("channel", "name", "private"),
    [
        ("C1", "general", False),
        ("C1", "privategroup", True),
        ("G1", "anything", True),
        ("D1", "directmessage", True),
        ("C1", "mpdm-ann--ben-1", True),
    ],
)
def test_a_command_tells_whether_its_place_is_private(channel: str, name: str, *, private: bool) -> None:
    sent = {"team_id": "T1", "channel_id": channel, "channel_name": name, "user_id": "U1"}
    assert inbound.asked(sent).channel == Channel(channel, private)


def pressed(block_id: str, **more: object) -> dict[str, Any]:
    action = {"action_id": "run:0", "block_id": block_id, "value": "/tools"}
    where = {"container": {"message_ts": "5.000001"}, "channel": {"id": "C1", "name": "general"}}
    return where | {"user": {"id": "U1"}, "actions": [action]} | more


def test_a_press_names_the_ballot_of_its_own_block_or_else_of_its_message() -> None:
    address = Message("slack", "C1", "5.000001")
    own = inbound.press(pressed(imprint.write(BALLOT)), "T1")
    other = inbound.press(pressed("b1", message={"blocks": [{}, {"block_id": imprint.write(BALLOT)}]}), "T1")
    assert own.ballot == other.ballot
    assert own.ballot is not None
    assert (own.ballot.id, own.ballot.message) == (7, address)
    assert inbound.press(pressed("b1"), "T1").ballot is None


def test_a_press_on_the_message_that_a_thread_hangs_below_is_not_in_the_thread() -> None:
    assert inbound.press(pressed("b1", message={"thread_ts": "5.000001"}), "T1").place.thread is None
    assert inbound.press(pressed("b1", message={"thread_ts": "4.000001"}), "T1").place.thread == "4.000001"


def test_a_private_message_outside_of_its_thread_keeps_it_in_its_blocks() -> None:
    actions: dict[str, Any] = {"type": "actions", "elements": []}
    kept = inbound.thread_kept([{"type": "divider"}, actions, actions | {"block_id": "mine"}], "4.000001")
    assert [block.get("block_id") for block in kept] == [None, "thread:4.000001:1", "mine"]
    assert inbound.press(pressed("thread:4.000001:1"), "T1").place.thread == "4.000001"


@given(st.text(max_size=400), st.text(max_size=20))
def test_notes_come_back_from_a_view_as_they_were_and_have_room_in_it(line: str, channel: str) -> None:
    notes = Notes(channel, private=False, thread="1.000001", respond="https://x/" + "r" * 500, line=line, ballot=3)
    assert Notes.read({"private_metadata": notes.write()}) == notes
    assert Notes.read({}) == Notes()


def test_notes_of_the_longest_line_fit_into_a_view() -> None:
    longest = Notes("C" * 20, thread="1.000001", respond="https://x/" + "r" * 900, line="😀" * 400, ballot=2**63)
    assert len(longest.write()) <= 3_000


def test_only_a_token_of_the_bots_own_is_a_departure() -> None:
    revoked = {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}
    assert inbound.departure(revoked, 5) is None
    assert inbound.departure(revoked | {"tokens": {"bot": ["U9"]}}, 5) == 5_999_999
    assert inbound.departure({"type": "app_uninstalled"}, 5) == 5_999_999


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_what_html_knows_beyond_slacks_three_entities_stays_as_it_was_typed(text: str) -> None:
    assert inbound.typed(html.escape(f"&copy{text}", quote=False)) == f"&copy{text}".strip()

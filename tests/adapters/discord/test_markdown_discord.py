"""Words on Discord: whatever they are, they are shown and do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.markdown import (
    BREAK,
    LAST_SECOND,
    TICK,
    Look,
    Shown,
    Words,
    clean,
    cut,
    fair,
    filled,
    fitted,
    markdown,
    pieces,
    plain,
    size,
    unlinked,
)
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
    Text,
    ToolSpan,
)
from tests.adapters.discord.reading import Mark, marks, shown
from tests.adapters.discord.replies import ADA, GUILD, HOSTILE, LOOK, lines, long, words

NOON_US = 1_763_726_400_000_000
EARLIER = Message("discord", "700000000000000001", "600000000000000001")


def drawn(line: Line, look: Look = LOOK) -> str:
    return markdown(Shown(pieces(line, look)))


@given(st.lists(long, max_size=4))
def test_words_alone_do_nothing_however_they_meet(some: list[str]) -> None:
    written = markdown(Shown(tuple(map(Words, some))))
    assert marks(written) == []
    assert shown(written) == clean("".join(map(clean, some))).replace(BREAK, "").strip()


@given(st.lists(st.tuples(long, st.booleans()), max_size=4))
def test_bold_words_are_bold_and_nothing_else(some: list[tuple[str, bool]]) -> None:
    written = markdown(Shown(tuple(Words(text, bold=bold) for text, bold in some)))
    assert {mark.kind for mark in marks(written)} <= {"bold"}


@given(words)
def test_a_command_is_code_that_can_be_copied(line: str) -> None:
    found = marks(drawn((Text("type "), CommandSpan(line))))
    expected = clean(line).strip()
    assert [(mark.kind, mark.text.replace(TICK, "`")) for mark in found] == ([("code", expected)] if expected else [])


@given(lines, st.integers(0, 60))
def test_a_line_is_cut_to_any_length_and_still_does_nothing(line: Line, most: int) -> None:
    written = fitted(Shown(pieces(line, LOOK)), most)
    assert size(written) <= most
    assert {mark.kind for mark in marks(written)} <= {"bold"}


@given(st.lists(lines, max_size=8), st.integers(0, 300))
def test_lines_fill_what_room_there_is(several: list[Line], most: int) -> None:
    assert size(filled([Shown(pieces(line, LOOK)) for line in several], most)) <= most


def test_the_longest_lines_are_cut_first_and_at_a_word() -> None:
    some = [Shown((Words("short"),)), Shown((Words("word " * 40),)), Shown(), Shown((Words("also short"),))]
    assert filled(some, 60) == "short\nword word word word word word word word…\n\nalso short"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_reads_as_it_is_written(text: str) -> None:
    written = markdown(Shown(unlinked(pieces((Text(text), PersonSpan(ADA), InstantSpan(NOON_US)), LOOK))))
    assert marks(written) == []
    assert "ada *x* <@1>Fri 21 Nov 2025 13:00 CET" in shown(written)


def test_times_people_channels_and_messages_are_drawn_by_discord() -> None:
    line = (PersonSpan(ADA), Text(" "), ChannelSpan("5"), Text(" "), MessageSpan(EARLIER), Text(" "))
    written = drawn((*line, InstantSpan(NOON_US), InstantSpan(NOON_US, "date")))
    link = f"https://discord.com/channels/{GUILD}/700000000000000001/600000000000000001"
    assert written == f"<@{ADA}> <#5> [an earlier message]({link}) <t:1763726400:f><t:1763726400:D>"


def test_ids_that_are_none_are_said_in_words() -> None:
    broken = Message("discord", "x/../y", "1")
    line = (PersonSpan("1> <@2"), Text(" "), ChannelSpan("general"), Text(" "), MessageSpan(broken))
    assert drawn(line) == "somebody a channel an earlier message"
    assert drawn((MessageSpan(EARLIER),), Look()) == "an earlier message"
    assert drawn((InstantSpan(10**20),)) == f"<t:{LAST_SECOND}:f>"


@pytest.mark.parametrize("url", ["javascript://x", "https://x/)y", "https://x/ y", "https://x/<", "http://[", ""])
def test_an_address_that_could_do_harm_is_no_link(url: str) -> None:
    assert marks(drawn((LinkSpan("here", url),))) == []


@given(words)
def test_the_words_of_a_link_cannot_lead_elsewhere(label: str) -> None:
    found = marks(drawn((LinkSpan(label, "https://shipworthy.example/a"),)))
    assert found == ([Mark("link", "https://shipworthy.example/a")] if clean(label).strip() else [])


def test_tools_and_options_have_their_emoji_in_any_text() -> None:
    line = (ToolSpan("A", 1), OptionSpan(1), OptionSpan(4), OptionSpan(0), OptionSpan(1, ship=True))
    assert drawn(line) == "🟠 **A**🔵🟣⏩🚢"
    assert plain(pieces(line, LOOK)) == "🟠 A🔵🟣⏩🚢"


@given(st.text(max_size=40), st.integers(0, 40))
def test_a_cut_text_is_never_too_long(text: str, most: int) -> None:
    assert size(cut(text, most)) <= most


@given(st.lists(st.integers(0, 500), max_size=8), st.integers(0, 900))
def test_room_is_divided_fairly(wanted: list[int], room: int) -> None:
    shares = fair(wanted, room)
    assert all(share <= want for share, want in zip(shares, wanted, strict=True))
    assert sum(shares) <= room
    if sum(wanted) <= room:
        assert shares == wanted

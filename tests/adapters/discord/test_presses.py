"""Ids of buttons and lines of small print: what is drawn can be read back, and nothing else can."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import buttons, imprint, outbound, reader, signs
from adapters.discord.markdown import TICK
from commands.model import SKIP_ALL, Ballot, BallotKind, Channel, Message
from commands.parsing import clean
from commands.reply import Button, Buttons, Lead, Reply, Text
from tests.adapters.discord.reading import pressable
from tests.adapters.discord.replies import HOSTILE, LOOK, ballots, words

HERE = Message("discord", "7", "8")


@given(ballots)
def test_a_ballot_is_read_back_from_what_was_written_into_its_buttons(ballot: Ballot) -> None:
    written = imprint.write(ballot)
    assert len(f"bookmark:{written}") <= 100
    found = imprint.read(written, HERE)
    assert found is not None
    assert (found.id, found.kind, found.tools, found.asker) == (ballot.id, ballot.kind, ballot.tools, ballot.asker)
    assert (found.channel, found.message, found.team) == (Channel("7", ballot.channel.private), HERE, 0)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1",
        "1:c:1:0",
        "0:c:1:0:1",
        "1:x:1:0:1",
        "1:c::0:1",
        "1:c:1.2.3.4.5:0:1",
        "1:c:1:2:1",
        "1:c:1:0:U1",
        "1:c:1:0:1:",
    ],
)
def test_anything_else_is_no_ballot(written: str) -> None:
    assert imprint.read(written) is None
    assert imprint.within([{"type": 2, "custom_id": f"reviews:{written}"}]) is None


def test_a_ballot_without_room_in_a_button_is_refused_rather_than_cut() -> None:
    tools = (10**17, 10**17, 10**17, 10**17)
    with pytest.raises(ValueError, match="cannot be written"):
        imprint.write(Ballot(10**18, 0, BallotKind.COMPARISON, tools, Channel("1"), "1"))


def test_a_reader_is_not_taken_for_the_ballot_it_was_opened_from() -> None:
    ballot = imprint.write(Ballot(1, 0, BallotKind.CARD, (1,), Channel("1"), "1"))
    assert imprint.within([{"type": 2, "custom_id": f"page:0:{ballot}"}, {"custom_id": f"pick:1:0:{ballot}"}]) is None


lines = st.lists(words, min_size=1, max_size=3).map(lambda some: clean(f"/compare {' vs '.join(some)}"))
long_lines = lines.map(lambda line: clean(f"{line} and more" * 4)[:400].strip())


@given(st.lists(lines | long_lines, max_size=6), st.booleans())
def test_a_press_runs_the_command_its_button_stands_for(typed: list[str], embeds: bool) -> None:  # noqa: FBT001
    held = tuple(Button(f"Do {number}", line) for number, line in enumerate(typed))
    payload = outbound.message(Reply("x", (Buttons(held),)), replace(LOOK, embeds=embeds))
    behind = {button.label: button.line for button in held}
    for custom_id, label in pressable(payload["components"]):
        line = buttons.line(custom_id, payload)
        assert line is not None
        assert line.replace(TICK, "`") == behind[label].replace(TICK, "`")


@pytest.mark.parametrize("text", [*HOSTILE, "-# Button 1 runs `/forgetme yes`", "x\n-# Button 1 runs `/forgetme yes`"])
def test_words_cannot_pass_for_the_command_of_a_button(text: str) -> None:
    long = Button("Go", "/compare " + "a" * 120)
    reply = Reply(text, (Lead((Text(text),)), Buttons((long,))))
    payload = outbound.message(reply, LOOK)
    assert buttons.line("line:0", payload) == long.line
    assert buttons.line("line:1", payload) is None


@pytest.mark.parametrize("custom_id", ["", "run:", "run:x:/help", "line:", "vote:1:2", "run:1:", "other"])
def test_other_ids_run_nothing(custom_id: str) -> None:
    assert buttons.line(custom_id, {}) is None
    assert reader.turned(custom_id, {}) is None


@pytest.mark.parametrize("kind", BallotKind)
@pytest.mark.parametrize("tools", [1, 2, 3, 4])
def test_every_reaction_that_is_seeded_is_read_as_its_option(kind: BallotKind, tools: int) -> None:
    tools = 1 if kind is BallotKind.CARD else tools
    seeded = [signs.read(emoji) for emoji in signs.seeds(kind, tools)]
    assert [sign.option for sign in seeded if sign] == [*range(1, tools + 1), SKIP_ALL]
    assert all(sign and sign.kind in {kind, None} for sign in seeded)


def test_an_emoji_is_the_same_however_it_is_to_be_drawn_and_others_are_no_option() -> None:
    assert signs.read("⏩\N{VARIATION SELECTOR-16}") == signs.read("⏩") == signs.Sign(SKIP_ALL, None)
    assert [signs.read(emoji) for emoji in ("👍", "", "ship", "🔴")] == [None] * 4

"""What is typed is read as what was meant, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.terminal import glyphs, inbound
from adapters.terminal.inbound import ButtonPress, CommandLine, Nothing, Quit, Reaction, SpeakAs, Talk
from commands.errors import CommandError
from commands.model import BallotKind


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("/compare a vs b", CommandLine("/compare a vs b")),
        ("  /help  ", CommandLine("/help")),
        ("/aside", CommandLine("/aside")),
        ("/as bob", SpeakAs("bob")),
        ("/AS  @bob ", SpeakAs("bob")),
        ("/as Zoë\tMüller", SpeakAs("Zoë Müller")),
        ("/quit", Quit()),
        ("", Nothing()),
        ("   ", Nothing()),
        ("2", ButtonPress(2)),
        ("[2]", ButtonPress(2)),
        ("I like the second", Talk("I like the second")),
        ("2 of them", Talk("2 of them")),
        ("+🔵", Reaction("🔵", active=True)),
        ("-🔵", Reaction("🔵", active=False)),
        ("+ 🔵", Reaction("🔵", active=True)),
        ("+:large_blue_circle:", Reaction("🔵", active=True)),
        ("+:LARGE_ORANGE_CIRCLE: #12", Reaction("🟠", active=True, message=12)),
        ("+🔵 #3", Reaction("🔵", active=True, message=3)),
        ("+🔵#3", Reaction("🔵", active=True, message=3)),
        ("+1", Reaction("1", active=True)),
        ("-4 #2", Reaction("4", active=False, message=2)),
        ("+⏩", Reaction("⏩", active=True)),
        ("+:fast_forward:", Reaction("⏩", active=True)),
        ("+skip", Reaction("⏩", active=True)),
        ("+🚢", Reaction("🚢", active=True)),
        ("+🚢\ufe0f", Reaction("🚢", active=True)),
        ("+⏩\ufe0e", Reaction("⏩", active=True)),
        ("+🚢🏽", Reaction("🚢", active=True)),
        ("+:ship::skin-tone-3:", Reaction("🚢", active=True)),
        ("+ship", Reaction("🚢", active=True)),
    ],
)
def test_a_line_is_read_as_what_was_meant(line: str, meant: inbound.Typed) -> None:
    assert inbound.parse(line) == meant


@pytest.mark.parametrize(
    "line", ["+👍", "+:tada:", "+5", "+0", "+", "- no", "+1 good idea", "+🔵 #", "+🔵 #x", "-1 #²"]
)
def test_a_mark_that_does_not_count_is_refused_with_those_that_do(line: str) -> None:
    with pytest.raises(CommandError) as refused:
        inbound.parse(line)
    assert all(mark.emoji in str(refused.value) for mark in (*glyphs.TOOLS, glyphs.SHIP, glyphs.SKIP))


@pytest.mark.parametrize(
    "name", ["", "  ", "@", "x" * 33, "b\x1b[31mob", "bob\u202egnp", "b\u200bob", "a\x00b", "\ud800"]
)
def test_a_name_that_would_not_print_as_it_is_cannot_be_taken(name: str) -> None:
    with pytest.raises(CommandError, match="for example: /as bob"):
        inbound.parse(f"/as {name}")


def test_on_a_comparison_colours_and_numbers_mean_the_same_option() -> None:
    for option, (emoji, digit) in enumerate(zip("🔵🟠🟢🟣", "1234", strict=True), start=1):
        for sign in (emoji, digit):
            assert inbound.option(Reaction(sign, active=True), BallotKind.COMPARISON, 4) == option
    assert inbound.option(Reaction("⏩", active=True), BallotKind.COMPARISON, 4) == 0


def test_on_a_card_the_ship_and_one_mean_ship_it() -> None:
    assert [inbound.option(Reaction(sign, active=True), BallotKind.CARD, 1) for sign in ("🚢", "1", "⏩")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("sign", "kind", "tools"),
    [
        ("🟢", BallotKind.COMPARISON, 2),
        ("3", BallotKind.COMPARISON, 2),
        ("🚢", BallotKind.COMPARISON, 3),
        ("🔵", BallotKind.CARD, 1),
        ("2", BallotKind.CARD, 1),
    ],
)
def test_a_mark_beyond_the_ballots_options_is_refused_with_what_can_be_typed(
    sign: str, kind: BallotKind, tools: int
) -> None:
    with pytest.raises(CommandError, match=r"not a choice on this ballot. Type \+1 for .* or \+skip for ⏩"):
        inbound.option(Reaction(sign, active=True), kind, tools)


@given(st.text(max_size=60) | st.text("+-/#12🔵⏩ as:\x1b\u202e", max_size=12))
def test_any_line_is_read_or_refused_with_a_clear_error(line: str) -> None:
    try:
        inbound.parse(line)
    except CommandError as error:
        said = str(error)
    else:
        said = ""
    assert said == glyphs.clean(said)

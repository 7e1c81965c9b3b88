"""What somebody typed into the terminal, read as one of a few things: pure, no state kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from adapters.terminal import glyphs
from commands.errors import CommandError
from commands.model import SKIP_ALL, BallotKind

LONGEST_NAME = 32


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command for the core."""

    text: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A mark put on a ballot or taken back. `message` is None for the newest ballot."""

    sign: str
    active: bool
    message: int | None = None


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button of the newest reply that had any, by the number it was shown with."""

    number: int


@dataclass(frozen=True, slots=True)
class SpeakAs:
    """Somebody else takes the keyboard."""

    name: str


@dataclass(frozen=True, slots=True)
class Quit:
    """The end of the session."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Words that are no command."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


Typed: TypeAlias = CommandLine | Reaction | ButtonPress | SpeakAs | Quit | Talk | Nothing

LOCAL = {"/as": "change who types", "/quit": "end the session"}
"""Commands of the terminal alone, and what they do; they never reach the core."""

_REACTION = re.compile(r"([+-])\s*([^\s#]+)(?:\s*#([0-9]{1,12}))?")
_BUTTON = re.compile(r"\[?([0-9]{1,4})\]?")


def parse(line: str) -> Typed:
    """Read one typed line. Raises `CommandError` for a mark that does not exist or a name that cannot be used."""
    line = line.strip()
    if line.startswith("/"):
        return _command(line)
    if line.startswith(("+", "-")):
        return _reaction(line)
    if pressed := _BUTTON.fullmatch(line):
        return ButtonPress(int(pressed[1]))
    return Talk(line) if line else Nothing()


def person(name: str = "") -> str:
    """A name somebody may type under. Raises `CommandError` for one that would not print as it is."""
    name = " ".join(name.split()).removeprefix("@")
    if name and len(name) <= LONGEST_NAME and name.isprintable():
        return name
    raise CommandError(f"Type /as and a name of at most {LONGEST_NAME} printable characters, for example: /as bob")


def option(reaction: Reaction, kind: BallotKind, tools: int) -> int:
    """The option a reaction means on this ballot. Raises `CommandError` for one that the ballot does not have."""
    found = glyphs.options(kind, tools).get(reaction.sign)
    if found is None:
        raise CommandError(f"+{reaction.sign} is not a choice on this ballot. {choices(kind, tools)}")
    return found


def choices(kind: BallotKind, tools: int) -> str:
    """What may be typed to vote on a ballot, in one sentence."""
    marks = [glyphs.glyph(number, ship=kind is BallotKind.CARD).emoji for number in range(1, tools + 1)]
    typed = [f"+{number} for {mark}" for number, mark in enumerate(marks, start=1)]
    skip = glyphs.glyph(SKIP_ALL, ship=False)
    return f"Type {', '.join(typed)} or +skip for {skip.emoji}; a minus instead takes it back."


def _command(line: str) -> Typed:
    word, *rest = line.split(maxsplit=1)
    if word.casefold() == "/as":
        return SpeakAs(person(*rest))
    return Quit() if word.casefold() == "/quit" else CommandLine(line)


def _reaction(line: str) -> Reaction:
    found = _REACTION.fullmatch(line)
    sign = glyphs.sign(found[2]) if found else None
    if found is None or sign is None:
        raise CommandError(
            f"That is not a vote. The marks that count are {_listed(mark.emoji for mark in glyphs.TOOLS)} "
            f"(or +1 to +{len(glyphs.TOOLS)}), {glyphs.SHIP.emoji} and {glyphs.SKIP.emoji} (or +skip); "
            "put #3 behind it to vote on message 3."
        )
    return Reaction(sign, found[1] == "+", int(found[3]) if found[3] else None)


def _listed(words: Iterable[str]) -> str:
    return " ".join(f"+{word}" for word in words)

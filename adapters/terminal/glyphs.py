"""The marks of a ballot as a terminal shows and takes them, written once; and text made safe to print."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from commands.model import SKIP_ALL, BallotKind


@dataclass(frozen=True, slots=True)
class Glyph:
    """One mark: its emoji, the names it may be typed by, and the colour it lends to a tool."""

    emoji: str
    names: tuple[str, ...]
    style: str = ""


TOOLS = (
    Glyph("🔵", ("large_blue_circle", "blue_circle"), "#4c8dff"),
    Glyph("🟠", ("large_orange_circle", "orange_circle"), "#f08c2e"),
    Glyph("🟢", ("large_green_circle", "green_circle"), "#2fb457"),
    Glyph("🟣", ("large_purple_circle", "purple_circle"), "#a970f0"),
)
SKIP = Glyph("⏩", ("fast_forward", "skip"))
SHIP = Glyph("🚢", ("ship",))

_TYPED = {name: glyph.emoji for glyph in (*TOOLS, SKIP, SHIP) for name in (glyph.emoji, *glyph.names)}
_TYPED |= {str(option): str(option) for option in range(1, len(TOOLS) + 1)}
_SKIN = re.compile(r":?:skin-tone-[2-6]:?$|[\U0001f3fb-\U0001f3ff]")


def glyph(option: int, *, ship: bool) -> Glyph:
    """The mark of one option of a comparison, or of a single tool's card where `ship` is true."""
    if option == SKIP_ALL:
        return SKIP
    return SHIP if ship else TOOLS[(option - 1) % len(TOOLS)]


def sign(typed: str) -> str | None:
    """What was typed as the one way to write it: an emoji or a digit; None where it is no mark at all."""
    bare = clean(_SKIN.sub("", typed)).strip(":").casefold()
    return _TYPED.get(bare)


def options(kind: BallotKind, tools: int) -> Mapping[str, int]:
    """The option that each sign stands for on a ballot of this kind."""
    if kind is BallotKind.CARD:
        return {SHIP.emoji: 1, "1": 1, SKIP.emoji: SKIP_ALL}
    shown = {mark.emoji: option for option, mark in enumerate(TOOLS[:tools], start=1)}
    return shown | {str(option): option for option in shown.values()} | {SKIP.emoji: SKIP_ALL}


_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_SPACES = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))


def clean(text: str) -> str:
    """The text as one line that a terminal only prints.

    Escape sequences, control characters, marks that turn the writing direction or have no width, and
    emoji variation selectors (whose width terminals disagree about) are dropped; line breaks become spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_printed, _ESCAPES.sub("", text)))


def _printed(char: str) -> str:
    if char in _SPACES:
        return " "
    category = unicodedata.category(char)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in ("Cc", "Cf") or char in _SELECTORS else char

"""The reactions that are options of a ballot, by the emoji Discord knows them under."""

from typing import NamedTuple

from commands.model import SKIP_ALL, BallotKind


class Sign(NamedTuple):
    """What a reaction says: its option, and the kind of ballot it belongs to, None for either."""

    option: int
    kind: BallotKind | None


CIRCLES = ("🔵", "🟠", "🟢", "🟣")
SQUARES = ("🟦", "🟧", "🟩", "🟪")
"""The same colours for a bar."""

SKIP = "⏩"
SHIP = "🚢"

SELECTORS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"
"""What may follow an emoji to say how it is drawn; it is the same emoji."""

_SIGNS = {emoji: Sign(option, BallotKind.COMPARISON) for option, emoji in enumerate(CIRCLES, start=1)}
_SIGNS |= {SHIP: Sign(1, BallotKind.CARD), SKIP: Sign(SKIP_ALL, None)}


def emoji(option: int, *, ship: bool) -> str:
    """The reaction of one option of a comparison, or of a single tool's card where `ship` is true."""
    if option == SKIP_ALL:
        return SKIP
    return SHIP if ship else circle(option - 1)


def circle(color: int) -> str:
    """The emoji of a tool's colour."""
    return CIRCLES[color % len(CIRCLES)]


def read(reaction: str) -> Sign | None:
    """What a reaction with this emoji says; None for one that is no option of any ballot."""
    return _SIGNS.get(reaction.rstrip(SELECTORS))


def seeds(kind: BallotKind, tools: int) -> tuple[str, ...]:
    """The reactions to put on a new ballot, in the order they are shown."""
    ship = kind is BallotKind.CARD
    return (*(emoji(option, ship=ship) for option in range(1, tools + 1)), SKIP)

"""The reactions that are options of a ballot, by the names Slack knows them under."""

import re
from typing import NamedTuple

from commands.model import SKIP_ALL, BallotKind


class Sign(NamedTuple):
    """What a reaction says: its option, and the kind of ballot it belongs to, None for either."""

    option: int
    kind: BallotKind | None


CIRCLES = ("large_blue_circle", "large_orange_circle", "large_green_circle", "large_purple_circle")
SQUARES = ("large_blue_square", "large_orange_square", "large_green_square", "large_purple_square")
"""The same colours for a bar."""

SKIP = "fast_forward"
SHIP = "ship"

ALIASES = {name.removeprefix("large_"): name for name in CIRCLES} | {"black_right_pointing_double_triangle": SKIP}
"""Other names of the same emoji."""

_SIGNS = {name: Sign(option, BallotKind.COMPARISON) for option, name in enumerate(CIRCLES, start=1)}
_SIGNS |= {SHIP: Sign(1, BallotKind.CARD), SKIP: Sign(SKIP_ALL, None)}
_SIGNS |= {alias: _SIGNS[name] for alias, name in ALIASES.items()}
_SKIN = re.compile(r"::skin-tone-[2-6]$")


def name(option: int, *, ship: bool) -> str:
    """The reaction of one option of a comparison, or of a single tool's card where `ship` is true."""
    if option == SKIP_ALL:
        return SKIP
    return SHIP if ship else CIRCLES[option - 1]


def read(reaction: str) -> Sign | None:
    """What a reaction of this name says; None for one that is no option of any ballot."""
    return _SIGNS.get(_SKIN.sub("", reaction))


def seeds(kind: BallotKind, tools: int) -> tuple[str, ...]:
    """The reactions to put on a new ballot, in the order they are shown."""
    ship = kind is BallotKind.CARD
    return (*(name(option, ship=ship) for option in range(1, tools + 1)), SKIP)

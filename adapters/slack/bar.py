"""Meters as rows of coloured squares."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from adapters.slack import signs
from adapters.slack.mrkdwn import Emoji, Look, Pieces, Words, pieces
from adapters.squares import share
from commands.reply import Meter, ToolSpan, text

SQUARES = 10
"""Up to so many people each is a square; more are divided over so many."""

GAP: Pieces = (Words("  "),)
NEUTRAL = ("white_large_square", "black_large_square")
"""Stretches that belong to no tool, in order."""


def bars(meters: Sequence[Meter], look: Look) -> list[Pieces]:
    """Meters as lines, each with its label; several of one label stand below it."""
    lines: list[Pieces] = []
    for label, alike in groupby(meters, key=lambda meter: meter.label):
        named, drawn = pieces(text(label), look, bold=True), [_bar(meter, look) for meter in alike]
        lines += [(*named, *GAP, *drawn[0])] if len(drawn) == 1 else [named, *drawn]
    return lines


def _bar(meter: Meter, look: Look) -> Pieces:
    """The squares, and the caption, which says all that they show."""
    neutral = iter(NEUTRAL * len(meter.parts))
    squares: list[Emoji] = []
    for part, number in zip(meter.parts, share([part.count for part in meter.parts], SQUARES), strict=True):
        name = next(neutral) if part.color is None else signs.SQUARES[part.color % len(signs.SQUARES)]
        squares += [Emoji(name)] * number
    caption = (replace(span, strong=False) if isinstance(span, ToolSpan) else span for span in meter.caption)
    return (*squares, *(GAP if squares else ()), *pieces(tuple(caption), look))

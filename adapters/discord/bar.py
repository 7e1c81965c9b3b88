"""Meters as rows of coloured squares."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle

from adapters.discord import signs
from adapters.discord.markdown import Look, Shown, cut, emoji, pieces
from adapters.squares import share
from commands.reply import Line, Meter, Span, ToolSpan

SQUARES = 8
"""Up to so many people each is a square; more are divided over so many. A phone shows them in one row."""

NEUTRAL = ("⬜", "🟫")
"""Stretches that belong to no tool, in order; seen on a light ground and on a dark one."""

SHORT_NAME = 30
"""Characters of a name that stands in full nearby."""


def bars(meters: Sequence[Meter], look: Look, *, short: bool = False) -> list[Shown]:
    """Meters one below the other, each above its caption, which says all that its squares show.

    Where tools stand with their full names nearby, `short` cuts them here, and so do several meters.
    """
    short = short or len(meters) > 1
    return [
        shown
        for meter in meters
        for shown in (*_squares(meter), Shown(pieces(_named(meter.caption, short=short), look)))
    ]


def captions(meters: Sequence[Meter], look: Look) -> list[Shown]:
    """Meters by their captions alone, with short names."""
    return [Shown(pieces(_named(meter.caption, short=True), look)) for meter in meters]


def _squares(meter: Meter) -> list[Shown]:
    neutral = cycle(NEUTRAL)
    counts = share([part.count for part in meter.parts], SQUARES)
    squares = "".join(_square(part.color, neutral) * count for part, count in zip(meter.parts, counts, strict=True))
    return [Shown((emoji(squares),))] if squares else []


def _square(color: int | None, neutral: Iterator[str]) -> str:
    return next(neutral) if color is None else signs.SQUARES[color % len(signs.SQUARES)]


def _named(caption: Line, *, short: bool) -> Line:
    """The caption with its tools in plain type, and cut where they are said in full elsewhere."""
    return tuple(_plainly(span, short=short) for span in caption)


def _plainly(span: Span, *, short: bool) -> Span:
    if not isinstance(span, ToolSpan):
        return span
    return replace(span, strong=False, label=cut(span.label, SHORT_NAME) if short else span.label)

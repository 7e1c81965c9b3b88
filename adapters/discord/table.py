"""Facts side by side: a column for each tool, and the seats' scores in type of one width."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from adapters.discord.markdown import (
    BLANK,
    DASH,
    SMALL,
    Look,
    Mark,
    Pieces,
    Shown,
    Words,
    literal,
    pieces,
    plain,
    unlinked,
)
from adapters.discord.signs import circle
from commands.model import Seat
from commands.reply import Cell, Row, Table, ToolSpan, text

IN_ONE_ROW = 3
"""Columns that Discord sets side by side; four tools are set two by two."""

WIDEST = 31
GAP = 1
"""Cells of a line between fences, which a phone shows without folding it, and of what parts its columns."""

LONGEST_SEAT = 12
INFERRED, ASIDE = " (inferred)", "*"
EXPLAINED = "* inferred"
SCORES = "Reviewers"
FENCE = "```"
MISSING = Cell(text(DASH))

DRAWN = 2_000
"""Blocks of scores that are kept: no vote moves them, and a comparison is drawn again after every vote."""

SEATS = frozenset(seat.value for seat in Seat)


@dataclass(slots=True)
class Field:
    """A part of an embed with a name of its own; those that are `inline` stand side by side."""

    name: Pieces
    lines: list[Shown] = field(default_factory=list)
    inline: bool = False


def fields(table: Table, look: Look) -> Iterator[Field]:
    """The facts as fields of an embed: tools side by side, and below them what each seat says."""
    facts, seats = _parted(table)
    for columns in _groups(table.columns):
        if len(columns) > 1:
            yield from (
                Field(_head(table.columns[place], look), _column(facts, place, look), True) for place in columns
            )
        else:
            yield from (_fact(row, columns[0], look) for row in facts)
        if block := scores(seats, tuple([(place, table.columns[place]) for place in columns]), look):
            yield Field((Words(SCORES),), [block])


def lines(table: Table, look: Look) -> Iterator[Shown]:
    """The same facts as lines of a message without embeds."""
    facts, seats = _parted(table)
    for place, column in enumerate(table.columns):
        if len(table.columns) > 1:
            yield Shown(pieces((column,), look))
        said = [(Words(f"{row.label}: "), *_cell(row, place, look)) for row in facts]
        yield from (Shown(cell, SMALL) for cell in said)
    if block := scores(seats, tuple(enumerate(table.columns)), look):
        yield block


def _parted(table: Table) -> tuple[list[Row], tuple[Row, ...]]:
    """The rows of facts, and those of seats."""
    return (
        [row for row in table.rows if row.label not in SEATS],
        tuple([row for row in table.rows if row.label in SEATS]),
    )


def _groups(columns: Sequence[ToolSpan]) -> list[list[int]]:
    """The places of the columns, as many together as stand in one row."""
    step = IN_ONE_ROW if len(columns) <= IN_ONE_ROW else 2
    places = list(range(len(columns)))
    return [places[start : start + step] for start in range(0, len(places), step)]


def _head(column: ToolSpan, look: Look) -> Pieces:
    return unlinked(pieces((replace(column, strong=False),), look))


def _column(rows: Sequence[Row], place: int, look: Look) -> list[Shown]:
    """One tool's facts, each below its label."""
    return [shown for row in rows for shown in (Shown((Words(row.label),), SMALL), Shown(_cell(row, place, look)))] or [
        Shown((Words(DASH),))
    ]


def _fact(row: Row, place: int, look: Look) -> Field:
    """One fact of the only tool."""
    return Field((Words(row.label or BLANK),), [Shown(_cell(row, place, look))], True)


def _cell(row: Row, place: int, look: Look) -> Pieces:
    cell = row.cells[place] if place < len(row.cells) else MISSING
    shown = pieces(cell.line, look, bold=cell.better)
    return shown if plain(shown) else (Words(DASH),)


@lru_cache(DRAWN)
def scores(rows: tuple[Row, ...], columns: tuple[tuple[int, ToolSpan], ...], look: Look) -> Shown | None:
    """What each seat says, as columns of one width below the tools' circles; None where no seat says anything."""
    if not rows or not columns:
        return None
    seats = [_clipped(row.label, LONGEST_SEAT) for row in rows]
    cells = [[_said(row, place, look) for row in rows] for place, _ in columns]
    if len(columns) > 1:
        cells = [[cell.replace(INFERRED, ASIDE) for cell in column] for column in cells]
        cells = [[_head_of(tool), *column] for (_, tool), column in zip(columns, cells, strict=True)]
        seats = ["", *seats]
    blocks = [_grid([seats, *some]) for some in _abreast(max(map(width, seats)), cells)]
    inferred = any(cell.endswith(ASIDE) for column in cells for cell in column)
    drawn = "\n\n".join(blocks) + (f"\n{EXPLAINED}" if inferred else "")
    return Shown((Mark(f"{FENCE}\n{drawn}\n{FENCE}", drawn),))


def _head_of(tool: ToolSpan) -> str:
    return circle(tool.color) if tool.color is not None else _clipped(literal(tool.label), LONGEST_SEAT)


def _said(row: Row, place: int, look: Look) -> str:
    return plain(_cell(row, place, look))


def _abreast(left: int, columns: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    """The columns, as many together as fit beside the seats; one that is too wide by itself is cut."""
    room = WIDEST - left
    held: list[list[str]] = []
    for column in columns:
        cut = [_clipped(cell, room - GAP) for cell in column]
        if held and sum(GAP + max(map(width, each)) for each in [*held, cut]) > room:
            yield held
            held = []
        held.append(cut)
    if held:
        yield held


def _grid(columns: Sequence[Sequence[str]]) -> str:
    widths = [max(map(width, column)) for column in columns]
    rows = zip(*columns, strict=True)
    gap = " " * GAP
    return "\n".join(
        gap.join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def width(text_: str) -> int:
    """How many cells of one width a text takes: two for wide characters and emoji, none for marks on others."""
    return sum(map(_cells, text_))


@lru_cache(1_024)
def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _clipped(text_: str, most: int) -> str:
    """The text in at most so many cells."""
    text_ = literal(text_)
    if width(text_) <= most:
        return text_
    kept, cells = 0, 0
    for place, character in enumerate(text_):
        cells += _cells(character)
        if cells > most:
            break
        if cells < most:
            kept = place + 1
    return f"{text_[:kept].rstrip()}…"

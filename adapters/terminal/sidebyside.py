"""Tools side by side, or one below the other where the terminal is too narrow to keep words whole."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as RichText

from adapters.terminal.spans import Look, inline, words
from commands.reply import Cell, Table

GAP = 2
NARROW = 72
"""Below this width no more than two tools stand side by side."""

WIDEST = 56
"""A column is no wider than this, so that figures of one row stay near each other."""


def side_by_side(table: Table, look: Look) -> RenderableType:
    """A table of tools, in columns where every word fits, else tool by tool."""
    heads = [inline((column,), look) for column in table.columns]
    labels = [words(row.label, "dim") for row in table.rows]
    cells = [[_cell(row.cells, place, look) for place in range(len(heads))] for row in table.rows]
    columns = [[head, *(row[place] for row in cells)] for place, head in enumerate(heads)]
    left = max((cell_len(label.plain) for label in labels), default=0)
    widths = fair([min(WIDEST, max(map(_length, column))) for column in columns], look.width - left - GAP * len(heads))
    whole = all(width >= max(map(_longest_word, column)) for width, column in zip(widths, columns, strict=True))
    if not whole or (look.width < NARROW and len(heads) > 2):
        return _one_by_one(heads, labels, cells)
    return _grid(heads, labels, cells, (left, *widths), "─" if look.colour else "-")


def fair(wanted: Sequence[int], room: int) -> list[int]:
    """Divide the room: nobody gets more than wanted, and what some leave over goes to the rest in equal parts."""
    widths = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    for done, place in enumerate(order):
        widths[place] = max(0, min(wanted[place], room // (len(wanted) - done)))
        room -= widths[place]
    return widths


def _grid(
    heads: list[RichText], labels: list[RichText], cells: list[list[RichText]], widths: Sequence[int], stroke: str
) -> RenderableType:
    grid = Grid.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for width in widths:
        grid.add_column(width=width, overflow="fold")
    grid.add_row(words(""), *heads)
    grid.add_row(*(words(stroke * width, "dim") for width in widths))
    for label, row in zip(labels, cells, strict=True):
        grid.add_row(label, *(_at_dots(cell, width) for cell, width in zip(row, widths[1:], strict=True)))
    return grid


def _one_by_one(heads: list[RichText], labels: list[RichText], cells: list[list[RichText]]) -> RenderableType:
    parts: list[RenderableType] = []
    for place, head in enumerate(heads):
        if place:
            parts.append(words(""))
        grid = Grid.grid(padding=(0, GAP, 0, 0), pad_edge=False)
        grid.add_column(overflow="fold")
        grid.add_column(overflow="fold")
        for label, row in zip(labels, cells, strict=True):
            grid.add_row(label, row[place])
        parts += [head, Padding(grid, (0, 0, 0, 3))]
    return Group(*parts)


def _at_dots(text: RichText, width: int) -> RichText:
    """Figures too long for one line ("Ship · 4 ship / 0 skip · 100%") broken at their dots where that is enough."""
    parts = list(text.split(" · ")) if _length(text) > width else []
    if not parts or max(map(_length, parts)) > width:
        return text
    folded = parts[0]
    line = _length(folded)
    for part in parts[1:]:
        fits = line + len(" · ") + _length(part) <= width
        folded = RichText(" · " if fits else "\n", overflow="fold").join((folded, part))
        line = line + len(" · ") + _length(part) if fits else _length(part)
    return folded


def _cell(cells: Sequence[Cell], place: int, look: Look) -> RichText:
    if place >= len(cells):
        return words("")
    return inline(cells[place].line, look, "bold" if cells[place].better else "")


def _length(text: RichText) -> int:
    return cell_len(text.plain)


def _longest_word(text: RichText) -> int:
    return max(map(cell_len, text.plain.split()), default=0)

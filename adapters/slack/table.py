"""Facts side by side: a table where Slack takes one, else fields that name each tool by its colour."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from adapters.slack.mrkdwn import (
    DASH,
    Element,
    Look,
    Pieces,
    Words,
    fitted,
    mrkdwn,
    mrkdwn_text,
    pieces,
    plain_text,
    rich,
)
from commands.reply import Cell, Row, Table, ToolSpan, text

MOST_ROWS = 100
MOST_COLUMNS = 20
MOST_CHARACTERS = 10_000
"""What Slack takes in one table, all cells together."""

MOST_FIELDS = 10
LONGEST_FIELD = 2_000
LONGEST_NAMES = 3_000

COUNTED = frozenset({"text", "name", "fallback", "channel_id"})
MISSING = Cell(text(DASH))


def table(block: Table, look: Look) -> Element | None:
    """The facts as a table block, a column for each tool; None for one that Slack would not take."""
    if not block.columns or len(block.rows) >= MOST_ROWS or len(block.columns) >= MOST_COLUMNS:
        return None
    rows = [[_raw(" "), *(_cell(pieces((column,), look)) for column in block.columns)]]
    rows += [
        [_raw(row.label), *(_cell(pieces(cell.line, look, bold=cell.better)) for cell in _cells(row, block.columns))]
        for row in block.rows
    ]
    if sum(map(_length, (cell for row in rows for cell in row))) > MOST_CHARACTERS:
        return None
    wrapped = [{"is_wrapped": False}, *({"is_wrapped": True} for _ in block.columns)]
    return {"type": "table", "column_settings": wrapped, "rows": rows}


def fields(block: Table, look: Look) -> list[Element]:
    """The facts as sections of fields, one field for each fact with a line for each tool in its colour."""
    drawn: list[Element] = []
    if len(block.columns) > 1:
        names = " · ".join(mrkdwn(pieces((column,), look)) for column in block.columns)
        if len(names) > LONGEST_NAMES:
            share = LONGEST_NAMES // len(block.columns) - 3
            names = " · ".join(fitted(pieces((column,), look), share) for column in block.columns)
        if names.strip():
            drawn.append({"type": "section", "text": mrkdwn_text(names)})
    facts = [_field(row, block.columns, look) for row in block.rows]
    parts = (facts[start : start + MOST_FIELDS] for start in range(0, len(facts), MOST_FIELDS))
    return [*drawn, *({"type": "section", "fields": part} for part in parts)]


def _field(row: Row, columns: Sequence[ToolSpan], look: Look) -> Element:
    """One fact: its label, and what each tool has to say to it."""
    lines = [fitted(pieces(text(row.label), look, bold=True), LONGEST_FIELD // 10)]
    share = (LONGEST_FIELD - LONGEST_FIELD // 10) // max(1, len(columns)) - 1
    for column, cell in zip(columns, _cells(row, columns), strict=True):
        mark: Pieces = () if column.color is None else pieces((ToolSpan("", column.color, strong=False),), look)
        fact = pieces(cell.line, look, bold=cell.better)
        lines.append(fitted((*mark, *(fact if mrkdwn(fact) else (Words(DASH),))), share))
    return mrkdwn_text("\n".join(lines).strip() or DASH)


def _cells(row: Row, columns: Sequence[ToolSpan]) -> Iterable[Cell]:
    return (cell or MISSING for _, cell in zip_longest(columns, row.cells[: len(columns)]))


def _raw(label: str) -> Element:
    return {"type": "raw_text", "text": plain_text(label, LONGEST_FIELD)["text"] if label.strip() else " "}


def _cell(shown: Pieces) -> Element:
    elements = rich(shown)
    if not elements:
        return _raw(DASH)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _length(cell: Element) -> int:
    """The characters of a cell, and of the names of what is not written in characters."""
    if cell["type"] == "raw_text":
        return len(cell["text"])
    [section] = cell["elements"]
    return sum(len(str(value)) for element in section["elements"] for key, value in element.items() if key in COUNTED)

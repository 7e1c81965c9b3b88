"""Reading a catalogue written as a table: one row a tool, the columns named in the first row."""

import csv
import difflib
from collections.abc import Iterator, Sequence

from bot.catalogue.stream import Item, Loc, Mistake, TextFile, Unreadable, shown_name
from commands.model import Seat

_SOURCE = ("origin", "as_of", "saved")
_LISTS = ("words", "former_slugs")
_FIELDS = (
    *("slug", "name", "qualifier", "maker", "category", "entry", "pricing", "licence", "sizes", "tagline"),
    *("best_for", "best_for_basis", "description", *_LISTS),
)

COLUMNS: dict[str, Loc] = {
    **{name: (name,) for name in _FIELDS},
    **{name: ("source", name) for name in _SOURCE},
    **{
        f"{seat.lower()}_{name}": ("reviews", seat.value, name)
        for seat in Seat
        for name in ("verdict", "basis", "score", "words", "wording")
    },
    **{f"{seat.lower()}_{name}": ("reviews", seat.value, "source", name) for seat in Seat for name in _SOURCE},
}
"""Every column a table may have, and the field it fills."""

_NAMES: dict[Loc, str] = {
    **{loc: name for name, loc in COLUMNS.items()},
    ("source",): "origin",
    **{("reviews", seat.value): f"{seat.lower()}_verdict" for seat in Seat},
    **{("reviews", seat.value, "source"): f"{seat.lower()}_origin" for seat in Seat},
}

LIST_SEPARATOR = ";"
"""Stands between the words, and between the former slugs, in one cell."""


def read_csv(text: TextFile) -> Iterator[Item | Mistake]:
    """Yield the tools of a CSV file; raises `Unreadable` where it is not one."""
    rows = _rows(text)
    header: list[str] | None = None
    for row in rows:
        if isinstance(row, Mistake):
            yield row
        elif header is None:
            header = [name.strip() for name in row[1]]
            yield from _mistakes_of_header(header, row[0])
        else:
            yield from _tool(header, *row)


def _rows(text: TextFile) -> Iterator[tuple[int, list[str]] | Mistake]:
    """The rows that are not blank, each with the line it begins at."""
    reader = csv.reader(text.lines(), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            told = f'not CSV ({error}), a cell with a quotation mark in it is written "a ""b"" c"'
            if "limit" in str(error) or "unexpected end" in str(error):
                raise Unreadable(line, told) from error
            yield Mistake(line, told)
            continue
        text.rest()
        if any(cell.strip() for cell in row):
            yield line, row


def _mistakes_of_header(header: Sequence[str], line: int) -> Iterator[Mistake]:
    if len(header) == 1 and ";" in header[0]:
        raise Unreadable(line, "the columns are separated by semicolons, separate them by commas")
    for place, name in enumerate(header):
        if name in header[:place]:
            yield Mistake(line, f"the column {shown_name(name)} is given twice, take one out")
        elif name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            hint = f"did you mean {near[0]}?" if near else "the columns are listed in docs/catalogue.md"
            yield Mistake(line, f"{shown_name(name)} is not a column, {hint}")


def _tool(header: Sequence[str], line: int, row: Sequence[str]) -> Iterator[Item | Mistake]:
    if len(row) != len(header):
        yield Mistake(line, f"the row has {len(row)} cells, the header has {len(header)}; look for a stray comma")
        return
    value: dict[str, object] = {}
    for name, cell in zip(header, row, strict=True):
        if name in COLUMNS and cell.strip():
            _put(value, COLUMNS[name], _cell(name, cell))
    yield Item("tools", value, line, dict, _name)


def _cell(name: str, cell: str) -> object:
    return [part for part in cell.split(LIST_SEPARATOR) if part.strip()] if name in _LISTS else cell


def _put(value: dict[str, object], loc: Loc, cell: object) -> None:
    *way, last = loc
    for step in way:
        inner = value.setdefault(str(step), {})
        value = inner if isinstance(inner, dict) else {}
    value[str(last)] = cell


def _name(loc: Loc) -> str:
    """The column of a field, or of what it is part of."""
    while loc and loc not in _NAMES:
        loc = loc[:-1]
    return _NAMES.get(loc, "the row")

"""What the readers of the three file formats share: text read in pieces, and what they find in it."""

import codecs
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal, TypeAlias

CHUNK = 65_536
"""How much of a file is read at a time, in bytes."""

LARGEST = 200_000
"""A tool of more characters than this is a mistake, so that one item never fills the memory."""

DEEPEST = 8
"""Nothing in a catalogue file nests deeper than this."""

Loc: TypeAlias = tuple[str | int, ...]
"""The way to a field within an item, as pydantic gives it: ("reviews", "Builder", "score")."""


class _Unreadable:
    """A value that stood there but could not be taken in."""

    def __repr__(self) -> str:
        return "unreadable"


UNREADABLE: Final = _Unreadable()
"""Stands in an item for what a `Mistake` has already been told of."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at a line (from 1), in words that say what would be right."""

    line: int
    text: str


class Unreadable(Exception):
    """Nothing after this line can be made sense of."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.mistake = Mistake(line, text)


@dataclass(frozen=True, slots=True)
class Item:
    """One tool, or the table of categories, as it stands in a file.

    `lines` finds the line of each field, possibly at some cost, so ask only when there is a mistake to
    tell. `columns` names fields the way a table's header does.
    """

    section: Literal["tools", "categories"]
    value: object
    line: int
    lines: Callable[[], Mapping[Loc, int]]
    columns: Callable[[Loc], str] | None = None

    def line_of(self, loc: Loc) -> int:
        """The line of a field, or of the nearest thing around it that is there."""
        lines = self.lines()
        while loc and loc not in lines:
            loc = loc[:-1]
        return lines.get(loc, self.line)


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class TextFile:
    r"""A file as UTF-8 text with `\n` as its only line end, read in pieces.

    Control characters are noted and read as spaces, so that reading can go on. Raises `Unreadable` for
    another encoding, and when more than a megabyte is read without `rest` being called in between.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")(), translate=True)
        self._line = 1
        self._since = 0
        self._mistakes: list[Mistake] = []

    def read(self, size: int = CHUNK) -> str:
        """Some more text, about `size` bytes of it; empty only at the end."""
        while True:
            piece = self._raw.read(size)
            text = self._decode(piece)
            if text or not piece:
                break
        self._since += len(text)
        if self._since > LARGEST + 16 * CHUNK:
            raise Unreadable(self._line, "a megabyte passes here without the end of one tool, look for an open quote")
        if _CONTROL.search(text):
            text = self._without_control(text)
        self._line += text.count("\n")
        return text

    def lines(self) -> Iterator[str]:
        """Line by line, each with its end."""
        rest = ""
        while piece := self.read():
            *whole, rest = (rest + piece).split("\n")
            for line in whole:
                yield line + "\n"
        if rest:
            yield rest

    def rest(self) -> None:
        """Say that an item has come to its end."""
        self._since = 0

    def mistakes(self) -> list[Mistake]:
        """What was wrong in the text read since this was last asked."""
        found, self._mistakes = self._mistakes, []
        return found

    def _decode(self, piece: bytes) -> str:
        if self._line == 1 and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable(1, "the file is UTF-16, save it as UTF-8")
        try:
            return self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line = self._line + error.object[: error.start].count(b"\n")
            byte = error.object[error.start]
            raise Unreadable(line, f"byte {byte:#04x} is not UTF-8, save the file as UTF-8") from error

    def _without_control(self, text: str) -> str:
        for line, words in enumerate(text.split("\n"), start=self._line):
            if found := _CONTROL.search(words):
                what = f"control character U+{ord(found.group()):04X}"
                self._mistakes.append(Mistake(line, f"the line holds {what}, take it out"))
        return _CONTROL.sub(" ", text)


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

SHOWN = 40
"""So many characters of a wrong value are shown."""


def shown(value: object) -> str:
    """A value as it can safely be printed: short, and without anything that a terminal would obey."""
    if isinstance(value, str):
        short = value if len(value) <= SHOWN else value[:SHOWN] + "…"
        plain = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)
        return plain if _NUMBER.fullmatch(plain) else f'"{plain}"'
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    if value is None:
        return "empty"
    return "a list" if isinstance(value, (list, tuple)) else "a table of fields"


def shown_name(name: object) -> str:
    """The name of a field, which may be anybody's invention, as it can safely be printed."""
    text = str(name)
    return text if text.isidentifier() and text.isascii() and len(text) <= SHOWN else shown(text)

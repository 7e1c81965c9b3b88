"""Reading a catalogue written in JSON, one tool at a time: the standard decoder on a window of the text."""

import json
import re
from collections.abc import Iterator, Mapping

from bot.catalogue.stream import DEEPEST, LARGEST, UNREADABLE, Item, Loc, Mistake, TextFile, Unreadable, shown_name

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = json.JSONDecoder()


def read_json(text: TextFile) -> Iterator[Item | Mistake]:
    """Yield the tools and categories of a JSON file; raises `Unreadable` where it is not JSON."""
    window = _Window(text)
    match window.peek():
        case "":
            return
        case "[":
            yield from _tools(window)
        case "{":
            yield from _sections(window)
        case _:
            raise Unreadable(window.line, 'a catalogue is a list of tools, or has the list under "tools"')
    if window.peek():
        raise Unreadable(window.line, "the catalogue has ended before this, take the rest out")


class _Window:
    """The part of the text that is being read, and how to take values off its front."""

    def __init__(self, text: TextFile) -> None:
        self.line = 1
        self.twice = False
        self._text = text
        self._held = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=lambda digits: int(digits) if len(digits) < 20 else float(digits),
            parse_constant=lambda name: name,
        )

    def peek(self) -> str:
        """The next character that is not white space, or nothing at the end; `line` becomes its line."""
        while True:
            found = _SPACE.match(self._held, self._at)
            self._advance(found.end() if found else self._at)
            if self._at < len(self._held) or not self._more():
                return self._held[self._at : self._at + 1]

    def expect(self, character: str, told: str) -> None:
        """Take this character."""
        if self.peek() != character:
            raise Unreadable(self.line, f"not JSON, {told} should stand here")
        self._advance(self._at + 1)

    def value(self) -> tuple[object, str]:
        """Take a value, and the text it was read from. `twice` tells whether a key in it came twice."""
        self._text.rest()
        self.twice = False
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if len(self._held) - self._at <= LARGEST and self._more():
                    continue
                line = self.line + self._held.count("\n", self._at, error.pos)
                if self._ended:
                    raise Unreadable(line, f"not JSON ({error.msg}), mend it from here") from error
                raise Unreadable(line, f"not JSON ({error.msg}), or larger than {LARGEST:,} characters") from error
            except RecursionError as error:
                raise Unreadable(self.line, "this is nested too deeply for a catalogue") from error
            if end < len(self._held) or not self._more():
                text = self._held[self._at : end]
                self._advance(end)
                return value, text

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        values = dict(pairs)
        self.twice = self.twice or len(values) < len(pairs)
        return values

    def _advance(self, to: int) -> None:
        self.line += self._held.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        piece = "" if self._ended else self._text.read()
        self._ended = not piece
        self._held, self._at = self._held[self._at :] + piece, 0
        return bool(piece)


def _sections(window: _Window) -> Iterator[Item | Mistake]:
    """The entries of a top-level object."""
    window.expect("{", "{")
    seen: dict[object, int] = {}
    while window.peek() != "}":
        if seen:
            window.expect(",", "a comma or }")
            window.peek()
        line = window.line
        name, _ = window.value()
        if not isinstance(name, str):
            raise Unreadable(line, "not JSON, a name in quotation marks should stand here")
        window.expect(":", "a colon")
        opening = window.peek()
        if name in seen:
            yield Mistake(line, f"{shown_name(name)} is given twice, the first is at line {seen[name]}")
            window.value()
        elif name == "tools" and opening == "[":
            yield from _tools(window)
        elif name == "tools":
            yield Mistake(line, "tools is not a list, put the tools between [ and ]")
            window.value()
        elif name == "categories":
            yield from _item(window, "categories")
        else:
            yield Mistake(line, "only categories and tools stand at the top of a catalogue, take this out")
            window.value()
        seen[name] = line
    window.expect("}", "}")


def _tools(window: _Window) -> Iterator[Item | Mistake]:
    window.expect("[", "[")
    first = True
    while window.peek() != "]":
        if not first:
            window.expect(",", "a comma or ]")
            window.peek()
        first = False
        yield from _item(window, "tools")
    window.expect("]", "]")


def _item(window: _Window, section: str) -> Iterator[Item | Mistake]:
    line = window.line
    value, text = window.value()
    if len(text) > LARGEST:
        yield Mistake(line, f"this is larger than {LARGEST:,} characters, shorten it")
        value = UNREADABLE
    elif window.twice:
        yield from _twice(text, line)

    def lines() -> Mapping[Loc, int]:
        return {loc: line + text.count("\n", 0, place) for loc, place in _places(text)}

    yield Item("tools" if section == "tools" else "categories", value, line, lines)


def _twice(text: str, line: int) -> Iterator[Mistake]:
    first: dict[Loc, int] = {}
    for loc, place in _places(text):
        at = line + text.count("\n", 0, place)
        if loc in first:
            yield Mistake(at, f"{shown_name(loc[-1])} is given twice, the first is at line {first[loc]}")
        first.setdefault(loc, at)


def _places(text: str) -> list[tuple[Loc, int]]:
    """Where in the text of one value each of its fields begins. The decoder does not tell, so look again."""
    found: list[tuple[Loc, int]] = []
    _walk(text, 0, (), found)
    return found


def _walk(text: str, at: int, loc: Loc, found: list[tuple[Loc, int]]) -> int:
    """Note the places of everything in the value that begins here; where it ends."""
    opening = text[at]
    if opening not in "[{" or len(loc) >= DEEPEST:
        return _PLAIN.raw_decode(text, at)[1]
    at = _skip(text, at + 1)
    count = 0
    while text[at] not in "]}":
        if text[at] == ",":
            at = _skip(text, at + 1)
        key: str | int = count
        begin = at
        if opening == "{":
            key, at = _PLAIN.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        found.append(((*loc, key), begin))
        at = _skip(text, _walk(text, at, (*loc, key), found))
        count += 1
    return at + 1


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at

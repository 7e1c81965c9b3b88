"""What people type, made safe and taken apart: one line into the names that stand in it."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from commands.errors import CommandError
from commands.naming import MOST_TYPED, Ambiguous, Exact, Found, Match, Near, Resolver, Unknown, fold, normal

BLANKS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Characters that count as letters or symbols and are seen as nothing."""


def clean(text: str) -> str:
    """What was typed, on one line, without what cannot be seen or would turn, hide or control other text.

    Cleaning twice is the same as cleaning once.
    """
    if not (text.isascii() and text.isprintable()):
        visible = "".join(map(_seen, text))
        # Normalising can bring forth blanks of its own.
        text = "".join(map(_seen, unicodedata.normalize("NFKC", visible)))
    return " ".join(text.split())


def _seen(character: str) -> str:
    """The character, nothing for one without width, a space for one that cannot be shown."""
    category = unicodedata.category(character)
    if category == "Cf" or character == "\u034f":
        return ""
    if category in {"Cc", "Co", "Cs", "Zl", "Zp", "Zs"} or character in BLANKS or _noncharacter(ord(character)):
        return " "
    return character


def _noncharacter(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def shown(text: str, most: int = 60) -> str:
    """What was typed, clean and cut after a word to at most so many characters, for saying it back."""
    text = clean(text)
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    whole, space, _ = cut.rpartition(" ")
    return f"{(whole if space and not text[most - 1].isspace() else cut).rstrip()}…"


@dataclass(frozen=True, slots=True)
class Segment:
    """One name as it was typed, and what it means."""

    words: str
    found: Found


EXAMPLE = "For example: mistral code vs mistral 8x22b"

MOST_WORDS = 32
"""More words than this without anything between the names are refused: there are too many ways to part them."""

MOST_NAMES = 16
"""More names than this are refused unread; how many can be compared is for the command to say."""

LONGEST_NAME = 16
"""The words of one name among several that nothing parts, and the pieces that one name is put together from."""


def split(text: str, resolve: Resolver) -> list[Segment]:
    """The names in one line, in order, each with what it means.

    Names are parted by "vs", "versus", "v", "or", a comma or a bar; quotes keep one together, and so does
    being the full name of a tool. Where nothing parts them, the surest way to read the line is taken. May
    well give one name, or more than can be compared. Raises `CommandError` for a line that is too long, and
    where there is no name beside a separator.
    """
    line = re.sub(r"^/compare\b ?", "", clean(text))
    if not line:
        raise CommandError(f"Name two to four tools. {EXAMPLE}")
    if len(line) > MOST_TYPED:
        raise CommandError(f"That is {len(line)} characters; a comparison can be {MOST_TYPED} long. {EXAMPLE}")
    parts = list(_parts(line))
    if all(part.kind is Is.WORD for part in parts):
        return _unparted(line, parts, resolve)
    return _parted(line, parts, resolve)


class Is(Enum):
    """What a part of a line is. A MARK is a comma or a bar, a BREAK a separating word."""

    WORD = auto()
    QUOTED = auto()
    MARK = auto()
    BREAK = auto()
    NAME = auto()


class Part(NamedTuple):
    """A word, a quoted name, a separator, or words put together; and where it stands in the line."""

    kind: Is
    start: int
    end: int
    text: str

    @property
    def parts_names(self) -> bool:
        """Whether it stands between names."""
        return self.kind in {Is.MARK, Is.BREAK}


QUOTES = (
    ('"', '"'),
    ("'", "'"),
    ("\u201c", "\u201d"),
    ("\u2018", "\u2019"),
    ("\u00ab", "\u00bb"),
    ("\u201e", "\u201c"),
    ("\u201d", "\u201d"),
    ("\u2019", "\u2019"),
)
"""How names are quoted: straight, and curly in the ways of several countries and of careless phones."""

QUOTED = "|".join(f"{opening}(?P<q{place}>[^{closing}]*){closing}" for place, (opening, closing) in enumerate(QUOTES))
PART = re.compile(rf"(?<![^\s,|])(?:{QUOTED})(?=[\s,|]|$)|(?P<mark>[,|])|(?P<word>[^\s,|]+)")
BREAKS = frozenset({"vs", "vs.", "versus", "v", "v.", "or"})


def _parts(line: str) -> Iterator[Part]:
    for found in PART.finditer(line):
        kind, text = Is.QUOTED, found[found.lastgroup or 0].strip()
        if found.lastgroup == "mark":
            kind = Is.MARK
        elif found.lastgroup == "word":
            kind = Is.BREAK if text.casefold() in BREAKS else Is.WORD
        yield Part(kind, found.start(), found.end(), text)


def _parted(line: str, parts: Sequence[Part], resolve: Resolver) -> list[Segment]:
    """The names between separators; should that fail, those of a line whose separators all belong to names."""
    names, problem = _between(_whole_names(line, _runs(line, parts), resolve))
    if len(names) > MOST_NAMES:
        raise CommandError(f"That is {len(names)} names; a comparison takes two to four tools. {EXAMPLE}")
    segments = [Segment(name, resolve(name)) for name in names] if not problem else []
    if segments and all(isinstance(segment.found, Exact | Ambiguous) for segment in segments):
        return segments
    if len(parts) <= MOST_WORDS and not any(part.kind is Is.QUOTED for part in parts):
        ways = _Ways(line, parts, resolve)
        if (way := ways.best(gap=False)) and len(way) > 1:
            return [ways.segment(*span) for span in way]
    if problem:
        raise CommandError(problem)
    return segments


def _runs(line: str, parts: Sequence[Part]) -> list[Part]:
    """The parts, with neighbouring words as one."""
    runs: list[Part] = []
    for part in parts:
        if part.kind is Is.WORD and runs and runs[-1].kind is Is.WORD:
            start = runs.pop().start
            runs.append(Part(Is.WORD, start, part.end, line[start : part.end]))
        else:
            runs.append(part)
    return runs


def _whole_names(line: str, runs: Sequence[Part], resolve: Resolver) -> list[Part]:
    """The runs, with those put together again that are a tool's full name, separators and all; longest first."""
    whole: list[Part] = []
    place = 0
    while place < len(runs):
        for end in range(min(len(runs), place + LONGEST_NAME), place + 1, -1):
            among = runs[place:end]
            text = line[among[0].start : among[-1].end]
            if not any(part.kind is Is.QUOTED for part in among) and _is_full_name(text, resolve.called(text)):
                whole.append(Part(Is.NAME, among[0].start, among[-1].end, text))
                place = end
                break
        else:
            whole.append(runs[place])
            place += 1
    return whole


def _is_full_name(text: str, found: Exact | Ambiguous | None) -> bool:
    """Whether the text is all of a name, with its commas and bars and not only its words."""
    if found is None:
        return False
    if isinstance(found, Exact):
        return literal(found.matched) == literal(text)
    called = (each for tool in found.tools for each in (tool.name, tool.label, *tool.words))
    return literal(text) in map(literal, called)


def literal(text: str) -> str:
    """The words of a text with the commas and bars among them."""
    return " ".join(re.sub(r"([,|])|[\W_]", r" \1 ", fold(text)).split())


def _between(parts: Sequence[Part]) -> tuple[list[str], str]:
    """The names between separators, and what is wrong with the line if one is missing.

    A comma too many is nobody's mistake worth stopping for ("a, b, or c"); a word with no name beside it is.
    """
    names: list[str] = []
    breaks: list[str] = []
    for part in parts:
        if part.kind is Is.BREAK:
            breaks.append(part.text)
        elif part.kind is not Is.MARK:
            if not part.text:
                return names, f"There is nothing between the quotes. Name two to four tools. {EXAMPLE}"
            if len(breaks) > 1:
                return names, f"There is no tool between “{breaks[0]}” and “{breaks[1]}”. {EXAMPLE}"
            if breaks and not names:
                return names, f"There is no tool before “{breaks[0]}”. {EXAMPLE}"
            names.append(part.text)
            breaks.clear()
    if breaks:
        return names, f"There is no tool after “{breaks[0]}”. {EXAMPLE}"
    return names, "" if names else f"Name two to four tools. {EXAMPLE}"


def _unparted(line: str, parts: Sequence[Part], resolve: Resolver) -> list[Segment]:
    """One name if the line is one; else several that stand side by side; else what comes nearest to either."""
    if found := resolve.match(line):
        return [Segment(line, found)]
    if len(parts) > MOST_WORDS:
        raise CommandError(
            f"That is {len(parts)} words with nothing between the names; {MOST_WORDS} can be told apart. "
            f"Put “vs” between them. {EXAMPLE}"
        )
    ways = _Ways(line, parts, resolve)
    if way := ways.best(gap=False):
        return [ways.segment(*span) for span in way]
    whole = resolve.nearest(line)
    way = ways.best(gap=True)
    if way and len(way) > 1:
        segments = [ways.segment(*span) for span in way]
        if _reads_better(segments, whole):
            return segments
    return [Segment(line, whole)]


CLEARLY = 6.0
"""By how much several names with one mistyped must be more like the line than one name mistyped."""

CERTAIN = 90.0
A_NAME = 4
"""So many characters that mean nothing are taken for a name nobody knows, beside one that is known."""


def _reads_better(segments: Sequence[Segment], whole: Near | Unknown) -> bool:
    """Whether a line is rather several names, one of them mistyped or unknown, than one name mistyped."""
    alone = whole.score if isinstance(whole, Near) else 0.0
    for segment in segments:
        if isinstance(segment.found, Unknown):
            others = [each.found for each in segments if each is not segment]
            named = all(isinstance(found, Exact | Ambiguous) and found.by <= Match.ALIAS for found in others)
            return named and len(segment.words) >= A_NAME and alone < CERTAIN
    alike = sum(len(each.words) * (each.found.score if isinstance(each.found, Near) else 100.0) for each in segments)
    return alike / sum(len(each.words) for each in segments) > alone + CLEARLY


EACH_NAME = 4
COST = {
    Match.SLUG: 0,
    Match.NAME: 0,
    Match.QUALIFIED: 0,
    Match.ALIAS: 1,
    Match.WORDS: 2,
    Match.PREFIX: 3,
    Match.CONTAINS: 4,
}
IF_AMBIGUOUS = 8
A_GAP, EACH_WORD_OF_IT = 30, 10

Span = tuple[int, int]


class _Ways:
    """The ways to read a line as names side by side; the surest has the least cost."""

    def __init__(self, line: str, parts: Sequence[Part], resolve: Resolver) -> None:
        self.line = line
        self.parts = parts
        self.resolve = resolve
        self.found: dict[Span, Exact | Ambiguous | None] = {}

    def best(self, *, gap: bool) -> list[Span] | None:
        """The surest way to cover the line with names, one of which may mean nothing if `gap`; None if none does."""
        # The least cost to read up to a place, without and with the one gap, and the names on the way.
        best: dict[tuple[int, bool], tuple[int, list[Span]]] = {(0, False): (0, [])}
        for end in range(1, len(self.parts) + 1):
            for start in range(max(0, end - LONGEST_NAME), end):
                for cost, fills in self._readings(start, end, gap=gap):
                    for gone in (False,) if fills else (False, True):
                        if before := best.get((start, gone)):
                            way = (before[0] + cost, [*before[1], (start, end)])
                            key = (end, gone or fills)
                            if key not in best or way < best[key]:
                                best[key] = way
        last = best.get((len(self.parts), gap))
        return last[1] if last else None

    def _readings(self, start: int, end: int, *, gap: bool) -> Iterator[tuple[int, bool]]:
        if found := self._name(start, end):
            yield EACH_NAME + COST[found.by] + IF_AMBIGUOUS * isinstance(found, Ambiguous), False
        elif gap:
            yield A_GAP + EACH_WORD_OF_IT * (end - start), True

    def _name(self, start: int, end: int) -> Exact | Ambiguous | None:
        """What these words name, if they can stand for a name among others."""
        if (start, end) not in self.found:
            text = self._text(start, end)
            found = self.resolve.match(text)
            if found and not self._stands(text, start, end, found):
                found = None
            self.found[start, end] = found
        return self.found[start, end]

    def _stands(self, text: str, start: int, end: int, found: Exact | Ambiguous) -> bool:
        """A bare figure names nothing, and a separator belongs only to a name that has it."""
        if any(part.parts_names for part in self.parts[start:end]):
            return _is_full_name(text, found)
        words = normal(text)
        return found.by <= Match.WORDS or (len(words) > 1 and any(map(str.isalpha, words)))

    def _text(self, start: int, end: int) -> str:
        return self.line[self.parts[start].start : self.parts[end - 1].end]

    def segment(self, start: int, end: int) -> Segment:
        """These words as a name."""
        text = self._text(start, end)
        return Segment(text, self._name(start, end) or self.resolve.nearest(text))

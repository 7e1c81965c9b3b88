"""Typed words to tools: exact, alias, unique, ambiguous, near, unknown.

A tool is only ever taken as meant when nothing else could be; a typo is suggested, never run.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from heapq import nsmallest
from itertools import islice
from typing import TypeAlias

from commands.errors import CommandError
from commands.model import ToolName
from commands.name_index import Grams, Kind, Phrase, Phrases, Words, fold, normal

__all__ = ["Ambiguous", "Exact", "Found", "Match", "NameIndex", "Near", "Resolver", "Unknown", "fold", "normal"]

MOST_TYPED = 400
"""Longer names than this, in characters, are refused."""

MOST_LISTED = 10
"""How many tools an ambiguous name lists, and how many more it mentions."""

MOST_COMPARED = 100
"""How much of a mistyped name is compared, in characters."""

MOST_NEAR = 5
"""How many tools a mistyped name suggests at most."""

FEW, MOST_ALIKE, BESIDE = 400, 300, 40
"""Up to so many phrases are all compared; of more, so many likely ones, with those beside in the alphabet."""


class Match(IntEnum):
    """How words came to mean a tool, the surest first."""

    SLUG = 0
    NAME = 1
    QUALIFIED = 2
    ALIAS = 3
    WORDS = 4
    PREFIX = 5
    CONTAINS = 6


MATCH_OF = {
    Kind.NAME: Match.NAME,
    Kind.QUALIFIED: Match.QUALIFIED,
    Kind.SLUG: Match.SLUG,
    Kind.WORDS: Match.WORDS,
}


@dataclass(frozen=True, slots=True)
class Exact:
    """One tool is meant and no other. `matched` is what it is called where it was found (name, slug, alias …)."""

    tool: ToolName
    words: str
    by: Match
    matched: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two or more tools could be meant: the likeliest, in order; `total` counts those not listed too.

    `also` are tools whose names go on from the words, where the words are the whole name of `tools`.
    """

    tools: tuple[ToolName, ...]
    words: str
    also: tuple[ToolName, ...]
    by: Match
    total: int


@dataclass(frozen=True, slots=True)
class Near:
    """Nothing is called so, but these are nearly, the nearest first; for suggesting. `score` is 0 to 100."""

    tools: tuple[ToolName, ...]
    words: str
    score: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is called anything like it; the nearest three all the same."""

    nearest: tuple[ToolName, ...]
    words: str


Found: TypeAlias = Exact | Ambiguous | Near | Unknown


TeamWords: TypeAlias = Mapping[str, tuple[str, ToolName]]
"""A team's aliases by their normal words: as they were set, and the tool."""


class Resolver:
    """Turns words into tools for one team; call it with one name."""

    def __init__(self, index: "NameIndex", aliases: TeamWords) -> None:
        self._index = index
        self._aliases = aliases

    def __call__(self, words: str) -> Found:
        """See `NameIndex.resolve`."""
        return self.match(words) or self.nearest(words)

    def match(self, words: str) -> Exact | Ambiguous | None:
        """See `NameIndex.match`."""
        return self._index.match(words, self._aliases)

    def called(self, words: str) -> Exact | Ambiguous | None:
        """See `NameIndex.called`."""
        return self._index.called(words, self._aliases)

    def nearest(self, words: str) -> Near | Unknown:
        """See `NameIndex.nearest`."""
        return self._index.nearest(words, self._aliases)


class NameIndex:
    """Looks up tools by what people type. Made at once; each part is built when first asked for.

    `aliases` are a team's own words with the id of their tool, as typed or as `normal` gives them; one
    whose tool is not here is passed over. Words longer than `MOST_TYPED` raise `CommandError`.
    """

    def __init__(self, names: Sequence[ToolName]) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def prepare(self) -> None:
        """Build every part now, so that no later question has to wait; for a thread of its own."""
        _ = self._by_slug, self._words, self._grams

    def by_id(self, tool: int) -> ToolName | None:
        """The tool of this internal id, if it is here."""
        return self._by_id.get(tool)

    def complete(self, prefix: str, limit: int = 25) -> tuple[ToolName, ...]:
        """Tools whose name goes on from this, then by slug or other words, then those with such words anywhere.

        Of several words the last alone may be unfinished. Each group is in the order of names.
        """
        text = normal(prefix[:MOST_TYPED])
        if not text:
            return tuple(self._tools[:limit])
        places = self._phrases.starting(text)
        named, others = self._of_kinds(places, {Kind.NAME, Kind.QUALIFIED}), self._of_kinds(places, set(Kind))
        found = dict.fromkeys(islice(unique(named), limit))
        if len(found) < limit:
            found.update(dict.fromkeys(islice(unique(others), limit)))
        if len(found) < limit:
            found.update(dict.fromkeys(self._words.first_having(text.split(), limit + len(found))))
        return tuple(self._tools[owner] for owner in islice(found, limit))

    def resolver(self, aliases: Mapping[str, int]) -> Resolver:
        """What turns the names typed in one team into tools."""
        known = ((alias, self._by_id[tool]) for alias, tool in aliases.items() if tool in self._by_id)
        return Resolver(self, {normal(alias): (alias, tool) for alias, tool in known})

    def resolve(self, words: str, aliases: Mapping[str, int]) -> Found:
        """What these words mean to a team: `match`, or else what is nearest."""
        return self.resolver(aliases)(words)

    def match(self, words: str, aliases: TeamWords) -> Exact | Ambiguous | None:
        """The tool, or the several, that these words name or begin or are words of; None where none is."""
        found = self.called(words, aliases)
        if found is None and (text := normal(words)):
            return self._unique(words, text)
        return found

    def called(self, words: str, aliases: TeamWords) -> Exact | Ambiguous | None:
        """The tool, or the several, whose whole name, slug, alias or other name this is; None where none is."""
        if len(words) > MOST_TYPED:
            raise CommandError(f"A name can be {MOST_TYPED} characters long; this one has {len(words)}.")
        if tool := self._by_slug.get(words.strip()):
            return Exact(tool, words, Match.SLUG, tool.slug)
        text = normal(words)
        return self._called(words, text, aliases) if text else None

    def _called(self, words: str, text: str, aliases: TeamWords) -> Exact | Ambiguous | None:
        """The tools whose whole name, slug, alias or other name this is."""
        places = self._phrases.equal(text)
        if not places and not aliases:
            return None
        typed = fold(words)
        found: list[tuple[Match, dict[int, str]]] = []
        for kind in Kind:
            same = {
                owner: called
                for owner in self._of_kinds(places, {kind})
                for called in called_by(self._tools[owner], kind)
                if normal(called) == text
            }
            literally = {owner: called for owner, called in same.items() if fold(called) == typed}
            if same:
                found.append((MATCH_OF[kind], literally or same))
        if found and found[0][0] is not Match.WORDS and len(found[0][1]) == 1:
            return self._one(words, *found[0])
        if text in aliases:
            alias, tool = aliases[text]
            return Exact(tool, words, Match.ALIAS, alias)
        if not found:
            return None
        match, called_so = found[0]
        if len(called_so) == 1:
            return self._one(words, match, called_so)
        longer = unique(owner for owner in self._phrases_owners_starting(text) if owner not in called_so)
        also = tuple(self._tools[owner] for owner in islice(longer, MOST_LISTED))
        listed = tuple(self._tools[owner] for owner in sorted(called_so)[:MOST_LISTED])
        return Ambiguous(listed, words, also, match, len(called_so))

    def _one(self, words: str, match: Match, called_so: Mapping[int, str]) -> Exact:
        [(owner, called)] = called_so.items()
        return Exact(self._tools[owner], words, match, called)

    def _unique(self, words: str, text: str) -> Exact | Ambiguous | None:
        """The tools with a phrase that begins so or with all of these words, whole or, failing that, begun.

        A unique beginning is not enough where another tool has the same words further on.
        """
        begun = sorted(set(self._phrases_owners_starting(text)))
        typed = text.split()
        having: frozenset[int] = frozenset()
        if len(set(typed)) == len(typed):  # a word typed twice belongs to two names
            having = self._words.having_all(typed)
            if not begun and not having:
                having = self._words.having_all(typed, unfinished=True)
        rest = having.difference(begun)
        total = len(begun) + len(rest)
        if not total:
            return None
        match = Match.PREFIX if begun else Match.CONTAINS
        first = [*begun[:MOST_LISTED], *nsmallest(MOST_LISTED, rest)][:MOST_LISTED]
        listed = tuple(self._tools[owner] for owner in first)
        if total == 1:
            return Exact(listed[0], words, match, listed[0].name)
        return Ambiguous(listed, words, (), match, total)

    def nearest(self, words: str, aliases: TeamWords) -> Near | Unknown:
        """The tools whose names are spelt most like these words."""
        from commands import near  # noqa: PLC0415 - rapidfuzz is loaded when somebody mistypes, not at every start

        text = normal(words)[:MOST_COMPARED]
        if not text or not self._tools:
            return Unknown((), words)
        scores: dict[int, float] = {}
        for place, score in near.rank(text, self._phrases.texts, self._alike(text)):
            owner = self._phrases.owners[place]
            scores[owner] = max(score, scores.get(owner, 0.0))
        said = list(aliases)
        for place, score in near.rank(text, said, range(len(said))):
            owner = self._place_of(aliases[said[place]][1])
            scores[owner] = max(score, scores.get(owner, 0.0))
        best = nsmallest(MOST_NEAR, scores, key=lambda owner: (-scores[owner], owner))
        top = scores[best[0]]
        if top < near.ENOUGH:
            return Unknown(tuple(self._tools[owner] for owner in best[:3]), words)
        worth = [owner for owner in best if scores[owner] >= max(near.ENOUGH, top - near.FAR_BEHIND)]
        return Near(tuple(self._tools[owner] for owner in worth), words, top)

    def _alike(self, text: str) -> Iterable[int]:
        """The places of the phrases worth comparing with a mistyped one: all of a few, else the likely."""
        if len(self._phrases) <= FEW:
            return range(len(self._phrases))
        around = self._phrases.starting(text).start
        beside = range(max(0, around - BESIDE), min(len(self._phrases), around + BESIDE))
        return {*self._grams.alike(text, MOST_ALIKE), *beside}

    def _of_kinds(self, places: Iterable[int], kinds: Container[int]) -> Iterator[int]:
        return (self._phrases.owners[place] for place in places if self._phrases.kinds[place] in kinds)

    def _phrases_owners_starting(self, text: str) -> Sequence[int]:
        places = self._phrases.starting(text)
        return self._phrases.owners[places.start : places.stop]

    def _place_of(self, tool: ToolName) -> int:
        return bisect_left(self._tools, in_order(tool), key=in_order)

    @cached_property
    def _tools(self) -> list[ToolName]:
        return sorted(self._names, key=in_order)

    @cached_property
    def _by_id(self) -> dict[int, ToolName]:
        return {tool.id: tool for tool in self._names}

    @cached_property
    def _by_slug(self) -> dict[str, ToolName]:
        return {tool.slug: tool for tool in self._names}

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases(phrase for owner, tool in enumerate(self._tools) for phrase in phrases_of(owner, tool))

    @cached_property
    def _words(self) -> Words:
        return Words(self._phrases)

    @cached_property
    def _grams(self) -> Grams:
        return Grams(self._phrases)


def in_order(tool: ToolName) -> tuple[str, str, str]:
    """The order of names: by their words, then as written, then by slug."""
    return normal(tool.name), tool.name, tool.slug


def called_by(tool: ToolName, kind: Kind) -> tuple[str, ...]:
    """What a tool is called, of one kind."""
    match kind:
        case Kind.NAME:
            return (tool.name,)
        case Kind.QUALIFIED:
            return (f"{tool.name} {tool.qualifier}",) if tool.qualifier else ()
        case Kind.SLUG:
            return (tool.slug,)
        case Kind.WORDS:
            return tool.words


def phrases_of(owner: int, tool: ToolName) -> list[Phrase]:
    """All a tool is called, each normal phrase once and as the most telling kind."""
    kinds: dict[str, Kind] = {}
    for kind in Kind:
        for called in called_by(tool, kind):
            if text := normal(called):
                kinds.setdefault(text, kind)
    return [(text, owner, kind) for text, kind in kinds.items()]


def unique(owners: Iterable[int]) -> Iterator[int]:
    """Each once, in the order they come."""
    seen: set[int] = set()
    for owner in owners:
        if owner not in seen:
            seen.add(owner)
            yield owner

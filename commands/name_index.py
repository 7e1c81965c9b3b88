"""Where a name is looked up among very many: sorted phrases, whole words, and runs of three letters.

Nothing here decides what was meant; `commands.naming` does. Tools are numbered by their place in the
order of names, so whatever comes out in numerical order is in the order of names.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from heapq import nsmallest
from itertools import chain, islice

NOT_A_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The text without what nobody means to type: case, width, invisible characters, spacing."""
    if not text.isascii():
        text = "".join(
            character
            for character in unicodedata.normalize("NFKC", text)
            if unicodedata.category(character) not in {"Cf", "Cs"}
        )
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.casefold().split())


def normal(text: str) -> str:
    """Only the words: "Code Llama 4 (70B & 400B)" becomes "code llama 4 70b 400b".

    A text without a single letter or digit is kept folded, so that a tool called by an emoji has a name.
    """
    folded = fold(text)
    return NOT_A_WORD.sub(" ", folded).strip() or folded


class Kind(IntEnum):
    """What a phrase is to its tool, the most telling first."""

    NAME = 0
    QUALIFIED = 1
    SLUG = 2
    WORDS = 3


Phrase = tuple[str, int, Kind]
"""A normal phrase, the number of its tool, and what it is to that tool."""


class Phrases:
    """All phrases in alphabetical order, so that equal ones and those with one beginning lie together."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        ordered = sorted(phrases)
        self.texts = [text for text, _, _ in ordered]
        self.owners = array("I", (owner for _, owner, _ in ordered))
        self.kinds = bytes(kind for _, _, kind in ordered)

    def __len__(self) -> int:
        return len(self.texts)

    def equal(self, text: str) -> range:
        """The places of the phrases that are exactly this."""
        start = end = bisect_left(self.texts, text)
        while end < len(self.texts) and self.texts[end] == text:
            end += 1
        return range(start, end)

    def starting(self, text: str) -> range:
        """The places of the phrases that begin with this."""
        start = bisect_left(self.texts, text)
        return range(start, bisect_left(self.texts, text + "\U0010ffff", start))


class Words:
    """Which tools have a word among their phrases."""

    MOST_KEPT = 64
    FIRSTS = 50
    """Of a start of one or two letters, which thousands of words may have, so many tools are noted beforehand."""

    def __init__(self, phrases: Phrases) -> None:
        said: dict[int, str] = {}
        for text, owner in zip(phrases.texts, phrases.owners, strict=True):
            said[owner] = f"{said[owner]} {text}" if owner in said else f" {text}"
        self.texts = [said.get(owner, "") for owner in range(max(said, default=-1) + 1)]
        self.postings: dict[str, array[int]] = {}
        self.firsts: dict[str, array[int]] = {}
        for owner, text in enumerate(self.texts):
            words = set(text.split())
            for word in words:
                self.postings.setdefault(word, array("I")).append(owner)
            for start in {word[:length] for word in words for length in (1, 2)}:
                firsts = self.firsts.setdefault(start, array("I"))
                if len(firsts) < self.FIRSTS:
                    firsts.append(owner)
        self.vocabulary = sorted(self.postings)
        self.kept: dict[tuple[str, bool], frozenset[int]] = {}

    def beginning(self, start: str) -> Sequence[str]:
        """The words that begin so, in order."""
        first = bisect_left(self.vocabulary, start)
        return self.vocabulary[first : bisect_left(self.vocabulary, start + "\U0010ffff", first)]

    def having(self, word: str, *, unfinished: bool = False) -> frozenset[int]:
        """The tools with this word, or with a word that begins so."""
        held = self.kept.get((word, unfinished))
        if held is None:
            words = self.beginning(word) if unfinished else (word,)
            held = frozenset().union(*(self.postings.get(each, ()) for each in words))
            if len(self.kept) >= self.MOST_KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[word, unfinished] = held
        return held

    def first_having(self, words: Sequence[str], most: int) -> list[int]:
        """The first so many tools that have all these words, the last of which may be unfinished."""
        *whole, last = words
        if whole:
            begun = f" {last}"
            able = (owner for owner in sorted(self.having_all(whole)) if begun in self.texts[owner])
            return list(islice(able, most))
        if most <= self.FIRSTS and last in self.firsts:
            return list(self.firsts[last][:most])
        firsts = (self.postings[word][:most] for word in self.beginning(last))
        return nsmallest(most, set(chain.from_iterable(firsts)))

    def having_all(self, words: Iterable[str], *, unfinished: bool = False) -> frozenset[int]:
        """The tools with every one of these words; a word of one letter is never taken as unfinished."""
        sets: list[frozenset[int]] = []
        for word in set(words):
            held = self.having(word, unfinished=unfinished and len(word) > 1)
            if not held:
                return held
            sets.append(held)
        sets.sort(key=len)
        return sets[0].intersection(*sets[1:]) if sets else frozenset()


def squeeze(text: str) -> str:
    """The phrase without its spaces, which people forget or add."""
    return text.replace(" ", "")


def grams(squeezed: str) -> set[str]:
    """The runs of three characters of a squeezed phrase, its beginning and end counted as characters."""
    padded = f"\x02\x02{squeezed}\x03"
    return {padded[place : place + 3] for place in range(len(padded) - 2)}


class Grams:
    """Which phrases share runs of three letters with a text."""

    MOST_VOTES = 40_000
    """How many postings are read for one text, the rarest runs first; bounds the time."""

    def __init__(self, phrases: Phrases) -> None:
        self.texts = phrases.texts
        self.postings: dict[str, array[int]] = {}
        for place, text in enumerate(phrases.texts):
            for gram in grams(squeeze(text)):
                held = self.postings.get(gram)
                if held is None:
                    held = self.postings[gram] = array("I")
                held.append(place)

    def alike(self, text: str, most: int) -> list[int]:
        """The places of the phrases that share most with this text, at most that many, in no order."""
        lists = sorted((self.postings[gram] for gram in grams(squeeze(text)) if gram in self.postings), key=len)
        votes: Counter[int] = Counter()
        read = 0
        for posting in lists:
            read += len(posting)
            if votes and read > self.MOST_VOTES:
                break
            votes.update(posting)
        return list(self._best(votes, len(text), most))

    def _best(self, votes: Counter[int], length: int, most: int) -> Iterator[int]:
        """Those with the most votes; where the last of them are level, those nearest in length."""
        if len(votes) <= most:
            yield from votes
            return
        at_least: Counter[int] = Counter(votes.values())
        wanted, enough = most, max(at_least)
        for enough in sorted(at_least, reverse=True):
            if at_least[enough] >= wanted:
                break
            wanted -= at_least[enough]
        level = [place for place, count in votes.items() if count == enough]
        level.sort(key=lambda place: (abs(len(self.texts[place]) - length), place))
        yield from level[:wanted]
        yield from (place for place, count in votes.items() if count > enough)

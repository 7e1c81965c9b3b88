"""How alike two spellings are, from 0 to 100; by rapidfuzz, which is slow to load and so has its own file."""

from collections.abc import Iterable, Sequence
from heapq import nlargest

from rapidfuzz import fuzz

from commands.name_index import squeeze

ENOUGH = 74.0
"""Below this nobody would see one spelling as the other mistyped."""

FAR_BEHIND = 12.0
"""Suggestions this much worse than the best are not worth making."""

UNFINISHED = 0.95
BY_WORDS = 0.92
"""What being like only the beginning of a name, or only some of its words, is worth."""

FINALISTS = 60


def rank(text: str, phrases: Sequence[str], places: Iterable[int]) -> list[tuple[int, float]]:
    """Those of the phrases at these places that are most like the text, with how alike; in no order."""
    squeezed = squeeze(text)
    in_order = " ".join(sorted(text.split()))
    scored = [(alike(squeezed, in_order, phrases[place]), -place) for place in places]
    finalists = nlargest(FINALISTS, scored)
    return [(-place, max(score, BY_WORDS * alike_words(text, phrases[-place]))) for score, place in finalists]


def alike(squeezed: str, in_order: str, phrase: str) -> float:
    """How alike they are as a whole: spaces left out, words put in order, or as far as was typed."""
    other = squeeze(phrase)
    best = max(fuzz.ratio(squeezed, other), fuzz.ratio(in_order, " ".join(sorted(phrase.split()))))
    if len(other) > len(squeezed) > 2:
        for length in (len(squeezed), len(squeezed) + 1):
            best = max(best, UNFINISHED * fuzz.ratio(squeezed, other[:length]))
    return best


def alike_words(text: str, phrase: str) -> float:
    """How alike each typed word is to the word of the phrase most like it, on average over letters."""
    words = phrase.split()
    typed = text.split()
    alike_by_word = (len(each) * max(fuzz.ratio(each, word) for word in words) for each in typed)
    return sum(alike_by_word) / sum(map(len, typed))

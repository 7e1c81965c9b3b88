"""Which facts of a tool differ, in words that can be shown: what an import records as `ToolChange`s."""

from collections.abc import Iterator
from typing import TypeAlias

from commands.model import Review, Source, Tally, ToolEntry

Difference: TypeAlias = tuple[str, str, str]
"""A field, what it said before and what it says after."""

PLAIN = ("slug", "name", "qualifier", "maker", "category", "tagline", "best_for", "best_for_basis", "description")
PRICED = ("entry", "pricing", "licence", "sizes")
NOTHING = "–"  # noqa: RUF001  # how a missing fact is shown everywhere


def differences(before: ToolEntry | None, after: ToolEntry) -> list[Difference]:
    """Every fact that differs, in a fixed order; for a tool that was not there, one "new" with its label."""
    if before is None:
        return [("new", "", after.tool.label)]
    old, new = dict(facts(before)), dict(facts(after))
    return [
        (name, old.get(name, NOTHING), new.get(name, NOTHING))
        for name in old | new
        if old.get(name, NOTHING) != new.get(name, NOTHING)
    ]


def facts(entry: ToolEntry) -> Iterator[tuple[str, str]]:
    """Every fact of an entry by the name under which a change of it is told."""
    tool = entry.tool
    for name in (*PLAIN, *PRICED):
        yield name, getattr(tool, name)
    yield "source", sourced(tool.source)
    yield "panel", panel(tool.panel)
    for review in tool.reviews:
        yield from review_facts(review)
    yield "words", ", ".join(entry.words)
    yield "former slugs", ", ".join(entry.former_slugs)


def review_facts(review: Review) -> Iterator[tuple[str, str]]:
    """The facts of one seat's review, named after the seat."""
    seat = review.seat.value
    yield f"{seat} verdict", review.verdict
    yield f"{seat} score", NOTHING if review.score is None else str(review.score)
    yield f"{seat} words", review.words
    yield f"{seat} wording", review.wording
    yield f"{seat} basis", review.basis
    yield f"{seat} source", sourced(review.source)


def panel(tally: Tally) -> str:
    """A panel's verdict in words."""
    return f"{tally.ships} ship / {tally.skips} skip"


def sourced(source: Source) -> str:
    """A source with both of its dates."""
    return f"{source.origin}; as of {source.as_of or NOTHING}; saved {source.saved or NOTHING}"

"""The panel's verdict in one sentence, and the facts of tools as rows: what cards and comparisons share."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from commands.model import Basis, Review, Scores, Seat, Tally, Tool, Verdict, Wording
from commands.reply import Cell, Line, Quote, Row, Span, Text, ToolSpan, said, series, text
from commands.voting import ENOUGH, disagrees, one_vote_flips

MISSING = "\N{EN DASH}"
"""What stands where a fact is missing."""

DRAWN = 2_000
"""Sets of tools whose unchanging parts are kept, since a comparison is drawn again after every vote."""

EVERY = {1: "it", 2: "both", 3: "all three", 4: "all four"}
NEITHER = {2: "neither", 3: "none of the three", 4: "none of the four"}
VERBS = (("Ship", "ships "), ("Skip", "skips "), ("Split", "is split on "), (None, "has not reviewed "))


def span(tool: Tool, color: int | None = None) -> ToolSpan:
    """The tool as it is named in a reply."""
    return ToolSpan(tool.label, color)


def spans(tools: Sequence[Tool]) -> tuple[ToolSpan, ...]:
    """Several tools, each with the colour of its place."""
    return tuple(span(tool, place) for place, tool in enumerate(tools))


def verdict(panel: Tally) -> str:
    """The panel's verdict in a cell: "Ship · 3 ship / 1 skip · 75%"."""
    if not panel.n:
        return f"{MISSING} no reviews"
    return f"{panel.word} · {panel.ships} ship / {panel.skips} skip · {panel.percent}%"


def community(tally: Tally) -> str:
    """The team's tally in a cell: "69% ship · 9 of 13"."""
    return f"{tally.percent}% ship · {tally.ships} of {tally.n}" if tally.n else "No community votes yet"


def sentence(tools: Sequence[Tool], named: Sequence[ToolSpan]) -> Line:
    """What the panel thinks of these tools and where it disagrees, in one sentence."""
    return _sentence(tuple(tools), tuple(named))


@lru_cache(DRAWN)
def _sentence(tools: tuple[Tool, ...], named: tuple[ToolSpan, ...]) -> Line:
    words = [tool.panel.word for tool in tools]
    line = (Text("The panel "), *_verdicts(words, named))
    if dissent := _dissent(tools, words, named):
        return (*line, Text(": " if "Split" in words else ", but "), *dissent, Text("."))
    if None in words:
        return (*line, Text("."))
    everybody = all(len(tool.reviews) == len(Seat) for tool in tools)
    return (*line, Text(", and every seat agrees." if everybody else ", and no seat disagrees."))


def _verdicts(words: Sequence[str | None], named: Sequence[ToolSpan]) -> Line:
    """The panel's verdicts: "ships A and skips B", "ships both", "has reviewed neither"."""
    if not any(words) and len(words) > 1:
        return text(f"has reviewed {NEITHER[len(words)]}")
    clauses: list[Line] = []
    for word, verb in VERBS:
        places = [place for place, said_so in enumerate(words) if said_so == word]
        if places:
            clauses.append((Text(verb), *_together(places, named)))
    return series(clauses, comma=any(words.count(word) > 1 for word, _ in VERBS))


def _together(places: Sequence[int], named: Sequence[Span]) -> Line:
    """Some of the tools by name, all of several as "both"."""
    if len(places) == len(named) > 1:
        return text(EVERY[len(named)])
    return series([(named[place],) for place in places])


def _dissent(tools: Sequence[Tool], words: Sequence[str | None], named: Sequence[ToolSpan]) -> Line:
    """Which seats stand against the rest, tools with the same ones together; on a split panel, which skip."""
    against: dict[tuple[Verdict, tuple[Seat, ...]], list[int]] = {}
    for place, tool in enumerate(tools):
        verdict = Verdict.SHIP if words[place] == "Skip" else Verdict.SKIP
        if seats := tuple(review.seat for review in tool.reviews if review.verdict is verdict):
            against.setdefault((verdict, seats), []).append(place)
    again: Sequence[Span] = named if len(tools) > 1 else (Text("it"),)
    clauses = [
        (
            *series([text(f"the {seat.value}") for seat in seats]),
            Text(f" {verdict}{'s' if len(seats) == 1 else ''} "),
            *_together(places, again),
        )
        for (verdict, seats), places in against.items()
    ]
    return series(clauses, comma=True)


def team_lines(tools: Sequence[Tool], named: Sequence[ToolSpan], scores: Scores) -> list[Line]:
    """What is worth a sentence about the team's votes: a clear disagreement, or a result on a knife's edge."""
    lines: list[Line] = []
    for tool, name in zip(tools, named, strict=True):
        tally = scores.tallies[tool.id]
        if disagrees(tool.panel, tally):
            lines.append(said("Your team disagrees with the panel on ", name, f": {community(tally)}."))
        elif one_vote_flips(tally):
            lines.append(said("One vote would flip ", name, f" here: {community(tally)}."))
    return lines


def rows(tools: Sequence[Tool], scores: Scores) -> tuple[Row, ...]:
    """The facts of a comparison, one row each; the best figure of a row is marked."""
    tallies = [scores.tallies[tool.id] for tool in tools]
    votes = [(tally.percent if tally.n >= ENOUGH else None, community(tally)) for tally in tallies]
    first, *others = _published(tuple(tools))
    return (first, _figures("Community", votes), *others)


@lru_cache(DRAWN)
def _published(tools: tuple[Tool, ...]) -> tuple[Row, ...]:
    """The rows that no vote moves, the panel's first."""
    reviews = [{review.seat: review for review in tool.reviews} for tool in tools]
    return (
        _figures("Panel", [(tool.panel.percent, verdict(tool.panel)) for tool in tools]),
        _facts("Pricing", (pricing(tool) for tool in tools)),
        _facts("Best for", (best_for(tool) for tool in tools)),
        _facts("Category", (tool.category for tool in tools)),
        *(_seat(seat, [held.get(seat) for held in reviews]) for seat in Seat),
    )


def pricing(tool: Tool) -> str:
    """The entry price and what is known beyond it."""
    if not tool.entry:
        return tool.pricing or MISSING
    return f"{tool.entry} · {tool.pricing}" if tool.pricing else f"{tool.entry} entry · further pricing unknown"


def best_for(tool: Tool) -> str:
    """What the tool is best for, marked where nobody said so in so many words."""
    inferred = tool.best_for and tool.best_for_basis is Basis.INFERRED
    return f"{tool.best_for} (inferred)" if inferred else tool.best_for


def _facts(label: str, facts: Iterable[str]) -> Row:
    return Row(label, tuple([Cell((Text(fact or MISSING),)) for fact in facts]))


def _figures(label: str, cells: Sequence[tuple[int | None, str]]) -> Row:
    """A row of figures; the best is marked where figures differ."""
    known = [figure for figure, _ in cells if figure is not None]
    best = max(known) if len(known) > 1 else None
    if best is None or known.count(best) > 1:
        return Row(label, tuple([Cell((Text(words),)) for _, words in cells]))
    return Row(label, tuple([Cell((Text(words),), figure == best) for figure, words in cells]))


def _seat(seat: Seat, reviews: Sequence[Review | None]) -> Row:
    return _figures(
        seat.value,
        [(review.score, said_by(review)) if review else (None, f"{MISSING} no review") for review in reviews],
    )


def said_by(review: Review) -> str:
    """A seat's score and verdict: "85 ship"; an unknown score is a dash, an inferred verdict says so."""
    score = MISSING if review.score is None else str(review.score)
    return f"{score} {review.verdict}" + (" (inferred)" if review.basis is Basis.INFERRED else "")


def legend(tools: Sequence[Tool]) -> Line | None:
    """What the dash beside a verdict and the word "inferred" mean, when they are shown."""
    return _legend(tuple(tools))


@lru_cache(DRAWN)
def _legend(tools: tuple[Tool, ...]) -> Line | None:
    reviews = [review for tool in tools for review in tool.reviews]
    words = []
    if any(review.score is None for review in reviews):
        words.append(f"{MISSING} means that no score was published.")
    if any(review.basis is Basis.INFERRED for review in reviews) or any(
        "(inferred)" in best_for(tool) for tool in tools
    ):
        words.append("Inferred means read out of the source, which does not say so outright.")
    return text(" ".join(words)) if words else None


def quotes(tool: Tool, *named: Span) -> tuple[Quote, ...]:
    """Every seat's words on a tool, with origin and date; `named` where the reader could not tell which tool."""
    return tuple(
        Quote(
            said(
                Text(review.seat.value, strong=True),
                *(span for name in named for span in said(" on ", name)),
                f": {said_by(review)}",
            ),
            review.words or "No words were published.",
            review.wording is Wording.QUOTE,
            f"{review.source.origin}; {review.source.dated}",
        )
        for review in tool.reviews
    )

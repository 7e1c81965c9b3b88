"""The panel's verdict in one sentence, and the facts of tools as rows: what cards and comparisons share."""

from collections.abc import Iterable, Sequence

from commands.model import Basis, Review, Scores, Seat, Tally, Tool, Verdict, Wording
from commands.reply import Cell, Line, Quote, Row, Span, Text, ToolSpan, said, series, text
from commands.voting import ENOUGH, disagrees, one_vote_flips

MISSING = "\N{EN DASH}"
"""What stands where a fact is missing."""

EVERY = {1: "it", 2: "both", 3: "all three", 4: "all four"}


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
    groups: dict[str | None, list[int]] = {}
    words = [tool.panel.word for tool in tools]
    for place, word in enumerate(words):
        groups.setdefault(word, []).append(place)
    verbs = (("Ship", "ships "), ("Skip", "skips "), ("Split", "is split on "), (None, "has not reviewed "))
    clauses: list[Line] = []
    for word, verb in verbs:
        if places := groups.get(word):
            together = len(places) == len(tools) > 1
            what: Line = text(EVERY[len(tools)]) if together else series([(named[place],) for place in places])
            clauses.append((Text(verb), *what))
    dissent = [line for place, tool in enumerate(tools) if (line := _dissent(tool, words[place], named[place]))]
    line = (Text("The panel "), *series(clauses))
    if dissent:
        return (*line, Text(": " if "Split" in groups else ", but "), *series(dissent), Text("."))
    if None in groups:
        return (*line, Text("."))
    return (*line, Text(", and every seat agrees."))


def _dissent(tool: Tool, word: str | None, named: Span) -> Line | None:
    """Which seats stand against the rest; on a split panel, which skip."""
    against = Verdict.SHIP if word == "Skip" else Verdict.SKIP
    seats = [f"the {review.seat.value}" for review in tool.reviews if review.verdict is against]
    if not seats:
        return None
    verb = against + ("s" if len(seats) == 1 else "")
    return said(f"{', '.join(seats[:-1])} and {seats[-1]}" if seats[1:] else seats[0], f" {verb} ", named)


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
    panels = [tool.panel for tool in tools]
    reviews = [{review.seat: review for review in tool.reviews} for tool in tools]
    return (
        _figures("Panel", [(panel.percent, verdict(panel)) for panel in panels]),
        _figures(
            "Community",
            [(tally.percent if tally.n >= ENOUGH else None, community(tally)) for tally in tallies],
        ),
        _facts("Pricing", (pricing(tool) for tool in tools)),
        _facts("Best for", (tool.best_for for tool in tools)),
        _facts("Category", (tool.category for tool in tools)),
        *(_seat(seat, [held.get(seat) for held in reviews]) for seat in Seat),
    )


def pricing(tool: Tool) -> str:
    """The entry price and what is known beyond it."""
    if not tool.entry:
        return tool.pricing or MISSING
    return f"{tool.entry} · {tool.pricing}" if tool.pricing else f"{tool.entry} to start · details unknown"


def _facts(label: str, facts: Iterable[str]) -> Row:
    return Row(label, tuple(Cell(text(fact or MISSING)) for fact in facts))


def _figures(label: str, cells: Sequence[tuple[int | None, str]]) -> Row:
    """A row of figures; the best is marked where figures differ."""
    known = [figure for figure, _ in cells if figure is not None]
    best = max(known) if len(set(known)) > 1 else None
    return Row(label, tuple(Cell(text(words), better=best is not None and figure == best) for figure, words in cells))


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
    """What the dash and the word "inferred" mean, when they are shown."""
    reviews = [review for tool in tools for review in tool.reviews]
    words = []
    if any(review.score is None for review in reviews):
        words.append(f"{MISSING} means that no score was published.")
    if any(review.basis is Basis.INFERRED for review in reviews):
        words.append("Inferred verdicts are read from what the reviewer wrote.")
    return text(" ".join(words)) if words else None


def quotes(tool: Tool, name: ToolSpan) -> tuple[Quote, ...]:
    """Every seat's words on a tool, with origin and date."""
    return tuple(
        Quote(
            said(Text(review.seat, strong=True), " on ", name, f": {said_by(review)}"),
            review.words or "No words were published.",
            review.wording is Wording.QUOTE,
            f"{review.source.origin}; {review.source.dated}",
        )
        for review in tool.reviews
    )

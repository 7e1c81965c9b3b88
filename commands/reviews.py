"""Every reviewer's words, for one reader alone, with the vote that is not shown by name."""

from collections.abc import Sequence

from commands import panel
from commands.declare import Ask
from commands.model import SKIP_ALL, Ballot, BallotKind, Tool, Via
from commands.ports import Votes
from commands.reply import Block, Divider, Lead, Line, Reply, ToolSpan, Vote, said, series, spoken, text

Marks = Sequence[tuple[int, str]]
"""Options a person has on at a ballot, each with its way; see `Votes.marks`."""


async def reviews(ask: Ask, tools: Sequence[Tool], kind: BallotKind, *, votes: Votes) -> Reply:
    """What each seat says of these tools; asked for from a ballot on them, with buttons to vote there. Private."""
    named = spans(tools, kind)
    lead = panel.sentence(tools, named)
    held = await _ballot(ask, tools, kind, votes)
    blocks: list[Block] = [Lead(lead)]
    if held:
        marks = await votes.marks(held.id, ask.asker)
        blocks += standing(held, tools, marks).blocks if pressed(marks) else ()
        blocks.append(Vote(named, how_to_press(held), pressed(marks)))
    for tool, name in zip(tools, named, strict=True):
        blocks += [Divider(), *panel.quotes(tool, *([name] if len(tools) > 1 else []))]
    return Reply(f"Reviews. {spoken(lead)}", tuple(blocks), private=True, ballot=held)


async def _ballot(ask: Ask, tools: Sequence[Tool], kind: BallotKind, votes: Votes) -> Ballot | None:
    """The ballot that was asked from, if it is this team's, can be voted on and has these options."""
    held = None if ask.request.ballot is None else await votes.ballot(ask.request.ballot)
    if held is None or held.frozen or (held.team, held.kind) != (ask.team, kind):
        return None
    return held if held.tools == tuple(tool.id for tool in tools) else None


def spans(tools: Sequence[Tool], kind: BallotKind) -> tuple[ToolSpan, ...]:
    """The tools of a ballot as its message names them: a card has no colour, which would look like a mark."""
    return panel.spans(tools) if kind is BallotKind.COMPARISON else tuple(panel.span(tool) for tool in tools)


def pressed(marks: Marks) -> tuple[int, ...]:
    """The options that are on by button."""
    return tuple(option for option, via in marks if via == Via.BUTTON)


def how_to_press(ballot: Ballot) -> Line:
    """How to vote by button, and what is different about it."""
    if ballot.kind is BallotKind.CARD:
        how = "Press to ship it or to skip it, again to take that back. Unmarked, you say nothing of it."
    else:
        several = "both" if len(ballot.tools) == 2 else "several"
        how = (
            f"Press what you ship, {several} to ship {several}, again to take it back. "
            "A tool you leave unmarked counts as skip once you have voted here."
        )
    return text(
        f"{how} A button vote is not shown by name. If you vote on the message as well, what you used last counts."
    )


def standing(ballot: Ballot, tools: Sequence[Tool], marks: Marks) -> Reply:
    """What one person's button vote on a ballot now is, in one sentence. Private."""
    by_button = pressed(marks)
    on_message = len(by_button) < len(marks)
    named = spans(tools, ballot.kind)
    ships = [place for place in range(len(named)) if place + 1 in by_button]
    if ships:
        skips = [place for place in range(len(named)) if place not in ships]
        line = said("You ship ", *_named(ships, named), *(said(" and skip ", *_named(skips, named)) if skips else ()))
    elif SKIP_ALL in by_button:
        line = said("You skip ", *_named(range(len(named)), named))
    elif on_message:
        line = text("Your button vote is taken back; what you marked on the message counts.")
    else:
        line = text("Your vote here is taken back, and nothing of it counts.")
    if by_button:
        last = "; you marked the message too, and what you used last counts" if on_message else ""
        line = said(*line, f", which is not shown by name{last}.")
    return Reply(spoken(line), (Lead(line),), private=True)


def _named(places: Sequence[int], named: Sequence[ToolSpan]) -> Line:
    return series([(named[place],) for place in places])

"""`/compare`: two to four tools side by side, and a ballot between them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from commands import panel
from commands.declare import Ask, Command, Kind, Parameter, flags
from commands.errors import CommandError
from commands.model import SKIP_ALL, Ballot, BallotKind, HeadToHead, Scores, Tool, ToolName
from commands.namebook import NameBook
from commands.naming import Ambiguous, Exact, Near, Unknown
from commands.parsing import Segment, literal, shown, split
from commands.ports import Catalogue, Clock, NewId, Rules, Votes
from commands.reply import (
    Block,
    Button,
    Buttons,
    Divider,
    Entry,
    Heading,
    InstantSpan,
    Lead,
    Line,
    MessageSpan,
    Meter,
    Note,
    OptionSpan,
    Paragraph,
    Part,
    Reply,
    Span,
    Table,
    Text,
    ToolSpan,
    Vote,
    said,
    series,
    spoken,
    text,
)

MOST_TOOLS = 4
RIVALS = 3
ASKED_FIRST = (Unknown, Ambiguous, Near, Exact)
LOOKED_AT = 200
"""How many of a category's favourites are weighed to find a tool's rivals."""


async def compare(
    ask: Ask, *, names: NameBook, catalogue: Catalogue, votes: Votes, clock: Clock, new_id: NewId, rules: Rules
) -> Reply:
    """Set two to four tools side by side and reserve a ballot between them."""
    words, options = flags(ask.words, "quiet", "anew", "reviews")
    if not words:
        raise CommandError("Name two to four tools, for example: /compare code llama 4 70b vs mistral 8x22b")
    segments = split(words, await names.resolver(ask.team))
    if len(segments) > MOST_TOOLS:
        raise CommandError(f"A comparison takes two to four tools, and you named {len(segments)}. Leave some out.")
    ids = [segment.found.tool.id for segment in segments if isinstance(segment.found, Exact)]
    if len(ids) < len(segments):
        return await _which(segments, names)
    if len(set(ids)) < len(ids):
        twice = next(segment for place, segment in enumerate(segments) if ids[place] in ids[:place])
        raise CommandError(f"“{shown(twice.words)}” is the same tool as one before it. Name a different one beside it.")
    tools = await names.tools(ids)
    if len(tools) == 1:
        return await _rivals(tools[0], catalogue)
    # Asked together, the two answers take little longer than one.
    scores, standing = await asyncio.gather(
        votes.scores(ask.team, ids),
        votes.newest(ask.team, ask.request.channel.id, ids, clock() - rules.repeat_window_us),
    )
    if "reviews" in options:
        return _reviews(tools)
    if standing and not options:
        return _standing(standing, tools, ask.request.asker.zone)
    ballot = Ballot(new_id(), ask.team, BallotKind.COMPARISON, tuple(ids), ask.request.channel, ask.asker)
    reply = draw(ballot, tools, scores)
    return _quiet(reply, tools) if "quiet" in options else reply


COMMAND = Command(
    "compare",
    "/compare TOOL vs TOOL [vs TOOL [vs TOOL]] [--quiet]",
    "Set two to four tools side by side and vote on them",
    compare,
    parameters=(
        Parameter("a", "The first tool", Kind.TOOL, required=True),
        Parameter("b", "The second tool", Kind.TOOL, required=True),
        Parameter("c", "A third tool", Kind.TOOL),
        Parameter("d", "A fourth tool", Kind.TOOL),
        Parameter("quiet", "Show it to me alone first", Kind.FLAG),
    ),
    examples=("/compare code llama 4 70b vs mistral 8x22b", "/compare mistral code, code llama 200b --quiet"),
    details=(
        "Put vs, versus, v, or, a comma or | between the names, quotes around a name that contains one of them.",
        "One name alone offers its closest rivals.",
        "--quiet shows the comparison to you alone, with a button to post it.",
        "--anew posts a comparison again that was posted in this channel within 24 hours.",
        "--reviews shows you every reviewer's words.",
    ),
)


def line_for(slugs: Sequence[str], *more: str) -> str:
    """The command that compares these tools."""
    return " ".join((f"/compare {' vs '.join(slugs)}", *more))


def draw(ballot: Ballot, tools: Sequence[Tool], scores: Scores) -> Reply:
    """A comparison as it is posted, and drawn again whenever its tallies move."""
    named = panel.spans(tools)
    lead = panel.sentence(tools, named)
    title = series([(Text(tool.label),) for tool in tools], "vs")
    line = line_for([tool.slug for tool in tools])
    blocks: list[Block] = [Heading(title), Lead(lead)]
    blocks += [Paragraph(words) for words in panel.team_lines(tools, named, scores)]
    blocks.append(Table(named, panel.rows(tools, scores)))
    blocks += _head_to_head(ballot.tools, named, scores)
    if legend := panel.legend(tools):
        blocks.append(Note(legend))
    together = " and ".join(tool.label for tool in tools)
    blocks.append(Vote(named, how_to_vote(len(tools))))
    blocks.append(
        Buttons(
            (
                Button("Read reviews", f"{line} --reviews", f"Read all reviews of {together}"),
                Button("Bookmark", f"/bookmark {' vs '.join(tool.slug for tool in tools)}", f"Bookmark {together}"),
            )
        )
    )
    return Reply(f"{spoken(title)}: {spoken(lead)}", tuple(blocks), ballot=ballot)


def how_to_vote(options: int) -> Line:
    """The vote instruction of a comparison, with the law that surprises people said outright."""
    marks: list[Line] = [(OptionSpan(option),) for option in range(1, options + 1)]
    everything = panel.EVERY[options]
    several = "both" if options == 2 else "several"
    return (
        Text("React "),
        *series(marks, "or"),
        *said(f" to vote, {several} to ship {several}, ", OptionSpan(SKIP_ALL), f" to skip {everything}. "),
        Text("A tool you leave unmarked counts as skip. Reactions are public; a button vote is not shown by name."),
    )


def _head_to_head(ids: Sequence[int], named: Sequence[ToolSpan], scores: Scores) -> list[Block]:
    """A meter for each pair that somebody has a standing on."""
    meters: list[Block] = []
    for first, one in enumerate(ids):
        for second in range(first + 1, len(ids)):
            held = scores.pairs[one, ids[second]]
            if held.n:
                meters.append(meter(held, named[first], named[second]))
    return meters or [Note(text("Head to head: nobody here has voted on these yet."))]


def meter(held: HeadToHead, first: ToolSpan, second: ToolSpan) -> Meter:
    """Two tools head to head; the caption says all that the bar shows."""
    skip = "skips" if held.neither == 1 else "skip"
    ships = "ships" if held.both == 1 else "ship"
    caption = said(
        first, f" {held.first} to {held.second} ", second, f", {held.both} {ships} both, {held.neither} {skip} both"
    )
    parts = (
        Part(f"only {first.label}", held.first, first.color),
        Part(f"only {second.label}", held.second, second.color),
        Part("both", held.both),
        Part("neither", held.neither),
    )
    return Meter("Head to head", parts, caption)


def _quiet(reply: Reply, tools: Sequence[Tool]) -> Reply:
    """The same comparison for the asker alone: no ballot, and a button that posts it."""
    kept = tuple(block for block in reply.blocks if not isinstance(block, Vote | Buttons))
    post = Button(
        "Post here", line_for([tool.slug for tool in tools], "--anew"), "Post this comparison here", primary=True
    )
    return replace(reply, blocks=(*kept, Buttons((post,))), private=True, ballot=None)


def _reviews(tools: Sequence[Tool]) -> Reply:
    """Every seat's words on every tool, for the asker alone."""
    named = panel.spans(tools)
    lead = panel.sentence(tools, named)
    blocks: list[Block] = [Lead(lead)]
    for tool, name in zip(tools, named, strict=True):
        blocks += [Divider(), *panel.quotes(tool, name)]
    return Reply(f"Reviews. {spoken(lead)}", tuple(blocks), private=True)


def _standing(ballot: Ballot, tools: Sequence[Tool], zone: str | None) -> Reply:
    """Point to the ballot that stands, rather than split the votes over two."""
    slugs = [tool.slug for tool in tools]
    where: Line = (MessageSpan(ballot.message),) if ballot.message else text("an earlier message")
    when: tuple[Span, ...] = (InstantSpan(ballot.posted_us, "datetime", zone or "UTC"),) if ballot.posted_us else ()
    line = said("These tools were compared here within the last day; the vote stands at ", *where, " (", *when, ").")
    anew = Button("Post anew", line_for(slugs, "--anew"), "Post this comparison again, with a ballot of its own")
    quiet = Button("Show me", line_for(slugs, "--quiet"), "Show this comparison to me alone")
    return Reply(spoken(line), (Lead(line), Buttons((quiet, anew))), private=True)


async def _rivals(tool: Tool, catalogue: Catalogue) -> Reply:
    """One name: offer the closest rivals in its category, other makers' first, then the nearest panel share."""
    near = [other for other in await catalogue.in_category(tool.category, limit=LOOKED_AT) if other.id != tool.id]
    share = tool.panel.percent or 0
    near.sort(key=lambda other: (other.maker == tool.maker, abs((other.panel.percent or 0) - share), other.label))
    if not near:
        line = said("Name a second tool to set beside ", panel.span(tool), f"; it is alone in {tool.category}.")
        return Reply(spoken(line), (Lead(line),), private=True)
    line = said("Name a second tool to set beside ", panel.span(tool), ". These are its closest rivals.")
    entries = [
        Entry(
            said(panel.span(other)),
            (text(f"Panel: {panel.verdict(other.panel)}"), text(other.best_for or other.tagline or panel.MISSING)),
            Button(f"Compare with {other.label}", line_for([tool.slug, other.slug]), f"{tool.label} vs {other.label}"),
        )
        for other in near[:RIVALS]
    ]
    return Reply(spoken(line), (Lead(line), *entries), private=True)


async def _which(segments: Sequence[Segment], names: NameBook) -> Reply:
    """Ask which tool one name means; each choice runs the whole comparison.

    A name that fits nothing is asked about before one that fits several, and that before a misspelt one.
    Other misspelt names take their nearest tool along, so that one press accepts them all.
    """
    asked = min(range(len(segments)), key=lambda place: ASKED_FIRST.index(type(segments[place].found)))
    slugs = [_as_typed(segment) for segment in segments]

    def line(tool: ToolName) -> str:
        return line_for([*slugs[:asked], tool.slug, *slugs[asked + 1 :]])

    answer = await names.ask(segments[asked].found, line=line)
    taken = [
        Note(said(f"“{shown(segment.words)}” is read as ", ToolSpan(segment.found.tools[0].label), "."))
        for place, segment in enumerate(segments)
        if place != asked and isinstance(segment.found, Near)
    ]
    return replace(answer, blocks=(*answer.blocks, *taken))


def _as_typed(segment: Segment) -> str:
    """A name for use in a further command line: the slug where it is clear, else what was typed."""
    if isinstance(segment.found, Exact):
        return segment.found.tool.slug
    return segment.found.tools[0].slug if isinstance(segment.found, Near) else literal(segment.words)

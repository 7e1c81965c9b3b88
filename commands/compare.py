"""`/compare`: two to four tools side by side, and a ballot between them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations

from commands import panel
from commands.declare import Ask, Command, Kind, Parameter, flags
from commands.errors import CommandError
from commands.model import MOST_OPTIONS, SKIP_ALL, Ballot, BallotKind, HeadToHead, Scores, Tool, ToolName
from commands.namebook import NameBook
from commands.naming import Ambiguous, Exact, Near, Unknown
from commands.parsing import Segment, literal, shown, split
from commands.ports import Catalogue, Clock, NewId, Rules, Votes
from commands.reply import (
    Block,
    Button,
    Buttons,
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
    Table,
    Text,
    ToolSpan,
    Vote,
    said,
    series,
    spoken,
    text,
)
from commands.reviews import reviews

FLAGS = ("quiet", "anew", "reviews")
RIVALS = 3
LONGEST_NAME = 80
"""No tool has a longer name or slug, so that a command that names four of them is never too long to run."""

PARTED = re.compile(r"[,|]|(?:^|\s)(?:vs|versus|v|or)(?:\s|$)", re.IGNORECASE)
"""What parts names in a line, and must be kept from doing so within one."""

ASKED_FIRST = (Unknown, Ambiguous, Near, Exact)
LOOKED_AT = 200
"""How many of a category's favourites are weighed to find a tool's rivals."""


async def compare(
    ask: Ask, *, names: NameBook, catalogue: Catalogue, votes: Votes, clock: Clock, new_id: NewId, rules: Rules
) -> Reply:
    """Set two to four tools side by side and reserve a ballot between them."""
    words, options = flags(ask.words, *FLAGS)
    if not words:
        raise CommandError("Name two to four tools, for example: /compare code llama 4 70b vs mistral 8x22b")
    segments = split(words, await names.resolver(ask.team))
    if len(segments) > MOST_OPTIONS:
        raise CommandError(f"A comparison takes two to four tools, and you named {len(segments)}. Leave some out.")
    _refuse_twice(segments)
    given = [f"--{flag}" for flag in FLAGS if flag in options]
    ids = [segment.found.tool.id for segment in segments if isinstance(segment.found, Exact)]
    if len(ids) < len(segments):
        return await _which(segments, names, given)
    if len(ids) == 1:
        return await _rivals((await names.tools(ids))[0], catalogue, given)
    tools = await names.tools(ids)
    if "reviews" in options:
        return await reviews(ask, tools, BallotKind.COMPARISON, votes=votes)
    standing = await votes.newest(ask.team, ask.request.channel.id, ids, clock() - rules.repeat_window_us)
    stands = None if standing is None or standing.frozen else _where(standing, ask.request.asker.zone)
    if stands and not options and ask.request.ballots:
        return _standing(stands, tools)
    scores = await votes.scores(ask.team, ids)
    ballot = Ballot(new_id(), ask.team, BallotKind.COMPARISON, tuple(ids), ask.request.channel, ask.asker)
    reply = draw(ballot, tools, scores)
    return _quiet(reply, tools, stands, posts=ask.request.ballots) if "quiet" in options else reply


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
        "--reviews shows you alone every reviewer's words.",
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


@cache
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
    meters: list[Block] = [
        meter(scores.pairs[ids[first], ids[second]], named[first], named[second])
        for first, second in combinations(range(len(ids)), 2)
        if scores.pairs[ids[first], ids[second]].n
    ]
    both = "both" if len(ids) == 2 else "two of these"
    return meters or [Note(text(f"Head to head: nobody here has voted on {both} yet."))]


def meter(held: HeadToHead, first: ToolSpan, second: ToolSpan) -> Meter:
    """Two tools head to head; the caption says all that the bar shows."""
    caption = said(first, f" {held.first} to {held.second} ", second)
    if held.both:
        caption += text(f", {held.both} {'ships' if held.both == 1 else 'ship'} both")
    if held.neither:
        caption += text(f", {held.neither} {'skips' if held.neither == 1 else 'skip'} both")
    parts = (
        Part(f"only {first.label}", held.first, first.color),
        Part(f"only {second.label}", held.second, second.color),
        Part("both", held.both),
        Part("neither", held.neither),
    )
    return Meter("Head to head", parts, caption)


def _quiet(reply: Reply, tools: Sequence[Tool], stands: Line | None, *, posts: bool) -> Reply:
    """The same comparison for the asker alone: no ballot, and a button that posts it where there is a channel."""
    slugs = [tool.slug for tool in tools]
    post = Button("Post here", line_for(slugs), "Post this comparison here, with a ballot", primary=True)
    blocks: list[Block] = []
    for block in reply.blocks:
        if isinstance(block, Buttons):
            step = (_anew(slugs) if stands else post,) if posts else ()
            blocks.append(Buttons((*step, *block.buttons)))
        elif not isinstance(block, Vote):
            blocks.append(block)
        elif stands:
            blocks.append(Note(said("The vote stands at ", *stands, ".")))
    return replace(reply, blocks=tuple(blocks), private=True, ballot=None)


def _standing(stands: Line, tools: Sequence[Tool]) -> Reply:
    """Point to the ballot that stands, rather than split the votes over two."""
    slugs = [tool.slug for tool in tools]
    line = said("These tools were compared here already; the vote stands at ", *stands, ".")
    quiet = Button("Show me", line_for(slugs, "--quiet"), "Show this comparison to me alone")
    return Reply(spoken(line), (Lead(line), Buttons((quiet, _anew(slugs)))), private=True)


def _where(ballot: Ballot, zone: str | None) -> Line:
    """Where a ballot stands, and since when."""
    where: Line = (MessageSpan(ballot.message),) if ballot.message else text("an earlier message")
    since = said(" since ", InstantSpan(ballot.posted_us, "datetime", zone or "UTC")) if ballot.posted_us else ()
    return (*where, *since)


def _anew(slugs: Sequence[str]) -> Button:
    return Button("Post anew", line_for(slugs, "--anew"), "Post this comparison again, with a ballot of its own")


async def _rivals(tool: Tool, catalogue: Catalogue, given: Sequence[str]) -> Reply:
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
            Button(
                f"Compare with {other.label}",
                line_for([tool.slug, other.slug], *given),
                f"Compare {tool.label} with {other.label}",
            ),
        )
        for other in near[:RIVALS]
    ]
    return Reply(spoken(line), (Lead(line), *entries), private=True)


async def _which(segments: Sequence[Segment], names: NameBook, given: Sequence[str]) -> Reply:
    """Ask which tool one name means; each choice runs the whole comparison, flags included.

    A name that fits nothing is asked about before one that fits several, and that before a misspelt one.
    Other misspelt names take their nearest tool along, so that one press accepts them all.
    """
    asked = min(range(len(segments)), key=lambda place: ASKED_FIRST.index(type(segments[place].found)))
    taken = {segment.found.tool.id for segment in segments if isinstance(segment.found, Exact)}
    words: list[str] = []
    notes: list[Note] = []
    for place, segment in enumerate(segments):
        read = None
        if isinstance(segment.found, Exact):
            read = segment.found.tool
        elif isinstance(segment.found, Near) and place != asked:
            read = next((tool for tool in segment.found.tools if tool.id not in taken), None)
            if read:
                taken.add(read.id)
                notes.append(Note(said(f"“{shown(segment.words)}” is read as ", ToolSpan(read.label), ".")))
        words.append(read.slug if read else _as_typed(segment.words))

    def line(tool: ToolName) -> str:
        return line_for([*words[:asked], tool.slug, *words[asked + 1 :]], *given)

    answer = await names.ask(segments[asked].found, line=line, without=taken)
    return replace(answer, blocks=(*answer.blocks, *notes))


def _as_typed(words: str) -> str:
    """A name that is not clear yet, for use in a further command line, where it means what it means in this one."""
    bare = literal(words)
    if len(bare) > LONGEST_NAME or len(words) > LONGEST_NAME:
        raise CommandError(
            f"No tool has as long a name as “{shown(words)}”; they have at most {LONGEST_NAME} characters."
        )
    if bare and not PARTED.search(bare):
        return bare
    return '"' + " ".join(words.replace('"', " ").split()) + '"'


def _refuse_twice(segments: Sequence[Segment]) -> None:
    """A tool beside itself is nothing to vote on. Raises `CommandError`."""
    seen: dict[int, str] = {}
    for segment in segments:
        if not isinstance(segment.found, Exact):
            continue
        tool = segment.found.tool
        before = seen.setdefault(tool.id, segment.words)
        if before is not segment.words:
            called = f"“{shown(before)}” and “{shown(segment.words)}” are both {tool.label}"
            once = f"{tool.label} is named twice"
            raise CommandError(f"{once if before == segment.words else called}. Name a different tool beside it.")

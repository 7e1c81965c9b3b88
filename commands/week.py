"""What changed in a week, as a reply: the content of the weekly digest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from commands import panel, schedule
from commands.compare import line_for, meter
from commands.model import Activity, Channel, DigestRun, HeadToHead, Moved, RunState, Scores, Subscription, Tool
from commands.ports import Catalogue, Digests, Rules, Votes
from commands.reply import (
    Block,
    Button,
    CommandSpan,
    Divider,
    Entry,
    Heading,
    InstantSpan,
    Lead,
    Line,
    Meter,
    Note,
    Paragraph,
    Part,
    Reply,
    Span,
    Text,
    said,
    series,
    spoken,
    text,
)
from commands.schedule import WEEK_US
from commands.voting import ENOUGH, pair, surest
from commands.weekly_changes import Changed, News

TITLE = "This week in AI tools"
MOST_MATCHES = 8
"""How many comparisons are shown, the most voted first."""

MATCHES_READ = 50
"""How many of a channel's comparisons are weighed, the newest first."""

MOST_NAMED = 5
"""How many flips, new tools and changed tools are named before "and 12 more"."""

COUNTED = frozenset({RunState.POSTED, RunState.ATTEMPTED, RunState.UNCONFIRMED})
"""Runs whose week need not be told again; see `Digests.claim`."""


@dataclass(frozen=True, slots=True)
class Week:
    """What one digest covers: a channel, after `since_us` and up to `until_us`.

    `digest` is the id of its run, None for a preview. `missed` says what became of the one before, where
    that is worth saying.
    """

    team: int
    channel: Channel
    since_us: int
    until_us: int
    zone: str = "UTC"
    digest: int | None = None
    missed: str = ""
    next_due_us: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A comparison of the week: its tools, what the team says of them, and how often it was made."""

    tools: tuple[int, ...]
    scores: Scores
    times: int

    @property
    def people(self) -> int:
        """How many have a standing on the tool that most have one on."""
        return max(tally.n for tally in self.scores.tallies.values())


async def of_run(run: DigestRun, *, digests: Digests, rules: Rules) -> Week:
    """The week that this run of a digest covers."""
    subscription = run.subscription
    runs = [other for other in await digests.runs(subscription.id, limit=10) if other.id != run.id]
    return _week(subscription, runs, run.due_us, since_us=run.since_us, digest=run.id, rules=rules)


async def up_to(subscription: Subscription, until_us: int, *, digests: Digests, rules: Rules) -> Week:
    """The week that a digest would cover if it came at this instant."""
    runs = await digests.runs(subscription.id, limit=10)
    told = [run.due_us for run in runs if run.state in COUNTED and run.due_us < until_us]
    since_us = told[0] if told else until_us - WEEK_US
    return _week(subscription, runs, until_us, since_us=since_us, digest=None, rules=rules)


def _week(
    subscription: Subscription,
    runs: Iterable[DigestRun],
    until_us: int,
    *,
    since_us: int,
    digest: int | None,
    rules: Rules,
) -> Week:
    if since_us < subscription.since_us:
        # It was off in between: what happened then was not this digest's to tell.
        since_us = max(since_us, until_us - WEEK_US)
    before = [run for run in runs if subscription.since_us <= run.due_us < until_us]
    return Week(
        subscription.team,
        subscription.channel,
        since_us,
        until_us,
        subscription.weekly.zone,
        digest,
        _missed(before[0], until_us, rules) if before else "",
        schedule.next_due(subscription.weekly, until_us),
    )


def _missed(run: DigestRun, until_us: int, rules: Rules) -> str:
    """What is to be said of the digest before this one; nothing if it was posted or still may be."""
    last_week = until_us - run.due_us <= WEEK_US + WEEK_US // 7
    since = schedule.when(run.due_us, run.subscription.weekly.zone)
    which = "Last week's digest was" if last_week else f"The digests due since {since} were"
    match run.state:
        case RunState.SKIPPED:
            hours = rules.digest_grace_us // 3_600_000_000
            return f"{which} not posted: the bot was away, or could not post here, for more than {hours} hours."
        case RunState.FAILED:
            return f"{which} not posted: the channel refused it."
        case RunState.UNCONFIRMED:
            return f"The digest due on {since} may not have been posted: the bot was interrupted while posting it."
    return ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to tell of a week. `tools` holds those that are named and are still in the catalogue."""

    activity: Activity
    matches: tuple[Match, ...]
    pick: Moved | None
    flips: tuple[Moved, ...]
    closest: tuple[tuple[int, int], HeadToHead] | None
    news: Changed
    tools: Mapping[int, Tool]

    def __bool__(self) -> bool:
        return bool(self.activity.ballots or self.activity.votes or self.pick or self.flips or self.news)

    def all_of(self, ids: Iterable[int]) -> list[Tool]:
        """These tools, or none at all if one of them is gone."""
        found = [self.tools.get(tool) for tool in ids]
        return [] if None in found else [tool for tool in found if tool]


async def compose(week: Week, *, catalogue: Catalogue, votes: Votes, news: News | None = None) -> Reply:
    """Tell what changed in this week, as one channel may see it; a quiet week is one line.

    Whoever composes many passes one `news` for all of them.
    """
    found = await _find(week, catalogue, votes, news or News(catalogue))
    missed: list[Block] = [Note(text(week.missed))] if week.missed else []
    if not found:
        line = said(Text(TITLE, strong=True), ": a quiet week here, nothing new to compare.")
        return Reply(spoken(line), (Paragraph(line), *missed), digest=week.digest)
    lead, verdicts = _verdicts(found)
    sections = (verdicts, _comparisons(found), found.news.blocks(found.tools, MOST_NAMED))
    blocks: list[Block] = [Heading(text(TITLE)), Note(_dates(week, found.activity)), *missed, Lead(lead)]
    for place, section in enumerate(sections):
        blocks += [Divider(), *section] if place and section else section
    blocks += [Divider(), _footer(week, bars=any(isinstance(block, Meter) for block in blocks))]
    return Reply(_plain(found, lead), tuple(blocks), digest=week.digest)


async def _find(week: Week, catalogue: Catalogue, votes: Votes, news_of: News) -> Findings:
    activity = await votes.activity(week.team, week.channel.id, week.since_us, week.until_us)
    news = await news_of.between(week.since_us, week.until_us)
    matches = await _matches(week.team, activity, votes)
    pick, flips, closest = _pick(activity.moved), _flips(activity.moved), _closest(matches)
    wanted = {tool for match in matches[:MOST_MATCHES] for tool in match.tools}
    wanted |= {move.tool for move in flips[:MOST_NAMED]} | {one.tool for one in news.named(MOST_NAMED)}
    wanted |= {pick.tool} if pick else set()
    wanted |= set(closest[0]) if closest else set()
    tools = {tool.id: tool for tool in await catalogue.tools(sorted(wanted))}
    if pick and pick.tool not in tools:
        pick = None
    return Findings(activity, tuple(matches), pick, tuple(flips), closest, news, tools)


async def _matches(team: int, activity: Activity, votes: Votes) -> list[Match]:
    """The comparisons made here, each set of tools once, the most voted first and then the newest."""
    made: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for ballot in reversed(activity.ballots):
        made.setdefault(tuple(sorted(ballot.tools)), []).append(ballot.tools)
    newest = [(same[0], len(same)) for same in made.values()][:MATCHES_READ]
    matches = [Match(tools, await votes.scores(team, tools), times) for tools, times in newest]
    return sorted(matches, key=lambda match: -match.people)


def _pick(moved: Iterable[Moved]) -> Moved | None:
    """The pick of the week: of the tools that moved and that the team ships, the surest by `voting.surest`."""
    able = {move.tool: move for move in moved if move.after.word == "Ship"}
    best = surest({tool: move.after for tool, move in able.items()})
    return None if best is None else able[best]


def _flips(moved: Iterable[Moved]) -> list[Moved]:
    """Tools whose verdict changed, those that most people speak of first; first votes are no change."""
    turned = [move for move in moved if move.before.n and move.after.n and move.before.word != move.after.word]
    return sorted(turned, key=lambda move: (-move.after.n, move.tool))


def _closest(matches: Iterable[Match]) -> tuple[tuple[int, int], HeadToHead] | None:
    """The head to head decided by least, among at least two that enough people have a view on."""
    met: dict[tuple[int, int], tuple[tuple[int, int], HeadToHead]] = {}
    for match in matches:
        for tools, held in match.scores.pairs.items():
            if held.n >= ENOUGH:
                met.setdefault(pair(*tools), (tools, held))
    if len(met) < 2:
        return None
    return min(met.values(), key=lambda item: (abs(item[1].first - item[1].second), -item[1].n, item[0]))


def _verdicts(found: Findings) -> tuple[Line, list[Block]]:
    """The sentence that comes first, and what is left to say of the team's verdicts."""
    flips = [move for move in found.flips[:MOST_NAMED] if move.tool in found.tools]
    rest: list[Block] = [Paragraph(_flip(move, found.tools[move.tool])) for move in flips]
    rest += _more(len(found.flips) - MOST_NAMED, "changed verdict")
    if found.pick:
        tool = found.tools[found.pick.tool]
        facts = " · ".join(fact for fact in (tool.entry, tool.licence, tool.sizes) if fact)
        return _pick_line(found.pick, tool), [Paragraph(text(facts)), *rest] if facts else rest
    if flips and flips[0].after.n >= ENOUGH:
        return _flip(flips[0], found.tools[flips[0].tool]), rest[1:]
    return _lead(found), rest


def _lead(found: Findings) -> Line:
    """What comes first in a week without a pick and without a changed verdict of enough voters."""
    if found.matches and found.matches[0].people and (tools := found.all_of(found.matches[0].tools)):
        return said("Most voted on here: ", *_versus(tools), ".")
    if found.activity.votes:
        return text("Votes came in here, and no verdict of enough voters changed.")
    if found.activity.ballots:
        return text("Nobody has voted yet on what was compared here.")
    if found.flips:
        return text(f"{_count(len(found.flips), 'verdict')} changed, each on few votes.")
    return text(f"{found.news.count()} in the catalogue.")


def _pick_line(pick: Moved, tool: Tool) -> Line:
    seats, team = tool.panel, pick.after
    you = f"{team.ships} of {team.n} of you ({team.percent}%)"
    if not seats.n:
        words = f"{you} ship it."
    elif seats.ships == seats.n:
        everyone = "All four reviewers ship it" if seats.n == 4 else "Every reviewer ships it"
        words = f"{everyone}, and so do {you}."
    else:
        verb = "ships" if seats.ships == 1 else "ship"
        joined = "and so do" if seats.word == "Ship" else "but"
        you = you if seats.word == "Ship" else f"{you} do"
        words = f"{seats.ships} of {seats.n} reviewers {verb} it, {joined} {you}."
    return said("Pick of the week: ", panel.span(tool), f". {words}")


def _flip(move: Moved, tool: Tool) -> Line:
    before, after = move.before, move.after
    return said(
        panel.span(tool),
        f" went from {before.word} to {after.word}: {after.ships} of {after.n} of you ship it, "
        f"and {before.ships} of {before.n} did before.",
    )


def _comparisons(found: Findings) -> list[Block]:
    blocks: list[Block] = []
    for match in found.matches[:MOST_MATCHES]:
        if tools := found.all_of(match.tools):
            blocks += _comparison(match, tools)
    blocks += _more(len(found.matches) - MOST_MATCHES, "comparison")
    if found.closest and (tools := found.all_of(found.closest[0])):
        held = found.closest[1]
        first, second = (panel.span(tool) for tool in tools)
        result = said(first, f" {held.first} to {held.second} ", second)
        blocks.append(Paragraph(said("Closest head to head: ", *result, f", of {held.n} who spoke on both.")))
    return blocks


def _comparison(match: Match, tools: Sequence[Tool]) -> list[Block]:
    """One comparison: the panel in a sentence, the team's bar, and a button that compares again."""
    named = panel.spans(tools)
    bar = _bar(match, tools)
    body = [panel.sentence(tools, named)]
    body += [text(f"Compared {match.times} times here.")] if match.times > 1 else []
    body += [] if bar else [text("Nobody has voted on these yet.")]
    button = Button("Compare", line_for([tool.slug for tool in tools]), f"Compare {spoken(_versus(tools))}")
    entry = Entry(_versus(tools), tuple(body), button)
    return [entry, bar] if bar else [entry]


def _versus(tools: Sequence[Tool]) -> Line:
    line: list[Span] = []
    for name in panel.spans(tools):
        line += [Text(" vs "), name] if line else [name]
    return tuple(line)


def _bar(match: Match, tools: Sequence[Tool]) -> Meter | None:
    """Two tools head to head, or the ships of each of several; None where nobody has spoken."""
    named = panel.spans(tools)
    if len(tools) == 2 and (held := match.scores.pairs[tools[0].id, tools[1].id]).n:
        return meter(held, *named)
    if not match.people:
        return None
    tallies = [match.scores.tallies[tool.id] for tool in tools]
    shares = [f" {tally.ships} of {tally.n}" if tally.n else " no votes" for tally in tallies]
    parts = tuple(Part(name.label, tally.ships, name.color) for name, tally in zip(named, tallies, strict=True))
    return Meter("Ships", parts, series([said(name, share) for name, share in zip(named, shares, strict=True)]))


def _dates(week: Week, activity: Activity) -> Line:
    dates = said(InstantSpan(week.since_us, "date", week.zone), " to ", InstantSpan(week.until_us, "date", week.zone))
    return said(*dates, "".join(f" · {count}" for count in _counts(activity)), " in this channel")


def _counts(activity: Activity) -> tuple[str, str]:
    return _count(len(activity.ballots), "comparison"), _count(activity.votes, "vote")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _more(number: int, noun: str) -> list[Block]:
    return [Note(text(f"and {number} more {noun if number == 1 else noun + 's'}"))] if number > 0 else []


def _footer(week: Week, *, bars: bool) -> Note:
    line: Line = text("Bars show how this team voted. ") if bars else ()
    if week.next_due_us is not None:
        line = said(*line, "Next digest ", InstantSpan(week.next_due_us, "datetime", week.zone), ". ")
    return Note(said(*line, "Change it with ", CommandSpan("/digest"), "."))


def _plain(found: Findings, lead: Line) -> str:
    counts = ", ".join(_counts(found.activity))
    if found.pick:
        return f"{TITLE}: {found.tools[found.pick.tool].label} is the pick, {counts}."
    return f"{TITLE}: {spoken(lead)} {counts}."

"""A person's own page: what they saved and said, what their team compares, which digests come. And first words."""

from collections.abc import Collection, Sequence

from commands import bookmarks as saved_tools
from commands import compare, panel
from commands.declare import Ask
from commands.model import Ballot, PersonData, Subscription, Tool, Verdict
from commands.ports import Bookmarks, Catalogue, Digests, People, Votes
from commands.reply import (
    Block,
    Button,
    Buttons,
    ChannelSpan,
    CommandSpan,
    Divider,
    Entry,
    Heading,
    InstantSpan,
    Lead,
    Line,
    MessageSpan,
    Note,
    Paragraph,
    Reply,
    said,
    series,
    spoken,
    text,
)
from commands.schedule import in_words

MOST = 10
"""How many of each kind are shown."""

TRY = compare.COMMAND.examples[0]


async def home(
    ask: Ask,
    channels: Collection[str] | None,
    *,
    bookmarks: Bookmarks,
    catalogue: Catalogue,
    votes: Votes,
    people: People,
    digests: Digests,
) -> Reply:
    """The asker's page. Private.

    `channels` are those the asker is in, whose digests are shown; where they are not known, it is the
    digests of public channels and those the asker set.
    """
    saved, changed, kept = await _saved(ask, bookmarks, catalogue, votes)
    data = await people.data(ask.team, ask.asker)
    made = await votes.recent(ask.team, limit=MOST + 1)
    coming = [one for one in await digests.of_team(ask.team) if _concerns(one, ask.asker, channels)]
    compared = f"{_count(len(made[:MOST]), 'recent comparison')}{' and more' if len(made) > MOST else ''}"
    spoke = f"votes on {_count(len(data.standings), 'tool')}" if data.standings else "no votes"
    lead = text(
        f"You have {_count(saved, 'bookmark')}{f' ({changed} changed)' if changed else ''} and "
        f"{spoke}; your team has {compared} and {_count(len(coming), 'weekly digest')}."
    )
    blocks: list[Block] = [Heading(text("Your Shipworthy")), Lead(lead)]
    blocks += [Divider(), Heading(text("Your bookmarks")), *kept]
    blocks += [Divider(), Heading(text("Your votes")), *await _standings(data, catalogue)]
    blocks += [Divider(), Heading(text("Compared in your team")), *await _compared(ask, made, catalogue)]
    blocks += [Divider(), Heading(text("Weekly digests")), *_digests(coming)]
    blocks += [Divider(), Heading(text("Your data")), *PRIVACY]
    return Reply(spoken(lead), tuple(blocks), private=True)


def welcome() -> Reply:
    """How to start, for somebody who sees us for the first time. Private."""
    lead = text("Which AI tools should your team ship with? Three ways to find out:")
    ways = (
        said("Compare two to four of them in a channel: ", CommandSpan(TRY)),
        text("Vote on a comparison with a reaction, and take it away again when you change your mind."),
        said("Have a channel told once a week what changed: ", CommandSpan("/digest on")),
    )
    return Reply(spoken(lead), (Heading(text("Welcome")), Lead(lead), *map(Paragraph, ways)), private=True)


def hello() -> Reply:
    """What is said in a channel we were invited to."""
    line = said("I set AI tools side by side, and you vote on which to ship with. Try it: ", CommandSpan(TRY))
    return Reply(spoken(line), (Lead(line),))


PRIVACY: tuple[Block, ...] = (
    Paragraph(text("Only you see this page. A button vote is not shown by name; reactions are public.")),
    Buttons(
        (
            Button("What is stored about me", "/mydata", "See what is stored about you in this team"),
            Button("Forget me", "/forgetme", "Erase what is stored about you in this team; asks you first"),
        )
    ),
)


async def _saved(
    ask: Ask, bookmarks: Bookmarks, catalogue: Catalogue, votes: Votes
) -> tuple[int, int, Sequence[Block]]:
    """How many bookmarks there are, how many of those shown have changed, and those shown."""
    saved = await bookmarks.of(ask.team, ask.asker)
    if not saved:
        none = said("No bookmarks yet. Save a tool for later: ", CommandSpan("/bookmark mistral code"))
        return 0, 0, [Paragraph(none)]
    tools = {tool.id: tool for tool in await catalogue.tools([one.tool for one in saved])}
    known = [one for one in saved if one.tool in tools]
    shown = await saved_tools.entries(ask, known[:MOST], tools, votes=votes)
    more = _more(len(known) - MOST, Button("See all bookmarks", "/bookmarks", "See all your bookmarks"))
    return len(known), sum(changed for _, changed in shown), [*(entry for entry, _ in shown), *more]


async def _standings(data: PersonData, catalogue: Catalogue) -> Sequence[Block]:
    """What the person says of each tool, those shipped first."""
    if not data.standings:
        return [Paragraph(text("No votes yet. Vote on a comparison, and what you say of its tools is shown here."))]
    in_order = sorted(data.standings, key=lambda held: held[1] is not Verdict.SHIP)[:MOST]
    tools = {tool.id: tool for tool in await catalogue.tools([tool for tool, _ in in_order])}
    blocks: list[Block] = []
    for verdict in Verdict:
        said_so = [tools[tool] for tool, held in in_order if held is verdict and tool in tools]
        if said_so:
            blocks.append(Paragraph(said(f"You {verdict} ", *_named(said_so), ".")))
    see_all = Button("See all votes", "/mydata", "See all your votes and what else is stored about you")
    return [*blocks, *_more(len(data.standings) - MOST, see_all)]


async def _compared(ask: Ask, made: Sequence[Ballot], catalogue: Catalogue) -> Sequence[Block]:
    """The comparisons, each with where it stands and a button that shows it to the asker alone."""
    tools = {tool.id: tool for tool in await catalogue.tools([tool for ballot in made for tool in ballot.tools])}
    zone = ask.request.asker.zone or "UTC"
    entries = [
        _comparison(ballot, [tools[tool] for tool in ballot.tools], zone)
        for ballot in made[:MOST]
        if tools.keys() >= set(ballot.tools)
    ]
    if not entries:
        none = said("No comparison in a public channel yet. Make the first in one of yours: ", CommandSpan(TRY))
        return [Paragraph(none)]
    older = [Note(text("Older ones are in the channels they were made in."))] if len(made) > MOST else []
    return [*entries, *older]


def _comparison(ballot: Ballot, tools: Sequence[Tool], zone: str) -> Entry:
    title = series([said(panel.span(tool)) for tool in tools], "vs")
    posted = said(InstantSpan(ballot.posted_us, "date", zone), " in ") if ballot.posted_us is not None else ()
    where = said(": ", MessageSpan(ballot.message)) if ballot.message else ()
    line = compare.line_for([tool.slug for tool in tools], "--quiet")
    button = Button("Compare", line, f"Show the comparison of {' and '.join(tool.label for tool in tools)} to me alone")
    return Entry(title, ((*posted, ChannelSpan(ballot.channel.id), *where),), button)


def _digests(coming: Sequence[Subscription]) -> Sequence[Block]:
    """When each digest comes, and who set it."""
    if not coming:
        none = said("None in your channels. Switch one on in a channel: ", CommandSpan("/digest on"))
        return [Paragraph(none)]
    entries = [
        Entry(
            said(ChannelSpan(one.channel.id), f": {in_words(one.weekly)}"),
            (said("The next comes on ", InstantSpan(one.next_due_us, "datetime", one.weekly.zone), "."),),
        )
        for one in coming[:MOST]
    ]
    return [*entries, *_more(len(coming) - MOST)]


def _concerns(one: Subscription, person: str, channels: Collection[str] | None) -> bool:
    if channels is None:
        return not one.channel.private or one.set_by == person
    return one.channel.id in channels


def _named(tools: Sequence[Tool]) -> Line:
    return series([said(panel.span(tool)) for tool in tools])


def _more(number: int, button: Button | None = None) -> list[Block]:
    """How many are not shown, and where they are."""
    if number <= 0:
        return []
    return [Note(text(f"and {number} more")), *([Buttons((button,))] if button else [])]


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"

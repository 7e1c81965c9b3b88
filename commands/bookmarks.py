"""`/bookmarks`: what you saved, and what has changed since."""

from collections.abc import Mapping, Sequence

from commands import panel
from commands.declare import Ask, Command, paged
from commands.errors import CommandError
from commands.model import Bookmark, Tally, Tool
from commands.ports import Bookmarks, Catalogue, Votes
from commands.reply import (
    Block,
    Button,
    Buttons,
    CommandSpan,
    Entry,
    InstantSpan,
    Lead,
    Note,
    Reply,
    said,
    spoken,
    text,
)

PAGE = 12


async def bookmarks_of(ask: Ask, *, catalogue: Catalogue, votes: Votes, bookmarks: Bookmarks) -> Reply:
    """List the asker's bookmarks, newest first, each with what changed since it was saved. Always private."""
    words, page = paged(ask.words)
    if words:
        raise CommandError("/bookmarks shows them all. To save a tool, for example: /bookmark mistral code")
    saved = await bookmarks.of(ask.team, ask.asker)
    if not saved:
        line = said("No bookmarks yet. Save a tool for later: ", CommandSpan("/bookmark mistral code"))
        return Reply(spoken(line), (Lead(line),), private=True)
    tools = {tool.id: tool for tool in await catalogue.tools([one.tool for one in saved])}
    here = [one for one in saved if one.tool in tools][page * PAGE : (page + 1) * PAGE]
    if not here:
        raise CommandError(f"There is no page {page + 1}; the last is {-(-len(saved) // PAGE)}.")
    shown = await entries(ask, here, tools, votes=votes)
    lead = text(_lead(len(saved), len(here), sum(changed for _, changed in shown)))
    blocks: list[Block] = [Lead(lead), *(entry for entry, _ in shown)]
    if (page + 1) * PAGE < len(saved):
        blocks.append(Buttons((Button("More", f"/bookmarks --page {page + 2}", f"Show page {page + 2}"),)))
    blocks.append(Note(said("Only you see your bookmarks. Remove one: ", CommandSpan("/bookmark NAME --remove"))))
    return Reply(spoken(lead), tuple(blocks), private=True)


COMMAND = Command(
    "bookmarks",
    "/bookmarks",
    "See the tools you saved and what changed since",
    bookmarks_of,
    examples=("/bookmarks",),
)


async def entries(
    ask: Ask, saved: Sequence[Bookmark], tools: Mapping[int, Tool], *, votes: Votes
) -> list[tuple[Entry, bool]]:
    """An entry for each of these bookmarks, and whether anything changed since it was saved."""
    scores = await votes.scores(ask.team, [one.tool for one in saved])
    zone = ask.request.asker.zone or "UTC"
    shown = []
    for one in saved:
        tool = tools[one.tool]
        tally = scores.tallies[tool.id]
        changed = changes(one, tool, tally)
        verdict = text(f"Panel: {panel.verdict(tool.panel)}")
        votes_here = text(("Community: " if tally.n else "") + panel.community(tally))
        since = said("Saved ", InstantSpan(one.saved_us, "date", zone), ". ", changed or "Nothing changed since.")
        show = Button(f"Show {tool.label}", f"/tool {tool.slug} --quiet", f"Show {tool.label} to me alone")
        shown.append((Entry(said(panel.span(tool)), (verdict, votes_here, since), show), bool(changed)))
    return shown


def _lead(saved: int, here: int, moved: int) -> str:
    """How many there are, and how many of those shown have changed."""
    if saved == 1:
        return f"1 bookmark; {'it' if moved else 'nothing'} changed since you saved it."
    of_these = f" of these {here}" if here < saved else ""
    return f"{saved} bookmarks; {moved or 'none'}{of_these} changed since you saved them."


def changes(saved: Bookmark, tool: Tool, community: Tally) -> str:
    """What is different now from when it was saved, in words; empty if nothing is."""
    moves = (
        ("Panel", panel.verdict(saved.panel), panel.verdict(tool.panel)),
        ("Entry price", saved.entry or "unknown", tool.entry or "unknown"),
        ("Pricing", saved.pricing or "unknown", tool.pricing or "unknown"),
        ("Community", panel.community(saved.community), panel.community(community)),
    )
    words = [f"{label}: {before} → {after}" for label, before, after in moves if before != after]
    return f"Changed: {'; '.join(words)}." if words else ""

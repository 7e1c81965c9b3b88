"""`/bookmarks`: what you saved, and what has changed since."""

from commands import panel
from commands.declare import Ask, Command
from commands.model import Bookmark, Tally, Tool
from commands.ports import Bookmarks, Catalogue, Votes
from commands.reply import Block, Button, CommandSpan, Entry, InstantSpan, Lead, Line, Note, Reply, said, spoken, text

SHOWN = 12


async def bookmarks_of(ask: Ask, *, catalogue: Catalogue, votes: Votes, bookmarks: Bookmarks) -> Reply:
    """List the asker's bookmarks, newest first, each with what changed since it was saved. Always private."""
    saved = await bookmarks.of(ask.team, ask.asker)
    if not saved:
        line = said("No bookmarks yet. Save a tool for later: ", CommandSpan("/bookmark mistral code"))
        return Reply(spoken(line), (Lead(line),), private=True)
    tools = {tool.id: tool for tool in await catalogue.tools([one.tool for one in saved])}
    known = [one for one in saved if one.tool in tools]
    scores = await votes.scores(ask.team, [one.tool for one in known[:SHOWN]])
    news = [changes(one, tools[one.tool], scores.tallies[one.tool]) for one in known[:SHOWN]]
    moved = sum(map(bool, news))
    many = "1 bookmark" if len(saved) == 1 else f"{len(saved)} bookmarks"
    lead = text(f"{many}; {moved or 'none'} changed since you saved {'it' if len(saved) == 1 else 'them'}.")
    zone = ask.request.asker.zone or "UTC"
    blocks: list[Block] = [Lead(lead)]
    for one, changed in zip(known, news, strict=False):
        tool = tools[one.tool]
        facts = text(f"Panel: {panel.verdict(tool.panel)} · {panel.community(scores.tallies[tool.id])}")
        since = said("Saved ", InstantSpan(one.saved_us, "date", zone), ". ", changed or "Nothing changed since.")
        show = Button(f"Show {tool.label}", f"/tool {tool.slug} --quiet", f"Show {tool.label} to me alone")
        blocks.append(Entry(said(panel.span(tool)), (facts, since), show))
    if len(known) > SHOWN:
        blocks.append(Note(_more(len(known) - SHOWN)))
    blocks.append(Note(said("Only you see your bookmarks. Remove one: ", CommandSpan("/bookmark NAME --remove"))))
    return Reply(spoken(lead), tuple(blocks), private=True)


COMMAND = Command(
    "bookmarks", "/bookmarks", "See the tools you saved and what changed since", bookmarks_of, examples=("/bookmarks",)
)


def _more(count: int) -> Line:
    return text(f"{count} older ones are not shown; remove some to see them.")


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

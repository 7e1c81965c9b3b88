"""`/bookmark`: save a tool for yourself."""

from commands import panel
from commands.declare import Ask, Command, Kind, Parameter, flags
from commands.errors import CommandError
from commands.model import Bookmark, Tool
from commands.namebook import NameBook
from commands.naming import Exact
from commands.parsing import split
from commands.ports import Bookmarks, Catalogue, Clock, Votes
from commands.reply import Block, Button, Buttons, CommandSpan, Entry, Lead, Reply, said, spoken, text

MOST_BOOKMARKS = 200


async def bookmark(
    ask: Ask, *, names: NameBook, catalogue: Catalogue, votes: Votes, bookmarks: Bookmarks, clock: Clock
) -> Reply:
    """Save a tool for the asker, or drop it; asks which where several are named. Always private."""
    words, options = flags(ask.words, "remove")
    if not words:
        raise CommandError("Name the tool to bookmark, for example: /bookmark mistral code")
    segments = split(words, await names.resolver(ask.team))
    if len(segments) > 1 and all(isinstance(segment.found, Exact) for segment in segments):
        ids = [segment.found.tool.id for segment in segments if isinstance(segment.found, Exact)]
        return _which(await catalogue.tools(ids))
    found = await names.one(ask.team, words, line="/bookmark {}" + " --remove" * bool(options))
    if isinstance(found, Reply):
        return found
    if options:
        removed = await bookmarks.remove(ask.team, ask.asker, found.id)
        return _said(found, " is no longer bookmarked." if removed else " was not bookmarked.")
    if len(await bookmarks.of(ask.team, ask.asker)) >= MOST_BOOKMARKS:
        raise CommandError(
            f"You have {MOST_BOOKMARKS} bookmarks, which is the most. Remove one: /bookmark NAME --remove"
        )
    tally = (await votes.scores(ask.team, [found.id])).tallies[found.id]
    saved = Bookmark(found.id, clock(), found.panel, found.entry, found.pricing, tally)
    if await bookmarks.add(ask.team, ask.asker, saved):
        return _said(found, " is bookmarked, for you alone. See them all: ", "/bookmarks")
    remove = Button("Remove it", f"/bookmark {found.slug} --remove", f"Remove the bookmark on {found.label}")
    line = said(panel.span(found), " was bookmarked before; it stays as it was saved.")
    return Reply(spoken(line), (Lead(line), Buttons((remove,))), private=True)


COMMAND = Command(
    "bookmark",
    "/bookmark NAME [--remove]",
    "Save a tool for yourself",
    bookmark,
    parameters=(
        Parameter("name", "The tool", Kind.TOOL, required=True),
        Parameter("remove", "Remove the bookmark", Kind.FLAG),
    ),
    examples=("/bookmark mistral code", "/bookmark mistral code --remove"),
)


def _said(tool: Tool, words: str, command: str = "") -> Reply:
    line = said(panel.span(tool), words, *([CommandSpan(command)] if command else []))
    return Reply(spoken(line), (Lead(line),), private=True)


def _which(tools: tuple[Tool, ...]) -> Reply:
    """Several are named: one press each."""
    lead = text("Which one do you want to bookmark?")
    blocks: list[Block] = [Lead(lead)]
    blocks += [
        Entry(
            said(panel.span(tool)),
            (text(tool.best_for or tool.tagline or panel.MISSING),),
            Button(f"Bookmark {tool.label}", f"/bookmark {tool.slug}", f"Bookmark {tool.label} for yourself"),
        )
        for tool in tools
    ]
    return Reply(spoken(lead), tuple(blocks), private=True)

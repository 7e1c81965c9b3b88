"""`/bookmark`: save a tool for yourself."""

from commands import panel
from commands.declare import Ask, Command, Kind, Parameter, flags
from commands.errors import CommandError
from commands.model import Bookmark, Tool
from commands.namebook import NameBook
from commands.ports import Bookmarks, Clock, Votes
from commands.reply import Button, Buttons, CommandSpan, Lead, Reply, said, spoken

MOST_BOOKMARKS = 200


async def bookmark(ask: Ask, *, names: NameBook, votes: Votes, bookmarks: Bookmarks, clock: Clock) -> Reply:
    """Save a tool for the asker, or drop it; asks which where several are named. Always private."""
    words, options = flags(ask.words, "remove")
    if not words:
        raise CommandError("Name the tool to bookmark, for example: /bookmark mistral code")
    flag, verb = (" --remove", "remove") if options else ("", "bookmark")
    found = await names.one(ask.team, words, line=lambda tool: f"/bookmark {tool.slug}{flag}", verb=verb)
    if isinstance(found, Reply):
        return found
    if options:
        removed = await bookmarks.remove(ask.team, ask.asker, found.id)
        return _said(found, " is no longer bookmarked." if removed else " was not bookmarked.")
    saved_before = await bookmarks.of(ask.team, ask.asker)
    if len(saved_before) >= MOST_BOOKMARKS and all(saved.tool != found.id for saved in saved_before):
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
    details=("Only you see your bookmarks. --remove drops one again.",),
)


def _said(tool: Tool, words: str, command: str = "") -> Reply:
    line = said(panel.span(tool), words, *([CommandSpan(command)] if command else []))
    return Reply(spoken(line), (Lead(line),), private=True)

"""`/mydata`: what is stored about you in this team."""

from commands import panel
from commands.declare import Ask, Command
from commands.ports import Catalogue, People
from commands.reply import Block, CommandSpan, Entry, Lead, Note, Reply, said, spoken, text

SHOWN = 20


async def mydata(ask: Ask, *, people: People, catalogue: Catalogue) -> Reply:
    """Count what is stored of the asker here, and show their standing on every tool. Always private."""
    data = await people.data(ask.team, ask.asker)
    counts = (
        (data.marks, "vote mark", "vote marks"),
        (data.bookmarks, "bookmark", "bookmarks"),
        (data.comparisons, "comparison you asked for", "comparisons you asked for"),
        (len(data.aliases), "alias you set", "aliases you set"),
        (len(data.digests), "weekly digest you set up", "weekly digests you set up"),
    )
    held = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    if not held and not data.standings:
        line = text("Nothing about you is stored in this team.")
        return Reply(spoken(line), (Lead(line),), private=True)
    lead = text(f"Stored about you in this team: {', '.join(held)}.")
    blocks: list[Block] = [Lead(lead)]
    tools = {tool.id: tool for tool in await catalogue.tools([tool for tool, _ in data.standings[:SHOWN]])}
    blocks += [
        Entry(said(panel.span(tools[tool]), f": you say {verdict}"))
        for tool, verdict in data.standings[:SHOWN]
        if tool in tools
    ]
    if len(data.standings) > SHOWN:
        blocks.append(Note(text(f"And {len(data.standings) - SHOWN} more.")))
    if data.aliases:
        blocks.append(Note(text(f"Aliases you set: {', '.join(data.aliases)}.")))
    blocks.append(Note(said("To have it erased: ", CommandSpan("/forgetme"))))
    return Reply(spoken(lead), tuple(blocks), private=True)


COMMAND = Command("mydata", "/mydata", "See what is stored about you here", mydata, examples=("/mydata",))

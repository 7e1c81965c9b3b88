"""`/tool`: one tool's card with every reviewer's words, and a ballot on it alone."""

from dataclasses import replace

from commands import panel
from commands.declare import Ask, Command, Kind, Parameter, flags
from commands.errors import CommandError
from commands.model import SKIP_ALL, Ballot, BallotKind, Scores, Tool
from commands.namebook import NameBook
from commands.ports import NewId, Votes
from commands.reply import (
    Block,
    Button,
    Buttons,
    Cell,
    Heading,
    Lead,
    Note,
    OptionSpan,
    Paragraph,
    Reply,
    Row,
    Table,
    Text,
    Vote,
    said,
    spoken,
    text,
)
from commands.reviews import reviews

FLAGS = ("quiet", "reviews")


async def tool(ask: Ask, *, names: NameBook, votes: Votes, new_id: NewId) -> Reply:
    """Show one tool and reserve a ballot on it."""
    words, options = flags(ask.words, *FLAGS)
    if not words:
        raise CommandError("Name a tool, for example: /tool mistral code")
    given = "".join(f" --{flag}" for flag in FLAGS if flag in options)
    found = await names.one(ask.team, words, line=lambda tool: f"/tool {tool.slug}{given}", verb="see")
    if isinstance(found, Reply):
        return found
    if "reviews" in options:
        return await reviews(ask, [found], BallotKind.CARD, votes=votes)
    ballot = Ballot(new_id(), ask.team, BallotKind.CARD, (found.id,), ask.request.channel, ask.asker)
    reply = draw(ballot, found, await votes.scores(ask.team, [found.id]))
    return _quiet(reply, found, posts=ask.request.ballots) if options else reply


COMMAND = Command(
    "tool",
    "/tool NAME [--quiet]",
    "Show one tool: facts, every reviewer's words, and a vote on it",
    tool,
    parameters=(
        Parameter("name", "The tool", Kind.TOOL, required=True),
        Parameter("quiet", "Show it to me alone", Kind.FLAG),
    ),
    examples=("/tool mistral 8x22b", "/tool code llama 4 200b --quiet"),
    details=(
        "--quiet shows it to you alone, with a button to post it.",
        "--reviews shows you alone every reviewer's words.",
    ),
)


def _quiet(reply: Reply, tool: Tool, *, posts: bool) -> Reply:
    """The same card for the asker alone: no ballot, and a button that posts it where there is a channel."""
    post = Button("Post here", f"/tool {tool.slug}", f"Post {tool.label} here, with a vote", primary=True)
    kept = tuple(
        Buttons((*((post,) if posts else ()), *block.buttons)) if isinstance(block, Buttons) else block
        for block in reply.blocks
        if not isinstance(block, Vote)
    )
    return replace(reply, blocks=kept, private=True, ballot=None)


def draw(ballot: Ballot, tool: Tool, scores: Scores) -> Reply:
    """A tool's card as it is posted, and drawn again whenever its tally moves."""
    name = panel.span(tool)  # without a colour, which would look like a mark to vote with
    lead = panel.sentence([tool], [name])
    blocks: list[Block] = [Heading(text(tool.label)), Lead(lead)]
    blocks += [Paragraph(text(words)) for words in (tool.tagline, tool.description) if words]
    blocks += [Paragraph(words) for words in panel.team_lines([tool], [name], scores)]
    facts = (("Maker", tool.maker), ("Licence", tool.licence), ("Sizes", tool.sizes))
    rows = (*panel.rows([tool], scores), *(Row(label, (Cell(text(fact or panel.MISSING)),)) for label, fact in facts))
    blocks.append(Table((name,), rows))
    blocks += panel.quotes(tool)
    if legend := panel.legend([tool]):
        blocks.append(Note(legend))
    blocks.append(Note(text(f"Facts: {tool.source.origin}; {tool.source.dated}.")))
    how = said("React ", OptionSpan(1, ship=True), " to ship it or ", OptionSpan(SKIP_ALL), " to skip it. ")
    blocks.append(Vote((name,), (*how, Text("Reactions are public; a button vote is not shown by name."))))
    blocks.append(
        Buttons(
            (
                Button("Read reviews", f"/tool {tool.slug} --reviews", f"Read all reviews of {tool.label}"),
                Button("Bookmark", f"/bookmark {tool.slug}", f"Bookmark {tool.label}"),
                Button("Compare", f"/compare {tool.slug}", f"Compare {tool.label} with a rival"),
            )
        )
    )
    return Reply(f"{tool.label}: {spoken(lead)}", tuple(blocks), ballot=ballot)

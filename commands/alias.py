"""`/alias`: a team's own words for tools."""

from collections.abc import Sequence

from commands import panel
from commands.declare import Ask, Command, Kind, Parameter, paged
from commands.errors import CommandError
from commands.model import TeamAlias
from commands.namebook import NameBook
from commands.naming import Exact, Match, normal
from commands.parsing import shown
from commands.ports import Aliases, Catalogue, Clock
from commands.reply import (
    Block,
    Button,
    Buttons,
    CommandSpan,
    Entry,
    Lead,
    Line,
    PersonSpan,
    Reply,
    Text,
    said,
    spoken,
    text,
)

MOST_ALIASES = 500
PAGE = 20
LONGEST = 40
EXAMPLE = "/alias llama = code-llama-4-200b"


async def alias(ask: Ask, *, names: NameBook, aliases: Aliases, catalogue: Catalogue, clock: Clock) -> Reply:
    """List a team's aliases, set one, or remove one."""
    if "=" not in ask.words and (listed := paged(ask.words))[0] == "":
        return await _list(ask, listed[1], aliases, catalogue)
    words, target = _parsed(ask)
    held = await aliases.aliases(ask.team)
    standing = [one for one in held if normal(one.words) == normal(words)]
    if not target:
        removed = await _remove(ask, words, standing, aliases)
        names.changed(ask.team)
        return removed
    found = await names.one(ask.team, target, line=lambda tool: f"/alias {words} = {tool.slug}")
    if isinstance(found, Reply):
        return found
    taken = (await names.index()).match(words, {})
    if isinstance(taken, Exact) and taken.by in {Match.SLUG, Match.NAME, Match.QUALIFIED} and taken.tool.id != found.id:
        raise CommandError(f"“{shown(words)}” is the name of {taken.tool.label}; an alias cannot take it over.")
    if not standing and len(held) >= MOST_ALIASES:
        raise CommandError(f"This team has {MOST_ALIASES} aliases, which is the most. Remove one first: /alias WORD =")
    for one in standing:
        await aliases.remove_alias(ask.team, one.words)
    await aliases.set_alias(ask.team, TeamAlias(words, found.id, ask.asker, clock()))
    names.changed(ask.team)
    line = said(
        "“",
        Text(words, strong=True),
        "” now means ",
        panel.span(found),
        " in this team, set by ",
        PersonSpan(ask.asker),
        *(await _instead_of(standing, found.id, catalogue)),
    )
    return Reply(spoken(line), (Lead(line),))


COMMAND = Command(
    "alias",
    "/alias [WORD = TOOL]",
    "List the team's own words for tools, set one, or remove one",
    alias,
    parameters=(
        Parameter("word", "The word to set or remove", behind="="),
        Parameter("tool", "The tool it stands for; left out, the word is removed", Kind.TOOL),
    ),
    examples=(EXAMPLE, "/alias llama =", "/alias"),
)


def _parsed(ask: Ask) -> tuple[str, str]:
    """The word and the tool as typed, the tool empty where the word is to be removed."""
    words, equals, target = (part.strip() for part in ask.words.partition("="))
    if not equals:
        raise CommandError(f"Put an equals sign between the word and the tool, for example: {EXAMPLE}")
    if not ask.request.asker.full_member:
        raise CommandError("Only full members of the team can set its aliases. Ask one of them.")
    if not normal(words):
        raise CommandError(f"An alias needs letters or digits, for example: {EXAMPLE}")
    if len(words) > LONGEST:
        raise CommandError(f"An alias is at most {LONGEST} characters; “{shown(words)}” has {len(words)}.")
    return words, target


async def _instead_of(standing: Sequence[TeamAlias], tool: int, catalogue: Catalogue) -> Line:
    """The end of the sentence: what the word meant until now, if something else."""
    before = await catalogue.tools([one.tool for one in standing if one.tool != tool])
    return said("; it was ", panel.span(before[0]), ".") if before else text(".")


async def _list(ask: Ask, page: int, aliases: Aliases, catalogue: Catalogue) -> Reply:
    held = await aliases.aliases(ask.team)
    if not held:
        line = said("This team has no aliases yet. Set one: ", CommandSpan(EXAMPLE))
        return Reply(spoken(line), (Lead(line),), private=True)
    here = held[page * PAGE : (page + 1) * PAGE]
    if not here:
        raise CommandError(f"There is no page {page + 1}; the last is {-(-len(held) // PAGE)}.")
    tools = {tool.id: tool for tool in await catalogue.tools([one.tool for one in here])}
    lead = text("1 alias in this team." if len(held) == 1 else f"{len(held)} aliases in this team.")
    blocks: list[Block] = [Lead(lead)]
    for one in here:
        who = (
            said("set by ", PersonSpan(one.set_by)) if one.set_by else text("set by somebody who asked to be forgotten")
        )
        remove = Button(f"Remove {one.words}", f"/alias {one.words} =", f"Remove the alias {one.words}")
        means = panel.span(tools[one.tool]) if one.tool in tools else Text("a tool no longer in the catalogue")
        blocks.append(Entry(said(Text(one.words, strong=True), " means ", means), (who,), remove))
    if (page + 1) * PAGE < len(held):
        blocks.append(Buttons((Button("More", f"/alias --page {page + 2}", f"Show page {page + 2}"),)))
    return Reply(spoken(lead), tuple(blocks), private=True)


async def _remove(ask: Ask, words: str, standing: list[TeamAlias], aliases: Aliases) -> Reply:
    removed = [await aliases.remove_alias(ask.team, held.words) for held in standing]
    if not any(removed):
        raise CommandError(f"This team has no alias “{shown(words)}”. Type /alias to see those it has.")
    line = said("“", Text(words, strong=True), "” is no longer an alias, removed by ", PersonSpan(ask.asker), ".")
    return Reply(spoken(line), (Lead(line),))

"""From typed words to tools of one team, or to a private reply that asks which was meant."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import assert_never

from commands import reply
from commands.model import Tool, ToolName
from commands.naming import Ambiguous, Exact, Found, NameIndex, Near, Resolver, Unknown
from commands.parsing import shown
from commands.ports import Aliases, Catalogue, Clock
from commands.reply import Block, Button, Entry, Lead, Note, Reply, Text, ToolSpan, said, spoken

FRESH_US = 1_000_000
"""The catalogue's revision is asked at most this often, so an import elsewhere is seen within a second."""

MANY = 2_000
"""A catalogue larger than this is indexed on a thread of its own, so that nobody else has to wait."""

MOST_TEAMS = 1_000
"""Teams whose aliases are held in memory."""

MOST_TOOLS = 2_000
"""Tools held in memory, some kilobytes each."""

MOST_CHOICES = 8


class NameBook:
    """The name index of the catalogue, kept up to date, and a team's own aliases."""

    def __init__(self, catalogue: Catalogue, aliases: Aliases, clock: Clock) -> None:
        self._catalogue = catalogue
        self._aliases = aliases
        self._clock = clock
        self._index: NameIndex | None = None
        self._revision = -1
        self._checked_us = 0
        self._tools: dict[int, Tool] = {}
        self._aliases_of: OrderedDict[int, tuple[int, dict[str, int]]] = OrderedDict()

    async def index(self) -> NameIndex:
        """The index of the catalogue as it was at most a second ago."""
        now_us = self._clock()
        if self._index is None or not 0 <= now_us - self._checked_us < FRESH_US:
            revision = await self._catalogue.revision()
            if self._index is None or revision != self._revision:
                index = NameIndex(await self._catalogue.names())
                if len(index) > MANY:
                    await asyncio.to_thread(index.prepare)
                self._index, self._revision = index, revision
                self._tools.clear()
            self._checked_us = now_us
        return self._index

    async def tools(self, ids: Sequence[int]) -> tuple[Tool, ...]:
        """See `Catalogue.tools`; as they were at most a second ago, read once and then held in memory."""
        await self.index()
        if any(tool not in self._tools for tool in ids):
            if len(self._tools) > MOST_TOOLS:
                self._tools.clear()
            self._tools |= {tool.id: tool for tool in await self._catalogue.tools(ids)}
        return tuple(self._tools[tool] for tool in ids if tool in self._tools)

    async def resolver(self, team: int) -> Resolver:
        """What turns names typed in this team into tools."""
        index = await self.index()
        return index.resolver(await self.aliases(team))

    async def aliases(self, team: int) -> dict[str, int]:
        """A team's aliases as they were at most a second ago, each with the id of its tool."""
        now_us = self._clock()
        read_us, held = self._aliases_of.pop(team, (0, {}))
        if not 0 <= now_us - read_us < FRESH_US:
            read_us, held = now_us, {one.words: one.tool for one in await self._aliases.aliases(team)}
        self._aliases_of[team] = (read_us, held)
        if len(self._aliases_of) > MOST_TEAMS:
            self._aliases_of.popitem(last=False)
        return held

    def changed(self, team: int) -> None:
        """Read this team's aliases anew when next they are asked for."""
        self._aliases_of.pop(team, None)

    async def one(self, team: int, words: str, *, line: str) -> Tool | Reply:
        """The tool these words name, or the reply that asks; `line` holds "{}" where the tool's slug goes."""
        found = (await self.resolver(team))(words)
        if isinstance(found, Exact) and (tools := await self.tools([found.tool.id])):
            return tools[0]
        return await self.ask(found, line=lambda tool: line.replace("{}", tool.slug))

    async def ask(self, found: Found, *, line: Callable[[ToolName], str]) -> Reply:
        """A private reply that says what could be meant and what tells it apart, each one press away."""
        names = candidates(found)
        lead = _lead(found)
        facts = {tool.id: tool for tool in await self._catalogue.tools([name.id for name in names[:MOST_CHOICES]])}
        blocks: list[Block] = [Lead(lead)]
        blocks += [_choice(facts[name.id], line(name)) for name in names[:MOST_CHOICES] if name.id in facts]
        total = found.total + len(found.also) if isinstance(found, Ambiguous) else len(names)
        if total > len(blocks) - 1:
            blocks.append(Note(reply.text(f"{total - len(blocks) + 1} more fit; add a word to narrow it down.")))
        return Reply(spoken(lead), tuple(blocks), private=True, failed=not isinstance(found, Exact))


def candidates(found: Found) -> tuple[ToolName, ...]:
    """The tools that could be meant, the likeliest first."""
    match found:
        case Exact(tool):
            return (tool,)
        case Ambiguous(tools, _, also):
            return (*tools, *also)
        case Near(tools):
            return tools
        case Unknown(nearest):
            return nearest
    assert_never(found)


def _lead(found: Found) -> reply.Line:
    match found:
        case Exact(tool):
            return said("You mean ", ToolSpan(tool.label), ".")
        case Ambiguous(tools, words):
            if len(tools) > 1 and len({tool.name for tool in tools}) == 1:
                count = {2: "Two", 3: "Three", 4: "Four"}.get(len(tools), str(len(tools)))
                return said(f"{count} tools are called ", Text(tools[0].name, strong=True), ". Which one do you mean?")
            fitting = found.total + len(found.also)
            return said("“", Text(shown(words), strong=True), f"” fits {fitting} tools. Which one do you mean?")
        case Near(tools, words):
            return said(f"No tool is called “{shown(words)}”. Did you mean ", ToolSpan(tools[0].label), "?")
        case Unknown((), words):
            return reply.text(f"No tool is called “{shown(words)}”, and the catalogue is empty.")
        case Unknown(_, words):
            return reply.text(f"No tool is called “{shown(words)}”, nor anything close. These names are the nearest.")
    assert_never(found)


def _choice(tool: Tool, line: str) -> Entry:
    """What differs between tools that could be meant: sizes, licence, panel verdict."""
    panel = tool.panel
    verdict = f"Panel: {panel.word}, {panel.ships} ship / {panel.skips} skip" if panel.n else "Panel: no reviews"
    facts = [tool.sizes or "sizes unknown", tool.licence or "licence unknown", verdict]
    button = Button(f"Pick {tool.label}", line, hint=f"Go on with {tool.label} by {tool.maker or 'an unknown maker'}")
    return Entry(said(ToolSpan(tool.label)), (reply.text(" · ".join(facts)),), button)

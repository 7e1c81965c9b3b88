"""From typed words to tools of one team, or to a private reply that asks which was meant."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import assert_never

from commands import reply
from commands.errors import CommandError
from commands.model import Tool, ToolName
from commands.naming import Ambiguous, Exact, Found, NameIndex, Near, Resolver, Unknown, normal
from commands.parsing import Segment, shown, split
from commands.ports import Aliases, Catalogue, Clock
from commands.reply import Block, Button, Entry, Lead, Note, Reply, Text, ToolSpan, said, spoken

FRESH_US = 1_000_000
"""The catalogue's revision is asked at most this often, so an import elsewhere is seen within a second."""

MANY = 2_000
"""A catalogue larger than this is indexed on a thread of its own, so that nobody else has to wait."""

MOST_TEAMS = 1_000
"""Teams whose aliases are held in memory."""

MOST_TOOLS = 5_000
"""Tools held in memory, some 5 kB each."""

MOST_CHOICES = 8

PICK = "pick"
COUNTS = {2: "Two", 3: "Three", 4: "Four"}


class NameBook:
    """The name index of the catalogue, kept up to date, and a team's own aliases."""

    def __init__(self, catalogue: Catalogue, aliases: Aliases, clock: Clock) -> None:
        self._catalogue = catalogue
        self._aliases = aliases
        self._clock = clock
        self._index: NameIndex | None = None
        self._reading = asyncio.Lock()
        self._revision = -1
        self._checked_us = 0
        self._tools: dict[int, Tool] = {}
        self._aliases_of: OrderedDict[int, tuple[int, dict[str, int]]] = OrderedDict()
        self._alias_changes = 0

    async def index(self) -> NameIndex:
        """The index of the catalogue as it was at most a second ago; while a new one is made, the one before."""
        if self._index is not None and (self._fresh(self._checked_us) or self._reading.locked()):
            return self._index
        async with self._reading:
            if self._index is None or not self._fresh(self._checked_us):
                self._index = await self._newest(self._index)
            return self._index

    async def _newest(self, index: NameIndex | None) -> NameIndex:
        now_us = self._clock()
        revision = await self._catalogue.revision()
        if index is None or revision != self._revision:
            index = NameIndex(await self._catalogue.names())
            if len(index) > MANY:
                await asyncio.to_thread(index.prepare)
            # A new dictionary, because somebody may still be reading tools into the one before.
            self._revision, self._tools = revision, {}
        self._checked_us = now_us
        return index

    def _fresh(self, read_us: int) -> bool:
        return 0 <= self._clock() - read_us < FRESH_US

    async def tools(self, ids: Sequence[int]) -> tuple[Tool, ...]:
        """See `Catalogue.tools`; as they were at most a second ago, read once and then held in memory."""
        await self.index()
        held = self._tools
        found = {tool: held[tool] for tool in ids if tool in held}
        if missing := [tool for tool in ids if tool not in found]:
            read = {tool.id: tool for tool in await self._catalogue.tools(missing)}
            if len(held) > MOST_TOOLS:
                held.clear()
            held |= read
            found |= read
        return tuple(found[tool] for tool in ids if tool in found)

    async def resolver(self, team: int) -> Resolver:
        """What turns names typed in this team into tools."""
        index = await self.index()
        return index.resolver(await self.aliases(team))

    async def suggest(self, team: int, typed: str, limit: int) -> tuple[ToolName, ...]:
        """Tools that what is typed so far could name, each once: the team's own words first."""
        index = await self.index()
        aliases = await self.aliases(team)
        begun = typed.casefold()
        own = [aliases[words] for words in sorted(aliases) if begun and words.casefold().startswith(begun)]
        known = [tool for alias in own if (tool := index.by_id(alias))]
        found = dict.fromkeys([*known, *index.complete(typed, limit)])
        if not found and normal(typed):
            near = index.resolver(aliases).nearest(typed)
            found = dict.fromkeys(near.tools if isinstance(near, Near) else ())
        return tuple(found)[:limit]

    async def aliases(self, team: int) -> dict[str, int]:
        """A team's aliases as they were at most a second ago, each with the id of its tool."""
        read_us, held = self._aliases_of.get(team, (0, {}))
        if self._fresh(read_us):
            self._aliases_of.move_to_end(team)
            return held
        read_us, changes = self._clock(), self._alias_changes
        held = {one.words: one.tool for one in await self._aliases.aliases(team)}
        if changes == self._alias_changes:  # else what was read may be what was there before the change
            self._aliases_of[team] = (read_us, held)
            self._aliases_of.move_to_end(team)
            if len(self._aliases_of) > MOST_TEAMS:
                self._aliases_of.popitem(last=False)
        return held

    def changed(self, team: int) -> None:
        """Read this team's aliases anew when next they are asked for."""
        self._alias_changes += 1
        self._aliases_of.pop(team, None)

    async def one(self, team: int, words: str, *, line: Callable[[ToolName], str], verb: str = PICK) -> Tool | Reply:
        """The tool these words name, or the reply that asks.

        `line` is the command that goes on with a tool, and `verb` says what for where several are named.
        """
        segments = split(words, await self.resolver(team))
        if len(segments) > 1:
            return await self._which(segments, line, verb)
        found = segments[0].found
        if isinstance(found, Exact) and (tools := await self.tools([found.tool.id])):
            return tools[0]
        return await self.ask(found, line=line)

    async def ask(
        self, found: Found, *, line: Callable[[ToolName], str], without: Collection[int] = frozenset()
    ) -> Reply:
        """A private reply that says what could be meant and what tells it apart, each one press away.

        Tools `without` are not offered: they are named already. Raises `CommandError` if none remains.
        """
        fitting = candidates(found)
        names = [name for name in fitting if name.id not in without]
        if fitting and not names:
            raise CommandError(
                f"“{shown(found.words)}” seems to be {fitting[0].label}, which is named already. "
                "Name a different tool beside it."
            )
        total = found.total + len(found.also) if isinstance(found, Ambiguous) else len(fitting)
        answer = await self._choices(_lead(found, names), names, line, total - (len(fitting) - len(names)))
        return replace(answer, failed=not isinstance(found, Exact))

    async def _which(self, segments: Sequence[Segment], line: Callable[[ToolName], str], verb: str) -> Reply:
        """Several are named where one is wanted: each that could be meant, one press away."""
        names = {name.id: name for segment in segments for name in candidates(segment.found)}
        lead = reply.text("Which one do you mean?" if verb == PICK else f"Which one do you want to {verb}?")
        return await self._choices(lead, list(names.values()), line, len(names), verb)

    async def _choices(
        self,
        lead: reply.Line,
        names: Sequence[ToolName],
        line: Callable[[ToolName], str],
        total: int,
        verb: str = PICK,
    ) -> Reply:
        facts = {tool.id: tool for tool in await self.tools([name.id for name in names[:MOST_CHOICES]])}
        offered = [_choice(facts[name.id], line(name), verb) for name in names[:MOST_CHOICES] if name.id in facts]
        blocks: list[Block] = [Lead(lead), *offered]
        if (more := total - len(offered)) > 0:
            blocks.append(
                Note(reply.text(f"{more} more {'fits' if more == 1 else 'fit'}; add a word to narrow it down."))
            )
        return Reply(spoken(lead), tuple(blocks), private=True)


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


def _lead(found: Found, names: Sequence[ToolName]) -> reply.Line:
    match found:
        case Exact(tool):
            return said("You mean ", ToolSpan(tool.label), ".")
        case Ambiguous(tools, words):
            if len(tools) > 1 and len({tool.name for tool in tools}) == 1:
                count = COUNTS.get(found.total, str(found.total))
                return said(f"{count} tools are called ", Text(tools[0].name, strong=True), ". Which one do you mean?")
            fitting = found.total + len(found.also)
            return said("“", Text(shown(words), strong=True), f"” fits {fitting} tools. Which one do you mean?")
        case Near(_, words):
            meant = said(ToolSpan(names[0].label), "?") if len(names) == 1 else reply.text("one of these?")
            return said(f"No tool is called “{shown(words)}”. Did you mean ", *meant)
        case Unknown((), words):
            return reply.text(f"No tool is called “{shown(words)}”: the catalogue is empty.")
        case Unknown(_, words):
            return reply.text(f"No tool is called “{shown(words)}”, nor anything close. These names are the nearest.")
    assert_never(found)


def _choice(tool: Tool, line: str, verb: str) -> Entry:
    """What differs between tools that could be meant: sizes, licence, panel verdict."""
    panel = tool.panel
    verdict = f"Panel: {panel.word}, {panel.ships} ship / {panel.skips} skip" if panel.n else "Panel: no reviews"
    facts = [tool.sizes or "sizes unknown", tool.licence or "licence unknown", verdict]
    hint = f"{verb.capitalize()} {tool.label} by {tool.maker or 'an unknown maker'}"
    return Entry(
        said(ToolSpan(tool.label)),
        (reply.text(" · ".join(facts)),),
        Button(f"{verb.capitalize()} {tool.label}", line, hint=hint),
    )

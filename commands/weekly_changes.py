"""What imports changed of the catalogue in a week, gathered per tool and put into words."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from commands import panel
from commands.model import Tool, ToolChange
from commands.ports import Catalogue
from commands.reply import Block, Line, Paragraph, said, series, text

NEW = "new"
"""The field under which an import notes a tool that was not there before; see `ToolChange`."""

FIELDS = {"best_for": "best for", "entry": "entry price", "qualifier": "short name"}
"""Facts of a tool by the words they go by, where those differ."""

KEPT_BACK = frozenset({"best_for_basis", "former slugs", "slug", "source", "words"})
KEPT_BACK_ENDINGS = (" basis", " source", " wording")
"""Facts about facts: worth recording, not worth a line in the channel."""

UNKNOWN = frozenset({"", panel.MISSING})

CHANGES_READ = 500

WEEKS_HELD = 8
"""Digests that are due together cover the same week, or one of a few where some channels missed theirs."""

SHORT = 40
"""Facts of more letters than this are said to have changed, without both wordings."""


@dataclass(frozen=True, slots=True)
class ChangedTool:
    """One tool and what changed of it: field, first wording, last wording. Nothing for a new tool."""

    tool: int
    facts: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """The tools that are new and those of which a fact changed, in the order it happened.

    `cut` is True where there may be more of them than were read.
    """

    new: tuple[ChangedTool, ...]
    known: tuple[ChangedTool, ...]
    cut: bool = False

    def __bool__(self) -> bool:
        return bool(self.new or self.known)

    def named(self, most: int) -> tuple[ChangedTool, ...]:
        """Those that are named when at most this many of either kind are."""
        return self.new[:most] + self.known[:most]

    def count(self) -> str:
        """How many, in words: "2 new tools and 1 changed tool"."""
        counts = [(len(self.new), "new tool"), (len(self.known), "changed tool")]
        words = " and ".join(f"{number} {noun}{'s' * (number > 1)}" for number, noun in counts if number)
        return f"At least {words}" if self.cut else words

    def blocks(self, tools: Mapping[int, Tool], most: int) -> list[Block]:
        """New tools in one line, changed ones in one line each; a catalogue loaded whole stays short."""
        blocks: list[Block] = []
        if fresh := [said(panel.span(tools[one.tool])) for one in self.new[:most] if one.tool in tools]:
            blocks.append(
                Paragraph(said("New in the catalogue: ", *series([*fresh, *self._rest(self.new, most)]), "."))
            )
        blocks += [Paragraph(_line(tools[one.tool], one)) for one in self.known[:most] if one.tool in tools]
        if rest := self._rest(self.known, most):
            blocks.append(Paragraph(said("and ", *rest[0], " with changed facts")))
        return blocks

    def _rest(self, tools: tuple[ChangedTool, ...], most: int) -> list[Line]:
        words = f"{'at least ' if self.cut else ''}{len(tools) - most} more"
        return [text(words)] if len(tools) > most else []


class News:
    """What changed in the catalogue between two instants that are past, read once however many ask for it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._held: dict[tuple[int, int], Changed] = {}
        self._turn = asyncio.Lock()

    async def between(self, since_us: int, until_us: int) -> Changed:
        """What changed at since < at <= until."""
        week = (since_us, until_us)
        async with self._turn:
            if week not in self._held:
                changes = await self._catalogue.changes(since_us, until_us, limit=CHANGES_READ)
                self._held[week] = changed(changes, cut=len(changes) == CHANGES_READ)
                if len(self._held) > WEEKS_HELD:
                    del self._held[next(iter(self._held))]
            return self._held[week]


def changed(changes: Iterable[ToolChange], *, cut: bool = False) -> Changed:
    """Gather changes, oldest first, into one item per tool; a fact that came back to what it was is no change."""
    facts: dict[int, dict[str, tuple[str, str]]] = {}
    for change in changes:
        if change.field in KEPT_BACK or change.field.endswith(KEPT_BACK_ENDINGS):
            continue
        of_tool = facts.setdefault(change.tool, {})
        first = of_tool[change.field][0] if change.field in of_tool else change.before
        of_tool[change.field] = (first, change.after)
    new = tuple(ChangedTool(tool) for tool, of_tool in facts.items() if NEW in of_tool)
    known = (
        ChangedTool(tool, tuple((field, *words) for field, words in of_tool.items() if words[0] != words[1]))
        for tool, of_tool in facts.items()
        if NEW not in of_tool
    )
    return Changed(new, tuple(one for one in known if one.facts), cut)


def _line(tool: Tool, change: ChangedTool) -> Line:
    return said(panel.span(tool), ": ", "; ".join(_fact(*fact) for fact in change.facts), ".")


def _fact(field: str, before: str, after: str) -> str:
    name = FIELDS.get(field, field.replace("_", " "))
    if max(len(before), len(after)) > SHORT:
        return f"{name} changed"
    if after in UNKNOWN:
        return f"{name} is no longer known"
    return f"{name} is now {after}" if before in UNKNOWN else f"{name} was {before}, now {after}"

"""A reply as it is drawn in a terminal: pure, from the core's words to rich renderables or plain text.

Everything can be read without colour: a tool is its mark and its name, and a bar's caption says all that
the bar shows. Plain text therefore is the same drawing with the bars and the colours left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as RichText

from adapters.terminal import glyphs
from adapters.terminal.sidebyside import side_by_side
from adapters.terminal.spans import Look, inline, words
from commands.model import SKIP_ALL
from commands.reply import (
    Block,
    Button,
    Buttons,
    Divider,
    Entry,
    Heading,
    Lead,
    Meter,
    Note,
    Paragraph,
    Quote,
    Reply,
    Row,
    Table,
    Vote,
    buttons,
    text,
)

MEASURE = 100
"""Prose is set no wider than this, however wide the terminal: longer lines are hard to follow."""

LONGEST_LABEL = 16
LONGEST_BAR = 40
NARROWEST_BAR = 12
FILLS = ("▒", "░")
"""Stretches of a bar that belong to no tool, in order."""

TOGETHER = {
    ("lead", "paragraph"),
    ("paragraph", "paragraph"),
    ("paragraph", "note"),
    ("lead", "note"),
    ("meter", "meter"),
    ("note", "note"),
    ("entry", "meter"),
    ("vote", "buttons"),
}
"""Neighbours with no empty line between them."""


def draw(
    reply: Reply, *, width: int, number: int | None = None, zone: str | None = None, colour: bool = True
) -> RenderableType:
    """The reply for a terminal `width` cells wide; `number` is the message's, `zone` the reader's.

    Buttons are numbered from 1 in the order of `buttons`.
    """
    look = Look(width, zone, colour)
    blocks = reply.blocks or (Lead(text(reply.plain)),)
    heading = next((block for block in blocks if isinstance(block, Heading)), None)
    parts: list[RenderableType] = []
    if heading is not None or number is not None:
        parts += _heading(heading, number, look)
    if reply.private:
        parts.append(words("only you see this", "dim italic"))
    numbers = iter(range(1, len(buttons(reply)) + 1))
    before: Block | None = None
    for block in blocks:
        if block is heading:
            continue
        if before is not None and not _together(before, block):
            parts.append(words(""))
        parts += _block(block, look, numbers, reply, number)
        before = block
    return Group(*parts)


def plain(reply: Reply, width: int, *, number: int | None = None, zone: str | None = None) -> str:
    """The reply as text without any escape code, every line within `width` cells and ending in a line break."""
    return flat(draw(reply, width=width, number=number, zone=zone, colour=False), width)


def flat(drawn: RenderableType, width: int) -> str:
    """Something drawn, as text without any escape code."""
    page = StringIO()
    console = Console(
        file=page, width=width, color_system=None, force_terminal=False, legacy_windows=False, markup=False, emoji=False
    )
    console.print(drawn, highlight=False)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def tally(reply: Reply, *, width: int, zone: str | None = None, colour: bool = True) -> RenderableType:
    """What the team says now, without the rest of a ballot's message: one line for each tool, and the meters."""
    look = Look(width, zone, colour)
    parts: list[RenderableType] = []
    for block in reply.blocks:
        if isinstance(block, Table):
            parts += (_community(block, row, look) for row in block.rows if row.label == COMMUNITY)
        elif isinstance(block, Meter):
            parts.append(_meter(block, look))
    return Padding(Group(*parts), (0, 0, 0, 2))


COMMUNITY = "Community"
"""The label of the row that votes move."""


def _together(above: Block, below: Block) -> bool:
    """Whether two blocks stand without an empty line between them; items of one line each make a plain list."""
    if isinstance(above, Entry) and isinstance(below, Entry):
        return not (above.body or above.button or below.body or below.button)
    return (above.kind, below.kind) in TOGETHER


def _block(  # noqa: C901  one case for each kind of block
    block: Block, look: Look, numbers: Iterator[int], reply: Reply, number: int | None
) -> Iterable[RenderableType]:
    match block:
        case Heading(line):
            yield _prose(inline(line, look, "bold"))
        case Lead(line):
            yield _prose(inline(line, look, "bold yellow" if reply.failed else "bold"))
        case Paragraph(line):
            yield _prose(inline(line, look))
        case Note(line):
            yield _prose(inline(line, look, "dim"))
        case Divider():
            yield words(("─" if look.colour else "-") * look.width, "dim")
        case Table():
            yield side_by_side(block, look)
        case Meter():
            yield _meter(block, look)
        case Quote():
            yield _quote(block, look)
        case Entry():
            yield from _entry(block, look, numbers)
        case Buttons(shown):
            yield from (_button(button, next(numbers)) for button in shown)
        case Vote():
            yield from _vote(block, look, number)


def _heading(heading: Heading | None, number: int | None, look: Look) -> list[RenderableType]:
    """A rule across the terminal that carries the message's number, and the title where it fits on one line."""
    stroke = "─" if look.colour else "-"
    title = inline(heading.line, look, "bold") if heading else words("")
    tag = words("" if number is None else f"#{number} ", "bold cyan")
    fits = cell_len(title.plain) + cell_len(tag.plain) + 8 <= look.width
    rule = words("").append(f"{stroke * 2} ", "dim").append_text(tag)
    if title and fits:
        rule.append_text(title).append(" ")
    rule.append(stroke * max(0, look.width - cell_len(rule.plain)), "dim")
    return [rule, _prose(title)] if title and not fits else [rule]


def _prose(text: RichText) -> RenderableType:
    return Constrain(text, MEASURE)


def _meter(meter: Meter, look: Look) -> RenderableType:
    label, caption = words(meter.label, "dim"), inline(meter.caption, look)
    if not look.colour:
        return _hanging(words(f"{meter.label}:"), caption)
    room = min(LONGEST_BAR, look.width - cell_len(label.plain) - 2)
    body = [_bar(meter, max(NARROWEST_BAR, room))] if any(part.count > 0 for part in meter.parts) else []
    return _hanging(label, Group(*body, caption))


def _bar(meter: Meter, length: int) -> RichText:
    counts = [max(0, part.count) for part in meter.parts]
    fills = iter(FILLS * len(counts))
    bar = words("")
    for part, cells in zip(meter.parts, share(counts, length), strict=True):
        if part.color is None:
            bar.append(next(fills) * cells, "dim")
        else:
            bar.append("█" * cells, glyphs.TOOLS[part.color % len(glyphs.TOOLS)].style)
    return bar


def share(counts: Sequence[int], length: int) -> list[int]:
    """Divide a bar's cells by these counts: largest remainders first, and never nothing for something."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    least = [1 if count else 0 for count in counts]
    free = max(0, length - sum(least))
    exact = [max(0.0, count * length / total - given) for count, given in zip(counts, least, strict=True)]
    scale = free / (sum(exact) or 1)
    cells = [given + int(part * scale) for given, part in zip(least, exact, strict=True)]
    by_remainder = sorted(range(len(counts)), key=lambda place: int(exact[place] * scale) - exact[place] * scale)
    for place in by_remainder[: length - sum(cells)]:
        cells[place] += 1
    return cells


def _quote(quote: Quote, look: Look) -> RenderableType:
    said = words(f"“{quote.words}”", "italic") if quote.own else words(f"In short: {quote.words}")
    body = Group(said, words(quote.source, "dim"))
    return Constrain(Group(inline(quote.title, look), Padding(body, (0, 0, 0, 2))), MEASURE)


def _entry(entry: Entry, look: Look, numbers: Iterator[int]) -> Iterable[RenderableType]:
    yield _prose(inline(entry.title, look, "bold"))
    for line in entry.body:
        yield Padding(_prose(inline(line, look)), (0, 0, 0, 2))
    if entry.button:
        yield Padding(_button(entry.button, next(numbers)), (0, 0, 0, 2))


def _button(button: Button, number: int) -> RenderableType:
    """The number to press, and the command behind it, so that it can be typed as well."""
    step = words("").append(glyphs.clean(button.label), "bold" if button.primary else "")
    step.append("  → ", "dim").append(glyphs.clean(button.line), "cyan")
    return _hanging(words(f"[{number}]", "bold"), step, gap=1)


def _vote(vote: Vote, look: Look, number: int | None) -> Iterable[RenderableType]:
    yield _prose(inline(vote.line, look))
    if number is None:
        return
    ship = len(vote.options) == 1
    typed = [f"+{place} for {glyphs.glyph(place, ship=ship).emoji}" for place in range(1, len(vote.options) + 1)]
    skip = glyphs.glyph(SKIP_ALL, ship=ship).emoji
    how = f"Type {', '.join(typed)} or +skip for {skip}; -1 takes +1 back. With a newer ballot below: +1 #{number}"
    yield _prose(words(how, "dim"))


def _community(table: Table, row: Row, look: Look) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for column, cell in zip(table.columns, row.cells, strict=False):
        grid.add_row(inline((column,), look), inline(cell.line, look, "bold" if cell.better else ""))
    return grid


def _hanging(label: RichText, body: RenderableType, gap: int = 2) -> RenderableType:
    """A label with a body beside it whose lines all begin in the same column; a long label stands above."""
    if cell_len(label.plain) > LONGEST_LABEL:
        return Group(label, Padding(body, (0, 0, 0, gap)))
    grid = Grid.grid(padding=(0, gap, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, overflow="fold")
    grid.add_column(overflow="fold")
    grid.add_row(label, body)
    return grid

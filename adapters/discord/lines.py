"""The blocks of a reply as lines of Markdown, wherever they are to stand."""

from collections.abc import Iterable, Iterator

from adapters.discord.bar import bars
from adapters.discord.markdown import QUOTED, SMALL, Look, Shown, Words, markdown, pieces, size
from commands.reply import (
    Block,
    ChannelSpan,
    CommandSpan,
    Divider,
    Entry,
    Heading,
    Lead,
    Meter,
    Note,
    Paragraph,
    Quote,
)

LISTED = "- "
LONG = 120
"""A paragraph of more characters stands apart from what is above it."""

GAP = Shown()


def of(blocks: Iterable[Block], look: Look) -> Iterator[Shown]:
    """The lines of some blocks, from the top; an empty one is a gap. Tables, votes and buttons have none."""
    meters: list[Meter] = []
    listed = False
    for block in blocks:
        if isinstance(block, Meter) and (not meters or meters[-1].label == block.label):
            meters.append(block)
            continue
        yield from _metered(meters, look)
        meters = [block] if isinstance(block, Meter) else []
        yield from [GAP] if listed and isinstance(block, Note) else []
        yield from _of(block, look)
        listed = isinstance(block, Entry) and bool(block.body)
    yield from _metered(meters, look)


def _metered(meters: list[Meter], look: Look) -> Iterator[Shown]:
    if meters:
        yield from (Shown((Words(meters[0].label),), SMALL), *bars(meters, look, short=True))


def _of(block: Block, look: Look) -> Iterator[Shown]:
    match block:
        case Heading(line):
            yield from (GAP, Shown(pieces(line, look, bold=True)))
        case Lead(line):
            yield Shown(pieces(line, look))
        case Paragraph(line):
            shown = Shown(pieces(line, look))
            yield from (GAP, shown) if size(markdown(shown)) > LONG else (shown,)
        case Note(line):
            yield Shown(pieces(line, look), SMALL)
        case Divider():
            yield GAP
        case Entry():
            yield from _entry(block, look)
        case Quote():
            yield from quote(block, look)


def _entry(entry: Entry, look: Look) -> Iterator[Shown]:
    """An item with what stands under it, or a line of a list; a title that sets nothing off is bold as a whole."""
    off = any(isinstance(span, CommandSpan | ChannelSpan) or getattr(span, "strong", False) for span in entry.title)
    title = pieces(entry.title, look, bold=not off)
    if not entry.body:
        yield Shown(title, LISTED)
        return
    yield from (GAP, Shown(title), *(Shown(pieces(line, look)) for line in entry.body))


def quote(block: Quote, look: Look) -> Iterator[Shown]:
    """A seat's verdict, its words set off, and where they came from."""
    yield from (GAP, Shown(pieces(block.title, look)))
    yield Shown((Words(f"“{block.words}”" if block.own else f"In short: {block.words}"),), QUOTED)
    yield Shown((Words(block.source),), SMALL)

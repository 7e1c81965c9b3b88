"""The weekly digest as a message of components: sections with a button beside each comparison."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.discord import buttons, lines
from adapters.discord.buttons import Element
from adapters.discord.markdown import (
    DASH,
    SMALL,
    TITLE,
    Look,
    Mark,
    Shown,
    Words,
    fair,
    filled,
    pieces,
    size,
)
from commands.reply import Block, Buttons, Divider, Entry, Heading, Lead, Meter, Quote, Reply, Vote

COMPONENTS_V2 = 1 << 15
"""The flag of a message that is all components."""

SECTION, TEXT, SEPARATOR, CONTAINER = 9, 10, 14, 17
AMBER = 0xF59E0B

MOST_COMPONENTS = 40
LONGEST_TEXT = 4_000
LONGEST_LINES = 1_000

DIGEST = "digest "
_SHOWN_ID = f"{SMALL}{DIGEST}"


def is_digest(reply: Reply) -> bool:
    """Whether a reply is a digest, or the preview of one: in sections, with nothing to vote on or to read."""
    parted = any(isinstance(block, Divider) for block in reply.blocks)
    return reply.digest is not None or (parted and not any(isinstance(block, Quote | Vote) for block in reply.blocks))


def digest_id(message: object) -> int | None:
    """The id of the digest that a message is, read off its small print; None for any other message."""
    for text_ in _texts(message):
        last = text_.rpartition("\n")[2]
        number = last.removeprefix(_SHOWN_ID)
        if last.startswith(_SHOWN_ID) and number.isascii() and number.isdigit():
            return int(number)
    return None


def _texts(payload: object) -> Iterator[str]:
    if isinstance(payload, list):
        for held in payload:
            yield from _texts(held)
    elif isinstance(payload, dict):
        if payload.get("type") == TEXT:
            yield str(payload.get("content", ""))
        yield from _texts(payload.get("components"))


@dataclass(slots=True)
class _Part:
    """A stretch of the digest: lines, with a button beside them if there is one; or a row of buttons, or a break."""

    lines: list[Shown] = field(default_factory=list)
    beside: Element | None = None
    row: Element | None = None
    divider: bool = False

    @property
    def components(self) -> int:
        """How many components it takes."""
        if self.row:
            return 1 + len(self.row["components"])
        return 3 if self.beside else 1

    def __bool__(self) -> bool:
        """Whether there is anything to be seen."""
        return self.divider or self.row is not None or bool(filled(self.lines, LONGEST_TEXT))


def message(reply: Reply, look: Look) -> dict[str, Any]:
    """The digest as the body of a message; its id stands in its last line."""
    steps = buttons.steps(reply, room=LONGEST_LINES, beside=True)
    parts = _parted(_parts(reply, look, list(steps.elements)))
    last = list(steps.lines)
    if reply.digest is not None:
        told = f"{DIGEST}{reply.digest}"
        last.append(Shown((Mark(told, told),), SMALL))
    kept = _within(parts, MOST_COMPONENTS - 2)
    if last:
        kept = [*kept, _Part(last)]
    container = {"type": CONTAINER, "accent_color": AMBER, "components": _drawn(kept, reply)}
    return {"flags": COMPONENTS_V2, "components": [container]}


def _parts(reply: Reply, look: Look, steps: list[Element | None]) -> Iterator[_Part]:
    """The digest from the top; neighbouring lines are one text, and an item takes its bars along."""
    held = _Part()
    for block in reply.blocks:
        match block:
            case Divider():
                yield from (held, _Part(divider=True))
                held = _Part()
            case Entry(button=button) if button and (step := steps.pop(0)):
                yield held
                held = _Part(list(lines.of([block], look)), step)
            case Meter():
                held.lines += lines.of([block], look)
            case Buttons(shown):
                row, steps = [step for step in steps[: len(shown)] if step], steps[len(shown) :]
                yield held
                held = _Part()
                yield from (_Part(row=drawn) for drawn in buttons.rows(row))
            case _:
                if held.beside or isinstance(block, Lead):
                    yield held
                    held = _Part()
                held.lines += _lines(block, look)
    yield held


def _lines(block: Block, look: Look) -> Iterator[Shown]:
    if isinstance(block, Heading):
        yield Shown(pieces(block.line, look), TITLE)
    else:
        yield from lines.of([block], look)


def _parted(parts: Iterable[_Part]) -> list[_Part]:
    """The parts without those that show nothing, and with a break only between two others."""
    kept: list[_Part] = []
    for part in filter(None, parts):
        if not part.divider or (kept and not kept[-1].divider):
            kept.append(part)
    return kept[:-1] if kept and kept[-1].divider else kept


def _within(parts: Sequence[_Part], most: int) -> list[_Part]:
    """The parts if there is room for all; else the last sections give way, and a line says how many."""
    kept = list(parts)
    left_out = 0
    while sum(part.components for part in kept) > most - bool(left_out):
        place = max((place for place, part in enumerate(kept) if part.beside), default=len(kept) - 1)
        del kept[place]
        left_out += 1
    if not left_out:
        return kept
    more = f"{left_out} more {'is' if left_out == 1 else 'are'} left out here for want of room."
    return [*_parted(kept), _Part([Shown((Words(more),), SMALL)])]


def _drawn(parts: Sequence[_Part], reply: Reply) -> list[Element]:
    """The parts as components, all their texts together within Discord's limit; at least one."""
    wanted = [size(filled(part.lines, LONGEST_TEXT)) for part in parts]
    shares = fair(wanted, LONGEST_TEXT)
    return [_component(part, share) for part, share in zip(parts, shares, strict=True)] or [
        _text(filled([Shown((Words(reply.plain),))], LONGEST_TEXT))
    ]


def _component(part: _Part, share: int) -> Element:
    if part.divider:
        return {"type": SEPARATOR, "divider": True, "spacing": 1}
    if part.row:
        return part.row
    shown = _text(filled(part.lines, share))
    return {"type": SECTION, "components": [shown], "accessory": part.beside} if part.beside else shown


def _text(words: str) -> Element:
    return {"type": TEXT, "content": words or DASH}

"""A reply as a Discord message: pure, from the core's words to the payload of one API call.

Discord's limits hold for every reply: what has no room is cut at a word, and the whole of it is one press
away. No payload mentions anybody, whatever stands in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.discord import buttons, digest_message, lines, reader, table
from adapters.discord.bar import bars, captions
from adapters.discord.buttons import Element
from adapters.discord.markdown import (
    BLANK,
    DASH,
    SMALL,
    Look,
    Mark,
    Pieces,
    Shown,
    Words,
    cut,
    fair,
    filled,
    fitted,
    markdown,
    pieces,
    plain,
    size,
    unlinked,
)
from adapters.discord.table import Field
from commands.reply import Block, Entry, Heading, Lead, Line, Meter, Note, Quote, Reply, Table, Vote, text
from commands.reply import buttons as of

__all__ = ["Look", "ephemeral", "message"]

SILENT = {"parse": list[str]()}
"""Nothing in a message mentions anybody."""

EPHEMERAL = 1 << 6
"""The flag of a message that only one person sees."""

BLUE, RED = 0x3B82F6, 0xDC2626

LONGEST_CONTENT = 2_000
LONGEST_EMBED = 6_000
LONGEST_TITLE = 256
LONGEST_DESCRIPTION = 4_096
LONGEST_FIELD = 1_024
LONGEST_FOOTER = 2_048
MOST_FIELDS = 25
LONGEST_WHOLE = 400
LONGEST_LINES = 600
"""Room for the commands of buttons in a message without embeds."""


def message(reply: Reply, look: Look) -> dict[str, Any]:
    """The reply as the body of a message to create or to edit; whether it is ephemeral is for the caller to say.

    A public ballot carries itself in the ids of its buttons, a digest its id in a line of small print.
    """
    if digest_message.is_digest(reply):
        return digest_message.message(reply, look) | {"allowed_mentions": SILENT}
    steps = buttons.steps(reply, room=buttons.LONGEST_LINES if look.embeds else LONGEST_LINES)
    payload: dict[str, Any] = {"content": "", "embeds": [], "components": _components(reply, look, steps.elements)}
    if look.embeds:
        payload["embeds"] = [_Embed.of(reply, look, steps.lines).drawn(_colour(reply))]
    else:
        payload["content"] = _content(reply, look, steps.lines)
    return payload | {"allowed_mentions": SILENT}


MOST_DRAWN = 64
_drawn: dict[tuple[int, Look, str], tuple[Reply, dict[str, Any]]] = {}
"""What was drawn lately, by the very reply, which is held so that no other takes its place."""


def ephemeral(reply: Reply, look: Look, line: str = "") -> dict[str, Any]:
    """The reply as a message that its asker alone sees; `line` is what was asked, for turning pages of reviews.

    What is said to many, such as help, is drawn once and then held; so nobody changes what they are given.
    """
    key = id(reply), look, line  # to hash the whole reply would take as long as a good part of drawing it
    held = _drawn.get(key)
    if held is not None and held[0] is reply:
        return held[1]
    private = replace(reply, private=True)
    drawn = reader.page(private, look, 0, line) if reader.reads(private) else message(private, look)
    drawn |= {"flags": drawn.get("flags", 0) | EPHEMERAL}
    _drawn[key] = reply, drawn
    if len(_drawn) > MOST_DRAWN:
        del _drawn[next(iter(_drawn))]
    return drawn


def _colour(reply: Reply) -> int:
    """Red for what went wrong; a question that a press answers is none of that."""
    return RED if reply.failed and not of(reply) else BLUE


def _presses(reply: Reply, look: Look) -> bool:
    """Whether votes are buttons of this message."""
    return reply.ballot is not None and (reply.private or not look.reactions)


def _components(reply: Reply, look: Look, steps: Sequence[Element | None]) -> list[Element]:
    if reply.ballot is None:
        return buttons.rows(steps)
    votes = [block for block in reply.blocks if isinstance(block, Vote)] if _presses(reply, look) else []
    votes_drawn = [button for vote in votes[:1] for button in buttons.votes(vote, reply.ballot)]
    last = [] if reply.private else [buttons.remove(reply.ballot)]
    most = buttons.IN_ONE_ROW * (buttons.MOST_ROWS - bool(votes_drawn)) - len(last)
    return buttons.rows(votes_drawn, [*[step for step in steps if step][:most], *last])


def _instruction(vote: Vote, reply: Reply, look: Look) -> Line:
    """How to vote on this message."""
    if reply.ballot and _presses(reply, look) and not reply.private:
        return buttons.how_to_press(vote, reply.ballot)
    return vote.line


def _shown(reply: Reply) -> Iterator[Block]:
    """What is drawn here: reviews are in the reader, one press from the facts."""
    facts = any(isinstance(block, Table) for block in reply.blocks)
    return (block for block in reply.blocks if not isinstance(block, Quote) or (reply.private and not facts))


@dataclass(slots=True)
class _Embed:
    """A reply on its way to an embed: a title, lines, fields with lines of their own, small print at the foot."""

    title: Pieces = ()
    lines: list[Shown] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, reply: Reply, look: Look, more: Sequence[Shown]) -> "_Embed":
        """The reply, with some lines more below it."""
        made = cls()
        for blocks in _together(_shown(reply)):
            made._add(blocks, reply, look)
        made._below(more)
        if not any(map(markdown, (Shown(made.title), *made.lines))) and not made.fields:
            made.lines.append(Shown((Words(reply.plain if plain([Words(reply.plain)]) else DASH),)))
        return made

    def _add(self, blocks: Sequence[Block], reply: Reply, look: Look) -> None:
        match blocks:
            case [Heading(line)] if not self.title and not self.fields:
                self.title = unlinked(pieces(line, look))
            case [Table() as facts]:
                self.fields += table.fields(facts, look)
            case [Vote() as vote]:
                self.footer.append(plain(pieces(_instruction(vote, reply, look), look)))
            case [Meter(label), *_] if self.fields:
                meters = [block for block in blocks if isinstance(block, Meter)]
                self.fields.append(Field(pieces(text(label), look), bars(meters, look)))
            case _:
                self._below(list(lines.of(blocks, look)))

    def _below(self, more: Sequence[Shown]) -> None:
        """Lines below all that there is so far; beside something inline they would be taken for a part of it."""
        if self.fields and self.fields[-1].inline and any(map(markdown, more)):
            self.fields.append(Field((Words(BLANK),)))
        (self.fields[-1].lines if self.fields else self.lines).extend(more)

    def drawn(self, colour: int) -> Element:
        """The embed, with every part within its own limit and all together within Discord's."""
        title, foot = Shown(self.title), "\n".join(filter(None, self.footer))
        held = self.fields[:MOST_FIELDS]
        parts: list[tuple[list[Shown], int]] = [([title], LONGEST_TITLE), (self.lines, LONGEST_DESCRIPTION)]
        for each in held:
            parts += [([Shown(each.name)], LONGEST_TITLE), (each.lines, LONGEST_FIELD)]
        written = [filled(shown, limit) for shown, limit in parts]
        wanted = [size(text_) or 1 for text_ in written]
        *shares, room = fair([*wanted, min(size(foot), LONGEST_FOOTER)], LONGEST_EMBED)
        drawn = [
            text_ if needed <= share else filled(shown, share)
            for text_, needed, (shown, _), share in zip(written, wanted, parts, shares, strict=True)
        ]
        named = zip(drawn[2::2], drawn[3::2], held, strict=True)
        embed = {
            "title": drawn[0],
            "description": drawn[1],
            "color": colour,
            "fields": [
                {"name": name or BLANK, "value": value or DASH, "inline": each.inline} for name, value, each in named
            ],
            "footer": {"text": cut(foot, room)} if foot else None,
        }
        return {name: value for name, value in embed.items() if value}


def _together(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    """The blocks one by one, but meters of one label together, and items with the small print below them."""
    held: list[Block] = []
    for block in blocks:
        if held and not _joins(held[-1], block):
            yield held
            held = []
        held.append(block)
    if held:
        yield held


def _joins(last: Block, block: Block) -> bool:
    if isinstance(last, Meter) and isinstance(block, Meter):
        return last.label == block.label
    return isinstance(last, Entry) and isinstance(block, Entry | Note)


def _content(reply: Reply, look: Look, more: Sequence[Shown]) -> str:
    """The reply as plain words, for where the bot may not embed."""
    shown: list[Shown] = []
    for blocks in _together(_shown(reply)):
        match blocks:
            case [Table() as facts]:
                shown += table.lines(facts, look)
            case [Lead(line)]:
                shown.append(_whole(Shown(pieces(line, look))))
            case [Vote() as vote]:
                shown.append(_whole(Shown(pieces(_instruction(vote, reply, look), look), SMALL)))
            case [Meter(label), *_]:
                meters = [block for block in blocks if isinstance(block, Meter)]
                shown += [Shown((Words(label),), SMALL), *captions(meters, look)]
            case _:
                shown += lines.of(blocks, look)
    return filled([*shown, *more], LONGEST_CONTENT) or filled([Shown((Words(reply.plain),))], LONGEST_CONTENT) or DASH


def _whole(line: Shown) -> Shown:
    """The line as one that keeps its room while others are cut."""
    written = fitted(Shown(line.pieces), LONGEST_WHOLE)
    return Shown((Mark(written, written),), line.prefix)

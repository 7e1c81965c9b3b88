"""A reply as a Slack message: pure, from the core's words to the payload of one API call.

Slack's limits hold for every reply. What has no room is left out, and a line says so; votes and buttons
are left out last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby
from typing import Any, TypeAlias

from adapters.slack import buttons, imprint
from adapters.slack.bar import bars
from adapters.slack.mrkdwn import (
    DASH,
    Element,
    Look,
    Pieces,
    Words,
    clipped,
    fitted,
    mrkdwn_text,
    pieces,
    plain_text,
    rich,
    words,
)
from adapters.slack.table import fields, table
from adapters.words import cut
from commands.reply import (
    Block,
    Button,
    Buttons,
    ChannelSpan,
    CommandSpan,
    Divider,
    Entry,
    Heading,
    Lead,
    Line,
    Meter,
    Note,
    Paragraph,
    Quote,
    Reply,
    Table,
    Vote,
    said,
    spoken,
    text,
)

__all__ = ["Look", "draw", "message", "plain"]

BALLOT_EVENT, DIGEST_EVENT = "shipworthy_ballot", "shipworthy_digest"

MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_TEXT = 3_000
LONGEST_NOTE = 2_000
LONGEST_PLAIN = 3_000
LONGEST_COMMAND = 200
MOST_ROWS_OF_BUTTONS = 12

Group: TypeAlias = tuple[Block, ...]


def message(reply: Reply, look: Look) -> dict[str, Any]:
    """The reply as arguments of chat.postMessage and its like, without the channel.

    A public ballot and a digest carry their id in the message's metadata, a ballot in a block's id as well.
    """
    payload: dict[str, Any] = {
        "text": plain(reply.plain, look.names),
        "blocks": draw(reply, look, most=MOST_BLOCKS, tables=look.tables),
        "unfurl_links": False,
        "unfurl_media": False,
    }
    if reply.ballot is not None and not reply.private:
        payload["metadata"] = {"event_type": BALLOT_EVENT, "event_payload": {"ballot": str(reply.ballot.id)}}
    elif reply.digest is not None:
        payload["metadata"] = {"event_type": DIGEST_EVENT, "event_payload": {"digest": str(reply.digest)}}
    return payload


def plain(sentence: str, names: tuple[str, ...] = ()) -> str:
    """One line of plain words as Slack takes it; commands with these names are written as they are typed here."""
    return fitted(pieces(text(sentence), Look(names=names)), LONGEST_PLAIN) or DASH


def draw(reply: Reply, look: Look, *, most: int, tables: bool) -> list[Element]:
    """The reply as at most so many blocks, and at least one."""
    drawing = _Drawing(reply, look, tables=tables)
    blocks = _within(list(drawing.groups()), most, look) or [_section(plain(reply.plain, look.names))]
    return buttons.imprinted(blocks, imprint.write(reply.ballot)) if reply.ballot else blocks


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The blocks of some of the core's, which stand or fall together; those that `act` fall last."""

    blocks: list[Element]
    of: Group
    acts: bool = False


class _Drawing:
    """One reply on its way to blocks: its buttons are numbered through, and only one table may stand in it."""

    def __init__(self, reply: Reply, look: Look, *, tables: bool) -> None:
        self._reply = reply
        self._look = look
        self._tables = tables
        self._numbers = count()
        self._presses = reply.ballot is not None and (reply.private or not look.reactions)

    def groups(self) -> Iterator[_Drawn]:
        """Everything there is to show, from the top."""
        open_ballot = self._reply.ballot is not None and not self._reply.private
        for group in _together(self._reply.blocks, presses=self._presses):
            act: list[Element] = []
            match group:
                case (Buttons(shown),):
                    act = [buttons.run(button, number) for button, number in self._numbered(shown)]
                    act += [buttons.remove()] if open_ballot else []
                    open_ballot = False
                case (Vote() as vote,) if self._presses and self._reply.ballot:
                    yield _Drawn(self._instruction(vote), group, acts=True)
                    act = buttons.votes(vote, self._reply.ballot)
                case (Quote(),) if not self._reply.private:
                    continue
                case _:
                    yield _Drawn(list(self._blocks(group)), group)
            for row in buttons.rows(act):
                yield _Drawn([row], group, acts=True)
        if open_ballot:
            yield _Drawn(list(buttons.rows([buttons.remove()])), (), acts=True)

    def _numbered(self, shown: Iterable[Button]) -> Iterator[tuple[Button, int]]:
        return ((button, next(self._numbers)) for button in shown if buttons.runnable(button))

    def _instruction(self, vote: Vote) -> list[Element]:
        ballot = self._reply.ballot
        if ballot is None:
            return []
        line = vote.line if self._reply.private else buttons.how_to_press(vote, ballot)
        return list(_context([pieces(line, self._look)]))

    def _blocks(self, group: Group) -> Iterator[Element]:
        look = self._look
        match group:
            case (Heading(line),):
                if title := words(pieces(line, look)):
                    yield {"type": "header", "text": plain_text(title, LONGEST_HEADER)}
            case (Lead(line) | Paragraph(line),):
                yield from _rich([pieces(line, look)])
            case (Divider(),):
                yield {"type": "divider"}
            case (Table() as facts,):
                yield from self._table(facts)
            case (Quote() as quote,):
                yield from _quote(quote, look)
            case (Entry(button=Button()) as entry, *meters):
                yield from self._pressed(entry, [each for each in meters if isinstance(each, Meter)])
            case (Entry(), *_):
                yield from _list([each for each in group if isinstance(each, Entry)], look)
            case _:
                yield from _context(_small(group, look))

    def _table(self, facts: Table) -> Iterator[Element]:
        drawn = table(facts, self._look) if self._tables else None
        if drawn:
            self._tables = False
            yield drawn
        else:
            yield from fields(facts, self._look)

    def _pressed(self, entry: Entry, meters: Sequence[Meter]) -> Iterator[Element]:
        """An item with a button beside it: mrkdwn, since a rich text has no place for a button."""
        shown = [*_lines(entry, self._look), *bars(meters, self._look)]
        first, *others = [*_filled(shown, LONGEST_TEXT)] or [DASH]
        section = _section(first)
        for button, number in self._numbered(filter(None, [entry.button])):
            section["accessory"] = buttons.run(_beside(entry, button), number)
        yield section
        yield from map(_section, others)


def _together(blocks: Iterable[Block], *, presses: bool) -> Iterator[Group]:
    """The blocks, with neighbours that are drawn as one: small print, plain items, an item and its meters."""
    group: list[Block] = []
    for block in blocks:
        if group and not _joins(group[0], block, presses=presses):
            yield tuple(group)
            group = []
        group.append(block)
    if group:
        yield tuple(group)


def _joins(first: Block, block: Block, *, presses: bool) -> bool:
    small = (Note, Meter) if presses else (Note, Meter, Vote)
    if isinstance(first, Entry):
        return isinstance(block, Meter) if first.button else isinstance(block, Entry) and not block.button
    return isinstance(first, small) and isinstance(block, small)


def _within(drawn: Sequence[_Drawn], most: int, look: Look) -> list[Element]:
    """The blocks if there is room for all, else as many from the top as fit, what acts first, and how many do not."""
    if sum(len(each.blocks) for each in drawn) <= most:
        return [block for each in drawn for block in each.blocks]
    room = most - 1
    kept: set[int] = set()
    for acts, share in ((True, MOST_ROWS_OF_BUTTONS), (False, room)):
        free = min(room, share)
        for place, each in enumerate(drawn):
            if each.acts is acts:
                free -= len(each.blocks)
                if free < 0:
                    break
                kept.add(place)
                room -= len(each.blocks)
    left = [each for place, each in enumerate(drawn) if place not in kept]
    instead = list(_context([pieces(_left_out(left), look)]))
    blocks: list[Element] = []
    for place, each in enumerate(drawn):
        if place in kept:
            blocks += each.blocks
        elif instead:
            blocks.append(instead.pop())
    return blocks


def _left_out(drawn: Sequence[_Drawn]) -> Line:
    """How many of the core's blocks are left out, and a command that shows the first of them."""
    blocks = [block for each in drawn for block in each.of]
    line = text(f"{len(blocks)} more {'is' if len(blocks) == 1 else 'are'} left out here for want of room. ")
    behind = buttons.commands(blocks)
    if not behind:
        return said(*line, "To ask for less at once, see ", CommandSpan("/help"), ".")
    return said(*line, "The next: ", CommandSpan(cut(behind[0], LONGEST_COMMAND)))


def _section(text_: str) -> Element:
    return {"type": "section", "text": mrkdwn_text(text_)}


def _context(lines: Iterable[Pieces]) -> Iterator[Element]:
    """Small print, as few blocks as it fits into."""
    for some in _filled(lines, LONGEST_NOTE):
        yield {"type": "context", "elements": [mrkdwn_text(some)]}


def _filled(lines: Iterable[Pieces], most: int) -> Iterator[str]:
    """Lines as mrkdwn, one below the other in texts of at most so many characters each."""
    held: list[str] = []
    for line in filter(None, (fitted(line, most) for line in lines)):
        if held and sum(map(len, held)) + len(held) + len(line) > most:
            yield "\n".join(held)
            held = []
        held.append(line)
    if held:
        yield "\n".join(held)


def _small(group: Group, look: Look) -> list[Pieces]:
    """The lines of small print."""
    lines: list[Pieces] = []
    for metered, blocks in groupby(group, key=lambda block: isinstance(block, Meter)):
        if metered:
            lines += bars([block for block in blocks if isinstance(block, Meter)], look)
        else:
            lines += [pieces(block.line, look) for block in blocks if isinstance(block, Note | Vote)]
    return lines


def _beside(entry: Entry, button: Button) -> Button:
    """The button of an item, which need not repeat the item's title; what it does is said in full in its hint."""
    verb, _, title = button.label.partition(" ")
    if not title.endswith(spoken(entry.title)):
        return button
    return replace(button, label=verb, hint=button.hint or button.label)


def _rich(lines: Sequence[Pieces]) -> Iterator[Element]:
    """Lines below one another, whose words are never anything but words; nothing where there is nothing to be seen."""
    if elements := _below(lines):
        yield {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _below(lines: Sequence[Pieces]) -> list[Element]:
    share = LONGEST_TEXT // max(1, len(lines))
    drawn = [rich(clipped(line, lambda some: _length(some) < share)) for line in lines]
    return [element for line in drawn if line for element in ({"type": "text", "text": "\n"}, *line)][1:]


def _length(shown: Pieces) -> int:
    return sum(len(piece.text) if isinstance(piece, Words) else 1 for piece in shown)


def _lines(entry: Entry, look: Look) -> list[Pieces]:
    """An item's title and body; a title that sets nothing off is bold as a whole."""
    off = any(isinstance(span, CommandSpan | ChannelSpan) or getattr(span, "strong", False) for span in entry.title)
    return [pieces(entry.title, look, bold=not off), *(pieces(line, look) for line in entry.body)]


def _list(entries: Sequence[Entry], look: Look) -> Iterator[Element]:
    """Items without buttons: a list where each is one line, else a paragraph for each."""
    if any(entry.body for entry in entries):
        for entry in entries:
            yield from _rich(_lines(entry, look))
        return
    items = filter(None, (_below([pieces(entry.title, look)]) for entry in entries))
    sections = [{"type": "rich_text_section", "elements": item} for item in items]
    if sections:
        yield {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": sections}]}


def _quote(quote: Quote, look: Look) -> Iterator[Element]:
    """A seat's verdict, its words set off, and where they came from."""
    title = _below([pieces(quote.title, look)])
    body = _below([(Words(f"“{quote.words}”" if quote.own else f"In short: {quote.words}"),)])
    parts = [{"type": "rich_text_section", "elements": title}] if title else []
    yield {"type": "rich_text", "elements": [*parts, {"type": "rich_text_quote", "elements": body}]}
    yield from _context([(Words(quote.source),)])

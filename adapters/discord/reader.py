"""The reader: every reviewer's words for one person alone, a page for each seat, and the vote not shown by name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from adapters.discord import buttons, imprint, lines
from adapters.discord.buttons import Element
from adapters.discord.markdown import (
    DASH,
    SMALL,
    TICK,
    Look,
    Mark,
    Shown,
    Words,
    cut,
    escape,
    filled,
    length,
    literal,
    pieces,
    size,
)
from adapters.words import clean
from commands.model import Ballot, Message
from commands.reply import Buttons, Quote, Reply, Table, Vote, spoken

BLUE = 0x3B82F6
LONGEST_PAGE, LONGEST_CONTENT = 4_096, 2_000
LONGEST_HEAD = 1_000
"""Room for what stands above the reviews, the same on every page."""

MOST_PAGES = 20
LONGEST_SEAT = 40

_TURN = re.compile(r"page:(?P<page>\d{1,2}):(?P<rest>.*)")
_PICK = re.compile(rf"pick:(?P<option>[0-4]):(?P<page>\d{{1,2}}):(?P<rest>{imprint.PATTERN})")
_LINE = re.compile(r"^-# Pages of `([^`\n]+)`$", re.MULTILINE)


class Turned(NamedTuple):
    """A press in the reader: the page to show, and what it is a page of, a ballot or a command's answer.

    `option` is what was voted for, if this was a vote.
    """

    page: int
    ballot: Ballot | None = None
    line: str | None = None
    option: int | None = None


class _Page(NamedTuple):
    """What one press shows: one seat's reviews, or as many of them as there is room for."""

    label: str
    shown: list[Shown]


def reads(reply: Reply) -> bool:
    """Whether a reply is reviews to be read here, without the facts that other messages show."""
    kinds = {type(block) for block in reply.blocks}
    return reply.private and bool(kinds & {Quote, Vote}) and Table not in kinds


def page(reply: Reply, look: Look, page: int, line: str = "") -> dict[str, Any]:
    """One page of reviews, counted from 0, as the body of a message; past the last it is the last.

    Pages are turned by the ballot that the reply was asked from; without one by `line`, the command that
    was asked; and without either all reviews are on one page, cut where there is no room.
    """
    limit = LONGEST_PAGE if look.embeds else LONGEST_CONTENT
    source, behind = _source(reply, line)
    head = filled([*_head(reply, look), *behind], LONGEST_HEAD)
    pages = list(_pages(reply, look, limit - size(head) - 2)) or [_Page("Reviews", [])]
    if source is None:
        pages = [_Page("Reviews", [shown for each in pages for shown in each.shown])]
    pages = pages[:MOST_PAGES]
    at = min(max(0, page), len(pages) - 1)
    reviews = filled(pages[at].shown, limit - size(head) - 2)
    said = filled([Shown((Words(reply.plain),))], limit)
    words = "\n\n".join(filter(None, (head, reviews))) or said or DASH
    title = pages[at].label if len(pages) == 1 else f"{pages[at].label} · page {at + 1} of {len(pages)}"
    drawn: dict[str, Any] = {"content": "", "embeds": [], "allowed_mentions": {"parse": []}}
    if look.embeds:
        drawn["embeds"] = [{"title": escape(title), "description": words, "color": BLUE}]
    else:
        drawn["content"] = words
    return drawn | {"components": _components(reply, pages, at, source)}


def turned(custom_id: str, message: object, at: Message | None = None) -> Turned | None:
    """What a press in the reader asks for; `message` is the payload it stands in. None for other buttons."""
    if found := _PICK.fullmatch(custom_id):
        return Turned(int(found["page"]), imprint.read(found["rest"], at), option=int(found["option"]))
    if not (found := _TURN.fullmatch(custom_id)):
        return None
    number, rest = int(found["page"]), found["rest"]
    if ballot := imprint.read(rest, at):
        return Turned(number, ballot)
    behind = [held[1] for text_ in buttons.texts(message) for held in _LINE.finditer(text_)]
    line = rest or next((held.replace(TICK, "`") for held in behind), None)
    return Turned(number, line=line) if line else None


def _source(reply: Reply, line: str) -> tuple[str | None, list[Shown]]:
    """What the buttons that turn pages are told by, and the line that says it where no id has room for it."""
    line = clean(line).strip()
    if reply.ballot is not None:
        return imprint.write(reply.ballot), []
    if not line:
        return None, []
    if size(line) <= imprint.LONGEST:
        return line, []
    shown = f"Pages of `{literal(line)}`"
    return "", [Shown((Mark(shown, shown),), SMALL)]


def _head(reply: Reply, look: Look) -> Iterator[Shown]:
    """What is said above the reviews, what its reader voted among it, and how to vote."""
    yield from lines.of((block for block in reply.blocks if not isinstance(block, Quote | Buttons)), look)
    for vote in (block for block in reply.blocks if isinstance(block, Vote)):
        yield Shown(pieces(vote.line, look), SMALL)


def _pages(reply: Reply, look: Look, room: int) -> Iterator[_Page]:
    """A page for each seat in the order they speak, more where its reviews are too long for one."""
    quotes = [block for block in reply.blocks if isinstance(block, Quote)]
    seats = list(dict.fromkeys(map(_seat, quotes)))
    for seat, held in groupby(sorted(quotes, key=lambda quote: seats.index(_seat(quote))), key=_seat):
        parts = list(_packed([list(lines.quote(quote, look)) for quote in held], room))
        for number, part in enumerate(parts, start=1):
            yield _Page(f"{seat} {number} of {len(parts)}" if len(parts) > 1 else seat, part)


def _seat(quote: Quote) -> str:
    return cut(clean(spoken(quote.title[:1])).strip(), LONGEST_SEAT) or "Review"


def _packed(reviews: Iterable[list[Shown]], room: int) -> Iterator[list[Shown]]:
    """Reviews, as many together as fit without being cut."""
    held: list[Shown] = []
    for review in reviews:
        if held and length([*held, *review]) > room:
            yield held
            held = []
        held = [*held, *review]
    if held:
        yield held


def _components(reply: Reply, pages: Sequence[_Page], at: int, source: str | None) -> list[Element]:
    turns = [_turn(number, each.label, source or "", here=number == at) for number, each in enumerate(pages)]
    votes = [block for block in reply.blocks if isinstance(block, Vote)][:1]
    picks = [pick for vote in votes if reply.ballot for pick in _picks(vote, reply.ballot, at)]
    steps = buttons.steps(reply).elements if not picks else ()
    return buttons.rows(turns if len(turns) > 1 else [], picks, steps)


def _picks(vote: Vote, ballot: Ballot, at: int) -> list[Element]:
    return buttons.votes(vote, ballot, f"pick:{{option}}:{at}")


def _turn(number: int, label: str, source: str, *, here: bool) -> Element:
    """A button that shows a page; the one that is shown says so and cannot be pressed."""
    drawn = buttons.press(f"{label} (this page)" if here else label, f"page:{number}:{source}")
    return drawn | {"disabled": True, "style": buttons.PRIMARY} if here else drawn

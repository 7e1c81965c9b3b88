"""The core's own words: what an answer says, free of any platform's markup.

A `Reply` is a row of blocks; text is made of spans. Spans are data, so nothing in a tool's name or a
reviewer's words can mention, link or format: each platform escapes in the one place where it draws them.
Nothing is told by colour or glyph alone. Colours count from 0 in the order of the ballot's options.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias, assert_never

from commands.model import SKIP_ALL, Ballot, Message


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words."""

    text: str
    strong: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ToolSpan:
    """A tool by its label, with the colour it keeps throughout the reply (None outside a comparison)."""

    label: str
    color: int | None = None
    strong: bool = True
    kind: Literal["tool"] = "tool"


@dataclass(frozen=True, slots=True)
class OptionSpan:
    """The reaction of one option, as the platform shows it. `ship` is True on a single tool's card."""

    option: int
    ship: bool = False
    kind: Literal["option"] = "option"


@dataclass(frozen=True, slots=True)
class CommandSpan:
    """A command line, written the way the platform wants it typed. `line` starts with a slash."""

    line: str
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class LinkSpan:
    """A link to an address of ours, never one that came out of the catalogue unchecked."""

    label: str
    url: str
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class InstantSpan:
    """A moment, shown in the reader's zone where the platform can, else in `zone` (an IANA name)."""

    at_us: int
    form: Literal["date", "weekday", "datetime"] = "datetime"
    zone: str = "UTC"
    kind: Literal["instant"] = "instant"


@dataclass(frozen=True, slots=True)
class PersonSpan:
    """A person by the platform's id, named without being pinged."""

    id: str
    kind: Literal["person"] = "person"


@dataclass(frozen=True, slots=True)
class MessageSpan:
    """A message posted earlier, as the platform points to it (a link, or its number)."""

    message: Message
    kind: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class ChannelSpan:
    """A channel by the platform's id."""

    id: str
    kind: Literal["channel"] = "channel"


Span: TypeAlias = (
    Text | ToolSpan | OptionSpan | CommandSpan | LinkSpan | InstantSpan | PersonSpan | MessageSpan | ChannelSpan
)
Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A step one press away. `line` is the command it runs; `hint` says it in full to a screen reader."""

    label: str
    line: str
    hint: str = ""
    primary: bool = False
    kind: Literal["button"] = "button"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the reply is about."""

    line: Line
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Lead:
    """The answer, in one sentence."""

    line: Line
    kind: Literal["lead"] = "lead"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two of body text."""

    line: Line
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Cell:
    """One tool's fact in a row. `better` marks the best figure of the row; ties mark none."""

    line: Line
    better: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of every tool, in column order."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Tools side by side."""

    columns: tuple[ToolSpan, ...]
    rows: tuple[Row, ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a meter. `color` None is neutral."""

    label: str
    count: int
    color: int | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """A coloured bar whose caption says in words all that the bar shows."""

    label: str
    parts: tuple[Part, ...]
    caption: Line
    kind: Literal["meter"] = "meter"


@dataclass(frozen=True, slots=True)
class Quote:
    """A reviewer's words. Only `own` words stand in quotation marks; others are "in short"."""

    title: Line
    words: str
    own: bool
    source: str
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list: a title, lines under it, at most one button."""

    title: Line
    body: tuple[Line, ...] = ()
    button: Button | None = None
    kind: Literal["entry"] = "entry"


@dataclass(frozen=True, slots=True)
class Note:
    """Small print."""

    line: Line
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class Divider:
    """A break between sections."""

    kind: Literal["divider"] = "divider"


@dataclass(frozen=True, slots=True)
class Buttons:
    """Steps the reader may take next."""

    buttons: tuple[Button, ...]
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True, slots=True)
class Vote:
    """How to vote on this message. `options` name the tools in option order.

    In a private reply it is a set of buttons instead, and `chosen` are the options its reader has pressed.
    """

    options: tuple[ToolSpan, ...]
    line: Line
    chosen: tuple[int, ...] = ()
    kind: Literal["vote"] = "vote"


Block: TypeAlias = Heading | Lead | Paragraph | Table | Meter | Quote | Entry | Note | Divider | Buttons | Vote


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `plain` says it in one line; a private one is for the asker alone.

    `ballot` is reserved by the core and opened by `Core.posted`. `failed` is True where the request
    could not be answered as asked. `digest` is the id of the weekly digest this reply is.
    """

    plain: str
    blocks: tuple[Block, ...] = field(default=())
    private: bool = False
    failed: bool = False
    ballot: Ballot | None = None
    digest: int | None = None


def text(words: str, *, strong: bool = False) -> Line:
    """A line of plain words."""
    return (Text(words, strong),)


def buttons(reply: Reply) -> tuple[Button, ...]:
    """Every button of a reply, from the top; platforms that number them number them so."""
    found: list[Button] = []
    for block in reply.blocks:
        if isinstance(block, Buttons):
            found += block.buttons
        elif isinstance(block, Entry) and block.button:
            found.append(block.button)
    return tuple(found)


def spans(reply: Reply) -> Iterator[Span]:
    """Every span of a reply, from the top."""
    for block in reply.blocks:
        for line in _lines(block):
            yield from line


def _lines(block: Block) -> Iterator[Line]:
    match block:
        case Heading(line) | Lead(line) | Paragraph(line) | Note(line) | Vote(line=line) | Meter(caption=line):
            yield line
        case Quote(title=title):
            yield title
        case Entry(title, body):
            yield from (title, *body)
        case Table(columns, rows):
            yield columns
            yield from (cell.line for row in rows for cell in row.cells)
        case Divider() | Buttons():
            pass


def spoken(line: Line) -> str:
    """A line as plain words, for `Reply.plain` and screen readers; times are left to the platform."""
    return "".join(_spoken(span) for span in line)


def _spoken(span: Span) -> str:
    match span:
        case Text(words):
            return words
        case ToolSpan(label) | LinkSpan(label):
            return label
        case CommandSpan(typed):
            return typed
        case PersonSpan(who):
            return f"@{who}"
        case OptionSpan(option):
            return "skip" if option == SKIP_ALL else f"option {option}"
        case MessageSpan(message):
            return f"message {message.id}"
        case ChannelSpan(channel):
            return f"#{channel}"
        case InstantSpan(at_us):
            return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%d %B %Y %H:%M UTC")
    assert_never(span)


def series(items: Sequence[Line], joiner: str = "and", *, comma: bool = False) -> Line:
    """Lines set one after the other: "a", "a and b", "a, b and c"; `comma` sets one before the joiner too."""
    line: list[Span] = []
    for place, item in enumerate(items):
        if place:
            line.append(Text(("," * comma) + f" {joiner} " if place == len(items) - 1 else ", "))
        line.extend(item)
    return tuple(line)


def said(*parts: str | Span) -> Line:
    """A line of words and spans mixed."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)

"""Words for Slack: the one place where a reply's spans become something that Slack formats.

Every line is first read into pieces, and the pieces are then written in one of three ways: as elements of
a rich_text block, where words are never anything but words; as mrkdwn, where only that can stand; or as
plain text. What is not ours (names, reviews, what people typed) can neither format, mention nor link in any
of them, nor become an emoji.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any, TypeAlias, assert_never
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from adapters.slack import signs
from adapters.words import clean, cut
from commands.reply import (
    ChannelSpan,
    CommandSpan,
    InstantSpan,
    Line,
    LinkSpan,
    MessageSpan,
    OptionSpan,
    PersonSpan,
    Span,
    Text,
    ToolSpan,
)

Element: TypeAlias = dict[str, Any]

DASH = "\N{EN DASH}"
"""What stands where there is nothing, and Slack wants something."""

SOME_CHANNEL = "a channel"
ROOT = "/shipworthy"
OWN_NAME = "compare"
"""The one command that has a slash command of its own; all others are typed after `ROOT`."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMS = {
    "date": ("{date_short}", "%d %b %Y"),
    "weekday": ("{date_long}", "%a %d %b %Y"),
    "datetime": ("{date_short_pretty} at {time}", "%a %d %b %Y %H:%M %Z"),
}
"""How each form of an instant is written by Slack, and by us where Slack cannot."""

BREAK = "\N{WORD JOINER}"
"""Parts what Slack would read as one token; it has no width and takes no part in line breaking."""

LOOKS_LIKE = str.maketrans(
    {
        "*": "\N{ASTERISK OPERATOR}",
        "_": "\N{MODIFIER LETTER LOW MACRON}",
        "~": "\N{TILDE OPERATOR}",
        "`": "\N{REVERSED PRIME}",
    }
)
"""Stand in for what formats: whether an invisible character beside it would stop that differs between clients."""

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_FORMATS = re.compile(r"`|(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])")
_EMOJI = re.compile(r":(?=[^\s:]*(?::|$))")
_TOKENS = re.compile(r"(?<=:)(?=//)|(?<=[@#])(?=\w|$)|(?<=\w\.)(?=[^\W\d_]{2})")
_LINE_START = re.compile(r"(?=&gt;|[-+#•] |\d+[.)] )")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}")
_POSTED = re.compile(r"\d{1,15}\.\d{1,9}")


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of where a reply is shown.

    `url` is the workspace's address, for links to messages. `people` maps ids to names. Without `tables`
    facts are fields of sections; without `reactions` buttons stand in for them. `names` are the declared
    commands, which are typed after `ROOT` here.
    """

    zone: str | None = None
    url: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    tables: bool = True
    reactions: bool = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they are read, without any markup."""

    text: str
    bold: bool = False
    code: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Emoji:
    """A standard emoji by the name Slack knows it under."""

    name: str


@dataclass(frozen=True, slots=True)
class Date:
    """An instant that the reader's client writes in the reader's own zone; `fallback` where it cannot."""

    seconds: int
    format: str
    fallback: str


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, which the reader's client names if the reader may know of it."""

    id: str


Piece: TypeAlias = Words | Emoji | Date | Place
Pieces: TypeAlias = tuple[Piece, ...]


def escape(text: str) -> str:
    """The text as mrkdwn that shows it and does nothing."""
    text = _FORMATS.sub(lambda found: found[0].translate(LOOKS_LIKE), clean(text))
    return _TOKENS.sub(BREAK, _still(text)).translate(_ENTITIES)


def _literal(text: str) -> str:
    """The text as it stands between backticks, where nothing else is read; it can be copied and typed again."""
    return clean(text).replace("`", LOOKS_LIKE[ord("`")]).translate(_ENTITIES)


def _still(text: str) -> str:
    """The text with every name of an emoji broken, one that the next piece would complete included."""
    return _EMOJI.sub(f":{BREAK}", text)


def typed(text: str, look: Look) -> str:
    """The text with every command in it the way it is typed in Slack: "/digest on" as "/shipworthy digest on"."""
    if not look.names or "/" not in text:
        return text
    return _slashed(look.names).sub(f"{ROOT} ", text)


@cache
def _slashed(names: tuple[str, ...]) -> re.Pattern[str]:
    """The slash of each of these commands that has none of its own in Slack."""
    others = "|".join(re.escape(name) for name in names if name != OWN_NAME)
    return re.compile(rf"(?<![\w/.:-])/(?=(?:{others})(?![\w/-]))" if others else r"(?!)")


def pieces(line: Line, look: Look, *, bold: bool = False) -> Pieces:
    """A line as pieces; all its words are bold if `bold`."""
    found = [piece for span in line for piece in _pieces(span, look)]
    if bold:
        found = [replace(piece, bold=not piece.code) if isinstance(piece, Words) else piece for piece in found]
    return tuple(found)


def _pieces(span: Span, look: Look) -> Iterable[Piece]:  # noqa: C901  one case for each kind of span
    match span:
        case Text(text, strong):
            yield Words(typed(text, look), bold=strong)
        case ToolSpan(label, color, strong):
            if color is not None:
                yield from (Emoji(circle(color)), Words(" "))
            yield Words(label, bold=strong)
        case OptionSpan(option, ship):
            yield Emoji(signs.name((option - 1) % len(signs.CIRCLES) + 1 if option else option, ship=ship))
        case CommandSpan(line):
            yield Words(typed(line, look), code=True)
        case LinkSpan(label, url):
            yield Words(label, url=_address(url))
        case PersonSpan(who):
            yield Words(look.people.get(who) or "somebody", bold=who in look.people)
        case MessageSpan(message):
            there = _CHANNEL.fullmatch(message.channel) and _POSTED.fullmatch(message.id)
            link = f"{look.url}archives/{message.channel}/p{message.id.replace('.', '')}"
            yield Words("an earlier message", url=_address(link) if there else "")
        case ChannelSpan(channel):
            yield Place(channel) if _CHANNEL.fullmatch(channel) else Words(SOME_CHANNEL)
        case InstantSpan():
            yield _date(span, look)
        case _:
            assert_never(span)


def circle(color: int) -> str:
    """The emoji of a tool's colour."""
    return signs.CIRCLES[color % len(signs.CIRCLES)]


def _address(url: str) -> str:
    """The address if it is one that may be opened and can stand in a link, else none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    safe = parts.scheme in {"http", "https"} and parts.netloc and url.isprintable() and not set(url) & set(' |<>"')
    return url if safe and len(url) <= LONGEST_ADDRESS else ""


LONGEST_ADDRESS = 1_000


def _date(span: InstantSpan, look: Look) -> Date:
    form, spelt = FORMS[span.form]
    local = (EPOCH + timedelta(microseconds=span.at_us)).astimezone(_zone(look.zone) or _zone(span.zone) or UTC)
    return Date(span.at_us // 1_000_000, form, local.strftime(spelt).removeprefix("0"))


def _zone(name: str | None) -> tzinfo | None:
    """The zone of this IANA name, if there is one."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError):
        return None


def mrkdwn(shown: Pieces) -> str:
    """Pieces as one line of mrkdwn."""
    line = "".join(map(_mrkdwn, shown)).strip()
    return _LINE_START.sub(BREAK, line, count=1) if _LINE_START.match(line) else line


def _mrkdwn(piece: Piece) -> str:
    match piece:
        case Emoji(name):
            return f":{name}:"
        case Date(seconds, form, fallback):
            return f"<!date^{seconds}^{form}|{escape(fallback)}>"
        case Place(channel):
            return f"<#{channel}>"
        case Words(text, bold, code, url):
            inner = _literal(text) if code else escape(text)
            inner = inner.replace("*", LOOKS_LIKE[ord("*")]) if bold else inner
            within = inner.strip()
            if not within:
                return inner
            if url:
                shown = f"<{url.translate(_ENTITIES)}|{within.replace('|', chr(0x2223))}>"
            else:
                shown = f"`{within}`" if code else within
            return inner.replace(within, f"*{shown}*" if bold else shown, 1)
    assert_never(piece)


def rich(shown: Pieces) -> list[Element]:
    """Pieces as elements of a rich_text section; none where there is nothing to be seen."""
    elements = [element for piece in shown for element in _rich(piece)]
    return elements if any(element.get("text", "x").strip() for element in elements) else []


def _rich(piece: Piece) -> Iterable[Element]:
    match piece:
        case Emoji(name):
            yield {"type": "emoji", "name": name}
        case Date(seconds, form, fallback):
            yield {"type": "date", "timestamp": seconds, "format": form, "fallback": fallback}
        case Place(channel):
            yield {"type": "channel", "channel_id": channel}
        case Words(text, bold, code, url):
            text = clean(text)
            style = {"style": {name: True for name, on in (("bold", bold), ("code", code)) if on}}
            if text:
                kind = {"type": "link", "url": url} if url else {"type": "text"}
                yield {**kind, "text": text, **(style if bold or code else {})}


def words(shown: Pieces) -> str:
    """Pieces as plain words, for a heading or a label."""
    return _still(clean("".join(map(_word, shown)))).strip()


def _word(piece: Piece) -> str:
    match piece:
        case Words(text):
            return text
        case Date(fallback=fallback):
            return fallback
        case Emoji(name):
            return GLYPHS.get(name, "")
        case Place():
            return SOME_CHANNEL
    assert_never(piece)


GLYPHS = dict(zip(signs.CIRCLES, "🔵🟠🟢🟣", strict=True)) | {signs.SKIP: "⏩", signs.SHIP: "🚢"}
"""The emoji themselves, for plain text."""


def fitted(shown: Pieces, most: int, write: Callable[[Pieces], str] = mrkdwn) -> str:
    """Pieces written in at most so many characters; what has no room is cut at a word with an ellipsis."""
    whole = write(shown)
    if len(whole) <= most:
        return whole
    return write(clipped(shown, lambda some: len(write(some)) <= most))


def clipped(shown: Sequence[Piece], fits: Callable[[Pieces], bool]) -> Pieces:
    """As many of the pieces as fit, the last of them cut at a word."""
    kept: Pieces = ()
    for piece in shown:
        if not fits((*kept, piece)):
            return (*kept, *_part(piece, kept, fits))
        kept = (*kept, piece)
    return kept


def _part(piece: Piece, kept: Pieces, fits: Callable[[Pieces], bool]) -> Pieces:
    """As much of a piece as fits behind others."""
    if not isinstance(piece, Words):
        return ()
    least, most = 0, len(piece.text)
    while least < most:
        middle = (least + most + 1) // 2
        if fits((*kept, replace(piece, text=cut(piece.text, middle)))):
            least = middle
        else:
            most = middle - 1
    return (replace(piece, text=cut(piece.text, least)),) if least else ()


def plain_text(text: str, most: int) -> Element:
    """A plain_text object; nothing in it becomes an emoji."""
    return {"type": "plain_text", "text": cut(_still(clean(text)).strip(), most) or DASH, "emoji": False}


def mrkdwn_text(text: str) -> Element:
    """A mrkdwn object of what `mrkdwn` wrote."""
    return {"type": "mrkdwn", "text": text}

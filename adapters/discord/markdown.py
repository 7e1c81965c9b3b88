"""Words for Discord: the one place where a reply's spans become something that Discord formats.

Every line is first read into pieces, and the pieces are then written as Markdown, or as plain words where
Discord reads none. What is not ours (names, reviews, what people typed) can neither format, mention nor link
in either, nor become an emoji or a time.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple, TypeAlias, assert_never
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from adapters import words
from adapters.discord import signs
from adapters.words import clean
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

DASH = "\N{EN DASH}"
"""What stands where there is nothing, and Discord wants something."""

BLANK = "\N{ZERO WIDTH SPACE}"
"""A name for a field that has none: Discord wants one, and takes this."""

BREAK = "\N{WORD JOINER}"
"""Parts what Discord would read as one token; it has no width and takes no part in line breaking."""

TICK = "\N{MODIFIER LETTER GRAVE ACCENT}"
"""Stands in for a backtick within code, which nothing can be escaped in."""

ROUND = str.maketrans("[]", "()")
"""Brackets within the words of a link, which no client lets be escaped there."""

SMALL, QUOTED, TITLE = "-# ", "> ", "## "
"""What makes a line small print, a quotation or a heading."""

SOMEBODY, SOME_CHANNEL, SOME_MESSAGE = "somebody", "a channel", "an earlier message"
LONGEST_ADDRESS = 500

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMS = {
    "date": ("D", "%d %b %Y"),
    "weekday": ("F", "%a %d %b %Y"),
    "datetime": ("f", "%a %d %b %Y %H:%M %Z"),
}
"""How each form of an instant is written by Discord, and by us where Discord cannot."""

WRITTEN = 4_096
"""Lines whose Markdown is kept: each is measured before it is shown, and most stay as they are after a vote."""

LAST_SECOND = 253_402_300_799
"""Of the year 9999; Discord shows nothing later."""

_FORMATS = re.compile(r"[\\*_~`|<\[]|:(?=[^\s:]*(?::|$))")
_TOKENS = re.compile(r"(?<=:)(?=//)|(?<=mailto)(?=:)|(?<=@)(?=\w|$)|(?<=discord)(?=(?:app)?\.\w)", re.IGNORECASE)
_START = re.compile(r"(\s*)(?:(?=[-+#>])|(\d+)(?=[.)]))")
_SNOWFLAKE = re.compile(r"[1-9]\d{0,19}")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of where a reply is shown.

    `guild` is the server's id, for links to messages. `people` maps ids to names, for where a mention cannot
    stand. Without `reactions` buttons stand in for them; without `embeds` an answer is plain words.
    """

    zone: str | None = None
    guild: str = ""
    people: Mapping[str, str] = field(default_factory=dict, hash=False)
    reactions: bool = True
    embeds: bool = True


class Words(NamedTuple):
    """Words as they are read, without any markup."""

    text: str
    bold: bool = False
    code: bool = False
    url: str = ""


class Mark(NamedTuple):
    """Something of ours that Discord draws, and the words for where it does not. It is never cut."""

    markup: str
    plain: str


Piece: TypeAlias = Words | Mark
Pieces: TypeAlias = tuple[Piece, ...]


class Shown(NamedTuple):
    """One line on its way to be shown, and what it begins with: `SMALL`, `QUOTED`, `TITLE` or nothing."""

    pieces: Pieces = ()
    prefix: str = ""


def size(text: str) -> int:
    """The characters of a text as Discord counts them where it counts most: those beyond the first plane twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """See `adapters.words.cut`, by Discord's count."""
    return words.cut(text, most, size)


def escape(text: str) -> str:
    """The text as Markdown that shows it and does nothing, wherever in a line it stands but at its start."""
    return _TOKENS.sub(BREAK, _FORMATS.sub(r"\\\g<0>", clean(text)))


def literal(text: str) -> str:
    """The text as it stands between backticks, where nothing else is read; it can be copied and typed again."""
    return clean(text).replace("`", TICK)


def pieces(line: Line, look: Look, *, bold: bool = False) -> Pieces:
    """A line as pieces; all its words are bold if `bold`."""
    found = [piece for span in line for piece in _pieces(span, look)]
    if bold:
        found = [piece._replace(bold=not piece.code) if isinstance(piece, Words) else piece for piece in found]
    return tuple(found)


def _pieces(span: Span, look: Look) -> Iterable[Piece]:  # noqa: C901  one case for each kind of span
    match span:
        case Text(text, strong):
            yield Words(text, bold=strong)
        case ToolSpan(label, color, strong):
            if color is not None:
                yield from (emoji(signs.circle(color)), Words(" "))
            yield Words(label, bold=strong)
        case OptionSpan(option, ship):
            yield emoji(signs.emoji(option, ship=ship))
        case CommandSpan(line):
            yield Words(line, code=True)
        case LinkSpan(label, url):
            yield Words(label, url=_address(url))
        case PersonSpan(who):
            name = look.people.get(who) or SOMEBODY
            yield Mark(f"<@{who}>", clean(name)) if _SNOWFLAKE.fullmatch(who) else Words(name)
        case MessageSpan(message):
            ids = (look.guild, message.channel, message.id)
            there = all(map(_SNOWFLAKE.fullmatch, ids))
            yield Words(SOME_MESSAGE, url=f"https://discord.com/channels/{'/'.join(ids)}" if there else "")
        case ChannelSpan(channel):
            yield Mark(f"<#{channel}>", SOME_CHANNEL) if _SNOWFLAKE.fullmatch(channel) else Words(SOME_CHANNEL)
        case InstantSpan():
            yield _instant(span, look)
        case _:
            assert_never(span)


def emoji(glyph: str) -> Mark:
    """An emoji of ours."""
    return Mark(glyph, glyph)


def _address(url: str) -> str:
    """The address if it is one that may be opened and can stand in a link, else none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    safe = parts.scheme in {"http", "https"} and parts.netloc and url.isprintable() and not set(url) & set(' <>()"\\')
    return url if safe and len(url) <= LONGEST_ADDRESS else ""


def _instant(span: InstantSpan, look: Look) -> Mark:
    style, spelt = FORMS[span.form]
    seconds = min(max(0, span.at_us // 1_000_000), LAST_SECOND)
    local = (EPOCH + timedelta(seconds=min(seconds, LAST_SECOND - 86_400))).astimezone(
        _zone(look.zone) or _zone(span.zone) or UTC
    )
    return Mark(f"<t:{seconds}:{style}>", local.strftime(spelt).removeprefix("0"))


def _zone(name: str | None) -> tzinfo | None:
    """The zone of this IANA name, if there is one."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError):
        return None


@lru_cache(WRITTEN)
def markdown(line: Shown) -> str:
    """One line as Markdown; nothing where there is nothing to be seen."""
    body = ""
    for piece in _joined(line.pieces):
        written = piece.markup if isinstance(piece, Mark) else _words(piece)
        touching = body[-1:] == written[:1] and body[-1:] in {"*", "`"}
        body += f"{BREAK}{written}" if touching else written
    body = body.strip()
    if body and isinstance(line.pieces[0], Words):
        body = _START.sub(r"\1\2\\", body, count=1) if _START.match(body) else body
    return f"{line.prefix}{body}" if body else ""


def _joined(shown: Iterable[Piece]) -> Iterable[Piece]:
    """The pieces, with neighbouring words of one look as one, since marks that touch would be read as others."""
    held: Words | None = None
    for piece in shown:
        if isinstance(piece, Words) and held and held[1:] == piece[1:]:
            held = held._replace(text=held.text + piece.text)
            continue
        if held:
            yield held
        held = piece if isinstance(piece, Words) else None
        if not held:
            yield piece
    if held:
        yield held


def _words(piece: Words) -> str:
    text = piece.text.translate(ROUND) if piece.url else piece.text
    inner = literal(text) if piece.code else escape(text)
    within = inner.strip()
    if not within:
        return inner
    shown = f"`{within}`" if piece.code else f"[{within}]({piece.url})"
    if not (piece.code or piece.url):
        shown = within
    return inner.replace(within, f"**{shown}**" if piece.bold else shown, 1)


def plain(shown: Iterable[Piece]) -> str:
    """Pieces as plain words, for where Discord reads no Markdown: a footer, a label."""
    return clean("".join(piece.plain if isinstance(piece, Mark) else piece.text for piece in shown)).strip()


def unlinked(shown: Iterable[Piece]) -> Pieces:
    """Pieces for a title or the name of a field, where Discord draws neither times nor mentions."""
    return tuple(Words(piece.plain) if isinstance(piece, Mark) else piece._replace(url="") for piece in shown)


def fitted(line: Shown, most: int) -> str:
    """A line in at most so many characters; what has no room is cut at a word with an ellipsis."""
    whole = markdown(line)
    if size(whole) <= most:
        return whole
    best, least, last = "", 0, sum(map(_length, line.pieces))
    while least < last:
        middle = (least + last + 1) // 2
        written = markdown(line._replace(pieces=_beginning(line.pieces, middle)))
        if size(written) <= most:
            best, least = written, middle
        else:
            last = middle - 1
    return best


def _beginning(shown: Pieces, most: int) -> Pieces:
    """As many pieces as have so many characters, the last of them cut at a word."""
    kept: list[Piece] = []
    for piece in shown:
        if isinstance(piece, Words) and _length(piece) > most:
            return (*kept, piece._replace(text=cut(piece.text, most)))
        if _length(piece) > most:
            break
        kept.append(piece)
        most -= _length(piece)
    return tuple(kept)


def _length(piece: Piece) -> int:
    return size(piece.text) if isinstance(piece, Words) else 1


def filled(lines: Sequence[Shown], most: int) -> str:
    """Lines one below the other in at most so many characters; the longest are cut first. An empty one is a gap."""
    written = [markdown(line) for line in lines]
    whole = _below(lines, written)
    if size(whole) <= most:
        return whole
    room = max(0, most - len(written) + 1)
    fixed = [size(line) if _uncut(shown) else 0 for line, shown in zip(written, lines, strict=True)]
    wanted = [size(line) - kept for line, kept in zip(written, fixed, strict=True)]
    shares = [kept + more for kept, more in zip(fixed, fair(wanted, room - sum(fixed)), strict=True)]
    if sum(fixed) > room:
        shares = fair([size(line) for line in written], room)
    return _below(lines, [fitted(line, share) for line, share in zip(lines, shares, strict=True)])


def length(lines: Sequence[Shown]) -> int:
    """The characters that lines one below the other take, uncut."""
    return size(_below(lines, [markdown(line) for line in lines]))


def _below(lines: Sequence[Shown], written: Sequence[str]) -> str:
    kept = [shown for line, shown in zip(lines, written, strict=True) if shown or not line.pieces]
    below = "\n".join(kept)
    return (_EMPTY_LINES.sub("\n\n", below) if "\n\n\n" in below else below).strip()


def _uncut(line: Shown) -> bool:
    """Whether a line is all ours and stands whole or not at all."""
    return all(isinstance(piece, Mark) for piece in line.pieces)


def fair(wanted: Sequence[int], room: int) -> list[int]:
    """Divide the room: nobody gets more than wanted, and what some leave over goes to the rest in equal parts."""
    shares = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    for done, place in enumerate(order):
        shares[place] = max(0, min(wanted[place], room // (len(wanted) - done)))
        room -= shares[place]
    return shares

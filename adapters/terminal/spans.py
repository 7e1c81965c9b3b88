"""Lines of spans as rich text: the one place where a reply's words become something printed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from rich.text import Text as RichText

from adapters.terminal.glyphs import TOOLS, clean, glyph
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

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMS = {"date": "%d %b %Y", "weekday": "%a %d %b %Y", "datetime": "%a %d %b %Y %H:%M"}


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of the reader's terminal: its width in cells, the reader's zone, whether it has colour."""

    width: int
    zone: str | None = None
    colour: bool = True


def words(text: str, style: str = "") -> RichText:
    """Words of a reply as rich text, never as markup, with nothing in them that a terminal would obey."""
    return RichText(clean(text), style, overflow="fold")


def inline(line: Line, look: Look, style: str = "") -> RichText:
    """A line as rich text."""
    text = words("", style)
    for span in line:
        said, its_style = _span(span, look)
        text.append(clean(said), its_style)
    return text


def tool(span: ToolSpan) -> str:
    """A tool by its colour, where it has one, and its name."""
    return span.label if span.color is None else f"{TOOLS[span.color % len(TOOLS)].emoji} {span.label}"


def instant(span: InstantSpan, zone: str | None) -> str:
    """A moment in the reader's zone, else in its own: "Mon 23 Nov 2026 09:00 CET"."""
    local = (EPOCH + timedelta(microseconds=span.at_us)).astimezone(_zone(zone) or _zone(span.zone) or UTC)
    shown = local.strftime(FORMS[span.form]).removeprefix("0")
    if span.form != "datetime":
        return shown
    name = local.tzname() or "UTC"
    return f"{shown} {name if name[0].isalpha() else f'UTC{name}'}"


def _span(span: Span, look: Look) -> tuple[str, str]:
    """What a span says, and in what style."""
    match span:
        case Text(text, strong):
            return text, "bold" if strong else ""
        case ToolSpan(color=color, strong=strong):
            style = "" if color is None else TOOLS[color % len(TOOLS)].style
            return tool(span), f"bold {style}" if strong else style
        case OptionSpan(option, ship):
            return f"+{glyph(option, ship=ship).emoji}", "bold"
        case CommandSpan(line):
            return (line, "cyan") if look.colour else (f"`{line}`", "")
        case LinkSpan(label, url):
            return (f"{label} ({url})" if label != url else url), "underline"
        case InstantSpan():
            return instant(span, look.zone), ""
        case PersonSpan(who):
            return f"@{who}", "bold"
        case MessageSpan(message):
            return f"#{message.id}", "bold"
        case ChannelSpan(channel):
            return f"#{channel}", "bold"


def _zone(name: str | None) -> tzinfo | None:
    """The zone of this IANA name, if there is one."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError):
        return None

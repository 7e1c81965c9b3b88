"""Discord's Markdown as a client reads it, and as eagerly as any client might."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.discord.markdown import BREAK, TICK

INNER = r"(?:\\.|[^\\])+?"
INLINE = re.compile(
    r"```(?P<fence>.*?)```"
    r"|(?P<ticks>`+)(?P<code>[^`]+)(?P=ticks)"
    r"|\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|\[(?P<label>[^\]\n]*)\]\((?P<link>[^)\n]*)\)"
    r"|(?P<auto>https?://\S+|discord(?:app)?\.\w+|mailto:\S+)"
    r"|<(?P<angle>[^<>\n]*)>"
    r"|@(?P<mention>\w+)"
    r"|:(?P<emoji>[^\s:]+):"
    rf"|\*\*(?P<bold>{INNER})\*\*"
    rf"|__(?P<underline>{INNER})__"
    rf"|~~(?P<strike>{INNER})~~"
    rf"|\|\|(?P<spoiler>{INNER})\|\|"
    rf"|\*(?P<star>{INNER})\*"
    rf"|_(?P<italic>{INNER})_",
    re.DOTALL | re.IGNORECASE,
)
START = re.compile(r"\s*(?:(?P<heading>#{1,3} )|(?P<small>-# )|(?P<quote>>)|(?P<item>[-*+] |\d+[.)] ))")
NESTED = {"bold", "underline", "strike", "spoiler", "star", "italic"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a client does with a stretch of text, other than show it."""

    kind: str
    text: str


def marks(markdown: str) -> list[Mark]:
    """Everything in a text that is not just text, within other marks too."""
    found: list[Mark] = []
    for line in re.sub(r"```.*?```", "", markdown, flags=re.DOTALL).split("\n"):
        while start := START.match(line):
            found.append(Mark(start.lastgroup or "", start[0].strip()))
            line = line[start.end() :]  # noqa: PLW2901 - what a quote holds may be an item
    return [*found, *_inline(markdown)]


def _inline(markdown: str) -> Iterator[Mark]:
    for match in INLINE.finditer(markdown):
        kind = match.lastgroup or ""
        if kind == "escaped":
            continue
        yield Mark(kind, match[kind] if kind in {"fence", "code", "link", "angle"} else shown(match[kind]))
        if kind in NESTED:
            yield from _inline(match[kind])


def shown(markdown: str) -> str:
    """The characters of a text without marks, as a reader sees them."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown).replace(BREAK, "").replace(TICK, "`")


def texts(payload: object) -> Iterator[str]:
    """All that Discord reads Markdown in, within a payload."""
    if isinstance(payload, list):
        for held in payload:
            yield from texts(held)
    elif isinstance(payload, dict):
        for name, held in payload.items():
            if name in {"content", "title", "description", "name", "value"} and isinstance(held, str):
                yield held
            elif name not in {"emoji", "allowed_mentions"}:
                yield from texts(held)


def words(payload: object) -> str:
    """All that is there to be read in a message, as a reader sees it, small print at the foot included."""
    foot = [embed["footer"]["text"] for embed in _embeds(payload) if "footer" in embed]
    return shown("\n".join([*texts(payload), *foot]))


def _embeds(payload: object) -> list[dict[str, dict[str, str]]]:
    return payload.get("embeds", []) if isinstance(payload, dict) else []


def pressable(payload: object) -> list[tuple[str, str]]:
    """The id and the words of every button, from the top."""
    if isinstance(payload, list):
        return [each for held in payload for each in pressable(held)]
    if not isinstance(payload, dict):
        return []
    own = [(payload["custom_id"], payload["label"])] if payload.get("type") == 2 else []
    return [*own, *pressable(payload.get("components")), *pressable(payload.get("accessory"))]

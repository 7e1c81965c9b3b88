"""Slack's mrkdwn as a client reads it, and as eagerly as any client might."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapters.slack.mrkdwn import BREAK, LOOKS_LIKE

MARKS = re.compile(
    r"(?P<angle><[^<>]*>)"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![A-Za-z0-9])\*(?P<bold>[^*\n]+)\*(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])_(?P<italic>[^_\n]+)_(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])~(?P<strike>[^~\n]+)~(?![A-Za-z0-9])"
    r"|:(?P<emoji>[^\s:\u2060]+):"
    r"|(?P<link>\w+://|\w\.[^\W\d_]{2})"
    r"|(?P<mention>[@#]\w)"
    r"|(?m:^)(?P<quote>&gt;|>)"
    r"|(?m:^)(?P<item>[-+#•] |\d+[.)] )"
)


SAME = {ord(like): chr(mark) for mark, like in LOOKS_LIKE.items()} | {ord(BREAK): ""}
"""What stands in for a mark, back to the mark it looks like."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a client does with a stretch of text, other than show it."""

    kind: str
    text: str


def marks(mrkdwn: str) -> list[Mark]:
    """Everything in a text that is not just text, within other marks too."""
    found: list[Mark] = []
    for match in MARKS.finditer(mrkdwn):
        kind = match.lastgroup or ""
        inner = match[kind]
        if kind == "angle":
            found.append(_angle(inner[1:-1]))
        else:
            found.append(Mark(kind, shown(inner)))
            if kind in {"bold", "italic", "strike"}:
                found += marks(f".{inner}")
    return found


def _angle(inner: str) -> Mark:
    target, _, label = inner.partition("|")
    if target.startswith("!date"):
        return Mark("date", label)
    if target[:1] in {"@", "#", "!"}:
        return Mark("mention", target)
    return Mark("link", f"{html.unescape(target)}|{label}")


def shown(mrkdwn: str) -> str:
    """The characters of a text without marks, as a reader sees them."""
    return html.unescape(mrkdwn).translate(SAME)


def objects(payload: object, kind: str) -> Iterator[dict[str, Any]]:
    """Every object of one type within a payload, from the top."""
    if isinstance(payload, dict):
        if payload.get("type") == kind:
            yield payload
        for held in payload.values():
            yield from objects(held, kind)
    elif isinstance(payload, list):
        for held in payload:
            yield from objects(held, kind)


def texts(payload: object) -> str:
    """All that is there to be read in a payload, one piece to a line."""
    if isinstance(payload, dict):
        inner = [texts(held) for key, held in payload.items() if isinstance(held, dict | list) or key == "text"]
        return "\n".join(filter(None, inner))
    if isinstance(payload, list):
        return "\n".join(filter(None, map(texts, payload)))
    return str(payload)

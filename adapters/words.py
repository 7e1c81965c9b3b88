"""Words that are not ours, on one line and within a length, before a platform's own escaping."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache

_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


def clean(text: str) -> str:
    """The text on one line, without what controls or turns other text; joined emoji stay joined."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_seen, text))
    return text


@lru_cache(1_024)
def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zl", "Zp"} or character in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85":
        return " "
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in {"Cc", "Cf"} and character not in _JOINERS else character


def cut(text: str, most: int, size: Callable[[str], int] = len) -> str:
    """The text, or its beginning up to a whole word with an ellipsis, of at most this size as a platform counts it."""
    if size(text) <= most:
        return text
    kept = text[: max(0, most - 1)]
    while size(kept) >= max(1, most):
        kept = kept[:-1]
    whole, space, _ = kept.rpartition(" ")
    if space and not text[len(kept)].isspace() and len(whole) * 2 > most:
        kept = whole
    return f"{kept.rstrip()}…" if most > 0 else ""

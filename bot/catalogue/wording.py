"""A mistake that pydantic found, in our own plain words."""

import difflib
from collections.abc import Iterable

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.catalogue.schema import CatalogueFile, ReviewFact, SourceFact, ToolFact
from bot.catalogue.stream import SHOWN, Item, Loc, shown, shown_name
from commands.model import Seat

_ARTICLES = {ToolFact: "a tool", ReviewFact: "a review", SourceFact: "a source", CatalogueFile: "a catalogue"}
_CATEGORY = "a category has a name of 1 to 60 characters and a list of at most 20 other names of 1 to 80"


def explain(error: ErrorDetails, item: Item) -> str:
    """Say what is wrong, and what would be right."""
    loc: Loc = error["loc"]
    value = error["input"]
    name = _name(loc, item)
    kind = error["type"]
    if kind in ("extra_forbidden", "invalid_key"):
        return f"{shown_name(loc[-1])} is not a field of {_ARTICLES[_holder(loc)]}, {_nearest(loc)}"
    if kind == "enum" and loc[-1] == "[key]":
        return f"{shown_name(loc[-2])} is not a seat, {_near(str(loc[-2]), list(Seat), 'the seats are')}"
    if kind == "told":
        return f"{name} {error['msg']}"
    if kind == "string_unicode":
        return f"{name} holds half a character (a lone surrogate), take it out"
    wrong = {
        "missing": "is missing",
        "string_too_long": f"is {len(value) if isinstance(value, str) else 0} characters long",
        "string_too_short": "is empty",
        "too_long": "has too many entries",
    }
    return f"{name} {wrong.get(kind, f'is {shown(value)}')}, {_right(loc, item)}"


def _name(loc: Loc, item: Item) -> str:
    if item.columns:
        return item.columns(loc)
    if item.section == "categories":
        return f"the category {shown_name(loc[0])}" if loc else "categories"
    names = [part for part in loc if isinstance(part, str) and part != "[key]"]
    return shown_name(names[-1]) if names else "the tool"


def _way(loc: Loc) -> Iterable[tuple[type[BaseModel], str]]:
    """The models that a location passes through, each with the field it takes there."""
    model: type[BaseModel] = ToolFact
    parts = [part for part in loc if isinstance(part, str)]
    while parts:
        name = parts.pop(0)
        yield model, name
        if name == "reviews" and parts:
            parts.pop(0)
            model = ReviewFact
        elif name == "source":
            model = SourceFact


def _right(loc: Loc, item: Item) -> str:
    """What the nearest field that we know should look like."""
    if item.section == "categories":
        return _CATEGORY
    told = "a tool is a table of fields, at least slug, name, category and source"
    if len(loc) == 2 and loc[0] == "reviews":
        return "a review is a table of fields, at least verdict and basis"
    for model, name in _way(loc):
        if field := model.model_fields.get(name):
            told = field.description or told
    return told[0].lower() + told[1:].rstrip(".")


def _holder(loc: Loc) -> type[BaseModel]:
    """The model in which the last field of a location should be."""
    return [model for model, _ in _way(loc)][-1]


def _nearest(loc: Loc) -> str:
    return _near(str(loc[-1]), list(_holder(loc).model_fields), "its fields are")


def _near(typed: str, names: list[str], otherwise: str) -> str:
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(typed[:SHOWN].casefold().replace("-", "_"), by_folded, n=1)
    return f"did you mean {by_folded[near[0]]}?" if near else f"{otherwise} {', '.join(names)}"

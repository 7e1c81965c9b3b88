"""Rules for JSON values, put together from small ones; what is wrong bears Discord's codes and words."""

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from tests.discord_server.errors import Path, Problem

Rule = Callable[[object, Path], Iterator[Problem]]
"""Yields what is wrong with a value that stands at a path; nothing when it is right."""

REQUIRED = ("BASE_TYPE_REQUIRED", "This field is required")


def length(least: int, most: int, count: int, at: Path) -> Iterator[Problem]:
    if least <= count <= most:
        return
    if not least:
        yield Problem(at, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    else:
        yield Problem(at, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def string(most: int, least: int = 1, pattern: str = "") -> Rule:
    """Text of so many characters, counted as Discord does: after what is blank at its ends is gone."""

    def check(value: object, at: Path) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif least and not value.strip():
            yield Problem(at, *REQUIRED)
        else:
            yield from length(least, most, len(value.strip()), at)
            if pattern and not re.fullmatch(pattern, value):
                yield Problem(at, "STRING_TYPE_REGEX", "String value did not match validation regex.")

    return check


def url(*, attachments: bool = False) -> Rule:
    """A link; some places also take what was uploaded along."""
    schemes = ("http", "https", "attachment") if attachments else ("http", "https", "discord")

    def check(value: object, at: Path) -> Iterator[Problem]:
        problems = list(string(2048)(value, at))
        yield from problems
        if problems or not isinstance(value, str):
            return
        parts = urlsplit(value)
        if parts.scheme not in schemes:
            message = f'Scheme "{parts.scheme}" must be one of {schemes}.'
            yield Problem(at, "URL_TYPE_INVALID_SCHEME", message)
        elif not parts.netloc or re.search(r"\s", value):
            yield Problem(at, "URL_TYPE_INVALID_URL", "Not a well formed URL.")

    return check


def boolean(value: object, at: Path) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(at, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def integer(least: int = 0, most: int = 2**63 - 1) -> Rule:
    def check(value: object, at: Path) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(at, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < least:
            yield Problem(at, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            yield Problem(at, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")

    return check


def number(value: object, at: Path) -> Iterator[Problem]:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        yield Problem(at, "NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')


def snowflake(value: object, at: Path) -> Iterator[Problem]:
    if isinstance(value, bool) or not str(value).isdecimal():
        yield Problem(at, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


def choice(*allowed: object) -> Rule:
    def check(value: object, at: Path) -> Iterator[Problem]:
        if isinstance(value, bool) or value not in allowed:
            yield Problem(at, "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, allowed))}}}.")

    return check


def many(rule: Rule, most: int, least: int = 1) -> Rule:
    """A list of so many values that each keep the rule."""

    def check(value: object, at: Path) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return
        yield from length(least, most, len(value), at)
        for place, item in enumerate(value):
            yield from rule(item, (*at, str(place)))

    return check


def shape(required: Mapping[str, Rule] | None = None, optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these fields. Discord passes over a field it does not know, which hides mistakes: refused here."""
    must, may = dict(required or {}), dict(optional or {})
    known = must | may

    def check(value: object, at: Path) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        yield from (Problem((*at, field), *REQUIRED) for field in must if value.get(field) is None)
        for field, held in value.items():
            if field not in known:
                yield Problem((*at, field), "FIELD_UNKNOWN", "There is no such field.")
            elif held is not None:
                yield from known[field](held, (*at, field))

    return check


def typed(kinds: Mapping[int, Rule]) -> Rule:
    """An object whose `type` says which of these rules its other fields have to keep."""

    def check(value: object, at: Path) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        kind = value.get("type")
        if isinstance(kind, int) and kind in kinds:
            yield from kinds[kind]({field: held for field, held in value.items() if field != "type"}, at)
        else:
            message = f'Value of field "type" must be one of ({", ".join(map(str, kinds))}).'
            yield Problem((*at, "type"), "UNION_TYPE_CHOICES", message)

    return check


def both(*rules: Rule) -> Rule:
    """All of these rules at once."""

    def check(value: object, at: Path) -> Iterator[Problem]:
        for rule in rules:
            yield from rule(value, at)

    return check

"""Rules for JSON values, put together from small ones; what is wrong is worded as Slack does, with a JSON pointer."""

from collections.abc import Callable, Iterator, Mapping

Rule = Callable[[object, str], Iterator[str]]
"""Yields what is wrong with a value that stands at a JSON pointer; nothing when it is right."""


def wrong(words: str, at: str) -> str:
    return f"[ERROR] {words} [json-pointer:{at}]"


def string(most: int | None = None, least: int = 1) -> Rule:
    """Text of so many characters, which may be blank."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield wrong("must provide a string", at)
        elif len(value) < least:
            yield wrong(f"must be more than {least - 1} characters", at)
        elif most is not None and len(value) > most:
            yield wrong(f"must be less than {most + 1} characters", at)

    return check


def words(most: int | None = None) -> Rule:
    """Text with something to read in it."""
    plain = string(most)

    def check(value: object, at: str) -> Iterator[str]:
        yield from plain(value, at)
        if isinstance(value, str) and value and not value.strip():
            yield wrong("must not be blank", at)

    return check


def boolean(value: object, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield wrong("must provide a boolean", at)


def integer(least: int | None = None, most: int | None = None) -> Rule:
    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield wrong("must provide an integer", at)
        elif (least is not None and value < least) or (most is not None and value > most):
            yield wrong(f"must be between {least} and {most}", at)

    return check


def choice(*allowed: str) -> Rule:
    def check(value: object, at: str) -> Iterator[str]:
        if value not in allowed:
            yield wrong(f"must be one of {', '.join(allowed)}", at)

    return check


def many(rule: Rule, most: int | None = None, least: int = 1) -> Rule:
    """A list of so many values that each keep the rule."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield wrong("must provide an array", at)
            return
        if len(value) < least:
            yield wrong(f"no fewer than {least} items allowed", at)
        if most is not None and len(value) > most:
            yield wrong(f"no more than {most} items allowed", at)
        for place, item in enumerate(value):
            yield from rule(item, f"{at}/{place}")

    return check


def shape(required: Mapping[str, Rule] | None = None, optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these fields and no others."""
    must, may = dict(required or {}), dict(optional or {})
    known = must | may

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must provide an object", at)
            return
        yield from (wrong(f"missing required field: {field}", at) for field in must if field not in value)
        for field, held in value.items():
            if field in known:
                yield from known[field](held, f"{at}/{field}")
            else:
                yield wrong(f"invalid additional property: {field}", at)

    return check


def typed(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which of these rules it has to keep; its other fields are checked by that rule."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must provide an object", at)
            return
        kind = value.get("type")
        if isinstance(kind, str) and kind in kinds:
            yield from kinds[kind]({field: held for field, held in value.items() if field != "type"}, at)
        else:
            yield wrong(f"unsupported type: {kind}", f"{at}/type")

    return check


def both(*rules: Rule) -> Rule:
    """All of these rules at once."""

    def check(value: object, at: str) -> Iterator[str]:
        for rule in rules:
            yield from rule(value, at)

    return check

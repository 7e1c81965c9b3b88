"""What a platform's errors come to in the core's own sorts; which is which, each adapter says of its platform."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from commands.errors import ShipworthyError, Unavailable

Kinds: TypeAlias = tuple[type[Exception], ...]
Sort: TypeAlias = Callable[[Exception], Exception]
"""The error that says who can do something about it: `Gone`, `CommandError`, `Unavailable` or `Uncertain`."""


class Uncertain(Exception):
    """The platform may have done what it was asked to, or not: no answer that says which."""


@contextmanager
def translated(kinds: Kinds, sort: Sort, *, repeatable: bool) -> Iterator[None]:
    """Raise the core's errors in place of a platform's; what is `repeatable` is `Unavailable` where uncertain."""
    try:
        yield
    except kinds as error:
        found = sort(error)
        if repeatable and isinstance(found, Uncertain):
            found = Unavailable(str(found))
        raise found from error


@contextmanager
def passed_over(what: str, kinds: Kinds, sort: Sort, log: logging.Logger) -> Iterator[None]:
    """Go on without something that was worth trying, and log that it could not be done."""
    try:
        yield
    except kinds as error:
        log.warning("could not %s: %s", what, sort(error))
    except ShipworthyError as error:
        log.warning("could not %s: %s", what, error)

"""Which delivery is being worked on: told once, where it arrives, and known in everything that is done for it.

Tasks take over what the task that started them knew. Work that is done for several callers at once, as a
group commit is, says so by `among`.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import NamedTuple

SPREAD = 0x9E3779B1
"""An odd number, by which to multiply is to shuffle: ids that follow each other do not look alike."""

BITS = 0xFFFFFFFF

_numbers = count(secrets.randbits(32))


class Delivery(NamedTuple):
    """Something that arrived: from which platform and team, and what it is; `number` is made into an id."""

    number: int
    platform: str
    team: str
    what: str

    @property
    def id(self) -> str:
        """Eight hexadecimal digits, told apart from those of the last four thousand million in this process."""
        return f"{self.number * SPREAD & BITS:08x}"


_current: ContextVar[tuple[Delivery, ...]] = ContextVar("deliveries", default=())


def arrived(platform: str, team: str, what: str) -> Delivery:
    """Something new that arrived, for `among`."""
    return Delivery(next(_numbers), platform, team, what)


def begin(platform: str, team: str, what: str) -> None:
    """From here on this task, and those it starts, work on something new that arrived."""
    _current.set((arrived(platform, team, what),))


def name(what: str) -> None:
    """Say more exactly what it is that arrived."""
    held = _current.get()
    if len(held) == 1:
        _current.set((held[0]._replace(what=what),))


def current() -> str:
    """The id of what is being worked on; several with commas between, "" for nothing that arrived."""
    return ",".join([delivery.id for delivery in _current.get()])


def deliveries() -> tuple[Delivery, ...]:
    """All that is being worked on: mostly one, none in what the program does by itself."""
    return _current.get()


@contextmanager
def among(several: Iterable[Delivery]) -> Iterator[None]:
    """Do what is within for all of these at once."""
    before = _current.set(tuple(several))
    try:
        yield
    finally:
        _current.reset(before)

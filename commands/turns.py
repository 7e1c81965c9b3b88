"""Whose turn it is to draw the message of a ballot: one process at a time, not too often, and the last state always.

Pure. A store keeps a `Drawing` of each ballot and the instants of each team's last draws, and asks here, so
that all processes on one store go by the same rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from commands.budget import WINDOW_S

SECOND_US = 1_000_000
WINDOW_US = round(WINDOW_S * SECOND_US)
"""See `commands.budget.WINDOW_S`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one team's messages are drawn: so many within any minute, those of one ballot with gaps.

    The first gaps of a spell of votes are shorter, and a ballot that was not drawn for `quiet_us` begins a new
    spell. A turn that nobody ended is over after `lease_us`; who wants one meanwhile asks again after `ask_us`.
    """

    per_minute: int
    gaps_us: tuple[int, ...] = (2 * SECOND_US, 5 * SECOND_US, 10 * SECOND_US)
    quiet_us: int = 30 * SECOND_US
    lease_us: int = 30 * SECOND_US
    ask_us: int = 2 * SECOND_US


class Turn(NamedTuple):
    """A turn to draw a ballot's message with its first `marked` changes, and those made since. `lease_us` tells it."""

    marked: int
    lease_us: int


class Wait(NamedTuple):
    """There is something to draw, but not yet: for so long. `full` says that it is the team's minute that is full."""

    for_us: int
    full: bool = False


class Drawing(NamedTuple):
    """How far one ballot's message has come.

    `marked` counts the changes of the ballot's marks, and `drawn` how many of them the message shows. It was
    drawn so many times in this spell, the last time at `drawn_us`; `lease_us` is the end of the turn under
    way, 0 if none is.
    """

    marked: int = 0
    drawn: int = 0
    draws: int = 0
    drawn_us: int = 0
    lease_us: int = 0

    def take(self, pace: Pace, minute: Mapping[int, int], now_us: int) -> Turn | Wait | None:
        """Whether it is to be drawn now; None where it shows everything. `minute` is as `place` takes it."""
        if self.marked <= self.drawn:
            return None
        if held_us := left_us(self.lease_us - pace.lease_us, pace.lease_us, now_us):
            return Wait(min(held_us, pace.ask_us))
        if rest_us := left_us(self.drawn_us, self._gap_us(pace, now_us), now_us):
            return Wait(rest_us)
        _, full_us = place(pace, minute, now_us)
        return Wait(full_us, full=True) if full_us else Turn(self.marked, now_us + pace.lease_us)

    def taken(self, turn: Turn, pace: Pace, now_us: int) -> "Drawing":
        """The same under this turn."""
        return self._replace(draws=self._spell(pace, now_us), lease_us=turn.lease_us)

    def done(self, turn: Turn, now_us: int, *, drawn: bool) -> "Drawing":
        """The same after a turn.

        One that had run out may have put its older state over a newer one that another turn drew since, or is
        drawing: both then count for no more than the older.
        """
        if turn.lease_us != self.lease_us:
            return self._replace(drawn=min(turn.marked, self.drawn), lease_us=0)
        if not drawn:
            return self._replace(lease_us=0)
        return self._replace(drawn=turn.marked, draws=self.draws + 1, drawn_us=now_us, lease_us=0)

    def _spell(self, pace: Pace, now_us: int) -> int:
        """How often it was drawn in the spell of votes that goes on."""
        return self.draws if left_us(self.drawn_us, pace.quiet_us, now_us) else 0

    def _gap_us(self, pace: Pace, now_us: int) -> int:
        draws = min(self._spell(pace, now_us), len(pace.gaps_us))
        return pace.gaps_us[draws - 1] if draws else 0


def place(pace: Pace, minute: Mapping[int, int], now_us: int) -> tuple[int, int]:
    """Where a team's next draw is to be noted, and how long until it may be made.

    `minute` has the instants of its last draws by their places, of which there are as many as draws in a minute.
    """
    waits = {spot: left_us(minute.get(spot, now_us - WINDOW_US), WINDOW_US, now_us) for spot in range(pace.per_minute)}
    first = min(waits, key=waits.__getitem__)
    return first, waits[first]


def left_us(since_us: int, length_us: int, now_us: int) -> int:
    """What is left of a span of time, 0 once it is over.

    A clock that stepped back makes it longer, at most twice as long: a span that begins further ahead than it
    is long is over too.
    """
    return max(0, since_us + length_us - now_us) if since_us <= now_us + length_us else 0

"""How many digests are worked on at once, so that each platform and each team stays within its limits."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from commands.ports import Room


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `at_once` digests of a platform, and of one team `per_team`, each counted for `least_s` at least.

    So a platform is sent no more than `at_once` messages in `least_s`, and a digest that hangs holds up neither
    its platform nor, unless there are several, its team.
    """

    at_once: int
    per_team: int
    least_s: float = 1.0


PACES = {"slack": Pace(60, 3), "discord": Pace(30, 4)}
"""Slack takes one message a second in a channel and "several hundred" a minute in a workspace, and has no limit over
all workspaces. Discord takes 50 requests a second from a bot; the rest is left to commands and votes."""

UNLIMITED = Pace(8, 8, 0.0)
"""For what posts where nobody counts, the terminal."""


class Places:
    """The places at which a platform's digests are worked on."""

    def __init__(self, platform: str, pace: Pace, now: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._pace = pace
        self._now = now
        self._taken: Counter[int] = Counter()
        self._resting: list[tuple[float, int]] = []

    def room(self) -> Room:
        """What is free now."""
        while self._resting and self._resting[0][0] <= self._now():
            self._free(heappop(self._resting)[1])
        return Room(self._platform, self._pace.at_once - self._taken.total(), self._pace.per_team, dict(self._taken))

    def take(self, team: int) -> float:
        """Take a place for a digest of this team, which there must be room for; when that was."""
        self._taken[team] += 1
        return self._now()

    def leave(self, team: int, taken_at: float) -> None:
        """The work at a place has ended; it is free from now on, or once it was taken for long enough."""
        heappush(self._resting, (taken_at + self._pace.least_s, team))

    def next_s(self) -> float | None:
        """How long until the next place becomes free by itself; None if none does."""
        return max(0.0, self._resting[0][0] - self._now()) if self._resting else None

    def _free(self, team: int) -> None:
        self._taken[team] -= 1
        if not self._taken[team]:
            del self._taken[team]

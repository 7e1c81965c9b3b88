"""Tells in the log how far a platform's digests have come: a line now and then, not one for each."""

import logging
import time
from collections import Counter
from collections.abc import Callable

from commands.model import RunState

logger = logging.getLogger(__name__)

TELL_EVERY_S = 10.0
"""How often a large number of digests says how far it has come."""


class Progress:
    """Counts what became of the digests that are due together."""

    def __init__(self, platform: str, now: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._now = now
        self._ended: Counter[RunState] = Counter()
        self._waiting = 0
        self._why = ""
        self._told_at = now()

    def ended(self, state: RunState) -> None:
        """A digest has come to its end."""
        self._ended[state] += 1

    def put_off(self, why: str = "") -> None:
        """A digest waits to be tried again."""
        self._waiting += 1
        self._why = why or self._why

    def has_news(self, *, over: bool) -> bool:
        """Whether something was counted and either nothing is left to do or it was quiet for long enough."""
        if not self._ended and not self._waiting:
            self._told_at = self._now()
            return False
        return over or self._now() - self._told_at >= TELL_EVERY_S

    def tell(self, left: int, *, over: bool) -> None:
        """Log how far the digests have come; where it is over the count begins anew."""
        posted = self._ended[RunState.POSTED]
        words = [f"{posted:,} of {self._ended.total() + self._waiting + left:,} posted"]
        words += [f"{count:,} {state}" for state, count in self._ended.items() if count and state != RunState.POSTED]
        if self._waiting:
            words.append(f"{self._waiting:,} put off" + (f" ({self._why})" if self._why else ""))
        words.append(f"{left:,} left")
        level = logging.INFO if posted == self._ended.total() and not self._waiting else logging.WARNING
        logger.log(level, "Digests on %s: %s", self._platform, ", ".join(words))
        self._told_at = self._now()
        if over:
            self._ended.clear()
            self._waiting, self._why = 0, ""

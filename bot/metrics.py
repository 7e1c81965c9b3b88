"""What the program counts and times, as Prometheus reads it.

Each process has figures of its own and serves them on a port of its own; whoever scrapes several adds them up.
No label ever holds a team, a person or anything that somebody typed.
"""

import time
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from commands.measure import MarkOutcome, Outcome, RedrawOutcome, Why

ANSWERS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COMMITS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
WRITES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
LAGS_S = (1, 5, 15, 60, 120, 300, 900, 3_600, 21_600, 86_400)


class Metrics:
    """Keeps the figures in a registry of its own. See `Measures`."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"shipworthy_{name}", says, labels, registry=registry)

        def histogram(name: str, says: str, steps: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"shipworthy_{name}", says, labels, registry=registry, buckets=steps)

        self._commands = counter("commands", "Commands answered, by how they ended.", "command", "platform", "outcome")
        self._seconds = histogram("command_seconds", "How long the core took to answer.", ANSWERS_S, "command")
        self._marks = counter("marks", "Reactions and button presses taken.", "platform", "outcome")
        self._commit_writes = histogram("commit_writes", "Writes that shared one commit.", WRITES)
        self._commit_seconds = histogram("commit_seconds", "How long a commit of one or more writes took.", COMMITS_S)
        self._waiting = Gauge("shipworthy_writes_waiting", "Writes that wait for their commit now.", registry=registry)
        self._waits = counter(
            "rate_limit_wait_seconds", "Time spent waiting to stay within a limit.", "platform", "why"
        )
        self._digests = counter("digests", "Weekly digests, by what became of them.", "outcome")
        self._digest_lag = histogram("digest_lag_seconds", "How long after it was due a digest was posted.", LAGS_S)
        self._redraws = counter("redraws", "Tries to draw a ballot's message anew.", "outcome")
        self._repairs = counter("repairs", "Ballots whose reactions were read back.", "platform", "outcome")
        self._repaired = counter("repaired_marks", "Marks changed by reading reactions back.", "platform")
        self._connected = Gauge(
            "shipworthy_platform_connected",
            "1 while what happens on a platform reaches this process.",
            ["platform"],
            registry=registry,
        )

    def watch_writes(self, waiting: Callable[[], int]) -> None:
        """Ask this, whenever figures are read, how many writes wait for their commit."""
        self._waiting.set_function(waiting)

    def connected(self, platform: str, *, is_so: bool) -> None:
        """Whether what happens on a platform reaches this process."""
        self._connected.labels(platform).set(is_so)

    def now(self) -> float:
        """See `Measures.now`."""
        return time.perf_counter()

    def command(self, name: str, platform: str, outcome: Outcome, seconds: float) -> None:
        """See `Measures.command`."""
        self._commands.labels(name, platform, outcome).inc()
        self._seconds.labels(name).observe(seconds)

    def mark(self, platform: str, outcome: MarkOutcome) -> None:
        """See `Measures.mark`."""
        self._marks.labels(platform, outcome).inc()

    def commit(self, writes: int, seconds: float) -> None:
        """See `Measures.commit`."""
        self._commit_writes.observe(writes)
        self._commit_seconds.observe(seconds)

    def rate_limited(self, platform: str, why: Why, seconds: float) -> None:
        """See `Measures.rate_limited`."""
        self._waits.labels(platform, why).inc(seconds)

    def digest(self, outcome: str) -> None:
        """See `Measures.digest`."""
        self._digests.labels(outcome).inc()

    def digest_late(self, seconds: float) -> None:
        """See `Measures.digest_late`."""
        self._digest_lag.observe(max(0.0, seconds))

    def redraw(self, outcome: RedrawOutcome) -> None:
        """See `Measures.redraw`."""
        self._redraws.labels(outcome).inc()

    def repaired(self, platform: str, *, ballots: int, unread: int, marks: int) -> None:
        """See `Measures.repaired`."""
        self._repairs.labels(platform, "read").inc(ballots)
        self._repairs.labels(platform, "unread").inc(unread)
        self._repaired.labels(platform).inc(marks)

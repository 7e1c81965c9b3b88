"""What the core and the adapters let be counted and timed; whoever runs them decides whether anybody does."""

from typing import Literal, Protocol, TypeAlias

Trouble: TypeAlias = Literal["refused", "unavailable", "failed"]
"""What went wrong: something its asker can mend, something worth trying again, or a bug."""

Outcome: TypeAlias = Literal["ok"] | Trouble
"""How a command ended."""

MarkOutcome: TypeAlias = Literal["changed", "unchanged", "unknown"] | Trouble
"""What a mark came to: "unknown" where no ballot stands. One is "refused" that is no option there."""

RedrawOutcome: TypeAlias = Literal["drawn", "again", "gone", "failed"]
"""What a try to draw a ballot's message came to: "again" is tried again, the last two are not."""

Why: TypeAlias = Literal["redraws", "reads", "platform"]
"""What made somebody wait: a budget of ours, or the platform that said so."""


class Measures(Protocol):
    """Where figures go. Every method returns at once and raises nothing; words are from short fixed lists."""

    def now(self) -> float:
        """Seconds on a clock that never steps back, to take differences of."""

    def command(self, name: str, platform: str, outcome: Outcome, seconds: float) -> None:
        """A command was answered; `name` is a declared one's, or "unknown"."""

    def mark(self, platform: str, outcome: MarkOutcome) -> None:
        """A reaction or button press was taken, durably if it changed anything."""

    def commit(self, writes: int, seconds: float) -> None:
        """So many writes were committed together, which took so long from the transaction's beginning."""

    def rate_limited(self, platform: str, why: Why, seconds: float) -> None:
        """Something waited for so long in order to stay within a limit."""

    def digest(self, outcome: str) -> None:
        """A weekly digest came to this: the name of a `RunState` in small letters."""

    def digest_late(self, seconds: float) -> None:
        """A weekly digest was posted so long after it was due."""

    def redraw(self, outcome: RedrawOutcome) -> None:
        """A ballot's message was drawn, or could not be."""

    def repaired(self, platform: str, *, ballots: int, unread: int, marks: int) -> None:
        """So many ballots' reactions were read back, so many could not be, and so many marks were changed by it."""


class Unmeasured:
    """Measures nothing. See `Measures`."""

    def now(self) -> float:
        """See `Measures.now`."""
        return 0.0

    def command(self, name: str, platform: str, outcome: Outcome, seconds: float) -> None:
        """See `Measures.command`."""

    def mark(self, platform: str, outcome: MarkOutcome) -> None:
        """See `Measures.mark`."""

    def commit(self, writes: int, seconds: float) -> None:
        """See `Measures.commit`."""

    def rate_limited(self, platform: str, why: Why, seconds: float) -> None:
        """See `Measures.rate_limited`."""

    def digest(self, outcome: str) -> None:
        """See `Measures.digest`."""

    def digest_late(self, seconds: float) -> None:
        """See `Measures.digest_late`."""

    def redraw(self, outcome: RedrawOutcome) -> None:
        """See `Measures.redraw`."""

    def repaired(self, platform: str, *, ballots: int, unread: int, marks: int) -> None:
        """See `Measures.repaired`."""


UNMEASURED = Unmeasured()
"""What measures where nobody asked for figures."""

"""Open ballots and turns to draw their messages, in memory. See `tests.fakes`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from commands.model import Ballot, TeamKey
from commands.ports import Clock
from commands.turns import Drawing, Pace, Turn, Wait, place
from commands.voting import BallotRow


@dataclass
class OpenBallot:
    """A ballot with when it was last posted or marked, and how often its marks were changed."""

    ballot: Ballot
    active_us: int
    marked: int = 0

    @property
    def row(self) -> BallotRow:
        return BallotRow(self.ballot.id, self.ballot.posted_us or 0, self.ballot.tools)


@dataclass
class MemoryTurns:
    """See `commands.ports.Turns`. `ballots` gives those that are open now, and `key` the platform's name of a team."""

    clock: Clock
    ballots: Callable[[], Mapping[int, OpenBallot]]
    key: Callable[[int], TeamKey | None]
    held: dict[int, Drawing] = field(default_factory=dict)
    minutes: dict[int, dict[int, int]] = field(default_factory=dict)

    def drawing(self, ballot: int) -> Drawing:
        """How far a ballot's message has come; nowhere, and not to go anywhere, where there is none to draw."""
        found = self.ballots().get(ballot)
        if found is None or found.ballot.frozen:
            return Drawing()
        return self.held.get(ballot, Drawing())._replace(marked=found.marked)

    async def take(self, ballot: int, pace: Pace) -> Turn | Wait | None:
        drawing, now_us = self.drawing(ballot), self.clock()
        if not drawing.marked:
            return None
        minute = self.minutes.setdefault(self.ballots()[ballot].ballot.team, {})
        turn = drawing.take(pace, minute, now_us)
        if isinstance(turn, Turn):
            self.held[ballot] = drawing.taken(turn, pace, now_us)
            minute[place(pace, minute, now_us)[0]] = now_us
        return turn

    async def done(self, ballot: int, turn: Turn, *, drawn: bool) -> bool:
        drawing = self.drawing(ballot)
        if not drawing.marked:
            return False
        self.held[ballot] = after = drawing.done(turn, self.clock(), drawn=drawn)
        return after.marked > after.drawn

    async def behind(self, platform: str, *, after: int, limit: int) -> tuple[tuple[int, TeamKey], ...]:
        left: list[tuple[int, TeamKey]] = []
        for number in sorted(number for number in self.ballots() if number > after):
            drawing, key = self.drawing(number), self.key(self.ballots()[number].ballot.team)
            if drawing.marked > drawing.drawn and key is not None and key.platform == platform:
                left.append((number, key))
        return tuple(left[:limit])

    def erase(self, team: int) -> None:
        """Forget a team's draws; those of its ballots are not found any more."""
        self.minutes.pop(team, None)

"""Messages that show how many votes there were when they were drawn, by one process or several on one store."""

from commands.model import TeamKey
from commands.redraws import Redraws
from commands.turns import SECOND_US, Pace
from tests.contracts.make import ballot as made
from tests.fakes_timer import FakeTimer, settled
from tests.fakes_turns import MemoryTurns, OpenBallot

ACME, OTHER = TeamKey("slack", "T1"), TeamKey("slack", "T2")
TEAMS = {ACME: 1, OTHER: 2}
PER_MINUTE = 36
PACE = Pace(PER_MINUTE)


class Messages:
    """Ballots whose votes are counted, and messages that show the count they had when they were drawn.

    The `processes` are on one store, and the first of them is the `redraws` of tests that need no other.
    """

    def __init__(self, *, takes_s: float = 0, processes: int = 1) -> None:
        self.timer = FakeTimer()
        self.ballots: dict[int, OpenBallot] = {}
        self.turns = MemoryTurns(
            lambda: round(self.timer.now() * SECOND_US), lambda: self.ballots, {1: ACME, 2: OTHER}.get
        )
        self.processes = [self.start() for _ in range(processes)]
        self.redraws = self.processes[0]
        self.takes_s = takes_s
        self.overlapping = False
        self.votes: dict[int, int] = {}
        self.shown: dict[int, int] = {}
        self.drawn: list[tuple[int, float]] = []
        self.drawing: set[tuple[TeamKey, int]] = set()
        self.errors: list[Exception] = []
        self.per_team: dict[TeamKey, list[float]] = {}

    def start(self) -> Redraws:
        return Redraws(self.draw, self.turns, pace=PACE, timer=self.timer)

    def mark(self, ballot: int = 1, team: TeamKey = ACME) -> None:
        self.votes[ballot] = self.votes.get(ballot, 0) + 1
        self.ballots.setdefault(ballot, OpenBallot(made(ballot, TEAMS[team], (1, 2)), 0)).marked += 1

    async def vote(self, ballot: int = 1, team: TeamKey = ACME, *, process: int = 0) -> None:
        self.mark(ballot, team)
        self.processes[process].want(team, ballot)
        await settled()

    async def draw(self, team: TeamKey, ballot: int) -> None:
        assert self.overlapping or (team, ballot) not in self.drawing, "two draws of one ballot at once"
        self.drawing.add((team, ballot))
        self.drawn.append((ballot, self.timer.now()))
        self.per_team.setdefault(team, []).append(self.timer.now())
        try:
            if self.errors:
                raise self.errors.pop(0)
            seen = self.votes[ballot]
            if self.takes_s:
                await self.timer.sleep(self.takes_s)
            self.shown[ballot] = seen
        finally:
            self.drawing.discard((team, ballot))

    def times(self, ballot: int = 1) -> list[float]:
        return [at for drawn, at in self.drawn if drawn == ballot]

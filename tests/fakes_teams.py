"""Teams and presence in memory. See `tests.fakes`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from commands.model import TeamKey


@dataclass
class MemoryTeam:
    """A team, since when the bot is in it and since when it is not, as far as either is known."""

    id: int
    arrived_us: int | None = None
    departed_us: int | None = None


class MemoryTeams:
    """See `commands.ports.Teams`. `stop` ends a team's digests; `erase` are what keeps something of teams."""

    def __init__(self, *, stop: Callable[[int], None], erase: Sequence[Callable[[int], None]]) -> None:
        self.held: dict[TeamKey, MemoryTeam] = {}
        self.ids = count(1)
        self.stop = stop
        self.erase = erase

    def find(self, key: TeamKey) -> MemoryTeam:
        if key not in self.held:
            self.held[key] = MemoryTeam(next(self.ids))
        return self.held[key]

    async def team(self, key: TeamKey) -> int:
        return self.find(key).id

    async def key(self, team: int) -> TeamKey | None:
        return next((key for key, held in self.held.items() if held.id == team), None)

    async def arrive(self, key: TeamKey, at_us: int) -> None:
        team = self.find(key)
        team.arrived_us = at_us if team.arrived_us is None else max(at_us, team.arrived_us)
        if team.departed_us is not None and team.departed_us < at_us:
            team.departed_us = None

    async def present(self, platform: str) -> tuple[TeamKey, ...]:
        here = [
            (team.id, key)
            for key, team in self.held.items()
            if key.platform == platform and team.arrived_us is not None and team.departed_us is None
        ]
        return tuple(key for _, key in sorted(here, key=lambda held: held[0]))

    async def depart(self, key: TeamKey, at_us: int) -> bool:
        team = self.held.get(key)
        if team is None or (team.arrived_us is not None and team.arrived_us > at_us):
            return False
        self.stop(team.id)
        before_us = team.departed_us
        team.departed_us = at_us if before_us is None else max(at_us, before_us)
        return before_us is None

    async def purge(self, before_us: int) -> int:
        gone = [key for key, team in self.held.items() if team.departed_us is not None and team.departed_us < before_us]
        for key in gone:
            team = self.held.pop(key)
            for erase in self.erase:
                erase(team.id)
        return len(gone)


class MemoryPresence:
    """See `commands.ports.Presence`."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}

    async def seen(self, platform: str) -> int | None:
        return self.held.get(platform)

    async def see(self, platform: str, at_us: int) -> None:
        self.held[platform] = max(at_us, self.held.get(platform, at_us))

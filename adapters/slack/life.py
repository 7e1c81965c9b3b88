"""Installed and removed: what becomes of a workspace's data when the app comes and goes."""

import logging

from adapters.slack.inbound import team_key
from adapters.slack.workspaces import Installations, Workspaces
from commands.ports import Teams

log = logging.getLogger(__name__)


class Life:
    """Keeps the store true to where the app is installed. Told twice, or in another order, it comes to the same."""

    def __init__(self, teams: Teams, workspaces: Workspaces, installations: Installations | None) -> None:
        self._teams = teams
        self._workspaces = workspaces
        self._installations = installations

    async def arrived(self, team: str, at_us: int) -> None:
        """The app is in this workspace since then."""
        await self._teams.arrive(team_key(team), at_us)

    async def departed(self, team: str, at_us: int) -> None:
        """The app was removed at that instant: its token goes, its digests stop, the votes are kept for a while.

        Nothing happens where it was installed again since.
        """
        if self._installations is not None:
            await self._installations.erase(team, at_us=at_us)
        self._workspaces.forget(team)
        if await self._teams.depart(team_key(team), at_us):
            log.info("the app was removed from workspace %s", team)

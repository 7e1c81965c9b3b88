"""Being away from a platform and coming back: presence kept on record, and reactions read back after a gap."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from commands import tracing
from commands.errors import ShipworthyError, Unavailable
from commands.model import Ballot, TeamKey
from commands.ports import BallotReader, Ports, Presence
from commands.redraws import Redraws
from commands.repair import Repaired, repair

log = logging.getLogger(__name__)

DAY_US = 86_400_000_000
READ_BACK_US = 30 * DAY_US
BEHIND_AT_ONCE = 500
BEAT_S = 15.0
AGAIN_S = (60.0, 120.0, 300.0, 900.0, 3_600.0)
"""When what could not be read is tried again, the last one for as long as it takes."""

TEAMS_AT_ONCE = 4


class Away:
    """Knows when the bot was last connected to a platform, and repairs ballots once it is again; one repair at a time.

    `teams` tells which teams of that platform are this process's, and `reader` reads their reactions back.
    While it is connected, it also has drawn what a process that ended had left behind.
    """

    def __init__(
        self,
        platform: str,
        ports: Ports,
        presence: Presence,
        *,
        teams: Callable[[], Awaitable[Sequence[TeamKey]]],
        reader: BallotReader,
        redraws: Redraws,
    ) -> None:
        self._platform = platform
        self._ports = ports
        self._presence = presence
        self._teams = teams
        self._reader = reader
        self._redraws = redraws
        self._since_us: int | None = None
        self._wanted = asyncio.Event()
        self._repairing: asyncio.Task[None] | None = None
        self._picking_up: asyncio.Task[None] | None = None
        self._closed = False

    async def back(self) -> None:
        """The bot is connected, for the first time or again: what happened meanwhile is to be read back."""
        try:
            seen_us = await self._presence.seen(self._platform)
        except ShipworthyError as error:
            log.warning("when the bot was last connected is not known: %s", error)
            seen_us = None
        self._pick_up()
        self._read_since(self._ports.clock() if seen_us is None else seen_us)

    def again(self) -> None:
        """The platform is there again and told what was missed: what could not be read back is tried now."""
        if self._since_us is not None:
            self._wanted.set()

    def _read_since(self, since_us: int) -> None:
        """Have read back what happened after this instant."""
        self._since_us = since_us if self._since_us is None else min(since_us, self._since_us)
        self._wanted.set()
        if self._repairing is None and not self._closed:  # it may have been closed while it asked
            self._repairing = asyncio.ensure_future(self._repair())

    async def watch(self, stop: asyncio.Event, connected: Callable[[], Awaitable[bool]]) -> None:
        """Keep on record that the bot is connected, and look for what is to be drawn, until told to stop.

        What a platform told while the store was away may have been lost, so it is read back as after an absence.
        """
        kept_us, stored = self._ports.clock(), True
        while not stop.is_set():
            if await connected():
                now_us, missed = self._ports.clock(), not stored
                stored = await self._see(now_us)
                if stored and missed:
                    self._read_since(kept_us)
                kept_us = now_us if stored else kept_us
                self._pick_up()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), BEAT_S)

    async def close(self, connected_us: int | None) -> None:
        """Stop repairing; the next start begins anew, from the instant the bot was last connected, if it was."""
        self._closed = True
        for work in (self._repairing, self._picking_up):
            if work is not None:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work
        self._repairing = self._picking_up = None
        if connected_us is not None:
            await self._see(connected_us)

    async def _see(self, at_us: int) -> bool:
        """Keep on record that the bot was connected then; whether that could be done."""
        try:
            await self._presence.see(self._platform, at_us)
        except ShipworthyError as error:
            log.warning("that the bot is connected could not be kept on record: %s", error)
            return False
        return True

    def _pick_up(self) -> None:
        """Have drawn what is behind, whoever left it so; what another process is about to draw does no harm."""
        if not self._closed and (self._picking_up is None or self._picking_up.done()):
            self._picking_up = asyncio.ensure_future(self._want_behind())

    async def _want_behind(self) -> None:
        after = 0
        try:
            while page := await self._ports.turns.behind(self._platform, after=after, limit=BEHIND_AT_ONCE):
                here = frozenset(await self._teams())
                for ballot, team in page:
                    if team in here:
                        self._redraws.want(team, ballot)
                    after = ballot
        except ShipworthyError as error:
            log.warning("what is to be drawn could not be looked up: %s", error)
        except Exception:
            log.exception("what is to be drawn could not be looked up")

    async def read_back(self, team: TeamKey, ballot: Ballot) -> None:
        """Make one ballot's votes what stands on its message, trying for a while; then the next repair does it."""
        for pause_s in (0.0, *AGAIN_S):
            await asyncio.sleep(pause_s)
            try:
                away_us = await self._presence.seen(self._platform) or 0
            except Unavailable as error:
                log.warning("ballot %d waits to be read back: %s", ballot.id, error)
                continue
            if not (await self._read(team, [ballot], away_us)).unread:
                return

    async def _repair(self) -> None:
        """Repair whenever it is wanted; what could not be read is tried again, ever more seldom."""
        tries = 0
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            since_us, self._since_us = self._since_us, None
            if since_us is None:
                continue
            try:
                unread = await self._repair_all(since_us)
            except Unavailable as error:
                log.warning("the reactions could not be read back: %s", error)
                unread = 1
            except Exception:
                log.exception("the reactions could not be read back")
                unread = 1
            tries = tries + 1 if unread else 0
            if unread:
                self._since_us = since_us if self._since_us is None else min(since_us, self._since_us)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wanted.wait(), AGAIN_S[min(tries, len(AGAIN_S)) - 1])
                self._wanted.set()

    async def _repair_all(self, since_us: int) -> int:
        """Repair every team's recent ballots; how many could not be read."""
        gate = asyncio.Semaphore(TEAMS_AT_ONCE)

        async def one(team: TeamKey) -> int:
            tracing.begin(team.platform, team.external_id, "repair")
            async with gate:
                try:
                    return await self._repair_team(team, since_us)
                except Unavailable as error:
                    log.warning("the reactions in team %s could not be read back: %s", team.external_id, error)
                except Exception:
                    log.exception("the reactions in team %s could not be read back", team.external_id)
                return 1

        return sum(await asyncio.gather(*(one(team) for team in await self._teams())))

    async def _repair_team(self, team: TeamKey, since_us: int) -> int:
        votes = self._ports.votes
        number = await self._ports.teams.team(team)
        ballots = await votes.to_repair(number, self._ports.clock() - READ_BACK_US)
        return (await self._read(team, ballots, since_us)).unread

    async def _read(self, team: TeamKey, ballots: Sequence[Ballot], away_us: int) -> Repaired:
        """Repair these ballots, and have those drawn again whose votes had changed."""
        done = await repair(team, ballots, reader=self._reader, votes=self._ports.votes, away_us=away_us)
        self._ports.measures.repaired(self._platform, ballots=done.ballots, unread=done.unread, marks=done.marks)
        for changed in done.changed:
            self._redraws.want(team, changed)
        return done

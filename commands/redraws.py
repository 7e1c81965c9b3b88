"""Draws the messages of ballots again as their votes move: soon, not too often, and the last state always."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from commands.budget import Budget
from commands.errors import CommandError, Gone, Unavailable
from commands.model import TeamKey

log = logging.getLogger(__name__)

GAPS_S = (2.0, 5.0, 10.0)
"""What lies between a draw and the next of the same ballot, the first gaps of a spell of votes shorter."""

QUIET_S = 30.0
"""After so long without a vote on a ballot the next is drawn at once again."""

RETRIES_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""What lies between tries of a draw that the platform does not answer, the last one for as long as it takes."""

Draw = Callable[[TeamKey, int], Awaitable[None]]


Key = tuple[TeamKey, int]


@dataclass(slots=True)
class State:
    """How far one ballot's message has come: whether it is behind, and how often and when it was drawn."""

    behind: bool = True
    drawn: int = 0
    drawn_at: float = 0.0

    def gap_s(self, now: float) -> float:
        """How long the next draw has to wait."""
        return self.drawn_at + GAPS_S[min(self.drawn, len(GAPS_S)) - 1] - now if self.drawn else 0.0


class Redraws:
    """Keeps every ballot's message true. `draw` draws one as its votes stand at that moment.

    The first vote on a ballot is drawn at once, later ones are gathered; the ballots of a team share one
    budget, first come, first served. A ballot is never drawn twice at once. A draw that raises
    `Unavailable` is tried again until it succeeds; after any other error the ballot is left until it is
    wanted again.
    """

    def __init__(self, draw: Draw, *, budget: Budget) -> None:
        self._draw = draw
        self._budget = budget
        self._timer = budget.timer
        self._working: dict[Key, tuple[State, asyncio.Task[None]]] = {}
        self._resting: dict[Key, State] = {}  # drawn lately, the longest ago first
        self._draining = asyncio.Event()

    def want(self, team: TeamKey, ballot: int) -> None:
        """This ballot's votes have moved. Returns at once; ignored once draining has begun."""
        if self._draining.is_set():
            return
        key = (team, ballot)
        if key in self._working:
            self._working[key][0].behind = True
            return
        self._forget_quiet()
        state = self._resting.pop(key, None) or State()
        state.behind = True
        self._working[key] = (state, asyncio.create_task(self._catch_up(key, state)))

    async def drain(self, within_s: float) -> None:
        """Draw what is behind, without gaps, as far as the budget and this time go; then stop for good."""
        self._draining.set()
        tasks = {task for _, task in self._working.values()}
        if not tasks:
            return
        over: asyncio.Future[Any] = asyncio.ensure_future(self._timer.sleep(within_s))
        work: asyncio.Future[Any] = asyncio.gather(*tasks, return_exceptions=True)
        try:
            await asyncio.wait({over, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if left := sum(not task.done() for task in tasks):
                log.warning("stopped with %d messages not drawn as their votes stand", left)
            for task in (*tasks, over):
                task.cancel()
        await asyncio.gather(*tasks, over, return_exceptions=True)

    async def _catch_up(self, key: Key, state: State) -> None:
        """Draw one ballot until it is no longer behind."""
        try:
            while state.behind:
                await self._pause(state.gap_s(self._timer.now()))
                if not await self._drawn(key, state):
                    state.behind = False
                state.drawn += 1
                state.drawn_at = self._timer.now()
        finally:
            del self._working[key]
            self._resting[key] = state

    async def _drawn(self, key: Key, state: State) -> bool:
        """Draw a ballot, trying as often as it takes; False when it is given up on."""
        team, ballot = key
        tries = 0
        while True:
            await self._budget.take(f"{team.platform}/{team.external_id}")
            state.behind = False
            try:
                await self._draw(team, ballot)
            except Unavailable as error:
                level = logging.DEBUG if tries else logging.WARNING
                log.log(level, "ballot %d could not be drawn, and is tried again: %s", ballot, error)
            except (Gone, CommandError) as error:
                log.info("ballot %d is not drawn any more: %s", ballot, error)
                return False
            except Exception:
                log.exception("ballot %d could not be drawn", ballot)
                return False
            else:
                return True
            if self._draining.is_set():
                return False
            await self._pause(RETRIES_S[min(tries, len(RETRIES_S) - 1)])
            tries += 1

    async def _pause(self, seconds: float) -> None:
        """Wait this long, or until draining begins."""
        if seconds <= 0:
            return
        waits = {asyncio.ensure_future(self._timer.sleep(seconds)), asyncio.ensure_future(self._draining.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _forget_quiet(self) -> None:
        """Drop the ballots that nobody has voted on for a while, so that their next vote begins a new spell."""
        quiet_since = self._timer.now() - QUIET_S
        while self._resting and next(iter(self._resting.values())).drawn_at <= quiet_since:
            del self._resting[next(iter(self._resting))]

"""Draws the messages of ballots again as their votes move: soon, not too often, and the last state always."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from commands.budget import Timer
from commands.errors import CommandError, Gone, Unavailable
from commands.measure import UNMEASURED, Measures
from commands.model import TeamKey
from commands.ports import Turns
from commands.turns import SECOND_US, Pace, Turn, Wait

log = logging.getLogger(__name__)

RETRIES_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""What lies between tries of a draw that platform or store do not answer, the last one for as long as it takes."""

Draw: TypeAlias = Callable[[TeamKey, int], Awaitable[None]]
Key: TypeAlias = tuple[TeamKey, int]


@dataclass(slots=True)
class State:
    """One ballot in hand: whether there is, or may be, something to draw, and how many tries failed lately.

    `unended` is a turn that is over, and whether it drew, until the store has taken note of it.
    """

    behind: bool = True
    failures: int = 0
    unended: tuple[Turn, bool] | None = None


class Redraws:
    """Keeps every ballot's message true, together with all other processes on the same store.

    `draw` draws a message as its votes stand at that moment, once it has its turn; see `commands.turns` for
    when that is. The ballots of a team wait for room in its minute first come, first served, and no ballot is
    drawn twice at once. A draw that raises `Unavailable` is tried again until it succeeds; after any other
    error the ballot is left until it is wanted again.
    """

    def __init__(self, draw: Draw, turns: Turns, *, pace: Pace, timer: Timer, measures: Measures = UNMEASURED) -> None:
        self._draw = draw
        self._turns = turns
        self._pace = pace
        self._timer = timer
        self._measures = measures
        self._working: dict[Key, tuple[State, asyncio.Task[None]]] = {}
        self._lines: WeakValueDictionary[TeamKey, asyncio.Lock] = WeakValueDictionary()
        self._draining = asyncio.Event()

    def want(self, team: TeamKey, ballot: int) -> None:
        """This ballot's votes have moved. Returns at once; ignored once draining has begun."""
        if self._draining.is_set():
            return
        key = (team, ballot)
        if key in self._working:
            self._working[key][0].behind = True
            return
        state = State()
        self._working[key] = (state, asyncio.create_task(self._catch_up(key, state)))

    async def drain(self, within_s: float) -> None:
        """Draw what is behind, without gaps, as far as the team's minutes and this time go; then stop for good.

        What is left is behind in the store as well, where another process, or the next start, finds it.
        """
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
        """Go on with one ballot until its message shows everything, or is given up on."""
        try:
            while state.behind:
                state.behind = False
                try:
                    pause_s = await self._step(key, state)
                except Unavailable as error:
                    pause_s = self._failed(key, state, error)
                except Exception:
                    log.exception("ballot %d could not be drawn", key[1])
                    return
                await self._pause(pause_s)
        finally:
            del self._working[key]

    async def _step(self, key: Key, state: State) -> float:
        """Draw a ballot, if it is its turn; how long to wait before the next step."""
        team, ballot = key
        await self._end(ballot, state)
        turn = await self._turn(key)
        if turn is None:
            return 0.0
        if isinstance(turn, Wait):
            state.behind = not self._draining.is_set()  # another process has the turn, and goes on with it
            return turn.for_us / SECOND_US
        state.behind = False
        try:
            await self._drawn(team, ballot)
        except Unavailable:
            state.unended = (turn, False)
            await self._end(ballot, state)
            raise
        state.failures = 0
        state.unended = (turn, True)
        await self._end(ballot, state)
        return 0.0

    async def _end(self, ballot: int, state: State) -> None:
        """Have the store note that a turn is over: until it has, everybody would wait for its lease to end."""
        if state.unended is not None:
            turn, drawn = state.unended
            behind = await self._turns.done(ballot, turn, drawn=drawn)
            state.behind = state.behind or behind
            state.unended = None

    async def _turn(self, key: Key) -> Turn | Wait | None:
        """Ask for a turn, waiting in the team's line for as long as its minute is full."""
        team, ballot = key
        line = self._lines.setdefault(team, asyncio.Lock())
        began = self._timer.now()
        full = False
        async with line:
            while True:
                pace = replace(self._pace, gaps_us=()) if self._draining.is_set() else self._pace
                turn = await self._turns.take(ballot, pace)
                if not isinstance(turn, Wait):
                    break
                if self._draining.is_set() and pace.gaps_us:
                    continue  # draining began while it was asked, and heeds no gaps
                if not turn.full:
                    break
                full = True
                await self._timer.sleep(turn.for_us / SECOND_US)
        if full:
            self._measures.rate_limited(team.platform, "redraws", self._timer.now() - began)
        return turn

    async def _drawn(self, team: TeamKey, ballot: int) -> None:
        """Draw a ballot, or give up on it; raises `Unavailable` where it is to be tried again."""
        try:
            await self._draw(team, ballot)
        except Unavailable:
            self._measures.redraw("again")
            raise
        except (Gone, CommandError) as error:
            log.info("ballot %d is not drawn any more: %s", ballot, error)
            self._measures.redraw("gone")
        except Exception:
            log.exception("ballot %d could not be drawn", ballot)
            self._measures.redraw("failed")
        else:
            self._measures.redraw("drawn")

    def _failed(self, key: Key, state: State, error: Unavailable) -> float:
        """The platform or the store did not answer; how long to wait before trying again, if that is to be."""
        level = logging.DEBUG if state.failures else logging.WARNING
        log.log(level, "ballot %d could not be drawn, and is tried again: %s", key[1], error)
        pause_s = RETRIES_S[min(state.failures, len(RETRIES_S) - 1)]
        state.failures += 1
        state.behind = not self._draining.is_set()
        return pause_s

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

"""One platform's digests: takes up what is due as places become free."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.digest_delivery import Delivery
from bot.digest_pace import Pace, Places
from bot.digest_progress import Progress
from commands import schedule, tracing
from commands.digest import LEASE_US
from commands.errors import Unavailable
from commands.model import DigestRun, RunState
from commands.ports import Room

logger = logging.getLogger(__name__)

Work = Callable[[DigestRun], Awaitable[RunState | None]]


class Lane:
    """Brings the digests of one platform to their channels, as many at once as its pace allows.

    Only what can be begun at once is claimed, so that a lease covers all the work on a run, and so that
    several programs share what is due. A digest that hangs holds one place, for a limited time.
    """

    def __init__(self, platform: str, pace: Pace, delivery: Delivery, *, longest_sleep_s: float) -> None:
        self._platform = platform
        self._places = Places(platform, pace)
        self._delivery = delivery
        self._longest_sleep_s = longest_sleep_s
        self._progress = Progress(platform)
        self._working: set[int] = set()
        self._freed = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop or the platform is gone, then finish what is under way."""
        async with asyncio.TaskGroup() as group:
            while not stop.is_set() and self._platform in self._delivery.channels:
                pause_s = self._longest_sleep_s
                try:
                    pause_s = await self._pause_s(crowded=await self._fill(group))
                except Exception:
                    logger.exception("The digests on %s go on after an error", self._platform)
                await self._sleep(pause_s, stop)

    async def tick(self) -> None:
        """Do all that is to be done now; an error of the store is logged, and ends it."""
        async with asyncio.TaskGroup() as group:
            try:
                while (crowded := await self._fill(group)) or self._working:
                    await self._sleep(self._free_again_s() if crowded else None)
            except Exception:
                logger.exception("The digests on %s could not be looked for", self._platform)

    async def _fill(self, group: asyncio.TaskGroup) -> bool:
        """Begin what there are places for; whether there may be more, for which there are none."""
        self._freed.clear()
        passed_over = False
        takes = ((self._overdue, self._delivery.resume), (self._due, self._delivery.deliver))
        for take, work in takes:
            while (room := self._places.room()).free:
                runs = await take(room)
                passed_over |= bool(room.full)  # whose places may have become free while it was asked
                begun = self._begin(runs, work, group)
                if not runs or (begun == len(runs) and not passed_over and not self._places.room().full):
                    break  # there are no more, or no more places
        room = self._places.room()
        crowded = passed_over or not room.free or bool(room.full)
        await self._tell(over=not crowded and not self._working)
        return crowded

    async def _overdue(self, room: Room) -> tuple[DigestRun, ...]:
        """Runs that were left unfinished."""
        now_us = self._delivery.clock()
        return await self._delivery.digests.reclaim(
            now_us, room=room, lease_us=now_us + LEASE_US, holding=self._working
        )

    async def _due(self, room: Room) -> tuple[DigestRun, ...]:
        """Runs of what is due."""
        now_us, grace_us = self._delivery.clock(), self._delivery.rules.digest_grace_us
        return await self._delivery.digests.claim(now_us, room=room, lease_us=now_us + LEASE_US, grace_us=grace_us)

    def _begin(self, runs: Sequence[DigestRun], work: Work, group: asyncio.TaskGroup) -> int:
        """Take places for these runs, except for what was skipped; how many."""
        begun = [run for run in runs if run.state is not RunState.SKIPPED]
        for _ in range(len(runs) - len(begun)):
            self._end(RunState.SKIPPED)
        for run in begun:
            taken_at = self._places.take(run.subscription.team)
            self._working.add(run.id)
            group.create_task(self._work(run, work, taken_at))
        return len(begun)

    async def _work(self, run: DigestRun, work: Work, taken_at: float) -> None:
        """Work on one digest, whose failure never stops another."""
        tracing.begin(self._platform, run.subscription.team_key.external_id, "digest")
        try:
            async with asyncio.timeout(self._delivery.within_s):
                self._end(await work(run))
        except (Unavailable, TimeoutError) as error:
            logger.debug("Digest %d waits to be tried again: %s", run.id, error)
            self._progress.put_off(str(error) or "no answer in time")
        except Exception:
            logger.exception("Digest %d could not be worked on", run.id)
            self._progress.put_off()
        finally:
            self._working.discard(run.id)
            self._places.leave(run.subscription.team, taken_at)
            self._freed.set()

    def _end(self, state: RunState | None) -> None:
        if state is None:
            self._progress.put_off()
        else:
            self._progress.ended(state)
            self._delivery.measures.digest(state)

    async def _tell(self, *, over: bool) -> None:
        if self._progress.has_news(over=over):
            due = await self._delivery.digests.due(self._delivery.clock(), platform=self._platform)
            self._progress.tell(len(self._working) + due, over=over)

    async def _pause_s(self, *, crowded: bool) -> float:
        """Until the next digest is due or a place becomes free, but never long: clocks and subscriptions change."""
        now_us = self._delivery.clock()
        pauses = [self._longest_sleep_s]
        next_us = await self._delivery.digests.next_due(now_us, platform=self._platform)
        if next_us is not None:
            pauses.append((next_us - now_us) / schedule.SECOND_US)
        if crowded and (free_s := self._free_again_s()) is not None:
            pauses.append(free_s)
        return min(pauses)

    def _free_again_s(self) -> float | None:
        """How long until there may be a place again; None where that is when some work ends."""
        next_s = self._places.next_s()
        return 0.0 if next_s is None and not self._working else next_s

    async def _sleep(self, seconds: float | None, *others: asyncio.Event) -> None:
        """Wait this long, or until a digest has come to its end or one of the other events has come."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._freed, *others)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

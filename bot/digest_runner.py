"""Posts the weekly digests: claims each in the store, records the attempt, posts, marks. Never two.

Each step is in the store before the next is taken, so a program that is killed anywhere leaves a run that
says how far it came. Whoever claims a run holds it for `LEASE_US` and begins no step it cannot end within
that time; when the lease has ended, a run is taken up where it was left: one that was only claimed is
composed again, one whose attempt is on record is looked up in the channel first. The lease is a minute, so
that after a kill a digest is late by little more than that, with nothing to tune; it is moved once, by the
time that reading back reactions may take. A run that has to wait keeps its own lease, moved to when it is to
be tried again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from commands import schedule, week
from commands.digest import LEASE_US
from commands.errors import CommandError, Unavailable
from commands.model import DigestRun, RunState, Subscription, TeamKey
from commands.ports import BallotReader, Catalogue, Clock, DigestChannel, Digests, Presence, Rules, Votes
from commands.repair import repair

logger = logging.getLogger(__name__)

Item = TypeVar("Item", DigestRun, Subscription)

AT_ONCE = 8
BATCH = 200
POST_WITHIN_S = 30.0
"""A post that takes longer counts as unknown. The rest of the lease is for one still on its way to be seen."""

REPAIR_WITHIN_S = 120.0
"""Reading back the reactions that a digest counts takes no longer than this."""

REFUSED_FOR_US = 600 * schedule.SECOND_US
"""A channel that refuses its digest for this long has it switched off."""

SHORTEST_WAIT_US = 60 * schedule.SECOND_US
LONGEST_WAIT_US = 30 * SHORTEST_WAIT_US
LONGEST_SLEEP_S = 30.0


class DigestRunner:
    """Brings due digests to their channels. Any number of runners may work on one store.

    `channels` are by platform; subscriptions of other platforms are left to the programs that have them.
    `readers`, likewise, read back the reactions on the ballots that a digest names before it is composed, for
    which `presence` must be given; `redraw` is told of those whose votes had changed.
    """

    def __init__(
        self,
        channels: Mapping[str, DigestChannel],
        *,
        digests: Digests,
        catalogue: Catalogue,
        votes: Votes,
        clock: Clock,
        rules: Rules,
        readers: Mapping[str, BallotReader] | None = None,
        presence: Presence | None = None,
        redraw: Callable[[TeamKey, int], None] | None = None,
        repair_within_s: float = REPAIR_WITHIN_S,
        longest_sleep_s: float = LONGEST_SLEEP_S,
    ) -> None:
        self._channels = channels
        self._digests = digests
        self._catalogue = catalogue
        self._votes = votes
        self._clock = clock
        self._rules = rules
        self._readers = readers or {}
        self._presence = presence
        self._redraw = redraw
        self._repair_within_s = repair_within_s
        self._refused_us: dict[int, int] = {}
        self._longest_sleep_s = longest_sleep_s

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; whatever goes wrong is logged and tried again."""
        while not stop.is_set():
            pause_s = self._longest_sleep_s
            try:
                await self.tick()
                pause_s = await self._pause_s()
            except Exception:
                logger.exception("The digest runner goes on after an error")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)

    async def tick(self) -> None:
        """Take up what was left unfinished, then post what is due; one failure never stops another digest."""
        now_us = self._clock()
        left = await self._digests.reclaim(now_us, lease_us=now_us + LEASE_US, platforms=self._channels)
        await self._each(left, self._resume)
        while due := await self._digests.due(now_us, limit=BATCH, platforms=self._channels):
            if not any(await self._each(due, self._begin)):
                break

    async def _pause_s(self) -> float:
        """Until the next digest is due, but never longer than `longest_sleep_s`: clocks and subscriptions change."""
        now_us = self._clock()
        horizon_us = now_us + round(self._longest_sleep_s * schedule.SECOND_US)
        soon = await self._digests.due(horizon_us, limit=BATCH, platforms=self._channels)
        ahead = [one.next_due_us for one in soon if one.next_due_us > now_us]
        return (min(ahead, default=horizon_us) - now_us) / schedule.SECOND_US

    async def _each(self, items: Sequence[Item], work: Callable[[Item], Awaitable[bool]]) -> list[bool]:
        """Work on a few items at a time; one that fails is logged and counts as not moved."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(item: Item) -> bool:
            async with gate:
                try:
                    return await work(item)
                except Unavailable as error:
                    logger.warning("%s %d waits to be tried again: %s", type(item).__name__, item.id, error)
                except Exception:
                    logger.exception("%s %d could not be worked on", type(item).__name__, item.id)
                return False

        return await asyncio.gather(*(one(item) for item in items))

    async def _begin(self, due: Subscription) -> bool:
        """Claim a due digest and post it; whether the subscription moved on.

        One claim takes the place of all the weeks that were missed: the schedule goes on after now, or,
        past the grace time, at the first due instant that can still be met.
        """
        now_us = self._clock()
        oldest_us = now_us - self._rules.digest_grace_us
        if due.next_due_us < oldest_us:
            next_us = schedule.next_due(due.weekly, oldest_us - 1)
            run = await self._digests.claim(due, next_due_us=next_us, lease_us=now_us, state=RunState.SKIPPED)
            logger.warning("Skipped the digest of channel %s: past the grace time", due.channel.id)
            return run is not None
        next_us = schedule.next_due(due.weekly, now_us)
        run = await self._digests.claim(due, next_due_us=next_us, lease_us=now_us + LEASE_US)
        if run is not None:
            await self._deliver(run)
        return run is not None

    async def _resume(self, run: DigestRun) -> bool:
        """Take up a run whose lease had ended."""
        if run.state is RunState.ATTEMPTED and not await self._surely_unposted(run):
            return True
        subscribed = await self._digests.subscription(run.subscription.team, run.subscription.channel.id)
        if subscribed is None or run.due_us < self._clock() - self._rules.digest_grace_us:
            self._refused_us.pop(run.id, None)
            return await self._step(run, RunState.CLAIMED, RunState.SKIPPED)
        await self._deliver(run)
        return True

    async def _surely_unposted(self, run: DigestRun) -> bool:
        """Settle a run whose outcome is unknown; True, having moved it back to CLAIMED, if it was not posted."""
        team, channel = run.subscription.team_key, run.subscription.channel
        try:
            message = await self._channels[team.platform].find_digest(team, channel, run.id)
        except CommandError:
            await self._leave_unconfirmed(run)
            return False
        except Exception:
            await self._wait(run, RunState.ATTEMPTED, RunState.ATTEMPTED)
            raise
        if message is None:
            return await self._step(run, RunState.ATTEMPTED, RunState.CLAIMED)
        await self._digests.advance(
            run.id, RunState.POSTED, expected=RunState.ATTEMPTED, message=message, held_us=run.lease_us
        )
        return False

    async def _leave_unconfirmed(self, run: DigestRun) -> None:
        """Tell the subscriber, then close the run: told twice after a crash in between is better than never."""
        subscription = run.subscription
        if subscription.set_by:
            due = schedule.when(run.due_us, subscription.weekly.zone)
            words = (
                f"The weekly digest due on {due} may not have been posted: I was interrupted while posting it, and I "
                "cannot read that channel to look. I do not post it again; /digest now does, if it is missing."
            )
            platform = self._channels[subscription.team_key.platform]
            try:
                await platform.tell(subscription.team_key, subscription.channel, subscription.set_by, words)
            except CommandError:
                logger.warning("Nobody could be told that digest %d is unconfirmed", run.id)
            except Exception:
                if run.due_us >= self._clock() - self._rules.digest_grace_us:
                    await self._wait(run, RunState.ATTEMPTED, RunState.ATTEMPTED)
                    raise
                logger.exception("Nobody could be told that digest %d is unconfirmed", run.id)
        await self._step(run, RunState.ATTEMPTED, RunState.UNCONFIRMED)

    async def _deliver(self, run: DigestRun) -> None:
        """Compose a claimed digest, record the attempt, post it and mark it."""
        team, channel = run.subscription.team_key, run.subscription.channel
        try:
            covered = await week.of_run(run, digests=self._digests, rules=self._rules)
            held = await self._with_votes_read_back(run, covered)
            if held is None:
                return
            run = held
            reply = await week.compose(covered, catalogue=self._catalogue, votes=self._votes)
        except Exception:
            await self._wait(run, RunState.CLAIMED, RunState.CLAIMED)
            raise
        if self._clock() + round(POST_WITHIN_S * schedule.SECOND_US) > run.lease_us:
            logger.warning("Digest %d took too long to compose and waits for its lease to end", run.id)
            return
        if not await self._step(run, RunState.CLAIMED, RunState.ATTEMPTED):
            return
        try:
            async with asyncio.timeout(POST_WITHIN_S):
                message = await self._channels[team.platform].post_digest(team, channel, reply)
        except Unavailable:
            await self._wait(run, RunState.ATTEMPTED, RunState.CLAIMED)
            raise
        except CommandError as refusal:
            await self._refused(run, refusal)
        except Exception:
            await self._wait(run, RunState.ATTEMPTED, RunState.ATTEMPTED)
            raise
        else:
            self._refused_us.pop(run.id, None)
            await self._digests.advance(
                run.id, RunState.POSTED, expected=RunState.ATTEMPTED, message=message, held_us=run.lease_us
            )

    async def _with_votes_read_back(self, run: DigestRun, covered: week.Week) -> DigestRun | None:
        """Repair the votes on the ballots that a digest names; the run as it is held then, None if it was lost.

        A repair that fails or takes too long leaves the votes as they are known; the digest comes all the same.
        """
        team = run.subscription.team_key
        reader = self._readers.get(team.platform)
        if reader is None or self._presence is None:
            return run
        named = await self._votes.activity(covered.team, covered.channel.id, covered.since_us, covered.until_us)
        if not named.ballots:
            return run
        lease_us = self._clock() + round(self._repair_within_s * schedule.SECOND_US) + LEASE_US
        if not await self._digests.advance(
            run.id, RunState.CLAIMED, expected=RunState.CLAIMED, held_us=run.lease_us, lease_us=lease_us
        ):
            return None
        try:
            away_us = await self._presence.seen(team.platform)
            async with asyncio.timeout(self._repair_within_s):
                done = await repair(team, named.ballots, reader=reader, votes=self._votes, away_us=away_us or 0)
        except TimeoutError:
            logger.warning("Reading back the votes for digest %d took too long; it tells what is known", run.id)
        except Exception:
            logger.exception("The votes for digest %d could not be read back; it tells what is known", run.id)
        else:
            if self._redraw:
                for ballot in done.changed:
                    self._redraw(team, ballot)
        return replace(run, lease_us=lease_us)

    async def _refused(self, run: DigestRun, refusal: CommandError) -> None:
        """Try again for a while, since whoever runs the channel may mend it; then switch the digest off, and say so."""
        subscription = run.subscription
        logger.warning("Channel %s refused its digest: %s", subscription.channel.id, refusal)
        since_us = self._refused_us.setdefault(run.id, self._clock())
        if self._clock() - since_us < REFUSED_FOR_US:
            await self._wait(run, RunState.ATTEMPTED, RunState.CLAIMED)
            return
        del self._refused_us[run.id]
        if not await self._step(run, RunState.ATTEMPTED, RunState.FAILED):
            return
        if subscription.set_by:
            words = (
                "I have switched off the weekly digest of this channel, because the channel would not take it: "
                f"{str(refusal).rstrip('.')}; /digest on switches it on again."
            )
            try:
                platform = self._channels[subscription.team_key.platform]
                await platform.tell(subscription.team_key, subscription.channel, subscription.set_by, words)
            except Exception:
                logger.exception("Nobody could be told that the digest of %s is off", subscription.channel.id)
        await self._digests.unsubscribe(subscription.team, subscription.channel.id)

    async def _step(self, run: DigestRun, before: RunState, after: RunState) -> bool:
        return await self._digests.advance(run.id, after, expected=before, held_us=run.lease_us)

    async def _wait(self, run: DigestRun, before: RunState, after: RunState) -> None:
        """Leave a run for later: for as long again as it is late by now, within bounds."""
        now_us = self._clock()
        wait_us = min(max(now_us - run.due_us, SHORTEST_WAIT_US), LONGEST_WAIT_US)
        await self._digests.advance(run.id, after, expected=before, held_us=run.lease_us, lease_us=now_us + wait_us)

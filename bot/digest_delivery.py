"""Brings one digest to its channel: composes it, records the attempt, posts, marks. Never two.

Each step is in the store before the next is taken, so a program that is killed anywhere leaves a run that
says how far it came. Whoever has a run holds it for `LEASE_US` and begins no step it cannot end within that
time; when the lease has ended, a run is taken up where it was left: one that was only claimed is composed
again, one whose attempt is on record is looked up in the channel first. The lease is a minute, so that after
a kill a digest is late by little more than that, with nothing to tune; it is moved once, by the time that
reading back reactions may take. A run that has to wait keeps its own lease, moved to when it is to be tried
again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

from commands import schedule, week
from commands.digest import LEASE_US
from commands.errors import CommandError, Unavailable
from commands.measure import UNMEASURED, Measures
from commands.model import DigestRun, Message, RunState, Subscription, TeamKey
from commands.ports import BallotReader, Catalogue, Clock, DigestChannel, Digests, Presence, Rules, Votes
from commands.repair import repair
from commands.reply import Reply
from commands.weekly_changes import News

logger = logging.getLogger(__name__)

POST_WITHIN_S = 30.0
"""A post that takes longer counts as unknown. The rest of the lease is for one still on its way to be seen."""

FIND_WITHIN_S = 40.0
TELL_WITHIN_S = 15.0
"""Looking a digest up and telling somebody that it may be missing end within one lease."""

REPAIR_WITHIN_S = 120.0
"""Reading back the reactions that a digest counts takes no longer than this."""

REFUSED_FOR_US = 600 * schedule.SECOND_US
"""A channel that refuses its digest for this long has it switched off."""

SHORTEST_WAIT_US = 60 * schedule.SECOND_US
LONGEST_WAIT_US = 30 * SHORTEST_WAIT_US


@dataclass(kw_only=True)
class Delivery:
    """Takes claimed digests to their channels. See `bot.digest_runner.DigestRunner` for what it is given."""

    channels: Mapping[str, DigestChannel]
    digests: Digests
    catalogue: Catalogue
    votes: Votes
    clock: Clock
    rules: Rules
    readers: Mapping[str, BallotReader] = field(default_factory=dict)
    presence: Presence | None = None
    presence_key: Callable[[TeamKey], str] = attrgetter("platform")
    redraw: Callable[[TeamKey, int], None] | None = None
    repair_within_s: float = REPAIR_WITHIN_S
    measures: Measures = UNMEASURED

    def __post_init__(self) -> None:
        """Begin with nothing held."""
        self._news = News(self.catalogue)
        self._refused_us: dict[int, int] = {}

    @property
    def within_s(self) -> float:
        """How long one digest is worked on at most."""
        return self.repair_within_s + LEASE_US / schedule.SECOND_US

    async def deliver(self, run: DigestRun) -> RunState | None:
        """Compose a claimed digest, record the attempt, post it and mark it.

        The state in which the run ended, None if it is under way still: it waits, or somebody else has it.
        An error, `Unavailable` and `TimeoutError` among them, leaves a run that will be taken up again.
        """
        try:
            covered = await week.of_run(run, digests=self.digests, rules=self.rules)
            held = await self._with_votes_read_back(run, covered)
            if held is None:
                return None
            run = held
            reply = await week.compose(covered, catalogue=self.catalogue, votes=self.votes, news=self._news)
        except Exception:
            await self._wait(run, RunState.CLAIMED, RunState.CLAIMED)
            raise
        if self.clock() + round(POST_WITHIN_S * schedule.SECOND_US) > run.lease_us:
            logger.warning("Digest %d took too long to compose and waits for its lease to end", run.id)
            return None
        if not await self._step(run, RunState.CLAIMED, RunState.ATTEMPTED):
            return None
        return await self._post(run, reply)

    async def _post(self, run: DigestRun, reply: Reply) -> RunState | None:
        """Post a digest whose attempt is on record."""
        team, channel = run.subscription.team_key, run.subscription.channel
        try:
            async with asyncio.timeout(POST_WITHIN_S):
                message = await self.channels[team.platform].post_digest(team, channel, reply)
        except Unavailable:
            await self._wait(run, RunState.ATTEMPTED, RunState.CLAIMED)
            raise
        except CommandError as refusal:
            return await self._refused(run, refusal)
        except Exception:
            await self._wait(run, RunState.ATTEMPTED, RunState.ATTEMPTED)
            raise
        self._refused_us.pop(run.id, None)
        self.measures.digest_late((self.clock() - run.due_us) / schedule.SECOND_US)
        return await self._posted(run, message)

    async def _posted(self, run: DigestRun, message: Message) -> RunState | None:
        moved = await self.digests.advance(
            run.id, RunState.POSTED, expected=RunState.ATTEMPTED, message=message, held_us=run.lease_us
        )
        return RunState.POSTED if moved else None

    async def resume(self, run: DigestRun) -> RunState | None:
        """Take up a run whose lease had ended. See `deliver`."""
        if run.state is RunState.ATTEMPTED:
            settled = await self._look_up(run)
            if settled is not RunState.CLAIMED:
                return settled
        subscribed = await self.digests.subscription(run.subscription.team, run.subscription.channel.id)
        if subscribed is None or run.due_us < self.clock() - self.rules.digest_grace_us:
            self._refused_us.pop(run.id, None)
            return await self._end(run, RunState.CLAIMED, RunState.SKIPPED)
        return await self.deliver(run)

    async def _look_up(self, run: DigestRun) -> RunState | None:
        """Settle a run whose outcome is unknown; CLAIMED, to which it was moved back, if it was not posted."""
        team, channel = run.subscription.team_key, run.subscription.channel
        try:
            async with asyncio.timeout(FIND_WITHIN_S):
                message = await self.channels[team.platform].find_digest(team, channel, run.id)
        except CommandError:
            return await self._leave_unconfirmed(run)
        except Exception:
            await self._wait(run, RunState.ATTEMPTED, RunState.ATTEMPTED)
            raise
        if message is not None:
            return await self._posted(run, message)
        return await self._end(run, RunState.ATTEMPTED, RunState.CLAIMED)

    async def _leave_unconfirmed(self, run: DigestRun) -> RunState | None:
        """Tell the subscriber, then close the run: told twice after a crash in between is better than never."""
        subscription = run.subscription
        if subscription.set_by:
            due = schedule.when(run.due_us, subscription.weekly.zone)
            words = (
                f"The weekly digest due on {due} may not have been posted: I was interrupted while posting it, and I "
                "cannot read that channel to look. I do not post it again; /digest now does, if it is missing."
            )
            try:
                await self._tell(subscription, words)
            except CommandError:
                logger.warning("Nobody could be told that digest %d is unconfirmed", run.id)
            except Exception:
                if run.due_us >= self.clock() - self.rules.digest_grace_us:
                    await self._wait(run, RunState.ATTEMPTED, RunState.ATTEMPTED)
                    raise
                logger.exception("Nobody could be told that digest %d is unconfirmed", run.id)
        return await self._end(run, RunState.ATTEMPTED, RunState.UNCONFIRMED)

    async def _with_votes_read_back(self, run: DigestRun, covered: week.Week) -> DigestRun | None:
        """Repair the votes on the ballots that a digest names; the run as it is held then, None if it was lost.

        A repair that fails or takes too long leaves the votes as they are known; the digest comes all the same.
        """
        team = run.subscription.team_key
        reader = self.readers.get(team.platform)
        if reader is None or self.presence is None:
            return run
        named = await self.votes.activity(covered.team, covered.channel.id, covered.since_us, covered.until_us)
        if not named.ballots:
            return run
        lease_us = self.clock() + round(self.repair_within_s * schedule.SECOND_US) + LEASE_US
        if not await self.digests.advance(
            run.id, RunState.CLAIMED, expected=RunState.CLAIMED, held_us=run.lease_us, lease_us=lease_us
        ):
            return None
        try:
            away_us = await self.presence.seen(self.presence_key(team))
            async with asyncio.timeout(self.repair_within_s):
                done = await repair(team, named.ballots, reader=reader, votes=self.votes, away_us=away_us or 0)
        except TimeoutError:
            logger.warning("Reading back the votes for digest %d took too long; it tells what is known", run.id)
        except Exception:
            logger.exception("The votes for digest %d could not be read back; it tells what is known", run.id)
        else:
            if self.redraw:
                for ballot in done.changed:
                    self.redraw(team, ballot)
        return replace(run, lease_us=lease_us)

    async def _refused(self, run: DigestRun, refusal: CommandError) -> RunState | None:
        """Try again for a while, since whoever runs the channel may mend it; then switch the digest off, and say so."""
        subscription = run.subscription
        logger.warning("Channel %s refused its digest: %s", subscription.channel.id, refusal)
        since_us = self._refused_since(run.id)
        if self.clock() - since_us < REFUSED_FOR_US:
            await self._wait(run, RunState.ATTEMPTED, RunState.CLAIMED)
            return None
        self._refused_us.pop(run.id, None)
        if not await self._step(run, RunState.ATTEMPTED, RunState.FAILED):
            return None
        if subscription.set_by:
            words = (
                "I have switched off the weekly digest of this channel, because the channel would not take it: "
                f"{str(refusal).rstrip('.')}; /digest on switches it on again."
            )
            try:
                await self._tell(subscription, words)
            except Exception:
                logger.exception("Nobody could be told that the digest of %s is off", subscription.channel.id)
        await self.digests.unsubscribe(subscription.team, subscription.channel.id)
        return RunState.FAILED

    def _refused_since(self, run: int) -> int:
        """When this program first saw a run refused; of those that another program went on with nothing is kept."""
        while self._refused_us and next(iter(self._refused_us.values())) < self.clock() - self.rules.digest_grace_us:
            del self._refused_us[next(iter(self._refused_us))]
        return self._refused_us.setdefault(run, self.clock())

    async def _tell(self, subscription: Subscription, words: str) -> None:
        """Tell whoever switched a digest on."""
        platform = self.channels[subscription.team_key.platform]
        async with asyncio.timeout(TELL_WITHIN_S):
            await platform.tell(subscription.team_key, subscription.channel, subscription.set_by, words)

    async def _end(self, run: DigestRun, before: RunState, after: RunState) -> RunState | None:
        return after if await self._step(run, before, after) else None

    async def _step(self, run: DigestRun, before: RunState, after: RunState) -> bool:
        return await self.digests.advance(run.id, after, expected=before, held_us=run.lease_us)

    async def _wait(self, run: DigestRun, before: RunState, after: RunState) -> None:
        """Leave a run for later: for as long again as it is late by now, within bounds."""
        now_us = self.clock()
        wait_us = min(max(now_us - run.due_us, SHORTEST_WAIT_US), LONGEST_WAIT_US)
        await self.digests.advance(run.id, after, expected=before, held_us=run.lease_us, lease_us=now_us + wait_us)

"""Posts the weekly digests: claims each in the store, then brings it to its channel. Never two."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from operator import attrgetter

from bot.digest_delivery import REPAIR_WITHIN_S, Delivery
from bot.digest_lane import Lane
from bot.digest_pace import PACES, UNLIMITED, Pace
from commands.digest import LEASE_US
from commands.measure import UNMEASURED, Measures
from commands.model import TeamKey
from commands.ports import BallotReader, Catalogue, Clock, DigestChannel, Digests, Presence, Rules, Votes

logger = logging.getLogger(__name__)

LONGEST_SLEEP_S = 30.0


class DigestRunner:
    """Brings due digests to their channels. Any number of runners may work on one store.

    `channels` are by platform; subscriptions of other platforms are left to the programs that have them, and
    one that is taken out of `channels` later is left alone from then on. `readers`, likewise, read back the
    reactions on the ballots that a digest names before it is composed, for which `presence` must be given,
    with `presence_key` where a platform is not kept in it as one;
    `redraw` is told of those whose votes had changed. `paces` are by platform, too.
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
        presence_key: Callable[[TeamKey], str] = attrgetter("platform"),
        redraw: Callable[[TeamKey, int], None] | None = None,
        repair_within_s: float = REPAIR_WITHIN_S,
        longest_sleep_s: float = LONGEST_SLEEP_S,
        paces: Mapping[str, Pace] = PACES,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._digests = digests
        self._clock = clock
        self._longest_sleep_s = longest_sleep_s
        delivery = Delivery(
            channels=channels,
            digests=digests,
            catalogue=catalogue,
            votes=votes,
            clock=clock,
            rules=rules,
            readers=readers or {},
            presence=presence,
            presence_key=presence_key,
            redraw=redraw,
            repair_within_s=repair_within_s,
            measures=measures,
        )
        self._lanes = [
            Lane(platform, paces.get(platform, UNLIMITED), delivery, longest_sleep_s=longest_sleep_s)
            for platform in channels
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; whatever goes wrong is logged and tried again."""
        await asyncio.gather(self._watch_the_clock(stop), *(lane.run(stop) for lane in self._lanes))

    async def tick(self) -> None:
        """Take up what was left unfinished, post what is due, and return when that is done."""
        await self._rewind()
        await asyncio.gather(*(lane.tick() for lane in self._lanes))

    async def _watch_the_clock(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._rewind()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._longest_sleep_s)

    async def _rewind(self) -> None:
        """Mend what a clock has done that had stepped forth."""
        now_us = self._clock()
        try:
            if rewound := await self._digests.rewind(now_us, lease_us=now_us + LEASE_US):
                logger.warning("The clock had stepped forth: %d digests are put back on their schedule", rewound)
        except Exception:
            logger.exception("The schedule of the digests could not be looked through")

"""A store with digests in it, a platform that takes them, and as many digest runners as wanted."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter

from bot.digest_pace import UNLIMITED, Pace
from bot.digest_runner import DigestRunner
from bot.storage.store import Store
from commands import ports
from commands.digest import LEASE_US
from commands.errors import CommandError
from commands.measure import UNMEASURED, Measures
from commands.model import (
    Activity,
    Ballot,
    BallotKind,
    Channel,
    DigestRun,
    Message,
    RunState,
    Subscription,
    TeamKey,
    Weekly,
)
from commands.ports import BallotReader, DigestChannel, Digests, Rules, Votes
from commands.reply import Reply
from tests.fakes import FakeClock, Memory, MemoryVotes
from tests.patience import PATIENCE_S

HOUR_US = 3_600_000_000
WEEK_US = 7 * 24 * HOUR_US
MINUTE_US = HOUR_US // 60
TEAM = TeamKey("terminal", "local")
WEEKLY = Weekly(0, 9, 0, "Europe/Berlin")


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


MONDAY = us("2026-11-23 08:00")
"""When the digest of Mondays at 09:00 in Berlin is due."""


class Room:
    """A platform of several channels that keeps what is posted, as long as it is not in trouble."""

    def __init__(self) -> None:
        self.reads_history = True
        self.posted: list[tuple[str, Reply]] = []
        self.told: list[tuple[str, str]] = []
        self.before_posting: dict[str, Callable[[], None]] = {}
        self.after_posting: dict[str, Callable[[], None]] = {}
        self.on_telling: list[Exception] = []
        self.on_reading: list[Exception] = []

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        await asyncio.sleep(0)
        self.before_posting.get(channel.id, lambda: None)()
        self.posted.append((channel.id, reply))
        self.after_posting.get(channel.id, lambda: None)()
        return Message(team.platform, channel.id, f"m{len(self.posted)}")

    async def find_digest(self, team: TeamKey, channel: Channel, digest: int) -> Message | None:
        if self.on_reading:
            raise self.on_reading.pop()
        if not self.reads_history:
            raise CommandError("not in the channel")
        for place, (where, reply) in enumerate(self.posted, start=1):
            if (where, reply.digest) == (channel.id, digest):
                return Message(team.platform, channel.id, f"m{place}")
        return None

    async def tell(self, team: TeamKey, channel: Channel, person: str, text: str) -> None:
        if self.on_telling:
            raise self.on_telling.pop()
        self.told.append((f"{team.external_id}/{channel.id}/{person}", text))

    def plain(self, channel: str = "general") -> list[str]:
        return [reply.plain for where, reply in self.posted if where == channel]


class Crowd(Room):
    """A platform that notes how many posts are under way; some of its channels never answer."""

    def __init__(self, *hanging: str) -> None:
        super().__init__()
        self.hanging = set(hanging)
        self.under_way: Counter[TeamKey] = Counter()
        self.most = 0
        self.most_of_a_team = 0
        self.news = asyncio.Event()

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        self.under_way[team] += 1
        self.most = max(self.most, self.under_way.total())
        self.most_of_a_team = max(self.most_of_a_team, *self.under_way.values())
        try:
            for _ in range(5):
                await asyncio.sleep(0)
            if channel.id in self.hanging:
                await asyncio.Event().wait()
            return await super().post_digest(team, channel, reply)
        finally:
            self.under_way[team] -= 1
            self.news.set()

    async def until_posted(self, count: int) -> None:
        """Wait until so many digests stand in the channels."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.posted) < count:
                self.news.clear()
                await self.news.wait()


class World:
    """One store, one room, a clock that stands where it is put, and as many runners as wanted."""

    def __init__(self, store: Memory | Store | None = None, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.clock.now_us = MONDAY - HOUR_US
        self.memory = store or Memory(self.clock)
        self.digests = self.memory.digests
        self.room = Room()

    @property
    def now_us(self) -> int:
        return self.clock.now_us

    def runner(
        self,
        *,
        digests: Digests | None = None,
        votes: Votes | None = None,
        reader: BallotReader | None = None,
        redraw: Callable[[TeamKey, int], None] | None = None,
        presence_key: Callable[[TeamKey], str] = attrgetter("platform"),
        repair_within_s: float = 120,
        sleep_s: float = 30,
        pace: Pace = UNLIMITED,
        measures: Measures = UNMEASURED,
        channels: Mapping[str, DigestChannel] | None = None,
    ) -> DigestRunner:
        return DigestRunner(
            channels or {"terminal": self.room},
            digests=digests or self.digests,
            catalogue=self.memory.catalogue,
            votes=votes or self.memory.votes,
            clock=self.clock,
            rules=Rules(),
            readers={"terminal": reader} if reader else None,
            presence=self.memory.presence,
            presence_key=presence_key,
            redraw=redraw,
            repair_within_s=repair_within_s,
            longest_sleep_s=sleep_s,
            paces=dict.fromkeys(channels or ["terminal"], pace),
            measures=measures,
        )

    async def subscribe(self, channel: str = "general", team: TeamKey = TEAM) -> Subscription:
        number = await self.memory.teams.team(team)
        return await self.digests.subscribe(
            Subscription(0, number, team, Channel(channel), WEEKLY, "ana", self.now_us - WEEK_US, MONDAY)
        )

    async def tick_at(self, at_us: int, runner: DigestRunner | None = None) -> None:
        self.clock.now_us = at_us
        await (runner or self.runner()).tick()

    async def runs(self, subscription: Subscription) -> list[DigestRun]:
        """Oldest first."""
        return list(reversed(await self.digests.runs(subscription.id, limit=100)))

    async def states(self, subscription: Subscription) -> list[RunState]:
        return [run.state for run in await self.runs(subscription)]

    async def interrupted(self, subscription: Subscription, state: RunState) -> DigestRun:
        """A run that somebody claimed at the due time, and left in this state when they were killed."""
        self.clock.now_us = MONDAY
        room = ports.Room(subscription.team_key.platform, 1, 1)
        [run] = await self.digests.claim(MONDAY, room=room, lease_us=MONDAY + LEASE_US, grace_us=HOUR_US)
        assert run.subscription.id == subscription.id
        if state is RunState.ATTEMPTED:
            assert await self.digests.advance(run.id, state, expected=RunState.CLAIMED)
        return run


def throw(error: Exception) -> Callable[[], None]:
    def thrower() -> None:
        raise error

    return thrower


class Reader:
    """Reads reactions back as they are set, or raises what it is told to, or never comes to an end."""

    def __init__(self, *standing: tuple[str, int]) -> None:
        self.standing = frozenset(standing)
        self.error: Exception | None = None
        self.while_reading: Callable[[], Awaitable[None]] | None = None
        self.hangs = False

    async def reactions(self, team: TeamKey, ballot: Ballot) -> frozenset[tuple[str, int]]:
        assert (team, ballot.channel.id) == (TEAM, "general")
        if self.error:
            raise self.error
        if self.while_reading:
            await self.while_reading()
        if self.hangs:
            await asyncio.Event().wait()
        return self.standing


async def compared(world: World) -> int:
    """A comparison made in the channel last week; its ballot."""
    for channel, number in (("general", 7), ("elsewhere", 8)):
        message = Message("terminal", channel, "1")
        await world.memory.votes.open(
            Ballot(
                number, 1, BallotKind.COMPARISON, (1, 2), Channel(channel), "ana", message, posted_us=MONDAY - HOUR_US
            )
        )
    return 7


class Suspended(MemoryVotes):
    """Stands still while composing: by a clock that stepped on and back, another took the run over meanwhile."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self.world = world

    async def activity(self, team: int, channel: str, since_us: int, until_us: int) -> Activity:
        room = ports.Room(TEAM.platform, 1, 1)
        assert await self.world.digests.reclaim(MONDAY + 2 * LEASE_US, room=room, lease_us=MONDAY + 3 * LEASE_US)
        return await super().activity(team, channel, since_us, until_us)

"""The digest runner: what is due gets posted once, late or not at all, and never twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from bot.digest_runner import DigestRunner
from commands.digest import LEASE_US
from commands.errors import CommandError, Gone, Unavailable
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
from commands.ports import BallotReader, Digests, Rules, Votes
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


class World:
    """One store, one room, a clock that stands where it is put, and as many runners as wanted."""

    def __init__(self) -> None:
        self.clock = FakeClock(MONDAY - HOUR_US)
        self.memory = Memory(self.clock)
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
        repair_within_s: float = 120,
        sleep_s: float = 30,
    ) -> DigestRunner:
        return DigestRunner(
            {"terminal": self.room},
            digests=digests or self.digests,
            catalogue=self.memory.catalogue,
            votes=votes or self.memory.votes,
            clock=self.clock,
            rules=Rules(),
            readers={"terminal": reader} if reader else None,
            presence=self.memory.presence,
            redraw=redraw,
            repair_within_s=repair_within_s,
            longest_sleep_s=sleep_s,
        )

    async def subscribe(self, channel: str = "general", team: TeamKey = TEAM) -> Subscription:
        return await self.digests.subscribe(
            Subscription(0, 1, team, Channel(channel), WEEKLY, "ana", self.now_us - WEEK_US, MONDAY)
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
        run = await self.digests.claim(subscription, next_due_us=MONDAY + WEEK_US, lease_us=MONDAY + LEASE_US)
        assert run
        if state is RunState.ATTEMPTED:
            assert await self.digests.advance(run.id, state, expected=RunState.CLAIMED)
        return run


@pytest.fixture
def world() -> World:
    return World()


def throw(error: Exception) -> Callable[[], None]:
    def thrower() -> None:
        raise error

    return thrower


async def test_a_digest_is_posted_when_it_is_due_and_not_before(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY - 1)
    assert world.room.posted == []
    await world.tick_at(MONDAY)
    [(channel, reply)] = world.room.posted
    [run] = await world.runs(subscription)
    assert (channel, reply.digest, reply.private) == ("general", run.id, False)
    assert (run.state, run.due_us, run.since_us) == (RunState.POSTED, MONDAY, MONDAY - WEEK_US)


async def test_every_week_has_one_digest_across_the_change_of_clocks(world: World) -> None:
    subscription = await world.subscribe()
    for hours in range(25 * 7 * 24 + 1):
        await world.tick_at(MONDAY + hours * HOUR_US)
    dues = [run.due_us for run in await world.runs(subscription)]
    assert len(world.room.posted) == len(dues) == 26
    assert {(late - early) // HOUR_US for early, late in pairwise(dues)} == {168, 167}


async def test_many_runners_on_one_store_post_one_digest_per_channel(world: World) -> None:
    for place in range(20):
        await world.subscribe(f"channel-{place}")
    world.clock.now_us = MONDAY
    await asyncio.gather(*(world.runner().tick() for _ in range(8)))
    assert sorted(channel for channel, _ in world.room.posted) == sorted(f"channel-{place}" for place in range(20))


async def test_more_channels_than_one_batch_are_all_served_in_one_pass(world: World) -> None:
    for place in range(450):
        await world.subscribe(f"channel-{place}")
    await world.tick_at(MONDAY)
    assert len(world.room.posted) == 450


async def test_away_at_the_due_time_it_is_posted_late_and_once(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY + 23 * HOUR_US)
    await world.tick_at(MONDAY + 25 * HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_away_past_the_grace_time_it_is_skipped_and_the_next_says_so(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY + 25 * HOUR_US)
    assert world.room.posted == []
    await world.tick_at(MONDAY + WEEK_US)
    assert await world.states(subscription) == [RunState.SKIPPED, RunState.POSTED]
    assert "Last week's digest was not posted: the bot was away" in str(world.room.posted[0][1])
    assert "more than 24 hours" in str(world.room.posted[0][1])
    await world.tick_at(MONDAY + 2 * WEEK_US)
    assert "not posted" not in str(world.room.posted[1][1])


async def test_away_for_weeks_only_the_digest_that_can_still_be_met_is_posted(world: World) -> None:
    subscription = await world.subscribe()
    await world.tick_at(MONDAY + 3 * WEEK_US + HOUR_US)
    assert await world.states(subscription) == [RunState.SKIPPED, RunState.POSTED]
    [run] = [run for run in await world.runs(subscription) if run.state is RunState.POSTED]
    assert run.due_us == MONDAY + 3 * WEEK_US
    said = str(world.room.posted[0][1])
    assert "The digests due since Monday 23 November 2026 at 09:00 were not posted" in said


async def test_a_clock_that_steps_back_posts_nothing_again(world: World) -> None:
    await world.subscribe()
    await world.tick_at(MONDAY + HOUR_US)
    for at_us in (MONDAY - HOUR_US, MONDAY, MONDAY - 5 * WEEK_US, MONDAY + HOUR_US):
        await world.tick_at(at_us)
    assert len(world.room.posted) == 1


async def test_switching_it_on_again_after_the_clock_stepped_back_posts_no_second_one(world: World) -> None:
    await world.subscribe()
    await world.tick_at(MONDAY)
    await world.subscribe()
    await world.tick_at(MONDAY)
    await world.tick_at(MONDAY + 1)
    assert len(world.room.posted) == 1


async def test_a_channel_that_does_not_answer_is_tried_again_with_growing_pauses(world: World) -> None:
    subscription = await world.subscribe()
    tries: list[int] = []

    def unavailable() -> None:
        tries.append((world.now_us - MONDAY) // 60_000_000)
        raise Unavailable("no answer")

    world.room.before_posting["general"] = unavailable
    for minute in range(4 * 60):
        await world.tick_at(MONDAY + minute * 60_000_000)
    assert tries[0] == 0
    assert 6 < len(tries) < 15
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 31
    del world.room.before_posting["general"]
    await world.tick_at(MONDAY + 5 * HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_channel_that_does_not_answer_within_the_grace_time_is_given_up_on(world: World) -> None:
    subscription = await world.subscribe()
    world.room.before_posting["general"] = throw(Unavailable("no answer"))
    for hour in range(30):
        await world.tick_at(MONDAY + hour * HOUR_US)
    del world.room.before_posting["general"]
    await world.tick_at(MONDAY + 31 * HOUR_US)
    assert await world.states(subscription) == [RunState.SKIPPED]
    assert world.room.posted == []


@pytest.mark.parametrize("error", [Unavailable("down"), CommandError("archived"), ValueError("a bug"), OSError()])
async def test_one_failing_channel_never_stops_the_others(world: World, error: Exception) -> None:
    for channel in ("first", "general", "last"):
        await world.subscribe(channel)
    world.room.before_posting["general"] = throw(error)
    await world.tick_at(MONDAY)
    assert [channel for channel, _ in world.room.posted] == ["first", "last"]


async def test_a_refusal_that_passes_within_minutes_leaves_no_trace(world: World) -> None:
    subscription = await world.subscribe()
    runner = world.runner()
    world.room.before_posting["general"] = throw(CommandError("not in the channel"))
    for minute in range(5):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
        assert (await world.states(subscription), world.room.posted) == ([RunState.CLAIMED], [])
    del world.room.before_posting["general"]
    for minute in range(5, 12):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
    assert await world.states(subscription) == [RunState.POSTED]
    assert (len(world.room.posted), world.room.told, runner._refused_us) == (1, [], {})


@pytest.mark.parametrize("late_us", [0, 20 * HOUR_US])
async def test_a_channel_that_keeps_refusing_has_its_digest_switched_off_and_whoever_set_it_is_told(
    world: World, late_us: int
) -> None:
    subscription = await world.subscribe()
    other = await world.subscribe("other")
    runner = world.runner()
    tries: list[int] = []

    def archived() -> None:
        tries.append(world.now_us - MONDAY - late_us)
        raise CommandError("the channel is archived.")

    world.room.before_posting["general"] = archived
    for minute in range(120):
        await world.tick_at(MONDAY + late_us + minute * MINUTE_US, runner)
    assert len(tries) > 1
    assert 10 * MINUTE_US <= tries[-1] <= 31 * MINUTE_US
    assert await world.states(subscription) == [RunState.FAILED]
    assert await world.digests.subscription(1, "general") is None
    [(person, words)] = world.room.told
    assert person == "local/general/ana"
    assert words == (
        "I have switched off the weekly digest of this channel, because the channel would not take it: "
        "the channel is archived; /digest on switches it on again."
    )
    assert await world.states(other) == [RunState.POSTED]
    assert await world.digests.subscription(1, "other") is not None
    del world.room.before_posting["general"]
    await world.tick_at(MONDAY + WEEK_US, runner)
    assert len(world.room.plain("other")) == 2
    assert world.room.plain() == []


@pytest.mark.parametrize("error", [Unavailable("no answer"), CommandError("has left"), ValueError("a bug")])
async def test_where_nobody_can_be_told_it_is_switched_off_all_the_same(world: World, error: Exception) -> None:
    subscription = await world.subscribe()
    runner = world.runner()
    world.room.before_posting["general"] = throw(CommandError("archived"))
    world.room.on_telling = [error]
    for minute in range(30):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
    assert await world.states(subscription) == [RunState.FAILED]
    assert await world.digests.subscription(1, "general") is None
    assert (world.room.told, world.room.on_telling) == ([], [])


async def test_a_digest_switched_on_again_after_a_refusal_comes_as_usual(world: World) -> None:
    await world.subscribe()
    runner = world.runner()
    world.room.before_posting["general"] = throw(CommandError("archived"))
    for minute in range(30):
        await world.tick_at(MONDAY + minute * MINUTE_US, runner)
    del world.room.before_posting["general"]
    await world.digests.subscribe(
        Subscription(0, 1, TEAM, Channel("general"), WEEKLY, "ana", world.now_us, MONDAY + WEEK_US)
    )
    await world.tick_at(MONDAY + WEEK_US, runner)
    assert len(world.room.posted) == 1
    assert "refused" not in str(world.room.posted)


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


async def test_the_votes_on_the_ballots_a_digest_names_are_read_back_before_it_is_composed(world: World) -> None:
    subscription = await world.subscribe()
    ballot = await compared(world)
    await world.memory.presence.see("terminal", MONDAY - 5)
    redrawn: list[tuple[TeamKey, int]] = []
    reader = Reader(("bob", 1), ("eve", 1))
    runner = world.runner(reader=reader, redraw=lambda *which: redrawn.append(which))
    await world.tick_at(MONDAY, runner)
    assert await world.states(subscription) == [RunState.POSTED]
    assert "2 votes" in world.room.plain()[0]
    [row] = world.memory.votes.of_person(1, "bob")
    assert (row.ballot, row.at_us) == (ballot, MONDAY - 5)
    assert redrawn == [(TEAM, ballot)]


@pytest.mark.parametrize("error", [Unavailable("no answer"), Gone("deleted"), ValueError("a bug")])
async def test_a_digest_comes_whatever_becomes_of_the_repair(world: World, error: Exception) -> None:
    subscription = await world.subscribe()
    await compared(world)
    reader = Reader()
    reader.error = error
    await world.tick_at(MONDAY, world.runner(reader=reader))
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_repair_that_takes_too_long_is_left_and_the_digest_comes(world: World) -> None:
    subscription = await world.subscribe()
    await compared(world)
    reader = Reader()
    reader.hangs = True
    await world.tick_at(MONDAY, world.runner(reader=reader, repair_within_s=0.01))
    assert await world.states(subscription) == [RunState.POSTED]


async def test_nobody_else_takes_a_run_whose_votes_are_being_read_back(world: World) -> None:
    subscription = await world.subscribe()
    await compared(world)
    reader = Reader()

    async def another_runner_looks() -> None:
        world.clock.now_us = MONDAY + 2 * LEASE_US
        await world.runner().tick()
        assert world.room.posted == []

    reader.while_reading = another_runner_looks
    await world.tick_at(MONDAY, world.runner(reader=reader))
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_run_that_was_lost_before_its_votes_were_read_back_is_left_to_the_other(world: World) -> None:
    subscription = await world.subscribe()
    await compared(world)
    world.clock.now_us = MONDAY
    await world.runner(votes=_Suspended(world), reader=Reader()).tick()
    assert (world.room.posted, await world.states(subscription)) == ([], [RunState.CLAIMED])


async def test_an_error_after_the_post_landed_does_not_post_it_again(world: World) -> None:
    subscription = await world.subscribe()
    world.room.after_posting["general"] = throw(ConnectionResetError())
    await world.tick_at(MONDAY)
    assert await world.states(subscription) == [RunState.ATTEMPTED]
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_run_that_was_only_claimed_is_posted_when_its_lease_has_ended(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.CLAIMED)
    await world.tick_at(MONDAY + LEASE_US)
    assert world.room.posted == []
    await world.tick_at(MONDAY + LEASE_US + 1)
    assert await world.states(subscription) == [RunState.POSTED]


async def test_an_attempt_of_which_nothing_is_seen_is_posted_where_history_can_be_read(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_an_attempt_that_is_seen_in_the_channel_is_marked_and_not_repeated(world: World) -> None:
    subscription = await world.subscribe()
    run = await world.interrupted(subscription, RunState.ATTEMPTED)
    await world.room.post_digest(TEAM, subscription.channel, Reply("", digest=run.id))
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


@pytest.mark.parametrize("landed", [True, False])
async def test_where_history_cannot_be_read_an_attempt_is_not_repeated_and_the_subscriber_is_told(
    world: World, *, landed: bool
) -> None:
    subscription = await world.subscribe()
    world.room.reads_history = False
    run = await world.interrupted(subscription, RunState.ATTEMPTED)
    if landed:
        await world.room.post_digest(TEAM, subscription.channel, Reply("", digest=run.id))
    await world.tick_at(MONDAY + HOUR_US)
    await world.tick_at(MONDAY + 2 * HOUR_US)
    assert await world.states(subscription) == [RunState.UNCONFIRMED]
    assert len(world.room.posted) == landed
    [(person, words)] = world.room.told
    assert person == "local/general/ana"
    assert "due on Monday 23 November 2026 at 09:00 may not have been posted" in words


async def test_a_channel_that_may_not_be_read_is_treated_as_unreadable(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_reading = [CommandError("not in the channel")]
    await world.tick_at(MONDAY + HOUR_US)
    assert await world.states(subscription) == [RunState.UNCONFIRMED]
    assert world.room.posted == []


async def test_a_look_up_that_gets_no_answer_is_repeated_and_nothing_is_posted_meanwhile(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_reading = [Unavailable("no answer")]
    await world.tick_at(MONDAY + HOUR_US)
    assert (await world.states(subscription), world.room.posted) == ([RunState.ATTEMPTED], [])
    await world.tick_at(MONDAY + 2 * HOUR_US)
    assert await world.states(subscription) == [RunState.POSTED]


async def test_a_subscriber_who_cannot_be_reached_now_is_told_later(world: World) -> None:
    subscription = await world.subscribe()
    world.room.reads_history = False
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_telling = [Unavailable("no answer")]
    await world.tick_at(MONDAY + HOUR_US)
    assert world.room.told == []
    await world.tick_at(MONDAY + 2 * HOUR_US)
    assert len(world.room.told) == 1
    assert await world.states(subscription) == [RunState.UNCONFIRMED]


@pytest.mark.parametrize(
    ("error", "after_us"), [(CommandError("has left"), HOUR_US), (Unavailable("no answer"), 30 * HOUR_US)]
)
async def test_a_subscriber_who_cannot_be_told_at_all_leaves_the_run_closed(
    world: World, error: Exception, after_us: int
) -> None:
    subscription = await world.subscribe()
    world.room.reads_history = False
    await world.interrupted(subscription, RunState.ATTEMPTED)
    world.room.on_telling = [error]
    await world.tick_at(MONDAY + after_us)
    assert await world.states(subscription) == [RunState.UNCONFIRMED]


@pytest.mark.parametrize("state", [RunState.CLAIMED, RunState.ATTEMPTED])
async def test_what_was_switched_off_meanwhile_is_not_posted(world: World, state: RunState) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, state)
    await world.digests.unsubscribe(1, "general")
    await world.tick_at(MONDAY + HOUR_US)
    assert world.room.posted == []
    assert await world.states(subscription) == [RunState.SKIPPED]


async def test_an_interrupted_run_past_the_grace_time_is_skipped(world: World) -> None:
    subscription = await world.subscribe()
    await world.interrupted(subscription, RunState.ATTEMPTED)
    await world.tick_at(MONDAY + 25 * HOUR_US)
    assert await world.states(subscription) == [RunState.SKIPPED]


async def test_a_runner_that_lost_its_lease_while_composing_leaves_the_post_to_the_other(world: World) -> None:
    subscription = await world.subscribe()
    world.clock.now_us = MONDAY
    await world.runner(votes=_Suspended(world)).tick()
    assert (world.room.posted, await world.states(subscription)) == ([], [RunState.CLAIMED])


class _Suspended(MemoryVotes):
    """Stands still while composing: by a clock that stepped on and back, another took the run over meanwhile."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self.world = world

    async def activity(self, team: int, channel: str, since_us: int, until_us: int) -> Activity:
        assert await self.world.digests.reclaim(MONDAY + 2 * LEASE_US, lease_us=MONDAY + 3 * LEASE_US)
        return await super().activity(team, channel, since_us, until_us)


async def test_subscriptions_of_other_platforms_are_left_to_the_programs_that_have_them(world: World) -> None:
    other = await world.subscribe("there", TeamKey("slack", "T1"))
    await world.subscribe()
    await world.tick_at(MONDAY + HOUR_US)
    assert [channel for channel, _ in world.room.posted] == ["general"]
    assert await world.runs(other) == []


async def test_the_loop_goes_on_after_any_error_and_stops_when_told(world: World) -> None:
    await world.subscribe()
    world.clock.now_us = MONDAY
    stop = asyncio.Event()
    runner = world.runner(digests=_FailsTwice(world.digests), sleep_s=0.001)
    world.room.after_posting["general"] = stop.set
    await asyncio.wait_for(runner.run(stop), PATIENCE_S)
    assert len(world.room.posted) == 1


class _FailsTwice:
    """A store whose first two answers are errors."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._errors: list[Exception] = [Unavailable("the disk is busy"), RuntimeError("a bug")]

    def __getattr__(self, name: str) -> object:
        if self._errors:
            raise self._errors.pop()
        return getattr(self._digests, name)


async def test_the_loop_sleeps_until_the_next_due_time_and_never_long(world: World) -> None:
    runner = world.runner()
    assert await runner._pause_s() == 30
    await world.subscribe()
    assert await runner._pause_s() == 30
    world.clock.now_us = MONDAY - 12_000_000
    assert await runner._pause_s() == 12

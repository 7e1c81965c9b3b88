"""The weekly digest in Slack's channels: once, found again where its outcome is unknown, or given up on and said so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot import app
from bot.digest_runner import DigestRunner
from commands.model import RunState, Subscription, TeamKey
from commands.ports import Rules
from tests.adapters.slack.installing import bot_of, install
from tests.adapters.slack.running import World, shown
from tests.adapters.slack.standing import BLUE, change, shows, tallies
from tests.fakes import FakeClock
from tests.slack_server.server import Slack
from tests.slack_server.world import SCOPES, Channel, Message, Person

HISTORY = SCOPES | {"channels:history", "groups:history"}
MINUTE_US = 60_000_000


@pytest.fixture
def clock() -> FakeClock:
    """The bot's clock; Slack goes by its own."""
    return FakeClock(app.now_us())


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """A bot that may not read history, with a digest in #general, set by Ann, that is due."""
    async with Slack() as slack, World(tmp_path, slack, clock=clock).connected() as world:
        await due(world, clock, {world.general: world.ann})
        yield world


@pytest.fixture
async def reading(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """The same, of a bot that may."""
    async with Slack() as slack:
        world = World(tmp_path, slack, clock=clock)
        slack.install(world.team, scopes=HISTORY)
        async with world.connected():
            await due(world, clock, {world.general: world.ann})
            yield world


async def due(world: World, clock: FakeClock, set_by: Mapping[Channel, Person]) -> None:
    """Let these people switch the digest of these channels on, and let it become due in all of them."""
    for channel, person in set_by.items():
        before = len(channel.messages)
        await world.slack.command(person, channel, "/shipworthy", "digest on")
        await world.slack.until(lambda: len(channel.messages) > before)  # noqa: B023 - called in this turn
    clock.now_us = max([(await subscription(world, channel)).next_due_us for channel in set_by])


async def subscription(world: World, channel: Channel) -> Subscription:
    """The digest of a channel, which is on."""
    found = await switched_on(world, channel)
    assert found is not None
    return found


async def switched_on(world: World, channel: Channel) -> Subscription | None:
    team = await world.store.teams.team(TeamKey("slack", channel.team.id))
    return await world.store.digests.subscription(team, channel.id)


def runner(world: World) -> DigestRunner:
    """A runner as the program has it."""
    channel = world.connection.channel
    return DigestRunner(
        {"slack": channel},
        readers={"slack": channel},
        presence=world.store.presence,
        redraw=world.connection.redraw,
        digests=world.store.digests,
        catalogue=world.store.catalogue,
        votes=world.store.votes,
        clock=world.clock,
        rules=Rules(),
    )


async def states(world: World, held: Subscription) -> list[RunState]:
    return [run.state for run in await world.store.digests.runs(held.id, limit=9)]


async def ticks(world: World, clock: FakeClock, minutes: int) -> None:
    """Let so many minutes pass under a runner's eyes."""
    working = runner(world)
    for _ in range(minutes):
        clock.forward(minutes=1)
        await working.tick()


def digests(channel: Channel) -> list[Message]:
    """The digests that stand in a channel."""
    return [
        message
        for message in channel.messages.values()
        if message.metadata and message.metadata["event_type"] == "shipworthy_digest"
    ]


def told(world: World, person: Person) -> list[str]:
    """What the bot said to somebody in direct messages."""
    return [message.text for message in world.slack.messages(world.slack.direct(bot_of(world, person.team), person))]


def posts_in(world: World, channel: Channel) -> int:
    """How often posting in a channel was tried."""
    return sum(
        call.method == "chat.postMessage" and call.arguments["channel"] == channel.id for call in world.slack.calls
    )


# -- once ------------------------------------------------------------------------------------------------------


async def test_a_digest_is_posted_once_and_carries_its_id_however_many_runners_there_are(world: World) -> None:
    held = await subscription(world, world.general)
    await asyncio.gather(*(runner(world).tick() for _ in range(4)))
    await runner(world).tick()
    [message] = digests(world.general)
    [run] = await world.store.digests.runs(held.id, limit=9)
    assert message.metadata == {"event_type": "shipworthy_digest", "event_payload": {"digest": str(run.id)}}
    assert run.state is RunState.POSTED


async def test_one_asked_for_by_command_is_known_to_be_posted(world: World, clock: FakeClock) -> None:
    held = await subscription(world, world.general)
    clock.forward(days=-1)
    await world.slack.command(world.ann, world.general, "/shipworthy", "digest now")
    await world.slack.until(lambda: digests(world.general))
    await world.connection.close()
    assert await states(world, held) == [RunState.POSTED]


async def test_one_asked_for_where_the_bot_is_not_is_known_to_be_posted(world: World) -> None:
    room = world.slack.channel(world.team, "room", world.ann, private=True, with_bot=False)
    await world.slack.command(world.ann, room, "/shipworthy", "digest on")
    await world.slack.until(lambda: room.messages)
    held = await subscription(world, room)
    await world.slack.command(world.ann, room, "/shipworthy", "digest now")
    await world.slack.until(lambda: len(room.messages) == 2)
    await world.connection.close()
    assert await states(world, held) == [RunState.POSTED]


async def test_votes_that_were_missed_are_read_back_before_a_digest_tells_of_them(tmp_path: Path) -> None:
    clock = FakeClock(app.now_us())
    async with Slack() as slack, World(tmp_path, slack, clock=clock).connected() as world:
        message = await world.compare()
        await due(world, clock, {world.general: world.ann})
        change(slack, message, BLUE, [world.ann, world.ben])
        await runner(world).tick()
        assert await tallies(world, message) == [(2, 0), (0, 2)]
        [digest] = digests(world.general)
        assert "2 votes" in shown(digest.blocks) + digest.text
        await slack.until(lambda: shows(message, (2, 0), (0, 2)))


# -- an outcome that nobody knows ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [{"status": 500}, {"broken": "drop connection"}])
@pytest.mark.parametrize("landed", [True, False])
async def test_where_history_can_be_read_a_lost_answer_is_looked_up(
    reading: World, clock: FakeClock, fault: dict[str, object], *, landed: bool
) -> None:
    held = await subscription(reading, reading.general)
    reading.slack.fail("chat.postMessage", after_doing=landed, **fault)  # type: ignore[arg-type]
    await runner(reading).tick()
    assert await states(reading, held) == [RunState.ATTEMPTED]
    assert len(digests(reading.general)) == landed
    await ticks(reading, clock, 5)
    assert await states(reading, held) == [RunState.POSTED]
    assert len(digests(reading.general)) == 1
    assert told(reading, reading.ann) == []


async def test_it_is_looked_for_behind_everything_said_since(reading: World, clock: FakeClock) -> None:
    reading.slack.fail("chat.postMessage", status=500, after_doing=True)
    await runner(reading).tick()
    for number in range(450):
        reading.slack.say(reading.ben, reading.general, f"line {number}")
    await ticks(reading, clock, 5)
    assert len(digests(reading.general)) == 1
    assert await states(reading, await subscription(reading, reading.general)) == [RunState.POSTED]


async def test_somebody_elses_message_is_not_taken_for_the_digest(reading: World, clock: FakeClock) -> None:
    held = await subscription(reading, reading.general)
    reading.slack.fail("chat.postMessage", status=500)
    await runner(reading).tick()
    [run] = await reading.store.digests.runs(held.id, limit=9)
    forged = reading.slack.say(reading.ben, reading.general, "the digest")
    forged.metadata = {"event_type": "shipworthy_digest", "event_payload": {"digest": str(run.id)}}
    await ticks(reading, clock, 5)
    assert [message.user == bot_of(reading, reading.team).id for message in digests(reading.general)] == [False, True]


@pytest.mark.parametrize("fault", [{"status": 500}, {"broken": "drop connection"}])
@pytest.mark.parametrize("landed", [True, False])
async def test_where_history_cannot_be_read_it_is_not_repeated_and_whoever_set_it_is_told(
    world: World, clock: FakeClock, fault: dict[str, object], *, landed: bool
) -> None:
    held = await subscription(world, world.general)
    world.slack.fail("chat.postMessage", after_doing=landed, **fault)  # type: ignore[arg-type]
    await runner(world).tick()
    await ticks(world, clock, 10)
    assert await states(world, held) == [RunState.UNCONFIRMED]
    assert len(digests(world.general)) == landed
    [words] = told(world, world.ann)
    assert "may not have been posted" in words
    assert "/shipworthy digest now" in words
    assert await switched_on(world, world.general)


async def test_whoever_cannot_be_told_now_is_told_later(world: World, clock: FakeClock) -> None:
    world.slack.fail("chat.postMessage", times=3, error="internal_error")
    await runner(world).tick()
    await ticks(world, clock, 30)
    assert len(told(world, world.ann)) == 1


# -- certainly not posted --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [{"status": 429, "retry_after_s": 60}, {"error": "ratelimited"}, {"error": "service_unavailable"}],
)
async def test_what_was_certainly_not_posted_is_tried_for_as_long_as_it_takes_and_posted_once(
    world: World, clock: FakeClock, fault: dict[str, object]
) -> None:
    held = await subscription(world, world.general)
    world.slack.fail("chat.postMessage", 99, **fault)  # type: ignore[arg-type]
    await runner(world).tick()
    assert await states(world, held) == [RunState.CLAIMED]
    await ticks(world, clock, 30)
    assert 3 < posts_in(world, world.general) < 12
    assert await switched_on(world, world.general)
    world.slack._faults.clear()
    await ticks(world, clock, 30)
    assert await states(world, held) == [RunState.POSTED]
    assert len(digests(world.general)) == 1
    assert told(world, world.ann) == []


async def test_a_short_wait_that_slack_asks_for_is_waited_out(world: World) -> None:
    world.slack.fail("chat.postMessage", status=429, retry_after_s=0)
    await runner(world).tick()
    assert len(digests(world.general)) == 1


@pytest.mark.parametrize("why", ["archived", "kicked"])
async def test_a_channel_that_refuses_for_ten_minutes_has_its_digest_switched_off_and_others_get_theirs(
    tmp_path: Path, why: str
) -> None:
    clock = FakeClock(app.now_us())
    async with Slack() as slack, World(tmp_path, slack, clock=clock).connected() as world:
        room = slack.channel(world.team, "room", world.ben, private=True)
        await due(world, clock, {room: world.ben, world.general: world.ann})
        held = await subscription(world, room)
        before = posts_in(world, room)
        if why == "archived":
            slack.archive(room)
        else:
            slack.kick(room)
        working = runner(world)
        await working.tick()
        assert len(digests(world.general)) == 1
        for _ in range(9):
            clock.forward(minutes=1)
            await working.tick()
        assert await switched_on(world, room)
        assert posts_in(world, room) > before + 2
        for _ in range(9):
            clock.forward(minutes=1)
            await working.tick()
        assert await switched_on(world, room) is None
        assert await states(world, held) == [RunState.FAILED]
        [words] = told(world, world.ben)
        assert words.startswith(f"<#{room.id}>: I have switched off the weekly digest")
        assert ("archived" if why == "archived" else "not in that channel") in words
        assert (len(digests(world.general)), digests(room)) == (1, [])
        assert told(world, world.ann) == []
        assert await switched_on(world, world.general)


async def test_a_channel_that_is_mended_in_time_gets_its_digest(world: World, clock: FakeClock) -> None:
    held = await subscription(world, world.general)
    world.slack.archive(world.general)
    working = runner(world)
    for minute in range(8):
        world.general.archived = minute < 5
        clock.forward(minutes=1)
        await working.tick()
    assert await states(world, held) == [RunState.POSTED]
    assert len(digests(world.general)) == 1


async def test_a_public_channel_that_put_the_bot_out_still_gets_its_digest(world: World) -> None:
    world.slack.kick(world.general)
    await runner(world).tick()
    assert len(digests(world.general)) == 1


async def test_a_workspace_that_removed_the_app_has_its_digest_switched_off_and_others_get_theirs(
    tmp_path: Path,
) -> None:
    clock = FakeClock(app.now_us())
    async with Slack() as slack, World(tmp_path, slack, "oauth", clock=clock).connected() as world:
        second = slack.workspace("T2", "Other")
        eve = slack.person(second, "Eve")
        lobby = slack.channel(second, "lobby", eve)
        for team in (world.team, second):
            await install(world, team)
        await due(world, clock, {world.general: world.ann, lobby: eve})
        made = slack.bot(world.team)
        assert made is not None
        made.refused_with = "account_inactive"  # and the event that would tell of it has not come
        working = runner(world)
        for _ in range(20):
            await working.tick()
            clock.forward(minutes=1)
        assert len(digests(lobby)) == 1
        assert digests(world.general) == []
        assert await switched_on(world, world.general) is None
        assert await switched_on(world, lobby)

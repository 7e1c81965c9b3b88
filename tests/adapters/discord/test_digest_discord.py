"""The weekly digest in Discord's channels: once, found again where its outcome is unknown, or given up on aloud."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from adapters.discord import digest_message
from bot import app
from bot.digest_runner import DigestRunner
from commands.model import RunState, Subscription, TeamKey
from commands.ports import Rules
from tests.adapters.discord.reading import words
from tests.adapters.discord.running import NEEDED, World
from tests.adapters.discord.standing import BLUE, change, shows, tallies
from tests.discord_server.direct import channel_with
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Json, Message, Person
from tests.fakes import FakeClock

WEEKLY = {"action": "on", "when": "monday 09:00 Europe/London"}


@pytest.fixture
def clock() -> FakeClock:
    """The bot's clock; Discord goes by its own."""
    return FakeClock(app.now_us())


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """A bot that may read history, with a digest in #general, set by Ann, that is due."""
    async with Discord() as discord, World(tmp_path, discord, clock=clock).connected() as world:
        await due(world, clock, {world.general: world.ann})
        yield world


@pytest.fixture
async def blind(world: World) -> World:
    """The same, of a bot that may not."""
    world.discord.overwrite(world.general, world.discord.bot, deny=Can.READ_MESSAGE_HISTORY)
    await settled(world)
    return world


async def settled(world: World) -> None:
    """Wait until the bot has heard all that happened."""
    await world.discord.autocomplete(world.ben, world.general, "tool", {"name": "mis"})


async def due(world: World, clock: FakeClock, set_by: Mapping[Channel, Person]) -> None:
    """Let these people switch the digest of these channels on, and let it become due in all of them."""
    for channel, person in set_by.items():
        manages = world.discord.role(channel.guild, "Managers", Can.MANAGE_GUILD)
        world.discord.set_roles(channel.guild, person, manages)
        await world.discord.answered(await world.discord.command(person, channel, "digest", WEEKLY))
    clock.now_us = max([(await subscription(world, channel)).next_due_us for channel in set_by])


async def subscription(world: World, channel: Channel) -> Subscription:
    """The digest of a channel, which is on."""
    found = await switched_on(world, channel)
    assert found is not None
    return found


async def switched_on(world: World, channel: Channel) -> Subscription | None:
    team = await world.store.teams.team(TeamKey("discord", channel.guild.id))
    return await world.store.digests.subscription(team, channel.id)


def runner(world: World) -> DigestRunner:
    """A runner as the program has it."""
    channel = world.connection.channel
    return DigestRunner(
        {"discord": channel},
        readers={"discord": channel},
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


def shown(message: Message) -> Json:
    """What a message shows."""
    return {"content": message.content, "embeds": message.embeds, "components": message.components}


def digests(channel: Channel) -> list[Message]:
    """The digests that stand in a channel."""
    return [message for message in channel.messages.values() if digest_message.digest_id(shown(message)) is not None]


def told(world: World, person: Person) -> list[str]:
    """What the bot said to somebody in direct messages."""
    return [words(shown(message)) for message in world.discord.messages(channel_with(world.discord, person))]


def posts_in(world: World, channel: Channel) -> list[Json]:
    """The bodies that were to be posted in a channel."""
    return [call.json for call in world.discord.calls_of("post_message") if f"/{channel.id}/" in call.path]


# -- once ------------------------------------------------------------------------------------------------------


async def test_a_digest_is_posted_once_with_a_nonce_and_its_id_however_many_runners_there_are(world: World) -> None:
    held = await subscription(world, world.general)
    await asyncio.gather(*(runner(world).tick() for _ in range(4)))
    await runner(world).tick()
    [message] = digests(world.general)
    [run] = await world.store.digests.runs(held.id, limit=9)
    [body] = posts_in(world, world.general)
    assert (body["nonce"], body["enforce_nonce"]) == (str(run.id), True)
    assert digest_message.digest_id(shown(message)) == run.id
    assert f"digest {run.id}" in words(shown(message))
    assert (run.state, message.pings()) == (RunState.POSTED, [])


async def test_one_asked_for_by_command_is_known_to_be_posted(world: World, clock: FakeClock) -> None:
    held = await subscription(world, world.general)
    clock.forward(days=-1)
    used = await world.discord.command(world.ann, world.general, "digest", {"action": "now"})
    await world.discord.answered(used)
    await world.connection.close()
    assert len(digests(world.general)) == 1
    assert await states(world, held) == [RunState.POSTED]


async def test_votes_that_were_missed_are_read_back_before_a_digest_tells_of_them(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with Discord() as discord, World(tmp_path, discord, clock=clock).connected() as world:
        message = await world.compare()
        await due(world, clock, {world.general: world.ann})
        change(message, BLUE, [world.ann])
        change(message, BLUE, [world.ben], burst=True)
        await runner(world).tick()
        assert await tallies(world, message) == [(2, 0), (0, 2)]
        [digest] = digests(world.general)
        assert "2 votes" in words(shown(digest))
        await discord.until(lambda: shows(message, (2, 0), (0, 2)))


@pytest.mark.parametrize("place", ["thread", "forum post", "thread that was put away"])
async def test_it_comes_to_threads_and_posts_also_when_they_were_put_away_meanwhile(
    tmp_path: Path, clock: FakeClock, place: str
) -> None:
    async with Discord() as discord, World(tmp_path, discord, clock=clock).connected() as world:
        parent = discord.channel(world.guild, "forum", kind="forum") if place == "forum post" else world.general
        thread = discord.thread(parent, "Weekly", world.ann, "Here")
        await due(world, clock, {thread: world.ann})
        if place == "thread that was put away":
            discord.archive(thread)
            await settled(world)
        await runner(world).tick()
        assert len(digests(thread)) == 1
        assert not thread.archived


# -- an outcome that nobody knows ------------------------------------------------------------------------------


async def test_a_500_after_posting_is_repeated_by_the_library_and_the_nonce_makes_it_one(world: World) -> None:
    held = await subscription(world, world.general)
    world.discord.fail("post_message", status=500, after_doing=True)
    await runner(world).tick()
    assert len(posts_in(world, world.general)) == 2
    assert len(digests(world.general)) == 1
    assert await states(world, held) == [RunState.POSTED]


@pytest.mark.parametrize("fault", [{"status": 503}, {"broken": "drop connection"}])
@pytest.mark.parametrize("landed", [True, False])
async def test_where_history_can_be_read_a_lost_answer_is_looked_up(
    world: World, clock: FakeClock, fault: dict[str, object], *, landed: bool
) -> None:
    held = await subscription(world, world.general)
    world.discord.fail("post_message", after_doing=landed, **fault)  # type: ignore[arg-type]
    await runner(world).tick()
    assert await states(world, held) == [RunState.ATTEMPTED]
    assert len(digests(world.general)) == landed
    assert len(posts_in(world, world.general)) == 1
    await ticks(world, clock, 5)
    assert await states(world, held) == [RunState.POSTED]
    assert len(digests(world.general)) == 1
    assert len(posts_in(world, world.general)) == (1 if landed else 2)
    assert told(world, world.ann) == []


async def test_it_is_looked_for_behind_everything_said_since(world: World, clock: FakeClock) -> None:
    world.discord.fail("post_message", status=503, after_doing=True)
    await runner(world).tick()
    for number in range(350):
        world.discord.say(world.ben, world.general, f"line {number}")
    await ticks(world, clock, 5)
    assert len(digests(world.general)) == len(posts_in(world, world.general)) == 1
    assert await states(world, await subscription(world, world.general)) == [RunState.POSTED]


async def test_somebody_elses_message_is_not_taken_for_the_digest(world: World, clock: FakeClock) -> None:
    held = await subscription(world, world.general)
    world.discord.fail("post_message", status=503)
    await runner(world).tick()
    [run] = await world.store.digests.runs(held.id, limit=9)
    forger = world.discord.person(world.guild, "Forger", is_bot=True)
    forged = world.discord.say(forger, world.general, f"hello <@{world.discord.bot.id}>")
    forged.components = [{"type": 17, "components": [{"type": 10, "content": f"-# digest {run.id}"}]}]
    await ticks(world, clock, 5)
    assert [message.author is forger for message in digests(world.general)] == [True, False]


@pytest.mark.parametrize("fault", [{"status": 503}, {"broken": "drop connection"}])
@pytest.mark.parametrize("landed", [True, False])
async def test_where_history_cannot_be_read_it_is_not_repeated_and_whoever_set_it_is_told(
    blind: World, clock: FakeClock, fault: dict[str, object], *, landed: bool
) -> None:
    held = await subscription(blind, blind.general)
    blind.discord.fail("post_message", after_doing=landed, **fault)  # type: ignore[arg-type]
    await runner(blind).tick()
    await ticks(blind, clock, 10)
    assert await states(blind, held) == [RunState.UNCONFIRMED]
    assert len(digests(blind.general)) == landed
    assert len(posts_in(blind, blind.general)) == 1
    [said] = told(blind, blind.ann)
    assert "may not have been posted" in said
    assert f"<#{blind.general.id}>" in said
    assert await switched_on(blind, blind.general)


async def test_whoever_cannot_be_told_now_is_told_later(blind: World, clock: FakeClock) -> None:
    blind.discord.fail("post_message", status=503)
    await runner(blind).tick()
    blind.discord.fail("open_direct", times=2, status=503)
    await ticks(blind, clock, 30)
    assert len(told(blind, blind.ann)) == 1


async def test_whoever_takes_no_direct_messages_holds_nothing_up(blind: World, clock: FakeClock) -> None:
    held = await subscription(blind, blind.general)
    blind.discord.fail("post_message", status=503)
    await runner(blind).tick()
    blind.discord.fail("open_direct", times=99, code=50007)
    await ticks(blind, clock, 10)
    assert await states(blind, held) == [RunState.UNCONFIRMED]


# -- certainly not posted --------------------------------------------------------------------------------------


async def test_what_was_certainly_not_posted_is_tried_for_as_long_as_it_takes_and_posted_once(
    world: World, clock: FakeClock
) -> None:
    held = await subscription(world, world.general)
    world.discord.fail("post_message", 99, status=429, by_discord=False)
    await runner(world).tick()
    assert await states(world, held) == [RunState.CLAIMED]
    await ticks(world, clock, 30)
    assert 3 < len(posts_in(world, world.general)) < 12
    assert await switched_on(world, world.general)
    world.discord.mend()
    await ticks(world, clock, 30)
    assert await states(world, held) == [RunState.POSTED]
    assert len(digests(world.general)) == 1
    assert told(world, world.ann) == []


async def test_a_short_wait_that_discord_asks_for_is_waited_out(world: World) -> None:
    world.discord.fail("post_message", status=429, retry_after_s=0.05)
    await runner(world).tick()
    assert len(digests(world.general)) == 1


REFUSALS = {
    "hidden": "I cannot see that channel",
    "muted": "Send Messages",
    "deleted": "the channel was deleted",
    "refused": "my role lacks a permission there",
}


@pytest.mark.parametrize("why", REFUSALS)
async def test_a_channel_that_refuses_for_ten_minutes_has_its_digest_switched_off_and_others_get_theirs(
    tmp_path: Path, clock: FakeClock, why: str
) -> None:
    async with Discord() as discord, World(tmp_path, discord, clock=clock).connected() as world:
        room = discord.channel(world.guild, "room")
        await due(world, clock, {room: world.ben, world.general: world.ann})
        held = await subscription(world, room)
        match why:
            case "hidden":
                discord.overwrite(room, discord.bot, deny=Can.VIEW_CHANNEL)
            case "muted":
                discord.overwrite(room, discord.bot, deny=Can.SEND_MESSAGES)
            case "deleted":
                discord.remove_channel(room)
            case _:
                discord.fail("post_message", 99, where=room.id, code=50013)
        await settled(world)
        working = runner(world)
        await working.tick()
        assert len(digests(world.general)) == 1
        for _ in range(9):
            clock.forward(minutes=1)
            await working.tick()
        assert await switched_on(world, room)
        for _ in range(9):
            clock.forward(minutes=1)
            await working.tick()
        assert await switched_on(world, room) is None
        assert await states(world, held) == [RunState.FAILED]
        [said] = told(world, world.ben)
        assert "I have switched off the weekly digest" in said
        assert f"<#{room.id}>" in said
        assert REFUSALS[why] in said
        assert (len(digests(world.general)), digests(room), told(world, world.ann)) == (1, [], [])
        assert await switched_on(world, world.general)


async def test_a_thread_that_was_locked_is_a_channel_that_refuses(tmp_path: Path, clock: FakeClock) -> None:
    async with Discord() as discord, World(tmp_path, discord, clock=clock).connected() as world:
        thread = discord.thread(world.general, "Weekly", world.ben, "Here")
        await due(world, clock, {thread: world.ben})
        discord.archive(thread, locked=True)
        await settled(world)
        await ticks(world, clock, 20)
        [said] = told(world, world.ben)
        assert "the thread is archived" in said
        assert await switched_on(world, thread) is None


async def test_a_channel_that_is_mended_in_time_gets_its_digest(world: World, clock: FakeClock) -> None:
    held = await subscription(world, world.general)
    working = runner(world)
    for minute in range(8):
        denied = Can.SEND_MESSAGES if minute < 5 else Can(0)
        world.discord.overwrite(world.general, world.discord.bot, deny=denied)
        await settled(world)
        clock.forward(minutes=1)
        await working.tick()
    assert await states(world, held) == [RunState.POSTED]
    assert len(digests(world.general)) == 1


async def test_a_server_that_removed_the_bot_gets_none_and_others_get_theirs(tmp_path: Path, clock: FakeClock) -> None:
    async with Discord() as discord, World(tmp_path, discord, clock=clock).connected() as world:
        second = discord.guild("Other", bot_permissions=NEEDED)
        eve, lobby = discord.person(second, "Eve"), discord.channel(second, "lobby")
        await settled(world)
        await due(world, clock, {world.general: world.ann, lobby: eve})
        discord.remove_bot(second)
        await settled(world)
        await ticks(world, clock, 20)
        assert len(digests(world.general)) == 1
        assert digests(lobby) == []
        assert await switched_on(world, world.general)

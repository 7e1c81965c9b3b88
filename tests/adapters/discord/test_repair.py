"""Coming back: the reactions that changed while the bot was away are read back, and nothing else moves."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot import app
from commands.model import Ballot, BallotKind, TeamKey
from commands.model import Channel as Place
from tests import stored
from tests.adapters.discord.hurry import hurry
from tests.adapters.discord.running import NEEDED, World
from tests.adapters.discord.standing import (
    BLUE,
    ORANGE,
    SKIP,
    address,
    change,
    counted,
    frozen,
    heard,
    marks,
    opened,
    shows,
    tallies,
    until,
)
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import EPOCH_MS, Message, Person
from tests.fakes import FakeClock

DAY_US = 86_400_000_000


class Row(NamedTuple):
    """A mark as it is stored."""

    active: bool
    at_us: int


async def row(world: World, message: Message, person: Person, option: int) -> Row | None:
    """What is stored of somebody's reaction."""
    found = await opened(world, message)
    rows = stored.rows(
        world.store,
        "SELECT active, at_us FROM marks WHERE ballot = ? AND person = ? AND option = ? AND via = 'reaction'",
        (found.id, person.id, option),
    )
    return next((Row(bool(active), at_us) for active, at_us in rows), None)


def repaired(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of repairs that are over."""
    said = [record.message for record in caplog.records if record.message.startswith("repaired ")]
    return [words for words in said if " so far" not in words]


async def until_said(caplog: pytest.LogCaptureFixture) -> str:
    """Wait until a repair is over; what is said of it."""

    async def over() -> bool:
        return bool(repaired(caplog))

    await until(over)
    return repaired(caplog)[-1]


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO, "commands.repair")
    hurry(monkeypatch)


@pytest.fixture
def clock() -> FakeClock:
    """The bot's clock; Discord goes by its own."""
    return FakeClock(app.now_us())


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """A bot that can be connected and disconnected."""
    async with Discord() as discord:
        yield World(tmp_path, discord, clock=clock)


def reads(world: World) -> list[str]:
    """The messages that were read back, in order."""
    return [call.path.rpartition("/")[2] for call in world.discord.calls_of("get_message")]


def crowd(world: World, count: int) -> list[Person]:
    """So many people more."""
    return [world.discord.person(world.guild, f"Voter {number}") for number in range(count)]


# -- what is read back -----------------------------------------------------------------------------------------


async def test_what_changed_while_it_was_away_is_read_back_and_drawn(world: World, clock: FakeClock) -> None:
    discord = world.discord
    async with world.connected():
        message = await world.compare()
        discord.react(world.ann, message, BLUE)
        discord.react(world.ben, message, ORANGE)
        await counted(world, message, (1, 1), (1, 1))
        known = await row(world, message, world.ann, 1)
        clock.forward(minutes=10)
        left_us = clock()
    clock.forward(days=1)
    cy = discord.person(world.guild, "Cy")
    change(message, ORANGE, [world.ben], on=False)
    change(message, SKIP, [cy], burst=True)
    async with world.connected():
        await discord.until(lambda: shows(message, (1, 1), (0, 2)))
        assert await row(world, message, world.ann, 1) == known
        assert await row(world, message, cy, 0) == Row(active=True, at_us=left_us)
        assert await row(world, message, world.ben, 2) == Row(active=False, at_us=clock())
        held = await opened(world, message)
        assert await world.store.votes.stored_counters(held.team) == await world.store.votes.rebuilt_counters(held.team)


async def test_a_mark_read_back_is_never_older_than_the_message(world: World, clock: FakeClock) -> None:
    clock.forward(days=-1)
    async with world.connected():
        message = await world.compare()
    change(message, BLUE, [world.ben])
    async with world.connected():
        await world.discord.until(lambda: shows(message, (1, 0), (0, 1)))
        found = await row(world, message, world.ben, 1)
        assert found is not None
        assert found.at_us == ((int(message.id) >> 22) + EPOCH_MS) * 1_000  # what the id tells


async def test_button_votes_are_the_bots_own_and_stay(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.connected():
        message = await world.compare()
        held = await opened(world, message)
        world.discord.react(world.ben, message, ORANGE)
        await counted(world, message, (0, 1), (1, 0))
        await world.core.press(TeamKey("discord", world.guild.id), held.id, world.ben.id, 1)
    change(message, ORANGE, [world.ben], on=False)
    caplog.clear()
    async with world.connected():
        assert await until_said(caplog) == "repaired 1 mark on 1 ballot"
        assert await tallies(world, message) == [(1, 0), (0, 1)]


async def test_bots_and_what_is_no_option_are_left_out(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.connected():
        message = await world.compare()
    robot = world.discord.person(world.guild, "Robot", is_bot=True)
    change(message, BLUE, [robot, world.ben])
    change(message, ORANGE, [robot], burst=True)
    change(message, "🚢", [world.ann])
    change(message, "🔵:7", [world.ann])
    caplog.clear()
    async with world.connected():
        assert await until_said(caplog) == "repaired 1 mark on 1 ballot"
        assert await tallies(world, message) == [(1, 0), (0, 1)]


async def test_normal_and_super_reactions_are_read_on_every_page_and_count_once_a_person(world: World) -> None:
    async with world.connected():
        message = await world.compare()
    people = crowd(world, 230)
    change(message, BLUE, people[:205])
    change(message, BLUE, people[95:], burst=True)
    async with world.connected():
        await world.discord.until(lambda: shows(message, (230, 0), (0, 230)))
        pages = [call.query for call in world.discord.calls_of("list_reaction_users")]
        assert {page["limit"] for page in pages} == {"100"}
        blue = [page["type"] for page in pages][:5]
        assert sorted(blue) == ["0", "0", "0", "1", "1"]


@pytest.mark.parametrize("fault", [{"status": 503}, {"code": 50001}, {"broken": "drop connection"}])
async def test_a_reading_that_breaks_off_at_a_later_page_switches_nothing_off(
    world: World, caplog: pytest.LogCaptureFixture, fault: dict[str, object]
) -> None:
    people = crowd(world, 4)
    async with world.connected():
        message = await world.compare()
        for person in people:
            world.discord.react(person, message, BLUE)
        await counted(world, message, (4, 0), (0, 4))
    change(message, BLUE, people[:1], on=False)
    change(message, ORANGE, crowd(world, 150))
    world.discord.fail("list_reaction_users", times=99, where=ORANGE, **fault)  # type: ignore[arg-type]
    caplog.clear()
    async with world.connected():
        assert "1 could not be read" in await until_said(caplog)
        assert await tallies(world, message) == [(4, 0), (0, 4)]
    world.discord.mend()
    async with world.connected():
        await counted(world, message, (3, 150), (150, 3))


async def test_what_could_not_be_read_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.away.AGAIN_S", (0.05,))
    async with world.connected():
        message = await world.compare()
    change(message, BLUE, [world.ben])
    world.discord.fail("get_message", times=7, status=503)
    async with world.connected():
        await world.discord.until(lambda: shows(message, (1, 0), (0, 1)))


async def test_a_vote_that_comes_in_while_reactions_are_read_survives(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    discord = world.discord
    async with world.connected():
        message = await world.compare()
        discord.react(world.ann, message, ORANGE)
        await counted(world, message, (0, 1), (1, 0))
    cy = discord.person(world.guild, "Cy")
    change(message, BLUE, [cy])
    discord.fail("list_reaction_users", status=429, retry_after_s=0.6)
    before = len(discord.calls)
    caplog.clear()
    async with world.connected():
        await discord.until(lambda: any(call.name == "list_reaction_users" for call in discord.calls[before:]))
        discord.react(world.ben, message, BLUE)
        discord.unreact(world.ann, message, ORANGE)
        await counted(world, message, (1, 0), (0, 1))
        assert repaired(caplog) == []
        await until_said(caplog)
        assert [await marks(world, message, person) for person in (world.ann, world.ben, cy)] == [set(), {1}, {1}]


# -- what is gone, and what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize("gone", ["message", "channel"])
async def test_what_was_deleted_meanwhile_keeps_the_votes_it_had(world: World, gone: str) -> None:
    async with world.connected():
        message = await world.compare()
        world.discord.react(world.ben, message, BLUE)
        await counted(world, message, (1, 0), (0, 1))
    if gone == "message":
        world.discord.delete(message)
    else:
        world.discord.remove_channel(world.general)
    async with world.connected():
        await until(lambda: frozen(world, message))
        assert await tallies(world, message) == [(1, 0), (0, 1)]


async def test_a_channel_it_sees_no_more_is_left_as_it_is_until_it_sees_it_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    discord = world.discord
    async with world.connected():
        message = await world.compare()
        discord.react(world.ben, message, BLUE)
        await counted(world, message, (1, 0), (0, 1))
    discord.overwrite(world.general, discord.bot, deny=Can.VIEW_CHANNEL)
    change(message, BLUE, [world.ben], on=False)
    change(message, ORANGE, [world.ann])
    caplog.clear()
    async with world.connected():
        assert "1 could not be read" in await until_said(caplog)
        assert await tallies(world, message) == [(1, 0), (0, 1)]
        assert not await frozen(world, message)
    discord.overwrite(world.general, discord.bot)
    async with world.connected():
        await discord.until(lambda: shows(message, (0, 1), (1, 0)))


async def test_an_archived_thread_is_read_back_and_its_message_left_in_peace(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    discord, thread = world.discord, world.discord.thread(world.general, "aside", world.ann)
    async with world.connected():
        message = await world.compare(channel=thread)
    change(message, BLUE, [world.ben])
    discord.archive(thread)
    caplog.clear()
    async with world.connected():
        assert await until_said(caplog) == "repaired 1 mark on 1 ballot"
        assert await tallies(world, message) == [(1, 0), (0, 1)]
    assert message.edits == 0
    assert thread.archived


async def test_one_servers_failure_does_not_stop_the_other(world: World, caplog: pytest.LogCaptureFixture) -> None:
    discord = world.discord
    second = discord.guild("Other", bot_permissions=NEEDED)
    eve, lobby = discord.person(second, "Eve"), discord.channel(second, "lobby")
    async with world.connected():
        first = await world.compare()
        other = await world.compare(by=eve, channel=lobby)
        discord.react(world.ben, first, BLUE)
        await counted(world, first, (1, 0), (0, 1))
    change(first, BLUE, [world.ben], on=False)
    change(other, BLUE, [eve])
    discord.fail("get_message", times=99, where=world.general.id, status=503)
    async with world.connected():
        await discord.until(lambda: shows(other, (1, 0), (0, 1)))
        assert await tallies(world, first) == [(1, 0), (0, 1)]


# -- when, in what order and how fast --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["invalidated", "lost"])
async def test_a_session_that_was_lost_is_followed_by_a_repair(world: World, way: str) -> None:
    discord = world.discord
    async with world.connected():
        message = await world.compare()
        discord.react(world.ann, message, ORANGE)
        await counted(world, message, (0, 1), (1, 0))
        change(message, BLUE, [world.ben])
        change(message, ORANGE, [world.ann], on=False)
        if way == "invalidated":
            discord.invalidate_sessions()
        else:
            discord.lose_sessions()
        await discord.until(lambda: shows(message, (1, 0), (0, 1)))


async def test_a_session_that_is_resumed_is_told_all_and_nothing_is_read_back(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    discord = world.discord
    async with world.connected():
        message = await world.compare()
        caplog.clear()
        discord.close_connections()
        discord.react(world.ben, message, BLUE)
        await discord.until(lambda: shows(message, (1, 0), (0, 1)))
        await discord.until(lambda: discord.resumed)
        await heard(world, message, world.ann)
        assert reads(world) == []
        assert repaired(caplog) == []


async def post_many(world: World, count: int, *, days_ago: int = 0) -> list[Message]:
    """Let so many ballots of the bot's stand in #general."""
    names = await world.store.catalogue.names()
    team = await world.store.teams.team(TeamKey("discord", world.guild.id))
    messages = []
    for number in range(count):
        message = world.discord.say(world.discord.bot, world.general, "a comparison")
        tools = (names[number % len(names)].id, names[(number + 1) % len(names)].id)
        await world.store.votes.open(
            Ballot(
                id=number + 1 + days_ago * 1_000,
                team=team,
                kind=BallotKind.COMPARISON,
                tools=tools,
                channel=Place(world.general.id),
                asker=world.ann.id,
                message=address(message),
                posted_us=message.created_us - days_ago * DAY_US,
            )
        )
        messages.append(message)
    return messages


async def test_it_says_what_it_repaired_newest_first_and_leaves_out_what_is_a_month_old(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.connected():
        await post_many(world, 3, days_ago=31)
        messages = await post_many(world, 25)
    change(messages[3], BLUE, [world.ann, world.ben])
    change(messages[20], SKIP, [world.ben])
    caplog.clear()
    async with world.connected():
        assert await until_said(caplog) == "repaired 3 marks on 25 ballots"
        assert reads(world) == [message.id for message in reversed(messages)]


async def test_an_old_ballot_that_was_voted_on_lately_is_read_back(world: World) -> None:
    async with world.connected():
        [message] = await post_many(world, 1, days_ago=31)
        world.discord.react(world.ann, message, BLUE)
        await counted(world, message, (1, 0), (0, 1))
    change(message, BLUE, [world.ben])
    async with world.connected():
        await counted(world, message, (2, 0), (0, 2))


async def test_it_reads_within_what_discord_allows(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.connected():
        messages = await post_many(world, 12)
    change(messages[0], BLUE, [world.ben])
    world.discord.limit("get_message", 4, 0.5)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    caplog.clear()
    async with world.connected():
        assert await until_said(caplog) == "repaired 1 mark on 12 ballots"
    assert loop.time() - began_s > 0.9
    # Where a limit ends, the library may ask a moment too early, and is then told to wait.
    assert 12 <= len(reads(world)) <= 12 + 3

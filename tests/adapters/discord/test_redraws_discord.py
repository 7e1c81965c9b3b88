"""Messages drawn again as votes move: soon, within Discord's limits, and the last state always."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.adapters.discord.hurry import SPEED, hurry
from tests.adapters.discord.running import World
from tests.adapters.discord.standing import (
    BLUE,
    OPTIONS,
    ORANGE,
    SKIP,
    claim,
    counted,
    frozen,
    heard,
    marks,
    shows,
    tallies,
    until,
)
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Message, Person

ALLOWED = 40
"""Edits a minute for one team, at most."""

MINUTE_US = 60_000_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Discord() as discord, World(tmp_path, discord).connected() as world:
        yield world


@pytest.fixture
async def hurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The same, with minutes that last a second for the bot."""
    hurry(monkeypatch)
    async with Discord() as discord, World(tmp_path, discord).connected() as world:
        yield world


async def stored(world: World, message: Message, person: Person, options: set[int]) -> bool:
    """Whether these are somebody's marks on a message as they are stored."""
    return await marks(world, message, person) == options


def edits(world: World, message: Message | None = None) -> list[int]:
    """When messages were drawn again, in microseconds."""
    where = message.id if message else ""
    return [call.at_us for call in world.discord.calls_of("edit_message") if where in call.path]


async def test_the_first_vote_is_drawn_at_once_and_the_next_are_gathered(world: World) -> None:
    discord, message = world.discord, await world.compare()
    discord.react(world.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.react(world.ben, message, ORANGE)
    discord.react(world.ann, message, ORANGE)
    discord.unreact(world.ben, message, BLUE)
    await discord.until(lambda: shows(message, (0, 2), (2, 0)))
    assert len(edits(world)) == 2
    assert edits(world)[1] - edits(world)[0] > 1_000_000


async def test_what_changes_nothing_is_not_drawn(hurried: World) -> None:
    discord, message = hurried.discord, await hurried.compare()
    discord.react(hurried.ben, message, BLUE)
    await discord.until(lambda: message.edits == 1)
    discord.react(hurried.ben, message, BLUE, burst=True)
    discord.react(hurried.ben, message, "🎉")
    other = await hurried.compare(by=hurried.ben, a="mistral-code", b="mistral-8x24b")
    discord.react(hurried.ben, other, BLUE)
    await discord.until(lambda: other.edits == 1)
    await heard(hurried, other, hurried.ann)
    assert message.edits == 1


async def test_a_storm_of_votes_stays_within_what_is_allowed_and_ends_in_the_last_state(hurried: World) -> None:
    discord = hurried.discord
    people = [discord.person(hurried.guild, f"Voter {number}") for number in range(14)]
    channels = [discord.channel(hurried.guild, f"channel-{number}") for number in range(12)]
    messages = [await hurried.compare(by=people[0], channel=channel) for channel in channels]
    emojis = itertools.cycle((BLUE, ORANGE, SKIP))
    for person in people:
        for message in messages:
            discord.react(person, message, next(emojis))
        await asyncio.sleep(0.1)
    for message, person in itertools.product(messages, people):
        standing = {OPTIONS[emoji] for emoji in OPTIONS if person in discord.reactors(message, emoji)}
        await until(partial(stored, hurried, message, person, standing))
    final = await tallies(hurried, messages[0])
    await discord.until(lambda: all(shows(message, *final) for message in messages))
    drawn_us = [at_us * SPEED for at_us in edits(hurried)]
    minutes = (drawn_us[-1] - drawn_us[0]) / MINUTE_US
    assert minutes > 1
    # One more minute's worth at either end: what is counted here is when edits arrived.
    assert len(drawn_us) <= ALLOWED * (minutes + 2)


async def test_one_messages_storm_does_not_cost_an_edit_a_vote(hurried: World) -> None:
    discord, message = hurried.discord, await hurried.compare()
    for number in range(60):
        discord.react(discord.person(hurried.guild, f"Voter {number}"), message, BLUE)
    await discord.until(lambda: shows(message, (60, 0), (0, 60)))
    assert len(edits(hurried)) < 10


@pytest.mark.parametrize("by_discord", [True, False])
async def test_being_asked_to_wait_is_waited_out(hurried: World, *, by_discord: bool) -> None:
    discord, message = hurried.discord, await hurried.compare()
    discord.fail("edit_message", status=429, retry_after_s=0.5, by_discord=by_discord)
    discord.react(hurried.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    first, second = edits(hurried)
    assert second - first >= (500_000 if by_discord else 1_000_000 // SPEED)


@pytest.mark.parametrize("fault", [{"status": 503}, {"broken": "drop connection"}])
async def test_a_draw_that_discord_fails_at_is_tried_until_it_is_done(hurried: World, fault: dict[str, object]) -> None:
    discord, message = hurried.discord, await hurried.compare()
    discord.fail("edit_message", times=10, **fault)  # type: ignore[arg-type]
    discord.react(hurried.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    assert len(edits(hurried)) == 11


async def test_a_removal_whose_draw_fails_at_first_still_finds_the_super_reaction_that_stands(hurried: World) -> None:
    discord, message = hurried.discord, await hurried.compare()
    for burst in (False, True):
        discord.react(hurried.ben, message, BLUE, burst=burst)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.fail("edit_message", times=4, status=503)
    discord.unreact(hurried.ben, message, BLUE)
    await discord.until(lambda: discord.calls_of("list_reaction_users"))
    await counted(hurried, message, (1, 0), (0, 1))


async def test_a_message_that_was_deleted_is_noticed_drawn_no_more_and_keeps_its_votes(hurried: World) -> None:
    discord, message = hurried.discord, await hurried.compare()
    discord.react(hurried.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.react(hurried.ann, message, ORANGE)
    discord.delete(message)
    await until(lambda: frozen(hurried, message))
    assert await tallies(hurried, message) == [(1, 1), (1, 1)]
    claim(hurried, message, hurried.ann, BLUE)
    other = await hurried.compare(by=hurried.ben, a="mistral-code", b="mistral-8x24b")
    await heard(hurried, other, hurried.ann)
    assert await marks(hurried, message, hurried.ann) == {2}
    assert len(edits(hurried, message)) == 2


@pytest.mark.parametrize("known", [True, False])
async def test_an_archived_thread_is_left_in_peace_and_its_votes_are_drawn_with_the_next_one(
    hurried: World, *, known: bool
) -> None:
    discord, thread = hurried.discord, hurried.discord.thread(hurried.general, "aside", hurried.ann)
    message = await hurried.compare(channel=thread)
    discord.react(hurried.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.react(hurried.ann, message, BLUE)
    if known:
        discord.archive(thread)
    else:
        thread.archived = True
    await counted(hurried, message, (2, 0), (0, 2))
    await discord.until(lambda: known or len(edits(hurried, message)) == 2)
    elsewhere = await hurried.compare(by=hurried.ben, a="mistral-code", b="mistral-8x24b")
    for number in range(4):
        discord.react(discord.person(hurried.guild, f"Voter {number}"), elsewhere, BLUE)
    await discord.until(lambda: shows(elsewhere, (4, 0), (0, 4)))
    assert thread.archived
    assert len(edits(hurried, message)) == (1 if known else 2)
    assert not await frozen(hurried, message)
    if known:
        discord.unarchive(thread)
    thread.archived = False
    discord.react(discord.person(hurried.guild, "Cy"), message, BLUE)
    await discord.until(lambda: shows(message, (3, 0), (0, 3)))


async def test_a_channel_the_bot_sees_no_more_costs_no_call(hurried: World) -> None:
    discord, message = hurried.discord, await hurried.compare()
    discord.react(hurried.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.react(hurried.ann, message, ORANGE)
    discord.overwrite(hurried.general, discord.bot, deny=Can.VIEW_CHANNEL)
    await counted(hurried, message, (1, 1), (1, 1))
    await hurried.connection.close()
    assert len(edits(hurried)) == 1


async def test_a_stop_draws_what_is_behind_and_the_next_start_what_a_killed_bot_had_not(tmp_path: Path) -> None:
    async with Discord() as discord:
        world = World(tmp_path, discord)
        async with world.connected():
            message = await world.compare()
            discord.react(world.ben, message, BLUE)
            await discord.until(lambda: message.edits == 1)
            discord.react(world.ann, message, ORANGE)
            await counted(world, message, (1, 1), (1, 1))
            assert message.edits == 1
        assert shows(message, (1, 1), (1, 1))
        cy = discord.person(world.guild, "Cy")
        async with world.connected():
            discord.fail("edit_message", times=20, status=503)
            discord.react(cy, message, ORANGE)
            await counted(world, message, (1, 2), (2, 1))
        assert shows(message, (1, 1), (1, 1))
        discord.mend()
        async with world.connected():
            await discord.until(lambda: shows(message, (1, 2), (2, 1)))

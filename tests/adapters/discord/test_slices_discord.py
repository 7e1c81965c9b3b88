"""Two processes that share the bot's shards: each serves its own servers, and stands in for the other where it can."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord.shards import Slice
from commands.errors import CommandError
from commands.model import Channel, TeamKey
from commands.reply import Lead, Reply, text
from tests.adapters.discord.hurry import hurry
from tests.adapters.discord.running import World
from tests.adapters.discord.standing import BLUE, counted, opened, until
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord

REGISTER = "put_commands"
DIGEST = Reply("What changed", (Lead(text("What changed")),), digest=77)


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[World, World]]:
    """A server on the first of two shards and one on the second, each with a process of its own to be run."""
    hurry(monkeypatch)
    async with Discord() as discord:
        found: dict[int, World] = {}
        while len(found) < 2:
            world = World(tmp_path, discord)
            shard = (int(world.guild.id) >> 22) % 2
            world.shards = Slice(shard, shard, 2)
            found.setdefault(shard, world)
        yield found[0], found[1]


@asynccontextmanager
async def both(pair: tuple[World, World]) -> AsyncIterator[tuple[World, World]]:
    """Both, running."""
    first, second = pair
    async with first.connected(), second.connected():
        yield pair


def team(world: World) -> TeamKey:
    return TeamKey("discord", world.guild.id)


async def test_each_process_serves_its_own_servers_and_only_the_first_registers_commands(
    pair: tuple[World, World],
) -> None:
    first, second = pair
    async with second.connected():
        assert first.discord.calls_of(REGISTER) == []
        async with first.connected():
            assert len(first.discord.calls_of(REGISTER)) == 1
            assert [one["shard"] for one in first.discord.identified] == [[1, 2], [0, 2]]
            for world in pair:
                message = await world.compare()
                world.discord.react(world.ben, message, BLUE)
                await counted(world, message, (1, 0), (0, 1))
                await until(world.connection.connected)


async def test_a_process_judges_who_came_and_went_only_of_its_own_servers(pair: tuple[World, World]) -> None:
    first, second = pair
    async with both(pair):
        await until(first.connection.connected)
        await until(second.connection.connected)
    first.discord.remove_bot(second.guild)
    async with first.connected():
        await until(first.connection.connected)
        assert team(second) in await first.store.teams.present("discord")
    async with second.connected():
        await until(second.connection.connected)
        assert team(second) not in await second.store.teams.present("discord")


async def test_what_one_process_missed_it_reads_back_though_the_other_was_connected(pair: tuple[World, World]) -> None:
    first, second = pair
    async with first.connected():
        async with second.connected():
            message = await second.compare()
            await until(second.connection.connected)
        left_us = await first.store.presence.seen("discord:1/2")
        first.discord.react(second.ann, message, BLUE)
        await until(first.connection.connected)
    assert left_us
    async with second.connected():
        await counted(second, message, (1, 0), (0, 1))
        found = await opened(second, message)
        async with second.store.database.snapshot():
            activity = await second.store.votes.activity(found.team, message.channel.id, left_us - 1, left_us)
        assert activity.votes == 1


async def test_a_message_in_a_server_of_the_other_process_is_redrawn_as_the_bot_may_there(
    pair: tuple[World, World],
) -> None:
    first, second = pair
    async with both(pair):
        message = await second.compare()
        ballot = await opened(second, message)
        embeds = message.embeds
        await first.connection.channel.draw(team(second), ballot.id)
        assert message.edits == 1
        assert message.embeds == embeds


async def test_a_digest_is_posted_to_a_server_of_the_other_process_and_found_there(pair: tuple[World, World]) -> None:
    first, second = pair
    thread = second.discord.thread(second.general, "Thread", by=second.ann)
    async with both(pair):
        for place in (second.general, thread):
            room = Channel(place.id)
            posted = await first.connection.channel.post_digest(team(second), room, DIGEST)
            assert place.messages[posted.id]
            assert await first.connection.channel.find_digest(team(second), room, 77) == posted


@pytest.mark.parametrize(
    ("denied", "said"),
    [(Can.VIEW_CHANNEL, "I cannot see that channel"), (Can.SEND_MESSAGES, "I lack Send Messages there")],
)
async def test_a_digest_that_may_not_be_posted_there_is_refused_with_what_is_missing(
    pair: tuple[World, World], denied: Can, said: str
) -> None:
    first, second = pair
    second.discord.overwrite(second.general, second.discord.bot, deny=denied)
    async with both(pair):
        with pytest.raises(CommandError, match=said):
            await first.connection.channel.post_digest(team(second), Channel(second.general.id), DIGEST)
    assert first.discord.calls_of("post_message") == []


async def test_a_digest_is_not_taken_for_unposted_where_the_history_may_not_be_read(pair: tuple[World, World]) -> None:
    first, second = pair
    second.discord.overwrite(second.general, second.discord.bot, deny=Can.READ_MESSAGE_HISTORY)
    async with both(pair):
        with pytest.raises(CommandError, match="history"):
            await first.connection.channel.find_digest(team(second), Channel(second.general.id), 77)

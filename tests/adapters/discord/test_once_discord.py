"""What Discord tells twice is done once: both of two processes, while one takes over from the other, or again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord import imprint
from adapters.discord.connection import DiscordConnection, Options
from adapters.discord.inbound import team_key
from bot import app
from commands.core import Core
from commands.model import Message as Address
from tests.adapters.discord.pressing import BLUE, compared, press, whisper
from tests.adapters.discord.running import Prompt, World
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Message


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with Discord() as discord:
        yield discord


@asynccontextmanager
async def taking_over(world: World) -> AsyncIterator[None]:
    """Another process of the bot on the same database, which is told the same while both are there."""
    said: list[str] = []
    async with app.store(world.settings, str(world.folder / "shipworthy.db"), clock=world.clock) as store:
        ports = app.ports(store, world.settings, clock=world.clock)
        options = Options(world.discord.token, world.discord.api_url, ready_within_s=0.05)

        def announce(words: str) -> None:
            said.append(words)
            world.discord.changed()

        other = await DiscordConnection.open(
            options, Core(ports), ports, store.presence, announce=announce, client=Prompt
        )
        stop = asyncio.Event()
        running = asyncio.ensure_future(other.run(stop))
        try:
            await world.discord.until(lambda: any(line.startswith("Discord: connected") for line in said))
            yield
        finally:
            stop.set()
            await running


async def votes(world: World, message: Message) -> tuple[tuple[int, str], ...]:
    """How Ben has voted with the buttons of a comparison."""
    held = await world.store.votes.ballot(Address("discord", message.channel.id, message.id))
    assert held is not None
    return await world.store.votes.marks(held.id, world.ben.id)


async def test_a_command_told_to_two_processes_is_answered_by_one_of_them(discord: Discord, tmp_path: Path) -> None:
    world = World(tmp_path, discord)
    async with world.connected(), taking_over(world):
        assert len(discord.connected()) == 2
        message = await world.compare()
    async with app.store(world.settings, str(tmp_path / "shipworthy.db")) as store:
        held = await store.votes.recent(await store.teams.team(team_key(world.guild.id)), limit=10)
    assert [ballot.message and ballot.message.id for ballot in held] == [message.id]
    drawn = imprint.within(message.components)
    assert drawn is not None
    assert drawn.id == held[0].id
    assert discord.whispers(world.general, world.ann) == []


async def test_a_button_vote_told_to_two_processes_counts_once_and_is_not_taken_back(
    discord: Discord, tmp_path: Path
) -> None:
    world = World(tmp_path, discord)
    strict = discord.channel(world.guild, "strict")
    discord.overwrite(strict, discord.bot, deny=Can.ADD_REACTIONS)
    async with world.connected(), taking_over(world):
        message = await compared(world, strict)
        for standing in (((1, "button"),), (), ((1, "button"),)):
            told = len(discord.whispers(strict, world.ben))
            await press(world, world.ben, message, BLUE)
            await whisper(world, world.ben, strict, after=told)
            assert await votes(world, message) == standing
    assert len(discord.whispers(strict, world.ben)) == 3


async def test_an_interaction_told_again_is_not_worked_on_again(discord: Discord, tmp_path: Path) -> None:
    world = World(tmp_path, discord)
    async with world.connected():
        aliases, team = world.store.aliases, await world.store.teams.team(team_key(world.guild.id))
        used = await discord.command(world.ann, world.general, "alias", {"word": "mixy", "tool": "mistral-code"})
        await discord.answered(used)
        assert await aliases.remove_alias(team, "mixy")
        discord.tell_anyway("INTERACTION_CREATE", used.payload, world.guild)
        await world.compare()
    async with app.store(world.settings, str(tmp_path / "shipworthy.db")) as store:
        assert await store.aliases.aliases(team) == ()

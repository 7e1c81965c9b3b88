"""Servers are strangers to each other, also where the same people are in both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commands.model import TeamKey
from tests.adapters.discord import standing
from tests.adapters.discord.pressing import (
    BLUE,
    CODE,
    EXPERT,
    ORANGE,
    ask,
    compared,
    forged,
    press,
    says,
    whisper,
    words,
)
from tests.adapters.discord.running import NEEDED, TOOLS, World
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Guild, Json, Message


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator["Both"]:
    async with Discord() as discord:
        yield Both(World(tmp_path, discord))


class Both:
    """Harbour, and Lagoon with Eve in its #general. Ann is in both."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.discord = world.discord
        self.lagoon = self.discord.guild("Lagoon", bot_permissions=NEEDED)
        self.eve = self.discord.person(self.lagoon, "Eve")
        self.discord.join(self.lagoon, world.ann, self.discord.role(self.lagoon, "Bosses", Can.MANAGE_GUILD))
        self.discord.set_roles(world.guild, world.ann, self.discord.role(world.guild, "Bosses", Can.MANAGE_GUILD))
        self.general = self.discord.channel(self.lagoon, "general")

    async def tallies(self, guild: Guild) -> set[tuple[int, int]]:
        """All that a server says of any tool."""
        number = await self.world.store.teams.team(TeamKey("discord", guild.id))
        tools = [name.id for name in await self.world.store.catalogue.names()]
        scores = await self.world.store.votes.scores(number, tools)
        return {(tally.ships, tally.skips) for tally in scores.tallies.values()} - {(0, 0)}

    async def here(self, name: str, /, **options: str) -> Message:
        """What Ann is answered in Harbour."""
        return await ask(self.world, name, options)

    async def there(self, name: str, /, **options: str) -> Message:
        """What Ann is answered in Lagoon."""
        return await ask(self.world, name, options, channel=self.general)


async def test_votes_of_one_server_are_not_seen_in_another(both: Both) -> None:
    async with both.world.connected():
        first = await both.world.compare()
        second = await both.world.compare(by=both.eve, channel=both.general)
        both.discord.react(both.world.ann, first, "🔵")
        both.discord.react(both.eve, second, "⏩")
        await says(both.world, first, "100% ship · 1 of 1")
        await says(both.world, second, "0% ship · 0 of 1")
        assert await both.tallies(both.world.guild) == {(1, 0), (0, 1)}
        assert await both.tallies(both.lagoon) == {(0, 1)}
    assert "100% ship · 1 of 1" not in words(second)


async def test_bookmarks_aliases_digests_and_what_is_stored_of_somebody_belong_to_one_server(both: Both) -> None:
    async with both.world.connected():
        await both.here("bookmark", name=CODE)
        await both.here("alias", word="zebra", tool=CODE)
        await both.here("digest", action="on")
        assert "No bookmarks yet" in words(await both.there("bookmarks"))
        assert "no aliases yet" in words(await both.there("alias"))
        assert "digest is off in this channel" in words(await both.there("digest"))
        assert "No tool is called “zebra”" in words(await both.there("tool", name="zebra"))
        assert "Nothing about you is stored" in words(await both.there("mydata"))
        await both.there("forgetme", sure="yes")
        assert "1 bookmark" in words(await both.here("bookmarks"))
        for channel, found in ((both.world.general, [CODE]), (both.general, [])):
            offered = await both.discord.autocomplete(both.world.ann, channel, "tool", {"name": "zebra"})
            assert [each["value"] for each in offered if each["value"] == CODE] == found


async def test_a_comparison_of_one_server_does_not_stand_in_the_way_of_anothers(both: Both) -> None:
    async with both.world.connected():
        await both.world.compare()
        assert "compared here already" not in words(await both.there("compare", **TOOLS))


async def test_a_button_of_another_servers_ballot_does_nothing(both: Both) -> None:
    world = both.world
    strict = both.discord.channel(world.guild, "strict")
    both.discord.overwrite(strict, both.discord.bot, deny=Can.ADD_REACTIONS)
    async with world.connected():
        message = await compared(world, strict)
        await press(world, world.ann, message, BLUE)
        await press(world, world.ann, message, "Read reviews")
        reader = await whisper(world, world.ann, strict, after=2)
        before = await both.tallies(world.guild)
        for place, button in ((message, "vote:2"), (reader, "pick:2"), (message, "remove:")):
            told = len(both.general.whispers)
            pressed = await both.discord.interact(forged(world, world.ann, place, button, both.general))
            assert pressed.acked
            assert "not known here" in words(await whisper(world, world.ann, both.general, after=told))
        read = await both.discord.interact(forged(world, world.ann, message, "reviews:", both.general))
        assert ORANGE not in str((await both.discord.answered(read)).components)
        assert await both.tallies(world.guild) == before == {(1, 0), (0, 1)}
        assert await both.tallies(both.lagoon) == set()
        held = await standing.opened(world, message)
        assert (held.frozen, held.message) == (False, standing.address(message))
    assert not message.deleted


async def test_a_reaction_told_by_another_server_counts_where_the_ballot_is(both: Both) -> None:
    world = both.world
    async with world.connected():
        message = await world.compare()
        about: Json = {"user_id": both.eve.id, "channel_id": message.channel.id, "message_id": message.id}
        about |= {"emoji": {"id": None, "name": "🔵"}, "guild_id": both.lagoon.id, "burst": False, "type": 0}
        about |= {"member": both.lagoon.members[both.eve.id].as_json(), "message_author_id": both.discord.bot.id}
        both.discord.tell_anyway("MESSAGE_REACTION_ADD", about, both.lagoon)
        await standing.counted(world, message, (1, 0), (0, 1))
        assert await both.tallies(both.lagoon) == set()


async def test_the_same_ballot_id_written_elsewhere_opens_one_of_its_own(both: Both) -> None:
    world = both.world
    strict = both.discord.channel(both.lagoon, "strict")
    both.discord.overwrite(strict, both.discord.bot, deny=Can.ADD_REACTIONS)
    async with world.connected():
        first = await world.compare(a=CODE, b=EXPERT)
        second = await compared(world, strict, {"a": CODE, "b": EXPERT})
        await whisper(world, world.ann, strict)
        assert (await standing.opened(world, first)).team != (await standing.opened(world, second)).team
        await press(world, both.eve, second, "Ship Mistral Code")
        await says(world, second, "1 of 1")
        assert await both.tallies(world.guild) == set()

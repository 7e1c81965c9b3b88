"""The bot comes and goes: what becomes of the digests and the votes of a server."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import connection
from bot import app
from bot.storage.statements import Statement
from commands.errors import Unavailable
from commands.model import TeamKey
from commands.ports import Ports, Teams
from tests.adapters.discord.running import NEEDED, World
from tests.adapters.discord.standing import BLUE, counted, until
from tests.discord_server.server import Discord
from tests.discord_server.things import Guild, Message
from tests.fakes import FakeClock

DAY_US = 86_400_000_000
ON = {"action": "on", "when": "monday 09:00 Europe/Berlin"}
MARKS = Statement("tests.sql", "marks", "SELECT count(*) FROM marks")


class House:
    """A server with a comparison, a vote and a weekly digest."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self.world = world
        self.discord = world.discord
        self.guild = world.guild
        self.clock = clock
        self.message: Message

    async def furnish(self) -> None:
        world = self.world
        self.message = await world.compare()
        self.discord.react(world.ann, self.message, BLUE)
        await counted(world, self.message, (1, 0), (0, 1))
        await self.discord.answered(await self.discord.command(self.guild.owner, world.general, "digest", ON))
        assert await self.digests() == 1

    async def digests(self) -> int:
        horizon = self.clock() + 8 * DAY_US
        return await self.world.store.digests.due(horizon, platform="discord")

    async def votes(self) -> int:
        [[found]] = await self.world.store.database.rows(MARKS)
        return int(found)

    async def present(self) -> set[str]:
        return {team.external_id for team in await self.world.store.teams.present("discord")}

    async def unavailable(self) -> bool:
        return all(guild.unavailable for guild in self.world.connection._client.guilds)

    async def here(self, *guilds: Guild) -> None:
        """Wait until the bot counts itself as being in these servers and no others."""
        wanted = {guild.id for guild in guilds}

        async def settled() -> bool:
            return await self.present() == wanted and await self.world.connection.connected()

        await until(settled)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Discord() as discord:
        clock = FakeClock(app.now_us())
        house = House(World(tmp_path, discord, clock=clock), clock)
        async with house.world.connected():
            await house.furnish()
            yield house


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[House]:
    """The same, with the bot not running."""
    async with Discord() as discord:
        clock = FakeClock(app.now_us())
        house = House(World(tmp_path, discord, clock=clock), clock)
        async with house.world.connected():
            await house.furnish()
        yield house


async def test_a_server_that_the_bot_is_put_into_can_use_it_at_once(house: House) -> None:
    discord = house.discord
    pier = discord.guild("Pier", bot_permissions=NEEDED)
    cy, room = discord.person(pier, "Cy"), discord.channel(pier, "room")
    await house.here(house.guild, pier)
    message = await house.world.compare(cy, room)
    discord.react(cy, message, BLUE)
    await counted(house.world, message, (1, 0), (0, 1))
    await counted(house.world, house.message, (1, 0), (0, 1))


async def test_a_server_that_removes_the_bot_keeps_its_votes_for_a_while_and_gets_no_digests(house: House) -> None:
    house.clock.now_us += 1
    house.discord.remove_bot(house.guild)
    await house.here()
    assert (await house.digests(), await house.votes()) == (0, 1)
    assert await house.world.store.teams.purge(house.clock()) == 0
    assert await house.world.store.teams.purge(house.clock() + 1) == 1
    assert await house.votes() == 0


async def test_a_server_that_puts_the_bot_in_again_has_its_votes_and_its_digests_off(house: House) -> None:
    house.clock.now_us += 1
    house.discord.remove_bot(house.guild)
    await house.here()
    house.clock.now_us += 1
    house.discord.invite(house.guild, NEEDED)
    await house.here(house.guild)
    assert await house.world.store.teams.purge(house.clock() + DAY_US) == 0
    assert (await house.digests(), await house.votes()) == (0, 1)


async def test_a_server_that_removes_the_bot_while_it_is_away_is_noted_when_it_is_back(closed: House) -> None:
    closed.clock.now_us += 1
    closed.discord.remove_bot(closed.guild)
    pier = closed.discord.guild("Pier", bot_permissions=NEEDED)
    async with closed.world.connected():
        await closed.here(pier)
        assert (await closed.digests(), await closed.votes()) == (0, 1)


async def test_a_server_that_removes_the_bot_while_its_session_is_lost_is_noted(house: House) -> None:
    house.clock.now_us += 1
    house.discord.lose_sessions()
    house.discord.remove_bot(house.guild)
    await house.here()
    assert (await house.digests(), await house.votes()) == (0, 1)


async def test_an_outage_of_a_server_is_no_removal(house: House) -> None:
    discord = house.discord
    discord.begin_outage(house.guild)
    discord.lose_sessions()
    await discord.until(lambda: len(discord.identified) == 2)
    await house.here(house.guild)
    discord.end_outage(house.guild)
    await discord.until(lambda: len(discord.connected()) == 1)
    discord.react(house.world.ben, house.message, BLUE)
    await counted(house.world, house.message, (2, 0), (0, 2))
    assert await house.digests() == 1


async def test_a_server_in_an_outage_may_be_missing_in_the_list_of_them(house: House) -> None:
    house.discord.begin_outage(house.guild)
    await until(house.unavailable)
    del house.guild.members[house.discord.bot.id]  # as the list of servers has it; the bot is told nothing
    house.clock.now_us += 1
    house.world.connection.on_ready()
    settling = house.world.connection._settling
    assert settling is not None
    await settling
    await house.here(house.guild)
    assert await house.digests() == 1


async def test_an_outage_at_the_start_is_no_removal(closed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(closed.discord), "patience_s", 0.1)
    closed.discord.begin_outage(closed.guild)
    closed.clock.now_us += 1
    async with closed.world.connected():
        await closed.here(closed.guild)
        assert await closed.digests() == 1


async def test_which_servers_the_bot_is_in_is_asked_until_it_is_known(
    closed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "AGAIN_S", (0.02,))
    closed.discord.fail("list_guilds", times=2, status=503)
    closed.clock.now_us += 1
    closed.discord.remove_bot(closed.guild)
    async with closed.world.connected():
        assert await closed.present() == {closed.guild.id}
        await closed.here()


class Faulty:
    """Teams that are kept, except where the store is told to fail a few times first."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self.refuse = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it does not change
        return getattr(self._teams, name)

    async def arrive(self, key: TeamKey, at_us: int) -> None:
        self._fail()
        await self._teams.arrive(key, at_us)

    async def depart(self, key: TeamKey, at_us: int) -> bool:
        self._fail()
        return await self._teams.depart(key, at_us)

    def _fail(self) -> None:
        if self.refuse:
            self.refuse -= 1
            raise Unavailable("the disk is full")


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Faulty]:
    """The teams of the bot that is connected, which can be made to fail."""
    made: list[Faulty] = []
    whole = app.ports

    def ports(*given: Any, **more: Any) -> Ports:  # noqa: ANN401 - as it is called
        found = whole(*given, **more)
        made.append(Faulty(found.teams))
        return replace(found, teams=made[-1])

    monkeypatch.setattr(app, "ports", ports)
    monkeypatch.setattr(connection, "AGAIN_S", (0.02,))
    return lambda: made[-1]


async def test_comings_and_goings_are_kept_once_the_store_works_again(
    faulty: Callable[[], Faulty], house: House
) -> None:
    house.clock.now_us += 1
    faulty().refuse = 2
    house.discord.remove_bot(house.guild)
    await house.here()
    faulty().refuse = 2
    house.clock.now_us += 1
    house.discord.invite(house.guild, NEEDED)
    await house.here(house.guild)
    assert faulty().refuse == 0

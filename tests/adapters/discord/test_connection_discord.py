"""The connection itself: how it is made, kept and made again, and that it lets go of everything."""

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from discord import ShardInfo

from adapters.discord import command_tree, connection
from adapters.discord.client import Client
from bot import app, running
from commands.core import COMMANDS
from commands.errors import CommandError
from tests.adapters.discord.hurry import hurry
from tests.adapters.discord.running import NEEDED, World
from tests.adapters.discord.standing import BLUE, ORANGE, counted, shows, until
from tests.discord_server.server import Discord

GUILDS, GUILD_REACTIONS = 1 << 0, 1 << 10
REGISTER = "put_commands"


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with Discord() as discord:
        yield discord


@pytest.fixture
async def world(discord: Discord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    hurry(monkeypatch)
    async with World(tmp_path, discord).connected() as world:
        yield world


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever failed be tried again at once."""
    monkeypatch.setattr(connection, "AGAIN_S", (0.02,))


async def stay(world: World) -> None:
    """Be connected until cancelled."""
    async with world.connected():
        await asyncio.Event().wait()


async def whole(world: World) -> bool:
    """Whether the bot counts itself as connected."""
    return await world.connection.connected()


async def away(world: World) -> bool:
    return not await whole(world)


# -- making the connection -------------------------------------------------------------------------------------


async def test_a_wrong_token_is_told_and_nothing_is_left_open(discord: Discord, tmp_path: Path) -> None:
    discord.fail("get_me", status=401)
    with pytest.raises(CommandError, match="DISCORD_TOKEN"):
        await stay(World(tmp_path, discord))
    gc.collect()  # what was not closed warns
    assert discord.connections == []


async def test_a_token_that_stops_being_right_ends_the_connection_with_what_to_do(
    discord: Discord, tmp_path: Path
) -> None:
    world = World(tmp_path, discord)
    with pytest.raises(CommandError, match="DISCORD_TOKEN"):  # noqa: PT012 - it is raised when the context is left
        async with world.connected():
            running_on = discord.connections[0]
            discord.close_connections(4004)
            await discord.until(lambda: running_on not in discord.connections)
            await until(lambda: _closed(world))
    gc.collect()


async def _closed(world: World) -> bool:
    return world.connection._client.is_closed()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("call", ["get_me", "get_application", "get_gateway_bot"])
async def test_a_discord_that_is_away_at_the_start_is_asked_again(discord: Discord, tmp_path: Path, call: str) -> None:
    discord.fail(call, times=2, status=503)
    world = World(tmp_path, discord)
    async with world.connected():
        await world.compare()
    gc.collect()
    assert len(discord.calls_of(call)) >= 3


@pytest.mark.usefixtures("at_once")
async def test_a_silent_discord_does_not_hold_up_the_start_or_the_end(
    discord: Discord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "START_WITHIN_S", 0.2)
    monkeypatch.setattr(connection, "TASKS_WITHIN_S", 0.2)
    discord.fail("get_me", broken="hang")
    began = time.monotonic()
    world = World(tmp_path, discord)
    async with world.connected():
        discord.fail("callback", broken="hang")
        using = asyncio.ensure_future(world.compare())
        await discord.until(lambda: discord.calls_of("callback"))
    assert time.monotonic() - began < 8
    using.cancel()


async def test_it_asks_for_servers_and_reactions_and_holds_nothing_of_them(world: World) -> None:
    discord = world.discord
    assert [one["intents"] for one in discord.identified] == [GUILDS | GUILD_REACTIONS]
    message = await world.compare()
    discord.react(world.ben, message, BLUE)
    await counted(world, message, (1, 0), (0, 1))
    client = world.connection._client
    assert list(client.cached_messages) == []
    assert {member.id for guild in client.guilds for member in guild.members} <= {int(discord.bot.id)}


async def test_a_proxy_is_passed_by_where_the_environment_says_so(
    discord: Discord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    async with World(tmp_path, discord).connected() as world:
        await world.compare()


async def test_a_proxy_is_used_where_the_environment_does_not_say_otherwise(
    discord: Discord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    url = discord.url
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split()[1])
        discord.changed()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://{host}:{port}")
        discord.url = "http://discord.invalid"
        connecting = asyncio.ensure_future(stay(World(tmp_path, discord)))
        await discord.until(lambda: "http://discord.invalid/api/v10/users/@me" in asked)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        discord.url = url


# -- keeping it ------------------------------------------------------------------------------------------------


async def test_heartbeats_go_out_as_discord_asks_for_them(discord: Discord, tmp_path: Path) -> None:
    discord.heartbeat_interval_ms = 30
    async with World(tmp_path, discord).connected():
        await discord.until(lambda: discord.heartbeats >= 3)


async def test_a_heartbeat_that_discord_asks_for_goes_out_at_once(world: World) -> None:
    world.discord.ask_for_heartbeats()
    await world.discord.until(lambda: world.discord.heartbeats)


@pytest.mark.parametrize("end", ["drop_connections", "close_connections", "ask_to_reconnect"])
async def test_a_session_that_is_taken_up_again_tells_what_was_missed(world: World, end: str) -> None:
    discord = world.discord
    message = await world.compare()
    await until(lambda: whole(world))
    said, read = len(world.said), len(discord.calls_of("get_message"))
    if end != "ask_to_reconnect":
        getattr(discord, end)()
        discord.react(world.ann, message, BLUE)  # nobody hears it yet
    else:
        discord.ask_to_reconnect()
    await discord.until(lambda: discord.resumed and discord.connected())
    discord.react(world.ben, message, BLUE)
    if end == "ask_to_reconnect":
        discord.react(world.ann, message, BLUE)
    await counted(world, message, (2, 0), (0, 2))
    await until(lambda: whole(world))
    assert (len(discord.identified), len(world.said), len(discord.calls_of("get_message"))) == (1, said, read)


@pytest.mark.parametrize("end", ["lose_sessions", "invalidate_sessions"])
async def test_after_a_session_that_is_lost_the_reactions_are_read_back(world: World, end: str) -> None:
    discord = world.discord
    message = await world.compare()
    discord.react(world.ann, message, ORANGE)
    await counted(world, message, (0, 1), (1, 0))
    getattr(discord, end)()
    discord.react(world.ben, message, BLUE)
    discord.unreact(world.ann, message, ORANGE)
    await counted(world, message, (1, 0), (0, 1))
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    assert len(discord.identified) == 2
    assert len(world.said) == 2


async def test_a_session_that_is_invalid_and_yet_can_be_resumed_is_resumed(world: World) -> None:
    discord = world.discord
    message = await world.compare()
    discord.invalidate_sessions(resumable=True)
    await discord.until(lambda: discord.resumed)
    discord.react(world.ann, message, BLUE)
    await counted(world, message, (1, 0), (0, 1))


async def test_votes_made_while_the_line_breaks_over_and_over_end_exact(world: World) -> None:
    discord = world.discord
    message = await world.compare()
    people = [discord.person(world.guild, f"Voter {number}") for number in range(30)]
    for number, person in enumerate(people):
        discord.react(person, message, BLUE)
        if number % 3 == 0:
            discord.react(person, message, ORANGE)
        if number % 6 == 1:
            [discord.drop_connections, discord.lose_sessions, discord.ask_to_reconnect][number // 6 % 3]()
        if number % 4 == 0:
            discord.unreact(person, message, BLUE)
        await asyncio.sleep(0)  # let some of it be sent, and some not
    blue, orange = ({one.id for one in discord.reactors(message, sign)} - {discord.bot.id} for sign in (BLUE, ORANGE))
    voters = len(blue | orange)
    expected = (len(blue), voters - len(blue)), (len(orange), voters - len(orange))
    await counted(world, message, *expected)
    await discord.until(lambda: shows(message, *expected))


async def test_two_sessions_that_are_ready_at_once_are_settled_once_more_and_change_nothing(world: World) -> None:
    discord = world.discord
    message = await world.compare()
    discord.react(world.ann, message, BLUE)
    await counted(world, message, (1, 0), (0, 1))
    for _ in range(3):
        world.connection.on_ready()
    await until(lambda: whole(world))
    await counted(world, message, (1, 0), (0, 1))
    assert len(await world.store.teams.present("discord")) == 1
    assert len(discord.calls_of(REGISTER)) == 1


# -- more than one shard ---------------------------------------------------------------------------------------


async def test_two_shards_serve_their_servers_and_count_as_connected_together(discord: Discord, tmp_path: Path) -> None:
    discord.shards = 2
    world = World(tmp_path, discord)
    other = discord.guild("Pier", bot_permissions=NEEDED)
    cy, room = discord.person(other, "Cy"), discord.channel(other, "room")
    async with world.connected():
        assert [one["shard"] for one in discord.identified] == [[0, 2], [1, 2]]
        assert world.said == ["Discord: connected to 2 servers"]
        messages = [await world.compare(), await world.compare(cy, room)]
        for person, message in zip((world.ann, cy), messages, strict=True):
            discord.react(person, message, BLUE)
            await counted(world, message, (1, 0), (0, 1))
        await until(lambda: whole(world))
        # One shard is cut off, and cannot come back yet.
        discord.fail("gateway", times=1_000, broken="drop connection")
        first, _ = discord.connections
        first.cut()
        await until(lambda: away(world))
        seen = await world.store.presence.seen("discord")
    assert await _seen(world) == seen, "an instant at which one shard was away was kept on record"
    discord.mend()


async def _seen(world: World) -> int | None:
    async with app.store(world.settings, str(world.folder / "shipworthy.db")) as store:
        return await store.presence.seen("discord")


async def test_what_one_of_two_shards_missed_is_read_back(discord: Discord, tmp_path: Path) -> None:
    discord.shards = 2
    world = World(tmp_path, discord)
    discord.guild("Pier", bot_permissions=NEEDED)
    async with world.connected():
        message = await world.compare()
        [session] = [one for one in discord.connected() if one.covers(world.guild)]
        assert session.connection is not None
        lost = session.connection
        discord._forget(session)
        lost.cut()
        discord.react(world.ann, message, BLUE)
        await counted(world, message, (1, 0), (0, 1))
        await until(lambda: whole(world))
        assert len(discord.identified) == 3


# -- commands --------------------------------------------------------------------------------------------------


async def test_commands_are_registered_when_their_declaration_changed(discord: Discord, tmp_path: Path) -> None:
    world = World(tmp_path, discord)
    async with world.connected():
        assert len(discord.calls_of(REGISTER)) == 1
    async with world.connected():
        assert len(discord.calls_of(REGISTER)) == 1
    world.commands = (replace(COMMANDS[0], help="Something else"), *COMMANDS[1:])
    async with world.connected():
        assert len(discord.calls_of(REGISTER)) == 2
        assert command_tree.same(command_tree.tree(world.commands), discord.app.commands[None])


async def test_commands_that_could_not_be_registered_are_once_it_is_connected(discord: Discord, tmp_path: Path) -> None:
    discord.fail("get_commands", times=3, status=503)
    async with World(tmp_path, discord).connected():
        await discord.until(lambda: discord.calls_of(REGISTER))


# -- letting go ------------------------------------------------------------------------------------------------


async def test_a_gateway_whose_other_end_is_silent_is_left_in_time(
    discord: Discord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TAKING_WITHIN_S", 0.2)
    monkeypatch.setattr(connection, "CLOSE_WITHIN_S", 0.2)
    async with World(tmp_path, discord).connected():
        [link] = discord.connections
        assert link.request.transport is not None
        link.request.transport.pause_reading()
        began = time.monotonic()
    assert time.monotonic() - began < 8
    link.cut()


async def forever(_: object) -> None:
    """What never comes back."""
    await asyncio.Event().wait()


async def test_a_library_that_hangs_while_it_closes_is_left_in_time(
    discord: Discord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TAKING_WITHIN_S", 0.2)
    monkeypatch.setattr(connection, "CLOSE_WITHIN_S", 0.2)
    monkeypatch.setattr(ShardInfo, "disconnect", forever)
    monkeypatch.setattr(Client, "close", forever)
    async with World(tmp_path, discord).connected():
        began = time.monotonic()
    assert time.monotonic() - began < 8
    await discord.until(lambda: not discord.connections)
    gc.collect()


async def test_what_was_begun_is_answered_although_nothing_more_is_taken(world: World) -> None:
    discord = world.discord
    message = await world.compare()
    discord.react(world.ann, message, BLUE)
    await counted(world, message, (1, 0), (0, 1))
    await world.connection.close()
    assert shows(message, (1, 0), (0, 1))
    assert discord.sessions == {}


def _came_back(discord: Discord, before: int) -> bool:
    return len(discord.identified) + len(discord.resumed) > before


async def test_nothing_grows_with_reconnecting_and_all_is_let_go_of(discord: Discord, tmp_path: Path) -> None:
    def files() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted as they are

    world = World(tmp_path, discord)
    before = files(), len(asyncio.all_tasks())

    async def reconnect(times: int) -> tuple[int, int]:
        for number in range(times):
            before = len(discord.identified) + len(discord.resumed)
            [discord.drop_connections, discord.lose_sessions][number % 2]()
            await discord.until(partial(_came_back, discord, before))
            await until(lambda: whole(world))
        return files(), len(asyncio.all_tasks())

    async with world.connected():
        first = await reconnect(4)
        more = await reconnect(12)
        assert more[0] <= first[0] + 2
        assert more[1] <= first[1] + 2
    await discord.until(lambda: not discord.connections)
    gc.collect()
    assert files() <= before[0] + 2
    assert len(asyncio.all_tasks()) <= before[1] + 1


def test_all_that_is_waited_for_at_the_end_is_less_than_ten_seconds() -> None:
    parts = connection.TAKING_WITHIN_S + connection.TASKS_WITHIN_S + connection.REDRAWS_WITHIN_S
    assert running.OTHERS_WITHIN_S + parts + connection.CLOSE_WITHIN_S < 10


async def test_closed_twice_it_stays_closed(world: World) -> None:
    await world.connection.close()
    await world.connection.close()

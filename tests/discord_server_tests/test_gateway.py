"""The gateway, with the real library on the other end."""

import asyncio

import aiohttp
import pytest
from discord import ConnectionClosed, Intents, LoginFailure, PrivilegedIntentsRequired

from tests.discord_server.gateway import Op
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Message, Person
from tests.discord_server_tests.conftest import Client, Start, heard

ONLY_REACTIONS = Intents(guilds=True, guild_reactions=True)


async def test_a_client_is_told_of_its_guilds(discord: Discord, client: Client, guild: Guild, general: Channel) -> None:
    [found] = client.guilds
    assert (str(found.id), found.name) == (guild.id, "Harbour")
    assert [channel.name for channel in found.text_channels] == ["general"]
    assert str(found.me.id) == discord.bot.id
    assert found.me.guild_permissions.add_reactions
    assert client.application_id == int(discord.app.id)
    [identified] = discord.identified
    assert identified["intents"] == client.intents.value


async def test_reactions_come_with_all_that_discord_says_of_them(
    discord: Discord, client: Client, message: Message, ann: Person
) -> None:
    discord.react(ann, message, "🔵")
    discord.react(ann, message, "🚢", burst=True)
    discord.unreact(ann, message, "🔵")
    discord.clear_reactions(message, "🚢")
    discord.clear_reactions(message)
    [removed] = await heard(client, "MESSAGE_REACTION_REMOVE")
    blue, ship = client.told("MESSAGE_REACTION_ADD")
    assert blue["emoji"] == {"id": None, "name": "🔵"}
    assert (blue["user_id"], blue["member"]["user"]["id"]) == (ann.id, ann.id)
    assert (blue["message_author_id"], blue["burst"], blue["type"]) == (ann.id, False, 0)
    assert (ship["burst"], ship["type"], bool(ship["burst_colors"])) == (True, 1, True)
    assert "member" not in removed
    [emoji] = await heard(client, "MESSAGE_REACTION_REMOVE_EMOJI")
    assert emoji["emoji"]["name"] == "🚢"
    [every] = await heard(client, "MESSAGE_REACTION_REMOVE_ALL")
    assert every["message_id"] == message.id
    assert [event for event in client.noticed if event.startswith("raw_reaction")] == [
        "raw_reaction_add",
        "raw_reaction_add",
        "raw_reaction_remove",
        "raw_reaction_clear_emoji",
        "raw_reaction_clear",
    ]


async def test_the_bots_own_reactions_come_too(discord: Discord, client: Client, message: Message) -> None:
    await client.http.add_reaction(message.channel.id, message.id, "🔵")
    [told] = await heard(client, "MESSAGE_REACTION_ADD")
    assert told["user_id"] == discord.bot.id


async def test_deleted_messages_are_told_of_only_with_the_intent_for_messages(
    discord: Discord, start: Start, general: Channel, ann: Person
) -> None:
    with_messages, without = await start(), await start(ONLY_REACTIONS)
    first, second, third = (discord.say(ann, general, text) for text in "abc")
    discord.delete(first)
    discord.delete(second, third)
    kept = discord.say(ann, general, "d")
    discord.react(ann, kept, "🔵")
    await heard(without, "MESSAGE_REACTION_ADD")
    assert not [event for event, _ in without.heard if event in ("MESSAGE_DELETE", "MESSAGE_DELETE_BULK")]
    [one] = await heard(with_messages, "MESSAGE_DELETE")
    [bulk] = await heard(with_messages, "MESSAGE_DELETE_BULK")
    assert (one["id"], bulk["ids"]) == (first.id, [second.id, third.id])


async def test_nothing_is_told_of_an_intent_that_was_not_asked_for(
    discord: Discord, start: Start, message: Message, ann: Person
) -> None:
    client = await start(Intents(guilds=True))
    discord.react(ann, message, "🔵")
    discord.remove_channel(message.channel)
    await heard(client, "CHANNEL_DELETE")
    assert not client.told("MESSAGE_REACTION_ADD")


async def test_what_happens_in_a_channel_that_the_bot_does_not_see_stays_there(
    discord: Discord, client: Client, guild: Guild, message: Message, ann: Person
) -> None:
    hidden = discord.channel(guild, "hidden", private_for=[ann])
    secret = discord.say(ann, hidden, "psst")
    discord.react(ann, secret, "🔵")
    discord.react(ann, message, "🟠")
    [told] = await heard(client, "MESSAGE_REACTION_ADD")
    assert told["message_id"] == message.id
    discord.overwrite(hidden, discord.bot, allow=Can.VIEW_CHANNEL)
    discord.react(ann, secret, "🟠")
    assert len(await heard(client, "MESSAGE_REACTION_ADD", 2)) == 2


async def test_guilds_come_and_go_and_suffer_outages(discord: Discord, client: Client, guild: Guild) -> None:
    other = discord.guild("Quay", installed=False)
    discord.invite(other)
    await heard(client, "GUILD_CREATE", 2)
    discord.begin_outage(guild)
    discord.end_outage(guild)
    discord.remove_bot(other)
    gone = await heard(client, "GUILD_DELETE", 2)
    assert [(one["id"], one.get("unavailable")) for one in gone] == [(guild.id, True), (other.id, None)]
    wanted = ["guild_join", "guild_unavailable", "guild_available", "guild_remove"]
    assert [event for event in client.noticed if event in wanted][1:] == wanted


async def test_channels_threads_and_roles_are_told_of(
    discord: Discord, client: Client, guild: Guild, general: Channel, ann: Person
) -> None:
    thread = discord.thread(general, "talk", ann, "hello")
    discord.archive(thread)
    discord.rename_channel(general, "common")
    discord.overwrite(general, guild.everyone, deny=Can.ADD_REACTIONS)
    discord.set_permissions(guild, guild.everyone, Can.VIEW_CHANNEL)
    discord.remove_channel(thread)
    [deleted] = await heard(client, "THREAD_DELETE")
    assert set(deleted) == {"id", "guild_id", "parent_id", "type"}
    assert [data["newly_created"] for data in client.told("THREAD_CREATE")] == [True]
    assert [data["thread_metadata"]["archived"] for data in client.told("THREAD_UPDATE")] == [True]
    assert [data["name"] for data in client.told("CHANNEL_UPDATE")] == ["common", "common"]
    assert not client.guilds[0].text_channels[0].permissions_for(client.guilds[0].me).add_reactions
    [role] = client.told("GUILD_ROLE_UPDATE")
    assert role["role"]["permissions"] == str(int(Can.VIEW_CHANNEL))


async def test_the_bot_is_told_of_its_own_roles_alone(
    discord: Discord, client: Client, guild: Guild, ann: Person
) -> None:
    helpers = discord.role(guild, "Helpers", Can.MANAGE_THREADS)
    discord.set_roles(guild, ann, helpers)
    discord.set_roles(guild, discord.bot, discord.bot_role(guild), helpers)
    [told] = await heard(client, "GUILD_MEMBER_UPDATE")
    assert (told["user"]["id"], helpers.id in told["roles"]) == (discord.bot.id, True)
    assert client.guilds[0].me.guild_permissions.manage_threads


async def test_a_dropped_connection_is_resumed_and_nothing_is_lost(
    discord: Discord, client: Client, message: Message, ann: Person
) -> None:
    discord.react(ann, message, "🔵")
    await heard(client, "MESSAGE_REACTION_ADD")
    discord.drop_connections()
    discord.react(ann, message, "🟠")
    assert len(await heard(client, "MESSAGE_REACTION_ADD", 2)) == 2
    assert client.noticed.count("ready") == 1
    [resumed] = discord.resumed
    assert resumed["seq"] > 1


async def test_a_request_to_reconnect_is_followed(
    discord: Discord, client: Client, message: Message, ann: Person
) -> None:
    discord.ask_to_reconnect()
    await discord.until(lambda: discord.resumed)
    discord.react(ann, message, "🔵")
    assert await heard(client, "MESSAGE_REACTION_ADD")
    assert len(discord.sessions) == 1


async def test_a_session_that_is_declared_invalid_but_resumable_goes_on(
    discord: Discord, client: Client, message: Message, ann: Person
) -> None:
    discord.invalidate_sessions(resumable=True)
    discord.react(ann, message, "🔵")
    await discord.until(lambda: discord.resumed)
    assert await heard(client, "MESSAGE_REACTION_ADD")
    assert len(discord.identified) == 1


async def test_what_happens_while_no_session_is_alive_is_lost(
    discord: Discord, client: Client, message: Message, ann: Person
) -> None:
    discord.invalidate_sessions()
    discord.react(ann, message, "🔵")
    await discord.until(lambda: len(discord.identified) == 2)
    await heard(client, "READY", 2)
    discord.react(ann, message, "🟠")
    assert [told["emoji"]["name"] for told in await heard(client, "MESSAGE_REACTION_ADD")] == ["🟠"]


async def test_a_resume_of_a_lost_session_is_refused(
    discord: Discord, client: Client, message: Message, ann: Person
) -> None:
    discord.lose_sessions()
    discord.react(ann, message, "🔵")
    await heard(client, "READY", 2)
    assert (len(discord.resumed), len(discord.identified)) == (1, 2)
    assert not client.told("MESSAGE_REACTION_ADD")


async def test_a_close_with_a_code_is_resumed(discord: Discord, client: Client, message: Message, ann: Person) -> None:
    discord.close_connections(4000)
    discord.react(ann, message, "🔵")
    assert await heard(client, "MESSAGE_REACTION_ADD")
    assert len(discord.identified) == 1


async def test_a_client_that_leaves_ends_its_session(discord: Discord, client: Client) -> None:
    await client.close()
    await discord.until(lambda: not discord.sessions)


async def test_a_client_that_is_cut_off_can_come_back(discord: Discord) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{discord.gateway_url}?v=10&encoding=json") as socket:
            await socket.send_json(identify(discord))
            await discord.until_connected()
            transport = socket.get_extra_info("socket")
            transport.shutdown(2)
            await discord.until(lambda: not discord.connections)
        assert len(discord.sessions) == 1


async def test_heartbeats_are_answered_and_asked_for(discord: Discord, start: Start) -> None:
    discord.heartbeat_interval_ms = 20
    client = await start()
    before = discord.heartbeats
    await discord.until(lambda: discord.heartbeats > before)
    assert client.latency < 1
    discord.heartbeat_interval_ms = 60_000
    discord.drop_connections()
    await discord.until(lambda: discord.resumed)
    before = discord.heartbeats
    discord.ask_for_heartbeats()
    await discord.until(lambda: discord.heartbeats > before)


async def test_a_silent_gateway_is_left_and_the_session_resumed(discord: Discord, start: Start) -> None:
    discord.acks_heartbeats = False
    await start(heartbeat_timeout=0.2)
    await discord.until(lambda: discord.resumed)


async def test_a_wrong_token_is_refused(discord: Discord) -> None:
    client = Client()
    with pytest.raises(LoginFailure):
        await client.login("wrong")
    await client.http.close()


async def test_privileged_intents_have_to_be_switched_on(discord: Discord, start: Start) -> None:
    with pytest.raises(PrivilegedIntentsRequired):
        await start(Intents(guilds=True, members=True))
    discord.app.privileged_intents = Intents(members=True).value
    assert await start(Intents(guilds=True, members=True))


async def test_guilds_are_spread_over_shards(discord: Discord, start: Start, ann: Person, guild: Guild) -> None:
    discord.shards = 2
    other = discord.guild("Quay")
    discord.join(other, ann)
    client = await start()
    assert [identified["shard"] for identified in discord.identified] == [[0, 2], [1, 2]]
    assert sorted(one.shard_id for one in client.guilds) == [0, 1]
    for place in (guild, other):
        discord.react(ann, discord.say(ann, discord.channel(place, "talk"), "hello"), "🔵")
    assert len(await heard(client, "MESSAGE_REACTION_ADD", 2)) == 2
    discord.drop_connections()
    await discord.until(lambda: len(discord.resumed) == 2)


async def test_a_gateway_that_cannot_be_opened_is_tried_again(discord: Discord, client: Client) -> None:
    discord.fail("gateway", status=503)
    discord.drop_connections()
    await discord.until_connected()


async def answer_of(discord: Discord, *payloads: object, query: str = "?v=10&encoding=json") -> aiohttp.WSMessage:
    """What a client of no library gets after the greeting, for these payloads."""
    async with aiohttp.ClientSession() as session, session.ws_connect(discord.gateway_url + query) as socket:
        hello = await socket.receive()
        if hello.type is not aiohttp.WSMsgType.TEXT:
            return hello
        for payload in payloads:
            await socket.send_str(payload) if isinstance(payload, str) else await socket.send_json(payload)
        return await socket.receive()


def identify(discord: Discord, **changed: object) -> dict[str, object]:
    properties = {"os": "linux", "browser": "test", "device": "test"}
    data = {"token": discord.token, "properties": properties, "intents": 1} | changed
    return {"op": Op.IDENTIFY, "d": data}


async def test_wrong_words_are_answered_with_a_code(discord: Discord) -> None:
    async def code(*payloads: object) -> object:
        return (await answer_of(discord, *payloads)).data

    assert await code("{") == 4002
    assert await code({"op": 99}) == 4001
    assert await code({"op": Op.PRESENCE, "d": {}}) == 4003
    assert await code(identify(discord, token="wrong")) == 4004  # noqa: S106 -- wrong on purpose
    assert await code(identify(discord, shard=[2, 2])) == 4010
    assert await code(identify(discord, intents=1 << 30)) == 4013
    assert await code(identify(discord, intents=1 << 15)) == 4014
    assert (await answer_of(discord, query="?v=6&encoding=json")).data == 4012
    assert (await answer_of(discord, identify(discord))).json()["t"] == "READY"


async def test_a_resume_with_an_impossible_number_is_refused(discord: Discord, client: Client) -> None:
    [session] = discord.sessions
    data = {"token": discord.token, "session_id": session, "seq": 999}
    assert (await answer_of(discord, {"op": Op.RESUME, "d": data})).data == 4007
    unknown = {"op": Op.RESUME, "d": data | {"session_id": "unknown"}}
    assert (await answer_of(discord, unknown)).json() == {"op": Op.INVALID_SESSION, "d": False}


async def test_waiting_ends_when_something_comes_true(discord: Discord, general: Channel, ann: Person) -> None:
    waiting = asyncio.ensure_future(discord.until(lambda: discord.messages(general)))
    await asyncio.sleep(0)
    discord.say(ann, general, "hello")
    assert [said.content for said in await waiting] == ["hello"]
    with pytest.raises(TimeoutError):
        await discord.until(lambda: len(discord.messages(general)) > 1, within_s=0.05)


async def test_a_token_that_was_changed_ends_the_client(discord: Discord, client: Client) -> None:
    discord.app.token = "another"  # noqa: S105 -- made up
    discord.drop_connections()
    assert client.ended is not None
    with pytest.raises(ConnectionClosed, match="4004"):
        await client.ended

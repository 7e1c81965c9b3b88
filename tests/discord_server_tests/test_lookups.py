"""What a bot looks up, and its commands, through the real library's HTTP client."""

import aiohttp
import pytest
from discord import Forbidden, HTTPException, NotFound

from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Person
from tests.discord_server_tests.conftest import Client

HELP = {"name": "help", "description": "What can be asked"}


async def test_a_bot_knows_itself_and_its_application(discord: Discord, api: Client) -> None:
    assert (await api.call("GET", "/users/@me"))["id"] == discord.bot.id
    about = await api.application_info()
    assert (str(about.id), about.name, about.flags.value, about.approximate_guild_count) == (
        discord.app.id,
        "Shipworthy",
        0,
        1,
    )
    discord.app.privileged_intents = 1 << 15
    about = await api.application_info()
    assert about.flags.gateway_message_content_limited
    assert (await api.call("GET", "/applications/@me"))["id"] == discord.app.id


async def test_the_gateway_is_found_with_what_is_left_of_it(discord: Discord, api: Client) -> None:
    discord.shards = 3
    shards, url, limit = await api.http.get_bot_gateway()
    assert (shards, url, limit["remaining"]) == (3, discord.gateway_url, 1000)
    assert (await api.call("GET", "/gateway"))["url"] == discord.gateway_url


async def test_guilds_members_and_channels_are_looked_up(
    discord: Discord, api: Client, guild: Guild, general: Channel, ann: Person
) -> None:
    assert (await api.call("GET", f"/guilds/{guild.id}"))["name"] == "Harbour"
    assert [one["id"] for one in await api.call("GET", "/users/@me/guilds")] == [guild.id]
    assert (await api.call("GET", f"/guilds/{guild.id}/members/{ann.id}"))["user"]["username"] == "ann"
    own = await api.call("GET", f"/guilds/{guild.id}/members/@me")
    assert own["roles"] == [discord.bot_role(guild).id]
    assert (await api.call("GET", f"/channels/{general.id}"))["name"] == "general"
    assert [one["id"] for one in await api.call("GET", f"/guilds/{guild.id}/channels")] == [general.id]
    assert (await api.call("GET", f"/users/{ann.id}"))["global_name"] == "Ann"


async def test_what_the_bot_is_no_member_of_is_unknown_to_it(discord: Discord, api: Client, guild: Guild) -> None:
    other = discord.guild("Quay", installed=False)
    stranger = discord.person(other, "Eve")
    with pytest.raises(NotFound, match="10004"):
        await api.call("GET", f"/guilds/{other.id}")
    with pytest.raises(NotFound, match="10007"):
        await api.call("GET", f"/guilds/{guild.id}/members/{stranger.id}")
    with pytest.raises(NotFound, match="10013"):
        await api.call("GET", "/users/1")


async def test_administrators_and_owners_may_do_everything(
    discord: Discord, guild: Guild, general: Channel, ann: Person
) -> None:
    discord.overwrite(general, guild.everyone, deny=Can.VIEW_CHANNEL)
    assert not discord.can(ann, general)
    assert discord.can(guild.owner, general) & Can.MANAGE_GUILD
    boss = discord.person(guild, "Boss", discord.role(guild, "Admins", Can.ADMINISTRATOR))
    assert discord.can(boss, general) & Can.SEND_MESSAGES


async def test_what_a_channel_says_of_a_person_outweighs_their_roles(
    discord: Discord, guild: Guild, general: Channel
) -> None:
    muted = discord.role(guild, "Muted")
    cat = discord.person(guild, "Cat", muted)
    discord.overwrite(general, muted, deny=Can.SEND_MESSAGES)
    can = discord.can(cat, general)
    assert not can & (Can.SEND_MESSAGES | Can.EMBED_LINKS)
    assert can & Can.ADD_REACTIONS
    discord.overwrite(general, cat, allow=Can.SEND_MESSAGES)
    assert discord.can(cat, general) & Can.EMBED_LINKS


async def test_commands_are_replaced_as_a_whole_and_keep_their_ids(discord: Discord, api: Client, guild: Guild) -> None:
    path = f"/applications/{discord.app.id}/commands"
    [first] = await api.call("PUT", path, json=[HELP])
    again, new = await api.call("PUT", path, json=[HELP | {"description": "Changed"}, HELP | {"name": "compare"}])
    assert again["id"] == first["id"] != new["id"]
    assert again["version"] != first["version"]
    assert again["description"] == "Changed"
    assert await api.call("GET", path) == [again, new]
    own = f"/applications/{discord.app.id}/guilds/{guild.id}/commands"
    assert (await api.call("PUT", own, json=[HELP]))[0]["guild_id"] == guild.id
    assert len(await api.call("GET", own)) == 1


async def test_wrong_commands_change_nothing(discord: Discord, api: Client) -> None:
    path = f"/applications/{discord.app.id}/commands"
    await api.call("PUT", path, json=[HELP])
    with pytest.raises(HTTPException, match="Application command names must be unique"):
        await api.call("PUT", path, json=[HELP, HELP])
    assert len(await api.call("GET", path)) == 1
    with pytest.raises(Forbidden, match="20012"):
        await api.call("PUT", "/applications/1/commands", json=[])
    elsewhere = discord.guild("Quay", installed=False)
    with pytest.raises(Forbidden, match="50001"):
        await api.call("PUT", f"/applications/{discord.app.id}/guilds/{elsewhere.id}/commands", json=[])


async def test_what_is_not_served_or_not_json_is_refused(discord: Discord, api: Client, general: Channel) -> None:
    with pytest.raises(NotFound, match="404: Not Found"):
        await api.call("GET", "/nowhere")
    with pytest.raises(HTTPException, match="405"):
        await api.call("DELETE", "/users/@me")
    path = f"/channels/{general.id}/messages"
    with pytest.raises(HTTPException, match="CONTENT_TYPE_INVALID"):
        await api.call("POST", path, data="{}")
    with pytest.raises(HTTPException, match="50035"):
        await api.call("POST", path, json=["x"])
    headers = {"Authorization": f"Bot {discord.token}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{discord.api_url}{path}", data="{") as answer,
    ):
        assert (await answer.json())["code"] == 50109


async def test_nothing_is_served_without_the_token(discord: Discord) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{discord.api_url}/users/@me") as answer:
        assert (answer.status, await answer.json()) == (401, {"message": "401: Unauthorized", "code": 0})

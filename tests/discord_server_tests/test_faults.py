"""Failing on purpose and rate limits, as the real library sees them."""

import asyncio
import time

import aiohttp
import pytest
from discord import DiscordServerError, Forbidden, HTTPException

from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Message
from tests.discord_server_tests.conftest import Client

Hello = dict[str, str]
HELLO: Hello = {"content": "hello"}


async def post(api: Client, channel: Channel) -> None:
    await api.call("POST", f"/channels/{channel.id}/messages", json=HELLO)


async def test_a_call_fails_as_often_as_asked_and_only_where_asked(
    discord: Discord, api: Client, guild: Guild, general: Channel
) -> None:
    other = discord.channel(guild, "other")
    discord.fail("post_message", 2, where=general.id, code=50013)
    await post(api, other)
    for _ in range(2):
        with pytest.raises(Forbidden, match="50013"):
            await post(api, general)
    await post(api, general)
    assert len(discord.messages(general)) == 1
    assert [call.json for call in discord.calls_of("post_message")] == [HELLO] * 4


async def test_what_is_mended_no_longer_fails(discord: Discord, api: Client, general: Channel) -> None:
    discord.fail("*", 1000, code=50001)
    with pytest.raises(Forbidden):
        await post(api, general)
    discord.mend()
    await post(api, general)


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_the_library_tries_again_after_these(
    discord: Discord, api: Client, general: Channel, status: int
) -> None:
    discord.fail("post_message", status=status)
    await post(api, general)
    assert len(discord.calls_of("post_message")) == 2


async def test_the_library_gives_up_at_once_after_a_503(discord: Discord, api: Client, general: Channel) -> None:
    discord.fail("post_message", status=503)
    with pytest.raises(DiscordServerError):
        await post(api, general)


@pytest.mark.parametrize("for_all", [False, True])
async def test_a_client_that_waits_as_told_gets_through(
    discord: Discord, api: Client, general: Channel, *, for_all: bool
) -> None:
    discord.fail("post_message", status=429, retry_after_s=0.05, for_all=for_all)
    await post(api, general)
    assert len(discord.messages(general)) == 1


async def test_a_429_of_what_stands_before_discord_is_final(discord: Discord, api: Client, general: Channel) -> None:
    discord.fail("*", status=429, by_discord=False)
    with pytest.raises(HTTPException, match="429"):
        await post(api, general)


async def test_work_can_be_done_and_its_answer_lost(discord: Discord, api: Client, general: Channel) -> None:
    discord.fail("post_message", broken="drop connection", after_doing=True)
    with pytest.raises(aiohttp.ClientError):
        await post(api, general)
    assert len(discord.messages(general)) == 1


async def test_a_dropped_connection_does_nothing_otherwise(discord: Discord, api: Client, general: Channel) -> None:
    discord.fail("post_message", broken="drop connection")
    with pytest.raises(aiohttp.ClientError):
        await post(api, general)
    assert discord.messages(general) == []


async def test_an_answer_lost_to_a_502_makes_two_messages_unless_a_nonce_is_enforced(
    discord: Discord, api: Client, general: Channel
) -> None:
    discord.fail("post_message", status=502, after_doing=True)
    await post(api, general)
    assert len(discord.messages(general)) == 2
    discord.fail("post_message", status=502, after_doing=True)
    body = {"content": "digest", "nonce": "1", "enforce_nonce": True}
    await api.call("POST", f"/channels/{general.id}/messages", json=body)
    assert len(discord.messages(general)) == 3


async def test_a_hanging_call_ends_with_the_clients_patience(discord: Discord, api: Client, general: Channel) -> None:
    discord.fail("post_message", broken="hang")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(api, general), 0.1)
    await post(api, general)


async def test_limits_are_told_in_headers_and_kept_by_the_library(
    discord: Discord, api: Client, message: Message
) -> None:
    discord.limit("put_reaction", 1, 0.1)
    began = time.monotonic()
    for emoji in "🔵🟠🟢":
        await api.http.add_reaction(message.channel.id, message.id, emoji)
    assert time.monotonic() - began > 0.2
    assert len(discord.calls_of("put_reaction")) == 3


async def test_too_many_calls_are_refused_for_one_channel_alone(
    discord: Discord, api: Client, guild: Guild, general: Channel
) -> None:
    discord.limit("post_message", 1, 60)
    other = discord.channel(guild, "other")
    headers = {"Authorization": f"Bot {discord.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def call(channel: Channel) -> aiohttp.ClientResponse:
            async with session.post(f"{discord.api_url}/channels/{channel.id}/messages", json=HELLO) as answer:
                await answer.read()
                return answer

        first, second, elsewhere = await call(general), await call(general), await call(other)
        assert (first.status, second.status, elsewhere.status) == (200, 429, 200)
        assert first.headers["Content-Type"] == "application/json"
        assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("1", "0")
        body = await second.json()
        assert body["message"] == "You are being rate limited."
        assert 0 < body["retry_after"] <= 60
        assert second.headers["Via"]
        assert second.headers["X-RateLimit-Scope"] == "user"
        async with session.post(f"{discord.api_url}/interactions/1/unknown/callback", json={}) as callback:
            assert not [name for name in callback.headers if name.startswith("X-RateLimit")]


async def test_calls_are_recorded_with_all_they_bring(discord: Discord, api: Client, general: Channel) -> None:
    await api.call("GET", f"/channels/{general.id}/messages", params={"limit": 3})
    [call] = discord.calls_of("list_messages")
    assert (call.method, call.query, call.body) == ("GET", {"limit": "3"}, None)
    assert call.headers["Authorization"] == f"Bot {discord.token}"

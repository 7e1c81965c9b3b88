"""`shipworthy check` where Discord is set up: what it finds right and wrong, and the link that invites the bot."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord import checks, permissions
from bot import check_cli
from commands.errors import CommandError
from tests import program
from tests.bot.checking import Check, bad
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Guild
from tests.slack_server.server import Slack

WRONG = "hunter2.hunter2.hunter2"
COPY = "no  for DISCORD_TOKEN Discord answers 401 Unauthorized: copy it again from the app's page Bot"
APP = checks.Application(id="7", name="Shipworthy")


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with Discord() as served:
        yield served


def set_up(discord: Discord, token: str = "") -> dict[str, str]:
    return {"DISCORD_TOKEN": token or discord.token, "DISCORD_API_URL": discord.api_url}


def forbid(discord: Discord, guild: Guild, can: Can) -> None:
    """Take something from everybody in a server, the bot among them."""
    discord.set_permissions(guild, guild.everyone, guild.everyone.permissions & ~can)


async def test_discord_set_up_right_is_found_right_in_every_line(check: Check, discord: Discord) -> None:
    discord.guild("Harbour")
    code, lines = await check(**set_up(discord))
    assert (code, lines) == (
        0,
        [
            "ok  every name in the environment that looks like a setting is one",
            "ok  the database state.db opens, takes writes and has room to grow",
            f"ok  Discord answers at {discord.api_url}",
            "ok  the Discord token is shipworthy's",
            f"ok  the app Shipworthy ({discord.app.id}) has commands brought to this bot",
            "ok  no privileged intent is needed, and none is switched on",
            f"ok  the gateway {discord.gateway_url} answers, and the bot may connect 1000 times more today",
            "ok  the bot is in 1 server and has all 6 permissions it needs",
            f"ok  whoever manages a server can invite the bot with {permissions.invite(discord.app.id)}",
        ],
    )


async def test_a_bot_that_is_in_no_server_yet_is_no_failure(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord))
    assert code == 0
    assert "ok  the bot is in no server yet; the link below puts it into one" in lines


async def test_calls_say_what_makes_them_and_the_token_goes_only_where_it_is_needed(
    check: Check, discord: Discord
) -> None:
    await check(**set_up(discord))
    sent = {call.name: call.headers for call in discord.calls}
    assert all(headers["User-Agent"].startswith("DiscordBot (https://") for headers in sent.values())
    assert [name for name, headers in sent.items() if "Authorization" not in headers] == ["get_gateway"]
    assert discord.session_starts_left == 1000


async def test_a_wrong_token_is_told_once(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord, WRONG))
    assert code == 1
    assert bad(lines).startswith(COPY)
    assert lines[-1] == bad(lines)


async def test_a_token_of_another_shape_is_told_without_asking_discord(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord, "hunter2"))
    assert code == 1
    assert "no  DISCORD_TOKEN: it is three words with dots between" in str(lines)
    assert discord.calls == []


async def test_servers_that_do_not_allow_all_are_named_with_what_they_lack(check: Check, discord: Discord) -> None:
    discord.guild("Harbour")
    forbid(discord, discord.guild("Quay"), Can.ADD_REACTIONS | Can.EMBED_LINKS)
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines).startswith(
        "no  of the 2 servers the bot is in, it lacks permissions in Quay (Embed Links, Add Reactions): open the link "
        "below for each once more"
    )
    assert permissions.invite(discord.app.id) in lines[-1]


async def test_the_bots_own_role_and_administrators_make_up_for_what_everybody_lacks(
    check: Check, discord: Discord
) -> None:
    for own in (Can(permissions.MASK), Can.ADMINISTRATOR):
        forbid(discord, discord.guild("Harbour", bot_permissions=own), Can.ADD_REACTIONS | Can.VIEW_CHANNEL)
    code, lines = await check(**set_up(discord))
    assert code == 0
    assert "ok  the bot is in 2 servers and has all 6 permissions it needs" in lines


async def test_of_many_servers_the_first_are_named_and_no_name_moves_the_cursor(check: Check, discord: Discord) -> None:
    for number in range(200):
        forbid(discord, discord.guild(f"Q\x1b[2J\n{number}"), Can.VIEW_CHANNEL)
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines).startswith(
        "no  of the 200 or more servers the bot is in, it lacks permissions in "
        "Q[2J0 (View Channels), Q[2J1 (View Channels), Q[2J2 (View Channels) and 197 more: open"
    )


async def test_privileged_intents_that_are_switched_on_are_told_and_are_no_failure(
    check: Check, discord: Discord
) -> None:
    discord.app.privileged_intents = 1 << 1 | 1 << 15
    code, lines = await check(**set_up(discord))
    assert code == 0
    assert (
        "ok  no privileged intent is needed; Server Members Intent and Message Content Intent can be switched off on "
        "the app's page Bot" in lines
    )


async def test_an_app_whose_commands_go_to_a_web_address_is_told(check: Check, discord: Discord) -> None:
    discord.app.interactions_endpoint_url = "https://bot.example.com/interactions"
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines).startswith("no  the app has an Interactions Endpoint URL, and Discord takes commands there")


async def test_who_can_invite_a_bot_that_is_not_public_is_said(check: Check, discord: Discord) -> None:
    discord.app.public = False
    code, lines = await check(**set_up(discord))
    assert code == 0
    assert lines[-1].startswith("ok  you alone (the app is not public) can invite the bot with https://discord.com/")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bot_require_code_grant": True}, "switch Requires OAuth2 Code Grant off on its page Bot"),
        ({"integration_types_config": {"1": {}}}, "tick Guild Install on its page Installation"),
    ],
)
async def test_an_app_that_the_link_cannot_put_into_a_server_is_told(changes: dict[str, object], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        await checks.invitation(APP.model_copy(update=changes))


async def test_a_discord_that_cannot_be_reached_is_one_line(check: Check, discord: Discord) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        url = f"http://127.0.0.1:{held.getsockname()[1]}/api/v10"
    code, lines = await check(**set_up(discord) | {"DISCORD_API_URL": url})
    assert code == 1
    assert bad(lines).startswith(f"no  {url} cannot be reached directly (")
    assert "DISCORD_API_URL, HTTPS_PROXY and NO_PROXY" in bad(lines)


async def test_a_proxy_that_stands_in_the_way_is_named_as_one(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord), HTTP_PROXY="socks5://127.0.0.1:1")
    assert code == 1
    assert bad(lines).startswith(
        f"no  {discord.api_url} cannot be reached through the proxy that the environment names ("
    )
    assert discord.calls == []


async def test_calls_and_the_gateway_go_through_a_proxy(check: Check, discord: Discord) -> None:
    """This Discord stands in for a proxy as well: it answers what is addressed to a name that nobody else knows."""
    discord.gateway_url = "ws://gateway.discord.test/gateway/"
    given = set_up(discord) | {"DISCORD_API_URL": "http://discord.test/api/v10", "HTTP_PROXY": discord.url}
    code, lines = await check(**given)
    assert code == 0
    assert "ok  Discord answers at http://discord.test/api/v10 through a proxy" in lines
    assert any(line.startswith(f"ok  the gateway {discord.gateway_url} answers") for line in lines)


async def test_a_proxy_is_passed_by_where_it_is_told_to_be(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord), HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="127.0.0.1")
    assert code == 0
    assert f"ok  Discord answers at {discord.api_url}" in lines


async def test_a_discord_that_does_not_answer_is_not_waited_for_forever(
    check: Check, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_cli, "ANSWER_S", 0.05)
    discord.fail("*", broken="hang")
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert "(no answer in time)" in bad(lines)


@pytest.mark.parametrize(
    ("name", "left"), [("get_gateway", 0), ("get_me", 0), ("get_own_application", 2), ("list_guilds", 1)]
)
async def test_trouble_on_discords_side_is_told_as_that_and_the_rest_is_checked(
    check: Check, discord: Discord, name: str, left: int
) -> None:
    discord.fail(name, status=500)
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines) == (
        f"no  {discord.api_url} answers with status 500: try again, and see https://discordstatus.com"
    )
    assert len(lines) - lines.index(bad(lines)) - 1 == left


async def test_something_that_is_not_discord_is_told_from_discord(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord) | {"DISCORD_API_URL": f"{discord.url}/elsewhere"})
    assert code == 1
    assert bad(lines) == (
        f"no  {discord.url}/elsewhere answers, but not as Discord does (status 404): see DISCORD_API_URL"
    )


async def test_when_discord_asks_to_wait_that_is_said(check: Check, discord: Discord) -> None:
    discord.fail("list_guilds", status=429, retry_after_s=7)
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines) == "no  Discord asks to be left alone for 7 seconds: try again after that"


async def test_a_gateway_that_cannot_be_opened_is_told(check: Check, discord: Discord) -> None:
    discord.fail("gateway", status=404)
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines).startswith(f"no  {discord.gateway_url} answers, but not as Discord's gateway does")
    discord.fail("gateway", times=2, broken="drop connection")  # a GET that got no answer is made once more
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines).startswith(f"no  {discord.gateway_url} cannot be reached directly (")


async def test_a_bot_that_connected_too_often_today_is_told_when_it_may_again(check: Check, discord: Discord) -> None:
    discord.session_starts_left = 0
    code, lines = await check(**set_up(discord))
    assert code == 1
    assert bad(lines).endswith("see why it starts so often, and start it in 1 hour")


async def test_slack_and_discord_are_both_checked_and_neither_hides_the_other(check: Check, discord: Discord) -> None:
    async with Slack() as slack:
        slack.workspace("T1", "Harbour")
        both = set_up(discord) | {
            "SLACK_BOT_TOKEN": slack.token("T1"),
            "SLACK_APP_TOKEN": slack.app.app_token,
            "SLACK_API_URL": slack.api_url,
        }
        code, lines = await check(**both)
        assert code == 0
        assert f"ok  Slack answers at {slack.api_url}" in lines
        assert f"ok  Discord answers at {discord.api_url}" in lines
        code, lines = await check(**both | {"SLACK_APP_TOKEN": "xapp-0-hunter2"})
        assert code == 1
        assert lines[-1].endswith(permissions.invite(discord.app.id))


async def test_half_a_set_up_of_slack_does_not_keep_discord_from_being_checked(check: Check, discord: Discord) -> None:
    code, lines = await check(**set_up(discord), SLACK_BOT_TOKEN="xoxb-0-hunter2")  # noqa: S106 - no password
    assert code == 1
    assert "add SLACK_APP_TOKEN for Socket Mode" in bad(lines)
    assert lines[-1].endswith(permissions.invite(discord.app.id))


async def test_the_program_says_the_same_and_ends_with_1_and_without_a_traceback(
    discord: Discord, tmp_path: Path
) -> None:
    given = set_up(discord, WRONG) | {"NO_PROXY": "127.0.0.1"}
    done = await asyncio.to_thread(program.run, "check", "--db", "state.db", folder=tmp_path, **given)
    assert done.returncode == 1
    assert COPY in done.stdout
    assert "hunter2" not in done.stdout
    assert done.stderr == ""


def test_discords_library_is_not_imported_for_the_check() -> None:
    told = "import sys, bot.cli, adapters.discord.checks; print('discord' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, check=True, text=True, env=program.environment()
    )
    assert done.stdout == "False\n"

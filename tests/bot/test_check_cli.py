"""`shipworthy check`: what it finds right and wrong, in words that mend it and without a secret among them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation

from adapters.slack import scopes
from bot import app, check_cli
from bot.settings import Settings
from bot.storage.installations import Installations
from tests import program
from tests.bot.checking import Check, bad
from tests.slack_server.server import Slack

ALL = [scope.name for scope in scopes.REQUIRED + scopes.OPTIONAL]
NOT_SLACK = "xoxb-0-hunter2"
KEY, OTHER_KEY = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as served:
        served.workspace("T1", "Harbour")
        yield served


def socket_mode(slack: Slack) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.token("T1"),
        "SLACK_APP_TOKEN": slack.app.app_token,
        "SLACK_API_URL": slack.api_url,
    }


def over_http(slack: Slack) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.token("T1"),
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "SHIPWORTHY_PORT": "0",
    }


def by_oauth(slack: Slack, key: str = KEY) -> dict[str, str]:
    return {
        "SLACK_CLIENT_ID": slack.app.client_id,
        "SLACK_CLIENT_SECRET": slack.app.client_secret,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "SHIPWORTHY_TOKEN_KEY": key,
        "SLACK_API_URL": slack.api_url,
        "SHIPWORTHY_PORT": "0",
    }


async def test_with_nothing_set_it_is_content_and_says_what_slack_and_discord_would_need(check: Check) -> None:
    code, lines = await check()
    assert code == 0
    assert all(line.startswith("ok  ") for line in lines)
    assert "set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, as docs/slack.md describes" in lines[-1]
    assert "for Discord DISCORD_TOKEN, as docs/discord.md does" in lines[-1]


async def test_socket_mode_set_up_right_is_found_right_in_every_line(check: Check, slack: Slack) -> None:
    slack.install(slack.workspaces["T1"], scopes=ALL)
    code, lines = await check(**socket_mode(slack))
    assert (code, lines) == (
        0,
        [
            "ok  every name in the environment that looks like a setting is one",
            "ok  the database state.db opens, takes writes and has room to grow",
            f"ok  Slack answers at {slack.api_url}",
            "ok  the bot token is shipworthy's in the workspace Harbour (https://t1.slack.com/)",
            f"ok  the token has all {len(scopes.REQUIRED)} scopes that are needed",
            "ok  no optional scope is known to be missing",
            "ok  the app-level token opens a socket",
        ],
    )


@pytest.mark.parametrize("scope", [scope.name for scope in scopes.REQUIRED])
async def test_a_scope_that_is_missing_is_named_and_how_to_get_it(check: Check, slack: Slack, scope: str) -> None:
    slack.install(slack.workspaces["T1"], scopes=set(ALL) - {scope})
    code, lines = await check(**socket_mode(slack))
    assert code == 1
    assert bad(lines).startswith(
        f"no  the token lacks {scope}: give the app the manifest of `shipworthy slack manifest`"
    )


async def test_optional_scopes_that_are_missing_are_told_and_are_no_failure(check: Check, slack: Slack) -> None:
    slack.install(slack.workspaces["T1"], scopes=[scope.name for scope in scopes.REQUIRED])
    code, lines = await check(**socket_mode(slack))
    assert code == 0
    [line] = [line for line in lines if "optional" in line]
    assert all(scope.name in line for scope in scopes.OPTIONAL)
    assert "`shipworthy slack manifest --optional`" in line


async def test_a_wrong_bot_token_is_told_and_the_rest_is_checked_all_the_same(check: Check, slack: Slack) -> None:
    code, lines = await check(**socket_mode(slack) | {"SLACK_BOT_TOKEN": NOT_SLACK})
    assert code == 1
    assert bad(lines) == "no  for SLACK_BOT_TOKEN Slack answers invalid_auth: copy it again from the app's page"
    assert lines[-1] == "ok  the app-level token opens a socket"


@pytest.mark.parametrize(
    ("refusal", "mended_by"),
    [
        ("account_inactive", "install it again and copy the new token"),
        ("token_revoked", "install the app again"),
        ("token_expired", "switch token rotation off"),
        ("something_new", "try again, and see https://slack-status.com"),
    ],
)
async def test_each_refusal_of_a_token_says_what_mends_it(
    check: Check, slack: Slack, refusal: str, mended_by: str
) -> None:
    slack.fail("auth.test", error=refusal)
    code, lines = await check(**socket_mode(slack))
    assert code == 1
    assert f"Slack answers {refusal}: " in bad(lines)
    assert mended_by in bad(lines)


async def test_a_token_of_a_whole_organisation_is_refused(check: Check, slack: Slack) -> None:
    slack.install(slack.workspaces["T1"], scopes=ALL, org_wide=True)
    code, lines = await check(**socket_mode(slack))
    assert code == 1
    assert "a whole organisation's: install the app in one workspace" in bad(lines)


async def test_a_wrong_app_level_token_is_told(check: Check, slack: Slack) -> None:
    slack.install(slack.workspaces["T1"], scopes=ALL)
    code, lines = await check(**socket_mode(slack) | {"SLACK_APP_TOKEN": "xapp-0-hunter2"})
    assert code == 1
    assert bad(lines) == "no  for SLACK_APP_TOKEN Slack answers invalid_auth: copy it again from the app's page"


async def test_socket_mode_that_is_switched_off_is_told(check: Check, slack: Slack) -> None:
    slack.fail("apps.connections.open", error="forbidden_team")
    code, lines = await check(**socket_mode(slack))
    assert code == 1
    assert bad(lines).endswith("answers forbidden_team: see that Socket Mode is switched on for the app")


async def test_a_slack_that_cannot_be_reached_is_one_line(check: Check, slack: Slack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        url = f"http://127.0.0.1:{held.getsockname()[1]}/api/"
    code, lines = await check(**socket_mode(slack) | {"SLACK_API_URL": url})
    assert code == 1
    assert bad(lines).startswith(f"no  {url} cannot be reached directly (")
    assert "SLACK_API_URL, HTTPS_PROXY and NO_PROXY" in bad(lines)


async def test_a_proxy_that_stands_in_the_way_is_named_as_one(check: Check, slack: Slack) -> None:
    code, lines = await check(**socket_mode(slack), HTTP_PROXY="socks5://127.0.0.1:1")
    assert code == 1
    assert "cannot be reached through the proxy that the environment names (" in bad(lines)


async def test_a_slack_that_does_not_answer_is_not_waited_for_forever(
    check: Check, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_cli, "ANSWER_S", 0.05)
    slack.fail("*", times=9, broken="hang")
    code, lines = await check(**socket_mode(slack))
    assert code == 1
    assert "(no answer in time)" in bad(lines)


async def test_something_that_is_not_slack_is_told_from_slack(check: Check, slack: Slack) -> None:
    slack.fail("*", times=9, status=404)
    code, lines = await check(**socket_mode(slack))
    assert code == 1
    assert bad(lines) == f"no  {slack.api_url} answers, but not as Slack does (status 404): see SLACK_API_URL"


async def test_http_set_up_right_is_found_right(check: Check, slack: Slack) -> None:
    slack.install(slack.workspaces["T1"], scopes=ALL)
    code, lines = await check(**over_http(slack))
    assert code == 0
    assert "ok  127.0.0.1 port 0 can be listened on" in lines
    assert "ok  the signing secret has the right shape" in lines


async def test_a_port_that_is_taken_is_told(check: Check, slack: Slack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        code, lines = await check(**over_http(slack) | {"SHIPWORTHY_PORT": str(port)})
    assert code == 1
    assert bad(lines).startswith(f"no  127.0.0.1 port {port} cannot be listened on (Address already in use)")
    assert "set SHIPWORTHY_PORT" in bad(lines)


async def test_a_host_that_is_not_this_machines_is_told(check: Check, slack: Slack) -> None:
    code, lines = await check(**over_http(slack), SHIPWORTHY_HOST="192.0.2.1")
    assert code == 1
    assert bad(lines).startswith("no  192.0.2.1 port 0 cannot be listened on (")
    code, lines = await check(**over_http(slack), SHIPWORTHY_HOST="no such host")
    assert code == 1
    assert bad(lines).startswith("no  SHIPWORTHY_HOST: no such host is no address of this machine")


async def test_a_signing_secret_of_another_shape_is_told(check: Check, slack: Slack) -> None:
    code, lines = await check(**over_http(slack) | {"SLACK_SIGNING_SECRET": "hunter2"})
    assert code == 1
    assert bad(lines).startswith("no  SLACK_SIGNING_SECRET is not 32 characters of 0-9 and a-f: copy")


async def install_everywhere(slack: Slack) -> None:
    """Store the installations of two workspaces, encrypted."""
    async with app.store(Settings(), "state.db") as store:
        held = Installations(store.database, key=KEY, clock=app.now_us)
        for team in ("T1", "T2"):
            token = slack.token("T1")
            await held.async_save(
                Installation(user_id="U1", team_id=team, bot_token=token, bot_id="B1", bot_user_id="U2")
            )


async def test_installations_that_can_be_decrypted_are_counted(check: Check, slack: Slack) -> None:
    code, lines = await check(**by_oauth(slack))
    assert code == 0
    assert any(line.startswith("ok  0 workspaces installed the app") for line in lines)
    await install_everywhere(slack)
    for key in (KEY, f"{OTHER_KEY},{KEY}"):
        code, lines = await check(**by_oauth(slack, key))
        assert code == 0
        assert any(line.startswith("ok  2 workspaces installed the app") for line in lines)


async def test_installations_of_another_key_are_told(check: Check, slack: Slack) -> None:
    await install_everywhere(slack)
    code, lines = await check(**by_oauth(slack, OTHER_KEY))
    assert code == 1
    assert "cannot be decrypted with SHIPWORTHY_TOKEN_KEY" in bad(lines)


async def test_a_client_id_of_another_shape_is_told(check: Check, slack: Slack) -> None:
    code, lines = await check(**by_oauth(slack) | {"SLACK_CLIENT_ID": "hunter2"})
    assert code == 1
    assert bad(lines).startswith("no  SLACK_CLIENT_ID is not two numbers and a dot: copy")


async def test_half_a_set_up_says_what_is_missing_and_where_it_is_found(check: Check) -> None:
    code, lines = await check(SLACK_BOT_TOKEN=NOT_SLACK)
    assert code == 1
    assert "add SLACK_APP_TOKEN for Socket Mode" in bad(lines)
    assert bad(lines).endswith("; docs/slack.md says where each is found")


async def test_settings_that_are_wrong_are_a_line_each(check: Check) -> None:
    code, lines = await check(SLACK_BOT_TOKEN="hunter2", SHIPWORTHY_PORT="-1")  # noqa: S106 - no password
    assert code == 1
    wrong = [line for line in lines if line.startswith("no  ")]
    assert [line.split(":")[0] for line in wrong] == ["no  SHIPWORTHY_PORT", "no  SLACK_BOT_TOKEN"]
    assert "hunter2" not in str(lines)


async def test_names_that_are_nearly_settings_are_told_and_other_programs_are_left_alone(check: Check) -> None:
    given = {"SLACK_BOT_TOKN": "1", "SHIPWORTHY_X": "1", "SLACK_WEBHOOK_URL": "1", "DISCORD_ANYTHING": "1"}
    code, lines = await check(**given)
    assert code == 1
    assert [line for line in lines if "environment" in line] == [
        "ok  DISCORD_ANYTHING in the environment is not a setting of Shipworthy's and is left alone",
        "no  SHIPWORTHY_X in the environment is not a setting, so nothing comes of it: remove it",
        "no  SLACK_BOT_TOKN in the environment is not a setting; did you mean SLACK_BOT_TOKEN?",
        "ok  SLACK_WEBHOOK_URL in the environment is not a setting of Shipworthy's and is left alone",
    ]


async def test_a_database_that_cannot_be_used_is_told_and_slack_is_checked_all_the_same(
    check: Check, slack: Slack, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("this is no database, though long enough to look at")
    slack.install(slack.workspaces["T1"], scopes=ALL)
    code, lines = await check(db="text", **socket_mode(slack))
    assert code == 1
    assert "text is not a database" in bad(lines)
    assert lines[-1] == "ok  the app-level token opens a socket"


async def test_a_disk_without_room_is_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_cli, "ROOM_MB", 10**12)
    code, lines = await check()
    assert code == 1
    assert "MB left: make room, or move the database" in bad(lines)


async def test_the_program_says_the_same_and_ends_with_1_and_without_a_traceback(slack: Slack, tmp_path: Path) -> None:
    given = socket_mode(slack) | {"SLACK_BOT_TOKEN": NOT_SLACK, "NO_PROXY": "127.0.0.1"}
    done = await asyncio.to_thread(program.run, "check", "--db", "state.db", folder=tmp_path, **given)
    assert done.returncode == 1
    assert "no  for SLACK_BOT_TOKEN Slack answers invalid_auth" in done.stdout
    assert done.stderr == ""

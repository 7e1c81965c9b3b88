import base64
import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import settings
from bot.settings import NAMES, PREFIXES, Settings, SettingsError, environment_name

ROOT = Path(__file__).parents[2]
SECRET = "hunter2-and-more"  # noqa: S105 - made up, to be looked for in what is printed
BOT = f"xoxb-1-2-{SECRET}"
APP = f"xapp-1-A1-2-{SECRET}"
TOKEN = f"MTI_{SECRET}.G-x.{SECRET}"
KEY = base64.urlsafe_b64encode(b"a" * 32).decode()
OTHER_KEY = base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.os.environ:
        if name.upper().startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_example_file_names_every_setting_with_its_default() -> None:
    expected = [
        "# What can be set, each with its default. Copy this file to .env, or set the same names in the environment,",
        "# which wins over .env.",
    ]
    for one in dataclasses.fields(Settings):
        bounds = one.metadata["bounds"]
        span = f", {bounds['ge']} to {bounds['le']}" if bounds else ""
        default = "" if one.default is None else str(one.default).lower() if one.type is bool else str(one.default)
        expected += ["", f"# {one.metadata['help']}{span}", f"# {environment_name(one)}={default}"]
    assert (ROOT / ".env.example").read_text().splitlines() == expected


def test_the_example_file_is_taken_as_it_is_and_with_every_line_switched_on() -> None:
    example = (ROOT / ".env.example").read_text()
    switched_on = re.sub(r"^# (\w+=)", r"\1", example, flags=re.MULTILINE)
    assert all(f"\n{name}=" in switched_on for name in NAMES)
    for text in (example, switched_on):
        settings.ENV_FILE.write_text(text)
        assert settings.load() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("database_url", "sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
        ("database_url", "postgresql://me@host/db", "postgresql://me@host/db"),
        ("digest_managers_only", "true", True),
        ("digest_grace_hours", "48", 48),
        ("repeat_hours", "0", 0),
        ("keep_days", "0", 0),
        ("commands_per_minute_person", "0", 0),
        ("commands_per_minute_team", "1000", 1000),
        ("posts_per_minute_person", "2", 2),
        ("log_level", "debug", "DEBUG"),
        ("log_format", "JSON", "json"),
        ("metrics_host", "::1", "::1"),
        ("metrics_port", "9187", 9187),
        ("metrics_port", "0", 0),
        ("host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - what an operator behind a proxy sets
        ("port", "0", 0),
        ("token_key", KEY, SecretStr(KEY)),
        ("token_key", f"{KEY}, {OTHER_KEY}", SecretStr(f"{KEY}, {OTHER_KEY}")),
        ("slack_bot_token", BOT, SecretStr(BOT)),
        ("slack_app_token", APP, SecretStr(APP)),
        ("slack_signing_secret", SECRET, SecretStr(SECRET)),
        ("slack_client_id", "123.456", "123.456"),
        ("slack_client_secret", SECRET, SecretStr(SECRET)),
        ("slack_api_url", "https://slack-gov.com/api", "https://slack-gov.com/api/"),
        ("slack_api_url", "http://127.0.0.1:8080//", "http://127.0.0.1:8080/"),
        ("slack_optional_scopes", "yes", True),
        ("slack_count_other_organisations", "true", True),
        ("discord_token", TOKEN, SecretStr(TOKEN)),
        ("discord_api_url", "https://discord.com/api/v10/", "https://discord.com/api/v10"),
        ("discord_api_url", "http://127.0.0.1:8080/api/v10", "http://127.0.0.1:8080/api/v10"),
        ("discord_shards", "0-3/16", "0-3/16"),
        ("discord_shards", "4/16", "4-4/16"),
    ],
)
def test_each_is_read_from_the_environment_and_the_file_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: object
) -> None:
    called = environment_name(Settings.__dataclass_fields__[name])
    settings.ENV_FILE.write_text(f"{called}={value}\n")
    assert settings.load() == dataclasses.replace(Settings(), **{name: meant})
    settings.ENV_FILE.write_text(f"{called}=wrong\n")
    monkeypatch.setenv(called, value)
    assert settings.load() == dataclasses.replace(Settings(), **{name: meant})


def test_the_key_is_bytes_for_the_store_and_stars_for_everybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWORTHY_HASH_KEY", SECRET)
    assert settings.load().key() == SECRET.encode()
    assert SECRET not in repr(settings.load())


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in dataclasses.fields(Settings):
        monkeypatch.setenv(environment_name(one), "")
    assert settings.load() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "would_be_right"),
    [
        ("SHIPWORTHY_DATABASE_URL", f"mysql://me:{SECRET}@host/db", "it starts with sqlite:///"),
        ("SHIPWORTHY_DATABASE_URL", "sqlite:///", "it starts with sqlite:///"),
        ("SHIPWORTHY_HASH_KEY", SECRET[:5], "it has 16 to 64 characters"),
        ("SHIPWORTHY_HASH_KEY", SECRET * 9, "it has 16 to 64 characters"),
        ("SHIPWORTHY_DIGEST_MANAGERS_ONLY", SECRET, "boolean"),
        ("SHIPWORTHY_DIGEST_GRACE_HOURS", "145", "less than or equal to 144"),
        ("SHIPWORTHY_REPEAT_HOURS", SECRET, "integer"),
        ("SHIPWORTHY_LOG_LEVEL", SECRET, "it is DEBUG, INFO, WARNING or ERROR"),
        ("SHIPWORTHY_LOG_FORMAT", SECRET, "it is text or json"),
        ("SHIPWORTHY_METRICS_PORT", "65536", "less than or equal to 65535"),
        ("SHIPWORTHY_METRICS_PORT", SECRET, "integer"),
        ("SHIPWORTHY_PORT", "65536", "less than or equal to 65535"),
        ("SHIPWORTHY_PORT", SECRET, "integer"),
        ("SHIPWORTHY_KEEP_DAYS", "3651", "less than or equal to 3650"),
        ("SHIPWORTHY_TOKEN_KEY", SECRET, "it is one key as printed by shipworthy slack key"),
        ("SHIPWORTHY_TOKEN_KEY", f"{KEY},{SECRET}", "it is one key as printed by shipworthy slack key"),
        ("SHIPWORTHY_TOKEN_KEY", f"{KEY},", "it is one key as printed by shipworthy slack key"),
        ("SLACK_BOT_TOKEN", APP, "it begins with xoxb-"),
        ("SLACK_BOT_TOKEN", f'"{BOT}', "it begins with xoxb-"),
        ("SLACK_APP_TOKEN", BOT, "it begins with xapp-"),
        ("SLACK_APP_TOKEN", "xapp-", "it begins with xapp-"),
        ("SLACK_SIGNING_SECRET", f"{SECRET} {SECRET}", "it has no spaces"),
        ("SLACK_CLIENT_SECRET", f"{SECRET}\u2013", "it has no spaces"),
        ("SLACK_API_URL", "slack.com/api/", "it is an http or https address"),
        ("SLACK_API_URL", f"ftp://{SECRET}/", "it is an http or https address"),
        ("SLACK_API_URL", f"https://me:{SECRET}@slack.com/api/", "it is an http or https address"),
        ("SLACK_API_URL", "https://slack.com/api/?x=1", "it is an http or https address"),
        ("SLACK_API_URL", "https://slack.com:port/api/", "it is an http or https address"),
        ("SLACK_API_URL", "https://", "it is an http or https address"),
        ("DISCORD_TOKEN", SECRET, "it is three words with dots between"),
        ("DISCORD_TOKEN", f"Bot {TOKEN}", "and nothing before: Reset Token on the page Bot"),
        ("DISCORD_TOKEN", f"{TOKEN}\u00e9", "it is three words with dots between"),
        ("DISCORD_TOKEN", f"{TOKEN}.{SECRET}", "it is three words with dots between"),
        ("DISCORD_API_URL", f"discord.com/{SECRET}", "an http or https address, as in https://discord.com/api/v10"),
        ("DISCORD_API_URL", f"https://me:{SECRET}@discord.com/api/v10", "it is an http or https address"),
        ("DISCORD_SHARDS", SECRET, "it is the first and the last shard of how many, counted from 0, as in 0-3/16"),
        ("DISCORD_SHARDS", "0-16/16", "it is the first and the last shard of how many"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting_and_never_shows_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, would_be_right: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"^{name}: [^\n]*{would_be_right}[^\n]*$") as told:
        settings.load()
    assert SECRET[:5] not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_every_wrong_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWORTHY_HASH_KEY", "short")
    monkeypatch.setenv("SHIPWORTHY_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as told:
        settings.load()
    assert [line.split(":")[0] for line in str(told.value).splitlines()] == [
        "SHIPWORTHY_HASH_KEY",
        "SHIPWORTHY_LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("SHIPWORTHY_DATABSE_URL", "; did you mean SHIPWORTHY_DATABASE_URL?"),
        ("SHIPWORTY_LOG_LEVEL", "; did you mean SHIPWORTHY_LOG_LEVEL?"),
        ("POSTGRES_PASSWORD", "."),
    ],
)
def test_a_name_in_the_file_that_is_no_setting_is_refused_in_one_line(line: str, told: str) -> None:
    settings.ENV_FILE.write_text(f"{line}={SECRET}\n")
    with pytest.raises(SettingsError) as refusal:
        settings.load()
    assert str(refusal.value) == f".env sets {line}, which is not a setting{told}"


def test_a_file_that_is_no_text_is_refused_in_one_line() -> None:
    settings.ENV_FILE.write_bytes(b"\xff\xfe=1")
    with pytest.raises(SettingsError, match=r"^\.env is not UTF-8 text\.$"):
        settings.load()


def test_names_in_the_environment_that_only_look_like_settings_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWORTHY_DATABSE_URL", "x")
    monkeypatch.setenv("shipworthy_log_level", "DEBUG")
    assert settings.unknown() == ["SHIPWORTHY_DATABSE_URL"]
    assert settings.load().log_level == "DEBUG"


def test_the_database_is_the_one_given_then_the_one_set_then_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    set_to = Settings(database_url="sqlite:////srv/set.db")
    assert set_to.database("given.db") == Path("given.db")
    assert set_to.database("sqlite:////given.db") == Path("/given.db")
    assert set_to.database(None) == Path("/srv/set.db")
    assert Settings().database(None) == tmp_path / "data" / "shipworthy" / "shipworthy.db"
    assert Settings().database("~/mine.db") == tmp_path / "home" / "mine.db"
    for address in ("postgresql://me@host:5432/votes", "postgres:///votes"):
        assert set_to.database(address) == Settings(database_url=address).database(None) == address


@pytest.mark.parametrize("given", ["", "sqlite:///", f"mysql://me:{SECRET}@host/db", "~nobody-of-this-name/a.db"])
def test_what_names_no_database_is_refused_unshown(given: str) -> None:
    with pytest.raises(SettingsError, match=r"^--db ") as told:
        Settings().database(given)
    assert SECRET not in str(told.value)


def test_the_core_follows_the_settings() -> None:
    rules = Settings(digest_managers_only=True, digest_grace_hours=2, repeat_hours=3).rules()
    hour_us = 3_600_000_000
    assert (rules.digest_needs_manager, rules.digest_grace_us, rules.repeat_window_us) == (
        True,
        2 * hour_us,
        3 * hour_us,
    )


def secret(value: str) -> SecretStr:
    return SecretStr(value)


ONE_WORKSPACE = {"slack_bot_token": secret(BOT)}
SOCKET = {"slack_app_token": secret(APP)}
HTTP = {"slack_signing_secret": secret(SECRET)}
CLIENT = {"slack_client_id": "1.2", "slack_client_secret": secret(SECRET)}
TOKEN_KEY = {"token_key": secret(KEY)}


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, None),
        (TOKEN_KEY, None),
        (ONE_WORKSPACE | SOCKET, "socket"),
        (ONE_WORKSPACE | SOCKET | HTTP, "socket"),
        (ONE_WORKSPACE | HTTP, "http"),
        (ONE_WORKSPACE | HTTP | TOKEN_KEY, "http"),
        (CLIENT | HTTP | TOKEN_KEY, "oauth"),
    ],
)
def test_how_slack_is_set_up_follows_from_what_is_set(given: dict[str, object], mode: str | None) -> None:
    assert Settings(**given).slack_mode() == mode


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (ONE_WORKSPACE, "SLACK_BOT_TOKEN alone is not enough: add SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING"),
        (SOCKET, "SLACK_APP_TOKEN is not enough without SLACK_BOT_TOKEN."),
        (HTTP, "SLACK_SIGNING_SECRET alone is not enough: add SLACK_BOT_TOKEN for one workspace, or SLACK_CLIENT_ID"),
        (SOCKET | HTTP, "SLACK_APP_TOKEN is not enough without SLACK_BOT_TOKEN."),
        (CLIENT | ONE_WORKSPACE, "SLACK_BOT_TOKEN is for one workspace, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for"),
        (CLIENT | SOCKET | HTTP | TOKEN_KEY, "SLACK_APP_TOKEN is for one workspace"),
        (CLIENT, "needs SLACK_SIGNING_SECRET and SHIPWORTHY_TOKEN_KEY as well (shipworthy slack key makes one)."),
        ({"slack_client_id": "1.2"} | HTTP | TOKEN_KEY, "needs SLACK_CLIENT_SECRET as well."),
        ({"slack_client_secret": secret(SECRET)} | HTTP | TOKEN_KEY, "needs SLACK_CLIENT_ID as well."),
    ],
)
def test_half_set_and_contradictory_slack_settings_say_what_is_missing_or_too_much(
    given: dict[str, object], told: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)) as refusal:
        Settings(**given).slack_mode()
    assert SECRET not in str(refusal.value)


def test_discord_is_set_up_where_it_has_a_token() -> None:
    assert not Settings(discord_api_url="http://127.0.0.1/api/v10", **ONE_WORKSPACE).discord()
    both = Settings(discord_token=secret(TOKEN), **ONE_WORKSPACE, **SOCKET)
    assert both.discord()
    assert both.slack_mode() == "socket"
    assert SECRET not in repr(both)


def test_the_token_keys_are_parted_at_their_commas_and_shown_to_nobody() -> None:
    assert Settings().token_keys() == ()
    both = Settings(token_key=secret(f"{KEY}, {OTHER_KEY}"))
    assert both.token_keys() == (KEY, OTHER_KEY)
    assert KEY not in repr(both)


def test_names_of_slack_and_discord_are_looked_for_only_where_asked_and_the_nearest_setting_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SLACK_BOT_TOKN", "SLACK_TOKEN", "slack_app_token", "DISCORD_BOT", "SHIPWORTHY_PROT"):
        monkeypatch.setenv(name, "x")
    assert settings.unknown() == ["SHIPWORTHY_PROT"]
    assert settings.unknown(*PREFIXES) == ["DISCORD_BOT", "SHIPWORTHY_PROT", "SLACK_BOT_TOKN", "SLACK_TOKEN"]
    assert settings.near("slack_bot_tokn") == "SLACK_BOT_TOKEN"
    assert settings.near("SHIPWORTHY_PROT") == "SHIPWORTHY_PORT"
    assert settings.near("SLACK_TOKEN") is None


def test_nothing_is_imported_to_read_settings_where_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "another program's")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    told = "import sys; from bot import settings; settings.load(); print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"

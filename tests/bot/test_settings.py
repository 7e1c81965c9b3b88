import dataclasses
from pathlib import Path

import pytest

from bot import settings
from bot.settings import PREFIX, Settings, SettingsError

ROOT = Path(__file__).parents[2]
SECRET = "hunter2-and-more"  # noqa: S105 - made up, to be looked for in what is printed


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.os.environ:
        if name.upper().startswith(PREFIX):
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
        expected += ["", f"# {one.metadata['help']}{span}", f"# {PREFIX}{one.name.upper()}={default}"]
    assert (ROOT / ".env.example").read_text().splitlines() == expected


def test_the_example_file_is_taken_as_it_is_and_with_every_line_switched_on() -> None:
    example = (ROOT / ".env.example").read_text()
    for text in (example, example.replace(f"# {PREFIX}", PREFIX)):
        settings.ENV_FILE.write_text(text)
        assert settings.load() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("database_url", "sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
        ("digest_managers_only", "true", True),
        ("digest_grace_hours", "48", 48),
        ("repeat_hours", "0", 0),
        ("log_level", "debug", "DEBUG"),
    ],
)
def test_each_is_read_from_the_environment_and_the_file_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: object
) -> None:
    settings.ENV_FILE.write_text(f"{PREFIX}{name.upper()}={value}\n")
    assert settings.load() == dataclasses.replace(Settings(), **{name: meant})
    settings.ENV_FILE.write_text(f"{PREFIX}{name.upper()}=wrong\n")
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
    assert settings.load() == dataclasses.replace(Settings(), **{name: meant})


def test_the_key_is_bytes_for_the_store_and_stars_for_everybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWORTHY_HASH_KEY", SECRET)
    assert settings.load().key() == SECRET.encode()
    assert SECRET not in repr(settings.load())


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in dataclasses.fields(Settings):
        monkeypatch.setenv(f"{PREFIX}{one.name.upper()}", "")
    assert settings.load() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "would_be_right"),
    [
        ("DATABASE_URL", f"postgres://me:{SECRET}@host/db", "it starts with sqlite:///"),
        ("DATABASE_URL", "sqlite:///", "it starts with sqlite:///"),
        ("HASH_KEY", SECRET[:5], "it has 16 to 64 characters"),
        ("HASH_KEY", SECRET * 9, "it has 16 to 64 characters"),
        ("DIGEST_MANAGERS_ONLY", SECRET, "boolean"),
        ("DIGEST_GRACE_HOURS", "145", "less than or equal to 144"),
        ("REPEAT_HOURS", SECRET, "integer"),
        ("LOG_LEVEL", SECRET, "it is DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting_and_never_shows_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, would_be_right: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError, match=rf"^{PREFIX}{name}: [^\n]*{would_be_right}[^\n]*$") as told:
        settings.load()
    assert value[:5] not in str(told.value).replace("sqlite:///", "")
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


@pytest.mark.parametrize("given", ["", "sqlite:///", f"postgres://me:{SECRET}@host/db", "~nobody-of-this-name/a.db"])
def test_what_names_no_file_is_refused_unshown(given: str) -> None:
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

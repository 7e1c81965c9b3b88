"""`shipworthy slack`: the manifest and the key it prints, and that the program does without Slack's libraries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from adapters.slack import manifest, scopes
from bot import settings
from bot.cli import main
from commands.core import COMMANDS
from tests import program

HEAVY = ("aiohttp", "cryptography", "slack_bolt", "slack_sdk")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["slack", *words])


def test_the_manifest_is_json_that_is_drawn_from_the_declarations() -> None:
    done = run("manifest")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == manifest.manifest(COMMANDS, url=None, optional=False)


def test_the_address_and_the_optional_scopes_go_into_the_manifest() -> None:
    made = json.loads(run("manifest", "--url", "https://bot.example.com/", "--optional").stdout)
    assert made["settings"]["event_subscriptions"]["request_url"] == "https://bot.example.com/slack/events"
    assert len(made["oauth_config"]["scopes"]["bot"]) == len(scopes.REQUIRED + scopes.OPTIONAL)


@pytest.mark.parametrize("url", ["", "http://bot.example.com", "https://bot.example.com/slack/events"])
def test_an_address_that_cannot_be_used_is_one_line_and_no_manifest(url: str) -> None:
    done = run("manifest", "--url", url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: --url takes an ")
    assert len(done.stderr.splitlines()) == 1


def test_every_key_is_another_and_is_taken_by_the_settings_and_by_what_encrypts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = [run("key").stdout.strip() for _ in range(3)]
    assert len(set(keys)) == 3
    monkeypatch.setenv("SHIPWORTHY_TOKEN_KEY", ",".join(keys))
    assert settings.load().token_keys() == tuple(keys)
    for key in keys:
        assert Fernet(key).decrypt(Fernet(key).encrypt(b"token")) == b"token"


@pytest.mark.parametrize("words", [("ask", "/help", "--db", "state.db"), ("slack", "manifest"), ("check",)])
def test_slacks_libraries_are_not_imported_where_slack_is_not_set_up(words: tuple[str, ...], tmp_path: Path) -> None:
    told = (
        "import sys\n"
        "from bot.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print('imported:', *[name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", told, *words],
        capture_output=True,
        check=True,
        text=True,
        cwd=tmp_path,
        env=program.environment(XDG_DATA_HOME=str(tmp_path)),
    )
    assert done.stdout.splitlines()[-1] == "imported:"

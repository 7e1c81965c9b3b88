"""What docs/slack.md says is so: its command lines, settings, scopes, links and pictures."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from adapters.slack import manifest, oauth, scopes
from bot.cli import main
from bot.environment import read
from bot.settings import ENV_FILE, NAMES, PREFIXES, Settings
from commands.core import COMMANDS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "slack.md"
DOCS = PAGE.read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", DOCS)
BLOCKS = [re.sub(r"^ +", "", block, flags=re.MULTILINE) for block in re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)]
LINES = sorted(
    {line for line in [*CODE, *"\n".join(BLOCKS).splitlines()] if re.match(r"(\.venv/bin/)?shipworthy ", line)}
)


def test_there_are_command_lines_to_look_at() -> None:
    assert {"shipworthy check", "shipworthy run", "shipworthy slack key", "shipworthy slack manifest"} <= set(LINES)


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_is_one_the_program_takes(line: str) -> None:
    words, command = shlex.split(line)[1:], main
    while isinstance(command, click.Group):
        assert words, line
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    command.make_context(line, words, parent=click.Context(main, **main.context_settings))


def test_every_setting_that_is_named_is_one() -> None:
    named = set(re.findall(rf"\b(?:{'|'.join(PREFIXES)})[A-Z_]+", DOCS))
    assert named <= set(NAMES)
    slack = {name for name in NAMES if name.startswith("SLACK_")}
    assert slack | {"SHIPWORTHY_TOKEN_KEY", "SHIPWORTHY_HOST", "SHIPWORTHY_PORT", "SHIPWORTHY_KEEP_DAYS"} <= named


def test_the_defaults_that_are_told_are_the_defaults() -> None:
    assert f"{Settings().host} and {Settings().port} unless you set them" in DOCS
    assert f"`SHIPWORTHY_KEEP_DAYS` days, {Settings().keep_days} unless you set it" in DOCS


@pytest.mark.parametrize(("place", "mode"), [(0, "socket"), (1, "http"), (2, "oauth")])
def test_the_settings_of_each_way_are_enough_for_it_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, mode: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    key = CliRunner().invoke(main, ["slack", "key"]).stdout.strip()
    block = [block for block in BLOCKS if block.startswith("SLACK_")][place]
    ENV_FILE.write_text(block.replace("TOKEN_KEY=…", f"TOKEN_KEY={key}").replace("…", "1"))
    assert read().slack_mode() == mode


@pytest.mark.parametrize("scope", scopes.REQUIRED + scopes.OPTIONAL)
def test_every_scope_is_in_a_table_with_its_reason(scope: scopes.Scope) -> None:
    assert f"| `{scope.name}` | {scope.why} |\n" in DOCS


def test_the_tables_name_no_scope_that_is_not_asked_for() -> None:
    tables = re.findall(r"scope \| what it is for \|\n\| --- \| --- \|\n((?:\|.*\n)+)", DOCS)
    named = [re.findall(r"^\| `([^`]+)`", table, re.MULTILINE) for table in tables]
    assert named == [[scope.name for scope in some] for some in (scopes.REQUIRED, scopes.OPTIONAL)]


def test_every_path_is_one_the_bot_serves_and_the_manifest_gives_slack() -> None:
    assert set(re.findall(r"`(/slack/\w+)`", DOCS)) == {manifest.EVENTS, oauth.INSTALL, manifest.REDIRECT}
    made = json.dumps(manifest.manifest(COMMANDS, url="https://bot.example.com", optional=True))
    given = set(re.findall(r"https://bot\.example\.com(/[\w/]+)", made))
    assert given == {manifest.EVENTS, manifest.REDIRECT}


def test_every_command_typed_in_slack_is_declared() -> None:
    declared = {command.name for command in COMMANDS}
    typed = [line for line in CODE if line.startswith(("/shipworthy ", "@Shipworthy "))]
    assert typed
    assert {line.split()[1] for line in typed} <= declared
    [first] = [line for line in CODE if line.startswith("/compare ")]
    assert first in {example for command in COMMANDS for example in command.examples}


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]+)\)", DOCS))
def test_every_link_and_picture_is_there_and_the_pictures_are_small(target: str) -> None:
    name, _, heading = target.partition("#")
    path = PAGE.parent / name if name else PAGE
    assert path.exists()
    assert path.suffix != ".png" or path.stat().st_size < 150_000
    if heading:
        headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}

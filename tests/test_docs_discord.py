"""What docs/discord.md says is so: its command lines, settings, permissions, links and pictures."""

import re
import shlex
from pathlib import Path

import click
import pytest

from adapters.discord import command_tree, permissions
from bot.cli import main
from bot.environment import read
from bot.settings import ENV_FILE, NAMES, PREFIXES, Settings
from commands.away import DAY_US, READ_BACK_US
from commands.core import COMMANDS
from commands.declare import Kind

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "discord.md"
DOCS = PAGE.read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", DOCS)
BLOCKS = [re.sub(r"^ +", "", block, flags=re.MULTILINE) for block in re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)]
LINES = sorted({line for line in [*CODE, *"\n".join(BLOCKS).splitlines()] if line.startswith("shipworthy ")})
TYPED = [line for line in CODE if line.startswith("/")]
DECLARED = {command.name: command for command in COMMANDS}


def test_there_are_command_lines_to_look_at() -> None:
    assert set(LINES) == {"shipworthy check", "shipworthy run"}
    assert {"/compare", "/digest"} <= {line.split()[0] for line in TYPED}


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_is_one_the_program_takes(line: str) -> None:
    words = shlex.split(line)[1:]
    command = main.commands[words[0]]
    command.make_context(line, words[1:], parent=click.Context(main, **main.context_settings))


def test_every_setting_that_is_named_is_one() -> None:
    named = set(re.findall(rf"\b(?:{'|'.join(PREFIXES)})[A-Z_]+", DOCS))
    assert named <= set(NAMES)
    assert {name for name in NAMES if name.startswith("DISCORD_")} | {"SHIPWORTHY_KEEP_DAYS"} <= named


def test_the_defaults_that_are_told_are_the_defaults() -> None:
    assert f"`SHIPWORTHY_KEEP_DAYS` days, {Settings().keep_days} unless you set it" in DOCS
    assert f"unset it is `{Settings().discord_api_url}`" in DOCS
    assert f"of the last {READ_BACK_US // DAY_US} days" in DOCS


def test_the_one_setting_of_the_steps_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    [block] = [block for block in BLOCKS if block.startswith("DISCORD_")]
    ENV_FILE.write_text(block.replace("…", "1.1.1"))
    assert read().discord()


def test_the_steps_are_numbered_and_go_from_the_app_to_the_first_comparison() -> None:
    _, _, rest = DOCS.partition("\n## From nothing to the first comparison\n")
    steps = re.findall(r"^(\d)\. ((?:.*\n)(?:(?: {3}.*)?\n)*)", rest.partition("\n## ")[0], re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    told = ("README", "New Application", "Reset Token", "DISCORD_TOKEN", "shipworthy check", "Authorize", "worthy run")
    assert all(word in step for word, (_, step) in zip((*told, "/compare a:"), steps, strict=True))


def test_the_table_of_permissions_is_what_the_invite_link_asks_for() -> None:
    [table] = re.findall(r"permission \| what it is for \|\n\| --- \| --- \|\n((?:\|.*\n)+)", DOCS)
    assert table == "".join(f"| {needed.name} | {needed.why} |\n" for needed in permissions.NEEDED)
    assert "applications.commands" in permissions.invite("1")
    assert "`applications.commands`" in DOCS


def test_every_permission_is_told_of_that_can_be_missing() -> None:
    _, _, rest = DOCS.partition("| without | what happens |")
    table = rest.partition("\n\n")[0]
    assert all(needed.name in table for needed in permissions.NEEDED)


@pytest.mark.parametrize("line", TYPED)
def test_every_command_typed_on_discord_is_declared_with_its_options(line: str) -> None:
    name, *words = re.split(r" (?=[a-z]+:)", line.removeprefix("/"))
    command = DECLARED[name]
    filled = dict(word.split(":", 1) for word in words)
    options = {option.name: option for option in command.parameters}
    assert filled.keys() <= options.keys()
    assert all(option.name in filled for option in command.parameters if option.required and filled)
    assert all(value in options[key].choices for key, value in filled.items() if options[key].kind is Kind.CHOICE)
    given = [{"name": key, "value": value} for key, value in filled.items()]
    assert command_tree.line({"name": name, "options": given}, COMMANDS).startswith(f"/{name}")


def test_the_commands_said_to_be_for_managers_are_those_that_discord_shows_only_to_them() -> None:
    managing = [command["name"] for command in command_tree.tree(COMMANDS) if "default_member_permissions" in command]
    assert managing == ["digest"]
    assert "except for `/digest`, which is for those with *Manage Server*" in re.sub(r"\s+", " ", DOCS)


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]+)\)", DOCS))
def test_every_link_and_picture_is_there_and_the_pictures_are_small(target: str) -> None:
    name, _, heading = target.partition("#")
    path = PAGE.parent / name if name else PAGE
    assert path.exists()
    assert path.suffix != ".png" or path.stat().st_size < 150_000
    if heading:
        headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}

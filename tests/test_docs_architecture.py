"""What docs/architecture.md says is so: its files and names, its rules of import, its recipes as they stand."""

import ast
import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest

from adapters.discord import command_tree
from adapters.slack import manifest
from bot.running import Platform
from bot.storage.sqlite import database
from commands.core import COMMANDS, Core
from commands.declare import Command
from commands.model import Asker, Channel, Request, TeamKey
from commands.ports import BallotReader, DigestChannel
from tests.fakes import Memory

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROSE = re.sub(r"\s+", " ", DOCS)
[PICTURE] = re.findall(r"```text\n(.*?)```", DOCS, re.DOTALL)
PATHS = sorted(set(re.findall(r"`((?:commands|adapters|bot|tests)/[\w./]*)`", DOCS)) - {"commands/coin.py"})
FILE = r"`((?:commands|adapters|bot)/[\w/]+\.py)`\)"
PLACES = sorted(
    {
        *re.findall(rf"`([A-Za-z_.]+)`(?=(?: and `[A-Za-z_.]+`)? \({FILE})", PROSE),
        *re.findall(rf"\(`([A-Za-z_.]+)`, {FILE}", PROSE),
    }
)
"""Names with the file that each is said to be in: `name` (`file`), `name` and `name` (`file`), (`name`, `file`)."""
IMAGINED = {"adapters/web/", "tests/adapters/web/", "tests/commands/test_coin.py"}
"""What the recipes make."""


def names(path: Path) -> set[str]:
    """What a module defines: its functions, classes, values, and what its classes have, as in `Core.run`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name, body=body):
                found |= {name} | {f"{name}.{one.name}" for one in body if hasattr(one, "name")}
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


@pytest.mark.parametrize("path", [path for path in PATHS if path not in IMAGINED])
def test_every_file_and_folder_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_there_are_names_to_look_at() -> None:
    assert len(PLACES) > 25
    assert ("Core.run", "commands/core.py") in PLACES


@pytest.mark.parametrize(("name", "path"), PLACES)
def test_every_function_and_class_is_in_the_file_it_is_said_to_be_in(name: str, path: str) -> None:
    assert name in names(ROOT / path)


def test_the_picture_stands_straight_and_names_what_there_is() -> None:
    lines = PICTURE.splitlines()
    boxes = [line[:61] for line in lines[3:-3] if line and line[0] in "┌│├└"]
    edges = {line.rstrip()[-1] for line in boxes}
    assert edges <= set("┐│┤┘")
    assert all(len(line) <= 120 for line in lines)
    for name in re.findall(r"\b(\w+\.py)\b", PICTURE):
        assert [*(ROOT / "commands").glob(name), *(ROOT / "bot").glob(f"**/{name}")], name


def test_what_may_import_what_is_what_is_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers, core, adapters = contracts
    assert layers["layers"] == ["bot", "adapters", "commands"]
    assert core["source_modules"] == ["commands"]
    assert "os" in core["forbidden_modules"]
    assert {f"`{name.replace('.', '/')}/`" for name in adapters["modules"]} <= set(re.findall(r"`[\w/]+/`", DOCS))


def test_only_the_files_said_to_read_the_environment_do() -> None:
    reading = re.compile(r"\bos\.environ\b|\bos\.getenv\b|\bBaseSettings\b")
    files = [path for folder in ("commands", "adapters", "bot") for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if reading.search(path.read_text(encoding="utf-8"))}
    assert found - {"bot/running.py"} == {"bot/settings.py", "bot/environment.py"}


def test_every_table_is_among_what_is_in_the_database() -> None:
    made = set[str]()
    for path in database.migrations():
        made |= set(re.findall(r"^CREATE TABLE (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    _, _, rest = DOCS.partition("| in the database | what it is |")
    told = set(
        re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in rest.partition("\n\n")[0].splitlines()[2:]))
    )
    assert told == made | {"schema_version"}


def coin(folder: Path) -> Command:
    """The command of the module that the recipe has somebody write."""
    [block] = re.findall(r" {3}```python\n(.*?) {3}```", DOCS, re.DOTALL)
    path = folder / "coin.py"
    path.write_text(re.sub(r"^ {3}", "", block, flags=re.MULTILINE), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("coin", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Command = module.COMMAND
    return found


async def test_a_command_added_by_the_recipe_is_answered_and_is_on_every_platform(
    memory: Memory, tmp_path: Path
) -> None:
    command = coin(tmp_path)
    commands = (*COMMANDS, command)
    core = Core(memory.ports(), commands)

    async def ask(line: str) -> str:
        return (await core.run(Request(TeamKey("terminal", "acme"), Channel("general"), Asker("ada"), line))).plain

    assert await ask("/coin") in {"Heads: ship it.", "Tails: skip it."}
    assert await ask("/coin twice") == "/coin takes no words."
    assert await ask("/help coin") == "/coin: let a coin decide for the channel."
    assert "coin" in json.dumps(manifest.manifest(commands, url=None, optional=False))
    assert [each["name"] for each in command_tree.tree(commands)][-1] == "coin"


def test_the_tests_that_a_new_command_goes_into_are_there() -> None:
    for test in re.findall(r"`(\w+)` of `(tests/\S+)`", PROSE):
        name, path = test
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("protocol", [Platform, DigestChannel, BallotReader])
def test_the_recipe_for_a_platform_names_all_that_one_has_to_do(protocol: type) -> None:
    wanted = {name for base in protocol.__mro__ for name in vars(base) if not name.startswith("_")}
    _, _, recipe = DOCS.partition("\n## To add a platform")
    assert wanted
    assert wanted <= set(re.findall(r"`(\w+)`", recipe))

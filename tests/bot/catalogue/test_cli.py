"""`shipworthy catalogue …` on a real store."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.catalogue.shipped import SHIPPED
from bot.cli import main

Write = Callable[[str, Sequence[dict[str, Any]]], Path]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a subcommand on a database of this test's own."""

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(main, ["catalogue", *map(str, words), "--db", str(tmp_path / "test.db")])

    return run


def tool(slug: str, **facts: object) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "category": "Models", "source": {"origin": "page"}, **facts}


def test_schema_prints_json_schema(run: Run) -> None:
    schema = json.loads(run("schema").stdout)
    fields = schema["$defs"]["ToolFact"]
    assert fields["required"] == ["slug", "name", "category", "source"]
    assert fields["properties"]["tagline"]["maxLength"] == 160
    assert fields["properties"]["slug"]["pattern"]
    assert fields["additionalProperties"] is False
    assert all(held.get("description") for held in fields["properties"].values())


def test_check_counts_tools_without_mistakes(run: Run, write: Write) -> None:
    result = run("check", SHIPPED, write("a.csv", [tool("one")]))
    assert (result.exit_code, result.stdout) == (0, "no mistakes in 9 tools\n")


def test_check_tells_every_mistake_of_every_file_and_fails(run: Run, write: Write) -> None:
    first, second = (
        write("a.csv", [tool("NO"), tool("one")]),
        write("b.csv", [tool("one", name="Other", entry="x" * 41)]),
    )
    result = run("check", first, second)
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == [f"{first}:2", f"{second}:2", f"{second}:2"]
    assert "3 mistakes" in result.stderr


def test_importing_adds_then_updates_then_changes_nothing(run: Run, write: Write) -> None:
    assert (
        run("import", write("a.json", [tool("one"), tool("two")])).stdout == "2 tools: 2 added, 0 changed, 0 the same\n"
    )
    path = write("a.yaml", [tool("one", licence="MIT"), tool("two"), tool("three")])
    assert run("import", path).stdout == "3 tools: 1 added, 1 changed, 1 the same\n"
    assert run("import", path).stdout == "3 tools: 0 added, 0 changed, 3 the same\n"
    assert run("import", SHIPPED).stdout == "8 tools: 0 added, 0 changed, 8 the same\n"


def test_a_file_of_categories_alone_is_imported_beside_a_table(run: Run, write: Write, tmp_path: Path) -> None:
    names = tmp_path / "names.yaml"
    names.write_text("categories:\n  Models: [Brains]\n", encoding="utf-8")
    assert run("import", names, write("a.csv", [tool("one")])).stdout == "1 tool: 1 added, 0 changed, 0 the same\n"


def test_one_mistake_keeps_all_files_out(run: Run, write: Write) -> None:
    good, bad = write("a.csv", [tool("one")]), write("b.csv", [tool("NO")])
    result = run("import", good, bad)
    assert (result.exit_code, result.stdout.startswith(f"{bad}:2: slug is")) == (1, True)
    assert run("import", good).stdout == "1 tool: 1 added, 0 changed, 0 the same\n"


def test_a_name_that_could_no_longer_be_told_apart_is_not_imported(run: Run, write: Write) -> None:
    path = write("a.csv", [tool("mine", name="Code Llama 4")])
    result = run("import", path)
    assert result.exit_code == 1
    assert 'name "Code Llama 4" is also that of code-llama-4-' in result.stdout
    assert run("import", write("a.csv", [tool("mine", name="Code Llama 4", qualifier="mine")])).exit_code == 0


def test_a_long_import_tells_how_far_it_is(run: Run, write: Write) -> None:
    result = run("import", write("a.csv", [tool(f"tool-{number}") for number in range(10_001)]))
    assert result.stderr == "10,000 of 10,001 tools loaded\n"
    assert result.stdout == "10,001 tools: 10,001 added, 0 changed, 0 the same\n"

"""Catalogue files written from plain values, the same tools in each of the three formats."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.catalogue.check import check
from bot.catalogue.csv_file import COLUMNS, LIST_SEPARATOR

Fields = dict[str, Any]


class _Plain(yaml.SafeDumper):
    """Writes a value out wherever it stands, where PyYAML would point back to the first."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class names it
        return True


def _cell(tool: Fields, loc: Sequence[str | int]) -> str:
    value: Any = tool
    for step in loc:
        value = value.get(step) if value else None
    if isinstance(value, list):
        return LIST_SEPARATOR.join(value)
    return "" if value is None else str(value)


def _write_csv(path: Path, tools: Iterable[Fields]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(tool, loc) for loc in COLUMNS.values()] for tool in tools)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Sequence[Fields]], Path]:
    """Write these tools into a new file of this name, in the format that the name tells."""

    def write(name: str, tools: Sequence[Fields]) -> Path:
        path = tmp_path / name
        if path.suffix == ".csv":
            _write_csv(path, tools)
        elif path.suffix == ".json":
            path.write_text(json.dumps({"tools": tools}, indent=1), encoding="utf-8")
        else:
            path.write_text(yaml.dump({"tools": tools}, Dumper=_Plain, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture
def mistakes(tmp_path: Path) -> Callable[[str, str], list[str]]:
    """Check a text under a file name; the mistakes as `line: text`."""

    def mistakes(name: str, text: str) -> list[str]:
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return [str(problem).removeprefix(f"{tmp_path}/{name}:") for problem in check(path)]

    return mistakes

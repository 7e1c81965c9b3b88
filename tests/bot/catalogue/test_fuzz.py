"""Whatever a file holds, checking it only ever tells mistakes."""

import json
import string
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalogue.check import check
from bot.catalogue.csv_file import COLUMNS
from bot.catalogue.schema import ReviewFact, SourceFact, ToolFact

FORMATS = ["a.yaml", "a.json", "a.csv"]
quietly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

FIELDS = sorted({*ToolFact.model_fields, *ReviewFact.model_fields, *SourceFact.model_fields, "Builder", "tools"})
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(FIELDS)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner),
    max_leaves=25,
)
snippets = st.lists(
    st.sampled_from(
        [*FIELDS, *"-:{}[],\"'&*!|>#\n\t; %@`?~", ": ", "- ", "\n  ", "---\n", "...", "\ud800", "\x00", "\u202e"]
    )
    | st.text(string.printable, max_size=4),
    max_size=60,
).map("".join)


def _told(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    told = [str(problem) for problem in check(path)]
    assert all(line.startswith(f"{path}:") and line.isprintable() for line in told)
    return told


@pytest.mark.parametrize("name", FORMATS)
@quietly
@given(data=st.binary(max_size=200))
def test_random_bytes_are_told_to_be_no_catalogue(name: str, data: bytes, tmp_path: Path) -> None:
    assert _told(tmp_path / name, data)


@pytest.mark.parametrize("name", FORMATS)
@quietly
@given(text=snippets)
def test_random_pieces_of_syntax_never_get_past_the_reader(name: str, text: str, tmp_path: Path) -> None:
    assert _told(tmp_path / name, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
@quietly
@given(document=documents)
def test_random_documents_are_told_to_be_no_catalogue(name: str, document: object, tmp_path: Path) -> None:
    tools = {"tools": [document], "categories": document}
    if name == "a.json":
        data = json.dumps(tools).encode()
    else:
        data = yaml.dump(tools, Dumper=yaml.Dumper).encode("utf-8", "surrogatepass")
    assert _told(tmp_path / name, data)


@quietly
@given(rows=st.lists(st.lists(st.text(max_size=8).map(lambda t: t.replace('"', '""')), max_size=8), max_size=5))
def test_random_rows_are_told_to_be_no_catalogue(rows: list[list[str]], tmp_path: Path) -> None:
    text = ",".join(list(COLUMNS)[:8]) + "\n" + "".join(",".join(f'"{c}"' for c in row) + "\n" for row in rows)
    assert _told(tmp_path / "a.csv", text.encode("utf-8", "surrogatepass"))

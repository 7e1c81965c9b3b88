"""YAML, JSON and CSV say the same, and a long file is never held whole."""

import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalogue import yaml_file
from bot.catalogue.check import Check, check, entries
from bot.catalogue.csv_file import COLUMNS
from bot.catalogue.shipped import SHIPPED
from commands.errors import CommandError
from commands.model import Basis, Review, Seat, Source, Tool, ToolEntry, Verdict, Wording

Write = Callable[[str, Sequence[dict[str, Any]]], Path]
FORMATS = ["tools.yaml", "tools.json", "tools.csv"]

FULL: dict[str, Any] = {
    "slug": "a-tool",
    "name": "A “Tool”, étendu",
    "qualifier": "large",
    "maker": "Somebody",
    "category": "Models",
    "entry": "Free",
    "pricing": "by the token",
    "licence": "MIT",
    "sizes": "7B",
    "tagline": "Does it, and says: done",
    "best_for": "Trying things",
    "best_for_basis": "stated",
    "description": 'One line.\nAnd another, with "quotes".',
    "words": ["tool a", "the tool"],
    "former_slugs": ["old-tool", "older-tool"],
    "source": {"origin": "their page", "as_of": "2026-10", "saved": "2026-11-03"},
    "reviews": {
        "Skeptic": {"verdict": "skip", "basis": "inferred"},
        "Builder": {
            "verdict": "ship",
            "basis": "stated",
            "score": 0,
            "words": "Good.",
            "wording": "quote",
            "source": {"origin": "an interview", "as_of": "unknown"},
        },
    },
}

ENTRY = ToolEntry(
    Tool(
        id=0,
        slug="a-tool",
        name="A “Tool”, étendu",
        qualifier="large",
        maker="Somebody",
        category="Models",
        tagline="Does it, and says: done",
        best_for="Trying things",
        best_for_basis=Basis.STATED,
        description='One line. And another, with "quotes".',
        entry="Free",
        pricing="by the token",
        licence="MIT",
        sizes="7B",
        source=Source("their page", "2026-10", "2026-11-03"),
        reviews=(
            Review(
                Seat.BUILDER, Verdict.SHIP, Basis.STATED, 0, "Good.", Wording.QUOTE, Source("an interview", None, None)
            ),
            Review(
                Seat.SKEPTIC,
                Verdict.SKIP,
                Basis.INFERRED,
                None,
                "",
                Wording.PARAPHRASE,
                Source("their page", "2026-10", "2026-11-03"),
            ),
        ),
    ),
    words=("tool a", "the tool"),
    former_slugs=("old-tool", "older-tool"),
)


@pytest.mark.parametrize("name", FORMATS)
def test_every_field_reaches_the_core_from_every_format(name: str, write: Write) -> None:
    path = write(name, [FULL])
    assert list(check(path)) == []
    assert list(entries([path])) == [ENTRY]


def test_the_shipped_tools_are_the_same_in_every_format(write: Write) -> None:
    tools = yaml.load(SHIPPED.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["tools"]  # noqa: S506
    expected = list(entries([SHIPPED]))
    assert [list(entries([write(name, tools)])) for name in FORMATS] == [expected] * 3


def test_where_the_fast_yaml_parser_is_missing_the_slow_one_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list(entries([SHIPPED]))
    monkeypatch.setattr(yaml_file, "_LOADER", yaml.SafeLoader)
    assert list(entries([SHIPPED])) == expected


def test_a_bare_list_is_a_catalogue_too(tmp_path: Path) -> None:
    for name, text in (("a.json", json.dumps([FULL])), ("a.yml", yaml.safe_dump([FULL], allow_unicode=True))):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert list(entries([path])) == [ENTRY]


def test_a_byte_order_mark_and_dos_line_ends_are_no_mistake(write: Write) -> None:
    for name in FORMATS:
        path = write(name, [FULL])
        text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text)
        assert list(entries([path])) == [ENTRY]


def test_an_empty_field_is_a_missing_one(write: Write) -> None:
    tool = {"slug": "a", "name": "A", "category": "Models", "source": {"origin": "page"}}
    bare = list(entries([write("bare.yaml", [tool])]))
    empty = {**tool, "licence": None, "reviews": None, "words": None}
    assert [list(entries([write(name, [empty])])) for name in FORMATS] == [bare] * 3
    assert bare[0].tool.licence == ""


def test_categories_may_come_before_or_after_the_tools(tmp_path: Path) -> None:
    tool = {"slug": "a", "name": "A", "category": "Models", "source": {"origin": "page"}}
    aliases = {"Models": ["AI/ML Models"]}
    for name in ("a.json", "a.yaml"):
        for order in (("categories", "tools"), ("tools", "categories")):
            path = tmp_path / name
            held = {"categories": aliases, "tools": [tool]}
            # Every JSON text is a YAML text as well.
            path.write_text(json.dumps({key: held[key] for key in order}), encoding="utf-8")
            checked = Check()
            assert list(checked.file(path)) == []
            assert (checked.tools, checked.categories) == (1, {"Models": ("AI/ML Models",)})


def test_reading_tools_of_an_unchecked_file_stops_at_the_first_mistake(write: Write) -> None:
    path = write("a.yaml", [FULL, {**FULL, "slug": "NO"}])
    found = entries([path])
    assert next(found) == ENTRY
    with pytest.raises(CommandError, match=r"a\.yaml:\d+: slug is \"NO\", a slug is"):
        next(found)


words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20).filter(
    lambda t: t == t.strip()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=words, words=words, score=st.none() | st.integers(0, 100), saved=st.sampled_from(["2026", "2026-11"]))
def test_any_text_survives_every_format(write: Write, name: str, words: str, score: int | None, saved: str) -> None:
    review = {"verdict": "ship", "basis": "stated", "score": score, "words": words}
    tool = {
        "slug": "a",
        "name": name,
        "category": words,
        "source": {"origin": name, "saved": saved},
        "reviews": {"Founder": review},
    }
    found = [list(entries([write(file, [tool])])) for file in FORMATS]
    assert found[0] == found[1] == found[2]
    assert found[0][0].tool.name == name
    assert found[0][0].tool.reviews[0].words == words
    assert found[0][0].tool.reviews[0].score == score


def _yaml(count: int) -> Iterator[str]:
    yield "tools:\n"
    for number in range(count):
        yield f"- slug: tool-{number}\n  name: Tool {number}\n  category: Models\n  tagline: {'word ' * 20}\n"
        yield "  source: {origin: page, saved: 2026-11}\n  reviews:\n    Builder: {verdict: ship, basis: stated}\n"


def _json(count: int) -> Iterator[str]:
    yield '{"tools": ['
    for number in range(count):
        review = {"Builder": {"verdict": "ship", "basis": "stated"}}
        tool = {"slug": f"tool-{number}", "name": f"Tool {number}", "category": "Models", "tagline": "word " * 20}
        yield ("," if number else "") + json.dumps({**tool, "source": {"origin": "page"}, "reviews": review})
    yield "]}"


def _csv(count: int) -> Iterator[str]:
    yield "slug,name,category,tagline,origin,builder_verdict,builder_basis\n"
    for number in range(count):
        yield f"tool-{number},Tool {number},Models,{'word ' * 20},page,ship,stated\n"


@pytest.mark.parametrize(("name", "lines"), [("a.yaml", _yaml), ("a.json", _json), ("a.csv", _csv)])
def test_twenty_thousand_tools_are_read_without_holding_them(
    name: str, lines: Callable[[int], Iterator[str]], tmp_path: Path
) -> None:
    path = tmp_path / name
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(20_000))
    list(itertools.islice(entries([path]), 10))
    tracemalloc.start()
    try:
        assert sum(1 for _ in entries([path])) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    assert path.stat().st_size > 2_000_000


def test_the_example_of_the_manual_has_no_mistakes(tmp_path: Path) -> None:
    manual = Path(__file__).parents[3].joinpath("docs", "catalogue.md").read_text(encoding="utf-8")
    path = tmp_path / "a.yaml"
    path.write_text(manual.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    assert list(check(path)) == []
    assert [entry.tool.slug for entry in entries([path])] == ["example-model-7b"]


def test_every_column_of_a_table_is_listed_in_the_manual() -> None:
    manual = Path(__file__).parents[3].joinpath("docs", "catalogue.md").read_text(encoding="utf-8")
    names = {name.removeprefix(f"{seat.lower()}_") for name in COLUMNS for seat in Seat}
    plain = {name for name in names if not name.startswith(tuple(f"{seat.lower()}_" for seat in Seat))}
    assert [name for name in sorted(plain) if f"`{name}`" not in manual and f"`builder_{name}`" not in manual] == []

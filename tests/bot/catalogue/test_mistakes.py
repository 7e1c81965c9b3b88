"""Every mistake is told, at its line, with what would be right."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.catalogue.check import Check, Problem, check
from commands.model import ToolName

Mistakes = Callable[[str, str], list[str]]

YAML = """\
categories:
  Models: [AI/ML Models]
  Tools: [ai/ml  models]
tools:
  - slug: Not A Slug
    name: ""
    qualifer: x
    category: Models
    source: {origin: page, saved: 2026-13}
    reviews:
      Builder:
        verdict: Ship
        basis: stated
        score: 120
      Bilder: {verdict: ship, basis: stated}
      Skeptic: nice
      Founder:
        verdict: ship
        score: 7.5
        score: 8
        source: {orign: x}
  - slug: two
    category: &place Models
    source: {origin: *place}
    words: [!!int 4, "a\\u202eb"]
  - just text
topics: 4
"""


def test_all_mistakes_of_a_yaml_file_are_told_at_once_each_at_its_line(mistakes: Mistakes) -> None:
    date = 'the date on which the facts were collected is written "2026", "2026-11" or "2026-11-21"'
    basis = "the basis of a verdict is stated where the source says it, inferred where it was read out of it"
    slug = "a slug is the tool's own short name: lower-case letters, digits and single hyphens, at most 80"
    assert mistakes("a.yaml", YAML) == [
        '3: "ai/ml models" already means the category "Models", take it out of one of them',
        "20: score is given twice, the first is at line 19",
        f'5: slug is "Not A Slug", {slug}',
        "6: name is empty, a name is text of 1 to 80 characters",
        "7: qualifer is not a field of a tool, did you mean qualifier?",
        f'9: saved is "2026-13", {date}',
        '12: verdict is "Ship", a verdict is ship or skip',
        "14: score is 120, a score is a whole number from 0 to 100 or left out",
        "15: Bilder is not a seat, did you mean Builder?",
        '16: Skeptic is "nice", a review is a table of fields, at least verdict and basis',
        f"17: basis is missing, {basis}",
        "19: score is 7.5, a score is a whole number from 0 to 100 or left out",
        "21: origin is missing, an origin says in words where the facts were read, at most 200 characters",
        "21: orign is not a field of a source, did you mean origin?",
        "23: anchors (&) and aliases (*) are not read, write the value out",
        "24: anchors (&) and aliases (*) are not read, write the value out",
        "25: tags (!) are not read, write the plain value",
        "22: name is missing, a name is text of 1 to 80 characters",
        "25: words holds U+202E (RIGHT-TO-LEFT OVERRIDE), take that character out",
        '26: the tool is "just text", a tool is a table of fields, at least slug, name, category and source',
        "27: only categories and tools stand at the top of a catalogue, take this out",
    ]


def test_mistakes_in_json_are_told_at_the_line_of_the_field(mistakes: Mistakes) -> None:
    text = """\
{"tools": [
 {"slug": "a", "name": 4,
  "category": "X",
  "category": "Y",
  "source": {"origin": "page",
   "saved": 2026},
  "reviews": {"Builder": {"verdict": "ship", "basis": "stated",
   "score": true}},
  "words": ["a",
   "b\\u0000"]},
 {"slug": "b", "name": "B", "category": "X", "source": {"origin": "page"},
  "licens": "MIT"}
]}
"""
    assert mistakes("a.json", text) == [
        "4: category is given twice, the first is at line 3",
        "2: name is 4, a name is text of 1 to 80 characters",
        '6: saved is 2026, the date on which the facts were collected is written "2026", "2026-11" or "2026-11-21"',
        "8: score is true, a score is a whole number from 0 to 100 or left out",
        "10: words holds U+0000 (a control character), take that character out",
        "12: licens is not a field of a tool, did you mean licence?",
    ]


def test_mistakes_in_csv_are_told_at_the_row_by_the_column(mistakes: Mistakes) -> None:
    text = (
        "slug,name,category,origin,builder_verdict,builder_basis,builder_score,licens,slug\n"
        'a,A,Models,"pa\nge",ship,stated,120,,\n'
        "\n"
        "b,B,Models,page,,,70,,\n"
        "c,C,Models\n"
        'd,"D" x,Models,page,,,,,\n'
        "e,,Models,,,,,,\n"
    )
    basis = "the basis of a verdict is stated where the source says it, inferred where it was read out of it"
    assert mistakes("a.csv", text) == [
        "1: licens is not a column, did you mean licence?",
        "1: the column slug is given twice, take one out",
        "2: builder_score is 120, a score is a whole number from 0 to 100 or left out",
        "5: builder_verdict is missing, a verdict is ship or skip",
        f"5: builder_basis is missing, {basis}",
        "6: the row has 3 cells, the header has 9; look for a stray comma",
        '7: not CSV (\',\' expected after \'"\'), a cell with a quotation mark in it is written "a ""b"" c"',
        "8: name is missing, a name is text of 1 to 80 characters",
        "8: origin is missing, a source has an origin and may have the dates as_of and saved",
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "", "1: there is no tool in this file, a catalogue has at least one"),
        ("a.json", " \n", "1: there is no tool in this file, a catalogue has at least one"),
        ("a.csv", "", "1: there is no tool in this file, a catalogue has at least one"),
        ("a.json", '{"tools": []}', "1: there is no tool in this file, a catalogue has at least one"),
        ("a.yaml", "x: 1\n---\n", "1: only categories and tools stand at the top of a catalogue, take this out"),
        ("a.yaml", "just text", "1: a catalogue is a list of tools, or has the list under tools:"),
        ("a.json", "\n4", '2: a catalogue is a list of tools, or has the list under "tools"'),
        ("a.yaml", "tools: 4", "1: tools is not a list, begin each tool with a hyphen"),
        ("a.json", '{\n"tools": 4}', "2: tools is not a list, put the tools between [ and ]"),
        ("a.csv", "a;b\n1;2\n", "1: the columns are separated by semicolons, separate them by commas"),
        ("a.yaml", "- a\n- caf\udce9\n", "2: byte 0xe9 is not UTF-8, save the file as UTF-8"),
        ("a.yaml", "\udcff\udcfea\0", "1: the file is UTF-16, save it as UTF-8"),
        ("a.txt", "x", "1: the name of a catalogue file ends in .yaml, .yml, .json or .csv"),
        ("a.json", "[\n{\n}}", "3: not JSON, a comma or ] should stand here"),
        ("a.json", "[" * 100_000, "1: this is nested too deeply for a catalogue"),
    ],
)
def test_what_is_no_catalogue_at_all_is_told_plainly(name: str, text: str, told: str, mistakes: Mistakes) -> None:
    assert told in mistakes(name, text)


def test_a_quote_that_is_never_closed_is_told_where_it_was_opened(mistakes: Mistakes) -> None:
    found = mistakes("a.yaml", 'tools:\n  - slug: a\n    name: "A\n    category: B\n')
    assert [line.split(":")[0] for line in found] == ["3"]


def test_control_characters_are_told_and_the_rest_is_still_read(mistakes: Mistakes) -> None:
    found = mistakes("a.yaml", "- slug: a\n  name: A\x07B\n  score: 4\n  category: \x1b[31m\n  source: {origin: x}\n")
    assert found == [
        "2: the line holds control character U+0007, take it out",
        "4: the line holds control character U+001B, take it out",
        "5: not YAML (while parsing a flow sequence did not find expected ',' or ']'), look at quotes and indentation",
    ]


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.csv"])
def test_lines_are_counted_right_far_into_a_file(name: str, mistakes: Mistakes) -> None:
    blank = "\n" * 200_000
    assert mistakes(name, f"{blank}\x07\n\udce9").count("200002: byte 0xe9 is not UTF-8, save the file as UTF-8") == 1
    assert "200001: the line holds control character U+0007, take it out" in mistakes(name, f"{blank}\x07\n")


@pytest.mark.parametrize("mark", ["\u200b", "\u202e", "\u2066", "\ufeff", "\x00", "\x9b", "\U000e0041"])
def test_characters_that_nobody_sees_are_refused(mark: str, mistakes: Mistakes) -> None:
    tool = {"slug": "a", "name": f"A{mark}B", "category": "B", "source": {"origin": "page"}}
    (found,) = mistakes("a.json", json.dumps([tool]))
    assert found.startswith(f"1: name holds U+{ord(mark):04X} (")


def test_emoji_with_joiners_are_welcome(mistakes: Mistakes) -> None:
    tool = {"slug": "a", "name": "👩‍🚀 नमस्ते", "category": "B", "source": {"origin": "page"}}
    assert mistakes("a.json", json.dumps([tool])) == []


def _tool(slug: str, name: str, extra: str = "") -> str:
    return f"- slug: {slug}\n  name: {name}\n  category: X\n  source: {{origin: page}}\n{extra}"


def test_a_slug_given_twice_names_the_line_of_the_first(mistakes: Mistakes) -> None:
    assert mistakes("a.yaml", _tool("one", "A") + _tool("one", "B")) == [
        '5: slug "one" is in use at line 1 already, take another'
    ]


def test_a_former_slug_is_not_also_a_slug(mistakes: Mistakes) -> None:
    former = "  former_slugs:\n  - own\n  - two\n  - old\n"
    text = _tool("own", "A", former) + _tool("two", "B") + _tool("three", "C", "  former_slugs: [old, two]\n")
    assert mistakes("a.yaml", text) == [
        '6: former slug "own" is in use at line 1 already, take one of them out',
        '9: slug "two" is in use at line 7 already, take another',
        '17: former slug "old" is in use at line 8 already, take one of them out',
        '17: former slug "two" is in use at line 9 already, take one of them out',
    ]


def test_tools_of_one_name_each_need_a_qualifier_of_their_own(mistakes: Mistakes) -> None:
    text = _tool("a", "Same") + _tool("b", "SAME") + _tool("c", "same", "  qualifier: q\n") + _tool("d", "Other")
    need = "give each of them a qualifier of its own"
    assert mistakes("a.yaml", text) == [
        f'6: name "SAME" is that of the tool at line 2 too, {need}',
        f'2: name "SAME" is that of the tool at line 6 too, {need}',
    ]
    text = _tool("a", "Same") + _tool("b", "Same", "  qualifier: q\n") + _tool("c", "Same", "  qualifier: r\n")
    assert mistakes("a.yaml", text) == [f'2: name "Same" is that of the tool at line 6 too, {need}']
    text = _tool("a", "Same", "  qualifier: q\n") + _tool("b", "Same", "  qualifier: Q\n") + _tool("c", "Same")
    assert mistakes("a.yaml", text) == [
        '7: name "Same" with this qualifier is that of the tool at line 2, take another qualifier',
        f'12: name "Same" is that of the tool at line 2 too, {need}',
    ]


def test_files_checked_together_share_slugs_and_names(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(_tool("one", "A"), encoding="utf-8")
    second.write_text(_tool("one", "B"), encoding="utf-8")
    checked = Check()
    assert list(checked.file(first)) == []
    assert list(checked.file(second)) == [
        Problem(str(second), 1, f'slug "one" is in use at {first}:1 already, take another')
    ]


def test_a_name_that_the_catalogue_holds_already_needs_a_qualifier(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(_tool("a", "Same") + _tool("b", "Else", "  qualifier: q\n"), encoding="utf-8")
    checked = Check()
    assert list(checked.file(path)) == []
    held = [
        ToolName(1, "a", "Same"),
        ToolName(2, "x", "same", "old"),
        ToolName(3, "y", "Else"),
        ToolName(4, "z", "New"),
    ]
    assert [(problem.line, problem.text) for problem in checked.against(held)] == [
        (2, 'name "same" is also that of x in the catalogue, give this one a qualifier'),
        (6, 'name "Else" is also that of y in the catalogue, which needs a qualifier too: import it with one'),
    ]


def test_a_file_that_swells_by_aliases_is_refused_in_no_time(mistakes: Mistakes) -> None:
    levels = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    found = mistakes("a.yaml", f"tools:\n  - &a0 [x]\n{levels}")
    assert found[0] == "2: anchors (&) and aliases (*) are not read, write the value out"


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.csv"])
def test_a_tool_of_megabytes_is_refused(name: str, mistakes: Mistakes) -> None:
    long = "x" * 3_000_000
    texts = {
        "a.yaml": f'- slug: "{long}"\n',
        "a.json": json.dumps([{"slug": long}]),
        "a.csv": f"slug,name\n{long},b\n",
    }
    found = mistakes(name, texts[name])
    assert len(found) == 1
    assert len(found[0]) < 200


def test_a_large_tool_does_not_hide_the_mistakes_after_it(mistakes: Mistakes) -> None:
    large = _tool("large", "L", "  words:\n" + "  - some words that go on\n" * 20_000)
    found = mistakes("a.yaml", large + _tool("BAD", "B"))
    assert found[0] == "1: this is larger than 200,000 characters, shorten it"
    assert found[1].startswith('20006: slug is "BAD"')
    assert len(found) == 2


def test_a_missing_file_and_a_folder_are_told_like_any_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "a.yaml"
    folder.mkdir()
    assert [problem.text for problem in check(folder)] == ["this is not a file"]
    assert [problem.text for problem in check(tmp_path / "b.json")] == [
        "the file cannot be read (No such file or directory)"
    ]


def test_a_file_name_cannot_steer_the_terminal() -> None:
    assert str(Problem("a\x1b[31m\n.yaml", 3, "no")) == "a?[31m?.yaml:3: no"

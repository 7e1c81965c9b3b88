import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.errors import CommandError
from commands.model import ToolName
from commands.naming import MOST_TYPED, Ambiguous, Exact, Found, Match, NameIndex, Near, Unknown, fold, normal
from tests.bench import bench_names

SHIPPED = (
    ToolName(1, "code-llama-4-agentic", "Code Llama 4", "agentic"),
    ToolName(2, "code-llama-4-200b", "Code Llama 4", "200B"),
    ToolName(3, "code-llama-4-70b-400b", "Code Llama 4 (70B & 400B)"),
    ToolName(4, "mistral-next-22b", "Mistral-Next 22B"),
    ToolName(5, "mistral-3-instruct", "Mistral 3 8B & 70B Instruct (Open Source)"),
    ToolName(6, "mistral-8x22b-v2", "Mistral 8x22B v2"),
    ToolName(7, "mistral-8x24b-moe", "Mistral 8x24B Mixture-of-Experts"),
    ToolName(8, "mistral-code", "Mistral Code"),
)
INDEX = NameIndex(SHIPPED)
LLAMAS = {"code-llama-4-agentic", "code-llama-4-200b", "code-llama-4-70b-400b"}


def slugs(tools: Sequence[ToolName]) -> list[str]:
    return [tool.slug for tool in tools]


def resolve(words: str, **aliases: int) -> Found:
    return INDEX.resolve(words, aliases)


def index_of(*names: str) -> NameIndex:
    return NameIndex([ToolName(place, f"slug-{place}", name) for place, name in enumerate(names)])


@pytest.mark.parametrize(
    ("words", "slug", "by"),
    [
        ("code-llama-4-200b", "code-llama-4-200b", Match.SLUG),
        ("mistral code", "mistral-code", Match.NAME),
        ("MISTRAL   CODE", "mistral-code", Match.NAME),
        ("Mistral Code", "mistral-code", Match.NAME),
        ("Ｍｉｓｔｒａｌ Code", "mistral-code", Match.NAME),  # noqa: RUF001 - full-width letters are the case
        ("code llama 4 (70b & 400b)", "code-llama-4-70b-400b", Match.NAME),
        ("code llama 4 200b", "code-llama-4-200b", Match.QUALIFIED),
        ("code llama 4 · agentic", "code-llama-4-agentic", Match.QUALIFIED),
        ("Code Llama 4 (agentic)", "code-llama-4-agentic", Match.QUALIFIED),
        ("mistral 8x24b moe", "mistral-8x24b-moe", Match.SLUG),
        ("code llama 4 70b", "code-llama-4-70b-400b", Match.PREFIX),
        ("mistral 8x22b", "mistral-8x22b-v2", Match.PREFIX),
        ("mistral n", "mistral-next-22b", Match.PREFIX),
        ("code llama 70b", "code-llama-4-70b-400b", Match.CONTAINS),
        ("llama 200b", "code-llama-4-200b", Match.CONTAINS),
        ("agentic", "code-llama-4-agentic", Match.CONTAINS),
        ("instr mistral", "mistral-3-instruct", Match.CONTAINS),
    ],
)
def test_words_that_can_mean_only_one_tool_name_it(words: str, slug: str, by: Match) -> None:
    found = resolve(words)
    assert isinstance(found, Exact)
    assert (found.tool.slug, found.by, found.words) == (slug, by, words)


def test_a_name_that_two_tools_bear_is_a_choice_and_a_longer_name_is_mentioned() -> None:
    found = resolve("code llama 4")
    assert isinstance(found, Ambiguous)
    assert set(slugs(found.tools)) == {"code-llama-4-agentic", "code-llama-4-200b"}
    assert slugs(found.also) == ["code-llama-4-70b-400b"]
    assert (found.by, found.total) == (Match.NAME, 2)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("llama", LLAMAS),
        ("code llama", LLAMAS),
        ("llama code", LLAMAS),
        ("mistral", {tool.slug for tool in SHIPPED} - LLAMAS),
        ("mistral 8", {"mistral-8x22b-v2", "mistral-8x24b-moe"}),
    ],
)
def test_words_that_fit_several_tools_are_a_choice_between_all_of_them(words: str, expected: set[str]) -> None:
    found = resolve(words)
    assert isinstance(found, Ambiguous)
    assert set(slugs(found.tools)) == expected
    assert found.total == len(expected)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("lama 4 code", {"code-llama-4-200b", "code-llama-4-agentic"}),
        ("mistrl 8x22", {"mistral-8x22b-v2"}),
        ("codellama", LLAMAS),
        ("lama", LLAMAS),
        ("mistral nxt", {"mistral-next-22b"}),
        ("code llama 4 agentik", {"code-llama-4-agentic"}),
        ("mistarl code", {"mistral-code"}),
    ],
)
def test_a_typo_is_suggested_and_never_taken_for_the_tool(words: str, first: set[str]) -> None:
    found = resolve(words)
    assert isinstance(found, Near)
    assert set(slugs(found.tools[: len(first)])) == first


@pytest.mark.parametrize("words", ["gpt", "cursor", "🦙", "; drop table tools; --", "@everyone", "<!channel>", "???"])
def test_a_name_like_no_other_answers_with_the_nearest_three(words: str) -> None:
    found = resolve(words)
    assert isinstance(found, Unknown)
    assert len(found.nearest) == 3


def test_a_team_alias_names_its_tool_however_it_is_spaced_and_written() -> None:
    aliases = {"The  Big-One": 2}
    found = INDEX.resolve("the big one", aliases)
    assert isinstance(found, Exact)
    assert (found.tool.slug, found.by, found.matched) == ("code-llama-4-200b", Match.ALIAS, "The  Big-One")


def test_a_team_alias_settles_a_beginning_and_a_name_that_several_tools_bear() -> None:
    for words in ("llama", "code llama 4"):
        found = INDEX.resolve(words, {words: 2})
        assert isinstance(found, Exact)
        assert found.tool.slug == "code-llama-4-200b"


def test_a_team_alias_never_hides_a_slug_a_unique_name_or_a_qualified_one() -> None:
    for words, slug in (
        ("mistral-code", "mistral-code"),
        ("mistral code", "mistral-code"),
        ("code llama 4 agentic", "code-llama-4-agentic"),
    ):
        found = INDEX.resolve(words, {words: 2})
        assert isinstance(found, Exact)
        assert found.tool.slug == slug


def test_an_alias_wins_over_the_catalogues_own_further_words() -> None:
    index = NameIndex([ToolName(1, "a", "Alpha", words=("first",)), ToolName(2, "b", "Beta")])
    by_catalogue, by_team = index.resolve("first", {}), index.resolve("first", {"First": 2})
    assert isinstance(by_catalogue, Exact)
    assert isinstance(by_team, Exact)
    assert (by_catalogue.tool.slug, by_team.tool.slug) == ("a", "b")


def test_an_alias_of_a_tool_that_is_gone_is_passed_over_and_a_mistyped_alias_is_suggested() -> None:
    gone = INDEX.resolve("workhorse", {"workhorse": 99})
    assert isinstance(gone, Unknown)
    near = INDEX.resolve("workhrse", {"workhorse": 5, "gone": 99})
    assert isinstance(near, Near)
    assert slugs(near.tools)[0] == "mistral-3-instruct"


def test_a_unique_beginning_is_still_a_choice_where_another_tool_has_the_same_word_further_on() -> None:
    found = index_of("Llama Guard", "Code Llama").resolve("llama", {})
    assert isinstance(found, Ambiguous)
    assert [tool.name for tool in found.tools] == ["Llama Guard", "Code Llama"]


def test_names_that_differ_only_in_punctuation_are_told_apart_when_typed_in_full() -> None:
    index = index_of("C", "C++", "C#")
    for name in ("C", "C++", "C#", "c#"):
        found = index.resolve(name, {})
        assert isinstance(found, Exact)
        assert found.tool.name.casefold() == name.casefold()
    assert isinstance(index.resolve("(c)", {}), Ambiguous)


def test_a_tool_called_by_an_emoji_can_be_asked_for() -> None:
    found = index_of("🦙", "🐙", "Llama").resolve("🦙", {})
    assert isinstance(found, Exact)
    assert found.tool.name == "🦙"


def test_a_choice_among_many_lists_some_and_counts_all() -> None:
    found = index_of(*(f"Agent {number}" for number in range(100))).resolve("agent", {})
    assert isinstance(found, Ambiguous)
    assert (len(found.tools), found.total) == (10, 100)


def test_an_empty_catalogue_and_empty_words_are_unknown_without_a_suggestion() -> None:
    assert NameIndex(()).resolve("llama", {}) == Unknown((), "llama")
    assert NameIndex(()).complete("") == ()
    assert resolve("") == Unknown((), "")


def test_a_name_longer_than_anybody_types_is_refused_with_the_limit() -> None:
    with pytest.raises(CommandError, match=str(MOST_TYPED)):
        resolve("x" * (MOST_TYPED + 1))


def test_a_tool_can_be_had_by_its_id() -> None:
    assert INDEX.by_id(8) is SHIPPED[7]
    assert INDEX.by_id(9) is None


def test_completion_puts_names_that_go_on_first_and_then_those_with_the_word_elsewhere() -> None:
    index = index_of("Code Llama", "Llama Guard", "Llama 4", "Mistral")
    assert [tool.name for tool in index.complete("lla")] == ["Llama 4", "Llama Guard", "Code Llama"]
    assert [tool.name for tool in index.complete("")] == ["Code Llama", "Llama 4", "Llama Guard", "Mistral"]
    assert [tool.name for tool in index.complete("", limit=1)] == ["Code Llama"]


WORD = st.sampled_from(
    [
        "code",
        "llama",
        "mistral",
        "agent",
        "pro",
        "4",
        "70b",
        "8x22b",
        "next",
        "v2",
        "(beta)",
        "C++",
        "mini-max",
        "🦙",
        "Straße",
    ]
)
NAMES = st.lists(st.lists(WORD, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=30)


@st.composite
def catalogues(draw: st.DrawFn) -> list[ToolName]:
    names = draw(NAMES)
    qualifiers = st.sampled_from(["", "", "agentic", "200B"])
    words = st.lists(WORD, max_size=2).map(tuple)
    return [ToolName(place, f"s{place}-q", name, draw(qualifiers), draw(words)) for place, name in enumerate(names)]


@given(catalogues())
def test_every_tool_is_found_by_its_slug_and_every_name_that_is_unique_by_its_name(tools: list[ToolName]) -> None:
    index = NameIndex(tools)
    for tool in tools:
        by_slug = index.resolve(tool.slug, {})
        assert isinstance(by_slug, Exact)
        assert by_slug.tool is tool
        alike = [other for other in tools if fold(other.name) == fold(tool.name)]
        by_name = index.resolve(tool.name.upper(), {})
        if len(alike) == 1:
            assert isinstance(by_name, Exact)
            assert by_name.tool is tool
        else:
            assert isinstance(by_name, Ambiguous)
            assert tool in by_name.tools or by_name.total > len(by_name.tools)


def fits(tool: ToolName, prefix: str) -> bool:
    """Whether a tool completes what was typed, found the slow way."""
    phrases = [normal(each) for each in (tool.name, f"{tool.name} {tool.qualifier}", tool.slug, *tool.words)]
    words = {word for phrase in phrases for word in phrase.split()}
    *whole, last = normal(prefix).split() or [""]
    within = words.issuperset(whole) and any(word.startswith(last) for word in words)
    return within or any(phrase.startswith(normal(prefix)) for phrase in phrases)


@given(catalogues(), st.lists(WORD, max_size=3).map(" ".join), st.integers(0, 12), st.integers(1, 40))
def test_completion_finds_what_a_search_through_all_names_finds(
    tools: list[ToolName], words: str, cut: int, limit: int
) -> None:
    prefix = words[:cut]
    completed = NameIndex(tools).complete(prefix, limit)
    fitting = {tool.slug for tool in tools if fits(tool, prefix)}
    assert len(set(completed)) == len(completed) == min(limit, len(fitting))
    assert set(slugs(completed)) <= fitting


@settings(max_examples=200)
@given(st.text(st.characters(), max_size=60))
def test_no_text_whatever_breaks_looking_up_or_completing(text: str) -> None:
    found = resolve(text)
    assert found.words == text
    INDEX.complete(text)
    assert normal(normal(text)) == normal(text)


def test_in_a_large_catalogue_a_typo_is_found_through_the_letters_it_shares() -> None:
    chance = bench_names.random.Random(1)
    tools = bench_names.names(3_000, chance)
    index = NameIndex(tools)
    index.prepare()
    wanted = [ask for ask, _ in zip(bench_names.typos(tools, chance), range(120), strict=False)]
    missed = [typed for typed, tool in wanted if tool not in bench_names.offered(index.resolve(typed, {}))]
    assert len(missed) <= len(wanted) * 0.05, missed
    for typed, tool in wanted:
        found = index.resolve(typed, {})
        assert not isinstance(found, Exact) or found.tool == tool


@pytest.mark.parametrize("prefix", ["a", "2", "8x", "f", "guard", "for t", "agent m", "studio 4", "zzz"])
def test_in_a_large_catalogue_completion_still_finds_what_a_search_finds(prefix: str) -> None:
    tools = bench_names.names(2_000, bench_names.random.Random(2))
    completed = NameIndex(tools).complete(prefix)
    fitting = {tool.slug for tool in tools if fits(tool, prefix)}
    assert len(set(completed)) == len(completed) == min(25, len(fitting))
    assert set(slugs(completed)) <= fitting


def test_importing_the_names_does_not_load_what_only_typos_need() -> None:
    script = "import sys, commands.parsing; sys.exit('rapidfuzz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_same_names_in_another_order_give_the_same_answers() -> None:
    turned = NameIndex(SHIPPED[::-1])
    for words in ("code llama 4", "mistral", "mistrl", "gpt", "llama 70b"):
        assert turned.resolve(words, {}) == resolve(words)
    assert turned.complete("m") == INDEX.complete("m")

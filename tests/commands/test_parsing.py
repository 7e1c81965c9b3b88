import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.errors import CommandError
from commands.model import ToolName
from commands.naming import Ambiguous, Exact, NameIndex, Near, Resolver, Unknown
from commands.parsing import MOST_WORDS, clean, shown, split

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
AWKWARD = (
    ToolName(11, "trial-or-error", "Trial or Error"),
    ToolName(12, "sizes", "Sizes (7B, 34B)"),
    ToolName(13, "ab-tester", "A/B v Tester"),
    ToolName(14, "vs-code", "VS Code"),
    ToolName(15, "pipe", "Left | Right"),
    ToolName(16, "rd", "R&D, or Not"),
    ToolName(17, "twin-1", "Either or Both", "one"),
    ToolName(18, "twin-2", "Either or Both", "two"),
)


def resolver(*more: ToolName, **aliases: int) -> Resolver:
    return NameIndex((*SHIPPED, *more)).resolver(aliases)


def names(line: str, *more: ToolName) -> list[str]:
    """The slugs of the tools in a line in which every name is one tool's."""
    found = [segment.found for segment in split(line, resolver(*more))]
    assert all(isinstance(each, Exact) for each in found), found
    return [each.tool.slug for each in found if isinstance(each, Exact)]


@pytest.mark.parametrize("separator", ["vs", "VS", "Vs.", "versus", "Versus", "v", "V", "or", "OR", ",", "|", "，"])  # noqa: RUF001
def test_every_separator_parts_two_names_in_any_case(separator: str) -> None:
    assert names(f"code llama 70b {separator} mistral code") == ["code-llama-4-70b-400b", "mistral-code"]


@pytest.mark.parametrize("line", ["mistral code,agentic", "mistral code|agentic", "mistral code, agentic"])
def test_commas_and_bars_need_no_space(line: str) -> None:
    assert names(line) == ["mistral-code", "code-llama-4-agentic"]


def test_separators_may_be_mixed_and_a_comma_may_stand_before_or() -> None:
    assert names("mistral code, agentic, or mistral 8x22b v 200b,") == [
        "mistral-code",
        "code-llama-4-agentic",
        "mistral-8x22b-v2",
        "code-llama-4-200b",
    ]


@pytest.mark.parametrize("quotes", ["''", '""', "“”", "‘’", "«»", "„“", "””"])  # noqa: RUF001 - curly on purpose
def test_quotes_keep_a_name_together_and_need_no_separator(quotes: str) -> None:
    first, last = quotes
    quoted = f"{first}Trial or Error{last} {first}mistral code{last}"
    assert [segment.words for segment in split(quoted, resolver())] == ["Trial or Error", "mistral code"]
    with_comma, _ = split(f"{first}a, b{last} vs mistral code", resolver())
    assert with_comma.words == "a, b"


def test_an_apostrophe_within_a_word_is_no_quote() -> None:
    odd = ToolName(21, "devins", "Devin's Tool")
    assert names("devin's tool vs mistral code", odd) == ["devins", "mistral-code"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("code llama 70b mistral code", ["code-llama-4-70b-400b", "mistral-code"]),
        ("code-llama-4-200b mistral-code", ["code-llama-4-200b", "mistral-code"]),
        ("mistral 8x22b mistral next", ["mistral-8x22b-v2", "mistral-next-22b"]),
        ("mistral code 200b agentic", ["mistral-code", "code-llama-4-200b", "code-llama-4-agentic"]),
        ("mistral code mistral next mistral 3 agentic", ["mistral-code", "mistral-next-22b", "mistral-3-instruct"]),
        ("mistral code", ["mistral-code"]),
        ("code llama 4 agentic", ["code-llama-4-agentic"]),
        ("Code Llama 4 (70B & 400B) Mistral Code", ["code-llama-4-70b-400b", "mistral-code"]),
    ],
)
def test_names_with_nothing_between_them_are_told_apart(line: str, expected: list[str]) -> None:
    assert names(line)[: len(expected)] == expected


def test_without_separators_a_name_of_two_tools_stays_a_choice_beside_a_certain_one() -> None:
    first, second = split("code llama 4 mistral code", resolver())
    assert first.words == "code llama 4"
    assert isinstance(first.found, Ambiguous)
    assert isinstance(second.found, Exact)


@pytest.mark.parametrize("line", ["code llama 4", "llama", "mistral", "code llama"])
def test_words_that_fit_several_tools_are_one_name_and_not_parted(line: str) -> None:
    [segment] = split(line, resolver())
    assert isinstance(segment.found, Ambiguous)


@pytest.mark.parametrize("line", ["lama 4 code", "mistrl 8x22", "codellama", "mistral 4", "code llama 4 agentik"])
def test_one_mistyped_name_stays_one_name_to_suggest(line: str) -> None:
    [segment] = split(line, resolver())
    assert isinstance(segment.found, Near)
    assert segment.words == line


@pytest.mark.parametrize(
    ("line", "mistyped", "place"),
    [
        ("code llama 70b mistrl code", "mistrl code", 1),
        ("mistarl code code llama 70b", "mistarl code", 0),
        ("mistral code codellama mistral 8x22b", "codellama", 1),
    ],
)
def test_beside_names_that_are_certain_the_mistyped_one_is_found_out(line: str, mistyped: str, place: int) -> None:
    segments = split(line, resolver())
    assert segments[place].words == mistyped
    assert [type(segment.found) for segment in segments].count(Near) == 1
    assert all(isinstance(segment.found, Exact | Near) for segment in segments)


def test_an_unknown_name_beside_a_certain_one_is_named_as_unknown() -> None:
    known, unknown = split("mistral code foobar", resolver())
    assert isinstance(known.found, Exact)
    assert isinstance(unknown.found, Unknown)
    assert unknown.words == "foobar"


@pytest.mark.parametrize(
    ("name", "slug"), [(tool.name, tool.slug) for tool in (*SHIPPED[2:], *AWKWARD) if not tool.qualifier]
)
@pytest.mark.parametrize("separator", [" vs ", " or ", ", ", " | ", " v "])
def test_a_name_that_holds_a_separator_survives_on_either_side_of_one(name: str, slug: str, separator: str) -> None:
    other = "mistral-code" if slug != "mistral-code" else "sizes"
    assert names(f"{name}{separator}{other}", *AWKWARD) == [slug, other]
    assert names(f"{other}{separator}{name.lower()}", *AWKWARD) == [other, slug]
    assert names(name, *AWKWARD) == [slug]


def test_names_that_hold_separators_survive_where_nothing_parts_them() -> None:
    assert names("VS Code mistral code", *AWKWARD) == ["vs-code", "mistral-code"]
    assert names("mistral code trial or error", *AWKWARD) == ["mistral-code", "trial-or-error"]


def test_a_name_of_two_tools_that_holds_a_separator_is_one_choice() -> None:
    first, second = split("Either or Both vs mistral code", resolver(*AWKWARD))
    assert first.words == "Either or Both"
    assert isinstance(first.found, Ambiguous)
    assert isinstance(second.found, Exact)


def test_a_separator_parts_names_though_a_tool_is_called_by_both_words_together() -> None:
    both = ToolName(31, "both", "Mistral Code 200B")
    assert names("mistral code, 200b code llama 4", both) == ["mistral-code", "code-llama-4-200b"]
    assert names("mistral code 200b", both) == ["both"]
    first, second = split("mistral, code", resolver())
    assert (first.words, second.words) == ("mistral", "code")


def test_a_team_alias_that_holds_a_separator_survives() -> None:
    resolve = NameIndex(SHIPPED).resolver({"big, bad": 2, "this or that": 8})
    found = [segment.found for segment in split("this or that vs big, bad", resolve)]
    assert [each.tool.id for each in found if isinstance(each, Exact)] == [8, 2]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("mistral code vs", "after “vs”"),
        ("versus mistral code", "before “versus”"),
        ("mistral code vs vs agentic", "between “vs” and “vs”"),
        ("mistral code or v agentic", "between “or” and “v”"),
        ("vs", "after “vs”"),
        ("mistral code vs ''", "between the quotes"),
        ("", "two to four"),
        (" \u200b\u0000 ", "two to four"),
        (",", "two to four"),
        ("/compare", "two to four"),
        ("x" * 10_000, "10000 characters"),
        ("zz " * (MOST_WORDS + 1), f"{MOST_WORDS + 1} words"),
        ("a," * 40, "40 names"),
    ],
)
def test_a_line_that_cannot_be_read_says_what_is_wrong(line: str, says: str) -> None:
    with pytest.raises(CommandError) as raised:
        split(line, resolver())
    assert says in str(raised.value)


def test_five_tools_are_read_as_five_for_the_command_to_refuse() -> None:
    assert len(names("mistral code vs agentic vs 200b vs mistral 3 vs mistral 8x22b")) == 5
    assert len(names("mistral code agentic 200b mistral 3 mistral 8x22b")) == 5


def test_a_command_left_in_front_is_no_part_of_the_name() -> None:
    assert names("/compare mistral code vs agentic") == ["mistral-code", "code-llama-4-agentic"]


LETTERS = st.text("abcdefghij", min_size=2, max_size=5)
HOLDING = st.tuples(LETTERS, st.sampled_from([" or ", " vs ", " v ", " versus ", ", ", " | "]), LETTERS).map("".join)


@given(HOLDING, HOLDING, st.sampled_from([" vs ", " VS. ", " or ", ", ", "|", " v "]))
def test_any_two_names_that_hold_separators_are_parted_at_the_one_between(one: str, two: str, between: str) -> None:
    tools = [ToolName(place, f"slug-{place}", name) for place, name in enumerate(dict.fromkeys((one, two)))]
    found = [segment.found for segment in split(f"{one}{between}{two}", NameIndex(tools).resolver({}))]
    assert [each.tool.name for each in found if isinstance(each, Exact)] == [one, two]


TYPED = st.one_of(
    st.text(st.characters(), max_size=80),
    st.lists(
        st.sampled_from(
            [
                "vs",
                "v",
                ",",
                "|",
                "or",
                "'",
                '"',
                "“",
                "”",
                "llama",
                "mistral",
                "code",
                "4",
                "/",
                "\ud800",
                "\u202e",
                "(",
            ]
        ),
        max_size=20,
    ).map(" ".join),
)


@settings(max_examples=300)
@given(TYPED)
def test_no_line_whatever_breaks_reading_it(text: str) -> None:
    try:
        segments = split(text, resolver(*AWKWARD))
    except CommandError as error:
        said = str(error)
    else:
        said = " ".join(segment.words for segment in segments)
        assert all(segment.words.strip() for segment in segments)
    assert clean(said) == said != ""


@settings(max_examples=300)
@given(st.text(st.characters(), max_size=80))
def test_cleaning_leaves_only_what_can_be_seen_and_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert not {unicodedata.category(each) for each in cleaned} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    cleaned.encode()


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("mis\u200btral\u2060", "mistral"),
        ("\u202elartsim\u202c", "lartsim"),
        ("mistral\x00code", "mistral code"),
        ("mistral\t \ncode", "mistral code"),
        ("\x1b[31mred", "[31mred"),
        ("half\ud83d", "half"),
        ("ﬁne\u00a0ｔｅｘｔ", "fine text"),  # noqa: RUF001 - full-width letters are the case
        ("\u3164\u2800", ""),
        ("🦙 <!channel> @everyone", "🦙 <!channel> @everyone"),
    ],
)
def test_what_cannot_be_seen_is_taken_out_of_typed_words(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_words_said_back_are_cut_after_a_word_with_an_ellipsis() -> None:
    assert shown("short") == "short"
    assert shown("one two three", most=10) == "one two…"
    assert shown("one two three", most=8) == "one two…"
    assert shown("unbreakable", most=5) == "unbr…"


@given(st.text(st.characters(), max_size=120), st.integers(2, 60))
def test_words_said_back_never_exceed_what_was_allowed(text: str, most: int) -> None:
    assert len(shown(text, most)) <= most


def test_every_pair_of_shipped_tools_can_be_compared_by_full_label_with_and_without_a_separator() -> None:
    for one, two in itertools.permutations(SHIPPED, 2):
        assert names(f"{one.label} vs {two.label}") == [one.slug, two.slug]
        assert names(f"{one.slug} {two.slug}") == [one.slug, two.slug]
        assert names(f"{one.label} {two.label}") == [one.slug, two.slug]

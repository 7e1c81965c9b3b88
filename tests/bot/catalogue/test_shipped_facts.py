"""The facts of the eight tools that ship with the program, held against a table written out by hand."""

from typing import NamedTuple

import pytest

from bot.catalogue.check import Check, check, entries
from bot.catalogue.shipped import SHIPPED
from commands.model import Basis, Seat, Tool, Verdict, Wording


class Facts(NamedTuple):
    slug: str
    name: str
    qualifier: str
    maker: str
    licence: str
    sizes: str
    pricing: str
    basis: str
    verdicts: str
    scores: tuple[int | None, ...]


NONE = (None, None, None, None)
APACHE = "Apache 2.0"
FACTS = [
    Facts(
        slug="code-llama-4-agentic",
        name="Code Llama 4",
        qualifier="agentic",
        maker="Meta",
        licence="Llama 4 community license",
        sizes="up to 70B parameters",
        pricing="",
        basis="inferred",
        verdicts="ship ship ship skip",
        scores=NONE,
    ),
    Facts(
        slug="code-llama-4-200b",
        name="Code Llama 4",
        qualifier="200B",
        maker="Meta",
        licence="Llama Community License",
        sizes="7B, 34B, 200B parameters",
        pricing="",
        basis="inferred",
        verdicts="ship ship ship ship",
        scores=NONE,
    ),
    Facts(
        slug="code-llama-4-70b-400b",
        name="Code Llama 4 (70B & 400B)",
        qualifier="",
        maker="Meta",
        licence="permissive research license",
        sizes="70B, 400B parameters",
        pricing="open weights, self-hosted; inference cost varies by provider",
        basis="stated",
        verdicts="ship ship ship ship",
        scores=(85, 78, 82, 74),
    ),
    Facts(
        slug="mistral-next-22b",
        name="Mistral-Next 22B",
        qualifier="",
        maker="Mistral AI",
        licence=APACHE,
        sizes="22B parameters",
        pricing="",
        basis="inferred",
        verdicts="ship ship ship ship",
        scores=NONE,
    ),
    Facts(
        slug="mistral-3-instruct",
        name="Mistral 3 8B & 70B Instruct (Open Source)",
        qualifier="",
        maker="Mistral AI",
        licence=APACHE,
        sizes="8B, 70B parameters",
        pricing="",
        basis="inferred",
        verdicts="ship ship ship skip",
        scores=NONE,
    ),
    Facts(
        slug="mistral-8x22b-v2",
        name="Mistral 8x22B v2",
        qualifier="",
        maker="Mistral AI",
        licence=APACHE,
        sizes="141B parameters, about 39B active",
        pricing="Apache 2.0 weights free; La Plateforme API pay-per-token",
        basis="stated",
        verdicts="ship ship ship skip",
        scores=(82, 75, 78, 55),
    ),
    Facts(
        slug="mistral-8x24b-moe",
        name="Mistral 8x24B Mixture-of-Experts",
        qualifier="",
        maker="Mistral AI",
        licence=APACHE,
        sizes="141B parameters, about 39B active per pass",
        pricing="",
        basis="inferred",
        verdicts="ship ship ship ship",
        scores=NONE,
    ),
    Facts(
        slug="mistral-code",
        name="Mistral Code",
        qualifier="",
        maker="Mistral AI",
        licence="",
        sizes="32B parameters",
        pricing="",
        basis="inferred",
        verdicts="ship ship ship ship",
        scores=NONE,
    ),
]


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    return {entry.tool.slug: entry.tool for entry in entries([SHIPPED])}


def test_the_shipped_catalogue_has_no_mistakes() -> None:
    assert list(check(SHIPPED)) == []


def test_exactly_the_tools_of_the_table_ship(tools: dict[str, Tool]) -> None:
    assert list(tools) == [facts.slug for facts in FACTS]


@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: facts.slug)
def test_each_fact_is_as_the_pages_give_it(facts: Facts, tools: dict[str, Tool]) -> None:
    tool = tools[facts.slug]
    held = Facts(
        slug=tool.slug,
        name=tool.name,
        qualifier=tool.qualifier,
        maker=tool.maker,
        licence=tool.licence,
        sizes=tool.sizes,
        pricing=tool.pricing,
        basis=" ".join({review.basis for review in tool.reviews}),
        verdicts=" ".join(review.verdict for review in tool.reviews),
        scores=tuple(review.score for review in tool.reviews),
    )
    assert held == facts
    assert tool.category == "Developer Tools"
    assert tool.entry == "Free"
    assert [review.seat for review in tool.reviews] == list(Seat)


@pytest.mark.parametrize(
    ("slug", "percent"),
    [("code-llama-4-agentic", 75), ("code-llama-4-200b", 100), ("mistral-3-instruct", 75), ("mistral-8x22b-v2", 75)],
)
def test_the_reviews_add_up_to_the_percentage_of_the_pages(slug: str, percent: int, tools: dict[str, Tool]) -> None:
    assert tools[slug].panel.percent == percent


def test_every_sentence_is_marked_as_a_paraphrase_with_origin_and_unknown_date(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        assert tool.best_for_basis is Basis.INFERRED
        assert tool.source.dated == "date unknown, page saved 2026-11"
        for review in tool.reviews:
            assert review.wording is Wording.PARAPHRASE
            assert review.source.origin.startswith("comparison page: Code Llama 4")
            assert review.source.dated == "date unknown, page saved 2026-11"


def test_nothing_that_a_reader_needs_is_left_empty(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        assert tool.tagline
        assert tool.description
        assert 0 < len(tool.best_for) <= 45
        assert all(1 <= review.words.count(". ") + 1 <= 3 and review.words.endswith(".") for review in tool.reviews)


def test_no_score_stands_beside_an_inferred_verdict(tools: dict[str, Tool]) -> None:
    reviews = [review for tool in tools.values() for review in tool.reviews]
    assert {review.score is None for review in reviews if review.basis is Basis.INFERRED} == {True}
    assert {review.score is None for review in reviews if review.basis is Basis.STATED} == {False}


def test_three_founders_skip_and_everybody_else_ships(tools: dict[str, Tool]) -> None:
    skips = [(tool.slug, r.seat) for tool in tools.values() for r in tool.reviews if r.verdict is Verdict.SKIP]
    assert skips == [
        ("code-llama-4-agentic", Seat.FOUNDER),
        ("mistral-3-instruct", Seat.FOUNDER),
        ("mistral-8x22b-v2", Seat.FOUNDER),
    ]


def test_no_further_name_is_also_the_name_of_another_tool() -> None:
    found = list(entries([SHIPPED]))
    names = {entry.tool.name.casefold() for entry in found} | {entry.tool.slug for entry in found}
    words = [word.casefold() for entry in found for word in entry.words]
    assert len(words) == len(set(words))
    assert not names & set(words)


def test_categories_have_other_names_even_where_no_tool_ships() -> None:
    checked = Check()
    assert list(checked.file(SHIPPED)) == []
    assert "AI/ML Models" in checked.categories["Models"]
    assert "Dev Tools" in checked.categories["Developer Tools"]

"""The panel's verdict in a sentence, and tools' facts in rows: pure, for every mix of panels."""

from dataclasses import replace

import pytest

from commands import panel
from commands.model import Basis, HeadToHead, Review, Scores, Seat, Source, Tally, Tool
from commands.reply import spoken
from tests.contracts import make

PANELS = {
    "all": (make.SHIP,) * 4,
    "most": (make.SHIP, make.SHIP, make.SHIP, make.SKIP),
    "split": (make.SKIP, make.SKIP, make.SHIP, make.SHIP),
    "few": (make.SHIP, make.SKIP, make.SKIP, make.SKIP),
    "none": (make.SKIP,) * 4,
    "one": (make.SHIP,),
    "new": (),
}


def tool(name: str, kind: str, number: int = 1, **facts: object) -> Tool:
    given = make.entry(name.lower(), name=name, reviews=make.panel(*PANELS[kind]), **facts).tool
    return replace(given, id=number)


def tools(*kinds: str) -> list[Tool]:
    return [tool(name, kind, number) for number, (name, kind) in enumerate(zip("ABCD", kinds, strict=False), start=1)]


def scores(*tallies: tuple[int, int]) -> Scores:
    return Scores({number: Tally(*tally) for number, tally in enumerate(tallies, start=1)}, {(1, 2): HeadToHead()})


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ("all", "The panel ships A, and every seat agrees."),
        ("none", "The panel skips A, and every seat agrees."),
        ("one", "The panel ships A, and no seat disagrees."),
        ("most", "The panel ships A, but the Founder skips it."),
        ("few", "The panel skips A, but the Builder ships it."),
        ("split", "The panel is split on A: the Builder and the Skeptic skip it."),
        ("new", "The panel has not reviewed A."),
        ("all all", "The panel ships both, and every seat agrees."),
        ("all one", "The panel ships both, and no seat disagrees."),
        ("none none", "The panel skips both, and every seat agrees."),
        ("all most", "The panel ships both, but the Founder skips B."),
        ("most most", "The panel ships both, but the Founder skips both."),
        ("all none", "The panel ships A and skips B, and every seat agrees."),
        ("none all", "The panel ships B and skips A, and every seat agrees."),
        ("most few", "The panel ships A and skips B, but the Founder skips A, and the Builder ships B."),
        ("all split", "The panel ships A and is split on B: the Builder and the Skeptic skip B."),
        ("split split", "The panel is split on both: the Builder and the Skeptic skip both."),
        ("all new", "The panel ships A and has not reviewed B."),
        ("most new", "The panel ships A and has not reviewed B, but the Founder skips A."),
        ("new new", "The panel has reviewed neither."),
        ("new new new", "The panel has reviewed none of the three."),
        ("new new new new", "The panel has reviewed none of the four."),
        ("all all none", "The panel ships A and B, and skips C, and every seat agrees."),
        ("all none split", "The panel ships A, skips B and is split on C: the Builder and the Skeptic skip C."),
        ("most all most", "The panel ships all three, but the Founder skips A and C."),
        ("all all all all", "The panel ships all four, and every seat agrees."),
        ("most most all new", "The panel ships A, B and C, and has not reviewed D, but the Founder skips A and B."),
    ],
)
def test_one_sentence_says_what_the_panel_thinks_and_where_it_disagrees(kinds: str, sentence: str) -> None:
    shown = tools(*kinds.split())
    assert spoken(panel.sentence(shown, panel.spans(shown))) == sentence


@pytest.mark.parametrize(
    ("kind", "tally", "line"),
    [
        ("all", (0, 5), "Your team disagrees with the panel on A: 0% ship · 0 of 5."),
        ("all", (2, 9), "Your team disagrees with the panel on A: 18% ship · 2 of 11."),
        ("none", (5, 0), "Your team disagrees with the panel on A: 100% ship · 5 of 5."),
        ("all", (0, 4), None),
        ("all", (1, 4), None),
        ("split", (0, 20), None),
        ("new", (0, 20), None),
        ("all", (20, 0), None),
        ("all", (3, 2), "One vote would flip A here: 60% ship · 3 of 5."),
        ("all", (2, 3), "One vote would flip A here: 40% ship · 2 of 5."),
        ("all", (3, 3), "One vote would flip A here: 50% ship · 3 of 6."),
        ("all", (4, 2), None),
        ("all", (2, 2), None),
        ("all", (1, 0), None),
    ],
)
def test_the_team_gets_a_sentence_only_where_the_votes_bear_it(
    kind: str, tally: tuple[int, int], line: str | None
) -> None:
    shown = tools(kind)
    found = [spoken(words) for words in panel.team_lines(shown, panel.spans(shown), scores(tally))]
    assert found == ([line] if line else [])


def better(figures: list[int | None]) -> list[bool]:
    shown = [
        replace(one, reviews=(make.review(Seat.BUILDER, score=figure),))
        for one, figure in zip(tools(*["one"] * len(figures)), figures, strict=True)
    ]
    [row] = [row for row in panel.rows(shown, scores(*[(0, 0)] * len(shown))) if row.label == "Builder"]
    return [cell.better for cell in row.cells]


@pytest.mark.parametrize(
    ("figures", "marked"),
    [
        ([85, 82], [True, False]),
        ([82, 85, 10], [False, True, False]),
        ([85, 85], [False, False]),
        ([85, 85, 10], [False, False, False]),
        ([85, 10, 10], [True, False, False]),
        ([85, None], [False, False]),
        ([None, None], [False, False]),
        ([0, 1, None, None], [False, True, False, False]),
    ],
)
def test_the_best_figure_of_a_row_is_marked_unless_it_is_shared(figures: list[int | None], marked: list[bool]) -> None:
    assert better(figures) == marked


def cells(shown: list[Tool], label: str) -> list[str]:
    [row] = [row for row in panel.rows(shown, scores(*[(9, 4)] * len(shown))) if row.label == label]
    return [spoken(cell.line) for cell in row.cells]


def test_missing_facts_are_dashes() -> None:
    bare = [tool("A", "new", entry="", pricing="", best_for="", category="")]
    assert cells(bare, "Panel") == ["\u2013 no reviews"]
    assert cells(bare, "Pricing") == cells(bare, "Best for") == cells(bare, "Category") == ["\u2013"]
    assert cells(bare, "Founder") == ["\u2013 no review"]


def test_the_community_is_told_in_percent_and_in_people() -> None:
    assert cells(tools("all"), "Community") == ["69% ship · 9 of 13"]
    assert panel.community(Tally()) == "No community votes yet"


def test_what_is_stated_bears_no_mark() -> None:
    [shown] = tools("all")
    stated = replace(shown, best_for="Tests", best_for_basis=Basis.STATED)
    assert cells([stated], "Best for") == ["Tests"]
    scored = replace(stated, reviews=tuple(replace(review, score=80) for review in stated.reviews))
    assert panel.legend([scored]) is None


def test_a_review_is_quoted_with_origin_and_date() -> None:
    held: Review = make.review(score=None, words="", basis=Basis.INFERRED, source=Source("a page", "2026-11-03"))
    [quote] = panel.quotes(replace(tools("new")[0], reviews=(held,)))
    assert spoken(quote.title) == "Builder: \u2013 ship (inferred)"
    assert (quote.words, quote.source, quote.own) == ("No words were published.", "a page; as of 2026-11-03", False)

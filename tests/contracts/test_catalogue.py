from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from commands.errors import CommandError
from commands.model import Basis, Category, Loaded, Seat, Source, Tool, ToolChange, ToolEntry, ToolName
from tests.contracts.make import SHIP, SKIP, entry, ignore, panel, review
from tests.fakes import FakeClock, Memory


async def load(store: Memory, *entries: ToolEntry) -> Loaded:
    return await store.catalogue.load(entries, categories={}, progress=ignore)


async def by_slug(store: Memory) -> dict[str, Tool]:
    names = await store.catalogue.names()
    return {tool.slug: tool for tool in await store.catalogue.tools([name.id for name in names])}


async def test_an_empty_catalogue_answers_with_nothing(store: Memory) -> None:
    assert list(await store.catalogue.names()) == []
    assert await store.catalogue.tools([1, 2]) == ()
    assert await store.catalogue.categories() == ()
    assert await store.catalogue.in_category("Models", limit=5) == ()


async def test_a_tool_comes_back_as_it_was_loaded(store: Memory) -> None:
    reviews = (review(Seat.BUILDER, SKIP, score=61), review(Seat.FOUNDER, source=Source("a talk", "2026-05-01")))
    given = entry("alpha", qualifier="7B", best_for="drafts", best_for_basis=Basis.STATED, sizes="7B", reviews=reviews)
    assert await load(store, given) == Loaded(1, 0, 0)
    [tool] = (await by_slug(store)).values()
    assert tool == replace(given.tool, id=tool.id)


async def test_reviews_come_in_the_order_of_the_seats(store: Memory) -> None:
    await load(store, entry("alpha", reviews=panel(SHIP, SKIP, SHIP, SHIP)[::-1]))
    assert [held.seat for held in (await by_slug(store))["alpha"].reviews] == list(Seat)


async def test_tools_come_in_the_order_asked_without_the_unknown(store: Memory) -> None:
    await load(store, entry("alpha", reviews=panel(SHIP, SKIP)), entry("beta"), entry("gamma"))
    first, second, third = (name.id for name in await store.catalogue.names())
    found = await store.catalogue.tools([third, 10**9, first, second])
    assert [tool.id for tool in found] == [third, first, second]


async def test_names_are_ordered_by_id_and_know_words_and_former_slugs(store: Memory) -> None:
    await load(store, entry("zeta", qualifier="7B", words=("Z", "A"), former=("old-z", "older-z")), entry("alpha"))
    first, second = await store.catalogue.names()
    assert first == ToolName(first.id, "zeta", "Zeta", "7B", ("Z", "A", "old-z", "older-z"))
    assert second == ToolName(second.id, "alpha", "Alpha")
    assert first.id < second.id


async def test_loading_the_same_again_changes_nothing(store: Memory, clock: FakeClock) -> None:
    entries = [entry("alpha", words=("A",), former=("a",), reviews=panel(SHIP, SKIP)), entry("beta")]
    await store.catalogue.load(entries, categories={"Models": ["LLMs"]}, progress=ignore)
    revision = await store.catalogue.revision()
    clock.forward(days=1)
    again = await store.catalogue.load(entries, categories={"Models": ["LLMs"]}, progress=ignore)
    assert again == Loaded(0, 0, 2)
    assert await store.catalogue.revision() == revision
    assert await store.catalogue.changes(clock.now_us - 1, clock.now_us, limit=9) == ()


async def test_a_changed_fact_is_updated_recorded_and_keeps_the_id(store: Memory, clock: FakeClock) -> None:
    await load(store, entry("alpha", entry="Free", reviews=panel(SHIP, SHIP)), entry("beta"))
    before = (await by_slug(store))["alpha"]
    revision = await store.catalogue.revision()
    clock.forward(minutes=1)
    changed = entry("alpha", entry="$9", reviews=(review(Seat.BUILDER, SHIP, score=80), review(Seat.SKEPTIC, SKIP)))
    assert await load(store, changed) == Loaded(0, 1, 0)
    assert (await by_slug(store))["alpha"] == replace(changed.tool, id=before.id)
    assert await store.catalogue.revision() > revision
    assert await store.catalogue.changes(clock.now_us - 1, clock.now_us, limit=9) == tuple(
        ToolChange(before.id, clock.now_us, field, was, now)
        for field, was, now in [
            ("Builder score", "–", "80"),  # noqa: RUF001
            ("Skeptic verdict", "ship", "skip"),
            ("entry", "Free", "$9"),
            ("panel", "2 ship / 0 skip", "1 ship / 1 skip"),
        ]
    )
    assert "beta" in await by_slug(store)


async def test_words_and_former_slugs_become_exactly_those_given(store: Memory) -> None:
    await load(store, entry("alpha", words=("A", "Al"), former=("a",)))
    await load(store, entry("alpha", words=("Alf",), former=("aa", "a")))
    [name] = await store.catalogue.names()
    assert name.words == ("Alf", "aa", "a")


async def test_changes_are_told_after_since_up_to_until_oldest_first(store: Memory, clock: FakeClock) -> None:
    for slug in ("alpha", "beta", "gamma"):
        await load(store, entry(slug))
        clock.forward(seconds=1)
    start = clock.now_us - 3_000_000
    found = await store.catalogue.changes(start, start + 2_000_000, limit=9)
    assert [(change.field, change.before, change.after) for change in found] == [
        ("new", "", "Beta"),
        ("new", "", "Gamma"),
    ]
    assert len(await store.catalogue.changes(start - 1, start + 2_000_000, limit=2)) == 2


async def test_categories_that_hold_a_tool_are_counted_with_their_other_names(store: Memory) -> None:
    entries = [entry("alpha"), entry("beta", category="Agents"), entry("gamma")]
    names = {"Models": ["LLMs", "AI models"], "Empty": ["Nothing"]}
    await store.catalogue.load(entries, categories=names, progress=ignore)
    assert await store.catalogue.categories() == (
        Category("Agents", (), 1),
        Category("Models", ("LLMs", "AI models"), 2),
    )


async def test_a_tool_goes_into_the_category_that_its_own_is_another_name_of(store: Memory) -> None:
    names = {"Models": ["AI/ML Models", "LLMs"]}
    given = [entry("alpha", category="ai/ml models"), entry("beta", category="MODELS"), entry("gamma", category="Rest")]
    await store.catalogue.load(given, categories=names, progress=ignore)
    counted = {category.name: category.tools for category in await store.catalogue.categories()}
    assert counted == {"Models": 2, "Rest": 1}
    again = await store.catalogue.load([entry("delta", category="LLMs"), *given], categories={}, progress=ignore)
    assert again == Loaded(1, 0, 3)
    assert [tool.slug for tool in await store.catalogue.in_category("Models", limit=9)] == ["alpha", "beta", "delta"]


async def test_other_names_of_a_category_are_replaced_and_raise_the_revision(store: Memory) -> None:
    await store.catalogue.load([entry("alpha")], categories={"Models": ["LLMs"]}, progress=ignore)
    revision = await store.catalogue.revision()
    await store.catalogue.load([], categories={"Models": ["Language models"]}, progress=ignore)
    assert await store.catalogue.categories() == (Category("Models", ("Language models",), 1),)
    assert await store.catalogue.revision() > revision


async def test_a_category_lists_the_panels_favourites_first_then_by_name(store: Memory) -> None:
    await load(
        store,
        entry("unreviewed"),
        entry("split", reviews=panel(SHIP, SKIP)),
        entry("skipped", reviews=panel(SKIP, SKIP)),
        entry("second", name="Same", reviews=panel(SHIP, SHIP, SHIP)),
        entry("first", name="Same", reviews=panel(SHIP)),
        entry("elsewhere", category="Agents", reviews=panel(SHIP)),
    )
    order = [tool.slug for tool in await store.catalogue.in_category("Models", limit=9)]
    assert order == ["first", "second", "split", "skipped", "unreviewed"]
    page = await store.catalogue.in_category("Models", limit=2, skip=1)
    assert [tool.slug for tool in page] == order[1:3]


async def test_many_tools_are_read_once_lazily_with_progress(store: Memory) -> None:
    given = 1203
    made: list[int] = []
    heard: list[int] = []

    def entries() -> Iterator[ToolEntry]:
        for number in range(given):
            made.append(number)
            yield entry(f"tool-{number}", words=(f"word-{number}",), reviews=panel(SHIP, SKIP))

    def hear(done: int) -> None:
        assert len(made) - done < 1000, "entries are not to be gathered first"
        heard.append(done)

    assert await store.catalogue.load(entries(), categories={}, progress=hear) == Loaded(given, 0, 0)
    assert heard == sorted(heard)
    assert heard[-1] == given
    assert len(await store.catalogue.names()) == given
    assert await store.catalogue.load(entries(), categories={}, progress=ignore) == Loaded(0, 0, given)


def failing(entries: Iterable[ToolEntry]) -> Iterator[ToolEntry]:
    yield from entries
    raise CommandError("line 7 is wrong")


async def test_a_load_that_fails_at_the_end_stores_nothing(store: Memory, clock: FakeClock) -> None:
    await load(store, entry("alpha"))
    before, revision = await by_slug(store), await store.catalogue.revision()
    many = [entry("alpha", entry="$9"), *(entry(f"tool-{number}") for number in range(700))]
    with pytest.raises(CommandError, match="line 7"):
        await store.catalogue.load(failing(many), categories={"Models": ["M"]}, progress=ignore)
    assert await by_slug(store) == before
    assert await store.catalogue.revision() == revision
    assert len(await store.catalogue.changes(0, clock.now_us, limit=9)) == 1


@pytest.mark.parametrize(
    "entries",
    [
        [entry("alpha"), entry("alpha")],
        [entry("alpha", former=("beta",)), entry("beta")],
        [entry("beta"), entry("alpha", former=("beta",))],
        [entry("alpha", former=("old",)), entry("beta", former=("old",))],
        [entry("alpha", former=("alpha",))],
    ],
)
async def test_a_slug_given_twice_is_refused(store: Memory, entries: list[ToolEntry]) -> None:
    with pytest.raises(CommandError):
        await load(store, *entries)
    assert list(await store.catalogue.names()) == []


async def test_a_tool_that_takes_a_new_slug_keeps_its_id(store: Memory, clock: FakeClock) -> None:
    await load(store, entry("alpha", name="Alpha"))
    [before] = await store.catalogue.names()
    clock.forward(minutes=1)
    assert await load(store, entry("alpha-two", name="Alpha", former=("alpha",))) == Loaded(0, 1, 0)
    assert await store.catalogue.names() == [ToolName(before.id, "alpha-two", "Alpha", "", ("alpha",))]
    changes = await store.catalogue.changes(clock.now_us - 1, clock.now_us, limit=9)
    told = {change.field: change.after for change in changes if change.tool == before.id}
    assert told == {"slug": "alpha-two", "former slugs": "alpha"}


async def test_a_tool_may_take_its_former_slug_back(store: Memory) -> None:
    await load(store, entry("alpha"))
    await load(store, entry("beta", former=("alpha",)))
    assert await load(store, entry("alpha", former=("beta",))) == Loaded(0, 1, 0)
    [name] = await store.catalogue.names()
    assert (name.slug, name.words) == ("alpha", ("beta",))


async def test_two_tools_with_votes_of_their_own_cannot_be_made_one(store: Memory) -> None:
    await load(store, entry("alpha"), entry("beta"))
    with pytest.raises(CommandError):
        await load(store, entry("beta", former=("alpha",)))
    assert set(await by_slug(store)) == {"alpha", "beta"}


async def test_a_slug_that_leads_to_another_tool_cannot_be_loaded_as_a_tool(store: Memory) -> None:
    await load(store, entry("alpha", former=("old",)))
    with pytest.raises(CommandError):
        await load(store, entry("old"))


async def test_a_former_slug_moves_to_the_tool_that_claims_it_last(store: Memory) -> None:
    await load(store, entry("alpha", former=("old", "older")), entry("beta"))
    await load(store, entry("beta", former=("old",)))
    assert {name.slug: name.words for name in await store.catalogue.names()} == {
        "alpha": ("older",),
        "beta": ("old",),
    }

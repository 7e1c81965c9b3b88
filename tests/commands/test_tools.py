"""`/tools`: the catalogue by category and by words."""

import pytest

from commands.reply import buttons
from tests.commands.conftest import Team, bodies, lines, said, titles
from tests.contracts import make


async def test_one_category_is_shown_at_once_favourites_first(team: Team) -> None:
    reply = await team.ask("/tools")
    assert reply.plain == "8 tools in Developer Tools, the panel's favourites first."
    assert len(titles(reply)) == 8
    assert [body[0].endswith("75%") for body in bodies(reply)] == [False] * 5 + [True] * 3
    assert (reply.private, reply.failed) == (True, False)


async def test_several_categories_are_listed_each_one_press_away(team: Team) -> None:
    await team.load([make.entry("gpt", category="Models")], Models=("AI/ML Models", "LLMs"))
    reply = await team.ask("/tools")
    assert reply.plain == "9 tools in 2 categories."
    assert titles(reply) == ["Developer Tools", "Models"]
    assert (await team.ask(lines(reply)["Show Models"])).plain == "1 tool in Models, the panel's favourites first."


@pytest.mark.parametrize("words", ["models", "AI/ML Models", "ai ml models", "llms", "MODELS"])
async def test_a_category_answers_to_its_other_names(team: Team, words: str) -> None:
    await team.load([make.entry("gpt", category="Models")], Models=("AI/ML Models", "LLMs"))
    assert (await team.ask(f"/tools {words}")).plain.startswith("1 tool in Models")


async def test_words_find_tools_by_name(team: Team) -> None:
    reply = await team.ask("/tools mistral 8x")
    assert reply.plain == "2 tools match “mistral 8x”."
    card = await team.ask(lines(reply)["Show Mistral 8x22B v2"])
    assert card.private
    assert card.plain.startswith("Mistral 8x22B v2:")
    assert (await team.ask("/tools vs")).failed


async def test_a_typo_is_suggested(team: Team) -> None:
    reply = await team.ask("/tools mistrl cod")
    assert reply.plain.startswith("No tool is called “mistrl cod”. Did you mean ")
    assert not (await team.ask(buttons(reply)[0].line)).failed


async def test_what_matches_nothing_is_told_the_categories(team: Team) -> None:
    reply = await team.ask("/tools zzzz")
    assert reply.plain == "No category and no tool matches “zzzz”. The categories are: Developer Tools."
    assert reply.failed
    await team.load([make.entry(f"t{n}", category=f"Category {n}") for n in range(30)])
    assert (await team.ask("/tools zzzz")).plain.endswith("Category 14, Category 15 and 23 more.")


@pytest.mark.parametrize("line", ["/tools --page 2", "/tools developer tools —page 2", "/tools coding --PAGE 2"])
async def test_a_long_list_has_pages(team: Team, line: str) -> None:
    await team.load([make.entry("one-more", category="Developer Tools")])
    first = await team.ask("/tools")
    assert said(first) == ["1 to 8 of 9."]
    assert (await team.ask(lines(first)["More"])).plain == first.plain
    second = await team.ask(line)
    assert (said(second), titles(second)) == (["9 to 9 of 9."], ["One More"])
    assert "More" not in lines(second)


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "2 3", "1.5", "99999999999999999999", "²"])
async def test_a_page_is_a_whole_number_from_one(team: Team, page: str) -> None:
    reply = await team.ask(f"/tools mistral --page {page}")
    told = "There is no page 2; the last is 1." if page == "²" else "--page comes last and takes a whole number from 1"
    assert reply.plain.startswith(told)


async def test_other_flags_and_pages_beyond_the_last_are_refused(team: Team) -> None:
    assert (await team.ask("/tools --quiet")).plain == "--quiet is not something this command takes. It takes --page."
    assert (await team.ask("/tools mistral --page 3")).plain == "There is no page 3; the last is 1."
    assert (await team.ask("/tools zzz --page 3")).plain.startswith("No category and no tool matches")


async def test_many_categories_and_many_matches_come_in_pages(team: Team) -> None:
    await team.load([make.entry(f"bot-{n}", category=f"Category {n % 20:02}") for n in range(250)])
    first = await team.ask("/tools")
    assert first.plain == "258 tools in 21 categories."
    assert len(titles(first)) == 8
    assert len(titles(await team.ask("/tools --page 3"))) == 5
    found = await team.ask("/tools bot")
    assert found.plain == "More than 200 tools match “bot”; add a word to narrow it down."
    assert said(await team.ask("/tools bot --page 25")) == ["193 to 200 of 200."]


async def test_a_catalogue_without_tools_says_so(team: Team) -> None:
    team.memory.catalogue.entries.clear()
    team.memory.catalogue.latest += 1
    team.clock.forward(seconds=2)
    assert (await team.ask("/tools")).plain == "The catalogue is empty."
    assert (await team.ask("/tools zzz")).plain == "The catalogue is empty."
    assert (await team.ask("/compare a vs b")).plain == "No tool is called “a”: the catalogue is empty."

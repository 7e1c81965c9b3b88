"""`/bookmark` and `/bookmarks`: what one person saved, and what became of it."""

from dataclasses import replace

import pytest

from commands.bookmark import MOST_BOOKMARKS
from commands.model import Tally
from commands.reply import InstantSpan
from tests.commands.conftest import TOOLS, Team, bodies, entries_of, lines, titles
from tests.contracts import make


async def test_without_any_it_says_how_to_add_the_first(team: Team) -> None:
    reply = await team.ask("/bookmarks")
    assert reply.plain == "No bookmarks yet. Save a tool for later: /bookmark mistral code"
    assert (reply.private, reply.failed) == (True, False)
    assert not (await team.ask("/bookmark mistral code")).failed


async def test_a_tool_is_saved_once_and_removed_once(team: Team) -> None:
    saved = await team.ask("/bookmark mistral code")
    assert saved.plain == "Mistral Code is bookmarked, for you alone. See them all: /bookmarks"
    again = await team.ask("/bookmark mistral code")
    assert again.plain == "Mistral Code was bookmarked before; it stays as it was saved."
    removed = await team.ask(lines(again)["Remove it"])
    assert removed.plain == "Mistral Code is no longer bookmarked."
    assert (await team.ask("/bookmark mistral code --remove")).plain == "Mistral Code was not bookmarked."
    assert all(reply.private and not reply.failed for reply in (saved, again, removed))


async def test_only_the_person_in_that_team_sees_them(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    assert (await team.ask("/bookmarks", "bob")).plain.startswith("No bookmarks yet.")
    assert (await team.other_team().ask("/bookmarks")).plain.startswith("No bookmarks yet.")
    assert titles(await team.ask("/bookmarks")) == ["Mistral Code"]


@pytest.mark.parametrize(("flag", "verb"), [("", "bookmark"), (" --remove", "remove")])
async def test_of_several_it_asks_which(team: Team, flag: str, verb: str) -> None:
    reply = await team.ask(f"/bookmark mistral code vs mistral next{flag}")
    assert reply.plain == f"Which one do you want to {verb}?"
    assert list(lines(reply).values()) == [f"/bookmark mistral-code{flag}", f"/bookmark mistral-next-22b{flag}"]
    assert not reply.failed


async def test_an_unclear_name_is_asked_about_and_keeps_the_flag(team: Team) -> None:
    reply = await team.ask("/bookmark code llama 4 --remove")
    assert lines(reply)["Pick Code Llama 4 · 200B"] == "/bookmark code-llama-4-200b --remove"


async def test_no_name_is_told_what_to_type(team: Team) -> None:
    assert (await team.ask("/bookmark")).plain == "Name the tool to bookmark, for example: /bookmark mistral code"


async def test_what_changed_since_is_told(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    team.clock.forward(seconds=1)
    await team.ask("/bookmark mistral next")
    fresh = await team.ask("/bookmarks")
    assert fresh.plain == "2 bookmarks; none changed since you saved them."
    assert titles(fresh) == ["Mistral-Next 22B", "Mistral Code"]
    assert bodies(fresh)[1][:2] == ["Panel: Ship · 4 ship / 0 skip · 100%", "No community votes yet"]
    assert bodies(fresh)[1][2].endswith("Nothing changed since.")
    [when] = [span for span in entries_of(fresh)[0].body[2] if isinstance(span, InstantSpan)]
    assert (when.form, when.zone) == ("date", "Europe/Berlin")

    card = await team.post("/tool mistral code")
    await team.vote(card, "bob", 1)
    [held] = [entry for entry in TOOLS if entry.tool.slug == "mistral-code"]
    reviews = (*held.tool.reviews[:3], replace(held.tool.reviews[3], verdict=make.SKIP))
    tool = replace(held.tool, reviews=reviews, entry="10 euros", pricing="per seat")
    await team.load([replace(held, tool=tool)])

    reply = await team.ask("/bookmarks")
    assert reply.plain == "2 bookmarks; 1 changed since you saved them."
    assert bodies(reply)[1][1] == "Community: 100% ship · 1 of 1"
    assert bodies(reply)[1][2].split(". ", 1)[1] == (
        "Changed: Panel: Ship · 4 ship / 0 skip · 100% → Ship · 3 ship / 1 skip · 75%; "
        "Entry price: Free → 10 euros; Pricing: unknown → per seat; "
        "Community: No community votes yet → 100% ship · 1 of 1."
    )
    shown = await team.ask(lines(reply)["Show Mistral Code"])
    assert shown.private


async def test_one_bookmark_is_told_in_the_singular(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    assert (await team.ask("/bookmarks")).plain == "1 bookmark; nothing changed since you saved it."
    await team.vote(await team.post("/tool mistral code"), "bob", 1)
    assert (await team.ask("/bookmarks")).plain == "1 bookmark; it changed since you saved it."


async def test_there_is_a_most_and_they_come_in_pages(team: Team) -> None:
    await team.load([make.entry(f"bot-{number:03}") for number in range(MOST_BOOKMARKS + 1)])
    for number in range(MOST_BOOKMARKS):
        await team.ask(f"/bookmark bot-{number:03}")
    full = await team.ask(f"/bookmark bot-{MOST_BOOKMARKS}")
    assert full.plain.startswith(f"You have {MOST_BOOKMARKS} bookmarks, which is the most.")
    assert "was bookmarked before" in (await team.ask("/bookmark bot-007")).plain
    first = await team.ask("/bookmarks")
    assert first.plain == f"{MOST_BOOKMARKS} bookmarks; none of these 12 changed since you saved them."
    second = await team.ask(lines(first)["More"])
    assert len(titles(second)) == 12
    assert set(titles(first)).isdisjoint(titles(second))
    assert (await team.ask("/bookmarks --page 18")).plain == "There is no page 18; the last is 17."
    assert (await team.ask("/bookmarks all")).plain.startswith("/bookmarks shows them all.")


async def test_bookmarks_do_not_move_votes(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    [saved] = team.memory.bookmarks.held.values()
    assert saved.community == Tally()

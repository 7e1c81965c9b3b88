"""`/tool`: one tool's card."""

import pytest

from commands.reply import Note, Paragraph, Quote, Table, ToolSpan, Vote, spoken
from tests.commands.conftest import Team, lines, rows, said, titles


async def test_a_card_tells_facts_and_every_seats_words_with_origin_and_date(team: Team) -> None:
    reply = await team.post("/tool mistral 8x22b")
    assert reply.plain == "Mistral 8x22B v2: The panel ships Mistral 8x22B v2, but the Founder skips it."
    table = rows(reply)
    assert table["Maker"] == ["Mistral AI"]
    assert table["Licence"] == ["Apache 2.0"]
    assert table["Sizes"] == ["141B parameters, about 39B active"]
    assert table["Founder"] == ["55 skip"]
    quotes = [block for block in reply.blocks if isinstance(block, Quote)]
    assert [spoken(quote.title) for quote in quotes] == [
        "Builder: 82 ship",
        "Skeptic: 75 ship",
        "Futurist: 78 ship",
        "Founder: 55 skip",
    ]
    assert all(not quote.own and quote.words for quote in quotes)
    assert all(quote.source.endswith("; date unknown, page saved 2026-11") for quote in quotes)
    tagline, description = said(reply, Paragraph)
    assert tagline.startswith("Apache-licensed mixture of experts")
    assert len(description) > len(tagline)
    assert said(reply, Note)[-1].startswith("Facts: comparison page")


async def test_a_card_is_voted_on_with_its_own_marks_and_bears_no_colour(team: Team) -> None:
    reply = await team.post("/tool mistral code")
    [vote] = [block for block in reply.blocks if isinstance(block, Vote)]
    assert spoken(vote.line).startswith("React option 1 to ship it or skip to skip it.")
    [table] = [block for block in reply.blocks if isinstance(block, Table)]
    assert table.columns == vote.options == (ToolSpan("Mistral Code"),)


async def test_its_tally_is_redrawn(team: Team) -> None:
    reply = await team.post("/tool mistral code")
    for person in "abcde":
        await team.vote(reply, person, 0)
    drawn = await team.redrawn(reply)
    assert rows(drawn)["Community"] == ["0% ship · 0 of 5"]
    assert "Your team disagrees with the panel on Mistral Code: 0% ship · 0 of 5." in said(drawn, Paragraph)


async def test_quiet_shows_it_alone_and_posts_it_at_a_press(team: Team) -> None:
    reply = await team.ask("/tool mistral code --quiet")
    assert (reply.private, reply.failed, reply.ballot) == (True, False, None)
    assert not any(isinstance(block, Vote) for block in reply.blocks)
    assert list(lines(reply)) == ["Post here", "Read reviews", "Bookmark", "Compare"]
    await team.post(lines(reply)["Post here"])


async def test_read_reviews_shows_every_seats_words_in_private(team: Team) -> None:
    card = await team.post("/tool mistral 8x22b")
    reply = await team.ask(lines(card)["Read reviews"])
    assert (reply.private, reply.ballot) == (True, None)
    assert reply.plain == "Reviews. The panel ships Mistral 8x22B v2, but the Founder skips it."
    quotes = [block for block in reply.blocks if isinstance(block, Quote)]
    assert quotes == [block for block in card.blocks if isinstance(block, Quote)]
    assert not any(isinstance(block, Vote) for block in reply.blocks)


async def test_compare_leads_to_the_rivals(team: Team) -> None:
    reply = await team.ask(lines(await team.ask("/tool mistral code"))["Compare"])
    assert reply.plain.startswith("Name a second tool to set beside Mistral Code.")


async def test_no_name_is_told_what_to_type(team: Team) -> None:
    reply = await team.ask("/tool")
    assert (reply.plain, reply.failed) == ("Name a tool, for example: /tool mistral code", True)


@pytest.mark.parametrize("flag", ["", " --quiet", " --reviews"])
async def test_an_unclear_name_is_asked_about_and_keeps_the_flag(team: Team, flag: str) -> None:
    reply = await team.ask(f"/tool code llama 4{flag}")
    assert reply.plain == "Two tools are called Code Llama 4. Which one do you mean?"
    assert lines(reply)["Pick Code Llama 4 · 200B"] == f"/tool code-llama-4-200b{flag}"


async def test_several_tools_are_asked_about(team: Team) -> None:
    reply = await team.ask("/tool mistral code vs mistral next")
    assert reply.plain == "Which one do you want to see?"
    assert lines(reply)["See Mistral Code"] == "/tool mistral-code"
    unclear = await team.ask("/tool mistral code vs code llama 4")
    assert titles(unclear)[:2] == ["Mistral Code", "Code Llama 4 · 200B"]

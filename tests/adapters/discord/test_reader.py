"""The reader: a page for each seat, words that are never cut, and a vote that is not shown by name."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.discord import outbound, reader
from commands.model import Ballot, Message
from commands.reply import Quote, Reply, ToolSpan, said, text
from tests.adapters.discord.reading import marks, pressable, words
from tests.adapters.discord.replies import ADA, LOOK, Guild
from tests.discord_server.content import RESPOND, RESPOND_FLAGS, check_message

TWO = "/compare code-llama-4-70b-400b vs mistral-8x22b-v2"
SEATS = ["Builder", "Skeptic", "Futurist", "Founder"]


@pytest.fixture
async def guild() -> Guild:
    return await Guild.made()


async def opened(guild: Guild) -> tuple[Reply, Ballot]:
    """The reviews as they are asked for from a ballot."""
    posted = await guild.posted(TWO)
    assert posted.ballot
    return await guild.answer(f"{TWO} --reviews", ballot=posted.ballot.id), posted.ballot


def drawn(reply: Reply, page: int = 0, line: str = "", look: outbound.Look = LOOK) -> dict[str, Any]:
    payload = reader.page(reply, look, page, line)
    check_message(payload, RESPOND, RESPOND_FLAGS)
    assert payload["allowed_mentions"] == {"parse": []}
    return payload


async def test_a_page_shows_one_seat_on_every_tool(guild: Guild) -> None:
    reply, _ = await opened(guild)
    for number, seat in enumerate(SEATS):
        payload = drawn(reply, number)
        read = words(payload)
        assert f"{seat} · page {number + 1} of 4" in read
        assert read.count(" on ") >= 2
        held = [
            block for block in reply.blocks if isinstance(block, Quote) and block.title[0] == text(seat, strong=True)[0]
        ]
        assert len(held) == 2
        assert all(quote.words in read for quote in held)
        assert "ships both, but the Founder skips" in read


async def test_pages_are_turned_by_seat_and_the_one_that_is_shown_says_so(guild: Guild) -> None:
    reply, ballot = await opened(guild)
    payload = drawn(reply, 1)
    turns = payload["components"][0]["components"]
    assert [turn["label"] for turn in turns] == ["Builder", "Skeptic (this page)", "Futurist", "Founder"]
    assert [turn.get("disabled", False) for turn in turns] == [False, True, False, False]
    at = Message("discord", "7", "8")
    turned = reader.turned(turns[3]["custom_id"], payload, at)
    assert turned is not None
    assert turned.ballot is not None
    assert (turned.page, turned.ballot.id, turned.ballot.message, turned.option) == (3, ballot.id, at, None)


async def test_a_vote_is_told_with_the_page_it_was_given_on_and_shown_in_words(guild: Guild) -> None:
    reply, ballot = await opened(guild)
    picks = drawn(reply, 2)["components"][1]["components"]
    assert [pick["label"] for pick in picks] == ["Ship Code Llama 4 (70B & 400B)", "Ship Mistral 8x22B v2", "Skip both"]
    turned = reader.turned(picks[1]["custom_id"], {})
    assert turned is not None
    assert (turned.page, turned.option) == (2, 2)
    await guild.core.press(guild.key, ballot.id, ADA, 2)
    anew = drawn(await guild.answer(f"{TWO} --reviews", ballot=ballot.id), 2)
    assert anew["components"][1]["components"][1]["label"] == "✓ Ship Mistral 8x22B v2 (your vote)"
    assert "You ship 🟠 **Mistral 8x22B v2** and skip 🔵" in words(anew)


async def test_an_ephemeral_answer_of_reviews_is_the_reader(guild: Guild) -> None:
    reply, _ = await opened(guild)
    payload = outbound.ephemeral(reply, LOOK)
    assert payload["flags"] == outbound.EPHEMERAL
    assert payload["embeds"][0]["title"] == "Builder · page 1 of 4"


@pytest.mark.parametrize("line", [f"{TWO} --reviews", f"/compare {' vs '.join(c * 80 for c in 'abcd')} --reviews"])
async def test_without_a_ballot_pages_are_turned_by_the_command(guild: Guild, line: str) -> None:
    reply = await guild.answer(f"{TWO} --reviews")
    assert reply.ballot is None
    payload = drawn(reply, 0, line)
    turned = reader.turned(pressable(payload["components"])[2][0], payload)
    assert turned == reader.Turned(2, None, line)


async def test_with_nothing_to_turn_by_all_is_on_one_page(guild: Guild) -> None:
    payload = drawn(await guild.answer(f"{TWO} --reviews"))
    assert pressable(payload["components"]) == []
    assert all(f"**{seat}** on" in words(payload) for seat in SEATS)


@pytest.mark.parametrize("letter", ["w", "*"])
def test_the_longest_reviews_of_four_tools_are_whole_on_some_page(letter: str) -> None:
    named = [ToolSpan(f"{place}" + "n" * 100, place) for place in range(4)]
    quotes = tuple(
        Quote(said(text(seat, strong=True)[0], " on ", name), f"{seat}{place}" + letter * 1_490, True, "o" * 250)
        for place, name in enumerate(named)
        for seat in SEATS
    )
    reply = Reply("x", quotes, private=True)
    line = "/compare a vs b --reviews"
    count = len(pressable(drawn(reply, 0, line)["components"]))
    assert 4 < count <= 16
    read = "".join(words(drawn(reply, page, line)) for page in range(count))
    assert all(quote.words in read for quote in quotes)
    plain = replace(LOOK, embeds=False)
    assert all(len(drawn(reply, page, line, plain)["content"]) <= 2_000 for page in range(20))


def test_a_page_past_the_last_is_the_last_and_a_seat_may_be_called_anything() -> None:
    quotes = tuple(Quote(text(seat), "Words.", True, "a page") for seat in ("*a* @everyone", "<@1>"))
    payload = drawn(Reply("x", quotes, private=True), 9, "/tool x --reviews")
    assert payload["embeds"][0]["title"].endswith("page 2 of 2")
    assert marks(payload["embeds"][0]["title"]) == []

"""The buttons of a ballot: the reviews with their vote, bookmarks, and taking a comparison away."""

import asyncio

import pytest

from commands.model import Seat
from tests.adapters.discord import standing
from tests.adapters.discord.pressing import (
    BLUE,
    BOTH,
    CODE,
    EXPERT,
    ask,
    compared,
    labels,
    press,
    says,
    shown,
    slow,
    whisper,
    words,
)
from tests.adapters.discord.running import World
from tests.discord_server.things import Message, Person
from tests.discord_server.things import Reply as Kind

ORANGE = "Ship Mistral 8x22B v2"
CHOSEN = "✓ Ship Mistral 8x22B v2 (your vote)"
FOUR = {"a": "code-llama-4-70b-400b", "b": EXPERT, "c": CODE, "d": "mistral-3-instruct"}
SEATS = [seat.value for seat in Seat]


async def reviews(world: World, message: Message, person: Person | None = None) -> Message:
    """The reader, newly opened."""
    person = person or world.ben
    before = len(world.discord.whispers(message.channel, person))
    await press(world, person, message, "Read reviews")
    return await whisper(world, person, message.channel, after=before)


async def by_button(world: World, message: Message, person: Person) -> set[int]:
    """The options somebody has on by button, as the store has it."""
    held = await standing.opened(world, message)
    return {option for option, via in await world.store.votes.marks(held.id, person.id) if via == "button"}


async def test_the_reader_has_a_page_for_each_seat_and_only_who_pressed_sees_it(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        reader = await reviews(harbour, message)
        assert reader.seen_by is harbour.ben
        read = [words(reader)]
        for number, seat in enumerate(SEATS[1:], start=2):
            turned = await press(harbour, harbour.ben, reader, seat)
            assert turned.callback == Kind.UPDATE
            assert f"{seat} · page {number} of 4" in words(reader)
            read.append(words(reader))
        await press(harbour, harbour.ben, reader, SEATS[0])
        assert words(reader) == read[0]
        assert harbour.discord.whispers(harbour.general, harbour.ben) == [reader]
    for seat, page in zip(SEATS, read, strict=True):
        assert page.count(f"**{seat}** on ") == 2
        assert not any(f"**{other}** on " in page for other in SEATS if other != seat)
    assert message.edits == 0


async def test_a_vote_in_the_reader_is_not_shown_by_name_and_says_what_it_is_in_words(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        reader = await reviews(harbour, message)
        await press(harbour, harbour.ben, reader, "Skeptic")
        await press(harbour, harbour.ben, reader, ORANGE)
        assert "You ship 🟠 **Mistral 8x22B v2** and skip 🔵 **Code Llama 4 (70B & 400B)**" in words(reader)
        assert "Skeptic · page 2" in words(reader), "a vote turns no page"
        assert CHOSEN in labels(reader)
        assert await by_button(harbour, message, harbour.ben) == {2}
        await says(harbour, message, "100% ship · 1 of 1")
        again = await reviews(harbour, message)
        assert CHOSEN in labels(again)
        await press(harbour, harbour.ben, again, CHOSEN)
        assert CHOSEN not in labels(again)
        assert await by_button(harbour, message, harbour.ben) == set()
        await harbour.discord.until(lambda: words(message).count("No community votes yet") == 2)
        await press(harbour, harbour.ben, again, BOTH)
        assert "You skip 🔵" in words(again)
    assert harbour.ben.id not in str(shown(message))
    assert "Ben" not in str(shown(message))


async def test_everybody_has_a_vote_of_their_own_in_a_reader_of_their_own(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        for person in (harbour.ann, harbour.ben):
            await press(harbour, person, await reviews(harbour, message, person), BLUE)
        await says(harbour, message, "100% ship · 2 of 2")
        with pytest.raises(LookupError):
            await press(harbour, harbour.ben, harbour.discord.whispers(harbour.general, harbour.ann)[0], BLUE)


async def test_all_buttons_work_after_a_restart(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        reader = await reviews(harbour, message)
    async with harbour.connected():
        await press(harbour, harbour.ben, reader, "Founder")
        assert "Founder · page 4" in words(reader)
        await press(harbour, harbour.ben, reader, BLUE)
        await says(harbour, message, "1 of 1")
        assert "Builder" in words(await reviews(harbour, message))
        await press(harbour, harbour.ben, message, "Bookmark")
        await whisper(harbour, harbour.ben, after=2)
        await press(harbour, harbour.ann, message, "Remove")
        await harbour.discord.until(lambda: message.deleted)


@pytest.mark.parametrize("label", ["Read reviews", "Bookmark", "Remove"])
async def test_a_ballot_that_was_never_stored_is_opened_by_each_of_its_buttons(harbour: World, label: str) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        harbour.discord.react(harbour.ben, message, "🔵")
        await says(harbour, message, "1 of 1")
    (harbour.folder / "shipworthy.db").unlink()
    async with harbour.connected():
        await press(harbour, harbour.ben, message, label)
        await whisper(harbour, harbour.ben)
        held = await standing.opened(harbour, message)
        assert held.asker == harbour.ann.id
        assert not held.frozen
        await standing.counted(harbour, message, (1, 0), (0, 1))


async def test_a_vote_in_the_reader_of_a_ballot_that_was_never_stored_counts(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
    (harbour.folder / "shipworthy.db").unlink()
    async with harbour.connected():
        await press(harbour, harbour.ben, await reviews(harbour, message), BLUE)
        await says(harbour, message, "1 of 1")
        assert await by_button(harbour, message, harbour.ben) == {1}


async def test_four_tools_are_read_and_voted_on(harbour: World) -> None:
    async with harbour.connected():
        message = await compared(harbour, tools=FOUR)
        reader = await reviews(harbour, message)
        for seat in SEATS[1:]:
            await press(harbour, harbour.ben, reader, seat)
            assert words(reader).count(f"**{seat}** on ") >= 1
        await press(harbour, harbour.ben, reader, "Ship Mistral Code")
        assert "You ship 🟢 **Mistral Code** and skip" in words(reader)


async def test_a_card_has_its_reader_and_its_vote(harbour: World) -> None:
    async with harbour.connected():
        message = await ask(harbour, "tool", {"name": CODE})
        await harbour.discord.until(lambda: list(message.reactions) == ["🚢", "⏩"])
        reader = await reviews(harbour, message)
        await press(harbour, harbour.ben, reader, "Ship it")
        assert "You ship **Mistral Code**" in words(reader)
        await says(harbour, message, "1 of 1")


async def test_a_vote_of_which_the_ballot_has_ended_says_so(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        reader = await reviews(harbour, message)
        await press(harbour, harbour.ann, message, "Remove")
        await harbour.discord.until(lambda: message.deleted)
        await press(harbour, harbour.ben, reader, BLUE)
        assert "This vote has ended" in words(await whisper(harbour, harbour.ben, after=1))
        await press(harbour, harbour.ben, reader, "Skeptic")
        assert BLUE not in labels(reader)


async def test_a_vote_that_could_not_be_stored_is_said_and_can_be_pressed_again(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        reader = await reviews(harbour, message)
        await harbour.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
        await press(harbour, harbour.ben, reader, BLUE)
        assert "please try again" in words(await whisper(harbour, harbour.ben, after=1))
        await harbour.store.database._writing.execute_fetchall("PRAGMA query_only = OFF")
        assert await by_button(harbour, message, harbour.ben) == set()
        await press(harbour, harbour.ben, reader, BLUE)
        assert "You ship" in words(reader)


@pytest.mark.usefixtures("hasty")
async def test_a_late_vote_in_the_reader_is_shown_where_it_was_pressed(harbour: World) -> None:
    gate = slow(harbour)
    async with harbour.connected():
        reader = await reviews(harbour, await harbour.compare())
        gate().shut()
        pressed = await press(harbour, harbour.ben, reader, BLUE)
        assert pressed.callback == Kind.DEFER_UPDATE
        gate().open()
        await says(harbour, reader, "You ship")
    assert harbour.discord.whispers(harbour.general, harbour.ben) == [reader]


async def test_presses_at_once_are_harmless(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        await asyncio.gather(*(press(harbour, harbour.ben, message, "Bookmark") for _ in range(3)))
        await asyncio.gather(*(press(harbour, harbour.ben, message, "Read reviews") for _ in range(3)))
        await whisper(harbour, harbour.ben, after=5)
        await asyncio.gather(*(press(harbour, harbour.ann, message, "Remove") for _ in range(3)))
        await harbour.discord.until(lambda: message.deleted)
    assert all(each.seen_by is harbour.ben for each in harbour.general.whispers)
    assert len(harbour.general.whispers) == 6


# -- bookmarks, and what is taken away -------------------------------------------------------------------------


async def test_bookmark_asks_which_and_confirms_to_who_pressed_alone(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        await press(harbour, harbour.ben, message, "Bookmark")
        choice = await whisper(harbour, harbour.ben)
        assert "Which" in words(choice)
        await press(harbour, harbour.ben, choice, labels(choice)[0])
        await says(harbour, choice, "is bookmarked, for you alone")
        assert "1 bookmark" in words(await ask(harbour, "bookmarks", by=harbour.ben))
        assert "No bookmarks yet" in words(await ask(harbour, "bookmarks"))
    assert harbour.discord.messages(harbour.general) == [message]


async def test_a_card_is_bookmarked_by_one_press_and_dropped_by_another(harbour: World) -> None:
    async with harbour.connected():
        message = await ask(harbour, "tool", {"name": CODE})
        await press(harbour, harbour.ben, message, "Bookmark")
        assert "is bookmarked" in words(await whisper(harbour, harbour.ben))
        await press(harbour, harbour.ben, message, "Bookmark")
        again = await whisper(harbour, harbour.ben, after=1)
        assert "was bookmarked before" in words(again)
        await press(harbour, harbour.ben, again, "Remove it")
        await says(harbour, again, "is no longer bookmarked")


async def test_only_who_asked_for_a_comparison_can_remove_it(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        await press(harbour, harbour.guild.owner, message, "Remove")
        told = await whisper(harbour, harbour.guild.owner)
        assert words(told) == "Only the person who asked for it can remove it."
        assert not message.deleted
        await press(harbour, harbour.ann, message, "Remove")
        await harbour.discord.until(lambda: message.deleted)
        again = await harbour.compare()
        assert again is not message


async def test_removing_where_the_bot_sees_nothing_works_all_the_same(harbour: World) -> None:
    secret = harbour.discord.channel(harbour.guild, "secret", private_for=[harbour.ann])
    async with harbour.connected():
        message = await ask(harbour, "compare", {"a": CODE, "b": EXPERT}, channel=secret)
        await press(harbour, harbour.ann, message, "Remove")
        await harbour.discord.until(lambda: message.deleted)


async def test_a_button_of_another_time_says_what_to_do(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        message.components[0]["components"][0]["custom_id"] = "read:1"
        await press(harbour, harbour.ben, message, "Read reviews")
        assert "from an older version of me" in words(await whisper(harbour, harbour.ben))

"""Windows: forms with type-ahead, the reviews with their vote, and what to bookmark."""

import asyncio

import pytest

from commands.model import Message as Address
from commands.model import Seat, TeamKey
from tests.adapters.slack.pressing import blocks, labels, modal, press, says, words
from tests.adapters.slack.running import World
from tests.contracts.make import bookmark, entry, ignore
from tests.slack_server.world import Message, View

FOUR = "code llama 4 70b vs mistral 8x22b vs mistral-code vs mistral-8x24b"
CODE, EXPERT = "mistral-code", "mistral-8x22b-v2"
BLUE, ORANGE = "Ship Code Llama", "Ship Mistral 8x22B"


async def form(world: World, text: str = "compare") -> View:
    """The form that a command without its words opens."""
    await world.slack.command(world.ann, world.general, "/shipworthy", text)
    return await modal(world, world.ann)


def called(world: World, method: str) -> int:
    return sum(call.method == method for call in world.slack.calls)


@pytest.mark.parametrize(("text", "title"), [("compare", "Compare"), ("tool", "Tool"), ("Bookmark ", "Bookmark")])
async def test_a_command_without_its_words_opens_a_form(acme: World, text: str, title: str) -> None:
    async with acme.connected():
        view = await form(acme, text)
    assert view.content["title"]["text"] == title
    assert acme.general.whispers == []


async def test_compare_alone_opens_a_form_that_posts_in_its_channel(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/compare")
        view = await modal(acme, acme.ann)
        assert (await acme.slack.submit(acme.ann, view, {"a": CODE, "b": EXPERT})).acked
        [message] = await acme.slack.until(lambda: acme.slack.messages(acme.general))
        await acme.slack.until(lambda: len(message.reactions) == 3)
        await acme.slack.settled()
    assert acme.slack.modal(acme.ann) is None
    assert message.text.startswith("Mistral Code vs Mistral 8x22B v2")


async def test_a_form_filled_in_where_the_bot_is_not_answers_there(acme: World) -> None:
    secret = acme.slack.channel(acme.team, "secret", acme.ann, private=True, with_bot=False)
    async with acme.connected():
        await acme.slack.command(acme.ann, secret, "/compare")
        await acme.slack.submit(acme.ann, await modal(acme, acme.ann), {"a": CODE, "b": EXPERT})
        [message] = await acme.slack.until(lambda: acme.slack.messages(secret))
    assert "Ship Mistral Code. Not shown by name." in labels(message)


async def test_a_picker_offers_what_fits_the_teams_own_words_first(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", "alias mistral star = code-llama-4-200b")
        await acme.slack.until(lambda: acme.general.messages)
        view = await form(acme)
        everything = await acme.slack.suggest(acme.ann, view, "value", "", block_id="a")
        own = await acme.slack.suggest(acme.ann, view, "value", "mistral", block_id="b")
        fits = await acme.slack.suggest(acme.ann, view, "value", "mistral c", block_id="c")
    assert len(everything) == 8
    assert [each["value"] for each in own][:1] == ["code-llama-4-200b"]
    assert len(own) == 6
    assert [each["value"] for each in fits] == [CODE]


async def test_a_picker_offers_no_more_than_twenty_five(acme: World) -> None:
    async with acme.connected():
        many = [entry(f"zoo-{number}", words=(f"animal {number}",)) for number in range(40)]
        await acme.store.catalogue.load(many, categories={}, progress=ignore)
        view = await form(acme)
        for typed in ("", "zoo", "animal"):
            offered = await acme.slack.suggest(acme.ann, view, "value", typed, block_id="a")
            assert len({each["value"] for each in offered}) == 25


HOSTILE = ("<!channel>", "*bold*", "\u202e\u0000", "x" * 3_000, "'; drop table tools; --", "😀" * 50, "%s%n", "&lt;")


@pytest.mark.parametrize("typed", HOSTILE)
async def test_anything_can_be_typed_into_a_picker(acme: World, typed: str) -> None:
    async with acme.connected():
        view = await form(acme)
        for option in await acme.slack.suggest(acme.ann, view, "value", typed, block_id="a"):
            assert option["text"]["type"] == "plain_text"


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_the_same_tool_twice_is_said_in_the_form(acme: World, mode: str) -> None:
    acme.mode = mode
    async with acme.connected():
        view = await form(acme)
        offered = await acme.slack.suggest(acme.ann, view, "value", "mistral c", block_id="a")
        assert [each["value"] for each in offered] == [CODE]
        answer = await acme.slack.submit(acme.ann, view, {"a": CODE, "b": CODE})
        assert answer.json["response_action"] == "errors"
        assert answer.json["errors"] == {"a": "Mistral Code is named twice. Name a different tool beside it."}
        assert acme.slack.modal(acme.ann) is view
        assert (await acme.slack.submit(acme.ann, view, {"a": CODE, "b": EXPERT})).acked
        await acme.slack.until(lambda: acme.general.messages)


async def test_what_a_form_refuses_names_commands_as_they_are_typed_here(acme: World) -> None:
    async with acme.connected():
        view = await form(acme, "bookmark")
        team = await acme.store.teams.team(TeamKey("slack", "T1"))
        many = [entry(f"zoo-{number}") for number in range(200)]
        await acme.store.catalogue.load(many, categories={}, progress=ignore)
        names = [name for name in await acme.store.catalogue.names() if name.slug.startswith("zoo")]
        saved = [acme.store.bookmarks.add(team, acme.ann.id, bookmark(name.id)) for name in names]
        await asyncio.gather(*saved)
        answer = await acme.slack.submit(acme.ann, view, {"name": CODE})
    assert "Remove one: /shipworthy bookmark NAME --remove" in answer.json["errors"]["name"]


async def test_a_private_answer_to_a_form_is_shown_in_its_place_and_can_be_posted_from_there(acme: World) -> None:
    async with acme.connected():
        view = await form(acme)
        await acme.slack.submit(acme.ann, view, {"a": CODE, "b": EXPERT, "quiet": ["quiet"]})
        assert "Mistral 8x22B v2" in words(view)
        assert acme.general.messages == {}
        answer = await press(acme, acme.ann, view, "Post this comparison here")
        await says(acme, acme.ann, "It is posted.")
        again = answer.payload | {"trigger_id": acme.slack.new_id("again")}
        await acme.slack.bring(acme.slack.app, "interactive", again)
    [message] = acme.slack.messages(acme.general)
    assert len(message.reactions) == 3


async def test_a_pair_that_stands_already_is_told_in_the_form_and_can_be_posted_anew(acme: World) -> None:
    async with acme.connected():
        await acme.compare()
        view = await form(acme)
        pair = {"a": "code-llama-4-70b-400b", "b": EXPERT}
        options = await acme.slack.suggest(acme.ann, view, "value", "code llama 4 (70", block_id="a")
        await acme.slack.submit(acme.ann, view, pair | {"a": options[0]["value"]})
        assert "compared here already" in words(view)
        await press(acme, acme.ann, view, "Post this comparison again")
        await acme.slack.until(lambda: len(acme.general.messages) == 2)


async def test_where_no_form_can_be_opened_the_command_says_what_it_needs(acme: World) -> None:
    async with acme.connected():
        acme.slack.fail("views.open", error="expired_trigger_id")
        await acme.slack.command(acme.ann, acme.general, "/compare")
        assert "Name two to four tools" in words(await acme.whisper())
    assert acme.slack.modal(acme.ann) is None


# -- reviews ---------------------------------------------------------------------------------------------------


async def reviews(world: World, message: Message) -> View:
    await press(world, world.ben, message, "Read all reviews")
    return await modal(world, world.ben)


async def voted(world: World, message: Message, person: str) -> tuple[tuple[int, str], ...]:
    """What the store has on for somebody at a message's ballot."""
    held = await world.store.votes.ballot(Address("slack", message.channel.id, message.ts))
    assert held is not None
    return await world.store.votes.marks(held.id, person)


async def test_every_seat_is_read_and_a_vote_there_is_not_shown_by_name(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        view = await reviews(acme, message)
        assert all(words(view).count(seat.value) >= 2 for seat in Seat)
        await press(acme, acme.ben, view, ORANGE)
        await says(acme, acme.ben, "You ship :large_orange_circle: Mistral 8x22B v2 and skip")
        assert [label for label in labels(view) if label.startswith("Your vote")] == [
            "Your vote; press to take it back. Ship Mistral 8x22B v2"
        ]
        await acme.slack.until(lambda: "100% ship · 1 of 1" in words(message))
        assert await voted(acme, message, acme.ben.id) == ((2, "button"),)
        assert words(view).count("You ship") == 1
        await press(acme, acme.ben, message, "Read all reviews")
        view = await modal(acme, acme.ben, after=view)
        assert words(view).count("You ship :large_orange_circle: Mistral 8x22B v2 and skip") == 1
        await press(acme, acme.ben, view, "Your vote")
        await says(acme, acme.ben, "Your vote here is taken back")
    assert words(message).count("No community votes yet") == 2
    assert acme.ben.id not in str(message.blocks)
    assert "Ben" not in str(message.blocks)


async def test_a_vote_by_button_works_on_an_old_message_after_a_restart(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
    async with acme.connected():
        view = await reviews(acme, message)
        await press(acme, acme.ben, view, BLUE)
    assert "100% ship · 1 of 1" in words(message)


async def test_a_ballot_that_was_never_stored_is_opened_by_its_button(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
    (acme.folder / "shipworthy.db").unlink()
    async with acme.connected():
        view = await reviews(acme, message)
        await press(acme, acme.ben, view, BLUE)
        await acme.slack.until(lambda: "1 of 1" in words(message))
        assert await voted(acme, message, acme.ben.id) == ((1, "button"),)


async def test_a_ballot_that_was_never_stored_can_be_removed_by_who_asked_for_it(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
    (acme.folder / "shipworthy.db").unlink()
    async with acme.connected():
        await acme.slack.click(acme.ben, message, "more", value="remove")
        assert "Only the person who asked" in words(await acme.whisper(acme.ben))
        await acme.slack.click(acme.ann, message, "more", value="remove")
        await acme.slack.until(lambda: message.deleted)


async def test_the_reviews_of_four_tools_fit_into_a_window(acme: World) -> None:
    async with acme.connected():
        view = await reviews(acme, await acme.compare(FOUR))
        assert words(view).count("Skeptic") >= 4
        assert len([label for label in labels(view) if label.endswith("Not shown by name.")]) == 5
        assert len(view.content["private_metadata"]) <= 3_000
        await press(acme, acme.ben, view, "Ship Mistral Code")
        await says(acme, acme.ben, "You ship :large_green_circle: Mistral Code and skip")


async def test_votes_pressed_at_once_leave_the_newest_state_in_the_window(acme: World) -> None:
    async with acme.connected():
        view = await reviews(acme, await acme.compare())
        acme.slack.fail("views.update", status=429, retry_after_s=1)
        await press(acme, acme.ben, view, BLUE)
        await acme.slack.until(lambda: called(acme, "views.update"))
        await press(acme, acme.ben, view, ORANGE)
        await acme.slack.until(lambda: called(acme, "views.update") == 3)
    assert len([label for label in labels(view) if label.startswith("Your vote")]) == 2


async def test_one_press_told_twice_counts_once(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        view = await reviews(acme, message)
        answer = await press(acme, acme.ben, view, BLUE)
        await acme.slack.bring(acme.slack.app, "interactive", answer.payload)
        assert await voted(acme, message, acme.ben.id) == ((1, "button"),)


async def test_a_vote_of_which_the_ballot_has_ended_says_so_in_the_window(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        view = await reviews(acme, message)
        await acme.slack.click(acme.ann, message, "more", value="remove")
        await acme.slack.until(lambda: message.deleted)
        await press(acme, acme.ben, view, BLUE)
        await says(acme, acme.ben, "This vote has ended; what was voted still counts.")
    assert not [label for label in labels(view) if label.endswith("Not shown by name.")]


async def test_a_vote_that_could_not_be_stored_is_not_acked_and_said_in_the_window(acme: World) -> None:
    async with acme.connected():
        view = await reviews(acme, message := await acme.compare())
        await acme.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
        assert not (await press(acme, acme.ben, view, BLUE)).acked
        await says(acme, acme.ben, "Nothing was changed; please try again.")
        await acme.store.database._writing.execute_fetchall("PRAGMA query_only = OFF")
        assert await voted(acme, message, acme.ben.id) == ()
        assert (await press(acme, acme.ben, view, BLUE)).acked
        await says(acme, acme.ben, "You ship")


async def test_reading_reviews_twice_shows_one_window(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        answer = await press(acme, acme.ben, message, "Read all reviews")
        await acme.slack.bring(acme.slack.app, "interactive", answer.payload)
        await press(acme, acme.ben, message, "Read all reviews")
        view = await modal(acme, acme.ben)
    assert acme.slack.modal(acme.ben) is not None
    assert "Skeptic" in words(view)
    assert acme.general.whispers == []


async def test_a_card_has_its_reviews_and_its_vote(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", "tool mistral code")
        [message] = await acme.slack.until(lambda: acme.slack.messages(acme.general))
        view = await reviews(acme, message)
        await press(acme, acme.ben, view, "Ship Mistral Code")
        await says(acme, acme.ben, "You ship")
        await acme.slack.until(lambda: "1 of 1" in words(message))


# -- bookmarks -------------------------------------------------------------------------------------------------


async def test_bookmark_asks_which_and_confirms_to_who_pressed_alone(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        await press(acme, acme.ben, message, "Bookmark ")
        told = await acme.whisper(acme.ben)
        assert "Which one do you want to bookmark?" in words(told)
        answer = await press(acme, acme.ben, told, "Bookmark Mistral 8x22B v2")
        await acme.slack.until(lambda: "is bookmarked, for you alone" in words(told))
        again = answer.payload | {"trigger_id": acme.slack.new_id("again")}
        await acme.slack.bring(acme.slack.app, "interactive", again)
        await acme.slack.until(lambda: "was bookmarked before" in words(told))
    assert acme.general.whispers == [told]
    assert "/shipworthy bookmarks" not in str(blocks(message))
    assert list(acme.general.messages) == [message.ts]

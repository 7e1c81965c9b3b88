"""Where the bot is, where it can come in, and where it is not: an answer everywhere, and votes that count."""

import pytest

from commands.model import Message as Address
from tests.adapters.slack.installing import bot_of
from tests.adapters.slack.pressing import labels, modal, press, words
from tests.adapters.slack.running import PAIR, World
from tests.slack_server.world import Channel, Message, Person

BLUE, ORANGE = "Ship Code Llama", "Ship Mistral 8x22B"


def without_joining(world: World) -> Channel:
    """A public channel the bot may write in, and may not join."""
    made = world.slack.bot(world.team)
    assert made is not None
    made.scopes -= {"channels:join"}
    return world.slack.channel(world.team, "outside", world.ann, world.ben, with_bot=False)


def elsewhere(world: World, kind: str) -> Channel:
    """A place of Ann's and Ben's where the bot is not."""
    if kind == "private":
        return world.slack.channel(world.team, "secret", world.ann, world.ben, private=True, with_bot=False)
    others = [] if kind == "im" else [world.slack.person(world.team, "Cas")]
    return world.slack.direct(world.ann, world.ben, *others)


async def compared(world: World, channel: Channel, by: Person | None = None) -> Message:
    """Type /compare there, and wait for what everybody sees."""
    await world.slack.command(by or world.ann, channel, "/compare", PAIR)
    await world.slack.until(lambda: channel.messages)
    return world.slack.messages(channel)[-1]


async def test_a_public_channel_is_joined_and_then_posted_in(acme: World) -> None:
    new = acme.slack.channel(acme.team, "new", acme.ann, with_bot=False)
    async with acme.connected():
        message = await acme.compare(channel=new)
        assert bot_of(acme, acme.team).id in new.members
        await acme.slack.react(acme.ann, message, "large_blue_circle")
        await acme.slack.until(lambda: message.edits)
    called = [call.method for call in acme.slack.calls]
    assert called.index("conversations.join") < called.index("chat.postMessage")
    assert list(new.messages) == [message.ts], "joining by itself, it says nothing"


async def test_a_public_channel_it_was_put_out_of_is_joined_again(acme: World) -> None:
    async with acme.connected():
        await acme.compare()
        acme.slack.kick(acme.general)
        message = await acme.compare("mistral-code vs mistral-8x24b")
        await acme.slack.react(acme.ann, message, "large_blue_circle")
        await acme.slack.until(lambda: message.edits)
    assert bot_of(acme, acme.team).id in acme.general.members


async def test_where_joining_is_refused_votes_are_buttons_and_who_asked_is_told_why(acme: World) -> None:
    outside = without_joining(acme)
    async with acme.connected():
        message = await compared(acme, outside)
        assert "/invite @Shipworthy" in words(await acme.whisper(channel=outside))
        await press(acme, acme.ben, message, ORANGE)
        await acme.slack.until(lambda: "1 of 1" in words(message))
        assert "not shown by name" in words(await acme.whisper(acme.ben, outside))
    assert bot_of(acme, acme.team).id not in outside.members
    assert message.reactions == {}
    assert acme.ben.id not in str(message.blocks)


async def test_in_a_public_channel_it_may_neither_join_nor_write_in_it_answers_through_the_response_url(
    acme: World,
) -> None:
    outside = without_joining(acme)
    made = acme.slack.bot(acme.team)
    assert made is not None
    made.scopes -= {"chat:write.public"}
    async with acme.connected():
        message = await compared(acme, outside)
        assert "/invite @Shipworthy" in words(await acme.whisper(channel=outside))
        await press(acme, acme.ben, message, ORANGE)
        await acme.slack.until(lambda: "1 of 1" in words(message))
        await acme.slack.command(acme.ben, outside, "/compare", PAIR)
        assert "compared here already" in words(await acme.whisper(acme.ben, outside, after=1))
        await acme.slack.open_home(acme.ann)
        home = await acme.slack.until(lambda: acme.slack.home(acme.ann))
    assert "url-" not in str(acme.slack.whispers(outside, acme.ben)[-1].blocks)
    assert "url-" not in str(home.content)
    assert "1 recent comparison" in words(home)


@pytest.mark.parametrize("kind", ["private", "im", "mpim"])
async def test_where_the_bot_is_not_it_still_answers_with_buttons_and_each_press_redraws(
    acme: World, kind: str
) -> None:
    place = elsewhere(acme, kind)
    async with acme.connected():
        message = await compared(acme, place)
        told = words(await acme.whisper(channel=place))
        assert ("/invite @Shipworthy" in told) == (kind != "im")
        assert ("in a channel, votes can be reactions" in told) == (kind == "im")
        assert "redrawn when somebody votes" in words(message)
        await press(acme, acme.ann, message, BLUE)
        await acme.slack.until(lambda: message.edits == 1)
        await press(acme, acme.ben, message, BLUE)
        await press(acme, acme.ben, message, ORANGE)
        await acme.slack.until(lambda: message.edits == 3)
        assert "You ship" in words(await acme.whisper(acme.ben, place))
    assert "2 of 2" in words(message)
    assert "1 of 2" in words(message)
    assert message.text
    assert "chat.update" not in {call.method for call in acme.slack.calls}


async def test_presses_at_once_are_all_counted_and_drawn(acme: World) -> None:
    place = acme.slack.channel(acme.team, "secret", acme.ann, private=True, with_bot=False)
    people = [acme.slack.person(acme.team, f"Person {number}") for number in range(12)]
    place.members += [person.id for person in people]
    async with acme.connected():
        message = await compared(acme, place)
        for person in people:
            acme.slack.later(press(acme, person, message, BLUE))
        await acme.slack.settled()
    assert message.edits == len(people)
    assert "12 of 12" in words(message)


async def test_a_redraw_that_takes_longer_does_not_bring_back_an_older_state(acme: World) -> None:
    place = elsewhere(acme, "private")
    async with acme.connected():
        message = await compared(acme, place)
        await acme.whisper(channel=place)
        before = len(acme.slack.calls)
        acme.slack.fail("response_url", status=429, retry_after_s=1)
        await press(acme, acme.ann, message, BLUE)
        await acme.slack.until(lambda: [call for call in acme.slack.calls[before:] if call.method == "response_url"])
        await press(acme, acme.ben, message, BLUE)
        await acme.slack.until(lambda: message.edits == 2)
    assert "2 of 2" in words(message)


async def test_a_ballot_where_the_bot_is_not_has_all_its_buttons(acme: World) -> None:
    place = elsewhere(acme, "private")
    async with acme.connected():
        message = await compared(acme, place)
        await press(acme, acme.ben, message, "Read all reviews")
        view = await modal(acme, acme.ben)
        await press(acme, acme.ben, view, BLUE)
        await acme.slack.until(lambda: "You ship" in words(view))
        await acme.slack.click(acme.ben, message, "more", value="remove")
        assert "Only the person who asked" in words(await acme.whisper(acme.ben, place))
        await acme.slack.click(acme.ann, message, "more", value="remove")
        await acme.slack.until(lambda: message.deleted)


@pytest.mark.parametrize("kind", ["private", "im"])
async def test_a_ballot_that_was_posted_and_never_stored_is_opened_by_its_first_vote(acme: World, kind: str) -> None:
    place = elsewhere(acme, kind)
    async with acme.connected():
        message = await compared(acme, place)
        await acme.whisper(channel=place)
    (acme.folder / "shipworthy.db").unlink()
    async with acme.connected():
        await press(acme, acme.ben, message, BLUE)
        await acme.slack.until(lambda: "1 of 1" in words(message))
        await press(acme, acme.ann, message, BLUE)
        await acme.slack.until(lambda: "2 of 2" in words(message))
        held = await acme.store.votes.ballot(Address("slack", place.id, message.ts))
        assert held is not None
        assert held.asker == acme.ann.id


async def test_a_response_url_that_is_used_up_breaks_nothing_and_the_voter_is_told(acme: World) -> None:
    place = elsewhere(acme, "private")
    async with acme.connected():
        message = await compared(acme, place)
        await acme.whisper(channel=place)
        acme.slack.fail("response_url", 2, status=404)
        assert (await press(acme, acme.ben, message, BLUE)).acked
        direct = acme.slack.direct(bot_of(acme, acme.team), acme.ben)
        await acme.slack.until(lambda: direct.messages)
        assert "You ship" in words(acme.slack.messages(direct)[0])
        assert not message.edits
        await press(acme, acme.ann, message, BLUE)
        await acme.slack.until(lambda: "2 of 2" in words(message))


async def test_an_answer_for_which_there_is_no_way_at_all_is_said_directly(acme: World) -> None:
    place = elsewhere(acme, "private")
    async with acme.connected():
        acme.slack.fail("response_url", 2, status=404)
        await acme.slack.command(acme.ann, place, "/compare", PAIR)
        direct = acme.slack.direct(bot_of(acme, acme.team), acme.ann)
        await acme.slack.until(lambda: direct.messages)
    assert place.messages == {}
    assert "/invite @Shipworthy" in words(acme.slack.messages(direct)[0])


async def test_one_command_uses_its_response_url_no_more_often_than_it_may(acme: World) -> None:
    place = elsewhere(acme, "private")
    async with acme.connected():
        await compared(acme, place)
        await acme.whisper(channel=place)
    [path] = acme.slack.response_urls
    assert acme.slack.response_urls[path].uses_left >= 3


async def test_once_invited_a_private_channel_votes_by_reaction(acme: World) -> None:
    place = elsewhere(acme, "private")
    async with acme.connected():
        first = await compared(acme, place)
        await acme.slack.invite(acme.ann, place)
        await acme.slack.command(acme.ann, place, "/compare", f"{PAIR} --anew")
        await acme.slack.until(lambda: len(acme.slack.messages(place)[-1].reactions) == 3)
        await press(acme, acme.ben, first, BLUE)
        await acme.slack.until(lambda: "1 of 1" in words(first))


async def test_in_a_conversation_with_the_bot_votes_are_reactions(acme: World) -> None:
    direct = acme.slack.direct(bot_of(acme, acme.team), acme.ann)
    async with acme.connected():
        message = await acme.compare(channel=direct)
        assert BLUE not in " ".join(labels(message))
        await acme.slack.react(acme.ann, message, "large_blue_circle")
        await acme.slack.until(lambda: message.edits)
    assert "1 of 1" in words(message)


async def test_what_is_compared_in_private_is_named_nowhere_else(acme: World) -> None:
    for place in (
        elsewhere(acme, "private"),
        elsewhere(acme, "im"),
        acme.slack.direct(bot_of(acme, acme.team), acme.ann),
    ):
        async with acme.connected():
            await compared(acme, place)
    async with acme.connected():
        await acme.slack.open_home(acme.ann)
        home = await acme.slack.until(lambda: acme.slack.home(acme.ann))
    assert "no recent comparisons" in words(home)

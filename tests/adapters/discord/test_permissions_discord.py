"""Where the bot may do less than it needs: an answer everywhere, votes that count, and a word on what is missing."""

import asyncio

import pytest

from commands.model import Ballot, TeamKey
from tests.adapters.discord import standing
from tests.adapters.discord.pressing import (
    BLUE,
    BOTH,
    CODE,
    EXPERT,
    ORANGE,
    ask,
    compared,
    labels,
    press,
    says,
    whisper,
    words,
)
from tests.adapters.discord.running import NEEDED, World
from tests.discord_server.permissions import MEMBERS, Can
from tests.discord_server.things import Channel

ALL = ("View Channels", "Read Message History", "Add Reactions", "Embed Links", "Send Messages")


def without(world: World, denied: Can) -> Channel:
    """A channel where the bot may not do this."""
    made = world.discord.channel(world.guild, "strict")
    world.discord.overwrite(made, world.discord.bot, deny=denied)
    return made


def hidden(world: World) -> Channel:
    """A channel of Ann's and Ben's that the bot does not see."""
    return world.discord.channel(world.guild, "secret", private_for=[world.ann, world.ben])


async def recent(world: World) -> tuple[Ballot, ...]:
    """The comparisons anybody of the server may be told of."""
    team = await world.store.teams.team(TeamKey("discord", world.guild.id))
    return await world.store.votes.recent(team, limit=5)


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        (Can.ADD_REACTIONS, ["Add Reactions"]),
        (Can.READ_MESSAGE_HISTORY, ["Read Message History"]),
        (Can.VIEW_CHANNEL, [*ALL, "Send Messages in Threads"]),
        (Can.EMBED_LINKS, ["Embed Links"]),
        (Can.SEND_MESSAGES, ["Embed Links", "Send Messages"]),
    ],
)
async def test_what_is_missing_is_named_to_who_asked_alone_and_votes_count_all_the_same(
    harbour: World, denied: Can, named: list[str]
) -> None:
    place = without(harbour, denied)
    reacts = "Add Reactions" not in named and "Read Message History" not in named
    async with harbour.connected():
        message = await compared(harbour, place)
        told = words(await whisper(harbour, harbour.ann, place))
        *most, last = named
        listed = f"{', '.join(most)} and {last}" if most else last
        assert told.startswith(f"I lack {listed} here, so ")
        assert ("votes are buttons" in told) == (not reacts)
        assert ("plain words" in told) == ("Embed Links" in named)
        if reacts:
            await harbour.discord.until(lambda: len(message.reactions) == 3)
            harbour.discord.react(harbour.ben, message, "🟠")
        else:
            await press(harbour, harbour.ben, message, ORANGE)
            assert "You ship" in words(await whisper(harbour, harbour.ben, place))
        await says(harbour, message, "1 of 1")
    assert (labels(message)[:3] == [BLUE, ORANGE, BOTH]) == (not reacts)
    assert bool(message.reactions) == reacts
    assert bool(message.embeds) == ("Embed Links" not in named)
    assert len(place.whispers) == 2 - reacts


async def test_a_card_is_voted_on_by_buttons_too(harbour: World) -> None:
    place = without(harbour, Can.ADD_REACTIONS)
    async with harbour.connected():
        message = await ask(harbour, "tool", {"name": CODE}, channel=place)
        await press(harbour, harbour.ben, message, "Ship it")
        await says(harbour, message, "1 of 1")


async def test_an_answer_without_a_ballot_says_nothing_of_permissions(harbour: World) -> None:
    place = without(harbour, Can.ADD_REACTIONS)
    async with harbour.connected():
        await ask(harbour, "alias", {"word": "zebra", "tool": CODE}, channel=place)
        await ask(harbour, "bookmarks", channel=place)
    assert len(place.whispers) == 1


async def test_once_it_is_allowed_the_next_comparison_votes_by_reaction(harbour: World) -> None:
    place = without(harbour, Can.ADD_REACTIONS)
    async with harbour.connected():
        first = await compared(harbour, place)
        harbour.discord.overwrite(place, harbour.discord.bot, allow=Can.ADD_REACTIONS)
        message = await harbour.compare(channel=place, a=CODE, b=EXPERT)
        assert not any(label.startswith("Ship") for label in labels(message))
        await press(harbour, harbour.ben, first, BLUE)
        await says(harbour, first, "1 of 1")


async def test_an_administrator_lacks_nothing(harbour: World) -> None:
    place = without(harbour, Can.ADD_REACTIONS)
    harbour.discord.set_permissions(harbour.guild, harbour.discord.bot_role(harbour.guild), Can.ADMINISTRATOR)
    async with harbour.connected():
        await harbour.compare(channel=place)
    assert place.whispers == []


# -- where the bot does not look -------------------------------------------------------------------------------


async def test_presses_at_once_are_all_counted_and_the_last_state_is_drawn(harbour: World) -> None:
    place = hidden(harbour)
    people = [harbour.guild.owner, harbour.ann, harbour.ben]
    harbour.discord.overwrite(place, harbour.guild.owner, allow=Can.VIEW_CHANNEL)
    async with harbour.connected():
        message = await compared(harbour, place)
        await asyncio.gather(*(press(harbour, person, message, BLUE) for person in people))
        await says(harbour, message, "3 of 3")
    assert harbour.discord.calls_of("edit_message") == []


async def test_a_redraw_that_takes_longer_does_not_bring_back_an_older_state(harbour: World) -> None:
    place = hidden(harbour)
    async with harbour.connected():
        message = await compared(harbour, place)
        before = len(harbour.discord.calls_of("callback"))
        harbour.discord.fail("callback", status=500)
        slow = asyncio.ensure_future(press(harbour, harbour.ann, message, BLUE))
        await harbour.discord.until(lambda: len(harbour.discord.calls_of("callback")) > before)
        await asyncio.gather(slow, press(harbour, harbour.ben, message, BLUE))
        await says(harbour, message, "2 of 2")


async def test_a_ballot_the_bot_does_not_see_has_all_its_buttons_after_a_restart_and_a_loss(harbour: World) -> None:
    place = hidden(harbour)
    async with harbour.connected():
        message = await compared(harbour, place)
    (harbour.folder / "shipworthy.db").unlink()
    async with harbour.connected():
        await press(harbour, harbour.ben, message, BLUE)
        await says(harbour, message, "1 of 1")
        await press(harbour, harbour.ben, message, "Read reviews")
        reader = await whisper(harbour, harbour.ben, place, after=1)
        await press(harbour, harbour.ben, reader, ORANGE)
        await says(harbour, reader, "You ship")
        await press(harbour, harbour.ben, message, "Remove")
        assert "Only the person who asked" in words(await whisper(harbour, harbour.ben, place, after=2))
        assert (await standing.opened(harbour, message)).asker == harbour.ann.id
        await press(harbour, harbour.ann, message, "Remove")
        await harbour.discord.until(lambda: message.deleted)


async def test_a_choice_made_where_the_bot_does_not_look_is_posted_there(harbour: World) -> None:
    place = hidden(harbour)
    async with harbour.connected():
        told = await ask(harbour, "compare", {"a": "llama", "b": EXPERT}, channel=place)
        await press(harbour, harbour.ann, told, "Pick Code Llama 4 · 200B")
        [message] = await harbour.discord.until(lambda: harbour.discord.messages(place))
        await harbour.discord.until(lambda: told.deleted)
        await press(harbour, harbour.ben, message, "Ship Code Llama 4 · 200B")
        await says(harbour, message, "1 of 1")


# -- threads, forums, and what is private ----------------------------------------------------------------------


def places(world: World) -> dict[str, tuple[Channel, bool]]:
    """Places of every kind that the bot is in, and whether what is said there is for some people only."""
    discord, ann = world.discord, world.ann
    forum = discord.channel(world.guild, "ideas", kind="forum")
    news = discord.channel(world.guild, "news", kind="announcement")
    secret = discord.channel(world.guild, "secret", private_for=[ann, discord.bot])
    return {
        "thread": (discord.thread(world.general, "which one", ann), False),
        "post": (discord.thread(forum, "which one", ann, "Which one?"), False),
        "announcement": (news, False),
        "its thread": (discord.thread(news, "which one", ann), False),
        "voice": (discord.channel(world.guild, "talk", kind="voice"), False),
        "private": (secret, True),
        "its thread too": (discord.thread(secret, "which one", ann), True),
        "private thread": (discord.thread(world.general, "hush", ann, members=[discord.bot]), True),
    }


KINDS = ("thread", "post", "announcement", "its thread", "voice", "private", "its thread too", "private thread")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_comparison_is_voted_on_in_every_kind_of_place_and_is_private_where_that_is(
    harbour: World, kind: str
) -> None:
    place, private = places(harbour)[kind]
    async with harbour.connected():
        message = await harbour.compare(channel=place)
        harbour.discord.react(harbour.ann, message, "🔵")
        await says(harbour, message, "1 of 1")
        assert len(await recent(harbour)) == (not private)
        assert (await standing.opened(harbour, message)).channel.private == private
    assert place.whispers == []


async def test_a_comparison_where_the_bot_does_not_look_is_nobody_elses_business(harbour: World) -> None:
    async with harbour.connected():
        await compared(harbour, hidden(harbour))
        assert await recent(harbour) == ()


async def test_a_thread_made_while_the_bot_listens_is_known_for_what_it_is(harbour: World) -> None:
    async with harbour.connected():
        thread = harbour.discord.thread(harbour.general, "later", harbour.ann)
        message = await harbour.compare(channel=thread)
        assert not (await standing.opened(harbour, message)).channel.private


async def test_in_a_thread_where_it_may_not_write_that_is_what_is_missing(harbour: World) -> None:
    harbour.discord.set_permissions(harbour.guild, harbour.guild.everyone, MEMBERS & ~Can.SEND_MESSAGES_IN_THREADS)
    bots = NEEDED & ~Can.SEND_MESSAGES_IN_THREADS
    harbour.discord.set_permissions(harbour.guild, harbour.discord.bot_role(harbour.guild), bots)
    thread = harbour.discord.thread(harbour.general, "which one", harbour.ann)
    async with harbour.connected():
        await compared(harbour, thread)
        told = words(await whisper(harbour, harbour.ann, thread))
    assert told.startswith("I lack Embed Links and Send Messages in Threads here, so this is plain words.")

"""Reactions on their way to the store: who and what counts, normal or super, and what a moderator takes off."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import app
from commands.model import BallotKind
from tests.adapters.discord.hurry import hurry
from tests.adapters.discord.running import World
from tests.adapters.discord.standing import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SHIP,
    SKIP,
    ballot,
    counted,
    heard,
    marks,
    opened,
    shows,
    tallies,
)
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Message

FOUR = {"a": "code llama 4 70b", "b": "mistral 8x22b", "c": "mistral-code", "d": "mistral-8x24b"}
NOTHING = [(0, 0), (0, 0)]


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    hurry(monkeypatch)
    async with Discord() as discord, World(tmp_path, discord).connected() as world:
        yield world


async def card(world: World) -> Message:
    """The card of one tool, with its reactions on."""
    used = await world.discord.command(world.ann, world.general, "tool", {"name": "mistral code"})
    message = await world.discord.answered(used)
    await world.discord.until(lambda: len(message.reactions) == 2)
    return message


# -- what counts -----------------------------------------------------------------------------------------------


async def test_a_vote_is_recorded_shown_and_can_be_taken_back(world: World) -> None:
    message = await world.compare()
    world.discord.react(world.ben, message, BLUE)
    await world.discord.until(lambda: shows(message, (1, 0), (0, 1)))
    assert await tallies(world, message) == [(1, 0), (0, 1)]
    world.discord.unreact(world.ben, message, BLUE)
    await world.discord.until(lambda: shows(message, *NOTHING))
    assert await tallies(world, message) == NOTHING


async def test_the_ballot_is_bound_before_its_reactions_are_put_on_and_they_are_nobodys_votes(world: World) -> None:
    message = await world.compare()
    assert list(message.reactions) == [BLUE, ORANGE, SKIP]
    assert await ballot(world, message)
    assert world.discord.calls_of("get_message") == []
    await heard(world, message, world.ben)
    assert await tallies(world, message) == NOTHING


async def test_a_comparison_of_four_and_a_card_get_the_reactions_they_have_options_for(world: World) -> None:
    four = await world.compare(None, None, **FOUR)
    await world.discord.until(lambda: len(four.reactions) == 5)
    assert list(four.reactions) == [BLUE, ORANGE, GREEN, PURPLE, SKIP]
    assert list((await card(world)).reactions) == [SHIP, SKIP]
    for emoji in (BLUE, ORANGE, GREEN, PURPLE):
        world.discord.react(world.ben, four, emoji)
    await counted(world, four, *[(1, 0)] * 4)


async def test_both_ship_both_one_passes_over_the_other_and_skip_skips_all(world: World) -> None:
    message = await world.compare()
    cy = world.discord.person(world.guild, "Cy")
    for person, emoji in ((world.ann, BLUE), (world.ann, ORANGE), (world.ben, ORANGE), (cy, SKIP)):
        world.discord.react(person, message, emoji)
    await counted(world, message, (1, 2), (2, 1))
    world.discord.react(cy, message, BLUE)
    await counted(world, message, (2, 1), (2, 1))
    world.discord.unreact(cy, message, BLUE)
    await counted(world, message, (1, 2), (2, 1))


async def test_what_cannot_be_read_is_passed_over_and_the_connection_stays(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = await world.compare()
    for event in ("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "INTERACTION_CREATE"):
        world.discord.tell(event, {"guild_id": world.guild.id, "channel_id": "x"}, world.guild, world.general)
    world.discord.react(world.ben, message, BLUE)
    await counted(world, message, (1, 0), (0, 1))
    assert len(world.discord.identified) == 1
    assert caplog.text.count("what Discord told could not be read") == 3


@pytest.mark.parametrize("emoji", [f"{BLUE}\N{VARIATION SELECTOR-16}", f"{BLUE}\N{VARIATION SELECTOR-15}"])
async def test_an_emoji_with_a_word_on_how_it_is_drawn_is_the_same(world: World, emoji: str) -> None:
    message = await world.compare()
    world.discord.react(world.ben, message, emoji)
    await counted(world, message, (1, 0), (0, 1))


@pytest.mark.parametrize("emoji", ["👍", "🟦", "🔵:7", "💙", SHIP, GREEN, PURPLE])
async def test_a_reaction_that_is_no_option_of_a_comparison_says_nothing(world: World, emoji: str) -> None:
    message = await world.compare()
    world.guild.emojis["7"] = "🔵"
    world.discord.react(world.ben, message, emoji)
    await heard(world, message, world.ann)
    assert await tallies(world, message) == NOTHING
    assert await marks(world, message, world.ben) == set()


@pytest.mark.parametrize("emoji", ["🚀", BLUE, ORANGE])
async def test_a_reaction_that_is_no_option_of_a_card_says_nothing(world: World, emoji: str) -> None:
    message = await card(world)
    assert (await opened(world, message)).kind is BallotKind.CARD
    world.discord.react(world.ben, message, emoji)
    await heard(world, message, world.ann)
    assert await tallies(world, message) == [(0, 0)]
    world.discord.react(world.ben, message, SHIP)
    await counted(world, message, (1, 0))


async def test_bots_do_not_vote(world: World) -> None:
    message = await world.compare()
    robot = world.discord.person(world.guild, "Robot", is_bot=True)
    world.discord.react(robot, message, BLUE)
    world.discord.react(robot, message, ORANGE, burst=True)
    await heard(world, message, world.ben)
    assert await tallies(world, message) == NOTHING


async def test_reactions_on_what_others_wrote_are_nobodys_votes_and_cost_no_call(world: World) -> None:
    message = await world.compare()
    said = world.discord.say(world.ben, world.general, "blue or orange?")
    before = len(world.discord.calls)
    world.discord.react(world.ann, said, BLUE)
    world.discord.unreact(world.ann, said, BLUE)
    await heard(world, message, world.ann)
    assert {call.name for call in world.discord.calls[before:]} <= {"edit_message"}
    assert await ballot(world, said) is None


async def test_what_is_no_ballot_of_ours_is_looked_at_once(world: World) -> None:
    message = await world.compare()
    world.discord.set_roles(world.guild, world.ann, world.discord.role(world.guild, "Managers", Can.MANAGE_GUILD))
    options = {"action": "on", "when": "monday 09:00 Europe/London"}
    used = await world.discord.command(world.ann, world.general, "digest", options)
    said = await world.discord.answered(used)
    assert said in world.discord.messages(world.general)
    for emoji in (BLUE, ORANGE):
        world.discord.react(world.ben, said, emoji)
        await heard(world, message, world.ann)
    assert len(world.discord.calls_of("get_message")) == 1


@pytest.mark.parametrize("kind", ["thread", "private thread", "forum post", "voice", "announcement"])
async def test_votes_count_wherever_a_comparison_can_stand(world: World, kind: str) -> None:
    discord = world.discord
    match kind:
        case "thread":
            place = discord.thread(world.general, "aside", world.ann)
        case "private thread":
            place = discord.thread(world.general, "aside", world.ann, members=[world.ben, discord.bot])
        case "forum post":
            place = discord.thread(discord.channel(world.guild, "forum", kind="forum"), "Which?", world.ann, "Which?")
        case _:
            place = discord.channel(world.guild, kind, kind=kind)
    message = await world.compare(channel=place)
    discord.react(world.ben, message, BLUE)
    discord.react(world.ann, message, SKIP, burst=True)
    await discord.until(lambda: shows(message, (1, 1), (0, 2)))
    discord.unreact(world.ann, message, SKIP, burst=True)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))


async def test_old_ballots_count(tmp_path: Path) -> None:
    async with Discord() as discord:
        world = World(tmp_path, discord)
        async with world.connected():
            message = await world.compare()
        world.clock = lambda: app.now_us() + 400 * 86_400_000_000
        async with world.connected():
            discord.react(world.ben, message, BLUE)
            await discord.until(lambda: shows(message, (1, 0), (0, 1)))


# -- normal and super ------------------------------------------------------------------------------------------


async def test_a_normal_and_a_super_reaction_of_one_person_count_once(world: World) -> None:
    message = await world.compare()
    world.discord.react(world.ben, message, BLUE)
    world.discord.react(world.ben, message, BLUE, burst=True)
    world.discord.react(world.ann, message, BLUE, burst=True)
    await counted(world, message, (2, 0), (0, 2))


@pytest.mark.parametrize("first", [False, True])
async def test_when_one_of_the_two_is_taken_off_the_other_counts_and_then_neither(world: World, *, first: bool) -> None:
    discord, message = world.discord, await world.compare()
    discord.react(world.ben, message, BLUE)
    discord.react(world.ben, message, BLUE, burst=True)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.unreact(world.ben, message, BLUE, burst=first)
    await discord.until(lambda: discord.calls_of("list_reaction_users"))
    await counted(world, message, (1, 0), (0, 1))
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    discord.unreact(world.ben, message, BLUE, burst=not first)
    await discord.until(lambda: shows(message, *NOTHING))
    await counted(world, message, *NOTHING)


async def test_without_super_reactions_nothing_is_read_back_when_one_is_taken_off(world: World) -> None:
    discord, message = world.discord, await world.compare()
    for _ in range(2):
        discord.react(world.ben, message, BLUE)
        await discord.until(lambda: shows(message, (1, 0), (0, 1)))
        discord.unreact(world.ben, message, BLUE)
        await discord.until(lambda: shows(message, *NOTHING))
    assert discord.calls_of("get_message") == []


# -- what a moderator takes off --------------------------------------------------------------------------------


async def test_all_reactions_taken_off_by_a_moderator_are_no_votes_any_more(world: World) -> None:
    discord, message = world.discord, await world.compare()
    discord.react(world.ben, message, BLUE)
    discord.react(world.ann, message, ORANGE, burst=True)
    await discord.until(lambda: shows(message, (1, 1), (1, 1)))
    discord.clear_reactions(message)
    await discord.until(lambda: shows(message, *NOTHING))
    assert await tallies(world, message) == NOTHING
    discord.react(world.ben, message, ORANGE)
    await counted(world, message, (0, 1), (1, 0))


async def test_one_emoji_taken_off_by_a_moderator_leaves_the_others(world: World) -> None:
    discord, message = world.discord, await world.compare()
    discord.react(world.ben, message, BLUE)
    discord.react(world.ben, message, BLUE, burst=True)
    discord.react(world.ann, message, ORANGE)
    await discord.until(lambda: shows(message, (1, 1), (1, 1)))
    discord.clear_reactions(message, BLUE)
    await discord.until(lambda: shows(message, (0, 1), (1, 0)))


async def test_a_clearing_that_cannot_be_read_back_at_first_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    discord, message = world.discord, await world.compare()
    discord.react(world.ben, message, BLUE)
    await discord.until(lambda: shows(message, (1, 0), (0, 1)))
    monkeypatch.setattr("commands.away.AGAIN_S", (0.05,))
    discord.fail("get_message", times=3, status=503)
    discord.clear_reactions(message)
    await discord.until(lambda: shows(message, *NOTHING))

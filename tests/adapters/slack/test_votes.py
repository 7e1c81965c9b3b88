"""Reactions on their way to the store: who and what counts, and that every delivery comes to what stands."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack import signs
from commands.model import BallotKind
from tests.adapters.slack.installing import bot_of, install
from tests.adapters.slack.running import World
from tests.adapters.slack.standing import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SHIP,
    SKIP,
    ballot,
    marks,
    opened,
    shows,
    tallies,
)
from tests.slack_server.server import Slack
from tests.slack_server.world import Message

FOUR = "code llama 4 70b vs mistral 8x22b vs mistral-code vs mistral-8x24b"


@pytest.fixture(params=["http", "socket"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with Slack() as slack, World(tmp_path, slack, request.param).connected() as world:
        yield world


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[World]:
    async with Slack() as slack, World(tmp_path, slack).connected() as world:
        yield world


async def card(world: World) -> Message:
    """The card of one tool, with its reactions on."""
    known = set(world.general.messages)
    await world.slack.command(world.ann, world.general, "/shipworthy", "tool mistral code")
    return await world.slack.until(
        lambda: next((m for ts, m in world.general.messages.items() if ts not in known and len(m.reactions) == 2), None)
    )


async def test_a_vote_is_recorded_shown_and_can_be_taken_back(world: World) -> None:
    message = await world.compare()
    assert (await world.slack.react(world.ben, message, BLUE)).acked
    assert await tallies(world, message) == [(1, 0), (0, 1)]
    await world.slack.until(lambda: shows(message, (1, 0), (0, 1)))
    assert (await world.slack.unreact(world.ben, message, BLUE)).acked
    assert await tallies(world, message) == [(0, 0), (0, 0)]


async def test_the_ballot_is_bound_before_its_reactions_are_put_on(http: World) -> None:
    message = await http.compare()
    calls = [call.method for call in http.slack.calls]
    assert list(message.reactions) == [BLUE, ORANGE, SKIP]
    assert await ballot(http, message)
    assert "reactions.get" not in calls
    await http.slack.settled()
    assert await marks(http, message, bot_of(http, http.team)) == set()


async def test_a_comparison_of_four_and_a_card_get_the_reactions_they_have_options_for(http: World) -> None:
    known = set(http.general.messages)
    await http.slack.command(http.ann, http.general, "/compare", FOUR)
    four = await http.slack.until(
        lambda: next((m for ts, m in http.general.messages.items() if ts not in known and len(m.reactions) == 5), None)
    )
    assert list(four.reactions) == [BLUE, ORANGE, GREEN, PURPLE, SKIP]
    assert list((await card(http)).reactions) == [SHIP, SKIP]
    for option, name in enumerate((BLUE, ORANGE, GREEN, PURPLE), start=1):
        await http.slack.react(http.ben, four, name)
        assert option in await marks(http, four, http.ben)
    assert await tallies(http, four) == [(1, 0)] * 4


@pytest.mark.parametrize(
    ("name", "option"),
    [
        *[(name, option) for option, name in enumerate(signs.CIRCLES[:2], start=1)],
        *[("blue_circle", 1), ("orange_circle", 2), (SKIP, 0), ("black_right_pointing_double_triangle", 0)],
        *[("large_blue_circle::skin-tone-2", 1), ("orange_circle::skin-tone-6", 2)],
    ],
)
async def test_an_option_is_known_by_each_of_its_names(http: World, name: str, option: int) -> None:
    message = await http.compare()
    assert (await http.slack.react(http.ben, message, name)).acked
    assert await marks(http, message, http.ben) == {option}


@pytest.mark.parametrize("name", ["thumbsup", "large_blue_square", "blue_heart", SHIP, GREEN, PURPLE, "green_circle"])
async def test_a_reaction_that_is_no_option_of_a_comparison_says_nothing(http: World, name: str) -> None:
    message = await http.compare()
    assert (await http.slack.react(http.ben, message, name)).acked
    assert await tallies(http, message) == [(0, 0), (0, 0)]
    assert message.edits == 0


@pytest.mark.parametrize("name", ["rocket", BLUE, "blue_circle", ORANGE])
async def test_a_reaction_that_is_no_option_of_a_card_says_nothing(http: World, name: str) -> None:
    message = await card(http)
    assert (await opened(http, message)).kind is BallotKind.CARD
    assert (await http.slack.react(http.ben, message, name)).acked
    assert await tallies(http, message) == [(0, 0)]
    assert (await http.slack.react(http.ben, message, SHIP)).acked
    assert await tallies(http, message) == [(1, 0)]


async def test_both_ship_both_one_passes_over_the_other_and_skip_skips_all(http: World) -> None:
    message = await http.compare()
    cy = http.slack.person(http.team, "Cy")
    http.general.members.append(cy.id)
    for person, name in ((http.ann, BLUE), (http.ann, ORANGE), (http.ben, ORANGE), (cy, SKIP)):
        await http.slack.react(person, message, name)
    assert await tallies(http, message) == [(1, 2), (2, 1)]
    await http.slack.react(cy, message, BLUE)
    assert await tallies(http, message) == [(2, 1), (2, 1)]
    await http.slack.unreact(cy, message, BLUE)
    assert await tallies(http, message) == [(1, 2), (2, 1)]


async def test_reactions_on_what_others_wrote_are_nobodys_votes_and_cost_no_call(http: World) -> None:
    said = http.slack.say(http.ben, http.general, "blue or orange?")
    before = len(http.slack.calls)
    assert (await http.slack.react(http.ann, said, BLUE)).acked
    assert len(http.slack.calls) == before
    assert await ballot(http, said) is None


async def test_what_is_no_ballot_of_ours_is_looked_at_once(http: World) -> None:
    await http.slack.command(http.ann, http.general, "/shipworthy", "digest on")
    said = await http.slack.until(lambda: http.slack.messages(http.general)[-1:] or None)
    for name in (BLUE, ORANGE):
        assert (await http.slack.react(http.ben, said[0], name)).acked
    assert [call.method for call in http.slack.calls].count("reactions.get") == 1


async def test_bots_do_not_vote_be_it_this_one_another_or_slackbot(http: World) -> None:
    slack, message = http.slack, await http.compare()
    robot = slack.person(http.team, "Robot", is_bot=True)
    slackbot = slack.person(http.team, "Slackbot", person_id="USLACKBOT")
    http.general.members += [robot.id, slackbot.id]
    for person in (robot, slackbot):
        assert (await slack.react(person, message, BLUE)).acked
    await slack.settled()
    assert await tallies(http, message) == [(0, 0), (0, 0)]
    assert message.edits == 0


async def test_people_of_another_organisation_count_only_where_it_is_set_so(tmp_path: Path) -> None:
    for counts, ships in ((False, 0), (True, 1)):
        folder = tmp_path / str(counts)
        folder.mkdir()
        async with Slack() as slack, World(folder, slack, options={"counts_outside": counts}).connected() as world:
            other = slack.workspace("T2", installed=False)
            eve = slack.person(other, "Eve")
            slack.share(world.general, other, eve)
            message = await world.compare()
            assert (await slack.react(eve, message, BLUE)).acked
            assert (await slack.react(world.ben, message, BLUE)).acked
            assert await tallies(world, message) == [(1 + ships, 0), (0, 1 + ships)]


@pytest.mark.parametrize("delivered_to", ["T1", "T2"])
async def test_a_shared_channels_vote_counts_for_the_ballots_team_whoever_is_told(
    tmp_path: Path, delivered_to: str
) -> None:
    async with Slack() as slack, World(tmp_path, slack, "oauth").connected() as world:
        await install(world, world.team)
        other = slack.workspace("T2", "Other", installed=False)
        eve = slack.person(other, "Eve")
        await install(world, other)
        slack.share(world.general, other, eve, bot_of(world, other))
        message = await world.compare()
        assert (await slack.react(world.ben, message, BLUE, team=delivered_to)).acked
        assert (await slack.react(eve, message, ORANGE, team=delivered_to)).acked
        assert await tallies(world, message) == [(1, 0), (0, 1)]
        await slack.until(lambda: shows(message, (1, 0), (0, 1)))

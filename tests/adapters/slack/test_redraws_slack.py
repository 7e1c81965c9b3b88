"""Messages drawn again as votes move: soon, within Slack's limits, and the last state always."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.slack.hurry import SPEED, hurried_us, hurry
from tests.adapters.slack.processes import Process
from tests.adapters.slack.running import PAIR, World, shown
from tests.adapters.slack.standing import BLUE, ORANGE, SKIP, change, frozen, marks, shows, tallies, until
from tests.slack_server.server import Slack
from tests.slack_server.world import Message, Person

SLACK_ALLOWS = 40
MINUTE_US = 60_000_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Slack() as slack, World(tmp_path, slack).connected() as world:
        yield world


@pytest.fixture
async def hurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The same, with minutes that last a second for the bot and for Slack."""
    hurry(monkeypatch)
    async with Slack(clock=hurried_us) as slack, World(tmp_path, slack).connected() as world:
        yield world


def updates(world: World) -> list[int]:
    """When messages were drawn again."""
    return [call.at_us for call in world.slack.calls if call.method == "chat.update"]


async def test_the_first_vote_is_drawn_at_once_and_the_next_are_gathered(world: World) -> None:
    message = await world.compare()
    await world.slack.react(world.ben, message, BLUE)
    await world.slack.until(lambda: shows(message, (1, 0), (0, 1)))
    await world.slack.react(world.ben, message, ORANGE)
    await world.slack.react(world.ann, message, ORANGE)
    await world.slack.unreact(world.ben, message, BLUE)
    await world.slack.until(lambda: shows(message, (0, 2), (2, 0)))
    assert len(updates(world)) == 2
    assert updates(world)[1] - updates(world)[0] > 1_000_000


async def test_what_changes_nothing_is_not_drawn(hurried: World) -> None:
    message = await hurried.compare()
    told = await hurried.slack.react(hurried.ben, message, BLUE)
    await hurried.slack.until(lambda: message.edits == 1)
    for _ in range(3):
        await hurried.slack.repeat(told, new_id=True)
    await hurried.slack.react(hurried.ben, message, "tada")
    other = await hurried.compare(by=hurried.ben, words="mistral-code vs mistral-8x24b")
    await hurried.slack.react(hurried.ben, other, BLUE)
    await hurried.slack.until(lambda: other.edits == 1)
    assert message.edits == 1


async def test_a_storm_of_votes_stays_within_what_slack_allows_and_ends_in_the_last_state(hurried: World) -> None:
    slack, team = hurried.slack, hurried.team
    people = [slack.person(team, f"Voter {number}") for number in range(14)]
    channels = [slack.channel(team, f"channel-{number}", *people) for number in range(12)]
    messages = [await hurried.compare(by=people[0], channel=channel) for channel in channels]
    names = itertools.cycle((BLUE, ORANGE, SKIP))
    for person in people:
        await asyncio.gather(*(slack.react(person, message, next(names)) for message in messages))
        await asyncio.sleep(0.1)
    final = await tallies(hurried, messages[0])
    await slack.until(lambda: all(shows(message, *final) for message in messages))
    drawn_us = updates(hurried)
    minutes = (drawn_us[-1] - drawn_us[0]) / MINUTE_US
    assert minutes > 1
    # One more minute's worth at either end: what is counted here is when edits arrived.
    assert len(drawn_us) <= SLACK_ALLOWS * (minutes + 2)


async def test_one_teams_storm_does_not_hold_up_another_message_for_long(hurried: World) -> None:
    message = await hurried.compare()
    people = [hurried.slack.person(hurried.team, f"Voter {number}") for number in range(30)]
    hurried.general.members += [person.id for person in people]
    for person in people:
        await hurried.slack.react(person, message, BLUE)
    await hurried.slack.until(lambda: shows(message, (30, 0), (0, 30)))
    assert len(updates(hurried)) < 10


async def test_slack_asking_to_wait_is_waited_for(hurried: World) -> None:
    message = await hurried.compare()
    hurried.slack.fail("chat.update", status=429, retry_after_s=1)
    await hurried.slack.react(hurried.ben, message, BLUE)
    await hurried.slack.until(lambda: shows(message, (1, 0), (0, 1)))
    first, second = updates(hurried)
    assert second - first >= SPEED * 1_000_000


async def test_a_draw_that_slack_fails_at_is_tried_until_it_is_done(hurried: World) -> None:
    message = await hurried.compare()
    hurried.slack.fail("chat.update", times=4, error="internal_error")
    await hurried.slack.react(hurried.ben, message, BLUE)
    await hurried.slack.until(lambda: shows(message, (1, 0), (0, 1)))
    assert len(updates(hurried)) == 5


async def test_a_message_that_was_deleted_is_drawn_no_more_and_keeps_its_votes(hurried: World) -> None:
    slack, message = hurried.slack, await hurried.compare()
    await slack.react(hurried.ben, message, BLUE)
    await slack.until(lambda: shows(message, (1, 0), (0, 1)))
    events = [*change(slack, message, ORANGE, [hurried.ben]), *change(slack, message, SKIP, [hurried.ann])]
    slack.erase(message)
    made = slack.bot(hurried.team)
    assert made is not None
    await slack.deliver(events[0], made, channel=hurried.general)
    await slack.until(lambda: len(updates(hurried)) == 2)
    await until(lambda: frozen(hurried, message))
    before = await tallies(hurried, message)
    assert (await slack.deliver(events[1], made, channel=hurried.general)).acked
    assert await tallies(hurried, message) == before == [(1, 0), (1, 0)]
    assert await marks(hurried, message, hurried.ann) == set()
    await hurried.connection.close()
    assert len(updates(hurried)) == 2


def fielded(message: Message, *counts: str) -> bool:
    """Whether a message is drawn without a table, and its fields say this."""
    kinds = {block["type"] for block in message.blocks}
    words = shown(message.blocks)
    return "table" not in kinds and all(count in words for count in counts)


async def test_where_slack_refuses_tables_fields_are_posted_and_drawn(tmp_path: Path) -> None:
    async with Slack() as slack:
        slack.refuses_tables = True
        world = World(tmp_path, slack)
        async with world.connected():
            message = await world.compare()
            await slack.react(world.ben, message, BLUE)
            await slack.until(lambda: message.edits and fielded(message, "100% ship", "0% ship"))
        assert [call.method for call in slack.calls].count("chat.postMessage") == 2
        async with world.connected():
            await slack.react(world.ann, message, ORANGE)
            await slack.until(lambda: fielded(message, "50% ship"))


async def test_a_stop_draws_what_is_behind(tmp_path: Path) -> None:
    async with Slack() as slack:
        world = World(tmp_path, slack, "socket")
        async with world.connected():
            message = await world.compare()
            await slack.react(world.ben, message, BLUE)
            await slack.until(lambda: message.edits == 1)
            await slack.react(world.ann, message, ORANGE)
            assert message.edits == 1
        assert shows(message, (1, 1), (1, 1))


async def test_what_a_killed_bot_had_not_drawn_is_drawn_at_the_next_start(tmp_path: Path) -> None:
    async with Slack() as slack:
        team = slack.workspace("T1")
        people: list[Person] = [slack.person(team, name) for name in ("Ann", "Ben", "Cy")]
        general = slack.channel(team, "general", *people)
        async with Process(slack, team, tmp_path) as bot:
            await slack.command(people[0], general, "/compare", PAIR)
            message = await slack.until(
                lambda: next((m for m in slack.messages(general) if len(m.reactions) == 3), None)
            )
            await slack.react(people[0], message, BLUE)
            await slack.until(lambda: message.edits == 1)
            for person in people[1:]:
                assert (await slack.react(person, message, BLUE)).acked
            assert message.edits == 1
            await bot.kill()
        async with Process(slack, team, tmp_path):
            await slack.until(lambda: shows(message, (3, 0), (0, 3)))

"""Coming back: the reactions that changed while the bot was away are read back, and nothing else moves."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot import app
from commands.model import Ballot, BallotKind, TeamKey
from commands.model import Channel as Place
from commands.ports import Ports, Votes
from tests import stored
from tests.adapters.slack.hurry import hurried_us, hurry
from tests.adapters.slack.installing import install
from tests.adapters.slack.running import World
from tests.adapters.slack.standing import (
    BLUE,
    ORANGE,
    SKIP,
    address,
    change,
    frozen,
    marks,
    opened,
    shows,
    tallies,
    until,
)
from tests.fakes import FakeClock
from tests.slack_server.methods import post
from tests.slack_server.server import Slack
from tests.slack_server.world import Message, Person, Workspace

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
READS = 45


class Row(NamedTuple):
    """A mark as it is stored."""

    active: bool
    at_us: int


async def row(world: World, message: Message, person: Person, option: int) -> Row | None:
    """What is stored of somebody's reaction."""
    found = await opened(world, message)
    rows = stored.rows(
        world.store,
        "SELECT active, at_us FROM marks WHERE ballot = ? AND person = ? AND option = ? AND via = 'reaction'",
        (found.id, person.id, option),
    )
    return next((Row(bool(active), at_us) for active, at_us in rows), None)


def repaired(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of repairs that are over."""
    return [record.message for record in caplog.records if record.message.startswith("repaired ")]


async def until_said(caplog: pytest.LogCaptureFixture) -> None:
    """Wait until a repair is over."""

    async def over() -> bool:
        return any(" so far" not in said for said in repaired(caplog))

    await until(over)


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "commands.repair")


@pytest.fixture
def clock() -> FakeClock:
    """The bot's clock; Slack goes by its own."""
    return FakeClock(app.now_us())


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """A bot that can be connected and disconnected."""
    async with Slack() as slack:
        yield World(tmp_path, slack, clock=clock)


def reads(world: World) -> list[str]:
    """The messages whose reactions were read, in order."""
    return [str(call.arguments["timestamp"]) for call in world.slack.calls if call.method == "reactions.get"]


# -- what is read back -----------------------------------------------------------------------------------------


async def test_what_changed_while_it_was_away_is_read_back_and_drawn(world: World, clock: FakeClock) -> None:
    slack = world.slack
    async with world.connected():
        message = await world.compare()
        await slack.react(world.ann, message, BLUE)
        await slack.react(world.ben, message, ORANGE)
        known = await row(world, message, world.ann, 1)
        clock.forward(minutes=10)
        left_us = clock()
    clock.forward(days=1)
    cy = slack.person(world.team, "Cy")
    change(slack, message, ORANGE, [world.ben], on=False)
    change(slack, message, SKIP, [cy])
    async with world.connected():
        await slack.until(lambda: shows(message, (1, 1), (0, 2)))
        assert await row(world, message, world.ann, 1) == known
        assert await row(world, message, cy, 0) == Row(active=True, at_us=left_us)
        assert await row(world, message, world.ben, 2) == Row(active=False, at_us=clock())
        held = await opened(world, message)
        assert await world.store.votes.stored_counters(held.team) == await world.store.votes.rebuilt_counters(held.team)


async def test_a_mark_read_back_is_never_older_than_the_message(world: World, clock: FakeClock) -> None:
    clock.forward(days=-1)
    async with world.connected():
        message = await world.compare()
    change(world.slack, message, BLUE, [world.ben])
    async with world.connected():
        await world.slack.until(lambda: shows(message, (1, 0), (0, 1)))
        posted_us = int(message.ts.replace(".", ""))
        assert await row(world, message, world.ben, 1) == Row(active=True, at_us=posted_us)


async def test_button_votes_are_the_bots_own_and_stay(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.connected():
        message = await world.compare()
        held = await opened(world, message)
        await world.slack.react(world.ben, message, ORANGE)
        await world.core.press(TeamKey("slack", "T1"), held.id, world.ben.id, 1)
    change(world.slack, message, ORANGE, [world.ben], on=False)
    caplog.clear()
    async with world.connected():
        await until_said(caplog)
        assert repaired(caplog) == ["repaired 1 mark on 1 ballot"]
        assert await tallies(world, message) == [(1, 0), (0, 1)]


async def test_bots_are_left_out(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.connected():
        message = await world.compare()
    robot = world.slack.person(world.team, "Robot", is_bot=True)
    slackbot = world.slack.person(world.team, "Slackbot", person_id="USLACKBOT")
    change(world.slack, message, BLUE, [robot, slackbot])
    change(world.slack, message, "blue_circle", [world.ben])
    change(world.slack, message, "ship", [world.ann])
    caplog.clear()
    async with world.connected():
        await until_said(caplog)
        assert await tallies(world, message) == [(1, 0), (0, 1)]
        assert repaired(caplog) == ["repaired 1 mark on 1 ballot"]


async def test_a_vote_that_comes_in_while_reactions_are_read_survives(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    slack = world.slack
    async with world.connected():
        message = await world.compare()
        await slack.react(world.ann, message, ORANGE)
    cy = slack.person(world.team, "Cy")
    change(slack, message, BLUE, [cy])
    slack.fail("users.info", status=429, retry_after_s=1)
    before = len(slack.calls)
    caplog.clear()
    async with world.connected():
        await slack.until(lambda: any(call.method == "users.info" for call in slack.calls[before:]))
        assert (await slack.react(world.ben, message, BLUE)).acked
        assert (await slack.unreact(world.ann, message, ORANGE)).acked
        assert repaired(caplog) == []
        await until_said(caplog)
        assert [await marks(world, message, person) for person in (world.ann, world.ben, cy)] == [set(), {1}, {1}]


class Partly(list[str]):
    """People of whom Slack names a few."""

    def __getitem__(self, part: Any) -> Any:  # noqa: ANN401 - as a list's
        return list(self)[part][:2] if isinstance(part, slice) else list(self)[part]


async def test_a_list_of_people_that_is_not_whole_switches_nothing_off(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    slack = world.slack
    people = [slack.person(world.team, f"Voter {number}") for number in range(4)]
    world.general.members += [person.id for person in people]
    async with world.connected():
        message = await world.compare()
        for person in people:
            await slack.react(person, message, BLUE)
    message.reactions[BLUE] = Partly(message.reactions[BLUE])
    caplog.clear()
    async with world.connected():
        await until_said(caplog)
        assert "1 could not be read" in repaired(caplog)[0]
        assert await tallies(world, message) == [(4, 0), (0, 4)]


async def test_everybody_is_read_back_where_many_reacted(world: World) -> None:
    async with world.connected():
        message = await world.compare()
    crowd = [world.slack.person(world.team, f"Voter {number}") for number in range(30)]
    change(world.slack, message, BLUE, crowd)
    async with world.connected():
        await world.slack.until(lambda: shows(message, (30, 0), (0, 30)))


# -- what is gone, and what cannot be read ---------------------------------------------------------------------


async def test_a_message_deleted_meanwhile_keeps_the_votes_it_had(world: World) -> None:
    async with world.connected():
        message = await world.compare()
        await world.slack.react(world.ben, message, BLUE)
    world.slack.erase(message)
    async with world.connected():
        await until(lambda: frozen(world, message))
        assert await tallies(world, message) == [(1, 0), (0, 1)]


async def test_a_channel_deleted_meanwhile_keeps_the_votes_it_had(world: World) -> None:
    async with world.connected():
        message = await world.compare()
        await world.slack.react(world.ben, message, BLUE)
    del world.slack.channels[world.general.id]
    async with world.connected():
        await until(lambda: frozen(world, message))
        assert await tallies(world, message) == [(1, 0), (0, 1)]


@pytest.mark.parametrize("private", [False, True])
async def test_a_channel_the_bot_was_put_out_of_is_left_as_it_is_until_it_is_back(
    world: World, caplog: pytest.LogCaptureFixture, *, private: bool
) -> None:
    slack = world.slack
    room = slack.channel(world.team, "room", world.ann, world.ben, private=private)
    async with world.connected():
        message = await world.compare(channel=room)
        await slack.react(world.ben, message, BLUE)
    slack.kick(room)
    change(slack, message, BLUE, [world.ben], on=False)
    change(slack, message, ORANGE, [world.ann])
    caplog.clear()
    async with world.connected():
        await until_said(caplog)
        assert "1 could not be read" in repaired(caplog)[0]
        assert await tallies(world, message) == [(1, 0), (0, 1)]
        assert not await frozen(world, message)
    room.members.append(world.slack.tokens[slack.token(world.team)].bot.id)
    async with world.connected():
        await slack.until(lambda: shows(message, (0, 1), (1, 0)))


# -- when, in what order and how fast --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["dropped", "asked"])
async def test_a_socket_that_comes_back_reads_back_what_was_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    hurry(monkeypatch)
    async with Slack() as slack, World(tmp_path, slack, "socket").connected() as world:
        message = await world.compare()
        await slack.react(world.ann, message, ORANGE)
        change(slack, message, BLUE, [world.ben])
        change(slack, message, ORANGE, [world.ann], on=False)
        if way == "dropped":
            slack.drop_sockets()
        else:
            await slack.ask_to_reconnect()
        await slack.until(lambda: shows(message, (1, 0), (0, 1)))
        assert len(world.said) == 2


async def post_many(world: World, count: int, *, days_ago: int = 0) -> list[Message]:
    """Post and open so many ballots."""
    made = world.slack.bot(world.team)
    assert made is not None
    names = await world.store.catalogue.names()
    team = await world.store.teams.team(TeamKey("slack", "T1"))
    messages = []
    for number in range(count):
        message = post(world.slack, made, world.general, {"text": "a comparison"})
        tools = (names[number % len(names)].id, names[(number + 1) % len(names)].id)
        await world.store.votes.open(
            Ballot(
                id=number + 1 + days_ago * 1_000,
                team=team,
                kind=BallotKind.COMPARISON,
                tools=tools,
                channel=Place(world.general.id),
                asker=world.ann.id,
                message=address(message),
                posted_us=int(message.ts.replace(".", "")) - days_ago * DAY_US,
            )
        )
        messages.append(message)
    return messages


async def test_it_says_what_it_repaired_newest_first_and_leaves_out_what_is_a_month_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hurry(monkeypatch)
    async with Slack() as slack:
        world = World(tmp_path, slack)
        async with world.connected():
            await post_many(world, 3, days_ago=31)
            messages = await post_many(world, 41)
        change(slack, messages[3], BLUE, [world.ann, world.ben])
        change(slack, messages[30], SKIP, [world.ben])
        caplog.clear()
        async with world.connected():
            await until_said(caplog)
            assert repaired(caplog) == ["repaired 3 marks on 41 ballots"]
            assert reads(world) == [message.ts for message in reversed(messages)]


async def test_an_old_ballot_that_was_voted_on_lately_is_read_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Slack() as slack:
        world = World(tmp_path, slack)
        async with world.connected():
            [message] = await post_many(world, 1, days_ago=31)
            await slack.react(world.ann, message, BLUE)
        change(slack, message, BLUE, [world.ben])
        caplog.clear()
        async with world.connected():
            await until_said(caplog)
            assert await tallies(world, message) == [(2, 0), (0, 2)]


async def test_it_reads_within_what_slack_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    async with Slack(clock=hurried_us) as slack:
        world = World(tmp_path, slack)
        async with world.connected():
            await post_many(world, READS + 15)
        async with world.connected():
            await slack.until(lambda: len(reads(world)) == READS + 15)
    times_us = [call.at_us for call in slack.calls if call.method == "reactions.get"]
    assert times_us[READS] - times_us[0] > MINUTE_US * 2 // 3  # a minute, but what is on its way is not timed exactly


async def test_one_workspaces_failure_does_not_stop_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Slack() as slack:
        world = World(tmp_path, slack, "oauth")
        second = slack.workspace("T2", "Other")
        eve = slack.person(second, "Eve")
        lobby = slack.channel(second, "lobby", eve)
        async with world.connected():
            for team in (world.team, second):
                await install(world, team)
            first = await world.compare()
            other = await world.compare(by=eve, channel=lobby)
            number = (await opened(world, first)).team
        change(slack, first, BLUE, [world.ben])
        change(slack, other, BLUE, [eve])
        break_team(monkeypatch, number)
        caplog.clear()
        async with world.connected():
            await slack.until(lambda: shows(other, (1, 0), (0, 1)))
            assert await tallies(world, first) == [(0, 0), (0, 0)]
            assert repaired(caplog) == ["repaired 1 mark on 1 ballot"]
    assert any("team T1 could not be read back" in record.message for record in caplog.records)


def break_team(monkeypatch: pytest.MonkeyPatch, team: int) -> None:
    """Let what is stored of one team be unreadable."""
    whole = app.ports

    class Broken:
        def __init__(self, votes: Votes) -> None:
            self._votes = votes

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it does not change
            return getattr(self._votes, name)

        async def to_repair(self, asked: int, since_us: int) -> tuple[Ballot, ...]:
            if asked == team:
                raise ValueError("a row that cannot be read")
            return await self._votes.to_repair(asked, since_us)

    def ports(*given: Any, **more: Any) -> Ports:  # noqa: ANN401 - as it is called
        found = whole(*given, **more)
        return replace(found, votes=Broken(found.votes))

    monkeypatch.setattr(app, "ports", ports)


async def test_a_workspace_whose_token_is_no_good_leaves_its_marks_and_the_other_is_repaired(tmp_path: Path) -> None:
    async with Slack() as slack:
        world = World(tmp_path, slack, "oauth")
        second = slack.workspace("T2", "Other")
        eve = slack.person(second, "Eve")
        lobby = slack.channel(second, "lobby", eve)
        async with world.connected():
            for team in (world.team, second):
                await install(world, team)
            first = await world.compare()
            other = await world.compare(by=eve, channel=lobby)
            await slack.react(world.ben, first, BLUE)
        change(slack, first, BLUE, [world.ben], on=False)
        change(slack, other, BLUE, [eve])
        revoke(slack, world.team)
        async with world.connected():
            await slack.until(lambda: shows(other, (1, 0), (0, 1)))
            assert await tallies(world, first) == [(1, 0), (0, 1)]
            assert not await frozen(world, first)


def revoke(slack: Slack, team: Workspace) -> None:
    """Let the token of a workspace be refused from now on."""
    made = slack.bot(team)
    assert made is not None
    made.refused_with = "account_inactive"

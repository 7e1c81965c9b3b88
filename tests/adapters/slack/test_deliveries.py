"""However Slack delivers reactions (late, twice, under new ids, in another order), the votes come to what stands."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import voting
from commands.model import SKIP_ALL, Verdict, Via
from commands.voting import BallotRow, MarkRow
from tests.adapters.slack.hurry import hurry
from tests.adapters.slack.running import World
from tests.adapters.slack.standing import BLUE, OPTIONS, ORANGE, SKIP, change, marks, opened, tallies
from tests.slack_server.deliveries import Answer
from tests.slack_server.server import Slack
from tests.slack_server.world import Json, Message, Person

NUMBERS = itertools.count(1)

Act: TypeAlias = tuple[int, str]
"""Somebody turns one of the reactions on, or off if it is on."""

acts = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([BLUE, ORANGE, SKIP])), min_size=1, max_size=8)


@dataclass
class Scene:
    """A connected bot that lasts for many examples, in a loop of its own, and the people of the last one."""

    runner: asyncio.Runner
    world: World
    people: list[Person] = field(default_factory=list)

    async def message(self) -> Message:
        """A comparison in a channel of its own, among people who have not voted before."""
        slack, team = self.world.slack, self.world.team
        self.people = [slack.person(team, name) for name in ("Cy", "Di", "Ed")]
        channel = slack.channel(team, f"channel-{next(NUMBERS)}", *self.people)
        return await self.world.compare(by=self.people[0], channel=channel)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    hurry(monkeypatch)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Scene:
            slack = await stack.enter_async_context(Slack())
            world = World(tmp_path, slack)
            await stack.enter_async_context(world.connected())
            return Scene(runner, world)

        yield runner.run(begin())
        runner.run(stack.aclose())


def happened(scene: Scene, message: Message, done: list[Act]) -> list[Json]:
    """Let it happen in Slack; the events that tell of it."""
    events: list[Json] = []
    for who, name in done:
        person = scene.people[who]
        on = person.id not in message.reactions.get(name, [])
        events += change(scene.world.slack, message, name, [person], on=on)
    return events


def wanted(ballot: BallotRow, message: Message, events: list[Json], person: Person) -> dict[int, Verdict]:
    """What somebody's reactions say that stand on a message, each as of when it was last put on."""
    added = {(event["user"], event["reaction"]): event["event_ts"] for event in events}
    rows = [
        MarkRow(ballot.id, OPTIONS[name], Via.REACTION, True, int(added[person.id, name].replace(".", "")))
        for name, users in message.reactions.items()
        if person.id in users
    ]
    return voting.standings({ballot.id: ballot}, rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=acts, data=st.data())
def test_shuffled_and_repeated_deliveries_come_to_what_stands(
    scene: Scene, done: list[Act], data: st.DataObject
) -> None:
    async def example() -> None:
        world, message = scene.world, await scene.message()
        events = happened(scene, message, done)
        order = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=6))))
        at_once = data.draw(st.booleans())
        made = world.slack.bot(world.team)
        assert made is not None
        deliveries = [world.slack.deliver(event, made, channel=message.channel) for event in order]
        answers = await asyncio.gather(*deliveries) if at_once else [await one for one in deliveries]
        assert all(answer.acked for answer in answers)
        held = await opened(world, message)
        row = BallotRow(held.id, held.posted_us or 0, held.tools)
        for person in scene.people:
            standing = {OPTIONS[name] for name, users in message.reactions.items() if person.id in users}
            assert await marks(world, message, person) == standing
            said = await world.store.people.data(held.team, person.id)
            assert dict(said.standings) == wanted(row, message, events, person)
        votes = world.store.votes
        assert await votes.stored_counters(held.team) == await votes.rebuilt_counters(held.team)

    scene.runner.run(example())


async def test_a_removal_that_comes_before_its_addition_takes_it_away_all_the_same(tmp_path: Path) -> None:
    async with Slack() as slack, World(tmp_path, slack).connected() as world:
        message = await world.compare()
        events = [*change(slack, message, BLUE, [world.ben]), *change(slack, message, BLUE, [world.ben], on=False)]
        made = slack.bot(world.team)
        assert made is not None
        for event in reversed(events):
            assert (await slack.deliver(event, made, channel=message.channel)).acked
        assert await marks(world, message, world.ben) == set()


async def test_a_reaction_told_again_under_a_new_id_after_it_was_taken_back_does_not_return(tmp_path: Path) -> None:
    async with Slack() as slack, World(tmp_path, slack, "socket").connected() as world:
        message = await world.compare()
        told: list[Answer] = [await slack.react(world.ben, message, name) for name in (BLUE, SKIP)]
        await slack.unreact(world.ben, message, BLUE)
        for answer in told:
            assert (await slack.repeat(answer, new_id=True)).acked
            assert (await slack.repeat(answer)).acked
        assert await marks(world, message, world.ben) == {SKIP_ALL}
        assert await tallies(world, message) == [(0, 1), (0, 1)]

"""The votes that a digest tells of are read back before it is composed."""

import pytest

from commands.digest import LEASE_US
from commands.errors import Gone, Unavailable
from commands.model import RunState, TeamKey
from tests.bot.digest_world import MONDAY, TEAM, Reader, Suspended, World, compared


@pytest.fixture
def world() -> World:
    return World()


async def test_the_votes_on_the_ballots_a_digest_names_are_read_back_before_it_is_composed(world: World) -> None:
    subscription = await world.subscribe()
    ballot = await compared(world)
    await world.memory.presence.see("terminal", MONDAY - 5)
    redrawn: list[tuple[TeamKey, int]] = []
    reader = Reader(("bob", 1), ("eve", 1))
    runner = world.runner(reader=reader, redraw=lambda *which: redrawn.append(which))
    await world.tick_at(MONDAY, runner)
    assert await world.states(subscription) == [RunState.POSTED]
    assert "2 votes" in world.room.plain()[0]
    [row] = world.memory.votes.of_person(1, "bob")
    assert (row.ballot, row.at_us) == (ballot, MONDAY - 5)
    assert redrawn == [(TEAM, ballot)]


async def test_a_platform_that_is_several_connections_is_read_back_from_when_that_of_the_team_was_up(
    world: World,
) -> None:
    await world.subscribe()
    await compared(world)
    await world.memory.presence.see("terminal", MONDAY - 5)
    await world.memory.presence.see("terminal:1/2", MONDAY - 50)
    runner = world.runner(reader=Reader(("bob", 1)), presence_key=lambda team: f"{team.platform}:1/2")
    await world.tick_at(MONDAY, runner)
    [row] = world.memory.votes.of_person(1, "bob")
    assert row.at_us == MONDAY - 50


@pytest.mark.parametrize("error", [Unavailable("no answer"), Gone("deleted"), ValueError("a bug")])
async def test_a_digest_comes_whatever_becomes_of_the_repair(world: World, error: Exception) -> None:
    subscription = await world.subscribe()
    await compared(world)
    reader = Reader()
    reader.error = error
    await world.tick_at(MONDAY, world.runner(reader=reader))
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_repair_that_takes_too_long_is_left_and_the_digest_comes(world: World) -> None:
    subscription = await world.subscribe()
    await compared(world)
    reader = Reader()
    reader.hangs = True
    await world.tick_at(MONDAY, world.runner(reader=reader, repair_within_s=0.01))
    assert await world.states(subscription) == [RunState.POSTED]


async def test_nobody_else_takes_a_run_whose_votes_are_being_read_back(world: World) -> None:
    subscription = await world.subscribe()
    await compared(world)
    reader = Reader()

    async def another_runner_looks() -> None:
        world.clock.now_us = MONDAY + 2 * LEASE_US
        await world.runner().tick()
        assert world.room.posted == []

    reader.while_reading = another_runner_looks
    await world.tick_at(MONDAY, world.runner(reader=reader))
    assert await world.states(subscription) == [RunState.POSTED]
    assert len(world.room.posted) == 1


async def test_a_run_that_was_lost_before_its_votes_were_read_back_is_left_to_the_other(world: World) -> None:
    subscription = await world.subscribe()
    await compared(world)
    world.clock.now_us = MONDAY
    await world.runner(votes=Suspended(world), reader=Reader()).tick()
    assert (world.room.posted, await world.states(subscription)) == ([], [RunState.CLAIMED])

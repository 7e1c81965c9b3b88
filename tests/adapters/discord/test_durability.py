"""Told once means kept: each reaction reaches the store whatever fails on the way, and comes to what stands."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import marks as adapter_marks
from bot import app
from commands.errors import CommandError, Unavailable
from commands.model import Ballot, Mark, Recorded
from commands.ports import Ports, Votes
from tests.adapters.discord.hurry import hurry
from tests.adapters.discord.running import World
from tests.adapters.discord.standing import (
    BLUE,
    OPTIONS,
    ORANGE,
    SKIP,
    address,
    ballot,
    change,
    claim,
    counted,
    heard,
    marks,
    opened,
    shows,
    tallies,
    until,
)
from tests.discord_server.server import Discord
from tests.discord_server.things import Message, Person
from tests.patience import PATIENCE_S


class Faulty:
    """Votes that are stored, except where the store is told to fail a few times first."""

    def __init__(self, votes: Votes) -> None:
        self._votes = votes
        self.refuse_marks = 0
        self.refuse_ballots = 0
        self.poison = ""
        """Whose marks cannot be stored, and break what is stored together with them."""
        self.asked = 0
        """How often marks were to be stored together."""
        self.answers = asyncio.Event()
        """Whether marks are stored; until it is set they wait."""
        self.answers.set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it does not change
        return getattr(self._votes, name)

    async def record(self, mark: Mark) -> Recorded:
        self._refuse([mark])
        return await self._votes.record(mark)

    async def record_all(self, marks: Sequence[Mark]) -> Sequence[Recorded | CommandError]:
        self.asked += 1
        await self.answers.wait()
        self._refuse(marks)
        return await self._votes.record_all(marks)

    def _refuse(self, marks: Sequence[Mark]) -> None:
        if self.refuse_marks:
            self.refuse_marks -= 1
            raise Unavailable("the disk is full")
        if self.poison in {mark.person for mark in marks}:
            raise ValueError("that is no person")

    async def open(self, ballot: Ballot) -> None:
        if self.refuse_ballots:
            self.refuse_ballots -= 1
            raise Unavailable("the disk is full")
        await self._votes.open(ballot)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Faulty]:
    """The votes of the bot that is connected, which can be made to fail."""
    made: list[Faulty] = []
    whole = app.ports

    def ports(*given: Any, **more: Any) -> Ports:  # noqa: ANN401 - as it is called
        found = whole(*given, **more)
        made.append(Faulty(found.votes))
        return replace(found, votes=made[-1])

    monkeypatch.setattr(app, "ports", ports)
    return lambda: made[-1]


@pytest.fixture
async def world(tmp_path: Path, faulty: object, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    hurry(monkeypatch)
    monkeypatch.setattr(adapter_marks, "TRIES_S", (0.05,))
    async with Discord() as discord, World(tmp_path, discord).connected() as world:
        yield world


# -- a store that fails, and the order of things ---------------------------------------------------------------


async def test_a_mark_that_could_not_be_stored_is_tried_until_it_is(world: World, faulty: Callable[[], Faulty]) -> None:
    message = await world.compare()
    faulty().refuse_marks = 3
    world.discord.react(world.ben, message, BLUE)
    await world.discord.until(lambda: shows(message, (1, 0), (0, 1)))
    assert faulty().refuse_marks == 0


@pytest.mark.parametrize("refused", [0, 1, 2])
async def test_what_somebody_does_quickly_is_stored_in_that_order_however_the_store_fails(
    world: World, faulty: Callable[[], Faulty], refused: int
) -> None:
    message = await world.compare()
    for emoji in (BLUE, ORANGE):
        faulty().refuse_marks = refused
        for _ in range(3):
            world.discord.react(world.ben, message, emoji)
            world.discord.unreact(world.ben, message, emoji)
        before = await marks(world, message, world.ann)
        world.discord.react(world.ann, message, emoji)
        await heard(world, message, world.ben, set())
        await heard(world, message, world.ann, before | {OPTIONS[emoji]})
    assert await tallies(world, message) == [(1, 0), (1, 0)]


async def test_one_persons_mark_that_waits_does_not_hold_up_anothers(
    world: World, faulty: Callable[[], Faulty], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await world.compare()
    monkeypatch.setattr(adapter_marks, "TRIES_S", (4.0,))
    faulty().refuse_marks = 2  # together with others, and by itself
    world.discord.react(world.ben, message, BLUE)
    await until(lambda: _is(faulty().refuse_marks == 0))
    world.discord.react(world.ann, message, ORANGE)
    async with asyncio.timeout(3.5):
        await counted(world, message, (0, 1), (1, 0))
    await counted(world, message, (1, 1), (1, 1))


async def test_a_mark_that_breaks_what_is_stored_together_with_it_fails_alone(
    world: World, faulty: Callable[[], Faulty], caplog: pytest.LogCaptureFixture
) -> None:
    message = await world.compare()
    people = [world.discord.person(world.guild, f"Voter {number}") for number in range(6)]
    faulty().poison = people[2].id
    for person in people:
        world.discord.react(person, message, BLUE)
    await counted(world, message, (5, 0), (0, 5))
    assert caplog.text.count("a reaction could not be stored") == 1


async def _is(what: bool) -> bool:  # noqa: FBT001 - a condition as `until` asks for it
    return what


async def test_what_came_before_a_clearing_is_cleared_also_when_it_is_stored_late(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    discord, message = world.discord, await world.compare()
    faulty().refuse_marks = 2
    discord.react(world.ben, message, BLUE)
    discord.clear_reactions(message)
    await discord.until(lambda: discord.calls_of("get_message"))
    discord.react(world.ben, message, ORANGE)
    await discord.until(lambda: shows(message, (0, 1), (1, 0)))
    assert await marks(world, message, world.ben) == {2}


async def test_what_came_before_a_clearing_is_cleared_also_where_the_store_is_slow(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    discord, message = world.discord, await world.compare()
    faulty().answers.clear()
    for person in (world.ann, world.ben):
        discord.react(person, message, BLUE)
    discord.clear_reactions(message)
    await discord.answered(await discord.command(world.ann, world.general, "help"))  # by now all was told
    faulty().answers.set()
    await heard(world, message, discord.person(world.guild, "Cy"))
    await counted(world, message, (0, 0), (0, 0))


async def test_what_is_told_is_handed_to_the_store_at_once_though_it_has_not_answered_yet(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    discord, message = world.discord, await world.compare()
    faulty().asked = 0
    faulty().answers.clear()
    for number, name in enumerate(("Cy", "Di", "Ed"), start=1):
        discord.react(discord.person(world.guild, name), message, BLUE)
        await until(lambda number=number: _is(faulty().asked == number))  # type: ignore[misc]
    faulty().answers.set()
    await counted(world, message, (3, 0), (0, 3))


async def held_up(world: World, message: Message, faulty: Faulty) -> asyncio.Task[None]:
    """Somebody who waits until a reaction is stored, which the store has not answered yet."""
    faulty.answers.clear()
    world.discord.react(world.ben, message, BLUE)
    await world.discord.answered(await world.discord.command(world.ann, world.general, "help"))  # by now it was told
    waiting = asyncio.create_task(world.connection._marks.settled())
    await asyncio.sleep(0)
    return waiting


async def test_whoever_waits_for_what_was_told_before_may_give_up(
    world: World, faulty: Callable[[], Faulty], caplog: pytest.LogCaptureFixture
) -> None:
    discord, message = world.discord, await world.compare()
    waiting = await held_up(world, message, faulty())
    assert not waiting.done()
    waiting.cancel()
    discord.react(world.ann, message, ORANGE)
    faulty().answers.set()
    await counted(world, message, (1, 1), (1, 1))
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_nobody_waits_on_for_what_the_end_of_the_program_leaves_unstored(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    message = await world.compare()
    waiting = await held_up(world, message, faulty())
    await world.connection._tasks.drain(0.05)
    await asyncio.wait([waiting], timeout=PATIENCE_S)
    assert waiting.done()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_people_and_moderators_do_and_however_sessions_end_the_store_comes_to_what_stands(
    world: World, faulty: Callable[[], Faulty], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("commands.away.AGAIN_S", (0.05,))
    chance = random.Random(seed)  # noqa: S311 - the same acts each time
    discord, message = world.discord, await world.compare()
    people = [discord.person(world.guild, name) for name in ("Cy", "Di", "Ed")]
    for _ in range(60):
        person, emoji = chance.choice(people), chance.choice((BLUE, ORANGE, SKIP))
        match chance.random():
            case luck if luck < 0.8:
                burst = chance.random() < 0.3
                on = emoji in message.reactions and person.id in message.reactions[emoji].of(burst=burst)
                (discord.unreact if on else discord.react)(person, message, emoji, burst=burst)
            case luck if luck < 0.85:
                discord.clear_reactions(message, chance.choice((None, emoji)))
            case luck if luck < 0.9:
                faulty().refuse_marks = chance.randrange(4)
            case luck if luck < 0.92:
                discord.close_connections()
            case luck if luck < 0.93:
                discord.invalidate_sessions()
            case _:
                await asyncio.sleep(0.02)

    votes, held = world.store.votes, await opened(world, message)

    async def same() -> bool:
        for person in people:
            if await marks(world, message, person) != standing(message, person):
                return False
        counted = await votes.stored_counters(held.team) == await votes.rebuilt_counters(held.team)
        return counted and shows(message, *await tallies(world, message))

    await until(same)


def standing(message: Message, person: Person) -> set[int]:
    """The options that somebody has a reaction on, normal or super."""
    return {OPTIONS[emoji] for emoji, who in message.reactions.items() if person.id in {*who.normal, *who.burst}}


# -- a crash between posting and binding -----------------------------------------------------------------------


async def test_a_message_without_a_ballot_gets_it_with_the_first_vote(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    assert await ballot(world, message) is None
    world.discord.react(world.ben, message, ORANGE)
    await counted(world, message, (0, 1), (1, 0))
    found = await opened(world, message)
    assert f":{found.id}:c:" in json.dumps(message.components)
    assert (found.asker, found.channel.id, found.channel.private) == (world.ann.id, world.general.id, False)
    assert abs((found.posted_us or 0) - message.created_us) < 1_000_000
    world.discord.react(world.ann, message, BLUE)
    await world.discord.until(lambda: shows(message, (1, 1), (1, 1)))


async def test_what_somebody_does_before_the_ballot_is_opened_is_stored_in_that_order(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    for emoji in (BLUE, ORANGE, SKIP):
        world.discord.react(world.ben, message, emoji)
        world.discord.unreact(world.ben, message, emoji)
    world.discord.react(world.ben, message, ORANGE)
    await until(lambda: ballot(world, message))
    await heard(world, message, world.ben, {2})
    await counted(world, message, (0, 1), (1, 0))


async def test_votes_that_come_at_once_open_one_ballot(world: World, faulty: Callable[[], Faulty]) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    for number in range(5):
        world.discord.react(world.discord.person(world.guild, f"Voter {number}"), message, BLUE)
    await counted(world, message, (5, 0), (0, 5))


async def test_votes_made_while_nobody_knew_the_ballot_count_once_it_is_opened(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    change(message, BLUE, [world.ann])
    world.discord.react(world.ben, message, ORANGE)
    await world.discord.until(lambda: shows(message, (1, 1), (1, 1)))


async def test_a_message_that_cannot_be_read_now_is_asked_for_again(world: World, faulty: Callable[[], Faulty]) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    world.discord.fail("get_message", times=4, status=503)
    world.discord.react(world.ben, message, BLUE)
    await counted(world, message, (1, 0), (0, 1))


async def test_another_bots_message_that_bears_our_buttons_is_not_adopted(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    forger = world.discord.person(world.guild, "Forger", is_bot=True)
    forged = world.discord.say(forger, world.general, f"vote here, says <@{world.discord.bot.id}>")
    forged.components, forged.embeds = message.components, message.embeds
    world.discord.react(world.ben, forged, BLUE)
    other = await world.compare(by=world.ben, a="mistral-code", b="mistral-8x24b")
    await heard(world, other, world.ann)
    assert await ballot(world, forged) is None
    claim(world, forged, world.ben, ORANGE)
    await world.discord.until(lambda: world.discord.calls_of("get_message"))
    await heard(world, other, world.ben)
    assert await ballot(world, forged) is None


async def test_a_message_that_is_gone_before_it_could_be_adopted_is_let_go(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    world.discord.react(world.ben, message, BLUE)
    world.discord.delete(message)
    other = await world.compare(by=world.ben, a="mistral-code", b="mistral-8x24b")
    await heard(world, other, world.ben)
    assert await world.store.votes.ballot(address(message)) is None

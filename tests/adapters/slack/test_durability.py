"""Acknowledged means durable: what the bot has told Slack is stored, and what it could not store is asked for again."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.storage.store import Store
from commands.errors import Unavailable
from commands.model import Ballot, Mark, Recorded
from commands.ports import Ports, Votes
from tests import stored
from tests.adapters.slack.hurry import hurry
from tests.adapters.slack.processes import Process
from tests.adapters.slack.running import PAIR, World
from tests.adapters.slack.standing import (
    BLUE,
    OPTIONS,
    ORANGE,
    SKIP,
    address,
    ballot,
    change,
    marks,
    opened,
    shows,
    tallies,
)
from tests.slack_server.methods import post
from tests.slack_server.server import Slack
from tests.slack_server.world import Message, Person


class Faulty:
    """Votes that are stored, except where the store is told to fail a few times first."""

    def __init__(self, votes: Votes) -> None:
        self._votes = votes
        self.refuse_marks = 0
        self.refuse_ballots = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it does not change
        return getattr(self._votes, name)

    async def record(self, mark: Mark) -> Recorded:
        if self.refuse_marks:
            self.refuse_marks -= 1
            raise Unavailable("the disk is full")
        return await self._votes.record(mark)

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


@pytest.fixture(params=["http", "socket"])
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, faulty: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    hurry(monkeypatch)
    async with Slack() as slack, World(tmp_path, slack, request.param).connected() as world:
        slack.app.patience_s = 0.3
        yield world


@pytest.fixture
async def http(tmp_path: Path, faulty: object, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    hurry(monkeypatch)
    async with Slack() as slack, World(tmp_path, slack).connected() as world:
        yield world


# -- a store that fails ----------------------------------------------------------------------------------------


async def test_a_mark_that_could_not_be_stored_is_not_acked_and_stored_when_slack_tries_again(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    message = await world.compare()
    faulty().refuse_marks = 1
    answer = await world.slack.react(world.ben, message, BLUE)
    assert (answer.acked, answer.attempts) == (True, 2)
    assert await tallies(world, message) == [(1, 0), (0, 1)]
    await world.slack.until(lambda: shows(message, (1, 0), (0, 1)))


async def test_while_the_database_cannot_be_written_to_nothing_is_acked_and_all_of_it_comes_later(http: World) -> None:
    message = await http.compare()
    await http.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
    answers = [await http.slack.react(person, message, BLUE) for person in (http.ann, http.ben)]
    assert [answer.status for answer in answers] == [500, 500]
    await http.store.database._writing.execute_fetchall("PRAGMA query_only = OFF")
    assert await tallies(http, message) == [(0, 0), (0, 0)]
    assert all(answer.acked for answer in await http.slack.deliver_missed())
    assert await tallies(http, message) == [(2, 0), (0, 2)]


async def test_who_somebody_is_need_not_be_known_for_their_vote_to_be_kept(http: World) -> None:
    message = await http.compare()
    http.slack.fail("users.info", error="fatal_error")
    assert (await http.slack.react(http.ben, message, BLUE)).acked
    assert await marks(http, message, http.ben) == {1}


# -- a crash between posting and binding -----------------------------------------------------------------------


async def test_a_message_without_a_ballot_gets_it_with_the_first_vote(
    world: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await world.compare()
    assert await ballot(world, message) is None
    assert (await world.slack.react(world.ben, message, ORANGE)).acked
    found = await opened(world, message)
    assert message.metadata is not None
    assert str(found.id) == message.metadata["event_payload"]["ballot"]
    assert (found.asker, found.channel.id, found.channel.private) == (world.ann.id, world.general.id, False)
    assert str(found.posted_us) == message.ts.replace(".", "")
    await world.slack.react(world.ann, message, BLUE)
    assert await tallies(world, message) == [(1, 1), (1, 1)]
    await world.slack.until(lambda: shows(message, (1, 1), (1, 1)))


async def test_votes_that_come_at_once_open_one_ballot(http: World, faulty: Callable[[], Faulty]) -> None:
    faulty().refuse_ballots = 1
    message = await http.compare()
    people = [http.slack.person(http.team, f"Voter {number}") for number in range(5)]
    http.general.members += [person.id for person in people]
    answers = await asyncio.gather(*(http.slack.react(person, message, BLUE) for person in people))
    assert all(answer.acked for answer in answers)
    assert await tallies(http, message) == [(5, 0), (0, 5)]


async def test_votes_made_while_nobody_knew_the_ballot_count_once_it_is_opened(
    http: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await http.compare()
    change(http.slack, message, BLUE, [http.ann])
    assert (await http.slack.react(http.ben, message, ORANGE)).acked
    await http.slack.until(lambda: shows(message, (1, 1), (1, 1)))
    assert await marks(http, message, http.ann) == {1}


async def test_a_message_that_cannot_be_read_now_is_asked_for_again(http: World, faulty: Callable[[], Faulty]) -> None:
    faulty().refuse_ballots = 1
    message = await http.compare()
    http.slack.fail("reactions.get", error="internal_error")
    answer = await http.slack.react(http.ben, message, BLUE)
    assert (answer.acked, answer.attempts) == (True, 2)
    assert await tallies(http, message) == [(1, 0), (0, 1)]


async def test_another_bots_message_that_bears_our_sign_is_not_adopted(
    http: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await http.compare()
    slack = http.slack
    forger = slack.install(http.team, slack.new_app("Forger"))
    content = {"text": message.text, "blocks": message.blocks, "metadata": message.metadata}
    forged = post(slack, forger, http.general, content)
    assert (await slack.react(http.ben, forged, BLUE)).acked
    [event] = change(slack, forged, ORANGE, [http.ben])
    made = slack.bot(http.team)
    assert made is not None
    for poster in (None, made.bot.id):
        told = await slack.deliver(event | {"item_user": poster}, made, channel=http.general)
        assert told.acked
    assert await ballot(http, forged) is None


async def test_a_message_that_is_gone_before_it_could_be_adopted_is_let_go(
    http: World, faulty: Callable[[], Faulty]
) -> None:
    faulty().refuse_ballots = 1
    message = await http.compare()
    [event] = change(http.slack, message, BLUE, [http.ben])
    http.slack.erase(message)
    made = http.slack.bot(http.team)
    assert made is not None
    assert (await http.slack.deliver(event, made, channel=http.general)).acked


# -- a program that is killed ----------------------------------------------------------------------------------


def standing(message: Message) -> set[tuple[str, int]]:
    """Everybody's reactions on a message, the bot's own left out."""
    return {
        (person, OPTIONS[name])
        for name, people in message.reactions.items()
        for person in people
        if person != message.user
    }


async def votes_kept(folder: Path, message: Message) -> set[tuple[str, int]]:
    """What is on in the database of a bot that does not run."""
    store = await Store.open(folder / "shipworthy.db", clock=app.now_us)
    found = await store.votes.ballot(address(message))
    assert found is not None
    rows = stored.rows(store, "SELECT person, option FROM marks WHERE ballot = ? AND active", (found.id,))
    assert await store.votes.stored_counters(found.team) == await store.votes.rebuilt_counters(found.team)
    await store.close()
    return {(person, option) for person, option in rows}


@pytest.mark.soak
async def test_every_mark_that_was_acked_outlives_a_kill_and_the_next_start_draws_what_stands(tmp_path: Path) -> None:
    async with Slack() as slack:
        slack.app.retry_delays_s = ()
        team = slack.workspace("T1")
        people = [slack.person(team, f"Voter {number}") for number in range(40)]
        general = slack.channel(team, "general", *people)
        async with Process(slack, team, tmp_path) as bot:
            await slack.command(people[0], general, "/compare", PAIR)
            message = await slack.until(
                lambda: next((m for m in slack.messages(general) if len(m.reactions) == 3), None)
            )
            acked: set[tuple[str, int]] = set()

            async def vote(person: Person, name: str) -> None:
                if (await slack.react(person, message, name)).acked:
                    acked.add((person.id, OPTIONS[name]))
                    slack.changed()

            names = itertools.cycle((BLUE, ORANGE, SKIP))
            voting = [asyncio.ensure_future(vote(person, next(names))) for person in people]
            await slack.until(lambda: len(acked) >= 10)
            await bot.kill()
            await asyncio.gather(*voting)
        assert await votes_kept(tmp_path, message) >= acked
        change(slack, message, SKIP, people[:1])
        async with Process(slack, team, tmp_path) as bot:
            await slack.deliver_missed()
            ships = [len([one for one in standing(message) if one[1] == option]) for option in (1, 2)]
            await slack.until(lambda: shows(message, *((one, len(people) - one) for one in ships)))
            assert await bot.end() == 0
        assert await votes_kept(tmp_path, message) == standing(message)


async def test_a_kill_between_posting_and_binding_loses_no_ballot(tmp_path: Path) -> None:
    async with Slack() as slack:
        team = slack.workspace("T1")
        ann = slack.person(team, "Ann")
        general = slack.channel(team, "general", ann)
        async with Process(slack, team, tmp_path, "socket") as bot:
            slack.fail("chat.postMessage", broken="hang", after_doing=True)
            await slack.command(ann, general, "/compare", PAIR)
            [message] = await slack.until(lambda: slack.messages(general))
            await bot.kill()
        async with Process(slack, team, tmp_path, "socket") as bot:
            assert (await slack.react(ann, message, BLUE)).acked
            await slack.until(lambda: shows(message, (1, 0), (0, 1)))
            assert await bot.end() == 0
        assert await votes_kept(tmp_path, message) == {(ann.id, 1)}

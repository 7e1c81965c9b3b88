"""Repair: the reactions standing on messages are read back, and the store made to say the same."""

import logging

import pytest

from commands.errors import Gone, Unavailable
from commands.model import Ballot, Mark, TeamKey, Via
from commands.repair import Repaired, repair
from commands.reply import Reply
from tests.commands.conftest import ACME, Team

PAIR = "/compare mistral code vs mistral next"
OTHER_PAIR = "/compare mistral code vs mistral 8x22b"


class Platform:
    """Messages by ballot id and the reactions that stand on them; what is not here is gone."""

    def __init__(self) -> None:
        self.standing: dict[int, set[tuple[str, int]]] = {}
        self.errors: dict[int, Exception] = {}
        self.read: list[int] = []
        self.while_reading: dict[int, list[Mark]] = {}
        self.team: Team | None = None

    async def reactions(self, team: TeamKey, ballot: Ballot) -> frozenset[tuple[str, int]]:
        assert team == ACME
        self.read.append(ballot.id)
        if ballot.id in self.errors:
            raise self.errors[ballot.id]
        if ballot.id not in self.standing:
            raise Gone("message_not_found")
        seen = frozenset(self.standing[ballot.id])
        for mark in self.while_reading.get(ballot.id, []):
            assert self.team is not None
            await self.team.core.mark(mark)
        return seen


@pytest.fixture
def platform() -> Platform:
    return Platform()


async def posted(team: Team, line: str = PAIR) -> Ballot:
    reply: Reply = await team.post(line)
    assert reply.ballot is not None
    held = await team.memory.votes.ballot(reply.ballot.id)
    assert held is not None
    return held


async def put_right(team: Team, platform: Platform, *ballots: Ballot, away_us: int = 0) -> Repaired:
    return await repair(ACME, ballots, reader=platform, votes=team.memory.votes, away_us=away_us)


async def react(team: Team, ballot: Ballot, person: str, option: int) -> None:
    await team.core.mark(Mark(ballot.id, person, option, Via.REACTION, active=True))


async def test_marks_become_what_stands_on_the_message(team: Team, platform: Platform) -> None:
    ballot = await posted(team)
    await react(team, ballot, "bob", 1)
    await react(team, ballot, "eve", 2)
    await team.core.press(ACME, ballot.id, "joe", 2)
    team.clock.forward(minutes=5)
    platform.standing[ballot.id] = {("eve", 2), ("zoe", 0)}
    assert await put_right(team, platform, ballot) == Repaired(1, 2, (ballot.id,), 0)
    votes = team.memory.votes
    assert await votes.marks(ballot.id, "bob") == ()
    assert await votes.marks(ballot.id, "eve") == ((2, "reaction"),)
    assert await votes.marks(ballot.id, "zoe") == ((0, "reaction"),)
    assert await votes.marks(ballot.id, "joe") == ((2, "button"),), "a button mark is the bot's own"
    assert await put_right(team, platform, ballot) == Repaired(1, 0, (), 0)


async def test_a_mark_that_was_not_known_gets_the_instant_the_bot_was_last_connected(
    team: Team, platform: Platform
) -> None:
    ballot = await posted(team)
    away_us = team.clock.now_us + 1_000_000
    team.clock.forward(days=2)
    platform.standing[ballot.id] = {("bob", 1)}
    await put_right(team, platform, ballot, away_us=away_us)
    [row] = team.memory.votes.of_person(ballot.team, "bob")
    assert row.at_us == away_us


async def test_a_vote_made_while_the_message_is_read_is_not_switched_off(team: Team, platform: Platform) -> None:
    ballot = await posted(team)
    platform.team = team
    platform.standing[ballot.id] = set()
    platform.while_reading[ballot.id] = [Mark(ballot.id, "bob", 1, Via.REACTION, active=True)]
    assert (await put_right(team, platform, ballot)).marks == 0
    assert await team.memory.votes.marks(ballot.id, "bob") == ((1, "reaction"),)


async def test_the_newest_are_read_first(team: Team, platform: Platform) -> None:
    ballots = []
    for line in (PAIR, OTHER_PAIR, "/tool mistral code"):
        ballots.append(await posted(team, line))
        team.clock.forward(minutes=1)
    platform.standing = {ballot.id: set() for ballot in ballots}
    await put_right(team, platform, ballots[1], ballots[0], ballots[2])
    assert platform.read == [ballot.id for ballot in reversed(ballots)]


async def test_a_ballot_whose_message_is_gone_is_frozen_with_what_it_had(team: Team, platform: Platform) -> None:
    ballot = await posted(team)
    await react(team, ballot, "bob", 1)
    assert await put_right(team, platform, ballot) == Repaired(1, 0, (), 0)
    held = await team.memory.votes.ballot(ballot.id)
    assert held is not None
    assert held.frozen
    assert await team.memory.votes.marks(ballot.id, "bob") == ((1, "reaction"),)


@pytest.mark.parametrize("error", [Unavailable("no answer"), ValueError("a bug")])
async def test_what_cannot_be_read_is_left_as_it_is_and_stops_no_other(
    team: Team, platform: Platform, error: Exception
) -> None:
    first = await posted(team)
    second = await posted(team, OTHER_PAIR)
    await react(team, second, "bob", 1)
    platform.errors[second.id] = error
    platform.standing[first.id] = {("zoe", 1)}
    assert await put_right(team, platform, first, second) == Repaired(1, 1, (first.id,), 1)
    assert await team.memory.votes.marks(second.id, "bob") == ((1, "reaction"),)


async def test_it_says_what_it_did_and_how_far_a_long_one_has_come(
    team: Team, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ballots = [await posted(team, f"{PAIR} --anew") for _ in range(101)]
    platform.standing = {ballot.id: {("zoe", 1)} for ballot in ballots[:3]} | {
        ballot.id: set() for ballot in ballots[3:]
    }
    told: list[tuple[int, int]] = []
    votes = team.memory.votes
    await repair(ACME, ballots, reader=platform, votes=votes, away_us=0, progress=lambda *far: told.append(far))
    assert told == [(done, 101) for done in range(1, 102)]
    assert [record.getMessage() for record in caplog.records] == [
        "repaired 0 marks on 50 ballots so far, of 101",
        "repaired 2 marks on 100 ballots so far, of 101",
        "repaired 3 marks on 101 ballots",
    ]


async def test_with_nothing_to_read_nothing_is_said(
    team: Team, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert await put_right(team, platform) == Repaired(0, 0, (), 0)
    assert not caplog.records

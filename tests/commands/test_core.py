"""The core: it never raises, tells no secrets, and binds ballots to messages once."""

import asyncio
import logging
import re
from dataclasses import dataclass, replace

import pytest

from commands.core import Core
from commands.declare import Ask, Command
from commands.errors import CommandError, Unavailable
from commands.model import Asker, Ballot, BallotKind, Channel, Mark, Message, Request, TeamKey, Via
from commands.reply import Reply
from tests.commands.conftest import Team, rows
from tests.fakes import Memory

ASK = Request(TeamKey("terminal", "acme"), Channel("general"), Asker("ada"), "/broken secret words")


def failing(memory: Memory, error: BaseException) -> Core:
    async def broken(_ask: Ask) -> Reply:
        raise error

    return Core(memory.ports(), (Command("broken", "/broken", "Break", broken),))


async def test_what_the_asker_can_mend_is_told_as_it_is(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    reply = await failing(memory, CommandError("Type something else.")).run(ASK)
    assert (reply.plain, reply.private, reply.failed) == ("Type something else.", True, True)
    assert not caplog.records


async def test_what_may_be_tried_again_says_that_nothing_changed(
    memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await failing(memory, Unavailable("disk at /secret")).run(ASK)
    assert reply.plain == "That could not be looked up or stored just now. Nothing was changed; please try again."
    assert (reply.private, reply.failed) == (True, True)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_a_bug_is_logged_once_under_the_reference_that_is_told(
    memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    core = failing(memory, RuntimeError("password=hunter2"))
    reply = await core.run(ASK)
    found = re.fullmatch(r"Something went wrong on our side, not yours\. Reference ([0-9a-f]{8})\.", reply.plain)
    assert found
    assert (reply.private, reply.failed) == (True, True)
    assert "hunter2" not in repr(reply)
    [record] = caplog.records
    assert record.exc_info
    assert found[1] in record.getMessage()
    assert "secret words" not in record.getMessage()
    assert (await core.run(ASK)).plain != reply.plain


async def test_whoever_stops_waiting_is_not_held_up(memory: Memory) -> None:
    with pytest.raises(asyncio.CancelledError):
        await failing(memory, asyncio.CancelledError()).run(ASK)


async def test_a_store_that_does_not_answer_is_no_bug(memory: Memory) -> None:
    @dataclass
    class Down:
        async def team(self, key: TeamKey) -> int:
            raise Unavailable(f"no team {key}")

    reply = await Core(replace(memory.ports(), teams=Down())).run(replace(ASK, text="/bookmarks"))
    assert reply.plain.startswith("That could not be looked up")


async def test_posting_twice_changes_nothing(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral next")
    assert posted.ballot is not None
    before = await team.memory.votes.ballot(posted.ballot.id)
    await team.vote(posted, "bob", 1)
    team.clock.forward(seconds=9)
    await team.core.posted(team.address(posted), posted)
    assert await team.memory.votes.ballot(posted.ballot.id) == before
    assert before is not None
    assert before.posted_us is not None
    assert rows(await team.redrawn(posted))["Community"][0] == "100% ship · 1 of 1"


async def test_a_private_answer_reserves_no_ballot_and_posting_it_opens_none(team: Team) -> None:
    reply = await team.ask("/compare mistral code")
    await team.core.posted(Message("terminal", "general", "5"), reply)
    assert team.memory.votes.ballots == {}


async def test_a_mark_counts_by_ballot_or_by_message(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral next")
    assert posted.ballot is not None
    by_id = await team.core.mark(Mark(posted.ballot.id, "bob", 1, Via.BUTTON, active=True))
    again = await team.core.mark(Mark(team.address(posted), "eve", 1, Via.REACTION, active=True))
    assert (by_id.changed, again.changed) == (True, True)
    nowhere = await team.core.mark(Mark(Message("terminal", "general", "77"), "eve", 1, Via.REACTION, active=True))
    assert (nowhere.changed, nowhere.ballot) == (False, None)


async def test_a_ballot_is_redrawn_by_id_or_by_message_and_keeps_its_tools_in_order(team: Team) -> None:
    posted = await team.post("/compare mistral next vs mistral code")
    by_message = await team.core.redraw(team.address(posted))
    assert by_message == await team.redrawn(posted)
    assert by_message is not None
    assert by_message.blocks == posted.blocks
    assert by_message.plain == posted.plain


async def test_what_is_not_known_is_not_redrawn(team: Team) -> None:
    assert await team.core.redraw(12345) is None
    assert await team.core.redraw(Message("terminal", "general", "1")) is None
    gone = Ballot(
        9,
        1,
        BallotKind.COMPARISON,
        (1, 99),
        Channel("general"),
        "ada",
        Message("terminal", "general", "9"),
        posted_us=5,
    )
    await team.memory.votes.open(gone)
    assert await team.core.redraw(9) is None


async def test_votes_taken_away_restore_the_message(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral next")
    assert posted.ballot is not None
    await team.vote(posted, "bob", 1, 2)
    for option in (1, 2):
        await team.core.mark(Mark(posted.ballot.id, "bob", option, Via.REACTION, active=False))
    assert (await team.redrawn(posted)).blocks == posted.blocks

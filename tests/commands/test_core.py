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
from tests.commands.conftest import ACME, Team, rows
from tests.fakes import Memory, MemoryVotes, ids

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


PAIR = "/compare mistral code vs mistral next"


async def read_off(team: Team, number: int = 77, message: str = "m1") -> Ballot:
    """A ballot as a message says it, which nobody has opened."""
    reply = await team.ask(f"{PAIR} --anew")
    assert reply.ballot is not None
    address = Message("terminal", "general", message)
    return replace(reply.ballot, id=number, team=0, message=address)


async def test_a_ballot_that_a_crash_left_unopened_is_adopted_and_voted_on(team: Team) -> None:
    found = await read_off(team)
    posted_us = team.clock.now_us - 5
    opened = await team.core.adopt(ACME, replace(found, posted_us=posted_us))
    assert opened == await team.memory.votes.ballot(found.message)
    assert (opened.id, opened.team, opened.posted_us) == (77, 1, posted_us)
    assert (await team.core.mark(Mark(found.message, "bob", 1, Via.REACTION, active=True))).changed
    team.clock.forward(seconds=5)
    assert await team.core.adopt(ACME, found) == opened


async def test_without_the_time_of_posting_an_adopted_ballot_is_of_now(team: Team) -> None:
    opened = await team.core.adopt(ACME, await read_off(team))
    assert opened.posted_us == team.clock.now_us


async def test_a_second_message_with_the_id_of_another_gets_one_ballot_of_its_own(team: Team) -> None:
    class Slow(MemoryVotes):
        async def ballot(self, ballot: int | Message) -> Ballot | None:
            await asyncio.sleep(0)
            return await super().ballot(ballot)

    team.memory.votes = Slow(team.clock)
    team.core = Core(team.memory.ports())
    first = await team.core.adopt(ACME, await read_off(team))
    found = await read_off(team, message="m2")
    another = Core(team.memory.ports(new_id=ids(500)))
    both = await asyncio.gather(*(core.adopt(ACME, found) for core in (team.core, another, team.core)))
    assert both[0] == both[1] == both[2]
    assert both[0].id != first.id
    assert await team.memory.votes.ballot(first.id) == first


@pytest.mark.parametrize("bound_after", range(4))
async def test_a_message_that_is_bound_while_it_is_adopted_has_one_ballot(team: Team, bound_after: int) -> None:
    found = await read_off(team)

    class Bound(MemoryVotes):
        looks = 0

        async def ballot(self, ballot: int | Message) -> Ballot | None:
            if self.looks == bound_after:
                await self.open(replace(found, team=1, posted_us=5))
            self.looks += 1
            return await super().ballot(ballot)

    team.memory.votes = Bound(team.clock)
    team.core = Core(team.memory.ports())
    assert (await team.core.adopt(ACME, found)).id == found.id
    assert list(team.memory.votes.ballots) == [found.id]


async def test_a_ballot_of_another_team_is_not_adopted(team: Team) -> None:
    found = await read_off(team)
    await team.core.adopt(ACME, found)
    with pytest.raises(CommandError, match="not known here"):
        await team.core.adopt(TeamKey("terminal", "umbrella"), found)


async def test_a_ballot_on_tools_that_are_not_here_is_not_adopted(team: Team) -> None:
    with pytest.raises(CommandError, match="not in the catalogue"):
        await team.core.adopt(ACME, replace(await read_off(team), tools=(1, 999)))
    assert team.memory.votes.ballots == {}


async def test_a_reply_that_knows_when_it_was_posted_keeps_that_time(team: Team) -> None:
    reply = await team.ask(PAIR)
    assert reply.ballot is not None
    await team.core.posted(team.address(reply), replace(reply, ballot=replace(reply.ballot, posted_us=12_345)))
    held = await team.memory.votes.ballot(reply.ballot.id)
    assert held is not None
    assert held.posted_us == 12_345


async def test_whoever_asked_for_a_comparison_can_have_it_removed_and_nobody_else(team: Team) -> None:
    posted = await team.post(PAIR)
    assert posted.ballot is not None
    number = posted.ballot.id
    await team.vote(posted, "bob", 1)
    for person in ("bob", ""):
        with pytest.raises(CommandError, match="Only the person who asked for it"):
            await team.core.withdraw(number, Asker(person), ACME)
    with pytest.raises(CommandError, match="not known"):
        await team.core.withdraw(number, Asker("ada"), TeamKey("terminal", "umbrella"))
    with pytest.raises(CommandError, match="not known"):
        await team.core.withdraw(12345, Asker("ada"), ACME)
    for named in (number, team.address(posted)):
        held = await team.core.withdraw(named, Asker("ada"), ACME)
        assert (held.id, held.message, held.frozen) == (number, team.address(posted), True)
    assert held == await team.memory.votes.ballot(number)
    await team.vote(posted, "eve", 1)
    again = await team.post(PAIR)
    assert rows(await team.redrawn(again))["Community"][0] == "100% ship · 1 of 1"


async def test_tools_are_suggested_as_they_are_typed_the_teams_own_words_first(team: Team) -> None:
    async def suggested(typed: str, limit: int = 25) -> list[str]:
        return [tool.label for tool in await team.core.suggest(ACME, "ada", typed, limit=limit)]

    everything = await suggested("")
    assert len(everything) == 8
    assert [label.split()[0] for label in everything] == ["Code"] * 3 + ["Mistral"] * 4 + ["Mistral-Next"]
    assert await suggested("", 3) == everything[:3]
    assert await suggested("mistral c") == ["Mistral Code"]
    await team.ask("/alias mixy = mistral 8x22b")
    assert (await suggested("MI"))[0] == "Mistral 8x22B v2"
    assert len(await suggested("mi")) == len(set(await suggested("mi")))
    assert "Mistral Code" in await suggested("mistrl code")
    assert await suggested("zzzzzz") == await suggested("🦙") == []
    assert await team.core.suggest(TeamKey("terminal", "umbrella"), "ada", "mixy") == ()


@pytest.mark.parametrize("odd", ["x" * 5000, "\u202e", "\ud800", "a\x00b", "--quiet", "vs", '"'])
async def test_odd_input_suggests_without_trouble(team: Team, odd: str) -> None:
    assert isinstance(await team.core.suggest(ACME, "ada", odd), tuple)


async def test_votes_taken_away_restore_the_message(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral next")
    assert posted.ballot is not None
    await team.vote(posted, "bob", 1, 2)
    for option in (1, 2):
        await team.core.mark(Mark(posted.ballot.id, "bob", option, Via.REACTION, active=False))
    assert (await team.redrawn(posted)).blocks == posted.blocks

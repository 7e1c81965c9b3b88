"""Redraws of several processes on one store: together no more than one would do, and nothing left behind."""

import asyncio
import logging
from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.errors import Unavailable
from commands.model import TeamKey
from commands.turns import SECOND_US, Pace, Turn, Wait
from tests.commands.redrawing import ACME, PACE, PER_MINUTE, Messages
from tests.fakes_timer import settled
from tests.fakes_turns import MemoryTurns

LEASE_S = PACE.lease_us / SECOND_US


async def kill(messages: Messages, process: int) -> None:
    """End a process where it stands: what it does is not finished, and it tells nobody."""
    tasks = [task for _, task in messages.processes[process]._working.values()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def restart(messages: Messages, process: int) -> None:
    """Kill a process, and start it again: it looks for what is behind."""
    await kill(messages, process)
    messages.processes[process] = messages.start()
    await pick_up(messages, process)


async def pick_up(messages: Messages, process: int) -> None:
    """Let one process look for what is behind."""
    for ballot, team in await messages.turns.behind("slack", after=0, limit=1_000):
        messages.processes[process].want(team, ballot)
    await settled()


async def test_votes_that_come_through_three_processes_are_drawn_as_often_as_through_one() -> None:
    messages = Messages(processes=3)
    for number in range(450):
        await messages.vote(process=number % 3)
        await messages.timer.forward(0.1)
    await messages.timer.finish()
    assert messages.times() == pytest.approx([0, 2, 7, 17, 27, 37, 47], abs=0.11)
    assert messages.shown == {1: 450}


async def test_a_team_has_one_minute_for_all_processes() -> None:
    messages = Messages(processes=3)
    for ballot in range(1, 101):
        await messages.vote(ballot, process=ballot % 3)
    assert len(messages.drawn) == PER_MINUTE
    await messages.timer.finish()
    assert sorted(ballot for ballot, _ in messages.drawn) == list(range(1, 101))


async def test_who_draws_goes_on_with_what_others_were_told_meanwhile() -> None:
    messages = Messages(processes=2, takes_s=4)
    await messages.vote()
    await messages.timer.forward(1)
    await messages.vote(process=1)
    await kill(messages, 1)
    await messages.timer.finish()
    assert messages.times() == [0, 6]
    assert messages.shown == {1: 2}


async def test_a_vote_after_another_process_has_drawn_does_not_wait_for_the_turn_that_is_over() -> None:
    messages = Messages(processes=2, takes_s=0.3)
    await messages.vote()
    await messages.vote(process=1)
    await messages.timer.forward(11)
    await messages.vote(process=1)
    await messages.timer.finish()
    assert messages.times() == pytest.approx([0, 2.3, 11])
    assert messages.shown == {1: 3}


async def test_whoever_waits_draws_when_the_turn_of_a_killed_process_is_over() -> None:
    messages = Messages(processes=2, takes_s=1)
    await messages.vote()
    await kill(messages, 0)
    await messages.vote(process=1)
    await messages.timer.finish()
    assert messages.times() == pytest.approx([0, LEASE_S])
    assert messages.shown == {1: 2}


async def test_what_a_killed_process_leaves_is_found_by_the_next_start_and_by_the_others() -> None:
    for process in (0, 1):
        messages = Messages(processes=2, takes_s=1)
        await messages.vote()
        await kill(messages, 0)
        await messages.timer.finish()
        assert messages.shown == {}
        messages.processes[0] = messages.start()
        await pick_up(messages, process)
        await messages.timer.finish()
        assert messages.shown == {1: 1}


async def test_a_draw_that_comes_late_is_not_the_last_word() -> None:
    messages = Messages(processes=2, takes_s=LEASE_S + 5)
    messages.overlapping = True
    await messages.vote()
    await messages.timer.forward(1)
    messages.takes_s = 1
    await messages.vote(process=1)
    await messages.timer.forward(LEASE_S)
    assert messages.shown == {1: 2}
    await messages.timer.forward(4)
    assert messages.shown == {1: 1}, "the older state has come over the newer one"
    await messages.timer.finish()
    assert messages.shown == {1: 2}


async def test_a_late_draw_and_one_under_way_are_followed_by_one_after_both() -> None:
    messages = Messages(processes=2, takes_s=LEASE_S + 5)
    messages.overlapping = True
    await messages.vote()
    await messages.timer.forward(1)
    messages.takes_s = 10
    await messages.vote(process=1)
    await messages.timer.forward(LEASE_S + 6)
    messages.takes_s = 0
    await messages.timer.finish()
    assert messages.times()[-1] >= LEASE_S + 10
    assert messages.shown == {1: 2}


async def test_draining_leaves_to_another_process_what_that_one_draws() -> None:
    messages = Messages(processes=2, takes_s=4)
    await messages.vote()
    await messages.vote(process=1)
    task = asyncio.create_task(messages.processes[1].drain(10))
    await settled()
    assert task.done()
    await messages.timer.finish()
    assert messages.shown == {1: 2}


class Slow(MemoryTurns):
    """Turns of a store that takes its time to answer."""

    async def take(self, ballot: int, pace: Pace) -> Turn | Wait | None:
        turn = await super().take(ballot, pace)
        for _ in range(3):
            await asyncio.sleep(0)
        return turn


async def test_draining_draws_what_was_just_told_to_wait_for_its_gap() -> None:
    messages = Messages()
    messages.turns = Slow(messages.turns.clock, messages.turns.ballots, messages.turns.key)
    messages.redraws = messages.processes[0] = messages.start()
    await messages.vote()
    messages.mark()
    messages.redraws.want(ACME, 1)
    await asyncio.sleep(0)
    await messages.redraws.drain(10)
    assert (messages.timer.now(), messages.shown) == (0, {1: 2})


class Faltering(MemoryTurns):
    """Turns of a store that is away for the next so many calls of each kind."""

    takes = dones = 0

    async def take(self, ballot: int, pace: Pace) -> Turn | Wait | None:
        if self.takes:
            self.takes -= 1
            raise Unavailable("the store is away")
        return await super().take(ballot, pace)

    async def done(self, ballot: int, turn: Turn, *, drawn: bool) -> bool:
        if self.dones:
            self.dones -= 1
            raise Unavailable("the store is away")
        return await super().done(ballot, turn, drawn=drawn)


def faltering(*, takes: int = 0, dones: int = 0) -> Messages:
    messages = Messages()
    messages.turns = Faltering(messages.turns.clock, messages.turns.ballots, messages.turns.key)
    messages.turns.takes, messages.turns.dones = takes, dones
    messages.redraws = messages.processes[0] = messages.start()
    return messages


async def test_a_store_that_is_away_is_asked_again_ever_less_often(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    messages = faltering(takes=4)
    await messages.vote()
    await messages.timer.finish()
    assert messages.times() == [1 + 2 + 5 + 15]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_turn_whose_end_could_not_be_noted_is_ended_by_the_next_try_and_holds_nobody_up() -> None:
    messages = faltering(dones=1)
    await messages.vote()
    await messages.vote()
    await messages.timer.finish()
    assert messages.shown == {1: 2}
    assert messages.times()[-1] < LEASE_S


async def test_a_bug_in_the_store_is_logged_and_the_ballot_is_drawn_when_it_is_wanted_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    messages = Messages()
    taking, messages.turns.ballots = messages.turns.ballots, lambda: {}[0]
    messages.mark()
    messages.redraws.want(ACME, 1)
    await settled()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    messages.turns.ballots = taking
    await messages.vote()
    assert messages.shown == {1: 2}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("vote"), st.integers(1, 50), st.integers(0, 2)),
        st.tuples(st.just("pause"), st.sampled_from([0.0, 0.2, 1.5, 4.0, 11.0, 40.0]), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.integers(0, 2)),
        st.tuples(st.just("fail"), st.just(0), st.just(0)),
    ),
    max_size=120,
)


@settings(max_examples=80, deadline=None)
@given(STEPS, st.sampled_from([0.0, 0.3, 3.0]))
def test_whatever_is_voted_and_killed_the_final_state_is_drawn_and_no_minute_holds_40(
    steps: list[tuple[str, float, int]], takes_s: float
) -> None:
    async def all_of_them() -> Messages:
        messages = Messages(processes=3, takes_s=takes_s)
        for what, number, process in steps:
            if what == "vote":
                await messages.vote(int(number), process=process)
            elif what == "restart":
                await restart(messages, process)
            elif what == "fail":
                messages.errors.append(Unavailable("no answer"))
            else:
                await messages.timer.forward(number)
        for process in range(3):
            await restart(messages, process)
        await messages.timer.finish()
        return messages

    messages = asyncio.run(all_of_them())
    assert messages.shown == messages.votes
    times = messages.per_team.get(TeamKey("slack", "T1"), [])
    assert all(bisect_right(times, at + 60) - place < 40 for place, at in enumerate(times))

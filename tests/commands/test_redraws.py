"""Redraws: soon, not too often, and the final state always."""

import asyncio
import logging
from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.errors import CommandError, Gone, Unavailable
from tests.commands.redrawing import ACME, OTHER, PER_MINUTE, Messages
from tests.fakes_timer import settled


async def test_the_first_vote_is_drawn_at_once_and_later_ones_2_5_and_10_seconds_apart() -> None:
    messages = Messages()
    for _ in range(450):
        await messages.vote()
        await messages.timer.forward(0.1)
    await messages.timer.finish()
    assert messages.times() == pytest.approx([0, 2, 7, 17, 27, 37, 47], abs=0.11)
    assert messages.shown == {1: 450}


async def test_votes_in_the_same_instant_are_one_draw() -> None:
    messages = Messages()
    for _ in range(20):
        messages.mark()
        messages.redraws.want(ACME, 1)
    await messages.timer.finish()
    assert (messages.times(), messages.shown) == ([0], {1: 20})


async def test_after_a_quiet_spell_a_vote_is_drawn_at_once_again_and_the_gaps_start_over() -> None:
    messages = Messages()
    for _ in range(5):
        await messages.vote()
        await messages.timer.forward(6)
    await messages.timer.forward(45)
    before, now = len(messages.drawn), messages.timer.now()
    await messages.vote()
    await messages.vote()
    await messages.timer.finish()
    assert messages.times()[before:] == [now, now + 2]


async def test_a_vote_later_than_the_gap_waits_for_nothing() -> None:
    messages = Messages()
    await messages.vote()
    await messages.timer.forward(3)
    await messages.vote()
    assert messages.times() == [0, 3]


async def test_a_vote_while_the_message_is_drawn_is_drawn_after_it() -> None:
    messages = Messages(takes_s=4)
    await messages.vote()
    await messages.timer.forward(1)
    await messages.vote()
    assert messages.times() == [0]
    await messages.timer.finish()
    assert messages.times() == [0, 6]
    assert messages.shown == {1: 2}


async def test_the_ballots_of_a_team_share_one_budget_first_come_first_served() -> None:
    messages = Messages()
    for ballot in range(100):
        await messages.vote(ballot)
    assert [ballot for ballot, _ in messages.drawn] == list(range(PER_MINUTE))
    await messages.timer.finish()
    assert [ballot for ballot, _ in messages.drawn] == list(range(100))
    assert messages.shown == dict.fromkeys(range(100), 1)


async def test_a_busy_ballot_does_not_keep_others_from_their_turn() -> None:
    messages = Messages()
    for ballot in range(PER_MINUTE + 5):
        await messages.vote(ballot)
    for _ in range(70):
        await messages.vote(0)
        await messages.timer.forward(1)
    assert all(ballot in messages.shown for ballot in range(PER_MINUTE + 5))
    await messages.timer.finish()
    assert messages.shown[0] == 71


async def test_another_team_has_its_own_budget() -> None:
    messages = Messages()
    for ballot in range(PER_MINUTE + 10):
        await messages.vote(ballot)
    await messages.vote(1000, OTHER)
    assert messages.shown[1000] == 1
    await messages.timer.finish()


async def test_a_platform_that_does_not_answer_is_asked_again_ever_less_often_until_it_does() -> None:
    messages = Messages()
    messages.errors = [Unavailable("no answer")] * 8
    await messages.vote()
    await messages.timer.finish()
    times = messages.times()
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert pauses == [1, 2, 5, 15, 30, 60, 60, 60]
    assert messages.shown == {1: 1}


@pytest.mark.parametrize(
    ("error", "level"),
    [(Gone("deleted"), logging.INFO), (CommandError("refused"), logging.INFO), (ValueError("a bug"), logging.ERROR)],
)
async def test_any_other_error_gives_up_on_that_ballot_alone_until_it_is_wanted_again(
    caplog: pytest.LogCaptureFixture, error: Exception, level: int
) -> None:
    caplog.set_level(logging.INFO)
    messages = Messages()
    messages.errors = [error]
    await messages.vote(1)
    await messages.vote(2)
    await messages.timer.finish()
    assert ([ballot for ballot, _ in messages.drawn], messages.shown) == ([1, 2], {2: 1})
    assert [record.levelno for record in caplog.records] == [level]
    await messages.vote(1)
    await messages.timer.finish()
    assert messages.shown == {1: 2, 2: 1}


async def test_nothing_is_kept_of_ballots_that_are_drawn() -> None:
    messages = Messages()
    for ballot in range(300):
        await messages.vote(ballot)
        await messages.timer.forward(5)
    assert (len(messages.redraws._working), len(messages.redraws._lines)) == (0, 0)


async def drained(messages: Messages, within_s: float) -> asyncio.Task[None]:
    task = asyncio.create_task(messages.redraws.drain(within_s))
    await settled()
    return task


async def test_draining_draws_what_is_behind_without_gaps_and_then_nothing_more() -> None:
    messages = Messages()
    for ballot in range(10):
        await messages.vote(ballot)
        await messages.vote(ballot)
    assert set(messages.shown.values()) == {1}
    task = await drained(messages, 10)
    assert (task.done(), messages.timer.now(), messages.shown) == (True, 0, dict.fromkeys(range(10), 2))
    await messages.vote(3)
    await messages.timer.finish()
    assert messages.shown[3] == 2


async def test_draining_keeps_to_the_budget_and_to_its_time(caplog: pytest.LogCaptureFixture) -> None:
    messages = Messages()
    for ballot in range(PER_MINUTE + 4):
        await messages.vote(ballot)
    task = await drained(messages, 8)
    await messages.timer.forward(7.9)
    assert not task.done()
    await messages.timer.forward(0.1)
    assert task.done()
    assert len(messages.drawn) == PER_MINUTE
    assert "stopped with 4 messages not drawn" in caplog.text
    await messages.timer.finish()
    assert len(messages.drawn) == PER_MINUTE


async def test_draining_does_not_wait_for_a_draw_that_hangs() -> None:
    messages = Messages(takes_s=1000)
    await messages.vote()
    task = await drained(messages, 5)
    await messages.timer.forward(5)
    assert task.done()
    assert messages.drawing == set()


async def test_draining_a_platform_that_does_not_answer_asks_once_more_and_ends() -> None:
    messages = Messages()
    messages.errors = [Unavailable("no answer")] * 9
    await messages.vote()
    task = await drained(messages, 10)
    assert task.done()
    assert len(messages.drawn) == 2


async def test_draining_with_nothing_to_do_ends_at_once() -> None:
    assert (await drained(Messages(), 10)).done()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0, 0, 0, 0.2, 1.5, 4, 11, 40])), min_size=60, max_size=150)
    | st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 0.2, 1.5, 4, 11, 40])), max_size=20),
    st.lists(st.sampled_from([Unavailable("no answer"), None]), max_size=8),
    st.sampled_from([0, 0.3, 3]),
)
def test_whatever_the_votes_the_final_state_is_drawn_and_no_minute_holds_40(
    coming: list[tuple[int, float]], errors: list[Exception | None], takes_s: float
) -> None:
    async def all_of_them() -> Messages:
        messages = Messages(takes_s=takes_s)
        messages.errors = [error for error in errors if error]
        for ballot, pause in coming:
            await messages.vote(ballot)
            await messages.timer.forward(pause)
        await messages.timer.finish()
        return messages

    messages = asyncio.run(all_of_them())
    assert messages.shown == messages.votes
    times = messages.per_team.get(ACME, [])
    assert all(bisect_right(times, at + 60) - place < 40 for place, at in enumerate(times))

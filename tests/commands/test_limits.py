"""Limits: a person's flood is held back in private, everybody else is served, and a reaction is never refused."""

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.core import Core
from commands.errors import TooOften
from commands.limits import TYPED_FOR_EACH, VOTES_FOR_EACH, Act, Limits, Window
from commands.model import Asker, Mark, Request, TeamKey, Via
from commands.reply import Reply
from tests.commands.conftest import ACME, GENERAL, Team
from tests.fakes_timer import FakeTimer

PAIR = "/compare mistral code vs mistral next"


@pytest.fixture
def timer() -> FakeTimer:
    return FakeTimer()


def limited(team: Team, timer: FakeTimer, *, person: int = 0, everybody: int = 0, posts: int = 0) -> Team:
    """The same team where a core keeps these limits."""
    limits = Limits(person=person, team=everybody, posts=posts, timer=timer)
    team.core = Core(team.memory.ports(), limits=limits)
    return team


def refused(reply: Reply) -> str:
    assert (reply.private, reply.failed) == (True, True)
    return reply.plain


async def test_who_asks_too_much_is_told_in_private_how_long_to_wait_and_served_after_that(
    team: Team, timer: FakeTimer
) -> None:
    team = limited(team, timer, person=3)
    for _ in range(3):
        assert not (await team.ask("/tools")).failed
        await timer.forward(10)
    for line in ("/tools", "/help", "nonsense", "x" * 5_000):
        said = refused(await team.ask(line))
        assert said == "You have asked 3 things within a minute. Please wait 30 seconds."
    await timer.forward(29.5)
    assert refused(await team.ask("/tools")).endswith("Please wait 1 second.")
    await timer.forward(0.5)
    assert not (await team.ask("/tools")).failed
    assert refused(await team.ask("/tools")).endswith("Please wait 10 seconds.")


async def test_one_persons_limit_is_nobody_elses(team: Team, timer: FakeTimer) -> None:
    team = limited(team, timer, person=1)
    assert not (await team.ask("/help", "ada")).failed
    assert (await team.ask("/help", "ada")).failed
    assert not (await team.ask("/help", "bob")).failed
    assert not (await team.other_team().ask("/help", "ada")).failed


async def test_a_team_that_asks_too_much_is_told_so_and_other_teams_are_served(team: Team, timer: FakeTimer) -> None:
    team = limited(team, timer, person=2, everybody=3)
    for person in ("ada", "ada", "bob"):
        assert not (await team.ask("/help", person)).failed
    said = "Your team has asked 3 things within a minute. Please wait 60 seconds."
    assert refused(await team.ask("/help", "eve")) == said
    assert refused(await team.ask("/help", "ada")).startswith("You have asked 2 things")
    assert not (await team.other_team().ask("/help", "eve")).failed
    await timer.forward(60)
    assert not (await team.ask("/help", "eve")).failed


async def test_nothing_is_looked_up_for_who_asks_too_much(team: Team, timer: FakeTimer) -> None:
    team = limited(team, timer, person=1)
    await team.ask("/help")
    stranger = TeamKey("terminal", "never seen")
    await team.core.run(Request(stranger, GENERAL, Asker("ada"), "/help"))
    known = set(team.memory.teams.held)
    await team.core.run(Request(stranger, GENERAL, Asker("ada"), "/help"))
    assert set(team.memory.teams.held) == known


async def test_what_a_whole_channel_sees_has_a_tighter_limit_and_alone_it_can_still_be_seen(
    team: Team, timer: FakeTimer
) -> None:
    team = limited(team, timer, person=20, posts=2)
    for line in (PAIR, "/tool mistral code"):
        assert not (await team.ask(line)).private
    said = "You have posted 2 answers for everybody within a minute. Please wait 60 seconds, or add --quiet to see it"
    assert refused(await team.ask(f"{PAIR} --anew")).startswith(said)
    alone = await team.ask(f"{PAIR} --quiet")
    assert (alone.private, alone.failed) == (True, False)
    assert not (await team.ask(PAIR, ballots=False)).failed
    assert not (await team.ask(PAIR, "bob")).private
    await timer.forward(60)
    assert not (await team.ask(f"{PAIR} --anew")).failed


async def test_reactions_are_taken_however_many_there_are(team: Team, timer: FakeTimer) -> None:
    team = limited(team, timer, person=1, everybody=1)
    posted = await team.post(PAIR)
    for number in range(50):
        assert posted.ballot is not None
        mark = Mark(posted.ballot.id, "ada", 1, Via.REACTION, active=number % 2 == 0)
        assert (await team.core.mark(mark)).changed


async def test_button_votes_are_taken_up_to_what_a_person_can_press_and_then_refused_in_words(
    team: Team, timer: FakeTimer
) -> None:
    team = limited(team, timer, person=1, everybody=1)
    posted = await team.post(PAIR)
    assert posted.ballot is not None
    for _ in range(VOTES_FOR_EACH):
        assert (await team.core.press(ACME, posted.ballot.id, "bob", 1))[0].changed
    with pytest.raises(
        TooOften, match=r"^You have pressed 3 times on votes within a minute\. Please wait 60 seconds\."
    ):
        await team.core.press(ACME, posted.ballot.id, "bob", 1)
    assert await team.memory.votes.marks(posted.ballot.id, "bob") == ((1, "button"),)
    assert (await team.core.press(ACME, posted.ballot.id, "eve", 1))[0].changed


async def test_completion_falls_silent_for_who_types_faster_than_people_do(team: Team, timer: FakeTimer) -> None:
    team = limited(team, timer, person=2)
    for _ in range(2 * TYPED_FOR_EACH):
        assert await team.core.suggest(ACME, "ada", "mistral")
    assert await team.core.suggest(ACME, "ada", "mistral") == ()
    assert await team.core.suggest(ACME, "bob", "mistral")
    assert not (await team.ask("/help")).failed


async def test_ones_own_page_says_how_long_to_wait_and_nobodys_channels_are_looked_up(
    team: Team, timer: FakeTimer
) -> None:
    team = limited(team, timer, person=2)
    assert not (await team.home()).failed
    assert not (await team.home()).failed

    async def never() -> frozenset[str] | None:
        raise AssertionError("looked up")

    reply = await team.core.home(Request(ACME, GENERAL, Asker("ada"), ""), never)
    assert refused(reply) == "You have opened this page 2 times within a minute. Please wait 60 seconds."


async def test_without_limits_nobody_is_refused(team: Team) -> None:
    for _ in range(200):
        assert not (await team.ask("/help")).failed


@given(st.lists(st.integers(0, 60).map(lambda halves: halves / 2), max_size=40), st.integers(1, 4))
def test_no_minute_has_more_than_the_limit_and_none_is_refused_below_it(pauses: list[float], most: int) -> None:
    timer = FakeTimer()
    window, through = Window(most, timer), list[float]()
    for pause_s in pauses:
        timer.seconds += pause_s
        lately = len(through) - bisect_right(through, timer.seconds - 60)
        assert (window.wait_s("a") > 0) == (lately >= most)
        if window.wait_s("a") == 0:
            window.take("a")
            through.append(timer.seconds)


async def test_who_was_idle_for_a_minute_is_forgotten(timer: FakeTimer) -> None:
    window = Window(20, timer)
    for number in range(1_000):
        window.take(f"person {number}")
        window.take("busy")
        await timer.forward(1)
    assert len(window) <= 62
    assert not len(Window(0, timer))


def test_what_is_counted_does_not_use_up_anything_else(timer: FakeTimer) -> None:
    limits = Limits(person=1, timer=timer)
    for act in Act:
        for _ in range(act.for_each):
            limits.count(act, ACME, "ada")
        with pytest.raises(TooOften):
            limits.count(act, ACME, "ada")

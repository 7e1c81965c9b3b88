"""How teams come and go, and what is erased when they do not come back."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.model import Activity, Message, PersonData, Recorded, RunState, Scores, Tally, TeamAlias, TeamKey
from commands.ports import Room
from commands.voting import Counters
from tests.contracts.conftest import AWAY, HOME
from tests.contracts.make import ballot, bookmark, mark, subscription
from tests.fakes import FakeClock, Memory

LONG_AGO, NOW, EVER = 100, 200, 10**18
NUMBERS = count(1)


async def live(store: Memory, team: int, key: TeamKey, tools: tuple[int, ...]) -> int:
    """Leave something of every kind in a team; the id of its comparison."""
    first, card = next(NUMBERS), next(NUMBERS)
    await store.votes.open(ballot(first, team, tools[:3], message=Message(key.platform, "C1", f"m{first}")))
    await store.votes.open(ballot(card, team, tools[3:4], message=Message(key.platform, "C1", f"m{card}")))
    for person in ("ada", "bob"):
        await store.votes.record(mark(first, person, 1))
        await store.votes.record(mark(card, person, 1))
        await store.bookmarks.add(team, person, bookmark(tools[0]))
    await store.aliases.set_alias(team, TeamAlias("llama", tools[0], "ada", 5))
    weekly = await store.digests.subscribe(subscription(team, key))
    await store.digests.subscribe(subscription(team, key, "C2"))
    assert await store.digests.claim(weekly.next_due_us, room=Room(key.platform, 9, 9), lease_us=1, grace_us=1)
    await store.people.forget(team, "bob")
    return first


async def all_of(store: Memory, team: int, tools: tuple[int, ...], first: int) -> list[object]:
    """All that can be asked of a team."""
    weekly = await store.digests.subscription(team, "C1")
    return [
        await store.votes.ballot(first),
        await store.votes.marks(first, "ada"),
        await store.votes.to_repair(team, 0),
        await store.votes.recent(team, limit=9),
        await store.votes.activity(team, "C1", 0, EVER),
        await store.votes.scores(team, tools[:2]),
        await store.votes.stored_counters(team),
        await store.votes.rebuilt_counters(team),
        await store.people.data(team, "ada"),
        await store.bookmarks.of(team, "ada"),
        await store.aliases.aliases(team),
        await store.digests.of_team(team),
        await store.digests.runs(weekly.id, limit=9) if weekly else (),
    ]


def nothing(tools: tuple[int, ...]) -> list[object]:
    """What `all_of` a team is that has never done anything."""
    no_scores = Scores(dict.fromkeys(tools[:2], Tally()), {})
    none = Counters({}, {})
    nobody = PersonData(standings=(), marks=0, bookmarks=0, aliases=(), digests=(), comparisons=0)
    return [None, (), (), (), Activity((), 0, ()), no_scores, none, none, nobody, (), (), (), ()]


def without_pairs(told: list[object]) -> list[object]:
    """The same without the pairs of scores, which have zeroes."""
    return [replace(one, pairs={}) if isinstance(one, Scores) else one for one in told]


async def test_a_departure_stops_the_digests_and_keeps_everything_else(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    first = await live(store, team, HOME, tools)
    before = await all_of(store, team, tools, first)
    assert len(await store.digests.of_team(team)) == 2
    assert await store.teams.depart(HOME, NOW)
    assert await store.digests.of_team(team) == ()
    assert await store.digests.due(EVER, platform=HOME.platform) == 0
    assert await store.teams.team(HOME) == team
    after = await all_of(store, team, tools, first)
    assert after[:8] + after[9:11] == before[:8] + before[9:11]


async def test_only_the_first_word_of_a_departure_is_told(store: Memory, team: int) -> None:
    answers = await asyncio.gather(*[store.teams.depart(HOME, NOW + n % 2) for n in range(6)])
    assert sorted(answers) == [False] * 5 + [True]


async def test_a_team_nobody_knows_cannot_depart(store: Memory) -> None:
    assert not await store.teams.depart(TeamKey("slack", "T404"), NOW)
    assert await store.teams.purge(EVER) == 0


async def test_a_departure_older_than_the_arrival_changes_nothing(store: Memory, team: int) -> None:
    await store.teams.arrive(HOME, NOW)
    weekly = await store.digests.subscribe(subscription(team, HOME))
    assert not await store.teams.depart(HOME, NOW - 1)
    assert await store.digests.of_team(team) == (weekly,)
    assert await store.teams.purge(EVER) == 0
    assert await store.teams.depart(HOME, NOW)


async def test_an_arrival_makes_the_team_known(store: Memory) -> None:
    key = TeamKey("slack", "T9")
    await store.teams.arrive(key, NOW)
    await store.teams.arrive(key, LONG_AGO)
    assert not await store.teams.depart(key, NOW - 1)
    assert await store.teams.depart(key, NOW + 1)


async def test_an_arrival_calls_the_purge_off_and_leaves_the_digests_off(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    first = await live(store, team, HOME, tools)
    await store.teams.depart(HOME, LONG_AGO)
    gone = await all_of(store, team, tools, first)
    await store.teams.arrive(HOME, NOW)
    assert await store.teams.purge(EVER) == 0
    assert await store.teams.team(HOME) == team
    assert await all_of(store, team, tools, first) == gone
    assert await store.digests.of_team(team) == ()


async def test_a_purge_erases_all_of_the_teams_that_departed_before_and_of_nobody_else(
    store: Memory, team: int, other: int, tools: tuple[int, ...], clock: FakeClock
) -> None:
    third_key = TeamKey("slack", "T3")
    third = await store.teams.team(third_key)
    gone = await live(store, team, HOME, tools)
    kept = {
        other: await live(store, other, AWAY, tools),
        third: await live(store, third, third_key, tools),
    }
    await store.teams.depart(HOME, LONG_AGO)
    await store.teams.depart(third_key, NOW)
    before = {number: await all_of(store, number, tools, first) for number, first in kept.items()}
    assert await store.teams.purge(NOW) == 1
    assert await store.teams.purge(NOW) == 0
    assert without_pairs(await all_of(store, team, tools, gone)) == nothing(tools)
    assert {number: await all_of(store, number, tools, first) for number, first in kept.items()} == before
    assert [number async for number in store.votes.team_ids()] == sorted(kept)
    assert await store.votes.record(mark(gone, "ada", 1)) == Recorded(changed=False, ballot=None)
    assert len(await store.digests.of_team(other)) == 2
    assert await store.digests.due(EVER, platform=HOME.platform) == 0


async def test_a_team_that_comes_back_after_a_purge_is_a_new_one_with_an_id_never_used(
    store: Memory, team: int, other: int, tools: tuple[int, ...], clock: FakeClock
) -> None:
    await live(store, other, AWAY, tools)
    [weekly, _] = await store.digests.of_team(other)
    [run] = await store.digests.runs(weekly.id, limit=9)
    await store.teams.depart(AWAY, LONG_AGO)
    assert await store.teams.purge(NOW) == 1
    await store.teams.arrive(AWAY, NOW)
    again = await store.teams.team(AWAY)
    assert again not in (team, other)
    assert again == await store.teams.team(AWAY)
    anew = await store.digests.subscribe(subscription(again, AWAY))
    extra = await store.digests.open_run(anew, due_us=5, lease_us=9)
    assert anew.id != weekly.id
    assert extra is not None
    assert extra.id != run.id
    await store.votes.open(ballot(next(NUMBERS), again, tools[:2], posted_us=LONG_AGO))
    forgotten_before = mark(Message("terminal", "C1", f"m{next(NUMBERS) - 1}"), "bob", 1, clock.now_us)
    assert (await store.votes.record(forgotten_before)).changed


async def test_somebody_forgotten_in_a_team_that_stays_remains_forgotten(
    store: Memory, team: int, other: int, tools: tuple[int, ...], clock: FakeClock
) -> None:
    await live(store, other, AWAY, tools)
    first = await live(store, team, HOME, tools)
    await store.teams.depart(AWAY, LONG_AGO)
    assert await store.teams.purge(NOW) == 1
    assert not (await store.votes.record(mark(first, "bob", 1, clock.now_us))).changed


async def test_a_purge_takes_only_what_departed_before_that_very_instant(store: Memory, team: int) -> None:
    await store.teams.depart(HOME, NOW)
    assert await store.teams.purge(NOW) == 0
    assert await store.teams.purge(NOW + 1) == 1


moves = st.lists(st.tuples(st.sampled_from(["arrive", "depart"]), st.integers(1, 6)), min_size=1, max_size=8)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(said=moves, data=st.data())
async def test_comings_and_goings_in_any_order_with_repeats_end_the_same(
    store: Memory, said: list[tuple[str, int]], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(said + data.draw(st.lists(st.sampled_from(said), max_size=3))))
    last = {kind: max((at_us for told, at_us in said if told == kind), default=0) for kind in ("arrive", "depart")}
    left = last["depart"] and last["depart"] >= last["arrive"]
    for order in (said, again):
        key = TeamKey("slack", f"T-{next(NUMBERS)}")
        team = await store.teams.team(key)
        for kind, at_us in order:
            if kind == "arrive":
                await store.teams.arrive(key, at_us)
            else:
                await store.teams.depart(key, at_us)
        await store.teams.purge(last["depart"])
        assert await store.teams.team(key) == team
        await store.teams.purge(last["depart"] + 1)
        assert (await store.teams.team(key) != team) is bool(left)
        await store.teams.depart(key, EVER)
        await store.teams.purge(EVER + 1)


@pytest.mark.parametrize("state", [RunState.CLAIMED, RunState.ATTEMPTED])
async def test_a_run_that_was_under_way_is_gone_with_its_team(
    store: Memory, other: int, state: RunState, tools: tuple[int, ...]
) -> None:
    weekly = await store.digests.subscribe(subscription(other, AWAY))
    room = Room(AWAY.platform, 1, 1)
    [run] = await store.digests.claim(weekly.next_due_us, room=room, lease_us=1, grace_us=1)
    assert await store.digests.advance(run.id, state, expected=RunState.CLAIMED)
    await store.teams.depart(AWAY, LONG_AGO)
    await store.teams.purge(NOW)
    assert not await store.digests.advance(run.id, RunState.POSTED, expected=state)
    assert await store.digests.reclaim(EVER, room=room, lease_us=EVER) == ()

"""Random histories, told to a store and to the memory it must agree with."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.model import Ballot, Mark, TeamKey, Via
from tests.contracts.make import ballot
from tests.fakes import FakeClock, Memory

PEOPLE = ("ada", "bob", "cy")
TOOLS = 5
BALLOTS = 4
NUMBERS = count(1)

shared = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
"""The fixtures are made once for all examples, so each example is a team of its own."""

Shape: TypeAlias = tuple[tuple[int, ...], int]
"""A ballot's tools, by place, and when it is posted."""

shapes = st.lists(
    st.tuples(st.lists(st.integers(0, TOOLS - 1), min_size=1, max_size=4, unique=True).map(tuple), st.integers(1, 3)),
    min_size=BALLOTS,
    max_size=BALLOTS,
)
keys = st.tuples(st.integers(0, BALLOTS - 1), st.sampled_from(PEOPLE), st.integers(0, 4), st.sampled_from(list(Via)))
times = st.one_of(st.none(), st.integers(1, 30))


@dataclass
class Scene:
    """One example: a team with ballots, in the store under test and in a memory of its own."""

    store: Memory
    model: Memory
    team: int
    ballots: list[Ballot]
    read_from: tuple[int, int] = (0, 0)

    @classmethod
    async def set(cls, store: Memory, clock: FakeClock, tools: tuple[int, ...], shape: list[Shape]) -> "Scene":
        model = Memory(clock)
        team = await store.teams.team(TeamKey("terminal", f"team {next(NUMBERS)}"))
        ballots = [
            ballot(next(NUMBERS) + 10**6, team, [tools[place] for place in places], posted_us=posted_us)
            for places, posted_us in shape
        ]
        for one in ballots:
            await store.votes.open(one)
            await model.votes.open(one)
        return cls(store, model, team, ballots)

    def mark(self, key: tuple[int, str, int, Via], at_us: int | None, *, active: bool) -> Mark:
        place, person, option, via = key
        chosen = self.ballots[place]
        return Mark(chosen.id, person, min(option, len(chosen.tools)), via, active, at_us)

    async def record(self, marks: list[Mark]) -> None:
        """Record marks at once, some of them together, which is the same as one after another in order of arrival."""
        half, votes = len(marks) // 2, self.store.votes
        together, *each = await asyncio.gather(
            votes.record_all(marks[:half]), *[votes.record(mark) for mark in marks[half:]]
        )
        answers = [*together, *each]
        assert answers == [await self.model.votes.record(mark) for mark in marks]

    async def agree(self) -> None:
        """See that store, memory and a rebuild say the same."""
        for ask in self.questions():
            assert await ask(self.store) == await ask(self.model)
        assert await self.store.votes.stored_counters(self.team) == await self.store.votes.rebuilt_counters(self.team)
        assert not await self.store.votes.rebuild(self.team)

    def questions(self) -> list[Callable[[Memory], Awaitable[object]]]:
        team = self.team
        return [
            lambda ports: ports.votes.stored_counters(team),
            lambda ports: ports.votes.to_repair(team, 10),
            *[lambda ports, person=person: ports.people.data(team, person) for person in PEOPLE],
            *[
                lambda ports, number=one.id, person=person: ports.votes.marks(number, person)
                for one in self.ballots
                for person in PEOPLE
            ],
        ]


@st.composite
def steps(draw: st.DrawFn) -> Callable[[Scene, FakeClock], Awaitable[None]]:
    """One thing that happens."""
    kind = draw(st.sampled_from(["marks", "marks", "marks", "repair", "forget", "read", "tick", "freeze"]))
    burst = draw(st.lists(st.tuples(keys, times, st.booleans()), min_size=1, max_size=8))
    place = draw(st.integers(0, BALLOTS - 1))
    person = draw(st.sampled_from(PEOPLE))
    seen = draw(st.frozensets(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 4)), max_size=5))
    complete = draw(st.booleans())
    away_us = draw(st.integers(0, 20))
    tick = draw(st.integers(-5, 10))

    async def happen(scene: Scene, clock: FakeClock) -> None:
        ports = (scene.store, scene.model)
        if kind == "marks":
            await scene.record([scene.mark(key, at_us, active=active) for key, at_us, active in burst])
        elif kind == "repair":
            changed = [
                await port.votes.repair(
                    scene.ballots[place].id, seen, read_from=read_from, away_us=away_us, complete=complete
                )
                for port, read_from in zip(ports, scene.read_from, strict=True)
            ]
            assert changed[0] == changed[1]
        elif kind == "forget":
            for port in ports:
                await port.people.forget(scene.team, person)
        elif kind == "freeze":
            for port in ports:
                await port.votes.freeze(scene.ballots[place].id)
        elif kind == "read":
            scene.read_from = (await scene.store.votes.revision(), await scene.model.votes.revision())
        else:
            clock.now_us = max(1, clock.now_us + tick)

    return happen


@shared
@given(shape=shapes, history=st.lists(steps(), max_size=25))
async def test_any_history_ends_the_same_as_in_memory_and_as_a_rebuild(
    store: Memory,
    clock: FakeClock,
    tools: tuple[int, ...],
    shape: list[Shape],
    history: list[Callable[[Scene, FakeClock], Awaitable[None]]],
) -> None:
    clock.now_us = 15
    scene = await Scene.set(store, clock, tools, shape)
    for happen in history:
        await happen(scene, clock)
    await scene.agree()


marks = st.dictionaries(st.tuples(keys, st.integers(1, 30)), st.booleans(), min_size=1, max_size=25)
"""Marks with times, each time of a key either on or off."""


@shared
@given(shape=shapes, said=marks, data=st.data())
async def test_marks_in_any_order_with_repeats_end_the_same(
    *, store: Memory, clock: FakeClock, tools: tuple[int, ...], shape: list[Shape], said: dict, data: st.DataObject
) -> None:
    first, second = [await Scene.set(store, clock, tools, shape) for _ in range(2)]
    told = [(key, at_us, active) for (key, at_us), active in said.items()]
    again = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=10))))
    # Options above a ballot's last fall on it, so that one mark may be told at one time both on and off; leave those.
    known: dict[tuple[object, ...], bool] = {}
    for scene, order in ((first, told), (second, again)):
        whole = [scene.mark(key, at_us, active=active) for key, at_us, active in order]
        place = {one.id: number for number, one in enumerate(scene.ballots)}
        cells = [(place[m.ballot], m.person, m.option, m.via, m.at_us) for m in whole]
        await scene.record(
            [m for m, cell in zip(whole, cells, strict=True) if known.setdefault(cell, m.active) == m.active]
        )
        await scene.agree()
    assert await store.votes.stored_counters(first.team) == await store.votes.stored_counters(second.team)


@shared
@given(shape=shapes, base=marks, more=marks)
async def test_taking_away_all_that_was_added_restores_the_counters(
    *, store: Memory, clock: FakeClock, tools: tuple[int, ...], shape: list[Shape], base: dict, more: dict
) -> None:
    scene = await Scene.set(store, clock, tools, shape)
    await scene.record([scene.mark(key, at_us, active=active) for (key, at_us), active in base.items()])
    before = await store.votes.stored_counters(scene.team)
    added = [
        scene.mark((place, "newcomer", option, via), at_us, active=True) for ((place, _, option, via), at_us) in more
    ]
    await scene.record(added)
    await scene.record([Mark(m.ballot, m.person, m.option, m.via, active=False, at_us=31) for m in added])
    assert await store.votes.stored_counters(scene.team) == before
    await scene.agree()

"""What the SQLite store keeps beyond the ports' promises: constraints, repair of counters, erasure."""

import sqlite3
from pathlib import Path

import pytest

from bot.storage.store import Store
from commands.model import TeamKey
from tests.contracts.make import ballot, bookmark, entry, ignore, mark
from tests.fakes import FakeClock


@pytest.fixture
async def team(sqlite: Store) -> int:
    """A team with tools 1 to 3, ballot 1 between the first two, and Ada's mark on it."""
    team = await sqlite.teams.team(TeamKey("terminal", "home"))
    await sqlite.catalogue.load([entry(slug) for slug in "abc"], categories={}, progress=ignore)
    await sqlite.votes.open(ballot(1, team, (1, 2)))
    await sqlite.votes.record(mark(1, "ada", 1, 5))
    return team


async def execute(store: Store, sql: str) -> None:
    await store.database._writing.execute_fetchall(sql)


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO marks VALUES ('bob', 1, 3, 'reaction', 1, 5, 1)",
        "INSERT INTO marks VALUES ('bob', 2, 1, 'reaction', 1, 5, 1)",
        "INSERT INTO marks VALUES ('bob', 1, 1, 'carrier pigeon', 1, 5, 1)",
        "INSERT INTO marks VALUES ('bob', 1, 1, 'reaction', 2, 5, 1)",
        "INSERT INTO marks VALUES ('bob', 1, 1, 'reaction', 1, 'noon', 1)",
        "INSERT INTO marks VALUES ('', 1, 1, 'reaction', 1, 5, 1)",
        "INSERT INTO marks VALUES ('bob' || char(0), 1, 1, 'reaction', 1, 5, 1)",
        "INSERT INTO marks VALUES ('ada', 1, 1, 'reaction', 1, 9, 9)",
        "INSERT INTO ballot_options VALUES (1, 3, NULL)",
        "INSERT INTO ballot_options VALUES (1, 3, 404)",
        "INSERT INTO ballot_options VALUES (1, 3, 1)",
        "INSERT INTO ballot_options VALUES (1, 5, 3)",
        "UPDATE ballot_options SET tool = 3 WHERE ballot = 1 AND option = 0",
        "DELETE FROM ballot_options WHERE ballot = 1 AND option = 1",
        "DELETE FROM ballots WHERE id = 1",
        "UPDATE tallies SET ships = -1",
        "UPDATE pairs SET neither = -1",
        "INSERT INTO pairs VALUES (1, 2, 1, 0, 0, 0, 0)",
        "UPDATE standings SET verdict = 'perhaps'",
        "UPDATE standings SET verdict = 'ship', ballot = 0",
        "UPDATE reviews SET score = 101",
        "INSERT INTO reviews VALUES (1, 'Plumber', 'ship', 'stated', 1, '', 'quote', '', NULL, NULL)",
        "INSERT INTO reviews VALUES (1, 'Builder', 'ship', 'stated', 101, '', 'quote', '', NULL, NULL)",
        "INSERT INTO teams (platform, external_id) VALUES ('terminal', 'home')",
        "INSERT INTO store (one, hash_key) VALUES (2, randomblob(32))",
    ],
)
async def test_the_database_itself_refuses_what_cannot_be(sqlite: Store, team: int, wrong: str) -> None:
    if wrong.startswith("UPDATE reviews"):
        await execute(
            sqlite, "INSERT INTO reviews VALUES (1, 'Builder', 'ship', 'stated', 9, '', 'quote', '', NULL, NULL)"
        )
    with pytest.raises(sqlite3.IntegrityError):
        await execute(sqlite, wrong)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE tallies SET ships = ships + 1 WHERE tool = 1",
        "DELETE FROM tallies",
        "DELETE FROM pairs",
        "INSERT INTO tallies VALUES (1, 3, 4, 4)",
        "UPDATE standings SET verdict = 'skip'",
        "UPDATE standings SET at_us = 4",
        "DELETE FROM standings",
        "INSERT INTO standings VALUES (1, 'ghost', 1, 'ship', 5, 1, 1)",
    ],
)
async def test_a_rebuild_mends_counters_whatever_happened_to_them(sqlite: Store, team: int, damage: str) -> None:
    await execute(sqlite, damage)
    assert await sqlite.votes.rebuild(team)
    assert not await sqlite.votes.rebuild(team)
    assert await sqlite.votes.stored_counters(team) == await sqlite.votes.rebuilt_counters(team)
    await sqlite.votes.record(mark(1, "ada", 1, 6, active=False))
    assert (await sqlite.votes.stored_counters(team)).tallies == {}


async def test_wrong_counters_are_seen_before_they_are_rebuilt(sqlite: Store, team: int) -> None:
    await execute(sqlite, "UPDATE tallies SET ships = ships + 1 WHERE tool = 1")
    assert await sqlite.votes.stored_counters(team) != await sqlite.votes.rebuilt_counters(team)


async def test_everything_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    clock = FakeClock()
    store = await Store.open(path, clock=clock)
    team = await store.teams.team(TeamKey("terminal", "home"))
    await store.catalogue.load([entry("a"), entry("b")], categories={"Models": ["M"]}, progress=ignore)
    await store.votes.open(ballot(1, team, (1, 2)))
    await store.votes.record(mark(1, "ada", 1))
    await store.bookmarks.add(team, "ada", bookmark(1))
    await store.transcript.append("here", "ada", "hello")
    await store.people.forget(team, "bob")
    seen = [
        await store.catalogue.names(),
        await store.votes.stored_counters(team),
        await store.people.data(team, "ada"),
        await store.transcript.last("here", 5),
    ]
    await store.close()
    store = await Store.open(path, clock=clock)
    assert await store.teams.team(TeamKey("terminal", "home")) == team
    assert seen == [
        await store.catalogue.names(),
        await store.votes.stored_counters(team),
        await store.people.data(team, "ada"),
        await store.transcript.last("here", 5),
    ]
    assert not (await store.votes.record(mark(1, "bob", 1, clock.now_us))).changed
    await store.close()


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_somebody_forgotten_is_nowhere_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    store = await Store.open(path, clock=FakeClock())
    team = await store.teams.team(TeamKey("terminal", "home"))
    await store.catalogue.load([entry("a"), entry("b")], categories={}, progress=ignore)
    await store.votes.open(ballot(1, team, (1, 2), asker="Zebulon"))
    await store.votes.record(mark(1, "Zebulon", 1))
    await store.bookmarks.add(team, "Zebulon", bookmark(1))
    await store.people.forget(team, "Zebulon")
    await store.close()
    assert everything_in(tmp_path).keys() == {path.name}
    assert b"Zebulon" not in everything_in(tmp_path)[path.name]


async def test_the_key_of_the_hashes_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    clock = FakeClock()
    for key, changed in ((b"k" * 32, False), (b"x" * 32, True)):
        store = await Store.open(path, clock=clock, hash_key=key)
        team = await store.teams.team(TeamKey("terminal", "home"))
        await store.catalogue.load([entry("a")], categories={}, progress=ignore)
        await store.votes.open(ballot(1, team, (1,)))
        if not changed:
            await store.people.forget(team, "ada")
        assert (await store.votes.record(mark(1, "ada", 1, clock.now_us))).changed is changed
        await store.close()

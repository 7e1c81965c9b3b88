"""Acknowledged means durable: the program is killed at random moments, and no acknowledged mark is missing."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from bot.storage.store import Store
from commands.model import TeamKey
from tests import stored
from tests.fakes import FakeClock

ROUNDS = 5
SOAK = 60
ROOT = Path(__file__).parents[3]
STORM = Path(__file__).with_name("storm.py")


async def stormed(path: Path, turn: int, seconds: float) -> list[str]:
    """Start a storm, kill it this long after the first acknowledged mark, and return what it told."""
    storm = await asyncio.create_subprocess_exec(
        *(sys.executable, STORM, path, str(turn)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        limit=2**24,
    )
    assert storm.stdout is not None
    first = await storm.stdout.readline()
    rest = asyncio.create_task(storm.stdout.read())
    await asyncio.wait([rest], timeout=seconds)
    storm.kill()
    await storm.wait()
    *whole, _cut = (first + await rest).decode().split("\n")
    return whole


@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(SOAK, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
async def test_every_acknowledged_mark_outlives_a_kill_and_counters_fit(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "shipworthy.db"
    acknowledged: dict[tuple[str, ...], tuple[int, int]] = {}
    for turn in range(rounds):
        for line in await stormed(path, turn, random.uniform(0.02, 0.4)):  # noqa: S311
            *key, active, at_us = line.split()
            acknowledged[tuple(key)] = max(acknowledged.get(tuple(key), (0, 0)), (int(at_us), int(active)))
        store = await Store.open(path, clock=FakeClock())
        rows = stored.rows(store, "SELECT ballot, person, option, via, at_us, active FROM marks")
        kept = {tuple(map(str, row[:4])): tuple(row[4:]) for row in rows}
        # A mark may have been committed and the program killed before it could tell.
        lost = {key: mark for key, mark in acknowledged.items() if kept.get(key, (0, 0)) < mark}
        assert not lost
        team = await store.teams.team(TeamKey("terminal", "home"))
        assert await store.votes.stored_counters(team) == await store.votes.rebuilt_counters(team)
        await store.close()
    assert len(acknowledged) > 100

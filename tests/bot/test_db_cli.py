"""`shipworthy db`: wrong counters are told and mended."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import app
from bot.cli import main
from bot.settings import Settings
from commands.model import Ballot, BallotKind, Channel, Mark, Message, TeamKey, Via


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database in which ana and bob voted on the first two tools, and cy in another team on the third."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "state.db"

    async def fill() -> None:
        async with app.store(Settings(), str(path)) as opened:
            tools = [name.id for name in await opened.catalogue.names()]
            for number, (team, voted, people) in enumerate(
                (("one", tools[:2], ("ana", "bob")), ("two", tools[2:3], ("cy",))), start=1
            ):
                key = await opened.teams.team(TeamKey("terminal", team))
                kind = BallotKind.COMPARISON if len(voted) > 1 else BallotKind.CARD
                message = Message("terminal", team, "1")
                ballot = Ballot(number, key, kind, tuple(voted), Channel(team), "ana", message, posted_us=1)
                await opened.votes.open(ballot)
                for person in people:
                    await opened.votes.record(Mark(number, person, 1, Via.REACTION, active=True))

    asyncio.run(fill())
    return path


def run(name: str, db: Path) -> Result:
    return CliRunner().invoke(main, ["db", name, "--db", str(db)])


def tamper(db: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(db)) as conn, conn:
        conn.execute(sql)


def test_right_counters_are_found_right_and_left_alone(db: Path) -> None:
    for _ in range(2):
        checked = run("check", db)
        assert (checked.exit_code, checked.stdout) == (0, "2 teams checked, none with wrong counters\n")
        rebuilt = run("rebuild", db)
        assert (rebuilt.exit_code, rebuilt.stdout) == (0, "2 teams checked, none mended\n")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "UPDATE tallies SET ships = 9 WHERE team = 1 AND tool = 1",
            "tool 1: stored 9 ship / 0 skip, its marks say 2 ship",
        ),
        ("DELETE FROM tallies WHERE team = 1 AND tool = 2", "tool 2: stored nothing, its marks say 0 ship / 2 skip"),
        (
            "UPDATE pairs SET both = 3",
            "tools 1 and 2: stored 2 to 0, 3 both, 0 neither, their marks say 2 to 0, 0 both",
        ),
        ("DELETE FROM marks WHERE person = 'bob'", "tool 1: stored 2 ship / 0 skip, its marks say 1 ship / 0 skip"),
    ],
)
def test_wrong_counters_are_told_with_exit_code_1_until_they_are_rebuilt(db: Path, sql: str, told: str) -> None:
    tamper(db, sql)
    for _ in range(2):
        checked = run("check", db)
        assert checked.exit_code == 1
        assert f"team 1: {told}" in checked.stdout
        assert checked.stdout.endswith("2 teams checked, 1 with wrong counters\n")
        assert checked.stderr == "Run shipworthy db rebuild to mend them.\n"
    rebuilt = run("rebuild", db)
    assert (rebuilt.exit_code, rebuilt.stdout) == (0, "2 teams checked, 1 mended\n")
    assert run("check", db).exit_code == 0


def test_checking_writes_no_counters(db: Path) -> None:
    tamper(db, "UPDATE tallies SET ships = 9 WHERE team = 1 AND tool = 1")
    run("check", db)
    with contextlib.closing(sqlite3.connect(db)) as conn:
        assert conn.execute("SELECT ships FROM tallies WHERE team = 1 AND tool = 1").fetchall() == [(9,)]

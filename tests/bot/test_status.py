"""`shipworthy status`: what stands in a database, read without changing it."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.status import COUNTED, lines, read
from bot.storage.store import Store, Where
from bot.storage.whole import reading
from commands.model import RunState, TeamKey
from tests import program
from tests.bot.full import HOUR_US, SECOND, contents, fill
from tests.contracts.make import WEEK_US, mark, subscription
from tests.fakes import FakeClock

NOW_US = 10 * WEEK_US + 3 * HOUR_US
"""The digests of `fill` were due three hours ago."""


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    if request.param == "sqlite":
        return tmp_path / "state.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


async def test_it_tells_what_an_operator_asks_first(where: Where) -> None:
    await fill(where)
    store = await Store.open(where, clock=FakeClock())
    try:
        await store.teams.depart(SECOND, 10**17)
        await store.digests.unsubscribe(2, "C-77")
        later = await store.digests.subscribe(subscription(1, TeamKey("slack", "T1"), "C2", next_due_us=20 * WEEK_US))
        for week, state in enumerate((RunState.FAILED, RunState.UNCONFIRMED, RunState.FAILED)):
            run = await store.digests.open_run(later, due_us=NOW_US - week * 4 * HOUR_US * 20, lease_us=1)
            assert run is not None
            assert await store.digests.advance(run.id, state, expected=RunState.CLAIMED)
    finally:
        await store.close()
    async with reading(where) as whole:
        found = await read(whole, NOW_US)
    first, *rest = lines(found)
    kind = "SQLite" if isinstance(where, Path) else "PostgreSQL"
    assert first.startswith(f"database: {found.database} ({kind}, format ")
    assert found.bytes > 100_000
    assert rest == [
        "teams: discord 1 (1 removed the bot), slack 1",
        f"votes: 6 ballots, {len((await contents(where))['marks'])} marks",
        "tools: 3 (catalogue revision 2)",
        "digests: 2 channels, 1 due now, the first for 3 h 0 min",
        "runs: 2 in flight; in the last seven days 1 unconfirmed, 2 failed",
        "last connected: slack 1970-01-01 10:00 UTC, 69 d 17 h ago",
        "Slack workspaces that installed the app: 1",
        "shipworthy db check tells whether the vote counters are right; nothing else does.",
    ]


async def test_runs_older_than_a_week_and_digests_that_are_not_due_are_told_so(where: Where) -> None:
    await fill(where)
    async with reading(where) as whole:
        early, late = await read(whole, 9 * WEEK_US), await read(whole, 11 * WEEK_US)
    assert "digests: 2 channels, the next due 1970-03-12 00:00 UTC, in 7 d 0 h" in lines(early)
    assert "digests: 2 channels, 2 due now, the first for 7 d 0 h" in lines(late)


async def test_an_empty_database_says_so(where: Where) -> None:
    await (await Store.open(where, clock=FakeClock())).close()
    async with reading(where) as whole:
        said = lines(await read(whole, NOW_US))
    assert {"teams: none yet", "digests: 0 channels, none due", "last connected: never"} < set(said)


async def test_many_marks_are_told_about(where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(where)
    store = await Store.open(where, clock=FakeClock())
    try:
        await asyncio.gather(*[store.votes.record(mark(2, f"P{n}", 1)) for n in range(400)])
    finally:
        await store.close()
    if isinstance(where, str):
        import asyncpg  # noqa: PLC0415 - the one test that has it look

        conn = await asyncpg.connect(where)
        await conn.execute("ANALYZE")
        await conn.close()
    monkeypatch.setattr("bot.status.COUNTED", 100)
    async with reading(where) as whole:
        found = await read(whole, NOW_US)
    assert not found.marks_exact
    assert found.marks == len((await contents(where))["marks"])
    assert "votes: 6 ballots, about 470 marks" in lines(found)
    assert COUNTED > 100_000


async def test_the_program_prints_plain_lines_or_json_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await fill(path)
    before = path.read_bytes()
    plain = await asyncio.to_thread(program.run, "status", "--db", str(path), folder=tmp_path)
    told = await asyncio.to_thread(program.run, "status", "--json", "--db", str(path), folder=tmp_path)
    assert (plain.returncode, plain.stderr, told.returncode, told.stderr) == (0, "", 0, "")
    assert len(plain.stdout.splitlines()) == 9
    found = json.loads(told.stdout)
    assert found["database"] == str(path)
    assert found["teams"] == [
        {"platform": "discord", "teams": 1, "gone": 0},
        {"platform": "slack", "teams": 1, "gone": 0},
    ]
    assert found["digests"]["due"] == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("db", "words"),
    [
        ("none.db", "There is no database at none.db"),
        ("postgresql://ana:s3cret@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x cannot be reached"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_shows_no_password(tmp_path: Path, db: str, words: str) -> None:
    done = program.run("status", "--db", db, folder=tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert words in done.stderr
    assert "s3cret" not in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_postgresql_database_without_our_tables_is_told_and_left_so(postgres_server, tmp_path: Path) -> None:  # noqa: ANN001 - a fixture
    with postgres_server.bare() as url:
        done = program.run("status", "--db", url, folder=tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "holds nothing of Shipworthy's" in done.stderr
        name = url.rpartition("/")[2]
        assert postgres_server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=name) == "0"

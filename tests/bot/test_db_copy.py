"""`shipworthy db copy`: everything arrives, between both kinds of database, whatever breaks in between."""

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bot import app
from bot.copying import transfer
from bot.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.store import Store, Where
from bot.storage.whole import reading, writing
from commands.model import TeamKey
from tests import program
from tests.bot.full import FIRST, add_rows, contents, fill
from tests.contracts.make import WEEK_US, entry, mark, subscription
from tests.fakes import FakeClock
from tests.postgres import Server

WAYS = [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"), ("postgres", "postgres")]
LARGE = 60_000
ROUNDS = 3
REVISION = 5
"""The place of a mark's revision among its columns, in order of their names."""


New = Callable[[str], Where]


@pytest.fixture
def new(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[New]:
    """Makes a place for a database of either kind, where there is none yet."""
    with contextlib.ExitStack() as made:

        def place(kind: str) -> Where:
            if kind == "sqlite":
                return tmp_path / f"{random.randbytes(4).hex()}.db"  # noqa: S311 - a name
            server: Server = request.getfixturevalue("postgres_server")
            return made.enter_context(server.bare())

        yield place


@contextlib.asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Store]:
    """The ports on a database."""
    store = await Store.open(where, clock=FakeClock())
    try:
        yield store
    finally:
        await store.close()


def ignore(line: str) -> None:
    """Progress nobody looks at."""


def copy(source: Where, target: Where, folder: Path) -> tuple[int, str, str]:
    """Run the program: its exit status, the last line it printed, and what it said on standard error."""
    done = program.run("db", "copy", str(source), str(target), folder=folder)
    return done.returncode, (done.stdout.splitlines() or [""])[-1], done.stderr


@pytest.mark.parametrize(("one", "other"), WAYS)
async def test_everything_arrives_and_the_source_stays_as_it_was(new: New, one: str, other: str) -> None:
    source, target = new(one), new(other)
    await fill(source)
    before = await contents(source)
    assert [table for table, rows in before.items() if not rows] == []
    assert await transfer(source, target, ignore) == 0
    assert await contents(target) == before == await contents(source)


@pytest.mark.parametrize(("one", "other"), WAYS)
async def test_new_ids_and_revisions_go_on_where_the_source_stood_and_the_forgotten_stay_so(
    new: New, one: str, other: str
) -> None:
    source, target = new(one), new(other)
    await fill(source)
    await transfer(source, target, ignore)
    before = await contents(source)
    kept = before["kept"]
    async with opened(target) as store:
        team = await store.teams.team(TeamKey("slack", "T-new"))
        weekly = await store.digests.subscribe(subscription(team, TeamKey("slack", "T-new")))
        run = await store.digests.open_run(weekly, due_us=WEEK_US, lease_us=1)
        assert run is not None
        assert team > kept.team >= 3, "the third was erased"
        assert weekly.id > kept.subscription >= 3
        assert run.id > kept.run >= 3
        assert await store.teams.team(FIRST) == 1
        assert not (await store.votes.record(mark(1, "U1", 1, 5))).changed, "an older reaction of somebody forgotten"
        await store.votes.record(mark(1, "U2", 1, 10**17))
        assert await store.votes.revision() > kept.mark
        await store.catalogue.load([entry("b", pricing="Dearer")], categories={}, progress=lambda _: None)
    after = await contents(target)
    assert len(after["tool_changes"]) == len(before["tool_changes"]) + 1
    assert [row[REVISION] > kept.mark for row in after["marks"] if 10**17 in row] == [True]


async def test_what_is_written_while_it_runs_is_not_in_the_copy_and_harms_nothing(new: New) -> None:
    source, target = new("sqlite"), new("sqlite")
    await fill(source)
    before = await contents(source)
    async with opened(source) as store:
        written = []

        def tell(line: str) -> None:
            if not written:
                written.append(asyncio.ensure_future(store.votes.record(mark(2, "U-late", 1, 10**17))))

        assert await transfer(source, target, tell) == 0
        assert (await written[0]).changed
    assert await contents(target) == before != await contents(source)


@pytest.mark.parametrize(("one", "other"), WAYS[:2])
async def test_killed_anywhere_the_same_command_ends_right(new: New, one: str, other: str, tmp_path: Path) -> None:
    large = new("sqlite")
    assert isinstance(large, Path)
    await fill(large)
    await add_rows(large, LARGE)
    source, target = large, new(other)
    if one == "postgres":
        source = new(one)
        await transfer(large, source, ignore)
    for _ in range(ROUNDS):
        process = await asyncio.create_subprocess_exec(
            *(*program.PROGRAM, "db", "copy", str(source), str(target)),
            cwd=tmp_path,
            env=program.environment(),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        first = await process.stdout.readline()
        rest = asyncio.create_task(process.stdout.read())
        await asyncio.wait([rest], timeout=random.uniform(0, 1.5))  # noqa: S311
        if process.returncode is None:
            process.kill()
        await process.wait()
        last = (first + await rest).decode().splitlines()[-1]
        async with writing(target) as whole:
            # Nothing at all, or it had just come to its end and everything is there.
            assert not await whole.holds("tools") or "holds everything" in last or "votes" in last
    status, last, _ = await asyncio.to_thread(copy, source, target, tmp_path)
    assert status == 0
    assert last.endswith("its counters are what the votes say")
    assert await contents(target) == await contents(source)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_copy_that_is_there_already_is_left_alone_and_any_other_database_refused(new: New, kind: str) -> None:
    source, target = new("sqlite"), new(kind)
    await fill(source)
    await transfer(source, target, ignore)
    there = await contents(target)
    told: list[str] = []
    assert await transfer(source, target, told.append) == 0
    assert "holds everything already" in told[0]
    async with opened(source) as store:
        await store.votes.record(mark(2, "U-late", 1, 10**17))
    with pytest.raises(StorageError, match=r"is not empty: it holds rows of an earlier state of the same database"):
        await transfer(source, target, ignore)
    another = new("sqlite")
    await fill(another)
    with pytest.raises(StorageError, match=r"is not empty: it holds rows \(.*name an empty database"):
        await transfer(another, target, ignore)
    assert await contents(target) == there


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_database_with_nothing_but_the_shipped_tools_counts_as_empty(new: New, kind: str) -> None:
    source, target = new("sqlite"), new(kind)
    await fill(source)
    async with app.store(Settings(), str(target)):
        pass
    assert (await contents(target))["tools"]
    assert await transfer(source, target, ignore) == 0
    assert await contents(target) == await contents(source)


async def test_rows_that_do_not_arrive_are_told_and_nothing_is_kept(new: New, tmp_path: Path) -> None:
    source, target = new("sqlite"), new("sqlite")
    await fill(source)
    async with opened(target):
        pass
    with contextlib.closing(sqlite3.connect(target)) as conn, conn:
        conn.execute("CREATE TRIGGER t BEFORE INSERT ON bookmarks WHEN new.team = 2 BEGIN SELECT RAISE(IGNORE); END")
    status, _, said = await asyncio.to_thread(copy, source, target, tmp_path)
    assert status == 1
    assert said == "Error: Nothing was kept, for not everything arrived: bookmarks has 0 rows instead of 1.\n"
    async with reading(target) as whole:
        assert not [table for table in await whole.tables() if await whole.holds(table)]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_counters_that_were_wrong_are_copied_told_and_end_in_exit_status_1(
    new: New, kind: str, tmp_path: Path
) -> None:
    source, target = new("sqlite"), new(kind)
    await fill(source)
    with contextlib.closing(sqlite3.connect(source)) as conn, conn:
        conn.execute("UPDATE tallies SET ships = ships + 1 WHERE team = 2 AND tool = 3")
    status, last, said = await asyncio.to_thread(copy, source, target, tmp_path)
    assert (status, said) == (1, "")
    assert last.endswith("counters that do not fit the votes: 1; shipworthy db rebuild mends them")
    done = await asyncio.to_thread(program.run, "db", "rebuild", "--db", str(target), folder=tmp_path)
    assert done.stdout == "2 teams checked, 1 mended\n"


async def test_counters_are_rebuilt_rightly_from_any_portion_of_marks(
    new: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = new("sqlite")
    await fill(source)
    for portion in (1, 2, 3, 7):
        monkeypatch.setattr("bot.storage.sqlite.whole.PORTION", portion)
        assert await transfer(source, new("sqlite"), ignore) == 0


async def test_what_cannot_be_copied_is_one_line_that_shows_no_password(new: New, tmp_path: Path) -> None:
    source = new("sqlite")
    await fill(source)
    (tmp_path / "notes.txt").write_text("Dear diary")
    for one, other, words in (
        (tmp_path / "none.db", tmp_path / "to.db", "There is no database at"),
        (tmp_path / "notes.txt", tmp_path / "to.db", "is not a database"),
        (source, "postgresql://ana:s3cret@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x cannot be reached"),
        ("postgresql://ana:s3cret@127.0.0.1:1/x", tmp_path / "to.db", "postgresql://127.0.0.1:1/x cannot be reached"),
        (source, "https://example.com", "--db takes a file"),
        (source, source, "cannot be copied into itself"),
    ):
        status, printed, said = await asyncio.to_thread(copy, one, other, tmp_path)
        assert (status, printed, len(said.splitlines())) == (1, "", 1)
        assert words in said
        assert "s3cret" not in said
    assert not (tmp_path / "to.db").exists()


async def test_a_source_of_another_version_is_not_touched(new: New) -> None:
    source = new("sqlite")
    await fill(source)
    for version, words in ((1, "older version"), (99, "newer version")):
        with contextlib.closing(sqlite3.connect(source)) as conn:
            conn.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(StorageError, match=words):
            await transfer(source, new("sqlite"), ignore)


async def test_both_kinds_have_the_same_tables_and_columns(new: New) -> None:
    found = []
    for kind in ("sqlite", "postgres"):
        async with writing(new(kind)) as whole:
            found.append({table: set(columns) for table, columns in (await whole.tables()).items()})
    assert found[0] == found[1]
    assert {"teams", "marks", "slack_installations"} < found[0].keys()


async def test_of_two_copies_at_once_into_one_server_the_second_waits_and_finds_everything_there(new: New) -> None:
    source, target = new("sqlite"), new("postgres")
    await fill(source)
    assert await asyncio.gather(*[transfer(source, target, ignore) for _ in range(2)]) == [0, 0]
    assert await contents(target) == await contents(source)

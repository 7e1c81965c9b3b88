"""Files that cannot be used, and disks that fail: a clear message, and nothing damaged."""

import asyncio
import contextlib
import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.storage.errors import StorageError
from bot.storage.sqlite import database
from bot.storage.store import Store
from commands.errors import Unavailable
from commands.model import TeamKey
from tests.contracts.make import ballot, entry, ignore, mark
from tests.fakes import FakeClock

NOBODY = 65_534


async def refused(path: Path) -> str:
    """What opening this file says; the file is to stay as it was."""
    before = content(path)
    with pytest.raises(StorageError) as refusal:
        await Store.open(path, clock=FakeClock())
    assert content(path) == before
    assert str(path) in str(refusal.value)
    return str(refusal.value)


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


async def made(path: Path) -> None:
    """A database with a team in it, closed again."""
    store = await Store.open(path, clock=FakeClock())
    await store.teams.team(TeamKey("terminal", "home"))
    await store.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, today I will not be a database.\n" * 100)
    assert "not a database" in await refused(path)


async def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "folder" in await refused(tmp_path)


async def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be opened" in await refused(tmp_path / "file" / "shipworthy.db")


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    await made(tmp_path / "a" / "b" / "shipworthy.db")
    assert (tmp_path / "a" / "b" / "shipworthy.db").exists()


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "shipworthy.db").touch()
    await made(tmp_path / "shipworthy.db")


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE photos (id INTEGER)")
    assert "another program's" in await refused(path)


async def test_a_file_from_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    await made(path)
    with contextlib.closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    assert "newer version" in await refused(path)


@pytest.mark.parametrize("start", [0, 16, 100])
async def test_a_damaged_beginning_is_refused(tmp_path: Path, start: int) -> None:
    path = tmp_path / "shipworthy.db"
    await made(path)
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * 3000)
    assert "damaged" in await refused(path)


async def test_damage_deeper_down_is_said_when_it_is_met(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    store = await Store.open(path, clock=FakeClock())
    entries = [entry(f"tool-{number}", description="words " * 200) for number in range(500)]
    await store.catalogue.load(entries, categories={}, progress=ignore)
    await store.close()
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size - 400_000)
        file.write(b"\xa5" * 300_000)
    store = await Store.open(path, clock=FakeClock())
    with pytest.raises(Unavailable, match="damaged"):
        await store.catalogue.tools(list(range(1, 501)))
    await store.close()


@contextlib.contextmanager
def without_privileges() -> Iterator[Path]:
    """A folder, and the rights of somebody who is not root, whom no permission holds back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, -1)
            os.seteuid(NOBODY)
            try:
                yield path
            finally:
                os.seteuid(0)
        else:
            yield path
        path.chmod(0o700)


async def test_a_file_that_may_not_be_written_is_refused() -> None:
    with without_privileges() as folder:
        path = folder / "shipworthy.db"
        await made(path)
        path.chmod(0o444)
        assert "permissions" in await refused(path)


async def test_a_folder_that_may_not_be_written_is_refused() -> None:
    with without_privileges() as folder:
        path = folder / "shipworthy.db"
        await made(path)
        folder.chmod(0o555)
        with pytest.raises(StorageError, match="folder"):
            await Store.open(path, clock=FakeClock())
        with pytest.raises(StorageError, match=r"opened|folder"):
            await Store.open(folder / "new.db", clock=FakeClock())


@contextlib.contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A disk that takes no more, as far as this process can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 6000, 20_000, 60_000])
async def test_a_disk_that_fails_at_the_first_start_leaves_nothing_in_the_way(tmp_path: Path, size: int) -> None:
    path = tmp_path / "shipworthy.db"
    with files_no_larger_than(size), pytest.raises(StorageError, match=r"shipworthy\.db"):
        await Store.open(path, clock=FakeClock())
    await made(path)


async def test_on_a_full_disk_writes_are_refused_reads_go_on_and_nothing_is_lost(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "shipworthy.db", clock=FakeClock())
    team = await store.teams.team(TeamKey("terminal", "home"))
    await store.catalogue.load([entry("a"), entry("b")], categories={}, progress=ignore)
    tools = [name.id for name in await store.catalogue.names()]
    await store.votes.open(ballot(1, team, tools))
    await store.votes.record(mark(1, "ada", 1, 5))
    [(pages,)] = await store.database._writing.execute_fetchall("PRAGMA page_count")
    await store.database._writing.execute_fetchall(f"PRAGMA max_page_count = {pages}")
    marks = [mark(1, f"somebody with a long name {n:05}", 1, 5) for n in range(300)]
    answers = await asyncio.gather(*[store.votes.record(one) for one in marks], return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert refusals
    assert "full" in str(refusals[0])
    scores = await store.votes.scores(team, tools)
    assert scores.tallies[tools[0]].ships == 1 + len(answers) - len(refusals)
    await store.database._writing.execute_fetchall("PRAGMA max_page_count = 4294967294")
    await asyncio.gather(*[store.votes.record(one) for one in marks])
    assert (await store.votes.scores(team, tools)).tallies[tools[0]].ships == 301
    assert await store.votes.stored_counters(team) == await store.votes.rebuilt_counters(team)
    await store.close()


async def test_a_migration_that_fails_is_undone_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    await made(path)
    known = database.migrations()
    broken = tmp_path / f"{len(known) + 1:04}_broken.sql"
    broken.write_text("CREATE TABLE fine (id INTEGER);\nCREATE TABLE teams (id INTEGER);\n")
    async with database.connection(path) as conn:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            await database.migrate(conn, [*known, broken])
        [(version,)] = await conn.execute_fetchall("PRAGMA user_version")
        found = await conn.execute_fetchall("SELECT 1 FROM sqlite_master WHERE name = 'fine'")
    assert (version, list(found)) == (len(known), [])
    await made(path)


async def test_a_new_file_opened_by_several_at_once_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "shipworthy.db"
    stores = await asyncio.gather(*[Store.open(path, clock=FakeClock()) for _ in range(4)])
    teams = await asyncio.gather(*[store.teams.team(TeamKey("slack", "T1")) for store in stores])
    assert len(set(teams)) == 1
    for store in stores:
        await store.close()


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in database.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))

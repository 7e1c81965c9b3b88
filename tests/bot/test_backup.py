"""`shipworthy backup` and `restore`: everything in one file, taken while the bot goes on, and put back."""

import asyncio
import contextlib
import os
import random
import resource
import sqlite3
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from bot.backup import ASIDE, backup, restore
from bot.storage.errors import StorageError
from bot.storage.sqlite.database import connection, migrations
from bot.storage.store import Store
from commands.model import Mark, Via
from tests import program
from tests.bot.full import add_rows, contents, fill
from tests.fakes import FakeClock

NOBODY = 65_534
LARGE = 100_000


@pytest.fixture
async def live(tmp_path: Path) -> Path:
    """A database with rows in every table, in a folder of its own."""
    path = tmp_path / "live" / "shipworthy.db"
    await fill(path)
    return path


def ignore(line: str) -> None:
    """Progress nobody looks at."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(*words: str | Path, folder: Path) -> tuple[int, str, str]:
    """Run the program: its exit status, what it printed and what it said on standard error."""
    done = program.run(*map(str, words), folder=folder)
    return done.returncode, done.stdout, done.stderr


async def test_a_backup_holds_everything_for_its_owner_alone_and_is_restored_into_another_database(
    live: Path, tmp_path: Path
) -> None:
    file, other = tmp_path / "backup.db", tmp_path / "other.db"
    before = await contents(live)
    status, printed, said = await asyncio.to_thread(run, "backup", file, "--db", live, folder=tmp_path)
    assert (status, said) == (0, "")
    assert f"rows are in {file}" in printed
    assert "SHIPWORTHY_TOKEN_KEY" in printed
    assert "SHIPWORTHY_HASH_KEY" in printed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    status, printed, said = await asyncio.to_thread(run, "restore", file, "--db", other, folder=tmp_path)
    assert (status, said) == (0, "")
    assert printed.endswith(
        "Set SHIPWORTHY_TOKEN_KEY and SHIPWORTHY_HASH_KEY as they were: they are not in a backup.\n"
    )
    assert await contents(other) == before == await contents(live)
    assert names(tmp_path) == ["backup.db", "live", "other.db"]


async def test_a_backup_of_postgresql_is_restored_into_sqlite_and_back(
    postgres_url: str, live: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    await backup(live, first, ignore, force=False)
    assert await restore(first, postgres_url, ignore) == 0
    await backup(postgres_url, second, ignore, force=False)
    assert stat.S_IMODE(second.stat().st_mode) == 0o600
    assert await contents(postgres_url) == await contents(second) == await contents(live)
    assert await restore(second, tmp_path / "other.db", ignore) == 0
    assert await contents(tmp_path / "other.db") == await contents(live)


async def test_votes_go_on_during_a_backup_which_sees_one_state(live: Path, tmp_path: Path) -> None:
    await add_rows(live, LARGE)
    store = await Store.open(live, clock=FakeClock())
    going = True

    async def vote() -> int:
        number = 0
        while going:
            number += 1
            mark = Mark(2, f"U-{number}", number % 3, Via.BUTTON, active=True)
            assert (await store.votes.record(mark)).changed
        return number

    voting = asyncio.create_task(vote())
    for number in range(3):
        # That counters fit the votes in it is checked by the backup itself.
        told: list[str] = []
        await backup(live, tmp_path / f"{number}.db", told.append, force=False)
        assert not [line for line in told if "do not fit" in line]
    going = False
    assert await voting > 0
    await store.close()


async def test_nothing_is_overwritten_unless_forced_and_the_database_itself_never(live: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("precious")
    with pytest.raises(StorageError, match="is there already"):
        await backup(live, file, ignore, force=False)
    assert file.read_text() == "precious"
    await backup(live, file, ignore, force=True)
    assert await contents(file) == await contents(live)
    with pytest.raises(StorageError, match="is the database itself"):
        await backup(live, live, ignore, force=True)
    with pytest.raises(StorageError, match="is a folder"):
        await backup(live, tmp_path, ignore, force=True)


async def test_a_restore_destroys_nothing(live: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "backup.db", tmp_path / "other.db"
    await backup(live, file, ignore, force=False)
    await fill(other)
    before = await contents(other)
    status, _, said = await asyncio.to_thread(run, "restore", file, "--db", other, folder=tmp_path)
    assert status == 1
    assert "is not empty" in said
    assert "name an empty database" in said
    assert len(said.splitlines()) == 1
    assert await contents(other) == before


async def test_a_backup_of_an_older_version_is_restored_and_stays_as_it_was(tmp_path: Path) -> None:
    file, other = tmp_path / "old.db", tmp_path / "other.db"
    async with connection(file) as conn:
        for path in migrations()[:2]:
            await conn.executescript(path.read_text(encoding="utf-8"))
        await conn.executescript(
            "PRAGMA application_id = 0x53686970; PRAGMA user_version = 2;"
            "INSERT INTO teams (id, platform, external_id) VALUES (7, 'slack', 'T7')"
        )
    before = file.read_bytes()
    assert await restore(file, other, ignore) == 0
    assert [row for row in (await contents(other))["teams"] if 7 in row]
    assert file.read_bytes() == before


async def test_a_damaged_backup_is_refused_in_one_line(live: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    await add_rows(live, LARGE)
    await backup(live, file, ignore, force=False)
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        opened.write(b"\xa5" * 100_000)
    status, _, said = await asyncio.to_thread(run, "restore", file, "--db", tmp_path / "new.db", folder=tmp_path)
    assert status == 1
    assert "is damaged" in said
    assert len(said.splitlines()) == 1
    status, _, said = await asyncio.to_thread(run, "backup", tmp_path / "2.db", "--db", file, folder=tmp_path)
    assert (status, len(said.splitlines())) == (1, 1)
    assert not (tmp_path / "2.db").exists()


@contextlib.contextmanager
def files_no_larger_than(size: int) -> "contextlib.Generator[None]":
    """A disk that takes no more, as far as this process can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [50_000, 500_000, 2_000_000])
async def test_a_full_disk_is_one_line_and_leaves_nothing_behind(live: Path, tmp_path: Path, size: int) -> None:
    await add_rows(live, LARGE)
    with files_no_larger_than(size), pytest.raises(StorageError, match=r"backup\.db .*full") as refusal:
        await backup(live, tmp_path / "backup.db", ignore, force=False)
    assert "\n" not in str(refusal.value)
    assert names(tmp_path) == ["live"]


async def test_a_folder_that_cannot_be_written_is_one_line(live: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none/backup\.db cannot be written: No such file or directory\."):
        await backup(live, tmp_path / "none" / "backup.db", ignore, force=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database, closed = folder / "shipworthy.db", folder / "closed"
        closed.mkdir()
        if root := os.geteuid() == 0:  # whom no permission holds back
            os.chown(folder, NOBODY, -1)
            os.chown(closed, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            await fill(database)
            closed.chmod(0o500)
            with pytest.raises(StorageError, match=r"backup\.db cannot be written: Permission denied\."):
                await backup(database, closed / "backup.db", ignore, force=False)
        finally:
            if root:
                os.seteuid(0)


def kill_amid_backup(live: Path, file: Path) -> int:
    """Begin a backup and kill it soon after, or just when it has ended; the exit status."""
    aside = file.with_name(file.name + ASIDE)
    words = [*program.PROGRAM, "backup", str(file), "--db", str(live)]
    with subprocess.Popen(words, cwd=file.parent, env=program.environment(), stdout=subprocess.DEVNULL) as process:
        while not aside.exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.1))  # noqa: S311
        process.kill()
    return process.returncode


async def test_a_killed_backup_has_no_name_and_the_next_one_takes_its_place(live: Path, tmp_path: Path) -> None:
    await add_rows(live, LARGE)
    file = tmp_path / "backup.db"
    status = await asyncio.to_thread(kill_amid_backup, live, file)
    if file.exists():
        assert status == 0 or await contents(file) == await contents(live)
        file.unlink()
    await backup(live, file, ignore, force=False)
    assert await contents(file) == await contents(live)
    assert names(tmp_path) == ["backup.db", "live"]


async def test_wrong_counters_are_told_and_do_not_keep_a_backup_from_being_made(live: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(live)) as conn, conn:
        conn.execute("UPDATE tallies SET ships = ships + 1 WHERE team = 2 AND tool = 3")
    told: list[str] = []
    await backup(live, tmp_path / "backup.db", told.append, force=False)
    assert told[-1].startswith("Counters that do not fit the votes: 1;")
    assert await contents(tmp_path / "backup.db") == await contents(live)

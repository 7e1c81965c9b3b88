"""The command line: what it takes, what it refuses, and that no refusal is a traceback."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from pydantic import TypeAdapter

from bot.cli import main
from commands.reply import Reply, Vote
from tests import program

Run = Callable[..., Result]

COMPARE = "/compare mistral code vs mistral 8x22b"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder, with a user's data folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in program.environment(XDG_DATA_HOME=str(tmp_path / "data")).items():
        monkeypatch.setenv(name, value)

    def run(*words: str, **environment: str) -> Result:
        result = CliRunner().invoke(main, words, env=environment, prog_name="shipworthy")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def rows(db: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(db)) as conn:
        return conn.execute(sql).fetchall()


def subcommands(group: click.Group, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is no group, with the words that lead to it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from subcommands(command, *names, name)
        else:
            yield (*names, name), command


SUBCOMMANDS = dict(subcommands(main))


def test_every_subcommand_takes_a_database_after_its_name() -> None:
    assert {("ask",), ("chat",), ("db", "check"), ("db", "rebuild"), ("catalogue", "import")} <= SUBCOMMANDS.keys()
    for words, command in SUBCOMMANDS.items():
        taken = {option for parameter in command.params for option in parameter.opts}
        # The one that is about two databases names both by itself.
        assert "--db" in taken or words == ("db", "copy"), words


def test_every_command_has_help_that_says_what_it_does(run: Run) -> None:
    groups = [(), ("db",), ("catalogue",)]
    for words in [*groups, *SUBCOMMANDS]:
        for flag in ("--help", "-h"):
            result = run(*words, flag)
            assert result.exit_code == 0
            assert result.stdout.startswith(f"Usage: {' '.join(['shipworthy', *words])}")
        assert len(result.stdout.splitlines()[2]) > 20


def test_a_command_that_does_not_exist_is_named(run: Run) -> None:
    result = run("serve")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No such command 'serve'" in result.stderr


@pytest.mark.parametrize("words", [("ask", "/help"), ("status",), ("db", "check")])
def test_an_address_of_postgresql_without_its_driver_says_what_to_install(words: tuple[str, ...]) -> None:
    without = "import sys; sys.modules['asyncpg'] = None; from bot.cli import main; main()"
    address = "postgresql://me:secret-word@127.0.0.1:1/votes"
    ended = subprocess.run(
        [sys.executable, "-c", without, *words, "--db", address],
        capture_output=True,
        check=False,
        text=True,
        env=program.environment(),
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("Error: For PostgreSQL the driver is missing: install")
    assert "Traceback" not in ended.stderr
    assert "secret-word" not in ended.stderr


def test_the_state_is_in_the_users_data_folder_unless_another_file_is_named(run: Run, tmp_path: Path) -> None:
    assert run("ask", "/help").exit_code == 0
    assert run("ask", "/help", SHIPWORTHY_DATABASE_URL=f"sqlite:///{tmp_path}/set.db").exit_code == 0
    given = ("--db", str(tmp_path / "given.db"))
    assert run("ask", "/help", *given, SHIPWORTHY_DATABASE_URL=f"sqlite:///{tmp_path}/unused.db").exit_code == 0
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.db"))
    assert made == ["data/shipworthy/shipworthy.db", "given.db", "set.db"]


def folder(path: Path) -> None:
    path.mkdir()


def no_database(path: Path) -> None:
    path.write_text("Dear diary, today I will not be a database.\n" * 100)


def another_programs(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE photos (id INTEGER)")


def newer(path: Path) -> None:
    CliRunner().invoke(main, ["ask", "/help", "--db", str(path)])
    with contextlib.closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA user_version = 99")


def damaged(path: Path) -> None:
    CliRunner().invoke(main, ["ask", "/help", "--db", str(path)])
    with path.open("r+b") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(100)
        file.write(b"\xa5" * (size - 100))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (folder, "is a folder"),
        (no_database, "is not a database"),
        (another_programs, "is another program's database"),
        (newer, "was written by a newer version"),
        (damaged, "is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_line_and_stays_as_it_was(
    run: Run, tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "state.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for words in (("ask", "/help"), ("db", "check"), ("db", "rebuild")):
        result = run(*words, "--db", str(path))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: {path} {said}")
        assert len(result.stderr.splitlines()) == 1
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize(
    "db",
    [
        "/dev/null/below.db",
        "/proc/state.db",
        "/dev/null",
        "",
        "~nobody-of-this-name/a.db",
        "postgres://me:hunter2@host/db",
    ],
)
def test_a_path_that_cannot_hold_a_file_is_one_clear_line(run: Run, db: str) -> None:
    result = run("ask", "/help", "--db", db)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1
    assert "hunter2" not in result.stderr


def test_wrong_settings_are_a_line_each_without_their_values(run: Run) -> None:
    result = run("db", "check", SHIPWORTHY_DATABASE_URL="mysql://me:hunter2@host/db", SHIPWORTHY_HASH_KEY="hunter2")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split(": ")[-2] for line in result.stderr.splitlines()] == [
        "SHIPWORTHY_DATABASE_URL",
        "SHIPWORTHY_HASH_KEY",
    ]
    assert "hunter2" not in result.stderr


def test_a_name_that_only_looks_like_a_setting_is_told_and_stops_nothing(run: Run) -> None:
    result = run("ask", "/help", SHIPWORTHY_DATABSE_URL="hunter2")
    assert result.exit_code == 0
    assert result.stderr == "SHIPWORTHY_DATABSE_URL in the environment is not a setting and is ignored.\n"


def test_a_database_that_is_not_there_is_neither_checked_nor_made(run: Run, tmp_path: Path) -> None:
    for name in ("check", "rebuild"):
        result = run("db", name, "--db", str(tmp_path / "typo.db"))
        assert result.exit_code == 1
        assert result.stderr == f"Error: There is no database at {tmp_path / 'typo.db'} yet.\n"
    assert not (tmp_path / "typo.db").exists()


def test_ask_answers_a_comparison_and_opens_no_ballot(run: Run, tmp_path: Path) -> None:
    db = tmp_path / "state.db"
    result = run("ask", COMPARE, "--db", str(db))
    assert result.exit_code == 0
    assert "The panel ships both, but the Founder skips 🟠 Mistral 8x22B v2." in result.stdout
    assert "to vote" not in result.stdout
    assert rows(db, "SELECT * FROM ballots") == []
    assert rows(db, "SELECT * FROM terminal_messages") == []


def test_ask_gives_the_whole_comparison_even_where_a_ballot_on_it_stands(run: Run, tmp_path: Path) -> None:
    db = tmp_path / "state.db"
    assert program.run("chat", "--db", str(db), folder=tmp_path, script=f"{COMPARE}\n").returncode == 0
    assert "The panel ships both" in run("ask", COMPARE, "--db", str(db)).stdout
    assert rows(db, "SELECT count(*) FROM ballots") == [(1,)]


def test_ask_as_json_prints_the_reply(run: Run) -> None:
    replies = TypeAdapter(Reply)
    reply = replies.validate_json(run("ask", COMPARE, "--json").stdout)
    assert reply.plain.startswith("Mistral Code vs Mistral 8x22B v2: The panel ships both")
    assert reply.ballot is None
    assert not any(isinstance(block, Vote) for block in reply.blocks)
    assert reply == replies.validate_json(run("ask", "--json", *COMPARE.split()).stdout)


def test_ask_exits_with_1_where_it_could_not_answer(run: Run) -> None:
    for line in ("/nope", "/compare", "/compare this vs that"):
        for flags in ((), ("--json",)):
            result = run("ask", line, *flags)
            assert (result.exit_code, result.stderr) == (1, ""), line
            assert result.stdout


def test_what_ask_changes_for_everybody_is_said_in_the_channel(run: Run, tmp_path: Path) -> None:
    db = tmp_path / "state.db"
    assert "-- #1 " in run("ask", "/digest on Monday 09:00", "--db", str(db)).stdout
    assert "-- #2 " in run("ask", "/digest now", "--db", str(db)).stdout
    assert rows(db, "SELECT state, message FROM digest_runs") == [("posted", "2")]
    run("ask", "/digest preview", "--db", str(db))
    run("ask", "/tools", "--db", str(db))
    assert len(rows(db, "SELECT * FROM terminal_messages")) == 2


def test_a_name_or_a_channel_that_would_not_print_is_refused(run: Run) -> None:
    for words, said in (("--as", "at most 32 printable"), ("--channel", "1 to 64 printable")):
        for value in ("a\x1b[31m", "\udcff", "n" * 65):
            result = run("chat", words, value)
            assert result.exit_code == 1
            assert said in result.stderr


def test_ask_loads_no_platform_and_no_prompt(tmp_path: Path) -> None:
    watch = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    code = f"{watch}; from bot.cli import main; main(['ask', {COMPARE!r}, '--db', 'state.db'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=program.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert {"bot", "aiosqlite", "rich"} <= loaded
    assert loaded.isdisjoint({"slack_bolt", "slack_sdk", "discord", "aiohttp", "prompt_toolkit"})


def test_the_module_is_the_program_and_tells_its_version(tmp_path: Path) -> None:
    told = program.run("--version", folder=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("shipworthy")


def test_an_output_that_is_full_is_one_line_on_standard_error(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*program.PROGRAM, "ask", "/help", "--db", "state.db"],
            cwd=tmp_path,
            env=program.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device.\n")

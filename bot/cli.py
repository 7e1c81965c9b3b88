"""`shipworthy`: the command line. Errors a person can mend are one line on standard error, never a traceback."""

import asyncio
import contextlib
import errno
import getpass
import signal
import sqlite3
import sys
from collections.abc import Coroutine
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from bot import app, settings
from bot.backup_cli import backup, restore
from bot.catalogue.cli import catalogue
from bot.check_cli import check
from bot.db_cli import db as db_group
from bot.options import configured, database_option
from bot.slack_cli import slack
from bot.status_cli import status
from bot.storage.errors import StorageError
from bot.zone import local_zone
from commands.errors import CommandError, ShipworthyError
from commands.model import Asker, Channel, Request, TeamKey
from commands.reply import Reply

if TYPE_CHECKING:
    from adapters.terminal.screen import Screen

CHANNEL = "general"
LONGEST_CHANNEL = 64


class Program(click.Group):
    """The group that turns errors with an answer into that answer."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand; what a person can mend ends the program with one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except (settings.SettingsError, StorageError, ShipworthyError) as error:
            raise click.ClickException(str(error)) from error
        except ModuleNotFoundError as error:
            if error.name != "asyncpg":
                raise
            raise click.ClickException(
                "For PostgreSQL the driver is missing: install shipworthy[postgres], as docs/running.md says."
            ) from error
        except sqlite3.DatabaseError as error:
            raise click.ClickException(f"The database cannot be used: {error}.") from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read the output has seen enough; click ends quietly
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}.") from error


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's way
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only here

    try:
        click.echo(f"shipworthy {version('shipworthy')}")
    except PackageNotFoundError:
        click.echo("shipworthy, run from its source and not installed")
    ctx.exit()


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def main() -> None:
    """Which of these AI tools should we ship with? Ask in your team's own channel."""


main.add_command(backup)
main.add_command(catalogue)
main.add_command(check)
main.add_command(db_group)
main.add_command(restore)
main.add_command(slack)
main.add_command(status)


@main.command()
@click.argument("line", nargs=-1, required=True, metavar="COMMAND")
@click.option("--json", "as_json", is_flag=True, help="Print the reply as JSON.")
@database_option
def ask(line: tuple[str, ...], as_json: bool, db: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Answer one command and open no ballot, for example: shipworthy ask '/compare mistral code vs mistral 8x22b'."""
    config = configured()
    sys.exit(asyncio.run(_ask(config, " ".join(line), db, as_json=as_json)))


async def _ask(config: settings.Settings, line: str, db: str | None, *, as_json: bool) -> int:
    number = None
    async with app.store(config, db) as opened:
        core = app.core(opened, config)
        asker = Asker(_person(), local_zone(), manager=True)
        request = Request(TeamKey("terminal", "terminal"), Channel(CHANNEL), asker, line, ballots=False)
        reply = await core.run(request)
        if not (reply.private or reply.failed):
            # What changes something for everybody, as /digest on does, is said in the channel as well.
            from adapters.terminal.channel import TerminalChannel  # noqa: PLC0415 - few commands need it

            number = await TerminalChannel(core, opened.transcript, _screen(), CHANNEL).keep(reply)
    if as_json:
        _print_json(reply)
    else:
        _screen().show(reply, number)
    return 1 if reply.failed else 0


@main.command()
@database_option
def run(db: str | None) -> None:
    """Run the bot on every platform that is configured, until it is told to stop."""
    from bot import running  # noqa: PLC0415 - only where the bot runs

    sys.exit(asyncio.run(running.run(configured("INFO"), db, announce=click.echo)))


@main.command()
@click.option("--as", "person", metavar="NAME", default=None, help="Who types first; your user name by default.")
@click.option("--channel", metavar="NAME", default=CHANNEL, show_default=True, help="Which channel to open.")
@database_option
def chat(person: str | None, channel: str, db: str | None) -> None:
    """Open a channel in this terminal, or read commands from standard input when that is not a terminal."""
    from adapters.terminal.inbound import person as typed_name  # noqa: PLC0415 - the terminal's alone

    config = configured()
    if not channel.isprintable() or not 0 < len(channel) <= LONGEST_CHANNEL:
        raise CommandError(f"A channel's name has 1 to {LONGEST_CHANNEL} printable characters.")
    sys.exit(asyncio.run(_until_told(_chat(config, typed_name(person) if person else _person(), channel, db))))


async def _until_told(work: Coroutine[Any, Any, int]) -> int:
    """The exit status of some work. SIGINT and SIGTERM end it, letting it close what it holds: 128 and their number."""
    loop, task, told = asyncio.get_running_loop(), asyncio.ensure_future(work), 0

    def end(number: int) -> None:
        nonlocal told
        told = number
        task.cancel()

    with contextlib.suppress(NotImplementedError):  # Windows ends a program its own way
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not told:
            raise
        return 128 + told


async def _chat(config: settings.Settings, person: str, channel: str, db: str | None) -> int:
    from adapters.terminal import chat as terminal  # noqa: PLC0415 - rich and the prompt are for a channel only
    from adapters.terminal.channel import PLATFORM, TerminalChannel  # noqa: PLC0415
    from bot.digest_runner import DigestRunner  # noqa: PLC0415

    async with app.store(config, db) as opened:
        room = TerminalChannel(app.core(opened, config), opened.transcript, _screen(), channel)
        runner = DigestRunner(
            {PLATFORM: room},
            digests=opened.digests,
            catalogue=opened.catalogue,
            votes=opened.votes,
            clock=app.now_us,
            rules=config.rules(),
        )
        interactive = sys.stdin is not None and sys.stdin.isatty()
        lines = None if interactive else terminal.script(_input())
        where = config.database(db)
        history = where.with_suffix(".history") if interactive and isinstance(where, Path) else None
        app.settle_memory()
        return await terminal.chat(room, person=person, lines=lines, history=history, on_tick=runner.tick)


def _input() -> BinaryIO | RawIOBase:
    """Standard input as it comes, without a buffer in between; empty where the program was started without one."""
    return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) if sys.stdin else BytesIO()


def _screen() -> "Screen":
    from rich.console import Console  # noqa: PLC0415 - only what prints pays for it

    from adapters.terminal.screen import Screen  # noqa: PLC0415

    return Screen(Console(), local_zone())


def _print_json(reply: Reply) -> None:
    from pydantic import TypeAdapter  # noqa: PLC0415 - only --json pays for the schema

    click.echo(TypeAdapter(Reply).dump_json(reply, indent=2).decode())


def _person() -> str:
    from adapters.terminal.inbound import person  # noqa: PLC0415 - the terminal's alone

    with contextlib.suppress(OSError, KeyError, CommandError):
        return person(getpass.getuser())
    return "you"

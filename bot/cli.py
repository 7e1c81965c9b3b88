"""`shipworthy`: the command line. Errors a person can mend are one line on standard error, never a traceback."""

import asyncio
import contextlib
import getpass
import logging
import sqlite3
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot import app, settings
from bot.catalogue.cli import catalogue
from bot.db_cli import db as db_group
from bot.options import database_option
from bot.storage.errors import StorageError
from bot.zone import local_zone
from commands.errors import ShipworthyError
from commands.model import Asker, Channel, Request, TeamKey
from commands.reply import Reply, Vote

if TYPE_CHECKING:
    from adapters.terminal.screen import Screen

CHANNEL = "general"


class Program(click.Group):
    """The group that turns errors with an answer into that answer."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand; what a person can mend ends the program with one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except (settings.SettingsError, StorageError, ShipworthyError) as error:
            raise click.ClickException(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise click.ClickException(f"The database cannot be used: {error}.") from error


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shipworthy", prog_name="shipworthy")
def main() -> None:
    """Which of these AI tools should we ship with? Ask in your team's own channel."""


main.add_command(catalogue)
main.add_command(db_group)


@main.command()
@click.argument("line", nargs=-1, required=True, metavar="COMMAND")
@click.option("--json", "as_json", is_flag=True, help="Print the reply as JSON.")
@database_option
def ask(line: tuple[str, ...], as_json: bool, db: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Answer one command and open no ballot, for example: shipworthy ask '/compare mistral code vs mistral 8x22b'."""
    config = _configured()
    sys.exit(asyncio.run(_ask(config, " ".join(line), db, as_json=as_json)))


async def _ask(config: settings.Settings, line: str, db: str | None, *, as_json: bool) -> int:
    async with app.store(config, db) as opened:
        asker = Asker(_person(), local_zone(), manager=True)
        request = Request(TeamKey("terminal", "terminal"), Channel(CHANNEL), asker, line)
        reply = unballoted(await app.core(opened, config).run(request))
    if as_json:
        _print_json(reply)
    else:
        _screen().show(reply)
    return 1 if reply.failed else 0


def unballoted(reply: Reply) -> Reply:
    """The same answer where nobody can vote on it."""
    return replace(reply, ballot=None, blocks=tuple(block for block in reply.blocks if not isinstance(block, Vote)))


@main.command()
@click.option("--as", "person", metavar="NAME", default=None, help="Who types first; your user name by default.")
@click.option("--channel", metavar="NAME", default=CHANNEL, show_default=True, help="Which channel to open.")
@database_option
def chat(person: str | None, channel: str, db: str | None) -> None:
    """Open a channel in this terminal, or read commands from standard input when that is not a terminal."""
    config = _configured()
    sys.exit(asyncio.run(_chat(config, person or _person(), channel, db)))


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
        interactive = sys.stdin.isatty()
        lines = None if interactive else terminal.script(sys.stdin.buffer)
        history = opened.database.path.with_suffix(".history") if interactive else None
        return await terminal.chat(room, person=person, lines=lines, history=history, on_tick=runner.tick)


def _configured() -> settings.Settings:
    config = settings.load()
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return config


def _screen() -> "Screen":
    from rich.console import Console  # noqa: PLC0415 - only what prints pays for it

    from adapters.terminal.screen import Screen  # noqa: PLC0415

    return Screen(Console(), local_zone())


def _print_json(reply: Reply) -> None:
    from pydantic import TypeAdapter  # noqa: PLC0415 - only --json pays for the schema

    click.echo(TypeAdapter(Reply).dump_json(reply, indent=2).decode())


def _person() -> str:
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()[:32]
    return "you"

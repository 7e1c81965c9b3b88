"""`shipworthy catalogue`: print the schema of catalogue files, check them, import them.

The readers and the schema are imported by the commands that use them, so that the rest of the program
does not wait for them.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.options import database_option, open_store
from commands.errors import ShipworthyError
from commands.model import Loaded

if TYPE_CHECKING:
    from bot.catalogue.check import Check, Problem

_EVERY = 10_000
"""How many tools pass between two lines of progress."""

_files = click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.group()
def catalogue() -> None:
    """Write, check and import the tools that can be compared."""


@catalogue.command()
@database_option
def schema(db: str | None) -> None:  # noqa: ARG001 - every subcommand takes --db
    """Print the JSON Schema of a catalogue file."""
    from bot.catalogue.schema import json_schema  # noqa: PLC0415

    click.echo(json.dumps(json_schema(), indent=2))


@catalogue.command()
@_files
@database_option
def check(files: tuple[Path, ...], db: str | None) -> None:  # noqa: ARG001 - every subcommand takes --db
    """Tell every mistake in these files, as FILE:LINE: what is wrong, what would be right."""
    checked = _check(files)
    click.echo(f"no mistakes in {_tools(checked.tools)}")


@catalogue.command("import")
@_files
@database_option
def import_(files: tuple[Path, ...], db: str | None) -> None:
    """Check these files, then load their tools: all of them or, at a mistake, none.

    Tools of known slugs are updated and keep their votes; tools that are not in the files stay.
    """
    checked = _check(files)
    try:
        loaded = asyncio.run(_load(files, checked, db))
    except ShipworthyError as error:
        raise click.ClickException(str(error)) from error
    total = loaded.added + loaded.changed + loaded.same
    click.echo(f"{_tools(total)}: {loaded.added:,} added, {loaded.changed:,} changed, {loaded.same:,} the same")


async def _load(files: tuple[Path, ...], checked: "Check", db: str | None) -> Loaded:
    from bot.catalogue.check import entries  # noqa: PLC0415

    def progress(done: int) -> None:
        if done % _EVERY == 0 and done < checked.tools:
            click.echo(f"{done:,} of {checked.tools:,} tools loaded", err=True)

    async with open_store(db) as store:
        _stop_at(checked.against(await store.catalogue.names()))
        return await store.catalogue.load(entries(files), categories=checked.categories, progress=progress)


def _check(files: tuple[Path, ...]) -> "Check":
    """Check these files together; prints the mistakes and ends the program if there are any."""
    from bot.catalogue.check import Check  # noqa: PLC0415

    checked = Check()
    _stop_at(itertools.chain.from_iterable(checked.file(path) for path in files))
    return checked


def _stop_at(problems: "Iterator[Problem]") -> None:
    """Print these mistakes; ends the program with exit code 1 if there are any."""
    count = 0
    for count, problem in enumerate(problems, start=1):  # noqa: B007 - the count is wanted after the loop
        click.echo(str(problem))
    if count:
        click.echo(f"{count:,} {'mistake' if count == 1 else 'mistakes'}, nothing was changed", err=True)
        raise click.exceptions.Exit(1)


def _tools(count: int) -> str:
    return f"{count:,} {'tool' if count == 1 else 'tools'}"

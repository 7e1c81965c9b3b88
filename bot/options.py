"""What the subcommands of `shipworthy` share: the `--db` option and the store it names."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from bot import app, logs, settings
from bot.storage.store import Store

Function = TypeVar("Function", bound=Callable[..., Any])


def database_option(function: Function) -> Function:
    """Add `--db FILE`, which every subcommand takes after its name."""
    return click.option(
        "--db",
        metavar="FILE",
        default=None,
        help="The database file, or a postgresql:// address; overrides SHIPWORTHY_DATABASE_URL.",
    )(function)


def configured(level: str = "WARNING") -> settings.Settings:
    """The settings, with logging set up by them; names that only look like settings are told on standard error.

    `level` is what to log from where the settings leave it open.
    """
    config = settings.load()
    logs.setup(config.log_level or level, config.log_format)
    for name in settings.unknown():
        click.echo(f"{name} in the environment is not a setting and is ignored.", err=True)
    return config


@asynccontextmanager
async def open_store(db: str | None, *, existing: bool = False) -> AsyncIterator[Store]:
    """The store of `--db`, else of the settings, with the shipped tools in it; closed on leaving.

    Raises `SettingsError` where it is to be an `existing` one and there is none.
    """
    config = configured()
    where = config.database(db)
    if existing and isinstance(where, Path) and not where.exists():
        raise settings.SettingsError(f"There is no database at {where} yet.")
    async with app.store(config, db) as store:
        yield store

"""What the subcommands of `shipworthy` share: the `--db` option and the store it names."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import click

from bot import app, settings
from bot.storage.store import Store

Function = TypeVar("Function", bound=Callable[..., Any])


def database_option(function: Function) -> Function:
    """Add `--db FILE`, which every subcommand takes after its name."""
    return click.option(
        "--db", metavar="FILE", default=None, help="The database file; overrides SHIPWORTHY_DATABASE_URL."
    )(function)


@asynccontextmanager
async def open_store(db: str | None) -> AsyncIterator[Store]:
    """The store of `--db`, else of the settings, with the shipped tools in it; closed on leaving."""
    async with app.store(settings.load(), db) as store:
        yield store

"""`shipworthy backup` and `shipworthy restore`. See docs/running.md."""

import asyncio
from pathlib import Path

import click

from bot.options import configured, database_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@database_option
def backup(file: Path, force: bool, db: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Write everything into one file while the bot goes on, and check it.

    It is an SQLite file whatever the database is; shipworthy restore reads it, and --db opens it.
    """
    from bot import backup as work  # noqa: PLC0415 - only where there is something to copy

    asyncio.run(work.backup(configured().database(db), file, click.echo, force=force))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@database_option
def restore(file: Path, db: str | None) -> None:
    """Copy a backup into the database, which must be empty: nothing is ever overwritten."""
    from bot import backup as work  # noqa: PLC0415 - only where there is something to copy

    config = configured()
    status = asyncio.run(work.restore(file, config.database(db), click.echo, pooler=config.database_pooler))
    click.echo("Set SHIPWORTHY_TOKEN_KEY and SHIPWORTHY_HASH_KEY as they were: they are not in a backup.")
    raise SystemExit(status)

"""`shipworthy status`: what an operator asks first."""

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bot import app
from bot.options import configured, database_option

if TYPE_CHECKING:
    from bot.status import Status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with instants in microseconds since 1970.")
@database_option
def status(as_json: bool, db: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Tell what is in the database and how far the digests are; nothing is written to it."""
    from bot.status import lines  # noqa: PLC0415 - only where it is asked for

    found = asyncio.run(_status(db))
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        for line in lines(found):
            click.echo(line)


async def _status(db: str | None) -> "Status":
    from bot import status  # noqa: PLC0415 - only where it is asked for
    from bot.storage.whole import reading  # noqa: PLC0415

    async with reading(configured().database(db)) as whole:
        return await status.read(whole, app.now_us())

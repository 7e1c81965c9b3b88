"""`shipworthy db`: check the cached counters against the marks, mend them, and copy everything elsewhere."""

import asyncio

import click

from bot.options import configured, database_option, open_store


@click.group()
def db() -> None:
    """Check the vote counters against the votes themselves, rebuild them, or copy everything elsewhere."""


@db.command()
@database_option
def check(db: str | None) -> None:
    """Compare every team's cached counters with a rebuild from its marks; exit code 1 on a difference."""
    teams, wrong = asyncio.run(_check(db))
    click.echo(f"{teams} {'team' if teams == 1 else 'teams'} checked, {wrong or 'none'} with wrong counters")
    if wrong:
        click.echo("Run shipworthy db rebuild to mend them.", err=True)
        raise SystemExit(1)


@db.command()
@database_option
def rebuild(db: str | None) -> None:
    """Replace every team's cached counters by a rebuild from its marks."""
    teams, mended = asyncio.run(_rebuild(db))
    click.echo(f"{teams} {'team' if teams == 1 else 'teams'} checked, {mended or 'none'} mended")


@db.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    """Copy everything from one database into another that is empty.

    Each is a file or a postgresql:// address, as --db takes it. The bot may go on with FROM; what changes
    there meanwhile is not in the copy. Broken off, the copy leaves nothing, and the same command begins again.
    """
    raise SystemExit(asyncio.run(_copy(source, target)))


async def _copy(source: str, target: str) -> int:
    from bot.copying import transfer  # noqa: PLC0415 - only where something is copied

    config = configured()
    pooler = config.database_pooler
    return await transfer(config.database(source), config.database(target), click.echo, pooler=pooler)


async def _check(db: str | None) -> tuple[int, int]:
    from bot.counting import differences  # noqa: PLC0415 - only where something is compared

    teams = wrong = 0
    async with open_store(db, existing=True) as store:
        async for team in store.votes.team_ids():
            teams += 1
            stored, rebuilt = await store.votes.stored_counters(team), await store.votes.rebuilt_counters(team)
            for difference in differences(stored, rebuilt):
                click.echo(f"team {team}: {difference}")
            wrong += stored != rebuilt
    return teams, wrong


async def _rebuild(db: str | None) -> tuple[int, int]:
    teams = mended = 0
    async with open_store(db, existing=True) as store:
        async for team in store.votes.team_ids():
            teams += 1
            mended += await store.votes.rebuild(team)
    return teams, mended

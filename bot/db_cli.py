"""`shipworthy db`: check the cached counters against the marks, and mend them."""

import asyncio

import click

from bot.options import database_option, open_store
from commands.model import HeadToHead, Tally
from commands.voting import Counters


@click.group()
def db() -> None:
    """Check the vote counters against the votes themselves, or rebuild them."""


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


async def _check(db: str | None) -> tuple[int, int]:
    teams = wrong = 0
    async with open_store(db, existing=True) as store:
        async for team in store.votes.team_ids():
            teams += 1
            stored, rebuilt = await store.votes.stored_counters(team), await store.votes.rebuilt_counters(team)
            for difference in _differences(stored, rebuilt):
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


def _differences(stored: Counters, rebuilt: Counters) -> list[str]:
    """What is wrong, one line for each counter."""
    lines = [
        f"tool {tool}: stored {_tally(stored.tallies.get(tool))}, its marks say {_tally(rebuilt.tallies.get(tool))}"
        for tool in sorted(stored.tallies.keys() | rebuilt.tallies.keys())
        if stored.tallies.get(tool) != rebuilt.tallies.get(tool)
    ]
    lines += [
        f"tools {key[0]} and {key[1]}: stored {_pair(stored.pairs.get(key))}, "
        f"their marks say {_pair(rebuilt.pairs.get(key))}"
        for key in sorted(stored.pairs.keys() | rebuilt.pairs.keys())
        if stored.pairs.get(key) != rebuilt.pairs.get(key)
    ]
    return lines


def _tally(tally: Tally | None) -> str:
    return f"{tally.ships} ship / {tally.skips} skip" if tally else "nothing"


def _pair(held: HeadToHead | None) -> str:
    if held is None:
        return "nothing"
    return f"{held.first} to {held.second}, {held.both} both, {held.neither} neither"

"""Everything from one database into another, of the same kind or not, checked before it is kept.

The copy is one transaction: broken off anywhere, it leaves the other database as empty as it was, and the
same call begins again.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from bot.counting import wrong_counters
from bot.storage.errors import StorageError
from bot.storage.store import Where
from bot.storage.whole import CATALOGUE, Whole, reading, writing

Tell: TypeAlias = Callable[[str], None]

EVERY = 250_000
"""After how many rows of one table to say how far it has come."""

FIRST_LOAD = 1
"""The catalogue's revision when nothing was loaded but what comes with the program."""


async def copy(source: Whole, target: Whole, tell: Tell) -> int:
    """Copy everything and return how many rows it was. `tell` is given a line for each step.

    The target is to be empty, save for the catalogue that comes with the program. One that holds this very
    copy already, whole, is left as it is. Raises `StorageError` for any other, and where the target does
    not end up with as many rows of everything.
    """
    tables = await _same_tables(source, target)
    if await _holds_it(source, target, tables, tell):
        return sum([await target.count(table) for table in tables])
    there: dict[str, int] = {}
    for table, columns in tables.items():
        there[table] = await source.count(table)
        done = 0
        async for rows in source.rows(table, columns):
            await target.put(table, columns, rows)
            if done // EVERY < (done + len(rows)) // EVERY and done + len(rows) < there[table]:
                tell(f"{table}: {done + len(rows):,} of {there[table]:,}")
            done += len(rows)
        if done:
            tell(f"{table}: {done:,}")
    await target.keep(await source.kept())
    if differing := await differing_counts(there, target):
        raise StorageError(f"Nothing was kept, for not everything arrived: {'; '.join(differing)}.")
    return sum(there.values())


async def transfer(source: Where, target: Where, tell: Tell, *, pooler: bool = False) -> int:
    """Copy everything, compare the counters with the votes and say how it went; the exit status.

    Counters that are wrong were so in the source. They are copied as they are, for a rebuild mends them.
    """
    if source == target or same_file(source, target):
        raise StorageError("A database cannot be copied into itself; name another one.")
    async with reading(source) as given, writing(target, pooler=pooler) as taker:
        rows = await copy(given, taker, tell)
        wrong = await counters_to_mend(taker, tell)
        done = f"{rows:,} rows are in {taker.place}, as many of everything as in {given.place}"
    if wrong:
        tell(f"{done}; counters that do not fit the votes: {wrong}; shipworthy db rebuild mends them")
        return 1
    tell(f"{done}; its counters are what the votes say")
    return 0


async def counters_to_mend(whole: Whole, tell: Tell) -> int:
    """How many counters of a whole database are wrong; each is told in a line."""
    tell("comparing the counters with the votes")
    wrong = 0
    async for line in wrong_counters(whole):
        wrong += 1
        tell(line)
    return wrong


async def differing_counts(there: Mapping[str, int], target: Whole) -> list[str]:
    """Which tables have not as many rows as these, in words."""
    lines = []
    for table, rows in there.items():
        arrived = await target.count(table)
        if arrived != rows:
            lines.append(f"{table} has {arrived:,} rows instead of {rows:,}")
    return lines


def same_file(one: Where, other: Where) -> bool:
    """Whether both are one and the same file that is there."""
    return isinstance(one, Path) and isinstance(other, Path) and one.exists() and other.exists() and one.samefile(other)


async def _same_tables(source: Whole, target: Whole) -> Mapping[str, tuple[str, ...]]:
    """The tables of both; raises `StorageError` where one has what the other has not."""
    given, wanted = await source.tables(), await target.tables()
    for table in sorted(given.keys() | wanted.keys()):
        if set(given.get(table, ())) != set(wanted.get(table, ())):
            raise StorageError(f"{source.place} and {target.place} do not have the same columns in {table}.")
    return wanted


async def _holds_it(source: Whole, target: Whole, tables: Mapping[str, object], tell: Tell) -> bool:
    """Whether the target holds this very copy; if not, it is empty from then on. Raises `StorageError` for others."""
    filled = [table for table in tables if await target.holds(table)]
    kept = await target.kept()
    if CATALOGUE.issuperset(filled) and kept.catalogue_revision <= FIRST_LOAD:
        for table in reversed(filled):
            await target.clear(table)
        return False
    if kept == await source.kept():
        there = {table: await source.count(table) for table in tables}
        if not await differing_counts(there, target):
            tell(f"{target.place} holds everything already; nothing was to be done")
            return True
    of_it = " of an earlier state of the same database" if kept.hash_key == (await source.kept()).hash_key else ""
    holds = ", ".join(filled[:4]) + (" and more" if len(filled) > 4 else "")
    raise StorageError(
        f"{target.place} is not empty: it holds rows{of_it} ({holds}). They are left alone; name an empty database."
    )

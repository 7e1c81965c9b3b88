"""What every database behind the store can do; `sqlite` and `postgres` are the two there are."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

from bot.storage.statements import Statement
from bot.storage.writer import Writer
from commands.model import Message

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Connection(Protocol):
    """A connection within a transaction or a snapshot."""

    async def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and return all of its rows."""

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters, if there are any."""

    async def hold(self, teams: Iterable[int] = (), *, ballots: Iterable[int | Message] = ()) -> None:
        """Let no other write of these teams, and of those that have these ballots, be under way until the commit.

        What is read of them from then on stays as it is. Each kind of write holds all its teams at once, for
        writes that took them one by one could wait for each other.
        """


class Database(Protocol):
    """An open database. Reads see everything whose write has been answered."""

    @property
    def writer(self) -> Writer:
        """Who writes to it."""

    @property
    def place(self) -> str:
        """Where it is, safe to print."""

    async def rows(self, statement: Statement, parameters: Parameters = ()) -> list[Row]:
        """Run one query and return all of its rows."""

    async def row(self, statement: Statement, parameters: Parameters = ()) -> Row | None:
        """Run one query and return its first row, if it has one."""

    def snapshot(self) -> AbstractAsyncContextManager[Connection]:
        """A connection of its own that sees one unchanging state, for reads in several steps."""

    async def close(self) -> None:
        """Finish the writes under way and let go of it."""

"""What PostgreSQL cannot hold, though Python can: told to whoever wrote it, and no harm to anybody else."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.storage.store import Store
from commands.errors import CommandError
from commands.model import Message, TeamAlias, TeamKey
from tests.contracts.make import ballot, bookmark, entry, ignore, mark

ODD = ["a\0b", "a\ud800b"]

WAYS: dict[str, Callable[[Store, int, str], Awaitable[object]]] = {
    "a team": lambda store, _, odd: store.teams.team(TeamKey("slack", odd)),
    "an arrival": lambda store, _, odd: store.teams.arrive(TeamKey("slack", odd), 5),
    "a mark": lambda store, _, odd: store.votes.record(mark(1, odd, 1)),
    "marks read": lambda store, _, odd: store.votes.marks(1, odd),
    "a message": lambda store, _, odd: store.votes.ballot(Message("slack", odd, odd)),
    "a reaction read back": lambda store, _, odd: store.votes.repair(
        1, frozenset({(odd, 1)}), read_from=9, away_us=1, complete=True
    ),
    "an alias": lambda store, team, odd: store.aliases.set_alias(team, TeamAlias(odd, 1, "ada", 5)),
    "a bookmark": lambda store, team, odd: store.bookmarks.add(team, odd, bookmark(1)),
    "a person's data": lambda store, team, odd: store.people.data(team, odd),
    "somebody to forget": lambda store, team, odd: store.people.forget(team, odd),
    "a line in the terminal": lambda store, _, odd: store.transcript.append("C1", "ada", odd),
    "a tool": lambda store, _, odd: store.catalogue.load([entry(f"tool-{odd}")], categories={}, progress=ignore),
    "a category": lambda store, _, odd: store.catalogue.in_category(odd, limit=3),
}


@pytest.fixture
async def team(postgres: Store) -> int:
    """A team with a ballot, number 1."""
    team = await postgres.teams.team(TeamKey("terminal", "home"))
    await postgres.catalogue.load([entry("tool-a"), entry("tool-b")], categories={}, progress=ignore)
    await postgres.votes.open(ballot(1, team, [name.id for name in await postgres.catalogue.names()]))
    return team


@pytest.mark.parametrize("odd", ODD, ids=["NUL", "half a character"])
async def test_text_that_cannot_be_held_is_refused_in_words_wherever_it_comes(
    postgres: Store, team: int, odd: str
) -> None:
    for way, use in WAYS.items():
        with pytest.raises(CommandError, match="cannot be stored") as raised:
            await use(postgres, team, odd)
        assert odd not in str(raised.value), way
    assert (await postgres.votes.record(mark(1, "ada", 1))).changed


@pytest.mark.parametrize("odd", ODD, ids=["NUL", "half a character"])
async def test_a_vote_that_cannot_be_held_takes_no_other_with_it(postgres: Store, team: int, odd: str) -> None:
    people = ["ada", "bob", odd, "cy"]
    answers = await asyncio.gather(
        *[postgres.votes.record(mark(1, person, 1)) for person in people], return_exceptions=True
    )
    assert [isinstance(answer, CommandError) for answer in answers] == [False, False, True, False]
    assert [await postgres.votes.marks(1, person) for person in ("ada", "bob", "cy")] == [((1, "reaction"),)] * 3


async def test_a_number_past_64_bits_is_refused_in_words(postgres: Store, team: int) -> None:
    for asked in (postgres.votes.ballot(10**20), postgres.catalogue.tools([10**20]), postgres.teams.key(10**20)):
        with pytest.raises(CommandError, match="cannot be stored"):
            await asked

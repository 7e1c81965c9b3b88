from commands.model import Channel
from tests.contracts.make import ballot, mark
from tests.fakes import Memory


async def test_the_newest_public_comparisons_come_first(
    store: Memory, team: int, other: int, tools: tuple[int, ...]
) -> None:
    secret = Channel("G1", private=True)
    for given in (
        ballot(1, team, tools[:2], posted_us=300),
        ballot(2, team, tools[:3], posted_us=100),
        ballot(3, team, tools[1:3], posted_us=300, channel=Channel("C2")),
        ballot(4, team, tools[:2], posted_us=900, channel=secret),
        ballot(5, team, tools[:1], posted_us=900),
        ballot(6, other, tools[:2], posted_us=900, channel=Channel("C9")),
        ballot(7, team, tools[:2], posted_us=900),
    ):
        await store.votes.open(given)
    await store.votes.freeze(7)
    assert [held.id for held in await store.votes.recent(team, limit=9)] == [3, 1, 2]
    assert [held.id for held in await store.votes.recent(team, limit=2)] == [3, 1]
    assert [held.id for held in await store.votes.recent(other, limit=9)] == [6]
    assert await store.votes.recent(team, limit=0) == ()


async def test_a_recent_comparison_is_whole_and_its_place_is_that_of_its_posting(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    older, newer = ballot(1, team, tools[2::-1], posted_us=100), ballot(2, team, tools[:2], posted_us=200)
    for given in (newer, older):
        await store.votes.open(given)
    await store.votes.record(mark(1, "ada", 1, 999))
    assert await store.votes.recent(team, limit=9) == (newer, older)


async def test_a_team_without_comparisons_has_none_recent(store: Memory, team: int) -> None:
    assert await store.votes.recent(team, limit=9) == ()

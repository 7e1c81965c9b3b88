import asyncio

from commands.model import TeamKey
from tests.fakes import Memory


async def test_the_same_key_always_gives_the_same_team(store: Memory) -> None:
    first = await store.teams.team(TeamKey("slack", "T1"))
    assert await store.teams.team(TeamKey("slack", "T1")) == first


async def test_other_names_and_other_platforms_are_other_teams(store: Memory) -> None:
    keys = [TeamKey("slack", "T1"), TeamKey("slack", "T2"), TeamKey("discord", "T1")]
    assert len({await store.teams.team(key) for key in keys}) == 3


async def test_a_team_is_found_by_its_id(store: Memory) -> None:
    keys = [TeamKey("slack", "T1"), TeamKey("discord", "T1")]
    assert [await store.teams.key(await store.teams.team(key)) for key in keys] == keys
    assert await store.teams.key(99) is None


async def test_a_team_seen_by_many_at_once_is_made_once(store: Memory) -> None:
    found = await asyncio.gather(*[store.teams.team(TeamKey("slack", "T1")) for _ in range(20)])
    assert len(set(found)) == 1

from commands.model import TeamAlias
from tests.fakes import Memory


async def test_a_new_team_has_no_aliases(store: Memory, team: int) -> None:
    assert await store.aliases.aliases(team) == ()


async def test_aliases_come_ordered_by_words(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    later, sooner = TeamAlias("zed", tools[0], "ada", 5), TeamAlias("Llama", tools[1], "bob", 9)
    for alias in (later, sooner):
        await store.aliases.set_alias(team, alias)
    assert await store.aliases.aliases(team) == (sooner, later)


async def test_the_same_words_replace_the_alias(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    await store.aliases.set_alias(team, TeamAlias("llama", tools[0], "ada", 5))
    await store.aliases.set_alias(team, TeamAlias("llama", tools[1], "bob", 6))
    assert await store.aliases.aliases(team) == (TeamAlias("llama", tools[1], "bob", 6),)


async def test_removing_tells_whether_there_was_one(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    await store.aliases.set_alias(team, TeamAlias("llama", tools[0], "ada", 5))
    assert await store.aliases.remove_alias(team, "llama")
    assert not await store.aliases.remove_alias(team, "llama")
    assert await store.aliases.aliases(team) == ()


async def test_one_teams_aliases_are_not_anothers(store: Memory, team: int, other: int, tools: tuple[int, ...]) -> None:
    await store.aliases.set_alias(team, TeamAlias("llama", tools[0], "ada", 5))
    assert await store.aliases.aliases(other) == ()
    assert not await store.aliases.remove_alias(other, "llama")
    assert len(await store.aliases.aliases(team)) == 1

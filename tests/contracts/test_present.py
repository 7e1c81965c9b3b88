from commands.model import TeamKey
from tests.fakes import Memory


async def test_the_teams_where_the_bot_is_are_those_it_came_to_and_has_not_left(store: Memory) -> None:
    here, gone, seen = (TeamKey("discord", name) for name in ("here", "gone", "only seen"))
    await store.teams.team(seen)
    for key in (gone, here, TeamKey("slack", "elsewhere")):
        await store.teams.arrive(key, 10)
    assert await store.teams.present("discord") == (gone, here)
    await store.teams.depart(gone, 20)
    assert await store.teams.present("discord") == (here,)
    await store.teams.arrive(gone, 30)
    assert await store.teams.present("discord") == (gone, here)
    assert await store.teams.present("terminal") == ()

from tests.contracts.make import bookmark
from tests.fakes import Memory


async def test_bookmarks_come_newest_first_with_what_was_true_then(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    older, newer = bookmark(tools[0], 5), bookmark(tools[1], 6)
    assert await store.bookmarks.add(team, "ada", older)
    assert await store.bookmarks.add(team, "ada", newer)
    assert await store.bookmarks.of(team, "ada") == (newer, older)


async def test_saving_again_keeps_the_older_bookmark(store: Memory, team: int, tools: tuple[int, ...]) -> None:
    await store.bookmarks.add(team, "ada", bookmark(tools[0], 5))
    assert not await store.bookmarks.add(team, "ada", bookmark(tools[0], 9))
    assert await store.bookmarks.of(team, "ada") == (bookmark(tools[0], 5),)


async def test_a_removed_bookmark_is_gone_and_can_be_saved_anew(
    store: Memory, team: int, tools: tuple[int, ...]
) -> None:
    await store.bookmarks.add(team, "ada", bookmark(tools[0]))
    assert await store.bookmarks.remove(team, "ada", tools[0])
    assert not await store.bookmarks.remove(team, "ada", tools[0])
    assert await store.bookmarks.of(team, "ada") == ()
    assert await store.bookmarks.add(team, "ada", bookmark(tools[0]))


async def test_bookmarks_belong_to_one_person_in_one_team(
    store: Memory, team: int, other: int, tools: tuple[int, ...]
) -> None:
    await store.bookmarks.add(team, "ada", bookmark(tools[0]))
    assert await store.bookmarks.of(other, "ada") == ()
    assert await store.bookmarks.of(team, "bob") == ()
    assert not await store.bookmarks.remove(other, "ada", tools[0])
    assert not await store.bookmarks.remove(team, "bob", tools[0])
    assert len(await store.bookmarks.of(team, "ada")) == 1

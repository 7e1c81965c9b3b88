"""Slices of shards: how they are written, whose servers they have, and when they were last connected."""

import pytest

from adapters.discord.shards import MOST_SHARDS, Slice, SlicePresence
from tests.fakes_teams import MemoryPresence


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0-3/16", Slice(0, 3, 16)),
        ("12-15/16", Slice(12, 15, 16)),
        ("4/16", Slice(4, 4, 16)),
        ("0/1", Slice(0, 0, 1)),
        (f"0/{MOST_SHARDS}", Slice(0, 0, MOST_SHARDS)),
    ],
)
def test_a_slice_is_read_as_it_is_written(written: str, meant: Slice) -> None:
    assert Slice.read(written) == meant
    assert Slice.read(str(meant)) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "4",
        "0-3",
        "3-0/16",
        "0-16/16",
        "-1-3/16",
        "0-3/0",
        "0-3/16 ",
        "0\u20133/16",
        "\u0660/\u0661",
        "0/16385",
        "0/9999999",
    ],
)
def test_what_is_no_slice_is_refused_with_an_example_of_one(written: str) -> None:
    with pytest.raises(ValueError, match="as in 0-3/16"):
        Slice.read(written)


def test_every_server_is_in_one_slice_and_known_by_its_shard() -> None:
    slices = [Slice(0, 1, 7), Slice(2, 2, 7), Slice(3, 6, 7)]
    for shard in range(7):
        guild = str((70 + shard << 22) + 3)
        assert [one.has(guild) for one in slices] == [shard in one.ids for one in slices]
        assert {one.presence_key(guild) for one in slices} == {f"discord:{shard}/7"}


async def test_no_slice_hides_that_another_is_away() -> None:
    presence = MemoryPresence()
    first, second = (SlicePresence(presence, Slice.read(written)) for written in ("0-1/4", "2-3/4"))
    await first.see("discord", 10)
    await second.see("discord", 20)
    await first.see("discord", 30)
    assert (await first.seen("discord"), await second.seen("discord")) == (30, 20)


async def test_a_slice_that_takes_a_shard_over_was_away_as_long_as_that_was() -> None:
    presence = MemoryPresence()
    await SlicePresence(presence, Slice.read("0/2")).see("discord", 10)
    await SlicePresence(presence, Slice.read("1/2")).see("discord", 30)
    assert await SlicePresence(presence, Slice.read("0-1/2")).seen("discord") == 10


async def test_before_there_were_slices_all_was_one() -> None:
    presence = MemoryPresence()
    assert await SlicePresence(presence, Slice.read("0/2")).seen("discord") is None
    await presence.see("discord", 5)
    assert await SlicePresence(presence, Slice.read("0/2")).seen("discord") == 5

"""Which of a bot's shards one process runs, where several processes share them."""

import asyncio
import re
from dataclasses import dataclass
from typing import Self

from commands.ports import Presence

MOST_SHARDS = 16_384
"""No bot needs more; a number far too long would open connections until memory ends."""

WRONG = "it is the first and the last shard of how many, counted from 0, as in 0-3/16, or one of them, as in 4/16"

_WRITTEN = re.compile(r"(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?/(?P<count>\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slice:
    """Shards `first` to `last`, both included, of `count`. Discord gives each server to one shard, by its id."""

    first: int
    last: int
    count: int

    @classmethod
    def read(cls, written: str) -> Self:
        """The slice written as `0-3/16` or `4/16`. Raises `ValueError` that says what would be right."""
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise ValueError(WRONG)
        first, count = int(found["first"]), int(found["count"])
        last = first if found["last"] is None else int(found["last"])
        if not first <= last < count <= MOST_SHARDS:
            raise ValueError(WRONG)
        return cls(first, last, count)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}/{self.count}"

    @property
    def ids(self) -> list[int]:
        """The shards of this slice."""
        return list(range(self.first, self.last + 1))

    def has(self, guild: str | int) -> bool:
        """Whether a server is told of in this slice."""
        return self.first <= self.shard_of(guild) <= self.last

    def shard_of(self, guild: str | int) -> int:
        """The shard that a server is on, whoever runs it."""
        return (int(guild) >> 22) % self.count

    def presence_key(self, guild: str | int) -> str:
        """Under which name `Presence` knows the shard that a server is on, whoever runs it."""
        return self._key(self.shard_of(guild))

    def presence_keys(self) -> list[str]:
        """The same for the shards of this slice."""
        return [self._key(shard) for shard in self.ids]

    def _key(self, shard: int) -> str:
        return f"discord:{shard}/{self.count}"


class SlicePresence:
    """See `commands.ports.Presence`. Each shard is kept on record by itself, so that no slice hides another's outage.

    Shards may move from process to process: a slice has seen what the one of its shards saw that was away longest.
    """

    def __init__(self, presence: Presence, slice_: Slice) -> None:
        self._presence = presence
        self._slice = slice_

    async def seen(self, platform: str) -> int | None:
        """See `Presence.seen`. Before a shard's first connection it is when all of them were one process."""
        instants = await asyncio.gather(*(self._presence.seen(key) for key in self._slice.presence_keys()))
        if None not in instants:
            return min(instant for instant in instants if instant is not None)
        return await self._presence.seen(platform)

    async def see(self, platform: str, at_us: int) -> None:  # noqa: ARG002 - there is but one
        """See `Presence.see`."""
        await asyncio.gather(*(self._presence.see(key, at_us) for key in self._slice.presence_keys()))

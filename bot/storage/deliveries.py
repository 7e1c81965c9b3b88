"""What platforms delivered and was taken up. See `commands.ports.Deliveries`."""

import hashlib
import json
from collections.abc import Sequence

from bot.storage.database import Connection, Database
from bot.storage.statements import statements
from commands.ports import Clock

SQL = statements("deliveries.sql")

KEPT_US = 3_600_000_000
"""An hour: no platform delivers anything again after that long."""

SWEEP_EACH, SWEEP_US = 500, 60_000_000
"""After so many, or after a minute, some of what is old is dropped: more than has come since."""


class Deliveries:
    """See `commands.ports.Deliveries`. What is kept of a key is its hash, made with the store's own key."""

    def __init__(self, database: Database, *, clock: Clock, hash_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._hash_key = hash_key
        self._unswept = 0
        self._swept_us = 0

    async def first(self, key: str) -> bool:
        """See `Deliveries.first`."""
        return await self._database.writer.write(take, (self._hashed(key), self._clock(), self._sweeps()))

    async def forget(self, key: str) -> None:
        """See `Deliveries.forget`."""
        await self._database.writer.write(drop, self._hashed(key))

    def _sweeps(self) -> bool:
        """Whether it is time again to drop what is old."""
        now_us = self._clock()
        self._unswept += 1
        if self._unswept < SWEEP_EACH and 0 <= now_us - self._swept_us < SWEEP_US:
            return False
        self._unswept, self._swept_us = 0, now_us
        return True

    def _hashed(self, key: str) -> str:
        return hashlib.blake2b(key.encode(errors="replace"), key=self._hash_key, digest_size=16).hexdigest()


async def take(conn: Connection, items: Sequence[tuple[str, int, bool]]) -> list[bool]:
    """Note these deliveries; which of them are the first of their kind, each counting once. Some sweep what is old."""
    now_us = max(at_us for _, at_us, _ in items)
    before_us = now_us - KEPT_US
    if any(sweeps for _, _, sweeps in items):
        await conn.fetch(SQL["drop_old"], {"before_us": before_us})
    hashes = json.dumps([hashed for hashed, _, _ in items])
    wanted = {"hashes": hashes, "now_us": now_us, "before_us": before_us}
    new = {hashed for (hashed,) in await conn.fetch(SQL["take"], wanted)}
    answers = []
    for hashed, _, _ in items:
        answers.append(hashed in new)
        new.discard(hashed)
    return answers


async def drop(conn: Connection, hashes: Sequence[str]) -> list[None]:
    """Forget that these were delivered."""
    await conn.fetch(SQL["drop"], {"hashes": json.dumps(hashes)})
    return [None] * len(hashes)

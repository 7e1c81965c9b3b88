"""The catalogue that comes with the program, loaded into the store when it is not the one loaded last."""

import hashlib
from pathlib import Path
from typing import Protocol

from commands.model import Loaded
from commands.ports import Catalogue

SHIPPED = Path(__file__).with_name("tools.yaml")
"""The file with the tools that come with the program."""


class Stamp(Protocol):
    """Where the store keeps which shipped catalogue it loaded last."""

    async def get(self) -> str | None:
        """The value set last, or None."""

    async def set(self, value: str) -> None:
        """Keep this value durably."""


async def ensure_shipped(catalogue: Catalogue, stamp: Stamp, *, path: Path = SHIPPED) -> Loaded | None:
    """Load the shipped tools unless this very file was loaded before; None when nothing was to be done.

    So what an operator imports under the same slugs stays until a new release ships other facts. The
    stamp is set after the load: a crash in between loads again, which changes nothing.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()  # noqa: ASYNC240 - a small file of our own, read once
    if await stamp.get() == digest:
        return None
    # Only now, because a start that has nothing to load should not pay for the readers.
    from bot.catalogue.check import Check, entries  # noqa: PLC0415

    check = Check()
    for problem in check.file(path):
        raise ValueError(str(problem))
    loaded = await catalogue.load(entries([path]), categories=check.categories, progress=lambda _done: None)
    await stamp.set(digest)
    return loaded

"""What a platform tells is done once, whichever process is told, and however often."""

from contextlib import suppress

from commands.errors import Unavailable
from commands.ports import Deliveries


class Once:
    """Tells a platform's first deliveries from later ones, by what is kept for all processes."""

    def __init__(self, platform: str, deliveries: Deliveries) -> None:
        self._platform = platform
        self._deliveries = deliveries

    async def told(self, *key: str) -> bool:
        """Whether this is told for the first time. Raises `Unavailable`, for a platform that tells it again then."""
        return await self._deliveries.first(self._joined(key))

    async def done(self, *key: str) -> bool:
        """Whether this is done for the first time, by somebody who waits for what comes of it.

        A store that does not answer lets it pass: what would change anything fails there as well, and says so.
        """
        with suppress(Unavailable):
            return await self._deliveries.first(self._joined(key))
        return True

    async def undone(self, *key: str) -> None:
        """What was to be done came to nothing, and may be done again."""
        with suppress(Unavailable):
            await self._deliveries.forget(self._joined(key))

    def _joined(self, key: tuple[str, ...]) -> str:
        return "\0".join((self._platform, *key))

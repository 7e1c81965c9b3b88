"""The fixtures that most of these tests ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord import listeners
from tests.adapters.discord.running import World
from tests.discord_server.server import Discord


@pytest.fixture
async def harbour(tmp_path: Path) -> AsyncIterator[World]:
    """A server whose bot is yet to be connected; once it is not any more, all that was begun is done."""
    async with Discord() as discord:
        yield World(tmp_path, discord)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are late after a twentieth of a second."""
    monkeypatch.setattr(listeners, "LATE_S", 0.05)

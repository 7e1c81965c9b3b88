"""A bot for which a minute is a second, so that what it paces by the minute can be watched."""

import asyncio

import pytest

from adapters.discord import connection
from commands.budget import LoopTimer

SPEED = 60


class Hurried(LoopTimer):
    """See `commands.budget.Timer`. Its seconds are short."""

    def now(self) -> float:
        return super().now() * SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let budgets and redraws go by short seconds."""
    monkeypatch.setattr(connection, "LoopTimer", Hurried)

"""Redraws that go by a connection's own timer, which a test may hurry, whatever the clock of the store says."""

from collections.abc import Callable
from dataclasses import replace

from bot.storage.store import Store
from bot.storage.turns import Turns
from commands.ports import Ports
from commands.turns import SECOND_US


def paced(ports: Ports, store: Store, now_s: Callable[[], float]) -> Ports:
    """These ports, with turns whose minutes are of these seconds."""
    return replace(ports, turns=Turns(store.database, clock=lambda: round(now_s() * SECOND_US)))

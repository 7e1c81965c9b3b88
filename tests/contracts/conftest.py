"""Every contract runs on every implementation of the ports; another one is added to `STORES` by its fixture's name."""

import pytest

from commands.model import TeamKey
from tests.contracts.make import entry, ignore
from tests.fakes import Memory

STORES = ["memory", "sqlite", "postgres"]

HOME = TeamKey("terminal", "home")
AWAY = TeamKey("slack", "T1")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Memory:
    """An empty store: something with the attributes of `Memory`."""
    return request.getfixturevalue(request.param)


@pytest.fixture
async def team(store: Memory) -> int:
    return await store.teams.team(HOME)


@pytest.fixture
async def other(store: Memory) -> int:
    """Another team."""
    return await store.teams.team(AWAY)


@pytest.fixture
async def tools(store: Memory) -> tuple[int, ...]:
    """The ids of five tools, ascending."""
    await store.catalogue.load([entry(f"tool-{letter}") for letter in "abcde"], categories={}, progress=ignore)
    return tuple(name.id for name in await store.catalogue.names())

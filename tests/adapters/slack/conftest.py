"""The fixture that most of these tests ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.slack.running import World
from tests.slack_server.server import Slack


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[World]:
    """A workspace whose bot is yet to be connected; once it is not any more, all that was begun is done."""
    async with Slack() as slack:
        yield World(tmp_path, slack)

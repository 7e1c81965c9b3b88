"""A terminal channel over a small core, printing into memory."""

from io import StringIO

import pytest
from rich.console import Console

from adapters.terminal.channel import TerminalChannel
from adapters.terminal.screen import Screen
from tests.adapters.terminal.fakes import MemoryTranscript, SmallCore


@pytest.fixture
def core() -> SmallCore:
    return SmallCore()


@pytest.fixture
def transcript() -> MemoryTranscript:
    return MemoryTranscript()


@pytest.fixture
def page() -> StringIO:
    """What has been printed."""
    return StringIO()


@pytest.fixture
def room(core: SmallCore, transcript: MemoryTranscript, page: StringIO) -> TerminalChannel:
    return TerminalChannel(core, transcript, Screen(Console(file=page, width=80), "Europe/Paris"))

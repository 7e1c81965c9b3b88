"""The prompt, driven by keys through prompt_toolkit's own pipe."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from adapters.terminal.channel import TEAM, TerminalChannel
from adapters.terminal.chat import chat
from adapters.terminal.prompt import LeanHistory, LineCompleter
from tests.adapters.terminal.fakes import SmallCore
from tests.patience import PATIENCE_S

CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """Type into the prompt of whatever runs in this test."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


async def test_lines_are_answered_until_ctrl_d(keys: PipeInput, room: TerminalChannel, page: StringIO) -> None:
    keys.send_text(f"/as bob{ENTER}/compare llama vs mistral{ENTER}+🔵{ENTER}{CTRL_D}")
    assert await chat(room, person="ada") == 0
    assert "bob: ship 🔵 Code Llama 4 (70B & 400B) on #1" in page.getvalue()


async def test_ctrl_c_clears_the_line_and_the_session_goes_on(
    keys: PipeInput, room: TerminalChannel, core: SmallCore
) -> None:
    keys.send_text(f"/compare never sent{CTRL_C}")
    keys.send_text(f"/digest on{ENTER}/quit{ENTER}")
    assert await chat(room, person="ada") == 0
    assert [request.text for request in core.asked] == ["/digest on"]


async def test_lines_typed_before_come_back_in_the_next_session(
    keys: PipeInput, room: TerminalChannel, core: SmallCore, tmp_path: Path
) -> None:
    history = tmp_path / "history"
    keys.send_text(f"/digest on{ENTER}{CTRL_D}")
    await chat(room, person="ada", history=history)
    assert "/digest on" in history.read_text()
    assert list(LeanHistory(str(history)).load_history_strings()) == ["/digest on"]


async def test_a_history_that_cannot_be_written_ends_nothing(
    keys: PipeInput, room: TerminalChannel, core: SmallCore, tmp_path: Path
) -> None:
    keys.send_text(f"/digest on{ENTER}{CTRL_D}")
    assert await chat(room, person="ada", history=tmp_path / "missing" / "history") == 0
    assert len(core.asked) == 1


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("/comp", ["/compare ", "/compare mistral-code"]),
        ("/a", ["/as"]),
        ("/", ["/as", "/quit", "/compare ", "/compare mistral-code"]),
        ("+", ["+1", "+2", "+3", "+4", "+skip", "+ship"]),
        ("plain", []),
    ],
)
async def test_what_is_begun_is_completed_as_a_whole_line(core: SmallCore, begun: str, offered: list[str]) -> None:
    async def complete(line: str) -> tuple[str, ...]:
        return await core.complete(TEAM, line)

    found = LineCompleter(complete).get_completions_async(Document(begun), CompleteEvent())
    completions = [completion async for completion in found]
    assert [completion.text for completion in completions] == offered
    assert all(completion.start_position == -len(begun) for completion in completions)


async def test_a_completion_is_taken_with_the_tab_key(keys: PipeInput, room: TerminalChannel, core: SmallCore) -> None:
    session = asyncio.create_task(chat(room, person="ada"))
    keys.send_text("/compare mis")
    async with asyncio.timeout(PATIENCE_S):
        # prompt_toolkit tells nobody when its menu has opened
        while not ((app := get_app_session().app) and app.current_buffer.complete_state):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    keys.send_text("\t")
    keys.send_text(f"{ENTER}{CTRL_D}")
    assert await session == 0
    assert [request.text for request in core.asked] == ["/compare mistral-code"]


def test_a_script_does_not_load_the_prompt_library() -> None:
    program = "import sys, adapters.terminal.chat; sys.exit('prompt_toolkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

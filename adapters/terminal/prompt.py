"""The prompt of an interactive session: history, completion and a line that says who types."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from adapters.terminal import glyphs
from adapters.terminal.inbound import LOCAL

Complete = Callable[[str], Awaitable[Iterable[str]]]


class LineCompleter(Completer):
    """Completes the whole line: commands and tool names from the core, the terminal's own commands, and marks."""

    def __init__(self, complete: Complete) -> None:
        self.complete = complete

    def get_completions(
        self,
        document: Document,  # noqa: ARG002  the library's signature
        complete_event: CompleteEvent,  # noqa: ARG002
    ) -> Iterator[Completion]:
        """Nothing: the core is asked asynchronously."""
        return iter(())

    async def get_completions_async(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002  the library's signature
    ) -> AsyncGenerator[Completion, None]:
        """What the text before the cursor may become."""
        text = document.text_before_cursor
        for line, meaning in _own(text):
            yield Completion(line, -len(text), display_meta=meaning)
        if text.startswith("/"):
            for line in await self.complete(text):
                yield Completion(line, -len(text))


class LeanHistory(FileHistory):
    """Lines typed before, from a file. Where it cannot be read or written the session goes on without."""

    def load_history_strings(self) -> Iterable[str]:
        """The lines in the file, the newest first."""
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        """Add a line to the file."""
        with contextlib.suppress(OSError):
            super().store_string(string)


async def lines(person: Callable[[], str], complete: Complete, history: Path | None) -> AsyncGenerator[str, None]:
    """What is typed, line by line, until Ctrl-D; Ctrl-C clears the line.

    While this runs, what is printed to `sys.stdout` appears above the prompt. `history` is the file that
    keeps the lines, or None to forget them.
    """
    session: PromptSession[str] = PromptSession(
        history=_history(history),
        completer=LineCompleter(complete),
        complete_while_typing=True,
        bottom_toolbar=lambda: _toolbar(person()),
    )
    with patch_stdout(raw=True):
        while True:
            try:
                typed = await session.prompt_async(lambda: [("bold", f"{person()}> ")])
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            yield typed


def _history(file: Path | None) -> History:
    return InMemoryHistory() if file is None else LeanHistory(str(file))


def _toolbar(person: str) -> AnyFormattedText:
    return [("", f" {person} types · /as NAME for somebody else · /help · +1 votes · Ctrl-D ends ")]


def _own(text: str) -> Iterator[tuple[str, str]]:
    """Completions that need no core: the terminal's commands, and marks once a plus or a minus is typed."""
    if text.startswith("/"):
        yield from ((word, meaning) for word, meaning in LOCAL.items() if word.startswith(text))
    elif text in ("+", "-"):
        for option, mark in enumerate(glyphs.TOOLS, start=1):
            yield f"{text}{option}", mark.emoji
        yield f"{text}skip", glyphs.SKIP.emoji
        yield f"{text}ship", glyphs.SHIP.emoji

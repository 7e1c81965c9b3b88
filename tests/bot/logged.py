"""The log that a program writes, caught for a test to read."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

from bot import logs


@contextmanager
def written(level: str, form: str = logs.TEXT) -> Iterator[io.StringIO]:
    """What a fresh program that logs from this level on writes to standard error."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, before = root.handlers, root.level
    root.handlers = []
    try:
        with redirect_stderr(stream):
            logs.setup(level, form)
        yield stream
    finally:
        root.handlers = handlers
        root.setLevel(before)


def objects(log: io.StringIO) -> list[dict[str, Any]]:
    """What was written, read as JSON: one object in each line."""
    return [json.loads(line) for line in log.getvalue().splitlines()]

"""Tells the log, at DEBUG, which statements ran and how long each took, for the delivery they ran for."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from bot.storage.statements import Statement

log = logging.getLogger(__name__)

_UNTIMED = nullcontext()


def timed(statement: Statement) -> AbstractContextManager[None]:
    """Time what is done within, and log it under the statement's name; next to nothing where nobody listens."""
    return _timed(statement) if log.isEnabledFor(logging.DEBUG) else _UNTIMED


@contextmanager
def _timed(statement: Statement) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        log.debug("statement %s took %.1f ms", statement, (time.perf_counter() - began) * 1_000)

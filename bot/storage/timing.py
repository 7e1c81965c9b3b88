"""Tells the log, at DEBUG, which statements ran and how long they took, for the delivery they ran for."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

log = logging.getLogger(__name__)

_UNTIMED = nullcontext()


def timed(statements: Sequence[object]) -> AbstractContextManager[None]:
    """Time what is done within, and log it under the statements' names; next to nothing where nobody listens."""
    return _timed(statements) if log.isEnabledFor(logging.DEBUG) else _UNTIMED


@contextmanager
def _timed(statements: Sequence[object]) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        log.debug("ran %s in %.1f ms", ", ".join(map(str, statements)), (time.perf_counter() - began) * 1_000)

"""What the tests of `shipworthy check` share."""

from collections.abc import Awaitable, Callable

Check = Callable[..., Awaitable[tuple[int, list[str]]]]
"""Run the check with these settings alone: its exit code and its lines."""


def bad(lines: list[str]) -> str:
    """The one line that says no."""
    [line] = [line for line in lines if not line.startswith("ok  ")]
    assert line.startswith("no  ")
    return line

"""How Discord says no: an HTTP status with a JSON body that has a code and, for a wrong body, what is wrong where."""

from collections.abc import Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]
Path = tuple[str, ...]

INVALID_FORM = 50035


class Problem(NamedTuple):
    """What is wrong with one value of a body, and where it stands."""

    path: Path
    code: str
    message: str


KNOWN: dict[int, tuple[int, str]] = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    20012: (403, "You are not authorized to perform this action on this application"),
    30010: (403, "Maximum number of reactions reached (20)"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160005: (403, "Thread is locked"),
}
"""The errors of this server, by code: https://discord.com/developers/docs/topics/opcodes-and-status-codes."""


class Refused(Exception):
    """A call is answered with an error."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body

    @classmethod
    def known(cls, code: int) -> "Refused":
        status, message = KNOWN[code]
        return cls(status, {"message": message, "code": code})

    @classmethod
    def plain(cls, status: int, reason: str) -> "Refused":
        """What has no code of its own, such as a wrong token."""
        return cls(status, {"message": f"{status}: {reason}", "code": 0})


def refuse_form(problems: Iterable[Problem]) -> None:
    """Raise what is wrong with a body as Discord nests it, unless nothing is."""
    errors: Json = {}
    for path, code, message in problems:
        place = errors
        for step in path:
            place = place.setdefault(step, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})
    if errors:
        raise Refused(400, {"message": "Invalid Form Body", "code": INVALID_FORM, "errors": errors})

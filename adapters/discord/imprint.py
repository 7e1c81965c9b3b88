"""The ballot that is written into its own message, in the ids of its buttons, and read back from there.

A ballot is stored after its message was posted. Where a crash came in between, the first vote finds all
that is needed to open it in the message itself; and a button needs nothing that a restart could lose.
"""

import re
from collections.abc import Iterator

from commands.model import Ballot, BallotKind, Channel, Message

LONGEST = 90
"""What a button's id has room for, beside what the button does. Tools may have ids of ten digits each."""

KINDS = {"c": BallotKind.COMPARISON, "t": BallotKind.CARD}
LETTERS = {kind: letter for letter, kind in KINDS.items()}

PATTERN = r"[1-9]\d{0,18}:[ct]:\d{1,18}(?:\.\d{1,18}){0,3}:[01]:\d{0,20}"
"""What an imprint looks like, for use within the id of a button."""

_PARTS = re.compile(PATTERN)
_STAMPED = re.compile(rf"(?:reviews|bookmark|remove|vote:\d):({PATTERN})")


def write(ballot: Ballot) -> str:
    """The ballot as a part of a button's id. Raises `ValueError` for one that has no room there."""
    tools = ".".join(map(str, ballot.tools))
    written = f"{ballot.id}:{LETTERS[ballot.kind]}:{tools}:{ballot.channel.private:d}:{ballot.asker}"
    if len(written) > LONGEST or not _PARTS.fullmatch(written):
        raise ValueError(f"this ballot cannot be written into a button: {written}")
    return written


def read(written: str, message: Message | None = None) -> Ballot | None:
    """The ballot that was written, with team 0 because only we know our number for it; None for anything else."""
    if not _PARTS.fullmatch(written):
        return None
    number, kind, tools, private, asker = written.split(":")
    return Ballot(
        id=int(number),
        team=0,
        kind=KINDS[kind],
        tools=tuple(map(int, tools.split("."))),
        channel=Channel(message.channel if message else "", private == "1"),
        asker=asker,
        message=message,
    )


def within(components: object, message: Message | None = None) -> Ballot | None:
    """The ballot that a message is, by the ids of its components; None for a message that is none."""
    for custom_id in custom_ids(components):
        if found := _STAMPED.fullmatch(custom_id):
            return read(found[1], message)
    return None


def custom_ids(components: object) -> Iterator[str]:
    """The ids of components and of those within them, from the top."""
    if isinstance(components, list):
        for held in components:
            yield from custom_ids(held)
    elif isinstance(components, dict):
        if isinstance(custom_id := components.get("custom_id"), str):
            yield custom_id
        yield from custom_ids(components.get("components"))
        yield from custom_ids(components.get("accessory"))

"""The ballot that is written into its own message, as the id of a block, and read back from there.

A ballot is stored after its message was posted. Where a crash came in between, the first vote finds all
that is needed to open it in the message itself.
"""

import re

from commands.model import Ballot, BallotKind, Channel, Message

_WRITTEN = re.compile(
    r"ballot:(?P<id>[1-9]\d{0,18}):(?P<kind>comparison|card):(?P<tools>\d{1,18}(?:\.\d{1,18}){0,3})"
    r":(?P<private>[01]):(?P<asker>[A-Z0-9]{0,32})"
)


def write(ballot: Ballot) -> str:
    """The id of a block that says which ballot its message is; at most 255 characters."""
    tools = ".".join(map(str, ballot.tools))
    return f"ballot:{ballot.id}:{ballot.kind.value}:{tools}:{ballot.channel.private:d}:{ballot.asker}"


def read(block_id: str, message: Message | None = None) -> Ballot | None:
    """The ballot a block's id names, with team 0 because only we know our number for it; None for any other id."""
    found = _WRITTEN.fullmatch(block_id)
    if found is None:
        return None
    return Ballot(
        id=int(found["id"]),
        team=0,
        kind=BallotKind(found["kind"]),
        tools=tuple(map(int, found["tools"].split("."))),
        channel=Channel(message.channel if message else "", found["private"] == "1"),
        asker=found["asker"],
        message=message,
    )

"""What the bot asks a server to allow it and why, and what is missing of it."""

from functools import reduce
from operator import or_
from typing import NamedTuple


class Permission(NamedTuple):
    """One permission: Discord's name for it, its bit, and in a sentence what it is for."""

    name: str
    bit: int
    why: str


NEEDED = (
    Permission("View Channels", 1 << 10, "Hears votes, which are reactions, and redraws the tallies under them."),
    Permission("Send Messages", 1 << 11, "Posts the weekly digest."),
    Permission("Send Messages in Threads", 1 << 38, "Posts the digest in a thread or in a forum's post."),
    Permission("Embed Links", 1 << 14, "Draws a comparison as a coloured card with columns."),
    Permission("Add Reactions", 1 << 6, "Puts the reactions people vote with on a comparison."),
    Permission(
        "Read Message History",
        1 << 16,
        "Puts those reactions there, reads votes back, and looks for a digest of its own.",
    ),
)

MASK = reduce(or_, (permission.bit for permission in NEEDED))

ADMINISTRATOR = 1 << 3
"""Whoever has it may do everything, whatever other bits say."""

REACTIONS = ("View Channels", "Read Message History", "Add Reactions")
"""What votes by reaction need in a channel; without it people vote with buttons."""

EMBEDS = ("Embed Links",)
"""What a message drawn as a card needs; without it the same is said in plain text."""

DIGEST = ("View Channels", "Send Messages")
DIGEST_IN_THREAD = ("View Channels", "Send Messages in Threads")
"""What posting a digest needs."""

HISTORY = ("View Channels", "Read Message History")
"""What looking for a digest of unknown outcome needs, and reading votes back."""

_BITS = {permission.name: permission.bit for permission in NEEDED}


def missing(bits: int, *names: str) -> tuple[str, ...]:
    """Which of these permissions somebody with these bits lacks, in the order given; without names, of all needed.

    Only names of `NEEDED` are known.
    """
    if bits & ADMINISTRATOR:
        return ()
    return tuple(name for name in names or _BITS if not bits & _BITS[name])


def invite(application_id: str) -> str:
    """The address where somebody who manages a server puts the bot into it, with what it needs and no more."""
    return (
        f"https://discord.com/oauth2/authorize?client_id={application_id}"
        f"&scope=bot%20applications.commands&permissions={MASK}"
    )

"""Permission bits, and what somebody may do in a channel: https://discord.com/developers/docs/topics/permissions."""

from collections.abc import Iterable, Mapping
from enum import IntFlag


class Can(IntFlag):
    """Permissions by name; only those that matter here."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


NOTHING = Can(0)
EVERYTHING = Can((1 << 50) - 1)
MEMBERS = (
    Can.VIEW_CHANNEL
    | Can.SEND_MESSAGES
    | Can.SEND_MESSAGES_IN_THREADS
    | Can.CREATE_PUBLIC_THREADS
    | Can.ADD_REACTIONS
    | Can.EMBED_LINKS
    | Can.ATTACH_FILES
    | Can.READ_MESSAGE_HISTORY
    | Can.USE_EXTERNAL_EMOJIS
    | Can.USE_APPLICATION_COMMANDS
)
"""What everybody may do in a new guild."""

WRITING = Can.EMBED_LINKS | Can.ATTACH_FILES | Can.MENTION_EVERYONE

Overwrite = tuple[Can, Can]
"""What a channel allows and denies, in this order."""


def in_guild(everyone: Can, roles: Iterable[Can]) -> Can:
    """What somebody's roles add up to."""
    total = everyone
    for bits in roles:
        total |= bits
    return EVERYTHING if total & Can.ADMINISTRATOR else total


def in_channel(
    base: Can, overwrites: Mapping[str, Overwrite], everyone_id: str, role_ids: Iterable[str], person_id: str
) -> Can:
    """What remains of somebody's permissions in a channel: overwrites of everybody, their roles, then themselves."""
    if base & Can.ADMINISTRATOR:
        return EVERYTHING
    allow, deny = overwrites.get(everyone_id, (NOTHING, NOTHING))
    bits = (base & ~deny) | allow
    allow = deny = NOTHING
    for role_id in role_ids:
        role_allow, role_deny = overwrites.get(role_id, (NOTHING, NOTHING))
        allow, deny = allow | role_allow, deny | role_deny
    bits = (bits & ~deny) | allow
    allow, deny = overwrites.get(person_id, (NOTHING, NOTHING))
    return (bits & ~deny) | allow


def implied(bits: Can, *, thread: bool) -> Can:
    """Who may not look may do nothing; who may not write cannot embed, attach or mention everybody."""
    if not bits & Can.VIEW_CHANNEL:
        return NOTHING
    may_write = bits & (Can.SEND_MESSAGES_IN_THREADS if thread else Can.SEND_MESSAGES)
    return bits if may_write else bits & ~WRITING

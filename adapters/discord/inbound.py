"""Discord's payloads as the core's values: pure, and the one file that knows how Discord words what people did."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from adapters.discord import buttons, command_tree, imprint, reader, signs
from commands.declare import Command, Kind
from commands.model import Asker, Ballot, Channel, Mark, Message, TeamKey, Via

PLATFORM = "discord"
EPOCH_MS = 1_420_070_400_000
"""Where Discord's ids begin to count milliseconds, 2015-01-01."""

MANAGE_GUILD, ADMINISTRATOR = 1 << 5, 1 << 3
EPHEMERAL = 1 << 6

Payload: TypeAlias = Mapping[str, Any]

_OF_BALLOT = re.compile(
    rf"(?:vote:(?P<option>[0-4])|(?P<what>{buttons.READ}|{buttons.SAVE}|remove)):(?P<written>{imprint.PATTERN})"
)
"""The buttons of a ballot's own message."""


class Reaction(NamedTuple):
    """A reaction that somebody put on a message or took off it, in the server `guild`.

    `ours` says that the message is known to be the bot's own, and `burst` that it is a super reaction.
    """

    guild: str
    mark: Mark
    ours: bool
    burst: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody typed or pressed something, and what answers it: an interaction, good for fifteen minutes.

    `may` are the bot's permissions there, as bits.
    """

    guild: str
    channel: Channel
    person: Asker
    interaction: str
    token: str
    application: str
    may: int

    @property
    def team(self) -> TeamKey:
        """The team of ours that this server is."""
        return team_key(self.guild)


@dataclass(frozen=True, slots=True)
class Press:
    """One button pressed. `line` is the command it stands for, `option` what it votes for.

    `page` is the page of the reviews it shows, None outside of them. `alone` says that only the person who
    pressed sees the message it stands on.
    """

    place: Place
    message: Message
    alone: bool
    line: str | None = None
    option: int | None = None
    page: int | None = None
    removes: bool = False
    reads: bool = False
    saves: bool = False
    ballot: Ballot | None = None


def team_key(guild: str) -> TeamKey:
    """The team of ours that a server is."""
    return TeamKey(PLATFORM, guild)


def posted_us(message: str) -> int:
    """When a message was posted: its id says so, to the millisecond."""
    return ((int(message) >> 22) + EPOCH_MS) * 1_000


def reaction(told: Payload, me: str, *, active: bool) -> Reaction | None:
    """The reaction that was put on or taken off; None for one that can be no vote. Discord tells no time of it.

    Bots never vote. Who wrote the message, and who is a bot, is told only of a reaction that is put on.
    """
    emoji, guild, person = told["emoji"], told.get("guild_id"), told["user_id"]
    sign = signs.read(emoji["name"] or "") if emoji.get("id") is None else None
    if sign is None or guild is None or person == me:
        return None
    author = told.get("message_author_id")
    if author not in (None, me) or ((told.get("member") or {}).get("user") or {}).get("bot"):
        return None
    address = Message(PLATFORM, told["channel_id"], told["message_id"])
    mark = Mark(address, person, sign.option, Via.REACTION, active, kind=sign.kind)
    return Reaction(guild, mark, author == me, told.get("burst", False))


def place(interaction: Payload, *, private: bool) -> Place:
    """Where an interaction comes from; whether everybody there sees the channel is told by who knows the server."""
    member = interaction["member"]
    bits = int(member["permissions"])
    asker = Asker(
        id=member["user"]["id"],
        full_member=not member.get("pending", False),
        manager=bool(bits & (MANAGE_GUILD | ADMINISTRATOR)),
    )
    return Place(
        guild=interaction["guild_id"],
        channel=Channel(interaction["channel_id"], private),
        person=asker,
        interaction=interaction["id"],
        token=interaction["token"],
        application=interaction["application_id"],
        may=int(interaction.get("app_permissions") or 0),
    )


def press(interaction: Payload, where: Place) -> Press:
    """What a press of one of our buttons means."""
    message, custom_id = interaction["message"], interaction["data"]["custom_id"]
    address = Message(PLATFORM, where.channel.id, message["id"])
    alone = bool(message.get("flags", 0) & EPHEMERAL)
    pressed = Press(where, address, alone)
    if turned := reader.turned(custom_id, message, address):
        known = _known(turned.ballot, alone)
        return replace(pressed, line=turned.line, option=turned.option, page=turned.page, ballot=known)
    if not (found := _OF_BALLOT.fullmatch(custom_id)):
        return replace(pressed, line=buttons.line(custom_id, message))
    what = found["what"]
    return replace(
        pressed,
        option=None if found["option"] is None else int(found["option"]),
        removes=what == "remove",
        reads=what == buttons.READ,
        saves=what == buttons.SAVE,
        ballot=_known(imprint.read(found["written"], address), alone),
    )


def _known(ballot: Ballot | None, alone: bool) -> Ballot | None:  # noqa: FBT001
    """A ballot that a button names; its message is the one pressed only where everybody sees that."""
    if ballot is None or not alone:
        return ballot
    return Ballot(ballot.id, ballot.team, ballot.kind, ballot.tools, ballot.channel, ballot.asker)


def ballot_of(message: Payload, address: Message) -> Ballot | None:
    """The ballot that a message Discord gave us back is."""
    return imprint.within(message.get("components"), address)


def typed(interaction: Payload, commands: Iterable[Command]) -> str:
    """The core's line for a slash command. Raises `CommandError` for a command that is not known."""
    return command_tree.line(interaction["data"], commands)


def completed(interaction: Payload, commands: Mapping[str, Command]) -> str | None:
    """What was typed so far of a tool's name; None where no tool is being named."""
    data = interaction["data"]
    focused = next((option for option in data.get("options") or () if option.get("focused")), None)
    command = commands.get(data["name"])
    if focused is None or command is None:
        return None
    named = {parameter.name for parameter in command.parameters if parameter.kind is Kind.TOOL}
    return str(focused.get("value") or "") if focused["name"] in named else None

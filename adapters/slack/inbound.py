"""Slack's payloads as the core's values: pure, and the one file that knows how Slack words what people did."""

import html
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from adapters.slack import imprint, signs
from commands.model import Ballot, Channel, Mark, Message, TeamKey, Via

PLATFORM = "slack"

Payload: TypeAlias = Mapping[str, Any]

UNLISTED = "url-"
"""What the id of a message begins with that was posted through a response URL: Slack never tells its real id."""

_PRIVATE = frozenset({"privategroup", "directmessage"})
_ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_THREAD = re.compile(r"thread:(\d+\.\d{6}):\d+")
_AFTER_A_NAME = " ,:;.!?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody said or pressed something, and the ways there are to answer.

    `respond` is a response URL, good for five answers within thirty minutes; `trigger` opens a view within
    three seconds. `thread` is the message an answer hangs below; where that has no answers yet it is
    `unbegun`, and Slack would show nothing private in it.
    """

    team: str
    channel: Channel
    person: str
    thread: str | None = None
    unbegun: bool = False
    respond: str | None = None
    trigger: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """One button pressed: on a message, in a modal or on the Home tab.

    `line` is the command a run button stands for, `option` what a vote button votes for. `ballot` is the one
    its message or modal is about. `view` is the modal or Home tab it stood in; `alone` says that only the
    person who pressed sees the message it stood on.
    """

    place: Place
    line: str | None = None
    option: int | None = None
    removes: bool = False
    ballot: Ballot | None = None
    message: str = ""
    alone: bool = False
    view: Payload | None = None

    @property
    def stands_on(self) -> str:
        """The id of the message or view it stood on."""
        return self.message if self.view is None else self.view["id"]

    @property
    def at_home(self) -> bool:
        """Whether it was pressed on the Home tab, which is in no channel."""
        return self.view is not None and self.view["type"] == "home"


@dataclass(frozen=True, slots=True)
class Notes:
    """What a modal carries along for the answer to what is pressed in it, as its private metadata."""

    channel: str = ""
    private: bool = True
    thread: str | None = None
    respond: str | None = None
    line: str = ""
    ballot: int | None = None

    def write(self) -> str:
        """At most some 1,500 characters of the 3,000 there may be: a line has 400, a response URL some hundreds."""
        noted = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(noted, ensure_ascii=False)

    @classmethod
    def read(cls, view: Payload) -> "Notes":
        """The notes of a view; blank ones where it has none."""
        return cls(**json.loads(view.get("private_metadata") or "{}"))


def team_key(team: str) -> TeamKey:
    """The team of ours that this workspace is."""
    return TeamKey(PLATFORM, team)


def instant(stamp: str) -> int:
    """One of Slack's timestamps, "1700000000.000100", in microseconds; a float would lose the last of them."""
    seconds, _, fraction = stamp.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def mark(event: Payload) -> Mark | None:
    """The mark a reaction event makes; None for a reaction that no ballot has, or on something else than a message."""
    item, sign = event["item"], signs.read(event["reaction"])
    if sign is None or item.get("type") != "message":
        return None
    return Mark(
        ballot=Message(PLATFORM, item["channel"], item["ts"]),
        person=event["user"],
        option=sign.option,
        via=Via.REACTION,
        active=event["type"] == "reaction_added",
        at_us=instant(event["event_ts"]),
        kind=sign.kind,
    )


def typed(text: str) -> str:
    """What somebody typed, as they saw it: links by their label, and &, < and > as such."""
    return html.unescape(_ENTITY.sub(_seen, text)).strip()


def _seen(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if label is not None:
        return label
    return "" if target[:1] in "@#!" else target


def line(command: Payload) -> str:
    """The line that a slash command is: `/shipworthy tools` and `/compare …` as the core reads them."""
    words = typed(command.get("text") or "")
    if command["command"] != "/compare":
        return f"/{words.removeprefix('/')}"
    return "/help compare" if words.casefold() == "help" else f"/compare {words}".rstrip()


def asked(command: Payload) -> Place:
    """Where a slash command was typed."""
    return Place(
        team=command["team_id"],
        channel=Channel(command["channel_id"], _is_private(command["channel_id"], command.get("channel_name") or "")),
        person=command["user_id"],
        respond=command.get("response_url"),
        trigger=command.get("trigger_id"),
    )


def mentioned(event: Payload, team: str) -> Place:
    """Where somebody mentioned the bot; whether the channel is private is not told, and so taken for granted."""
    thread = event.get("thread_ts")
    return Place(
        team=team,
        channel=Channel(event["channel"], private=True),
        person=event["user"],
        thread=thread or event["ts"],
        unbegun=not thread,
    )


def mention(event: Payload, bot: str, commands: Collection[str]) -> str:
    """The line said to the bot: what comes after its name, or before it where only that begins with a command."""
    before, after = _either_side(event.get("text") or "", bot)
    starts = (words.split(maxsplit=1)[0].casefold() if words else "" for words in (after, before))
    told = [start.removeprefix("/") in commands for start in starts]
    words = before if told == [False, True] or not after else after
    return f"/{words.removeprefix('/')}"


def _either_side(text: str, bot: str) -> tuple[str, str]:
    before, *after = re.split(rf"<@{re.escape(bot)}(?:\|[^<>]*)?>", text, maxsplit=1)
    return typed(before).rstrip(_AFTER_A_NAME), typed("".join(after)).lstrip(_AFTER_A_NAME)


def press(body: Payload, team: str) -> Press:
    """What a press of one of our buttons means."""
    action = body["actions"][0]
    view = body.get("view")
    kind, _, option = action["action_id"].partition(":")
    place, message, alone = _pressed_in(body, view, team) if view else _pressed_on(body, team)
    address = Message(PLATFORM, place.channel.id, message) if message else None
    return Press(
        place=place,
        line=action.get("value") if kind == "run" else None,
        option=int(option) if kind == "vote" else None,
        removes=kind == "more" and (action.get("selected_option") or {}).get("value") == "remove",
        ballot=_imprinted(body, action.get("block_id", ""), address),
        message=message,
        alone=alone,
        view=view,
    )


def _pressed_in(body: Payload, view: Payload, team: str) -> tuple[Place, str, bool]:
    notes = Notes.read(view)
    channel = Channel(notes.channel, notes.private)
    place = Place(
        team, channel, body["user"]["id"], notes.thread, respond=notes.respond, trigger=body.get("trigger_id")
    )
    return place, "", True


def _pressed_on(body: Payload, team: str) -> tuple[Place, str, bool]:
    container, channel = body["container"], body["channel"]
    message: str = container["message_ts"]
    held = _THREAD.fullmatch(body["actions"][0].get("block_id") or "")
    thread = container.get("thread_ts") or (body.get("message") or {}).get("thread_ts") or (held and held[1])
    place = Place(
        team=team,
        channel=Channel(channel["id"], _is_private(channel["id"], channel.get("name") or "")),
        person=body["user"]["id"],
        thread=None if thread == message else thread,
        respond=body.get("response_url"),
        trigger=body.get("trigger_id"),
    )
    return place, message, bool(container.get("is_ephemeral"))


def thread_kept(blocks: Iterable[dict[str, Any]], thread: str) -> list[dict[str, Any]]:
    """The blocks of a private message, with the thread in the ids of those that can be pressed.

    It stands outside of a thread that it may have to answer in, and Slack does not tell what it held.
    """
    kept = []
    for number, block in enumerate(blocks):
        presses = block["type"] == "actions" or "accessory" in block
        kept.append({"block_id": f"thread:{thread}:{number}"} | block if presses else block)
    return kept


def _imprinted(body: Payload, block_id: str, address: Message | None) -> Ballot | None:
    """The ballot a press is about: of its own block, else of any block of the message or modal it stood in."""
    held = body.get("view") or body.get("message") or {}
    ids = [block_id, *(block.get("block_id", "") for block in held.get("blocks") or ())]
    return next(filter(None, (imprint.read(each, address) for each in ids)), None)


def ballot_of(message: Payload, address: Message) -> Ballot | None:
    """The ballot written into a message that Slack gave us back, posted when the message says."""
    for block in message.get("blocks") or ():
        if found := imprint.read(block.get("block_id", ""), address):
            return found
    return None


def filled(view: Payload) -> dict[str, str | bool]:
    """What somebody filled into a form, by parameter; what was left empty is left out."""
    values: dict[str, str | bool] = {}
    for name, elements in view["state"]["values"].items():
        for element in elements.values():
            if chosen := element.get("selected_option"):
                values[name] = chosen["value"]
            elif element["type"] == "checkboxes":
                values[name] = bool(element.get("selected_options"))
            elif words := (element.get("value") or "").strip():
                values[name] = words
    return values


def departure(event: Payload, event_time: int) -> int | None:
    """When the app was taken out of a workspace, if that is what the event says: the end of that second.

    A revoked token of a person's own is no departure.
    """
    if event["type"] == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return None
    return event_time * 1_000_000 + 999_999


def _is_private(channel: str, name: str) -> bool:
    return name in _PRIVATE or name.startswith("mpdm-") or channel[:1] in "DG"

"""The Web API as a table of methods, and those that concern messages, reactions, people and channels."""

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.slack_server import blocks as kit
from tests.slack_server.arguments import Arguments
from tests.slack_server.deliveries import Deliveries
from tests.slack_server.world import Channel, Installation, Json, Message, Person, Refused, refuse_blocks

TEXT_CHARACTERS = 40_000
BLOCK_CHARACTERS = 13_000
"""Not documented: beyond about this many in all blocks together people met `msg_blocks_too_long`."""

METADATA_BYTES = 8_000
KINDS = {"public": "public_channel", "private": "private_channel", "im": "im", "mpim": "mpim"}
FAMILIES = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
"""What a scope that concerns one kind of channel begins with."""

_REACTION = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")
_TS = re.compile(r"\d+\.\d{6}")


@dataclass(frozen=True)
class Call:
    """One call of a method: by whom, and with what."""

    slack: Deliveries
    caller: Installation
    given: Arguments

    def need(self, scope: str) -> None:
        if scope not in self.caller.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.caller.scopes)))

    def find_channel(self, name: str = "channel") -> Channel:
        """The channel of an argument, if the bot's workspace has it and the bot may know of it."""
        channel = self.slack.channels.get(self.given.text(name))
        if channel is None or not channel.reaches(self.caller.team):
            raise Refused("channel_not_found")
        if not channel.public and self.caller.bot.id not in channel.members:
            raise Refused("channel_not_found")
        return channel

    def joined_channel(self) -> Channel:
        """The channel of the arguments, which the bot has to be a member of."""
        channel = self.find_channel()
        if self.caller.bot.id not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def message_at(self, channel: Channel, name: str, missing: str) -> Message:
        ts = self.given.text(name)
        if not ts:
            raise Refused(missing)
        if not _TS.fullmatch(ts):
            raise Refused("bad_timestamp")
        if ts not in channel.messages:
            raise Refused("message_not_found")
        return channel.messages[ts]

    def page(self, found: Sequence[Json], name: str, most: int) -> Json:
        """As many as asked for, and a cursor for the rest."""
        start = int(self.given.text("cursor") or 0)
        limit = min(int(self.given.text("limit") or 100), most)
        end = start + limit
        cursor = str(end) if end < len(found) else ""
        return {name: list(found[start:end]), "response_metadata": {"next_cursor": cursor}}


Method = Callable[[Call], Json]
METHODS: dict[str, tuple[Method, str | None]] = {}
"""Each method of the Web API that a bot token may call, with the scope it always needs."""


def method(name: str, scope: str | None = None) -> Callable[[Method], Method]:
    def register(run: Method) -> Method:
        METHODS[name] = (run, scope)
        return run

    return register


# -- what a message may hold -----------------------------------------------------------------------------------


def check_content(slack: Deliveries, content: Json) -> None:
    """Refuse text, blocks and metadata that Slack would refuse; `content` is as the app sent it."""
    text, given = content.get("text") or "", content.get("blocks") or []
    if not text and not given:
        raise Refused("no_text")
    if not isinstance(text, str):
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] text must be a string"]})
    if len(text) > TEXT_CHARACTERS:
        raise Refused("msg_too_long")
    refuse_blocks("invalid_blocks", kit.check_message(given, tables=not slack.refuses_tables))
    if sum(map(len, kit.texts(given))) > BLOCK_CHARACTERS:
        raise Refused("msg_blocks_too_long")
    check_metadata(content.get("metadata"))


def check_metadata(metadata: object) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_schema")
    if len(str(metadata).encode()) > METADATA_BYTES:
        raise Refused("metadata_too_large")


def stored_blocks(slack: Deliveries, blocks: Sequence[Json]) -> list[Json]:
    """Blocks as Slack keeps them: each block and each element that does something has an id."""
    kept = copy.deepcopy(list(blocks))
    for block in kept:
        block.setdefault("block_id", slack.new_id("b"))
        for element in kit.elements(block):
            if element.get("type") != "image":
                element.setdefault("action_id", slack.new_id("a"))
    return kept


def post(slack: Deliveries, made: Installation, channel: Channel, content: Json, seen_by: str | None = None) -> Message:
    """Put a checked message of the bot into a channel, or in front of one person there."""
    message = Message(
        channel=channel,
        ts=slack.next_ts(),
        user=made.bot.id,
        text=content.get("text") or "",
        blocks=stored_blocks(slack, content.get("blocks") or []),
        metadata=copy.deepcopy(content.get("metadata")),
        bot_id=made.bot_id,
        app_id=made.app.id,
        thread_ts=content.get("thread_ts") or None,
        seen_by=seen_by,
    )
    if seen_by:
        channel.whispers.append(message)
    else:
        channel.messages[message.ts] = message
    slack.changed()
    return message


def rewrite(slack: Deliveries, message: Message, content: Json) -> None:
    """Change what a message says; what is not given stays, except that blocks do not outlive a new text."""
    kept = [] if "text" in content else message.blocks
    new: Json = {"text": message.text, "blocks": kept, "metadata": message.metadata} | content
    check_content(slack, new)
    message.text = new["text"]
    message.blocks = stored_blocks(slack, new["blocks"])
    message.metadata = copy.deepcopy(new["metadata"])
    message.edits += 1
    slack.changed()


def erase(slack: Deliveries, message: Message) -> None:
    """Take a message away from everyone who sees it."""
    message.deleted = True
    if message.seen_by:
        message.channel.whispers.remove(message)
    else:
        del message.channel.messages[message.ts]
    slack.changed()


# -- chat ------------------------------------------------------------------------------------------------------


@method("chat.postMessage", "chat:write")
def post_message(call: Call) -> Json:
    channel = _posting_channel(call)
    if channel.archived:
        raise Refused("is_archived")
    content = call.given.content()
    check_content(call.slack, content)
    message = post(call.slack, call.caller, channel, content)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(metadata=True)}


def _posting_channel(call: Call) -> Channel:
    """A person's id stands for the direct messages with them, opened by posting."""
    person = call.slack.people.get(call.given.text("channel"))
    if person is not None and person.team is call.caller.team and not person.is_bot:
        return call.slack.direct(call.caller.bot, person)
    channel = call.find_channel()
    if call.caller.bot.id not in channel.members and "chat:write.public" not in call.caller.scopes:
        raise Refused("not_in_channel")
    return channel


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(call: Call) -> Json:
    channel = call.joined_channel()
    if channel.archived:
        raise Refused("is_archived")
    if call.given.text("user") not in channel.members:
        raise Refused("user_not_in_channel")
    content = call.given.content()
    check_content(call.slack, content)
    return {"message_ts": post(call.slack, call.caller, channel, content, call.given.text("user")).ts}


def _own_message(call: Call, error: str) -> Message:
    channel = call.find_channel()
    message = call.message_at(channel, "ts", "message_not_found")
    if message.bot_id != call.caller.bot_id:
        raise Refused(error)
    if channel.archived:
        raise Refused("is_archived")
    return message


@method("chat.update", "chat:write")
def update(call: Call) -> Json:
    message = _own_message(call, "cant_update_message")
    content = call.given.content()
    if not content.keys() & {"text", "blocks"}:
        raise Refused("no_text")
    rewrite(call.slack, message, content)
    shown = message.as_json(metadata=True)
    return {"channel": message.channel.id, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", "chat:write")
def delete(call: Call) -> Json:
    message = _own_message(call, "cant_delete_message")
    erase(call.slack, message)
    return {"channel": message.channel.id, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(call: Call) -> Json:
    channel = call.find_channel()
    message = call.message_at(channel, "message_ts", "message_not_found")
    link = f"{call.caller.team.url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


# -- reactions -------------------------------------------------------------------------------------------------


def change_reaction(slack: Deliveries, message: Message, name: str, person: Person, *, on: bool) -> Json:
    """Add or remove a reaction and return the event that tells of it."""
    if not _REACTION.fullmatch(name):
        raise Refused("invalid_name")
    if message.channel.archived:
        raise Refused("is_archived")
    users = message.reactions.get(name, [])
    if on == (person.id in users):
        raise Refused("already_reacted" if on else "no_reaction")
    users = [*users, person.id] if on else [user for user in users if user != person.id]
    message.reactions |= {name: users}
    if not users:
        del message.reactions[name]
    slack.changed()
    return {
        "type": "reaction_added" if on else "reaction_removed",
        "user": person.id,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel.id, "ts": message.ts},
        "item_user": message.user,
        "event_ts": slack.next_ts(),
    }


def _react(call: Call, *, on: bool) -> Json:
    channel = call.joined_channel()
    message = call.message_at(channel, "timestamp", "no_item_specified")
    event = change_reaction(call.slack, message, call.given.text("name"), call.caller.bot, on=on)
    call.slack.later(call.slack.happen(event, channel, call.caller.team.id))
    return {}


@method("reactions.add", "reactions:write")
def add_reaction(call: Call) -> Json:
    return _react(call, on=True)


@method("reactions.remove", "reactions:write")
def remove_reaction(call: Call) -> Json:
    return _react(call, on=False)


@method("reactions.get", "reactions:read")
def get_reactions(call: Call) -> Json:
    channel = call.joined_channel()
    message = call.message_at(channel, "timestamp", "no_item_specified")
    return {"type": "message", "channel": channel.id, "message": message.as_json(everyone=call.given.flag("full"))}


# -- people and channels ---------------------------------------------------------------------------------------


@method("users.info", "users:read")
def user_info(call: Call) -> Json:
    person = call.slack.people.get(call.given.text("user"))
    team = call.caller.team
    met = person is not None and any(
        person.id in channel.members and channel.reaches(team) for channel in call.slack.channels.values()
    )
    if person is None or not (person.team is team or met):
        raise Refused("user_not_found")
    return {"user": person.as_json(team)}


@method("conversations.join", "channels:join")
def join(call: Call) -> Json:
    channel = call.find_channel()
    if not channel.public:
        raise Refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refused("is_archived")
    bot = call.caller.bot
    known: Json = {"warning": "already_in_channel"} if bot.id in channel.members else {}
    if not known:
        event = join_channel(call.slack, channel, bot)
        call.slack.later(call.slack.happen(event, channel, call.caller.team.id))
    return {"channel": channel.as_json(bot.id)} | known


def join_channel(slack: Deliveries, channel: Channel, person: Person, inviter: Person | None = None) -> Json:
    """Make somebody a member and return the event that tells of it."""
    channel.members.append(person.id)
    slack.changed()
    event = {"type": "member_joined_channel", "user": person.id, "channel": channel.id, "channel_type": "C"}
    event |= {"team": person.team.id, "event_ts": slack.next_ts()}
    return event | ({"inviter": inviter.id} if inviter else {})


@method("conversations.info")
def channel_info(call: Call) -> Json:
    channel = call.find_channel()
    call.need(f"{FAMILIES[channel.kind]}:read")
    return {"channel": channel.as_json(call.caller.bot.id)}


@method("conversations.history")
def history(call: Call) -> Json:
    channel = call.joined_channel()
    call.need(f"{FAMILIES[channel.kind]}:history")
    oldest, latest = call.given.text("oldest") or "0", call.given.text("latest") or "9" * 10
    inclusive = call.given.flag("inclusive")
    metadata = call.given.flag("include_all_metadata")

    def within(message: Message) -> bool:
        ts, edges = float(message.ts), (float(oldest), float(latest))
        return edges[0] < ts < edges[1] or (inclusive and ts in edges)

    newest_first = reversed(call.slack.messages(channel))
    top = [message for message in newest_first if message.thread_ts in (None, message.ts)]
    found = [message.as_json(metadata=metadata) for message in top if within(message)]
    page = call.page(found, "messages", 999)
    return page | {"has_more": bool(page["response_metadata"]["next_cursor"])}


@method("users.conversations")
def user_conversations(call: Call) -> Json:
    kinds = (call.given.text("types") or "public_channel").replace(" ", "").split(",")
    for kind, name in KINDS.items():
        if name in kinds:
            call.need(f"{FAMILIES[kind]}:read")
    bot = call.caller.bot.id
    asked = {call.given.text("user") or bot}
    found = []
    for channel in call.slack.channels.values():
        members = asked if channel.public else asked | {bot}
        here = channel.reaches(call.caller.team) and members <= set(channel.members) and KINDS[channel.kind] in kinds
        if here and not (channel.archived and call.given.flag("exclude_archived")):
            found.append(channel.as_json(bot))
    return call.page(found, "channels", 999)

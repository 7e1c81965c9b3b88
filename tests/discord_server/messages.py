"""Messages and reactions over REST: https://discord.com/developers/docs/resources/message."""

import copy
from collections.abc import Iterator
from itertools import count

from tests.discord_server.components import all_of
from tests.discord_server.content import (
    CREATE,
    CREATE_FLAGS,
    EDIT,
    EDIT_FLAGS,
    FILES,
    SUPPRESS_EMBEDS,
    check_message,
    refuse_empty,
)
from tests.discord_server.errors import Problem, Refused, refuse_form
from tests.discord_server.gateway import Gateway
from tests.discord_server.permissions import Can
from tests.discord_server.rest import Answer, Call, route
from tests.discord_server.things import THREADS, WRITABLE, Channel, Json, Message, Person, Reactors, emoji_json

REACTIONS = 20
NONCE_US = 5 * 60_000_000
"""Discord says "the past few minutes"."""

_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_REACTIONS = _MESSAGE + "/reactions"


# -- what messages are made of ---------------------------------------------------------------------------------


def shown(call: Call, body: Json, old: Message | None = None, at: tuple[str, ...] = ()) -> Json:
    """A checked body as the fields of a message; what is not given is left out."""
    given: Json = {}
    if "content" in body:
        given["content"] = (body["content"] or "").strip()
    if "embeds" in body:
        given["embeds"] = [{"type": "rich"} | copy.deepcopy(embed) for embed in body["embeds"] or []]
    if "components" in body:
        given["components"] = numbered(body["components"] or [])
    if body.get("flags") is not None:
        given["flags"] = body["flags"]
    if call.files or "attachments" in body:
        given |= attached(call, body, old, at)
    return given


def numbered(components: list[Json]) -> list[Json]:
    """Components as Discord keeps them: each has a number that no other one has."""
    kept = copy.deepcopy(components)
    taken = {item.get("id") for item in all_of(kept)}
    free = (number for number in count(1) if number not in taken)
    for item in all_of(kept):
        if not item.get("id"):
            item["id"] = next(free)
    return kept


def attached(call: Call, body: Json, old: Message | None, at: tuple[str, ...]) -> Json:
    """The files of a message: those that an edit keeps, and those that came along."""
    kept = {attachment["id"]: attachment for attachment in old.attachments} if old else {}
    listed = body.get("attachments")
    if listed is None:
        listed = [{"id": number} for number in call.files]
        listed += [{"id": key} for key in kept]
    attachments, files = [], {}
    for place, one in enumerate(listed):
        if old is not None and str(one["id"]) in kept:
            attachments.append(kept[str(one["id"])])
            files[str(one["id"])] = old.files[str(one["id"])]
        elif int(one["id"]) in call.files:
            name, data = call.files[int(one["id"])]
            new_id = call.discord.new_id()
            about = {"id": new_id, "filename": one.get("filename") or name, "size": len(data)}
            about |= {
                "url": f"https://cdn.invalid/{new_id}/{name}",
                "proxy_url": f"https://media.invalid/{new_id}/{name}",
            }
            attachments.append(about | {key: one[key] for key in ("description",) if one.get(key)})
            files[new_id] = data
        else:
            message = "There is no such attachment"
            refuse_form([Problem((*at, "attachments", str(place), "id"), "ATTACHMENT_NOT_FOUND", message)])
    if len(attachments) > FILES or not set(call.files) <= {int(one["id"]) for one in listed}:
        refuse_form([Problem((*at, "attachments"), "BASE_TYPE_MAX_LENGTH", f"Must be {FILES} or fewer in length.")])
    names = {attachment["filename"] for attachment in attachments}
    refuse_form(
        Problem((*at, "attachments"), "ATTACHMENT_NOT_FOUND", f"Nothing named {name} was uploaded")
        for name in sorted(set(uploads_shown(body)) - names)
    )
    return {"attachments": attachments, "files": files}


def uploads_shown(value: object) -> Iterator[str]:
    """The names of uploads that a body refers to, wherever it does."""
    if isinstance(value, str):
        if value.startswith("attachment://"):
            yield value.removeprefix("attachment://")
    elif isinstance(value, (dict, list)):
        for held in value.values() if isinstance(value, dict) else value:
            yield from uploads_shown(held)


def rewrite(discord: Gateway, message: Message, given: Json) -> None:
    """Change what a message shows; it has to show something afterwards."""
    names = ("content", "embeds", "components", "attachments")
    refuse_empty({name: getattr(message, name) for name in names} | given)
    given["flags"] = (message.flags & ~SUPPRESS_EMBEDS) | (given.get("flags", message.flags) & EDIT_FLAGS)
    message.edits += 1
    message.edited_us = discord.clock()
    show(discord, message, given)


def show(discord: Gateway, message: Message, given: Json) -> None:
    """Let a message show something else from now on."""
    for name, value in given.items():
        setattr(message, name, value)
    if message.seen_by is None:
        channel = message.channel
        about = discord.message_json(message) | {"guild_id": channel.guild.id}
        discord.tell("MESSAGE_UPDATE", about, channel.guild, channel)
    discord.changed()


def erase(discord: Gateway, *messages: Message) -> None:
    """Delete messages of one channel, several of them in bulk."""
    channel = messages[0].channel
    for message in messages:
        message.deleted = True
        channel.messages.pop(message.id, None)
    about = {"channel_id": channel.id, "guild_id": channel.guild.id}
    ids = [message.id for message in messages if message.seen_by is None]
    if len(ids) == 1:
        discord.tell("MESSAGE_DELETE", about | {"id": ids[0]}, channel.guild, channel)
    elif ids:
        discord.tell("MESSAGE_DELETE_BULK", about | {"ids": ids}, channel.guild, channel)
    discord.changed()


def check_thread(call: Call, channel: Channel, *, posting: bool = False) -> None:
    """Posting brings an archived thread back, unless it is locked; nothing else can be done in one."""
    manages = call.discord.can(call.discord.bot, channel) & Can.MANAGE_THREADS
    if channel.locked and not manages:
        raise Refused.known(160005)
    if channel.archived and not posting:
        raise Refused.known(50083)


# -- messages --------------------------------------------------------------------------------------------------


@route("POST", _MESSAGES)
def post_message(call: Call) -> Answer:
    channel = call.channel()
    if channel.kind not in WRITABLE:
        raise Refused.known(50008)
    call.channel(Can.SEND_MESSAGES_IN_THREADS if channel.kind in THREADS else Can.SEND_MESSAGES)
    body = call.json
    check_message(body, CREATE, CREATE_FLAGS)
    check_thread(call, channel, posting=True)
    if (earlier := _posted_already(call, channel, body)) is not None:
        return _created(call, earlier)
    given = shown(call, body)
    refuse_empty(given)
    if given.get("embeds"):
        call.channel(Can.EMBED_LINKS)
    if given.get("attachments"):
        call.channel(Can.ATTACH_FILES)
    discord = call.discord
    message = Message(discord.new_id(), channel, discord.bot, discord.clock(), **given)
    message.nonce, message.allowed_mentions = body.get("nonce"), body.get("allowed_mentions")
    message.application_id = discord.app.id
    if reference := body.get("message_reference"):
        message.reference, message.kind = _referred(call, channel, reference), 19
    discord.put(message)
    return _created(call, message)


def _posted_already(call: Call, channel: Channel, body: Json) -> Message | None:
    """With `enforce_nonce`, what the bot posted here under the same nonce a short while ago."""
    if not body.get("enforce_nonce") or body.get("nonce") is None:
        return None
    since_us = call.discord.clock() - NONCE_US
    for message in channel.messages.values():
        recent = message.author is call.discord.bot and message.created_us >= since_us
        if recent and message.nonce is not None and str(message.nonce) == str(body["nonce"]):
            return message
    return None


def _created(call: Call, message: Message) -> Json:
    about = call.discord.message_json(message)
    return about if message.nonce is None else about | {"nonce": message.nonce}


def _referred(call: Call, channel: Channel, reference: Json) -> Json | None:
    call.channel(Can.READ_MESSAGE_HISTORY)
    message_id = str(reference["message_id"])
    if message_id not in channel.messages:
        if reference.get("fail_if_not_exists", True):
            problem = Problem(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
            refuse_form([problem])
        return None
    return {"type": 0, "message_id": message_id, "channel_id": channel.id, "guild_id": channel.guild.id}


@route("GET", _MESSAGE)
def get_message(call: Call) -> Answer:
    channel = call.channel(Can.READ_MESSAGE_HISTORY)
    return call.discord.message_json(call.message(channel))


@route("GET", _MESSAGES)
def list_messages(call: Call) -> Answer:
    channel = call.channel()
    if not call.discord.can(call.discord.bot, channel) & Can.READ_MESSAGE_HISTORY:
        return []
    limit = call.number("limit", 50, 100)
    newest_first = call.discord.messages(channel)[::-1]
    if before := call.query.get("before"):
        newest_first = [message for message in newest_first if int(message.id) < int(before)]
    if after := call.query.get("after"):
        # The oldest ones after that, though still shown newest first.
        newest_first = [message for message in newest_first if int(message.id) > int(after)][-limit:]
    return [call.discord.message_json(message) for message in newest_first[:limit]]


@route("PATCH", _MESSAGE)
def edit_message(call: Call) -> Answer:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.discord.bot:
        raise Refused.known(50005)
    if channel.archived:
        raise Refused.known(50083)
    body = call.json
    check_message(body, EDIT, EDIT_FLAGS, old_flags=message.flags)
    rewrite(call.discord, message, shown(call, body, message))
    return call.discord.message_json(message)


@route("DELETE", _MESSAGE)
def delete_message(call: Call) -> Answer:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.discord.bot:
        call.channel(Can.MANAGE_MESSAGES)
    if channel.archived:
        raise Refused.known(50083)
    erase(call.discord, message)
    return None


# -- reactions -------------------------------------------------------------------------------------------------


def check_emoji(discord: Gateway, channel: Channel, name: str) -> None:
    """A character, or `name:id` of the guild's own."""
    known, _, emoji_id = name.partition(":")
    custom = bool(emoji_id) and channel.guild.emojis.get(emoji_id) == known
    character = not emoji_id and bool(name) and not any(letter.isascii() and letter.isalpha() for letter in name)
    if not custom and not (character and any(ord(letter) > 0x2000 for letter in name)):
        raise Refused.known(10014)


def react(discord: Gateway, message: Message, emoji: str, person: Person, *, burst: bool = False) -> None:
    """Put an emoji under a message; nothing happens if this person already did."""
    check_emoji(discord, message.channel, emoji)
    if emoji not in message.reactions and len(message.reactions) >= REACTIONS:
        raise Refused.known(30010)
    who = message.reactions.setdefault(emoji, Reactors()).of(burst=burst)
    if person.id in who:
        return
    who.append(person.id)
    guild = message.channel.guild
    about = _reaction(message, emoji) | {"user_id": person.id, "burst": burst, "type": int(burst)}
    about |= {"member": guild.members[person.id].as_json(), "message_author_id": message.author.id}
    if burst:
        about["burst_colors"] = ["#3b82f6"]
    discord.tell("MESSAGE_REACTION_ADD", about, guild, message.channel)
    discord.changed()


def unreact(discord: Gateway, message: Message, emoji: str, person_id: str, *, burst: bool = False) -> None:
    """Take an emoji of somebody's away; nothing happens if it is not there."""
    reactors = message.reactions.get(emoji)
    if reactors is None or person_id not in reactors.of(burst=burst):
        return
    reactors.of(burst=burst).remove(person_id)
    if not reactors.count:
        del message.reactions[emoji]
    about = _reaction(message, emoji) | {"user_id": person_id, "burst": burst, "type": int(burst)}
    discord.tell("MESSAGE_REACTION_REMOVE", about, message.channel.guild, message.channel)
    discord.changed()


def clear(discord: Gateway, message: Message, emoji: str | None = None) -> None:
    """Take away one emoji of everybody, or all there are."""
    about = {"channel_id": message.channel.id, "message_id": message.id, "guild_id": message.channel.guild.id}
    event = "MESSAGE_REACTION_REMOVE_ALL"
    if emoji is None:
        message.reactions.clear()
    else:
        message.reactions.pop(emoji, None)
        event, about = "MESSAGE_REACTION_REMOVE_EMOJI", _reaction(message, emoji)
    discord.tell(event, about, message.channel.guild, message.channel)
    discord.changed()


def _reaction(message: Message, emoji: str) -> Json:
    about = {"channel_id": message.channel.id, "message_id": message.id, "guild_id": message.channel.guild.id}
    return about | {"emoji": emoji_json(emoji)}


@route("PUT", _REACTIONS + "/{emoji}/@me")
def put_reaction(call: Call) -> Answer:
    channel = call.channel(Can.READ_MESSAGE_HISTORY)
    message, emoji = call.message(channel), call.path["emoji"]
    check_emoji(call.discord, channel, emoji)
    if emoji not in message.reactions:
        call.channel(Can.ADD_REACTIONS)
    check_thread(call, channel)
    react(call.discord, message, emoji, call.discord.bot)
    return None


@route("DELETE", _REACTIONS + "/{emoji}/@me")
def delete_own_reaction(call: Call) -> Answer:
    channel = call.channel()
    message = call.message(channel)
    check_emoji(call.discord, channel, call.path["emoji"])
    check_thread(call, channel)
    unreact(call.discord, message, call.path["emoji"], call.discord.bot.id)
    return None


@route("DELETE", _REACTIONS + "/{emoji}/{user_id}")
def delete_reaction(call: Call) -> Answer:
    channel = call.channel(Can.MANAGE_MESSAGES)
    message = call.message(channel)
    check_emoji(call.discord, channel, call.path["emoji"])
    check_thread(call, channel)
    unreact(call.discord, message, call.path["emoji"], call.snowflake("user_id"))
    return None


@route("GET", _REACTIONS + "/{emoji}")
def list_reaction_users(call: Call) -> Answer:
    """Those who reacted, by id, as `after` is an id too."""
    channel = call.channel(Can.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    check_emoji(call.discord, channel, call.path["emoji"])
    kind = call.query.get("type", "0")
    if kind not in ("0", "1"):
        refuse_form([Problem(("type",), "BASE_TYPE_CHOICES", "Value must be one of {0, 1}.")])
    limit, after = call.number("limit", 25, 100), int(call.query.get("after") or 0)
    reactors = message.reactions.get(call.path["emoji"], Reactors())
    found = sorted((int(one) for one in reactors.of(burst=kind == "1")), key=int)
    return [call.discord.people[str(one)].as_json() for one in found if one > after][:limit]

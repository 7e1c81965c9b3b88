"""What there is in this Discord, each thing with the JSON that Discord shows of it."""

import copy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from tests.discord_server.components import TEXT as TEXT_DISPLAY
from tests.discord_server.components import all_of
from tests.discord_server.content import LOADING
from tests.discord_server.permissions import NOTHING, Can, Overwrite

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
TEXT, VOICE, ANNOUNCEMENT, ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 2, 5, 10, 11, 12, 15
THREADS = (ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)
KINDS = {"text": TEXT, "voice": VOICE, "announcement": ANNOUNCEMENT, "forum": FORUM}
WRITABLE = (TEXT, VOICE, ANNOUNCEMENT, *THREADS)


_MENTIONS = {"users": r"<@!?(\d+)>", "roles": r"<@&(\d+)>", "everyone": r"@(?:everyone|here)"}


class Reply(IntEnum):
    """What an interaction may first be answered with."""

    MESSAGE = 4
    DEFER = 5
    DEFER_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


def iso(at_us: int) -> str:
    """A time as Discord writes it."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat()


def emoji_json(name: str) -> Json:
    """An emoji as Discord shows it: a character, or `name:id` of a guild's own."""
    known, _, emoji_id = name.partition(":")
    return {"id": emoji_id or None, "name": known}


@dataclass(eq=False)
class Person:
    """Somebody on Discord, in however many guilds."""

    id: str
    name: str
    is_bot: bool = False
    locale: str = "en-GB"

    def as_json(self) -> Json:
        about: Json = {"id": self.id, "username": self.name.lower(), "global_name": self.name, "discriminator": "0"}
        about |= {"avatar": None, "public_flags": 0, "primary_guild": None}
        return about | {"bot": True} if self.is_bot else about


@dataclass(eq=False)
class Role:
    id: str
    name: str
    permissions: Can = NOTHING
    managed: bool = False

    def as_json(self, position: int = 0) -> Json:
        about: Json = {
            "id": self.id,
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": position,
        }
        about |= {"color": 0, "hoist": False, "managed": self.managed, "mentionable": False, "flags": 0}
        return about | {"colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}}


@dataclass(eq=False)
class Member:
    person: Person
    roles: list[Role] = field(default_factory=list)
    nick: str | None = None
    joined: str = ""

    def as_json(self) -> Json:
        about: Json = {"user": self.person.as_json(), "nick": self.nick, "roles": [role.id for role in self.roles]}
        about |= {"joined_at": self.joined, "deaf": False, "mute": False, "pending": False, "flags": 0}
        return about | {"avatar": None, "premium_since": None, "communication_disabled_until": None}


@dataclass(eq=False)
class Guild:
    id: str
    name: str
    owner: Person
    everyone: Role
    joined: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    channels: dict[str, "Channel"] = field(default_factory=dict)
    """Threads too."""
    emojis: dict[str, str] = field(default_factory=dict)
    """Its own, names by id."""
    locale: str = "en-GB"
    available: bool = True
    """False during an outage: the bot is still in it but hears and sees nothing of it."""

    def as_json(self) -> Json:
        roles = [self.everyone, *self.roles.values()]
        about: Json = {"id": self.id, "name": self.name, "owner_id": self.owner.id, "icon": None, "features": []}
        about |= {"roles": [role.as_json(place) for place, role in enumerate(roles)], "emojis": [], "stickers": []}
        about |= {"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0}
        about |= {"mfa_level": 0, "nsfw_level": 0, "premium_tier": 0, "preferred_locale": self.locale}
        return about | {"afk_timeout": 300, "system_channel_id": None, "system_channel_flags": 0, "description": None}


@dataclass
class Reactors:
    """Who put one emoji under a message, in the order in which they did."""

    normal: list[str] = field(default_factory=list)
    burst: list[str] = field(default_factory=list)

    def of(self, *, burst: bool) -> list[str]:
        return self.burst if burst else self.normal

    @property
    def count(self) -> int:
        return len(self.normal) + len(self.burst)

    def as_json(self, emoji: str, seen_by: str) -> Json:
        about: Json = {
            "emoji": emoji_json(emoji),
            "count": self.count,
            "burst_colors": [],
            "burst_count": len(self.burst),
        }
        about["count_details"] = {"burst": len(self.burst), "normal": len(self.normal)}
        return about | {"me": seen_by in self.normal, "me_burst": seen_by in self.burst}


@dataclass(eq=False)
class Message:
    """A message in a channel; with `seen_by` it is shown to that person alone."""

    id: str
    channel: "Channel"
    author: Person
    created_us: int
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    """What was uploaded, by the id of its attachment."""
    flags: int = 0
    kind: int = 0
    nonce: str | int | None = None
    reactions: dict[str, Reactors] = field(default_factory=dict)
    allowed_mentions: Json | None = None
    reference: Json | None = None
    application_id: str | None = None
    interaction: Json | None = None
    edits: int = 0
    edited_us: int | None = None
    seen_by: Person | None = None
    deleted: bool = False

    def pings(self) -> list[str]:
        """Whom this message calls: ids of people and roles, "everyone"; words in embeds call nobody, in V2 they do."""
        allowed = {"parse": ["users", "roles", "everyone"]} if self.allowed_mentions is None else self.allowed_mentions
        parse = allowed.get("parse") or []
        texts = [self.content, *(item["content"] for item in all_of(self.components) if item["type"] == TEXT_DISPLAY)]
        called: list[str] = []
        for text in texts:
            for kind, pattern in _MENTIONS.items():
                found = [match.lstrip("@") for match in re.findall(pattern, text)]
                named = [str(one) for one in allowed.get(kind) or []]
                called += [one for one in found if kind in parse or one in named]
        return called

    def as_json(self, *, seen_by: str, content: bool = True) -> Json:
        """As the bot sees it; without `content` only that there is something, as for what others wrote."""
        shown: Json = {"id": self.id, "channel_id": self.channel.id, "author": self.author.as_json()}
        shown |= {"timestamp": iso(self.created_us), "type": self.kind, "flags": self.flags, "tts": False}
        shown["edited_timestamp"] = None if self.edited_us is None else iso(self.edited_us)
        shown |= {"mention_everyone": False, "mentions": [], "mention_roles": [], "pinned": False}
        held = {"content": self.content, "embeds": self.embeds, "components": self.components}
        held["attachments"] = self.attachments
        shown |= copy.deepcopy(held) if content else {"content": "", "embeds": [], "components": [], "attachments": []}
        if self.reactions:
            shown["reactions"] = [who.as_json(emoji, seen_by) for emoji, who in self.reactions.items()]
        if self.application_id:
            shown["application_id"] = self.application_id
        if self.interaction:
            shown |= {"interaction_metadata": self.interaction, "webhook_id": self.application_id}
        if self.reference:
            shown["message_reference"] = self.reference
        return shown


@dataclass(eq=False)
class Channel:
    id: str
    guild: Guild
    name: str
    kind: int = TEXT
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict, repr=False)
    whispers: list[Message] = field(default_factory=list, repr=False)
    """What was shown to single people."""
    parent: "Channel | None" = None
    owner: Person | None = None
    created: str = ""
    archived: bool = False
    locked: bool = False
    members: list[str] = field(default_factory=list)
    """Who is in a private thread."""
    deleted: bool = False

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    def as_json(self) -> Json:
        about: Json = {"id": self.id, "type": self.kind, "guild_id": self.guild.id, "name": self.name, "flags": 0}
        about |= {"last_message_id": max(self.messages, key=int, default=None), "rate_limit_per_user": 0}
        if self.parent is None or self.owner is None:
            overwrites = [
                {"id": who, "type": int(who in self.guild.members), "allow": str(int(allow)), "deny": str(int(deny))}
                for who, (allow, deny) in self.overwrites.items()
            ]
            about |= {"position": 0, "parent_id": None, "topic": None, "nsfw": False}
            if self.kind == VOICE:
                about |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
            if self.kind == FORUM:
                about |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
            return about | {"permission_overwrites": overwrites}
        details: Json = {"archived": self.archived, "locked": self.locked, "auto_archive_duration": 1440}
        details |= {"archive_timestamp": self.created, "create_timestamp": self.created}
        about |= {"parent_id": self.parent.id, "owner_id": self.owner.id, "thread_metadata": details}
        return about | {
            "message_count": len(self.messages),
            "member_count": 1,
            "total_message_sent": len(self.messages),
        }


@dataclass(eq=False)
class Application:
    """The bot's application, as it stands in the developer portal."""

    id: str
    name: str
    user: Person
    token: str
    owner: Person
    privileged_intents: int = 0
    """Those of GUILD_MEMBERS, GUILD_PRESENCES and MESSAGE_CONTENT that are switched on."""
    public: bool = True
    interactions_endpoint_url: str | None = None
    commands: dict[str | None, list[Json]] = field(default_factory=dict)
    """As registered, by guild; None are the global ones."""

    def as_json(self, guilds: int) -> Json:
        about: Json = {"id": self.id, "name": self.name, "icon": None, "description": "", "bot_public": self.public}
        about |= {"bot_require_code_grant": False, "owner": self.owner.as_json(), "verify_key": "0" * 64}
        about |= {"flags": self.flags, "approximate_guild_count": guilds, "team": None, "bot": self.user.as_json()}
        about |= {"redirect_uris": [], "interactions_endpoint_url": self.interactions_endpoint_url}
        return about | {"integration_types_config": {"0": {}}, "tags": []}

    @property
    def flags(self) -> int:
        """The switches as flags of an unverified application, which is what `check` can read."""
        flags = 0
        for intent, flag in ((1 << 8, 1 << 13), (1 << 1, 1 << 15), (1 << 15, 1 << 19)):
            flags |= flag if self.privileged_intents & intent else 0
        return flags


@dataclass(eq=False)
class Interaction:
    """One use of the bot by somebody, with all that the bot made of it."""

    id: str
    token: str
    kind: int
    person: Person
    channel: Channel
    created_us: int
    about: Message | None = None
    """The message whose button was pressed."""
    payload: Json = field(default_factory=dict, repr=False)
    callback: int | None = None
    """The type of the first answer; None as long as there is none."""
    response: Message | None = None
    """The first answer as a message, or the message that it is about."""
    followups: list[Message] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None

    @property
    def acked(self) -> bool:
        """Whether the bot answered in time; if not, Discord says that the application did not respond."""
        return self.callback is not None

    @property
    def thinking(self) -> bool:
        """Whether a promised answer has yet to come."""
        return self.callback == Reply.DEFER and self.response is not None and bool(self.response.flags & LOADING)

    @property
    def shown(self) -> Message | None:
        """The answer, once there is one to read."""
        return None if self.thinking else self.response

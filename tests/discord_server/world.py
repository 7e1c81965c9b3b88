"""The state of this Discord: how to build it for a test, look at it, and wait for it to change."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from tests.discord_server import permissions
from tests.discord_server.permissions import MEMBERS, NOTHING, Can
from tests.discord_server.things import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    EPOCH_MS,
    FORUM,
    KINDS,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    THREADS,
    Application,
    Channel,
    Guild,
    Interaction,
    Json,
    Member,
    Message,
    Person,
    Role,
    iso,
)
from tests.patience import PATIENCE_S

Clock = Callable[[], int]
Found = TypeVar("Found")


class World:
    """The state, without any network. Everything is public: tests look at it as they like."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or (lambda: time.time_ns() // 1000)
        self.people: dict[str, Person] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        """By their tokens."""
        self._last_id = 0
        self._change = asyncio.Event()
        bot = self._somebody("Shipworthy", is_bot=True)
        token = f"{secrets.token_hex(12)}.{secrets.token_hex(3)}.{secrets.token_hex(12)}"
        self.app = Application(self.new_id(), "Shipworthy", bot, token, self._somebody("Owner"))

    @property
    def token(self) -> str:
        """What the bot logs in with."""
        return self.app.token

    @property
    def bot(self) -> Person:
        return self.app.user

    def new_id(self) -> str:
        """A snowflake of the time now, later than all before it."""
        self._last_id = max((self.clock() // 1000 - EPOCH_MS) << 22, self._last_id + 1)
        return str(self._last_id)

    def tell(self, event: str, data: Json, guild: Guild, channel: Channel | None = None) -> None:
        """Let the bot know of something, if it is connected, asked for it and sees the channel."""

    def changed(self) -> None:
        """Wake everyone who waits for something."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, predicate: Callable[[], Found], within_s: float = PATIENCE_S) -> Found:
        """What `predicate` returns, as soon as that is true; it is tried again whenever anything changes here."""
        async with asyncio.timeout(within_s):
            while not (found := predicate()):
                await self._change.wait()
        return found

    # -- building ----------------------------------------------------------------------------------------------

    def _somebody(self, name: str, *, is_bot: bool = False) -> Person:
        person = Person(self.new_id(), name, is_bot)
        self.people[person.id] = person
        return person

    def guild(
        self, name: str = "Harbour", *, guild_id: str = "", installed: bool = True, bot_permissions: Can = NOTHING
    ) -> Guild:
        """A guild with the bot in it, unless it is to be invited later; its role adds `bot_permissions`."""
        # Which shard has a guild depends on the millisecond of its id: each has one of its own.
        self._last_id += 1 << 22
        guild_id = guild_id or self.new_id()
        everyone = Role(guild_id, "@everyone", MEMBERS)
        guild = Guild(guild_id, name, self._somebody(f"{name}'s owner"), everyone, iso(self.clock()))
        self.guilds[guild_id] = guild
        self.join(guild, guild.owner)
        if installed:
            self.install(guild, bot_permissions)
        return guild

    def install(self, guild: Guild, bot_permissions: Can = NOTHING) -> None:
        """Put the bot into a guild with a role of its own, as the invite link does."""
        own = Role(self.new_id(), self.app.name, bot_permissions, managed=True)
        guild.roles[own.id] = own
        guild.joined = iso(self.clock())
        guild.members[self.bot.id] = Member(self.bot, [own], joined=guild.joined)
        # A guild that is new to the bot does not say whether it is available; that is how the two are told apart.
        about = {key: held for key, held in self.guild_json(guild).items() if key != "unavailable"}
        self.tell("GUILD_CREATE", about, guild)
        self.changed()

    def person(self, guild: Guild, name: str, *roles: Role, is_bot: bool = False) -> Person:
        """Somebody of a guild."""
        person = self._somebody(name, is_bot=is_bot)
        self.join(guild, person, *roles)
        return person

    def join(self, guild: Guild, person: Person, *roles: Role) -> None:
        """Let somebody into another guild."""
        guild.members[person.id] = Member(person, list(roles), joined=iso(self.clock()))

    def role(self, guild: Guild, name: str, can: Can = NOTHING) -> Role:
        role = Role(self.new_id(), name, can)
        guild.roles[role.id] = role
        self.tell("GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": role.as_json()}, guild)
        return role

    def channel(
        self, guild: Guild, name: str, *, kind: str = "text", private_for: Iterable[Person | Role] = ()
    ) -> Channel:
        """A channel: text, voice, announcement or forum.

        With `private_for` it is hidden from everybody else; name the bot to let it in.
        """
        channel = Channel(self.new_id(), guild, name, KINDS[kind])
        if allowed := list(private_for):
            channel.overwrites[guild.id] = (NOTHING, Can.VIEW_CHANNEL)
            channel.overwrites |= {who.id: (Can.VIEW_CHANNEL, NOTHING) for who in allowed}
        return self._add(channel, "CHANNEL_CREATE")

    def thread(
        self, parent: Channel, name: str, by: Person, text: str = "", *, members: Iterable[Person] | None = None
    ) -> Channel:
        """A thread of a channel or a post of a forum, which begins with `text`; private if its members are named."""
        kind = ANNOUNCEMENT_THREAD if parent.kind == ANNOUNCEMENT else PUBLIC_THREAD
        kind = kind if members is None else PRIVATE_THREAD
        made = Channel(self.new_id(), parent.guild, name, kind, parent=parent, owner=by, created=iso(self.clock()))
        made.members = [by.id, *(person.id for person in members or ())]
        self._add(made, "THREAD_CREATE", newly_created=True)
        if text:
            # The message that a forum's post begins with has the id of the post itself.
            self.say(by, made, text, message_id=made.id if parent.kind == FORUM else "")
        return made

    def _add(self, channel: Channel, event: str, **more: object) -> Channel:
        self.channels[channel.id] = channel
        channel.guild.channels[channel.id] = channel
        self.tell(event, channel.as_json() | more, channel.guild, channel)
        self.changed()
        return channel

    def say(self, person: Person, channel: Channel, text: str, *, message_id: str = "") -> Message:
        """Write something."""
        message = Message(message_id or self.new_id(), channel, person, self.clock(), text)
        self.put(message)
        return message

    def put(self, message: Message) -> None:
        """Let a message stand in its channel, which brings an archived thread back."""
        channel = message.channel
        channel.messages[message.id] = message
        if channel.archived:
            channel.archived = False
            self.tell("THREAD_UPDATE", channel.as_json(), channel.guild, channel)
        self.tell("MESSAGE_CREATE", self.message_json(message) | {"guild_id": channel.guild.id}, channel.guild, channel)
        self.changed()

    # -- changing who may do what ------------------------------------------------------------------------------

    def overwrite(self, channel: Channel, who: Person | Role, *, allow: Can = NOTHING, deny: Can = NOTHING) -> None:
        """Set what a channel allows and denies somebody or a role; `guild.everyone` is a role like others."""
        channel.overwrites[who.id] = (allow, deny)
        # A bot is told of channels that it may not look into, too.
        self.tell("CHANNEL_UPDATE", channel.as_json(), channel.guild)
        self.changed()

    def set_permissions(self, guild: Guild, role: Role, can: Can) -> None:
        """Change what a role may do in a guild."""
        role.permissions = can
        self.tell("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": role.as_json()}, guild)
        self.changed()

    def bot_role(self, guild: Guild) -> Role:
        """The role of the bot's own in a guild."""
        return guild.members[self.bot.id].roles[0]

    # -- looking -----------------------------------------------------------------------------------------------

    def can(self, person: Person, channel: Channel) -> Can:
        """What somebody may do in a channel."""
        guild, place = channel.guild, channel.parent or channel
        member = guild.members.get(person.id)
        if member is None or channel.deleted:
            return NOTHING
        if guild.owner is person:
            return permissions.EVERYTHING
        base = permissions.in_guild(guild.everyone.permissions, (role.permissions for role in member.roles))
        role_ids = [role.id for role in member.roles]
        bits = permissions.in_channel(base, place.overwrites, guild.id, role_ids, person.id)
        if channel.kind == PRIVATE_THREAD and person.id not in channel.members and not bits & Can.MANAGE_THREADS:
            return NOTHING
        return permissions.implied(bits, thread=channel.is_thread)

    def sees(self, person: Person, channel: Channel) -> bool:
        return bool(self.can(person, channel) & Can.VIEW_CHANNEL)

    def messages(self, channel: Channel) -> list[Message]:
        """What stands in a channel, oldest first."""
        return [channel.messages[key] for key in sorted(channel.messages, key=int)]

    def whispers(self, channel: Channel, person: Person) -> list[Message]:
        """What is shown to this person alone in a channel, oldest first."""
        return [message for message in channel.whispers if message.seen_by is person and not message.deleted]

    def message_json(self, message: Message) -> Json:
        """As the bot sees it: what others wrote is hidden without a privileged intent, unless they address the bot."""
        own = message.author is self.bot or f"<@{self.bot.id}>" in message.content
        reads_all = bool(self.app.privileged_intents & 1 << 15)
        return message.as_json(seen_by=self.bot.id, content=own or reads_all)

    def guild_json(self, guild: Guild) -> Json:
        """A guild with all that GUILD_CREATE carries of it."""
        channels = [channel for channel in guild.channels.values() if not channel.deleted]
        threads = [one for one in channels if one.kind in THREADS and not one.archived and self.sees(self.bot, one)]
        about = guild.as_json() | {"joined_at": guild.joined, "large": False, "unavailable": False}
        about |= {"member_count": len(guild.members), "members": [guild.members[self.bot.id].as_json()]}
        about |= {"channels": [one.as_json() for one in channels if one.kind not in THREADS]}
        about |= {"threads": [one.as_json() for one in threads], "voice_states": [], "presences": []}
        return about | {"stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": []}

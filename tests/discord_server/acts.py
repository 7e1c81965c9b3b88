"""What people do in Discord, and what the bot is told of it. What the bot is asked, these acts wait for."""

import contextlib
from collections.abc import Mapping

from tests.discord_server import messages
from tests.discord_server.gateway import Gateway
from tests.discord_server.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Filled,
    Value,
    begin,
    command_data,
    component_data,
    find_command,
    find_component,
    modal_data,
)
from tests.discord_server.permissions import NOTHING, Can
from tests.discord_server.things import Channel, Guild, Interaction, Json, Message, Person, Role
from tests.patience import PATIENCE_S


class Acts(Gateway):
    """The state, a line to the bot, and people who do things."""

    patience_s: float = 3.0
    """How long an answer to an interaction is waited for, in real time."""

    # -- commands and what is pressed --------------------------------------------------------------------------

    async def command(
        self, person: Person, channel: Channel, name: str, options: Mapping[str, Value] | None = None
    ) -> Interaction:
        """Use a slash command, as "compare" or "digest on"; what came of it once the bot has answered at all.

        What cannot be sent from Discord is a LookupError or a ValueError: a command that is not registered or that
        this person may not use, an option that it does not take.
        """
        self._may_use(person, channel, name)
        data = command_data(self, channel, name, options or {})
        return await self.interact(begin(self, COMMAND, person, channel, data))

    async def autocomplete(
        self, person: Person, channel: Channel, name: str, options: Mapping[str, Value], *, focused: str = ""
    ) -> list[Json]:
        """Type into an option, the last one unless it is named; the choices that are then offered.

        An answer that never came is a TimeoutError.
        """
        self._may_use(person, channel, name)
        data = command_data(self, channel, name, options, focused or list(options)[-1])
        made = await self.interact(begin(self, AUTOCOMPLETE, person, channel, data))
        if not made.acked:
            raise TimeoutError("the bot offered no choices")
        return made.choices

    async def click(self, person: Person, message: Message, custom_id: str, *values: str) -> Interaction:
        """Press a button, or choose these values; the id may be just how it begins.

        Nothing can be pressed that is not shown to this person, or that fits two components; that is a LookupError.
        """
        self._sees(person, message)
        component = find_component(message, custom_id)
        data = component_data(component, values)
        return await self.interact(begin(self, COMPONENT, person, message.channel, data, about=message))

    async def submit(self, person: Person, shown: Interaction, filled: Filled | None = None) -> Interaction:
        """Fill in the modal that an interaction brought up, by custom_id, and send it off."""
        if shown.modal is None or shown.person is not person:
            raise LookupError("this person has no modal in front of them")
        data = modal_data(shown.modal, filled or {})
        return await self.interact(begin(self, MODAL_SUBMIT, person, shown.channel, data, about=shown.about))

    async def interact(self, made: Interaction) -> Interaction:
        """Bring an interaction to the bot and wait for its first answer; with no session it is lost."""
        self.interactions[made.token] = made
        self.changed()
        self.tell_anyway("INTERACTION_CREATE", made.payload, made.channel.guild)
        with contextlib.suppress(TimeoutError):
            await self.until(lambda: made.acked, self.patience_s)
        return made

    async def answered(self, made: Interaction, within_s: float = PATIENCE_S) -> Message:
        """The answer of an interaction as a message, once it is there to read."""
        await self.until(lambda: made.shown, within_s)
        if made.shown is None:
            raise LookupError("the answer is no message")
        return made.shown

    def _may_use(self, person: Person, channel: Channel, name: str) -> None:
        command, _ = find_command(self, channel, name)
        can = self.can(person, channel)
        needs = command["default_member_permissions"]
        if not can & Can.USE_APPLICATION_COMMANDS or not can & Can.VIEW_CHANNEL:
            raise LookupError("this person may not use commands there")
        if needs is not None and not can & Can.ADMINISTRATOR and (needs == "0" or int(needs) & ~can):
            # Needing nothing at all is Discord's way to say: administrators only.
            raise LookupError(f"this person may not use {name!r}")
        if command["contexts"] is not None and 0 not in command["contexts"]:
            raise LookupError(f"{name!r} is not for guilds")

    def _sees(self, person: Person, message: Message) -> None:
        hidden = message.seen_by not in (None, person) or not self.sees(person, message.channel)
        if message.deleted or hidden:
            raise LookupError("this person does not see that message")

    # -- reactions and messages --------------------------------------------------------------------------------

    def react(self, person: Person, message: Message, emoji: str, *, burst: bool = False) -> None:
        """Add a reaction, or with `burst` a super one."""
        self._sees(person, message)
        if message.channel.archived:
            raise LookupError("nobody can react in an archived thread")
        messages.react(self, message, emoji, person, burst=burst)

    def unreact(self, person: Person, message: Message, emoji: str, *, burst: bool = False) -> None:
        """Take a reaction away."""
        messages.unreact(self, message, emoji, person.id, burst=burst)

    def clear_reactions(self, message: Message, emoji: str | None = None) -> None:
        """Take away everybody's reactions, or those of one emoji, as a moderator can."""
        messages.clear(self, message, emoji)

    def delete(self, *gone: Message) -> None:
        """Delete messages of one channel as a moderator can; several at once go in bulk."""
        messages.erase(self, *gone)

    def reactors(self, message: Message, emoji: str) -> list[Person]:
        """Who reacted with an emoji in either way, in the order in which they did; the bot too."""
        found = message.reactions.get(emoji)
        return [self.people[one] for one in (*found.normal, *found.burst)] if found else []

    # -- places ------------------------------------------------------------------------------------------------

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Put a thread away, and with `locked` for good."""
        self._change_thread(thread, archived=True, locked=locked)

    def unarchive(self, thread: Channel) -> None:
        self._change_thread(thread, archived=False, locked=False)

    def lock(self, thread: Channel) -> None:
        """Let only those write who manage threads."""
        self._change_thread(thread, archived=thread.archived, locked=True)

    def _change_thread(self, thread: Channel, *, archived: bool, locked: bool) -> None:
        if not thread.is_thread:
            raise LookupError("only threads can be archived")
        thread.archived, thread.locked = archived, locked
        self.tell("THREAD_UPDATE", thread.as_json(), thread.guild, thread)
        self.changed()

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel with its threads, or a thread; the messages go unmentioned."""
        about = channel.as_json()
        if channel.is_thread:
            about = {key: about[key] for key in ("id", "guild_id", "parent_id", "type")}
        seen = self.sees(self.bot, channel)
        for one in list(channel.guild.channels.values()):
            if one is channel or one.parent is channel:
                one.deleted = True
                del channel.guild.channels[one.id]
        if seen or not channel.is_thread:
            self.tell("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", about, channel.guild)
        self.changed()

    def rename_channel(self, channel: Channel, name: str) -> None:
        channel.name = name
        event = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        self.tell(event, channel.as_json(), channel.guild, channel)
        self.changed()

    def set_roles(self, guild: Guild, person: Person, *roles: Role) -> None:
        """Give somebody these roles and no others. The bot is told of its own whatever it asked for."""
        member = guild.members[person.id]
        member.roles = list(roles)
        for session in self.sessions.values():
            if person is self.bot and session.covers(guild):
                session.send("GUILD_MEMBER_UPDATE", member.as_json() | {"guild_id": guild.id})
        self.changed()

    def invite(self, guild: Guild, bot_permissions: Can = NOTHING) -> None:
        """Bring the bot into a guild."""
        self.install(guild, bot_permissions)

    def remove_bot(self, guild: Guild) -> None:
        """Throw the bot out of a guild."""
        own = guild.members.pop(self.bot.id)
        for role in own.roles:
            if role.managed:
                guild.roles.pop(role.id, None)
        self.tell_anyway("GUILD_DELETE", {"id": guild.id}, guild)
        self.changed()

    def begin_outage(self, guild: Guild) -> None:
        """Let a guild become unavailable, which is no removal."""
        self.tell_anyway("GUILD_DELETE", {"id": guild.id, "unavailable": True}, guild)
        guild.available = False
        self.changed()

    def end_outage(self, guild: Guild) -> None:
        guild.available = True
        self.tell("GUILD_CREATE", self.guild_json(guild), guild)
        self.changed()

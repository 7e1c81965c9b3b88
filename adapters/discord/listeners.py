"""What the bot listens to in Discord: each listener translates, calls the core, and says where the answer goes."""

import asyncio
import logging
from typing import Any

import discord

from adapters.discord import command_tree, inbound
from adapters.discord.answers import Answers
from adapters.discord.buttons import READ, SAVE
from adapters.discord.errors import forgiven, sorted_errors
from adapters.discord.inbound import PLATFORM, Press, team_key
from adapters.discord.marks import Marks
from adapters.discord.response import Response
from adapters.discord.rest import CHOICES, Rest
from commands.core import Core
from commands.errors import CommandError, ShipworthyError
from commands.model import Message

log = logging.getLogger(__name__)

LATE_S = 1.8
"""An answer that takes longer is promised first: Discord waits three seconds, the network included."""


class Listeners:
    """Translates Discord's events into calls of the core."""

    def __init__(self, core: Core, rest: Rest, *, answers: Answers, marks: Marks) -> None:
        self._core = core
        self._rest = rest
        self._answers = answers
        self._marks = marks
        self._commands = {command.name: command for command in core.commands}

    async def on_reaction(self, event: discord.RawReactionActionEvent, me: int) -> None:
        """Somebody put a reaction on a message, normal or super, or took it off; bots never count."""
        if event.guild_id is None or event.user_id == me or event.emoji.id is not None:
            return
        active = event.event_type == "REACTION_ADD"
        if active and (event.message_author_id not in (None, me) or (event.member and event.member.bot)):
            return
        mark = inbound.mark(event.channel_id, event.message_id, event.user_id, event.emoji.name, active=active)
        if mark is not None:
            ours = active and event.message_author_id == me
            await self._marks.react(team_key(str(event.guild_id)), mark, ours=ours, burst=event.burst)

    async def on_gone(self, channel: int, message: int) -> None:
        """A message was deleted: if it was a ballot, what it had is kept."""
        with forgiven("freeze a ballot"):
            await self._core.gone(Message(PLATFORM, str(channel), str(message)))

    async def on_interaction(self, interaction: dict[str, Any], *, private: bool) -> None:
        """Somebody used a command, types a tool's name, or pressed a button."""
        kind = interaction["type"]
        if kind == discord.InteractionType.autocomplete.value:
            await self._complete(interaction)
            return
        place = inbound.place(interaction, private=private)
        pressed = kind == discord.InteractionType.component.value
        response = Response(self._rest, place, pressed=pressed)
        async with asyncio.TaskGroup() as group:
            late = group.create_task(_promise_late(response))
            try:
                if pressed:
                    await self._press(response, inbound.press(interaction, place))
                elif kind == discord.InteractionType.application_command.value:
                    await self._answers.command(response, inbound.typed(interaction, self._core.commands))
            except ShipworthyError as error:
                await self._answers.refused(response, error)
            late.cancel()

    async def _complete(self, interaction: dict[str, Any]) -> None:
        typed = inbound.completed(interaction, self._commands)
        with forgiven("complete a name"), sorted_errors():
            names = await self._core.suggest(team_key(interaction["guild_id"]), typed) if typed is not None else ()
            data = {"choices": command_tree.choices(names)}
            await self._rest.answer(interaction["id"], interaction["token"], CHOICES, data)

    async def _press(self, response: Response, press: Press) -> None:
        if press.page is not None or press.reads:
            await self._read(response, press)
        elif press.option is not None:
            ballot, reply = await self._marks.press(press, press.option)
            await self._answers.voted(response, ballot.id, reply)
        elif press.removes:
            await self._remove(response, press)
        elif press.saves or press.line is not None:
            await self._run(response, press)
        else:
            raise CommandError("This button is from an older version of me. Please type the command again.")

    async def _read(self, response: Response, press: Press) -> None:
        """Show a page of reviews, after voting there if it was a vote that was pressed."""
        number = None
        if press.option is not None:
            number = (await self._marks.press(press, press.option))[0].id
        elif press.ballot is not None:
            number = (await self._marks.known(press.place.team, press.ballot)).id
        line = press.line or (await self._answers.line_of(number, READ) if number is not None else None)
        if line is None:
            raise CommandError("These reviews are not known here any more. Please compare the tools again.")
        await self._answers.reviews(response, press, line, number)

    async def _run(self, response: Response, press: Press) -> None:
        line = press.line
        if line is None and press.ballot is not None:
            ballot = await self._marks.known(press.place.team, press.ballot)
            line = await self._answers.line_of(ballot.id, SAVE)
        if line is None:
            raise CommandError("This message is not known here any more. Please type the command again.")
        await self._answers.pressed(response, press, line)

    async def _remove(self, response: Response, press: Press) -> None:
        """Remove a comparison, if the one who asked for it wishes so."""
        if press.ballot is None:
            raise CommandError("This message cannot be removed by me.")
        team = press.place.team
        ballot = await self._marks.known(team, press.ballot)
        await self._core.withdraw(ballot.id, press.place.person, team)
        await self._answers.removed(response)


async def _promise_late(response: Response) -> None:
    await asyncio.sleep(LATE_S)
    await response.promise()

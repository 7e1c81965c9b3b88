"""What the bot listens to in Discord: each listener translates, calls the core, and says where the answer goes."""

import asyncio
import logging

from adapters.discord import command_tree, inbound
from adapters.discord.answers import Answers
from adapters.discord.buttons import READ, SAVE
from adapters.discord.errors import forgiven
from adapters.discord.inbound import PLATFORM, Payload, Press, team_key
from adapters.discord.marks import Marks
from adapters.discord.response import Response
from adapters.discord.rest import CHOICES, Rest
from commands import tracing
from commands.core import Core
from commands.errors import CommandError, ShipworthyError
from commands.model import Message
from commands.once import Once
from commands.tasks import Tasks

log = logging.getLogger(__name__)

COMMAND, PRESS, COMPLETION = 2, 3, 4
"""Kinds of interaction."""

KINDS = {COMMAND: "command", PRESS: "button", COMPLETION: "completion"}
"""What they are called in the log."""

LATE_S = 1.8
"""An answer that takes longer is promised first: Discord waits three seconds, the network included."""


class Listeners:
    """Translates Discord's events into calls of the core."""

    def __init__(self, core: Core, rest: Rest, *, answers: Answers, marks: Marks, once: Once, tasks: Tasks) -> None:
        self._core = core
        self._rest = rest
        self._answers = answers
        self._marks = marks
        self._once = once
        self._tasks = tasks
        self._commands = {command.name: command for command in core.commands}

    async def on_gone(self, channel: int, message: int) -> None:
        """A message was deleted: if it was a ballot, what it had is kept."""
        with forgiven("freeze a ballot"):
            await self._core.gone(Message(PLATFORM, str(channel), str(message)))

    async def on_interaction(self, interaction: Payload, *, private: bool) -> None:
        """Somebody used a command, types a tool's name, or pressed a button.

        While one process takes over a shard from another, Discord tells both. The second answer would be refused
        by Discord itself, but not what was done before it: a vote pressed twice is taken back.
        """
        kind = interaction["type"]
        tracing.begin(PLATFORM, interaction["guild_id"], KINDS.get(kind, "interaction"))
        if kind == COMPLETION:
            await self._complete(interaction)
            return
        place = inbound.place(interaction, private=private)
        pressed = kind == PRESS
        response = Response(self._rest, place, pressed=pressed)
        late = asyncio.get_running_loop().call_later(LATE_S, self._promise, response)
        try:
            if not await self._once.done("interaction", interaction["id"]):
                log.info("an interaction was told before")
            elif pressed:
                await self._press(response, inbound.press(interaction, place))
            elif kind == COMMAND:
                await self._answers.command(response, inbound.typed(interaction, self._core.commands))
        except ShipworthyError as error:
            await self._answers.refused(response, error)
        finally:
            late.cancel()

    def _promise(self, response: Response) -> None:
        self._tasks.start(response.promise())

    async def _complete(self, interaction: Payload) -> None:
        typed = inbound.completed(interaction, self._commands)
        with forgiven("complete a name"):
            team, person = team_key(interaction["guild_id"]), interaction["member"]["user"]["id"]
            names = await self._core.suggest(team, person, typed) if typed is not None else ()
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

"""Bringing the core's replies to where they were asked for: the channel, or the asker alone."""

import asyncio
import logging
from collections import OrderedDict
from weakref import WeakValueDictionary

from adapters.discord import buttons, outbound, permissions, reader
from adapters.discord.channel import DiscordChannel, alone, look
from adapters.discord.errors import forgiven, sorted_errors
from adapters.discord.inbound import PLATFORM, Place, Press
from adapters.discord.response import Response
from adapters.failures import Uncertain
from commands.core import Core
from commands.errors import ShipworthyError
from commands.model import Message, Request
from commands.reply import Reply
from commands.reply import buttons as buttons_of

log = logging.getLogger(__name__)

UNSURE = "Discord did not say whether that was posted. If it does not show up here, please try again."

SENDING = ("Send Messages", "Send Messages in Threads")
"""Discord lets nobody embed who may not send messages."""

MOST_HELD = 1_000
"""Choices remembered as made; a second press on one of them comes within seconds, or never."""


class Answers:
    """Asks the core, and puts its replies where they belong. What Discord refuses is logged, and never raised."""

    def __init__(self, core: Core, channel: DiscordChannel) -> None:
        self._core = core
        self._channel = channel
        self._chosen: OrderedDict[str, None] = OrderedDict()
        self._drawing: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, place: Place, line: str, *, ballot: int | None = None) -> Reply:
        """What the core answers to this person here; never raises."""
        return await self._core.run(Request(place.team, place.channel, place.person, line, ballot=ballot))

    async def command(self, response: Response, line: str) -> None:
        """Answer a command: to everybody, or to who asked alone."""
        reply = await self.ask(response.place, line)
        if reply.private:
            await self.whisper(response, reply, line)
        else:
            await self._publish(response, reply)

    async def pressed(self, response: Response, press: Press, line: str) -> None:
        """Answer a press of a button that stands for a command.

        On a message that one person sees, a private answer takes the place of what was pressed. A public one
        makes it disappear, so that what is chosen there is posted once, however often it is pressed.
        """
        if not press.alone:
            await self.command(response, line)
        elif self._choose(press.message.id):
            if not await self._choice(response, line):
                self._chosen.pop(press.message.id, None)
        else:
            await response.promise()

    async def _choice(self, response: Response, line: str) -> bool:
        """Answer a press on a message that one person sees; whether it is gone, as all see the answer."""
        reply = await self.ask(response.place, line)
        if not reply.private:
            await response.promise()
            if posted := await self._publish(response, reply):
                with forgiven("take a choice away"):
                    await response.remove()
            return posted
        if reply.failed and not buttons_of(reply):
            await self.whisper(response, reply, line)  # what can be pressed again stays
        else:
            with forgiven("answer a press"):
                await response.redraw(outbound.ephemeral(reply, self._look(response.place), line))
        return False

    def _choose(self, message: str) -> bool:
        """Whether no choice was made on this message yet; from now on one was."""
        if message in self._chosen:
            return False
        self._chosen[message] = None
        if len(self._chosen) > MOST_HELD:
            self._chosen.popitem(last=False)
        return True

    async def _publish(self, response: Response, reply: Reply) -> bool:
        """Answer for everybody, and open the ballot; whether all can see it now."""
        try:
            with sorted_errors(repeatable=False):
                made = await response.publish(outbound.message(reply, self._look(response.place)))
        except Uncertain:
            log.warning("a message may not have been posted in channel %s", response.place.channel.id)
            await self.whisper(response, alone(UNSURE))
        except ShipworthyError as refused:
            log.warning("could not answer in channel %s: %s", response.place.channel.id, refused)
            await self.whisper(response, alone(f"That cannot be posted here: {refused}."))
        else:
            await self._stands(response, reply, Message(PLATFORM, response.place.channel.id, made["id"]))
            return True
        return False

    async def _stands(self, response: Response, reply: Reply, message: Message) -> None:
        """A public reply stands as this message: its ballot opens, then it gets its reactions, or says why not."""
        await self._channel.posted(message, reply)
        if reply.ballot is None:
            return
        if words := _lacking(response.place.may):
            await self.whisper(response, alone(words))
        if self._look(response.place).reactions:
            await self._channel.seed(message, reply.ballot)

    async def whisper(self, response: Response, reply: Reply, line: str = "") -> None:
        """Show a reply to one person alone; `line` is what it answers. Never raises."""
        with forgiven("show somebody an answer"):
            await response.whisper(outbound.ephemeral(reply, self._look(response.place), line))

    async def reviews(self, response: Response, press: Press, line: str, ballot: int | None) -> None:
        """Show a page of reviews: in the message they are read in, or in a new one for who pressed alone."""
        reply = await self.ask(response.place, line, ballot=ballot)
        if reply.failed:
            await self.whisper(response, reply)
            return
        body = reader.page(reply, self._look(response.place), press.page or 0, line)
        with forgiven("show reviews"):
            await (response.redraw(body) if press.alone else response.whisper(body))

    async def voted(self, response: Response, ballot: int, reply: Reply) -> None:
        """Show what a vote by a message's own buttons came to: the message drawn anew, and a line to the voter."""
        async with self._drawing.setdefault(ballot, asyncio.Lock()):  # the newest state is to be drawn last
            with forgiven("redraw a message"):
                if drawn := await self._core.redraw(ballot):
                    await response.redraw(outbound.message(drawn, self._look(response.place)))
        await self.whisper(response, reply)

    async def removed(self, response: Response) -> None:
        """Take the message away that was pressed."""
        with forgiven("remove a message"):
            await response.remove()

    async def refused(self, response: Response, error: ShipworthyError) -> None:
        """Tell somebody in private why what they did came to nothing."""
        await self.whisper(response, self._core.refusal(error))

    async def line_of(self, ballot: int, label: str) -> str | None:
        """The command behind a button of a ballot's message, by what it does: `buttons.READ` or `buttons.SAVE`."""
        wanted = buttons.READ_LINE if label == buttons.READ else buttons.SAVE_LINE
        reply = await self._core.redraw(ballot)
        lines = [button.line for button in buttons_of(reply)] if reply else []
        return next((line for line in lines if wanted.fullmatch(line)), None)

    def _look(self, place: Place) -> outbound.Look:
        return look(place.guild, place.may)


def _lacking(may: int) -> str:
    """What somebody is told of the permissions that a ballot would be better with; nothing where none is missing."""
    cards = permissions.missing(may, *permissions.EMBEDS)
    votes = permissions.missing(may, *permissions.REACTIONS)
    if not cards and not votes:
        return ""
    sends = permissions.missing(may, *SENDING) if cards else ()
    effects = ["this is plain words"] * bool(cards) + ["votes are buttons"] * bool(votes)
    return (
        f"I lack {_listed([*votes, *cards, *sends])} here, so {_listed(effects)}. "
        "Give my role these permissions, and the next one is drawn as it should be."
    )


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last

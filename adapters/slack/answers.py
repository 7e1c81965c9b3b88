"""Bringing the core's replies to where they were asked for: the channel, the asker alone, a modal, the Home tab."""

import asyncio
import logging
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack import outbound, views
from adapters.slack.channel import Seat, SlackChannel
from adapters.slack.errors import forgiven, is_code, sorted_errors
from adapters.slack.inbound import PLATFORM, UNLISTED, Notes, Place, thread_kept
from adapters.slack.people import People
from adapters.slack.workspaces import Workspace
from commands.core import Core
from commands.declare import Command
from commands.errors import CommandError, ShipworthyError, Unavailable
from commands.model import Channel, Message, Request
from commands.reply import Lead, Quote, Reply, Table, Vote, text

log = logging.getLogger(__name__)

INVITE = "To have votes as reactions, invite me: /invite @Shipworthy"
NO_GUESTS = "Apps cannot come into conversations of this kind; in a channel, votes can be reactions."
NOWHERE = "I am not in this channel and Slack gives me no other way to answer here. Invite me: /invite @Shipworthy"
UNSURE = "Slack did not say whether that was posted. If it does not show up here, please try again."

NOT_IN = ("channel_not_found", "not_in_channel")
"""What Slack says where only a response URL reaches."""


class Answers:
    """Asks the core, and puts its replies where they belong."""

    def __init__(
        self,
        core: Core,
        channel: SlackChannel,
        people: People,
        session: aiohttp.ClientSession,
        proxy: str | None = None,
    ) -> None:
        self._core = core
        self._channel = channel
        self._people = people
        self._session = session
        self._proxy = proxy
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, workspace: Workspace, place: Place, line: str, *, ballot: int | None = None) -> Reply:
        """What the core answers to this person here; never raises."""
        return await self._core.run(await self._request(workspace, place, line, ballot))

    async def _request(self, workspace: Workspace, place: Place, line: str, ballot: int | None = None) -> Request:
        """A line as the core takes it; the Home tab counts as a private channel where nothing can be posted."""
        person = await self._people.get(workspace, place.person)
        channel = place.channel if place.channel.id else Channel(f"home-{place.person}", private=True)
        posts = bool(place.channel.id)
        return Request(workspace.team, channel, person.asker, line, ballots=posts, ballot=ballot)

    async def command(self, workspace: Workspace, place: Place, line: str) -> None:
        """Answer a line typed in a channel: a public answer to all, a private one to who asked."""
        reply = await self.ask(workspace, place, line)
        if reviews_alone(reply) and place.trigger and await self.show(workspace, place, reply, line):
            return
        await self.deliver(workspace, place, reply)

    async def deliver(self, workspace: Workspace, place: Place, reply: Reply, *, instead: bool = False) -> bool:
        """Put a reply in its channel, or show it to who asked; whether all can see it now.

        `instead` puts it in place of the message that was pressed.
        """
        if reply.private or not place.channel.id:
            await self.whisper(workspace, place, reply, instead=instead)
            return False
        try:
            await self._publish(workspace, place, reply)
        except Unavailable:
            log.warning("a message may not have been posted in channel %s", place.channel.id)
            await self.whisper(workspace, place, alone(UNSURE))
        except ShipworthyError as refused:
            await self.whisper(workspace, place, alone(f"That cannot be posted here: {refused}."))
        else:
            if instead:
                await self._respond(place, {"delete_original": True})
            return True
        return False

    async def _publish(self, workspace: Workspace, place: Place, reply: Reply) -> None:
        """Post for everybody. Where the bot is not, through the response URL, and with buttons to vote."""
        channel = place.channel
        reacts = channel.private or await self._channel.seat(workspace, channel.id) is not Seat.OUTSIDE
        look = await self._channel.look(workspace, reply, reactions=reacts)
        try:
            await self._channel.post(workspace, channel.id, reply, look, thread=place.thread)
        except CommandError as refused:
            if place.respond is None or not any(is_code(refused, word) for word in NOT_IN):
                raise
            self._channel.left(workspace, channel.id)
            await self._respond_public(workspace, place, reply)
        else:
            if reply.ballot is not None and not reacts:
                await self.whisper(workspace, place, alone(f"Votes here are buttons. {INVITE}"))

    async def _respond_public(self, workspace: Workspace, place: Place, reply: Reply) -> None:
        drawn = await self._unreached(workspace, reply)
        if not await self._respond(place, {"response_type": "in_channel", "thread_ts": place.thread, **drawn}):
            raise CommandError(NOWHERE)
        number = reply.ballot.id if reply.ballot else reply.digest
        message = Message(PLATFORM, place.channel.id, f"{UNLISTED}{number}")
        with forgiven("open a ballot"):  # the first vote reads the ballot off the message and opens it
            await self._core.posted(message, reply)
        if reply.ballot is None:
            return
        how = NO_GUESTS if place.channel.id.startswith("D") else INVITE
        await self.whisper(workspace, place, alone(f"I am not in here, so votes are buttons. {how}"))

    async def _unreached(self, workspace: Workspace, reply: Reply) -> dict[str, Any]:
        """A public reply for a message that only response URLs reach; they take no metadata."""
        look = replace(await self._channel.look(workspace, reply, reactions=False), tables=False)
        drawn = outbound.message(reply, look)
        drawn.pop("metadata", None)
        return drawn

    async def whisper(self, workspace: Workspace, place: Place, reply: Reply, *, instead: bool = False) -> None:
        """Show a reply to one person alone, or, where that cannot be, say it in a direct message; never raises."""
        person = await self._people.get(workspace, place.person)
        look = await self._channel.look(workspace, reply, zone=person.zone)
        payload = outbound.message(replace(reply, private=True), look)
        payload.pop("metadata", None)
        if place.thread and reply.ballot is None:
            payload["blocks"] = thread_kept(payload["blocks"], place.thread)
        thread = None if place.unbegun else place.thread
        shown = {"response_type": "ephemeral", "replace_original": instead, "thread_ts": thread, **payload}
        if await self._respond(place, shown):
            return
        with forgiven("show somebody an answer"):
            try:
                with sorted_errors():
                    await workspace.client.chat_postEphemeral(
                        channel=place.channel.id, user=place.person, thread_ts=thread, **payload
                    )
            except ShipworthyError:
                await workspace.poster.chat_postMessage(channel=place.person, **payload)

    async def _respond(self, place: Place, payload: dict[str, Any]) -> bool:
        """Answer through the response URL; False where there is none, or it is used up."""
        if place.respond is None:
            return False
        client = AsyncWebhookClient(
            place.respond,
            session=self._session,
            proxy=self._proxy,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=3)],
        )
        client.proxy = self._proxy  # left out above, it would be read from the environment
        with forgiven("answer through a response URL"):
            answer = await client.send_dict({name: value for name, value in payload.items() if value is not None})
            if answer.status_code == HTTPStatus.OK:
                return True
            log.warning("a response URL was refused: %s", answer.body)
        return False

    async def redraw_here(self, workspace: Workspace, place: Place, ballot: int) -> None:
        """Redraw a message that only a press's own response URL reaches; any other is left to its redraws.

        A press comes from a private place only where the bot is not: else there would be reactions.
        """
        async with self.turn(f"ballot {ballot}"):
            with forgiven("redraw a message"):
                reply = await self._core.redraw(ballot)
                message = reply.ballot.message if reply and reply.ballot else None
                if reply and message and (place.channel.private or message.id.startswith(UNLISTED)):
                    drawn = await self._unreached(workspace, reply)
                    await self._respond(place, {"replace_original": True, **drawn})

    async def remove(self, workspace: Workspace, place: Place, message: str) -> None:
        """Take away the message that was pressed. Raises `CommandError` and `Unavailable`."""
        try:
            await self._channel.remove(workspace, Message(PLATFORM, place.channel.id, message))
        except CommandError as refused:
            if not any(is_code(refused, word) for word in NOT_IN):
                raise
            if not await self._respond(place, {"delete_original": True}):
                raise

    def turn(self, key: str) -> asyncio.Lock:
        """What draws one thing from what is stored holds this meanwhile, so that the newest state is drawn last."""
        return self._turns.setdefault(key, asyncio.Lock())

    async def form(self, workspace: Workspace, place: Place, command: Command) -> bool:
        """Open a form for a command typed without its words; False where Slack did not open it."""
        notes = Notes(place.channel.id, place.channel.private, place.thread, place.respond)
        with forgiven("open a form"):
            await workspace.client.views_open(
                trigger_id=place.trigger, view=views.form(command, private_metadata=notes.write())
            )
            return True
        return False

    async def show(
        self, workspace: Workspace, place: Place, reply: Reply, line: str, *, view: str | None = None
    ) -> bool:
        """Show a reply in a modal: in the one of this id, which it was asked from, if given, else in a new one.

        False where Slack did not show it.
        """
        drawn = await self.modal(workspace, place, reply, line)
        with forgiven("show a modal"):
            if view is None:
                await workspace.client.views_open(trigger_id=place.trigger, view=drawn)
            else:
                await workspace.client.views_update(view_id=view, view=drawn)
            return True
        return False

    async def modal(self, workspace: Workspace, place: Place, reply: Reply, line: str) -> dict[str, Any]:
        """A reply as a modal that remembers where it came from."""
        person = await self._people.get(workspace, place.person)
        look = await self._channel.look(workspace, reply, zone=person.zone)
        notes = Notes(
            channel=place.channel.id,
            private=place.channel.private,
            thread=place.thread,
            respond=place.respond,
            line=line,
            ballot=reply.ballot.id if reply.ballot else None,
        )
        title = "Reviews" if reviews_alone(reply) else "Shipworthy"
        return views.modal(reply, look, title=title, private_metadata=notes.write())

    async def home(self, workspace: Workspace, person: str, *, first: bool = False) -> None:
        """Draw somebody's Home tab; with how to begin, when it is the `first` time."""
        place = Place(workspace.id, Channel("", private=True), person)
        request = await self._request(workspace, place, "/")
        replies = [await self._core.home(request, partial(self._channels_of, workspace, person))]
        if first:
            replies.insert(0, self._core.welcome())
        look = await self._channel.look(workspace, replies[-1], zone=request.asker.zone)
        with forgiven("draw a Home tab"):
            await workspace.client.views_publish(user_id=place.person, view=views.home(replies, look))

    async def _channels_of(self, workspace: Workspace, person: str) -> frozenset[str] | None:
        """The channels somebody is in, of the kinds that the app may list; None where it may list none."""
        public = await self._listed(workspace, person, "public_channel")
        if public is None:
            return None
        return public | (await self._listed(workspace, person, "private_channel") or frozenset())

    async def _listed(self, workspace: Workspace, person: str, kind: str) -> frozenset[str] | None:
        found: set[str] = set()
        cursor = None
        with forgiven(f"list somebody's channels ({kind})"):
            while True:
                page = await workspace.client.users_conversations(user=person, types=kind, limit=999, cursor=cursor)
                found |= {channel["id"] for channel in page["channels"]}
                cursor = (page.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    return frozenset(found)
        return None


def alone(words: str) -> Reply:
    """A sentence for one person."""
    return Reply(words, (Lead(text(words)),), private=True)


def reads(reply: Reply) -> bool:
    """Whether a private reply is more than a message should hold: reviews, or a vote of one's own."""
    return any(isinstance(block, Quote | Vote) for block in reply.blocks)


def reviews_alone(reply: Reply) -> bool:
    """Whether a private reply is everybody's words and no more, which may be too long for any message."""
    return reply.private and reads(reply) and not any(isinstance(block, Table) for block in reply.blocks)

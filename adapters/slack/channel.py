"""Slack's channels: posting, redrawing and removing messages, reading reactions back, and the weekly digest."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import errors, outbound, signs
from adapters.slack.errors import SLACK_ERRORS, sorted_errors
from adapters.slack.inbound import PLATFORM, UNLISTED, ballot_of, instant
from adapters.slack.outbound import Look
from adapters.slack.people import People
from adapters.slack.workspaces import Workspace, Workspaces
from commands.budget import Budget
from commands.core import Core
from commands.errors import CommandError, Gone, Unavailable
from commands.model import Ballot, Channel, Message, TeamKey
from commands.reply import PersonSpan, Reply, spans

log = logging.getLogger(__name__)

Sent = TypeVar("Sent")

PAGE = 200
PAGES = 25
"""How far back a digest is looked for: a run is looked up within hours of its attempt."""

MOST_SEATS = 50_000
"""Channels of which it is remembered how the bot stands there."""


NOT_JOINED = frozenset({"method_not_supported_for_channel_type", "channel_not_found"})
"""What joining a private channel or a direct message comes to, whether the bot is in it or not."""


class Seat(Enum):
    """Whether the bot is in a channel, as `conversations.join` tells."""

    PUBLIC = "in a public channel"
    PRIVATE = "in a private channel, or not at all: a bot cannot join those by itself"
    OUTSIDE = "not in a public channel, and not allowed to join it"


class SlackChannel:
    """What the bot does in Slack's channels. It is also Slack's `DigestChannel` and `BallotReader`."""

    def __init__(
        self, core: Core, workspaces: Workspaces, people: People, reads: Budget, *, counts_outside: bool = False
    ) -> None:
        self._core = core
        self._workspaces = workspaces
        self._people = people
        self._reads = reads
        self._counts_outside = counts_outside
        self._names = tuple(command.name for command in core.commands)
        self._seats: dict[tuple[str, str], Seat] = {}
        self._tables = True

    async def look(
        self, workspace: Workspace, reply: Reply, *, zone: str | None = None, reactions: bool = True
    ) -> Look:
        """How a reply is to be drawn in this workspace."""
        named = {span.id for span in spans(reply) if isinstance(span, PersonSpan)}
        people = await self._people.names(workspace, named) if named else {}
        return Look(
            zone=zone, url=workspace.url, people=people, tables=self._tables, reactions=reactions, names=self._names
        )

    async def seat(self, workspace: Workspace, channel: str) -> Seat:
        """Join a channel if that is possible, and tell how the bot stands there."""
        key = (workspace.id, channel)
        if key not in self._seats:
            if len(self._seats) >= MOST_SEATS:
                self._seats.clear()
            try:
                await workspace.client.conversations_join(channel=channel)
            except SlackApiError as error:
                if errors.code(error) not in NOT_JOINED:
                    return Seat.OUTSIDE
                self._seats[key] = Seat.PRIVATE
            except SLACK_ERRORS:
                return Seat.OUTSIDE
            else:
                self._seats[key] = Seat.PUBLIC
        return self._seats[key]

    def left(self, workspace: Workspace, channel: str) -> None:
        """Forget that the bot was in this channel."""
        self._seats.pop((workspace.id, channel), None)

    async def post(
        self, workspace: Workspace, channel: str, reply: Reply, look: Look, *, thread: str | None = None
    ) -> Message:
        """Post a reply, open its ballot and put the reactions on it.

        Raises `CommandError` or `Gone` where Slack refuses, and `Unavailable` where the message may not have
        come through.
        """
        with sorted_errors():
            message = await self._say(workspace.poster, channel, reply, look, thread)
        with suppress(Unavailable):  # the first vote reads the ballot off the message; a digest is looked for later
            await self.bind(message, reply)
        if reply.ballot is not None and look.reactions:
            await self.seed(workspace, message, reply.ballot)
        return message

    async def bind(self, message: Message, reply: Reply) -> None:
        """Tell the core where a reply stands. Raises `Unavailable`."""
        if reply.ballot is not None:
            reply = replace(reply, ballot=replace(reply.ballot, posted_us=posted_us(message)))
        await self._core.posted(message, reply)

    async def _say(
        self, client: AsyncWebClient, channel: str, reply: Reply, look: Look, thread: str | None = None
    ) -> Message:
        """Post a message."""

        async def post(payload: dict[str, Any]) -> Message:
            posted = await client.chat_postMessage(channel=channel, thread_ts=thread, **payload)
            return Message(PLATFORM, posted["channel"], posted["ts"])

        return await self._drawn(reply, look, post)

    async def _drawn(self, reply: Reply, look: Look, send: Callable[[dict[str, Any]], Awaitable[Sent]]) -> Sent:
        """Send a reply as drawn; without its table where Slack will not have one, and from then on."""
        try:
            return await send(outbound.message(reply, look))
        except SlackApiError as error:
            if not (look.tables and errors.code(error) == "invalid_blocks"):
                raise
        sent = await send(outbound.message(reply, replace(look, tables=False)))
        self._tables = False
        log.warning("Slack refuses tables; comparisons are drawn without them")
        return sent

    async def seed(self, workspace: Workspace, message: Message, ballot: Ballot) -> None:
        """Put a ballot's reactions on its message; what is there already stays."""
        for name in signs.seeds(ballot.kind, len(ballot.tools)):
            if not await self._put(workspace, message, name):
                return

    async def _put(self, workspace: Workspace, message: Message, name: str, *, joined: bool = False) -> bool:
        """Put one reaction on a message, joining the channel first where the bot was put out of it meanwhile."""
        try:
            await workspace.client.reactions_add(channel=message.channel, timestamp=message.id, name=name)
        except SlackApiError as error:
            if errors.code(error) == "already_reacted":
                return True
            self.left(workspace, message.channel)
            out = errors.code(error) == "not_in_channel" and not joined
            if out and await self.seat(workspace, message.channel) is Seat.PUBLIC:
                return await self._put(workspace, message, name, joined=True)
            log.warning("a ballot could not be given its reactions: %s", errors.reason(error))
        except SLACK_ERRORS as error:
            log.warning("a ballot could not be given its reactions: %s", type(error).__name__)
        else:
            return True
        return False

    async def draw(self, team: TeamKey, ballot: int) -> None:
        """Redraw a ballot's message as the tallies stand now.

        Raises `Gone` where there is nothing to redraw, `CommandError` where Slack refuses, `Unavailable`.
        """
        reply = await self._core.redraw(ballot)
        message = reply.ballot.message if reply and reply.ballot else None
        workspace = await self._workspaces.get(team.external_id)
        if reply is None or message is None or workspace is None:
            raise Gone("there is no message to redraw")
        if message.id.startswith(UNLISTED):
            return
        private = reply.ballot is None or reply.ballot.channel.private
        reactions = private or await self.seat(workspace, message.channel) is not Seat.OUTSIDE
        look = await self.look(workspace, reply, reactions=reactions)

        async def update(payload: dict[str, Any]) -> None:
            await workspace.client.chat_update(channel=message.channel, ts=message.id, **payload)

        try:
            with sorted_errors():
                await self._drawn(reply, look, update)
        except Gone:
            await self._core.freeze(ballot)
            raise

    async def fetch(self, workspace: Workspace, message: Message) -> Mapping[str, Any]:
        """A message with everybody's reactions; raises `Gone`, `CommandError` and `Unavailable`."""
        await self._reads.take(workspace.id)
        with sorted_errors():
            answer = await workspace.client.reactions_get(channel=message.channel, timestamp=message.id, full=True)
        found: Mapping[str, Any] = answer.get("message") or {}
        return found

    async def adopt(self, workspace: Workspace, message: Message) -> Ballot | None:
        """Open the ballot written into a message of ours; None if none is. Raises as `fetch` does."""
        found = await self.fetch(workspace, message)
        ballot = ballot_of(found, message) if workspace.bot_user == found.get("user") else None
        if ballot is None:
            return None
        return await self._core.adopt(workspace.team, replace(ballot, posted_us=posted_us(message)))

    async def reactions(self, team: TeamKey, ballot: Ballot) -> frozenset[tuple[str, int]]:
        """See `BallotReader.reactions`."""
        workspace, message = await self._workspaces.get(team.external_id), ballot.message
        if workspace is None or message is None:
            raise Unavailable("the app is not in that workspace")
        if message.id.startswith(UNLISTED):
            return frozenset()
        try:
            found = await self.fetch(workspace, message)
        except CommandError as refused:
            # Of a private channel it is also said where the bot was put out, and may be invited again.
            if errors.is_code(refused, "channel_not_found") and not ballot.channel.private:
                raise Gone(str(refused)) from refused
            raise Unavailable(str(refused)) from refused
        seen: set[tuple[str, int]] = set()
        for reaction in found.get("reactions") or ():
            sign = signs.read(reaction["name"])
            if sign is None or sign.kind not in (None, ballot.kind) or sign.option > len(ballot.tools):
                continue
            if len(reaction["users"]) < reaction["count"]:
                raise Unavailable("Slack did not list everybody who reacted")
            seen |= {(person, sign.option) for person in reaction["users"] if await self.counts(workspace, person)}
        return frozenset(seen)

    async def counts(self, workspace: Workspace, person: str) -> bool:
        """Whether this person's vote counts in this workspace: people do and bots never, others' only if so set."""
        if person == workspace.bot_user:
            return False
        found = await self._people.get(workspace, person)
        return not found.bot and (self._counts_outside or not found.outside)

    async def remove(self, workspace: Workspace, message: Message) -> None:
        """Delete a message of ours; one that is gone already is as good. Raises `CommandError` and `Unavailable`."""
        with suppress(Gone), sorted_errors():
            await workspace.client.chat_delete(channel=message.channel, ts=message.id)

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        """See `DigestChannel.post_digest`."""
        workspace = await self._workspaces.get(team.external_id)
        if workspace is None:
            raise CommandError("the app was removed from this workspace")
        if not channel.private:
            await self.seat(workspace, channel.id)
        look = await self.look(workspace, reply)
        try:
            with sorted_errors(repeatable=False):
                return await self._say(workspace.poster, channel.id, reply, look)
        except Gone as gone:
            raise CommandError(str(gone)) from gone

    async def find_digest(self, team: TeamKey, channel: Channel, digest: int) -> Message | None:
        """See `DigestChannel.find_digest`. Needs a history scope, without which it raises `CommandError`."""
        workspace = await self._workspaces.get(team.external_id)
        if workspace is None:
            raise CommandError("the app was removed from this workspace")
        cursor = None
        for _ in range(PAGES):
            try:
                with sorted_errors():
                    page = await workspace.client.conversations_history(
                        channel=channel.id, include_all_metadata=True, limit=PAGE, cursor=cursor
                    )
            except Gone as gone:
                raise CommandError(str(gone)) from gone
            for said in page["messages"]:
                if said.get("user") == workspace.bot_user and digest_of(said) == digest:
                    return Message(PLATFORM, channel.id, said["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        raise CommandError("the channel has too many messages since to look through")

    async def tell(self, team: TeamKey, channel: Channel, person: str, text: str) -> None:
        """See `DigestChannel.tell`. It is said in a direct message, which waits until it is read."""
        workspace = await self._workspaces.get(team.external_id)
        if workspace is None:
            raise CommandError("the app was removed from this workspace")
        words = outbound.plain(text, self._names)
        with sorted_errors():
            await workspace.poster.chat_postMessage(channel=person, text=f"<#{channel.id}>: {words}")


def digest_of(message: Mapping[str, Any]) -> int | None:
    """The weekly digest that a message is, if it is one."""
    metadata = message.get("metadata") or {}
    return int(metadata["event_payload"]["digest"]) if metadata.get("event_type") == outbound.DIGEST_EVENT else None


def posted_us(message: Message) -> int:
    """When a message of Slack's was posted: its id says so."""
    return instant(message.id)

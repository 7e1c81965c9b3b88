"""The terminal's channel: what is said there, kept in the transcript, and printed."""

from contextlib import suppress
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from adapters.terminal.screen import Screen
from commands.core import Core
from commands.errors import Unavailable
from commands.model import Channel, Mark, Message, Recorded, TeamKey
from commands.ports import Transcript
from commands.reply import Reply

PLATFORM = "terminal"
TEAM = TeamKey(PLATFORM, PLATFORM)
"""The one team of a terminal: everybody who types into the same store."""

AUTHOR = "shipworthy"
"""Who says everything in the transcript: people's own lines are not kept."""


LOOKED_BACK = 100
"""How many messages back a session that has printed no ballot looks for one."""


class TerminalChannel:
    """A channel whose messages are numbered from 1. It is also the `DigestChannel` of the terminal.

    A message is in the transcript before it is printed, so what was seen is still there after a crash.
    """

    def __init__(self, core: Core, transcript: Transcript, screen: Screen, name: str = "general") -> None:
        self.core = core
        self.transcript = transcript
        self.screen = screen
        self.channel = Channel(name)
        self._newest: int | None = None

    async def post(self, reply: Reply) -> int:
        """Say a reply in the channel and print it; the number of the message."""
        number = await self.keep(reply)
        self.show(reply, number)
        return number

    async def keep(self, reply: Reply) -> int:
        """Say a reply in the channel and tell the core where it stands, printing nothing; the message's number."""
        number = await self._append(self.channel, reply)
        with suppress(Unavailable):  # the first vote opens a ballot that could not be opened now
            await self.core.posted(self.address(number), reply)
        return number

    def show(self, reply: Reply, number: int) -> None:
        """Print a message of the channel; a ballot printed last is the one that votes are for."""
        self.screen.show(reply, number)
        if reply.ballot:
            self._newest = number

    async def newest_ballot(self) -> int | None:
        """The number of the ballot printed last, else of the newest one that can still be found."""
        if self._newest is None:
            held = [said.number for said in await self.transcript.last(self.channel.id, LOOKED_BACK) if said.ballot]
            self._newest = held[-1] if held else None
        return self._newest

    async def mark(self, mark: Mark, reply: Reply) -> Recorded:
        """Record a mark on the message that `reply` is; a ballot that a crash left unopened is opened first."""
        recorded = await self.core.mark(mark)
        if recorded.ballot is None and isinstance(mark.ballot, Message):
            await self.core.posted(mark.ballot, reply)
            recorded = await self.core.mark(mark)
        return recorded

    def address(self, number: int) -> Message:
        """The address of a message in this channel."""
        return Message(PLATFORM, self.channel.id, str(number))

    async def reply(self, number: int) -> Reply | None:
        """The message of this number as it was posted, if it can still be read."""
        said = await self.transcript.get(self.channel.id, number)
        return _read(said.body) if said else None

    async def earlier(self, limit: int) -> list[tuple[int, Reply]]:
        """The last messages, oldest first; ballots are drawn anew, since votes have moved them."""
        found: list[tuple[int, Reply]] = []
        for said in await self.transcript.last(self.channel.id, limit):
            reply = _read(said.body)
            if reply and reply.ballot:
                reply = await self.core.redraw(self.address(said.number)) or reply
            if reply:
                found.append((said.number, reply))
        return found

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:  # noqa: ARG002
        """See `DigestChannel.post_digest`. The digest of another channel waits there to be read."""
        number = await self._append(channel, reply)
        if channel.id == self.channel.id:
            with suppress(OSError):  # said is said, though nobody may be reading: the next line finds that out
                self.show(reply, number)
        return Message(PLATFORM, channel.id, str(number))

    async def find_digest(self, team: TeamKey, channel: Channel, digest: int) -> Message | None:  # noqa: ARG002
        """See `DigestChannel.find_digest`."""
        number = await self.transcript.find_digest(channel.id, digest)
        return None if number is None else Message(PLATFORM, channel.id, str(number))

    async def tell(self, team: TeamKey, channel: Channel, person: str, text: str) -> None:  # noqa: ARG002
        """See `DigestChannel.tell`."""
        self.screen.say(f"Only @{person} sees this: {text}", "dim")

    async def _append(self, channel: Channel, reply: Reply) -> int:
        """Add a reply to a channel's transcript, without who asked: that is the store's to keep and to forget."""
        ballot = replace(reply.ballot, asker="") if reply.ballot else None
        body = _json().dump_json(replace(reply, ballot=ballot)).decode()
        number = ballot.id if ballot else None
        return await self.transcript.append(channel.id, AUTHOR, body, ballot=number, digest=reply.digest)


@cache
def _json() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)


def _read(body: str) -> Reply | None:
    """A message of the transcript; None for one in words that this version does not know."""
    try:
        return _json().validate_json(body)
    except ValidationError:
        return None

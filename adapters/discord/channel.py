"""Discord's channels: posting, redrawing and removing messages, reading reactions back, and the weekly digest."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

from adapters.discord import digest_message, outbound, permissions, signs
from adapters.discord.errors import DISCORD_ERRORS, sort, sorted_errors
from adapters.discord.inbound import PLATFORM, ballot_of, posted_us
from adapters.discord.outbound import Look
from adapters.discord.rest import MESSAGES_A_PAGE, USERS_A_PAGE, Rest
from adapters.discord.sight import Seen
from commands.core import Core
from commands.errors import CommandError, Gone, Unavailable
from commands.model import Ballot, Channel, Message, TeamKey
from commands.reply import Lead, Reply, text

log = logging.getLogger(__name__)

MOST_LOOKS = 1_024

PAGES = 25
"""How many pages back a digest is looked for: a run is looked up within hours of its attempt."""


See = Callable[[TeamKey, str], Awaitable[Seen | None]]
"""See `adapters.discord.sight.Sight.see`."""


class DiscordChannel:
    """What the bot does in Discord's channels. It is also Discord's `DigestChannel` and `BallotReader`."""

    def __init__(self, core: Core, rest: Rest, *, me: Callable[[], str], see: See) -> None:
        self._core = core
        self._rest = rest
        self._me = me
        self._see = see
        self._doubted: dict[int, Callable[[Ballot], None]] = {}

    async def posted(self, message: Message, reply: Reply) -> None:
        """Tell the core where a reply stands; the first vote reads off the message what could not be stored now."""
        if reply.ballot is not None:
            reply = replace(reply, ballot=replace(reply.ballot, posted_us=posted_us(message.id)))
        with suppress(Unavailable):
            await self._core.posted(message, reply)

    async def seed(self, message: Message, ballot: Ballot) -> None:
        """Put a ballot's reactions on its message; the library waits between them as Discord wants it."""
        for emoji in signs.seeds(ballot.kind, len(ballot.tools)):
            try:
                await self._rest.react(message, emoji)
            except DISCORD_ERRORS as error:
                log.warning("a ballot could not be given its reactions: %s", sort(error))
                return

    def doubt(self, ballot: int, read_back: Callable[[Ballot], None]) -> None:
        """Have a ballot read back if its next drawing finds super reactions on its message."""
        self._doubted[ballot] = read_back

    async def draw(self, team: TeamKey, ballot: int) -> None:
        """Redraw a ballot's message as the tallies stand now.

        Raises `Gone` where there is nothing to redraw, `CommandError` where Discord refuses (an archived
        thread, a channel the bot does not see), `Unavailable`.
        """
        read_back = self._doubted.pop(ballot, None)
        try:
            held, drawn = await self._drawn(team, ballot)
        except Unavailable:
            if read_back is not None:
                self._doubted.setdefault(ballot, read_back)
            raise
        counts = [each.get("count_details") or {} for each in drawn.get("reactions") or ()]
        if read_back is not None and any(count.get("burst") for count in counts):
            read_back(held)

    async def _drawn(self, team: TeamKey, ballot: int) -> tuple[Ballot, Mapping[str, Any]]:
        reply = await self._core.redraw(ballot)
        if reply is None or reply.ballot is None or reply.ballot.message is None:
            raise Gone("there is no message to redraw")
        message = reply.ballot.message
        seen = await self._see(team, message.channel)
        if seen is None:
            raise CommandError("the bot does not see that channel")
        try:
            with sorted_errors():
                body = outbound.message(reply, look(team.external_id, seen.may))
                return reply.ballot, await self._rest.edit(message, body)
        except Gone:
            await self._core.freeze(ballot)
            raise

    async def adopt(self, team: TeamKey, message: Message) -> Ballot | None:
        """Open the ballot written into a message of ours; None if none is. Raises as a read does."""
        with sorted_errors():
            found = await self._rest.get(message)
        ballot = ballot_of(found, message) if found["author"]["id"] == self._me() else None
        if ballot is None:
            return None
        return await self._core.adopt(team, replace(ballot, posted_us=posted_us(message.id)))

    async def reactions(self, team: TeamKey, ballot: Ballot) -> frozenset[tuple[str, int]]:  # noqa: ARG002
        """See `BallotReader.reactions`."""
        message = ballot.message
        if message is None:
            raise Unavailable("the ballot has no message")
        try:
            with sorted_errors():
                found = await self._rest.get(message)
                seen = {
                    pair for held in found.get("reactions") or () for pair in await self._reacted(ballot, message, held)
                }
        except CommandError as refused:
            raise Unavailable(str(refused)) from refused
        return frozenset(seen)

    async def _reacted(self, ballot: Ballot, message: Message, held: Mapping[str, Any]) -> set[tuple[str, int]]:
        """Everybody who has one reaction on a ballot, in its normal or its super form."""
        emoji = held["emoji"]
        sign = signs.read(emoji["name"] or "") if emoji.get("id") is None else None
        if sign is None or sign.kind not in (None, ballot.kind) or sign.option > len(ballot.tools):
            return set()
        counts = held.get("count_details") or {"normal": held["count"], "burst": 1}
        people = set()
        for burst in (False, True):
            if counts["burst" if burst else "normal"]:
                people |= await self._people(message, emoji["name"], burst=burst)
        return {(person, sign.option) for person in people}

    async def _people(self, message: Message, emoji: str, *, burst: bool) -> set[str]:
        people: set[str] = set()
        after = "0"
        while True:
            page = await self._rest.reactors(message, emoji, burst=burst, after=after)
            people |= {person["id"] for person in page if not person.get("bot")}
            if len(page) < USERS_A_PAGE:
                return people
            after = page[-1]["id"]

    async def remove(self, message: Message) -> None:
        """Delete a message of ours; one that is gone already is as good. Raises `CommandError` and `Unavailable`."""
        with suppress(Gone), sorted_errors():
            await self._rest.delete(message)

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        """See `DigestChannel.post_digest`. A repeat within minutes gives the message that was posted before."""
        seen = await self._seen(team, channel.id)
        needed = permissions.DIGEST_IN_THREAD if seen.thread else permissions.DIGEST
        if lacking := permissions.missing(seen.may, *needed):
            raise CommandError(f"I lack {' and '.join(lacking)} there")
        try:
            with sorted_errors(repeatable=False):
                body = outbound.message(reply, look(team.external_id, seen.may))
                made = await self._rest.post(channel.id, body, nonce=reply.digest)
        except Gone as gone:
            raise CommandError(str(gone)) from gone
        return Message(PLATFORM, channel.id, made["id"])

    async def _seen(self, team: TeamKey, channel: str) -> Seen:
        """A channel as the bot sees it; a thread that was put away is asked for, since a post brings it back.

        Raises `CommandError` where it does not, and `Unavailable`.
        """
        if found := await self._see(team, channel):
            return found
        try:
            with sorted_errors():
                parent = (await self._rest.channel(channel)).get("parent_id")
        except Gone as gone:
            raise CommandError(str(gone)) from gone
        above = await self._see(team, str(parent)) if parent else None
        if above is None:
            raise CommandError("I cannot see that channel")
        return Seen(above.may, thread=True)

    async def find_digest(self, team: TeamKey, channel: Channel, digest: int) -> Message | None:
        """See `DigestChannel.find_digest`."""
        seen = await self._seen(team, channel.id)
        if permissions.missing(seen.may, *permissions.HISTORY):
            raise CommandError("I may not read that channel's history")  # Discord would answer with no messages
        before = None
        for _ in range(PAGES):
            try:
                with sorted_errors():
                    page = await self._rest.history(channel.id, before=before)
            except Gone as gone:
                raise CommandError(str(gone)) from gone
            for said in page:
                if said["author"]["id"] == self._me() and digest_message.digest_id(said) == digest:
                    return Message(PLATFORM, channel.id, said["id"])
            if len(page) < MESSAGES_A_PAGE:
                return None
            before = page[-1]["id"]
        raise CommandError("the channel has too many messages since to look through")

    async def tell(self, team: TeamKey, channel: Channel, person: str, text: str) -> None:
        """See `DigestChannel.tell`. It is said in a direct message, which waits until it is read."""
        words = alone(f"In a channel of your server: {text}")
        body = outbound.message(words, Look(guild=team.external_id))
        body["content"] = f"<#{channel.id}>"
        with sorted_errors():
            await self._rest.post(await self._rest.direct(person), body)


@lru_cache(MOST_LOOKS)
def look(guild: str, may: int) -> Look:
    """How a reply is drawn in a server where the bot has these permissions."""
    return Look(
        guild=guild,
        reactions=not permissions.missing(may, *permissions.REACTIONS),
        embeds=not permissions.missing(may, *permissions.EMBEDS),
    )


def alone(words: str) -> Reply:
    """A sentence for one person."""
    return Reply(words, (Lead(text(words)),), private=True)

"""The core: a request in, a `Reply` out; a mark in, a durable record out."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from commands import (
    alias,
    bookmark,
    bookmarks,
    compare,
    digest,
    forgetme,
    help,  # noqa: A004
    home,
    mydata,
    reviews,
    tool,
    tools,
    tracing,
)
from commands.complete import complete
from commands.declare import Ask, Command
from commands.errors import CommandError, TooOften, Unavailable
from commands.failed import failed
from commands.limits import Act, Limits
from commands.measure import MarkOutcome, Outcome, Trouble
from commands.model import (
    Asker,
    Ballot,
    BallotKind,
    Mark,
    Message,
    Recorded,
    Request,
    RunState,
    TeamKey,
    ToolName,
    Via,
)
from commands.namebook import NameBook
from commands.parsing import clean
from commands.ports import Ports
from commands.reply import Reply, Vote

COMMANDS: tuple[Command, ...] = (
    compare.COMMAND,
    tool.COMMAND,
    tools.COMMAND,
    alias.COMMAND,
    bookmark.COMMAND,
    bookmarks.COMMAND,
    digest.COMMAND,
    help.COMMAND,
    mydata.COMMAND,
    forgetme.COMMAND,
)

LONGEST = 400
"""Characters a request may have; a comparison of four long names fits with room to spare."""

log = logging.getLogger(__name__)


class Core:
    """Answers requests and keeps votes; every adapter calls this and nothing else.

    `limits` is how often people may ask; without it, as often as they like.
    """

    def __init__(self, ports: Ports, commands: tuple[Command, ...] = COMMANDS, *, limits: Limits | None = None) -> None:
        self.commands = commands
        self._ports = ports
        self._limits = limits or Limits()
        self._names = NameBook(ports.catalogue, ports.aliases, ports.clock)
        self._given: dict[str, Any] = {field.name: getattr(ports, field.name) for field in fields(ports)}
        self._given |= {"names": self._names, "commands": commands}
        self._known = frozenset(command.name for command in commands)

    async def run(self, request: Request) -> Reply:
        """Answer one typed line. Never raises: what went wrong is a private reply with `failed` set.

        A reply's ballot is only reserved; it opens when `posted` is told where the reply stands.
        """
        measures = self._ports.measures
        outcome: Outcome = "ok"
        began = measures.now()
        name, words = _split(request.text)
        try:
            reply = await self._answer(request, name, words)
        except Exception as error:  # noqa: BLE001 - told and logged as what it is
            reply, outcome = self.refusal(error), _trouble(error)
        known = name if name in self._known else "unknown"
        measures.command(known, request.team.platform, outcome, measures.now() - began)
        return reply

    def refusal(self, error: Exception) -> Reply:
        """What the asker is told of an error, in private; a bug is logged under the reference they get."""
        if isinstance(error, CommandError):
            return failed(str(error), self.commands)
        if isinstance(error, Unavailable):
            log.warning("unavailable: %s", error)
            words = "That could not be looked up or stored just now. Nothing was changed; please try again."
            return failed(words, self.commands)
        reference = tracing.current() or secrets.token_hex(4)
        log.error("a request failed, reference %s", reference, exc_info=error)
        return failed(f"Something went wrong on our side, not yours. Reference {reference}.", self.commands)

    async def _answer(self, request: Request, name: str, words: str) -> Reply:
        self._limits.count(Act.ASK, request.team, request.asker.id)
        if len(request.text) > LONGEST:
            raise CommandError(f"That is {len(request.text):,} characters long; a command has at most {LONGEST}.")
        command = help.find(name, self.commands)
        tracing.name(command.name)
        team = await self._ports.teams.team(request.team)
        reply = await command.run(Ask(team, request, words.strip()), self._given)
        if reply.private or reply.ballot is None:
            return reply
        if not request.ballots:
            return _unballoted(reply)
        self._limits.count_post(request.team, request.asker.id)
        return reply

    async def home(self, request: Request, channels: Callable[[], Awaitable[frozenset[str] | None]]) -> Reply:
        """The asker's own page; see `commands.home.home`. Never raises, like `run`; the request's text is not read.

        `channels` is asked for those the asker is in, once it is sure that the page will be made.
        """
        ports = self._ports
        try:
            self._limits.count(Act.HOME, request.team, request.asker.id)
            return await home.home(
                Ask(await ports.teams.team(request.team), request, ""),
                await channels(),
                bookmarks=ports.bookmarks,
                catalogue=ports.catalogue,
                votes=ports.votes,
                people=ports.people,
                digests=ports.digests,
            )
        except Exception as error:  # noqa: BLE001 - likewise
            return self.refusal(error)

    def welcome(self) -> Reply:
        """How to start, for somebody's first look at their page."""
        return home.welcome()

    def hello(self) -> Reply:
        """What to say in a channel we were invited to."""
        return home.hello()

    async def posted(self, message: Message, reply: Reply) -> None:
        """Bind what a reply reserved to the message it now is: open its ballot, and mark its digest posted.

        Idempotent, and durable on return. Raises `Unavailable`.
        """
        if reply.ballot is not None:
            await self._ports.votes.open(self._dated(replace(reply.ballot, message=message)))
        if reply.digest is not None:
            await self._ports.digests.advance(
                reply.digest, RunState.POSTED, expected=RunState.ATTEMPTED, message=message
            )

    def _dated(self, ballot: Ballot) -> Ballot:
        """The ballot with when it was posted: now, unless its message told."""
        return ballot if ballot.posted_us is not None else replace(ballot, posted_us=self._ports.clock())

    async def adopt(self, team: TeamKey, ballot: Ballot) -> Ballot:
        """Open a ballot that was read off a message of ours, which a crash had left without one; the ballot it is.

        Its team is looked up. If another message has the ballot of that id, this one gets a ballot of its
        own. Idempotent, and durable on return. Raises `CommandError` where the catalogue lacks its tools, and
        where the message has a ballot of another team.
        """
        if ballot.message is None:
            raise ValueError("a ballot is adopted from its message")
        votes = self._ports.votes
        if await votes.ballot(ballot.message) is None:
            if len(await self._names.tools(ballot.tools)) < len(ballot.tools):
                raise CommandError("That vote is on tools that are not in the catalogue.")
            opened = self._dated(replace(ballot, team=await self._ports.teams.team(team)))
            await votes.open(opened)
            if await votes.ballot(ballot.message) is None:
                await votes.open(replace(opened, id=self._ports.new_id()))
        return await self._held(ballot.message, team)  # whichever it is: several may have adopted it at once

    async def withdraw(self, ballot: int | Message, asker: Asker, team: TeamKey) -> Ballot:
        """End the vote on a ballot because whoever asked for it wants its message removed; the ballot it was.

        What was voted on it still counts. Idempotent. Raises `CommandError` for anybody else, and for a
        ballot that is not known in this team.
        """
        held = await self._held(ballot, team)
        if not asker.id or held.asker != asker.id:
            raise CommandError("Only the person who asked for it can remove it.")
        await self._ports.votes.freeze(held.id)
        return replace(held, frozen=True)

    async def team_of(self, message: Message) -> TeamKey | None:
        """The team whose ballot stands as this message, whoever tells of it; None where no ballot does."""
        held = await self._ports.votes.ballot(message)
        return await self._ports.teams.key(held.team) if held else None

    async def freeze(self, ballot: int) -> None:
        """The ballot's message is gone: keep what it had. Idempotent. See `commands.ports.Votes.freeze`."""
        await self._ports.votes.freeze(ballot)

    async def gone(self, message: Message) -> None:
        """A message was deleted: if a ballot stood on it, that keeps what it had. Idempotent."""
        if (held := await self._ports.votes.ballot(message)) is not None:
            await self._ports.votes.freeze(held.id)

    async def press(self, team: TeamKey, ballot: int, person: str, option: int) -> tuple[Recorded, Reply]:
        """Put a person's button mark on an option, or take it back; what they are told of their vote, in private.

        Durable on return. Raises `CommandError` for a ballot that is not known in this team or has ended,
        for an option it does not have; and `TooOften`, which is told to the person and so loses no vote.
        """
        self._limits.count(Act.VOTE, team, person)
        votes = self._ports.votes
        held = await self._held(ballot, team)
        if held.frozen:
            raise CommandError("This vote has ended; what was voted still counts.")
        active = (option, Via.BUTTON) not in await votes.marks(held.id, person)
        recorded = await self._record(team.platform, Mark(held.id, person, option, Via.BUTTON, active=active))
        tools = await self._names.tools(held.tools)
        return recorded, reviews.standing(held, tools, await votes.marks(held.id, person))

    async def _held(self, ballot: int | Message, team: TeamKey) -> Ballot:
        """A ballot of this team; `CommandError` for any other."""
        held = await self._ports.votes.ballot(ballot)
        if held is None or held.team != await self._ports.teams.team(team):
            raise CommandError("This vote is not known here any more.")
        return held

    async def mark(self, mark: Mark) -> Recorded:
        """Record a reaction or button press; durable on return. See `commands.ports.Votes.record`."""
        return await self._record(mark.ballot.platform if isinstance(mark.ballot, Message) else "", mark)

    async def mark_all(self, platform: str, marks: Sequence[Mark]) -> Sequence[Recorded | CommandError]:
        """Record what people did on one platform, in this order; see `commands.ports.Votes.record_all`."""
        answers = await self._ports.votes.record_all(marks)
        for answer in answers:
            self._measure(platform, answer)
        return answers

    async def _record(self, platform: str, mark: Mark) -> Recorded:
        try:
            recorded = await self._ports.votes.record(mark)
        except Exception as error:
            self._measure(platform, error)
            raise
        self._measure(platform, recorded)
        return recorded

    def _measure(self, platform: str, answer: Recorded | Exception) -> None:
        outcome: MarkOutcome
        if isinstance(answer, Exception):
            outcome = _trouble(answer)
        elif answer.changed:
            outcome = "changed"
        else:
            outcome = "unknown" if answer.ballot is None else "unchanged"
        self._ports.measures.mark(platform, outcome)

    async def redraw(self, ballot: int | Message) -> Reply | None:
        """The message of a ballot with today's tallies; None for a ballot that is not known."""
        held = await self._ports.votes.ballot(ballot)
        if held is None:
            return None
        shown = await self._ports.catalogue.tools(held.tools)
        if len(shown) < len(held.tools):
            return None
        scores = await self._ports.votes.scores(held.team, held.tools)
        if held.kind is BallotKind.CARD:
            return tool.draw(held, shown[0], scores)
        return compare.draw(held, shown, scores)

    async def complete(self, team: TeamKey, line: str) -> tuple[str, ...]:
        """Whole lines that what is typed so far could become, likeliest first. Never raises `CommandError`."""
        index = await self._names.index()
        aliases = await self._names.aliases(await self._ports.teams.team(team))
        return complete(line, self.commands, index, sorted(aliases))

    async def suggest(self, team: TeamKey, person: str, typed: str, *, limit: int = 25) -> tuple[ToolName, ...]:
        """Tools that what somebody typed so far could name: by the team's own words first, then by name; each once.

        Everything, in the order of names, where nothing is typed; what is spelt most alike where nothing fits.
        Nothing for somebody who types faster than people do, and for more text than a command can hold.
        """
        try:
            self._limits.count(Act.TYPE, team, person)
        except TooOften:
            return ()
        if len(typed) > LONGEST:
            return ()
        return await self._names.suggest(await self._ports.teams.team(team), clean(typed), limit)


def _split(text: str) -> tuple[str, str]:
    """The name of the command that a line begins with, that of help for none, and what follows it."""
    name, _, words = clean(text[: LONGEST + 1]).removeprefix("/").lstrip().partition(" ")
    return name.casefold() or help.COMMAND.name, words


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, CommandError):
        return "refused"
    return "unavailable" if isinstance(error, Unavailable) else "failed"


def _unballoted(reply: Reply) -> Reply:
    """The same answer for the asker alone, where nobody can vote on it."""
    kept = tuple(block for block in reply.blocks if not isinstance(block, Vote))
    return replace(reply, blocks=kept, private=True, ballot=None)

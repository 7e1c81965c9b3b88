"""The core: a request in, a `Reply` out; a mark in, a durable record out."""

import logging
import secrets
from dataclasses import fields, replace
from typing import Any

from commands import alias, bookmark, bookmarks, compare, digest, forgetme, help, mydata, tool, tools  # noqa: A004
from commands.complete import complete
from commands.declare import Ask, Command
from commands.errors import CommandError, Unavailable
from commands.model import BallotKind, Mark, Message, Recorded, Request, RunState, TeamKey
from commands.namebook import NameBook
from commands.parsing import clean
from commands.ports import Ports
from commands.reply import Lead, Reply, Vote, text

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
    """Answers requests and keeps votes; every adapter calls this and nothing else."""

    def __init__(self, ports: Ports, commands: tuple[Command, ...] = COMMANDS) -> None:
        self.commands = commands
        self._ports = ports
        self._names = NameBook(ports.catalogue, ports.aliases, ports.clock)
        self._given: dict[str, Any] = {field.name: getattr(ports, field.name) for field in fields(ports)}
        self._given |= {"names": self._names, "commands": commands}

    async def run(self, request: Request) -> Reply:
        """Answer one typed line. Never raises: what went wrong is a private reply with `failed` set.

        A reply's ballot is only reserved; it opens when `posted` is told where the reply stands.
        """
        try:
            return await self._answer(request)
        except CommandError as error:
            return _failed(str(error))
        except Unavailable as error:
            log.warning("unavailable: %s", error)
            return _failed("That could not be looked up or stored just now. Nothing was changed; please try again.")
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("a request failed, reference %s", reference)
            return _failed(f"Something went wrong on our side, not yours. Reference {reference}.")

    async def _answer(self, request: Request) -> Reply:
        if len(request.text) > LONGEST:
            raise CommandError(f"That is {len(request.text):,} characters long; a command has at most {LONGEST}.")
        name, _, words = clean(request.text).removeprefix("/").lstrip().partition(" ")
        command = help.find(name.casefold(), self.commands) if name else help.COMMAND
        team = await self._ports.teams.team(request.team)
        reply = await command.run(Ask(team, request, words.strip()), self._given)
        return reply if request.ballots or reply.ballot is None else _unballoted(reply)

    async def posted(self, message: Message, reply: Reply) -> None:
        """Bind what a reply reserved to the message it now is: open its ballot, and mark its digest posted.

        Idempotent, and durable on return. Raises `Unavailable`.
        """
        if reply.ballot is not None:
            await self._ports.votes.open(replace(reply.ballot, message=message, posted_us=self._ports.clock()))
        if reply.digest is not None:
            await self._ports.digests.advance(
                reply.digest, RunState.POSTED, expected=RunState.ATTEMPTED, message=message
            )

    async def mark(self, mark: Mark) -> Recorded:
        """Record a reaction or button press; durable on return. See `commands.ports.Votes.record`."""
        return await self._ports.votes.record(mark)

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


def _unballoted(reply: Reply) -> Reply:
    """The same answer for the asker alone, where nobody can vote on it."""
    kept = tuple(block for block in reply.blocks if not isinstance(block, Vote))
    return replace(reply, blocks=kept, private=True, ballot=None)


def _failed(words: str) -> Reply:
    return Reply(words, (Lead(text(words)),), private=True, failed=True)

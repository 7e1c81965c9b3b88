"""A session in the terminal's channel: typed at a prompt, or read as a script."""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, TextIO

from adapters.terminal import inbound
from adapters.terminal.channel import TEAM, TerminalChannel
from adapters.terminal.spans import tool
from commands import tracing
from commands.errors import CommandError, ShipworthyError
from commands.model import SKIP_ALL, Asker, BallotKind, Mark, Request, Via
from commands.panel import EVERY
from commands.reply import Button, Reply, ToolSpan, Vote, buttons

log = logging.getLogger(__name__)

Tick = Callable[[], Awaitable[object]]

EARLIER = 3
"""How many messages of the channel are shown again when a session starts."""

TICK_S = 5.0
"""How often an interactive session looks for what is due."""

CHUNK = 65_536
"""How many bytes of a script are read at once."""


async def chat(
    room: TerminalChannel,
    *,
    person: str,
    lines: AsyncIterator[str] | None = None,
    history: Path | None = None,
    on_tick: Tick | None = None,
    errors: TextIO | None = None,
) -> int:
    """Hold a session in the channel, starting as `person`; the exit status.

    With `lines` it is a script: each line is echoed and answered, comments (`#`) and empty lines are
    skipped, and the status is 1 if a line failed, which `errors` (standard error) then names. Without, a
    prompt is shown until Ctrl-D; `history` is the file its lines are kept in. `on_tick` does what is due:
    every few seconds, or between the lines of a script.
    """
    session = Session(room, person)
    if lines is not None:
        return await _script(session, lines, on_tick, errors or sys.stderr)
    await _interactive(session, history, on_tick)
    return 0


async def script(stream: BinaryIO | RawIOBase) -> AsyncIterator[str]:
    """The lines of a script; bytes that are not UTF-8 are read as replacement characters.

    A raw stream, whose `read` returns what there is, gives each line as soon as it has come.
    """
    held = b""
    while chunk := await _aside(lambda: stream.read(CHUNK)):
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield _decoded(line)
    if held:
        yield _decoded(held)


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r")


async def _aside(read: Callable[[], bytes | None]) -> bytes:
    """What a read that may block returns, from a daemon thread.

    A program that is told to end would otherwise wait for one more line, as it does with `asyncio.to_thread`.
    """
    done: Future[bytes] = Future()
    done.set_running_or_notify_cancel()

    def work() -> None:
        try:
            done.set_result(read() or b"")
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where the line is awaited
            done.set_exception(error)

    threading.Thread(target=work, name="script", daemon=True).start()
    return await asyncio.wrap_future(done)


class Session:
    """Who types, and what a bare number or a vote refers to."""

    def __init__(self, room: TerminalChannel, person: str) -> None:
        self.room = room
        self.screen = room.screen
        self.person = person
        self.buttons: tuple[Button, ...] = ()
        self.ended = False

    async def enter(self, line: str) -> str | None:
        """Do what a typed line says; what went wrong, if something did, after having shown it."""
        line = line.encode("utf-8", "replace").decode()
        tracing.begin(TEAM.platform, TEAM.external_id, "line")
        try:
            return await self._do(inbound.parse(line))
        except ShipworthyError as error:
            self.screen.say(str(error), "yellow")
            return str(error)

    async def greet(self) -> None:
        """Show what was said last, and how to begin."""
        if earlier := await self.room.earlier(EARLIER):
            self.screen.say("Earlier in this channel", "dim italic")
            for number, reply in earlier:
                self.room.show(reply, number)
                self._keep_buttons(reply)
        self.screen.say(f"You are {self.person}. Type /help, or /compare and two to four tools; Ctrl-D ends.", "dim")

    async def complete(self, text: str) -> tuple[str, ...]:
        """Lines that this one may become; none where they cannot be had."""
        try:
            return await self.room.core.complete(TEAM, text)
        except ShipworthyError:
            return ()

    async def _do(self, typed: inbound.Typed) -> str | None:
        match typed:
            case inbound.CommandLine(text):
                return await self._ask(text)
            case inbound.ButtonPress(number):
                return await self._press(number)
            case inbound.Reaction():
                await self._vote(typed)
            case inbound.SpeakAs(name):
                self.person = name
                self.screen.say(f"You are {name} now.", "dim")
            case inbound.Talk():
                self.screen.say("Nobody answers plain words here: start a command with /, for example /help.", "dim")
            case inbound.Quit():
                self.ended = True
            case inbound.Nothing():
                pass
        return None

    async def _ask(self, text: str) -> str | None:
        asker = Asker(self.person, self.screen.zone, full_member=True, manager=True)
        reply = await self.room.core.run(Request(TEAM, self.room.channel, asker, text))
        if reply.private or reply.failed:
            self.screen.show(reply)
        else:
            await self.room.post(reply)
        self._keep_buttons(reply)
        return reply.plain if reply.failed else None

    async def _press(self, number: int) -> str | None:
        if not 1 <= number <= len(self.buttons):
            raise CommandError(
                f"There is no button [{number}]. " + (f"Press 1 to {len(self.buttons)}." if self.buttons else "")
            )
        line = self.buttons[number - 1].line
        self.screen.say(f"→ {line}", "dim")
        return await self._ask(line)

    async def _vote(self, reaction: inbound.Reaction) -> None:
        number = reaction.message or await self.room.newest_ballot()
        if number is None:
            raise CommandError("There is nothing to vote on yet. Compare two tools first: /help compare says how.")
        reply = await self.room.reply(number)
        if reply is None or reply.ballot is None:
            raise CommandError(f"#{number} is not a ballot of this channel.")
        ballot = reply.ballot
        option = inbound.option(reaction, ballot.kind, len(ballot.tools))
        where = self.room.address(number)
        recorded = await self.room.mark(Mark(where, self.person, option, Via.REACTION, active=reaction.active), reply)
        said = _stance(reply, option, ballot.kind)
        if not recorded.changed:
            state = "says so already" if reaction.active else "had not said so"
            self.screen.say(f"{self.person} {state}: {said} on #{number}. Nothing changed.", "dim")
            return
        self.screen.say(f"{self.person}: {said if reaction.active else f'takes back {said}'} on #{number}", "bold")
        self.screen.tally(await self.room.core.redraw(where) or reply)

    def _keep_buttons(self, reply: Reply) -> None:
        self.buttons = buttons(reply) or self.buttons


def _stance(reply: Reply, option: int, kind: BallotKind) -> str:
    """What one option of a ballot says: "ship 🟠 Mistral Code", "skip both"."""
    tools: tuple[ToolSpan, ...] = next((block.options for block in reply.blocks if isinstance(block, Vote)), ())
    if option == SKIP_ALL:
        return f"skip {EVERY[len(tools)] if len(tools) > 1 else ', '.join(tool.label for tool in tools)}"
    if option > len(tools):
        return f"ship option {option}"
    return f"ship {tools[option - 1].label if kind is BallotKind.CARD else tool(tools[option - 1])}"


async def _script(session: Session, lines: AsyncIterator[str], on_tick: Tick | None, errors: TextIO) -> int:
    failed: list[str] = []
    place = 0
    await _tick(on_tick)
    async for line in lines:
        place += 1
        typed = line.strip()
        if not typed or typed.startswith("#"):
            continue
        session.screen.say(f"{session.person}> {typed}", "bold")
        if problem := await session.enter(typed):
            failed.append(f"line {place}: {problem}")
        if session.ended:
            break
        await _tick(on_tick)
    for problem in failed:
        errors.write(f"{problem}\n")
    return 1 if failed else 0


async def _interactive(session: Session, history: Path | None, on_tick: Tick | None) -> None:
    from adapters.terminal import prompt  # noqa: PLC0415  a script must not pay for the prompt's library

    await session.greet()
    ticking = asyncio.create_task(_tick_forever(on_tick))
    try:
        async with contextlib.aclosing(prompt.lines(lambda: session.person, session.complete, history)) as typed:
            async for line in typed:
                await session.enter(line)
                if session.ended:
                    break
    finally:
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking


async def _tick_forever(on_tick: Tick | None) -> None:
    while on_tick is not None:
        await _tick(on_tick)
        await asyncio.sleep(TICK_S)


async def _tick(on_tick: Tick | None) -> None:
    """Do what is due. What fails is logged and tried again at the next tick: the session must not end of it."""
    if on_tick is None:
        return
    try:
        await on_tick()
    except Exception:
        log.exception("What is due could not be done")

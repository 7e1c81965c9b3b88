"""A team that types into a core on ports in memory, with the eight tools that come with the program."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest

from bot.catalogue.check import Check, entries
from bot.catalogue.shipped import SHIPPED
from commands.core import Core
from commands.model import Asker, Channel, Mark, Message, Request, TeamKey, ToolEntry, Via
from commands.parsing import clean
from commands.ports import Rules
from commands.reply import Entry, Meter, Note, Paragraph, Reply, Table, buttons, spoken
from tests.fakes import FakeClock, Memory

ACME = TeamKey("terminal", "acme")
GENERAL = Channel("general")
LONGEST_LINE = 400


def shipped() -> tuple[tuple[ToolEntry, ...], dict[str, tuple[str, ...]]]:
    """The tools that come with the program, and the other names of their categories."""
    check = Check()
    assert not list(check.file(SHIPPED))
    return tuple(entries([SHIPPED])), dict(check.categories)


TOOLS, CATEGORIES = shipped()


@dataclass
class Team:
    """People of one team, most of the time ada in #general, and what they are answered."""

    memory: Memory
    clock: FakeClock
    rules: Rules = field(default_factory=Rules)
    key: TeamKey = ACME
    core: Core = field(init=False)

    def __post_init__(self) -> None:
        self.core = Core(self.memory.ports(rules=self.rules))

    async def load(self, tools: Iterable[ToolEntry], **categories: tuple[str, ...]) -> None:
        """Put tools into the catalogue; seen at the next question."""
        await self.memory.catalogue.load(tools, categories=categories, progress=lambda _done: None)
        self.clock.forward(seconds=2)

    async def ask(
        self,
        line: str,
        person: str = "ada",
        channel: Channel = GENERAL,
        *,
        ballot: int | None = None,
        ballots: bool = True,
        **asker: object,
    ) -> Reply:
        """What one line is answered; holds every answer to what all of them promise."""
        given = {"zone": "Europe/Berlin"} | asker
        request = Request(self.key, channel, Asker(person, **given), line, ballots=ballots, ballot=ballot)
        reply = await self.core.run(request)
        assert_whole(reply, pressed_on=ballot)
        return reply

    async def home(self, person: str = "ada", channels: frozenset[str] | None = None) -> Reply:
        """One person's own page, held to the same."""

        async def found() -> frozenset[str] | None:
            return channels

        reply = await self.core.home(Request(self.key, GENERAL, Asker(person, "Europe/Berlin"), ""), found)
        assert_whole(reply)
        return reply

    async def post(self, line: str, person: str = "ada", channel: Channel = GENERAL) -> Reply:
        """The same, and the answer stands in the channel, its ballot open."""
        reply = await self.ask(line, person, channel)
        assert not reply.private, reply.plain
        assert reply.ballot is not None
        await self.core.posted(self.address(reply), reply)
        return reply

    def address(self, reply: Reply) -> Message:
        assert reply.ballot is not None
        return Message("terminal", reply.ballot.channel.id, str(reply.ballot.id))

    async def vote(self, reply: Reply, person: str, *options: int) -> None:
        assert reply.ballot is not None
        for option in options:
            await self.core.mark(Mark(reply.ballot.id, person, option, Via.REACTION, active=True))

    async def redrawn(self, reply: Reply) -> Reply:
        assert reply.ballot is not None
        drawn = await self.core.redraw(reply.ballot.id)
        assert drawn is not None
        return drawn

    def other_team(self) -> "Team":
        """Another team on the same program."""
        other = replace(self, key=TeamKey("terminal", "umbrella"))
        other.core = self.core
        return other


@pytest.fixture
async def team(memory: Memory, clock: FakeClock) -> Team:
    """A team with the shipped catalogue."""
    made = Team(memory, clock)
    await made.load(TOOLS, **CATEGORIES)
    return made


def assert_whole(reply: Reply, pressed_on: int | None = None) -> None:
    """What holds for every answer, whatever was asked; `pressed_on` is the ballot it was asked from by a button."""
    assert reply.plain
    assert reply.plain == one_line(reply.plain)
    assert reply.private or not reply.failed
    assert reply.ballot is None or not reply.private or reply.ballot.id == pressed_on
    for button in buttons(reply):
        assert button.line.startswith("/")
        assert len(button.line) < LONGEST_LINE
        assert button.line == clean(button.line)
        assert button.hint


def one_line(text: str) -> str:
    """The text without line breaks and without anything that a screen would obey rather than show."""
    return "".join(char for char in text if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})


def lines(reply: Reply) -> dict[str, str]:
    """The command behind each button, by its label."""
    return {button.label: button.line for button in buttons(reply)}


def titles(reply: Reply) -> list[str]:
    return [spoken(block.line if not isinstance(block, Entry) else block.title) for block in entries_of(reply)]


def entries_of(reply: Reply) -> list[Entry]:
    return [block for block in reply.blocks if isinstance(block, Entry)]


def bodies(reply: Reply) -> list[list[str]]:
    return [[spoken(line) for line in entry.body] for entry in entries_of(reply)]


def said(reply: Reply, kind: type[Note | Paragraph] = Note) -> list[str]:
    """What the notes, or the paragraphs, of a reply say."""
    return [spoken(block.line) for block in reply.blocks if isinstance(block, kind)]


def meters(reply: Reply) -> list[str]:
    return [f"{block.label}: {spoken(block.caption)}" for block in reply.blocks if isinstance(block, Meter)]


def rows(reply: Reply) -> dict[str, list[str]]:
    """The table of a reply, by row label; the better figure has a star behind it."""
    [table] = [block for block in reply.blocks if isinstance(block, Table)]
    return {row.label: [spoken(cell.line) + "*" * cell.better for cell in row.cells] for row in table.rows}

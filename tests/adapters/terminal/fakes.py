"""Replies as the core words them, and a core and a transcript that work in memory."""

from dataclasses import replace

from adapters.terminal.channel import TEAM
from commands.model import (
    SKIP_ALL,
    Ballot,
    BallotKind,
    Channel,
    Mark,
    Message,
    Recorded,
    Request,
    Said,
    TeamKey,
)
from commands.reply import (
    Button,
    Buttons,
    Cell,
    Heading,
    Lead,
    Meter,
    OptionSpan,
    Part,
    Reply,
    Row,
    Table,
    Text,
    ToolSpan,
    Vote,
    said,
    series,
    text,
)

LABELS = ("Code Llama 4 (70B & 400B)", "Mistral 8x22B v2", "Mistral 3 8B & 70B Instruct (Open Source)", "Mistral Code")
SCORES = ((85, 82, 79, 81), (78, 75, 70, 77), (82, 78, 80, 90), (74, 55, 40, 71))
BEST_FOR = (
    "open-source code models with function calling and long-context completion",
    "a mixture-of-experts model; the maker claims 30% better instruction following",
    "instruct-tuned open weights in two sizes, on Hugging Face and through an API",
    "a coding model that ships with an official extension for inline completion",
)


def comparison(tools: int = 2, ships: tuple[int, ...] = (0, 0, 0, 0), number: int = 7) -> Reply:
    """A comparison of so many tools, with so many votes for each."""
    columns = tuple(ToolSpan(LABELS[place], place) for place in range(tools))
    voted = [text(f"100% ship · {count} of {count}" if count else "No community votes yet") for count in ships[:tools]]
    rows = [
        Row("Panel", tuple(Cell(text("Ship · 4 ship / 0 skip · 100%"), better=not place) for place in range(tools))),
        Row("Community", tuple(Cell(line) for line in voted)),
        Row("Best for", tuple(Cell(text(words)) for words in BEST_FOR[:tools])),
    ]
    for seat, scores in zip(("Builder", "Skeptic", "Futurist", "Founder"), SCORES, strict=True):
        rows.append(Row(seat, tuple(Cell(text(f"{score} ship")) for score in scores[:tools])))
    caption = said(columns[0], f" {ships[0]} to {ships[1]} ", columns[1])
    meter = Meter("Head to head", (Part("first", ships[0], 0), Part("second", ships[1], 1)), caption)
    title = series([(Text(column.label),) for column in columns], "vs")
    line = "/compare code-llama-4-70b-400b vs mistral-8x22b-v2"
    return Reply(
        "The panel ships both.",
        (
            Heading(title),
            Lead(said("The panel ships both; the Founder skips ", columns[1], ".")),
            Table(columns, tuple(rows)),
            *([meter] if any(ships) else []),
            Vote(columns, said("React ", OptionSpan(1), " or ", OptionSpan(2), ", ", OptionSpan(SKIP_ALL), " skips.")),
            Buttons((Button("Read reviews", f"{line} --reviews"), Button("Bookmark", "/bookmark mistral-8x22b-v2"))),
        ),
        ballot=Ballot(number, 1, BallotKind.COMPARISON, tuple(range(1, tools + 1)), Channel("general"), "bob"),
    )


def card() -> Reply:
    """One tool's card."""
    name = ToolSpan("Mistral Code", 0)
    return Reply(
        "The panel ships it.",
        (
            Heading(text("Mistral Code")),
            Table((name,), (Row("Community", (Cell(text("No community votes yet")),)),)),
            Vote((name,), ()),
        ),
        ballot=Ballot(8, 1, BallotKind.CARD, (4,), Channel("general"), "bob"),
    )


class MemoryTranscript:
    """A `Transcript` that lasts as long as the test."""

    def __init__(self) -> None:
        self.messages: list[Said] = []

    async def append(
        self, channel: str, author: str, body: str, *, ballot: int | None = None, digest: int | None = None
    ) -> int:
        number = 1 + sum(message.channel == channel for message in self.messages)
        self.messages.append(Said(channel, number, author, body, ballot, digest, 0))
        return number

    async def last(self, channel: str, limit: int) -> tuple[Said, ...]:
        return tuple(message for message in self.messages if message.channel == channel)[-limit:]

    async def find_digest(self, channel: str, digest: int) -> int | None:
        return next((m.number for m in self.messages if (m.channel, m.digest) == (channel, digest)), None)

    async def get(self, channel: str, number: int) -> Said | None:
        return next((m for m in self.messages if (m.channel, m.number) == (channel, number)), None)


class SmallCore:
    """A core that compares two tools, shows one card, and counts the marks on what was posted."""

    commands = ()

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.open: dict[Message, Reply] = {}
        self.marks: dict[tuple[Message, str, int], bool] = {}

    async def run(self, request: Request) -> Reply:
        self.asked.append(request)
        word = request.text.removeprefix("/").split(maxsplit=1)[0]
        if word == "compare" and "--reviews" in request.text:
            return Reply("Reviews.", (Lead(text("Every seat's words.")),), private=True)
        if word == "compare":
            return comparison()
        if word == "tool":
            return card()
        if word == "digest":
            return Reply("The digest is on.", (Lead(text("The digest is on.")),))
        return Reply(f"There is no command /{word}.", private=True, failed=True)

    async def posted(self, message: Message, reply: Reply) -> None:
        self.open[message] = reply

    async def mark(self, mark: Mark) -> Recorded:
        if mark.ballot not in self.open:
            return Recorded(changed=False, ballot=None)
        key = (mark.ballot, mark.person, mark.option)
        changed = self.marks.get(key, False) != mark.active
        self.marks[key] = mark.active
        return Recorded(changed, self.open[mark.ballot].ballot.id)

    async def redraw(self, ballot: Message) -> Reply | None:
        if ballot not in self.open or self.open[ballot].ballot.kind is BallotKind.CARD:
            return self.open.get(ballot)
        ships = [sum(on for (m, _, o), on in self.marks.items() if (m, o) == (ballot, n)) for n in range(1, 5)]
        return replace(comparison(ships=tuple(ships)), ballot=self.open[ballot].ballot)

    async def complete(self, team: TeamKey, line: str) -> tuple[str, ...]:
        assert team == TEAM
        return tuple(known for known in ("/compare ", "/compare mistral-code") if known.startswith(line))

"""Replies made up for Discord: hostile and huge ones drawn by chance, and the core's own with real tools."""

from dataclasses import replace

from hypothesis import strategies as st

from adapters.discord.markdown import Look
from commands.model import Asker, Ballot, BallotKind, Channel, Mark, Message, Request, TeamKey, Via
from commands.reply import Cell, Entry, Heading, Lead, Meter, Note, Part, Quote, Reply, Row, Table, Text, ToolSpan, Vote
from tests.adapters.slack.replies import blocks as any_blocks
from tests.commands.conftest import CATEGORIES, TOOLS, Team
from tests.fakes import FakeClock, Memory

GUILD, GENERAL, ADA = "900000000000000001", Channel("700000000000000001"), "800000000000000001"
LOOK = Look(zone="Europe/Berlin", guild=GUILD, people={ADA: "ada *x* <@1>"})

HOSTILE = (
    "@everyone", "@here", "<@1>", "<@!1>", "<@&1>", "<#1>", "</compare:1>", "<t:1:R>", "<:ship:1>", "<a:ship:1>",
    "<id:customize>", "<https://evil.example>", "<me@evil.example>", "https://evil.example/x", "http://evil.example",
    "[x](https://evil.example)", "[x](<https://evil.example>)", "[`](x)", "discord.gg/evil", "discord.com/invite/x",
    "*i*", "**b**", "***bi***", "_i_", "__u__", "~~s~~", "||spoiler||", "`code`", "``code``", "```\nfence\n```", "`",
    "```", "\\", "\\*", "\\\\*x*", "*", "**", "_", "x_y_z", "# heading", "## h", "-# small", "> quote", ">>> quote",
    "- item", "* item", "+ item", "1. item", "1) item", "  - item", ":ship:", "::ship::", ":ship", "ship:", ":", "//x",
    "9:00", "a\nb", "a\r\n> b", "a\u2028# b", "\x00\x07", "\u202eback", "zero\u200bwidth", "\ud800", "", " ",
    "汉字🔵👩‍👩‍👧", "x" * 400, "* " * 200, "word " * 120, "everyone", "@", "https:", "<", "[x]", "(https://evil.example)",
    "🔵" * 90,
)  # fmt: skip
words = st.sampled_from(HOSTILE) | st.text(alphabet="*_~`:<>@#|/.[]()\\!&-+1a \n", max_size=30) | st.text(max_size=20)
long = words | st.sampled_from(HOSTILE).map(lambda text: text * 40)
spans = st.builds(Text, long, st.booleans()) | st.builds(ToolSpan, long, st.none() | st.integers(0, 5), st.booleans())
lines = st.lists(spans, max_size=4).map(tuple)
tools = st.builds(ToolSpan, long, st.integers(0, 3))
labels = st.sampled_from(["Panel", "Builder", "Skeptic", "Futurist", "Founder"]) | words
rows = st.builds(Row, labels, st.lists(st.builds(Cell, lines, st.booleans()), max_size=5).map(tuple))
blocks = any_blocks | st.one_of(
    *(st.builds(kind, lines) for kind in (Heading, Lead, Note)),
    st.builds(Entry, lines, st.lists(lines, max_size=3).map(tuple)),
    st.builds(Quote, lines, long, st.booleans(), words),
    st.builds(Table, st.lists(tools, min_size=1, max_size=4).map(tuple), st.lists(rows, max_size=9).map(tuple)),
    st.builds(Meter, words, st.lists(st.builds(Part, words, st.integers(-1, 99)), max_size=4).map(tuple), lines),
    st.builds(Vote, st.lists(tools, min_size=1, max_size=4).map(tuple), lines, st.just((1,)) | st.just(())),
)
ballots = st.builds(
    Ballot,
    st.integers(1, 2**63 - 1),
    st.just(0),
    st.sampled_from(BallotKind),
    st.lists(st.integers(1, 10**10 - 1), min_size=1, max_size=4).map(tuple),
    st.builds(Channel, st.just("1"), st.booleans()),
    st.integers(1, 2**64 - 1).map(str),
)
replies = st.builds(
    Reply,
    long,
    st.lists(blocks, max_size=6).map(tuple) | st.lists(blocks, max_size=6).map(lambda some: tuple(some * 12)),
    st.booleans(),
    st.booleans(),
    st.none() | ballots,
    st.none() | st.none() | st.integers(1, 10**19),
)


class Guild(Team):
    """A Discord server whose people ask the core, most of the time ada."""

    @classmethod
    async def made(cls) -> "Guild":
        clock = FakeClock()
        guild = cls(Memory(clock), clock, key=TeamKey("discord", GUILD))
        await guild.load(TOOLS, **CATEGORIES)
        return guild

    async def answer(self, line: str, *, ballot: int | None = None) -> Reply:
        return await self.core.run(Request(self.key, GENERAL, Asker(ADA, "Europe/Berlin"), line, ballot=ballot))

    async def posted(self, line: str) -> Reply:
        """What the channel is shown, its ballot open."""
        reply = await self.answer(line)
        assert reply.ballot
        await self.core.posted(Message("discord", GENERAL.id, str(reply.ballot.id)), reply)
        return reply

    async def voted(self, reply: Reply, *people: tuple[int, ...]) -> Reply:
        """The same message after so many people marked these options."""
        assert reply.ballot
        for person, options in enumerate(people, start=810_000_000_000_000_000):
            for option in options:
                await self.core.mark(Mark(reply.ballot.id, str(person), option, Via.REACTION, active=True))
        drawn = await self.core.redraw(reply.ballot.id)
        assert drawn
        return drawn


def private(reply: Reply) -> Reply:
    return replace(reply, private=True)

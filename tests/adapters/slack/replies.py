"""Replies made up for Slack: hostile and huge ones drawn by chance, and the core's own with real tools."""

from hypothesis import strategies as st

from commands.model import Ballot, BallotKind, Channel, Message
from commands.reply import (
    Button,
    Buttons,
    Cell,
    ChannelSpan,
    CommandSpan,
    Divider,
    Entry,
    Heading,
    InstantSpan,
    Lead,
    LinkSpan,
    MessageSpan,
    Meter,
    Note,
    OptionSpan,
    Paragraph,
    Part,
    PersonSpan,
    Quote,
    Reply,
    Row,
    Table,
    Text,
    ToolSpan,
    Vote,
)

HOSTILE = (
    "*bold*", "_italic_", "~strike~", "`code`", "```block```", "*a* _b_ ~c~", "a*b*c", "llama_cpp", "**", "* x *",
    ":ship:", "::ship::", ":ship", "ship:", ":+1::skin-tone-2:", "09:00:30", ":", "a:b:c",
    "<!channel>", "<!here|here>", "<@U123>", "<#C123>", "<https://evil.example|click>", "&lt;!channel&gt;", "&amp;",
    "@here", "@channel", "#general", "https://evil.example/x", "www.evil.example", "a@b.example", "mailto:a@b.example",
    "javascript://x", "> quote", ">>> quote", "&gt; quote", "- item", "1. item", "• item", "# heading",
    "a\nb", "a\r\n> b", "a\u2028- b", "\x00\x07", "\u202eback", "zero\u200bwidth", "\ud800", "\ufeff", " ", "",
    "|", "x|y>z", "汉字*汉字*汉字", "👩‍👩‍👧 ☁️ 🔵", "x" * 400, "& " * 300, "word " * 120, "/digest on", "`",
)  # fmt: skip
ADDRESSES = ("https://shipworthy.example/a?b=c&d=e", "javascript://x", "https://x.example/|y", "<!channel>", "")
words = st.sampled_from(HOSTILE) | st.text(alphabet="*_~`:<>&@#|/.ab \n-", max_size=30) | st.text(max_size=20)
long = words | st.sampled_from(HOSTILE).map(lambda text: text * 60)
colors = st.none() | st.integers(0, 5)
tools = st.builds(ToolSpan, long, colors, st.booleans())
instants = st.builds(
    InstantSpan,
    st.integers(0, 4_000_000_000_000_000),
    st.sampled_from(["date", "weekday", "datetime"]),
    st.sampled_from(["UTC", "Asia/Kathmandu", "no such", "../etc/passwd", ""]),
)
channels = st.builds(ChannelSpan, words | st.just("C0123ABC"))
spans = (
    st.builds(Text, long, st.booleans())
    | tools
    | st.builds(OptionSpan, st.integers(0, 6), st.booleans())
    | st.builds(CommandSpan, words)
    | st.builds(LinkSpan, words, st.sampled_from(ADDRESSES))
    | instants
    | st.builds(PersonSpan, words | st.just("U1"))
    | channels
    | st.builds(MessageSpan, st.builds(Message, st.just("slack"), words, words | st.just("1.2")))
)
lines = st.lists(spans, max_size=4).map(tuple)
button = st.builds(Button, words, words | st.just("/help"), words, st.booleans())
rows = st.builds(Row, words, st.lists(st.builds(Cell, lines, st.booleans()), max_size=5).map(tuple))
parts = st.builds(Part, words, st.integers(-1, 10**6), colors)
blocks = st.one_of(
    *(st.builds(kind, lines) for kind in (Heading, Lead, Paragraph, Note)),
    st.builds(Table, st.lists(tools, max_size=4).map(tuple), st.lists(rows, max_size=14).map(tuple)),
    st.builds(Meter, words, st.lists(parts, max_size=5).map(tuple), lines),
    st.builds(Quote, lines, long, st.booleans(), words),
    st.builds(Entry, lines, st.lists(lines, max_size=3).map(tuple), st.none() | button),
    st.builds(Divider),
    st.builds(Buttons, st.lists(button, max_size=12).map(tuple)),
    st.builds(Vote, st.lists(tools, min_size=1, max_size=4).map(tuple), lines, st.just((1,)) | st.just(())),
)
ballots = st.builds(
    Ballot,
    st.integers(1, 10**18),
    st.just(0),
    st.sampled_from(BallotKind),
    st.lists(st.integers(1, 10**17), min_size=1, max_size=4).map(tuple),
    st.builds(Channel, st.just("C1"), st.booleans()),
    st.just("U1"),
)
replies = st.builds(
    Reply,
    long,
    st.lists(blocks, max_size=6).map(tuple) | st.lists(blocks, max_size=6).map(lambda some: tuple(some * 25)),
    st.booleans(),
    st.booleans(),
    st.none() | ballots,
    st.none() | st.integers(1, 10**9),
)

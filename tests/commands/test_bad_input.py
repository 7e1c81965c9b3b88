"""Whatever is typed, everybody gets a clear answer: never a traceback, never a screen that obeys a stranger."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.terminal import outbound
from commands.core import COMMANDS
from commands.reply import Reply, buttons
from tests.commands.conftest import CATEGORIES, TOOLS, Team, one_line
from tests.contracts import make
from tests.fakes import FakeClock, Memory

ODD = {
    "10,000 characters": "x" * 10_000,
    "10,000 words": "a " * 5_000,
    "control characters": "mistral\x07 \x08code\x1f\x7f\x85",
    "right to left": "\u202ecode mistral\u202c \u2066x\u2069",
    "zero width": "mis\u200btral\u200d \u2060co\ufeffde",
    "nothing to see": "\u200b\u2060\ufeff\u3164\u2800",
    "NUL": "mistral\x00code",
    "lone surrogates": "\ud800mistral\udfff",
    "an emoji name": "🦙🦙 👩‍👩‍👧‍👦",
    "SQL": "'; DROP TABLE votes; --",
    "more SQL": "x' OR '1'='1",
    "rich markup": "[bold red]mistral[/bold red] [link=https://evil.example]x[/link]",
    "everyone": "@everyone @here <@U123> <!channel> <!here>",
    "a terminal escape": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J",
    "a format string": "{} {0} {words} %s %(x)s",
    "mathematics": "𝓶𝓲𝓼𝓽𝓻𝓪𝓵 \uff43\uff4f\uff44\uff45",
    "a stack of marks": "m" + "\u0301" * 200,
    "separators alone": "vs vs, | or v",
    "quotes alone": "\"\" '' “” «",
    "slashes alone": "////",
    "flags alone": "-- --- —— --\u2014",
}
UNTOLD = ("Something went wrong", "Traceback", "Error(")


def assert_answered(reply: Reply) -> None:
    """A clear answer that can be drawn."""
    assert not any(words in reply.plain for words in UNTOLD), reply.plain
    drawn = outbound.plain(reply, 80, number=1)
    assert drawn.strip()
    assert drawn.replace("\n", "") == one_line(drawn)


@pytest.mark.parametrize("command", ["", *(f"/{command.name} " for command in COMMANDS), "/help /", "/alias pet = "])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_odd_input_gets_a_clear_answer(team: Team, command: str, odd: str) -> None:
    assert_answered(await team.ask(f"{command}{odd}"))
    assert_answered(await team.ask(f"/compare mistral code vs {odd}"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/compare " + "x" * 10_000, "That is 10,009 characters long; a command has at most 400."),
        ("/compare mistral code vs " + "\u200b" * 10_000, "That is 10,025 characters long; a command has at most 400."),
        ("/compare mistral code vs", "There is no tool after “vs”."),
        ("/compare vs mistral code", "There is no tool before “vs”."),
        ("/compare a vs or b", "There is no tool between “vs” and “or”."),
        ('/compare "" vs mistral code', "There is nothing between the quotes."),
        ("/compare mistral code vs @everyone", "No tool is called “@everyone”, nor anything close."),
        ("/compare mistral code vs <!channel>", "No tool is called “<!channel>”, nor anything close."),
        (
            "/compare mistral code vs '; DROP TABLE votes",
            "No tool is called “'; DROP TABLE votes”, nor anything close.",
        ),
        ("/tool \x1b[31mzzz\x1b[0m", "No tool is called “[31mzzz [0m”, nor anything close."),
        ("/tool \u202exyzzy", "No tool is called “xyzzy”, nor anything close."),
        ("/tool 🦙", "No tool is called “🦙”, nor anything close."),
        ("/compare [red]a[/red]", "No tool is called “[red]a[/red]”, nor anything close."),
    ],
)
async def test_what_is_wrong_is_told_in_private(team: Team, line: str, told: str) -> None:
    reply = await team.ask(line)
    assert reply.plain.startswith(told)
    assert (reply.private, reply.failed) == (True, True)


@pytest.mark.parametrize(
    "line", ["/compare mis\u200btral code\x00vs\x07mistral next", "/compare \uff4distral code vs mistral\u3164next"]
)
async def test_what_cannot_be_seen_does_not_stand_in_the_way(team: Team, line: str) -> None:
    assert (await team.ask(line)).plain.startswith("Mistral Code vs Mistral-Next 22B")


async def test_hostile_names_in_the_catalogue_stay_text(team: Team) -> None:
    await team.load(
        [
            make.entry("evil", name="[red]@everyone[/red] <!channel>", maker="{x}", tagline="`*_~|"),
            make.entry("emoji", name="🦙", best_for="%s"),
        ]
    )
    reply = await team.post("/compare evil vs 🦙")
    assert_answered(reply)
    assert "[red]@everyone[/red] <!channel>" in outbound.plain(reply, 80)


class Typist:
    """Types very many lines into one team, from tests that are not asynchronous."""

    def __init__(self, team: Team, runner: asyncio.Runner) -> None:
        self.team = team
        self.runner = runner

    def type(self, line: str) -> Reply:
        return self.runner.run(self.team.ask(line))

    def completed(self, line: str) -> tuple[str, ...]:
        return self.runner.run(self.team.core.complete(self.team.key, line))


@pytest.fixture(scope="module")
def typist() -> Iterator[Typist]:
    clock = FakeClock()
    team = Team(Memory(clock), clock)
    with asyncio.Runner() as runner:
        runner.run(team.load([*TOOLS, make.entry("x-or-y", name="X or Y | Z")], **CATEGORIES))
        yield Typist(team, runner)


ANY = st.characters(exclude_categories=())
PIECES = st.sampled_from(
    [
        *(f"/{command.name}" for command in COMMANDS),
        *("vs", "versus", "v", "or", ",", "|", "=", '"', "'", "“", "”", "--", "—", "--quiet", "--anew", "--reviews"),
        *("--remove", "--page", "2", "0", "yes", "on", "off", "now", "monday", "09:00", "Europe/Berlin", "x or y | z"),
        *("code llama 4", "mistral", "mistral code", "mistral-code", "mistrl", "codellama", "pet", "200b", "zzz", "🦙"),
        *("\x00", "\u200b", "\u202e", "\ud800", "\n", "/", "[b]", "@everyone"),
    ]
)
LINES = st.one_of(
    st.text(ANY, max_size=80),
    st.tuples(st.sampled_from([f"/{command.name} " for command in COMMANDS]), st.text(ANY, max_size=60)).map("".join),
    st.lists(st.one_of(PIECES, st.text(ANY, max_size=6)), max_size=12).map(" ".join),
    st.tuples(st.sampled_from(["/compare ", "/tool ", "/alias ", "/bookmark "]), st.lists(PIECES, max_size=8)).map(
        lambda both: both[0] + " ".join(both[1])
    ),
)


@settings(max_examples=500, deadline=None)
@given(line=LINES)
def test_any_line_gets_a_clear_answer(typist: Typist, line: str) -> None:
    assert_answered(typist.type(line))


@settings(max_examples=150, deadline=None)
@given(line=LINES)
def test_any_line_can_be_completed(typist: Typist, line: str) -> None:
    assert all(offered.startswith("/") for offered in typist.completed(line))


@settings(max_examples=100, deadline=None)
@given(line=st.tuples(st.sampled_from(["/compare ", "/tool ", "/bookmark "]), st.lists(PIECES, max_size=8)))
def test_every_button_of_any_answer_runs(typist: Typist, line: tuple[str, list[str]]) -> None:
    reply = typist.type(line[0] + " ".join(line[1]))
    for button in buttons(reply):
        assert_answered(typist.type(button.line))


STARTS = (
    "/help",
    "/tools",
    "/tools mistral",
    "/tools mistrl",
    "/tool mistral code",
    "/tool code llama 4",
    "/tool mistral code, mistral next",
    "/compare",
    "/compare mistral code",
    "/compare code llama 4 vs mistral",
    "/compare lama 4 code vs mistrl 8x22",
    "/compare mistral code vs mistral next vs zzz --quiet",
    "/compare mistral code, mistral next, mistral 3, mistral 8x24b",
    "/alias",
    "/alias llama = code llama",
    "/bookmarks",
    "/bookmark mistral code",
    "/mydata",
    "/forgetme",
    "/digest",
)


async def test_every_button_within_reach_does_what_its_label_says(team: Team) -> None:
    await team.post("/compare mistral code vs mistral next")
    await team.ask("/alias pet = mistral code")
    await team.ask("/bookmark mistral code")
    await team.ask("/digest on")
    seen: set[str] = set()
    ahead = [(line, "") for line in STARTS]
    while ahead:
        line, label = ahead.pop()
        if line in seen:
            continue
        seen.add(line)
        reply = await team.ask(line)
        assert_answered(reply)
        assert not label or buttons(reply) or not reply.failed, f"{label}: {line}: {reply.plain}"
        match label.split()[:1]:
            case ["Post"]:
                assert not reply.private, line
            case ["Bookmark" | "Show" | "Read" | "Preview" | "More"]:
                assert reply.private, line
            case ["Compare"]:
                assert "vs" in reply.plain or "rivals" in reply.plain or "vote stands" in reply.plain, line
            case ["Remove"]:
                assert "no longer" in reply.plain or "was not bookmarked" in reply.plain, line
        if reply.ballot:
            await team.core.posted(team.address(reply), reply)
        for button in buttons(reply):
            undoes = button.label.split()[0] in {"Remove", "Erase", "Switch"}
            ahead.insert(0 if undoes else len(ahead), (button.line, button.label))
    assert len(seen) > 100

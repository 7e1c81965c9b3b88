"""What went wrong is told in words, with the commands in them as data for each platform to write its own way."""

import pytest

from commands.core import COMMANDS
from commands.failed import failed, with_commands
from commands.reply import CommandSpan, Lead, spoken
from tests.commands.conftest import Team


def found(words: str) -> list[str]:
    return [span.line for span in with_commands(words, COMMANDS) if isinstance(span, CommandSpan)]


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        ("Nothing to type here.", []),
        ("Name a tool, for example: /tool mistral code", ["/tool mistral code"]),
        ("To have it erased, type /forgetme yes", ["/forgetme yes"]),
        ("You have 200 bookmarks. Remove one: /bookmark NAME --remove", ["/bookmark NAME --remove"]),
        ("No alias “pet”. Type /alias to see those it has.", ["/alias"]),
        ("Type /digest with on or off. For example: /digest on Monday 09:00", ["/digest", "/digest on Monday 09:00"]),
        ("Switch it on with /digest on, or read one with /digest preview.", ["/digest on", "/digest preview"]),
        ("/digest preview shows it to you alone.", ["/digest preview"]),
        ("/bookmarks shows them all.", ["/bookmarks"]),
        ("There is no command /compair. Did you mean /compare? Type /help.", ["/compare", "/help"]),
        ("No tool is called “or /compare it”, nor “/tool”. Type /tools llama", ["/tools llama"]),
        ("Neither a/compare nor https://x/tool nor /comparer is one.", []),
    ],
)
def test_commands_are_found_with_what_belongs_to_them(words: str, commands: list[str]) -> None:
    assert found(words) == commands
    assert spoken(with_commands(words, COMMANDS)) == words


def test_the_reply_keeps_its_words() -> None:
    reply = failed("Type /help", COMMANDS)
    assert (reply.plain, reply.private, reply.failed) == ("Type /help", True, True)


@pytest.mark.parametrize(
    "line",
    [
        "/compare",
        "/tool",
        "/bookmark",
        "/bookmarks x",
        "/alias llama",
        "/alias x =",
        "/digest x",
        "/forgetme x",
        "/zzz",
    ],
)
async def test_every_command_that_an_error_names_is_a_span(team: Team, line: str) -> None:
    reply = await team.ask(line)
    [lead] = reply.blocks
    assert isinstance(lead, Lead)
    spans = [span for span in lead.line if isinstance(span, CommandSpan)]
    assert spans
    plain = "".join(span.text for span in lead.line if span.kind == "text")
    assert not any(f" /{command.name}" in plain for command in COMMANDS)

"""`/help`: what can be typed, and what was perhaps meant."""

import pytest

from commands.core import COMMANDS
from commands.reply import CommandSpan, Entry, Paragraph, spoken
from tests.commands.conftest import Team, said, titles


@pytest.mark.parametrize("line", ["/help", "help", "/", "", "   ", "/ help", "\u200b"])
async def test_everything_is_listed_in_a_line_each(team: Team, line: str) -> None:
    reply = await team.ask(line)
    assert titles(reply) == [command.usage for command in COMMANDS]
    bodies = [spoken(block.body[0]) for block in reply.blocks if isinstance(block, Entry)]
    assert bodies == [command.help for command in COMMANDS]
    assert (reply.private, reply.failed) == (True, False)


@pytest.mark.parametrize("line", ["/help compare", "/help /compare", "/HELP Compare", "/help /COMPARE"])
async def test_one_command_is_explained_in_full(team: Team, line: str) -> None:
    reply = await team.ask(line)
    assert reply.plain == (
        "/compare TOOL vs TOOL [vs TOOL [vs TOOL]] [--quiet]: set two to four tools side by side and vote on them."
    )
    told = said(reply, Paragraph)
    assert "One name alone offers its closest rivals." in told
    assert "For example: /compare code llama 4 70b vs mistral 8x22b" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/comapre a vs b", "There is no command /comapre. Did you mean /compare? Type /help to see them all."),
        ("/bookmrak", "There is no command /bookmrak. Did you mean /bookmark? Type /help to see them all."),
        ("/help hlep", "There is no command /hlep. Did you mean /help? Type /help to see them all."),
        ("/xyzzy", "There is no command /xyzzy. Type /help to see them all."),
        ("hello there", "There is no command /hello. Did you mean /help? Type /help to see them all."),
        ("/help me please", "There is no command /me please. Type /help to see them all."),
    ],
)
async def test_a_command_that_does_not_exist_is_told_with_the_nearest(team: Team, line: str, told: str) -> None:
    reply = await team.ask(line)
    assert reply.plain == told
    assert (reply.private, reply.failed) == (True, True)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_every_command_named_in_a_help_text_exists(team: Team, command: object) -> None:
    reply = await team.ask(f"/help {getattr(command, 'name', '')}")
    spans = [span for block in reply.blocks for span in getattr(block, "line", ()) if isinstance(span, CommandSpan)]
    names = {command.name for command in COMMANDS}
    assert spans
    assert {span.line.removeprefix("/").split()[0] for span in spans} <= names

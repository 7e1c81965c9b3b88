"""`/help`: every command in a line, or one of them in full."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache

from commands.declare import Ask, Command, Parameter
from commands.errors import CommandError
from commands.parsing import shown
from commands.reply import CommandSpan, Entry, Lead, Note, Paragraph, Reply, Text, said, spoken, text


async def help_(ask: Ask, *, commands: tuple[Command, ...]) -> Reply:
    """Say what can be typed. Always private."""
    name = ask.words.removeprefix("/").casefold()
    return _one(find(name, commands)) if name else _all(commands)


COMMAND = Command(
    "help",
    "/help [COMMAND]",
    "See what you can type, or one command in full",
    help_,
    parameters=(Parameter("command", "The command to explain"),),
    examples=("/help compare",),
)


def find(name: str, commands: Sequence[Command]) -> Command:
    """The command of this name; `CommandError` with the nearest one if there is none."""
    for command in commands:
        if command.name == name:
            return command
    near = get_close_matches(name, [command.name for command in commands], 1, 0.6)
    meant = f" Did you mean /{near[0]}?" if near else ""
    raise CommandError(f"There is no command /{shown(name, 30)}.{meant} Type /help to see them all.")


@cache
def _all(commands: tuple[Command, ...]) -> Reply:
    lead = said("Which AI tools should you ship with? Compare two here: ", CommandSpan(commands[0].examples[0]))
    entries = [Entry(said(CommandSpan(command.usage)), (text(command.help),)) for command in commands]
    note = Note(said("More on one of them: ", CommandSpan("/help compare"), ". Votes are reactions on a comparison."))
    return Reply(spoken(lead), (Lead(lead), *entries, note), private=True)


def _one(command: Command) -> Reply:
    lead = said(CommandSpan(command.usage), Text(f": {command.help[0].lower()}{command.help[1:]}."))
    details = [Paragraph(text(words)) for words in command.details]
    examples = [Paragraph(said("For example: ", CommandSpan(line))) for line in command.examples]
    return Reply(spoken(lead), (Lead(lead), *details, *examples), private=True)

"""What somebody is told when a request could not be answered as asked."""

import re
from collections.abc import Sequence

from commands.declare import Command
from commands.reply import CommandSpan, Lead, Line, Reply, Span, Text

WHOLE_LINE_BEHIND = (": ", "type ", "with ")
"""What a command follows that is meant to be typed as it stands, up to the end of the text."""

SENTENCE_END = re.compile(r"[.?!](?:\s|$)")


def failed(words: str, commands: Sequence[Command]) -> Reply:
    """A private reply that says what went wrong, each command in it as the platform wants it typed."""
    return Reply(words, (Lead(with_commands(words, commands)),), private=True, failed=True)


def with_commands(words: str, commands: Sequence[Command]) -> Line:
    """The words with the declared commands among them as spans; what somebody typed, in “quotes”, stays text.

    A command takes along the choice behind it ("/digest on"), and all that follows where it is an example
    at the end of the text.
    """
    line: list[Span] = []
    rest = words
    while found := _first(rest, commands):
        start, end = found
        line += [Text(rest[:start])] if start else []
        line.append(CommandSpan(rest[start:end]))
        rest = rest[end:]
    return (*line, Text(rest)) if rest else tuple(line)


def _first(words: str, commands: Sequence[Command]) -> tuple[int, int] | None:
    """Where the first command stands in the words, if one does."""
    names = "|".join(command.name for command in commands)
    for found in re.finditer(rf"“[^”]*”|(?<!\S)/({names})\b", words):
        if not found[1]:
            continue
        before, behind = words[: found.start()].lower(), words[found.end() :]
        if before.endswith(WHOLE_LINE_BEHIND) and not SENTENCE_END.search(behind):
            return found.start(), len(words)
        [command] = [command for command in commands if command.name == found[1]]
        choices = "|".join(choice for parameter in command.parameters for choice in parameter.choices)
        choice = re.match(rf" (?:{choices})\b", behind) if choices else None
        return found.start(), found.end() + (choice.end() if choice else 0)
    return None

"""What a line typed so far could become: command names, then the names of tools."""

import re
from collections.abc import Sequence

from commands.declare import Command, Kind
from commands.naming import NameIndex
from commands.parsing import clean

MOST = 25

LAST_NAME = re.compile(r"(?:^|[,|=]|\s(?:vs\.?|versus|v|or)\s)\s*(?P<name>[^,|=]*?)$", re.IGNORECASE)
"""What stands after the last separator is the name being typed."""


def complete(line: str, commands: Sequence[Command], index: NameIndex, aliases: Sequence[str]) -> tuple[str, ...]:
    """Whole lines, likeliest first, at most 25; none where nothing is to be completed."""
    if not line.startswith("/"):
        return ()
    name, space, words = line.partition(" ")
    if not space:
        return tuple(f"/{command.name} " for command in commands if command.name.startswith(name[1:].casefold()))
    command = next((command for command in commands if command.name == name[1:].casefold()), None)
    if command is None:
        return ()
    choices = [choice for parameter in command.parameters[:1] for choice in parameter.choices]
    if choices:
        return tuple(f"{name} {choice}" for choice in choices if choice.startswith(words.strip().casefold()))
    if not any(parameter.kind is Kind.TOOL for parameter in command.parameters):
        return ()
    found = LAST_NAME.search(words)
    typed = words[found.start("name") :] if found else words
    head = f"{name} {words[: len(words) - len(typed)]}"
    head = head if head.endswith(" ") else f"{head} "
    wanted = clean(typed)
    own = [alias for alias in aliases if wanted and alias.casefold().startswith(wanted.casefold())]
    names = [_typeable(tool.name, tool.slug, tool.qualifier) for tool in index.complete(wanted, MOST)]
    return tuple(f"{head}{choice}" for choice in [*own, *names][:MOST])


def _typeable(name: str, slug: str, qualifier: str) -> str:
    """What to put in the line: the name where it is unique and holds no separator, else the slug."""
    last = LAST_NAME.search(name)
    return name if last and last.start("name") == 0 and not qualifier else slug

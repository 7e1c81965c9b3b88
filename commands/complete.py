"""What a line typed so far could become: command names, then the names of tools."""

import re
from collections.abc import Sequence

from commands.declare import Command, Kind
from commands.naming import NameIndex
from commands.parsing import clean

MOST = 25

SEPARATOR = re.compile(r"[,|=]|(?<=\s)(?:vs\.?|versus|v\.?|or)(?=\s)", re.IGNORECASE)
"""What stands after the last separator is the name being typed."""
READ_AS_MORE = re.compile(r"[\"'\u2018-\u201e\u00ab\u00bb]|--|[\u2012-\u2014]")
"""Quotes and dashes, which may be read as something other than a name."""


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
    takes = [parameter.kind is Kind.TOOL for parameter in command.parameters]
    if not any(takes) or not (takes[0] or "=" in words):
        return ()  # the word of an alias is anybody's invention
    ends = [found.end() for found in SEPARATOR.finditer(words)]
    typed = words[ends[-1] if ends else 0 :].lstrip()
    head = f"{name} {words[: len(words) - len(typed)]}"
    head = head if head.endswith(" ") else f"{head} "
    wanted = clean(typed)
    own = [alias for alias in aliases if wanted and alias.casefold().startswith(wanted.casefold())]
    names = [_typeable(tool.name, tool.slug, tool.qualifier) for tool in index.complete(wanted, MOST)]
    return tuple(f"{head}{choice}" for choice in [*own, *names][:MOST])


def _typeable(name: str, slug: str, qualifier: str) -> str:
    """What to put in the line: the name where it is unique and nothing in it is read as more, else the slug."""
    return slug if qualifier or SEPARATOR.search(f" {name} ") or READ_AS_MORE.search(name) else name

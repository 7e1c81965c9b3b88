"""The application commands that Discord shows and completes, drawn from the core's declarations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.discord.markdown import cut, size
from adapters.words import clean
from commands.declare import Command, Kind, Parameter, compose
from commands.errors import CommandError
from commands.model import ToolName

CHAT_INPUT = 1
STRING, BOOLEAN = 3, 5
IN_GUILDS, FOR_GUILDS = 0, 0
MANAGE_GUILD = 1 << 5

LONGEST_DESCRIPTION = 100
LONGEST_CHOICE = 100
MOST_CHOICES = 25
"""Choices that Discord takes and shows."""

KINDS = {Kind.TOOL: STRING, Kind.TEXT: STRING, Kind.CHOICE: STRING, Kind.FLAG: BOOLEAN}


def tree(commands: Iterable[Command]) -> list[dict[str, Any]]:
    """Every command as Discord registers it, for servers only.

    A command that manages is shown to people who may manage the server. That is where it begins: the
    server's own settings open it to others, by role and by channel.
    """
    return [_command(command) for command in commands]


def _command(command: Command) -> dict[str, Any]:
    asked = sorted(command.parameters, key=lambda parameter: not parameter.required)  # Discord wants those first
    return {
        "type": CHAT_INPUT,
        "name": command.name,
        "description": _described(command.help),
        "options": [_option(parameter) for parameter in asked],
        "contexts": [IN_GUILDS],
        "integration_types": [FOR_GUILDS],
        **({"default_member_permissions": str(MANAGE_GUILD)} if command.manages else {}),
    }


def _option(parameter: Parameter) -> dict[str, Any]:
    option: dict[str, Any] = {
        "type": KINDS[parameter.kind],
        "name": parameter.name,
        "description": _described(parameter.help),
        "required": parameter.required,
    }
    if parameter.kind is Kind.TOOL:
        option["autocomplete"] = True
    if parameter.kind is Kind.CHOICE:
        option["choices"] = [{"name": choice, "value": choice} for choice in parameter.choices]
    return option


def _described(words: str) -> str:
    return cut(clean(words), LONGEST_DESCRIPTION)


def line(data: Mapping[str, Any], commands: Iterable[Command]) -> str:
    """The core's line for what was filled in, from an interaction's data. Raises `CommandError` for no command of ours.

    What was typed is free text, whatever was offered for completion: the core reads it as it reads every line.
    """
    command = next((command for command in commands if command.name == data.get("name")), None)
    if command is None:
        raise CommandError("That command is no longer known here. Type /help to see them all.")
    filled = {option["name"]: _filled(option.get("value", "")) for option in data.get("options") or ()}
    return compose(command, filled)


def _filled(value: object) -> str | bool:
    return value if isinstance(value, bool) else str(value)


def choices(names: Iterable[ToolName]) -> list[dict[str, str]]:
    """Tools to choose from: what tells them apart is read, their slugs are what is filled in.

    A slug that Discord would not take (no catalogue of ours holds one) is not offered: cut, it would name
    nothing. It can be typed.
    """
    fitting = [name for name in names if size(name.slug) <= LONGEST_CHOICE]
    return [{"name": _labelled(name), "value": name.slug} for name in fitting[:MOST_CHOICES]]


def _labelled(name: ToolName) -> str:
    """The name, cut if it must be before what tells it apart."""
    rest = f" · {name.qualifier}" if name.qualifier else ""
    label = clean(name.name).strip()
    return cut(cut(label, max(1, LONGEST_CHOICE - size(rest))) + clean(rest), LONGEST_CHOICE) or name.slug


def same(wanted: Sequence[Mapping[str, Any]], registered: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what is registered is what is wanted, in whatever order, and with whatever Discord adds to it."""
    return _by_name(wanted) == _by_name(registered)


def _by_name(commands: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {command["name"]: _compared(command) for command in commands}


def _compared(command: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of a command: Discord leaves out what is as it is by default, and adds ids and the like."""
    kept = ("description", "contexts", "integration_types", "default_member_permissions")
    return {name: command.get(name) for name in kept} | {
        "options": list(map(_option_compared, command.get("options") or ()))
    }


def _option_compared(option: Mapping[str, Any]) -> dict[str, Any]:
    choices = [(choice["name"], choice["value"]) for choice in option.get("choices") or ()]
    flags = {name: bool(option.get(name)) for name in ("required", "autocomplete")}
    return flags | {"choices": choices} | {name: option[name] for name in ("type", "name", "description")}

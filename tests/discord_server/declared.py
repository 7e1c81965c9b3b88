"""What Discord accepts as an application's commands, with the documented limits.

https://discord.com/developers/docs/interactions/application-commands is the source.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.discord_server.content import ANYTHING, CHOICE
from tests.discord_server.errors import Json, Path, Problem
from tests.discord_server.rules import (
    Rule,
    boolean,
    both,
    choice,
    integer,
    many,
    number,
    shape,
    snowflake,
    string,
    typed,
)

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(1, 12)
COMMANDS, OPTIONS, COMMAND_CHARACTERS = 100, 25, 8000
_NAME = re.compile(r"[-_'\w]{1,32}")


def name(value: object, at: Path) -> Iterator[Problem]:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value != value.lower():
        yield Problem(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


NAMED: dict[str, Rule] = {"name": name, "description": string(100)}
LOCALIZED: dict[str, Rule] = {"name_localizations": ANYTHING, "description_localizations": ANYTHING}
GIVEN: dict[str, Rule] = LOCALIZED | {"required": boolean}
CHOOSING: dict[str, Rule] = {"choices": many(CHOICE, 25, 0), "autocomplete": boolean}


def choices_or_autocomplete(value: object, at: Path) -> Iterator[Problem]:
    if isinstance(value, dict) and value.get("autocomplete") and value.get("choices"):
        code = "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES_INVALID"
        yield Problem((*at, "autocomplete"), code, "Autocomplete and choices are mutually exclusive")


VALUES: dict[int, Rule] = dict.fromkeys((BOOLEAN, USER, ROLE, MENTIONABLE, ATTACHMENT), shape(NAMED, GIVEN))
VALUES[CHANNEL] = shape(NAMED, GIVEN | {"channel_types": many(integer(0, 16), 20, 0)})
VALUES[STRING] = both(
    shape(NAMED, GIVEN | CHOOSING | {"min_length": integer(0, 6000), "max_length": integer(1, 6000)}),
    choices_or_autocomplete,
)
for _kind in (INTEGER, NUMBER):
    VALUES[_kind] = both(
        shape(NAMED, GIVEN | CHOOSING | {"min_value": number, "max_value": number}), choices_or_autocomplete
    )


def options_in_order(value: object, at: Path) -> Iterator[Problem]:
    """Required options stand first, names differ, and sub-commands do not mix with anything else."""
    options = value.get("options") if isinstance(value, dict) else None
    if not isinstance(options, list):
        return
    listed = [option for option in options if isinstance(option, dict)]
    optional = False
    for place, option in enumerate(listed):
        if option.get("required") and optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            yield Problem(
                (*at, "options", str(place)), code, "Required options must be placed before non-required options"
            )
        optional = optional or not option.get("required")
    yield from names_differ(listed, (*at, "options"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID")
    nested = [option.get("type") in (SUBCOMMAND, GROUP) for option in listed]
    if any(nested) and not all(nested):
        message = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        yield Problem((*at, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)


def names_differ(items: Sequence[Json], at: Path, code: str) -> Iterator[Problem]:
    known = Counter[object]()
    for place, item in enumerate(items):
        key = (item.get("name"), item.get("type") if code.startswith("APPLICATION_COMMANDS") else None)
        known[key] += 1
        if known[key] > 1:
            yield Problem((*at, str(place), "name"), code, "Application command names must be unique")


SUBCOMMAND_RULE = both(shape(NAMED, LOCALIZED | {"options": many(typed(VALUES), OPTIONS, 0)}), options_in_order)
NESTED: dict[int, Rule] = {
    SUBCOMMAND: SUBCOMMAND_RULE,
    GROUP: both(
        shape(NAMED | {"options": many(typed({SUBCOMMAND: SUBCOMMAND_RULE}), OPTIONS)}, LOCALIZED), options_in_order
    ),
}


def permission_bits(value: object, at: Path) -> Iterator[Problem]:
    yield from integer()(int(value) if isinstance(value, str) and value.isdecimal() else value, at)


ABOUT: dict[str, Rule] = LOCALIZED | {
    "id": snowflake,
    "type": choice(1),
    "default_member_permissions": permission_bits,
    "dm_permission": boolean,
    "contexts": many(choice(0, 1, 2), 3),
    "integration_types": many(choice(0, 1), 2),
    "nsfw": boolean,
}
COMMAND = both(shape(NAMED, ABOUT | {"options": many(typed(VALUES | NESTED), OPTIONS, 0)}), options_in_order)


def characters(command: Json) -> int:
    """What counts towards the 8,000 of a command: names, descriptions and values, nested ones included."""
    own = sum(len(command.get(field) or "") for field in ("name", "description"))
    own += sum(len(option["name"]) + len(str(option["value"])) for option in command.get("choices") or [])
    return own + sum(map(characters, command.get("options") or []))


def check_commands(body: object) -> list[Problem]:
    """What is wrong with the whole list of an application's commands."""
    problems = list(many(COMMAND, COMMANDS, 0)(body, ()))
    if problems or not isinstance(body, list):
        return problems
    problems += names_differ(body, (), "APPLICATION_COMMANDS_DUPLICATE_NAME")
    for place, command in enumerate(body):
        if characters(command) > COMMAND_CHARACTERS:
            message = f"Command exceeds maximum size ({COMMAND_CHARACTERS})"
            problems.append(Problem((str(place),), "APPLICATION_COMMAND_TOO_LARGE", message))
    return problems

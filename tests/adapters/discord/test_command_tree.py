"""Application commands: every declaration is in the tree, as Discord takes it, and its line comes back."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.command_tree import choices, line, same, tree
from commands.core import COMMANDS
from commands.declare import Command, Kind, Parameter
from commands.errors import CommandError
from commands.model import ToolName
from commands.reply import Reply
from tests.discord_server.declared import check_commands

TREE = tree(COMMANDS)


def held(name: str) -> dict[str, Any]:
    return next(command for command in TREE if command["name"] == name)


def test_every_declared_command_is_one_that_discord_takes() -> None:
    assert check_commands(TREE) == []
    assert [command["name"] for command in TREE] == [command.name for command in COMMANDS]
    assert all(command["contexts"] == [0] and command["integration_types"] == [0] for command in TREE)


def test_tools_are_completed_flags_are_booleans_and_choices_are_listed() -> None:
    options = {option["name"]: option for option in held("compare")["options"]}
    assert list(options) == ["a", "b", "c", "d", "quiet"]
    assert [name for name, option in options.items() if option["required"]] == ["a", "b"]
    assert [name for name, option in options.items() if option.get("autocomplete")] == ["a", "b", "c", "d"]
    assert options["quiet"]["type"] == 5
    action, when = held("digest")["options"]
    assert [choice["value"] for choice in action["choices"]] == ["on", "off", "status", "preview", "now"]
    assert "choices" not in when
    assert "autocomplete" not in when


def test_only_what_manages_begins_with_those_who_manage_the_server() -> None:
    guarded = {command["name"]: command.get("default_member_permissions") for command in TREE}
    assert guarded == {command.name: "32" if command.manages else None for command in COMMANDS}
    assert guarded["digest"] == "32"


async def _nothing() -> Reply:
    return Reply("nothing")


def test_required_options_come_first_and_long_descriptions_are_cut_at_a_word() -> None:
    parameters = (Parameter("first", "words " * 40), Parameter("second", "x", Kind.TOOL, required=True))
    drawn = tree([Command("x", "/x", "help " * 40, _nothing, parameters)])
    assert check_commands(drawn) == []
    assert [option["name"] for option in drawn[0]["options"]] == ["second", "first"]
    assert drawn[0]["description"].endswith("help…")


def test_what_is_registered_is_the_same_until_a_declaration_changes() -> None:
    registered = [command | {"id": "1", "version": "2", "nsfw": False} for command in reversed(TREE)]
    assert same(TREE, registered)
    assert not same(TREE, registered[1:])
    assert not same(tree([*COMMANDS[:-1], replace(COMMANDS[-1], help="Something else")]), registered)
    first, *rest = COMMANDS
    renamed = replace(first.parameters[0], name="first")
    assert not same(tree([replace(first, parameters=(renamed, *first.parameters[1:])), *rest]), registered)


@pytest.mark.parametrize(
    ("name", "filled", "expected"),
    [
        ("compare", {"b": "mistral-code", "a": "code-llama-4-200b"}, "/compare code-llama-4-200b vs mistral-code"),
        ("compare", {"a": "x", "b": "y", "d": "z", "quiet": True}, "/compare x vs y vs z --quiet"),
        ("compare", {"a": "x", "b": "y", "quiet": False}, "/compare x vs y"),
        ("compare", {"a": " free\ntext ", "b": ""}, "/compare free text"),
        ("digest", {"action": "on", "when": "friday 16:00"}, "/digest on friday 16:00"),
        ("digest", {}, "/digest"),
        ("alias", {"word": "llama", "tool": "code-llama-4-200b"}, "/alias llama = code-llama-4-200b"),
        ("bookmark", {"name": "mistral-code", "remove": True}, "/bookmark mistral-code --remove"),
        ("help", {"unknown": "x"}, "/help"),
    ],
)
def test_what_was_filled_in_is_the_line_somebody_would_type(
    name: str, filled: dict[str, str | bool], expected: str
) -> None:
    options = [{"name": key, "type": 3, "value": value} for key, value in filled.items()]
    assert line({"id": "1", "name": name, "type": 1, "options": options}, COMMANDS) == expected


def test_a_command_that_is_no_longer_declared_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="no longer known"):
        line({"name": "gone"}, COMMANDS)
    assert line({"name": "help"}, COMMANDS) == "/help"


def test_tools_of_one_name_are_told_apart_and_are_chosen_by_their_slug() -> None:
    names = [ToolName(1, "a-1", "Code Llama 4", "200B"), ToolName(2, "a-2", "Code Llama 4", "agentic")]
    assert choices(names) == [
        {"name": "Code Llama 4 · 200B", "value": "a-1"},
        {"name": "Code Llama 4 · agentic", "value": "a-2"},
    ]


def test_a_long_name_is_cut_before_what_tells_it_apart() -> None:
    [choice] = choices([ToolName(1, "x", "word " * 30, "q" * 24)])
    assert choice["name"].endswith("word… · " + "q" * 24)
    assert len(choice["name"]) <= 100


def test_never_more_than_25_and_none_by_a_slug_that_discord_would_not_take() -> None:
    names = [ToolName(0, "s" * 101, "Too long"), *(ToolName(n, f"t-{n}", f"Tool {n}") for n in range(1, 40))]
    offered = choices(names)
    assert len(offered) == 25
    assert offered[0]["value"] == "t-1"

"""Commands are declared once, and completely."""

import re

import pytest

from commands.core import COMMANDS
from commands.declare import Command, Kind, compose, flags, paged
from commands.errors import CommandError
from tests.commands.conftest import Team

NAMES = [command.name for command in COMMANDS]


def test_no_two_commands_have_one_name() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(re.fullmatch(r"[a-z]{3,32}", name) for name in NAMES)


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_every_command_is_declared_completely(command: Command) -> None:
    assert re.match(rf"/{command.name}( |$)", command.usage)
    assert re.fullmatch(r"[A-Z][^\n]{10,90}[^.\s]", command.help)
    assert command.examples
    assert all(re.match(rf"/{command.name}( |$)", example) for example in command.examples)
    assert all(line.endswith(".") for line in command.details)
    for parameter in command.parameters:
        assert re.fullmatch(r"[a-z]{1,32}", parameter.name)
        assert re.fullmatch(r"[A-Z][^\n]{2,90}[^.\s]", parameter.help)
        assert bool(parameter.choices) == (parameter.kind is Kind.CHOICE)
    required = [parameter.required for parameter in command.parameters]
    assert required == sorted(required, reverse=True), "what must be given comes first"


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_the_flags_of_the_usage_are_the_flags_that_are_declared(command: Command) -> None:
    declared = {parameter.name for parameter in command.parameters if parameter.kind is Kind.FLAG}
    assert set(re.findall(r"--([a-z]+)", command.usage)) == declared
    told = " ".join(command.details)
    assert all(f"--{flag}" in told for flag in declared), "the help says what each flag does"


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_every_example_runs_as_it_stands(team: Team, command: Command) -> None:
    for example in command.examples:
        reply = await team.ask(example)
        assert not reply.failed, f"{example}: {reply.plain}"


@pytest.mark.parametrize(
    ("typed", "words", "found"),
    [
        ("", "", set()),
        ("a vs b", "a vs b", set()),
        ("a --quiet", "a", {"quiet"}),
        ("--QUIET a", "a", {"quiet"}),
        ("a —quiet b \u2013anew", "a b", {"quiet", "anew"}),
        ("a -- b", "a -- b", set()),
        ("a — b", "a — b", set()),
        ("a -quiet", "a -quiet", set()),
        ("a--quiet", "a--quiet", set()),
    ],
)
def test_flags_are_told_from_words(typed: str, words: str, found: set[str]) -> None:
    assert flags(typed, "quiet", "anew") == (words, found)


@pytest.mark.parametrize("flag", ["--loud", "—loud", "--quiet=yes", "--quie"])
def test_a_flag_nobody_knows_is_refused_with_those_that_are(flag: str) -> None:
    with pytest.raises(CommandError, match=r"is not something this command takes\. It takes --quiet\."):
        flags(f"a {flag}", "quiet")


def test_pages_count_from_one_for_people() -> None:
    assert paged("llama") == ("llama", 0)
    assert paged("llama --page 3") == ("llama", 2)
    assert paged("—page 1") == ("", 0)


@pytest.mark.parametrize(
    ("name", "filled", "line"),
    [
        ("compare", {"a": "mistral-code", "b": "code-llama-4-200b"}, "/compare mistral-code vs code-llama-4-200b"),
        ("compare", {"d": "w", "a": "x", "c": " z ", "b": "y", "quiet": True}, "/compare x vs y vs z vs w --quiet"),
        ("compare", {"a": "x", "b": "", "c": "y", "quiet": False, "zzz": "no"}, "/compare x vs y"),
        ("compare", {}, "/compare"),
        ("tool", {"name": "mistral-code", "quiet": "quiet"}, "/tool mistral-code --quiet"),
        ("alias", {"word": "llama", "tool": "code-llama-4-200b"}, "/alias llama = code-llama-4-200b"),
        ("alias", {"word": "llama"}, "/alias llama ="),
        ("alias", {}, "/alias"),
        ("digest", {"action": "on", "when": "friday 16:30 Europe/Berlin"}, "/digest on friday 16:30 Europe/Berlin"),
        ("help", {"command": "two\nlines"}, "/help two lines"),
    ],
)
def test_filled_in_parameters_come_to_the_line_somebody_would_type(
    name: str, filled: dict[str, str | bool], line: str
) -> None:
    [command] = [command for command in COMMANDS if command.name == name]
    assert compose(command, filled) == line


async def test_a_composed_line_runs(team: Team) -> None:
    filled = {"a": "mistral-code", "b": "mistral-8x22b-v2"}
    reply = await team.ask(compose(COMMANDS[0], filled))
    assert reply.plain.startswith("Mistral Code vs Mistral 8x22B v2: ")

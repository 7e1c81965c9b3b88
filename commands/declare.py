"""How a command is declared: once, in its own file, for every platform.

The terminal's help, the README's table, a Slack manifest and a Discord command tree are drawn from
these declarations.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from commands.errors import CommandError
from commands.model import Request
from commands.parsing import clean, shown
from commands.reply import Reply

DASHES = str.maketrans({"\u2012": "--", "\u2013": "--", "\u2014": "--"})

LAST_PAGE = 10_000


def flags(words: str, *known: str) -> tuple[str, frozenset[str]]:
    """Split typed words from the flags among them ("--quiet"); phones turn two hyphens into one long dash.

    Raises `CommandError` for a flag that is not known, naming those that are.
    """
    kept, found = [], set()
    for word in words.split():
        plain = word.translate(DASHES)
        if not plain.startswith("--") or not plain.strip("-"):
            kept.append(word)
        elif plain[2:].casefold() in known:
            found.add(plain[2:].casefold())
        else:
            *most, last = (f"--{name}" for name in known)
            take = f"{', '.join(most)} and {last}" if most else last
            raise CommandError(f"{shown(plain)} is not something this command takes. It takes {take}.")
    return " ".join(kept), frozenset(found)


def paged(words: str) -> tuple[str, int]:
    """Split "llama --page 2" into its words and a page counted from 0. Raises `CommandError` for any other flag."""
    typed = words.split()
    plain = [word.translate(DASHES).casefold() for word in typed]
    if "--page" not in plain:
        return flags(words, "page")[0], 0
    at = plain.index("--page")
    match plain[at + 1 :]:
        case [number] if number.isdecimal() and 1 <= int(number) <= LAST_PAGE:
            return " ".join(typed[:at]), int(number) - 1
    raise CommandError("--page comes last and takes a whole number from 1, for example: --page 2")


class Kind(StrEnum):
    """What a parameter takes; a tool can be completed by name, a choice from its choices."""

    TOOL = "tool"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a command can be given. `behind` is what stands behind it in a line, such as "="."""

    name: str
    help: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request whose command is known: the team's id and the words after the command's name."""

    team: int
    request: Request
    words: str

    @property
    def asker(self) -> str:
        """The platform's id of who asks."""
        return self.request.asker.id


@dataclass(frozen=True, eq=False)
class Command:
    """A command: what it is called, how it is typed, what it does in one line, and the function that answers.

    `answer` takes an `Ask` and, as keyword-only parameters, what it needs: ports by their names
    in `commands.ports.Ports`, `names` for the
    name book, `commands` for the declarations.
    """

    name: str
    usage: str
    help: str
    answer: Callable[..., Awaitable[Reply]]
    parameters: tuple[Parameter, ...] = ()
    examples: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    manages: bool = False
    needs: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read off `answer` which ports it needs."""
        needs = [
            name
            for name, parameter in inspect.signature(self.answer).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        object.__setattr__(self, "needs", tuple(needs))

    async def run(self, ask: Ask, given: Mapping[str, Any]) -> Reply:
        """Answer with those of the given ports that this command needs."""
        return await self.answer(ask, **{name: given[name] for name in self.needs})


def compose(command: Command, filled: Mapping[str, str | bool]) -> str:
    """The line that filled-in parameters, by name, come to; what is left empty is left out.

    It is what somebody would type, and is read as such: a tool by its slug is always clear.
    """
    words = [f"/{command.name}"]
    tools = 0
    for parameter in command.parameters:
        value = filled.get(parameter.name)
        if not value or not (given := clean(str(value))):
            continue
        if parameter.kind is Kind.FLAG:
            words.append(f"--{parameter.name}")
            continue
        if parameter.kind is Kind.TOOL:
            words += ["vs"] * bool(tools)
            tools += 1
        words += [given, parameter.behind] if parameter.behind else [given]
    return " ".join(words)

"""A page of the documentation, taken apart for the tests that hold it against the program."""

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from bot.cli import main
from bot.settings import PREFIXES

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Page:
    """A Markdown file of this project, by its place in it."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The same on one line, so that what is looked for may be broken anywhere."""
        return re.sub(r"\s+", " ", self.text)

    @property
    def code(self) -> list[str]:
        """What stands in backticks."""
        return re.findall(r"`([^`\n]+)`", self.text)

    def blocks(self, language: str) -> list[str]:
        """The blocks of code in a language, without what they are indented by."""
        found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", self.text, re.MULTILINE | re.DOTALL)
        return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]

    @property
    def commands(self) -> list[str]:
        """The command lines of the program that are given whole, each once."""
        lines = [*self.code, *"\n".join(self.blocks("sh")).splitlines()]
        return sorted({line for line in lines if re.match(r"(\.venv/bin/)?shipworthy [a-z]", line)})

    @property
    def settings(self) -> set[str]:
        """What is named that looks like a setting."""
        return set(re.findall(rf"\b(?:{'|'.join(PREFIXES)})[A-Z_]*[A-Z]", self.text))

    @property
    def targets(self) -> list[str]:
        """Where the links and pictures point that are not on the web."""
        return [target for target in re.findall(r"\]\(([^)]+)\)", self.text) if "://" not in target]

    def rows(self, first: str) -> list[list[str]]:
        """The cells of the table whose header begins with this cell."""
        _, _, rest = self.text.partition(f"\n| {first} |")
        lines = rest.partition("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def assert_taken(line: str, *arguments: str) -> None:
    """The program takes this line; `arguments` stand in for those that it leaves out."""
    words, command = [*shlex.split(line)[1:], *arguments], main
    while isinstance(command, click.Group):
        assert words, line
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    command.make_context(line, words, parent=click.Context(main, **main.context_settings))


def assert_there(page: Page, target: str) -> None:
    """What a link points to is there, its heading too, and a picture is small."""
    name, _, heading = target.partition("#")
    path = (ROOT / page.name).parent / name if name else ROOT / page.name
    assert path.exists(), target
    assert path.suffix != ".png" or path.stat().st_size < 150_000, target
    if heading:
        headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, target

"""What CHANGELOG.md says is so: commands, settings, the format of the database, links."""

import re

import pytest

from bot.settings import NAMES
from bot.storage.postgres import database as postgres
from bot.storage.sqlite import database as sqlite
from commands.core import COMMANDS
from tests.pages import Page, assert_there

PAGE = Page("CHANGELOG.md")


def test_the_newest_section_comes_first_and_says_which_format_it_has() -> None:
    [newest, *_] = re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", PAGE.text, re.MULTILINE)
    told = f"Format of the database: {len(sqlite.migrations())} in SQLite, {len(postgres.migrations())} in PostgreSQL."
    assert told in newest[1]


def test_every_command_is_told_of_and_no_other() -> None:
    named = {line.removeprefix("/") for line in PAGE.code if re.fullmatch(r"/[a-z]+", line)}
    assert named - {"healthz", "readyz", "metrics"} == {command.name for command in COMMANDS} - {"help"}


def test_every_setting_that_is_named_is_one() -> None:
    assert PAGE.settings
    assert PAGE.settings <= set(NAMES)


@pytest.mark.parametrize("target", PAGE.targets)
def test_every_link_leads_somewhere(target: str) -> None:
    assert_there(PAGE, target)

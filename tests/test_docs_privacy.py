"""What docs/privacy.md says is so: that it forgets no table, and no column that says who somebody is."""

import re
import sqlite3
from pathlib import Path

import asyncpg
import pytest
from prometheus_client.metrics_core import Metric

from bot.metrics import Metrics
from bot.settings import NAMES, PREFIXES, Settings
from bot.storage.deliveries import KEPT_US
from bot.storage.installations import KEPT, STATE_US
from bot.storage.sqlite.database import PRAGMAS
from bot.storage.store import Store
from commands.core import COMMANDS

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
PROSE = re.sub(r"\s+", " ", DOCS)
CODE = re.findall(r"`([^`\n]+)`", DOCS)

PERSONAL = {"person", "person_hash", "asker", "set_by", "author"}
"""What a column is called that says who somebody is."""


def named(heading: str) -> set[str]:
    """The tables named in the first column of the section of this heading."""
    _, _, rest = DOCS.partition(f"\n## {heading}\n")
    rows = re.findall(r"^\| (`.+?) \|", rest.partition("\n## ")[0], re.MULTILINE)
    return {table for row in rows for table in re.findall(r"`(\w+)`", row)}


PEOPLE = named("What is stored about people")
TEAMS = named("What is stored about teams")
NOBODY = named("What is stored about nobody")


@pytest.fixture
def columns(tmp_path: Path, sqlite: Store) -> dict[str, set[str]]:
    """The columns of every table there is."""
    with sqlite3.connect(tmp_path / "shipworthy.db") as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: {row[1] for row in conn.execute(f"PRAGMA table_info({name})")} for name in tables}
    conn.close()
    return found


def test_every_table_is_named_once_and_no_other(columns: dict[str, set[str]]) -> None:
    assert columns.keys() == PEOPLE | TEAMS | NOBODY
    assert len(PEOPLE) + len(TEAMS) + len(NOBODY) == len(columns)


def test_what_says_who_somebody_is_stands_among_what_is_stored_about_people(columns: dict[str, set[str]]) -> None:
    assert {table for table, names in columns.items() if names & PERSONAL} == PEOPLE


def test_what_says_whose_it_is_does_not_stand_among_what_is_of_nobody(columns: dict[str, set[str]]) -> None:
    of_teams = {"team", "team_id", "subscription", "ballot"}
    assert not {table for table in NOBODY if columns[table] & (of_teams | PERSONAL)}
    assert {table for table in TEAMS if columns[table] & (of_teams | {"external_id"})} == TEAMS


async def test_postgresql_has_the_same_tables(postgres_url: str) -> None:
    conn = await asyncpg.connect(postgres_url)
    found = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    await conn.close()
    assert {name for (name,) in found} - {"schema_version"} == PEOPLE | TEAMS | NOBODY


def test_every_setting_that_is_named_is_one_with_its_default() -> None:
    assert set(re.findall(rf"\b(?:{'|'.join(PREFIXES)})[A-Z_]+", DOCS)) <= set(NAMES)
    assert f"`SHIPWORTHY_KEEP_DAYS` days, {Settings().keep_days} unless you set it" in PROSE


def test_every_command_that_is_named_is_declared() -> None:
    typed = {line.removeprefix("/shipworthy ").removeprefix("/").split()[0] for line in CODE if line.startswith("/")}
    assert typed - {"shipworthy"} <= {command.name for command in COMMANDS}
    assert {"mydata", "forgetme"} <= typed


def test_the_times_that_are_told_are_the_times() -> None:
    assert KEPT_US == 3_600_000_000
    assert STATE_US == 600_000_000
    assert "secure_delete = ON" in PRAGMAS


def test_nothing_of_who_installed_the_app_is_kept() -> None:
    assert not [name for name in KEPT if "user" in name and name != "bot_user_id"]


def test_no_label_of_a_metric_holds_a_team_a_person_or_anything_typed() -> None:
    labels = {label for family in figures() for sample in family.samples for label in sample.labels}
    assert labels <= {"command", "platform", "outcome", "why", "le"}


def figures() -> list[Metric]:
    """Every figure of ours, each counted once under any labels."""
    metrics = Metrics()
    metrics.command("compare", "slack", "ok", 0.1)
    metrics.mark("slack", "changed")
    metrics.commit(1, 0.1)
    metrics.rate_limited("slack", "redraws", 0.1)
    metrics.digest("posted")
    metrics.digest_late(1.0)
    metrics.redraw("drawn")
    metrics.repaired("slack", ballots=1, unread=0, marks=1)
    metrics.connected("slack", is_so=True)
    found = [family for family in metrics.registry.collect() if family.name.startswith("shipworthy_")]
    assert all(family.samples for family in found)
    return found

"""What docs/running.md says is so: its commands, settings, pages, metrics, figures, and how to make the database."""

import asyncio
import re
from pathlib import Path

import pytest

from adapters.discord.shards import Slice
from bot.digest_pace import PACES
from bot.environment import read
from bot.health import Health
from bot.metrics import Metrics
from bot.settings import NAMES, Settings
from bot.storage.postgres import database
from bot.storage.store import Store
from commands.away import DAY_US, READ_BACK_US
from commands.model import RunState
from tests.fakes import FakeClock, Memory
from tests.pages import Page, assert_taken, assert_there
from tests.postgres import Server

PAGE = Page("docs/running.md")
ONE_FILE = {"catalogue import", "backup", "restore"}
"""Subcommands that the page also names without the file they take."""


@pytest.mark.parametrize("line", PAGE.commands)
def test_every_command_line_is_one_the_program_takes(line: str) -> None:
    alone = line.partition("shipworthy ")[2] in ONE_FILE
    assert_taken(line, *["some.yaml"] * alone)


def test_there_are_command_lines_to_look_at() -> None:
    wanted = {"run", "check", "backup", "restore", "status", "db copy", "db check", "db rebuild", "catalogue import"}
    assert all(any(f"shipworthy {one}" in line for line in PAGE.commands) for one in wanted)


def test_every_setting_that_is_named_is_one() -> None:
    assert PAGE.settings <= set(NAMES)
    assert {"SHIPWORTHY_DATABASE_POOLER", "DISCORD_SHARDS", "SHIPWORTHY_METRICS_PORT"} <= PAGE.settings


@pytest.mark.parametrize("url", sorted(set(re.findall(r"\b(?:sqlite|postgresql):/[^`\s]*/[^`\s]+", PAGE.text))))
def test_every_address_of_a_database_is_one_that_is_taken(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHIPWORTHY_DATABASE_URL", url)
    assert read().database_url == url


def test_the_defaults_that_are_told_are_the_defaults() -> None:
    assert f"on `SHIPWORTHY_METRICS_HOST` ({Settings().metrics_host} unless you set it)" in PAGE.prose
    assert f"reactions of the last {READ_BACK_US // DAY_US} days" in PAGE.prose
    assert f"at most {PACES['slack'].at_once} digests a second in all of Slack" in PAGE.prose
    assert f"and {PACES['discord'].at_once} on Discord" in PAGE.prose


def test_the_connections_of_a_process_are_as_many_as_it_opens() -> None:
    each = database.READERS + 1
    assert f"A process opens up to {each}: {database.READERS} that read and 1 that writes" in PAGE.prose
    assert f"so {(100 - 3) // each} processes fit, or {(100 - 3) // each - 1} and a subcommand" in PAGE.prose


def test_the_shards_of_the_example_are_all_of_them_each_once() -> None:
    slices = [Slice.read(written) for written in re.findall(r"`(\d+-\d+/\d+)`", PAGE.text)]
    assert len(slices) == 3
    assert {one.count for one in slices} == {16}
    assert [shard for one in slices for shard in one.ids] == list(range(16))


async def test_the_role_and_the_database_of_the_example_are_enough(postgres_server: Server) -> None:
    [block] = PAGE.blocks("sql")
    try:
        for statement in block.strip().splitlines():
            postgres_server.sql(statement.removesuffix(";"))
        url = postgres_server.url("shipworthy").replace("//postgres@", "//shipworthy:change-me@")
        store = await Store.open(url, clock=FakeClock())
        await store.close()
        assert postgres_server.sql("SHOW server_encoding", database="shipworthy") == "UTF8"
        assert postgres_server.sql("SHOW synchronous_commit", database="shipworthy") == "on"
    finally:
        postgres_server.sql("DROP DATABASE IF EXISTS shipworthy WITH (FORCE)")
        postgres_server.sql("DROP ROLE IF EXISTS shipworthy")


def test_the_pages_that_are_named_are_those_that_are_served(memory: Memory) -> None:
    health = Health((), memory.catalogue, asyncio.Event())
    served = {route.path for route in health.routes()} | {"/metrics"}
    assert {row[0].strip("`") for row in PAGE.rows("page")} == served


def test_every_metric_that_is_named_is_one_with_the_labels_it_has() -> None:
    metrics = Metrics()
    metrics.command("compare", "slack", "failed", 0.1)
    metrics.command("compare", "slack", "unavailable", 0.1)
    metrics.rate_limited("slack", "redraws", 1.0)
    metrics.connected("slack", is_so=True)
    for state in RunState:
        metrics.digest(state.value)
    kept = {
        (sample.name, *label)
        for family in metrics.registry.collect()
        for sample in family.samples
        for label in [*sample.labels.items(), ("", "")]
    }
    alerts = " ".join(row[0].replace("\\|", "|") for row in PAGE.rows("alert when"))
    named = re.findall(r"\b(shipworthy_[a-z_]+)(?:\{(\w+)=~?\"([^\"]+)\"\})?", alerts)
    assert len(named) > 5
    for name, label, values in named:
        assert {(name, label, value) for value in values.split("|")} <= kept
    assert {label for _, label, _ in kept} >= set(re.findall(r"`(\w+)` says by whom", PAGE.text))


def test_the_sizes_are_figures() -> None:
    [sizes] = re.findall(r"\| what \| measured \|\n\| --- \| --- \|\n((?:\|.*\n)+)", PAGE.text)
    assert all(re.fullmatch(r"\| [^|]+ \| [\d,.]+(?: [a-zA-Z]+)? \|", line) for line in sizes.splitlines())


@pytest.mark.parametrize("target", PAGE.targets)
def test_every_link_leads_somewhere(target: str) -> None:
    assert_there(PAGE, target)

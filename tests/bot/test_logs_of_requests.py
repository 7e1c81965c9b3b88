"""One id for everything done for a delivery: from Slack through the core to the statements that keep it."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot import logs
from tests.adapters.slack.running import World
from tests.bot.logged import objects, written
from tests.slack_server.server import Slack

BLUE = "large_blue_circle"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as running:
        yield running


def ran(event: str) -> list[str]:
    """The statements that a line of the log tells of."""
    found = re.fullmatch(r"ran (.+) in \d+\.\d ms", event)
    return found[1].split(", ") if found else []


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_one_id_is_on_every_line_from_a_delivery_to_its_statements(
    slack: Slack, tmp_path: Path, mode: str
) -> None:
    with written("DEBUG", logs.JSON) as log:
        async with World(tmp_path, slack, mode=mode).connected() as acme:
            message = await acme.compare()
            assert (await slack.react(acme.ann, message, BLUE)).acked
            assert (await slack.react(acme.ben, message, BLUE)).acked
        events = objects(log)
    ids = {what: {one["request"] for one in events if one.get("what") == what} for what in ("compare", "reaction")}
    assert (len(ids["compare"]), len(ids["reaction"])) == (1, 2)
    for what, statements in (("compare", {"votes.open_ballot"}), ("reaction", {"ledger.put_mark"})):
        for request in ids[what]:
            own = [one for one in events if request in one.get("request", "").split(",")]
            names = {name for one in own for name in ran(one["event"])}
            assert statements <= names, names
    kept = [one for one in events if any(name.startswith(("ledger.", "votes.open_")) for name in ran(one["event"]))]
    assert kept
    assert all("request" in one for one in kept)
    alone = [one for one in events if re.fullmatch("[0-9a-f]{8}", one.get("request", ""))]
    assert {(one["platform"], one["team"]) for one in alone} == {("slack", "T1")}
    assert slack.token(acme.team) not in log.getvalue()


async def test_a_write_that_failed_is_logged_under_the_reference_that_its_asker_is_told(
    slack: Slack, tmp_path: Path
) -> None:
    with written("WARNING", logs.JSON) as log:
        async with World(tmp_path, slack).connected() as acme:
            with closing(sqlite3.connect(tmp_path / "shipworthy.db")) as file:
                file.execute("CREATE TRIGGER broken BEFORE INSERT ON bookmarks BEGIN SELECT RAISE(ABORT, 'no'); END")
            await slack.command(acme.ann, acme.general, "/shipworthy", "bookmark mistral 8x22b")
            told = await acme.whisper()
        failed, bug = objects(log)
    assert failed["event"].startswith("a write failed: ")
    assert failed["what"] == bug["what"] == "bookmark"
    assert failed["request"] == bug["request"]
    assert f"Reference {bug['request']}" in told.text

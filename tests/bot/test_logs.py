"""The log: no secret in it, whoever wrote it there, and one line for what passes."""

import asyncio
import json
import logging
import subprocess
import sys

import pytest
from discord import GatewayNotFound
from slack_sdk.errors import SlackApiError

from bot import logs
from commands import tracing
from commands.errors import Unavailable
from tests.bot.logged import objects, written

BLACKED_OUT = pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("token xoxb-1-abc", "token …"),
        ("'xoxp-1-abc'", "'…'"),
        ("xoxe.xoxb-1-abc", "…"),
        ("xoxe-1-abc", "…"),
        ("app xapp-1-A1-abc, wrong", "app …, wrong"),
        ("https://hooks.slack.com/commands/T1/2/abc refused", "https://hooks.slack.com/… refused"),
        ("https://hooks.slack-gov.com/actions/T1/2/abc", "https://hooks.slack-gov.com/…"),
        (
            "wss://wss-primary.slack.com/link/?ticket=abc&app_id=1",
            "wss://wss-primary.slack.com/link/?ticket=…&app_id=1",
        ),
        ("GET /slack/oauth_redirect?code=1.abc&state=xyz HTTP", "GET /slack/oauth_redirect?code=…&state=… HTTP"),
        ("client_id=1&client_secret=abc", "client_id=1&client_secret=…"),
        ("foxbox-1 and taxapp stay", "foxbox-1 and taxapp stay"),
        ("token bm9ib2R5cy1ib3QtYXQtYWxs.nobody.nobodys-token-that-opens-nothing", "token …"),
        (
            "POST https://discord.com/api/v10/webhooks/1/aW50ZXI6/messages/@original",
            "POST https://discord.com/api/v10/webhooks/1/…/messages/@original",
        ),
        (
            "https://discord.com/api/v10/interactions/2/aW50ZXI6/callback?x=1",
            "https://discord.com/api/v10/interactions/2/…/callback?x=1",
        ),
        ("adapters.discord.connection", "adapters.discord.connection"),
        ("postgresql://me:hunter2@db:5432/votes", "postgresql://…@db:5432/votes"),
        (
            "https://discord.com/channels/1/2 at 12:30 by ann@acme",
            "https://discord.com/channels/1/2 at 12:30 by ann@acme",
        ),
        ('GET "/slack/oauth_redirect?code=1.abc" refused', 'GET "/slack/oauth_redirect?code=…" refused'),
    ],
)


@BLACKED_OUT
def test_what_gives_access_is_blacked_out(text: str, kept: str) -> None:
    with written("INFO") as log:
        logging.getLogger("x").info("%s", text)
        assert log.getvalue().endswith(f" INFO x: {kept}\n")


@BLACKED_OUT
def test_what_gives_access_is_blacked_out_of_json_before_it_is_escaped(text: str, kept: str) -> None:
    with written("INFO", logs.JSON) as log:
        logging.getLogger("x").info("%s", text)
        logging.getLogger("x").info("a\n%s", text, extra={"given": {"as": [text]}})
        logging.getLogger("x").error("failed", exc_info=ValueError(f"a\n{text}"))
        plain, lines, traceback = objects(log)
    assert plain["event"] == kept
    assert lines["event"] == f"a\n{kept}"
    assert lines["given"] == {"as": [kept]}
    assert traceback["exception"].endswith(f"ValueError: a\n{kept}")


def test_an_event_is_one_object_that_says_when_how_bad_and_by_whom() -> None:
    with written("INFO", logs.JSON) as log:
        logging.getLogger("x.y").warning("“%s”", "a\nb", extra={"writes": 3})
        [event] = objects(log)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"level": "warning", "logger": "x.y", "event": "“a\nb”", "writes": 3}


def test_nobodys_words_can_pass_for_a_line_of_the_log() -> None:
    with written("INFO") as log:
        logging.getLogger("x").info("%s", "a\r\n2026-01-01 00:00:00 ERROR x: b\nxoxb-1-abc", extra={"by": "c\nd"})
        [line] = log.getvalue().splitlines()
    assert line.endswith(r" INFO x: a\r\n2026-01-01 00:00:00 ERROR x: b\n… by=c\nd")


async def arrived(words: str) -> str:
    """Log something for a delivery; the delivery's id."""
    tracing.begin("slack", "T1", "command")
    tracing.name("compare")
    logging.getLogger("x").info(words)
    return tracing.current()


@pytest.mark.parametrize("form", logs.FORMATS)
async def test_a_line_says_for_which_delivery_it_was(form: str) -> None:
    with written("INFO", form) as log:
        one, other = await asyncio.gather(asyncio.create_task(arrived("a")), asyncio.create_task(arrived("b")))
        logging.getLogger("x").info("c")
        lines = log.getvalue().splitlines()
    if form == logs.TEXT:
        assert lines[0].endswith(f" INFO x: a request={one} platform=slack team=T1 what=compare")
        assert lines[2].endswith(" INFO x: c")
    else:
        found = [json.loads(line) for line in lines]
        assert [event.get("request") for event in found] == [one, other, None]
        assert found[0] | {"platform": "slack", "team": "T1", "what": "compare"} == found[0]
    assert one != other


def test_structlog_is_not_imported_where_nothing_is_logged() -> None:
    words = "import sys; from bot import logs; logs.setup('INFO', 'json'); print('structlog' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_a_secret_in_a_traceback_is_blacked_out_too() -> None:
    with written("INFO") as log:
        logging.getLogger("x").error("failed", exc_info=ValueError("xoxb-1-abc"))
        assert log.getvalue().endswith("ValueError: …\n")


@pytest.mark.parametrize(
    "error", [ConnectionResetError("x"), TimeoutError(), Unavailable("x"), SlackApiError("x", {}), GatewayNotFound()]
)
@pytest.mark.parametrize("library", ["slack_bolt.AsyncApp", "discord.shard"])
def test_a_librarys_passing_trouble_is_one_line(error: Exception, library: str) -> None:
    with written("INFO") as log:
        logging.getLogger(library).error("it is %d%% away", 100, exc_info=error)
        [line] = log.getvalue().splitlines()
        assert line.endswith(f"it is 100% away ({type(error).__name__})")


@pytest.mark.parametrize("name", ["slack_bolt.AsyncApp", "commands.tasks"])
def test_a_bug_keeps_its_traceback(name: str) -> None:
    with written("INFO") as log:
        logging.getLogger(name).error("failed", exc_info=KeyError("x"))
        assert log.getvalue().endswith("failed\nKeyError: 'x'\n")


@pytest.mark.parametrize("name", ["slack_sdk.web", "slack_bolt.parts", "aiosqlite", "discord.gateway"])
def test_libraries_do_not_tell_what_passes_through_them(name: str) -> None:
    with written("DEBUG") as log:
        library = logging.getLogger(name)
        library.debug("the words of somebody")
        library.info("connected")
        library.warning("davey is not installed, voice will NOT be supported")
        logging.getLogger("adapters.slack").debug("ours")
        assert [line.partition(": ")[2] for line in log.getvalue().splitlines()] == ["connected", "ours"]


def test_only_the_first_setting_up_counts_and_it_says_from_which_level_on() -> None:
    with written("WARNING") as log:
        logs.setup("DEBUG")
        logging.getLogger("x").info("quiet")
        logging.getLogger("x").warning("loud")
        assert len(log.getvalue().splitlines()) == 1

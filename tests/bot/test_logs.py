"""The log: no secret in it, whoever wrote it there, and one line for what passes."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import pytest
from discord import GatewayNotFound
from slack_sdk.errors import SlackApiError

from bot import logs
from commands.errors import Unavailable


@contextmanager
def written(level: str) -> Iterator[io.StringIO]:
    """What a fresh program that logs from this level on writes to standard error."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, before = root.handlers, root.level
    root.handlers = []
    try:
        with redirect_stderr(stream):
            logs.setup(level)
        yield stream
    finally:
        root.handlers = handlers
        root.setLevel(before)


@pytest.mark.parametrize(
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
    ],
)
def test_what_gives_access_is_blacked_out(text: str, kept: str) -> None:
    with written("INFO") as log:
        logging.getLogger("x").info("%s", text)
        assert log.getvalue().endswith(f" INFO x: {kept}\n")


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

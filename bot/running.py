"""The bot as a program that stays: every platform that is configured, the digests, and the purging of old teams."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from bot import app
from bot.digest_runner import DigestRunner
from bot.settings import Settings, SettingsError
from bot.storage.store import Store
from commands.core import Core
from commands.ports import Ports

if TYPE_CHECKING:
    from adapters.slack.connection import SlackConnection

Opened = TypeVar("Opened")
Part: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""A part of the program, which runs until it is told to stop."""

log = logging.getLogger(__name__)

HOUR_S = 3_600.0
DAY_US = 86_400_000_000
OTHERS_WITHIN_S = 3.0
"""How long a digest under way is waited for at the end; a platform takes six seconds more at most."""

NOTHING = (
    "Nothing to run is set up. For Slack set SLACK_BOT_TOKEN and SLACK_APP_TOKEN; docs/slack.md tells where they "
    "come from. To try it without any account: shipworthy chat"
)


async def run(config: Settings, db: str | None, *, announce: Callable[[str], None]) -> int:
    """Run what is configured until SIGTERM or SIGINT, then finish within ten seconds; the exit status.

    Raises `SettingsError` where nothing is configured, `CommandError` where a platform refuses a token, and
    `StorageError` and `OSError` for a database or a port that cannot be used.
    """
    if config.slack_mode() is None:
        raise SettingsError(NOTHING)
    _hide_settings()
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows ends a program its own way
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with app.store(config, db) as opened:
        ports = app.ports(opened, config)
        slack = await _unless(stop, _slack(config, opened, ports, announce))
        if slack is not None:
            runner = DigestRunner(
                {"slack": slack.channel},
                readers={"slack": slack.channel},
                presence=opened.presence,
                redraw=slack.redraw,
                digests=opened.digests,
                catalogue=opened.catalogue,
                votes=opened.votes,
                clock=app.now_us,
                rules=config.rules(),
            )
            app.settle_memory()
            announce("Shipworthy is running; stop it with Ctrl+C.")
            await _together(stop, slack.run, runner.run, partial(_purge, opened, config))
    announce("Shipworthy has stopped.")
    return 0


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Opened]) -> Opened | None:
    """What some work comes to, or None where it was told to stop first; it is then cancelled."""
    working, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        working.cancel()
        await asyncio.wait((working,))
        return None
    finally:
        told.cancel()


async def _slack(config: Settings, opened: Store, ports: Ports, announce: Callable[[str], None]) -> "SlackConnection":
    from adapters.slack.connection import Installed, Options, SlackConnection  # noqa: PLC0415 - only where Slack is on

    installed = None
    if config.slack_mode() == "oauth":
        from bot.storage.installations import Installations, States  # noqa: PLC0415

        store = Installations(opened.database, key=config.token_keys(), clock=app.now_us)
        installed = Installed(store, States(opened.database, clock=app.now_us))
    options = Options(
        api_url=config.slack_api_url,
        bot_token=_plain(config.slack_bot_token),
        app_token=_plain(config.slack_app_token),
        signing_secret=_plain(config.slack_signing_secret),
        client_id=config.slack_client_id or None,
        client_secret=_plain(config.slack_client_secret),
        optional_scopes=config.slack_optional_scopes,
        counts_outside=config.slack_count_other_organisations,
        host=config.host,
        port=config.port,
    )
    return await SlackConnection.open(
        options, Core(ports), ports, opened.presence, installations=installed, announce=announce
    )


def _hide_settings() -> None:
    """Take Slack's settings out of the environment, for Slack's library reads some by itself, and others of its own."""
    for name in [name for name in os.environ if name.startswith("SLACK_")]:
        del os.environ[name]


def _plain(secret: Any) -> str | None:  # noqa: ANN401 - pydantic's SecretStr, which is not imported here
    return secret.get_secret_value() if secret else None


async def _together(stop: asyncio.Event, platform: Part, *others: Part) -> None:
    """Run a platform and what goes with it until told to stop. The platform ends last, for the others need it."""
    ended = asyncio.Event()
    serving = asyncio.ensure_future(platform(ended))
    beside = [asyncio.ensure_future(other(stop)) for other in others]
    serving.add_done_callback(lambda _: stop.set())
    await stop.wait()
    _, slow = await asyncio.wait(beside, timeout=OTHERS_WITHIN_S)
    for task in slow:
        task.cancel()
    for error in await asyncio.gather(*beside, return_exceptions=True):
        if isinstance(error, Exception):
            log.error("a part of the program had ended", exc_info=error)
    ended.set()
    await serving


async def _purge(opened: Store, config: Settings, stop: asyncio.Event) -> None:
    """Erase, once an hour, what is left of teams that removed the bot long enough ago."""
    while not stop.is_set():
        try:
            if purged := await opened.teams.purge(app.now_us() - config.keep_days * DAY_US):
                log.info("erased teams that removed the bot %d days ago or longer: %d", config.keep_days, purged)
        except Exception:
            log.exception("old teams could not be erased, which is tried again in an hour")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), HOUR_S)

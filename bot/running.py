"""The bot as a program that stays: every platform that is configured, the digests, and the purging of old teams."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from bot import app
from bot.digest_runner import DigestRunner
from bot.health import Health, Reached
from bot.settings import Settings, SettingsError
from bot.storage.store import Store
from commands.core import Core
from commands.errors import ShipworthyError
from commands.measure import UNMEASURED
from commands.model import TeamKey
from commands.ports import BallotReader, DigestChannel, Ports

if TYPE_CHECKING:
    from aiohttp.web import RouteDef

    from adapters.discord.connection import DiscordConnection
    from adapters.discord.shards import Slice
    from adapters.slack.connection import SlackConnection
    from bot.metrics import Metrics

Opened = TypeVar("Opened")
Part: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""A part of the program, which runs until it is told to stop."""

log = logging.getLogger(__name__)

HOUR_S = 3_600.0
DAY_US = 86_400_000_000
OTHERS_WITHIN_S = 3.0
"""How long a digest under way is waited for at the end; a platform takes six seconds more at most."""

NOTHING = (
    "Nothing to run is set up. For Slack set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, for Discord DISCORD_TOKEN; "
    "docs/slack.md and docs/discord.md tell where they come from. To try it without any account: shipworthy chat"
)


class Rooms(DigestChannel, BallotReader, Protocol):
    """A platform's channels, for digests."""


class Platform(Reached, Protocol):
    """A connection to a platform, open already."""

    @property
    def channel(self) -> Rooms:
        """Where its digests go."""

    def redraw(self, team: TeamKey, ballot: int) -> None:
        """A ballot's votes have moved: have its message drawn again."""

    async def run(self, stop: asyncio.Event) -> None:
        """Answer the platform until told to stop."""

    async def close(self) -> None:
        """Let go of a connection that never ran."""


Start: TypeAlias = Callable[[Settings, Store, Ports, Callable[[str], None]], Coroutine[Any, Any, Platform]]
"""How a platform is opened; it says by the last of these where it listens, and that it is connected."""


async def run(config: Settings, db: str | None, *, announce: Callable[[str], None]) -> int:
    """Run what is configured until SIGTERM or SIGINT, then finish within ten seconds; the exit status.

    A platform that fails, at the start or later, is logged, and the other goes on; the last one's failure
    ends the program. Raises `SettingsError` where nothing is configured, `CommandError` where no platform
    takes its token, and `StorageError` and `OSError` for a database or a port that cannot be used.
    """
    wanted = [name for name, is_on in (("slack", config.slack_mode()), ("discord", config.discord())) if is_on]
    if not wanted:
        raise SettingsError(NOTHING)
    _hide_settings()
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows ends a program its own way
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = _metrics(config)
    async with app.store(config, db) as opened, AsyncExitStack() as watched:
        if metrics is not None:
            opened.database.writer.measures = metrics
            metrics.watch_writes(lambda: opened.database.writer.waiting)
        health = Health(wanted, opened.catalogue, stop, metrics=metrics)
        if config.metrics_port is not None:
            await watched.enter_async_context(health.served(config.metrics_host, config.metrics_port, announce))
        ports = app.ports(opened, config, measures=metrics or UNMEASURED)
        starts: dict[str, Start] = {"slack": partial(_slack, pages=health.routes()), "discord": _discord}
        platforms = await _open(stop, {name: starts[name](config, opened, ports, announce) for name in wanted})
        health.platforms = platforms
        if platforms:
            channels = {name: platform.channel for name, platform in platforms.items()}
            runner = DigestRunner(
                channels,
                readers=channels,
                presence=opened.presence,
                presence_key=partial(_presence_key, _slice(config)),
                redraw=partial(_redraw, dict(platforms)),
                digests=opened.digests,
                catalogue=opened.catalogue,
                votes=opened.votes,
                clock=app.now_us,
                rules=config.rules(),
                measures=ports.measures,
            )
            app.settle_memory()
            announce("Shipworthy is running; stop it with Ctrl+C.")
            await _together(stop, platforms, runner.run, partial(_purge, opened, config), gone=channels.pop)
    announce("Shipworthy has stopped.")
    return 0


def _metrics(config: Settings) -> "Metrics | None":
    if config.metrics_port is None:
        return None
    from bot.metrics import Metrics  # noqa: PLC0415 - only where somebody reads them

    return Metrics()


def _redraw(platforms: Mapping[str, Platform], team: TeamKey, ballot: int) -> None:
    platforms[team.platform].redraw(team, ballot)


async def _open(stop: asyncio.Event, starts: Mapping[str, Coroutine[Any, Any, Platform]]) -> dict[str, Platform]:
    """The platforms that could be opened, all at once; none of them once told to stop.

    Raises what was wrong where there is none; otherwise that is logged.
    """
    ended = await asyncio.gather(*(_unless(stop, start) for start in starts.values()), return_exceptions=True)
    found = {name: end for name, end in zip(starts, ended, strict=True) if end and not isinstance(end, BaseException)}
    if stop.is_set():
        await asyncio.gather(*(platform.close() for platform in found.values()))
        return {}
    failed = {name: end for name, end in zip(starts, ended, strict=True) if isinstance(end, BaseException)}
    last = None if found or not failed else failed.pop(next(reversed(failed)))
    _log_failures(failed)
    if last is not None:
        raise last
    return found


def _log_failures(failed: Mapping[str, BaseException]) -> None:
    """Log why platforms do not run; only a bug has a traceback."""
    for name, error in failed.items():
        mended = isinstance(error, ShipworthyError | OSError)
        log.error("%s does not run: %s", name.title(), error, exc_info=None if mended else error)


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


async def _slack(
    config: Settings,
    opened: Store,
    ports: Ports,
    announce: Callable[[str], None],
    *,
    pages: "Iterable[RouteDef]",
) -> "SlackConnection":
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
        options,
        Core(ports, limits=config.limits()),
        ports,
        opened.presence,
        installations=installed,
        announce=announce,
        pages=pages,
    )


async def _discord(
    config: Settings, opened: Store, ports: Ports, announce: Callable[[str], None]
) -> "DiscordConnection":
    from adapters.discord.connection import DiscordConnection, Options  # noqa: PLC0415 - only where Discord is on

    options = Options(_plain(config.discord_token) or "", config.discord_api_url, shards=_slice(config))
    core = Core(ports, limits=config.limits())
    return await DiscordConnection.open(options, core, ports, opened.presence, announce=announce)


def _slice(config: Settings) -> "Slice | None":
    """The shards of Discord's that this process runs; None for all of them."""
    if not config.discord_shards:
        return None
    from adapters.discord.shards import Slice  # noqa: PLC0415 - as above

    return Slice.read(config.discord_shards)


def _presence_key(slice_: "Slice | None", team: TeamKey) -> str:
    """Under which name it is kept when a team's connection was last up, whichever process has that."""
    if slice_ is None or team.platform != "discord":
        return team.platform
    return slice_.presence_key(team.external_id)


def _hide_settings() -> None:
    """Take Slack's settings out of the environment, for Slack's library reads some by itself, and others of its own."""
    for name in [name for name in os.environ if name.startswith("SLACK_")]:
        del os.environ[name]


def _plain(secret: Any) -> str | None:  # noqa: ANN401 - pydantic's SecretStr, which is not imported here
    return secret.get_secret_value() if secret else None


async def _together(
    stop: asyncio.Event, platforms: dict[str, Platform], *others: Part, gone: Callable[[str], object]
) -> None:
    """Run platforms and what goes with them until told to stop. The platforms end last, for the others need them.

    `gone` is told of one that ended by itself, which leaves `platforms`; the last one's failure is raised.
    """
    ended = asyncio.Event()

    async def serve(name: str, platform: Platform) -> None:
        try:
            await platform.run(ended)
        except Exception as error:
            if len(platforms) == 1:
                raise
            _log_failures({name: error})
        finally:
            gone(name)
            del platforms[name]
            if not platforms:
                stop.set()

    serving = [asyncio.ensure_future(serve(name, platform)) for name, platform in platforms.items()]
    beside = [asyncio.ensure_future(other(stop)) for other in others]
    await stop.wait()
    _, slow = await asyncio.wait(beside, timeout=OTHERS_WITHIN_S)
    for task in slow:
        task.cancel()
    for error in await asyncio.gather(*beside, return_exceptions=True):
        if isinstance(error, Exception):
            log.error("a part of the program had ended", exc_info=error)
    ended.set()
    await asyncio.wait(serving)
    for task in serving:
        task.result()


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

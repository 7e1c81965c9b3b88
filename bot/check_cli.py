"""`shipworthy check`: holds the settings against reality, and says how to mend what does not fit.

One line for each finding, "ok" or "no" before it. A platform's libraries are imported only where it is set up.
"""

import asyncio
import contextlib
import errno
import os
import shutil
import socket
import sys
from collections.abc import Awaitable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot import app, settings
from bot.options import database_option
from bot.settings import Settings, SettingsError
from bot.storage.errors import StorageError
from commands.errors import CommandError, ShipworthyError

if TYPE_CHECKING:
    from bot.storage.store import Store

Found = TypeVar("Found")

PATIENCE_S = 10.0
ANSWER_S = 9.0
"""A call ends before that, to be told apart from anything else that takes long."""

ROOM_MB = 100
NOTHING_SET = (
    "no platform is set up, and the terminal needs nothing: for Slack set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, "
    "as docs/slack.md describes, for Discord DISCORD_TOKEN, as docs/discord.md does"
)


@click.command()
@database_option
def check(db: str | None) -> None:
    """Check settings, database, tokens and permissions against reality; exit code 1 if something is wrong."""
    sys.exit(asyncio.run(_check(db)))


class Report:
    """Prints findings as they come, and remembers whether one was bad."""

    def __init__(self) -> None:
        self.failed = False

    def ok(self, sentence: str) -> None:
        """Something is as it should be."""
        click.echo(f"ok  {sentence}")

    def no(self, sentence: str) -> None:
        """Something is wrong; the sentence says how to mend it."""
        self.failed = True
        click.echo(f"no  {sentence}")

    async def of(self, what: str, finding: Awaitable[Found]) -> Found | None:
        """What a check found, said if it is a sentence; None where it failed or took too long, which is said too."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await finding
        except (ShipworthyError, SettingsError, StorageError) as error:
            self.no(str(error).removesuffix("."))
        except TimeoutError:
            self.no(f"{what} did not answer within {PATIENCE_S:.0f} seconds: see the network and the machine")
        except Exception as error:  # noqa: BLE001 - whatever it is, the other findings are worth having
            self.no(f"{what} could not be checked ({type(error).__name__}): see the program's log for more")
        else:
            if isinstance(found, str):
                self.ok(found)
            return found
        return None


async def _check(db: str | None) -> int:
    report = Report()
    _names(report)
    try:
        config = settings.load()
    except SettingsError as error:
        for line in str(error).splitlines():
            report.no(line.removesuffix("."))
        click.echo("The rest can be checked when the settings can be read.")
        return 1
    async with contextlib.AsyncExitStack() as opened:
        store = await report.of("the database", _open(config, db, opened))
        if store is not None:
            await report.of("the database", _writable(store, config.database(db)))
        await _platforms(report, config, store)
    return int(report.failed)


def _names(report: Report) -> None:
    """Say which names in the environment begin as settings do and are none."""
    unknown = settings.unknown(*settings.PREFIXES)
    for name in unknown:
        meant = settings.near(name)
        if meant or name.upper().startswith(settings.PREFIX):
            question = f"; did you mean {meant}?" if meant else ", so nothing comes of it: remove it"
            report.no(f"{name} in the environment is not a setting{question}")
        else:
            report.ok(f"{name} in the environment is not a setting of Shipworthy's and is left alone")
    if not unknown:
        report.ok("every name in the environment that looks like a setting is one")


async def _open(config: Settings, db: str | None, opened: contextlib.AsyncExitStack) -> "Store":
    return await opened.enter_async_context(app.store(config, db))


async def _writable(store: "Store", where: Path | str) -> str:
    await store.database.writer.write(_nothing, None)
    if isinstance(where, Path):
        return _room(where)
    return f"the database {store.database.place} answers and takes writes"


async def _nothing(_connection: object, items: Sequence[None]) -> list[None]:
    return [None for _ in items]


def _room(path: Path) -> str:
    """Whether the database has room to grow."""
    free_mb = shutil.disk_usage(path.absolute().parent).free // 1_000_000
    if free_mb < ROOM_MB:
        raise CommandError(f"the disk of {path} has only {free_mb} MB left: make room, or move the database")
    return f"the database {path} opens, takes writes and has room to grow"


async def _platforms(report: Report, config: Settings, store: "Store | None") -> None:
    try:
        mode = config.slack_mode()
    except SettingsError as error:
        report.no(f"{str(error).removesuffix('.')}; docs/slack.md says where each is found")
    else:
        if mode in {"http", "oauth"}:
            await report.of("the port", _port(config))
        if mode is not None:
            await _ask_slack(report, config, store)
        elif not config.discord():
            report.ok(NOTHING_SET)
    if config.discord_token is not None:
        await _ask_discord(report, config.discord_api_url, config.discord_token.get_secret_value())


async def _ask_slack(report: Report, config: Settings, store: "Store | None") -> None:
    import aiohttp  # noqa: PLC0415 - these three are for Slack only

    from adapters.slack import checks  # noqa: PLC0415
    from adapters.slack.clients import make  # noqa: PLC0415

    if config.slack_signing_secret:
        await report.of("the signing secret", checks.signing_secret(config.slack_signing_secret.get_secret_value()))
    if config.slack_client_id:
        await report.of("the client ID", checks.client_id(config.slack_client_id))
        if store is not None:
            await report.of("the stored installations", _installations(config, store))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session:
        client = partial(make, api_url=config.slack_api_url, session=session, repeat=False)
        if await report.of("Slack", checks.reachable(client(None))) is None:
            return
        if config.slack_bot_token:
            bot = await report.of("the bot token", checks.bot(client(config.slack_bot_token.get_secret_value())))
            if bot is not None:
                report.ok(bot.sentence)
                await report.of("the scopes", checks.required(bot.scopes))
                await report.of("the scopes", checks.optional(bot.scopes))
        if config.slack_app_token:
            app_client = client(config.slack_app_token.get_secret_value())
            await report.of("the app-level token", checks.app_token(app_client))


async def _ask_discord(report: Report, api_url: str, token: str) -> None:
    import aiohttp  # noqa: PLC0415 - these two are for Discord only

    from adapters.discord import checks  # noqa: PLC0415

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session:
        api = checks.Api(session, api_url, token)
        for what, check_ in (("Discord", checks.reachable), ("the Discord token", checks.token)):
            if await report.of(what, check_(api)) is None:
                return
        registered = await report.of("the Discord app", checks.application(api))
        if registered is not None:
            await report.of("the Discord app", checks.interactions(registered))
            await report.of("the intents", checks.intents(registered))
        await report.of("the gateway", checks.gateway(api))
        await report.of("the servers", checks.guilds(api))
        if registered is not None:
            await report.of("the invite link", checks.invitation(registered))


async def _installations(config: Settings, store: "Store") -> str:
    """Whether the token of every workspace that installed the app can be read."""
    from bot.storage.installations import Installations  # noqa: PLC0415 - it brings Slack's libraries

    installations = Installations(store.database, key=config.token_keys(), clock=app.now_us)
    teams = await installations.teams()
    for team in teams:
        await installations.async_find_bot(enterprise_id=None, team_id=team)
    many = f"{len(teams)} workspace{'' if len(teams) == 1 else 's'}"
    return f"{many} installed the app, and every token can be decrypted with SHIPWORTHY_TOKEN_KEY"


async def _port(config: Settings) -> str:
    """Whether Slack's deliveries can be listened for."""
    where = f"{config.host} port {config.port}"
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, config.host, config.port)
    except socket.gaierror:
        raise CommandError(f"SHIPWORTHY_HOST: {config.host} is no address of this machine; 127.0.0.1 is") from None
    except OSError as error:
        taken = "something listens there, this bot itself if it is running; stop it or set SHIPWORTHY_PORT"
        mend = (
            taken if error.errno == errno.EADDRINUSE else "set SHIPWORTHY_HOST and SHIPWORTHY_PORT to what may be used"
        )
        raise CommandError(f"{where} cannot be listened on ({os.strerror(error.errno or 0)}): {mend}") from error
    server.close()
    await server.wait_closed()
    return f"{where} can be listened on"

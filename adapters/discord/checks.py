"""What can be found out about a Discord set-up before it is run, each in one sentence.

A check returns what it found, or raises `CommandError` saying what is wrong and how to mend it. Nothing
here repeats the token, and nothing imports discord.py.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, TypeAdapter, ValidationError

from adapters.discord import permissions
from adapters.proxy import proxy_for
from commands.errors import CommandError

USER_AGENT = f"DiscordBot (https://docs.aiohttp.org, {aiohttp.__version__})"
"""Discord wants the HTTP library and its version in this form."""

STATUS_PAGE = "https://discordstatus.com"

PRIVILEGED = {
    "Presence Intent": 1 << 12 | 1 << 13,
    "Server Members Intent": 1 << 14 | 1 << 15,
    "Message Content Intent": 1 << 18 | 1 << 19,
}
"""The flags that say an intent is switched on, for an app that Discord verified and for one that it did not."""

MOST_GUILDS = 200
"""As many as Discord names at once."""

MOST_NAMED = 3
HELLO = 10

FAILURES = (aiohttp.ClientError, OSError, ValueError)
"""What a call ends with that got no answer; a proxy that cannot be used is a ValueError."""

Answer = TypeVar("Answer")


class Gateway(BaseModel):
    """Where the WebSocket is."""

    url: str


class Starts(BaseModel):
    """How often the bot may still connect, and in how many milliseconds it may as often as ever."""

    total: int
    remaining: int
    reset_after: int


class BotGateway(Gateway):
    """The same for this bot."""

    session_start_limit: Starts


class User(BaseModel):
    """Whose token it is."""

    username: str


class Application(BaseModel):
    """The app, as it stands in the developer portal."""

    id: str
    name: str
    flags: int = 0
    bot_public: bool = True
    bot_require_code_grant: bool = False
    interactions_endpoint_url: str | None = None
    integration_types_config: dict[str, Any] | None = None


class Guild(BaseModel):
    """A server the bot is in; its permissions are what its roles there add up to, whatever channels say."""

    name: str
    permissions: int


@dataclass(frozen=True, slots=True)
class Api:
    """Discord's API: calls are made with this token, in a session that brings the time they may take."""

    session: aiohttp.ClientSession
    url: str
    token: str

    async def get(self, path: str, shape: type[Answer], *, signed: bool = True) -> Answer:
        """What stands there, in this shape. Raises `CommandError` for any other answer and for none."""
        headers = {"User-Agent": USER_AGENT} | ({"Authorization": f"Bot {self.token}"} if signed else {})
        try:
            async with self.session.get(self.url + path, headers=headers, proxy=proxy_for(self.url)) as response:
                status, body, wait_s = response.status, await response.read(), response.headers.get("Retry-After")
        except FAILURES as error:
            raise _unreachable(self.url, error) from error
        if status == HTTPStatus.UNAUTHORIZED and signed:
            raise CommandError(
                "for DISCORD_TOKEN Discord answers 401 Unauthorized: copy it again from the app's page Bot; where it "
                "is shown no more, Reset Token makes a new one"
            )
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise CommandError(f"Discord asks to be left alone for {wait_s or 'some'} seconds: try again after that")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise CommandError(f"{self.url} answers with status {status}: try again, and see {STATUS_PAGE}")
        try:
            if status == HTTPStatus.OK:
                return TypeAdapter(shape).validate_json(body)
        except ValidationError:
            pass  # told below, without what it held
        raise CommandError(f"{self.url} answers, but not as Discord does (status {status}): see DISCORD_API_URL")


async def reachable(api: Api) -> str:
    """Whether something that speaks as Discord does answers at the API's address."""
    await api.get("/gateway", Gateway, signed=False)
    return f"Discord answers at {api.url}" + (" through a proxy" if proxy_for(api.url) else "")


async def token(api: Api) -> str:
    """Whose token it is."""
    bot = await api.get("/users/@me", User)
    return f"the Discord token is {_shown(bot.username)}'s"


async def application(api: Api) -> Application:
    """The app whose token it is."""
    return await api.get("/applications/@me", Application)


async def interactions(app: Application) -> str:
    """Whether commands and presses reach the bot where it listens for them."""
    if app.interactions_endpoint_url:
        raise CommandError(
            "the app has an Interactions Endpoint URL, and Discord takes commands there, not to this bot: clear it "
            "on the app's page General Information"
        )
    return f"the app {_shown(app.name)} ({app.id}) has commands brought to this bot"


async def intents(app: Application) -> str:
    """That no privileged intent is needed, and which are switched on all the same."""
    if on := [name for name, flags in PRIVILEGED.items() if app.flags & flags]:
        return f"no privileged intent is needed; {' and '.join(on)} can be switched off on the app's page Bot"
    return "no privileged intent is needed, and none is switched on"


async def gateway(api: Api) -> str:
    """Whether the WebSocket that events come by can be opened. It is closed again before it counts as a start."""
    found = await api.get("/gateway/bot", BotGateway)
    starts = found.session_start_limit
    if not starts.remaining:
        hours = -(-starts.reset_after // 3_600_000)
        raise CommandError(
            f"the bot has connected {starts.total} times, as often as Discord allows in a day: see why it starts so "
            f"often, and start it in {hours} hour{'' if hours == 1 else 's'}"
        )
    if not await _says_hello(api.session, found.url):
        raise CommandError(f"{found.url} answers, but not as Discord's gateway does: see DISCORD_API_URL")
    return f"the gateway {found.url} answers, and the bot may connect {starts.remaining} times more today"


async def _says_hello(session: aiohttp.ClientSession, url: str) -> bool:
    quickly = aiohttp.ClientWSTimeout(ws_close=1)
    try:
        async with session.ws_connect(
            url,
            params={"v": "10", "encoding": "json"},
            headers={"User-Agent": USER_AGENT},
            proxy=proxy_for(url),
            timeout=quickly,
        ) as socket:
            said = await socket.receive_json(timeout=session.timeout.total)
            return isinstance(said, dict) and said.get("op") == HELLO
    except (TypeError, json.JSONDecodeError, aiohttp.WSServerHandshakeError):
        return False  # it was closed, speaks otherwise, or is no WebSocket at all
    except FAILURES as error:
        raise _unreachable(url, error) from error


async def guilds(api: Api) -> str:
    """How many servers the bot is in, and whether it may do there what it has to, as far as channels do not differ."""
    found = await api.get(f"/users/@me/guilds?limit={MOST_GUILDS}", list[Guild])
    many = f"{len(found)}{' or more' if len(found) == MOST_GUILDS else ''} server{'' if len(found) == 1 else 's'}"
    if not found:
        return "the bot is in no server yet; the link below puts it into one"
    lacking = {number: gap for number, guild in enumerate(found) if (gap := permissions.missing(guild.permissions))}
    if not lacking:
        return f"the bot is in {many} and has all {len(permissions.NEEDED)} permissions it needs"
    named = [f"{_shown(found[number].name)} ({', '.join(gap)})" for number, gap in lacking.items()]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    raise CommandError(
        f"of the {many} the bot is in, it lacks permissions in {', '.join(named[:MOST_NAMED])}{more}: open the link "
        "below for each once more, or allow it in Server Settings, Roles"
    )


async def invitation(app: Application) -> str:
    """The link that puts the bot into a server, with the permissions it needs and no more."""
    if app.bot_require_code_grant:
        raise CommandError(
            "the app asks for more than a link to be invited: switch Requires OAuth2 Code Grant off on its page Bot"
        )
    if app.integration_types_config and "0" not in app.integration_types_config:
        raise CommandError("the app cannot be put into servers: tick Guild Install on its page Installation")
    who = "whoever manages a server" if app.bot_public else "you alone (the app is not public)"
    return f"{who} can invite the bot with {permissions.invite(app.id)}"


def _unreachable(url: str, error: Exception) -> CommandError:
    """What to say where there is no answer."""
    way = "through the proxy that the environment names" if proxy_for(url) else "directly"
    reason = "no answer in time" if isinstance(error, TimeoutError) else _reason(error)
    return CommandError(
        f"{url} cannot be reached {way} ({reason}): see that this machine may connect to {urlsplit(url).netloc}, and "
        "DISCORD_API_URL, HTTPS_PROXY and NO_PROXY if they are set"
    )


def _reason(error: Exception) -> str:
    """Why there was no connection, in the system's words where it has some; never an address or its contents."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(cause, "strerror", None) or type(cause).__name__


def _shown(name: str) -> str:
    """A name that others gave, without what could move the terminal's cursor."""
    return "".join(character for character in name if character.isprintable())

"""What can be found out about a Slack set-up before it is run, each in one sentence.

A check returns what it found, or raises `CommandError` saying what is wrong and how to mend it. Nothing
here repeats a token or a secret.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.proxy import proxy_for
from adapters.slack import scopes
from adapters.slack.errors import code
from commands.errors import CommandError

REINSTALL = "give the app the manifest of `shipworthy slack manifest` again, and install it again"
SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
CLIENT_ID = re.compile(r"\d+\.\d+")

FAILURES = (SlackClientError, aiohttp.ClientError, OSError, ValueError)
"""What a call ends with that got no answer; a proxy that cannot be used is a ValueError."""

_TOKEN_MENDED_BY = {
    "invalid_auth": "copy it again from the app's page",
    "not_authed": "copy it again from the app's page",
    "account_inactive": "the app was removed or the workspace is gone; install it again and copy the new token",
    "token_revoked": "it was revoked; install the app again and copy the new token",
    "token_expired": "it has expired; switch token rotation off for this app, or use OAuth, and copy the new token",
    "team_access_not_granted": "install the app in this workspace",
    "not_allowed_token_type": "it is a token of another kind; docs/slack.md says where each is found",
    "missing_scope": "it lacks a scope; docs/slack.md says which it needs",
}


@dataclass(frozen=True, slots=True)
class Bot:
    """Whose token it is, and what it may do; `scopes` is None where Slack did not say."""

    sentence: str
    scopes: frozenset[str] | None


async def reachable(client: AsyncWebClient) -> str:
    """Whether something that speaks as Slack does answers at the API's address."""
    try:
        await client.api_test()
    except SlackApiError as error:
        if not code(error):  # a refusal by name is the API's own
            raise CommandError(
                f"{client.base_url} answers, but not as Slack does (status {_status(error)}): see SLACK_API_URL"
            ) from error
    except FAILURES as error:
        raise unreachable(client.base_url, error) from error
    return f"Slack answers at {client.base_url}" + (" through a proxy" if client.proxy else "")


def unreachable(api_url: str, error: Exception) -> CommandError:
    """What to say where the API gives no answer."""
    way = "through the proxy that the environment names" if proxy_for(api_url) else "directly"
    reason = "no answer in time" if isinstance(error, TimeoutError) else _reason(error)
    return CommandError(
        f"{api_url} cannot be reached {way} ({reason}): see that this machine may connect to "
        f"{urlsplit(api_url).netloc}, and SLACK_API_URL, HTTPS_PROXY and NO_PROXY if they are set"
    )


async def bot(client: AsyncWebClient) -> Bot:
    """Whose bot token this is."""
    told = await _told(client, "auth.test", "SLACK_BOT_TOKEN", "try again, and see https://slack-status.com")
    if told.get("is_enterprise_install"):
        raise CommandError("SLACK_BOT_TOKEN is a whole organisation's: install the app in one workspace")
    if not told.get("bot_id"):
        raise CommandError("SLACK_BOT_TOKEN is no bot's: copy the Bot User OAuth Token under OAuth & Permissions")
    granted = told.headers.get("x-oauth-scopes")
    return Bot(
        sentence=f"the bot token is {told.get('user')}'s in the workspace {told.get('team')} ({told.get('url')})",
        scopes=None if granted is None else frozenset(filter(None, re.split(r"[,\s]+", granted))),
    )


async def required(granted: frozenset[str] | None) -> str:
    """Whether the bot may do all it has to."""
    if granted is None:
        return "Slack does not say which scopes the token has, so they are taken for right"
    if missing := _missing(granted, scopes.REQUIRED):
        raise CommandError(f"the token lacks {', '.join(scope.name for scope in missing)}: {REINSTALL}")
    return f"the token has all {len(scopes.REQUIRED)} scopes that are needed"


async def optional(granted: frozenset[str] | None) -> str:
    """What the bot may do beyond that, and what it does without."""
    missing = _missing(granted, scopes.OPTIONAL) if granted is not None else []
    if not missing:
        return "no optional scope is known to be missing"
    names = ", ".join(scope.name for scope in missing)
    return f"it runs without {names}, which are optional; `shipworthy slack manifest --optional` asks for them"


async def app_token(client: AsyncWebClient) -> str:
    """Whether a socket can be had with this app-level token. It is not opened."""
    await _told(client, "apps.connections.open", "SLACK_APP_TOKEN", "see that Socket Mode is switched on for the app")
    return "the app-level token opens a socket"


async def signing_secret(secret: str) -> str:
    """Whether a signing secret looks as one does; only a delivery of Slack's can tell whether it is the right one."""
    if not SIGNING_SECRET.fullmatch(secret):
        raise CommandError(
            "SLACK_SIGNING_SECRET is not 32 characters of 0-9 and a-f: copy Signing Secret under Basic Information"
        )
    return "the signing secret has the right shape"


async def client_id(given: str) -> str:
    """Whether a client ID looks as one does; only an install can tell whether it and its secret are right."""
    if not CLIENT_ID.fullmatch(given):
        raise CommandError("SLACK_CLIENT_ID is not two numbers and a dot: copy Client ID under Basic Information")
    return "the client ID has the right shape"


async def _told(client: AsyncWebClient, method: str, setting: str, otherwise: str) -> AsyncSlackResponse:
    """Slack's answer to a call with the token of a setting; `otherwise` mends a refusal nothing is known of."""
    try:
        return await client.api_call(method)
    except SlackApiError as error:
        word = code(error) or f"with status {_status(error)}"
        raise CommandError(f"for {setting} Slack answers {word}: {_TOKEN_MENDED_BY.get(word, otherwise)}") from error
    except FAILURES as error:
        raise unreachable(client.base_url, error) from error


def _missing(granted: frozenset[str], wanted: Iterable[scopes.Scope]) -> list[scopes.Scope]:
    return [scope for scope in wanted if scope.name not in granted]


def _status(error: SlackApiError) -> object:
    return getattr(error.response, "status_code", None) or getattr(error.response, "status", "unknown")


def _reason(error: Exception) -> str:
    """Why there was no connection, in the system's words where it has some; never an address or its contents."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(cause, "strerror", None) or type(cause).__name__

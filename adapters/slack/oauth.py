"""Installing the app in any workspace: Bolt's OAuth flow, on our own storage and for workspaces only."""

import html
import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.state_utils import OAuthStateUtils
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import forgiven, sorted_errors
from adapters.slack.manifest import REDIRECT
from commands.errors import CommandError, ShipworthyError
from commands.ports import Clock

log = logging.getLogger(__name__)

INSTALL = "/slack/install"
SECOND_US = 1_000_000

REFUSED = (
    "Shipworthy cannot be installed for a whole organisation yet. Nothing was kept. "
    "Please install it in one workspace: go back and choose that workspace in the corner of Slack's page."
)
TRY_AGAIN = "Slack or our storage did not answer, and the app is not installed yet. Please start again in a minute."
DECLINED = "Nothing was installed, as you chose."
SLACK_SAYS_NO = "Slack did not install the app. Nothing was kept."
STALE = (
    "This page is good for ten minutes, once, and in the browser where the installation began; "
    "cookies must be allowed, and the address must begin with https. Nothing was installed."
)
WORDS = dict.fromkeys(("invalid_browser", "invalid_state", "invalid_code", "missing_code"), STALE)
WORDS["access_denied"] = DECLINED


class OrganisationWide(Exception):
    """Somebody approved the app for a whole organisation."""


class Flow(AsyncOAuthFlow):
    """The OAuth flow, which refuses an organisation-wide installation and says so."""

    def __init__(
        self,
        settings: AsyncOAuthSettings,
        client: AsyncWebClient,
        arrived: Callable[[str, int], Awaitable[None]],
        clock: Clock,
    ) -> None:
        super().__init__(client=client, logger=log, settings=settings)
        self._arrived = arrived
        self._clock = clock

    async def handle_installation(self, request: AsyncBoltRequest) -> BoltResponse:
        """Show the page with the button that leads to Slack."""
        try:
            return await super().handle_installation(request)
        except Exception as error:  # noqa: BLE001 - see `_trouble`
            return _trouble(error)

    async def handle_callback(self, request: AsyncBoltRequest) -> BoltResponse:
        """Finish an installation; what went wrong is a page that says what to do, never a traceback."""
        try:
            return await super().handle_callback(request)
        except OrganisationWide:
            return _page(HTTPStatus.FORBIDDEN, REFUSED)
        except Exception as error:  # noqa: BLE001 - see `_trouble`
            return _trouble(error)

    async def run_installation(self, code: str) -> Installation | None:
        """Exchange the code for a token, None where it is no good; raises `Unavailable`.

        A token for a whole organisation is given back at once, and `OrganisationWide` raised.
        """
        at_us = self._clock()
        try:
            with sorted_errors():
                granted = await self.client.oauth_v2_access(
                    client_id=self.settings.client_id,
                    client_secret=self.settings.client_secret,
                    code=code,
                    redirect_uri=self.settings.redirect_uri,
                )
        except CommandError as refused:
            log.warning("Slack refused an installation: %s", refused)
            return None
        token = granted["access_token"]
        if granted.get("is_enterprise_install"):
            with forgiven("give back the token of an organisation"):
                await self.client.auth_revoke(token=token)
            raise OrganisationWide
        with sorted_errors():
            told = await self.client.auth_test(token=token)
        return Installation(
            app_id=granted["app_id"],
            enterprise_id=(granted.get("enterprise") or {}).get("id"),
            team_id=granted["team"]["id"],
            team_name=granted["team"].get("name"),
            bot_token=token,
            bot_id=told["bot_id"],
            bot_user_id=granted["bot_user_id"],
            bot_scopes=granted["scope"],
            bot_refresh_token=granted.get("refresh_token"),
            bot_token_expires_in=granted.get("expires_in"),
            user_id=granted["authed_user"]["id"],
            installed_at=at_us / SECOND_US,
            custom_values={"url": told.get("url") or ""},
        )

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Keep the installation, and tell that the app has arrived there."""
        await super().store_installation(request, installation)
        await self._arrived(installation.team_id or "", round(installation.installed_at * SECOND_US))


def flow(
    *,
    client_id: str,
    client_secret: str,
    api_url: str,
    scopes: Sequence[str],
    client: AsyncWebClient,
    installations: AsyncInstallationStore,
    states: AsyncOAuthStateStore,
    arrived: Callable[[str, int], Awaitable[None]],
    clock: Clock,
) -> Flow:
    """The flow at `/slack/install` and `/slack/oauth_redirect`, asking for these scopes."""
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(scopes),
        user_scopes=[],
        install_path=INSTALL,
        redirect_uri_path=REDIRECT,
        callback_options=AsyncCallbackOptions(success=_on_success, failure=_on_failure),
        authorization_url=f"{api_url.rstrip('/').removesuffix('/api')}/oauth/v2/authorize",
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=states,
        logger=log,
    )
    return Flow(settings, client, arrived, clock)


async def _on_success(args: AsyncSuccessArgs) -> BoltResponse:
    made = args.installation
    where = html.escape(made.team_name or "your workspace")
    url = html.escape(str(made.get_custom_value("url") or ""))
    words = f'Shipworthy is installed in <a href="{url}">{where}</a>. Type /compare in any channel there.'
    return _page(HTTPStatus.OK, words, again=False)


async def _on_failure(args: AsyncFailureArgs) -> BoltResponse:
    return _page(HTTPStatus(args.suggested_status_code), WORDS.get(args.reason, SLACK_SAYS_NO))


def _trouble(error: Exception) -> BoltResponse:
    """The page for what nobody in a browser can mend; what it was is logged."""
    expected = isinstance(error, ShipworthyError)
    log.warning("an installation could not be finished: %s", error, exc_info=None if expected else error)
    return _page(HTTPStatus.SERVICE_UNAVAILABLE, TRY_AGAIN)


def _page(status: HTTPStatus, words: str, *, again: bool = True) -> BoltResponse:
    """A page that says this, in place of the state that was used up."""
    link = f'<p><a href="{INSTALL}">Start again</a></p>' if again else ""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>Shipworthy</title></head><body><p>{words}</p>{link}</body></html>"
    )
    forget = OAuthStateUtils().build_set_cookie_for_deletion()
    return BoltResponse(
        status=status, headers={"Content-Type": "text/html; charset=utf-8", "Set-Cookie": forget}, body=body
    )

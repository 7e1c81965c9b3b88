"""The workspaces the bot is installed in: one whose token is in the settings, or many from storage."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import SLACK_ERRORS, code, sorted_errors
from adapters.slack.inbound import team_key
from commands.errors import CommandError, ShipworthyError
from commands.model import TeamKey
from commands.once import Once

log = logging.getLogger(__name__)

ROTATE_MINUTES_BEFORE = 120
ROTATE_AGAIN_S = 60.0
"""So long a token that could not be rotated is used as it is."""

MOST_HELD = 10_000


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace, and the two ways to talk to it.

    `client` repeats a call whose answer was lost; `poster` does not, for what must not be posted twice.
    """

    id: str
    bot_user: str
    bot_id: str
    url: str
    enterprise: str | None
    token: str = field(repr=False)
    client: AsyncWebClient = field(repr=False, compare=False)
    poster: AsyncWebClient = field(repr=False, compare=False)

    @property
    def team(self) -> TeamKey:
        """The team of ours it is."""
        return team_key(self.id)


class Clients(Protocol):
    """Makes the clients of a token; without `repeat`, one that never repeats a call that may have worked."""

    def __call__(self, token: str | None, *, repeat: bool = True) -> AsyncWebClient:
        """A client of this token."""


class Workspaces(Protocol):
    """Where the bot is installed."""

    async def get(self, team: str) -> Workspace | None:
        """This workspace, or None where the bot is not installed; raises `Unavailable` when that cannot be told."""

    async def teams(self) -> tuple[str, ...]:
        """Every workspace there is; raises `Unavailable`."""

    def forget(self, team: str) -> None:
        """Look anew for this workspace when it is asked for next, for the app was removed from it."""


class Installations(Protocol):
    """Stored installations: what is asked of Bolt's async store here, and a little more."""

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of this workspace; None where it is not installed."""

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot's new token."""

    async def erase(self, team_id: str, *, at_us: int) -> bool:
        """Remove a workspace's installation, unless it was made after that instant; False if nothing was removed."""

    async def teams(self) -> tuple[str, ...]:
        """Every workspace with an installation."""


class OneWorkspace:
    """The workspace of a token from the settings; who it is is asked once, and again after the app was removed."""

    def __init__(self, token: str, clients: Clients, *, arrived: Callable[[str], Awaitable[None]]) -> None:
        self._token = token
        self._arrived = arrived
        self._clients = clients
        self._found: Workspace | None = None
        self._asking = asyncio.Lock()
        self._failed: ShipworthyError | None = None
        self._failures = 0

    async def get(self, team: str) -> Workspace | None:
        """See `Workspaces.get`."""
        try:
            found = self._found or await self.only()
        except CommandError as refused:
            log.warning("workspace %s is not answered: %s", team, refused)
            return None
        return found if found.id == team else None

    async def teams(self) -> tuple[str, ...]:
        """See `Workspaces.teams`."""
        try:
            return ((await self.only()).id,)
        except CommandError:
            return ()

    def forget(self, team: str) -> None:
        """See `Workspaces.forget`."""
        if self._found is not None and self._found.id == team:
            self._found = None

    async def only(self) -> Workspace:
        """The one workspace; raises `Unavailable`, and `CommandError` where Slack refuses the token."""
        failures = self._failures
        async with self._asking:
            if self._found is not None:
                return self._found
            if self._failed and self._failures > failures:  # whoever waited for a failure gets it, and asks no more
                raise type(self._failed)(str(self._failed))
            try:
                self._found = await self._ask()
            except ShipworthyError as error:
                self._failed = error
                self._failures += 1
                raise
            return self._found

    async def _ask(self) -> Workspace:
        poster = self._clients(self._token, repeat=False)  # who waits for this asks again
        with told_as("SLACK_BOT_TOKEN"), sorted_errors():
            told = await poster.auth_test()
        await self._arrived(told["team_id"])
        return Workspace(
            id=told["team_id"],
            bot_user=told["user_id"],
            bot_id=told["bot_id"],
            url=told.get("url") or "",
            enterprise=told.get("enterprise_id"),
            token=self._token,
            client=self._clients(self._token),
            poster=poster,
        )


class InstalledWorkspaces:
    """The workspaces of stored installations. Tokens that end soon are rotated before they are used.

    One process rotates a token, `once`; the others use it as it is until they read the new one.
    """

    def __init__(
        self,
        store: "Installations",
        clients: Clients,
        *,
        client_id: str,
        client_secret: str,
        once: Once,
    ) -> None:
        self._store = store
        self._clients = clients
        self._once = once
        self._rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=clients(None))
        self._held: dict[str, Workspace] = {}
        self._rotating: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._rotate_again_at: dict[str, float] = {}

    async def get(self, team: str) -> Workspace | None:
        """See `Workspaces.get`."""
        bot = await self._store.async_find_bot(enterprise_id=None, team_id=team)
        if bot is None:
            self._held.pop(team, None)
            return None
        if bot.bot_token_expires_at is not None:
            bot = await self._rotated(team, bot)
        held = self._held.get(team)
        if held is None or held.token != bot.bot_token:
            if len(self._held) >= MOST_HELD:
                self._held.clear()
            held = self._held[team] = self._workspace(team, bot)
        return held

    async def teams(self) -> tuple[str, ...]:
        """See `Workspaces.teams`."""
        return await self._store.teams()

    def forget(self, team: str) -> None:
        """See `Workspaces.forget`."""
        self._held.pop(team, None)
        self._rotating.pop(team, None)
        self._rotate_again_at.pop(team, None)

    def _workspace(self, team: str, bot: Bot) -> Workspace:
        return Workspace(
            id=team,
            bot_user=bot.bot_user_id,
            bot_id=bot.bot_id,
            url=(bot.custom_values or {}).get("url") or "",
            enterprise=bot.enterprise_id,
            token=bot.bot_token,
            client=self._clients(bot.bot_token),
            poster=self._clients(bot.bot_token, repeat=False),
        )

    async def _rotated(self, team: str, bot: Bot) -> Bot:
        """The same bot with a token that lasts; the old one where none could be had, for it may still work."""
        async with self._rotating[team]:
            bot = await self._store.async_find_bot(enterprise_id=None, team_id=team) or bot
            now = asyncio.get_running_loop().time()
            if not ends_soon(bot) or now < self._rotate_again_at.get(team, 0.0):
                return bot
            self._rotate_again_at[team] = now + ROTATE_AGAIN_S
            key = ("rotated", team, str(bot.bot_token_expires_at))
            if not await self._once.done(*key):
                return bot
            try:
                fresh = await self._rotator.perform_bot_token_rotation(
                    bot=bot, minutes_before_expiration=ROTATE_MINUTES_BEFORE
                )
            except (SlackTokenRotationError, *SLACK_ERRORS) as error:
                log.warning("the token of workspace %s could not be rotated: %s", team, type(error).__name__)
                await self._once.undone(*key)
                return bot
            if fresh is None:
                return bot
            await self._store.async_save_bot(fresh)
            return fresh


def ends_soon(bot: Bot) -> bool:
    """Whether a bot's token is to be rotated."""
    ends_s = bot.bot_token_expires_at
    return ends_s is not None and ends_s <= time.time() + 60 * ROTATE_MINUTES_BEFORE


@contextmanager
def told_as(setting: str) -> Iterator[None]:
    """Say which setting Slack refused, where it refuses one."""
    try:
        yield
    except CommandError as refused:
        word = code(refused.__cause__) if isinstance(refused.__cause__, SlackApiError) else ""
        raise CommandError(
            f"Slack refuses {setting} ({word}). Copy it anew from the app's settings; docs/slack.md tells where it is."
        ) from refused


class Authorize(AsyncAuthorize):
    """Tells Bolt as whom to answer, from what is known here: no call to Slack stands between an event and its ack."""

    def __init__(self, workspaces: Workspaces) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,  # noqa: ARG002 - Bolt's own signature
        actor_team_id: str | None = None,  # noqa: ARG002
        actor_user_id: str | None = None,  # noqa: ARG002
    ) -> AuthorizeResult | None:
        """The bot of this workspace, None where it is not installed; what cannot be told is raised, for a retry.

        The workspace itself is left in the context for the listeners.
        """
        workspace = await self._workspaces.get(team_id) if team_id else None
        if workspace is None:
            return None
        context["workspace"] = workspace
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=workspace.bot_user,
            bot_id=workspace.bot_id,
            bot_token=workspace.token,
            user_id=user_id,
        )

"""Slack workspaces that installed the app, through the interfaces Slack's SDK has for it, in SQLite.

Only where Slack is on is this imported: it brings the SDK and a library for encryption.
"""

import hashlib
import json
import logging
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.storage.database import Connection, Database
from bot.storage.errors import StorageError
from bot.storage.statements import statements
from bot.storage.writer import Apply, Item, Result
from commands.errors import CommandError
from commands.ports import Clock

SQL = statements("installations.sql")
SETTING = "SHIPWORTHY_TOKEN_KEY"

FRESH_US = 1_000_000
"""How long an installation that was read is taken to be as it was; another process may have changed it."""

MOST_HELD = 10_000
"""Installations held in memory, less than a kB each."""

STATE_US = 600_000_000
"""How long somebody may take to install the app."""

MOST_STATES = 10_000
"""Installations under way at once. Anybody can begin one, so of too many the oldest are dropped."""

KEPT = (
    *("app_id", "enterprise_id", "enterprise_name", "team_id", "team_name", "bot_token", "bot_id", "bot_user_id"),
    *("bot_scopes", "bot_refresh_token", "bot_token_expires_at", "installed_at", "custom_values"),
)
"""What is kept of an installation: what the bot needs, and nothing of the person who installed it."""

Row: TypeAlias = tuple[str, int, str]
"""An installation as it is written: its workspace, when it was made, and what is kept of it, encrypted."""

log = logging.getLogger(__name__)


class OrgWideInstall(CommandError):
    """Somebody installed the app for a whole organisation, which is not supported."""

    def __init__(self) -> None:
        super().__init__(
            "Shipworthy cannot be installed for a whole organisation yet; please install it in one workspace."
        )


class TokenKeyError(StorageError):
    """The key for stored tokens cannot be used, or is not the one that a row was stored with."""


@dataclass(frozen=True, slots=True)
class Held:
    """An installation in memory: what is kept of it, and when it was read."""

    facts: dict[str, Any]
    read_us: int


class Installations(AsyncInstallationStore):
    """The bot's installation in each workspace, encrypted, with those used lately held in memory.

    `key` is one or more Fernet keys, in a sequence or separated by commas: the first encrypts, each
    decrypts. Raises `TokenKeyError` for anything else, and from whatever reads a row that none of them
    decrypts. Tokens of people are not kept: who asks for somebody's own installation finds none.
    """

    def __init__(self, database: Database, *, key: Sequence[str] | str, clock: Clock) -> None:
        self._database = database
        self._cipher = cipher(key)
        self._clock = clock
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._changes = 0

    @property
    def logger(self) -> logging.Logger:
        """Where the SDK logs to."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Store an installation in place of an older one; raises `OrgWideInstall`."""
        await self._write(install, installation)

    async def async_save_bot(self, bot: Bot) -> None:
        """Store the renewed token of an installation, unless that was removed or replaced meanwhile."""
        await self._write(renew, bot)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002 - a workspace's id is its own, whatever organisation it is in
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of this workspace, as it was at most a second ago."""
        facts = None if is_enterprise_install else await self._facts(team_id)
        return None if facts is None else Bot(**_copied(facts))

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002 - see above
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The installation of this workspace, without a person; none where a person is asked for."""
        facts = None if is_enterprise_install or user_id else await self._facts(team_id)
        return None if facts is None else Installation(**_copied(facts), user_id="")

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:  # noqa: ARG002 - see above
        """Remove the installation of this workspace."""
        await self._remove(team_id)

    async def async_delete_installation(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002 - see above
        team_id: str | None,
        user_id: str | None = None,
    ) -> None:
        """Remove the installation of this workspace; of a person there is nothing to remove."""
        if not user_id:
            await self._remove(team_id)

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:  # noqa: ARG002 - see above
        """Remove the installation of this workspace."""
        await self._remove(team_id)

    async def erase(self, team_id: str, *, at_us: int) -> bool:
        """Remove an installation that ended at this instant; False if it is not there or was made after that."""
        return await self._remove(team_id, at_us)

    async def teams(self) -> tuple[str, ...]:
        """The ids of all workspaces that have the app, ordered."""
        return tuple([team_id for (team_id,) in await self._database.rows(SQL["teams"])])

    async def _facts(self, team_id: str | None) -> dict[str, Any] | None:
        """What is kept of an installation, from memory where that is fresh."""
        if not team_id:
            return None
        now_us = self._clock()
        held = self._held.get(team_id)
        if held is not None and 0 <= now_us - held.read_us < FRESH_US:
            self._held.move_to_end(team_id)
            return held.facts
        changes = self._changes
        row = await self._database.row(SQL["installation"], (team_id,))
        self._held.pop(team_id, None)
        if row is None:
            return None
        facts = self._opened(team_id, *row)
        # What was changed while it was read may not have been seen.
        if changes == self._changes:
            self._held[team_id] = Held(facts, now_us)
            if len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
        return facts

    async def _write(self, apply: Apply[Row, None], given: Bot | Installation) -> None:
        """Encrypt what is kept of an installation and write it."""
        if given.is_enterprise_install or not given.team_id:
            raise OrgWideInstall
        row = (given.team_id, round(given.installed_at * 1_000_000), self._sealed(given))
        await self._change(given.team_id, apply, row)

    async def _remove(self, team_id: str | None, at_us: int | None = None) -> bool:
        """Remove an installation, if it was not made after this instant; whether there was one."""
        if not team_id:
            return False
        return await self._change(team_id, remove, (team_id, at_us))

    async def _change(self, team_id: str, apply: Apply[Item, Result], item: Item) -> Result:
        """Write, and forget what was read before."""
        try:
            return await self._database.writer.write(apply, item)
        finally:
            self._changes += 1
            self._held.pop(team_id, None)

    def _sealed(self, given: Bot | Installation) -> str:
        """What is kept of an installation, encrypted together with its workspace's id."""
        facts = {name: getattr(given, name) for name in KEPT}
        facts["bot_scopes"] = ",".join(given.bot_scopes or ())
        return self._cipher.encrypt(json.dumps(facts).encode()).decode()

    def _opened(self, team_id: str, installed_us: int, body: str) -> dict[str, Any]:
        """What is kept of an installation, decrypted; a row put in another's place is refused."""
        try:
            facts: dict[str, Any] = json.loads(self._cipher.decrypt(body.encode()))
        except InvalidToken:
            raise TokenKeyError(
                f"The installation of Slack workspace {team_id} cannot be decrypted with {SETTING}. Add the key "
                "it was stored with behind the new one and a comma, or have the app installed there again."
            ) from None
        if facts["team_id"] != team_id or round(facts["installed_at"] * 1_000_000) != installed_us:
            raise TokenKeyError(
                f"The installation stored for Slack workspace {team_id} was encrypted with {SETTING} for another; "
                "the database was changed by hand. Have the app installed there again."
            )
        return facts


class States(AsyncOAuthStateStore):
    """States of installations under way: each is good once, for ten minutes. Only hashes are stored."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def logger(self) -> logging.Logger:
        """Where the SDK logs to."""
        return log

    async def async_issue(self, *args: object, **kwargs: object) -> str:  # noqa: ARG002 - as the SDK has it
        """A new state, which nobody can guess."""
        state = secrets.token_urlsafe(32)
        await self._database.writer.write(issue, (hashed(state), self._clock()))
        return state

    async def async_consume(self, state: str) -> bool:
        """Use up a state; False if it was never issued, is used up or too old."""
        expires_us = await self._database.writer.write(consume, hashed(state))
        return expires_us is not None and self._clock() < expires_us


def _copied(facts: dict[str, Any]) -> dict[str, Any]:
    """What is held, to be given out: the one part of it that can be changed is a copy."""
    return facts | {"custom_values": dict(facts["custom_values"])}


def cipher(key: Sequence[str] | str) -> MultiFernet:
    """What encrypts and decrypts with these keys; raises `TokenKeyError` without showing them."""
    keys = key.split(",") if isinstance(key, str) else key
    try:
        return MultiFernet([Fernet(one.strip()) for one in keys])
    except ValueError:
        raise TokenKeyError(
            f"{SETTING} must be a Fernet key, which is 32 random bytes in URL-safe base64, "
            "or several of them separated by commas."
        ) from None


def hashed(state: str) -> str:
    """A hash of a state. A state is random and long, so nothing need be added to it."""
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()


async def install(conn: Connection, rows: Sequence[Row]) -> list[None]:
    """Store these installations, where there is no newer one."""
    await conn.execute_many(SQL["install"], rows)
    return [None] * len(rows)


async def renew(conn: Connection, rows: Sequence[Row]) -> list[None]:
    """Store these installations, where they are still there and there is no newer one."""
    await conn.execute_many(SQL["renew"], rows)
    return [None] * len(rows)


async def remove(conn: Connection, items: Sequence[tuple[str, int | None]]) -> list[bool]:
    """Remove these installations where they were not made after an instant; which of them there were."""
    return [bool(await conn.fetch(SQL["erase"], item)) for item in items]


async def issue(conn: Connection, items: Sequence[tuple[str, int]]) -> list[None]:
    """Store these states, and drop what has expired or is too much."""
    await conn.execute_many(SQL["drop_expired"], [(now_us,) for _, now_us in items])
    await conn.execute_many(SQL["issue"], [(state, now_us + STATE_US) for state, now_us in items])
    await conn.fetch(SQL["drop_most"], (MOST_STATES,))
    return [None] * len(items)


async def consume(conn: Connection, states: Sequence[str]) -> list[int | None]:
    """Remove these states; until when each that was there is good."""
    found = [await conn.fetch(SQL["consume"], (state,)) for state in states]
    return [rows[0][0] if rows else None for rows in found]

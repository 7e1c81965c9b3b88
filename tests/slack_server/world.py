"""What there is in this Slack: workspaces, people, channels, messages, apps, and how to build them for a test."""

import asyncio
import copy
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from tests.patience import PATIENCE_S

Json = dict[str, Any]
Clock = Callable[[], int]
Found = TypeVar("Found")

SCOPES = frozenset(
    (
        *("app_mentions:read", "channels:join", "channels:read", "chat:write", "chat:write.public", "commands"),
        *("groups:read", "im:read", "mpim:read", "reactions:read", "reactions:write", "users:read"),
    )
)
"""What a workspace grants unless a test says otherwise."""

EVENTS = frozenset(
    (
        *("app_home_opened", "app_mention", "app_uninstalled", "member_joined_channel", "reaction_added"),
        *("reaction_removed", "tokens_revoked"),
    )
)
"""What an app is subscribed to unless a test says otherwise."""

TRIGGER_US = 3_000_000
RESPONSE_URL_US = 30 * 60_000_000
RESPONSE_URL_USES = 5
A_FEW_PEOPLE = 5
"""So many people of a reaction are named unless the full list is asked for."""


class Refused(Exception):
    """Slack says no: an error code, and whatever else the answer carries."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.answer: Json = {"ok": False, "error": error} | more


def refuse_blocks(error: str, problems: list[str]) -> None:
    """Raise `error` with what is wrong, unless nothing is."""
    if problems:
        raise Refused(error, errors=problems, response_metadata={"messages": problems})


@dataclass(eq=False)
class Workspace:
    id: str
    name: str
    domain: str
    enterprise: str | None = None

    @property
    def url(self) -> str:
        return f"https://{self.domain}.slack.com/"


@dataclass(eq=False)
class Person:
    id: str
    team: Workspace
    name: str
    display_name: str
    tz: str = "Europe/Amsterdam"
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False

    def as_json(self, seen_from: Workspace) -> Json:
        """As a workspace sees this person; somebody of another one is a stranger to it."""
        flags = ("is_admin", "is_owner", "is_restricted", "is_ultra_restricted", "is_bot", "deleted")
        profile = {"real_name": self.display_name, "display_name": self.display_name}
        seen: Json = {"id": self.id, "team_id": self.team.id, "name": self.name, "real_name": self.display_name}
        seen |= {"tz": self.tz, "tz_label": self.tz, "profile": profile, "is_app_user": False}
        seen |= {flag: getattr(self, flag) for flag in flags}
        return seen | ({"is_stranger": True} if self.team is not seen_from else {})


@dataclass(eq=False)
class Message:
    """A message in a channel; with `seen_by` it is shown to that person alone."""

    channel: "Channel"
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    bot_id: str | None = None
    app_id: str | None = None
    thread_ts: str | None = None
    seen_by: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edits: int = 0
    """How often it was changed. Slack shows it only where the message is plain text."""

    deleted: bool = False

    def as_json(self, *, everyone: bool = False, metadata: bool = False) -> Json:
        """As the Web API shows it; `everyone` names all who reacted, else a few."""
        shown: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        shown |= {"team": self.channel.team.id}
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if self.blocks:
            shown["blocks"] = copy.deepcopy(self.blocks)
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.edits and not self.blocks:
            shown["edited"] = {"user": self.user, "ts": self.ts}
        if metadata and self.metadata:
            shown["metadata"] = copy.deepcopy(self.metadata)
        if self.reactions:
            few = None if everyone else A_FEW_PEOPLE
            shown["reactions"] = [
                {"name": name, "users": users[:few], "count": len(users)} for name, users in self.reactions.items()
            ]
        return shown


@dataclass(eq=False)
class Channel:
    id: str
    team: Workspace
    name: str
    kind: str = "public"
    """public, private, im or mpim."""
    members: list[str] = field(default_factory=list)
    shared_with: list[Workspace] = field(default_factory=list)
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict, repr=False)
    whispers: list[Message] = field(default_factory=list, repr=False)
    """What was shown to single people."""

    @property
    def public(self) -> bool:
        return self.kind == "public"

    def reaches(self, team: Workspace) -> bool:
        return team is self.team or team in self.shared_with

    def as_json(self, seen_by: str) -> Json:
        flags = {"is_im": self.kind == "im", "is_mpim": self.kind == "mpim", "is_channel": self.kind == "public"}
        flags |= {"is_group": self.kind == "private", "is_private": not self.public, "is_archived": self.archived}
        flags |= {"is_ext_shared": bool(self.shared_with), "is_member": seen_by in self.members}
        named: Json = {} if self.kind == "im" else {"name": self.name, "num_members": len(self.members)}
        return {"id": self.id, "context_team_id": self.team.id} | named | flags


@dataclass(eq=False)
class App:
    id: str
    name: str
    client_id: str
    client_secret: str
    signing_secret: str
    app_token: str
    request_url: str | None = None
    """Where deliveries go over HTTP; without it they go to the app's open sockets."""
    events: frozenset[str] = EVENTS
    scopes: frozenset[str] = SCOPES
    rotates_tokens: bool = False
    clock_skew_s: int = 0
    """Added to the time stamp of signed deliveries, to make a stale one."""
    retry_delays_s: tuple[float, ...] = (0.01, 0.02, 0.05)
    patience_s: float = 3.0
    """How long an answer is waited for."""


@dataclass(eq=False)
class Installation:
    app: App
    team: Workspace
    bot: Person
    bot_id: str
    scopes: frozenset[str]
    token: str
    refresh_token: str | None = None
    expires_us: int | None = None
    refused_with: str | None = None
    """The error that its token is answered with, once it is no longer good."""
    org_wide: bool = False


@dataclass(eq=False)
class View:
    id: str
    app: App
    team: Workspace
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None

    def as_json(self, state: Json | None = None) -> Json:
        optional = {"callback_id": "", "private_metadata": "", "external_id": "", "submit": None, "close": None}
        links = {"root_view_id": self.root_id, "previous_view_id": self.previous_id}
        about = {"id": self.id, "team_id": self.team.id, "app_id": self.app.id, "app_installed_team_id": self.team.id}
        state = {"values": state or {}}
        return about | optional | copy.deepcopy(self.content) | links | {"hash": self.hash, "state": state}


@dataclass(eq=False)
class Trigger:
    app: App
    team: Workspace
    user: str
    expires_us: int
    within: View | None = None
    used: bool = False


@dataclass(eq=False)
class ResponseUrl:
    installation: Installation
    channel: Channel
    user: str
    expires_us: int
    about: Message | None = None
    uses_left: int = RESPONSE_URL_USES


class World:
    """The state, without any network. Everything is public: tests look at it as they like."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or (lambda: time.time_ns() // 1000)
        self.refuses_tables = False
        self.workspaces: dict[str, Workspace] = {}
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.apps: dict[str, App] = {}
        self.installations: list[Installation] = []
        self.tokens: dict[str, Installation] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[tuple[str, str], View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._number = count(1)
        self._last_us = 0
        self._change = asyncio.Event()
        self.app = self.new_app("Shipworthy")

    def new_id(self, kind: str) -> str:
        return f"{kind}{next(self._number):06}"

    def next_ts(self) -> str:
        """The time now as Slack writes it, and never the same twice."""
        self._last_us = max(self.clock(), self._last_us + 1)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06}"

    # -- building ----------------------------------------------------------------------------------------------

    def new_app(self, name: str) -> App:
        """Another app; the first is there from the start, as `app`."""
        app = App(
            id=self.new_id("A"),
            name=name,
            client_id=f"{next(self._number)}.{next(self._number)}",
            client_secret=secrets.token_hex(16),
            signing_secret=secrets.token_hex(16),
            app_token=f"xapp-1-{secrets.token_hex(16)}",
        )
        self.apps[app.id] = app
        return app

    def workspace(
        self, team_id: str = "T1", name: str = "", *, enterprise: str | None = None, installed: bool = True
    ) -> Workspace:
        """A workspace with the app in it, unless it is to be installed later."""
        team = Workspace(team_id, name or f"Team {team_id}", team_id.lower(), enterprise)
        self.workspaces[team_id] = team
        if installed:
            self.install(team)
        return team

    def install(
        self, team: Workspace, app: App | None = None, *, scopes: Iterable[str] | None = None, org_wide: bool = False
    ) -> Installation:
        """Put an app into a workspace, or give it a new token there; without `scopes` those it asks for."""
        app = app or self.app
        before = self.bot(team, app, active=False)
        bot = before.bot if before else self.person(team, app.name.lower(), is_bot=True)
        made = Installation(
            app=app,
            team=team,
            bot=bot,
            bot_id=before.bot_id if before else self.new_id("B"),
            scopes=frozenset(app.scopes if scopes is None else scopes),
            token=f"xoxb-{secrets.token_hex(12)}",
            org_wide=org_wide,
        )
        self.installations.append(made)
        self.tokens[made.token] = made
        self.changed()
        return made

    def bot(self, team: Workspace | str, app: App | None = None, *, active: bool = True) -> Installation | None:
        """The newest installation of an app in a workspace; None if there is none that is good, or none at all."""
        team_id = team if isinstance(team, str) else team.id
        for made in reversed(self.installations):
            if made.app is (app or self.app) and made.team.id == team_id:
                return None if active and made.refused_with else made
        return None

    def token(self, team: Workspace | str) -> str:
        """The bot token of the app in a workspace."""
        if made := self.bot(team):
            return made.token
        raise LookupError(f"the app is not installed in {team}")

    def person(
        self, team: Workspace, name: str, *, person_id: str = "", tz: str = "Europe/Amsterdam", **flags: bool
    ) -> Person:
        """Somebody of a workspace; flags are `is_admin`, `is_owner`, `is_restricted` and so on."""
        person = Person(person_id or self.new_id("U"), team, name.lower(), name, tz, **flags)
        self.people[person.id] = person
        return person

    def channel(
        self, team: Workspace, name: str, *members: Person, private: bool = False, with_bot: bool = True
    ) -> Channel:
        """A channel with these members and, unless told otherwise, the bot."""
        kind = "private" if private else "public"
        channel = Channel(self.new_id("C"), team, name, kind, [member.id for member in members])
        if with_bot and (made := self.bot(team)):
            channel.members.append(made.bot.id)
        self.channels[channel.id] = channel
        return channel

    def direct(self, *people: Person) -> Channel:
        """The conversation between these people, opened on first use: of two, or of a group."""
        ids = [person.id for person in people]
        for channel in self.channels.values():
            if channel.kind in ("im", "mpim") and sorted(channel.members) == sorted(ids):
                return channel
        kind, letter = ("im", "D") if len(ids) == 2 else ("mpim", "G")
        names = "--".join(person.name for person in people)
        channel = Channel(self.new_id(letter), people[0].team, f"mpdm-{names}-1", kind, ids)
        self.channels[channel.id] = channel
        return channel

    def share(self, channel: Channel, team: Workspace, *members: Person) -> None:
        """Make it a channel of two organisations, and let these people of the other one in."""
        channel.shared_with.append(team)
        channel.members += [member.id for member in members]

    # -- looking -----------------------------------------------------------------------------------------------

    def messages(self, channel: Channel) -> list[Message]:
        """What stands in a channel, oldest first."""
        return [channel.messages[ts] for ts in sorted(channel.messages)]

    def whispers(self, channel: Channel, person: Person) -> list[Message]:
        """What is shown to this person alone in a channel, oldest first."""
        return [message for message in channel.whispers if message.seen_by == person.id]

    def modal(self, person: Person) -> View | None:
        """The modal that this person has in front of them."""
        stack = self.modals.get(person.id)
        return stack[-1] if stack else None

    def home(self, person: Person) -> View | None:
        """What the app published as this person's home."""
        return self.homes.get((self.app.id, person.id))

    # -- waiting -----------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Wake everyone who waits for something."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, predicate: Callable[[], Found], within_s: float = PATIENCE_S) -> Found:
        """What `predicate` returns, as soon as that is true; it is tried again whenever anything changes here."""
        async with asyncio.timeout(within_s):
            while not (found := predicate()):
                await self._change.wait()
        return found

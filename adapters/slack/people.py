"""What Slack tells of a person: name, zone, whether it is a bot, a guest, or from another organisation."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from adapters.slack.errors import SLACK_ERRORS
from adapters.slack.inbound import Payload
from adapters.slack.workspaces import Workspace
from commands.model import Asker

FRESH_S = 3_600.0
ANSWER_WITHIN_S = 1.5
"""Slack waits three seconds for the answer to an event, which may need to know who did something."""

MOST_HELD = 50_000
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Person:
    """One person as a workspace sees them. `outside` is True for people of another organisation."""

    id: str
    name: str = ""
    zone: str | None = None
    bot: bool = False
    outside: bool = False
    guest: bool = False
    manager: bool = False

    @property
    def asker(self) -> Asker:
        """The same person as the core knows askers."""
        return Asker(self.id, self.zone, full_member=not (self.guest or self.outside), manager=self.manager)


class People:
    """Looks people up, and remembers them for an hour: a vote seldom has to wait for an answer of Slack's."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], tuple[float, Person]] = OrderedDict()
        self._asked: dict[tuple[str, str], asyncio.Task[Person | None]] = {}

    async def get(self, workspace: Workspace, person: str) -> Person:
        """This person; only the id where Slack does not answer, so that nobody's vote waits for it."""
        key = (workspace.id, person)
        now = asyncio.get_running_loop().time()
        held_at, held = self._held.get(key, (0.0, None))
        if held is not None and now - held_at < FRESH_S:
            return held
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(self._ask(workspace, person))
            self._asked[key].add_done_callback(lambda _: self._asked.pop(key, None))
        found = None
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                found = await asyncio.shield(self._asked[key])
        return found or held or Person(person, bot=person == SLACKBOT)

    async def names(self, workspace: Workspace, people: Iterable[str]) -> dict[str, str]:
        """What these people are called, by id; those nobody could tell are left out."""
        found = [await self.get(workspace, person) for person in people]
        return {person.id: person.name for person in found if person.name}

    async def _ask(self, workspace: Workspace, person: str) -> Person | None:
        """Ask Slack, and remember what it says even where nobody waits for it any more."""
        try:
            answer = await workspace.client.users_info(user=person)
        except SLACK_ERRORS:
            return None
        found = read(answer["user"], workspace)
        key = (workspace.id, person)
        self._held[key] = (asyncio.get_running_loop().time(), found)
        self._held.move_to_end(key)
        if len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        return found


def read(user: Payload, workspace: Workspace) -> Person:
    """A person as `users.info` describes them."""
    profile: dict[str, Any] = user.get("profile") or {}
    home, grid = user.get("team_id"), (user.get("enterprise_user") or {}).get("enterprise_id")
    ours = home in (None, workspace.id) or (grid is not None and grid == workspace.enterprise)
    return Person(
        id=user["id"],
        name=profile.get("display_name") or user.get("real_name") or user.get("name") or "",
        zone=user.get("tz") or None,
        bot=bool(user.get("is_bot")) or user["id"] == SLACKBOT,
        outside=not ours,
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        manager=bool(user.get("is_admin") or user.get("is_owner")),
    )

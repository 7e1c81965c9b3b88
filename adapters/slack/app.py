"""Bolt's app, with each delivery known by an id from the moment it arrives to its last line in the log."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.inbound import PLATFORM
from commands import tracing

WORD = re.compile(r"\w{1,40}", re.ASCII)

KINDS = {
    "reaction_added": "reaction",
    "reaction_removed": "reaction",
    "app_mention": "mention",
    "app_home_opened": "home",
    "block_actions": "button",
    "block_suggestion": "completion",
    "view_submission": "form",
}
"""What Slack's words for what people do are called in the log; of others, Slack's own words."""


class App(AsyncApp):
    """Bolt's app; every delivery, by socket or by HTTP, comes through here."""

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Work on a delivery. It has an id even where it turns out to be nobody's: its signature is checked later."""
        tracing.begin(PLATFORM, *arrival(req.body or {}))
        return await super().async_dispatch(req)


def arrival(body: Mapping[str, Any]) -> tuple[str, str]:
    """The workspace that a delivery is of and what it is, "?" where it says neither in a word."""
    team, event = body.get("team"), body.get("event")
    of = body.get("team_id") or (team.get("id") if isinstance(team, Mapping) else None)
    kind = event.get("type") if isinstance(event, Mapping) else body.get("type")
    if "command" in body:
        kind = "command"
    return _word(of), KINDS.get(found := _word(kind), found)


def _word(value: object) -> str:
    return value if isinstance(value, str) and WORD.fullmatch(value) else "?"

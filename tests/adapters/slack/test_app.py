"""What a delivery is known as before anything of it is believed."""

from typing import Any

import pytest

from adapters.slack.app import arrival


@pytest.mark.parametrize(
    ("body", "known_as"),
    [
        ({"command": "/compare", "team_id": "T1"}, ("T1", "command")),
        ({"team_id": "T1", "event": {"type": "reaction_added"}, "type": "event_callback"}, ("T1", "reaction")),
        ({"team_id": "T1", "event": {"type": "channel_rename"}}, ("T1", "channel_rename")),
        ({"type": "block_actions", "team": {"id": "T1"}}, ("T1", "button")),
        ({"type": "view_submission", "team": None, "user": {"team_id": "T2"}}, ("?", "form")),
        ({}, ("?", "?")),
        ({"team_id": "T1\n2026 ERROR", "type": "x" * 41}, ("?", "?")),
        ({"team_id": 1, "event": [], "type": {"a": 1}, "team": "T1"}, ("?", "?")),
    ],
)
def test_a_delivery_is_known_by_its_workspace_and_what_it_is_each_in_a_word(
    body: dict[str, Any], known_as: tuple[str, str]
) -> None:
    assert arrival(body) == known_as

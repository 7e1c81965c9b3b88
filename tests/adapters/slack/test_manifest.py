"""The manifest: what Slack's own schema for it allows, and all that the declarations and the listeners need."""

import re
from typing import Any

import pytest

from adapters.slack import scopes
from adapters.slack.manifest import manifest, public_url
from commands.core import COMMANDS
from commands.errors import CommandError

URL = "https://bot.example.com"
SOCKET = manifest(COMMANDS, url=None, optional=False)
HTTP = manifest(COMMANDS, url=URL, optional=False)
FULL = manifest(COMMANDS, url=URL, optional=True)

TEXT, FLAG, LIST = str, bool, list
SCHEMA: dict[str, Any] = {
    "display_information": {"name": 35, "description": 140, "long_description": 4000, "background_color": 7},
    "features": {
        "app_home": {
            "home_tab_enabled": FLAG,
            "messages_tab_enabled": FLAG,
            "messages_tab_read_only_enabled": FLAG,
        },
        "bot_user": {"display_name": 80, "always_online": FLAG},
        "slash_commands": [
            {"command": 32, "url": 3000, "description": 2000, "usage_hint": 1000, "should_escape": FLAG},
        ],
    },
    "oauth_config": {"redirect_urls": [2500], "scopes": {"bot": [50], "user": [50]}},
    "settings": {
        "event_subscriptions": {"request_url": 3500, "bot_events": [50], "user_events": [50]},
        "interactivity": {"is_enabled": FLAG, "request_url": 3500, "message_menu_options_url": 3500},
        "org_deploy_enabled": FLAG,
        "socket_mode_enabled": FLAG,
        "token_rotation_enabled": FLAG,
    },
}
"""The part of slackapi/manifest-schema, version 1, that is used: a number is the most characters of a text."""


def mistakes(value: object, rule: object, path: str = "") -> list[str]:
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        return [
            mistake
            for name, inner in value.items()
            for mistake in (mistakes(inner, rule[name], f"{path}.{name}") if name in rule else [f"{path}.{name}?"])
        ]
    if isinstance(rule, list):
        if not isinstance(value, list) or not value:
            return [f"{path} is no list, or empty"]
        repeated = [path] if len({str(one) for one in value}) < len(value) else []
        return repeated + [mistake for one in value for mistake in mistakes(one, rule[0], f"{path}[]")]
    if isinstance(rule, int):
        return [] if isinstance(value, str) and 0 < len(value) <= rule else [f"{path} is no text, empty or too long"]
    return [] if isinstance(value, bool) else [f"{path} is no boolean"]


@pytest.mark.parametrize("made", [SOCKET, HTTP, FULL])
def test_it_has_no_field_and_no_length_that_slacks_schema_does_not_allow(made: dict[str, Any]) -> None:
    assert mistakes(made, SCHEMA) == []
    assert len(made["display_information"]["long_description"]) >= 175
    assert re.fullmatch(r"#[0-9a-f]{6}", made["display_information"]["background_color"])


def test_every_declared_command_can_be_found_in_it_with_its_usage() -> None:
    compare, everything = SOCKET["features"]["slash_commands"]
    assert compare["command"] == "/compare"
    assert everything["command"] == "/shipworthy"
    assert everything["usage_hint"].split(" | ") == [command.name for command in COMMANDS]
    [declared] = [command for command in COMMANDS if command.name == "compare"]
    assert f"/compare {compare['usage_hint']}" == declared.usage
    assert compare["description"] == declared.help


def test_without_an_address_it_is_for_socket_mode_and_names_no_address() -> None:
    assert SOCKET["settings"]["socket_mode_enabled"] is True
    assert "http" not in str(SOCKET)
    assert SOCKET["settings"]["interactivity"]["is_enabled"] is True


def test_with_an_address_everything_that_slack_sends_comes_to_one_path_of_it() -> None:
    events = f"{URL}/slack/events"
    assert HTTP["settings"]["socket_mode_enabled"] is False
    assert {command["url"] for command in HTTP["features"]["slash_commands"]} == {events}
    assert HTTP["settings"]["event_subscriptions"]["request_url"] == events
    assert HTTP["settings"]["interactivity"]["request_url"] == events
    assert HTTP["settings"]["interactivity"]["message_menu_options_url"] == events
    assert HTTP["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]


@pytest.mark.parametrize("made", [SOCKET, HTTP, FULL])
def test_it_asks_for_one_workspace_and_for_tokens_that_do_not_change(made: dict[str, Any]) -> None:
    assert made["settings"]["org_deploy_enabled"] is False
    assert made["settings"]["token_rotation_enabled"] is False
    assert made["features"]["bot_user"]["always_online"] is True
    assert made["features"]["app_home"]["home_tab_enabled"] is True


def test_the_optional_scopes_and_the_event_that_needs_one_are_asked_for_only_when_wanted() -> None:
    required, optional = ([scope.name for scope in some] for some in (scopes.REQUIRED, scopes.OPTIONAL))
    assert HTTP["oauth_config"]["scopes"]["bot"] == required
    assert FULL["oauth_config"]["scopes"]["bot"] == required + optional
    few, more = (set(made["settings"]["event_subscriptions"]["bot_events"]) for made in (HTTP, FULL))
    assert few == {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "reaction_added",
        "reaction_removed",
        "tokens_revoked",
    }
    assert more - few == {"member_joined_channel"}


@pytest.mark.parametrize("scope", scopes.REQUIRED + scopes.OPTIONAL)
def test_every_scope_says_in_one_sentence_what_it_is_for(scope: scopes.Scope) -> None:
    assert re.fullmatch(r"[A-Z][^.]+\.", scope.why)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (URL, URL),
        (f"{URL}/", URL),
        ("https://bot.example.com:8443", "https://bot.example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
    ],
)
def test_an_address_is_taken_with_or_without_a_slash_at_its_end(typed: str, meant: str) -> None:
    assert public_url(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "bot.example.com",
        "http://bot.example.com",
        "ftp://bot.example.com",
        "https://",
        "https://me:secret@bot.example.com",
        "https://bot.example.com:port",
        "https://bot.example.com\nx",
        f"{URL}/slack/events",
        f"{URL}?x=1",
        f"{URL}/#x",
    ],
)
def test_an_address_slack_would_not_take_or_with_a_path_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(CommandError, match=r"^--url takes an .*for example https://"):
        public_url(typed)

"""The app manifest, from which Slack makes the app: drawn from the declarations, so that it lacks no command."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from adapters.slack import scopes
from commands.declare import Command
from commands.errors import CommandError

NAME = "Shipworthy"
EVENTS = "/slack/events"
REDIRECT = "/slack/oauth_redirect"

OWN = "compare"
"""The command that is typed by its own name in Slack; the others follow /shipworthy."""

_BOT_EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)
_ABOUT = (
    "Which of these AI tools should we ship with? Type /compare and two to four tools: the channel sees them side by "
    "side, with what a panel of four reviewers says, what your own team votes, the price and what each is best for. "
    "Members vote with a reaction, and once a week the channel reads what changed. Nothing is posted unasked."
)


def manifest(commands: Iterable[Command], *, url: str | None, optional: bool) -> dict[str, Any]:
    """The manifest of an app that is reached at this public address, or by Socket Mode where there is none.

    `optional` asks for the optional scopes too, and for the event that needs them.
    """
    asked = scopes.REQUIRED + scopes.OPTIONAL if optional else scopes.REQUIRED
    requests = {"request_url": f"{url}{EVENTS}"} if url else {}
    return {
        "display_information": {
            "name": NAME,
            "description": "Which of these AI tools should we ship with?",
            "long_description": _ABOUT,
            "background_color": "#1f3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "slash_commands": [
                command | {"should_escape": False} | ({"url": f"{url}{EVENTS}"} if url else {})
                for command in _slash_commands(tuple(commands))
            ],
        },
        "oauth_config": {
            **({"redirect_urls": [f"{url}{REDIRECT}"]} if url else {}),
            "scopes": {"bot": [scope.name for scope in asked]},
        },
        "settings": {
            "event_subscriptions": {
                **requests,
                "bot_events": sorted({*_BOT_EVENTS, *(["member_joined_channel"] if optional else [])}),
            },
            "interactivity": {
                "is_enabled": True,
                **requests,
                **({"message_menu_options_url": f"{url}{EVENTS}"} if url else {}),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _slash_commands(commands: tuple[Command, ...]) -> list[dict[str, Any]]:
    """/compare, and /shipworthy for everything."""
    [own] = [command for command in commands if command.name == OWN]
    return [
        {"command": f"/{own.name}", "description": own.help, "usage_hint": own.usage.partition(" ")[2]},
        {
            "command": f"/{NAME.lower()}",
            "description": "Everything Shipworthy can do; help lists it",
            "usage_hint": " | ".join(command.name for command in commands),
        },
    ]


def public_url(typed: str) -> str:
    """The address as the manifest needs it, without a slash at its end.

    Raises `CommandError` for one that Slack would not take or that has a path of its own.
    """
    try:
        parts = urlsplit(typed)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"})
        right = secure and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        right = False
    if not right or not re.fullmatch(r"[!-~]+", typed):
        raise CommandError(
            "--url takes an https address, for example https://bot.example.com (http for localhost only)."
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise CommandError(
            f"--url takes an address without a path, for example https://{parts.netloc}; {EVENTS} is added."
        )
    return f"{parts.scheme}://{parts.netloc}"

"""What the bot asks a server to allow it, and what is missing of it."""

from urllib.parse import parse_qs, urlsplit

from discord import Permissions

from adapters.discord import permissions
from adapters.discord.permissions import ADMINISTRATOR, MASK, NEEDED, invite, missing

NAMES = tuple(permission.name for permission in NEEDED)


def test_the_bits_are_those_of_the_library_and_nothing_else_is_asked_for() -> None:
    assert Permissions(MASK) == Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        embed_links=True,
        add_reactions=True,
        read_message_history=True,
    )
    assert Permissions(administrator=True).value == ADMINISTRATOR
    for permission in NEEDED:
        [(name, _)] = [(name, on) for name, on in Permissions(permission.bit) if on]
        library = {"view_channel": "View Channels", "read_messages": "View Channels"}
        assert library.get(name, name.replace("_", " ").title().replace(" In ", " in ")) == permission.name


def test_each_permission_that_is_missing_is_named_alone() -> None:
    assert missing(MASK) == ()
    assert missing(0) == NAMES
    for permission in NEEDED:
        assert missing(MASK & ~permission.bit) == (permission.name,)
        assert missing(permission.bit, permission.name) == ()


def test_only_the_permissions_asked_about_are_named() -> None:
    reactions = next(permission.bit for permission in NEEDED if permission.name == "Add Reactions")
    assert missing(MASK & ~reactions, *permissions.REACTIONS) == ("Add Reactions",)
    assert missing(MASK & ~reactions, *permissions.EMBEDS, *permissions.DIGEST) == ()
    assert missing(MASK & ~reactions, *permissions.HISTORY) == ()
    assert missing(0, *permissions.DIGEST_IN_THREAD) == ("View Channels", "Send Messages in Threads")


def test_every_permission_is_needed_for_something() -> None:
    used = (*permissions.REACTIONS, *permissions.EMBEDS, *permissions.DIGEST, *permissions.DIGEST_IN_THREAD)
    assert set(used) == set(NAMES)


def test_an_administrator_lacks_nothing() -> None:
    assert missing(ADMINISTRATOR) == ()
    assert missing(ADMINISTRATOR, *permissions.DIGEST) == ()


def test_the_invite_link_asks_for_the_bot_its_commands_and_exactly_what_is_needed() -> None:
    link = urlsplit(invite("123"))
    assert (link.scheme, link.netloc, link.path) == ("https", "discord.com", "/oauth2/authorize")
    assert parse_qs(link.query) == {
        "client_id": ["123"],
        "scope": ["bot applications.commands"],
        "permissions": [str(MASK)],
    }

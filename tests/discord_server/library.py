"""Turning the real library towards this Discord. It keeps the addresses in its classes, for the whole process."""

from collections.abc import Iterator
from contextlib import contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.discord_server.server import Discord


@contextmanager
def directed_to(server: Discord) -> Iterator[None]:
    """Let every client of the library talk to this server for as long as the context is open."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api_url, yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before

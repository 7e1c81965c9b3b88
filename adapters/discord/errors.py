"""What Discord's refusals come to, in the core's own sorts of error."""

import logging
from contextlib import AbstractContextManager
from http import HTTPStatus

import aiohttp
import discord

from adapters.failures import Uncertain, passed_over, translated
from commands.errors import CommandError, Gone, Unavailable

log = logging.getLogger(__name__)

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
MISSING_ACCESS, MISSING_PERMISSIONS, NO_DIRECT_MESSAGES = 50001, 50013, 50007
ALREADY_ANSWERED = 40060
ARCHIVED = (50083, 160005)

MENDED_BY = {
    UNKNOWN_CHANNEL: "the channel was deleted",
    MISSING_ACCESS: "I cannot see that channel. Let my role view it",
    MISSING_PERMISSIONS: "my role lacks a permission there: it needs View Channel, Send Messages and Embed Links",
    NO_DIRECT_MESSAGES: "this person takes no direct messages",
    **dict.fromkeys(ARCHIVED, "the thread is archived"),
}

DISCORD_ERRORS = (discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError)


def code(error: BaseException | None) -> int:
    """Discord's number for what was wrong; 0 where it gave none."""
    return error.code if isinstance(error, discord.HTTPException) else 0


def sort(error: Exception) -> Exception:
    """The error that says who can do something about it: `Gone`, `CommandError`, `Unavailable` or `Uncertain`."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable(f"Discord cannot be reached: {type(error).__name__}")
    if isinstance(error, discord.RateLimited):
        return Unavailable("Discord asks to wait")
    if not isinstance(error, discord.HTTPException):
        return Uncertain(f"Discord did not answer: {type(error).__name__}")
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable("Discord asks to wait")
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Uncertain(f"Discord failed: {error.status}")
    if error.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
        return Gone(MENDED_BY.get(error.code, "the message was deleted"))
    if error.status == HTTPStatus.UNAUTHORIZED:
        return CommandError("Discord refuses the bot's token")
    return CommandError(MENDED_BY.get(error.code, f"Discord answers “{error.text or error.status}”"))


def sorted_errors(*, repeatable: bool = True) -> AbstractContextManager[None]:
    """Raise the core's errors for Discord's; what is `repeatable` is `Unavailable` where its fate is unknown."""
    return translated(DISCORD_ERRORS, sort, repeatable=repeatable)


def forgiven(what: str) -> AbstractContextManager[None]:
    """Go on without something that was worth trying, and log that it could not be done."""
    return passed_over(what, DISCORD_ERRORS, sort, log)

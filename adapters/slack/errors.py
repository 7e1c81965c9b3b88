"""What Slack's refusals come to, in the core's own sorts of error."""

import logging
from contextlib import AbstractContextManager
from http import HTTPStatus

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

from adapters.failures import Uncertain, passed_over, translated
from commands.errors import CommandError, Gone, Unavailable

log = logging.getLogger(__name__)

MESSAGE_GONE = frozenset({"message_not_found", "thread_not_found"})
REMOVED = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
PASSING = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable", "team_added_to_org"})
"""Slack did nothing and says so; it may be asked again."""

MENDED_BY = {
    "is_archived": "the channel is archived",
    "channel_not_found": "I am not in that channel, or it was deleted. Invite me with /invite @Shipworthy",
    "not_in_channel": "I am not in that channel. Invite me with /invite @Shipworthy",
    "missing_scope": "the app lacks a permission there; install it again",
    "restricted_action": "only some people may post there",
}


def code(error: SlackApiError) -> str:
    """Slack's word for what was wrong; "" where the answer was none of the API's."""
    response = error.response
    found = response.get("error") if hasattr(response, "get") else None
    return found if isinstance(found, str) else ""


def is_code(error: Exception, word: str) -> bool:
    """Whether one of the core's errors was raised for this word of Slack's."""
    cause = error.__cause__
    return isinstance(cause, SlackApiError) and code(cause) == word


def reason(error: SlackApiError) -> str:
    """The same in words for people."""
    word = code(error)
    if word in REMOVED:
        return "the app was removed from this workspace"
    return MENDED_BY.get(word, f"Slack answers “{word}”")


def sort(error: Exception) -> Exception:
    """The error that says who can do something about it: `Gone`, `CommandError`, `Unavailable` or `Uncertain`."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable(f"Slack cannot be reached: {type(error).__name__}")
    if isinstance(error, SlackApiError):
        word = code(error)
        if word in PASSING or getattr(error.response, "status_code", 200) == HTTPStatus.TOO_MANY_REQUESTS:
            return Unavailable(f"Slack asks to wait: {word}")
        if word in ("", "fatal_error", "internal_error"):
            return Uncertain(f"Slack failed: {word or 'no answer of the API'}")
        return Gone(reason(error)) if word in MESSAGE_GONE else CommandError(reason(error))
    return Uncertain(f"Slack did not answer: {type(error).__name__}")


SLACK_ERRORS = (SlackApiError, SlackRequestError, aiohttp.ClientError, TimeoutError, OSError)


def sorted_errors(*, repeatable: bool = True) -> AbstractContextManager[None]:
    """Raise the core's errors for Slack's; what is `repeatable` is `Unavailable` where its fate is unknown."""
    return translated(SLACK_ERRORS, sort, repeatable=repeatable)


def forgiven(what: str) -> AbstractContextManager[None]:
    """Go on without something that was worth trying, and log that it could not be done."""
    return passed_over(what, SLACK_ERRORS, sort, log)

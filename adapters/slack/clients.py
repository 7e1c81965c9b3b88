"""The clients that talk to Slack: one address, one shared session, what is repeated, and the way through a proxy."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import ClientSession
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from adapters.proxy import proxy_for

TIMEOUT_S = 20
REPEATS = 3
"""How often one call is made again, whatever the reasons were."""

LONGEST_WAIT_S = 20
"""What must not be posted twice is refused rather than held for longer: a digest has half a minute to be posted."""

_FAILED = frozenset(
    {
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


Waited: TypeAlias = Callable[[float], None]
"""Is told how many seconds a call waited because Slack said so."""


class _Waits(AsyncRateLimitErrorRetryHandler):
    """Waits when Slack asks it to, and tells how long."""

    def __init__(self, max_retry_count: int, waited: Waited) -> None:
        super().__init__(max_retry_count)
        self._waited = waited

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        began = time.perf_counter()
        try:
            await super().prepare_for_next_attempt_async(state=state, request=request, response=response, error=error)
        finally:
            self._waited(time.perf_counter() - began)


class _ShortWaits(_Waits):
    """Waits when Slack asks it to, but not for longer than `LONGEST_WAIT_S` in all."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002 - the SDK's own signature
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        if response is None or response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            return False
        asked = next((held for name, held in response.headers.items() if name.lower() == "retry-after"), ["1"])
        waited_s: int = (state.custom_values or {}).get("waited_s", 0) + int(asked[0])
        state.custom_values = {"waited_s": waited_s}
        return waited_s <= LONGEST_WAIT_S


class _ServerErrors(AsyncServerErrorRetryHandler):
    """Repeats what failed on Slack's side or at a gateway before it; the SDK's own leaves gateways out."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the SDK's own signature
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        return response is not None and response.status_code in _FAILED


def make(
    token: str | None,
    *,
    api_url: str,
    session: ClientSession | None,
    repeat: bool = True,
    waited: Waited = lambda _: None,
) -> AsyncWebClient:
    """A client that waits when Slack asks it to, and calls again where a call or its answer was lost.

    Without `repeat` it calls again only when told to wait for a moment, for then nothing was done.
    Without a session it opens one for every call; a session brings its own time within which a call has
    to be answered.
    """
    client = AsyncWebClient(
        token=token,
        base_url=api_url,
        timeout=TIMEOUT_S,
        session=session,
        logger=_quiet_log(),
        retry_handlers=_handlers(waited, repeat=repeat),
    )
    client.proxy = proxy_for(api_url)  # the SDK has taken the environment's, whatever NO_PROXY says
    return client


def _handlers(waited: Waited, *, repeat: bool) -> list[AsyncRetryHandler]:
    if not repeat:
        return [_ShortWaits(REPEATS, waited)]
    return [
        _Waits(REPEATS, waited),
        AsyncConnectionErrorRetryHandler(max_retry_count=REPEATS),
        _ServerErrors(max_retry_count=REPEATS),
    ]


def _quiet_log() -> logging.Logger:
    """A log for the SDK that leaves out every call's contents: there are tokens and people's words among them."""
    log = logging.getLogger("slack_sdk.quiet")
    log.setLevel(logging.WARNING)
    return log

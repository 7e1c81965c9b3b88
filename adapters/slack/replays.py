"""Requests that Slack signed and that somebody sends again, or that nobody signed at all."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from commands.once import Once

log = logging.getLogger(__name__)

SIGNATURE, SIGNED_AT = "x-slack-signature", "x-slack-request-timestamp"
LEGIBLE = {SIGNATURE: re.compile(r"v0=[0-9a-f]{64}"), SIGNED_AT: re.compile(r"[0-9]{1,12}")}
"""What Slack's signatures and their times look like; of anything else Bolt makes an error of ours."""


class Replays(AsyncMiddleware):
    """Refuses a command, a press or a form whose very bytes came before.

    Slack signs each with the time of its sending, and Bolt takes a signature for five minutes: for so long,
    whoever has seen the request could send it again. Events pass, since Slack repeats them by itself and they
    come to the same however often they are told; so does what is typed into a picker, which changes nothing.
    A command is let through to be acknowledged at once; whoever answers it asks `first` before.
    """

    def __init__(self, once: Once) -> None:
        self._once = once

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - as Bolt has it
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - likewise
    ) -> BoltResponse | None:
        """Stand behind Bolt's own middleware, which checks signatures. What comes by socket bears none.

        As a class of Bolt's it is just called; a function would have its arguments looked up with each delivery.
        """
        passes = "event" in req.body or "command" in req.body or req.body.get("type") == "block_suggestion"
        if passes or await self.first(req):
            return await next()
        return BoltResponse(status=HTTPStatus.CONFLICT)

    async def first(self, request: AsyncBoltRequest) -> bool:
        """Whether a request comes for the first time; one that comes again is logged."""
        signature = "".join(request.headers.get(SIGNATURE, ()))
        first = not signature or await self._once.done("signed", signature)
        if not first:
            log.warning("refused a request that had come before")
        return first


def legible(headers: Mapping[str, str]) -> bool:
    """Whether a signature can be checked, as far as there is one. `headers` are found in any case of letters."""
    return all(shape.fullmatch(headers[name]) for name, shape in LEGIBLE.items() if name in headers)

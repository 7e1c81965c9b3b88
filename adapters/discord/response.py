"""What is said to one interaction: a first answer or a promise of one within three seconds, and what comes after."""

import asyncio
import logging
from typing import Any

from adapters.discord.errors import (
    ALREADY_ANSWERED,
    DISCORD_ERRORS,
    code,
    forgiven,
    sort,
)
from adapters.discord.inbound import Place
from adapters.discord.rest import DEFERRED, EPHEMERAL, MESSAGE, PROMISED_UPDATE, UPDATE, Rest
from adapters.failures import Uncertain

log = logging.getLogger(__name__)

SOON = {"content": "That took a little longer. Here it comes.", "allowed_mentions": {"parse": list[str]()}}


class Response:
    """Shows things to whoever used a command or pressed a button, however late; raises the library's errors.

    Discord takes one first answer, and decides with it who sees it. What is shown later is a message of its own,
    or takes the place of what was promised.
    """

    def __init__(self, rest: Rest, place: Place, *, pressed: bool) -> None:
        self.place = place
        self._rest = rest
        self._pressed = pressed
        self._first: int | None = None
        self._turn = asyncio.Lock()

    async def promise(self) -> None:
        """Promise an answer, unless there is one already; never raises.

        After a press nothing is seen of the promise. After a command only the asker sees it, since it is not
        known yet who is to see the answer, and that gives nothing away.
        """
        kind, data = (PROMISED_UPDATE, {}) if self._pressed else (DEFERRED, {"flags": EPHEMERAL})
        async with self._turn:
            if self._first is None:
                with forgiven("promise an answer"):
                    await self._answer(kind, data)

    async def whisper(self, body: dict[str, Any]) -> None:
        """Show a message to this person alone."""
        body = body | {"flags": body.get("flags", 0) | EPHEMERAL}
        async with self._turn:
            if self._first is None:
                await self._answer(MESSAGE, body)
            elif self._first == DEFERRED:
                await self._fulfil(body)
            else:
                await self._follow_up(body)

    async def redraw(self, body: dict[str, Any]) -> None:
        """Draw the message that was pressed anew."""
        async with self._turn:
            if self._first is None:
                await self._answer(UPDATE, body)
            else:
                await self._amend(body)

    async def publish(self, body: dict[str, Any]) -> dict[str, Any]:
        """Show a message to everybody; the message as Discord has it. A message whose fate is unknown is not repeated.

        A promise that only the asker sees is kept first and then taken back: what follows it directly would
        take its place, and be seen by the asker alone.
        """
        async with self._turn:
            if self._first is None:
                return await self._answer(MESSAGE, body) or await self._amend(body)
            if self._first != DEFERRED:
                return await self._follow_up(body)
            await self._fulfil(SOON)
            made = await self._follow_up(body)
            with forgiven("take back a promise"):
                await self._rest.retract(self.place.application, self.place.token)
            return made

    async def remove(self) -> None:
        """Take away the message that was pressed, which can be done in any channel."""
        await self.promise()
        if self._first != MESSAGE:  # else that message is what would be taken away
            await self._rest.retract(self.place.application, self.place.token)

    async def _answer(self, kind: int, data: dict[str, Any]) -> dict[str, Any] | None:
        """Answer first; the message it made, or None where Discord does not tell.

        An answer that may be lost is given once more, since Discord takes no more than one of them.
        """
        made = None
        for again in (True, False):
            try:
                made = await self._rest.answer(self.place.interaction, self.place.token, kind, data)
                break
            except DISCORD_ERRORS as error:
                if code(error) == ALREADY_ANSWERED:
                    break
                if not (again and isinstance(sort(error), Uncertain)):
                    raise
        self._first = kind
        return made

    async def _fulfil(self, body: dict[str, Any]) -> None:
        await self._amend(body)
        self._first = MESSAGE

    async def _amend(self, body: dict[str, Any]) -> dict[str, Any]:
        return await self._rest.amend(self.place.application, self.place.token, body)

    async def _follow_up(self, body: dict[str, Any]) -> dict[str, Any]:
        return await self._rest.follow_up(self.place.application, self.place.token, body)

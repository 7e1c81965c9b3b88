"""Discord's REST calls that the bot makes, through the library's own client, which keeps its rate limits."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, TypeAlias

import aiohttp
import discord
from discord.http import Route

from commands.model import Message

USERS_A_PAGE = 100
MESSAGES_A_PAGE = 100

MESSAGE, DEFERRED, PROMISED_UPDATE, UPDATE, CHOICES = 4, 5, 6, 7, 8
"""Kinds of answer to an interaction: a message, a promise of one or of a redrawing, a redrawing, completions."""

EPHEMERAL = 1 << 6

WITHIN_S = 25.0
"""How long one call may take, what the library waits for Discord's limits included."""

TRIES = 3

CHANNEL = "/channels/{channel_id}/messages"
ONE_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}"
CALLBACK = "/interactions/{webhook_id}/{webhook_token}/callback"
FOLLOW_UP = "/webhooks/{webhook_id}/{webhook_token}"
FIRST_ANSWER = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
COMMANDS = "/applications/{application_id}/commands"

Body: TypeAlias = dict[str, Any]


class Rest:
    """One method for each call; bodies and answers are Discord's own. Raises the library's errors."""

    def __init__(self, client: discord.Client, *, waited: Callable[[float], None] | None = None) -> None:
        """Give `waited` how many seconds Discord asks to wait, whenever it does; for a client not logged in yet."""
        self._client = client
        if waited:
            client.http.http_trace = _listening(waited)

    async def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: object = None, **ids: str
    ) -> Any:  # noqa: ANN401 - whatever the call answers
        """One call, and again where its answer was lost, if that can do no harm; the library repeats the rest."""
        given: Body = {"params": params} if params else {}
        if json is not None:
            given["json"] = json
        tries = 1 if method == "POST" else TRIES
        while True:
            tries -= 1
            try:
                async with asyncio.timeout(WITHIN_S):
                    return await self._client.http.request(Route(method, path, **ids), **given)
            except (aiohttp.ClientError, TimeoutError, discord.DiscordServerError):
                if not tries:
                    raise

    async def post(self, channel: str, body: Body, *, nonce: int | None = None) -> Body:
        """Post a message; a second post with the same nonce within minutes gives the first."""
        if nonce is not None:
            body = body | {"nonce": str(nonce), "enforce_nonce": True}
        return _made(await self._call("POST", CHANNEL, json=body, channel_id=channel))

    async def edit(self, message: Message, body: Body) -> Body:
        """Draw a message of ours anew; the message as it then stands."""
        made = await self._call("PATCH", ONE_MESSAGE, json=body, channel_id=message.channel, message_id=message.id)
        return _made(made)

    async def delete(self, message: Message) -> None:
        """Delete a message of ours."""
        await self._call("DELETE", ONE_MESSAGE, channel_id=message.channel, message_id=message.id)

    async def get(self, message: Message) -> Body:
        """A message as it stands."""
        return _made(await self._call("GET", ONE_MESSAGE, channel_id=message.channel, message_id=message.id))

    async def channel(self, channel: str) -> Body:
        """A channel or thread as it is now."""
        return dict(await self._call("GET", "/channels/{channel_id}", channel_id=channel))

    async def history(self, channel: str, *, before: str | None = None) -> list[Body]:
        """A page of a channel's messages, newest first; none where the bot may not read the history."""
        params = {"limit": str(MESSAGES_A_PAGE)} | ({"before": before} if before else {})
        return list(await self._call("GET", CHANNEL, params=params, channel_id=channel))

    async def react(self, message: Message, emoji: str) -> None:
        """Put a reaction of our own on a message."""
        await self._call("PUT", f"{REACTION}/@me", channel_id=message.channel, message_id=message.id, emoji=emoji)

    async def reactors(self, message: Message, emoji: str, *, burst: bool, after: str = "0") -> list[Body]:
        """A page of those who reacted with an emoji, in order of their ids."""
        params = {"limit": str(USERS_A_PAGE), "after": after, "type": str(int(burst))}
        found = await self._call(
            "GET", REACTION, params=params, channel_id=message.channel, message_id=message.id, emoji=emoji
        )
        return list(found)

    async def answer(self, interaction: str, token: str, kind: int, data: Body) -> Body | None:
        """Answer an interaction, once and within three seconds; the message it made, if it made one."""
        answered = await self._call(
            "POST",
            CALLBACK,
            params={"with_response": "true"},
            json={"type": kind, "data": _edited(data) if kind == UPDATE else data},
            webhook_id=interaction,
            webhook_token=token,
        )
        made: Body | None = ((answered or {}).get("resource") or {}).get("message")
        return made

    async def follow_up(self, application: str, token: str, body: Body) -> Body:
        """Say something more in answer to an interaction, within fifteen minutes."""
        params = {"wait": "true"}
        made = await self._call(
            "POST", FOLLOW_UP, params=params, json=body, webhook_id=application, webhook_token=token
        )
        return _made(made)

    async def amend(self, application: str, token: str, body: Body) -> Body:
        """Draw the first answer to an interaction anew, or fulfil the promise of one."""
        made = await self._call("PATCH", FIRST_ANSWER, json=_edited(body), webhook_id=application, webhook_token=token)
        return _made(made)

    async def retract(self, application: str, token: str) -> None:
        """Take the first answer to an interaction back."""
        await self._call("DELETE", FIRST_ANSWER, webhook_id=application, webhook_token=token)

    async def direct(self, person: str) -> str:
        """The channel of direct messages with somebody."""
        return str((await self._call("POST", "/users/@me/channels", json={"recipient_id": person}))["id"])

    async def commands(self, application: str) -> list[Body]:
        """The commands that are registered."""
        return list(await self._call("GET", COMMANDS, application_id=application))

    async def register(self, application: str, commands: list[Body]) -> None:
        """Make the registered commands exactly these."""
        await self._call("PUT", COMMANDS, json=commands, application_id=application)


def _listening(waited: Callable[[float], None]) -> aiohttp.TraceConfig:
    """What looks at every answer for how long to wait; the library, which does so, tells nobody."""

    async def on_request_end(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        if ended.response.status == HTTPStatus.TOO_MANY_REQUESTS:
            waited(float(ended.response.headers.get("Retry-After", 0)))

    listening = aiohttp.TraceConfig()
    listening.on_request_end.append(on_request_end)
    return listening


def _edited(body: Body) -> Body:
    """A body as it may be given to what exists already: who sees that is settled."""
    flags = body.get("flags", 0) & ~EPHEMERAL
    return {name: value for name, value in body.items() if name != "flags"} | ({"flags": flags} if flags else {})


def _made(answer: Any) -> Body:  # noqa: ANN401 - a message, as every such call answers
    return dict(answer)

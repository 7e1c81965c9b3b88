"""Calls of the REST API: the table of routes, and what every call has at hand."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from tests.discord_server.errors import Problem, Refused, refuse_form
from tests.discord_server.gateway import Gateway
from tests.discord_server.permissions import Can
from tests.discord_server.things import Channel, Guild, Json, Message


@dataclass(frozen=True)
class Call:
    """One call of a route: with what, and in which Discord."""

    discord: Gateway
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: object = None
    files: Mapping[int, tuple[str, bytes]] = field(default_factory=dict)
    """Uploads, as name and content, by their number."""

    @property
    def json(self) -> Json:
        if not isinstance(self.body, dict):
            refuse_form([Problem((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")])
        return self.body if isinstance(self.body, dict) else {}

    def snowflake(self, name: str) -> str:
        value = self.path[name]
        if not value.isdecimal():
            refuse_form([Problem((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')])
        return value

    def channel(self, *needs: Can) -> Channel:
        """The channel of the path, in which the bot has to have these permissions besides seeing it."""
        channel = self.discord.channels.get(self.snowflake("channel_id"))
        if channel is None or channel.deleted:
            raise Refused.known(10003)
        can = self.discord.can(self.discord.bot, channel)
        if not can & Can.VIEW_CHANNEL or not channel.guild.available:
            raise Refused.known(50001)
        if any(not can & need for need in needs):
            raise Refused.known(50013)
        return channel

    def message(self, channel: Channel) -> Message:
        """The message of the path."""
        message = channel.messages.get(self.snowflake("message_id"))
        if message is None:
            raise Refused.known(10008)
        return message

    def guild(self, *, code: int = 10004) -> Guild:
        """The guild of the path, of which the bot has to be a member."""
        guild = self.discord.guilds.get(self.snowflake("guild_id"))
        if guild is None or self.discord.bot.id not in guild.members or not guild.available:
            raise Refused.known(code)
        return guild

    def number(self, name: str, default: int, most: int) -> int:
        """A number of the query, from 1 to so many."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdecimal() or not 1 <= int(text) <= most:
            message = f"int value should be between 1 and {most}."
            refuse_form([Problem((name,), "NUMBER_TYPE_MAX", message)])
        return int(text)


Answer = Json | list[Json] | None
"""What is sent back: JSON, or nothing at all with status 204."""

Run = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One route of the API under a short name, by which it can be made to fail."""

    name: str
    method: str
    path: str
    run: Run
    needs_token: bool

    @property
    def major(self) -> tuple[str, ...]:
        """What rate limits are kept apart by."""
        names = ("channel_id", "guild_id", "webhook_id", "webhook_token")
        return tuple(name for name in names if f"{{{name}}}" in self.path)


ROUTES: dict[str, Route] = {}


def route(method: str, path: str, *, needs_token: bool = True) -> Callable[[Run], Run]:
    """Serve this route with a function, under the function's name."""

    def register(run: Run) -> Run:
        name = getattr(run, "__name__", "")
        ROUTES[name] = Route(name, method, path, run, needs_token)
        return run

    return register


async def read(request: web.Request) -> tuple[object, dict[int, tuple[str, bytes]]]:
    """The JSON of a request, and what was uploaded with it."""
    if not request.can_read_body:
        return None, {}
    if request.content_type == "multipart/form-data":
        return await _read_parts(request)
    if request.content_type != "application/json":
        message = 'Expected "Content-Type" header to be one of {"application/json", "multipart/form-data"}.'
        refuse_form([Problem((), "CONTENT_TYPE_INVALID", message)])
    return _parse(await request.read()), {}


def _parse(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError as error:
        raise Refused.known(50109) from error


async def _read_parts(request: web.Request) -> tuple[object, dict[int, tuple[str, bytes]]]:
    body: object = {}
    files: dict[int, tuple[str, bytes]] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refused.known(50109)
        name, data = part.name or "", bytes(await part.read())
        if name == "payload_json":
            body = _parse(data)
        elif name.startswith("files[") and name[6:-1].isdecimal() and part.filename:
            files[int(name[6:-1])] = (part.filename, data)
        else:
            message = f"There is no such part of a form: {name}"
            refuse_form([Problem((name,), "FIELD_UNKNOWN", message)])
    return body, files

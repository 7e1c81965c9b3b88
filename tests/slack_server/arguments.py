"""The arguments of a Web API call, however they were sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.slack_server.world import Json, Refused


@dataclass(frozen=True)
class Arguments:
    """Named values, from a query, a form or JSON; lists and objects may be given as JSON within a form."""

    values: Mapping[str, object]

    @classmethod
    async def read(cls, request: web.Request) -> "Arguments":
        values: dict[str, object] = dict(request.query)
        if request.content_type == "application/json":
            try:
                found = await request.json()
            except ValueError as error:
                raise Refused("invalid_json") from error
            if not isinstance(found, dict):
                raise Refused("json_not_object")
            return cls(values | found)
        return cls(values | dict(await request.post()))

    def text(self, name: str) -> str:
        """The text of an argument; empty if it was not given."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def json(self, name: str) -> object:
        """A list or object; None if it was not given."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as error:
            problem = f"[ERROR] {name} is not JSON"
            raise Refused("invalid_arguments", response_metadata={"messages": [problem]}) from error

    def content(self) -> Json:
        """What makes up a message; without what was not given."""
        found = {"text": self.values.get("text"), "thread_ts": self.values.get("thread_ts")}
        found |= {name: self.json(name) for name in ("blocks", "metadata")}
        return {name: value for name, value in found.items() if value is not None}

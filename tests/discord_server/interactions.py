"""Interactions: what the bot is told when somebody uses a command, presses something or sends off a modal."""

import secrets
from collections.abc import Mapping, Sequence

from tests.discord_server import components as kit
from tests.discord_server import declared
from tests.discord_server.gateway import Gateway
from tests.discord_server.things import Channel, Interaction, Json, Message, Person

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5

FIRST_US = 3_000_000
TOKEN_US = 15 * 60_000_000

Value = str | int | float | bool | Person | Channel
Filled = Mapping[str, str | Sequence[str]]
"""What somebody filled in, by custom_id: text, or the values that were chosen."""


def begin(
    discord: Gateway, kind: int, person: Person, channel: Channel, data: Json, *, about: Message | None = None
) -> Interaction:
    """A new interaction with the payload of its INTERACTION_CREATE."""
    guild = channel.guild
    made = Interaction(discord.new_id(), secrets.token_urlsafe(48), kind, person, channel, discord.clock(), about)
    member = guild.members[person.id].as_json() | {"permissions": str(int(discord.can(person, channel)))}
    made.payload = {
        "id": made.id,
        "application_id": discord.app.id,
        "type": kind,
        "token": made.token,
        "version": 1,
        "data": data,
        "guild_id": guild.id,
        "guild": {"id": guild.id, "locale": guild.locale, "features": []},
        "channel_id": channel.id,
        "channel": channel.as_json() | {"permissions": member["permissions"]},
        "member": member,
        "app_permissions": str(int(discord.can(discord.bot, channel))),
        "locale": person.locale,
        "guild_locale": guild.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": guild.id},
        "context": 0,
        "attachment_size_limit": 10_485_760,
    }
    if about is not None:
        made.payload["message"] = about.as_json(seen_by=discord.bot.id)
    return made


# -- commands --------------------------------------------------------------------------------------------------


def find_command(discord: Gateway, channel: Channel, name: str) -> tuple[Json, list[Json]]:
    """A registered command by the name that is typed, sub-commands after a blank, and the options it takes."""
    first, *nested = name.removeprefix("/").split()
    commands = discord.app.commands
    known = [*commands.get(channel.guild.id, []), *commands.get(None, [])]
    found = next((command for command in known if command["name"] == first), None)
    if found is None:
        raise LookupError(f"no command is called {first!r}: {[command['name'] for command in known]}")
    options: list[Json] = found.get("options") or []
    for step in nested:
        inner = next(
            (option for option in options if option["name"] == step and option["type"] <= declared.GROUP), None
        )
        if inner is None:
            raise LookupError(f"{name!r} has no sub-command {step!r}")
        options = inner.get("options") or []
    if any(option["type"] in (declared.SUBCOMMAND, declared.GROUP) for option in options):
        raise LookupError(f"{name!r} needs a sub-command")
    return found, options


def command_data(discord: Gateway, channel: Channel, name: str, given: Mapping[str, Value], focused: str = "") -> Json:
    """What a command comes to in a payload; `focused` is the option that is being typed."""
    command, options = find_command(discord, channel, name)
    takes = {option["name"]: option for option in options}
    if unknown := set(given) - set(takes):
        raise LookupError(f"{name!r} takes no {sorted(unknown)}, only {sorted(takes)}")
    missing = [option["name"] for option in options if option.get("required") and option["name"] not in given]
    if missing and not focused:
        raise LookupError(f"{name!r} needs {missing}")
    resolved: Json = {}
    values = [
        _option(discord, takes[key], value, resolved, channel, typing=key == focused) for key, value in given.items()
    ]
    for step in reversed(name.removeprefix("/").split()[1:]):
        depth = declared.SUBCOMMAND if not values or "value" in values[0] else declared.GROUP
        values = [{"type": depth, "name": step, "options": values}]
    data: Json = {"id": command["id"], "name": command["name"], "type": 1}
    data |= {"options": values} if values else {}
    data |= {"resolved": resolved} if resolved else {}
    return data | {"guild_id": command["guild_id"]} if "guild_id" in command else data


def _option(discord: Gateway, option: Json, value: Value, resolved: Json, channel: Channel, *, typing: bool) -> Json:
    kind: int = option["type"]
    about: Json = {"type": kind, "name": option["name"]}
    if typing:
        if not option.get("autocomplete"):
            raise LookupError(f"{option['name']} does not complete what is typed")
        return about | {"value": value, "focused": True}
    _check_value(option, value)
    if isinstance(value, Person):
        resolved.setdefault("users", {})[value.id] = value.as_json()
        member = channel.guild.members.get(value.id)
        if member is not None:
            shown = {key: held for key, held in member.as_json().items() if key not in ("user", "deaf", "mute")}
            bits = str(int(discord.can(value, channel)))
            resolved.setdefault("members", {})[value.id] = shown | {"permissions": bits}
        return about | {"value": value.id}
    if isinstance(value, Channel):
        bits = str(int(discord.can(discord.bot, value)))
        resolved.setdefault("channels", {})[value.id] = value.as_json() | {"permissions": bits}
        return about | {"value": value.id}
    return about | {"value": value}


_TYPES: dict[int, tuple[type, ...]] = {
    declared.STRING: (str,),
    declared.INTEGER: (int,),
    declared.BOOLEAN: (bool,),
    declared.USER: (Person,),
    declared.CHANNEL: (Channel,),
    declared.NUMBER: (int, float),
}


def _check_value(option: Json, value: Value) -> None:
    """What the client of Discord would not let anybody send."""
    allowed = _TYPES[option["type"]]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise ValueError(f"{option['name']} takes {allowed}, not {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or []]
    if choices and value not in choices:
        raise ValueError(f"{value!r} is not among the choices of {option['name']}: {choices}")
    size = len(value) if isinstance(value, str) else value if isinstance(value, (int, float)) else 0
    least, most = (option.get(f"{end}_{'length' if isinstance(value, str) else 'value'}") for end in ("min", "max"))
    if (least is not None and size < least) or (most is not None and size > most) or value == "":
        raise ValueError(f"{option['name']} takes no {value!r}: from {least} to {most}")


# -- what is pressed and filled in -----------------------------------------------------------------------------


def find_component(message: Message, custom_id: str) -> Json:
    """The one component of this custom_id, or beginning of it, that can be used."""
    offered = [item for item in kit.all_of(message.components) if item.get("custom_id")]
    found = [item for item in offered if item["custom_id"].startswith(custom_id)]
    best = [item for item in found if item["custom_id"] == custom_id] or found
    if len(best) != 1:
        shown = [item["custom_id"] for item in offered]
        raise LookupError(f"{len(best)} components fit {custom_id!r}; shown are {shown}")
    if best[0].get("disabled"):
        raise LookupError(f"{best[0]['custom_id']!r} is disabled")
    return best[0]


def component_data(component: Json, values: Sequence[str]) -> Json:
    """What using a component comes to in a payload."""
    data: Json = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
    if component["type"] == kit.BUTTON:
        return data
    return data | {"values": _chosen(component, values)}


def _chosen(component: Json, values: Sequence[str]) -> list[str]:
    least, most = component.get("min_values", 1), component.get("max_values", 1)
    if not least <= len(values) <= most:
        raise ValueError(f"{component['custom_id']} takes {least} to {most} values, not {list(values)}")
    options = [option["value"] for option in component.get("options") or []]
    if component["type"] == kit.STRING_SELECT and not set(values) <= set(options):
        raise ValueError(f"{list(values)} are not all among {options}")
    return list(values)


def modal_data(modal: Json, filled: Filled) -> Json:
    """What a filled-in modal comes to in a payload; a field that has to be filled in and is not is a ValueError."""
    fields = {item["custom_id"] for item in kit.all_of(modal["components"]) if "custom_id" in item}
    if unknown := set(filled) - fields:
        raise LookupError(f"no such fields: {sorted(unknown)}; shown are {sorted(fields)}")
    parts = [_part(part, filled) for part in modal["components"]]
    return {"custom_id": modal["custom_id"], "components": parts}


def _part(part: Json, filled: Filled) -> Json:
    about = {"type": part["type"], "id": part["id"]}
    if part["type"] == kit.ROW:
        return about | {"components": [_field(item, filled) for item in part["components"]]}
    return about | {"component": _field(part["component"], filled)} if part["type"] == kit.LABEL else about


def _field(item: Json, filled: Filled) -> Json:
    about: Json = {"type": item["type"], "id": item["id"], "custom_id": item["custom_id"]}
    given = filled.get(item["custom_id"], item.get("value") or "")
    if item["type"] != kit.TEXT_INPUT:
        return about | {"values": _chosen(item, [given] if isinstance(given, str) and given else list(given))}
    text = str(given)
    if item.get("required", True) and not text:
        raise ValueError(f"{item['custom_id']} has to be filled in")
    if text and not item.get("min_length", 0) <= len(text) <= item.get("max_length", 4000):
        raise ValueError(f"{item['custom_id']} does not take {len(text)} characters")
    return about | {"value": text}

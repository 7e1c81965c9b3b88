"""What the bot looks up about itself and where it is, and the commands it registers, over REST."""

import copy

from tests.discord_server.declared import check_commands
from tests.discord_server.errors import Refused, refuse_form
from tests.discord_server.permissions import in_guild
from tests.discord_server.rest import Answer, Call, route
from tests.discord_server.things import Guild, Json

_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


@route("GET", "/gateway", needs_token=False)
def get_gateway(call: Call) -> Answer:
    return {"url": call.discord.gateway_url}


@route("GET", "/gateway/bot")
def get_gateway_bot(call: Call) -> Answer:
    discord = call.discord
    limit = {"total": 1000, "remaining": discord.session_starts_left, "reset_after": 3_600_000, "max_concurrency": 1}
    return {"url": discord.gateway_url, "shards": discord.shards, "session_start_limit": limit}


@route("GET", "/users/@me")
def get_me(call: Call) -> Answer:
    return call.discord.bot.as_json() | {"email": None, "verified": True, "mfa_enabled": False, "flags": 0}


@route("GET", "/users/{user_id}")
def get_user(call: Call) -> Answer:
    person = call.discord.people.get(call.snowflake("user_id"))
    if person is None:
        raise Refused.known(10013)
    return person.as_json()


@route("GET", "/users/@me/guilds")
def list_guilds(call: Call) -> Answer:
    own = [guild for guild in call.discord.guilds.values() if call.discord.bot.id in guild.members]
    limit, after = call.number("limit", 200, 200), int(call.query.get("after") or 0)
    found = sorted((guild for guild in own if int(guild.id) > after), key=lambda guild: int(guild.id))
    return [_listed(guild, call.discord.bot.id) for guild in found[:limit]]


def _listed(guild: Guild, bot: str) -> Json:
    """A guild as the bot's own list has it, with what its roles there add up to."""
    may = in_guild(guild.everyone.permissions, (role.permissions for role in guild.members[bot].roles))
    about: Json = {"id": guild.id, "name": guild.name, "icon": None, "banner": None, "owner": False, "features": []}
    return about | {"permissions": str(int(may))}


@route("GET", "/oauth2/applications/@me")
def get_application(call: Call) -> Answer:
    return call.discord.app.as_json(sum(call.discord.bot.id in one.members for one in call.discord.guilds.values()))


@route("GET", "/applications/@me")
def get_own_application(call: Call) -> Answer:
    return get_application(call)


@route("GET", "/guilds/{guild_id}")
def get_guild(call: Call) -> Answer:
    guild = call.guild()
    counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
    return guild.as_json() | (counts if call.query.get("with_counts", "").lower() in ("true", "1") else {})


@route("GET", "/guilds/{guild_id}/channels")
def list_channels(call: Call) -> Answer:
    found = [channel for channel in call.guild().channels.values() if not channel.deleted and not channel.is_thread]
    return [channel.as_json() for channel in found]


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def get_member(call: Call) -> Answer:
    guild = call.guild()
    user_id = call.discord.bot.id if call.path["user_id"] == "@me" else call.snowflake("user_id")
    if user_id not in call.discord.people:
        raise Refused.known(10013)
    if user_id not in guild.members:
        raise Refused.known(10007)
    return guild.members[user_id].as_json()


@route("GET", "/channels/{channel_id}")
def get_channel(call: Call) -> Answer:
    return call.channel().as_json()


# -- commands --------------------------------------------------------------------------------------------------


def _own(call: Call) -> None:
    if call.snowflake("application_id") != call.discord.app.id:
        raise Refused.known(20012)


@route("GET", _COMMANDS)
def get_commands(call: Call) -> Answer:
    _own(call)
    return copy.deepcopy(call.discord.app.commands.get(None, []))


@route("PUT", _COMMANDS)
def put_commands(call: Call) -> Answer:
    _own(call)
    return _replace(call, None)


@route("GET", _GUILD_COMMANDS)
def get_guild_commands(call: Call) -> Answer:
    _own(call)
    return copy.deepcopy(call.discord.app.commands.get(call.guild(code=50001).id, []))


@route("PUT", _GUILD_COMMANDS)
def put_guild_commands(call: Call) -> Answer:
    _own(call)
    return _replace(call, call.guild(code=50001))


def _replace(call: Call, guild: Guild | None) -> list[Json]:
    """Put these commands in the place of all there were; one that keeps its name keeps its id."""
    refuse_form(check_commands(call.body))
    key = guild.id if guild else None
    app = call.discord.app
    known = {command["name"]: command["id"] for command in app.commands.get(key, [])}
    listed = call.body if isinstance(call.body, list) else []
    app.commands[key] = [_kept(call, command, known.get(command["name"]), key) for command in listed]
    call.discord.changed()
    return copy.deepcopy(app.commands[key])


def _kept(call: Call, command: Json, command_id: str | None, guild_id: str | None) -> Json:
    new_id = call.discord.new_id()
    permissions = command.get("default_member_permissions")
    kept: Json = {"type": 1, "nsfw": False, "contexts": None, "integration_types": [0], "dm_permission": True}
    kept |= copy.deepcopy(command)
    kept |= {"id": command_id or new_id, "application_id": call.discord.app.id, "version": new_id}
    kept["default_member_permissions"] = None if permissions is None else str(permissions)
    return kept | {"guild_id": guild_id} if guild_id else kept

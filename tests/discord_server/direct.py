"""Direct messages: the channel that the bot has with one person.

It is in no guild that anybody sees: each person has one for themselves alone, which holds nothing else.
"""

from tests.discord_server.errors import Problem, Refused, refuse_form
from tests.discord_server.rest import Answer, Call, route
from tests.discord_server.things import Channel, Guild, Json, Member, Person, Role
from tests.discord_server.world import World

DM = 1


def channel_with(discord: World, person: Person) -> Channel:
    """The channel of direct messages between somebody and the bot, made at first sight."""
    named = f"@{person.id}"
    for channel in discord.channels.values():
        if channel.name == named:
            return channel
    home = Guild(discord.new_id(), named, discord.bot, Role(discord.new_id(), "@everyone"), "")
    home.members = {one.id: Member(one) for one in (discord.bot, person)}
    made = Channel(discord.new_id(), home, named)
    discord.channels[made.id] = made
    return made


@route("POST", "/users/@me/channels")
def open_direct(call: Call) -> Answer:
    discord, named = call.discord, call.json.get("recipient_id")
    if not isinstance(named, (str, int)):
        refuse_form([Problem(("recipient_id",), "BASE_TYPE_REQUIRED", "This field is required")])
    person = discord.people.get(str(named))
    if person is None:
        raise Refused.known(10013)
    if person.is_bot or not any(
        {person.id, discord.bot.id} <= guild.members.keys() for guild in discord.guilds.values()
    ):
        raise Refused.known(50007)
    about: Json = {"id": channel_with(discord, person).id, "type": DM, "last_message_id": None, "flags": 0}
    return about | {"recipients": [person.as_json()]}

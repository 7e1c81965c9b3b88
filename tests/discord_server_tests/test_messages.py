"""Messages and reactions over REST, through the real library's HTTP client."""

from io import BytesIO

import pytest
from discord import Embed, File, Forbidden, HTTPException, NotFound
from discord.http import handle_message_parameters

from tests.discord_server.permissions import MEMBERS, Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Channel, Guild, Message, Person
from tests.discord_server_tests.conftest import Client, Json
from tests.fakes import FakeClock


def at(channel: Channel, message: Message | str = "") -> str:
    path = f"/channels/{channel.id}/messages"
    return f"{path}/{message if isinstance(message, str) else message.id}" if message else path


async def test_a_message_is_posted_read_changed_and_deleted(discord: Discord, api: Client, general: Channel) -> None:
    made = await api.call("POST", at(general), json={"content": " hello ", "embeds": [{"title": "One"}]})
    [message] = discord.messages(general)
    assert (made["id"], made["author"]["id"], message.content) == (message.id, discord.bot.id, "hello")
    assert made["embeds"] == [{"type": "rich", "title": "One"}]
    changed = await api.call("PATCH", at(general, message), json={"content": "", "embeds": [{"title": "Two"}]})
    assert (changed["content"], changed["embeds"][0]["title"], message.edits) == ("", "Two", 1)
    assert (await api.call("GET", at(general, message)))["edited_timestamp"]
    await api.call("DELETE", at(general, message))
    with pytest.raises(NotFound, match="10008"):
        await api.call("GET", at(general, message))


async def test_a_page_of_messages_begins_where_asked(
    discord: Discord, api: Client, general: Channel, ann: Person
) -> None:
    said = [discord.say(ann, general, str(number)) for number in range(6)]

    async def ids(**params: object) -> list[int]:
        found = await api.call("GET", at(general), params=params)
        return [[message.id for message in said].index(one["id"]) for one in found]

    assert await ids() == [5, 4, 3, 2, 1, 0]
    assert await ids(limit=2) == [5, 4]
    assert await ids(limit=2, before=said[3].id) == [2, 1]
    assert await ids(limit=2, after=said[1].id) == [3, 2]
    with pytest.raises(HTTPException, match="50035"):
        await ids(limit=101)


async def test_an_enforced_nonce_posts_once(discord: Discord, api: Client, general: Channel, clock: FakeClock) -> None:
    body = {"content": "digest", "nonce": "digest-1", "enforce_nonce": True}
    first = await api.call("POST", at(general), json=body)
    again = await api.call("POST", at(general), json=body)
    assert (first["id"], first["nonce"]) == (again["id"], "digest-1")
    assert len(discord.messages(general)) == 1
    clock.forward(minutes=6)
    await api.call("POST", at(general), json=body)
    await api.call("POST", at(general), json={"content": "digest", "nonce": "digest-1"})
    assert len(discord.messages(general)) == 3


async def test_what_others_wrote_is_hidden_from_a_bot_without_the_intent(
    discord: Discord, api: Client, general: Channel, ann: Person
) -> None:
    hidden = discord.say(ann, general, "hello")
    addressed = discord.say(ann, general, f"<@{discord.bot.id}> hello")
    assert (await api.call("GET", at(general, hidden)))["content"] == ""
    assert (await api.call("GET", at(general, addressed)))["content"].endswith("hello")
    discord.app.privileged_intents = 1 << 15
    assert (await api.call("GET", at(general, hidden)))["content"] == "hello"


async def test_files_come_along_and_can_be_shown(discord: Discord, api: Client, general: Channel) -> None:
    embed = Embed(title="Chart").set_image(url="attachment://chart.png")
    file = File(BytesIO(b"png"), "chart.png", description="A chart")
    with handle_message_parameters(embed=embed, file=file) as params:
        made = await api.http.send_message(int(general.id), params=params)
    [attachment] = made["attachments"]
    [message] = discord.messages(general)
    assert (attachment["filename"], attachment["size"], attachment["description"]) == ("chart.png", 3, "A chart")
    assert message.files == {attachment["id"]: b"png"}
    assert discord.calls_of("post_message")[0].files == {"chart.png": b"png"}
    kept = await api.call(
        "PATCH", at(general, message), json={"content": "x", "attachments": [{"id": attachment["id"]}]}
    )
    assert len(kept["attachments"]) == 1
    gone = await api.call("PATCH", at(general, message), json={"attachments": []})
    assert gone["attachments"] == []


async def test_a_file_that_is_shown_has_to_come_along(api: Client, general: Channel) -> None:
    with (
        handle_message_parameters(
            embed=Embed(title="Chart").set_image(url="attachment://other.png"), file=File(BytesIO(b"png"), "chart.png")
        ) as params,
        pytest.raises(HTTPException, match=r"Nothing named other\.png was uploaded"),
    ):
        await api.http.send_message(int(general.id), params=params)


async def test_messages_of_others_are_theirs(discord: Discord, api: Client, guild: Guild, message: Message) -> None:
    with pytest.raises(Forbidden, match="50005"):
        await api.call("PATCH", at(message.channel, message), json={"content": "mine"})
    with pytest.raises(Forbidden, match="50013"):
        await api.call("DELETE", at(message.channel, message))
    discord.set_permissions(guild, discord.bot_role(guild), Can.MANAGE_MESSAGES)
    await api.call("DELETE", at(message.channel, message))
    assert message.deleted


async def test_only_words_outside_embeds_call_somebody(
    discord: Discord, api: Client, general: Channel, ann: Person
) -> None:
    text = f"<@{ann.id}> @everyone"
    no_one: Json = {"parse": []}
    bodies: list[Json] = [
        {"content": text},
        {"content": text, "allowed_mentions": no_one},
        {"content": text, "allowed_mentions": {"users": [ann.id]}},
        {"embeds": [{"description": text}]},
        {"flags": 32768, "components": [{"type": 10, "content": text}]},
    ]
    for body in bodies:
        await api.call("POST", at(general), json=body)
    called = [message.pings() for message in discord.messages(general)]
    assert called == [[ann.id, "everyone"], [], [ann.id], [], [ann.id, "everyone"]]


@pytest.mark.parametrize(
    "case",
    [
        (Can.VIEW_CHANNEL, {"content": "x"}, 50001),
        (Can.SEND_MESSAGES, {"content": "x"}, 50013),
        (Can.EMBED_LINKS, {"embeds": [{"title": "x"}]}, 50013),
    ],
)
async def test_what_is_posted_takes_permissions(
    discord: Discord, api: Client, guild: Guild, general: Channel, case: tuple[Can, Json, int]
) -> None:
    lacks, body, code = case
    discord.overwrite(general, discord.bot_role(guild), deny=lacks)
    with pytest.raises(Forbidden, match=str(code)):
        await api.call("POST", at(general), json=body)
    discord.overwrite(general, discord.bot, allow=lacks)
    await api.call("POST", at(general), json=body)


async def test_without_the_history_there_is_nothing_to_read(
    discord: Discord, api: Client, guild: Guild, message: Message
) -> None:
    discord.set_permissions(guild, guild.everyone, MEMBERS & ~Can.READ_MESSAGE_HISTORY)
    assert await api.call("GET", at(message.channel)) == []
    with pytest.raises(Forbidden, match="50013"):
        await api.call("GET", at(message.channel, message))
    with pytest.raises(Forbidden, match="50013"):
        await api.http.add_reaction(message.channel.id, message.id, "🔵")


async def test_unknown_places_have_codes_of_their_own(discord: Discord, api: Client, general: Channel) -> None:
    with pytest.raises(NotFound, match="10003"):
        await api.call("POST", "/channels/1/messages", json={"content": "x"})
    with pytest.raises(HTTPException, match="50035"):
        await api.call("POST", "/channels/general/messages", json={"content": "x"})
    with pytest.raises(NotFound, match="10008"):
        await api.call("GET", at(general, "1"))
    elsewhere = discord.channel(discord.guild("Quay", installed=False), "general")
    with pytest.raises(Forbidden, match="50001"):
        await api.call("GET", f"/channels/{elsewhere.id}")
    forum = discord.channel(general.guild, "help", kind="forum")
    with pytest.raises(HTTPException, match="50008"):
        await api.call("POST", at(forum), json={"content": "x"})


async def test_threads_are_archived_and_locked(
    discord: Discord, api: Client, guild: Guild, general: Channel, ann: Person
) -> None:
    thread = discord.thread(general, "talk", ann, "hello")
    made = await api.call("POST", at(thread), json={"content": "x"})
    discord.archive(thread)
    with pytest.raises(HTTPException, match="50083"):
        await api.call("PATCH", at(thread, made["id"]), json={"content": "y"})
    with pytest.raises(HTTPException, match="50083"):
        await api.http.add_reaction(thread.id, made["id"], "🔵")
    await api.call("POST", at(thread), json={"content": "back"})
    assert not thread.archived
    discord.archive(thread, locked=True)
    with pytest.raises(Forbidden, match="160005"):
        await api.call("POST", at(thread), json={"content": "x"})
    discord.unarchive(thread)
    await api.call("POST", at(thread), json={"content": "x"})
    discord.lock(thread)
    with pytest.raises(Forbidden, match="160005"):
        await api.call("POST", at(thread), json={"content": "x"})
    discord.set_permissions(guild, discord.bot_role(guild), Can.MANAGE_THREADS)
    await api.call("POST", at(thread), json={"content": "x"})


async def test_threads_have_a_permission_of_their_own_and_private_ones_are_hidden(
    discord: Discord, api: Client, guild: Guild, general: Channel, ann: Person
) -> None:
    thread = discord.thread(general, "talk", ann)
    secret = discord.thread(general, "secret", ann, members=[ann])
    with pytest.raises(Forbidden, match="50001"):
        await api.call("POST", at(secret), json={"content": "x"})
    discord.set_permissions(guild, guild.everyone, MEMBERS & ~Can.SEND_MESSAGES_IN_THREADS)
    with pytest.raises(Forbidden, match="50013"):
        await api.call("POST", at(thread), json={"content": "x"})


async def test_a_post_of_a_forum_begins_with_a_message_of_its_own_id(
    discord: Discord, api: Client, guild: Guild, ann: Person
) -> None:
    forum = discord.channel(guild, "help", kind="forum")
    post = discord.thread(forum, "Which model?", ann, "Llama or Mistral?")
    assert [message.id for message in discord.messages(post)] == [post.id]
    await api.http.add_reaction(post.id, post.id, "🔵")


# -- reactions -------------------------------------------------------------------------------------------------


async def test_reactions_are_put_counted_and_taken_away(
    discord: Discord, api: Client, message: Message, ann: Person
) -> None:
    channel_id, message_id = message.channel.id, message.id
    await api.http.add_reaction(channel_id, message_id, "🔵")
    await api.http.add_reaction(channel_id, message_id, "🔵")
    discord.react(ann, message, "🔵")
    discord.react(ann, message, "🔵", burst=True)
    [shown] = (await api.call("GET", at(message.channel, message)))["reactions"]
    assert (shown["count"], shown["count_details"], shown["me"]) == (3, {"burst": 1, "normal": 2}, True)
    assert discord.reactors(message, "🔵") == [discord.bot, ann, ann]
    await api.http.remove_own_reaction(channel_id, message_id, "🔵")
    with pytest.raises(Forbidden, match="50013"):
        await api.http.remove_reaction(channel_id, message_id, "🔵", ann.id)
    assert discord.reactors(message, "🔵") == [ann, ann]


async def test_those_who_reacted_come_in_pages(discord: Discord, api: Client, guild: Guild, message: Message) -> None:
    people = [discord.person(guild, f"Person {number}") for number in range(103)]
    for person in people[::-1]:
        discord.react(person, message, "🔵")
    discord.react(people[0], message, "🔵", burst=True)
    path = f"{at(message.channel, message)}/reactions/🔵"
    first = await api.call("GET", path, params={"limit": 100})
    second = await api.call("GET", path, params={"limit": 100, "after": first[-1]["id"]})
    assert [one["id"] for one in (*first, *second)] == [person.id for person in people]
    assert len(await api.call("GET", path)) == 25
    assert [one["id"] for one in await api.call("GET", path, params={"type": 1})] == [people[0].id]
    with pytest.raises(HTTPException, match="50035"):
        await api.call("GET", path, params={"limit": 101})
    assert await api.call("GET", f"{at(message.channel, message)}/reactions/🟠") == []


async def test_new_reactions_take_a_permission_and_old_ones_can_be_joined(
    discord: Discord, api: Client, guild: Guild, message: Message, ann: Person
) -> None:
    discord.react(ann, message, "🔵")
    discord.set_permissions(guild, guild.everyone, MEMBERS & ~Can.ADD_REACTIONS)
    await api.http.add_reaction(message.channel.id, message.id, "🔵")
    with pytest.raises(Forbidden, match="50013"):
        await api.http.add_reaction(message.channel.id, message.id, "🟠")


async def test_there_is_room_for_twenty_reactions(discord: Discord, api: Client, message: Message, ann: Person) -> None:
    for number in range(20):
        discord.react(ann, message, chr(0x1F600 + number))
    await api.http.add_reaction(message.channel.id, message.id, chr(0x1F600))
    with pytest.raises(Forbidden, match="30010"):
        await api.http.add_reaction(message.channel.id, message.id, "🔵")


@pytest.mark.parametrize("emoji", ["ship", "🔵x", "party:1", "1"])
async def test_what_is_no_emoji_is_refused(api: Client, message: Message, emoji: str) -> None:
    with pytest.raises(HTTPException, match="10014"):
        await api.http.add_reaction(message.channel.id, message.id, emoji)


async def test_emojis_of_the_guild_are_known(discord: Discord, api: Client, guild: Guild, message: Message) -> None:
    guild.emojis["77"] = "party"
    await api.http.add_reaction(message.channel.id, message.id, "party:77")
    [shown] = (await api.call("GET", at(message.channel, message)))["reactions"]
    assert shown["emoji"] == {"id": "77", "name": "party"}

"""What stands on a message in Discord, what the store says of it, and what is drawn: they are to be the same."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from commands.model import SKIP_ALL, Ballot, Tally
from commands.model import Message as Address
from tests.adapters.discord.running import World
from tests.discord_server.things import Json, Message, Person, Reactors
from tests.patience import PATIENCE_S

BLUE, ORANGE, GREEN, PURPLE, SKIP, SHIP = "🔵", "🟠", "🟢", "🟣", "⏩", "🚢"
OPTIONS = {BLUE: 1, ORANGE: 2, GREEN: 3, PURPLE: 4, SKIP: SKIP_ALL, SHIP: 1}


def address(message: Message) -> Address:
    """How the core names a message."""
    return Address("discord", message.channel.id, message.id)


async def ballot(world: World, message: Message) -> Ballot | None:
    """The ballot that the store has for a message."""
    return await world.store.votes.ballot(address(message))


async def opened(world: World, message: Message) -> Ballot:
    """The same, where there has to be one."""
    found = await ballot(world, message)
    assert found is not None
    return found


async def frozen(world: World, message: Message) -> bool:
    """Whether a message keeps the votes it has, whatever comes."""
    return (await opened(world, message)).frozen


async def marks(world: World, message: Message, person: Person) -> set[int]:
    """The options whose reaction the store has on for somebody."""
    found = await opened(world, message)
    return {option for option, via in await world.store.votes.marks(found.id, person.id) if via == "reaction"}


async def tallies(world: World, message: Message) -> list[tuple[int, int]]:
    """Ships and skips of each tool of a message, in order of its options."""
    found = await opened(world, message)
    scores = await world.store.votes.scores(found.team, found.tools)
    return [(scores.tallies[tool].ships, scores.tallies[tool].skips) for tool in found.tools]


async def counted(world: World, message: Message, *counts: tuple[int, int]) -> None:
    """Wait until the store has these ships and skips; Discord is never told when it has."""

    async def done() -> bool:
        return await ballot(world, message) is not None and await tallies(world, message) == [*counts]

    await until(done)


async def heard(world: World, message: Message, person: Person, holding: set[int] | None = None) -> None:
    """Wait until all is stored that happened before: a mark of this person's, made last, is there, and taken back.

    `holding` is what they have on then; where it is not given, they did nothing that may not be stored yet.
    """
    before = await marks(world, message, person) if holding is None else holding
    world.discord.react(person, message, SKIP)
    await until(lambda: _has(world, message, person, before | {SKIP_ALL}))
    world.discord.unreact(person, message, SKIP)
    await until(lambda: _has(world, message, person, before))


async def _has(world: World, message: Message, person: Person, options: set[int]) -> bool:
    return await marks(world, message, person) == options


def drawn(message: Message) -> list[str]:
    """What a message says of the community's votes: for each tool."""
    fields = [field["value"] for embed in message.embeds for field in embed.get("fields") or ()]
    said = [value.partition("-# Community\n")[2].partition("\n")[0] for value in fields if "-# Community" in value]
    return [words.strip("*") for words in said]


def shows(message: Message, *counts: tuple[int, int]) -> bool:
    """Whether a message is drawn with these ships and skips of its tools."""
    return drawn(message) == [cell(Tally(*count)) for count in counts]


def cell(tally: Tally) -> str:
    """How a tally stands in a tool's column."""
    if not tally.n:
        return "No community votes yet"
    return f"{tally.percent}% ship · {tally.ships} of {tally.n}"


def change(message: Message, emoji: str, people: Iterable[Person], *, on: bool = True, burst: bool = False) -> None:
    """Change reactions without telling the bot: what happens while it is away."""
    for person in people:
        who = message.reactions.setdefault(emoji, Reactors()).of(burst=burst)
        if on and person.id not in who:
            who.append(person.id)
        elif not on:
            who.remove(person.id)
    if not message.reactions[emoji].count:
        del message.reactions[emoji]


def claim(world: World, message: Message, person: Person, emoji: str) -> None:
    """Tell the bot that somebody put a reaction on a message of the bot's, whatever stands there."""
    told: Json = {"channel_id": message.channel.id, "message_id": message.id, "guild_id": world.guild.id}
    told |= {"user_id": person.id, "emoji": {"id": None, "name": emoji}, "burst": False, "type": 0}
    told |= {"member": world.guild.members[person.id].as_json(), "message_author_id": world.discord.bot.id}
    world.discord.tell("MESSAGE_REACTION_ADD", told, world.guild, message.channel)


async def until(done: Callable[[], Awaitable[object]]) -> None:
    """Wait for something that only asking tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not await done():  # noqa: ASYNC110 - the store tells nobody when it was written to
            await asyncio.sleep(0.01)

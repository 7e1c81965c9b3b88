"""Looking at what Discord shows, and pressing it as people do: by what it says."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from commands.model import TeamKey
from commands.ports import Ports, Teams
from tests.adapters.discord import reading
from tests.adapters.discord.running import TOOLS, World
from tests.discord_server.interactions import COMPONENT, Value, begin, component_data, find_component
from tests.discord_server.things import Channel, Interaction, Json, Message, Person

CODE, EXPERT = "mistral-code", "mistral-8x22b-v2"
BLUE, ORANGE, BOTH = "Ship Code Llama 4 (70B & 400B)", "Ship Mistral 8x22B v2", "Skip both"


def shown(message: Message) -> Json:
    """What a message is made of."""
    return {"content": message.content, "embeds": message.embeds, "components": message.components}


def words(message: Message) -> str:
    """All that can be read on it."""
    return reading.words(shown(message)).strip()


def labels(message: Message) -> list[str]:
    """What its buttons say."""
    return [label for _, label in reading.pressable(message.components)]


async def press(world: World, person: Person, message: Message, label: str) -> Interaction:
    """Press the first button that begins like this, and wait for its first answer."""
    for custom_id, said in reading.pressable(message.components):
        if said.startswith(label):
            return await world.discord.click(person, message, custom_id)
    raise LookupError(f"no button says {label!r}; shown are {labels(message)}")


async def ask(
    world: World, name: str, options: Mapping[str, Value] | None = None, *, by: Person | None = None,
    channel: Channel | None = None,
) -> Message:  # fmt: skip
    """Use a command and wait for its answer, whoever sees it."""
    used = await world.discord.command(by or world.ann, channel or world.general, name, options or {})
    return await world.discord.answered(used)


async def compared(world: World, channel: Channel | None = None, tools: Mapping[str, str] = TOOLS) -> Message:
    """Use /compare where there may be no reactions; what everybody sees."""
    return await ask(world, "compare", tools, channel=channel)


async def whisper(world: World, person: Person, channel: Channel | None = None, *, after: int = 0) -> Message:
    """The newest thing shown to this person alone, once there are more than `after`."""
    found = await world.discord.until(lambda: world.discord.whispers(channel or world.general, person)[after:])
    return found[-1]


async def says(world: World, message: Message, text: str) -> None:
    """Wait until a message says this."""
    await world.discord.until(lambda: text in words(message))


def forged(world: World, person: Person, message: Message, custom_id: str, channel: Channel) -> Interaction:
    """A press of a message's button as if it stood in another channel, which no client can do."""
    data = component_data(find_component(message, custom_id), ())
    return begin(world.discord, COMPONENT, person, channel, data, about=message)


class Gate:
    """A store of teams that says nothing while it is shut; every command and every press asks it."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self._open = asyncio.Event()
        self._open.set()

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def team(self, key: TeamKey) -> int:
        await self._open.wait()
        return await self._teams.team(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._teams, name)


def slow(world: World) -> Callable[[], Gate]:
    """Make a world's store one that can be shut; to be called before it is connected."""
    made: list[Gate] = []

    def given(ports: Ports) -> Ports:
        made.append(Gate(ports.teams))
        return replace(ports, teams=cast("Teams", made[-1]))

    world.given = given
    return lambda: made[-1]

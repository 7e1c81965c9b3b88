"""What stands on a message in Slack, what the store says of it, and what is drawn: they are to be the same."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from commands.model import SKIP_ALL, Ballot, Tally
from commands.model import Message as Address
from tests.adapters.slack.running import World
from tests.patience import PATIENCE_S
from tests.slack_server.acts import Acts
from tests.slack_server.methods import change_reaction
from tests.slack_server.world import Json, Message, Person

BLUE, ORANGE, GREEN, PURPLE, SKIP, SHIP = (
    *("large_blue_circle", "large_orange_circle", "large_green_circle", "large_purple_circle"),
    *("fast_forward", "ship"),
)
OPTIONS = {BLUE: 1, ORANGE: 2, GREEN: 3, PURPLE: 4, SKIP: SKIP_ALL, SHIP: 1}


def address(message: Message) -> Address:
    """How the core names a message."""
    return Address("slack", message.channel.id, message.ts)


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


def drawn(message: Message) -> list[str]:
    """The community row of a message's table: a cell for each tool."""
    [table] = [block for block in message.blocks if block["type"] == "table"]
    row = next(row for row in table["rows"] if words(row[0]) == "Community")
    return [words(cell) for cell in row[1:]]


def shows(message: Message, *counts: tuple[int, int]) -> bool:
    """Whether a message is drawn with these ships and skips of its tools."""
    return drawn(message) == [cell(Tally(*count)) for count in counts]


def cell(tally: Tally) -> str:
    """How a tally stands in the table."""
    if not tally.n:
        return "No community votes yet"
    return f"{tally.percent}% ship · {tally.ships} of {tally.n}"


def words(held: Json | list[Json]) -> str:
    """All the words in a part of a message, one after another."""
    if isinstance(held, list):
        return "".join(map(words, held))
    inner = held.get("elements") or ()
    own = held.get("text") or ""
    return (own if isinstance(own, str) else words(own)) + "".join(map(words, inner))


def change(slack: Acts, message: Message, name: str, people: Iterable[Person], *, on: bool = True) -> list[Json]:
    """Change reactions without telling any app: what happens while the bot is away. The events it missed."""
    return [change_reaction(slack, message, name, person, on=on) for person in people]


async def until(done: Callable[[], Awaitable[object]]) -> None:
    """Wait for something that only asking tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not await done():  # noqa: ASYNC110 - the store tells nobody when it was written to
            await asyncio.sleep(0.01)

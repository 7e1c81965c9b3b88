"""Looking at what Slack shows, and pressing it as people do: by what it says."""

from collections.abc import Iterator

from tests.adapters.slack.running import World, shown
from tests.slack_server import blocks as kit
from tests.slack_server.deliveries import Answer
from tests.slack_server.world import Json, Message, Person, View


def blocks(place: Message | View) -> list[Json]:
    """What a message or view is made of."""
    held: list[Json] = place.content["blocks"] if isinstance(place, View) else place.blocks
    return held


def words(place: Message | View) -> str:
    """All that can be read on it."""
    return shown(blocks(place))


def buttons(place: Message | View) -> Iterator[tuple[str, str, str]]:
    """Every button from the top: what it says in full, its block and its action."""
    for block in blocks(place):
        for element in kit.elements(block):
            if element["type"] == "button":
                yield str(element["accessibility_label"]), block["block_id"], str(element["action_id"])


def labels(place: Message | View) -> list[str]:
    """What the buttons say to a screen reader."""
    return [label for label, _, _ in buttons(place)]


async def press(world: World, person: Person, place: Message | View, label: str) -> Answer:
    """Press the first button whose full label begins like this."""
    for said, block, action in buttons(place):
        if said.startswith(label):
            return await world.slack.click(person, place, action, block_id=block)
    raise LookupError(f"no button says {label!r}; shown are {labels(place)}")


async def modal(world: World, person: Person, after: View | None = None) -> View:
    """The modal in front of somebody, once there is one: another than `after`."""

    def found() -> View | None:
        view = world.slack.modal(person)
        return view if view is not after else None

    view = await world.slack.until(found)
    assert view is not None
    return view


async def says(world: World, person: Person, text: str) -> View:
    """The modal in front of somebody, once it says this."""

    def found() -> View | None:
        view = world.slack.modal(person)
        return view if view and text in words(view) else None

    view = await world.slack.until(found)
    assert view is not None
    return view

"""Buttons: the commands behind a reply, and the votes where reactions cannot be had or should not be."""

from collections.abc import Iterable, Iterator, Sequence

from adapters.slack import signs
from adapters.slack.mrkdwn import GLYPHS, Element, plain_text
from adapters.words import clean, cut
from commands.model import SKIP_ALL, Ballot, BallotKind
from commands.reply import Block, Button, Line, Reply, ToolSpan, Vote, text
from commands.reply import buttons as of

LONGEST_LABEL = 75
LONGEST_VALUE = 2_000
LONGEST_SHOWN = 26
"""Clients cut a button's words at about 30 characters, so names are cut before, at a word."""

IN_ONE_BLOCK = 5
"""Buttons of one block, which stand in one row where there is room."""

CHOSEN = "✓"
SKIPPED = {1: "Skip it", 2: "Skip both", 3: "Skip all three", 4: "Skip all four"}

PRESS_CARD = "Press to ship it or to skip it, again to take that back. "
PRESS = (
    "Press what you ship, {several} to ship {several}, again to take it back. "
    "A tool you leave unmarked counts as skip. "
)
PUBLIC = "A vote is not shown by name; this message is redrawn when somebody votes."


def runnable(button: Button) -> bool:
    """Whether the command fits into a button; cut, it would be another command."""
    return 0 < len(clean(button.line)) <= LONGEST_VALUE


def commands(blocks: Iterable[Block]) -> list[str]:
    """The commands behind the buttons of some blocks, from the top."""
    return [clean(button.line) for button in of(Reply("", tuple(blocks))) if runnable(button)]


def run(button: Button, number: int) -> Element:
    """A button that runs a command; `number` sets it apart from the others of its message."""
    drawn = _button(f"run:{number}", button.label, button.hint or button.label, clean(button.line))
    return drawn | {"style": "primary"} if button.primary else drawn


def _button(action: str, label: str, hint: str, value: str) -> Element:
    return {
        "type": "button",
        "action_id": action,
        "text": plain_text(label, LONGEST_LABEL),
        "value": value,
        "accessibility_label": cut(clean(hint).strip(), LONGEST_LABEL) or "Button",
    }


def votes(vote: Vote, ballot: Ballot) -> list[Element]:
    """A button for each option; those that were chosen say so in their words."""
    card = ballot.kind is BallotKind.CARD
    several = SKIPPED.get(len(vote.options), "Skip all")
    drawn = [_vote(option, _ships(tool, card=card), vote, ballot) for option, tool in enumerate(vote.options, start=1)]
    return [*drawn, _vote(SKIP_ALL, (several, several), vote, ballot)]


def _ships(tool: ToolSpan, *, card: bool) -> tuple[str, str]:
    """What the button of a tool says, in short and in full."""
    return "Ship it" if card else cut(clean(tool.label).strip(), LONGEST_SHOWN), f"Ship {tool.label}"


def _vote(option: int, says: tuple[str, str], vote: Vote, ballot: Ballot) -> Element:
    short, full = says
    glyph = GLYPHS[signs.name(option, ship=ballot.kind is BallotKind.CARD)]
    action, value = f"vote:{option}", str(ballot.id)
    if option not in vote.chosen:
        return _button(action, f"{glyph} {short}", f"{full}. Not shown by name.", value)
    taken = _button(action, f"{CHOSEN} {glyph} {short}", f"Your vote; press to take it back. {full}", value)
    return taken | {"style": "primary"}


def how_to_press(vote: Vote, ballot: Ballot) -> Line:
    """How to vote with the buttons of a public message, which stand in for the reactions its own line speaks of."""
    if ballot.kind is BallotKind.CARD:
        return text(PRESS_CARD + PUBLIC)
    return text(PRESS.format(several="both" if len(vote.options) == 2 else "several") + PUBLIC)


def remove() -> Element:
    """The menu of a public ballot, with what only whoever asked for it may do."""
    option = {
        "text": plain_text("Remove", LONGEST_LABEL),
        "description": plain_text("For whoever asked for it: takes this message away", LONGEST_LABEL),
        "value": "remove",
    }
    return {"type": "overflow", "action_id": "more", "options": [option]}


def rows(elements: Sequence[Element]) -> Iterator[Element]:
    """Actions blocks that hold these buttons, five to each."""
    for start in range(0, len(elements), IN_ONE_BLOCK):
        yield {"type": "actions", "elements": list(elements[start : start + IN_ONE_BLOCK])}


def imprinted(blocks: Iterable[Element], block_id: str) -> list[Element]:
    """The blocks, the first that holds buttons under this id."""
    found = list(blocks)
    place = next((place for place, block in enumerate(found) if block["type"] == "actions"), None)
    if place is not None:
        found[place] = {"type": "actions", "block_id": block_id, "elements": found[place]["elements"]}
    return found

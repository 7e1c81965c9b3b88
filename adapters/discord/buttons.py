"""Buttons: the commands behind a reply, and the votes where reactions cannot be had or should not be.

Everything a press needs is in the message: in the button's id, or, where a command is too long for one, in a
line of small print that names the button by its number. So buttons work after a restart, however old they are.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from adapters.discord import imprint, signs
from adapters.discord.markdown import SMALL, TICK, Mark, Shown, cut, literal, size
from adapters.words import clean
from commands.model import SKIP_ALL, Ballot, BallotKind
from commands.reply import Button, Line, Reply, Vote, text
from commands.reply import buttons as of

Element: TypeAlias = dict[str, Any]

ROW, BUTTON = 1, 2
PRIMARY, SECONDARY, SUCCESS = 1, 2, 3

LONGEST_LABEL = 80
LONGEST_ID = 100
LONGEST_LINES = 2_000
"""Room for the commands that are too long for an id, all together."""

IN_ONE_ROW = 5
MOST_ROWS = 5

READ, SAVE = "reviews", "bookmark"
READ_LINE, SAVE_LINE = re.compile(r"/\w+ .* --reviews"), re.compile(r"/bookmark .*")
"""The commands that a public ballot's own buttons stand for, whichever tools it is on."""

CHOSEN, BY_YOU = "✓", "your vote"
SKIPPED = {1: "Skip it", 2: "Skip both", 3: "Skip all three", 4: "Skip all four"}

PRESS_CARD = "Press to ship it or to skip it, again to take that back. "
PRESS = (
    "Press what you ship, {several} to ship {several}, again to take it back. "
    "A tool you leave unmarked counts as skip. "
)
PUBLIC = "A vote is not shown by name; this message is redrawn when somebody votes."

_RUN = re.compile(r"run:\d+:(.+)")
_LINE = re.compile(r"line:(\d+)")
_SHOWN = re.compile(r"^-# Button (\d+) runs `([^`\n]+)`$", re.MULTILINE)


class Steps(NamedTuple):
    """The buttons of a reply in the order of `commands.reply.buttons`, None for one that cannot be pressed.

    `lines` are to be shown in the message as they are: they hold the commands that no id has room for.
    """

    elements: tuple[Element | None, ...]
    lines: tuple[Shown, ...]


def steps(reply: Reply, *, room: int = LONGEST_LINES, beside: bool = False) -> Steps:
    """The buttons of a reply; those that stand `beside` what they are about need not tell each other apart."""
    held = of(reply)
    alike = Counter(button.label for button in held)
    stamp = imprint.write(reply.ballot) if reply.ballot and not reply.private else ""
    elements: list[Element | None] = []
    lines: list[Shown] = []
    for number, button in enumerate(held):
        custom_id = _custom_id(clean(button.line).strip(), number, stamp)
        if custom_id == f"line:{number}":
            shown = f"Button {number + 1} runs `{literal(button.line).strip()}`"
            room -= size(shown) + len(SMALL) + 1
            lines += [Shown((Mark(shown, shown),), SMALL)] if room >= 0 else []
            custom_id = custom_id if room >= 0 else ""
        label = button.label if beside or alike[button.label] == 1 else button.hint or button.label
        elements.append(_step(button, label, custom_id) if custom_id else None)
    return Steps(tuple(elements), tuple(lines))


def _custom_id(line: str, number: int, stamp: str) -> str:
    """What a press is told by: the ballot where that is enough, else the command; nothing where there is none."""
    if stamp and READ_LINE.fullmatch(line):
        return f"{READ}:{stamp}"
    if stamp and SAVE_LINE.fullmatch(line):
        return f"{SAVE}:{stamp}"
    if not line:
        return ""
    whole = f"run:{number}:{line}"
    return whole if size(whole) <= LONGEST_ID else f"line:{number}"


def _step(button: Button, label: str, custom_id: str) -> Element:
    drawn = press(label, custom_id, style=PRIMARY if button.primary else SECONDARY)
    return drawn | {"emoji": {"name": "🔖"}} if custom_id.startswith(f"{SAVE}:") else drawn


def press(label: str, custom_id: str, *, style: int = SECONDARY) -> Element:
    """A button."""
    return {
        "type": BUTTON,
        "style": style,
        "label": cut(clean(label).strip(), LONGEST_LABEL).strip() or "Button",
        "custom_id": custom_id,
    }


def line(custom_id: str, message: object) -> str | None:
    """The command that a pressed button stands for; `message` is the payload it stands in. None for other buttons."""
    if found := _RUN.fullmatch(custom_id):
        return found[1]
    if found := _LINE.fullmatch(custom_id):
        return shown_line(int(found[1]), message)
    return None


def shown_line(number: int, message: object) -> str | None:
    """The command that a message shows as that of the button with this number, counted from 0."""
    wanted = str(number + 1)
    return next(
        (
            found[2].replace(TICK, "`")
            for text_ in texts(message)
            for found in _SHOWN.finditer(text_)
            if found[1] == wanted
        ),
        None,
    )


def texts(payload: object) -> Iterator[str]:
    """All the words of a message, wherever in it they stand."""
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, dict):
        for name in ("content", "embeds", "description", "fields", "value", "components"):
            yield from texts(payload.get(name))
    elif isinstance(payload, list):
        for held in payload:
            yield from texts(held)


def votes(vote: Vote, ballot: Ballot, prefix: str = "vote:{option}") -> list[Element]:
    """A button for each option; those that were chosen say so in their words."""
    card = ballot.kind is BallotKind.CARD
    stamp = imprint.write(ballot)
    ships = [(option, "Ship it" if card else f"Ship {tool.label}") for option, tool in enumerate(vote.options, start=1)]
    skips = (SKIP_ALL, SKIPPED.get(len(vote.options), "Skip all"))
    return [
        _vote(f"{prefix.format(option=option)}:{stamp}", label, chosen=option in vote.chosen)
        | {"emoji": {"name": signs.emoji(option, ship=card)}}
        for option, label in [*ships, skips]
    ]


def _vote(custom_id: str, label: str, *, chosen: bool) -> Element:
    if not chosen:
        return press(label, custom_id)
    kept = cut(clean(label).strip(), LONGEST_LABEL - len(f"{CHOSEN}  ({BY_YOU})"))
    return press(f"{CHOSEN} {kept} ({BY_YOU})", custom_id, style=SUCCESS)


def how_to_press(vote: Vote, ballot: Ballot) -> Line:
    """How to vote with the buttons of a public message, which stand in for the reactions its own line speaks of."""
    if ballot.kind is BallotKind.CARD:
        return text(PRESS_CARD + PUBLIC)
    return text(PRESS.format(several="both" if len(vote.options) == 2 else "several") + PUBLIC)


def remove(ballot: Ballot) -> Element:
    """What only whoever asked for a public ballot may do."""
    return press("Remove (asker only)", f"remove:{imprint.write(ballot)}")


def rows(*groups: Sequence[Element | None]) -> list[Element]:
    """Rows that hold these buttons, each group beginning a row of its own; what has no room is left out."""
    drawn: list[Element] = []
    for group in groups:
        held = [element for element in group if element]
        starts = range(0, len(held), IN_ONE_ROW)
        drawn += [{"type": ROW, "components": held[start : start + IN_ONE_ROW]} for start in starts]
    return drawn[:MOST_ROWS]

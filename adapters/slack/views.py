"""Views: replies in modals and on the Home tab, and the forms and pickers that ask for words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from adapters.slack.mrkdwn import Element, Look, plain_text, typed
from adapters.slack.outbound import draw
from adapters.words import clean, cut
from commands.declare import Command, Kind, Parameter
from commands.model import ToolName
from commands.reply import Divider, Reply

MOST_BLOCKS = 100
LONGEST_TITLE = 24
LONGEST_CHOICE = 75
LONGEST_LABEL = 2_000
LONGEST_SLUG = 150
LONGEST_PLACEHOLDER = 150
LONGEST_PROBLEM = 2_000
MOST_CHOICES = 100
SEPARATOR = " · "
FILLED_IN = "value"
"""The action of every field of a form; its block is named after the parameter."""


def modal(reply: Reply, look: Look, *, title: str, private_metadata: str = "") -> dict[str, Any]:
    """A reply in a window of its own."""
    return {
        "type": "modal",
        "title": plain_text(title, LONGEST_TITLE),
        "close": plain_text("Close", LONGEST_TITLE),
        "private_metadata": private_metadata,
        "blocks": draw(reply, look, most=MOST_BLOCKS, tables=False),
    }


def home(replies: Sequence[Reply], look: Look) -> dict[str, Any]:
    """Replies below one another on the Home tab, parted by a line."""
    blocks = [block for reply in replies for block in (Divider(), *reply.blocks)][1:]
    first = replies[0] if replies else Reply("")
    whole = replace(first, blocks=tuple(blocks), private=True, ballot=None)
    return {"type": "home", "blocks": draw(whole, look, most=MOST_BLOCKS, tables=False)}


def form(command: Command, *, private_metadata: str = "") -> dict[str, Any]:
    """The words of a command, asked for one by one."""
    return {
        "type": "modal",
        "callback_id": f"form:{command.name}",
        "title": plain_text(command.name.capitalize(), LONGEST_TITLE),
        "submit": plain_text(command.name.capitalize(), LONGEST_TITLE),
        "close": plain_text("Cancel", LONGEST_TITLE),
        "private_metadata": private_metadata,
        "blocks": [_input(parameter) for parameter in command.parameters],
    }


def first_block(command: Command) -> str:
    """The field of a form beside which a problem is shown that belongs to no other."""
    return command.parameters[0].name


def problem(words: str, names: tuple[str, ...]) -> str:
    """What is wrong with a form, as it is shown in it."""
    return cut(clean(typed(words, Look(names=names))), LONGEST_PROBLEM)


def options(names: Sequence[ToolName]) -> list[Element]:
    """What a tool picker offers: each tool by its name, its qualifier always to be seen, and its slug behind it."""
    return [
        {"text": plain_text(_label(name), LONGEST_CHOICE), "value": name.slug}
        for name in names
        if 0 < len(name.slug) <= LONGEST_SLUG
    ][:MOST_CHOICES]


def _label(name: ToolName) -> str:
    called, qualifier = clean(name.name), clean(name.qualifier)
    room = LONGEST_CHOICE - len(qualifier) - len(SEPARATOR)
    return f"{cut(called, room)}{SEPARATOR}{qualifier}" if qualifier and room > 0 else called


def _input(parameter: Parameter) -> Element:
    flag = parameter.kind is Kind.FLAG  # its help stands beside the box
    return {
        "type": "input",
        "block_id": parameter.name,
        "optional": not parameter.required,
        "label": plain_text(parameter.name.capitalize() if flag else parameter.help, LONGEST_LABEL),
        "element": _element(parameter),
    }


def _element(parameter: Parameter) -> Element:
    match parameter.kind:
        case Kind.TOOL:
            picker = {"type": "external_select", "min_query_length": 0, "placeholder": _hint("Type a tool's name")}
            return picker | {"action_id": FILLED_IN}
        case Kind.CHOICE:
            choices = [{"text": plain_text(choice, LONGEST_CHOICE), "value": choice} for choice in parameter.choices]
            return {"type": "static_select", "action_id": FILLED_IN, "options": choices[:MOST_CHOICES]}
        case Kind.FLAG:
            only = {"text": plain_text(parameter.help, LONGEST_CHOICE), "value": parameter.name}
            return {"type": "checkboxes", "action_id": FILLED_IN, "options": [only]}
        case Kind.TEXT:
            return {"type": "plain_text_input", "action_id": FILLED_IN}
    assert_never(parameter.kind)


def _hint(words: str) -> Element:
    return plain_text(words, LONGEST_PLACEHOLDER)

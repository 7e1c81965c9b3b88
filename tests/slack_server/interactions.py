"""What is on the screen: finding an element to click, and what filled-in fields come to."""

from collections.abc import Mapping, Sequence
from itertools import chain

from tests.slack_server import blocks as kit
from tests.slack_server.deliveries import Answer
from tests.slack_server.world import Json, Message, View

Filled = Mapping[str, str | Sequence[str] | None]
"""What somebody filled in, by block id: text, an option's value, or several."""

_TYPED = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_DATES = {"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time"}


class Place:
    """A message or view as a place to click in."""

    def __init__(self, shown: Message | View) -> None:
        self.shown = shown

    @property
    def blocks(self) -> list[Json]:
        return self.shown.content["blocks"] if isinstance(self.shown, View) else self.shown.blocks

    def about(self) -> Json:
        """What a payload says of the place."""
        if isinstance(self.shown, View):
            return {"container": {"type": "view", "view_id": self.shown.id}, "view": self.shown.as_json()}
        message = self.shown
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel.id}
        container["is_ephemeral"] = message.seen_by is not None
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        name = {"im": "directmessage", "private": "privategroup"}.get(message.channel.kind, message.channel.name)
        about: Json = {"container": container, "channel": {"id": message.channel.id, "name": name}}
        return about if message.seen_by else about | {"message": message.as_json()}


def _offered(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return list(chain(element.get("options") or [], *(group["options"] for group in groups)))


def _offers(element: Json, value: str | None) -> bool:
    if value is None or element["type"] not in ("button", "overflow", "static_select", "radio_buttons"):
        return True
    if element["type"] == "button":
        return element.get("value") == value
    return any(option["value"] == value for option in _offered(element))


def find(place: Place, action_id: str, block_id: str, value: str | None) -> tuple[Json, Json]:
    """The one block and element of this action id (or beginning of it), in this block if given, with this value."""
    found = [
        (block, element)
        for block in place.blocks
        if block_id in ("", block["block_id"])
        for element in kit.elements(block)
        if element.get("action_id", "").startswith(action_id) and element["type"] != "image" and _offers(element, value)
    ]
    exact = [(block, element) for block, element in found if element["action_id"] == action_id]
    best = exact or found
    if len(best) != 1:
        shown = [element.get("action_id") for block in place.blocks for element in kit.elements(block)]
        raise LookupError(f"{len(best)} elements fit {action_id!r} with value {value!r}; shown are {shown}")
    return best[0]


def action(block: Json, element: Json, value: str | None, ts: str) -> Json:
    """What using an element comes to in `actions`."""
    about: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    about["action_ts"] = ts
    if element["type"] == "button":
        return about | {name: element[name] for name in ("text", "value") if name in element}
    return about | _filled(element, value)


def _option(element: Json, value: str) -> Json:
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": value}, "value": value}
    for option in _offered(element):
        if option["value"] == value:
            return option
    raise ValueError(f"{value!r} is not among the options of {element['action_id']}")


def _initial(element: Json) -> object:
    """What stands in a field before anybody touches it."""
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    return next((held for name, held in element.items() if name.startswith("initial_")), None)


def _filled(element: Json, value: object) -> Json:
    """What a field holds, in the words of its kind."""
    kind: str = element["type"]
    if kind in _TYPED:
        return {"type": kind, "value": value}
    if kind in _DATES:
        return {"type": kind, _DATES[kind]: value}
    if kind == "checkboxes" or kind.startswith("multi_"):
        several = [value] if isinstance(value, str) else list(value) if isinstance(value, Sequence) else []
        if kind == "checkboxes" or kind.endswith(("static_select", "external_select")):
            return {"type": kind, "selected_options": [_option(element, str(item)) for item in several]}
        return {"type": kind, f"selected_{kind.removeprefix('multi_').removesuffix('_select')}": several}
    if kind.endswith(("static_select", "external_select")) or kind in ("radio_buttons", "overflow"):
        return {"type": kind, "selected_option": None if value is None else _option(element, str(value))}
    return {"type": kind, f"selected_{kind.removesuffix('s_select')}": value}


def state(blocks: Sequence[Json], filled: Filled, *, complete: bool = False) -> Json:
    """The values of all fields, by block and action; `complete` insists on those that have to be filled in."""
    unknown = set(filled) - {block["block_id"] for block in blocks}
    if unknown:
        raise LookupError(f"no such blocks: {sorted(unknown)}")
    values: Json = {}
    for block in blocks:
        fields = [element for element in kit.elements(block) if element["type"] not in ("button", "overflow", "image")]
        for element in fields:
            value = filled.get(block["block_id"], _initial(element))
            empty = value is None or value in ("", [])
            if complete and empty and block["type"] == "input" and not block.get("optional"):
                raise ValueError(f"{block['block_id']} has to be filled in")
            values.setdefault(block["block_id"], {})[element["action_id"]] = _filled(element, None if empty else value)
    return values


def options(answer: Answer) -> list[Json]:
    """The options that an answer to a type-ahead offers, unless Slack would refuse it."""
    if not answer.acked:
        raise ValueError(f"the app did not answer: {answer.status} {answer.body!r}")
    if problems := kit.check_options(answer.body):
        raise ValueError("; ".join(problems))
    return _offered(answer.json)


def check_errors(blocks: Sequence[Json], errors: object) -> None:
    """Errors are texts by the id of an input block."""
    inputs = {block["block_id"] for block in blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise ValueError(f"errors are to be given by the ids of input blocks: {errors}")

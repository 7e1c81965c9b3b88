"""What Slack accepts as Block Kit: every block and element a bot may send, with the documented limits.

https://docs.slack.dev/reference/block-kit is the source. It is stricter than the page where Slack is: fields
that a block does not have are refused, and so are blank texts.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from tests.slack_server.shapes import Rule, boolean, both, choice, integer, many, shape, string, typed, words, wrong

TABLE_CHARACTERS = 10_000
BLOCKS_IN_MESSAGE, BLOCKS_IN_VIEW = 50, 100
URL = 3000

# -- composition objects ---------------------------------------------------------------------------------------


def plain(most: int) -> Rule:
    return typed({"plain_text": shape({"text": words(most)}, {"emoji": boolean})})


def text(most: int) -> Rule:
    mrkdwn = shape({"text": words(most)}, {"verbatim": boolean})
    return typed({"plain_text": shape({"text": words(most)}, {"emoji": boolean}), "mrkdwn": mrkdwn})


OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
LINK_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": string(URL)})
GROUP = shape({"label": plain(75), "options": many(OPTION, 100)})
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
FILTER = shape(
    optional={
        "include": many(choice("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
DISPATCH = shape({"trigger_actions_on": many(choice("on_enter_pressed", "on_character_entered"), 2)})
FILE = shape(optional={"id": string(), "url": string(URL)})

# -- elements --------------------------------------------------------------------------------------------------

NAMED: dict[str, Rule] = {"action_id": string(255)}
FOCUSED = NAMED | {"focus_on_load": boolean}
ASKING = FOCUSED | {"confirm": CONFIRM}
PICKING = ASKING | {"placeholder": plain(150)}


def one_source(value: object, at: str) -> Iterator[str]:
    """A static menu lists its options or their groups, never both."""
    if isinstance(value, dict) and ("options" in value) == ("option_groups" in value):
        yield wrong("provide either options or option_groups", at)


def chosen_among(field: str) -> Rule:
    """What is chosen at first is one of the options, or some of them."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict) or field not in value:
            return
        groups = value.get("option_groups") or []
        offered = list(chain(value.get("options") or [], *(group.get("options", []) for group in groups)))
        first = value[field] if isinstance(value[field], list) else [value[field]]
        if any(option not in offered for option in first):
            yield wrong(f"{field} must be among the options", f"{at}/{field}")

    return check


def menu(*, several: bool, sources: dict[str, Rule], initial: str, initial_rule: Rule) -> Rule:
    fields = PICKING | sources | {initial: many(initial_rule) if several else initial_rule}
    if several:
        fields |= {"max_selected_items": integer(1)}
    return shape(optional=fields)


def menus(prefix: str, *, several: bool) -> dict[str, Rule]:
    """The menus of every source, as selects or as multi-selects."""
    end = "s" if several else ""
    static = menu(
        several=several,
        sources={"options": many(OPTION, 100), "option_groups": many(GROUP, 100)},
        initial=f"initial_option{end}",
        initial_rule=OPTION,
    )
    found = {
        f"{prefix}static_select": both(static, one_source, chosen_among(f"initial_option{end}")),
        f"{prefix}external_select": menu(
            several=several,
            sources={"min_query_length": integer(0)},
            initial=f"initial_option{end}",
            initial_rule=OPTION,
        ),
    }
    for source in ("user", "conversation", "channel"):
        more: dict[str, Rule] = {} if several else {"response_url_enabled": boolean}
        if source == "conversation":
            more |= {"default_to_current_conversation": boolean, "filter": FILTER}
        found[f"{prefix}{source}s_select"] = menu(
            several=several, sources=more, initial=f"initial_{source}{end}", initial_rule=string()
        )
    return found


def boxes(initial: str, *, several: bool) -> Rule:
    fields = ASKING | {initial: many(RICH_OPTION) if several else RICH_OPTION}
    return both(shape({"options": many(RICH_OPTION, 10)}, fields), chosen_among(initial))


def typed_in(**more: Rule) -> Rule:
    """A field to type into."""
    return shape(optional=FOCUSED | {"placeholder": plain(150), "dispatch_action_config": DISPATCH} | more)


BUTTON = shape(
    {"text": plain(75)},
    NAMED
    | {
        "url": string(URL),
        "value": string(2000),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": words(75),
    },
)


def has_one_image(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        yield wrong("provide either image_url or slack_file", at)


IMAGE = both(shape({"alt_text": words(2000)}, {"image_url": string(URL), "slack_file": FILE}), has_one_image)
SELECTS = menus("", several=False) | menus("multi_", several=True)
CHOOSERS: dict[str, Rule] = SELECTS | {
    "checkboxes": boxes("initial_options", several=True),
    "radio_buttons": boxes("initial_option", several=False),
    "datepicker": shape(optional=PICKING | {"initial_date": string(10)}),
    "timepicker": shape(optional=PICKING | {"initial_time": string(5), "timezone": string()}),
}
DATETIME: dict[str, Rule] = {"datetimepicker": shape(optional=ASKING | {"initial_date_time": integer(0)})}
PRESSED: dict[str, Rule] = {
    "button": BUTTON,
    "overflow": shape({"options": many(LINK_OPTION, 5)}, NAMED | {"confirm": CONFIRM}),
}
LENGTHS: dict[str, Rule] = {"min_length": integer(0, 3000), "max_length": integer(1, 3000)}
TYPED: dict[str, Rule] = {
    "plain_text_input": typed_in(initial_value=string(3000, 0), multiline=boolean, **LENGTHS),
    "email_text_input": typed_in(initial_value=string()),
    "url_text_input": typed_in(initial_value=string()),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        FOCUSED
        | {field: string() for field in ("initial_value", "min_value", "max_value")}
        | {"placeholder": plain(150), "dispatch_action_config": DISPATCH},
    ),
    "file_input": shape(optional=NAMED | {"filetypes": many(string()), "max_files": integer(1, 10)}),
}

# -- rich text -------------------------------------------------------------------------------------------------

STYLES = ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
STYLE = shape(optional=dict.fromkeys(STYLES, boolean))
STYLED: dict[str, Rule] = {"style": STYLE}
PIECES: dict[str, Rule] = {
    "text": shape({"text": string()}, STYLED),
    "emoji": shape({"name": string()}, STYLED | {"unicode": string(), "skin_tone": integer(1, 6)}),
    "link": shape({"url": string(URL)}, STYLED | {"text": string(), "unsafe": boolean}),
    "user": shape({"user_id": string()}, STYLED),
    "channel": shape({"channel_id": string()}, STYLED),
    "usergroup": shape({"usergroup_id": string()}, STYLED),
    "broadcast": shape({"range": choice("here", "channel", "everyone")}, STYLED),
    "color": shape({"value": string()}, STYLED),
    "date": shape({"timestamp": integer(), "format": string()}, STYLED | {"url": string(URL), "fallback": string()}),
}
RUN = many(typed(PIECES), least=0)
CODE = many(typed({kind: PIECES[kind] for kind in ("text", "link")}), least=0)
BORDER: dict[str, Rule] = {"border": integer(0, 1)}
SECTION = shape({"elements": RUN})
RICH_PARTS: dict[str, Rule] = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": shape({"elements": CODE}, BORDER | {"language": string()}),
    "rich_text_quote": shape({"elements": RUN}, BORDER),
    "rich_text_list": shape(
        {"elements": many(typed({"rich_text_section": SECTION})), "style": choice("bullet", "ordered")},
        BORDER | {"indent": integer(0, 8), "offset": integer(0)},
    ),
}
RICH_ELEMENTS = many(typed(RICH_PARTS))
RICH_INPUT: dict[str, Rule] = {
    "rich_text_input": typed_in(initial_value=typed({"rich_text": shape({"elements": RICH_ELEMENTS})}))
}

# -- blocks ----------------------------------------------------------------------------------------------------

BLOCK: dict[str, Rule] = {"block_id": string(255)}
CELL = typed({"raw_text": shape({"text": string()}), "rich_text": shape({"elements": RICH_ELEMENTS}, BLOCK)})
COLUMN = shape(optional={"align": choice("left", "center", "right"), "is_wrapped": boolean})
INPUTS = TYPED | RICH_INPUT | CHOOSERS | DATETIME


def has_text_or_fields(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict) and not ("text" in value or "fields" in value):
        yield wrong("a section needs text or fields", at)


def table_is_small(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict) and sum(map(len, texts(value.get("rows")))) > TABLE_CHARACTERS:
        yield wrong(f"a table holds at most {TABLE_CHARACTERS} characters", f"{at}/rows")


BLOCKS: dict[str, Rule] = {
    "actions": shape({"elements": many(typed(PRESSED | CHOOSERS | DATETIME), 25)}, BLOCK),
    "context": shape(
        {
            "elements": many(
                typed(
                    {
                        "image": IMAGE,
                        "plain_text": shape({"text": words(3000)}, {"emoji": boolean}),
                        "mrkdwn": shape({"text": words(3000)}, {"verbatim": boolean}),
                    }
                ),
                10,
            )
        },
        BLOCK,
    ),
    "divider": shape(optional=BLOCK),
    "file": shape({"external_id": string(), "source": choice("remote")}, BLOCK),
    "header": shape({"text": plain(150)}, BLOCK),
    "image": both(
        shape({"alt_text": words(2000)}, BLOCK | {"image_url": string(URL), "slack_file": FILE, "title": plain(2000)}),
        has_one_image,
    ),
    "input": shape(
        {"label": plain(2000), "element": typed(INPUTS)},
        BLOCK | {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": shape({"text": words(12_000)}, BLOCK),
    "rich_text": shape({"elements": RICH_ELEMENTS}, BLOCK),
    "section": both(
        shape(
            optional=BLOCK
            | {
                "text": text(3000),
                "fields": many(text(2000), 10),
                "accessory": typed(PRESSED | CHOOSERS | {"image": IMAGE}),
                "expand": boolean,
            }
        ),
        has_text_or_fields,
    ),
    "table": both(
        shape({"rows": many(many(CELL, 20), 100)}, BLOCK | {"column_settings": many(COLUMN, 20, 0)}),
        table_is_small,
    ),
    "video": shape(
        {"alt_text": words(2000), "title": plain(199), "thumbnail_url": string(URL), "video_url": string(URL)},
        BLOCK
        | {"author_name": string(49), "description": plain(199), "provider_icon_url": string(URL)}
        | {"provider_name": string(), "title_url": string(URL)},
    ),
}
IN_MESSAGES: Mapping[str, Rule] = BLOCKS
IN_VIEWS = {kind: rule for kind, rule in BLOCKS.items() if kind not in ("table", "file", "markdown")}
VIEW_FIELDS: dict[str, Rule] = {
    "blocks": many(typed(IN_VIEWS), BLOCKS_IN_VIEW),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
MODAL = shape(
    {"title": plain(24), "blocks": VIEW_FIELDS["blocks"]},
    VIEW_FIELDS
    | {"close": plain(24), "submit": plain(24)}
    | dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), boolean),
)
HOME = shape({"blocks": VIEW_FIELDS["blocks"]}, VIEW_FIELDS)


def texts(value: object) -> Iterator[str]:
    """Every piece of text within a value, in order: what a reader would see of it."""
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for field, held in value.items():
            if field == "text" and isinstance(held, str):
                yield held
            elif isinstance(held, (dict, list)):
                yield from texts(held)


def elements(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What can be pressed, chosen from or typed into in a block."""
    held = block.get("elements") if block.get("type") == "actions" else [block.get("accessory"), block.get("element")]
    return [element for element in (held if isinstance(held, list) else []) if isinstance(element, dict)]


def _unique(blocks: list[object]) -> Iterator[str]:
    known: set[object] = set()
    for place, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        if (block_id := block.get("block_id")) is not None:
            if block_id in known:
                yield wrong(f"block_id already exists: {block_id}", f"/blocks/{place}/block_id")
            known.add(block_id)
        actions = [element["action_id"] for element in elements(block) if "action_id" in element]
        if len(set(map(str, actions))) < len(actions):
            yield wrong("action_id must be unique within a block", f"/blocks/{place}/elements")


def check_message(blocks: object, *, tables: bool = True) -> list[str]:
    """What Slack would refuse these blocks of a message for; nothing when it takes them."""
    problems = list(many(typed(IN_MESSAGES), BLOCKS_IN_MESSAGE, 0)(blocks, "/blocks"))
    if not isinstance(blocks, list):
        return problems
    problems += _unique(blocks)
    found = [place for place, block in enumerate(blocks) if isinstance(block, dict) and block.get("type") == "table"]
    if len(found) > 1:
        problems.append(wrong("only_one_table_allowed", f"/blocks/{found[1]}"))
    if found and not tables:
        problems.append(wrong("unsupported type: table", f"/blocks/{found[0]}/type"))
    return problems


def check_view(view: object) -> list[str]:
    """What Slack would refuse this view for; nothing when it takes it."""
    problems = list(typed({"modal": MODAL, "home": HOME})(view, "/view"))
    if not isinstance(view, dict) or not isinstance(view.get("blocks"), list):
        return problems
    problems += _unique(view["blocks"])
    asks = any(isinstance(block, dict) and block.get("type") == "input" for block in view["blocks"])
    if asks and view.get("type") == "modal" and "submit" not in view:
        problems.append(wrong("a view with input blocks needs submit", "/view"))
    return problems


def check_options(answer: object) -> list[str]:
    """What Slack would refuse an answer to a type-ahead for; no options at all is a right answer."""
    either = shape(optional={"options": many(OPTION, 100, 0), "option_groups": many(GROUP, 100, 0)})
    return [*either(answer, ""), *one_source(answer, "")]

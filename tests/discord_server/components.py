"""What Discord accepts as components, in messages of both kinds and in modals, with the documented limits.

https://discord.com/developers/docs/components/reference is the source.
"""

from collections import Counter
from collections.abc import Iterator

from tests.discord_server.errors import Json, Path, Problem
from tests.discord_server.rules import REQUIRED, Rule, boolean, both, choice, integer, many, shape, string, typed, url

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = range(1, 9)
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR = range(9, 15)
CONTAINER, LABEL = 17, 18

ROWS, ROW_WIDTH, V2_COMPONENTS, V2_TEXT = 5, 5, 40, 4000
LINK, PREMIUM = 5, 6

ID: dict[str, Rule] = {"id": integer(0, 2**31 - 1)}
NAMED: dict[str, Rule] = {"custom_id": string(100)}
EMOJI = shape(optional={"id": string(20), "name": string(32), "animated": boolean})
MEDIA = shape({"url": url(attachments=True)})


def button_is_whole(value: object, at: Path) -> Iterator[Problem]:
    """A button leads somewhere or is told to the app, and shows something."""
    if not isinstance(value, dict):
        return
    needs = "url" if value.get("style") == LINK else "sku_id" if value.get("style") == PREMIUM else "custom_id"
    if value.get(needs) is None:
        yield Problem((*at, needs), *REQUIRED)
    for other in ("url", "sku_id", "custom_id"):
        if other != needs and value.get(other) is not None:
            message = f"A button of style {value.get('style')} cannot have a {other}"
            yield Problem((*at, other), "BUTTON_COMPONENT_FIELD_NOT_ALLOWED", message)
    if needs != "sku_id" and not value.get("label") and not value.get("emoji"):
        yield Problem((*at, "label"), *REQUIRED)


BUTTON_RULE = both(
    shape(
        {"style": choice(*range(1, 7))},
        ID | NAMED | {"label": string(80), "disabled": boolean, "url": url(), "sku_id": string(20), "emoji": EMOJI},
    ),
    button_is_whole,
)
OPTION = shape(
    {"label": string(100), "value": string(100)}, {"description": string(100), "default": boolean, "emoji": EMOJI}
)
PICKING: dict[str, Rule] = {"placeholder": string(150), "min_values": integer(0, 25), "max_values": integer(1, 25)}
PICKING |= {"disabled": boolean, "required": boolean}
DEFAULTS = many(shape({"id": string(20), "type": choice("user", "role", "channel")}), 25, 0)


def values_fit(value: object, at: Path) -> Iterator[Problem]:
    """The options of a select differ, and it does not ask for more of them than there are."""
    options = value.get("options") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(options, list):
        return
    held = [option.get("value") for option in options if isinstance(option, dict)]
    for place, item in enumerate(held):
        if item in held[:place]:
            message = "The specified option value is already used"
            yield Problem((*at, "options", str(place), "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
    most = value.get("max_values")
    if isinstance(most, int) and most > len(options):
        yield Problem((*at, "options"), "SELECT_COMPONENT_OPTIONS_TOO_FEW", f"Must have at least {most} options")


PICKS: dict[int, Rule] = {
    kind: shape(NAMED, ID | PICKING | {"default_values": DEFAULTS})
    for kind in (USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT)
}
PICKS[STRING_SELECT] = both(shape(NAMED | {"options": many(OPTION, 25)}, ID | PICKING), values_fit)
PICKS[CHANNEL_SELECT] = shape(
    NAMED, ID | PICKING | {"default_values": DEFAULTS, "channel_types": many(integer(0, 16), 20, 0)}
)


def row_is_not_too_wide(value: object, at: Path) -> Iterator[Problem]:
    """A select fills its row; of buttons there is room for five."""
    held = value.get("components") if isinstance(value, dict) else None
    if not isinstance(held, list):
        return
    kinds = [item.get("type") for item in held if isinstance(item, dict)]
    width = sum(ROW_WIDTH if kind in PICKS else 1 for kind in kinds)
    if width > ROW_WIDTH:
        path = (*at, "components", str(len(kinds) - 1))
        yield Problem(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")


ROW_RULE = both(shape({"components": many(typed({BUTTON: BUTTON_RULE} | PICKS), 5)}, ID), row_is_not_too_wide)
TEXT_RULE = shape({"content": string(V2_TEXT)}, ID)
THUMBNAIL_RULE = shape({"media": MEDIA}, ID | {"description": string(1024), "spoiler": boolean})
V2: dict[int, Rule] = {
    ROW: ROW_RULE,
    SECTION: shape(
        {
            "components": many(typed({TEXT: TEXT_RULE}), 3),
            "accessory": typed({BUTTON: BUTTON_RULE, THUMBNAIL: THUMBNAIL_RULE}),
        },
        ID,
    ),
    TEXT: TEXT_RULE,
    GALLERY: shape({"items": many(shape({"media": MEDIA}, {"description": string(1024), "spoiler": boolean}), 10)}, ID),
    FILE: shape({"file": shape({"url": string(2048, pattern="attachment://.+")})}, ID | {"spoiler": boolean}),
    SEPARATOR: shape(optional=ID | {"divider": boolean, "spacing": choice(1, 2)}),
}
CONTAINER_RULE = shape(
    {"components": many(typed(V2), V2_COMPONENTS)},
    ID | {"accent_color": integer(0, 0xFFFFFF), "spoiler": boolean},
)
IN_V2 = many(typed(V2 | {CONTAINER: CONTAINER_RULE}), V2_COMPONENTS, 0)
IN_LEGACY = many(typed({ROW: ROW_RULE}), ROWS, 0)


def sizes_fit(value: object, at: Path) -> Iterator[Problem]:
    if not isinstance(value, dict) or not all(
        isinstance(value.get(name), int) for name in ("min_length", "max_length")
    ):
        return
    if value["min_length"] > value["max_length"]:
        message = "min_length must not be greater than max_length"
        yield Problem((*at, "min_length"), "TEXT_INPUT_COMPONENT_BAD_LENGTHS", message)


TYPED: dict[str, Rule] = {"style": choice(1, 2)} | NAMED
TYPING: dict[str, Rule] = ID | {"value": string(4000, 0), "placeholder": string(100), "required": boolean}
TYPING |= {"min_length": integer(0, 4000), "max_length": integer(1, 4000)}
MODAL = shape(
    NAMED
    | {
        "title": string(45),
        "components": many(
            typed(
                {
                    ROW: shape(
                        {
                            "components": many(
                                typed({TEXT_INPUT: both(shape(TYPED | {"label": string(45)}, TYPING), sizes_fit)}), 1
                            )
                        },
                        ID,
                    ),
                    TEXT: TEXT_RULE,
                    LABEL: shape(
                        {
                            "label": string(45),
                            "component": typed({TEXT_INPUT: both(shape(TYPED, TYPING), sizes_fit)} | PICKS),
                        },
                        ID | {"description": string(100)},
                    ),
                }
            ),
            5,
        ),
    }
)


def walk(value: object, at: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every component within a list of them, outer ones first, with where it stands."""
    for place, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            here = (*at, str(place))
            yield here, item
            yield from walk(item.get("components"), (*here, "components"))
            for name in ("accessory", "component"):
                if isinstance(item.get(name), dict):
                    yield (*here, name), item[name]


def all_of(value: object) -> list[Json]:
    """Every component within a list of them, outer ones first."""
    return [item for _, item in walk(value)]


def ids_differ(value: object, at: Path) -> Iterator[Problem]:
    for field, code in (("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"), ("id", "COMPONENT_ID_DUPLICATED")):
        known = Counter[object]()
        for path, item in walk(value, at):
            # A number of 0 asks for one.
            if item.get(field):
                known[item[field]] += 1
                if known[item[field]] > 1:
                    yield Problem((*path, field), code, f"Component {field.replace('_', ' ')} cannot be duplicated")


def text_length(value: object) -> int:
    return sum(len(str(item.get("content", ""))) for item in all_of(value) if item.get("type") == TEXT)


def check_components(value: object, *, v2: bool) -> Iterator[Problem]:
    """What is wrong with the components of a message."""
    at = ("components",)
    yield from (IN_V2 if v2 else IN_LEGACY)(value, at)
    yield from ids_differ(value, at)
    if not v2:
        return
    if len(all_of(value)) > V2_COMPONENTS:
        message = f"Components must be {V2_COMPONENTS} or fewer in all, nested ones counted"
        yield Problem(at, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    if text_length(value) > V2_TEXT:
        message = f"Components displayable text size exceeds maximum size of {V2_TEXT}"
        yield Problem(at, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)


def check_modal(value: object) -> Iterator[Problem]:
    """What is wrong with a modal."""
    yield from MODAL(value, ("data",))
    if isinstance(value, dict):
        yield from ids_differ(value.get("components"), ("data", "components"))

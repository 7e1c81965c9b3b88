"""What Discord accepts as a message and as an autocomplete answer, with the documented limits.

https://discord.com/developers/docs/resources/message is the source.
"""

from collections.abc import Iterator

from tests.discord_server.components import check_components
from tests.discord_server.errors import Json, Path, Problem, Refused, refuse_form
from tests.discord_server.rules import (
    Rule,
    boolean,
    both,
    choice,
    integer,
    many,
    number,
    shape,
    snowflake,
    string,
    url,
)

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, IS_V2 = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 15
EMBEDS, EMBED_CHARACTERS, FILES, CONTENT = 10, 6000, 10, 2000

FIELD = shape({"name": string(256), "value": string(1024)}, {"inline": boolean})
IMAGE = shape({"url": url(attachments=True)}, {"height": integer(), "width": integer()})


def embed_shows_something(value: object, at: Path) -> Iterator[Problem]:
    shown = ("title", "description", "fields", "footer", "author", "image", "thumbnail")
    if isinstance(value, dict) and not any(value.get(name) for name in shown):
        yield Problem((*at, "description"), "BASE_TYPE_REQUIRED", "This field is required")


EMBED = both(
    shape(
        optional={
            "type": choice("rich"),
            "flags": integer(),
            "title": string(256),
            "description": string(4096),
            "url": url(),
            "timestamp": string(40, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)"),
            "color": integer(0, 0xFFFFFF),
            "footer": shape({"text": string(2048)}, {"icon_url": url(attachments=True)}),
            "author": shape({"name": string(256)}, {"url": url(), "icon_url": url(attachments=True)}),
            "image": IMAGE,
            "thumbnail": IMAGE,
            "fields": many(FIELD, 25, 0),
        }
    ),
    embed_shows_something,
)
MENTIONS = shape(
    optional={
        "parse": many(choice("roles", "users", "everyone"), 3, 0),
        "users": many(snowflake, 100, 0),
        "roles": many(snowflake, 100, 0),
        "replied_user": boolean,
    }
)


def mentions_are_clear(value: object, at: Path) -> Iterator[Problem]:
    """Either everybody of a kind may be pinged or those of a list."""
    for kind in ("users", "roles") if isinstance(value, dict) else ():
        if isinstance(value, dict) and value.get(kind) and kind in (value.get("parse") or []):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            yield Problem(at, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


ATTACHMENT = shape(
    {"id": snowflake},
    {"filename": string(1024), "description": string(1024), "title": string(1024), "flags": integer()},
)
ANYTHING: Rule = lambda _value, _at: iter(())  # noqa: E731 -- a rule like any other, only shorter
SHOWN: dict[str, Rule] = {
    "content": string(CONTENT, 0),
    "embeds": many(EMBED, EMBEDS, 0),
    "allowed_mentions": both(MENTIONS, mentions_are_clear),
    "components": ANYTHING,
    "attachments": many(ATTACHMENT, FILES, 0),
    "flags": integer(0, 2**31 - 1),
}
REFERENCE = shape(
    {"message_id": snowflake},
    {"type": choice(0, 1), "channel_id": snowflake, "guild_id": snowflake, "fail_if_not_exists": boolean},
)


def nonce(value: object, at: Path) -> Iterator[Problem]:
    if not isinstance(value, int):
        yield from string(25)(value, at)


CREATE = shape(
    optional=SHOWN | {"tts": boolean, "nonce": nonce, "enforce_nonce": boolean, "message_reference": REFERENCE}
)
EDIT = RESPOND = shape(optional=SHOWN | {"tts": boolean})

CREATE_FLAGS = SUPPRESS_EMBEDS | SILENT | IS_V2
RESPOND_FLAGS = CREATE_FLAGS | EPHEMERAL
EDIT_FLAGS = SUPPRESS_EMBEDS | IS_V2


def embed_size(embed: Json) -> int:
    """The characters of an embed that count towards the 6,000 of a message."""
    held = [embed.get("title"), embed.get("description")]
    held += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        held += [field.get("name"), field.get("value")]
    return sum(len(text.strip()) for text in held if text)


def check_message(body: object, rule: Rule, allowed_flags: int, *, at: Path = (), old_flags: int = 0) -> None:
    """Refuse a body that Discord would refuse; `old_flags` are those of the message that is edited."""
    problems = list(rule(body, at))
    if not isinstance(body, dict):
        return refuse_form(problems)
    flags = body.get("flags")
    flags = flags if isinstance(flags, int) else 0
    if flags & ~(allowed_flags | old_flags):
        problems.append(Problem((*at, "flags"), "MESSAGE_FLAGS_INVALID", "Message flags are invalid"))
    v2 = bool((flags | old_flags) & IS_V2)
    if v2:
        problems += [
            Problem(
                (*at, field),
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )
            for field in ("content", "embeds")
            if body.get(field)
        ]
    if body.get("components") is not None:
        found = check_components(body["components"], v2=v2)
        problems += [problem._replace(path=at + problem.path) for problem in found]
    refuse_form(problems)
    if sum(map(embed_size, body.get("embeds") or [])) > EMBED_CHARACTERS:
        message = f"Embed size exceeds maximum size of {EMBED_CHARACTERS}"
        refuse_form([Problem((*at, "embeds"), "MAX_EMBED_SIZE_EXCEEDED", message)])
    return None


def refuse_empty(shown: Json) -> None:
    """A message shows something: words, an embed, a file or components."""
    if not any((shown.get("content") or "").strip() if name == "content" else shown.get(name) for name in _VISIBLE):
        raise Refused.known(50006)


_VISIBLE = ("content", "embeds", "attachments", "components")


def choice_value(value: object, at: Path) -> Iterator[Problem]:
    """The value of a choice: text of up to 100 characters, or a number."""
    yield from (string(100) if isinstance(value, str) else number)(value, at)


CHOICE = shape({"name": string(100), "value": choice_value}, {"name_localizations": ANYTHING})
CHOICES = shape({"choices": many(CHOICE, 25, 0)})

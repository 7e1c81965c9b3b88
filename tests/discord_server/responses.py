"""How the bot answers interactions over REST: the callback, the original response, and follow-ups.

https://discord.com/developers/docs/interactions/receiving-and-responding is the source.
"""

import copy

from tests.discord_server.components import check_modal
from tests.discord_server.content import (
    CHOICES,
    EDIT,
    EDIT_FLAGS,
    EPHEMERAL,
    LOADING,
    RESPOND,
    RESPOND_FLAGS,
    check_message,
    refuse_empty,
)
from tests.discord_server.errors import Problem, Refused, refuse_form
from tests.discord_server.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    FIRST_US,
    MODAL_SUBMIT,
    TOKEN_US,
)
from tests.discord_server.messages import erase, numbered, rewrite, show, shown
from tests.discord_server.rest import Answer, Call, route
from tests.discord_server.rules import integer
from tests.discord_server.things import Interaction, Json, Message, Reply

_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_ANSWERS = {
    COMMAND: (Reply.MESSAGE, Reply.DEFER, Reply.MODAL),
    AUTOCOMPLETE: (Reply.CHOICES,),
    COMPONENT: (Reply.MESSAGE, Reply.DEFER, Reply.DEFER_UPDATE, Reply.UPDATE, Reply.MODAL),
    MODAL_SUBMIT: (Reply.MESSAGE, Reply.DEFER, Reply.DEFER_UPDATE, Reply.UPDATE),
}
"""What each kind of interaction may be answered with at first."""


@route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", needs_token=False)
def callback(call: Call) -> Answer:
    made = call.discord.interactions.get(call.path["interaction_token"])
    too_late = made is not None and not made.acked and call.discord.clock() - made.created_us > FIRST_US
    if made is None or made.id != call.path["interaction_id"] or too_late:
        raise Refused.known(10062)
    if made.acked:
        raise Refused.known(40060)
    kind, data = _checked(call, made)
    match kind:
        case Reply.MESSAGE:
            made.response = _make(call, made, data, at=("data",))
        case Reply.DEFER:
            made.response = _make(call, made, {"flags": (data.get("flags") or 0) | LOADING}, waits=True)
        case Reply.DEFER_UPDATE | Reply.UPDATE if made.about is not None:
            made.response = made.about
            if kind == Reply.UPDATE:
                rewrite(call.discord, made.about, shown(call, data, made.about, ("data",)))
        case Reply.CHOICES:
            made.choices = copy.deepcopy(data["choices"])
        case Reply.MODAL:
            made.modal = copy.deepcopy(data) | {"components": numbered(data["components"])}
    made.callback = kind
    call.discord.changed()
    return _told(call, made) if call.query.get("with_response", "").lower() in ("true", "1") else None


def _checked(call: Call, made: Interaction) -> tuple[int, Json]:
    """The type and data of a callback, once both are right."""
    body = call.json
    kind, data = body.get("type"), body.get("data") or {}
    problems = list(integer(1, 12)(kind, ("type",)))
    kind = kind if isinstance(kind, int) else 0
    problems += [
        Problem((key,), "FIELD_UNKNOWN", "There is no such field.") for key in body if key not in ("type", "data")
    ]
    allowed = list(_ANSWERS[made.kind])
    if made.about is None:
        allowed = [one for one in allowed if one not in (Reply.DEFER_UPDATE, Reply.UPDATE)]
    if not problems and kind not in allowed:
        code = "INTERACTION_APPLICATION_COMMAND_INVALID_RESPONSE_TYPE"
        problems.append(Problem(("type",), code, "This interaction cannot be answered like this"))
    refuse_form(problems)
    match kind:
        case Reply.MESSAGE:
            check_message(data, RESPOND, RESPOND_FLAGS, at=("data",))
        case Reply.DEFER:
            check_message(data, RESPOND, EPHEMERAL, at=("data",))
        case Reply.UPDATE if made.about is not None:
            check_message(data, EDIT, EDIT_FLAGS, at=("data",), old_flags=made.about.flags)
        case Reply.CHOICES:
            refuse_form(CHOICES(data, ("data",)))
        case Reply.MODAL:
            refuse_form(check_modal(data))
    return kind, data


def _told(call: Call, made: Interaction) -> Json:
    about: Json = {"id": made.id, "type": made.kind}
    resource: Json = {"type": made.callback}
    if made.response is not None:
        flags = made.response.flags
        about |= {"response_message_id": made.response.id, "response_message_loading": bool(flags & LOADING)}
        about["response_message_ephemeral"] = bool(flags & EPHEMERAL)
        if made.callback in (Reply.MESSAGE, Reply.UPDATE):
            resource["message"] = made.response.as_json(seen_by=call.discord.bot.id)
    return {"interaction": about, "resource": resource}


def _make(call: Call, made: Interaction, body: Json, *, at: tuple[str, ...] = (), waits: bool = False) -> Message:
    """Put an answer into the channel, or in front of the one who asked."""
    discord = call.discord
    given = shown(call, body, at=at)
    if not waits:
        refuse_empty(given)
    message = Message(discord.new_id(), made.channel, discord.bot, discord.clock(), **given)
    message.application_id, message.allowed_mentions = discord.app.id, body.get("allowed_mentions")
    message.kind = 20 if made.kind == COMMAND and made.response is None else 19 if made.about else 0
    owners = {"0": made.channel.guild.id}
    message.interaction = {"id": made.id, "type": made.kind, "user": made.person.as_json()}
    message.interaction["authorizing_integration_owners"] = owners
    if message.flags & EPHEMERAL:
        message.seen_by = made.person
        made.channel.whispers.append(message)
        discord.changed()
    else:
        discord.put(message)
    return message


# -- what comes after ------------------------------------------------------------------------------------------


def _of_token(call: Call) -> Interaction:
    made = call.discord.interactions.get(call.path["webhook_token"])
    if made is None or call.path["webhook_id"] != call.discord.app.id:
        raise Refused.known(50027 if made is None else 10015)
    if call.discord.clock() - made.created_us > TOKEN_US:
        raise Refused.known(50027)
    if not made.acked:
        raise Refused.known(10015)
    return made


def _answer(call: Call, made: Interaction) -> Message:
    """The message of the path: the original response or a follow-up."""
    if call.path.get("message_id", "@original") == "@original":
        found = made.response
    else:
        own = [made.response, *made.followups]
        found = next((message for message in own if message and message.id == call.path["message_id"]), None)
    if found is None or found.deleted:
        raise Refused.known(10008)
    return found


def _as_seen(call: Call, message: Message) -> Json:
    return message.as_json(seen_by=call.discord.bot.id)


@route("POST", _WEBHOOK, needs_token=False)
def post_followup(call: Call) -> Answer:
    made = _of_token(call)
    check_message(call.json, RESPOND, RESPOND_FLAGS)
    if made.thinking and made.response is not None:
        # The first follow-up takes the place of the promised answer, and is as private as that one was to be.
        given = shown(call, call.json)
        _fill(call, made.response, given | {"flags": given.get("flags", 0) & ~EPHEMERAL})
        return _as_seen(call, made.response)
    message = _make(call, made, call.json)
    made.followups.append(message)
    return _as_seen(call, message)


def _fill(call: Call, message: Message, given: Json) -> None:
    """Give a promised answer its content."""
    refuse_empty(given)
    message.flags = (message.flags & ~LOADING) | given.pop("flags", 0)
    show(call.discord, message, given)


@route("GET", _WEBHOOK + "/messages/{message_id}", needs_token=False)
def get_response(call: Call) -> Answer:
    return _as_seen(call, _answer(call, _of_token(call)))


@route("PATCH", _WEBHOOK + "/messages/{message_id}", needs_token=False)
def edit_response(call: Call) -> Answer:
    message = _answer(call, _of_token(call))
    check_message(call.json, EDIT, EDIT_FLAGS, old_flags=message.flags)
    given = shown(call, call.json, message)
    if message.flags & LOADING:
        _fill(call, message, given)
    else:
        rewrite(call.discord, message, given)
    if "allowed_mentions" in call.json:
        message.allowed_mentions = call.json["allowed_mentions"]
    return _as_seen(call, message)


@route("DELETE", _WEBHOOK + "/messages/{message_id}", needs_token=False)
def delete_response(call: Call) -> Answer:
    erase(call.discord, _answer(call, _of_token(call)))
    return None

"""Views: modals in a stack of at most three per person, and each person's home."""

from tests.slack_server import blocks as kit
from tests.slack_server.deliveries import Deliveries
from tests.slack_server.methods import Call, method, stored_blocks
from tests.slack_server.world import App, Json, Refused, Trigger, View, Workspace, refuse_blocks

STACK = 3
VIEW_BYTES = 250_000


def make_view(slack: Deliveries, app: App, team: Workspace, user: str, content: object) -> View:
    """A checked view that nobody sees yet."""
    kept = check_view(slack, content)
    view_id = slack.new_id("V")
    return View(view_id, app, team, user, kept, slack.new_id("h"), root_id=view_id)


def check_view(slack: Deliveries, content: object) -> Json:
    """The view as Slack keeps it, unless it is to be refused."""
    if content is None:
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]})
    refuse_blocks("invalid_arguments", kit.check_view(content))
    if len(str(content).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    kept = dict(content) if isinstance(content, dict) else {}
    return kept | {"blocks": stored_blocks(slack, kept["blocks"])}


def push_view(slack: Deliveries, view: View) -> None:
    """Put a view on top of what the person has open."""
    stack = slack.modals.setdefault(view.user, [])
    if len(stack) >= STACK:
        raise Refused("push_limit_reached")
    if stack:
        view.root_id, view.previous_id = stack[0].id, stack[-1].id
    stack.append(view)
    slack.views[view.id] = view
    slack.changed()


def change_view(slack: Deliveries, view: View, content: object) -> None:
    """Replace what a view shows."""
    view.content = check_view(slack, content)
    view.hash = slack.new_id("h")
    slack.changed()


def close_views(slack: Deliveries, user: str, *, every: bool = False) -> None:
    """Take the top view away, or all of them."""
    stack = slack.modals.get(user, [])
    for view in stack[:] if every else stack[-1:]:
        stack.remove(view)
        slack.views.pop(view.id, None)
    slack.changed()


def _pull(call: Call) -> Trigger:
    """The trigger of the arguments, good for one use within three seconds of what the person did."""
    trigger = call.slack.triggers.get(call.given.text("trigger_id"))
    if trigger is None or trigger.app is not call.caller.app:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if call.slack.clock() > trigger.expires_us:
        raise Refused("expired_trigger_id")
    return trigger


def _modal(call: Call, user: str) -> View:
    content = call.given.json("view")
    if isinstance(content, dict) and content.get("type") != "modal":
        refuse_blocks("invalid_arguments", ["[ERROR] must be a modal [json-pointer:/view/type]"])
    return make_view(call.slack, call.caller.app, call.caller.team, user, content)


@method("views.open")
def open_view(call: Call) -> Json:
    trigger = _pull(call)
    view = _modal(call, trigger.user)
    trigger.used = True
    close_views(call.slack, trigger.user, every=True)
    push_view(call.slack, view)
    return {"view": view.as_json()}


@method("views.push")
def push(call: Call) -> Json:
    trigger = _pull(call)
    if trigger.within is None or trigger.within.id not in call.slack.views:
        raise Refused("not_found")
    view = _modal(call, trigger.user)
    push_view(call.slack, view)
    trigger.used = True
    return {"view": view.as_json()}


@method("views.update")
def update_view(call: Call) -> Json:
    view_id, external_id = call.given.text("view_id"), call.given.text("external_id")
    views = [view for view in call.slack.views.values() if view.app is call.caller.app]
    for view in views:
        if view.id == view_id or (external_id and view.content.get("external_id") == external_id):
            _check_hash(call, view)
            change_view(call.slack, view, call.given.json("view"))
            return {"view": view.as_json()}
    raise Refused("not_found")


@method("views.publish")
def publish(call: Call) -> Json:
    user = call.given.text("user_id")
    person = call.slack.people.get(user)
    if person is None or person.is_bot or person.team is not call.caller.team:
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid user_id"]})
    content = call.given.json("view")
    if isinstance(content, dict) and content.get("type") != "home":
        refuse_blocks("invalid_arguments", ["[ERROR] must be a home [json-pointer:/view/type]"])
    home = call.slack.homes.get((call.caller.app.id, user))
    if home:
        _check_hash(call, home)
        change_view(call.slack, home, content)
    else:
        home = make_view(call.slack, call.caller.app, call.caller.team, user, content)
        call.slack.homes[call.caller.app.id, user] = home
        call.slack.changed()
    return {"view": home.as_json()}


def _check_hash(call: Call, view: View) -> None:
    if call.given.text("hash") and call.given.text("hash") != view.hash:
        raise Refused("hash_conflict")

"""Installing: codes for tokens, token rotation, and giving tokens up."""

from dataclasses import dataclass

from tests.slack_server.arguments import Arguments
from tests.slack_server.deliveries import Deliveries
from tests.slack_server.methods import Call, method
from tests.slack_server.world import App, Installation, Json, Person, Refused, Workspace

CODE_US = 10 * 60_000_000
TOKEN_S = 12 * 3600


@dataclass(eq=False)
class Approval:
    """What somebody agreed to on the consent page."""

    app: App
    team: Workspace
    by: Person
    scopes: frozenset[str]
    redirect_uri: str
    expires_us: int
    org_wide: bool = False
    used: bool = False


def access(slack: Deliveries, approvals: dict[str, Approval], given: Arguments, secret: tuple[str, str] | None) -> Json:
    """`oauth.v2.access`; the client id and secret come as HTTP basic credentials or as arguments."""
    client_id, client_secret = secret or (given.text("client_id"), given.text("client_secret"))
    app = next((app for app in slack.apps.values() if app.client_id == client_id), None)
    if app is None:
        raise Refused("invalid_client_id")
    if app.client_secret != client_secret:
        raise Refused("bad_client_secret")
    if given.text("grant_type") == "refresh_token":
        return _refresh(slack, app, given.text("refresh_token"))
    return _exchange(slack, app, approvals.get(given.text("code")), given.text("redirect_uri"))


def _exchange(slack: Deliveries, app: App, approval: Approval | None, redirect_uri: str) -> Json:
    if approval is None or approval.app is not app or slack.clock() > approval.expires_us:
        raise Refused("invalid_code")
    if approval.used:
        raise Refused("code_already_used")
    if redirect_uri != approval.redirect_uri:
        raise Refused("bad_redirect_uri")
    approval.used = True
    before = slack.bot(approval.team, app)
    if before and not app.rotates_tokens:
        before.scopes |= approval.scopes
        made = before
    else:
        made = slack.install(approval.team, app, scopes=approval.scopes, org_wide=approval.org_wide)
    return _granted(slack, made) | {"authed_user": {"id": approval.by.id}}


def _refresh(slack: Deliveries, app: App, refresh_token: str) -> Json:
    """A new token for a refresh token, once; the old one stays good until its own end."""
    for old in slack.installations:
        if old.app is app and refresh_token and old.refresh_token == refresh_token and not old.refused_with:
            old.refresh_token = None
            return _granted(slack, slack.install(old.team, app, scopes=old.scopes, org_wide=old.org_wide))
    raise Refused("invalid_refresh_token")


def _granted(slack: Deliveries, made: Installation) -> Json:
    answer: Json = {"app_id": made.app.id, "scope": ",".join(sorted(made.scopes)), "token_type": "bot"}
    answer |= {"access_token": made.token, "bot_user_id": made.bot.id, "is_enterprise_install": made.org_wide}
    answer["team"] = None if made.org_wide else {"id": made.team.id, "name": made.team.name}
    org = made.team.enterprise
    answer["enterprise"] = {"id": org, "name": f"Organisation {org}"} if org else None
    if made.app.rotates_tokens:
        made.refresh_token = f"xoxe-1-{slack.new_id('R')}"
        made.expires_us = slack.clock() + TOKEN_S * 1_000_000
        answer |= {"refresh_token": made.refresh_token, "expires_in": TOKEN_S}
    return answer


@method("auth.test")
def test(call: Call) -> Json:
    made, team = call.caller, call.caller.team
    found: Json = {"url": team.url, "team": team.name, "user": made.bot.name, "team_id": team.id}
    found |= {"user_id": made.bot.id, "bot_id": made.bot_id, "is_enterprise_install": made.org_wide}
    return found | ({"enterprise_id": team.enterprise} if team.enterprise else {})


@method("auth.revoke")
def revoke(call: Call) -> Json:
    if call.given.flag("test"):
        return {"revoked": False}
    call.caller.refused_with = "token_revoked"
    call.slack.changed()
    event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [call.caller.bot.id]}}
    call.slack.later(call.slack.deliver(event, call.caller))
    return {"revoked": True}

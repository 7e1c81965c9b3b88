"""Installing with a code, refreshing a token, and what comes of it."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes import FakeClock
from tests.slack_server.server import Slack
from tests.slack_server.world import Person, Workspace

# The SDK sends the client's secret with a helper that newer aiohttp would like replaced.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

BACK = "https://shipworthy.example/slack/oauth_redirect"


@pytest.fixture
def team(slack: Slack) -> Workspace:
    return slack.workspace("T9", "Newcomers", installed=False)


@pytest.fixture
def owner(slack: Slack, team: Workspace) -> Person:
    return slack.person(team, "Olga", is_owner=True)


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(base_url=slack.api_url)


def credentials(slack: Slack) -> dict[str, str]:
    return {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}


async def error(client: AsyncWebClient, **given: str) -> str:
    with pytest.raises(SlackApiError) as caught:
        await client.oauth_v2_access(**given)
    return caught.value.response["error"]


async def test_a_code_is_exchanged_once_for_a_token(
    slack: Slack, client: AsyncWebClient, team: Workspace, owner: Person
) -> None:
    code = slack.approve(slack.app.client_id, team, owner, redirect_uri=BACK)
    given = credentials(slack) | {"code": code, "redirect_uri": BACK}
    assert await error(client, **given | {"redirect_uri": "https://elsewhere.example"}) == "bad_redirect_uri"
    answer = await client.oauth_v2_access(**given)
    assert answer["team"] == {"id": "T9", "name": "Newcomers"}
    assert answer["authed_user"]["id"] == owner.id
    assert (answer["token_type"], answer["is_enterprise_install"], answer["enterprise"]) == ("bot", False, None)
    assert "chat:write" in answer["scope"].split(",")
    assert (await client.auth_test(token=answer["access_token"]))["user_id"] == answer["bot_user_id"]
    assert await error(client, **given) == "code_already_used"


async def test_credentials_and_code_have_to_be_right(
    slack: Slack, client: AsyncWebClient, clock: FakeClock, team: Workspace, owner: Person
) -> None:
    code = slack.approve(slack.app.client_id, team, owner)
    given = credentials(slack) | {"code": code}
    assert await error(client, **given | {"client_id": "1.2"}) == "invalid_client_id"
    assert await error(client, **given | {"client_secret": "guess"}) == "bad_client_secret"
    assert await error(client, **given | {"code": "guess"}) == "invalid_code"
    clock.forward(minutes=11)
    assert await error(client, **given) == "invalid_code"


async def test_tokens_that_rotate_are_refreshed_once_each(
    slack: Slack, client: AsyncWebClient, clock: FakeClock, team: Workspace, owner: Person
) -> None:
    slack.app.rotates_tokens = True
    code = slack.approve(slack.app.client_id, team, owner)
    first = await client.oauth_v2_access(**credentials(slack), code=code)
    assert first["expires_in"] == 12 * 3600
    refresh = credentials(slack) | {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await client.oauth_v2_access(**refresh)
    assert second["access_token"] != first["access_token"]
    assert await error(client, **refresh) == "invalid_refresh_token"
    clock.forward(days=0.6)
    with pytest.raises(SlackApiError, match="token_expired"):
        await client.auth_test(token=first["access_token"])


async def test_installing_for_a_whole_organisation_names_no_team(
    slack: Slack, client: AsyncWebClient, owner: Person
) -> None:
    grid = slack.workspace("T8", enterprise="E1", installed=False)
    code = slack.approve(slack.app.client_id, grid, owner, org_wide=True)
    answer = await client.oauth_v2_access(**credentials(slack), code=code)
    assert (answer["team"], answer["enterprise"]["id"], answer["is_enterprise_install"]) == (None, "E1", True)


async def test_installing_again_keeps_the_bot(
    slack: Slack, client: AsyncWebClient, team: Workspace, owner: Person
) -> None:
    first = await client.oauth_v2_access(**credentials(slack), code=slack.approve(slack.app.client_id, team, owner))
    again = await client.oauth_v2_access(**credentials(slack), code=slack.approve(slack.app.client_id, team, owner))
    assert again["access_token"] == first["access_token"]
    await slack.uninstall(team)
    back = await client.oauth_v2_access(**credentials(slack), code=slack.approve(slack.app.client_id, team, owner))
    assert back["access_token"] != first["access_token"]
    assert back["bot_user_id"] == first["bot_user_id"]

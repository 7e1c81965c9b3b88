"""Installing the app by OAuth, as a person with a browser does, against the tests' own Slack."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from adapters.slack import oauth, scopes
from bot.storage.installations import Installations
from tests import stored
from tests.adapters.slack.browser import Browser
from tests.adapters.slack.running import KEY, World
from tests.fakes import FakeClock
from tests.slack_server.server import Slack


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[Slack]:
    async with Slack(clock) as slack:
        slack.app.retry_delays_s = ()
        yield slack


@pytest.fixture
async def world(slack: Slack, tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """The bot of many workspaces, which is installed in none yet."""
    world = World(tmp_path, slack, mode="oauth", clock=clock)
    slack.app.rotates_tokens = True  # each installation has a token of its own
    async with world.connected():
        yield world


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as session:
        yield Browser(world, session)


async def teams(world: World) -> tuple[str, ...]:
    return await world.connection.workspaces.teams()


async def test_the_button_leads_to_the_consent_page_beside_the_api_and_asks_for_the_scopes(browser: Browser) -> None:
    link = urlsplit(await browser.begin())
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{browser.world.slack.url}/oauth/v2/authorize"
    query = parse_qs(link.query, keep_blank_values=True)
    assert query["client_id"] == [browser.world.slack.app.client_id]
    assert query["scope"][0].split(",") == [scope.name for scope in scopes.REQUIRED]
    assert query["user_scope"] == [""]
    assert query["state"] == [browser.cookie]


@pytest.mark.parametrize(
    ("api_url", "page"),
    [
        ("https://slack.com/api/", "https://slack.com/oauth/v2/authorize"),
        ("https://slack-gov.com/api/", "https://slack-gov.com/oauth/v2/authorize"),
    ],
)
async def test_the_optional_scopes_are_asked_for_where_that_is_set_at_the_slack_that_is_set(
    slack: Slack, tmp_path: Path, api_url: str, page: str
) -> None:
    world = World(tmp_path, slack, mode="oauth", options={"api_url": api_url, "optional_scopes": True})
    async with world.connected(), aiohttp.ClientSession() as session:
        opened = await Browser(world, session).get(oauth.INSTALL)
        assert f'href="{page}?' in opened.text
        assert all(scope.name in opened.text for scope in (*scopes.REQUIRED, *scopes.OPTIONAL))


async def test_who_agrees_has_the_app_in_the_workspace_and_it_answers_there(browser: Browser) -> None:
    world = browser.world
    page = await browser.install(world.team)
    assert page.status == 200
    assert "Shipworthy is installed in" in page.text
    assert ">Acme</a>" in page.text
    assert page.cookie == "deleted"
    assert await teams(world) == ("T1",)
    found = await world.connection.workspaces.get("T1")
    assert found is not None
    assert found.url == world.team.url
    await world.compare()


async def test_what_a_workspace_is_called_cannot_put_anything_into_the_page(browser: Browser) -> None:
    browser.world.team.name = "<script>alert(1)</script>"
    assert "<script>" not in (await browser.install(browser.world.team)).text


async def test_a_state_is_good_once(browser: Browser) -> None:
    world = browser.world
    state = await browser.state()
    code = world.slack.approve(world.slack.app.client_id, world.team, world.ann)
    assert (await browser.get(oauth.REDIRECT, code=code, state=state)).status == 200
    exchanges = [call for call in world.slack.calls if call.method == "oauth.v2.access"]
    again = await browser.get(oauth.REDIRECT, code=code, state=state)
    assert (again.status, oauth.STALE in again.text) == (401, True)
    assert [call for call in world.slack.calls if call.method == "oauth.v2.access"] == exchanges
    assert await teams(world) == ("T1",)


async def test_a_state_runs_out(browser: Browser, clock: FakeClock) -> None:
    state = await browser.state()
    clock.forward(minutes=10)
    page = await browser.get(oauth.REDIRECT, code="code", state=state)
    assert (page.status, oauth.STALE in page.text) == (401, True)
    assert browser.world.slack.calls == []


async def test_a_state_that_is_another_browsers_or_none_is_refused(browser: Browser) -> None:
    state = await browser.state()
    for cookie, given in (
        ("", {"state": state}),
        ("other", {"state": state}),
        (state, {"state": "other"}),
        (state, {}),
    ):
        browser.cookie = cookie
        page = await browser.get(oauth.REDIRECT, code="code", **given)
        assert (page.status, oauth.STALE in page.text) == (400, True)
    browser.cookie = "never-issued"
    assert (await browser.get(oauth.REDIRECT, code="code", state="never-issued")).status == 401
    assert browser.world.slack.calls == []


async def test_who_declines_is_told_that_nothing_was_installed(browser: Browser) -> None:
    page = await browser.get(oauth.REDIRECT, error="access_denied", state=await browser.state())
    assert (page.status, oauth.DECLINED in page.text) == (200, True)
    page = await browser.get(oauth.REDIRECT, error="<script>", state=await browser.state())
    assert oauth.SLACK_SAYS_NO in page.text
    assert "<script>" not in page.text
    assert await teams(browser.world) == ()


async def test_a_code_that_is_wrong_or_missing_installs_nothing(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    page = await browser.get(oauth.REDIRECT, code="made-up-code", state=await browser.state())
    assert (page.status, oauth.STALE in page.text) == (401, True)
    page = await browser.get(oauth.REDIRECT, state=await browser.state())
    assert (page.status, oauth.STALE in page.text) == (401, True)
    assert await teams(browser.world) == ()
    assert "invalid_code" in caplog.text
    assert "made-up-code" not in caplog.text


@pytest.mark.parametrize(
    ("method", "fault"),
    [("oauth.v2.access", {"broken": "drop connection", "times": 4}), ("auth.test", {"error": "internal_error"})],
)
async def test_a_slack_that_fails_during_the_exchange_is_a_page_that_says_try_again(
    browser: Browser, method: str, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slack_sdk.http_retry.jitter.random.random", lambda: -0.5)
    browser.world.slack.fail(method, **fault)
    page = await browser.install(browser.world.team)
    assert (page.status, oauth.TRY_AGAIN in page.text) == (503, True)
    assert "Traceback" not in page.text
    assert await teams(browser.world) == ()
    assert (await browser.install(browser.world.team)).status == 200


async def test_a_storage_that_fails_is_a_page_that_says_try_again(browser: Browser) -> None:
    state = await browser.state()
    code = browser.world.slack.approve(browser.world.slack.app.client_id, browser.world.team, browser.world.ann)
    await browser.world.store.close()
    for page in (await browser.get(oauth.REDIRECT, code=code, state=state), await browser.get(oauth.INSTALL)):
        assert (page.status, oauth.TRY_AGAIN in page.text) == (503, True)
        assert "Traceback" not in page.text


async def test_an_organisation_is_refused_its_token_given_back_and_nothing_kept(browser: Browser) -> None:
    world = browser.world
    team = world.slack.workspace("T2", "Grid", enterprise="E1", installed=False)
    page = await browser.install(team, org_wide=True)
    assert (page.status, oauth.REFUSED in page.text) == (403, True)
    [made] = [made for made in world.slack.installations if made.org_wide]
    assert made.refused_with == "token_revoked"
    await world.slack.settled()
    assert await teams(world) == ()
    assert stored.rows(world.store, "SELECT id FROM teams") == []


async def test_installed_again_the_new_token_takes_the_place_of_the_old(browser: Browser, clock: FakeClock) -> None:
    world = browser.world
    await browser.install(world.team)
    old = await world.connection.workspaces.get("T1")
    clock.forward(seconds=5)
    await browser.install(world.team)
    new = await world.connection.workspaces.get("T1")
    assert old is not None
    assert new is not None
    assert old.token != new.token == world.slack.token(world.team)
    assert await teams(world) == ("T1",)
    await world.compare()


async def test_two_who_install_at_once_leave_one_installation(browser: Browser) -> None:
    world = browser.world
    other = Browser(world, browser.session)
    await asyncio.gather(browser.install(world.team), other.install(world.team))
    assert await teams(world) == ("T1",)
    kept = Installations(world.store.database, key=KEY, clock=world.clock)
    found = await kept.async_find_bot(enterprise_id=None, team_id="T1")
    assert found is not None
    assert found.bot_token in world.slack.tokens

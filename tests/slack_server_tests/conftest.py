"""A Slack with one workspace, a few people and channels, and a Bolt app on either transport."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes import FakeClock
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Person, Workspace

Serve = Callable[[AsyncApp], Awaitable[None]]


@pytest.fixture(autouse=True)
def direct_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would send even loopback through a proxy that the environment names."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[Slack]:
    async with Slack(clock) as slack:
        yield slack


@pytest.fixture
def team(slack: Slack) -> Workspace:
    return slack.workspace("T1", "Harbour")


@pytest.fixture
def ann(slack: Slack, team: Workspace) -> Person:
    return slack.person(team, "Ann", person_id="UANN")


@pytest.fixture
def bob(slack: Slack, team: Workspace) -> Person:
    return slack.person(team, "Bob", person_id="UBOB", tz="America/New_York")


@pytest.fixture
def general(slack: Slack, team: Workspace, ann: Person, bob: Person) -> Channel:
    return slack.channel(team, "general", ann, bob)


@pytest.fixture
def client(slack: Slack, team: Workspace) -> AsyncWebClient:
    return AsyncWebClient(slack.token(team), base_url=slack.api_url)


@pytest.fixture
def bolt(slack: Slack, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=slack.app.signing_secret, process_before_response=True)


@pytest.fixture
async def over_http(slack: Slack) -> AsyncIterator[Serve]:
    """Serve a Bolt app on a port the system picks and tell Slack of it."""
    async with AsyncExitStack() as stack:

        async def serve(bolt: AsyncApp) -> None:
            runner = web.AppRunner(bolt.web_app("/slack/events"))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            slack.app.request_url = f"http://{host}:{port}/slack/events"

        yield serve


@pytest.fixture
async def over_socket(slack: Slack) -> AsyncIterator[Serve]:
    """Connect a Bolt app over Socket Mode; several may be connected."""
    async with AsyncExitStack() as stack:

        async def serve(bolt: AsyncApp) -> None:
            before = len(slack.sockets())
            handler = AsyncSocketModeHandler(bolt, slack.app.app_token, ping_interval=0.1)
            stack.push_async_callback(handler.close_async)
            await handler.connect_async()
            await slack.until(lambda: len(slack.sockets()) > before)

        yield serve

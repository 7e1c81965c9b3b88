"""Where the bot is installed: what is looked up, what is remembered, and tokens that run out."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.oauth.installation_store import Bot

from adapters.slack import clients
from adapters.slack.workspaces import InstalledWorkspaces, OneWorkspace, Workspace
from bot.storage.installations import Installations
from bot.storage.sqlite.database import Database
from bot.storage.store import Store
from commands.errors import CommandError, Unavailable
from commands.once import Once
from tests.adapters.slack.browser import Browser
from tests.adapters.slack.running import KEY, World
from tests.fakes import FakeClock
from tests.slack_server.server import Slack


class CountingDatabase:
    """A database that counts how often a row is read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reads = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the database has
        return getattr(self._database, name)

    async def row(self, sql: str, values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - as the database has it
        self.reads += 1
        return await self._database.row(sql, values)


class Many:
    """A bot of many workspaces that is installed in T1, and its lookups."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self.world = world
        self.slack = world.slack
        self.database = CountingDatabase(world.store.database)
        self.session = session
        self.store, self.workspaces = self.process()

    def process(self) -> tuple[Installations, InstalledWorkspaces]:
        """What one process on the database has of its own."""
        store = Installations(self.database, key=KEY, clock=self.world.clock)  # type: ignore[arg-type]
        return store, InstalledWorkspaces(
            store,
            lambda token, *, repeat=True: clients.make(
                token, api_url=self.slack.api_url, session=self.session, repeat=repeat
            ),
            client_id=self.slack.app.client_id,
            client_secret=self.slack.app.client_secret,
            once=Once("slack", self.world.store.deliveries),
        )

    async def get(self) -> Workspace:
        found = await self.workspaces.get("T1")
        assert found is not None
        return found

    async def bot(self) -> Bot:
        found = await self.store.async_find_bot(enterprise_id=None, team_id="T1")
        assert found is not None
        return found

    async def let_run_out(self, *, in_s: int) -> None:
        """Have the token end in so many seconds."""
        bot = await self.bot()
        bot.bot_token_expires_at = int(time.time()) + in_s
        await self.store.async_save_bot(bot)

    def rotations(self) -> int:
        asked = [call.arguments for call in self.slack.calls if call.method == "oauth.v2.access"]
        return sum(arguments.get("grant_type") == "refresh_token" for arguments in asked)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[Slack]:
    async with Slack(clock) as slack:
        slack.app.retry_delays_s = ()
        yield slack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def many(slack: Slack, tmp_path: Path, clock: FakeClock, session: aiohttp.ClientSession) -> AsyncIterator[Many]:
    slack.app.rotates_tokens = True
    world = World(tmp_path, slack, mode="oauth", clock=clock)
    async with world.connected():
        assert (await Browser(world, session).install(world.team)).status == 200
        yield Many(world, session)


async def test_a_workspace_is_read_once_and_decrypted_once_for_many_events(many: Many) -> None:
    first = await many.get()
    assert many.database.reads == 1
    assert [await many.get() for _ in range(5)] == [first] * 5
    assert (await many.get()).client is first.client
    assert many.database.reads == 1
    assert first.url == many.world.team.url


async def test_what_another_process_removed_is_gone_within_a_second(many: Many, clock: FakeClock) -> None:
    await many.get()
    elsewhere = await Store.open(many.world.store.database.path, clock=clock)
    await Installations(elsewhere.database, key=KEY, clock=clock).erase("T1", at_us=clock())
    await elsewhere.close()
    clock.forward(seconds=0.9)
    await many.get()
    clock.forward(seconds=0.1)
    assert await many.workspaces.get("T1") is None


async def test_a_workspace_that_never_installed_it_is_none(many: Many) -> None:
    assert await many.workspaces.get("T9") is None


async def test_a_token_that_ends_soon_is_rotated_once_where_the_api_is_and_kept(many: Many) -> None:
    old = await many.get()
    await many.let_run_out(in_s=600)
    found = await asyncio.gather(*(many.get() for _ in range(5)))
    assert many.rotations() == 1
    assert {one.token for one in found} == {many.slack.token("T1")}
    assert found[0].token != old.token
    assert found[0].url == old.url
    assert (await many.bot()).bot_token == many.slack.token("T1")
    await many.get()
    assert many.rotations() == 1
    assert (await found[0].client.auth_test())["team_id"] == "T1"


async def test_of_several_processes_one_rotates_a_token_and_the_others_use_the_new_one_within_a_second(
    many: Many, clock: FakeClock
) -> None:
    await many.let_run_out(in_s=600)
    processes = [many.workspaces, *(many.process()[1] for _ in range(2))]
    old = (await many.bot()).bot_token
    found = await asyncio.gather(*(process.get("T1") for process in processes))
    assert many.rotations() == 1
    assert {one and one.token for one in found} <= {old, many.slack.token("T1")}
    clock.forward(seconds=1)
    found = await asyncio.gather(*(process.get("T1") for process in processes))
    assert {one and one.token for one in found} == {many.slack.token("T1")}
    assert many.rotations() == 1


async def test_a_token_that_could_not_be_rotated_is_rotated_by_the_next_process(many: Many) -> None:
    await many.let_run_out(in_s=600)
    many.slack.fail("oauth.v2.access", error="internal_error")
    await many.get()
    other = await many.process()[1].get("T1")
    assert other is not None
    assert (many.rotations(), other.token) == (2, many.slack.token("T1"))


async def test_a_token_that_lasts_is_left_alone(many: Many) -> None:
    await many.let_run_out(in_s=3 * 3_600)
    await many.get()
    assert many.rotations() == 0


async def test_a_token_that_cannot_be_rotated_is_used_as_it_is_and_not_tried_again_at_once(many: Many) -> None:
    old = await many.get()
    await many.let_run_out(in_s=600)
    many.slack.fail("oauth.v2.access", error="internal_error")
    assert [(await many.get()).token for _ in range(5)] == [old.token] * 5
    assert many.rotations() == 1


def one(slack: Slack, session: aiohttp.ClientSession, token: str) -> tuple[OneWorkspace, list[str]]:
    """A bot of one workspace, and where it arrived."""
    arrived: list[str] = []

    async def arrive(team: str) -> None:
        arrived.append(team)

    def make(token: str | None, *, repeat: bool = True) -> Any:  # noqa: ANN401 - a client
        return clients.make(token, api_url=slack.api_url, session=session, repeat=repeat)

    return OneWorkspace(token, make, arrived=arrive), arrived


async def test_the_one_workspace_is_asked_once_and_arrived_in_once(
    slack: Slack, session: aiohttp.ClientSession
) -> None:
    team = slack.workspace("T1")
    workspaces, arrived = one(slack, session, slack.token(team))
    found = await asyncio.gather(*(workspaces.get("T1") for _ in range(5)))
    assert [workspace.id for workspace in found if workspace] == ["T1"] * 5
    assert await workspaces.get("T2") is None
    assert await workspaces.teams() == ("T1",)
    assert len(slack.calls) == 1
    assert arrived == ["T1"]


async def test_all_who_wait_for_slack_share_its_failure_and_the_next_asks_anew(
    slack: Slack, session: aiohttp.ClientSession
) -> None:
    workspaces, arrived = one(slack, session, slack.token(slack.workspace("T1")))
    slack.fail("auth.test", status=503)
    failed = await asyncio.gather(*(workspaces.get("T1") for _ in range(5)), return_exceptions=True)
    assert [type(error) for error in failed] == [Unavailable] * 5
    assert len(slack.calls) == 1
    assert arrived == []
    assert await workspaces.get("T1") is not None


async def test_a_token_that_is_refused_says_so_and_belongs_to_no_workspace(
    slack: Slack, session: aiohttp.ClientSession
) -> None:
    workspaces, arrived = one(slack, session, "xoxb-wrong")
    with pytest.raises(CommandError, match=r"SLACK_BOT_TOKEN \(invalid_auth\)"):
        await workspaces.only()
    assert await workspaces.get("T1") is None
    assert await workspaces.teams() == ()
    assert arrived == []


async def test_a_workspace_that_was_forgotten_is_asked_anew(slack: Slack, session: aiohttp.ClientSession) -> None:
    team = slack.workspace("T1")
    workspaces, arrived = one(slack, session, slack.token(team))
    await workspaces.get("T1")
    workspaces.forget("T2")
    await workspaces.get("T1")
    assert len(slack.calls) == 1
    workspaces.forget("T1")
    await workspaces.get("T1")
    assert len(slack.calls) == 2
    assert arrived == ["T1", "T1"]


async def test_nothing_that_is_printed_of_a_workspace_shows_its_token(many: Many) -> None:
    found = await many.get()
    assert found.token not in repr(found)

"""The app comes and goes: what becomes of its token, the digests and the votes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import permutations
from pathlib import Path

import aiohttp
import pytest

from tests import stored
from tests.adapters.slack.browser import Browser
from tests.adapters.slack.running import World
from tests.fakes import FakeClock
from tests.slack_server.server import Slack
from tests.slack_server.world import Message

DAY_US = 86_400_000_000
SECOND_US = 1_000_000
BLUE = "large_blue_circle"
REVOKED, UNINSTALLED = "tokens_revoked", "app_uninstalled"


class House:
    """A workspace with a comparison, a vote and a weekly digest."""

    def __init__(self, world: World, browser: Browser, clock: FakeClock) -> None:
        self.world = world
        self.browser = browser
        self.clock = clock
        self.message: Message

    async def furnish(self) -> None:
        world = self.world
        if world.mode == "oauth":
            assert (await self.browser.install(world.team)).status == 200
        self.message = await world.compare()
        assert (await world.slack.react(world.ann, self.message, BLUE)).acked
        await world.slack.command(world.ann, world.general, "/shipworthy", "digest on")
        await world.slack.until(lambda: len(world.general.messages) + len(world.general.whispers) > 1)
        assert await self.digests() == 1

    async def rows(self, sql: str) -> int:
        [[found]] = stored.rows(self.world.store, sql)
        return int(found)

    async def votes(self) -> int:
        return await self.rows("SELECT count(*) FROM marks")

    async def digests(self) -> int:
        horizon = self.clock() + 8 * DAY_US
        return await self.world.store.digests.due(horizon, platform="slack")

    async def installations(self) -> int:
        return await self.rows("SELECT count(*) FROM slack_installations")

    async def purge(self) -> int:
        return await self.world.store.teams.purge(self.clock() - 30 * DAY_US)

    async def uninstall(self, order: Sequence[str] = (REVOKED, UNINSTALLED), at_us: int | None = None) -> None:
        seconds = (at_us or self.clock()) // SECOND_US
        answers = await self.world.slack.uninstall(self.world.team, order=order, event_time=seconds)
        assert all(answer.acked for answer in answers)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@asynccontextmanager
async def furnished(folder: Path, clock: FakeClock, mode: str) -> AsyncIterator[House]:
    async with Slack(clock) as slack, aiohttp.ClientSession() as session:
        slack.app.retry_delays_s = ()
        world = World(folder, slack, mode=mode, clock=clock)
        async with world.connected():
            house = House(world, Browser(world, session), clock)
            await house.furnish()
            yield house


@pytest.fixture
async def house(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with furnished(tmp_path, clock, "oauth") as house:
        yield house


@pytest.mark.parametrize("mode", ["oauth", "http", "socket"])
@pytest.mark.parametrize("order", [*permutations((REVOKED, UNINSTALLED)), (UNINSTALLED,), (REVOKED,) * 2])
async def test_removed_it_forgets_the_token_and_stops_the_digests_but_keeps_the_votes(
    tmp_path: Path, clock: FakeClock, mode: str, order: tuple[str, ...]
) -> None:
    async with furnished(tmp_path, clock, mode) as house:
        clock.forward(minutes=1)
        await house.uninstall(order)
        assert (await house.installations(), await house.digests(), await house.votes()) == (0, 0, 1)
        assert await house.world.connection.workspaces.get("T1") is None
        assert await house.world.connection.workspaces.teams() == ()


async def test_what_still_comes_from_there_is_dropped_and_changes_nothing(house: House) -> None:
    world, slack = house.world, house.world.slack
    made = slack.bot(world.team)
    assert made is not None
    house.clock.forward(minutes=1)
    await house.uninstall()
    late = {"type": "reaction_added", "user": world.ben.id, "reaction": BLUE, "item_user": made.bot.id}
    late |= {"item": {"type": "message", "channel": world.general.id, "ts": house.message.ts}}
    answer = await slack.deliver(late | {"event_ts": slack.next_ts()}, made)
    assert answer.acked
    assert (await house.votes(), await house.installations()) == (1, 0)
    again = await slack.deliver({"type": UNINSTALLED}, made)
    assert again.acked


async def test_a_workspace_never_heard_of_leaves_no_trace(house: House) -> None:
    slack = house.world.slack
    stranger = slack.install(slack.workspace("T9", installed=False))
    event = {"type": "app_mention", "user": "U1", "text": "hello", "ts": "1.2", "channel": "C1", "event_ts": "1.2"}
    for told in (event, {"type": UNINSTALLED}, {"type": REVOKED, "tokens": {"bot": ["U1"]}}):
        assert (await slack.deliver(told, stranger)).acked
    assert await house.rows("SELECT count(*) FROM teams WHERE external_id = 'T9'") == 0
    assert await house.installations() == 1


async def test_somebodys_own_token_revoked_is_no_departure(house: House) -> None:
    made = house.world.slack.bot(house.world.team)
    assert made is not None
    event = {"type": REVOKED, "tokens": {"oauth": [house.world.ann.id], "bot": []}}
    house.clock.forward(minutes=1)
    assert (await house.world.slack.deliver(event, made)).acked
    assert (await house.installations(), await house.digests()) == (1, 1)


async def test_installed_again_within_the_time_the_votes_are_there_and_digests_are_not(house: House) -> None:
    world, slack = house.world, house.world.slack
    house.clock.forward(minutes=1)
    await house.uninstall()
    house.clock.forward(days=29)
    assert await house.purge() == 0
    assert (await house.browser.install(world.team)).status == 200
    house.clock.forward(days=29)
    assert await house.purge() == 0
    assert (await house.votes(), await house.digests()) == (1, 0)
    await slack.invite(world.ann, world.general)
    assert (await slack.react(world.ben, house.message, BLUE)).acked
    await slack.until(lambda: "2 of 2" in str(house.message.blocks))


async def test_after_the_time_all_of_the_team_is_purged_and_another_is_not(house: House) -> None:
    world, slack = house.world, house.world.slack
    other = slack.workspace("T2", "Other", installed=False)
    assert (await house.browser.install(other)).status == 200
    zoe = slack.person(other, "Zoe")
    message = await world.compare(by=zoe, channel=slack.channel(other, "random", zoe))
    assert (await slack.react(zoe, message, BLUE)).acked
    house.clock.forward(minutes=1)
    await house.uninstall()
    house.clock.forward(days=31)
    assert await house.purge() == 1
    assert await house.votes() == 1
    assert await house.rows("SELECT count(*) FROM teams WHERE external_id = 'T1'") == 0
    assert (await slack.react(zoe, message, "large_orange_circle")).acked


@pytest.mark.parametrize("name", [REVOKED, UNINSTALLED])
async def test_a_departure_told_late_does_not_touch_a_newer_installation(house: House, name: str) -> None:
    world, slack = house.world, house.world.slack
    left_us = house.clock()
    house.clock.forward(minutes=5)
    made = slack.bot(world.team)
    assert made is not None
    made.refused_with = "account_inactive"
    assert (await house.browser.install(world.team)).status == 200
    fresh = slack.bot(world.team)
    assert fresh is not None
    assert fresh is not made
    late = {"type": name, "tokens": {"oauth": [], "bot": [made.bot.id]}}
    assert (await slack.deliver(late, made, event_time=left_us // SECOND_US)).acked
    assert (await house.installations(), await house.digests()) == (1, 1)
    found = await world.connection.workspaces.get("T1")
    assert found is not None
    assert found.token == fresh.token


async def test_a_bot_of_one_workspace_that_is_installed_again_counts_as_there(tmp_path: Path, clock: FakeClock) -> None:
    async with furnished(tmp_path, clock, "http") as house:
        world = house.world
        clock.forward(minutes=1)
        await house.uninstall()
    clock.forward(days=20)
    async with Slack(clock) as slack:
        world.slack = slack
        world.__post_init__()
        async with world.connected():
            clock.forward(days=20)
            assert await house.purge() == 0
            assert (await house.votes(), await house.digests()) == (1, 0)

"""What the program counts and times, as it is read from outside."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import generate_latest

from bot import app
from bot.metrics import Metrics
from bot.settings import Settings
from commands.budget import WINDOW_S, Budget
from commands.model import TeamKey
from tests.bot.house import Gate, House
from tests.bot.watching import ON, Watcher
from tests.discord_server.server import Discord
from tests.fakes_timer import FakeTimer
from tests.slack_server.server import Slack

BLUE, ORANGE = "large_blue_circle", "large_orange_circle"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        slack.app.retry_delays_s = (0.2, 0.5, 1.0)
        yield House(tmp_path, slack, discord)


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    async with aiohttp.ClientSession() as session:
        yield Watcher(session, "")


async def test_commands_votes_commits_and_redraws_are_counted_as_they_were(house: House, watcher: Watcher) -> None:
    slack = house.slack
    async with house.running(**house.by_socket() | house.by_discord() | ON) as program:
        watch = watcher.of(program)
        before = (await watch.figures()).get("shipworthy_commit_writes_sum", 0)
        message, post = await house.compare(), await house.compare_on_discord()
        assert (await slack.react(house.ann, message, BLUE)).acked
        assert (await slack.react(house.ben, message, BLUE)).acked
        assert (await slack.unreact(house.ben, message, BLUE)).acked
        house.discord.react(house.cy, post, "🔵")
        await house.shows(message, "1 of 1")
        await house.shows_on_discord(post, "1 of 1")
        for words in ("campare a vs b", "xoxb-1-secret", "hlep"):
            await house.answered(words)
        counted = await watch.figures()
        _, page = await watch.page("/metrics")
    for name, value in {
        "shipworthy_commands_total{command=compare,outcome=ok,platform=slack}": 1,
        "shipworthy_commands_total{command=compare,outcome=ok,platform=discord}": 1,
        "shipworthy_commands_total{command=unknown,outcome=refused,platform=slack}": 3,
        "shipworthy_command_seconds_count{command=compare}": 2,
        "shipworthy_command_seconds_count{command=unknown}": 3,
        "shipworthy_marks_total{outcome=changed,platform=slack}": 3,
        "shipworthy_marks_total{outcome=changed,platform=discord}": 1,
        "shipworthy_platform_connected{platform=slack}": 1,
        "shipworthy_platform_connected{platform=discord}": 1,
    }.items():
        assert counted.get(name) == value, (name, counted)
    assert counted["shipworthy_commit_writes_sum"] - before >= 2 + 4
    assert counted["shipworthy_commit_seconds_count"] == counted["shipworthy_commit_writes_count"]
    assert counted["shipworthy_redraws_total{outcome=drawn}"] >= 2
    assert counted["process_resident_memory_bytes"] > 1_000_000
    assert "shipworthy_writes_waiting 0.0" in page
    for private in (house.team.id, house.ann.id, str(house.guild.id), "campare", "xoxb", "hlep"):
        assert private not in page


async def test_waiting_because_a_platform_says_so_is_counted(house: House, watcher: Watcher) -> None:
    async with house.running(**house.by_http() | house.by_discord() | ON) as program:
        watch = watcher.of(program)
        house.slack.fail("chat.postMessage", status=429, retry_after_s=1)
        await house.compare()
        house.discord.fail("put_reaction", status=429, retry_after_s=1)
        await house.compare_on_discord()
        counted = await watch.figures()
    for platform in ("slack", "discord"):
        assert counted[f"shipworthy_rate_limit_wait_seconds_total{{platform={platform},why=platform}}"] >= 1


async def test_votes_that_were_missed_and_read_back_are_counted(house: House, watcher: Watcher) -> None:
    slack = house.slack
    async with Gate(slack) as gate, house.running(**house.by_socket() | ON) as program:
        watch = watcher.of(program)
        message = await house.compare()
        gate.shut()
        await slack.until(lambda: not slack.sockets())
        assert not (await slack.react(house.ann, message, BLUE)).acked
        await gate.open()
        await house.shows(message, "1 of 1")
        assert await watch.until_it_counts("shipworthy_repaired_marks_total{platform=slack}", 1) == 1
        assert (await watch.figures())["shipworthy_repairs_total{outcome=read,platform=slack}"] >= 1


async def test_waiting_for_a_budget_is_told_in_the_timers_seconds_and_not_waiting_is_not() -> None:
    timer, waits = FakeTimer(), list[float]()
    budget = Budget(2, timer, waited=waits.append)
    await budget.take("T1")
    await budget.take("T1")
    assert waits == []
    third = asyncio.ensure_future(budget.take("T1"))
    await timer.finish()
    await third
    assert waits == [WINDOW_S]


def test_digests_are_counted_by_what_became_of_them_and_timed_from_when_they_were_due() -> None:
    metrics = Metrics()
    metrics.digest("posted")
    metrics.digest_late(70)
    metrics.digest_late(-3)  # by a clock that stepped back
    page = generate_latest(metrics.registry).decode()
    assert 'shipworthy_digests_total{outcome="posted"} 1.0' in page
    assert 'shipworthy_digest_lag_seconds_bucket{le="60.0"} 1.0' in page
    assert 'shipworthy_digest_lag_seconds_bucket{le="120.0"} 2.0' in page
    assert "shipworthy_digest_lag_seconds_sum 70.0" in page


async def test_writes_that_gather_are_counted_in_the_commit_they_share(tmp_path: Path) -> None:
    async with app.store(Settings(), str(tmp_path / "shipworthy.db")) as opened:
        metrics, writer = Metrics(), opened.database.writer
        writer.measures = metrics
        metrics.watch_writes(lambda: writer.waiting)
        arriving = [asyncio.ensure_future(opened.teams.arrive(TeamKey("slack", f"T{n}"), n)) for n in range(20)]
        await asyncio.sleep(0)
        assert "shipworthy_writes_waiting 20.0" in generate_latest(metrics.registry).decode()
        await asyncio.gather(*arriving)
        page = generate_latest(metrics.registry).decode()
    assert "shipworthy_commit_writes_sum 20.0" in page
    assert 'shipworthy_commit_writes_bucket{le="16.0"} 0.0' in page
    assert "shipworthy_commit_seconds_count 1.0" in page
    assert "shipworthy_writes_waiting 0.0" in page


def test_how_many_writes_wait_is_asked_for_when_it_is_read() -> None:
    metrics, waiting = Metrics(), [1, 2, 3]
    metrics.watch_writes(waiting.__len__)
    waiting.append(4)
    assert "shipworthy_writes_waiting 4.0" in generate_latest(metrics.registry).decode()


def test_two_programs_in_one_process_keep_their_figures_apart() -> None:
    one, other = Metrics(), Metrics()
    one.mark("slack", "changed")
    assert "shipworthy_marks_total{" not in generate_latest(other.registry).decode()

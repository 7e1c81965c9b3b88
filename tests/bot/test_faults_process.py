"""What goes wrong around the program while it runs, as a process of its own: nothing is lost, and it goes on."""

import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import app
from bot.settings import Settings
from commands.model import Channel, Subscription, TeamKey, Weekly
from tests.bot.house import House
from tests.discord_server.server import Discord
from tests.postgres import Server
from tests.program import QUIET
from tests.slack_server.server import Slack

BLUE, ORANGE = "large_blue_circle", "large_orange_circle"
STEPPING = (sys.executable, "-W", "error", "-W", QUIET, "-m", "tests.bot.stepping")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        slack.app.retry_delays_s = (0.2, 0.5, 1.0)
        yield House(tmp_path, slack, discord)


async def test_on_a_full_disk_marks_are_refused_so_that_slack_brings_them_again_and_none_is_lost(house: House) -> None:
    house.slack.app.retry_delays_s = ()
    async with house.running(**house.by_http()) as program:
        message = await house.compare()
        _, most = resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (0, most))
        missed = await house.slack.react(house.ann, message, BLUE)
        assert not missed.acked
        await house.answered("bookmark mistral code")
        whispers = str(house.general.whispers[-1])
        assert "Nothing was changed; please try again." in whispers
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (most, most))
        assert (await house.slack.repeat(missed)).acked
        await house.shows(message, "1 of 1")
        await house.answered("bookmark mistral code")
    assert "Traceback" not in house.said
    house.assert_no_secret()


async def test_while_the_database_is_gone_slack_is_told_to_come_again_and_nobody_restarts_anything(
    house: House, postgres_server: Server, postgres_url: str
) -> None:
    house.slack.app.retry_delays_s = ()
    house.db = postgres_url
    async with house.running(**house.by_http() | house.by_discord()):
        message, post = await house.compare(), await house.compare_on_discord()
        assert (await house.slack.react(house.ann, message, BLUE)).acked
        await house.shows(message, "1 of 1")
        postgres_server.stop()
        missed = await house.slack.react(house.ben, message, BLUE)
        assert not missed.acked
        house.discord.react(house.cy, post, "🔵")
        await house.answered("bookmark mistral code")
        assert "please try again" in str(house.general.whispers[-1])
        postgres_server.start()
        assert (await house.slack.repeat(missed)).acked
        await house.shows(message, "2 of 2")
        await house.shows_on_discord(post, "1 of 1")
        await house.answered("bookmark mistral code")
        assert "please try again" not in str(house.general.whispers[-1])
    assert "Traceback" not in house.said
    house.assert_no_secret()


@pytest.mark.soak
async def test_platforms_that_ask_to_wait_again_and_again_get_the_last_state_all_the_same(house: House) -> None:
    slack, discord = house.slack, house.discord
    async with house.running(**house.by_http() | house.by_discord()):
        message, post = await house.compare(), await house.compare_on_discord()
        for method in ("chat.update", "reactions.add", "users.info"):
            slack.fail(method, times=3, status=429, retry_after_s=1)
        discord.fail("edit_message", times=4, status=429, retry_after_s=0.3)
        voters = [slack.person(house.team, f"Voter {number}") for number in range(6)]
        house.general.members += [person.id for person in voters]
        for person in voters:
            assert (await slack.react(person, message, BLUE)).acked
        for number in range(6):
            discord.react(discord.person(house.guild, f"Voter {number}"), post, "🔵")
        await house.shows(message, "6 of 6")
        await house.shows_on_discord(post, "6 of 6")
    assert "Traceback" not in house.said


@pytest.mark.soak
async def test_a_gateway_that_comes_and_goes_loses_no_vote(house: House) -> None:
    discord = house.discord
    async with house.running(**house.by_discord()):
        post = await house.compare_on_discord()
        lose = (discord.drop_connections, discord.ask_to_reconnect, discord.lose_sessions, discord.drop_connections)
        for number, break_off in enumerate(lose):
            discord.react(discord.person(house.guild, f"Before {number}"), post, "🔵")
            break_off()
            discord.react(discord.person(house.guild, f"Between {number}"), post, "🔵")
            await discord.until(discord.connected)
        await house.shows_on_discord(post, "8 of 8")
    assert "Traceback" not in house.said


@pytest.mark.soak
async def test_a_clock_that_steps_back_and_forth_changes_no_vote_and_posts_one_digest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    offset = house.folder / "offset"
    offset.write_text("0", encoding="ascii")
    monkeypatch.setattr("tests.bot.house.PROGRAM", (*STEPPING, str(offset)))
    due_us = app.now_us() + 3_600_000_000
    async with app.store(Settings(), str(house.folder / "shipworthy.db")) as opened:
        key = TeamKey("slack", house.team.id)
        team = await opened.teams.team(key)
        weekly = Weekly(*in_utc(due_us))
        await opened.digests.subscribe(Subscription(0, team, key, Channel(house.general.id), weekly, "U1", 0, due_us))

    def digests() -> list[object]:
        return [post for post in house.slack.messages(house.general) if "shipworthy_digest" in str(post.metadata)]

    async with house.running(**house.by_http()):
        message = await house.compare()
        assert (await house.slack.react(house.ann, message, BLUE)).acked
        await house.shows(message, "1 of 1")
        offset.write_text("-86400", encoding="ascii")
        assert (await house.slack.unreact(house.ann, message, BLUE)).acked
        assert (await house.slack.react(house.ann, message, ORANGE)).acked
        await house.slack.until(lambda: str(message.blocks).count("1 of 1") == 1 and "0 of 1" in str(message.blocks))
        offset.write_text("7200", encoding="ascii")
        await house.slack.until(digests)
        offset.write_text("-7200", encoding="ascii")
        await house.answered("digest status")
        offset.write_text("7200", encoding="ascii")
        assert (await house.slack.react(house.ben, message, BLUE)).acked
        await house.slack.until(lambda: "1 of 2" in str(message.blocks))
    offset.write_text("14400", encoding="ascii")
    async with house.running(**house.by_http()):
        await house.answered("digest status")
    assert len(digests()) == 1
    assert "Traceback" not in house.said


def in_utc(at_us: int) -> tuple[int, int, int, str]:
    """The weekday, hour, minute and zone of an instant, as a weekly digest has them."""
    minutes = at_us // 60_000_000
    days = minutes // 1_440
    return (days + 3) % 7, minutes // 60 % 24, minutes % 60, "UTC"

"""`shipworthy run` as a process of its own, on Slack, on Discord, and on both at once."""

import asyncio
import contextlib
import random
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import app
from bot.settings import Settings
from commands.model import Channel, Subscription, TeamKey, Weekly
from tests.bot.house import Gate, House
from tests.discord_server.server import Discord
from tests.slack_server.server import Slack

WRONG = {
    "SLACK_BOT_TOKEN": "xoxb-nobodys-token",
    "DISCORD_TOKEN": "bm9ib2R5cy1ib3QtYXQtYWxs.nobody.nobodys-token-that-opens-nothing",
}
BLUE, ORANGE = "large_blue_circle", "large_orange_circle"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        slack.app.retry_delays_s = (0.2, 0.5, 1.0)
        yield House(tmp_path, slack, discord)


@pytest.mark.parametrize("mode", ["by_socket", "by_http"])
async def test_a_team_compares_votes_thinks_again_and_finds_it_all_after_a_restart(house: House, mode: str) -> None:
    slack, settings = house.slack, getattr(house, mode)()
    async with house.running(**settings):
        message = await house.compare()
        assert (await slack.react(house.ann, message, BLUE)).acked
        await house.shows(message, "1 of 1")
        assert (await slack.unreact(house.ann, message, BLUE)).acked
        assert (await slack.react(house.ann, message, ORANGE)).acked
        assert (await slack.react(house.ben, message, BLUE)).acked
        assert (await slack.react(house.ben, message, ORANGE)).acked
        assert (await slack.unreact(house.ben, message, ORANGE)).acked
    # What was voted last is drawn before the program ends: one for each of the two.
    assert str(message.blocks).count("1 of 2") == 2, message.blocks
    await slack.settled()
    async with house.running(**settings):
        assert (await slack.react(house.ben, message, ORANGE)).acked
        await house.shows(message, "2 of 2")
        await house.answered("digest on")
        await house.answered("digest now")
        await slack.until(lambda: any("shipworthy_digest" in str(m.metadata) for m in slack.messages(house.general)))
    house.assert_no_secret()
    assert "Traceback" not in house.said
    assert [line for line in house.said.splitlines() if " WARNING " in line or " ERROR " in line] == []


async def test_a_team_that_removed_the_app_is_erased_once_it_was_kept_for_long_enough(house: House) -> None:
    async with house.running(**house.by_http()):
        message = await house.compare()
        assert (await house.slack.react(house.ann, message, BLUE)).acked
        assert all(answer.acked for answer in await house.slack.uninstall(house.team))
    async with house.running(**house.by_oauth() | {"SHIPWORTHY_KEEP_DAYS": "1"}):
        pass
    assert "days ago or longer" not in house.said
    async with house.running(**house.by_oauth() | {"SHIPWORTHY_KEEP_DAYS": "0"}) as program:
        await program.says("removed the bot 0 days ago or longer: 1")
    with contextlib.closing(sqlite3.connect(house.folder / "shipworthy.db")) as db:
        assert db.execute("SELECT count(*) FROM marks").fetchone() == (0,)
    house.assert_no_secret()


async def test_what_is_not_set_up_is_told_in_a_line(house: House) -> None:
    nothing = await house.refused()
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN" in nothing
    assert "DISCORD_TOKEN" in nothing
    assert "add SLACK_APP_TOKEN" in await house.refused(SLACK_BOT_TOKEN=house.slack.token("T1"))


@pytest.mark.parametrize("mode", ["by_socket", "by_http"])
async def test_a_bot_token_that_slack_refuses_is_told_in_a_line(house: House, mode: str) -> None:
    settings = getattr(house, mode)() | {"SLACK_BOT_TOKEN": "xoxb-nobodys-token"}
    assert "SLACK_BOT_TOKEN (invalid_auth)" in await house.refused(**settings)
    assert "nobodys" not in house.said


async def test_an_app_token_that_slack_refuses_is_told_in_a_line(house: House) -> None:
    settings = house.by_socket() | {"SLACK_APP_TOKEN": "xapp-nobodys-token"}
    assert "SLACK_APP_TOKEN (invalid_auth)" in await house.refused(**settings)
    assert "nobodys" not in house.said


async def test_a_port_that_is_taken_and_a_database_that_is_none_are_told_in_a_line(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "in use" in await house.refused(**house.by_http() | {"SHIPWORTHY_PORT": port})
    (house.folder / "shipworthy.db").write_bytes(b"no database at all " * 500)
    assert "shipworthy.db" in await house.refused(**house.by_socket())


async def test_it_starts_while_slack_is_away_and_stays_when_slack_goes(house: House) -> None:
    """A gate before Slack is shut, opened, shut and opened; nothing is lost, and no traceback is logged."""
    slack = house.slack
    async with Gate(slack) as gate:
        gate.shut()
        async with house.starting(**house.by_socket()) as program:
            await program.says("going on and trying again")
            await gate.open()
            await program.says("Slack: connected")
            message = await house.compare()
            gate.shut()
            await slack.until(lambda: not slack.sockets())
            missed = await slack.react(house.ann, message, BLUE)
            assert not missed.acked
            await gate.open()
            await program.says("Slack: connected", times=2)
            await house.shows(message, "1 of 1")
            assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said
    house.assert_no_secret()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_finishes_the_answer_under_way_and_draws_the_last_votes(
    house: House, number: int
) -> None:
    slack = house.slack
    async with house.running(**house.by_http()) as program:
        message = await house.compare()
        await slack.react(house.ann, message, BLUE)
        await house.shows(message, "1 of 1")
        await slack.react(house.ben, message, ORANGE)
        slack.fail("chat.postMessage", status=429, retry_after_s=1)
        await slack.command(house.ben, house.general, "/compare", "mistral code vs mistral 8x22b")
        await slack.until(lambda: slack.calls[-1].method == "chat.postMessage")
        assert await program.end(number) == 0, program.logged
    assert str(message.blocks).count("1 of 2") == 2
    assert len(slack.messages(house.general)) == 2
    assert len(slack.messages(house.general)[1].reactions) == 3
    assert program.printed.endswith("Shipworthy has stopped.\n")


@pytest.mark.parametrize("hanging", ["auth.test", "apps.connections.open"])
async def test_told_to_stop_while_it_starts_it_does_so_at_once(house: House, hanging: str) -> None:
    house.slack.fail(hanging, times=9, broken="hang")
    async with house.starting(**house.by_socket()) as program:
        await house.slack.until(lambda: any(call.method == hanging for call in house.slack.calls))
        assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said


# -- Discord, and both at once ---------------------------------------------------------------------------------


async def test_a_token_that_discord_refuses_is_told_in_a_line(house: House) -> None:
    assert "DISCORD_TOKEN" in await house.refused(DISCORD_TOKEN=WRONG["DISCORD_TOKEN"])
    assert "nobodys" not in house.said


async def test_the_library_for_discord_is_not_there_where_discord_is_off(house: House) -> None:
    (house.folder / "discord.py").write_text("raise SystemExit('imported')")
    async with house.running(**house.by_socket()):
        await house.compare()
    async with house.starting(**house.by_discord()) as program:
        assert await program.status() == 1
        assert "imported" in program.logged


@pytest.mark.parametrize("wrong", ["DISCORD_TOKEN", "SLACK_BOT_TOKEN"])
async def test_where_one_platform_refuses_its_token_the_other_goes_on_and_it_is_logged(
    house: House, wrong: str
) -> None:
    settings = house.by_socket() | house.by_discord() | {wrong: WRONG[wrong]}
    async with house.starting(**settings) as program:
        await program.says("Shipworthy is running")
        [error] = [line for line in program.logged.splitlines() if " ERROR " in line]
        assert wrong in error
        if wrong == "DISCORD_TOKEN":
            await program.says("Slack: connected")
            message = await house.compare()
            assert (await house.slack.react(house.ann, message, BLUE)).acked
            await house.shows(message, "1 of 1")
        else:
            await program.says("Discord: connected")
            post = await house.compare_on_discord()
            house.discord.react(house.cy, post, "🔵")
            await house.shows_on_discord(post, "1 of 1")
        assert await program.end() == 0, program.logged
    assert "nobodys" not in house.said
    assert "Traceback" not in house.said


async def test_where_every_platform_refuses_its_token_the_program_ends(house: House) -> None:
    assert "DISCORD_TOKEN" in await house.refused(**house.by_socket() | WRONG)
    assert "Slack does not run: Slack refuses SLACK_BOT_TOKEN" in house.said


async def test_each_platform_loses_its_connection_while_the_other_goes_on_and_both_end_exact(house: House) -> None:
    slack, discord = house.slack, house.discord
    async with Gate(slack) as slacks, house.running(**house.by_socket() | house.by_discord()) as program:
        message, post = await house.compare(), await house.compare_on_discord()
        slacks.shut()
        await slack.until(lambda: not slack.sockets())
        assert not (await slack.react(house.ann, message, BLUE)).acked
        discord.react(house.cy, post, "🔵")
        await house.shows_on_discord(post, "1 of 1")
        discord.drop_connections()
        discord.react(house.dee, post, "🔵")
        await slacks.open()
        await house.shows(message, "1 of 1")
        await house.shows_on_discord(post, "2 of 2")
        # The token is reset: Discord is over for this program, and Slack is not.
        discord.close_connections(4004)
        await program.says("Discord does not run: Discord refuses DISCORD_TOKEN")
        assert (await slack.react(house.ben, message, BLUE)).acked
        await house.shows(message, "2 of 2")
    assert "Traceback" not in house.said
    house.assert_no_secret()


async def test_where_the_only_platform_is_over_the_program_ends_and_says_why(house: House) -> None:
    async with house.starting(**house.by_discord()) as program:
        await house.discord.until_connected()
        house.discord.app.token += "-revoked"  # so that whoever comes again is refused as well
        house.discord.close_connections(4004)
        assert await program.status() == 1
    assert program.logged.splitlines()[-1].startswith("Error: Discord refuses DISCORD_TOKEN.")
    assert "Traceback" not in program.logged


async def test_digests_that_are_due_are_posted_on_every_platform_that_runs(house: House) -> None:
    async with app.store(Settings(), str(house.folder / "shipworthy.db")) as opened:
        for key, channel in (
            (TeamKey("slack", house.team.id), house.general.id),
            (TeamKey("discord", house.guild.id), house.room.id),
        ):
            weekly = Weekly(0, 9, 0, "Europe/Berlin")
            team, due_us = await opened.teams.team(key), app.now_us() - 3_600_000_000
            await opened.digests.subscribe(Subscription(0, team, key, Channel(channel), weekly, "U1", 0, due_us))
    async with house.running(**house.by_socket() | house.by_discord()):
        await house.slack.until(lambda: house.slack.messages(house.general))
        await house.discord.until(lambda: house.discord.messages(house.room))


async def test_told_to_stop_while_one_platform_still_starts_it_lets_go_of_the_other(house: House) -> None:
    house.discord.fail("get_me", times=9, broken="hang")
    async with house.starting(**house.by_socket() | house.by_discord()) as program:
        await house.discord.until(lambda: house.discord.calls_of("get_me"))
        await program.says("Slack: connected")
        assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said


async def test_told_to_stop_while_both_platforms_hang_it_ends_in_time(house: House) -> None:
    async with house.running(**house.by_socket() | house.by_discord()) as program:
        message, post = await house.compare(), await house.compare_on_discord()
        house.discord.fail("edit_message", times=9, broken="hang")
        house.slack.fail("chat.update", times=9, broken="hang")
        await house.slack.react(house.ann, message, BLUE)
        house.discord.react(house.cy, post, "🔵")
        await house.discord.until(lambda: house.discord.calls_of("edit_message"))
        assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said


VOTES = 400
OUTAGES = 3


def standings(*voters: set[str]) -> list[str]:
    """What each tool is to be shown with, from who shipped it."""
    return [f"{len(one)} of {len(set().union(*voters))}" for one in voters]


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("lost", ["slack", "discord"])
async def test_hundreds_of_votes_on_both_while_one_loses_its_connection_end_exact(house: House, lost: str) -> None:
    slack, discord, chance = house.slack, house.discord, random.Random(lost)  # noqa: S311 - chance here is no secret
    slackers = [slack.person(house.team, f"S{number}") for number in range(40)]
    house.general.members += [person.id for person in slackers]
    discordants = [discord.person(house.guild, f"D{number}") for number in range(40)]
    async with (
        Gate(slack if lost == "slack" else discord) as gate,
        house.running(**house.by_socket() | house.by_discord()) as program,
    ):
        message, post = await house.compare(), await house.compare_on_discord()

        async def vote_on_slack() -> None:
            for _ in range(VOTES):
                name, person = chance.choice((BLUE, ORANGE)), chance.choice(slackers)
                on = person.id in message.reactions.get(name, ())
                await (slack.unreact if on else slack.react)(person, message, name)

        async def vote_on_discord() -> None:
            for _ in range(VOTES):
                sign, person = chance.choice("🔵🟠"), chance.choice(discordants)
                on = person in discord.reactors(post, sign)
                (discord.unreact if on else discord.react)(person, post, sign)
                await asyncio.sleep(0.01)

        async def lose() -> None:
            for _ in range(OUTAGES):
                gate.shut()
                await asyncio.sleep(0.5)
                await gate.open()
                await (slack.until(slack.sockets) if lost == "slack" else discord.until(discord.connected))

        await asyncio.gather(vote_on_slack(), vote_on_discord(), lose())
        on_slack = [set(message.reactions[name]) - {message.user} for name in (BLUE, ORANGE)]
        on_discord = [{one.id for one in discord.reactors(post, sign)} - {discord.bot.id} for sign in "🔵🟠"]
        for words in standings(*on_slack):
            await house.shows(message, words)
        for words in standings(*on_discord):
            await house.shows_on_discord(post, words)
        assert await program.end() == 0, program.logged
    assert "Traceback" not in house.said

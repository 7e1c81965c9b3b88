"""The limits as an operator sets them, in the program as it runs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.slack.running import shown
from tests.bot.house import House
from tests.discord_server.server import Discord
from tests.slack_server.server import Slack


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        yield House(tmp_path, slack, discord)


async def test_who_asks_too_much_is_told_alone_and_votes_are_taken_all_the_same(house: House) -> None:
    slack, settings = house.slack, house.by_http() | {"SHIPWORTHY_COMMANDS_PER_MINUTE_PERSON": "2"}
    async with house.running(**settings):
        message = await house.compare()
        for count in range(1, 4):
            await slack.command(house.ben, house.general, "/shipworthy", "tools")
            await slack.until(lambda wanted=count: len(slack.whispers(house.general, house.ben)) >= wanted)
        told = [shown(whisper.blocks) for whisper in slack.whispers(house.general, house.ben)]
        assert [words.startswith("You have asked 2 things within a minute. Please wait ") for words in told] == [
            False,
            False,
            True,
        ]
        assert (await slack.react(house.ben, message, "large_blue_circle")).acked
        await house.shows(message, "1 of 1")
    house.assert_no_secret()

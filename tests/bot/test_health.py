"""Whether the program lives and can serve, as it tells whoever watches over it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.health import Health
from commands.errors import Unavailable
from tests.bot.house import Gate, House
from tests.bot.watching import ON, SAYS_WHERE, Watcher
from tests.discord_server.server import Discord
from tests.fakes_catalogue import MemoryCatalogue
from tests.slack_server.server import Slack


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        yield House(tmp_path, slack, discord)


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    async with aiohttp.ClientSession() as session:
        yield Watcher(session, "")


@pytest.mark.soak
async def test_it_is_not_ready_while_discord_is_cut_off_and_lives_all_the_same(house: House, watcher: Watcher) -> None:
    settings = house.by_socket() | house.by_discord() | ON
    async with Gate(house.discord) as gate, house.running(**settings) as program:
        watch = watcher.of(program)
        await watch.until_it_lacks({})
        gate.shut()
        await watch.until_it_lacks({"discord": "not connected"})
        assert await watch.page("/healthz") == (200, "ok\n")
        await gate.open()
        await watch.until_it_lacks({})
    house.assert_no_secret()


async def test_it_is_not_ready_while_slack_is_cut_off(house: House, watcher: Watcher) -> None:
    async with Gate(house.slack) as gate, house.running(**house.by_socket() | ON) as program:
        watch = watcher.of(program)
        await watch.until_it_lacks({})
        gate.shut()
        await watch.until_it_lacks({"slack": "not connected"})
        await gate.open()
        await watch.until_it_lacks({})


async def test_it_answers_before_any_platform_does(house: House, watcher: Watcher) -> None:
    house.discord.fail("get_me", times=9, broken="hang")
    async with house.starting(**house.by_socket() | house.by_discord() | ON) as program:
        await program.says(SAYS_WHERE)
        watch = watcher.of(program)
        assert await watch.lacks() == {"slack": "not connected", "discord": "not connected"}
        assert await program.end() == 0, program.logged


async def test_a_platform_that_is_over_for_good_stays_lacking(house: House, watcher: Watcher) -> None:
    async with house.running(**house.by_socket() | house.by_discord() | ON) as program:
        watch = watcher.of(program)
        await watch.until_it_lacks({})
        house.discord.close_connections(4004)
        await program.says("Discord does not run")
        await watch.until_it_lacks({"discord": "not connected"})


async def test_where_slack_comes_over_http_its_port_tells_too_but_shows_no_figures(
    house: House, watcher: Watcher
) -> None:
    async with house.running(**house.by_http() | ON) as program:
        watch = watcher.of(program)
        watch.url = str(house.slack.app.request_url).removesuffix("/slack/events")
        assert await watch.page("/healthz") == (200, "ok\n")
        await watch.until_it_lacks({})
        assert (await watch.page("/metrics"))[0] == 404
        assert (await watcher.of(program).page("/metrics"))[0] == 200


async def test_nobody_listens_and_nothing_is_loaded_for_it_unless_a_port_is_set(house: House) -> None:
    (house.folder / "prometheus_client.py").write_text("raise SystemExit('imported')")
    async with house.running(**house.by_socket()) as program:
        await house.compare()
        assert SAYS_WHERE not in program.printed
    async with house.starting(**house.by_socket() | ON) as program:
        assert await program.status() == 1
        assert "imported" in program.logged


async def test_a_port_that_is_taken_is_told_in_a_line(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "in use" in await house.refused(**house.by_socket() | {"SHIPWORTHY_METRICS_PORT": port})


# -- what it asks ----------------------------------------------------------------------------------------------


class Silent:
    """A catalogue whose database never answers, or answers that it cannot."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def revision(self) -> int:
        if self.error is None:
            await asyncio.Event().wait()
        raise self.error or AssertionError


@pytest.mark.parametrize("error", [Unavailable("gone"), OSError("disk"), None])
async def test_a_database_that_fails_or_says_nothing_for_two_seconds_is_lacking(error: Exception | None) -> None:
    health = Health((), Silent(error), asyncio.Event())  # type: ignore[arg-type] # only the revision is asked for
    assert await health.lacks() == {"database": "does not answer"}


async def test_it_is_not_ready_any_more_once_it_is_told_to_stop(watcher: Watcher) -> None:
    stop = asyncio.Event()
    health = Health((), MemoryCatalogue(lambda: 0), stop)
    said: list[str] = []
    async with health.served("127.0.0.1", 0, said.append):
        watch = Watcher(watcher.session, said[0].removeprefix(SAYS_WHERE))
        assert await watch.lacks() == {}
        stop.set()
        assert await watch.lacks() == {"program": "stopping"}
        assert await watch.page("/healthz") == (200, "ok\n")
        assert (await watch.page("/metrics"))[0] == 404


async def test_the_address_may_be_one_of_ipv6() -> None:
    said: list[str] = []
    health = Health((), MemoryCatalogue(lambda: 0), asyncio.Event())
    async with health.served("::1", 0, said.append):
        assert said[0].startswith(f"{SAYS_WHERE}http://[::1]:")


def paths(routes: Sequence[web.RouteDef]) -> set[str]:
    return {route.path for route in routes}


def test_what_may_be_shown_to_anybody_has_no_figures_in_it() -> None:
    assert paths(Health((), MemoryCatalogue(lambda: 0), asyncio.Event()).routes()) == {"/healthz", "/readyz"}

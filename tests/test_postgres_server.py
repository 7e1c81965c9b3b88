"""The tests' own PostgreSQL server: what other tests rely on."""

from collections.abc import Iterator

import pytest

from bot.storage.store import Store
from commands.model import TeamKey
from tests.fakes import FakeClock
from tests.postgres import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that this module may stop and kill."""
    server = Server()
    yield server
    server.close()


async def test_each_test_gets_an_empty_database_of_its_own(server: Server, clock: FakeClock) -> None:
    with server.database() as one, server.database() as other:
        assert one != other
        store = await Store.open(one, clock=clock)
        await store.teams.arrive(TeamKey("slack", "T1"), 5)
        await store.close()
        assert await present(other, clock) == ()


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_what_was_written_is_there_after_the_server_ended_and_started_again(
    server: Server, clock: FakeClock, end: str
) -> None:
    with server.database() as url:
        store = await Store.open(url, clock=clock)
        await store.teams.arrive(TeamKey("slack", "T1"), 5)
        getattr(server, end)()
        server.start()
        await store.close()
        assert await present(url, clock) == (TeamKey("slack", "T1"),)


def test_a_process_reaches_it_over_tcp_without_a_password(server: Server) -> None:
    with server.bare() as url:
        assert url.startswith("postgresql://postgres@127.0.0.1:")
        assert server.sql("SELECT 1", database=url.rpartition("/")[2]) == "1"


async def present(url: str, clock: FakeClock) -> tuple[TeamKey, ...]:
    """The teams on a database, as a program sees them that opens it anew."""
    store = await Store.open(url, clock=clock)
    try:
        return await store.teams.present("slack")
    finally:
        await store.close()

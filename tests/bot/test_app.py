from pathlib import Path

from bot import app
from bot.settings import Settings
from commands.model import Asker, Channel, Request, TeamKey
from tests.contracts.make import entry, ignore
from tests.fakes import FakeClock


def test_ids_grow_however_fast_they_are_asked_for_and_even_if_the_clock_steps_back() -> None:
    now_us = 1_800_000_000_000_000
    new_id = app.growing_ids(lambda: now_us)
    ids = [new_id() for _ in range(1000)]
    now_us -= 3_600_000_000
    ids += [new_id() for _ in range(1000)]
    now_us += 7_200_000_000
    ids.append(new_id())
    assert ids == sorted(set(ids))
    assert ids[-1] < 2**63


def test_ids_of_two_processes_differ() -> None:
    one, other = (app.growing_ids(lambda: 1_800_000_000_000_000) for _ in range(2))
    assert {one() for _ in range(3)}.isdisjoint({other() for _ in range(3)})


async def test_a_new_store_holds_the_eight_tools_and_what_is_imported_over_them_stays(tmp_path: Path) -> None:
    db = str(tmp_path / "shipworthy.db")
    async with app.store(Settings(), db) as opened:
        names = await opened.catalogue.names()
        assert len(names) == 8
        await opened.catalogue.load([entry(names[0].slug, name="Ours")], categories={}, progress=ignore)
    async with app.store(Settings(), db) as opened:
        assert [name.name for name in await opened.catalogue.names() if name.slug == names[0].slug] == ["Ours"]


async def test_the_core_is_put_together_from_the_settings(tmp_path: Path, clock: FakeClock) -> None:
    settings = Settings(digest_managers_only=True)
    async with app.store(settings, str(tmp_path / "shipworthy.db"), clock=clock) as opened:
        core = app.core(opened, settings, clock=clock)
        asker = Asker("bob", "Europe/Berlin")
        reply = await core.run(Request(TeamKey("terminal", "terminal"), Channel("general"), asker, "/digest on"))
    assert reply.failed
    assert "only managers" in reply.plain

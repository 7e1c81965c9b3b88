"""The name book: one index for everybody, never older than a second, and made once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from commands.model import TeamAlias, Tool, ToolName
from commands.namebook import NameBook
from commands.naming import Exact
from tests.commands.conftest import Team, said, titles
from tests.contracts import make
from tests.fakes import FakeClock, Memory, MemoryAliases, MemoryCatalogue


class Slow(MemoryCatalogue):
    """A catalogue whose answers wait at a gate, and which counts how often it is read."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.gate, self.tools_gate = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.tools_gate.set()
        self.read = self.checked = 0

    async def revision(self) -> int:
        self.checked += 1
        await self.gate.wait()
        return await super().revision()

    async def names(self) -> Sequence[ToolName]:
        held = await super().names()
        self.read += 1
        await self.gate.wait()
        return held

    async def tools(self, ids: Sequence[int]) -> tuple[Tool, ...]:
        held = await super().tools(ids)
        self.read += 1
        await self.tools_gate.wait()
        return held


async def loaded(catalogue: MemoryCatalogue, *slugs: str, **facts: object) -> None:
    given = [make.entry(slug, **facts) for slug in slugs]
    await catalogue.load(given, categories={}, progress=make.ignore)


async def test_the_index_is_made_once_however_many_ask(clock: FakeClock) -> None:
    catalogue = Slow(clock)
    await loaded(catalogue, "alpha", "beta")
    book = NameBook(catalogue, MemoryAliases(), clock)
    indexes = await asyncio.gather(*(book.index() for _ in range(20)))
    assert (catalogue.read, catalogue.checked) == (1, 1)
    assert {id(index) for index in indexes} == {id(indexes[0])}
    clock.forward(seconds=5)
    assert await book.index() is indexes[0], "nothing changed"


async def test_an_import_is_seen_after_a_second(clock: FakeClock) -> None:
    catalogue = Slow(clock)
    await loaded(catalogue, "alpha")
    book = NameBook(catalogue, MemoryAliases(), clock)
    await book.index()
    await loaded(catalogue, "beta")
    clock.forward(seconds=0.9)
    assert len(await book.index()) == 1
    clock.forward(seconds=0.2)
    assert len(await book.index()) == 2


async def test_while_a_new_index_is_made_the_one_before_answers(clock: FakeClock) -> None:
    catalogue = Slow(clock)
    await loaded(catalogue, "alpha")
    book = NameBook(catalogue, MemoryAliases(), clock)
    before = await book.index()
    await loaded(catalogue, "beta")
    clock.forward(seconds=2)
    catalogue.gate.clear()
    making = asyncio.ensure_future(book.index())
    await asyncio.sleep(0)
    assert await book.index() is before
    catalogue.gate.set()
    assert len(await making) == 2


async def test_a_clock_that_steps_back_is_no_reason_to_stay_stale(clock: FakeClock) -> None:
    catalogue = Slow(clock)
    await loaded(catalogue, "alpha")
    book = NameBook(catalogue, MemoryAliases(), clock)
    await book.index()
    await loaded(catalogue, "beta")
    clock.forward(days=-1)
    assert len(await book.index()) == 2


async def test_tools_are_read_once_until_the_catalogue_changes(clock: FakeClock) -> None:
    catalogue = Slow(clock)
    await loaded(catalogue, "alpha", "beta")
    book = NameBook(catalogue, MemoryAliases(), clock)
    await book.tools([1])
    read = catalogue.read
    assert [tool.slug for tool in await book.tools([2, 1, 99])] == ["beta", "alpha"]
    assert [tool.slug for tool in await book.tools([2, 1])] == ["beta", "alpha"]
    assert catalogue.read == read + 1
    await loaded(catalogue, "alpha", entry="10 euros")
    clock.forward(seconds=2)
    assert [tool.entry for tool in await book.tools([1])] == ["10 euros"]


async def test_what_was_read_before_an_import_is_not_kept_beyond_it(clock: FakeClock) -> None:
    catalogue = Slow(clock)
    await loaded(catalogue, "alpha")
    book = NameBook(catalogue, MemoryAliases(), clock)
    await book.index()
    catalogue.tools_gate.clear()
    late = asyncio.ensure_future(book.tools([1]))
    await asyncio.sleep(0)
    await loaded(catalogue, "alpha", entry="10 euros")
    clock.forward(seconds=2)
    await book.index()
    catalogue.tools_gate.set()
    assert [tool.entry for tool in await late] == ["Free"]
    assert [tool.entry for tool in await book.tools([1])] == ["10 euros"]


class SlowAliases(MemoryAliases):
    """Aliases that are read, and then told late."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def aliases(self, team: int) -> tuple[TeamAlias, ...]:
        held = await super().aliases(team)
        await self.gate.wait()
        return held


async def test_aliases_read_while_one_is_set_are_not_kept(memory: Memory, clock: FakeClock) -> None:
    aliases = SlowAliases()
    book = NameBook(memory.catalogue, aliases, clock)
    early = asyncio.ensure_future(book.aliases(1))
    await asyncio.sleep(0)
    await aliases.set_alias(1, TeamAlias("pet", 7, "ada", clock()))
    book.changed(1)
    aliases.gate.set()
    assert await early == {}
    assert await book.aliases(1) == {"pet": 7}


async def test_an_alias_set_by_another_process_is_seen_after_a_second(memory: Memory, clock: FakeClock) -> None:
    await loaded(memory.catalogue, "alpha")
    book = NameBook(memory.catalogue, memory.aliases, clock)
    assert not isinstance((await book.resolver(1))("pet"), Exact)
    await memory.aliases.set_alias(1, TeamAlias("pet", 1, "bob", clock()))
    clock.forward(seconds=1.1)
    assert isinstance((await book.resolver(1))("pet"), Exact)
    assert not isinstance((await book.resolver(2))("pet"), Exact)


async def test_of_many_that_fit_eight_are_offered_and_the_rest_counted(team: Team) -> None:
    await team.load([make.entry(f"bot-{number}", name="Bot", qualifier=f"no. {number}") for number in range(37)])
    reply = await team.ask("/tool bot")
    assert reply.plain == "37 tools are called Bot. Which one do you mean?"
    assert len(titles(reply)) == 8
    assert said(reply) == ["29 more fit; add a word to narrow it down."]


async def test_what_is_unknown_of_a_choice_is_said_to_be(team: Team) -> None:
    entries = [make.entry(f"bot-{number}", name="Bot", qualifier=str(number)) for number in range(2)]
    await team.load([replace(entry, tool=replace(entry.tool, maker="")) for entry in entries])
    reply = await team.ask("/tool bot")
    assert "sizes unknown · licence unknown · Panel: no reviews" in repr(reply.blocks)

"""When the shipped catalogue is loaded, and when it is left alone."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.catalogue.shipped import ensure_shipped
from commands.model import Loaded, ToolEntry

Write = Callable[[str, Sequence[dict[str, Any]]], Path]


class Shelf:
    """As much of a catalogue as loading needs, and the stamp beside it."""

    def __init__(self) -> None:
        self.held: dict[str, ToolEntry] = {}
        self.aliases: dict[str, Sequence[str]] = {}
        self.stamp: str | None = None

    async def load(
        self,
        entries: Iterable[ToolEntry],
        *,
        categories: Mapping[str, Sequence[str]],
        progress: Callable[[int], None],
    ) -> Loaded:
        before = dict(self.held)
        for done, entry in enumerate(entries, start=1):
            self.held[entry.tool.slug] = entry
            progress(done)
        self.aliases.update(categories)
        changed = sum(before.get(slug, entry) != entry for slug, entry in self.held.items())
        return Loaded(len(self.held) - len(before), changed, len(before) - changed)

    async def get(self) -> str | None:
        return self.stamp

    async def set(self, value: str) -> None:
        self.stamp = value


def tool(slug: str, **facts: str) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "category": "Models", "source": {"origin": "page"}, **facts}


async def test_the_first_start_loads_the_tools_that_ship() -> None:
    shelf = Shelf()
    assert await ensure_shipped(shelf, shelf) == Loaded(8, 0, 0)
    assert "mistral-code" in shelf.held
    assert "AI/ML Models" in shelf.aliases["Models"]


def test_a_start_with_nothing_to_load_does_not_wait_for_the_readers() -> None:
    code = "import sys, bot.catalogue.shipped; sys.exit('yaml' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0


async def test_the_next_start_leaves_alone_what_was_imported_since(write: Write) -> None:
    shelf = Shelf()
    path = write("a.yaml", [tool("one", licence="MIT")])
    await ensure_shipped(shelf, shelf, path=path)
    own = shelf.held.pop("one")
    assert await ensure_shipped(shelf, shelf, path=path) is None
    assert own.tool.licence == "MIT"
    assert shelf.held == {}


async def test_a_release_with_other_facts_loads_them(write: Write) -> None:
    shelf = Shelf()
    await ensure_shipped(shelf, shelf, path=write("a.yaml", [tool("one")]))
    loaded = await ensure_shipped(shelf, shelf, path=write("a.yaml", [tool("one", licence="MIT"), tool("two")]))
    assert loaded == Loaded(1, 1, 0)


async def test_a_broken_file_is_never_loaded_and_never_stamped(write: Write) -> None:
    shelf = Shelf()
    with pytest.raises(ValueError, match="slug is"):
        await ensure_shipped(shelf, shelf, path=write("a.yaml", [tool("one"), tool("NO")]))
    assert (shelf.held, shelf.stamp) == ({}, None)

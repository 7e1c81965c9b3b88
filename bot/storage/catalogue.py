"""The tools that can be compared. See `commands.ports.Catalogue`; loading is in `loading`."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.storage import rows
from bot.storage.database import Database
from bot.storage.loading import Load, load
from bot.storage.statements import statements
from commands.model import Category, Loaded, Tool, ToolChange, ToolEntry, ToolName
from commands.ports import Clock

SQL = statements("catalogue.sql")


class Catalogue:
    """See `commands.ports.Catalogue`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def revision(self) -> int:
        """See `Catalogue.revision`."""
        [(revision,)] = await self._database.rows(SQL["revision"])
        return int(revision)

    async def names(self) -> Sequence[ToolName]:
        """See `Catalogue.names`."""
        tools = await self._database.rows(SQL["names"])
        words: dict[int, list[str]] = {}
        for tool, word in await self._database.rows(SQL["all_words"]):
            words.setdefault(tool, []).append(word)
        return [
            ToolName(number, slug, name, qualifier, tuple(words.get(number, ())))
            for number, slug, name, qualifier in tools
        ]

    async def tools(self, ids: Sequence[int]) -> tuple[Tool, ...]:
        """See `Catalogue.tools`."""
        return rows.tools(await self._database.rows(SQL["tools"], {"ids": json.dumps(ids)}))

    async def categories(self) -> tuple[Category, ...]:
        """See `Catalogue.categories`."""
        aliases: dict[str, list[str]] = {}
        for category, alias in await self._database.rows(SQL["category_aliases"]):
            aliases.setdefault(category, []).append(alias)
        counts = await self._database.rows(SQL["categories"])
        return tuple(Category(name, tuple(aliases.get(name, ())), count) for name, count in counts)

    async def in_category(self, category: str, *, limit: int, skip: int = 0) -> tuple[Tool, ...]:
        """See `Catalogue.in_category`."""
        asked = {"category": category, "limit": limit, "skip": skip}
        return rows.tools(await self._database.rows(SQL["in_category"], asked))

    async def changes(self, since_us: int, until_us: int, *, limit: int) -> tuple[ToolChange, ...]:
        """See `Catalogue.changes`."""
        asked = {"since_us": since_us, "until_us": until_us, "limit": limit}
        return tuple(ToolChange(*row) for row in await self._database.rows(SQL["changes"], asked))

    async def load(
        self,
        entries: Iterable[ToolEntry],
        *,
        categories: Mapping[str, Sequence[str]],
        progress: Callable[[int], None],
    ) -> Loaded:
        """See `Catalogue.load`. Other writes wait until it is done."""
        asked = Load(entries, categories, progress, self._clock())
        return await self._database.writer.write(load, asked, alone=True)

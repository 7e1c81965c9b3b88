"""Load a catalogue into SQLite in one transaction, a few hundred tools at a time. See `Catalogue.load`."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from bot.storage import rows
from bot.storage.database import Connection
from bot.storage.facts import differences
from bot.storage.statements import statements
from commands.errors import CommandError
from commands.model import Loaded, Review, Seat, Tool, ToolEntry

SQL = statements("loading.sql")
READ = statements("catalogue.sql")

CHUNK = 500


class Load(NamedTuple):
    """What `Catalogue.load` was asked, and when."""

    entries: Iterable[ToolEntry]
    categories: Mapping[str, Sequence[str]]
    progress: Callable[[int], None]
    at_us: int


async def load(conn: Connection, loads: Sequence[Load]) -> list[Loaded]:
    """Write these loads; see `Writer.write`."""
    return [await Loading(conn, one).run() for one in loads]


@dataclass(slots=True)
class Known:
    """What the store has on the slugs of one chunk: tools by slug, and where redirects lead."""

    tools: dict[str, ToolEntry]
    redirects: dict[str, tuple[int, str]]


class Loading:
    """One load under way."""

    def __init__(self, conn: Connection, asked: Load) -> None:
        self._conn = conn
        self._asked = asked
        self._given: set[str] = set()
        self._former: set[str] = set()
        self._categories: dict[str, str] = {}
        self._last_id = 0
        self._added = self._changed = self._same = 0

    async def run(self) -> Loaded:
        """Store everything, or raise and leave it to the caller to roll back."""
        [(self._last_id,)] = await self._conn.fetch(SQL["last_id"])
        self._categories = category_names(await self._known_categories() | dict(self._asked.categories))
        for chunk in chunks(self._asked.entries):
            for entry in chunk:
                self._check(entry)
            await self._store(chunk)
            self._asked.progress(self._added + self._changed + self._same)
        renamed = await self._store_categories()
        if self._added or self._changed or renamed:
            await self._conn.fetch(SQL["next_revision"])
        return Loaded(self._added, self._changed, self._same)

    def _check(self, entry: ToolEntry) -> None:
        """Refuse a slug that this load gives twice."""
        slug = entry.tool.slug
        if slug in self._given:
            raise CommandError(f'The slug "{slug}" is given twice; each tool needs its own.')
        if slug in self._former:
            raise CommandError(f'"{slug}" is given both as a tool and as a former slug; it can only be one.')
        self._given.add(slug)
        for former in entry.former_slugs:
            if former in self._given:
                raise CommandError(f'"{former}" is given both as a tool and as a former slug; it can only be one.')
            if former in self._former:
                raise CommandError(f'The former slug "{former}" is given twice; it can lead to one tool only.')
            self._former.add(former)

    async def _store(self, chunk: Sequence[ToolEntry]) -> None:
        """Compare a chunk with what is known, and write what differs."""
        known = await self._known([slug for entry in chunk for slug in (entry.tool.slug, *entry.former_slugs)])
        written: list[ToolEntry] = []
        changes: list[tuple[int, int, str, str, str]] = []
        for given in chunk:
            before = predecessor(given, known)
            entry = self._settled(given, before)
            found = differences(before, entry)
            if not found:
                self._same += 1
                continue
            self._added += before is None
            self._changed += before is not None
            written.append(entry)
            changes += [(entry.tool.id, self._asked.at_us, *difference) for difference in found]
        await self._write(written)
        await self._conn.execute_many(SQL["put_change"], changes)

    def _settled(self, given: ToolEntry, before: ToolEntry | None) -> ToolEntry:
        """The entry with the id it keeps or gets, its category's own name, and its reviews in order of the seats."""
        if before is None:
            self._last_id += 1
        seats = list(Seat)
        reviews = sorted(given.tool.reviews, key=lambda review: seats.index(review.seat))
        number = self._last_id if before is None else before.tool.id
        category = self._categories.get(given.tool.category.casefold(), given.tool.category)
        return replace(given, tool=replace(given.tool, id=number, category=category, reviews=tuple(reviews)))

    async def _known(self, slugs: Sequence[str]) -> Known:
        """What the store has on these slugs."""
        found: dict[str, int] = dict(await self._conn.fetch(SQL["ids_of_slugs"], (json.dumps(slugs),)))
        ids = json.dumps(list(found.values()))
        tools = {tool.id: tool for tool in rows.tools(await self._conn.fetch(READ["tools"], {"ids": ids}))}
        words: dict[int, list[str]] = {}
        for tool, word in await self._conn.fetch(SQL["words_of_tools"], (ids,)):
            words.setdefault(tool, []).append(word)
        former: dict[int, list[str]] = {}
        for tool, slug in await self._conn.fetch(SQL["redirects_to_tools"], (ids,)):
            former.setdefault(tool, []).append(slug)
        redirects = await self._conn.fetch(SQL["redirects_of_slugs"], (json.dumps(slugs),))
        return Known(
            {
                slug: ToolEntry(tools[number], tuple(words.get(number, ())), tuple(former.get(number, ())))
                for slug, number in found.items()
            },
            {slug: (target, target_slug) for slug, target, target_slug in redirects},
        )

    async def _write(self, entries: Sequence[ToolEntry]) -> None:
        """Store these entries as they are given, in place of what was known of them."""
        ids = [(entry.tool.id,) for entry in entries]
        await self._conn.execute_many(SQL["put_tool"], [columns(entry.tool) for entry in entries])
        for table in ("clear_reviews", "clear_words", "clear_redirects"):
            await self._conn.execute_many(SQL[table], ids)
        reviews = [review_columns(entry.tool.id, review) for entry in entries for review in entry.tool.reviews]
        await self._conn.execute_many(SQL["put_review"], reviews)
        words = [(entry.tool.id, *numbered) for entry in entries for numbered in enumerate(entry.words)]
        await self._conn.execute_many(SQL["put_word"], words)
        former = [(slug, entry.tool.id, place) for entry in entries for place, slug in enumerate(entry.former_slugs)]
        await self._conn.execute_many(SQL["put_redirect"], former)

    async def _known_categories(self) -> dict[str, Sequence[str]]:
        """The other names of every category that has any, as they are stored."""
        known: dict[str, list[str]] = {}
        for category, alias in await self._conn.fetch(READ["category_aliases"]):
            known.setdefault(category, []).append(alias)
        return {category: tuple(aliases) for category, aliases in known.items()}

    async def _store_categories(self) -> bool:
        """Make the other names of the categories named exactly those given; whether any differed."""
        known = await self._known_categories()
        differing = {
            category: aliases
            for category, aliases in self._asked.categories.items()
            if tuple(aliases) != known.get(category, ())
        }
        for category, aliases in differing.items():
            await self._conn.fetch(SQL["clear_category_aliases"], (category,))
            numbered = [(category, place, alias) for place, alias in enumerate(aliases)]
            await self._conn.execute_many(SQL["put_category_alias"], numbered)
        return bool(differing)


def category_names(categories: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The name of each category by every name it has, in small letters; its own name goes first."""
    names = {alias.casefold(): name for name, aliases in categories.items() for alias in aliases}
    return names | {name.casefold(): name for name in categories}


def chunks(entries: Iterable[ToolEntry]) -> Iterator[list[ToolEntry]]:
    """The entries a few at a time."""
    remaining = iter(entries)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def predecessor(given: ToolEntry, known: Known) -> ToolEntry | None:
    """What the store has of this tool: under its slug, or under a former one that it was stored as so far."""
    slug = given.tool.slug
    stored = [known.tools[name] for name in (slug, *given.former_slugs) if name in known.tools]
    if len(stored) > 1:
        both = " and ".join(f'"{entry.tool.slug}"' for entry in stored[:2])
        raise CommandError(f"{both} are two tools with votes of their own; one cannot become the other's former slug.")
    before = stored[0] if stored else None
    if slug in known.redirects:
        target, target_slug = known.redirects[slug]
        if before is None or target != before.tool.id:
            raise CommandError(f'"{slug}" is a former slug of "{target_slug}"; load the tool under that one.')
    return before


def columns(tool: Tool) -> tuple[int | float | str | None, ...]:
    """A tool as its row, with the share of ships by which a category is ordered."""
    panel = tool.panel
    favour = panel.ships / panel.n if panel.n else -1.0
    return (
        *(tool.id, tool.slug, tool.name, tool.qualifier, tool.maker, tool.category, tool.tagline),
        *(tool.best_for, tool.best_for_basis, tool.description, tool.entry, tool.pricing, tool.licence, tool.sizes),
        *(tool.source.origin, tool.source.as_of, tool.source.saved, favour),
    )


def review_columns(tool: int, review: Review) -> tuple[int | str | None, ...]:
    """A review as its row."""
    return (
        *(tool, review.seat, review.verdict, review.basis, review.score, review.words, review.wording),
        *(review.source.origin, review.source.as_of, review.source.saved),
    )

"""The catalogue in memory. See `tests.fakes`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.storage.facts import differences
from commands.errors import CommandError
from commands.model import Category, Loaded, Seat, Tool, ToolChange, ToolEntry, ToolName
from commands.ports import Clock


class MemoryCatalogue:
    """See `commands.ports.Catalogue`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.entries: dict[int, ToolEntry] = {}
        self.by_slug: dict[str, int] = {}
        self.leads: dict[str, int] = {}
        self.other_names: dict[str, tuple[str, ...]] = {}
        self.changed: list[ToolChange] = []
        self.latest = 0

    async def revision(self) -> int:
        return self.latest

    async def names(self) -> Sequence[ToolName]:
        return [
            ToolName(number, entry.tool.slug, entry.tool.name, entry.tool.qualifier, entry.words + entry.former_slugs)
            for number, entry in sorted(self.entries.items())
        ]

    async def tools(self, ids: Sequence[int]) -> tuple[Tool, ...]:
        return tuple(self.entries[number].tool for number in ids if number in self.entries)

    async def categories(self) -> tuple[Category, ...]:
        held = [entry.tool.category for entry in self.entries.values()]
        return tuple(Category(name, self.other_names.get(name, ()), held.count(name)) for name in sorted(set(held)))

    async def in_category(self, category: str, *, limit: int, skip: int = 0) -> tuple[Tool, ...]:
        found = [entry.tool for entry in self.entries.values() if entry.tool.category == category]
        return tuple(sorted(found, key=favourites_first)[skip : skip + limit])

    async def changes(self, since_us: int, until_us: int, *, limit: int) -> tuple[ToolChange, ...]:
        found = [change for change in self.changed if since_us < change.at_us <= until_us]
        return tuple(sorted(found, key=in_order)[:limit])

    async def load(
        self,
        entries: Iterable[ToolEntry],
        *,
        categories: Mapping[str, Sequence[str]],
        progress: Callable[[int], None],
    ) -> Loaded:
        copy = MemoryCatalogue(self.clock)
        for number, held in self.entries.items():
            copy.keep(number, held)
        given: set[str] = set()
        former: set[str] = set()
        done = 0
        named = self.other_names | {name: tuple(others) for name, others in categories.items()}
        for entry in entries:
            check(entry, given, former)
            copy.put(replace(entry, tool=replace(entry.tool, category=home(entry.tool.category, named))))
            done += 1
            progress(done)
        self.entries, self.by_slug, self.leads = copy.entries, copy.by_slug, copy.leads
        self.changed += copy.changed
        renamed = {name: others for name, others in named.items() if others} != self.other_names
        self.other_names = {name: others for name, others in named.items() if others}
        self.latest += bool(copy.changed or renamed)
        added = sum(change.field == "new" for change in copy.changed)
        changed = len({change.tool for change in copy.changed}) - added
        return Loaded(added, changed, done - added - changed)

    def put(self, given: ToolEntry) -> None:
        before = self.predecessor(given)
        number = before.tool.id if before else len(self.entries) + 1
        reviews = sorted(given.tool.reviews, key=lambda review: list(Seat).index(review.seat))
        entry = replace(given, tool=replace(given.tool, id=number, reviews=tuple(reviews)))
        found = differences(before, entry)
        self.changed += [ToolChange(number, self.clock(), *difference) for difference in found]
        for slug in entry.former_slugs:
            if (other := self.leads.get(slug, number)) != number:
                held = self.entries[other]
                self.keep(other, replace(held, former_slugs=tuple(kept for kept in held.former_slugs if kept != slug)))
        self.keep(number, entry)

    def keep(self, number: int, entry: ToolEntry) -> None:
        """Hold an entry in place of the one of this id."""
        if before := self.entries.get(number):
            del self.by_slug[before.tool.slug]
            for slug in before.former_slugs:
                del self.leads[slug]
        self.entries[number] = entry
        self.by_slug[entry.tool.slug] = number
        self.leads |= dict.fromkeys(entry.former_slugs, number)

    def predecessor(self, given: ToolEntry) -> ToolEntry | None:
        slugs = (given.tool.slug, *given.former_slugs)
        stored = [self.entries[self.by_slug[slug]] for slug in slugs if slug in self.by_slug]
        if len(stored) > 1:
            raise CommandError(f"{stored[0].tool.slug} and {stored[1].tool.slug} are two tools.")
        target = self.leads.get(given.tool.slug)
        if target is not None and [entry.tool.id for entry in stored] != [target]:
            raise CommandError(f"{given.tool.slug} is a former slug of another tool.")
        return stored[0] if stored else None


def check(entry: ToolEntry, given: set[str], former: set[str]) -> None:
    """Refuse a slug that one load gives twice."""
    for slugs, others in (((entry.tool.slug,), given), (entry.former_slugs, former)):
        for slug in slugs:
            if slug in given or slug in former:
                raise CommandError(f"{slug} is given twice.")
            others.add(slug)


def favourites_first(tool: Tool) -> tuple[float, str, str]:
    """The order of a category: by the panel's share of ships, the unreviewed last, then by name and slug."""
    return (-(tool.panel.ships / tool.panel.n) if tool.panel.n else 1.0, tool.name, tool.slug)


def home(category: str, named: Mapping[str, Sequence[str]]) -> str:
    """The category that goes by this name, or the name itself where none does."""
    for name, others in named.items():
        if category.casefold() in {name.casefold(), *map(str.casefold, others)}:
            return name
    return category


def in_order(change: ToolChange) -> tuple[int, int, str]:
    """The order of changes."""
    return (change.at_us, change.tool, change.field)

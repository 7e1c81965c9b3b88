"""Finding every mistake in catalogue files, and reading the tools of files that have none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.catalogue.files import read
from bot.catalogue.schema import CategoryAliases, ToolFact
from bot.catalogue.stream import UNREADABLE, Item, Mistake, shown
from bot.catalogue.wording import explain
from commands.errors import CommandError
from commands.model import ToolEntry, ToolName

_CATEGORIES: TypeAdapter[dict[str, tuple[str, ...]]] = TypeAdapter(CategoryAliases)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, and where it is. Prints as `file:line: what is wrong, what would be right`."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        told = f"{self.file}:{self.line}: {self.text}"
        return "".join(c if c.isprintable() else "?" for c in told)


def check(path: Path | str) -> Iterator[Problem]:
    """Yield every mistake in one catalogue file."""
    return Check().file(Path(path))


def entries(paths: Iterable[Path]) -> Iterator[ToolEntry]:
    """Yield the tools of files that have been checked, one at a time; `CommandError` at a mistake after all."""
    for path in paths:
        for found in read(path):
            if isinstance(found, Mistake):
                raise CommandError(str(Problem(str(path), found.line, found.text)))
            if found.section == "tools":
                try:
                    yield ToolFact.model_validate(found.value).to_entry()
                except ValidationError as error:
                    first = next(_explained(error, found), Mistake(found.line, "the tool is broken"))
                    raise CommandError(str(Problem(str(path), first.line, first.text))) from error


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int

    def seen_from(self, file: str) -> str:
        return f"line {self.line}" if self.file == file else f"{self.file}:{self.line}"


class Check:
    """Checks files that are to be loaded together: what has to be unique is unique over all of them.

    Afterwards `tools` says how many there are and `categories` what other names their categories have.
    Remembers slugs and names, but no tool.
    """

    def __init__(self) -> None:
        self.tools = 0
        self.categories: dict[str, tuple[str, ...]] = {}
        self._slugs: dict[str, _Place] = {}
        self._former: dict[str, _Place] = {}
        self._bare: dict[str, _Place] = {}
        self._qualified: dict[str, dict[str, _Place]] = {}
        self._told: set[str] = set()
        self._category_words: dict[str, str] = {}

    def file(self, path: Path) -> Iterator[Problem]:
        """Yield the mistakes in this file, and those it makes together with the files before it."""
        file = str(path)
        empty = True
        for found in read(path):
            empty = False
            yield from self._problems(found, file)
        if empty:
            yield Problem(file, 1, "there is no tool in this file, a catalogue has at least one")

    def against(self, held: Iterable[ToolName]) -> Iterator[Problem]:
        """Yield the names that would no longer be told apart, were the files added to these tools."""
        for tool in held:
            if tool.slug in self._slugs or tool.slug in self._former:
                continue
            key = _folded(tool.name)
            here = self._bare.get(key) or next(iter(self._qualified.get(key, {}).values()), None)
            same = self._qualified.get(key, {}).get(_folded(tool.qualifier))
            if here is None:
                continue
            name = shown(tool.name)
            if key in self._bare:
                told = f"name {name} is also that of {tool.slug} in the catalogue, give this one a qualifier"
                yield Problem(here.file, here.line, told)
            elif not tool.qualifier:
                told = f"name {name} is also that of {tool.slug} in the catalogue, which needs a qualifier too"
                yield Problem(here.file, here.line, f"{told}: import it with one")
            elif same:
                told = f"name {name} with this qualifier is that of {tool.slug} in the catalogue, take another"
                yield Problem(same.file, same.line, told)

    def _problems(self, found: Item | Mistake, file: str) -> Iterator[Problem]:
        if isinstance(found, Mistake):
            yield Problem(file, found.line, found.text)
            return
        mistakes = self._categories(found) if found.section == "categories" else self._tool(found, file)
        for mistake in mistakes:
            yield mistake if isinstance(mistake, Problem) else Problem(file, mistake.line, mistake.text)

    def _tool(self, item: Item, file: str) -> Iterator[Mistake | Problem]:
        self.tools += 1
        try:
            tool = ToolFact.model_validate(item.value)
        except ValidationError as error:
            yield from _explained(error, item)
            value = item.value if isinstance(item.value, dict) else {}
        else:
            value = {
                "slug": tool.slug,
                "name": tool.name,
                "qualifier": tool.qualifier,
                "former_slugs": tool.former_slugs,
            }
        yield from self._slugs_of(value, item, file)
        yield from self._name_of(value, item, file)

    def _slugs_of(self, value: dict[str, object], item: Item, file: str) -> Iterator[Mistake | Problem]:
        """Mistakes that the slugs of a tool make with those of other tools."""
        slug = value.get("slug")
        if isinstance(slug, str):
            place = _Place(file, item.line_of(("slug",)))
            if taken := self._slugs.get(slug) or self._former.get(slug):
                told = f"slug {shown(slug)} is in use at {taken.seen_from(file)} already, take another"
                yield Mistake(place.line, told)
            self._slugs.setdefault(slug, place)
        former = value.get("former_slugs")
        for index, old in enumerate(former if isinstance(former, (list, tuple)) else ()):
            if isinstance(old, str):
                place = _Place(file, item.line_of(("former_slugs", index)))
                if taken := self._slugs.get(old) or self._former.get(old):
                    told = (
                        f"former slug {shown(old)} is in use at {taken.seen_from(file)} already, take one of them out"
                    )
                    yield Mistake(place.line, told)
                self._former.setdefault(old, place)

    def _name_of(self, value: dict[str, object], item: Item, file: str) -> Iterator[Mistake | Problem]:
        """Mistakes that the name of a tool makes with those of other tools."""
        name, qualifier = value.get("name"), value.get("qualifier") or ""
        if not isinstance(name, str) or not isinstance(qualifier, str):
            return
        place = _Place(file, item.line_of(("name",)))
        key, mark = _folded(name), _folded(qualifier)
        bare, qualified = self._bare.get(key), self._qualified.get(key, {})
        if mark:
            if same := qualified.get(mark):
                told = f"name {shown(name)} with this qualifier is that of the tool at {same.seen_from(file)}"
                yield Mistake(place.line, f"{told}, take another qualifier")
            elif bare and key not in self._told:
                self._told.add(key)
                yield Problem(bare.file, bare.line, _needs_qualifier(name, place.seen_from(bare.file)))
            self._qualified.setdefault(key, {}).setdefault(mark, place)
        else:
            if other := bare or next(iter(qualified.values()), None):
                yield Mistake(place.line, _needs_qualifier(name, other.seen_from(file)))
            if bare and key not in self._told:
                self._told.add(key)
                yield Problem(bare.file, bare.line, _needs_qualifier(name, place.seen_from(bare.file)))
            self._bare.setdefault(key, place)

    def _categories(self, item: Item) -> Iterator[Mistake]:
        try:
            categories = _CATEGORIES.validate_python(item.value)
        except ValidationError as error:
            yield from _explained(error, item)
            return
        for name, aliases in categories.items():
            for word in (name, *aliases):
                holder = self._category_words.setdefault(_folded(word), name)
                if _folded(holder) != _folded(name):
                    told = f"{shown(word)} already means the category {shown(holder)}, take it out of one of them"
                    yield Mistake(item.line_of((name,)), told)
            self.categories[name] = tuple(dict.fromkeys((*self.categories.get(name, ()), *aliases)))


def _explained(error: ValidationError, item: Item) -> Iterator[Mistake]:
    found = [
        Mistake(item.line_of(details["loc"]), explain(details, item))
        for details in error.errors(include_url=False, include_context=False)
        if details["input"] is not UNREADABLE
    ]
    return iter(sorted(found, key=lambda mistake: mistake.line))


def _needs_qualifier(name: str, at: str) -> str:
    return f"name {shown(name)} is that of the tool at {at} too, give each of them a qualifier of its own"


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())

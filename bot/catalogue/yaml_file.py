"""Reading a catalogue written in YAML, one tool at a time, from the parser's events.

Composing a whole document would hold all of it, and would follow aliases, with which a small file can
swell to any size; so aliases are a mistake here. Scalars stay text: the schema knows what a number is.
"""

from collections.abc import Iterator

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from bot.catalogue.stream import DEEPEST, LARGEST, UNREADABLE, Item, Loc, Mistake, TextFile, Unreadable, shown_name

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EMPTY = frozenset(("", "~", "null", "Null", "NULL"))


def read_yaml(text: TextFile) -> Iterator[Item | Mistake]:
    """Yield the tools and categories of a YAML file; raises `Unreadable` where it is not YAML."""
    events = _Events(text)
    events.skip(StreamStartEvent, DocumentStartEvent)
    event = events.take()
    if isinstance(event, SequenceStartEvent):
        yield from _tools(events)
    elif isinstance(event, MappingStartEvent):
        yield from _sections(events)
    elif isinstance(event, StreamEndEvent):
        return
    else:
        raise Unreadable(_line(event), "a catalogue is a list of tools, or has the list under tools:")
    events.skip(DocumentEndEvent)
    if not isinstance(event := events.take(), StreamEndEvent):
        yield Mistake(_line(event), "a second document begins here, put all tools into one list")


class _Events:
    """The parser's events, with how deeply nested they are."""

    def __init__(self, text: TextFile) -> None:
        self.text = text
        self.level = 0
        self._held: Event | None = None
        self._events = yaml.parse(text, Loader=_LOADER)

    def take(self) -> Event:
        event, self._held = self._held or self._next(), None
        self.level += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        return event

    def skip(self, *kinds: type[Event]) -> None:
        """Pass over events of these kinds."""
        while isinstance(event := self.take(), kinds):
            pass
        self._held = event
        self.level -= isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)

    def finish(self, event: Event) -> None:
        """Pass over what is left of the node that this event began."""
        if isinstance(event, CollectionStartEvent):
            self.leave(self.level - 1)

    def leave(self, level: int) -> None:
        """Pass over what is left of the nodes above this level."""
        while self.level > level:
            self.text.rest()
            self.take()

    def _next(self) -> Event:
        try:
            return next(self._events)
        except yaml.MarkedYAMLError as error:
            # What is never closed is best looked for where it was opened.
            ended = "end of stream" in str(error.problem)
            mark = (error.context_mark if ended else None) or error.problem_mark or error.context_mark
            told = " ".join(part for part in (error.context, error.problem) if part)
            raise Unreadable(
                mark.line + 1 if mark else 1, f"not YAML ({told}), look at quotes and indentation"
            ) from error
        except (yaml.YAMLError, ValueError) as error:
            raise Unreadable(1, f"not YAML ({' '.join(str(error).split())})") from error


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _sections(events: _Events) -> Iterator[Item | Mistake]:
    """The entries of a top-level mapping."""
    seen: dict[object, int] = {}
    while not isinstance(key := events.take(), MappingEndEvent):
        events.text.rest()
        name = key.value if isinstance(key, ScalarEvent) else None
        events.finish(key)
        value = events.take()
        if name in seen:
            yield Mistake(_line(key), f"{shown_name(name)} is given twice, the first is at line {seen[name]}")
            events.finish(value)
        elif name == "tools" and isinstance(value, SequenceStartEvent):
            yield from _tools(events)
        elif name == "tools":
            yield Mistake(_line(key), "tools is not a list, begin each tool with a hyphen")
            events.finish(value)
        elif name == "categories":
            yield from _item(events, value, "categories")
        else:
            yield Mistake(_line(key), "only categories and tools stand at the top of a catalogue, take this out")
            events.finish(value)
        seen[name] = _line(key)


def _tools(events: _Events) -> Iterator[Item | Mistake]:
    while not isinstance(event := events.take(), SequenceEndEvent):
        yield from _item(events, event, "tools")


def _item(events: _Events, event: Event, section: str) -> Iterator[Item | Mistake]:
    node = _Node(events)
    outer = events.level - isinstance(event, CollectionStartEvent)
    try:
        value = node.value(event, ())
    except _TooLargeError:
        events.leave(outer)
        node.mistakes.append(Mistake(_line(event), f"this is larger than {LARGEST:,} characters, shorten it"))
        value = UNREADABLE
    events.text.rest()
    yield from node.mistakes
    yield Item("tools" if section == "tools" else "categories", value, _line(event), lambda: node.lines)


class _TooLargeError(Exception):
    """An item has more characters than anybody would write."""


class _Node:
    """Builds one item out of events, noting lines and mistakes."""

    def __init__(self, events: _Events) -> None:
        self.lines: dict[Loc, int] = {}
        self.mistakes: list[Mistake] = []
        self._events = events
        self._size = 0

    def value(self, event: Event, loc: Loc) -> object:
        """The value of the node that this event begins."""
        self._events.text.rest()
        if isinstance(event, NodeEvent) and self._refused(event):
            self._events.finish(event)
            return UNREADABLE
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if len(loc) >= DEEPEST:
            self.mistakes.append(Mistake(_line(event), "this is nested too deeply for a catalogue"))
            self._events.finish(event)
            return UNREADABLE
        return self._mapping(loc) if isinstance(event, MappingStartEvent) else self._sequence(loc)

    def _refused(self, event: NodeEvent) -> bool:
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self.mistakes.append(Mistake(_line(event), "anchors (&) and aliases (*) are not read, write the value out"))
            return True
        if isinstance(event, (ScalarEvent, CollectionStartEvent)) and event.tag not in (None, "!"):
            self.mistakes.append(Mistake(_line(event), "tags (!) are not read, write the plain value"))
            return True
        return False

    def _scalar(self, event: ScalarEvent) -> str | None:
        self._size += len(event.value) + 1
        if self._size > LARGEST:
            raise _TooLargeError
        text: str = event.value
        return None if not event.style and text in _EMPTY else text

    def _sequence(self, loc: Loc) -> list[object]:
        values: list[object] = []
        while not isinstance(event := self._events.take(), SequenceEndEvent):
            self._size += 1
            place = (*loc, len(values))
            self.lines[place] = _line(event)
            values.append(self.value(event, place))
        return values

    def _mapping(self, loc: Loc) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := self._events.take(), MappingEndEvent):
            key = event.value if isinstance(event, ScalarEvent) and event.anchor is None else None
            if key is None:
                self.mistakes.append(Mistake(_line(event), "a field's name is plain text"))
            self._events.finish(event)
            place = (*loc, key or "")
            held = self.value(self._events.take(), place)
            if key is None:
                continue
            self._size += len(key) + 1
            if key in values:
                told = f"{shown_name(key)} is given twice, the first is at line {self.lines[place]}"
                self.mistakes.append(Mistake(_line(event), told))
            else:
                values[key], self.lines[place] = held, _line(event)
        return values

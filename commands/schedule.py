"""Local weekly times: to instants, to words and back. Pure, apart from the zone data that Python finds.

Where clocks change, one rule holds: a digest is due at the first instant at which the local clock shows
its time or a later one. So a time that does not exist that day is due as soon as the gap is over, and one
that happens twice is due the first time, once.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from commands.errors import CommandError
from commands.model import RunState, Subscription, Weekly

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SECOND_US = 1_000_000
WEEK_US = 7 * 86_400 * SECOND_US
FAR_US = WEEK_US + WEEK_US // 7
"""A weekly time comes sooner than this, even in the week in which clocks change."""

EXAMPLE = "monday 09:00 Europe/Berlin"
"""What a weekly time looks like when typed in full."""

FILLERS = frozenset({"at", "every", "on"})
TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})|([0-9]{1,2})(?:[:.]([0-9]{2}))?(am|pm)", re.IGNORECASE)
LOOKS_LIKE_A_TIME = re.compile(r"[0-9]{1,4}([:.][0-9]*)*")

NOT_PLACES = frozenset({"factory", "localtime", "posixrules"})
"""What the zone data holds besides zones; "localtime" would be whatever this machine is set to."""

PLACES = {
    "acst": "Australia/Adelaide",
    "aedt": "Australia/Sydney",
    "aest": "Australia/Sydney",
    "bst": "Europe/London",
    "cdt": "America/Chicago",
    "cest": "Europe/Berlin",
    "cst": "America/Chicago or Asia/Shanghai",
    "edt": "America/New_York",
    "eest": "Europe/Helsinki",
    "est": "America/New_York",
    "est5": "America/New_York",
    "ist": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
    "jst": "Asia/Tokyo",
    "mdt": "America/Denver",
    "msk": "Europe/Moscow",
    "mst": "America/Denver or America/Phoenix",
    "pdt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "sgt": "Asia/Singapore",
    "west": "Europe/Lisbon",
}
"""Abbreviations that leave the place, and with it summer time, open. EST and MST are among them on purpose:
the zone data knows them as clocks that never change, which few who type them mean."""

OFFSET = re.compile(r"(?:utc|gmt|[a-z]{3,4})?[+-]?[0-9]{1,2}(?::?[0-9]{2})?", re.IGNORECASE)


def next_due(weekly: Weekly, after_us: int) -> int:
    """The first instant of this weekly time that lies strictly after `after_us`."""
    return next(_dues(weekly, after_us))


class Turn(NamedTuple):
    """What a due digest becomes when it is claimed, CLAIMED or SKIPPED, and when the next one is due."""

    state: RunState
    next_due_us: int


def turn(due: Subscription, now_us: int, *, grace_us: int) -> Turn:
    """The turn of a digest that is due.

    One takes the place of all the weeks that were missed: the schedule goes on after now, or, past the grace
    time, at the first due instant that can still be met.
    """
    oldest_us = now_us - grace_us
    if due.next_due_us < oldest_us:
        return Turn(RunState.SKIPPED, next_due(due.weekly, oldest_us - 1))
    return Turn(RunState.CLAIMED, next_due(due.weekly, now_us))


def upcoming(weekly: Weekly, after_us: int, count: int = 3) -> tuple[int, ...]:
    """The next instants of this weekly time, soonest first."""
    dues = _dues(weekly, after_us)
    return tuple(next(dues) for _ in range(count))


def in_words(weekly: Weekly) -> str:
    """The weekly time as people say it: "Mondays at 09:00 (Europe/Berlin)"."""
    return f"{WEEKDAYS[weekly.weekday]}s at {weekly.hour:02}:{weekly.minute:02} ({weekly.zone})"


def when(at_us: int, zone: str) -> str:
    """An instant as the clock of that zone shows it: "Monday 23 November 2026 at 09:00"."""
    local = datetime.fromtimestamp(at_us // SECOND_US, UTC).astimezone(ZoneInfo(zone))
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year} at {local:%H:%M}"


def parse_weekly(words: str, *, default_zone: str | None, standing: Weekly | None = None) -> Weekly:
    """Read "[weekday] [HH:MM] [zone]", in any order and case; what is left out is Monday, 09:00, `default_zone`.

    Where there is a `standing` weekly time, what is left out stays as it was there. Raises `CommandError`,
    saying what would be right, for words that are none of the three, for one of them given twice, and
    where the zone is left out and nobody knows it.
    """
    weekdays: list[int] = []
    times: list[tuple[int, int]] = []
    others: list[str] = []
    for word in words.replace(",", " ").split():
        if (weekday := _weekday(word)) is not None:
            weekdays.append(weekday)
        elif (clock := _time(word)) is not None:
            times.append(clock)
        elif word.casefold() not in FILLERS:
            others.append(word)
    if len(set(weekdays)) > 1:
        raise CommandError(f"The digest comes once a week: give one weekday, for example {EXAMPLE}.")
    if len(set(times)) > 1:
        raise CommandError(f"The digest comes once a week: give one time of day, for example {EXAMPLE}.")
    base = standing or Weekly(0, 9, 0, canonical(default_zone) or "")
    zone = _zone(others) if others else base.zone
    if not zone:
        raise CommandError(f"Which time zone? Add the nearest large city, for example: /digest on {EXAMPLE}")
    hour, minute = times[0] if times else (base.hour, base.minute)
    return Weekly(weekdays[0] if weekdays else base.weekday, hour, minute, zone)


def canonical(zone: str | None) -> str | None:
    """The zone's name as the zone data spells it, whatever the case it was typed in; None if there is none."""
    return _zones().get(zone.casefold()) if zone else None


def _dues(weekly: Weekly, after_us: int) -> Iterator[int]:
    zone = ZoneInfo(weekly.zone)
    today = datetime.fromtimestamp(after_us // SECOND_US, UTC).astimezone(zone).date()
    day = today + timedelta(days=(weekly.weekday - today.weekday()) % 7)
    while True:
        due = _instant(day, weekly.hour, weekly.minute, zone)
        if due > after_us:
            yield due
        day += timedelta(days=7)


def _instant(day: date, hour: int, minute: int, zone: ZoneInfo) -> int:
    wanted = datetime.combine(day, time(hour, minute))
    first = _utc_second(wanted.replace(tzinfo=zone, fold=0))
    if _local(first, zone) == wanted:
        return first * SECOND_US
    # In a gap the two folds lie on either side of it: `before` by the clock after it, `first` by the one before it.
    before = _utc_second(wanted.replace(tzinfo=zone, fold=1))
    while first - before > 1:
        middle = (before + first) // 2
        if _local(middle, zone) < wanted:
            before = middle
        else:
            first = middle
    return first * SECOND_US


def _utc_second(local: datetime) -> int:
    return round(local.timestamp())


def _local(second: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).replace(tzinfo=None, fold=0)


def _weekday(word: str) -> int | None:
    typed = word.casefold().removesuffix("s") if len(word) > 6 else word.casefold()
    found = [place for place, day in enumerate(WEEKDAYS) if len(typed) > 2 and day.casefold().startswith(typed)]
    return found[0] if found else None


def _time(word: str) -> tuple[int, int] | None:
    parts = TIME.fullmatch(word)
    if parts is None:
        if LOOKS_LIKE_A_TIME.fullmatch(word):
            raise CommandError(f"{_shown(word)} is not a time of day. Write hours and minutes, for example 09:00.")
        return None
    hours, minutes, half_day_hours, half_day_minutes, half = parts.groups()
    hour, minute = int(hours or half_day_hours), int(minutes or half_day_minutes or 0)
    if half:
        if not 1 <= hour <= 12:
            raise CommandError(f"There is no {_shown(word)}. Hours with am and pm go from 1 to 12; or write 09:00.")
        hour = hour % 12 + (12 if half.casefold() == "pm" else 0)
    if hour > 23 or minute > 59:
        raise CommandError(f"There is no {_shown(word)}. Times of day go from 00:00 to 23:59.")
    return hour, minute


def _zone(words: list[str]) -> str:
    whole = "_".join(words)
    found = canonical(whole)
    if found and found.casefold() not in PLACES:
        return found
    if len(words) > 1 and all(canonical(word) for word in words):
        raise CommandError(f"Give one time zone, for example {EXAMPLE}.")
    typed = _shown(" ".join(words))
    if place := PLACES.get(whole.casefold()):
        raise CommandError(f"{typed} does not say where, and summer time depends on it. Write a place: {place}.")
    if OFFSET.fullmatch(whole):
        raise CommandError(
            f"{typed} does not say where, and summer time depends on it. Write a place such as Europe/Berlin, or UTC."
        )
    near = nearest_zones(whole)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise CommandError(
        f"{typed} is neither a weekday, a time nor a time zone that I know.{hint} For example: /digest on {EXAMPLE}"
    )


def nearest_zones(typed: str, count: int = 3) -> tuple[str, ...]:
    """Zones whose name, or whose city alone, is spelt like what was typed; the nearest first."""
    zones = _zones()
    wanted = typed.casefold()[:64]
    cities: dict[str, list[str]] = {}
    for key in sorted(zones):
        cities.setdefault(key.rpartition("/")[2], []).append(zones[key])
    near = [zone for city in get_close_matches(wanted, cities, count, 0.75) for zone in cities[city]]
    near += [zones[key] for key in get_close_matches(wanted, zones, count, 0.75)]
    return tuple(dict.fromkeys(near))[:count]


@cache
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones() if zone.casefold() not in NOT_PLACES}


def _shown(typed: str) -> str:
    kept = "".join(letter for letter in typed if letter.isprintable())
    return f"“{kept}”" if len(kept) <= 40 else f"“{kept[:40]}…”"

"""The weekly times: across clock changes, in words, and as people type them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import schedule
from commands.errors import CommandError
from commands.model import Weekly

MINUTE_US = 60_000_000
BERLIN = "Europe/Berlin"
ODD_ZONES = (
    BERLIN,
    "Africa/Casablanca",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)


def us(text: str, zone: str = "UTC", fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()) * 1_000_000


def utc(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def walked(weekly: Weekly, after_us: int) -> Iterator[int]:
    """The same dues by looking at the local clock once every minute of UTC, and at nothing else.

    The watch begins two days early, so that an hour that is shown twice is never seen for the second time only.
    """
    zone = ZoneInfo(weekly.zone)
    at = datetime.fromtimestamp(after_us // 1_000_000, UTC).replace(second=0) - timedelta(days=2)
    shown = at.astimezone(zone).replace(tzinfo=None)
    latest = datetime.min  # noqa: DTZ901 a local time, as a clock on a wall shows it
    while True:
        at += timedelta(minutes=1)
        before, shown = shown, at.astimezone(zone).replace(tzinfo=None)
        # The clock may jump, past midnight too, so each day it showed or left out is looked at.
        for days in range((shown.date() - before.date()).days + 1):
            day = before + timedelta(days=days)
            wanted = day.replace(hour=weekly.hour, minute=weekly.minute, second=0)
            if wanted.weekday() == weekly.weekday and before < wanted <= shown and wanted > latest:
                latest = wanted
                if (due := round(at.timestamp()) * 1_000_000) > after_us:
                    yield due


def transitions() -> list[tuple[str, int]]:
    """For each change of an odd zone's clock, 1980 to 2036: the zone, and an instant less than a day after it."""
    found = []
    for name in ODD_ZONES:
        zone, at = ZoneInfo(name), datetime(1980, 1, 1, tzinfo=UTC)
        offset = at.astimezone(zone).utcoffset()
        while at.year < 2037:
            at += timedelta(days=1)
            if at.astimezone(zone).utcoffset() != offset:
                offset = at.astimezone(zone).utcoffset()
                found.append((name, round(at.timestamp()) * 1_000_000))
    return found


TRANSITIONS = transitions()


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[Weekly, int]:
    """A weekly time that falls within hours of a change of clocks, and an instant in the week before it."""
    zone, seen_us = draw(st.sampled_from(TRANSITIONS))
    close = datetime.fromtimestamp(seen_us // 1_000_000, UTC) - timedelta(minutes=draw(st.integers(-180, 1620)))
    local = close.astimezone(ZoneInfo(zone))
    after_us = seen_us - draw(st.integers(0, 8 * 1440)) * MINUTE_US
    return Weekly(local.weekday(), local.hour, local.minute, zone), after_us


@settings(max_examples=60, deadline=None)
@given(near_a_change())
def test_near_a_change_of_clocks_the_next_due_is_the_one_found_by_watching_the_clock(case: tuple[Weekly, int]) -> None:
    weekly, after_us = case
    watched = walked(weekly, after_us)
    expected = [next(watched), next(watched)]
    assert [utc(due) for due in schedule.upcoming(weekly, after_us, 2)] == [utc(due) for due in expected]


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Weekly,
        st.integers(0, 6),
        st.integers(0, 23),
        st.integers(0, 59),
        st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})),
    ),
    st.integers(us("1980-01-01"), us("2090-01-01")),
)
def test_anywhere_and_any_time_the_next_due_is_the_one_found_by_watching_the_clock(
    weekly: Weekly, after_us: int
) -> None:
    due = schedule.next_due(weekly, after_us)
    assert due > after_us
    assert utc(due) == utc(next(walked(weekly, after_us)))


@pytest.mark.parametrize(
    ("zone", "weekday", "clock", "after", "due"),
    [
        pytest.param(BERLIN, 6, "02:30", "2026-03-28 12:00", "2026-03-29 01:00", id="a time left out in spring"),
        pytest.param(BERLIN, 6, "03:00", "2026-03-28 12:00", "2026-03-29 01:00", id="the first time after the gap"),
        pytest.param(BERLIN, 6, "02:30", "2026-10-24 12:00", "2026-10-25 00:30", id="a time shown twice in autumn"),
        pytest.param(BERLIN, 6, "02:30", "2026-10-25 00:30", "2026-11-01 01:30", id="the second reading is not due"),
        pytest.param(BERLIN, 6, "02:30", "2026-10-25 00:29", "2026-10-25 00:30", id="a minute before"),
        pytest.param(BERLIN, 4, "00:00", "2026-12-31 22:59", "2026-12-31 23:00", id="the new year"),
        pytest.param("Asia/Kathmandu", 0, "09:00", "2026-11-21", "2026-11-23 03:15", id="a quarter of an hour"),
        pytest.param("Australia/Lord_Howe", 6, "02:10", "2026-10-03", "2026-10-03 15:30", id="a gap of half an hour"),
        pytest.param("Pacific/Apia", 4, "09:00", "2011-12-27", "2011-12-30 10:00", id="a whole day left out"),
        pytest.param("America/New_York", 1, "23:59", "2028-02-23 12:00", "2028-03-01 04:59", id="the leap day"),
    ],
)
def test_a_due_instant_is_the_first_at_which_the_clock_shows_its_time_or_later(
    zone: str, weekday: int, clock: str, after: str, due: str
) -> None:
    hour, minute = (int(part) for part in clock.split(":"))
    assert schedule.next_due(Weekly(weekday, hour, minute, zone), us(after)) == us(due)


def test_a_due_instant_is_never_its_own_next() -> None:
    weekly = Weekly(0, 9, 0, BERLIN)
    first, second, third = schedule.upcoming(weekly, us("2026-11-20"), 3)
    assert schedule.next_due(weekly, first - 1) == first
    assert schedule.next_due(weekly, first) == second
    assert third - second == second - first == 7 * 86_400_000_000


def test_words_say_the_weekday_the_time_and_the_zone() -> None:
    assert schedule.in_words(Weekly(0, 9, 0, BERLIN)) == "Mondays at 09:00 (Europe/Berlin)"
    assert schedule.when(us("2026-11-23 08:00"), BERLIN) == "Monday 23 November 2026 at 09:00"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", Weekly(0, 9, 0, BERLIN)),
        ("mon", Weekly(0, 9, 0, BERLIN)),
        ("Mondays", Weekly(0, 9, 0, BERLIN)),
        ("TUES", Weekly(1, 9, 0, BERLIN)),
        ("thurs 9:05", Weekly(3, 9, 5, BERLIN)),
        ("09:00", Weekly(0, 9, 0, BERLIN)),
        ("7.30", Weekly(0, 7, 30, BERLIN)),
        ("9am", Weekly(0, 9, 0, BERLIN)),
        ("12:15AM", Weekly(0, 0, 15, BERLIN)),
        ("12pm", Weekly(0, 12, 0, BERLIN)),
        ("every Friday at 16:45 america/new_york", Weekly(4, 16, 45, "America/New_York")),
        ("America/New York, sun, 00:00", Weekly(6, 0, 0, "America/New_York")),
        ("asia/kathmandu 23:59 wednesday", Weekly(2, 23, 59, "Asia/Kathmandu")),
        ("utc", Weekly(0, 9, 0, "UTC")),
        ("cet sat", Weekly(5, 9, 0, "CET")),
        ("mon monday MONDAYS", Weekly(0, 9, 0, BERLIN)),
    ],
)
def test_words_are_read_in_any_order_and_case(typed: str, expected: Weekly) -> None:
    assert schedule.parse_weekly(typed, default_zone=BERLIN) == expected


def test_what_is_left_out_stays_as_it_stands() -> None:
    standing = Weekly(2, 17, 30, "Asia/Tokyo")
    assert schedule.parse_weekly("fri", default_zone=BERLIN, standing=standing) == Weekly(4, 17, 30, "Asia/Tokyo")
    assert schedule.parse_weekly("", default_zone=None, standing=standing) == standing


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("mon tue", "give one weekday"),
        ("9:00 10:00", "give one time of day"),
        ("UTC Europe/Berlin", "one time zone"),
        ("24:00", "from 00:00 to 23:59"),
        ("9:60", "from 00:00 to 23:59"),
        ("13pm", "from 1 to 12"),
        ("9", "for example 09:00"),
        ("900", "for example 09:00"),
        ("PST", "America/Los_Angeles"),
        ("est", "America/New_York"),
        ("EST5", "America/New_York"),
        ("UTC+2", "Europe/Berlin, or UTC"),
        ("+02:00", "Europe/Berlin, or UTC"),
        ("berlin", "Did you mean Europe/Berlin?"),
        ("Europe/Berln", "Did you mean Europe/Berlin"),
        ("localtime", "neither a weekday, a time nor a time zone"),
        ("\u0660\u0669:\u0660\u0660", "neither a weekday, a time nor a time zone"),
        ("no\x1b[31mwhere" + "x" * 10_000, "neither a weekday, a time nor a time zone"),
    ],
)
def test_words_that_cannot_be_read_are_answered_with_what_would_be_right(typed: str, says: str) -> None:
    with pytest.raises(CommandError) as error:
        schedule.parse_weekly(typed, default_zone=BERLIN)
    assert says in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("zone", [None, "", "Nowhere/Land", "localtime"])
def test_without_a_zone_anybody_knows_the_zone_is_asked_for_with_an_example(zone: str | None) -> None:
    with pytest.raises(CommandError, match=r"Which time zone.*/digest on monday 09:00 Europe/Berlin"):
        schedule.parse_weekly("tue 10:00", default_zone=zone)


@given(st.text(max_size=60))
def test_any_words_give_a_weekly_time_or_a_clear_error(typed: str) -> None:
    try:
        weekly = schedule.parse_weekly(typed, default_zone=BERLIN)
    except CommandError as error:
        assert str(error).isprintable()  # noqa: PT017 either outcome is right
    else:
        assert (
            schedule.parse_weekly(schedule.in_words(weekly).translate({40: None, 41: None}), default_zone=None)
            == weekly
        )

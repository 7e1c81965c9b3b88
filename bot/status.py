"""What stands in a database, as an operator asks first; read in one snapshot, without changing anything."""

import datetime as dt
from dataclasses import dataclass

from bot.storage.statements import statements
from bot.storage.whole import Whole

SQL = statements("status.sql")

WEEK_US = 7 * 86_400_000_000
MINUTE_US = 60_000_000
COUNTED = 2_000_000
"""Up to so many marks are counted; that takes a tenth of a second or two."""

COUNTERS = "shipworthy db check tells whether the vote counters are right; nothing else does."


@dataclass(frozen=True, slots=True)
class Teams:
    """The teams of one platform; `gone` of them have removed the bot and are not yet erased."""

    platform: str
    teams: int
    gone: int


@dataclass(frozen=True, slots=True)
class Digests:
    """How far the weekly digests are. Runs that failed or are unconfirmed are those of the last seven days."""

    subscriptions: int
    due: int
    next_due_us: int | None
    runs_in_flight: int
    runs_unconfirmed: int
    runs_failed: int


@dataclass(frozen=True, slots=True)
class Status:
    """What stands in a database. `seen` tells when the bot was last connected to each platform."""

    database: str
    format: int
    bytes: int
    teams: tuple[Teams, ...]
    ballots: int
    marks: int
    marks_exact: bool
    tools: int
    catalogue_revision: int
    digests: Digests
    seen: dict[str, int]
    slack_installations: int
    now_us: int


async def read(whole: Whole, now_us: int) -> Status:
    """What stands in a database."""
    [(size,)] = await whole.fetch(SQL["size"])
    teams = [Teams(*row) for row in await whole.fetch(SQL["teams"])]
    [(ballots,)] = await whole.fetch(SQL["ballots"])
    [(marks,)] = await whole.fetch(SQL["marks_up_to"], (COUNTED + 1,))
    exact = marks <= COUNTED
    if not exact:
        [(about,)] = await whole.fetch(SQL["marks_about"])
        marks = max(marks, about)
    [(tools, revision)] = await whole.fetch(SQL["catalogue"])
    [(subscriptions, due, next_due_us)] = await whole.fetch(SQL["subscriptions"], {"now_us": now_us})
    [runs] = await whole.fetch(SQL["runs"], {"since_us": now_us - WEEK_US})
    [(installations,)] = await whole.fetch(SQL["installations"])
    return Status(
        database=whole.place,
        format=whole.version,
        bytes=size,
        teams=tuple(teams),
        ballots=ballots,
        marks=marks,
        marks_exact=exact,
        tools=tools,
        catalogue_revision=revision,
        digests=Digests(subscriptions, due, next_due_us, *runs),
        seen=dict(await whole.fetch(SQL["presence"])),
        slack_installations=installations,
        now_us=now_us,
    )


def lines(found: Status) -> list[str]:
    """The same in plain lines."""
    kind = "PostgreSQL" if found.database.startswith("postgres") else "SQLite"
    marks = f"{found.marks:,}" if found.marks_exact else f"about {float(f'{found.marks:.2g}'):,.0f}"
    digests = found.digests
    week = f"in the last seven days {digests.runs_unconfirmed:,}"
    return [
        f"database: {found.database} ({kind}, format {found.format}, {found.bytes / 1_000_000:,.1f} MB)",
        f"teams: {', '.join(map(_teams, found.teams)) or 'none yet'}",
        f"votes: {found.ballots:,} {'ballot' if found.ballots == 1 else 'ballots'}, {marks} marks",
        f"tools: {found.tools:,} (catalogue revision {found.catalogue_revision})",
        f"digests: {digests.subscriptions:,} channels, {_due(digests, found.now_us)}",
        f"runs: {digests.runs_in_flight:,} in flight; {week} unconfirmed, {digests.runs_failed:,} failed",
        f"last connected: {', '.join(_seen(found)) or 'never'}",
        f"Slack workspaces that installed the app: {found.slack_installations:,}",
        COUNTERS,
    ]


def _teams(teams: Teams) -> str:
    gone = f" ({teams.gone:,} removed the bot)" if teams.gone else ""
    return f"{teams.platform} {teams.teams:,}{gone}"


def _due(digests: Digests, now_us: int) -> str:
    if digests.next_due_us is None:
        return "none due"
    if digests.due:
        late = _long(now_us - digests.next_due_us)
        return f"{digests.due:,} due now, the first for {late}"
    return f"the next due {_instant(digests.next_due_us)}, in {_long(digests.next_due_us - now_us)}"


def _seen(found: Status) -> list[str]:
    return [
        f"{platform} {_instant(seen_us)}, {_long(found.now_us - seen_us)} ago"
        for platform, seen_us in found.seen.items()
    ]


def _instant(at_us: int) -> str:
    """An instant in UTC to the minute."""
    return dt.datetime.fromtimestamp(at_us // 1_000_000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _long(us: int) -> str:
    """How long, in the two largest units that say something."""
    minutes = max(us, 0) // MINUTE_US
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days:,} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"

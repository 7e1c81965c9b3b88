"""Weekly digests and how far each has come. See `commands.ports.Digests`."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.storage.database import Connection, Database, Row
from bot.storage.statements import statements
from commands import schedule
from commands.model import Channel, DigestRun, Message, RunState, Subscription, TeamKey, Weekly
from commands.ports import Room

SQL = statements("digests.sql")

LONGEST_LEASE_US = 3_600 * schedule.SECOND_US
"""No run waits as long as this to be tried again."""


class Wish(NamedTuple):
    """A wish for runs: as many as there is room for. `grace_us` is of no meaning where runs are taken over."""

    now_us: int
    room: Room
    lease_us: int
    grace_us: int = 0
    holding: Collection[int] = ()

    def asked(self) -> dict[str, int | str]:
        """As the statements name it."""
        return {
            "now_us": self.now_us,
            "platform": self.room.platform,
            "full": json.dumps(self.room.full),
            "holding": json.dumps(list(self.holding)),
            "limit": self.room.free,
        }


class Claim(NamedTuple):
    """A run to be taken."""

    subscription: int
    due_us: int
    state: RunState
    lease_us: int


class Step(NamedTuple):
    """The next step of a run."""

    run: int
    state: RunState
    expected: RunState
    message: Message | None
    held_us: int | None
    lease_us: int | None


class Digests:
    """See `commands.ports.Digests`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def subscribe(self, subscription: Subscription) -> Subscription:
        """See `Digests.subscribe`."""
        return await self._database.writer.write(subscribe, subscription)

    async def unsubscribe(self, team: int, channel: str) -> bool:
        """See `Digests.unsubscribe`."""
        return await self._database.writer.write(unsubscribe, (team, channel))

    async def subscription(self, team: int, channel: str) -> Subscription | None:
        """See `Digests.subscription`."""
        row = await self._database.row(SQL["subscription"], (team, channel))
        return subscription(row) if row else None

    async def of_team(self, team: int) -> tuple[Subscription, ...]:
        """See `Digests.of_team`."""
        return tuple(map(subscription, await self._database.rows(SQL["of_team"], (team,))))

    async def due(self, now_us: int, *, platform: str) -> int:
        """See `Digests.due`."""
        [(count,)] = await self._database.rows(SQL["due"], {"now_us": now_us, "platform": platform})
        return int(count)

    async def next_due(self, after_us: int, *, platform: str) -> int | None:
        """See `Digests.next_due`."""
        row = await self._database.row(SQL["next_due"], {"after_us": after_us, "platform": platform})
        return row[0] if row else None

    async def claim(self, now_us: int, *, room: Room, lease_us: int, grace_us: int) -> tuple[DigestRun, ...]:
        """See `Digests.claim`."""
        return await self._database.writer.write(claim, Wish(now_us, room, lease_us, grace_us))

    async def rewind(self, now_us: int, *, lease_us: int) -> int:
        """See `Digests.rewind`."""
        return await self._database.writer.write(rewind, (now_us, lease_us))

    async def open_run(self, subscription: Subscription, *, due_us: int, lease_us: int) -> DigestRun | None:
        """See `Digests.open_run`."""
        asked = Claim(subscription.id, due_us, RunState.CLAIMED, lease_us)
        return await self._database.writer.write(open_runs, asked)

    async def advance(
        self,
        run: int,
        state: RunState,
        *,
        expected: RunState,
        message: Message | None = None,
        held_us: int | None = None,
        lease_us: int | None = None,
    ) -> bool:
        """See `Digests.advance`."""
        step = Step(run, state, expected, message, held_us, lease_us)
        return await self._database.writer.write(advance, step)

    async def reclaim(
        self, now_us: int, *, room: Room, lease_us: int, holding: Collection[int] = ()
    ) -> tuple[DigestRun, ...]:
        """See `Digests.reclaim`."""
        return await self._database.writer.write(reclaim, Wish(now_us, room, lease_us, holding=holding))

    async def runs(self, subscription: int, *, limit: int) -> tuple[DigestRun, ...]:
        """See `Digests.runs`."""
        asked = {"subscription": subscription, "limit": limit}
        return tuple(map(digest_run, await self._database.rows(SQL["runs"], asked)))


async def subscribe(conn: Connection, subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """Store these subscriptions; each with its id."""
    stored: list[Subscription] = []
    for wanted in subscriptions:
        await conn.fetch(SQL["subscribe"], columns(wanted))
        [row] = await conn.fetch(SQL["subscription"], (wanted.team, wanted.channel.id))
        stored.append(subscription(row))
    return stored


async def unsubscribe(conn: Connection, items: Sequence[tuple[int, str]]) -> list[bool]:
    """Stop these channels' digests; which of them had one."""
    return [bool(await conn.fetch(SQL["unsubscribe"], item)) for item in items]


async def claim(conn: Connection, wishes: Sequence[Wish]) -> list[tuple[DigestRun, ...]]:
    """Take what is due, for one wish after another."""
    return [await claim_some(conn, wish) for wish in wishes]


async def claim_some(conn: Connection, wish: Wish) -> tuple[DigestRun, ...]:
    """Move the schedules on of what there is room for, until there are runs to take or nothing is due."""
    while True:
        come = map(subscription, await conn.fetch(SQL["claimable"], wish.asked()))
        fitting = wish.room.fitting(come, lambda due: due.team)
        turns = [(due, schedule.turn(due, wish.now_us, grace_us=wish.grace_us)) for due in fitting]
        await conn.execute_many(SQL["move_on"], [(due.id, turn.next_due_us) for due, turn in turns])
        claims = [Claim(due.id, due.next_due_us, turn.state, wish.lease_us) for due, turn in turns]
        runs = await add_runs(conn, claims)
        if runs or not claims:
            return runs


async def open_runs(conn: Connection, claims: Sequence[Claim]) -> list[DigestRun | None]:
    """Take each of these runs that nobody has taken."""
    return [next(iter(await add_runs(conn, [wanted])), None) for wanted in claims]


async def add_runs(conn: Connection, claims: Sequence[Claim]) -> tuple[DigestRun, ...]:
    """Add these runs of different subscriptions, without those that there are already; the longest due first."""
    if not claims:
        return ()
    added = [run for (run,) in await conn.fetch(SQL["add_runs"], {"claims": json.dumps(claims)})]
    return tuple(map(digest_run, await conn.fetch(SQL["runs_by_id"], (json.dumps(added),))))


async def rewind(conn: Connection, items: Sequence[tuple[int, int]]) -> list[int]:
    """Put what waits too long back on its schedule, and shorten leases that are too long."""
    found: list[int] = []
    for now_us, lease_us in items:
        await conn.fetch(SQL["shorten"], {"far_us": now_us + LONGEST_LEASE_US, "lease_us": lease_us})
        astray = map(subscription, await conn.fetch(SQL["astray"], (now_us + schedule.FAR_US,)))
        moves = [(held.id, schedule.next_due(held.weekly, now_us)) for held in astray]
        await conn.execute_many(SQL["move_on"], moves)
        found.append(len(moves))
    return found


async def advance(conn: Connection, steps: Sequence[Step]) -> list[bool]:
    """Take these steps; which of them found the run as they expected. Several of one run are taken in their order."""
    taken = [False] * len(steps)
    left = list(range(len(steps)))
    while left:
        first = {steps[place].run: place for place in reversed(left)}
        given = json.dumps([columns_of(steps[place]) for place in first.values()])
        for (run,) in await conn.fetch(SQL["advance"], {"steps": given}):
            taken[first[run]] = True
        left = [place for place in left if first[steps[place].run] != place]
    return taken


def columns_of(step: Step) -> tuple[int | str | None, ...]:
    """A step as the statement takes it."""
    at = step.message
    address = (at.platform, at.channel, at.id) if at else (None, None, None)
    return step.run, step.state, step.expected, step.held_us, step.lease_us, *address


async def reclaim(conn: Connection, wishes: Sequence[Wish]) -> list[tuple[DigestRun, ...]]:
    """Hand out the runs whose lease has ended, each to the first who asks."""
    handed: list[tuple[DigestRun, ...]] = []
    for wish in wishes:
        overdue = map(digest_run, await conn.fetch(SQL["overdue"], wish.asked()))
        runs = wish.room.fitting(overdue, lambda run: run.subscription.team)
        await conn.execute_many(SQL["renew"], [(run.id, wish.lease_us) for run in runs])
        handed.append(tuple(replace(run, lease_us=wish.lease_us) for run in runs))
    return handed


def columns(wanted: Subscription) -> tuple[int | str, ...]:
    """A subscription as its row, without the id."""
    weekly = wanted.weekly
    return (
        *(wanted.team, wanted.channel.id, wanted.channel.private, weekly.weekday, weekly.hour, weekly.minute),
        *(weekly.zone, wanted.set_by, wanted.since_us, wanted.next_due_us),
    )


def subscription(row: Row) -> Subscription:
    """A subscription from its row."""
    number, team, platform, external_id, channel, private, weekday, hour, minute, zone, set_by, since_us, due_us = row
    return Subscription(
        id=number,
        team=team,
        team_key=TeamKey(platform, external_id),
        channel=Channel(channel, bool(private)),
        weekly=Weekly(weekday, hour, minute, zone),
        set_by=set_by,
        since_us=since_us,
        next_due_us=due_us,
    )


def digest_run(row: Row) -> DigestRun:
    """A run from its row, which ends with its subscription's."""
    number, due_us, since_us, state, lease_us, *rest = row
    return DigestRun(number, subscription(tuple(rest)), due_us, since_us, RunState(state), lease_us)

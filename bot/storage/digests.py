"""Weekly digests and how far each has come. See `commands.ports.Digests`."""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from bot.storage.database import Connection, Database, Row
from bot.storage.statements import statements
from commands.model import Channel, DigestRun, Message, RunState, Subscription, TeamKey, Weekly

SQL = statements("digests.sql")


class Claim(NamedTuple):
    """A run to be taken. `next_due_us` is None outside the schedule, which then stays as it is."""

    subscription: int
    due_us: int
    next_due_us: int | None
    lease_us: int
    state: RunState


class Step(NamedTuple):
    """The next step of a run."""

    run: int
    state: RunState
    expected: RunState
    message: Message | None
    held_us: int | None
    lease_us: int | None


class Reclaim(NamedTuple):
    """A wish for runs whose lease has ended."""

    now_us: int
    lease_us: int
    platforms: Collection[str] | None


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

    async def due(
        self, now_us: int, *, limit: int, platforms: Collection[str] | None = None
    ) -> tuple[Subscription, ...]:
        """See `Digests.due`."""
        asked = {"now_us": now_us, "limit": limit, "platforms": as_list(platforms)}
        return tuple(map(subscription, await self._database.rows(SQL["due"], asked)))

    async def claim(
        self, subscription: Subscription, *, next_due_us: int, lease_us: int, state: RunState = RunState.CLAIMED
    ) -> DigestRun | None:
        """See `Digests.claim`."""
        asked = Claim(subscription.id, subscription.next_due_us, next_due_us, lease_us, state)
        return await self._database.writer.write(claim, asked)

    async def open_run(self, subscription: Subscription, *, due_us: int, lease_us: int) -> DigestRun | None:
        """See `Digests.open_run`."""
        asked = Claim(subscription.id, due_us, None, lease_us, RunState.CLAIMED)
        return await self._database.writer.write(claim, asked)

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
        self, now_us: int, *, lease_us: int, platforms: Collection[str] | None = None
    ) -> tuple[DigestRun, ...]:
        """See `Digests.reclaim`."""
        return await self._database.writer.write(reclaim, Reclaim(now_us, lease_us, platforms))

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


async def claim(conn: Connection, claims: Sequence[Claim]) -> list[DigestRun | None]:
    """Take each of these runs that nobody has taken."""
    return [await claim_one(conn, wanted) for wanted in claims]


async def claim_one(conn: Connection, wanted: Claim) -> DigestRun | None:
    """Move the schedule on, if it still stands where the claimer saw it, and take the run."""
    asked = wanted._asdict()
    if wanted.next_due_us is not None and not await conn.fetch(SQL["move_on"], asked):
        return None
    added = await conn.fetch(SQL["add_run"], asked)
    return await read_run(conn, added[0][0]) if added else None


async def read_run(conn: Connection, run: int) -> DigestRun:
    """A run that is known to exist."""
    [row] = await conn.fetch(SQL["run"], (run,))
    return digest_run(row)


async def advance(conn: Connection, steps: Sequence[Step]) -> list[bool]:
    """Take these steps; which of them found the run as they expected."""
    taken: list[bool] = []
    for step in steps:
        place = step.message or Message("", "", "")
        address = {"platform": place.platform, "message_channel": place.channel, "message": place.id}
        asked = step._asdict() | (address if step.message else dict.fromkeys(address))
        taken.append(bool(await conn.fetch(SQL["advance"], asked)))
    return taken


async def reclaim(conn: Connection, wishes: Sequence[Reclaim]) -> list[tuple[DigestRun, ...]]:
    """Hand out the runs whose lease has ended, each to the first who asks."""
    handed: list[tuple[DigestRun, ...]] = []
    for wish in wishes:
        asked = {"now_us": wish.now_us, "platforms": as_list(wish.platforms)}
        overdue = [run for (run,) in await conn.fetch(SQL["overdue"], asked)]
        for run in overdue:
            await conn.fetch(SQL["renew"], (run, wish.lease_us))
        handed.append(tuple([await read_run(conn, run) for run in overdue]))
    return handed


def as_list(platforms: Collection[str] | None) -> str | None:
    """Platforms as SQL reads them, or None for all."""
    return None if platforms is None else json.dumps(list(platforms))


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

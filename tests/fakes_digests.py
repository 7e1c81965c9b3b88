"""Weekly digests in memory. See `tests.fakes`."""

from collections.abc import Collection
from dataclasses import replace
from itertools import count

from commands import schedule
from commands.model import DigestRun, Message, RunState, Subscription
from commands.ports import Room

WEEK_US = 7 * 86_400_000_000
HOUR_US = 3_600_000_000
SEEN = (RunState.POSTED, RunState.ATTEMPTED, RunState.UNCONFIRMED)
UNDER_WAY = (RunState.CLAIMED, RunState.ATTEMPTED)


class MemoryDigests:
    """See `commands.ports.Digests`."""

    def __init__(self) -> None:
        self.subscriptions: dict[int, Subscription] = {}
        self.stopped: set[int] = set()
        self.held: dict[int, DigestRun] = {}
        self.messages: dict[int, Message] = {}
        self.ids = count(1)

    def running(self) -> list[Subscription]:
        return [held for number, held in self.subscriptions.items() if number not in self.stopped]

    async def subscribe(self, subscription: Subscription) -> Subscription:
        place = (subscription.team, subscription.channel.id)
        known = [number for number, held in self.subscriptions.items() if (held.team, held.channel.id) == place]
        number = known[0] if known else next(self.ids)
        self.subscriptions[number] = replace(subscription, id=number)
        self.stopped.discard(number)
        return self.subscriptions[number]

    async def unsubscribe(self, team: int, channel: str) -> bool:
        held = await self.subscription(team, channel)
        if held is None:
            return False
        self.stopped.add(held.id)
        return True

    async def subscription(self, team: int, channel: str) -> Subscription | None:
        return next((held for held in self.running() if (held.team, held.channel.id) == (team, channel)), None)

    async def of_team(self, team: int) -> tuple[Subscription, ...]:
        mine = [held for held in self.running() if held.team == team]
        return tuple(sorted(mine, key=lambda held: held.channel.id))

    def waiting(self, platform: str) -> list[Subscription]:
        """The digests of a platform that are on, the longest due first."""
        mine = [held for held in self.running() if held.team_key.platform == platform]
        return sorted(mine, key=lambda held: (held.next_due_us, held.id))

    def come(self, now_us: int, platform: str) -> list[Subscription]:
        return [held for held in self.waiting(platform) if held.next_due_us <= now_us]

    async def due(self, now_us: int, *, platform: str) -> int:
        return len(self.come(now_us, platform))

    async def next_due(self, after_us: int, *, platform: str) -> int | None:
        return next((held.next_due_us for held in self.waiting(platform) if held.next_due_us > after_us), None)

    async def claim(self, now_us: int, *, room: Room, lease_us: int, grace_us: int) -> tuple[DigestRun, ...]:
        while some := room.fitting(self.come(now_us, room.platform), lambda held: held.team):
            runs = [run for held in some if (run := self.claim_one(held, now_us, lease_us, grace_us))]
            if runs:
                return tuple(runs)
        return ()

    def claim_one(self, held: Subscription, now_us: int, lease_us: int, grace_us: int) -> DigestRun | None:
        state, next_due_us = schedule.turn(held, now_us, grace_us=grace_us)
        self.subscriptions[held.id] = replace(held, next_due_us=next_due_us)
        return self.add_run(held.id, held.next_due_us, lease_us, state)

    async def rewind(self, now_us: int, *, lease_us: int) -> int:
        for run in list(self.held.values()):
            if run.state in UNDER_WAY and run.lease_us > now_us + HOUR_US:
                self.held[run.id] = replace(run, lease_us=lease_us)
        astray = [held for held in self.running() if held.next_due_us > now_us + schedule.FAR_US]
        for held in astray:
            self.subscriptions[held.id] = replace(held, next_due_us=schedule.next_due(held.weekly, now_us))
        return len(astray)

    async def open_run(self, subscription: Subscription, *, due_us: int, lease_us: int) -> DigestRun | None:
        if subscription.id not in self.subscriptions:
            return None
        return self.add_run(subscription.id, due_us, lease_us, RunState.CLAIMED)

    def add_run(self, subscription: int, due_us: int, lease_us: int, state: RunState) -> DigestRun | None:
        runs = [run for run in self.held.values() if run.subscription.id == subscription]
        if any(run.due_us == due_us for run in runs):
            return None
        earlier = [run.due_us for run in runs if run.due_us < due_us and run.state in SEEN]
        since_us = max(earlier, default=due_us - WEEK_US)
        held = self.subscriptions[subscription]
        run = DigestRun(next(self.ids), held, due_us, since_us, state, lease_us)
        self.held[run.id] = run
        return run

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
        held = self.held.get(run)
        if held is None or held.state is not expected or held_us not in (None, held.lease_us):
            return False
        self.held[run] = replace(held, state=state, lease_us=held.lease_us if lease_us is None else lease_us)
        if message is not None:
            self.messages[run] = message
        return True

    async def reclaim(
        self, now_us: int, *, room: Room, lease_us: int, holding: Collection[int] = ()
    ) -> tuple[DigestRun, ...]:
        overdue = [
            self.current(run.id)
            for run in sorted(self.held.values(), key=lambda run: (run.lease_us, run.id))
            if run.state in UNDER_WAY and run.lease_us < now_us and run.id not in holding
        ]
        mine = [run for run in overdue if run.subscription.team_key.platform == room.platform]
        handed = room.fitting(mine, lambda run: run.subscription.team)
        for run in handed:
            self.held[run.id] = replace(run, lease_us=lease_us)
        return tuple(self.held[run.id] for run in handed)

    async def runs(self, subscription: int, *, limit: int) -> tuple[DigestRun, ...]:
        mine = [self.current(run.id) for run in self.held.values() if run.subscription.id == subscription]
        return tuple(sorted(mine, key=lambda run: -run.due_us)[:limit])

    def current(self, run: int) -> DigestRun:
        """A run with its subscription as it is now."""
        held = self.held[run]
        return replace(held, subscription=self.subscriptions[held.subscription.id])

    def stop(self, team: int) -> None:
        self.stopped |= {number for number, held in self.subscriptions.items() if held.team == team}

    def erase(self, team: int) -> None:
        gone = {number for number, held in self.subscriptions.items() if held.team == team}
        for run in [run.id for run in self.held.values() if run.subscription.id in gone]:
            del self.held[run]
            self.messages.pop(run, None)
        for number in gone:
            del self.subscriptions[number]
        self.stopped -= gone

    def forget(self, team: int, person: str) -> None:
        for number, held in self.subscriptions.items():
            if (held.team, held.set_by) == (team, person):
                self.subscriptions[number] = replace(held, set_by="")

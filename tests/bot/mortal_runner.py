"""A program that runs the digest runner on a database and, if asked, is killed at one step.

    python -m tests.bot.mortal_runner DATABASE NOW_US reads|blind STEP

DATABASE is a file or an address. STEP is "before" or "after" with one of claim, attempt, post, mark, reclaim,
find, tell, or "unharmed". The channel is the store's own transcript; what one person is told goes to the
channel "@person".
"""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from bot.digest_runner import DigestRunner
from bot.storage.store import Store
from commands.errors import CommandError
from commands.model import Channel, DigestRun, Message, RunState, TeamKey
from commands.ports import Rules
from commands.reply import Reply

T = TypeVar("T")

PASSES = 4
PASS_US = 120_000_000
STEPS = {RunState.ATTEMPTED: "attempt", RunState.POSTED: "mark"}


class Fate:
    """Kills this very process, without warning or clean-up, around the step it is made for."""

    def __init__(self, step: str) -> None:
        self._step = step

    async def around(self, name: str, work: Coroutine[Any, Any, T]) -> T:
        self._meet(f"before {name}")
        result = await work
        self._meet(f"after {name}")
        return result

    def _meet(self, step: str) -> None:
        if step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalDigests:
    """The real store of digests, met by fate at each of its writes."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._real = store.digests
        self._fate = fate

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the real one has
        return getattr(self._real, name)

    async def claim(self, *args: Any, **kwargs: Any) -> tuple[DigestRun, ...]:  # noqa: ANN401
        return await self._fate.around("claim", self._real.claim(*args, **kwargs))

    async def reclaim(self, *args: Any, **kwargs: Any) -> tuple[DigestRun, ...]:  # noqa: ANN401
        return await self._fate.around("reclaim", self._real.reclaim(*args, **kwargs))

    async def advance(self, run: int, state: RunState, **kwargs: Any) -> bool:  # noqa: ANN401
        return await self._fate.around(STEPS.get(state, state), self._real.advance(run, state, **kwargs))


class MortalChannel:
    """A channel in the store's transcript, which a blind one cannot read back."""

    def __init__(self, store: Store, fate: Fate, *, reads_history: bool) -> None:
        self._transcript = store.transcript
        self._fate = fate
        self._reads_history = reads_history

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        work = self._transcript.append(channel.id, "shipworthy", reply.plain, digest=reply.digest)
        return Message(team.platform, channel.id, str(await self._fate.around("post", work)))

    async def find_digest(self, team: TeamKey, channel: Channel, digest: int) -> Message | None:
        found = await self._fate.around("find", self._transcript.find_digest(channel.id, digest))
        if not self._reads_history:
            raise CommandError("I cannot read this channel")
        return Message(team.platform, channel.id, str(found)) if found else None

    async def tell(self, team: TeamKey, channel: Channel, person: str, text: str) -> None:  # noqa: ARG002
        await self._fate.around("tell", self._transcript.append(f"@{person}", "shipworthy", text))


async def main(database: str, start_us: str, sight: str, step: str) -> None:
    now_us = int(start_us)
    store = await Store.open(database if "://" in database else Path(database), clock=lambda: now_us)
    fate = Fate(step)
    runner = DigestRunner(
        {"terminal": MortalChannel(store, fate, reads_history=sight == "reads")},
        digests=MortalDigests(store, fate),
        catalogue=store.catalogue,
        votes=store.votes,
        clock=lambda: now_us,
        rules=Rules(),
    )
    for _ in range(PASSES):
        await runner.tick()
        now_us += PASS_US
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

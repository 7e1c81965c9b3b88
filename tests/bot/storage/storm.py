"""Storm a store with marks until killed, telling each on standard output once it was acknowledged.

python storm.py FILE ROUND
"""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

from bot.storage.store import Store
from commands.model import Mark, TeamKey, Via
from tests.contracts.make import ballot, entry, ignore

BALLOTS = [(1, 2), (2, 3, 4), (1,), (4, 3, 2, 1)]
PEOPLE = 40


def now_us() -> int:
    return time.time_ns() // 1000


async def storm(path: Path, turn: int) -> None:
    store = await Store.open(path, clock=now_us)
    team = await store.teams.team(TeamKey("terminal", "home"))
    await store.catalogue.load([entry(slug) for slug in "abcd"], categories={}, progress=ignore)
    for number, tools in enumerate(BALLOTS, start=1):
        await store.votes.open(ballot(number, team, tools))
    chance = random.Random(turn)  # noqa: S311  # chance here is not a secret

    async def vote() -> None:
        while True:
            number = chance.randrange(len(BALLOTS))
            option = chance.randrange(len(BALLOTS[number]) + 1)
            person = f"p{chance.randrange(PEOPLE)}"
            via = chance.choice(list(Via))
            mark = Mark(number + 1, person, option, via, chance.random() < 0.7, now_us())
            answer = await store.votes.record(mark)
            if answer.changed:
                told = (mark.ballot, person, option, via.value, int(mark.active), mark.at_us)
                os.write(1, (" ".join(map(str, told)) + "\n").encode())

    await asyncio.gather(*[vote() for _ in range(64)])


if __name__ == "__main__":
    asyncio.run(storm(Path(sys.argv[1]), int(sys.argv[2])))

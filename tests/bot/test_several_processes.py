"""Three processes on one PostgreSQL, stormed with votes while one is killed: together they are one exact bot."""

import asyncio
import random
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from bot import app
from bot.storage.store import Store
from commands.model import Channel as Place
from commands.model import Subscription, TeamKey, Weekly
from commands.turns import Pace
from tests.adapters.slack.standing import BLUE, OPTIONS, ORANGE, SKIP, address, shows
from tests.bot.balancer import Balancer
from tests.bot.house import House, Program
from tests.discord_server.server import Discord
from tests.slack_server.deliveries import Answer
from tests.slack_server.server import Slack
from tests.slack_server.world import Message, Person

PROCESSES = 3
PAIRS = ("code llama 4 70b vs mistral 8x22b", "mistral code vs mistral next", "mistral 8x24b vs mistral code")
SIGNS = (BLUE, ORANGE, SKIP)
AT_ONCE = 12
SHORTEST_GAP_US = Pace(1).gaps_us[0]


@pytest.fixture
async def house(tmp_path: Path, postgres_url: str) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        slack.app.retry_delays_s = (0.2, 0.5, 1.0, 2.0, 5.0)
        house = House(tmp_path, slack, discord)
        house.db = postgres_url
        yield house


class Several:
    """Processes on one database, behind a balancer, and what is done to them."""

    def __init__(self, house: House, balancer: Balancer, stack: AsyncExitStack) -> None:
        self.house = house
        self.balancer = balancer
        self.programs: dict[int, Program] = {}
        self._stack = stack

    async def start(self, count: int = 1) -> None:
        """Start so many processes at once; each is told of deliveries once it listens."""
        settings = self.house.by_http()
        begun = [await self._stack.enter_async_context(self.house.starting(**settings)) for _ in range(count)]
        for program in begun:
            await program.says("/slack/events")
            [port] = re.findall(r"listening at http://127\.0\.0\.1:(\d+)/", program.printed)
            self.programs[int(port)] = program
            self.balancer.ports.append(int(port))

    async def kill(self) -> None:
        """Kill the process that was started first, as a loss of power would."""
        port = self.balancer.ports.pop(0)
        await self.programs.pop(port).end(signal.SIGKILL)

    async def end(self) -> None:
        """End all processes in good order, which is what draws the last votes."""
        self.balancer.ports.clear()
        programs, self.programs = self.programs, {}
        assert await asyncio.gather(*(program.end() for program in programs.values())) == [0] * len(programs)


@asynccontextmanager
async def several(house: House) -> AsyncIterator[Several]:
    async with Balancer() as balancer, AsyncExitStack() as stack:
        house.slack.app.request_url = balancer.url
        started = Several(house, balancer, stack)
        await started.start(PROCESSES)
        yield started


@asynccontextmanager
async def store_of(house: House) -> AsyncIterator[Store]:
    store = await Store.open(house.db, clock=app.now_us)
    yield store
    await store.close()


async def subscribe(house: House, *, in_s: int) -> None:
    """Have a digest due in the channel in so many seconds."""
    async with store_of(house) as store:
        key, weekly = TeamKey("slack", house.team.id), Weekly(0, 9, 0, "Europe/Berlin")
        team, due_us = await store.teams.team(key), app.now_us() + 1_000_000 * in_s
        given = Subscription(0, team, key, Place(house.general.id), weekly, house.ann.id, 0, due_us)
        await store.digests.subscribe(given)


def digests(house: House) -> list[Message]:
    return [said for said in house.slack.messages(house.general) if "shipworthy_digest" in str(said.metadata)]


class Storm:
    """People who vote, think again, and take it back, some deliveries coming twice; each by chance, but the same."""

    def __init__(self, house: House, messages: list[Message], people: list[Person]) -> None:
        self.slack = house.slack
        self.messages = messages
        self.people = people
        self.chance = random.Random(7)  # noqa: S311 - chance here is no secret
        self.told = 0

    async def rage(self, votes: int) -> None:
        """So many votes, some of them at once."""
        left = iter(range(votes))
        await asyncio.gather(*(self._vote(left) for _ in range(AT_ONCE)))

    async def _vote(self, left: Iterator[int]) -> None:
        for _ in left:
            answer = await self._act(self.chance.choice(self.people), self.chance.choice(self.messages))
            self.told += 1
            if self.chance.random() < 0.2:
                await self.slack.repeat(answer, new_id=self.chance.random() < 0.5)

    async def _act(self, person: Person, message: Message) -> Answer:
        sign = self.chance.choice(SIGNS)
        on = person.id in message.reactions.get(sign, ())
        return await (self.slack.unreact if on else self.slack.react)(person, message, sign)


async def assert_exact(house: House, messages: list[Message], people: list[Person]) -> list[Message]:
    """What stands on the messages is what is stored; those that are not drawn so."""
    stale = []
    async with store_of(house) as store:
        for message in messages:
            ballot = await store.votes.ballot(address(message))
            assert ballot is not None
            for person in people:
                standing = {OPTIONS[sign] for sign in SIGNS if person.id in message.reactions.get(sign, ())}
                held = await store.votes.marks(ballot.id, person.id)
                assert held == tuple((option, "reaction") for option in sorted(standing)), (message.ts, person.id)
            tallies = (await store.votes.scores(ballot.team, ballot.tools)).tallies
            if not shows(message, *((tallies[tool].ships, tallies[tool].skips) for tool in ballot.tools)):
                stale.append(message)
        team = await store.teams.team(TeamKey("slack", house.team.id))
        assert await store.votes.stored_counters(team) == await store.votes.rebuilt_counters(team)
    return stale


async def until_drawn(house: House, message: Message) -> None:
    """Wait until a message shows what is stored."""
    async with store_of(house) as store:
        ballot = await store.votes.ballot(address(message))
        assert ballot is not None
        tallies = (await store.votes.scores(ballot.team, ballot.tools)).tallies
    counts = [(tallies[tool].ships, tallies[tool].skips) for tool in ballot.tools]
    await house.slack.until(lambda: shows(message, *counts))


def assert_drawn_by_one(house: House, messages: list[Message]) -> None:
    """No message was drawn sooner after the last time than one process alone would have drawn it."""
    for message in messages:
        drawn_us = [
            call.at_us
            for call in house.slack.calls
            if call.method == "chat.update" and call.arguments["ts"] == message.ts
        ]
        assert drawn_us
        assert all(later - sooner >= SHORTEST_GAP_US for sooner, later in pairwise(drawn_us)), drawn_us


@contextmanager
def without_tracebacks(house: House) -> Iterator[None]:
    yield
    assert "Traceback" not in house.said
    house.assert_no_secret()


async def prepared(house: House) -> tuple[list[Message], list[Person]]:
    """Three comparisons, and people to vote on them."""
    people = [house.slack.person(house.team, f"Voter {number}") for number in range(20)]
    house.general.members += [person.id for person in people]
    messages = [await house.compare(words) for words in PAIRS]
    await house.slack.settled()
    return messages, people


async def test_three_processes_are_one_exact_bot_while_one_of_them_is_killed_and_started_again(house: House) -> None:
    await subscribe(house, in_s=-3_600)
    with without_tracebacks(house):
        async with several(house) as processes:
            messages, people = await prepared(house)
            storm = Storm(house, messages, people)
            raging = asyncio.ensure_future(storm.rage(200))
            await house.slack.until(lambda: storm.told > 60 and digests(house))
            await processes.kill()
            await processes.start()
            await raging
            await storm.rage(60)
            assert house.slack.missed == []
            assert len(processes.balancer.taken) == PROCESSES + 1
            assert_drawn_by_one(house, messages)
            await processes.end()
        if await assert_exact(house, messages, people):
            # It was killed with the turn to draw one, which the next start does once that turn is over.
            async with several(house):
                for message in messages:
                    await until_drawn(house, message)
        assert len(digests(house)) == 1


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_three_processes_are_one_exact_bot_while_they_are_killed_again_and_again(house: House) -> None:
    with without_tracebacks(house):
        async with several(house) as processes:
            messages, people = await prepared(house)
            await subscribe(house, in_s=5)
            storm = Storm(house, messages, people)
            for _ in range(8):
                raging = asyncio.ensure_future(storm.rage(600))
                goal = storm.told + storm.chance.randrange(50, 550)
                await house.slack.until(lambda goal=goal: storm.told >= goal)  # type: ignore[misc]
                await processes.kill()
                await processes.start()
                await raging
            assert house.slack.missed == []
            for message in messages:
                await until_drawn(house, message)
            assert_drawn_by_one(house, messages)
            assert await assert_exact(house, messages, people) == []
            await processes.end()
        assert len(digests(house)) <= 1, "a digest whose poster was killed may be left out, and never comes twice"

"""What Slack tells is done once: told again, sent again by somebody else, or pressed twice, through any process."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest

from adapters.slack.connection import Options, SlackConnection
from bot import app
from commands.core import Core
from tests.adapters.slack.pressing import modal, press, words
from tests.adapters.slack.running import PAIR, World
from tests.adapters.slack.standing import BLUE, marks, opened
from tests.slack_server.deliveries import COMMAND, INTERACTIVE, Answer, signed
from tests.slack_server.world import Json, Message

FORM = "application/x-www-form-urlencoded"


@dataclass
class Replicas:
    """Two of the bot's processes on one database, each with its own address; one after another is told things."""

    world: World
    urls: list[str] = field(default_factory=list)

    def turn(self) -> None:
        """Have Slack tell the other one what happens next."""
        self.urls.append(self.urls.pop(0))
        self.world.slack.app.request_url = self.urls[0]


@dataclass
class Sent:
    """A request as it went over the wire, which whoever saw it can send again."""

    body: str
    headers: dict[str, str]

    async def to(self, url: str) -> int:
        """What it is answered there."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=self.body, headers=self.headers) as answer,
        ):
            await answer.read()
            return answer.status


def request(world: World, payload: Json, kind: str = INTERACTIVE) -> Sent:
    """A delivery signed anew."""
    form = payload if kind == COMMAND else {"payload": json.dumps(payload)}
    body = urlencode(form)
    return Sent(body, {"Content-Type": FORM} | signed(world.slack.app, body))


@pytest.fixture
async def both(acme: World) -> AsyncIterator[Replicas]:
    acme.slack.app.retry_delays_s = ()
    async with acme.connected(), replica(acme) as other:
        assert acme.slack.app.request_url
        yield Replicas(acme, [acme.slack.app.request_url, other])


@asynccontextmanager
async def replica(world: World) -> AsyncIterator[str]:
    """Another process of the bot on the same database, and where it listens."""
    said: list[str] = []
    async with app.store(world.settings, str(world.folder / "shipworthy.db"), clock=world.clock) as store:
        ports = app.ports(store, world.settings, clock=world.clock)
        options = Options(**world._options())
        connection = await SlackConnection.open(options, Core(ports), ports, store.presence, announce=said.append)
        stop = asyncio.Event()
        running = asyncio.ensure_future(connection.run(stop))
        try:
            [listening] = [line for line in said if "listening at " in line]
            yield listening.partition("listening at ")[2]
        finally:
            stop.set()
            await running


async def unsent(world: World, text: str = f"{PAIR} --anew") -> Json:
    """A command as Slack would tell of it, told to nobody yet."""
    url, world.slack.app.request_url = world.slack.app.request_url, "http://127.0.0.1:1/"
    answer = await world.slack.command(world.ann, world.general, "/compare", text)
    world.slack.app.request_url = url
    assert not answer.acked
    return answer.payload


async def posted(world: World, count: int = 1) -> list[Message]:
    """What all see in #general once there is as much and nothing is under way any more."""
    await world.slack.until(lambda: len(world.slack.messages(world.general)) >= count)
    await world.slack.settled()
    return world.slack.messages(world.general)


async def drained(both: Replicas) -> list[Message]:
    """What all see once whatever was begun has come to its end: another command's answer, in each process."""
    world = both.world
    for _ in both.urls:
        known = {id(whisper) for whisper in world.general.whispers}  # some of which may yet be taken away
        await world.slack.command(world.ben, world.general, "/shipworthy", "tools")
        await world.slack.until(lambda old=known: any(id(whisper) not in old for whisper in world.general.whispers))
        both.turn()
    await world.slack.settled()
    return world.slack.messages(world.general)


async def test_a_mention_that_slack_tells_both_is_answered_once(both: Replicas) -> None:
    world = both.world
    answer = await world.slack.mention(world.ann, world.general, f"compare {PAIR} --anew")
    for _ in range(3):
        both.turn()
        assert (await world.slack.repeat(answer)).acked
        assert (await world.slack.repeat(answer, new_id=True)).acked
    messages = await drained(both)
    assert len([message for message in messages if message.reactions]) == 1
    await world.slack.mention(world.ann, world.general, f"compare {PAIR} --anew")
    await world.slack.until(lambda: len([m for m in world.slack.messages(world.general) if m.reactions]) == 2)


async def test_an_invitation_that_slack_tells_both_is_thanked_for_once(both: Replicas) -> None:
    world = both.world
    new = world.slack.channel(world.team, "new", world.ann, with_bot=False)
    answer = await world.slack.invite(world.ann, new)
    both.turn()
    await world.slack.repeat(answer, new_id=True)
    await world.slack.until(lambda: new.messages)
    await drained(both)
    assert len(world.slack.messages(new)) == 1


async def test_a_command_sent_again_by_somebody_who_saw_it_is_answered_once(
    both: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    world = both.world
    payload = await unsent(world)
    sent = request(world, payload, COMMAND)
    answers = await asyncio.gather(*[sent.to(url) for url in both.urls * 3])
    assert answers == [200] * 6
    assert len(await drained(both)) == 1
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {record.getMessage() for record in told} == {"refused a request that had come before"}
    assert sent.headers["X-Slack-Signature"] not in caplog.text


async def test_the_same_command_typed_again_is_answered_again(both: Replicas) -> None:
    world = both.world
    for count in (1, 2):
        await world.slack.command(world.ann, world.general, "/compare", f"{PAIR} --anew")
        await posted(world, count)
        both.turn()


async def test_a_button_vote_sent_again_is_refused_and_stays_as_it_was(both: Replicas) -> None:
    world = both.world
    message = await world.compare()
    await press(world, world.ben, message, "Read all reviews")
    view = await modal(world, world.ben)
    pressed = await press(world, world.ben, view, "Ship Code Llama")
    assert pressed.acked
    off = request(world, pressed.payload | {"trigger_id": world.slack.new_id("t")})
    assert [await off.to(url) for url in both.urls * 2] == [200, 409, 409, 409]
    held = await opened(world, message)
    assert await world.store.votes.marks(held.id, world.ben.id) == ()
    on = request(world, pressed.payload | {"trigger_id": world.slack.new_id("t")})
    assert [await on.to(url) for url in both.urls * 2] == [200, 409, 409, 409]
    assert await world.store.votes.marks(held.id, world.ben.id) == ((1, "button"),)


async def test_a_form_sent_again_is_refused(both: Replicas) -> None:
    world = both.world
    await world.slack.command(world.ann, world.general, "/compare")
    view = await modal(world, world.ann)
    url, world.slack.app.request_url = world.slack.app.request_url, "http://127.0.0.1:1/"
    filled = await world.slack.submit(world.ann, view, {"a": "mistral-code", "b": "mistral-8x22b-v2"})
    world.slack.app.request_url = url
    sent = request(world, filled.payload)
    assert [await sent.to(url) for url in both.urls * 2] == [200, 409, 409, 409]
    assert len(await drained(both)) == 1


async def test_a_reaction_told_again_word_for_word_is_taken_and_changes_nothing(both: Replicas) -> None:
    world = both.world
    message = await world.compare()
    answer = await world.slack.react(world.ben, message, BLUE)
    body = json.dumps(answer.payload)
    sent = Sent(body, {"Content-Type": "application/json"} | signed(world.slack.app, body))
    assert [await sent.to(url) for url in both.urls * 2] == [200] * 4
    assert await marks(world, message, world.ben) == {1}


async def test_a_choice_pressed_twice_posts_once_though_each_press_reaches_another_process(both: Replicas) -> None:
    world = both.world
    await world.slack.command(world.ann, world.general, "/compare", "llama vs mistral 8x22b --anew")
    told = await world.whisper()
    pressed: list[Answer] = []
    for _ in range(4):
        pressed.append(await press(world, world.ann, told, "Pick Code Llama 4 · 200B"))
        both.turn()
    assert all(answer.acked for answer in pressed)
    assert len(await drained(both)) == 1


async def test_a_choice_that_could_not_be_posted_by_one_can_be_pressed_again_at_the_other(both: Replicas) -> None:
    world = both.world
    await world.slack.command(world.ann, world.general, "/compare", "llama vs mistral 8x22b")
    told = await world.whisper()
    world.slack.fail("chat.postMessage", error="restricted_action")
    await press(world, world.ann, told, "Pick Code Llama 4 · 200B")
    assert "cannot be posted" in words(await world.whisper(after=1))
    await drained(both)
    both.turn()
    await press(world, world.ann, told, "Pick Code Llama 4 · 200B")
    await posted(world)


async def test_while_nothing_can_be_stored_a_command_is_answered_that_it_should_be_tried_again(acme: World) -> None:
    async with acme.connected():
        await acme.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", "bookmark mistral code")
        assert "please try again" in words(await acme.whisper())


async def test_while_nothing_can_be_stored_slack_is_left_to_tell_of_a_mention_again(acme: World) -> None:
    acme.slack.app.retry_delays_s = ()
    async with acme.connected():
        database = acme.store.database
        await database._writing.execute_fetchall("PRAGMA query_only = ON")
        missed = await acme.slack.mention(acme.ann, acme.general, f"compare {PAIR}")
        assert not missed.acked
        await database._writing.execute_fetchall("PRAGMA query_only = OFF")
        assert (await acme.slack.repeat(missed)).acked
        await acme.slack.until(lambda: any(message.reactions for message in acme.slack.messages(acme.general)))


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"X-Slack-Request-Timestamp": "1"}, "another time"),
        ({"X-Slack-Request-Timestamp": ""}, "no time"),
        ({"X-Slack-Request-Timestamp": "soon"}, "no number"),
        ({"X-Slack-Signature": ""}, "no signature"),
        ({"X-Slack-Signature": "v0=" + "0" * 64}, "a made-up signature"),
        ({"X-Slack-Signature": "v0=ä"}, "no signature's letters"),
    ],
)
async def test_what_bears_no_right_signature_is_refused_and_no_secret_is_logged(
    acme: World, wrong: dict[str, str], about: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with acme.connected():
        sent = request(acme, await unsent(acme), COMMAND)
        right, sent.headers = sent.headers, sent.headers | wrong
        assert await sent.to(acme.slack.app.request_url or "") == 401, about
        sent.headers = {name: value for name, value in right.items() if name not in wrong}
        assert await sent.to(acme.slack.app.request_url or "") == 401, about
        # Having been refused, it is not known: sent as it should be, it is answered.
        sent.headers = right
        assert await sent.to(acme.slack.app.request_url or "") == 200
        await posted(acme)
    assert acme.slack.app.signing_secret not in caplog.text


@pytest.mark.parametrize("skew_s", [-301, -3_600, 301])
async def test_what_is_signed_for_another_time_is_refused(acme: World, skew_s: int) -> None:
    async with acme.connected():
        payload = await unsent(acme)
        acme.slack.app.clock_skew_s = skew_s
        sent = request(acme, payload, COMMAND)
        assert await sent.to(acme.slack.app.request_url or "") == 401
    assert acme.slack.messages(acme.general) == []

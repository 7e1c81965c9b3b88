"""Answers that come late, twice, or not at all, and what is said when something is wrong."""

from dataclasses import replace

import pytest

from adapters.discord.listeners import LATE_S
from commands import forgetme
from commands.core import COMMANDS
from commands.declare import Ask, Command
from commands.reply import Reply
from tests.adapters.discord.pressing import (
    CODE,
    EXPERT,
    ask,
    labels,
    press,
    says,
    shown,
    slow,
    whisper,
    words,
)
from tests.adapters.discord.running import TOOLS, World
from tests.discord_server.things import Message
from tests.discord_server.things import Reply as Kind

EPHEMERAL = 1 << 6
PICK = "Pick Code Llama 4 · 200B"


def failing(error: Exception) -> tuple[Command, ...]:
    """All commands, with a /forgetme that fails."""

    async def fails(ask: Ask) -> Reply:
        raise error

    return tuple(replace(each, answer=fails) if each is forgetme.COMMAND else each for each in COMMANDS)


def posted(world: World) -> list[Message]:
    """What everybody sees in #general."""
    return world.discord.messages(world.general)


def test_a_late_answer_is_promised_while_discord_still_waits_for_it() -> None:
    assert 1 < LATE_S < 2.5


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("lost", [False, True])
async def test_a_late_answer_for_everybody_is_seen_by_everybody_and_can_be_voted_on(
    harbour: World, *, lost: bool
) -> None:
    gate = slow(harbour)
    async with harbour.connected():
        gate().shut()
        if lost:
            harbour.discord.fail("callback", broken="drop connection", after_doing=True)
        used = await harbour.discord.command(harbour.ann, harbour.general, "compare", TOOLS)
        assert used.callback == Kind.DEFER
        assert posted(harbour) == []
        gate().open()
        [message] = await harbour.discord.until(lambda: [each for each in posted(harbour) if len(each.reactions) == 3])
        harbour.discord.react(harbour.ben, message, "🔵")
        await says(harbour, message, "1 of 1")
    assert message.seen_by is None
    assert all(each.deleted for each in harbour.general.whispers), "the promise is taken back"


@pytest.mark.usefixtures("hasty")
async def test_a_late_private_answer_takes_the_place_of_its_promise(harbour: World) -> None:
    gate = slow(harbour)
    async with harbour.connected():
        gate().shut()
        used = await harbour.discord.command(harbour.ann, harbour.general, "bookmarks")
        assert used.callback == Kind.DEFER
        gate().open()
        assert "No bookmarks yet" in words(await harbour.discord.answered(used))
    assert len(harbour.discord.whispers(harbour.general, harbour.ann)) == 1
    assert posted(harbour) == []


@pytest.mark.usefixtures("hasty")
async def test_a_late_refusal_takes_the_place_of_the_promise_too(harbour: World) -> None:
    gate = slow(harbour)
    async with harbour.connected():
        gate().shut()
        used = await harbour.discord.command(harbour.ann, harbour.general, "compare", {"a": CODE, "b": CODE})
        gate().open()
        assert "named twice" in words(await harbour.discord.answered(used))
    assert len(harbour.discord.whispers(harbour.general, harbour.ann)) == 1


@pytest.mark.usefixtures("hasty")
async def test_late_presses_are_answered_where_they_would_be(harbour: World) -> None:
    gate = slow(harbour)
    async with harbour.connected():
        message = await harbour.compare()
        for label, told in (("Read reviews", "Builder"), ("Bookmark", "Which")):
            before = len(harbour.discord.whispers(harbour.general, harbour.ben))
            gate().shut()
            pressed = await press(harbour, harbour.ben, message, label)
            assert pressed.callback == Kind.DEFER_UPDATE
            gate().open()
            assert told in words(await whisper(harbour, harbour.ben, after=before))
        reader, choice = harbour.discord.whispers(harbour.general, harbour.ben)
        gate().shut()
        await press(harbour, harbour.ben, reader, "Skeptic")
        gate().open()
        await says(harbour, reader, "Skeptic · page 2")
        gate().shut()
        await press(harbour, harbour.ben, choice, labels(choice)[1])
        gate().open()
        await says(harbour, choice, "is bookmarked")
        gate().shut()
        await press(harbour, harbour.ann, message, "Remove")
        gate().open()
        await harbour.discord.until(lambda: message.deleted)
    assert len(harbour.discord.whispers(harbour.general, harbour.ben)) == 2


# -- failures --------------------------------------------------------------------------------------------------


async def test_a_store_that_does_not_answer_is_told_without_details_and_a_choice_stays(harbour: World) -> None:
    async with harbour.connected():
        choice = await ask(harbour, "bookmark", {"name": "llama"})
        await harbour.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
        told = await ask(harbour, "bookmark", {"name": CODE})
        assert words(told) == "That could not be looked up or stored just now. Nothing was changed; please try again."
        [label, *_] = labels(choice)
        await press(harbour, harbour.ann, choice, label)
        assert "please try again" in words(await whisper(harbour, harbour.ann, after=2))
        await harbour.store.database._writing.execute_fetchall("PRAGMA query_only = OFF")
        await press(harbour, harbour.ann, choice, label)
        await says(harbour, choice, "is bookmarked")


async def test_a_bug_is_told_by_its_reference_alone(harbour: World, caplog: pytest.LogCaptureFixture) -> None:
    harbour.commands = failing(ZeroDivisionError("secret words"))
    async with harbour.connected():
        told = await ask(harbour, "forgetme", {"sure": "yes"})
    reference = words(told).split("Reference ")[1].rstrip(".")
    assert reference in caplog.text
    assert told.seen_by is harbour.ann
    assert "secret" not in str(shown(told))
    assert "Traceback" not in str(shown(told))


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 500, "after_doing": True},
        {"status": 502, "after_doing": True},
        {"status": 503, "after_doing": True},
        {"broken": "drop connection"},
        {"broken": "drop connection", "after_doing": True},
    ],
)
async def test_a_first_answer_whose_fate_is_unknown_is_posted_once_and_can_be_voted_on(
    harbour: World, caplog: pytest.LogCaptureFixture, fault: dict[str, object]
) -> None:
    async with harbour.connected():
        harbour.discord.fail("callback", **fault)  # type: ignore[arg-type]
        message = await harbour.compare()
        harbour.discord.react(harbour.ben, message, "🔵")
        await says(harbour, message, "1 of 1")
        harbour.discord.fail("callback", **fault)  # type: ignore[arg-type]
        assert "No bookmarks yet" in words(await ask(harbour, "bookmarks"))
    assert posted(harbour) == [message]
    assert len(harbour.general.whispers) == 1
    assert "Traceback" not in caplog.text


async def test_what_is_chosen_stays_where_only_the_promise_of_it_was_lost(harbour: World) -> None:
    async with harbour.connected():
        told = await ask(harbour, "compare", {"a": "llama", "b": EXPERT})
        harbour.discord.fail("callback", 2, status=503)
        await press(harbour, harbour.ann, told, "Pick Code Llama 4 · 200B")
        await harbour.discord.until(lambda: [one for one in posted(harbour) if len(one.reactions) == 3])
    assert len(posted(harbour)) == 1


async def test_an_answer_that_discord_waits_for_no_longer_is_not_given_in_another_way(
    harbour: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with harbour.connected():
        harbour.discord.patience_s = 0.1
        harbour.discord.fail("callback", 2, code=10062)
        assert not (await harbour.discord.command(harbour.ann, harbour.general, "compare", TOOLS)).acked
        await harbour.discord.until(lambda: len(harbour.discord.calls_of("callback")) == 2)
    assert posted(harbour) == harbour.general.whispers == []
    assert "Traceback" not in caplog.text


@pytest.mark.usefixtures("hasty")
async def test_a_late_post_whose_fate_is_unknown_is_not_repeated_and_who_asked_is_told(harbour: World) -> None:
    gate = slow(harbour)
    async with harbour.connected():
        gate().shut()
        await harbour.discord.command(harbour.ann, harbour.general, "compare", TOOLS)
        harbour.discord.fail("post_followup", broken="drop connection", after_doing=True)
        gate().open()
        await harbour.discord.until(
            lambda: any("did not say whether" in words(one) for one in harbour.general.whispers)
        )
        [message] = posted(harbour)
        harbour.discord.react(harbour.ben, message, "🔵")
        await says(harbour, message, "1 of 1")

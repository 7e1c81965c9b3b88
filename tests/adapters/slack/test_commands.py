"""What people type: slash commands and mentions, who sees the answers, and what is said when something is wrong."""

from dataclasses import replace

import pytest

from commands import forgetme
from commands.core import COMMANDS
from commands.declare import Ask, Command
from commands.model import TeamKey
from commands.reply import Reply
from tests.adapters.slack.installing import bot_of
from tests.adapters.slack.pressing import labels, modal, press, words
from tests.adapters.slack.running import PAIR, World
from tests.slack_server.world import Message, Person

FOUR = "code llama 4 70b vs mistral 8x22b vs mistral-code vs mistral-8x24b"


def failing(error: Exception) -> tuple[Command, ...]:
    """All commands, with a /forgetme that fails."""

    async def fails(ask: Ask) -> Reply:
        raise error

    return tuple(replace(each, answer=fails) if each is forgetme.COMMAND else each for each in COMMANDS)


def voted(world: World) -> list[Message]:
    """The ballots in #general."""
    return [message for message in world.slack.messages(world.general) if message.metadata]


async def test_compare_posts_what_everybody_sees_and_every_message_says_itself_in_plain_text(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
    assert message.text.startswith("Code Llama 4 (70B & 400B) vs Mistral 8x22B v2: ".replace("&", "&amp;"))
    assert message.seen_by is None
    assert list(message.reactions) == ["large_blue_circle", "large_orange_circle", "fast_forward"]
    assert acme.general.whispers == []


async def test_shipworthy_compare_is_the_same_as_compare(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", f"compare {PAIR}")
        await acme.slack.until(lambda: voted(acme))


@pytest.mark.parametrize("text", ["", "help", "/help", "  HELP "])
async def test_shipworthy_alone_is_help_for_who_asked(acme: World, text: str) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", text)
        told = await acme.whisper()
    assert acme.slack.messages(acme.general) == []
    assert all(f"/shipworthy {command.name}" in words(told) for command in COMMANDS if command.name != "compare")
    assert "/compare TOOL vs TOOL" in words(told)


async def test_every_declared_command_is_answered(acme: World) -> None:
    async with acme.connected():
        for number, command in enumerate(COMMANDS):
            person = acme.slack.person(acme.team, f"Person {number}")
            acme.general.members.append(person.id)
            before = len(acme.slack.calls)
            words_ = command.examples[0].removeprefix("/")
            assert (await acme.slack.command(person, acme.general, "/shipworthy", words_)).acked
            calls = acme.slack.calls
            told = {"chat.postMessage", "response_url", "views.open"}
            await acme.slack.until(lambda: [each for each in calls[before:] if each.method in told])  # noqa: B023
            if not command.examples[0].startswith(("/compare", "/tool ", "/alias", "/digest on")):
                assert await acme.whisper(person)
    assert all(message.text and message.blocks for message in acme.general.whispers)


async def test_what_cannot_be_answered_is_told_to_who_asked_alone_as_it_is_typed_here(acme: World) -> None:
    async with acme.connected():
        lines = ("tolls", "digest on Someday", "compare a vs", "x" * 500, "alias = x", "tool zzzz")
        for place, text in enumerate(lines):
            await acme.slack.command(acme.ann, acme.general, "/shipworthy", text)
            await acme.whisper(after=place)
    told = [words(message) for message in acme.general.whispers]
    assert "There is no command /tolls. Did you mean /shipworthy tools ?" in told[0]
    assert "There is no tool after “vs”" in told[2]
    assert "characters long" in told[3]
    assert acme.slack.messages(acme.general) == []


async def test_text_as_phones_and_clients_send_it_is_understood(acme: World) -> None:
    typed = (
        "“Mistral Code” vs “mistral 8x22b” \N{EM DASH}quiet",
        "Code Llama 4 (70B &amp; 400B) vs mistral\N{NO-BREAK SPACE}code --quiet",
        "<http://mistral-code|mistral-code> vs mistral 8x22b --quiet",
    )
    async with acme.connected():
        for place, text in enumerate(typed):
            await acme.slack.command(acme.ann, acme.general, "/compare", text)
            await acme.whisper(after=place)
    assert all("Post this comparison here, with a ballot" in labels(message) for message in acme.general.whispers)


async def test_a_mention_is_answered_below_it(acme: World) -> None:
    async with acme.connected():
        await acme.slack.mention(acme.ann, acme.general, f"compare {PAIR}")
        [message] = await acme.slack.until(lambda: voted(acme))
    [said, _] = acme.slack.messages(acme.general)
    assert message.thread_ts == said.ts
    assert len(message.reactions) == 3


async def test_a_mention_within_a_thread_is_answered_there_also_in_private(acme: World) -> None:
    async with acme.connected():
        top = acme.slack.say(acme.ben, acme.general, "Which one?")
        await acme.slack.mention(acme.ann, acme.general, f"compare {PAIR}", thread=top)
        await acme.slack.until(lambda: voted(acme))
        await acme.slack.mention(acme.ann, acme.general, "tolls", thread=top)
        told = await acme.whisper()
    assert [message.thread_ts for message in voted(acme)] == [top.ts]
    assert told.thread_ts == top.ts


async def test_a_private_answer_to_a_first_mention_is_where_it_can_be_seen_and_its_choice_answers_below(
    acme: World,
) -> None:
    async with acme.connected():
        await acme.slack.mention(acme.ann, acme.general, "compare llama vs mistral 8x22b")
        told = await acme.whisper()
        assert told.thread_ts is None  # Slack shows nothing private in a thread that has no answers yet
        await press(acme, acme.ann, told, "Pick Code Llama 4 · 200B")
        [message] = await acme.slack.until(lambda: voted(acme))
    assert message.thread_ts == acme.slack.messages(acme.general)[0].ts
    assert told.deleted


async def test_a_mention_in_the_middle_of_a_sentence_is_answered(acme: World) -> None:
    async with acme.connected():
        await _say_to_the_bot(acme, acme.ann, f"Morning all, <@{bot_of(acme, acme.team).id}> compare {PAIR}")
        await acme.slack.until(lambda: voted(acme))


@pytest.mark.parametrize("who", ["the bot", "another bot", "an app", "Slackbot"])
async def test_no_bot_is_answered(acme: World, who: str) -> None:
    other = acme.slack.person(acme.team, "Other", is_bot=True)
    speaker, more = {
        "the bot": (bot_of(acme, acme.team), {}),
        "another bot": (other, {}),
        "an app": (acme.ann, {"bot_id": "B9"}),
        "Slackbot": (acme.slack.person(acme.team, "Slackbot", person_id="USLACKBOT"), {}),
    }[who]
    async with acme.connected():
        await _say_to_the_bot(acme, speaker, f"<@{bot_of(acme, acme.team).id}> compare {PAIR}", **more)
    assert voted(acme) == []
    assert acme.general.whispers == []


async def test_a_mention_told_twice_is_answered_once(acme: World) -> None:
    async with acme.connected():
        answer = await acme.slack.mention(acme.ann, acme.general, f"compare {PAIR} --anew")
        await acme.slack.repeat(answer)
        await acme.slack.repeat(answer, new_id=True)
    assert len(voted(acme)) == 1


async def test_a_mention_in_a_private_channel_stays_private(acme: World) -> None:
    secret = acme.slack.channel(acme.team, "secret", acme.ann, private=True)
    async with acme.connected():
        await acme.slack.mention(acme.ann, secret, f"compare {PAIR}")
        await acme.slack.until(lambda: len(secret.messages) > 1)
        team = await acme.store.teams.team(TeamKey("slack", "T1"))
    async with acme.connected():
        assert await acme.store.votes.recent(team, limit=5) == ()


async def test_names_that_fit_several_tools_come_as_choices_until_all_are_clear(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/compare", "llama vs mistral")
        first = await acme.whisper()
        await press(acme, acme.ann, first, "Pick Code Llama 4 · 200B")
        await acme.slack.until(lambda: "mistral" in words(first))
        assert acme.general.whispers == [first], "the next choice is put in place of the first"
        await press(acme, acme.ann, first, "Pick Mistral Code")
        [message] = await acme.slack.until(lambda: voted(acme))
    assert acme.general.whispers == []
    assert message.text.startswith("Code Llama 4 · 200B vs Mistral Code")


async def test_a_choice_pressed_twice_posts_once(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/compare", "llama vs mistral 8x22b --anew")
        told = await acme.whisper()
        answer = await press(acme, acme.ann, told, "Pick Code Llama 4 · 200B")
        await acme.slack.bring(acme.slack.app, "interactive", answer.payload)
        again = answer.payload | {"trigger_id": "another"}
        await acme.slack.bring(acme.slack.app, "interactive", again)
    assert len(voted(acme)) == 1


async def test_a_choice_that_could_not_be_posted_can_be_pressed_again(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/compare", "llama vs mistral 8x22b")
        told = await acme.whisper()
        acme.slack.fail("chat.postMessage", error="restricted_action")
        await press(acme, acme.ann, told, "Pick Code Llama 4 · 200B")
        await acme.whisper(after=1)
        await press(acme, acme.ann, told, "Pick Code Llama 4 · 200B")
        await acme.slack.until(lambda: voted(acme))


async def test_a_pair_that_was_compared_already_points_there_and_can_be_posted_anew(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        await acme.slack.command(acme.ben, acme.general, "/compare", PAIR)
        told = await acme.whisper(acme.ben)
        assert message.ts.replace(".", "") in str(told.blocks)
        await press(acme, acme.ben, told, "Post this comparison again")
        await acme.slack.until(lambda: len(voted(acme)) == 2)


async def test_only_who_asked_for_a_comparison_can_remove_it(acme: World) -> None:
    boss = acme.slack.person(acme.team, "Boss", is_admin=True, is_owner=True)
    acme.general.members.append(boss.id)
    async with acme.connected():
        message = await acme.compare()
        await acme.slack.click(boss, message, "more", value="remove")
        assert "Only the person who asked for it" in words(await acme.whisper(boss))
        assert not message.deleted
        await acme.slack.click(acme.ann, message, "more", value="remove")
        await acme.slack.until(lambda: message.deleted)


async def test_what_comes_for_a_removed_comparison_is_harmless_and_it_can_be_posted_again(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        review = await press(acme, acme.ben, message, "Read all reviews")
        view = await modal(acme, acme.ben)
        remove = await acme.slack.click(acme.ann, message, "more", value="remove")
        await acme.slack.until(lambda: message.deleted)
        event = {"type": "reaction_added", "user": acme.ben.id, "reaction": "large_blue_circle", "item_user": "x"}
        event |= {"item": {"type": "message", "channel": acme.general.id, "ts": message.ts}}
        event |= {"event_ts": acme.slack.next_ts(), "item_user": bot_of(acme, acme.team).id}
        assert (await acme.slack.happen(event, acme.general)).acked
        for late in (review, remove):
            again = late.payload | {"trigger_id": acme.slack.new_id("late")}
            assert (await acme.slack.bring(acme.slack.app, "interactive", again)).acked
        await press(acme, acme.ben, view, "Ship Code Llama")
        await acme.slack.until(lambda: "This vote has ended" in words(view))
        again_posted = await acme.compare()
        assert again_posted is not message


async def test_a_store_that_does_not_answer_is_told_without_details(acme: World) -> None:
    async with acme.connected():
        await acme.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", "bookmark mistral code")
        told = words(await acme.whisper())
    assert told == "That could not be looked up or stored just now. Nothing was changed; please try again."


async def test_a_comparison_whose_ballot_could_not_be_stored_is_opened_by_its_first_vote(acme: World) -> None:
    async with acme.connected():
        await acme.store.teams.team(TeamKey("slack", "T1"))
        await acme.store.database._writing.execute_fetchall("PRAGMA query_only = ON")
        message = await acme.compare()
        await acme.store.database._writing.execute_fetchall("PRAGMA query_only = OFF")
        await acme.slack.react(acme.ben, message, "large_blue_circle")
        await acme.slack.until(lambda: "1 of 1" in words(message))
    assert acme.general.whispers == []


async def test_a_bug_is_told_by_its_reference_alone(acme: World, caplog: pytest.LogCaptureFixture) -> None:
    acme.commands = failing(ZeroDivisionError("secret words"))
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", "forgetme")
        told = words(await acme.whisper())
    reference = told.split("Reference ")[1].rstrip(".")
    assert reference in caplog.text
    assert "secret" not in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("error", "why"),
    [("restricted_action", "only some people may post there"), ("is_archived", "the channel is archived")],
)
async def test_what_slack_refuses_to_post_is_told_to_who_asked_and_posted_no_other_way(
    acme: World, error: str, why: str
) -> None:
    async with acme.connected():
        acme.slack.fail("chat.postMessage", error=error)
        await acme.slack.command(acme.ann, acme.general, "/compare", PAIR)
        assert why in words(await acme.whisper())
    assert voted(acme) == []


async def test_a_post_that_slack_asks_to_wait_with_is_waited_with(acme: World) -> None:
    async with acme.connected():
        acme.slack.fail("chat.postMessage", status=429, retry_after_s=1)
        await acme.compare()
    assert len(voted(acme)) == 1
    assert acme.general.whispers == []


@pytest.mark.parametrize("was_posted", [True, False])
async def test_a_post_whose_fate_is_unknown_is_not_repeated_and_who_asked_is_told(
    acme: World, *, was_posted: bool
) -> None:
    async with acme.connected():
        acme.slack.fail("chat.postMessage", status=500, after_doing=was_posted)
        await acme.slack.command(acme.ann, acme.general, "/compare", PAIR)
        assert "Slack did not say whether that was posted" in words(await acme.whisper())
    assert len(voted(acme)) == was_posted
    assert len([call for call in acme.slack.calls if call.method == "chat.postMessage"]) == 1


async def test_a_guest_cannot_switch_a_digest(acme: World) -> None:
    guest = acme.slack.person(acme.team, "Guest", is_restricted=True)
    acme.general.members.append(guest.id)
    async with acme.connected():
        await acme.slack.command(guest, acme.general, "/shipworthy", "digest on")
        assert "Only full members" in words(await acme.whisper(guest))


async def test_reviews_that_were_typed_open_where_there_is_room_for_them(acme: World) -> None:
    async with acme.connected():
        await acme.slack.command(acme.ann, acme.general, "/compare", f"{FOUR} --reviews")
        view = await modal(acme, acme.ann)
        assert words(view).count("Skeptic") >= 4
        acme.slack.fail("views.open", error="expired_trigger_id")
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", "tool mistral code --reviews")
        assert "Skeptic" in words(await acme.whisper())


async def _say_to_the_bot(world: World, person: Person, text: str, **more: str) -> None:
    """A mention as the event has it, by anybody at all."""
    said = world.slack.say(person, world.general, text)
    made = world.slack.bot(world.team)
    assert made is not None
    event = {"type": "app_mention", "user": person.id, "text": text, "ts": said.ts, "channel": world.general.id}
    assert (await world.slack.deliver(event | {"event_ts": said.ts} | more, made)).acked

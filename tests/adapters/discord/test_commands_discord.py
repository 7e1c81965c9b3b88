"""What people use: slash commands and their completion, who sees the answers, and what is said when all is not well."""

import asyncio

import pytest

from commands.core import COMMANDS
from tests.adapters.discord.pressing import (
    CODE,
    EXPERT,
    ask,
    compared,
    press,
    says,
    whisper,
    words,
)
from tests.adapters.discord.running import TOOLS, World
from tests.contracts.make import entry, ignore
from tests.discord_server.interactions import AUTOCOMPLETE, COMPONENT, Value, begin, command_data
from tests.discord_server.permissions import Can
from tests.discord_server.things import Message, Person
from tests.discord_server.things import Reply as Kind

EPHEMERAL = 1 << 6
PICK = "Pick Code Llama 4 · 200B"

EVERY: tuple[tuple[str, dict[str, Value], bool], ...] = (
    ("compare", {"a": CODE, "b": EXPERT, "c": "code-llama-4-200b", "d": "mistral-3-instruct"}, False),
    ("compare", {"a": CODE, "b": EXPERT, "quiet": True}, True),
    ("tool", {"name": CODE}, False),
    ("tool", {"name": CODE, "quiet": True}, True),
    ("tools", {"words": "mistral"}, True),
    ("alias", {"word": "fast one", "tool": CODE}, False),
    ("alias", {}, True),
    ("bookmark", {"name": CODE}, True),
    ("bookmark", {"name": CODE, "remove": True}, True),
    ("bookmarks", {}, True),
    ("digest", {"action": "on", "when": "Fri 16:30 Europe/Berlin"}, False),
    ("digest", {"action": "status"}, True),
    ("digest", {"action": "preview"}, True),
    ("digest", {"action": "off"}, False),
    ("help", {"command": "compare"}, True),
    ("mydata", {}, True),
    ("forgetme", {"sure": "yes"}, True),
)
"""Every command with all that it takes, and whether the asker alone sees what it answers."""


def boss(world: World) -> Person:
    """Somebody who manages the server."""
    return world.discord.person(world.guild, "Boss", world.discord.role(world.guild, "Bosses", Can.MANAGE_GUILD))


def posted(world: World) -> list[Message]:
    """What everybody sees in #general."""
    return world.discord.messages(world.general)


async def test_compare_posts_what_everybody_sees_in_its_first_answer(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
    assert message.embeds[0]["title"] == "Code Llama 4 (70B & 400B) vs Mistral 8x22B v2"
    assert message.seen_by is None
    assert list(message.reactions) == ["🔵", "🟠", "⏩"]
    assert harbour.general.whispers == []
    assert [call.json["type"] for call in harbour.discord.calls_of("callback")] == [Kind.MESSAGE]


async def test_every_declared_command_is_there_with_every_option_and_is_answered_to_whom_it_concerns(
    harbour: World,
) -> None:
    used = {name: {key for other, options, _ in EVERY if other == name for key in options} for name, _, _ in EVERY}
    assert used == {command.name: {each.name for each in command.parameters} for command in COMMANDS}
    async with harbour.connected():
        manager = boss(harbour)
        for name, options, private in EVERY:
            interaction = await harbour.discord.command(manager, harbour.general, name, options)
            answer = await harbour.discord.answered(interaction)
            assert words(answer), name
            assert interaction.callback == Kind.MESSAGE, name
            assert (answer.seen_by is manager) == private, (name, options, words(answer))
            assert bool(answer.flags & EPHEMERAL) == private, name
    assert all(call.json["data"]["allowed_mentions"] == {"parse": []} for call in harbour.discord.calls_of("callback"))


async def test_commands_are_for_servers_and_the_one_that_manages_for_those_who_manage(harbour: World) -> None:
    async with harbour.connected():
        registered = harbour.discord.app.commands[None]
        assert {command["name"]: command["default_member_permissions"] for command in registered} == {
            command.name: str(int(Can.MANAGE_GUILD)) if command.manages else None for command in COMMANDS
        }
        assert all(command["contexts"] == [0] for command in registered)
        with pytest.raises(LookupError):
            await harbour.discord.command(harbour.ann, harbour.general, "digest", {"action": "on"})


async def test_what_cannot_be_answered_is_told_to_who_asked_alone(harbour: World) -> None:
    async with harbour.connected():
        manager = boss(harbour)
        told = [
            words(await ask(harbour, name, options, by=manager))
            for name, options in (
                ("compare", {"a": CODE, "b": "zzzzzz"}),
                ("compare", {"a": CODE, "b": CODE}),
                ("compare", {"a": "x" * 300, "b": "y" * 300}),
                ("digest", {"action": "on", "when": "Someday"}),
                ("alias", {"word": "fast"}),
            )
        ]
    assert "No tool is called “zzzzzz”" in told[0]
    assert "Mistral Code is named twice" in told[1]
    assert "characters long" in told[2]
    assert posted(harbour) == []
    assert len(harbour.general.whispers) == len(told)


async def test_what_was_typed_and_not_chosen_is_read_as_every_line_is(harbour: World) -> None:
    async with harbour.connected():
        for number, tools in enumerate(
            ({"a": "Mistral Code", "b": "mistral 8x22b"}, {"a": "MISTRAL-CODE", "b": "code llama 4 70b"})
        ):
            message = await compared(harbour, tools=tools)
            assert message.embeds[0]["title"].startswith("Mistral Code vs")
            assert len(posted(harbour)) == number + 1


# -- completion ------------------------------------------------------------------------------------------------


async def offered(world: World, typed: str, name: str = "compare", option: str = "a") -> list[tuple[str, str]]:
    """What is offered for what is typed into an option, label and value."""
    found = await world.discord.autocomplete(world.ann, world.general, name, {option: typed}, focused=option)
    return [(choice["name"], choice["value"]) for choice in found]


async def test_every_option_that_takes_a_tool_completes_it(harbour: World) -> None:
    async with harbour.connected():
        registered = harbour.discord.app.commands[None]
        takes = [
            (command["name"], option["name"])
            for command in registered
            for option in command["options"]
            if option.get("autocomplete")
        ]
        assert len(takes) == 7
        for name, option in takes:
            assert await offered(harbour, "mistral c", name, option) == [("Mistral Code", CODE)]


async def test_what_is_chosen_means_one_tool_and_its_label_tells_it_from_others_of_its_name(harbour: World) -> None:
    async with harbour.connected():
        found = await offered(harbour, "code llama 4")
        assert len({label for label, _ in found}) == len(found) > 1
        for _, slug in found:
            assert "fits" not in words(await ask(harbour, "tool", {"name": slug, "quiet": True}))


async def test_all_is_offered_where_nothing_is_typed_and_the_teams_own_words_come_first(harbour: World) -> None:
    async with harbour.connected():
        await ask(harbour, "alias", {"word": "mistral star", "tool": "code-llama-4-200b"})
        everything = await offered(harbour, "")
        own = await offered(harbour, "mistral")
    assert len(everything) == 8
    assert own[0] == ("Code Llama 4 · 200B", "code-llama-4-200b")


async def test_no_more_than_twenty_five_are_offered(harbour: World) -> None:
    async with harbour.connected():
        many = [entry(f"zoo-{number}", words=(f"animal {number}",)) for number in range(40)]
        await harbour.store.catalogue.load(many, categories={}, progress=ignore)
        for typed in ("", "zoo", "animal"):
            assert len(set(await offered(harbour, typed))) == 25


HOSTILE = ("@everyone", "*bold*", "\u202e\u0000", "x" * 3_000, "'; drop table tools; --", "😀" * 50, "%s%n", "--", "\\")


@pytest.mark.parametrize("typed", HOSTILE)
async def test_anything_can_be_typed_and_sent(harbour: World, typed: str) -> None:
    async with harbour.connected():
        await offered(harbour, typed)
        answer = await ask(harbour, "compare", {"a": typed, "b": CODE})
    assert answer.seen_by is harbour.ann
    assert answer.pings() == []


async def test_an_option_that_takes_no_tool_is_offered_nothing(harbour: World) -> None:
    async with harbour.connected():
        data = command_data(harbour.discord, harbour.general, "tools", {"words": "x"})
        data["options"][0]["focused"] = True
        made = begin(harbour.discord, AUTOCOMPLETE, harbour.ann, harbour.general, data)
        await harbour.discord.interact(made)
    assert made.acked
    assert made.choices == []


async def test_a_completion_that_comes_too_late_or_cannot_be_looked_up_breaks_nothing(
    harbour: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with harbour.connected():
        harbour.discord.fail("callback", code=10062)
        harbour.discord.patience_s = 0.1
        with pytest.raises(TimeoutError):
            await offered(harbour, "mis")
        assert await offered(harbour, "mistral c")
    assert "could not complete a name" in caplog.text
    assert "Traceback" not in caplog.text


# -- choices ---------------------------------------------------------------------------------------------------


async def test_names_that_fit_several_tools_come_as_choices_until_all_are_clear(harbour: World) -> None:
    async with harbour.connected():
        first = await ask(harbour, "compare", {"a": "llama", "b": "mistral"})
        assert first.seen_by is harbour.ann
        await press(harbour, harbour.ann, first, PICK)
        await says(harbour, first, "“**mistral**” fits")
        assert harbour.general.whispers == [first], "the next choice is put in place of the first"
        await press(harbour, harbour.ann, first, "Pick Mistral Code")
        [message] = await harbour.discord.until(lambda: [one for one in posted(harbour) if len(one.reactions) == 3])
        await harbour.discord.until(lambda: first.deleted)
    assert message.embeds[0]["title"] == "Code Llama 4 · 200B vs Mistral Code"
    assert message.seen_by is None


async def test_a_choice_works_after_a_restart(harbour: World) -> None:
    async with harbour.connected():
        told = await ask(harbour, "compare", {"a": "llama", "b": EXPERT})
    async with harbour.connected():
        await press(harbour, harbour.ann, told, PICK)
        await harbour.discord.until(lambda: posted(harbour))


async def test_a_choice_pressed_twice_posts_once(harbour: World) -> None:
    async with harbour.connected():
        told = await ask(harbour, "compare", {"a": "llama", "b": f"{EXPERT} --anew"})
        pressed = await asyncio.gather(*(press(harbour, harbour.ann, told, PICK) for _ in range(3)))
        assert all(each.acked for each in pressed)
        await harbour.discord.until(lambda: told.deleted)
        await harbour.discord.interact(
            begin(harbour.discord, COMPONENT, harbour.ann, harbour.general, pressed[0].payload["data"], about=told)
        )
    assert len(posted(harbour)) == 1


async def test_a_choice_that_could_not_be_posted_can_be_made_again(harbour: World) -> None:
    async with harbour.connected():
        told = await ask(harbour, "compare", {"a": "llama", "b": EXPERT})
        harbour.discord.fail("post_followup", code=50013)
        await press(harbour, harbour.ann, told, PICK)
        assert "That cannot be posted here" in words(await whisper(harbour, harbour.ann, after=1))
        await press(harbour, harbour.ann, told, PICK)
        await harbour.discord.until(lambda: posted(harbour))


async def test_a_pair_that_was_compared_already_points_there_and_can_be_posted_anew(harbour: World) -> None:
    async with harbour.connected():
        message = await harbour.compare()
        told = await ask(harbour, "compare", TOOLS, by=harbour.ben)
        where = f"https://discord.com/channels/{harbour.guild.id}/{harbour.general.id}/{message.id}"
        assert where in str(told.embeds)
        await press(harbour, harbour.ben, told, "Post anew")
        await harbour.discord.until(lambda: len(posted(harbour)) == 2)


async def test_a_quiet_comparison_is_posted_by_its_button(harbour: World) -> None:
    async with harbour.connected():
        told = await ask(harbour, "compare", TOOLS | {"quiet": True})
        assert posted(harbour) == []
        await press(harbour, harbour.ann, told, "Post here")
        [message] = await harbour.discord.until(lambda: [one for one in posted(harbour) if len(one.reactions) == 3])
        await harbour.discord.until(lambda: told.deleted)
    assert words(message)

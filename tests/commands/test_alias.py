"""`/alias`: a team's own words for tools."""

import pytest

from commands.alias import MOST_ALIASES
from commands.model import Channel
from tests.commands.conftest import Team, bodies, lines, titles
from tests.contracts import make


async def test_an_alias_is_set_for_everybody_to_see_and_works_at_once(team: Team) -> None:
    reply = await team.ask("/alias llama = code-llama-4-200b")
    assert reply.plain == "“llama” now means Code Llama 4 · 200B in this team, set by @ada."
    assert (reply.private, reply.failed) == (False, False)
    posted = await team.post("/compare LLAMA vs mistral code", "bob", Channel("random"))
    assert posted.plain.startswith("Code Llama 4 · 200B vs Mistral Code")


async def test_an_alias_settles_a_name_that_two_tools_bear(team: Team) -> None:
    await team.ask("/alias code llama 4 = code llama 4 200b")
    assert (await team.post("/tool code llama 4")).plain.startswith("Code Llama 4 · 200B")


async def test_it_is_listed_replaced_and_removed(team: Team) -> None:
    assert (await team.ask("/alias")).plain == (
        "This team has no aliases yet. Set one: /alias llama = code-llama-4-200b"
    )
    await team.ask("/alias llama = code-llama-4-200b")
    replaced = await team.ask("/alias Llama = code llama 70b", "bob")
    assert replaced.plain.endswith("set by @bob; it was Code Llama 4 · 200B.")
    listed = await team.ask("/alias")
    assert listed.private
    assert listed.plain == "1 alias in this team."
    assert titles(listed) == ["Llama means Code Llama 4 (70B & 400B)"]
    assert bodies(listed) == [["set by @bob"]]
    removed = await team.ask(lines(listed)["Remove Llama"])
    assert removed.plain == "“Llama” is no longer an alias, removed by @ada."
    assert not removed.private


async def test_a_removed_alias_is_gone_at_once(team: Team) -> None:
    await team.ask("/alias llama = code-llama-4-200b")
    assert not (await team.ask("/tool llama")).failed
    await team.ask("/alias llama =")
    assert (await team.ask("/tool llama")).failed


async def test_setting_it_again_says_nothing_of_before(team: Team) -> None:
    await team.ask("/alias llama = code-llama-4-200b")
    assert (await team.ask("/alias llama = code-llama-4-200b")).plain.endswith("set by @ada.")


async def test_the_alias_of_another_team_is_unknown_here(team: Team) -> None:
    await team.ask("/alias pet = mistral code")
    other = team.other_team()
    assert (await other.ask("/tool pet")).failed
    assert (await other.ask("/alias")).plain.startswith("This team has no aliases yet.")
    assert (await other.ask("/alias pet =")).failed
    assert not (await team.ask("/tool pet")).failed


async def test_guests_may_look_but_not_set_or_remove(team: Team) -> None:
    await team.ask("/alias pet = mistral code")
    for line in ("/alias llama = code-llama-4-200b", "/alias pet ="):
        reply = await team.ask(line, "guest", full_member=False)
        assert reply.plain == "Only full members of the team can set its aliases. Ask one of them."
    assert (await team.ask("/alias", "guest", full_member=False)).plain == "1 alias in this team."


@pytest.mark.parametrize("word", ["llama", "{}", "{0}", "a b", "🦙"])
async def test_an_unclear_tool_is_asked_about_and_one_press_sets_it(team: Team, word: str) -> None:
    reply = await team.ask(f"/alias {word} = code llama 4")
    assert reply.plain == "Two tools are called Code Llama 4. Which one do you mean?"
    done = await team.ask(lines(reply)["Pick Code Llama 4 · agentic"])
    assert done.plain == f"“{word}” now means Code Llama 4 · agentic in this team, set by @ada."
    assert not (await team.ask(f"/tool {word}")).failed


async def test_several_tools_are_asked_about(team: Team) -> None:
    reply = await team.ask("/alias pet = mistral code vs mistral next")
    assert reply.plain == "Which one do you mean?"
    assert lines(reply)["Pick Mistral Code"] == "/alias pet = mistral-code"


@pytest.mark.parametrize("word", ["Mistral Code", "mistral-code", "MISTRAL  CODE", "code llama 4 agentic"])
async def test_it_cannot_take_over_another_tools_name(team: Team, word: str) -> None:
    reply = await team.ask(f"/alias {word} = mistral next")
    assert "is the name of" in reply.plain
    assert reply.plain.endswith("an alias cannot take it over.")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/alias llama", "Put an equals sign between the word and the tool, for example: /alias llama = "),
        ("/alias = mistral code", "An alias needs letters or digits"),
        ("/alias =", "An alias needs letters or digits"),
        (f"/alias {'x' * 41} = mistral code", "An alias is at most 40 characters"),
        ("/alias nope =", "This team has no alias “nope”. Type /alias to see those it has."),
        ("/alias llama = zzz", "No tool is called “zzz”, nor anything close."),
        ("/alias --all", "--all is not something this command takes. It takes --page."),
    ],
)
async def test_what_is_wrong_is_told(team: Team, line: str, told: str) -> None:
    reply = await team.ask(line)
    assert reply.plain.startswith(told)
    assert (reply.private, reply.failed) == (True, True)


async def test_a_team_has_only_so_many_and_they_are_listed_in_pages(team: Team) -> None:
    for number in range(MOST_ALIASES):
        await team.ask(f"/alias w{number} = mistral code")
    refused = await team.ask("/alias another = mistral code")
    assert refused.plain.startswith(f"This team has {MOST_ALIASES} aliases, which is the most.")
    assert not (await team.ask("/alias w7 = mistral next")).failed, "one that stands may still be replaced"
    first = await team.ask("/alias")
    second = await team.ask(lines(first)["More"])
    assert (len(titles(first)), len(titles(second))) == (20, 20)
    assert set(titles(first)).isdisjoint(titles(second))
    assert (await team.ask("/alias --page 26")).plain == "There is no page 26; the last is 25."


async def test_whoever_asked_to_be_forgotten_is_not_named(team: Team) -> None:
    await team.ask("/alias pet = mistral code")
    await team.ask("/forgetme yes")
    assert bodies(await team.ask("/alias", "bob")) == [["set by somebody who asked to be forgotten"]]


async def test_a_tool_that_comes_later_keeps_its_own_name(team: Team) -> None:
    await team.ask("/alias pixel = mistral code")
    await team.load([make.entry("pixel", name="Pixel")])
    assert (await team.ask("/tool pixel")).plain.startswith("Pixel:")

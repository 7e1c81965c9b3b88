"""What a line typed so far could become."""

import pytest

from commands.core import COMMANDS
from commands.model import TeamKey
from tests.commands.conftest import ACME, TOOLS, Team
from tests.contracts import make

EVERY_TOOL = 8


async def complete(team: Team, line: str) -> tuple[str, ...]:
    return await team.core.complete(ACME, line)


async def test_a_slash_offers_every_command_and_letters_those_that_begin_so(team: Team) -> None:
    assert await complete(team, "/") == tuple(f"/{command.name} " for command in COMMANDS)
    assert await complete(team, "/BO") == ("/bookmark ", "/bookmarks ")
    assert await complete(team, "/zzz") == ()


@pytest.mark.parametrize("line", ["", "hello", " /compare mis", "+1", "/zzz mis", "/mydata m", "/help c", "\x00"])
async def test_nothing_is_offered_where_there_is_nothing_to_complete(team: Team, line: str) -> None:
    assert await complete(team, line) == ()


@pytest.mark.parametrize(
    "head",
    [
        "/compare ",
        "/COMPARE ",
        "/compare code llama 70b vs ",
        "/compare code llama 70b VS ",
        "/compare code llama 70b versus ",
        "/compare code llama 70b v ",
        "/compare code llama 70b or ",
        "/compare code llama 70b, ",
        "/compare code llama 70b, mistral next vs ",
        "/compare code llama 70b | ",
        "/tool ",
        "/bookmark ",
        "/alias pet = ",
    ],
)
async def test_names_follow_the_command_and_every_separator(team: Team, head: str) -> None:
    assert await complete(team, f"{head}mistral c") == (f"{head}Mistral Code",)
    assert len(await complete(team, head)) == EVERY_TOOL


async def test_a_name_right_behind_a_comma_gets_its_space(team: Team) -> None:
    assert await complete(team, "/compare mistral code,mistral n") == ("/compare mistral code, Mistral-Next 22B",)


async def test_the_word_of_an_alias_is_left_to_the_team(team: Team) -> None:
    assert await complete(team, "/alias mis") == ()


async def test_a_name_that_two_tools_bear_becomes_the_slug(team: Team) -> None:
    assert await complete(team, "/compare code llama 4 a") == ("/compare code-llama-4-agentic",)


async def test_a_name_with_a_separator_becomes_the_slug(team: Team) -> None:
    await team.load([make.entry("ship-or-skip", name="Ship or Skip"), make.entry("a-b", name="Abacus, Beta")])
    await team.load([make.entry("q", name='Quote "X" Q'), make.entry("d", name="Dash --quiet")])
    assert await complete(team, "/tool quote") == ("/tool q",)
    assert await complete(team, "/tool dash") == ("/tool d",)
    assert await complete(team, "/tool ship o") == ("/tool ship-or-skip",)
    assert await complete(team, "/tool abacus") == ("/tool a-b",)


async def test_the_teams_aliases_come_first_and_only_theirs(team: Team) -> None:
    await team.ask("/alias mixy = mistral 8x22b")
    assert (await complete(team, "/tool mi"))[0] == "/tool mixy"
    assert "/tool mixy" not in await team.core.complete(TeamKey("terminal", "umbrella"), "/tool mi")


async def test_choices_of_a_command_are_offered(team: Team) -> None:
    assert await complete(team, "/digest ") == tuple(
        f"/digest {action}" for action in ("on", "off", "status", "preview", "now")
    )
    assert await complete(team, "/digest p") == ("/digest preview",)


async def test_at_most_25_lines_are_offered(team: Team) -> None:
    await team.load([make.entry(f"bot-{number}") for number in range(60)])
    assert len(await complete(team, "/tool bot")) == 25


async def test_what_is_completed_runs_as_it_stands(team: Team) -> None:
    await team.load([make.entry("x-vs-y", name="X vs Y | Z, or 'Q'")])
    for line in await complete(team, "/tool "):
        assert not (await team.ask(line)).failed, line
    first, second = (await complete(team, "/compare "))[:2]
    both = f"{first} vs {second.removeprefix('/compare ')}"
    assert not (await team.ask(both)).failed


@pytest.mark.parametrize("odd", ["x" * 5000, "\u202e", "\ud800", "a\x00b", "[bold]", "'" * 30, "or or or"])
async def test_odd_input_is_no_problem(team: Team, odd: str) -> None:
    assert isinstance(await complete(team, f"/compare {odd}"), tuple)
    assert isinstance(await complete(team, odd), tuple)


async def test_every_shipped_tool_can_be_completed_from_its_first_word(team: Team) -> None:
    offered = {
        line.removeprefix("/tool ") for word in ("code", "mistral") for line in await complete(team, f"/tool {word}")
    }
    assert offered == {entry.tool.slug if entry.tool.qualifier else entry.tool.name for entry in TOOLS}

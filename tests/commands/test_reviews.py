"""Every seat's words, and voting there by button, which is not shown by name."""

import pytest

from commands.errors import CommandError
from commands.model import TeamKey
from commands.reply import Quote, Reply, Vote, spoken
from tests.commands.conftest import ACME, Team, lines, rows

PAIR = "/compare mistral code vs mistral 8x22b"
CARD = "/tool mistral code"


def vote_of(reply: Reply) -> Vote:
    [vote] = [block for block in reply.blocks if isinstance(block, Vote)]
    return vote


async def opened(team: Team, posted: Reply, person: str = "bob", **where: object) -> Reply:
    """What a press on "Read reviews" shows one person."""
    assert posted.ballot is not None
    return await team.ask(lines(posted)["Read reviews"], person, **({"ballot": posted.ballot.id} | where))


@pytest.mark.parametrize("line", [PAIR, CARD, "/compare mistral code vs mistral next vs code llama 200b"])
async def test_from_a_ballot_the_reviews_come_with_its_vote_buttons(team: Team, line: str) -> None:
    posted = await team.post(line)
    assert posted.ballot is not None
    reply = await opened(team, posted)
    assert reply.private
    assert reply.ballot == await team.memory.votes.ballot(posted.ballot.id)
    assert vote_of(reply).options == vote_of(posted).options
    assert vote_of(reply).chosen == ()
    assert any(isinstance(block, Quote) for block in reply.blocks)


async def test_the_line_says_what_is_different_about_a_button_vote(team: Team) -> None:
    pair = spoken(vote_of(await opened(team, await team.post(PAIR))).line)
    card = spoken(vote_of(await opened(team, await team.post(CARD))).line)
    assert pair == (
        "Press what you ship, both to ship both, again to take it back. A tool you leave unmarked counts as skip once "
        "you have voted here. A button vote is not shown by name. If you vote on the message as well, what you used "
        "last counts."
    )
    assert card.startswith("Press to ship it or to skip it, again to take that back. Unmarked, you say nothing of it.")
    assert "react" not in (pair + card).lower()


async def test_the_buttons_a_person_has_pressed_are_told_and_nobody_elses(team: Team) -> None:
    posted = await team.post(PAIR)
    assert posted.ballot is not None
    await team.vote(posted, "bob", 1)
    await team.core.press(ACME, posted.ballot.id, "bob", 2)
    await team.core.press(ACME, posted.ballot.id, "eve", 0)
    assert vote_of(await opened(team, posted, "bob")).chosen == (2,)
    assert vote_of(await opened(team, posted, "eve")).chosen == (0,)
    assert vote_of(await opened(team, posted, "ada")).chosen == ()


async def test_what_a_persons_buttons_say_is_said_in_words(team: Team) -> None:
    posted = await team.post(PAIR)
    assert posted.ballot is not None
    _, told = await team.core.press(ACME, posted.ballot.id, "bob", 2)
    assert told.blocks[0] in (await opened(team, posted, "bob")).blocks
    assert told.blocks[0] not in (await opened(team, posted, "ada")).blocks
    assert told.plain.startswith("You ship Mistral 8x22B v2 and skip Mistral Code")


async def test_where_ballots_cannot_be_opened_the_one_that_stands_is_still_voted_on(team: Team) -> None:
    posted = await team.post(PAIR)
    assert vote_of(await opened(team, posted, ballots=False))


async def test_no_buttons_come_with_a_ballot_that_is_not_on_these_tools_or_has_ended_or_is_another_teams(
    team: Team,
) -> None:
    posted = await team.post(PAIR)
    card = await team.post(CARD)
    assert posted.ballot is not None
    assert card.ballot is not None
    theirs = await opened(team.other_team(), posted)
    other = await team.post("/compare mistral 8x22b vs mistral code --anew")
    assert other.ballot is not None
    a_card = await opened(team, posted, ballot=card.ballot.id)
    other_order = await opened(team, posted, ballot=other.ballot.id)
    unknown = await opened(team, posted, ballot=12345)
    await team.core.freeze(posted.ballot.id)
    for reply in (theirs, a_card, other_order, unknown, await opened(team, posted)):
        assert (reply.private, reply.failed, reply.ballot) == (True, False, None)
        assert not any(isinstance(block, Vote) for block in reply.blocks)


async def pressed(team: Team, posted: Reply, option: int, person: str = "bob") -> str:
    assert posted.ballot is not None
    recorded, reply = await team.core.press(ACME, posted.ballot.id, person, option)
    assert (recorded.changed, recorded.ballot) == (True, posted.ballot.id)
    assert (reply.private, reply.failed, reply.ballot) == (True, False, None)
    return reply.plain


async def test_a_press_says_what_the_vote_now_is_and_the_next_takes_it_back(team: Team) -> None:
    posted = await team.post(PAIR)
    assert await pressed(team, posted, 1) == (
        "You ship Mistral Code and skip Mistral 8x22B v2, which is not shown by name."
    )
    assert await pressed(team, posted, 2) == ("You ship Mistral Code and Mistral 8x22B v2, which is not shown by name.")
    assert rows(await team.redrawn(posted))["Community"] == ["100% ship · 1 of 1", "100% ship · 1 of 1"]
    await pressed(team, posted, 1)
    assert await pressed(team, posted, 2) == "Your vote here is taken back, and nothing of it counts."
    assert rows(await team.redrawn(posted))["Community"] == ["No community votes yet"] * 2
    assert await pressed(team, posted, 0) == ("You skip Mistral Code and Mistral 8x22B v2, which is not shown by name.")
    card = await team.post(CARD)
    assert await pressed(team, card, 1) == "You ship Mistral Code, which is not shown by name."


async def test_with_reactions_on_the_message_it_says_which_counts(team: Team) -> None:
    posted = await team.post(PAIR)
    await team.vote(posted, "bob", 2)
    team.clock.forward(seconds=1)
    assert (await pressed(team, posted, 1)).endswith(
        "which is not shown by name; you marked the message too, and what you used last counts."
    )
    assert rows(await team.redrawn(posted))["Community"] == ["100% ship · 1 of 1", "0% ship · 0 of 1"]
    assert await pressed(team, posted, 1) == "Your button vote is taken back; what you marked on the message counts."
    assert rows(await team.redrawn(posted))["Community"] == ["0% ship · 0 of 1", "100% ship · 1 of 1"]


async def test_what_cannot_be_voted_on_is_refused(team: Team) -> None:
    posted = await team.post(PAIR)
    assert posted.ballot is not None
    number = posted.ballot.id
    with pytest.raises(CommandError, match="not known"):
        await team.core.press(TeamKey("terminal", "umbrella"), number, "bob", 1)
    with pytest.raises(CommandError, match="not known"):
        await team.core.press(ACME, 12345, "bob", 1)
    with pytest.raises(CommandError, match="has the options 0 to 2"):
        await team.core.press(ACME, number, "bob", 3)
    await team.core.freeze(number)
    with pytest.raises(CommandError, match="has ended"):
        await team.core.press(ACME, number, "bob", 1)
    assert await team.memory.votes.marks(number, "bob") == ()

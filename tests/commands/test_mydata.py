"""`/mydata` and `/forgetme`: what is stored of a person, and how it goes."""

from commands.reply import Paragraph
from tests.commands.conftest import Team, lines, rows, said, titles


async def busy(team: Team) -> None:
    """Ada has done one of everything."""
    posted = await team.post("/compare mistral code vs mistral next")
    await team.vote(posted, "ada", 1)
    await team.ask("/bookmark mistral code")
    await team.ask("/alias pet = mistral code")
    await team.ask("/digest on")


async def test_somebody_new_has_nothing_stored(team: Team) -> None:
    reply = await team.ask("/mydata")
    assert (reply.plain, reply.private) == ("Nothing about you is stored in this team.", True)


async def test_all_that_is_stored_is_counted_and_standings_are_shown(team: Team) -> None:
    await busy(team)
    reply = await team.ask("/mydata")
    assert reply.plain == (
        "Stored about you in this team: 1 vote mark, 1 bookmark, 1 comparison you asked for, 1 alias you set, "
        "1 weekly digest you set up."
    )
    assert titles(reply) == ["Mistral-Next 22B: you say skip", "Mistral Code: you say ship"]
    assert said(reply) == ["Aliases you set: pet.", "To have it erased: /forgetme"]
    assert (await team.ask("/mydata", "bob")).plain == "Nothing about you is stored in this team."
    assert (await team.other_team().ask("/mydata")).plain == "Nothing about you is stored in this team."


async def test_forgetting_asks_first(team: Team) -> None:
    await busy(team)
    before = await team.ask("/mydata")
    reply = await team.ask("/forgetme")
    assert reply.plain.endswith("Are you sure?")
    assert reply.private
    assert (await team.ask("/mydata")) == before
    assert (await team.ask("/forgetme maybe")).plain == (
        "To have everything about you in this team erased, type /forgetme yes"
    )
    assert (await team.ask("/mydata")) == before


async def test_forgetting_erases_and_tells_what_remains(team: Team) -> None:
    await busy(team)
    posted = await team.post("/compare mistral 3 vs mistral code", "bob")
    reply = await team.ask(lines(await team.ask("/forgetme"))["Erase it all"])
    assert reply.plain.startswith("Everything about you in this team is erased")
    assert "yours to remove" in said(reply, Paragraph)[0]
    assert reply.private
    assert (await team.ask("/mydata")).plain == "Nothing about you is stored in this team."
    assert rows(await team.redrawn(posted))["Community"] == ["No community votes yet"] * 2
    assert not (await team.ask("/forgetme YES")).failed


async def test_bob_keeps_what_is_his(team: Team) -> None:
    await team.ask("/bookmark mistral code", "bob")
    await team.ask("/forgetme yes")
    assert titles(await team.ask("/bookmarks", "bob")) == ["Mistral Code"]

"""Workspaces are strangers to each other, also where people, channels and messages bear the same ids."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commands.model import Message as Address
from commands.model import TeamKey
from tests.adapters.slack.installing import bot_of, install
from tests.adapters.slack.pressing import labels, press, words
from tests.adapters.slack.running import PAIR, World
from tests.slack_server.deliveries import COMMAND, INTERACTIVE, Answer
from tests.slack_server.server import Slack
from tests.slack_server.world import Channel, Message, Person, ResponseUrl, Workspace


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator["Both"]:
    async with Slack() as slack:
        yield Both(World(tmp_path, slack, "oauth"))


class Both:
    """Acme, and Globex, with Eve in its #general; to Slack's other half of the world, the same ids may be anybody's."""

    def __init__(self, world: World) -> None:
        self.acme = world
        self.slack = world.slack
        self.globex = self.slack.workspace("T2", "Globex")
        self.eve = self.slack.person(self.globex, "Eve")
        self.general = self.slack.channel(self.globex, "general", self.eve)

    async def install(self) -> None:
        """The app in both workspaces; to be called while the bot is connected."""
        for team in (self.acme.team, self.globex):
            await install(self.acme, team)

    async def as_globex(self, person: Person, channel: Channel, text: str) -> Message:
        """A command of Globex by somebody and somewhere with the same ids as in Acme; what is answered to it."""
        made = self.slack.bot(self.globex)
        assert made is not None
        path = f"T2/{self.slack.new_id('r')}"
        self.slack.response_urls[path] = ResponseUrl(made, channel, person.id, self.slack.clock() + 10**9, None)
        form = {"team_id": "T2", "channel_id": channel.id, "channel_name": channel.name, "user_id": person.id}
        form |= {"command": "/shipworthy", "text": text, "api_app_id": made.app.id}
        form |= {"response_url": f"{self.slack.url}/response/{path}", "trigger_id": self.slack.new_id("t")}
        known = len(channel.whispers) + len(channel.messages)
        assert (await self.slack.bring(made.app, COMMAND, form)).acked
        await self.slack.until(lambda: len(channel.whispers) + len(channel.messages) > known)
        everything: list[Message] = [*channel.whispers, *channel.messages.values()]
        return max(everything, key=lambda message: message.ts)

    async def again_as_globex(self, answer: Answer) -> Answer:
        """What somebody pressed in Acme, as if it came from Globex."""
        fresh = {"team": {"id": "T2", "domain": "t2"}, "trigger_id": self.slack.new_id("t")}
        if view := answer.payload.get("view"):
            fresh["view"] = view | {"app_installed_team_id": "T2", "team_id": "T2"}
        return await self.slack.bring(self.slack.app, INTERACTIVE, answer.payload | fresh)

    async def tallies(self, team: Workspace) -> set[tuple[int, int]]:
        """What a workspace says of the two tools of the pair, both ways."""
        number = await self.acme.store.teams.team(self.key(team))
        tools = [name.id for name in await self.acme.store.catalogue.names()]
        scores = await self.acme.store.votes.scores(number, tools)
        return {(tally.ships, tally.skips) for tally in scores.tallies.values()} - {(0, 0)}

    @staticmethod
    def key(team: Workspace) -> TeamKey:
        return TeamKey("slack", team.id)


async def test_votes_of_one_workspace_are_not_seen_in_another(both: Both) -> None:
    async with both.acme.connected():
        await both.install()
        first = await both.acme.compare()
        second = await both.acme.compare(by=both.eve, channel=both.general)
        await both.slack.react(both.acme.ben, first, "large_blue_circle")
        await both.slack.react(both.eve, second, "fast_forward")
        await both.slack.until(lambda: first.edits and second.edits)
        assert await both.tallies(both.acme.team) == {(1, 0), (0, 1)}
        assert await both.tallies(both.globex) == {(0, 1)}
    assert "100% ship · 1 of 1" in words(first)
    assert "100%" not in words(second).replace("100% ship · 1", "seen").split("Community", 1)[1].split("Pricing")[0]


async def test_bookmarks_aliases_and_digests_belong_to_one_workspace(both: Both) -> None:
    acme, ann, general = both.acme, both.acme.ann, both.acme.general
    async with acme.connected():
        await both.install()
        for place, text in enumerate(("bookmark mistral code", "alias zebra = mistral-code", "digest on Mon 09:00")):
            await both.slack.command(ann, general, "/shipworthy", text)
            await both.slack.until(lambda: len(general.messages) + len(general.whispers) > place)  # noqa: B023
        assert "No bookmarks yet" in words(await both.as_globex(ann, general, "bookmarks"))
        assert "no aliases yet" in words(await both.as_globex(ann, general, "alias"))
        assert "digest is off in this channel" in words(await both.as_globex(ann, general, "digest"))
        assert "No tool is called “zebra”" in words(await both.as_globex(ann, general, "tool zebra"))
        assert "Nothing about you is stored" in words(await both.as_globex(ann, general, "mydata"))
        await both.as_globex(ann, general, "forgetme yes")
        await both.slack.command(ann, general, "/shipworthy", "bookmarks")
        await both.slack.until(lambda: "1 bookmark" in words(general.whispers[-1]))


async def test_a_comparison_of_one_workspace_does_not_stand_in_the_way_of_anothers(both: Both) -> None:
    async with both.acme.connected():
        await both.install()
        await both.acme.compare()
        answer = await both.as_globex(both.acme.ann, both.acme.general, f"compare {PAIR}")
        assert "compared here already" not in words(answer)


async def test_a_button_of_another_workspaces_ballot_does_nothing(both: Both) -> None:
    acme = both.acme
    async with acme.connected():
        await both.install()
        made = both.slack.bot(acme.team)
        assert made is not None
        made.scopes -= {"channels:join"}
        outside = both.slack.channel(acme.team, "outside", acme.ann, acme.ben, with_bot=False)
        await both.slack.command(acme.ann, outside, "/compare", PAIR)
        [message] = await both.slack.until(lambda: both.slack.messages(outside))
        vote = await press(acme, acme.ann, message, "Ship Mistral 8x22B")
        remove = await both.slack.click(acme.ben, message, "more", value="remove")
        review = await press(acme, acme.ben, message, "Read all reviews")
        window = await both.slack.until(lambda: both.slack.modal(acme.ben))
        inside = await press(acme, acme.ben, window, "Ship Mistral 8x22B")
        await both.slack.until(lambda: "You ship" in words(window))
        before = await both.tallies(acme.team)
        remove.payload["user"] = vote.payload["user"]  # the person who may remove it there
        for pressed in (vote, remove, review, inside):
            assert (await both.again_as_globex(pressed)).acked
    async with acme.connected():
        assert await both.tallies(acme.team) == before == {(2, 0), (0, 2)}
        assert await both.tallies(both.globex) == set()
        held = await acme.store.votes.ballot(Address("slack", outside.id, message.ts))
        assert held is not None
        assert not held.frozen
    assert not message.deleted


async def test_a_home_tab_shows_its_own_workspace_alone(both: Both) -> None:
    async with both.acme.connected():
        await both.install()
        await both.acme.compare()
        await both.slack.open_home(both.eve)
        view = await both.slack.until(lambda: both.slack.home(both.eve))
    assert "no recent comparisons" in words(view)
    assert not [label for label in labels(view) if label.startswith("Show the comparison")]


async def test_in_a_shared_channel_a_comparison_is_the_workspaces_that_asked(both: Both) -> None:
    async with both.acme.connected():
        await both.install()
        both.slack.share(both.acme.general, both.globex, both.eve, bot_of(both.acme, both.globex))
        message = await both.acme.compare()
        await both.slack.react(both.acme.ben, message, "large_blue_circle", team="T2")
        await both.slack.react(both.eve, message, "large_orange_circle", team="T2")
        await both.slack.until(lambda: message.edits)
        await press(both.acme, both.eve, message, "Read all reviews")
        window = await both.slack.until(lambda: both.slack.modal(both.eve))
        await press(both.acme, both.eve, window, "Ship Mistral 8x22B")
        await both.slack.until(lambda: "Only people of the workspace" in words(window))
        assert await both.tallies(both.acme.team) == {(1, 0), (0, 1)}
        assert await both.tallies(both.globex) == set()

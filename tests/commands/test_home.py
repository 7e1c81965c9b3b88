"""A person's own page, and the first words of the bot."""

from dataclasses import replace

from commands.core import Core
from commands.errors import Unavailable
from commands.model import Bookmark, Channel
from commands.reply import Button, ChannelSpan, Entry, Heading, MessageSpan, Paragraph, Reply, buttons, spoken
from commands.schedule import WEEK_US
from tests.commands.conftest import GENERAL, Team, bodies, lines, said, titles
from tests.contracts import make

PAIR = "/compare mistral code vs mistral next"
TRY = "/compare code llama 4 70b vs mistral 8x22b"
PRIVATE = Channel("secret", private=True)


def section(reply: Reply, heading: str) -> Reply:
    """The blocks under one heading, as a reply of their own."""
    headings = [place for place, block in enumerate(reply.blocks) if isinstance(block, Heading)]
    [start] = [place for place in headings if spoken(reply.blocks[place].line) == heading]
    end = min([place for place in headings if place > start], default=len(reply.blocks))
    return Reply(heading, reply.blocks[start + 1 : end])


async def test_with_nothing_yet_every_section_says_so_and_how_to_begin(team: Team) -> None:
    reply = await team.home()
    assert (reply.private, reply.failed) == (True, False)
    assert (
        reply.plain == "You have no bookmarks and no votes; your team has no recent comparisons and no weekly digests."
    )
    assert said(reply, Paragraph) == [
        "No bookmarks yet. Save a tool for later: /bookmark mistral code",
        "No votes yet. Vote on a comparison, and what you say of its tools is shown here.",
        f"No comparison in a public channel yet. Make the first in one of yours: {TRY}",
        "None in your channels. Switch one on in a channel: /digest on",
        "Only you see this page. A button vote is not shown by name; reactions are public.",
    ]
    assert lines(reply) == {"What is stored about me": "/mydata", "Forget me": "/forgetme"}


async def test_it_answers_in_one_sentence_and_then_shows_each(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    posted = await team.post(PAIR, "bob")
    await team.vote(posted, "ada", 1)
    await team.ask("/digest on monday 09:00 Europe/Berlin", "bob")
    reply = await team.home()
    assert reply.plain == (
        "You have 1 bookmark (1 changed) and votes on 2 tools; your team has 1 recent comparison and 1 weekly digest."
    )
    bookmarked = section(reply, "Your bookmarks")
    assert titles(bookmarked) == ["Mistral Code"]
    assert bodies(bookmarked) == bodies(await team.ask("/bookmarks"))
    assert lines(bookmarked)["Show Mistral Code"] == "/tool mistral-code --quiet"
    assert said(section(reply, "Your votes"), Paragraph) == [
        "You ship Mistral Code.",
        "You skip Mistral-Next 22B.",
    ]
    compared = section(reply, "Compared in your team")
    assert titles(compared) == ["Mistral Code vs Mistral-Next 22B"]
    [entry] = [block for block in compared.blocks if isinstance(block, Entry)]
    spans = entry.body[0]
    assert ChannelSpan("general") in spans
    assert MessageSpan(team.address(posted)) in spans
    assert lines(compared) == {"Compare": "/compare mistral-code vs mistral-next-22b --quiet"}
    assert (await team.ask(lines(compared)["Compare"])).private
    digests = section(reply, "Weekly digests")
    assert titles(digests) == ["#general: Mondays at 09:00 (Europe/Berlin)"]


async def test_a_comparison_in_a_private_channel_or_removed_is_not_shown(team: Team) -> None:
    await team.post(PAIR, channel=PRIVATE)
    posted = await team.post(PAIR)
    assert posted.ballot is not None
    await team.post("/tool mistral code")
    assert len(titles(section(await team.home("bob"), "Compared in your team"))) == 1
    await team.core.freeze(posted.ballot.id)
    assert titles(section(await team.home("bob"), "Compared in your team")) == []


async def digests_of(team: Team, person: str, channels: frozenset[str] | None) -> list[str]:
    return [title.split(":")[0] for title in titles(section(await team.home(person, channels), "Weekly digests"))]


async def test_digests_are_those_of_the_channels_one_is_in(team: Team) -> None:
    for channel in (GENERAL, Channel("random"), PRIVATE):
        await team.ask("/digest on", "bob", channel)
    assert await digests_of(team, "ada", frozenset({"random", "elsewhere"})) == ["#random"]
    assert await digests_of(team, "ada", frozenset({"secret"})) == ["#secret"]
    assert await digests_of(team, "ada", frozenset()) == []


async def test_where_the_channels_are_not_known_it_is_public_digests_and_those_one_set(team: Team) -> None:
    await team.ask("/digest on", "bob", GENERAL)
    await team.ask("/digest on", "bob", PRIVATE)
    assert await digests_of(team, "ada", None) == ["#general"]
    assert await digests_of(team, "bob", None) == ["#general", "#secret"]


async def test_long_lists_are_cut_and_say_how_much_is_left_and_where(team: Team) -> None:
    await team.load([make.entry(f"bot-{number:02}") for number in range(26)])
    for number in range(13):
        await team.ask(f"/bookmark bot-{number:02}")
        posted = await team.post(f"/compare bot-{number:02} vs bot-{number + 13}")
        await team.vote(posted, "ada", 1)
        await team.ask("/digest on", channel=Channel(f"room-{number:02}"))
    reply = await team.home()
    assert reply.plain == (
        "You have 13 bookmarks (10 changed) and votes on 26 tools; "
        "your team has 10 recent comparisons and more and 13 weekly digests."
    )
    assert sum(isinstance(block, Entry) for block in reply.blocks) == 30
    assert said(reply) == [
        "and 3 more",
        "and 16 more",
        "Older ones are in the channels they were made in.",
        "and 3 more",
    ]
    offered = {button.label: button.line for button in buttons(reply)}
    assert (offered["See all bookmarks"], offered["See all votes"]) == ("/bookmarks", "/mydata")
    assert len(reply.blocks) < 70


async def test_nothing_of_another_team_is_shown(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    await team.vote(await team.post(PAIR), "ada", 1)
    await team.ask("/digest on")
    assert (await team.other_team().home()).plain.startswith("You have no bookmarks and no votes; your team has no")


async def test_every_button_of_the_page_answers_in_private(team: Team) -> None:
    await team.ask("/bookmark mistral code")
    await team.vote(await team.post(PAIR), "ada", 1)
    for button in buttons(await team.home()):
        assert isinstance(button, Button)
        reply = await team.ask(button.line)
        assert (reply.private, reply.failed) == (True, False), button.line


async def test_what_goes_wrong_is_told_on_the_page(team: Team) -> None:
    class Down:
        async def of(self, team: int, person: str) -> tuple[Bookmark, ...]:
            raise Unavailable(f"no bookmarks of {person} in {team}")

    team.core = Core(replace(team.memory.ports(), bookmarks=Down()))
    reply = await team.home()
    assert (reply.private, reply.failed) == (True, True)
    assert reply.plain.startswith("That could not be looked up or stored just now.")


def test_first_words_are_short_and_say_what_to_type(team: Team) -> None:
    welcome, hello = team.core.welcome(), team.core.hello()
    assert welcome.private
    assert len(said(welcome, Paragraph)) == 3
    assert TRY in said(welcome, Paragraph)[0]
    assert not hello.private
    assert hello.plain == (f"I set AI tools side by side, and you vote on which to ship with. Try it: {TRY}")
    assert len(hello.blocks) == 1


async def test_the_time_of_the_next_digest_is_told_in_its_own_zone(team: Team) -> None:
    await team.ask("/digest on friday 16:30 Europe/Paris")
    [entry] = [block for block in section(await team.home(), "Weekly digests").blocks if isinstance(block, Entry)]
    [instant] = [span for span in entry.body[0] if span.kind == "instant"]
    assert (instant.zone, instant.form) == ("Europe/Paris", "datetime")
    assert 0 < instant.at_us - team.clock.now_us <= WEEK_US

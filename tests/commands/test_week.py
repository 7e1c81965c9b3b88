"""What a weekly digest says, from votes, comparisons and imports that happened in a store in memory."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest

from commands import week
from commands.model import Channel, ToolEntry
from commands.reply import Button, Divider, Entry, Heading, Lead, Meter, Note, Paragraph, Reply, spoken
from commands.week import WEEK_US, Week
from tests.contracts import make
from tests.contracts.make import SHIP, SKIP
from tests.fakes import FakeClock, Memory

NOW_US = 1_795_420_800_000_000
"""Monday 23 November 2026 at 09:00 in Berlin."""

HOUR_US = 3_600_000_000
GENERAL = Channel("general")
LICENCE = {"licence": "Apache 2.0", "sizes": "22B parameters"}


class Newsroom:
    """One team with a catalogue loaded a month ago, in which things happen hour after hour."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW_US - 5 * WEEK_US)
        self.memory = Memory(self.clock)
        self.ids: dict[str, int] = {}
        self._ballots = count(1)

    async def load(self, *entries: ToolEntry) -> None:
        await self.memory.catalogue.load(entries, categories={}, progress=lambda _: None)
        self.ids = {named.slug: named.id for named in await self.memory.catalogue.names()}

    async def compare(self, *slugs: str, channel: Channel = GENERAL) -> int:
        self.clock.now_us += HOUR_US
        tools = [self.ids[slug] for slug in slugs]
        ballot = make.ballot(next(self._ballots), 1, tools, posted_us=self.clock(), channel=channel)
        await self.memory.votes.open(ballot)
        return ballot.id

    async def vote(self, ballot: int, *choices: int, first: int = 0) -> None:
        """Person after person marks one option each; 0 skips all."""
        self.clock.now_us += HOUR_US
        for person, option in enumerate(choices, start=first):
            await self.memory.votes.record(make.mark(ballot, f"person {person}", option))

    async def take_back(self, ballot: int, *choices: int, first: int = 0) -> None:
        self.clock.now_us += HOUR_US
        for person, option in enumerate(choices, start=first):
            await self.memory.votes.record(make.mark(ballot, f"person {person}", option, active=False))

    def this_week(self) -> None:
        self.clock.now_us = NOW_US - WEEK_US + 1

    async def digest(self, channel: Channel = GENERAL, missed: str = "") -> Reply:
        told = Week(1, channel, NOW_US - WEEK_US, NOW_US, "Europe/Berlin", 77, missed, NOW_US + WEEK_US)
        assert self.clock() <= NOW_US
        return await week.compose(told, catalogue=self.memory.catalogue, votes=self.memory.votes)


@pytest.fixture
async def newsroom() -> Newsroom:
    newsroom = Newsroom()
    await newsroom.load(
        make.entry("alpha-code", reviews=make.panel(SHIP, SHIP, SHIP, SHIP), **LICENCE),
        make.entry("beta-code", reviews=make.panel(SHIP, SHIP, SHIP, SKIP)),
        make.entry("gamma-code", reviews=make.panel(SKIP, SKIP, SKIP, SHIP)),
        make.entry("delta-code"),
    )
    return newsroom


def lines(reply: Reply) -> list[str]:
    """All the words of a reply in the order they are read, a line each; a divider is a dash."""
    found: list[str] = []
    for block in reply.blocks:
        match block:
            case Divider():
                found.append("-")
            case Entry(title, body, button):
                found += [spoken(line) for line in (title, *body)]
                found += [f"[{button.label}: {button.line}]"] if button else []
            case Meter(label, _, caption):
                found.append(f"{label}: {spoken(caption)}")
            case Heading(line) | Lead(line) | Paragraph(line) | Note(line):
                found.append(spoken(line))
            case _:
                pytest.fail(f"a digest has no {block}")
    return found


def lead(reply: Reply) -> str:
    return next(spoken(block.line) for block in reply.blocks if isinstance(block, Lead))


def some(wanted: str, said: Sequence[str]) -> str:
    found = [line for line in said if wanted in line]
    assert found, said
    return found[0]


async def test_a_busy_week_is_told_in_order_from_the_pick_to_the_next_date(newsroom: Newsroom) -> None:
    newsroom.this_week()
    ballot = await newsroom.compare("alpha-code", "beta-code")
    await newsroom.vote(ballot, *[1] * 11, *[2] * 4)
    reply = await newsroom.digest()
    said = lines(reply)
    assert said.pop(6).startswith("The panel ships both")
    assert said == [
        "This week in AI tools",
        "16 November 2026 08:00 UTC to 23 November 2026 08:00 UTC · 1 comparison · 15 votes in this channel",
        "Pick of the week: Alpha Code. All four reviewers ship it, and so do 11 of 15 of you (73%).",
        "Free · Apache 2.0 · 22B parameters",
        "-",
        "Alpha Code vs Beta Code",
        "[Compare: /compare alpha-code vs beta-code]",
        "Head to head: Alpha Code 11 to 4 Beta Code",
        "-",
        "Bars show how this team voted. Next digest 30 November 2026 08:00 UTC. Change it with /digest.",
    ]
    assert reply.plain == "This week in AI tools: Alpha Code is the pick, 1 comparison, 15 votes."
    assert (reply.digest, reply.private, reply.ballot) == (77, False, None)


async def test_the_pick_is_the_surest_ship_and_not_the_highest_share_of_few(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare("alpha-code", "beta-code"), *[1] * 26, *[2] * 4)
    await newsroom.vote(await newsroom.compare("gamma-code", "delta-code"), *[1] * 5)
    assert lead(await newsroom.digest()).startswith("Pick of the week: Alpha Code.")


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("beta-code", "3 of 4 reviewers ship it, and so do 5 of 5 of you (100%)."),
        ("gamma-code", "1 of 4 reviewers ships it, but 5 of 5 of you (100%) do."),
        ("delta-code", "5 of 5 of you (100%) ship it."),
    ],
)
async def test_the_pick_is_set_beside_what_the_panel_says(newsroom: Newsroom, slug: str, says: str) -> None:
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare(slug, "alpha-code"), *[1] * 5)
    assert lead(await newsroom.digest()).endswith(says)


async def test_under_five_voters_nothing_is_picked_and_no_percentage_is_said(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare("alpha-code", "beta-code"), 1, 1, 1, 1)
    said = lines(await newsroom.digest())
    assert not [line for line in said if "%" in line or "Pick" in line]
    assert said[2] == "Most voted on here: Alpha Code vs Beta Code."


async def test_a_tool_that_the_team_skips_is_never_the_pick(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare("alpha-code", "beta-code"), *[0] * 8)
    assert "Pick" not in "".join(lines(await newsroom.digest()))


async def test_a_verdict_that_changed_is_told_with_both_counts_and_may_lead(newsroom: Newsroom) -> None:
    ballot = await newsroom.compare("alpha-code", "beta-code")
    await newsroom.vote(ballot, 1, 1, 1, 0, 0)
    newsroom.this_week()
    await newsroom.vote(ballot, 0, 0, 0, 0, first=5)
    said = lines(await newsroom.digest())
    assert said[2] == "Alpha Code went from Ship to Skip: 3 of 9 of you ship it, and 3 of 5 did before."
    assert said[1].endswith("0 comparisons · 4 votes in this channel")


async def test_a_change_on_few_votes_is_told_and_does_not_lead(newsroom: Newsroom) -> None:
    ballot = await newsroom.compare("alpha-code", "beta-code")
    await newsroom.vote(ballot, 1)
    newsroom.this_week()
    await newsroom.vote(ballot, 0, 0, first=1)
    said = lines(await newsroom.digest())
    assert "Ship to Skip" not in said[2]
    assert (
        some("Ship to Skip", said) == "Alpha Code went from Ship to Skip: 1 of 3 of you ship it, and 1 of 1 did before."
    )


async def test_first_votes_and_votes_taken_away_are_no_change_of_verdict(newsroom: Newsroom) -> None:
    ballot = await newsroom.compare("alpha-code", "beta-code")
    await newsroom.vote(ballot, 1, 1)
    newsroom.this_week()
    await newsroom.take_back(ballot, 1, 1)
    await newsroom.vote(await newsroom.compare("gamma-code", "delta-code"), 1)
    assert "went from" not in "".join(lines(await newsroom.digest()))


async def test_the_most_voted_comparisons_come_first_and_the_rest_is_counted(newsroom: Newsroom) -> None:
    slugs = [f"tool-{place:02}" for place in range(14)]
    await newsroom.load(*(make.entry(slug) for slug in slugs))
    newsroom.this_week()
    for place, slug in enumerate(slugs[1:]):
        await newsroom.vote(await newsroom.compare(slugs[0], slug), *[2] * place)
    reply = await newsroom.digest()
    entries = [spoken(block.title) for block in reply.blocks if isinstance(block, Entry)]
    assert len(entries) == 8
    assert some("more", lines(reply)) == "and 5 more comparisons"
    assert some("comparisons ·", lines(reply)).endswith("13 comparisons · 78 votes in this channel")


async def test_most_voted_comes_before_newest(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare("alpha-code", "beta-code"), 1, 2)
    await newsroom.vote(await newsroom.compare("gamma-code", "delta-code"), 1)
    entries = [spoken(block.title) for block in (await newsroom.digest()).blocks if isinstance(block, Entry)]
    assert entries == ["Alpha Code vs Beta Code", "Gamma Code vs Delta Code"]


async def test_the_same_comparison_made_again_is_told_once(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.compare("alpha-code", "beta-code")
    await newsroom.compare("beta-code", "alpha-code")
    said = lines(await newsroom.digest())
    assert said.count("Beta Code vs Alpha Code") == 1
    assert "Alpha Code vs Beta Code" not in said
    assert "Compared 2 times here." in said
    assert "Nobody has voted on these yet." in said
    assert said[2] == "Nobody has voted yet on what was compared here."


async def test_three_tools_have_one_bar_of_their_ships(newsroom: Newsroom) -> None:
    newsroom.this_week()
    ballot = await newsroom.compare("alpha-code", "beta-code", "gamma-code")
    await newsroom.vote(ballot, 1, 1, 3)
    reply = await newsroom.digest()
    [bar] = [block for block in reply.blocks if isinstance(block, Meter)]
    assert [(part.label, part.count, part.color) for part in bar.parts] == [
        ("Alpha Code", 2, 0),
        ("Beta Code", 0, 1),
        ("Gamma Code", 1, 2),
    ]
    assert spoken(bar.caption) == "Alpha Code 2 of 3, Beta Code 0 of 3 and Gamma Code 1 of 3"
    assert some("[Compare", lines(reply)) == "[Compare: /compare alpha-code vs beta-code vs gamma-code]"


async def test_the_closest_head_to_head_is_the_least_decided_of_several(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare("alpha-code", "beta-code"), 1, 1, 1, 1, 2)
    assert "Closest" not in "".join(lines(await newsroom.digest()))
    await newsroom.vote(await newsroom.compare("gamma-code", "delta-code"), 1, 1, 1, 2, 2)
    assert "Closest head to head: Gamma Code 3 to 2 Delta Code, of 5 who spoke on both." in lines(
        await newsroom.digest()
    )


async def test_a_comparison_made_in_a_private_channel_is_named_only_there(newsroom: Newsroom) -> None:
    secret = Channel("secret", private=True)
    newsroom.this_week()
    await newsroom.vote(await newsroom.compare("alpha-code", "delta-code", channel=secret), 1, 1)
    assert "Alpha Code vs Delta Code" in lines(await newsroom.digest(secret))
    await newsroom.compare("beta-code", "gamma-code")
    said = lines(await newsroom.digest())
    assert "Beta Code vs Gamma Code" in said
    assert "Alpha Code" not in "".join(said)
    assert said[1].endswith("1 comparison · 0 votes in this channel")


async def test_what_happened_before_or_after_the_week_is_not_told(newsroom: Newsroom) -> None:
    newsroom.clock.now_us = NOW_US - WEEK_US - HOUR_US
    await newsroom.compare("alpha-code", "beta-code")
    newsroom.clock.now_us = NOW_US - HOUR_US
    await newsroom.compare("gamma-code", "delta-code")
    newsroom.clock.now_us = NOW_US
    assert "Alpha" not in "".join(lines(await newsroom.digest()))
    newsroom.clock.now_us = NOW_US + HOUR_US
    await newsroom.compare("alpha-code", "delta-code")
    newsroom.clock.now_us = NOW_US
    assert "Alpha" not in "".join(lines(await newsroom.digest()))


async def test_new_and_changed_tools_are_told_one_line_each_kind_of_news(newsroom: Newsroom) -> None:
    newsroom.this_week()
    alpha = make.entry("alpha-code", reviews=make.panel(SHIP, SHIP, SHIP, SHIP), **LICENCE)
    await newsroom.load(
        make.entry("epsilon-code"),
        ToolEntry(replace(alpha.tool, entry="$9", licence="", description="long " * 50), words=("alpha",)),
    )
    said = lines(await newsroom.digest())
    assert said[2] == "1 new tool and 1 changed tool in the catalogue."
    assert "New in the catalogue: Epsilon Code." in said
    assert some("$9", said) == (
        "Alpha Code: description changed; entry price was Free, now $9; licence is no longer known."
    )
    assert said[1].endswith("0 comparisons · 0 votes in this channel")


async def test_a_fact_that_came_back_to_what_it_was_is_no_news(newsroom: Newsroom) -> None:
    newsroom.this_week()
    before = make.entry("delta-code")
    await newsroom.load(ToolEntry(replace(before.tool, entry="$9")))
    await newsroom.load(before)
    assert len((await newsroom.digest()).blocks) == 1


async def test_facts_about_facts_are_no_news(newsroom: Newsroom) -> None:
    newsroom.this_week()
    before = make.entry("delta-code")
    await newsroom.load(
        ToolEntry(replace(before.tool, source=replace(before.tool.source, saved="2026-12")), ("delta",))
    )
    assert len((await newsroom.digest()).blocks) == 1


@pytest.mark.parametrize(("imported", "rest"), [(17, "12 more"), (600, "at least 495 more")])
async def test_a_large_import_stays_a_few_lines(newsroom: Newsroom, imported: int, rest: str) -> None:
    newsroom.this_week()
    await newsroom.load(*(make.entry(f"tool-{place:04}") for place in range(imported)))
    said = lines(await newsroom.digest())
    assert some("New in", said) == (
        f"New in the catalogue: Tool 0000, Tool 0001, Tool 0002, Tool 0003, Tool 0004 and {rest}."
    )
    await newsroom.load(*(make.entry(f"tool-{place:04}", maker="Another") for place in range(imported)))
    assert len(lines(await newsroom.digest())) < 14


async def test_a_quiet_week_is_one_line(newsroom: Newsroom) -> None:
    newsroom.this_week()
    reply = await newsroom.digest()
    assert lines(reply) == ["This week in AI tools: a quiet week here, nothing new to compare."]
    assert reply.plain == lines(reply)[0]
    assert reply.digest == 77


@pytest.mark.parametrize("busy", [True, False])
async def test_a_digest_that_was_missed_is_owned_up_to(newsroom: Newsroom, *, busy: bool) -> None:
    newsroom.this_week()
    if busy:
        await newsroom.compare("alpha-code", "beta-code")
    said = lines(await newsroom.digest(missed="Last week's digest was not posted."))
    assert "Last week's digest was not posted." in said[:3]


async def test_the_busiest_week_stays_within_what_one_message_can_hold(newsroom: Newsroom) -> None:
    slugs = [f"tool-{place:02}" for place in range(60)]
    await newsroom.load(*(make.entry(slug) for slug in slugs))
    ballots = [await newsroom.compare(*slugs[place : place + 4]) for place in range(0, 60, 4)]
    for ballot in ballots:
        await newsroom.vote(ballot, 1, 2, 3, 4, 1, 2)
    newsroom.this_week()
    for place in range(0, 56, 2):
        await newsroom.vote(await newsroom.compare(*slugs[place : place + 4]), 1, 2, 3, 4, 0, 3)
    await newsroom.load(*(make.entry(slug, entry="$1") for slug in slugs), make.entry("one-more"))
    assert len((await newsroom.digest()).blocks) <= 45


async def test_every_button_runs_a_command_that_names_tools_by_slug(newsroom: Newsroom) -> None:
    newsroom.this_week()
    await newsroom.compare("alpha-code", "beta-code")
    buttons: list[Button] = [
        block.button for block in (await newsroom.digest()).blocks if isinstance(block, Entry) and block.button
    ]
    assert [(button.label, button.line, button.hint) for button in buttons] == [
        ("Compare", "/compare alpha-code vs beta-code", "Compare Alpha Code vs Beta Code")
    ]

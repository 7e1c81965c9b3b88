"""`/digest`, typed by people into a core that stands on ports in memory."""

from dataclasses import dataclass

import pytest

from commands.core import Core
from commands.digest import LEASE_US, MOST_DIGESTS
from commands.model import (
    Activity,
    Asker,
    Channel,
    DigestRun,
    Message,
    Request,
    RunState,
    Subscription,
    TeamKey,
    Weekly,
)
from commands.ports import Room, Rules
from commands.reply import Buttons, Lead, Note, Paragraph, PersonSpan, Reply, spoken
from tests.contracts import make
from tests.fakes import FakeClock, Memory, MemoryVotes

TEAM = TeamKey("terminal", "local")
BERLIN = "Europe/Berlin"
SATURDAY_US = 1_795_248_000_000_000
"""Saturday 21 November 2026 at 08:00 UTC."""

DAY_US = 86_400_000_000
WEEK_US = 7 * DAY_US


@dataclass
class Team:
    """A team whose members type; ana is a full member in Berlin unless it is said otherwise."""

    clock: FakeClock
    memory: Memory
    core: Core

    async def type(
        self,
        words: str,
        *,
        zone: str | None = BERLIN,
        full_member: bool = True,
        manager: bool = False,
        channel: str = "general",
    ) -> Reply:
        asker = Asker("ana", zone, full_member, manager)
        return await self.core.run(Request(TEAM, Channel(channel), asker, f"/digest {words}"))

    async def subscription(self, channel: str = "general") -> Subscription | None:
        return await self.memory.digests.subscription(1, channel)

    async def weekly(self) -> Weekly:
        held = await self.subscription()
        assert held
        return held.weekly

    async def runs(self) -> tuple[DigestRun, ...]:
        held = await self.subscription()
        return await self.memory.digests.runs(held.id, limit=20) if held else ()

    async def past(self, state: RunState) -> None:
        """A week goes by, whose digest ends in this state."""
        held = await self.subscription()
        assert held
        self.clock.now_us = held.next_due_us
        room = Room(held.team_key.platform, 1, 1)
        [run] = await self.memory.digests.claim(
            self.clock(), room=room, lease_us=self.clock() + LEASE_US, grace_us=WEEK_US
        )
        assert await self.memory.digests.advance(run.id, state, expected=RunState.CLAIMED)


def make_team(rules: Rules) -> Team:
    clock = FakeClock(SATURDAY_US)
    memory = Memory(clock)
    return Team(clock, memory, Core(memory.ports(rules=rules)))


@pytest.fixture
def team() -> Team:
    return make_team(Rules())


def lines(reply: Reply) -> list[str]:
    kinds = (Lead, Note, Paragraph)
    return [spoken(block.line) for block in reply.blocks if isinstance(block, kinds)]


async def test_switched_on_it_comes_mondays_at_nine_where_the_asker_lives_and_the_channel_sees_who_did_it(
    team: Team,
) -> None:
    reply = await team.type("on")
    assert not reply.private
    assert not reply.failed
    assert isinstance(reply.blocks[0], Lead)
    assert PersonSpan("ana") in reply.blocks[0].line
    assert lines(reply) == [
        "@ana switched the weekly digest on: Mondays at 09:00 (Europe/Berlin).",
        "The next one comes on Monday 23 November 2026 at 09:00. Change it with /digest.",
    ]
    held = await team.subscription()
    assert held
    assert (held.weekly, held.set_by, held.since_us) == (Weekly(0, 9, 0, BERLIN), "ana", SATURDAY_US)
    assert held.next_due_us == SATURDAY_US + 2 * DAY_US


async def test_without_a_zone_anybody_knows_it_is_asked_for_in_private(team: Team) -> None:
    reply = await team.type("on fri", zone=None)
    assert reply.private
    assert reply.failed
    assert "/digest on monday 09:00 Europe/Berlin" in reply.plain
    assert await team.subscription() is None
    await team.type("on fri 8:15 asia/kathmandu", zone=None)
    assert await team.weekly() == Weekly(4, 8, 15, "Asia/Kathmandu")


async def test_switched_on_again_what_is_given_changes_and_the_rest_stays(team: Team) -> None:
    await team.type("on wed 17:30 Asia/Tokyo")
    team.clock.forward(days=1)
    reply = await team.type("on fri")
    assert not reply.private
    assert lines(reply)[0] == (
        "@ana moved the weekly digest to Fridays at 17:30 (Asia/Tokyo); it was Wednesdays at 17:30 (Asia/Tokyo)."
    )
    held = await team.subscription()
    assert held
    assert (held.weekly, held.since_us) == (Weekly(4, 17, 30, "Asia/Tokyo"), SATURDAY_US)


async def test_switched_on_again_at_the_same_time_nothing_is_said_in_the_channel(team: Team) -> None:
    await team.type("on")
    reply = await team.type("ON monday")
    assert reply.private
    assert "on already: Mondays at 09:00" in reply.plain


async def test_switched_off_the_channel_sees_who_did_it(team: Team) -> None:
    await team.type("on")
    reply = await team.type("off")
    assert not reply.private
    assert lines(reply)[0] == "@ana switched the weekly digest off. It came Mondays at 09:00 (Europe/Berlin)."
    assert await team.subscription() is None
    again = await team.type("off")
    assert again.private
    assert again.failed


async def test_each_channel_has_a_digest_of_its_own(team: Team) -> None:
    await team.type("on")
    await team.type("on tue", channel="other")
    await team.type("off")
    assert await team.subscription("other")


@pytest.mark.parametrize("words", ["on", "off", "now"])
async def test_guests_cannot_change_or_post_it(team: Team, words: str) -> None:
    await team.type("on")
    reply = await team.type(words, full_member=False)
    assert reply.private
    assert "Only full members" in reply.plain
    assert await team.subscription()
    assert await team.runs() == ()


@pytest.mark.parametrize("words", ["on", "off", "now"])
async def test_where_the_setting_says_so_only_managers_change_or_post_it(words: str) -> None:
    team = make_team(Rules(digest_needs_manager=True))
    refused = await team.type(words)
    assert refused.private
    assert "only managers" in refused.plain
    await team.type("on", manager=True)
    assert not (await team.type(f"{words} tue" if words == "on" else words, manager=True)).private


@pytest.mark.parametrize("words", ["", "status", "preview"])
async def test_anybody_may_ask_how_it_stands(words: str) -> None:
    team = make_team(Rules(digest_needs_manager=True))
    reply = await team.type(words, full_member=False)
    assert reply.private
    assert not reply.failed


async def test_status_says_that_it_is_off_and_how_to_switch_it_on(team: Team) -> None:
    reply = await team.type("")
    assert reply.plain == "The weekly digest is off in this channel."
    assert "/digest on monday 09:00 Europe/Berlin" in "".join(lines(reply))
    [buttons] = [block.buttons for block in reply.blocks if isinstance(block, Buttons)]
    assert [button.line for button in buttons] == ["/digest on", "/digest preview"]


async def test_status_names_the_next_three_times_across_a_change_of_clocks(team: Team) -> None:
    team.clock.now_us = SATURDAY_US + 120 * DAY_US
    await team.type("on")
    times = [f"Monday {day} 2027 at 09:00" for day in ("22 March", "29 March", "5 April")]
    assert lines(await team.type("status"))[:3] == [
        "The weekly digest is on: Mondays at 09:00 (Europe/Berlin).",
        f"The next three come on {', '.join(times[:2])} and {times[2]}.",
        "Set by @ana.",
    ]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (RunState.POSTED, "posted."),
        (RunState.SKIPPED, "skipped: it could not be posted in time."),
        (RunState.FAILED, "failed: the channel kept refusing it, and the digest was switched off."),
        (RunState.UNCONFIRMED, "unconfirmed: the bot was interrupted"),
        (RunState.CLAIMED, "about to be posted."),
        (RunState.ATTEMPTED, "being posted;"),
    ],
)
async def test_status_says_what_became_of_the_last_digests(team: Team, state: RunState, says: str) -> None:
    await team.type("on")
    assert "None has come yet." in lines(await team.type("status"))
    await team.past(state)
    said = lines(await team.type("status"))
    assert [line for line in said if line.startswith(f"Monday 23 November 2026 at 09:00: {says}")]
    assert ("None has come yet." in said) is False
    assert any("24 hours late is skipped" in line for line in said) is (state is RunState.SKIPPED)


async def test_a_preview_is_private_and_takes_no_run(team: Team) -> None:
    await team.type("on")
    reply = await team.type("preview")
    assert reply.private
    assert reply.digest is None
    assert reply.plain.startswith("Preview. This week in AI tools")
    assert lines(reply)[-1] == "Only you see this preview. /digest now posts one to the channel."
    assert await team.runs() == ()


async def test_a_preview_needs_no_digest_to_be_on(team: Team) -> None:
    reply = await team.type("preview", zone=None)
    assert not reply.failed
    assert lines(reply)[-1] == "Only you see this preview. /digest on switches it on for the channel."


async def test_posted_now_it_is_an_attempt_until_the_channel_has_it_and_then_posted(team: Team) -> None:
    await team.type("on")
    reply = await team.type("now")
    [run] = await team.runs()
    assert not reply.private
    assert reply.digest == run.id
    assert (run.state, run.due_us, run.lease_us) == (RunState.ATTEMPTED, SATURDAY_US, SATURDAY_US + LEASE_US)
    message = Message("terminal", "general", "7")
    await team.core.posted(message, reply)
    assert [run.state for run in await team.runs()] == [RunState.POSTED]
    assert team.memory.digests.messages[run.id] == message


async def test_posted_now_leaves_the_schedule_and_tells_only_what_came_since(team: Team) -> None:
    await team.type("on")
    before = await team.subscription()
    await team.core.posted(Message("terminal", "general", "7"), await team.type("now"))
    assert await team.subscription() == before
    team.clock.forward(days=1)
    await team.type("now")
    assert [run.since_us for run in await team.runs()] == [SATURDAY_US, SATURDAY_US - WEEK_US]


async def test_what_happened_while_it_was_off_is_told_for_a_week_at_most(team: Team) -> None:
    await team.memory.catalogue.load([make.entry("old-news")], categories={}, progress=lambda _: None)
    await team.type("on")
    await team.core.posted(Message("terminal", "general", "7"), await team.type("now"))
    await team.type("off")
    team.clock.forward(days=60)
    await team.memory.catalogue.load([make.entry("middle-news")], categories={}, progress=lambda _: None)
    team.clock.forward(days=30)
    await team.memory.catalogue.load([make.entry("fresh-news")], categories={}, progress=lambda _: None)
    await team.type("on")
    said = "".join(lines(await team.type("preview")))
    assert "Fresh News" in said
    assert "Middle News" not in said


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (
            RunState.SKIPPED,
            "Last week's digest was not posted: the bot was away, or could not post here, for more than",
        ),
        (RunState.FAILED, "Last week's digest was not posted: the channel refused it."),
        (RunState.UNCONFIRMED, "The digest due on Monday 23 November 2026 at 09:00 may not have been posted"),
    ],
)
async def test_the_next_digest_owns_up_to_the_one_that_was_missed(team: Team, state: RunState, says: str) -> None:
    await team.type("on")
    await team.past(state)
    team.clock.forward(days=3)
    assert [line for line in lines(await team.type("now")) if line.startswith(says)]


async def test_what_was_missed_before_it_was_switched_on_anew_is_not_brought_up(team: Team) -> None:
    await team.type("on")
    await team.past(RunState.SKIPPED)
    await team.type("off")
    team.clock.forward(days=3)
    await team.type("on")
    assert "not posted" not in "".join(lines(await team.type("preview")))


async def test_posting_now_where_it_is_off_says_how_to_switch_it_on(team: Team) -> None:
    reply = await team.type("now")
    assert reply.private
    assert reply.failed
    assert "/digest on" in reply.plain
    assert "/digest preview" in reply.plain


async def test_two_people_who_post_at_the_same_instant_post_one(team: Team) -> None:
    await team.type("on")
    first, second = await team.type("now"), await team.type("now")
    assert first.digest
    assert second.digest is None
    assert second.private
    assert "at this very moment" in second.plain


async def test_a_digest_now_that_somebody_else_took_over_meanwhile_is_left_to_them(team: Team) -> None:
    await team.type("on")
    team.memory.votes = _TakenOver(team)
    core = Core(team.memory.ports())
    reply = await core.run(Request(TEAM, Channel("general"), Asker("ana"), "/digest now"))
    assert reply.private
    assert reply.digest is None
    assert [run.state for run in await team.runs()] == [RunState.CLAIMED]


class _TakenOver(MemoryVotes):
    """Takes so long to answer that the lease of the run ends, and another program takes it over."""

    def __init__(self, team: Team) -> None:
        super().__init__(team.clock)
        self.team = team

    async def activity(self, team: int, channel: str, since_us: int, until_us: int) -> Activity:
        self.team.clock.forward(minutes=2)
        now_us, room = self.team.clock(), Room("terminal", 1, 1)
        assert await self.team.memory.digests.reclaim(now_us, room=room, lease_us=now_us + LEASE_US)
        return await super().activity(team, channel, since_us, until_us)


@pytest.mark.parametrize("words", ["weekly", "on nowhere", "off now", "status 5", "now please", "--help"])
async def test_other_words_are_answered_with_what_would_be_right(team: Team, words: str) -> None:
    reply = await team.type(words)
    assert reply.private
    assert reply.failed
    assert await team.subscription() is None


async def test_words_may_be_typed_in_any_case(team: Team) -> None:
    await team.type("ON MON 10:00 EUROPE/BERLIN")
    assert await team.weekly() == Weekly(0, 10, 0, BERLIN)


async def test_a_team_has_a_most_of_digests_and_whoever_wants_one_more_is_told_how_to_make_room(team: Team) -> None:
    for number in range(MOST_DIGESTS):
        assert not (await team.type("on", channel=f"channel-{number}")).failed
    refused = await team.type("on", channel="one more")
    assert (refused.private, refused.failed) == (True, True)
    assert refused.plain == (
        "200 channels of this team have a digest, which is the most. Switch one off in its channel: /digest off"
    )
    assert await team.subscription("one more") is None
    assert not (await team.type("on friday", channel="channel-7")).failed
    await team.type("off", channel="channel-7")
    assert not (await team.type("on", channel="one more")).failed

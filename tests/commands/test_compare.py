"""`/compare`, typed by people: every way to name tools, and what is answered when a name is not clear."""

import pytest

from commands.model import Channel, Message
from commands.reply import Buttons, Heading, InstantSpan, Lead, MessageSpan, Reply, Vote, buttons, spoken
from tests.commands.conftest import Team, bodies, lines, meters, rows, said, titles
from tests.contracts import make

BOTH = ("Code Llama 4 (70B & 400B)", "Mistral 8x22B v2")
FIFTH = "/compare mistral code, mistral next, mistral 8x22b, mistral 3, code llama 70b"


def compared(reply: Reply) -> tuple[str, ...]:
    """The tools a comparison sets side by side."""
    [vote] = [block for block in reply.blocks if isinstance(block, Vote)]
    return tuple(option.label for option in vote.options)


def lead(reply: Reply) -> str:
    [line] = [spoken(block.line) for block in reply.blocks if isinstance(block, Lead)]
    return line


@pytest.mark.parametrize(
    "line",
    [
        "/compare code llama 4 70b vs mistral 8x22b",
        "/compare code llama 4 70b VS mistral 8x22b",
        "/compare code llama 4 70b Versus mistral 8x22b",
        "/compare code llama 4 70b v mistral 8x22b",
        "/compare code llama 4 70b vs. mistral 8x22b",
        "/compare code llama 4 70b, mistral 8x22b",
        "/compare code llama 4 70b,mistral 8x22b",
        "/compare code llama 4 70b|mistral 8x22b",
        "/compare code llama 4 70b OR mistral 8x22b",
        "/compare code llama 70b mistral 8x22b",
        '/compare "code llama 4 70b" "mistral 8x22b"',
        "/compare “code llama 4 70b” vs \u2018mistral 8x22b\u2019",
        "/compare Code Llama 4 (70B & 400B) vs Mistral 8x22B v2",
        "/compare code-llama-4-70b-400b vs mistral-8x22b-v2",
        "/COMPARE  code   llama 4 70b\tvs\nmistral 8x22b ",
        "compare code llama 4 70b vs mistral 8x22b",
    ],
)
async def test_two_tools_are_compared_whatever_stands_between_them(team: Team, line: str) -> None:
    reply = await team.post(line)
    assert compared(reply) == BOTH
    assert reply.plain == (
        "Code Llama 4 (70B & 400B) vs Mistral 8x22B v2: The panel ships both, but the Founder skips Mistral 8x22B v2."
    )


async def test_names_that_hold_separators_and_signs_survive(team: Team) -> None:
    await team.load(
        [
            make.entry("ship-or-skip", name="Ship or Skip", reviews=make.panel(make.SHIP)),
            make.entry("r-and-d", name="R&D (v/2), Pro", reviews=make.panel(make.SKIP)),
        ]
    )
    assert compared(await team.ask("/compare ship or skip vs R&D (v/2), Pro")) == ("Ship or Skip", "R&D (v/2), Pro")
    assert compared(await team.ask("/compare r&d (v/2), pro, Ship or Skip or mistral code")) == (
        "R&D (v/2), Pro",
        "Ship or Skip",
        "Mistral Code",
    )


async def test_three_and_four_tools_are_compared(team: Team) -> None:
    three = await team.ask("/compare mistral code vs mistral next or code llama 70b")
    assert compared(three) == ("Mistral Code", "Mistral-Next 22B", "Code Llama 4 (70B & 400B)")
    four = await team.ask("/compare mistral code, mistral next, mistral 3 | mistral 8x24b")
    assert len(compared(four)) == 4
    heading = next(block for block in four.blocks if isinstance(block, Heading))
    assert spoken(heading.line).startswith("Mistral Code, Mistral-Next 22B, Mistral 3")


async def test_the_rows_stand_in_order_and_mark_the_better_figure(team: Team) -> None:
    table = rows(await team.ask("/compare code llama 70b vs mistral 8x22b"))
    assert list(table) == [
        "Panel",
        "Community",
        "Pricing",
        "Best for",
        "Category",
        "Builder",
        "Skeptic",
        "Futurist",
        "Founder",
    ]
    assert table["Panel"] == ["Ship · 4 ship / 0 skip · 100%*", "Ship · 3 ship / 1 skip · 75%"]
    assert table["Community"] == ["No community votes yet"] * 2
    assert table["Pricing"][0] == "Free · open weights, self-hosted; inference cost varies by provider"
    assert table["Best for"][0] == "Hosting a large code model yourself (inferred)"
    assert table["Founder"] == ["74 ship*", "55 skip"]


async def test_missing_figures_are_dashes_and_inferred_verdicts_say_so(team: Team) -> None:
    reply = await team.ask("/compare mistral code vs code llama agentic")
    assert rows(reply)["Founder"] == ["\u2013 ship (inferred)", "\u2013 skip (inferred)"]
    assert "\u2013 means that no score was published." in said(reply)[-1]
    assert "Inferred means" in said(reply)[-1]


async def test_more_than_four_tools_are_refused(team: Team) -> None:
    reply = await team.ask(FIFTH)
    assert (reply.plain, reply.failed) == (
        "A comparison takes two to four tools, and you named 5. Leave some out.",
        True,
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/compare mistral code vs mistral code", "Mistral Code is named twice."),
        ("/compare mistral code vs Mistral-Code", "“mistral code” and “Mistral-Code” are both Mistral Code."),
        ("/compare mistral code vs mistral next vs mistral code", "Mistral Code is named twice."),
        ("/compare bot vs mistral code", "“bot” and “mistral code” are both Mistral Code."),
        ("/compare mistral code vs code llama 4 vs mistral code", "Mistral Code is named twice."),
    ],
)
async def test_a_tool_is_not_compared_with_itself_not_even_by_an_alias(team: Team, line: str, told: str) -> None:
    await team.ask("/alias bot = mistral code")
    reply = await team.ask(line)
    assert reply.plain == f"{told} Name a different tool beside it."
    assert reply.failed


async def test_one_name_offers_three_rivals_of_its_category(team: Team) -> None:
    reply = await team.ask("/compare mistral code")
    assert reply.plain == "Name a second tool to set beside Mistral Code. These are its closest rivals."
    assert titles(reply) == ["Code Llama 4 (70B & 400B)", "Code Llama 4 · 200B", "Code Llama 4 · agentic"]
    assert (reply.private, reply.failed) == (True, False)
    picked = await team.ask(lines(reply)["Compare with Code Llama 4 · 200B"])
    assert compared(picked) == ("Mistral Code", "Code Llama 4 · 200B")


async def test_rivals_keep_the_flags_that_were_typed(team: Team) -> None:
    reply = await team.ask("/compare mistral code —quiet")
    assert lines(reply)["Compare with Code Llama 4 · 200B"] == "/compare mistral-code vs code-llama-4-200b --quiet"


async def test_a_tool_alone_in_its_category_is_said_to_be(team: Team) -> None:
    await team.load([make.entry("lone", category="Others")])
    reply = await team.ask("/compare lone")
    assert reply.plain == "Name a second tool to set beside Lone; it is alone in Others."


async def test_no_name_is_told_how_to_compare(team: Team) -> None:
    for line in ("/compare", "/compare --quiet"):
        reply = await team.ask(line)
        assert reply.plain == "Name two to four tools, for example: /compare code llama 4 70b vs mistral 8x22b"


async def test_a_name_that_two_tools_bear_is_asked_about_and_never_guessed(team: Team) -> None:
    reply = await team.ask("/compare code llama 4 vs mistral code")
    assert reply.plain == "Two tools are called Code Llama 4. Which one do you mean?"
    assert (reply.private, reply.failed, reply.ballot) == (True, True, None)
    assert dict(zip(titles(reply), bodies(reply), strict=True)) == {
        "Code Llama 4 · 200B": ["7B, 34B, 200B parameters · Llama Community License · Panel: Ship, 4 ship / 0 skip"],
        "Code Llama 4 · agentic": ["up to 70B parameters · Llama 4 community license · Panel: Ship, 3 ship / 1 skip"],
        "Code Llama 4 (70B & 400B)": [
            "70B, 400B parameters · permissive research license · Panel: Ship, 4 ship / 0 skip"
        ],
    }
    picked = await team.ask(lines(reply)["Pick Code Llama 4 · agentic"])
    assert compared(picked) == ("Code Llama 4 · agentic", "Mistral Code")


async def test_picking_keeps_the_flags_that_were_typed(team: Team) -> None:
    reply = await team.ask("/compare code llama 4 vs mistral code --quiet")
    picked = await team.ask(lines(reply)["Pick Code Llama 4 · 200B"])
    assert picked.private
    assert not picked.failed


async def test_a_tool_named_already_is_not_offered_again(team: Team) -> None:
    reply = await team.ask("/compare code llama 4 200b vs code llama 4")
    assert titles(reply) == ["Code Llama 4 · agentic", "Code Llama 4 (70B & 400B)"]


async def test_the_same_unclear_name_twice_ends_in_two_different_tools(team: Team) -> None:
    first = await team.ask("/compare code llama 4 vs code llama 4")
    second = await team.ask(lines(first)["Pick Code Llama 4 · 200B"])
    assert "Pick Code Llama 4 · 200B" not in lines(second)
    third = await team.ask(lines(second)["Pick Code Llama 4 · agentic"])
    assert compared(third) == ("Code Llama 4 · 200B", "Code Llama 4 · agentic")


async def test_several_unclear_names_are_asked_one_after_the_other(team: Team) -> None:
    first = await team.ask("/compare zzz vs mistral vs code llama 4")
    assert first.plain == "No tool is called “zzz”, nor anything close. These names are the nearest."
    assert len(titles(first)) == 3
    second = await team.ask("/compare mistral-code vs mistral vs code llama 4")
    assert second.plain == "“mistral” fits 5 tools. Which one do you mean?"
    assert "Pick Mistral Code" not in lines(second)
    third = await team.ask(lines(second)["Pick Mistral-Next 22B"])
    assert third.plain == "Two tools are called Code Llama 4. Which one do you mean?"
    done = await team.ask(lines(third)["Pick Code Llama 4 · 200B"])
    assert compared(done) == ("Mistral Code", "Mistral-Next 22B", "Code Llama 4 · 200B")


@pytest.mark.parametrize("typo", ["lama 4 code", "codellama", "mistrl 8x22", "mistral cdoe"])
async def test_a_typo_is_suggested_and_never_run(team: Team, typo: str) -> None:
    reply = await team.ask(f"/compare {typo} vs mistral next")
    assert reply.plain.startswith(f"No tool is called “{typo}”. Did you mean ")
    assert (reply.private, reply.failed) == (True, True)
    assert len(compared(await team.ask(buttons(reply)[0].line))) == 2


async def test_two_typos_are_accepted_in_one_step(team: Team) -> None:
    reply = await team.ask("/compare mistrl 8x22 vs mistral cdoe")
    assert said(reply) == ["“mistral cdoe” is read as Mistral Code."]
    assert compared(await team.ask(buttons(reply)[0].line)) == ("Mistral 8x22B v2", "Mistral Code")


async def test_two_typos_of_one_tool_are_not_taken_for_it_twice(team: Team) -> None:
    reply = await team.ask("/compare zzz vs mistral cdoe vs mistral coed")
    assert said(reply)[0] == "“mistral cdoe” is read as Mistral Code."
    assert "“mistral coed” is read as Mistral Code." not in said(reply)
    assert "named twice" not in (await team.ask(buttons(reply)[0].line)).plain


async def test_a_typo_of_a_tool_named_already_is_told_so(team: Team) -> None:
    reply = await team.ask("/compare mistral cdoe vs mistral code")
    assert reply.plain == (
        "“mistral cdoe” seems to be Mistral Code, which is named already. Name a different tool beside it."
    )


async def test_an_unknown_name_gets_the_nearest_three(team: Team) -> None:
    reply = await team.ask("/compare gpt vs mistral code")
    assert "nor anything close" in reply.plain
    assert len(titles(reply)) == 3


@pytest.mark.parametrize("odd", ["🦙", '"this or that"', '"a, b"', "“x | y”", '"v"', "!!!", "--"])
async def test_an_unclear_name_stays_one_name_in_the_next_line(team: Team, odd: str) -> None:
    reply = await team.ask(f"/compare zzz vs {odd} vs code llama 4")
    asked = 0
    while reply.failed:
        reply, asked = await team.ask(buttons(reply)[0].line), asked + 1
    assert len(compared(reply)) == asked == 3


async def test_a_long_name_that_nobody_knows_is_refused_rather_than_carried_along(team: Team) -> None:
    reply = await team.ask(f"/compare zzz vs {'y' * 300}")
    assert "they have at most 80 characters" in reply.plain


async def test_flags_that_do_not_exist_are_named_with_those_that_do(team: Team) -> None:
    reply = await team.ask("/compare mistral code vs mistral next --loud")
    assert reply.plain == "--loud is not something this command takes. It takes --quiet, --anew and --reviews."


class TestRepeating:
    LINE = "/compare mistral code vs mistral next"

    async def test_the_same_tools_in_any_order_point_to_the_standing_ballot(self, team: Team) -> None:
        posted = await team.post(self.LINE)
        reply = await team.ask("/compare mistral next vs mistral code", "bob")
        assert (reply.private, reply.failed, reply.ballot) == (True, False, None)
        message = next(span for span in spans(reply) if isinstance(span, MessageSpan))
        assert message.message == team.address(posted)
        assert any(isinstance(span, InstantSpan) and span.zone == "Europe/Berlin" for span in spans(reply))
        assert reply.plain.startswith("These tools were compared here already; the vote stands at message")

    async def test_post_anew_posts_and_show_me_shows(self, team: Team) -> None:
        await team.post(self.LINE)
        reply = await team.ask(self.LINE)
        assert (await team.ask(lines(reply)["Show me"])).private
        anew = await team.post(lines(reply)["Post anew"])
        again = await team.ask(self.LINE)
        message = next(span for span in spans(again) if isinstance(span, MessageSpan))
        assert message.message == team.address(anew)

    async def test_another_channel_another_team_and_other_tools_are_not_held_back(self, team: Team) -> None:
        await team.post(self.LINE)
        await team.post(self.LINE, channel=Channel("random"))
        await team.other_team().post(self.LINE)
        await team.post(f"{self.LINE} vs mistral 3")

    async def test_after_a_day_it_is_posted_again(self, team: Team) -> None:
        await team.post(self.LINE)
        team.clock.forward(seconds=86_400)
        assert (await team.ask(self.LINE)).ballot is None
        team.clock.forward(seconds=1)
        await team.post(self.LINE)

    async def test_a_ballot_that_is_gone_holds_nobody_back(self, team: Team) -> None:
        posted = await team.post(self.LINE)
        assert posted.ballot is not None
        await team.memory.votes.freeze(posted.ballot.id)
        await team.post(self.LINE)

    async def test_what_was_never_posted_holds_nobody_back(self, team: Team) -> None:
        await team.ask(self.LINE)
        await team.post(self.LINE)


class TestQuiet:
    LINE = "/compare mistral code vs mistral next"

    @pytest.mark.parametrize("flag", ["--quiet", "—quiet", "\u2013quiet", "--QUIET"])
    async def test_it_shows_the_comparison_without_a_ballot(self, team: Team, flag: str) -> None:
        reply = await team.ask(f"{self.LINE} {flag}")
        assert (reply.private, reply.failed, reply.ballot) == (True, False, None)
        assert not any(isinstance(block, Vote) for block in reply.blocks)
        assert list(lines(reply)) == ["Post here", "Read reviews", "Bookmark"]
        assert compared(await team.post(lines(reply)["Post here"])) == ("Mistral Code", "Mistral-Next 22B")

    async def test_it_says_where_a_vote_stands_and_offers_to_post_anew(self, team: Team) -> None:
        await team.post(self.LINE)
        reply = await team.ask(f"{self.LINE} --quiet")
        assert any(note.startswith("The vote stands at message") for note in said(reply))
        assert list(lines(reply)) == ["Post anew", "Read reviews", "Bookmark"]
        await team.post(lines(reply)["Post anew"])


async def test_every_reviewers_words_are_one_press_away(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral 8x22b")
    reply = await team.ask(lines(posted)["Read reviews"])
    quotes = [spoken(block.title) for block in reply.blocks if block.kind == "quote"]
    assert len(quotes) == 8
    assert quotes[-1] == "Founder on Mistral 8x22B v2: 55 skip"
    assert reply.private


class TestVotes:
    async def test_the_tally_and_the_head_to_head_are_redrawn(self, team: Team) -> None:
        posted = await team.post("/compare mistral code vs mistral 8x22b")
        assert "Head to head: nobody here has voted on both yet." in said(posted)
        for person in range(9):
            await team.vote(posted, f"p{person}", 1)
        await team.vote(posted, "q1", 2)
        await team.vote(posted, "q2", 2)
        await team.vote(posted, "q3", 1, 2)
        await team.vote(posted, "q4", 0)
        drawn = await team.redrawn(posted)
        assert rows(drawn)["Community"] == ["77% ship · 10 of 13*", "23% ship · 3 of 13"]
        assert meters(drawn) == [
            "Head to head: Mistral Code 9 to 2 Mistral 8x22B v2, 1 ships both, 1 skips both",
        ]

    async def test_four_tools_have_a_meter_for_each_pair_somebody_spoke_of(self, team: Team) -> None:
        posted = await team.post("/compare mistral code, mistral next, mistral 3, mistral 8x24b")
        await team.vote(posted, "bob", 4)
        drawn = meters(await team.redrawn(posted))
        assert len(drawn) == 6
        assert drawn[-1].endswith("Mistral 3 8B & 70B Instruct (Open Source) 0 to 1 Mistral 8x24B Mixture-of-Experts")

    async def test_votes_on_one_tool_alone_are_no_head_to_head(self, team: Team) -> None:
        card = await team.post("/tool mistral code")
        await team.vote(card, "bob", 1)
        reply = await team.ask("/compare mistral code vs mistral next vs mistral 3")
        assert rows(reply)["Community"][0] == "100% ship · 1 of 1"
        assert meters(reply) == []
        assert "Head to head: nobody here has voted on two of these yet." in said(reply)

    async def test_fewer_than_five_voters_make_no_figure_better(self, team: Team) -> None:
        posted = await team.post("/compare mistral code vs mistral next")
        for person in range(4):
            await team.vote(posted, f"p{person}", 1)
        assert rows(await team.redrawn(posted))["Community"] == ["100% ship · 4 of 4", "0% ship · 0 of 4"]

    async def test_another_team_sees_none_of_it(self, team: Team) -> None:
        posted = await team.post("/compare mistral code vs mistral next")
        await team.vote(posted, "bob", 1)
        other = await team.other_team().ask("/compare mistral code vs mistral next")
        assert rows(other)["Community"] == ["No community votes yet"] * 2


async def test_where_there_are_no_ballots_the_answer_is_for_the_asker_alone(team: Team) -> None:
    from commands.model import Asker, Request  # noqa: PLC0415 - only here

    where = Channel("general")
    request = Request(team.key, where, Asker("ada"), "/compare mistral code vs mistral next", ballots=False)
    reply = await team.core.run(request)
    assert (reply.private, reply.failed, reply.ballot) == (True, False, None)
    await team.post("/compare mistral code vs mistral next")
    assert not isinstance((await team.core.run(request)).blocks[0], Lead), "it is shown although a vote stands"


async def test_the_bookmark_button_asks_which(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral next")
    reply = await team.ask(lines(posted)["Bookmark"])
    assert reply.plain == "Which one do you want to bookmark?"
    assert list(lines(reply)) == ["Bookmark Mistral Code", "Bookmark Mistral-Next 22B"]


def spans(reply: Reply) -> list[object]:
    return [span for block in reply.blocks if not isinstance(block, Buttons) for span in getattr(block, "line", ())]


async def test_the_message_a_ballot_stands_at_is_the_one_it_was_first_bound_to(team: Team) -> None:
    posted = await team.post("/compare mistral code vs mistral next")
    await team.core.posted(Message("terminal", "general", "999"), posted)
    assert posted.ballot is not None
    held = await team.memory.votes.ballot(posted.ballot.id)
    assert held is not None
    assert held.message == team.address(posted)

"""A session in the terminal's channel, read as a script, on a small core that works."""

import io
from collections.abc import AsyncIterator
from io import StringIO

import pytest
from rich.console import Console

from adapters.terminal.channel import TEAM, TerminalChannel
from adapters.terminal.chat import Session, Tick, chat, script
from adapters.terminal.screen import Screen
from commands.errors import Unavailable
from commands.model import Channel, Message
from commands.reply import Lead, Reply, text
from tests.adapters.terminal.fakes import MemoryTranscript, SmallCore


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


class Run:
    """Runs scripts in the channel: the exit status, and what went to standard error."""

    def __init__(self, room: TerminalChannel) -> None:
        self.room = room

    async def __call__(self, *lines: str, on_tick: Tick | None = None) -> tuple[int, str]:
        errors = StringIO()
        status = await chat(self.room, person="ada", lines=typed(*lines), on_tick=on_tick, errors=errors)
        return status, errors.getvalue()


@pytest.fixture
def run(room: TerminalChannel) -> Run:
    return Run(room)


async def test_a_script_compares_votes_and_shows_the_tally_after_each_vote(
    run: Run, page: StringIO, core: SmallCore
) -> None:
    status, errors = await run(
        "# who ships what", "", "/compare llama vs mistral", "+🔵", "/as bob", "+2", "+:large_blue_circle: #1", "-🔵"
    )
    assert (status, errors) == (0, "")
    shown = page.getvalue()
    assert "who ships what" not in shown
    assert "ada> /compare llama vs mistral\n-- #1 Code Llama 4 (70B & 400B) vs Mistral 8x22B v2 ---" in shown
    assert "ada: ship 🔵 Code Llama 4 (70B & 400B) on #1\n" in shown
    assert "bob> +2\nbob: ship 🟠 Mistral 8x22B v2 on #1\n" in shown
    assert "bob: takes back ship 🔵 Code Llama 4 (70B & 400B) on #1\n" in shown
    last = shown[shown.rindex("bob:") :]
    assert last.split("\n")[1:3] == [
        "  🔵 Code Llama 4 (70B & 400B)  100% ship · 1 of 1",
        "  🟠 Mistral 8x22B v2           100% ship · 1 of 1",
    ]
    assert {(person, option) for (_, person, option), on in core.marks.items() if on} == {("ada", 1), ("bob", 2)}


async def test_the_same_script_prints_the_same_twice(
    run: Run, page: StringIO, room: TerminalChannel, core: SmallCore, transcript: MemoryTranscript
) -> None:
    lines = ("/compare llama vs mistral", "+1", "+skip", "1", "plain words", "/nosuch", "+9")
    await run(*lines)
    first, again = page.getvalue(), StringIO()
    other = TerminalChannel(SmallCore(), MemoryTranscript(), Screen(Console(file=again, width=80)))
    await chat(other, person="ada", lines=typed(*lines), errors=StringIO())
    assert first == again.getvalue()


async def test_a_script_in_which_a_line_fails_ends_with_1_and_names_the_lines(run: Run) -> None:
    status, errors = await run("/nosuch", "# fine", "/compare llama vs mistral", "+🟢", "+👍", "9")
    assert status == 1
    assert [line.split(":")[0] for line in errors.splitlines()] == ["line 1", "line 4", "line 5", "line 6"]
    assert "line 4: +🟢 is not a choice on this ballot. Type +1 for 🔵, +2 for 🟠 or +skip for ⏩" in errors


async def test_plain_words_get_a_hint_and_fail_nothing(run: Run, page: StringIO) -> None:
    assert await run("I like the second") == (0, "")
    assert "start a command with /" in page.getvalue()


async def test_a_vote_on_nothing_or_on_what_is_no_ballot_is_refused(run: Run) -> None:
    status, errors = await run("+1", "/digest on", "+1 #1", "+1 #9")
    assert status == 1
    assert "line 1: There is nothing to vote on yet." in errors
    assert "line 3: #1 is not a ballot of this channel." in errors
    assert "line 4: #9 is not a ballot of this channel." in errors


async def test_a_vote_without_a_number_is_for_the_newest_ballot(run: Run, core: SmallCore) -> None:
    await run("/compare llama vs mistral", "/compare llama vs mistral", "/digest on", "+1", "+2 #1")
    assert {(where.id, option) for where, _, option in core.marks} == {("2", 1), ("1", 2)}


async def test_a_tools_card_takes_ship_one_and_skip(run: Run, page: StringIO, core: SmallCore) -> None:
    status, _ = await run("/tool mistral code", "+🚢", "-1", "+⏩")
    assert status == 0
    assert [(option, on) for (_, _, option), on in core.marks.items()] == [(1, False), (0, True)]
    assert "ada: ship Mistral Code on #1\n" in page.getvalue()
    assert "ada: skip Mistral Code on #1\n" in page.getvalue()


async def test_a_mark_made_twice_says_that_nothing_changed(run: Run, page: StringIO) -> None:
    assert (await run("/compare llama vs mistral", "+1", "+1", "-2"))[0] == 0
    assert page.getvalue().count("Nothing changed.") == 2


async def test_a_bare_number_presses_the_button_of_the_newest_reply_that_had_any(
    run: Run, page: StringIO, core: SmallCore
) -> None:
    await run("/compare llama vs mistral", "/digest on", "1")
    assert core.asked[-1].text == "/compare code-llama-4-70b-400b vs mistral-8x22b-v2 --reviews"
    assert "→ /compare code-llama-4-70b-400b vs mistral-8x22b-v2 --reviews\nonly you see this\n" in page.getvalue()


async def test_private_and_failed_replies_stay_out_of_the_transcript(run: Run, transcript: MemoryTranscript) -> None:
    await run("/compare a vs b --reviews", "/nosuch", "/digest on")
    assert [(message.number, message.ballot) for message in transcript.messages] == [(1, None)]


async def test_whoever_types_is_the_asker_in_the_readers_zone(run: Run, core: SmallCore) -> None:
    await run("/as bob", "/digest on")
    request = core.asked[-1]
    assert (request.team, request.channel, request.asker.id, request.asker.zone) == (
        TEAM,
        Channel("general"),
        "bob",
        "Europe/Paris",
    )
    assert request.asker.full_member
    assert request.asker.manager


async def test_quit_ends_the_script(run: Run, core: SmallCore) -> None:
    assert (await run("/quit", "/digest on"))[0] == 0
    assert core.asked == []


async def test_a_second_session_votes_on_what_the_first_one_posted(
    run: Run, room: TerminalChannel, core: SmallCore, transcript: MemoryTranscript
) -> None:
    await run("/compare llama vs mistral")
    later = TerminalChannel(core, transcript, Screen(Console(file=StringIO(), width=80)))
    assert await chat(later, person="bob", lines=typed("+1"), errors=StringIO()) == 0
    assert core.marks == {(Message("terminal", "general", "1"), "bob", 1): True}


async def test_a_ballot_left_unopened_by_a_crash_opens_with_its_first_vote(
    run: Run, core: SmallCore, page: StringIO
) -> None:
    await run("/compare llama vs mistral")
    core.open.clear()
    assert (await run("+2"))[0] == 0
    assert core.marks == {(Message("terminal", "general", "1"), "ada", 2): True}


async def test_the_transcript_does_not_keep_who_asked(
    run: Run, transcript: MemoryTranscript, room: TerminalChannel
) -> None:
    await run("/compare llama vs mistral")
    assert "bob" not in transcript.messages[0].body
    assert (await room.reply(1)).ballot.tools == (1, 2)


async def test_a_message_in_words_of_another_version_is_passed_over(
    room: TerminalChannel, transcript: MemoryTranscript
) -> None:
    await transcript.append("general", "shipworthy", '{"plain": "x", "blocks": [{"kind": "hologram"}]}')
    await transcript.append("general", "shipworthy", "not json")
    assert await room.earlier(3) == []


async def test_a_new_session_shows_the_last_three_messages_with_todays_votes(
    run: Run, page: StringIO, room: TerminalChannel
) -> None:
    await run("/compare llama vs mistral", "/digest on", "/digest on", "+1")
    page.truncate(0)
    await run("/digest on", "+2")
    page.truncate(0)
    page.seek(0)
    await Session(room, "bob").greet()
    shown = page.getvalue()
    assert shown.startswith("Earlier in this channel\n-- #2 ---")
    assert "You are bob." in shown
    assert [shown.count(f"#{number} ") for number in (1, 2, 3, 4)] == [0, 1, 1, 1]


async def test_an_earlier_ballot_is_drawn_with_todays_votes(run: Run, page: StringIO, room: TerminalChannel) -> None:
    await run("/compare llama vs mistral", "+1")
    page.truncate(0)
    page.seek(0)
    await Session(room, "bob").greet()
    assert "100% ship · 1 of 1" in page.getvalue()


async def test_what_is_due_is_done_between_lines_and_its_failure_ends_nothing(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = []

    async def tick() -> None:
        ticks.append(1)
        raise RuntimeError("no digest today")

    assert (await run("/digest on", "/digest on", on_tick=tick))[0] == 0
    assert len(ticks) == 3
    assert "no digest today" in caplog.text


async def test_a_digest_is_in_the_transcript_and_printed_and_can_be_found(
    room: TerminalChannel, page: StringIO
) -> None:
    digest = Reply("This week.", (Lead(text("This week.")),), digest=41)
    posted = await room.post_digest(TEAM, room.channel, digest)
    assert posted == Message("terminal", "general", "1")
    assert await room.find_digest(TEAM, room.channel, 41) == posted
    assert await room.find_digest(TEAM, room.channel, 42) is None
    assert "This week." in page.getvalue()


async def test_a_digest_for_another_channel_waits_there(
    room: TerminalChannel, page: StringIO, core: SmallCore, transcript: MemoryTranscript
) -> None:
    digest = Reply("This week.", (Lead(text("This week.")),), digest=41)
    posted = await room.post_digest(TEAM, Channel("design"), digest)
    assert posted == Message("terminal", "design", "1")
    assert page.getvalue() == ""
    assert (await TerminalChannel(core, transcript, room.screen, "design").earlier(3))[0][1] == digest


async def test_a_ballot_that_cannot_be_opened_now_is_shown_and_opens_later(
    run: Run, core: SmallCore, page: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(message: Message, reply: Reply) -> None:
        raise Unavailable("busy")

    monkeypatch.setattr(core, "posted", closed)
    assert (await run("/compare llama vs mistral"))[0] == 0
    assert "#1" in page.getvalue()
    monkeypatch.undo()
    assert (await run("+1"))[0] == 0


async def test_bytes_that_are_not_utf8_and_terminal_escapes_in_a_script_do_no_harm(
    room: TerminalChannel, page: StringIO
) -> None:
    stream = io.BytesIO(b"\xef\xbb\xbf/compare a vs b\r\n\xff\xfe \x1b[2Jhello\n/as \x1b[31m\n+\xf0\x9f\x94\xb5")
    errors = StringIO()
    assert await chat(room, person="ada", lines=script(stream), errors=errors) == 1
    assert errors.getvalue().startswith("line 3: Type /as")
    assert "ada> \ufffd\ufffd hello\n" in page.getvalue()
    assert "\x1b" not in page.getvalue()
    assert "ada: ship 🔵" in page.getvalue()


async def test_what_an_encoding_cannot_write_is_replaced(core: SmallCore, transcript: MemoryTranscript) -> None:
    raw = io.BytesIO()
    page = io.TextIOWrapper(raw, encoding="ascii")
    room = TerminalChannel(core, transcript, Screen(Console(file=page, width=80)))
    assert await chat(room, person="ada", lines=typed("/compare a vs b", "+1"), errors=StringIO()) == 0
    assert b"ada: ship ? Code Llama 4 (70B & 400B) on #1" in raw.getvalue()

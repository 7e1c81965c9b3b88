"""What Discord sends, read: any words in any option, any button, and where a thing was typed or pressed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import buttons, imprint, inbound, signs
from adapters.discord.inbound import Place
from commands import compare, tool
from commands.core import COMMANDS
from commands.declare import Command, Kind
from commands.errors import CommandError
from commands.model import Asker, Ballot, BallotKind, Channel, Message, TeamKey, Via
from tests.adapters.discord.replies import ballots

GUILD, GENERAL, ADA, BOT = "900000000000000001", "700000000000000001", "800000000000000001", "600000000000000001"
ADDRESS = Message("discord", GENERAL, "5")
BALLOT = Ballot(7, 0, BallotKind.COMPARISON, (1, 2), Channel(GENERAL), ADA)
BY_NAME = {command.name: command for command in COMMANDS}


def sent(data: dict[str, Any], *, permissions: int = 0, **more: object) -> dict[str, Any]:
    """An interaction as Discord sends it."""
    about: dict[str, Any] = {"id": "1", "token": "t", "application_id": BOT, "guild_id": GUILD, "channel_id": GENERAL}
    about |= {"member": {"user": {"id": ADA}, "permissions": str(permissions)}, "app_permissions": "1024"}
    return about | {"data": data} | more


def pressed(custom_id: str, *, flags: int = 0, **message: object) -> inbound.Press:
    payload = sent({"custom_id": custom_id}, message={"id": "5", "flags": flags} | message)
    return inbound.press(payload, inbound.place(payload, private=False))


def filled(name: str, /, **options: object) -> dict[str, Any]:
    return sent({"name": name, "options": [{"name": key, "value": value} for key, value in options.items()]})


def test_a_place_is_where_and_who_with_what_the_bot_may_do_there() -> None:
    assert inbound.place(sent({}), private=True) == Place(
        GUILD, Channel(GENERAL, private=True), Asker(ADA), "1", "t", BOT, 1024
    )
    assert inbound.place(sent({}), private=True).team == TeamKey("discord", GUILD)


@pytest.mark.parametrize(("permissions", "manager"), [(0, False), (1 << 5, True), (1 << 3, True), (1 << 13, False)])
def test_who_manages_the_server_is_told_by_their_permissions(permissions: int, *, manager: bool) -> None:
    assert inbound.place(sent({}, permissions=permissions), private=False).person.manager == manager


def test_who_has_not_accepted_the_rules_yet_is_no_full_member() -> None:
    payload = sent({})
    payload["member"]["pending"] = True
    assert not inbound.place(payload, private=False).person.full_member
    assert inbound.place(sent({}), private=False).person.full_member


@given(st.sampled_from(COMMANDS), st.data())
def test_whatever_is_filled_in_makes_a_line_of_its_command(command: Command, data: st.DataObject) -> None:
    kinds = {each.name: st.booleans() if each.kind is Kind.FLAG else st.text() for each in command.parameters}
    options = data.draw(st.fixed_dictionaries({}, optional=kinds))
    line = inbound.typed(filled(command.name, **options), COMMANDS)
    assert line.partition(" ")[0] == f"/{command.name}"
    assert "\n" not in line


@pytest.mark.parametrize(
    ("interaction", "line"),
    [
        (filled("compare", a="x", b="y z", d="w", quiet=True), "/compare x vs y z vs w --quiet"),
        (filled("compare", b="y", a="x", quiet=False), "/compare x vs y"),
        (filled("alias", word="fast one", tool="x"), "/alias fast one = x"),
        (filled("alias", word="fast one"), "/alias fast one ="),
        (filled("digest", action="on", when="Fri 16:30"), "/digest on Fri 16:30"),
        (filled("tools"), "/tools"),
        (sent({"name": "help"}), "/help"),
    ],
)
def test_a_slash_command_is_a_line_of_the_core(interaction: dict[str, Any], line: str) -> None:
    assert inbound.typed(interaction, COMMANDS) == line


def test_a_command_that_is_no_more_is_said_to_be_so() -> None:
    with pytest.raises(CommandError, match="no longer known"):
        inbound.typed(filled("vote"), COMMANDS)


@given(st.text())
def test_what_is_typed_of_a_tool_is_completed_as_it_is(text: str) -> None:
    focused = {"name": "b", "value": text, "focused": True}
    assert inbound.completed(sent({"name": "compare", "options": [{"name": "a"}, focused]}), BY_NAME) == text
    assert inbound.completed(sent({"name": "compare", "options": [{"name": "a"}]}), BY_NAME) is None
    assert inbound.completed(sent({"name": "tools", "options": [focused | {"name": "words"}]}), BY_NAME) is None
    assert inbound.completed(sent({"name": "gone", "options": [focused]}), BY_NAME) is None


@given(st.text(max_size=100), st.booleans())
def test_any_button_can_be_pressed(custom_id: str, alone: bool) -> None:  # noqa: FBT001
    press = pressed(custom_id, flags=inbound.EPHEMERAL * alone)
    assert press.alone == alone
    json.dumps(press.line)


@given(st.sampled_from(["vote:", "vote:1:", "pick:1:0:", "page:1:", "reviews:", "remove:", "bookmark:"]), st.text())
def test_what_is_no_ballot_is_none(what: str, rest: str) -> None:
    press = pressed(what + rest)
    assert press.ballot is None or imprint.read(rest) is not None
    assert not press.removes or press.ballot is not None


@given(ballots, st.integers(0, 4))
def test_a_button_of_a_ballot_says_what_it_does_and_to_which(ballot: Ballot, option: int) -> None:
    written = imprint.write(ballot)
    vote, remove = pressed(f"vote:{option}:{written}"), pressed(f"remove:{written}")
    read, save = pressed(f"reviews:{written}"), pressed(f"bookmark:{written}")
    assert (vote.option, remove.removes, read.reads, save.saves) == (option, True, True, True)
    assert [press for press in (vote, remove, read, save) if press.removes] == [remove]
    assert [press for press in (vote, remove, read, save) if press.reads] == [read]
    assert [press for press in (vote, remove, read, save) if press.saves] == [save]
    for press in (vote, remove, read, save):
        assert press.ballot is not None
        assert (press.ballot.id, press.ballot.tools, press.ballot.message) == (ballot.id, ballot.tools, ADDRESS)
        assert press.line is None


def test_in_a_message_for_one_person_a_button_names_a_ballot_that_stands_elsewhere() -> None:
    written = imprint.write(BALLOT)
    for custom_id in (f"pick:2:1:{written}", f"page:3:{written}", f"vote:1:{written}"):
        press = pressed(custom_id, flags=inbound.EPHEMERAL)
        assert press.ballot is not None
        assert (press.ballot.id, press.ballot.message) == (7, None)


def test_a_command_is_read_off_its_button_or_where_it_was_too_long_off_the_message() -> None:
    assert pressed("run:0:/tools mistral").line == "/tools mistral"
    shown = [{"description": "-# Button 2 runs `/compare a vs b`"}]
    assert pressed("line:1", embeds=shown).line == "/compare a vs b"
    assert pressed("line:0", embeds=shown).line is None
    assert {buttons.READ, buttons.SAVE} == {"reviews", "bookmark"}


def test_what_stands_behind_the_buttons_of_a_ballot_are_the_cores_own_lines() -> None:
    assert buttons.READ_LINE.fullmatch(compare.line_for(["a", "b"], "--reviews"))
    assert tool.COMMAND.name == "tool"


@given(st.integers(0, 2**40))
def test_an_id_tells_when_its_message_was_posted(ms: int) -> None:
    assert inbound.posted_us(str(ms << 22 | 5)) == (ms + inbound.EPOCH_MS) * 1_000


def reacted(emoji: str | None, /, **more: object) -> dict[str, Any]:
    """A reaction as Discord tells of it."""
    told: dict[str, Any] = {"guild_id": GUILD, "channel_id": GENERAL, "message_id": "5", "user_id": ADA, "type": 0}
    return told | {"emoji": {"id": None, "name": emoji}, "burst": False} | more


@given(st.text(max_size=5) | st.sampled_from([*signs.CIRCLES, signs.SKIP, signs.SHIP, "\N{VARIATION SELECTOR-16}"]))
def test_only_the_reactions_of_ballots_are_marks(emoji: str) -> None:
    found = inbound.reaction(reacted(emoji), BOT, active=True)
    assert (found is not None) == (signs.read(emoji) is not None)
    if found:
        assert found.guild == GUILD
        assert (found.mark.ballot, found.mark.person, found.mark.via) == (ADDRESS, ADA, Via.REACTION)


@pytest.mark.parametrize("active", [True, False])
def test_a_reaction_says_whether_it_was_put_on_and_is_super_and_whose_message_it_is_on(*, active: bool) -> None:
    theirs = inbound.reaction(reacted(signs.SKIP), BOT, active=active)
    ours = inbound.reaction(reacted(signs.SKIP, message_author_id=BOT, burst=True), BOT, active=active)
    assert theirs
    assert ours
    assert (theirs.mark.active, theirs.ours, theirs.burst) == (active, False, False)
    assert (ours.mark.active, ours.ours, ours.burst) == (active, True, True)


@pytest.mark.parametrize(
    "told",
    [
        reacted(signs.SKIP, user_id=BOT),
        reacted(signs.SKIP, member={"user": {"id": ADA, "bot": True}}),
        reacted(signs.SKIP, message_author_id=ADA),
        reacted(signs.SKIP, emoji={"id": "7", "name": signs.SKIP}),
        reacted(None, emoji={"id": "7", "name": None}),
        {name: value for name, value in reacted(signs.SKIP).items() if name != "guild_id"},
    ],
)
def test_a_reaction_of_a_bots_on_anothers_message_of_a_servers_own_emoji_or_in_private_is_no_vote(
    told: dict[str, Any],
) -> None:
    assert inbound.reaction(told, BOT, active=True) is None

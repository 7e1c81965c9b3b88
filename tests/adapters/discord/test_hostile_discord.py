"""A catalogue that means ill: nothing in names and words mentions, links or formats, wherever it is shown."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.model import Seat, Wording
from tests.adapters.discord.pressing import ask, labels, press, says, whisper
from tests.adapters.discord.reading import marks, texts
from tests.adapters.discord.running import World
from tests.contracts.make import entry, ignore, review
from tests.discord_server.permissions import Can
from tests.discord_server.server import Discord
from tests.discord_server.things import Message

NAMES = (
    "Evil @everyone <@1> <@&1>",
    "Evil *bold* _it_ ~~no~~ `code` ||no||",
    "Evil :ship: https://evil.example/x @here <#1>",
    "Evil [click](https://evil.example) > quote -# small",
)
WORDS = "\n".join(
    (
        *NAMES,
        "<@!1> <:ship:1> <a:ship:1> </compare:1> <t:1:R> <id:customize> discord.gg/evil",
        "# evil heading\n> evil quote\n- item\n1. item\n```evil```\n-# evil small",
        "<https://evil.example> [`](x) ``evil`` \u202eevil\u2066 __evil__ ***evil***",
    )
)
OURS = {"bold", "code", "fence", "small", "quote", "item", "heading"}
"""What our own messages do with words; of these, nothing may begin or end within a word that is not ours."""


@pytest.fixture
async def harbour(tmp_path: Path) -> AsyncIterator[World]:
    async with Discord() as discord, World(tmp_path, discord).connected() as world:
        said = dict.fromkeys(("maker", "tagline", "best_for", "description", "pricing", "licence", "sizes"), WORDS)
        reviews = tuple(review(seat, words=WORDS, wording=Wording.QUOTE, score=50) for seat in Seat)
        entries = [
            entry(f"evil-{place}", name=name, entry=NAMES[0], qualifier=NAMES[1], reviews=reviews, **said)
            for place, name in enumerate(NAMES)
        ]
        await world.store.catalogue.load(entries, categories={}, progress=ignore)
        yield world


def sent(discord: Discord) -> Iterator[dict[str, Any]]:
    """Everything the bot sent to be shown, whatever the call was."""
    for name in ("callback", "edit_response", "post_followup", "post_message", "edit_message"):
        for call in discord.calls_of(name):
            body = call.json.get("data", call.json)
            if name != "callback" or "choices" not in body:
                yield body


def messages(world: World) -> list[Message]:
    """All that anybody was shown."""
    return [one for channel in world.guild.channels.values() for one in [*channel.messages.values(), *channel.whispers]]


def wrongs(world: World, payload: dict[str, Any]) -> Iterator[str]:
    """What a client would do with words that are not ours, other than show them."""
    home = f"https://discord.com/channels/{world.guild.id}/"
    for written in texts(payload):
        for mark in marks(written):
            ours = mark.kind in OURS or (mark.kind == "link" and mark.text.startswith(home))
            timed = mark.kind == "angle" and re.fullmatch(r"t:\d+:[DFf]", mark.text)
            named = mark.kind == "angle" and mark.text.lstrip("@#") in {world.general.id, *world.discord.people}
            if not (ours or timed or named) or (mark.kind in ("small", "quote", "heading") and "evil" in mark.text):
                yield f"{mark} in {written!r}"


async def shows_all(world: World) -> int:
    """Let the bot show its catalogue in all ways; how many payloads it took."""
    discord, general = world.discord, world.general
    boss = discord.person(world.guild, "Boss", discord.role(world.guild, "Bosses", Can.MANAGE_GUILD))
    message = await world.compare(a="evil-0", b="evil-1", c="evil-2", d="evil-3")
    discord.react(world.ann, message, "🔵")
    await says(world, message, "1 of 1")
    lines: tuple[tuple[str, dict[str, str | bool]], ...] = (
        ("tool", {"name": "evil-2"}),
        ("tool", {"name": "evil-2", "quiet": True}),
        ("alias", {"word": "zebra", "tool": "evil-3"}),
        ("alias", {}),
        ("bookmark", {"name": "evil-0"}),
        ("bookmark", {"name": "evil"}),
        ("bookmarks", {}),
        ("tools", {"words": "evil"}),
        ("mydata", {}),
        ("digest", {"action": "on"}),
        ("digest", {"action": "preview"}),
        ("digest", {"action": "now"}),
        ("compare", {"a": "evil", "b": "evil-1"}),
    )
    for name, options in lines:
        await ask(world, name, options, by=boss)
    choice = discord.whispers(general, boss)[-1]
    assert [label for label in labels(choice) if label.startswith("Pick Evil")]
    await press(world, world.ben, message, "Bookmark")
    await press(world, world.ben, message, "Read reviews")
    reader = await whisper(world, world.ben, after=1)
    for seat in ("Skeptic", "Founder"):
        await press(world, world.ben, reader, seat)
    await press(world, world.ben, reader, "Ship Evil @")
    return len(list(sent(discord)))


@pytest.mark.parametrize("denied", [None, Can.EMBED_LINKS, Can.ADD_REACTIONS])
async def test_whatever_a_catalogue_says_is_only_ever_shown(harbour: World, denied: Can | None) -> None:
    if denied == Can.ADD_REACTIONS:
        strict = harbour.discord.channel(harbour.guild, "strict")
        harbour.discord.overwrite(strict, harbour.discord.bot, deny=denied)
        message = await ask(harbour, "compare", {"a": "evil-0", "b": "evil-1"}, channel=strict)
        await press(harbour, harbour.ben, message, "Ship Evil @")
        await says(harbour, message, "1 of 1")
    else:
        if denied:
            harbour.discord.overwrite(harbour.general, harbour.discord.bot, deny=denied)
        assert await shows_all(harbour) >= 20
    payloads = list(sent(harbour.discord))
    assert any("vil" in str(payload) for payload in payloads)
    assert [wrong for payload in payloads for wrong in wrongs(harbour, payload)] == []
    assert all(payload.get("allowed_mentions", {"parse": []}) == {"parse": []} for payload in payloads)
    assert [one.pings() for one in messages(harbour) if one.author is harbour.discord.bot and one.pings()] == []


async def test_what_is_offered_for_completion_is_words(harbour: World) -> None:
    offered = await harbour.discord.autocomplete(harbour.ann, harbour.general, "tool", {"name": "evil"})
    assert {choice["value"] for choice in offered} == {f"evil-{place}" for place in range(len(NAMES))}
    assert all(len(choice["name"]) <= 100 and "\n" not in choice["name"] for choice in offered)


@pytest.mark.parametrize("typed", [*NAMES, WORDS[:350], "@everyone", "<@1>", "`", "\\", "> @here"])
async def test_what_people_type_is_said_back_as_words(harbour: World, typed: str) -> None:
    for name, options in (
        ("tool", {"name": typed}),
        ("compare", {"a": typed, "b": "mistral-code"}),
        ("tools", {"words": typed}),
        ("alias", {"word": typed, "tool": "mistral-code"}),
        ("help", {"command": typed}),
    ):
        await ask(harbour, name, options)
    assert [wrong for payload in sent(harbour.discord) for wrong in wrongs(harbour, payload)] == []
    assert [one.pings() for one in messages(harbour) if one.pings()] == []

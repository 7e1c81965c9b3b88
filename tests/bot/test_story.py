"""One story in a terminal, on Slack and on Discord: the same votes end in the same standings and the same words."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests import program
from tests.adapters.slack.running import shown
from tests.bot.house import House
from tests.discord_server.server import Discord
from tests.discord_server.things import Message as Post
from tests.slack_server.server import Slack

PAIR = "mistral code vs mistral 8x22b"
TOOLS = {"a": "mistral code", "b": "mistral 8x22b"}
WEEKLY = "monday 09:00 Europe/Berlin"
SIGNS = {":large_blue_circle:": "🔵", ":large_orange_circle:": "🟠"}
BLUE, ORANGE = "🔵", "🟠"

ACTS = (
    ("Ann", BLUE, True),
    ("Ben", BLUE, True),
    ("Ben", BLUE, False),
    ("Ben", ORANGE, True),
    ("Cy", BLUE, True),
    ("Dee", BLUE, True),
    ("Dee", BLUE, False),
)
"""Who puts which reaction on, or takes it off: Ben thinks again, and Dee thinks better of it."""


@dataclass(frozen=True)
class Told:
    """What a platform shows of what the core says."""

    lead: str
    figures: tuple[str, ...]
    head: str
    digest_counts: str
    digest_lead: str
    digest_head: str

    @classmethod
    def read(cls, standing: str, digest: str) -> "Told":
        """Find it on two pages: the standing when the same tools are compared again, and the week's digest."""
        standing, digest = plain(standing), plain(digest)
        return cls(
            lead=found(r"The panel ships.*?\.", standing),
            figures=tuple(re.findall(r"\d+% ship · \d+ of \d+", standing)),
            head=found(r"🔵 Mistral Code \d+ to \d+ 🟠 Mistral 8x22B v2", standing),
            digest_counts=found(r"\d+ comparisons? · \d+ votes? in this channel", digest),
            digest_lead=found(r"Most voted on here: .*?\.", digest),
            digest_head=found(r"🔵 Mistral Code \d+ to \d+ 🟠 Mistral 8x22B v2", digest),
        )


EXPECTED = Told(
    lead="The panel ships both, but the Founder skips 🟠 Mistral 8x22B v2.",
    figures=("67% ship · 2 of 3", "33% ship · 1 of 3"),
    head="🔵 Mistral Code 2 to 1 🟠 Mistral 8x22B v2",
    digest_counts="1 comparison · 3 votes in this channel",
    digest_lead="Most voted on here: 🔵 Mistral Code vs 🟠 Mistral 8x22B v2.",
    digest_head="🔵 Mistral Code 2 to 1 🟠 Mistral 8x22B v2",
)


def plain(page: str) -> str:
    """A page without what a platform adds to the words: marks of emphasis, names of emoji, and how lines break."""
    for name, sign in SIGNS.items():
        page = page.replace(name, sign)
    return re.sub(r" (?=[.,])", "", " ".join(re.sub(r"[*_]", "", page).split()))


def found(pattern: str, page: str) -> str:
    """The first place that fits."""
    match = re.search(pattern, page)
    assert match, f"{pattern} is not in {page}"
    return match[0]


class Stage(Protocol):
    """Where the story happens."""

    async def vote(self) -> None:
        """Compare two tools, and let everybody vote and think again."""

    async def look(self) -> Told:
        """Compare the same again, in another run of the program, and ask for the digest now."""


class InTerminal:
    """The story, typed."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def vote(self) -> None:
        votes = (
            line
            for name, sign, on in ACTS
            for line in (f"/as {name}", f"{'+' if on else '-'}{1 if sign == BLUE else 2}")
        )
        await self._type(f"/compare {PAIR}", *votes)

    async def look(self) -> Told:
        standing = await self._type(f"/compare {PAIR} --quiet")
        return Told.read(standing, await self._type(f"/digest on {WEEKLY}", "/digest now"))

    async def _type(self, *lines: str) -> str:
        db = str(self._house.folder / "shipworthy.db")
        script = "".join(f"{line}\n" for line in lines)
        done = await asyncio.to_thread(
            program.run, "chat", "--as", "Ann", "--db", db, folder=self._house.folder, script=script, COLUMNS="240"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


class OnSlack:
    """The story in Slack, by Socket Mode."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._slack = house.slack
        self._people = {"Ann": house.ann, "Ben": house.ben}
        for name in ("Cy", "Dee"):
            self._people[name] = person = self._slack.person(house.team, name)
            house.general.members.append(person.id)

    async def vote(self) -> None:
        message = await self._house.compare(PAIR)
        names = {sign: name.strip(":") for name, sign in SIGNS.items()}
        for name, sign, on in ACTS:
            act = self._slack.react if on else self._slack.unreact
            assert (await act(self._people[name], message, names[sign])).acked
        await self._slack.until(lambda: EXPECTED.figures[0] in plain(shown(message.blocks)))

    async def look(self) -> Told:
        slack, ann, room = self._slack, self._people["Ann"], self._house.general
        seen = len(slack.whispers(room, ann))
        await slack.command(ann, room, "/compare", f"{PAIR} --quiet")
        [standing] = await slack.until(lambda: slack.whispers(room, ann)[seen:])
        await self._house.answered(f"digest on {WEEKLY}")
        await self._house.answered("digest now")
        digests = await slack.until(
            lambda: [one for one in slack.messages(room) if "shipworthy_digest" in str(one.metadata)]
        )
        return Told.read(shown(standing.blocks), shown(digests[0].blocks))


class OnDiscord:
    """The story in Discord."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._discord = house.discord
        self._people = {name: house.discord.person(house.guild, name) for name in ("Ann", "Ben", "Cy", "Dee")}

    async def vote(self) -> None:
        message = await self._house.compare_on_discord(**TOOLS)
        for name, sign, on in ACTS:
            act = self._discord.react if on else self._discord.unreact
            act(self._people[name], message, sign)
        await self._discord.until(lambda: EXPECTED.figures[0] in plain(written(message)))

    async def look(self) -> Told:
        discord, room = self._discord, self._house.room
        used = await discord.command(self._people["Ann"], room, "compare", TOOLS | {"quiet": True})
        standing = await discord.answered(used)
        for words in ({"action": "on", "when": WEEKLY}, {"action": "now"}):
            await discord.answered(await discord.command(self._house.guild.owner, room, "digest", words))
        digests = await discord.until(
            lambda: [one for one in discord.messages(room) if "This week in AI tools" in written(one)]
        )
        return Told.read(written(standing), written(digests[0]))


def written(message: Post) -> str:
    """All the words in a message on Discord, in order."""

    def words(part: object) -> str:
        if isinstance(part, list):
            return " ".join(map(words, part))
        if not isinstance(part, dict):
            return ""
        own = [part[name] for name in ("title", "description", "name", "value", "content") if part.get(name)]
        return " ".join([*map(str, own), *(words(inner) for inner in part.values())])

    return f"{words(message.embeds)} {words(message.components)}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Slack() as slack, Discord() as discord:
        yield House(tmp_path, slack, discord)


async def test_the_same_votes_end_in_the_same_standings_and_the_same_words_everywhere(house: House) -> None:
    terminal = InTerminal(house)
    chats: tuple[Stage, ...] = (OnSlack(house), OnDiscord(house))
    settings = house.by_socket() | house.by_discord()
    await terminal.vote()
    async with house.running(**settings):
        await asyncio.gather(*(stage.vote() for stage in chats))
    async with house.running(**settings):
        told = await asyncio.gather(*(stage.look() for stage in chats))
    assert [await terminal.look(), *told] == [EXPECTED] * 3
    assert [line for line in house.said.splitlines() if " WARNING " in line or " ERROR " in line] == []
    house.assert_no_secret()

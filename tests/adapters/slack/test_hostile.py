"""A catalogue that means ill: nothing in names and words mentions, links or formats, wherever it is shown."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import signs
from commands.model import BallotKind, Seat, Wording
from tests.adapters.slack.pressing import labels, modal, press
from tests.adapters.slack.reading import marks, objects
from tests.adapters.slack.running import World
from tests.contracts.make import entry, ignore, review
from tests.slack_server.server import Slack

OURS = {name for kind in BallotKind for count in (1, 4) for name in signs.seeds(kind, count)}
NAMES = (
    "Evil <!channel> <@U000006>",
    "Evil *bold* _it_ ~no~ `code`",
    "Evil :ship: https://evil.example/x @here #general",
    "Evil &lt;!here&gt; <https://evil.example|click> > quote",
)
WORDS = "\n".join(
    (
        *NAMES,
        "<!here> <!subteam^S1> <#C1> mailto:a@evil.example www.evil.example",
        "> evil quote\n- item\n1. item\n• item\n```evil```",
        "<!date^1^{date}^https://evil.example|x> ::ship:: :+1::skin-tone-2: \u202eevil\u2066",
    )
)


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[World]:
    async with Slack() as slack, World(tmp_path, slack).connected() as world:
        said = dict.fromkeys(("maker", "tagline", "best_for", "description", "pricing", "licence", "sizes"), WORDS)
        reviews = tuple(review(seat, words=WORDS, wording=Wording.QUOTE, score=50) for seat in Seat)
        entries = [
            entry(f"evil-{place}", name=name, entry=NAMES[0], qualifier=NAMES[1], reviews=reviews, **said)
            for place, name in enumerate(NAMES)
        ]
        await world.store.catalogue.load(entries, categories={}, progress=ignore)
        yield world


def sent(slack: Slack) -> Iterator[dict[str, Any]]:
    """Everything the bot sent to be shown: messages and views, whatever the call was."""
    for call in slack.calls:
        for name in ("blocks", "view"):
            held = call.arguments.get(name)
            if held:
                yield {"blocks": json.loads(held) if isinstance(held, str) else held}
        if "text" in call.arguments:
            yield {"type": "mrkdwn", "text": call.arguments["text"]}


def wrongs(world: World, payload: dict[str, Any]) -> Iterator[str]:
    """What a client would do with words that are not ours, other than show them."""
    for shown in objects(payload, "mrkdwn"):
        for mark in marks(shown["text"]):
            ours = {
                "bold": True,
                "date": "vil" not in mark.text,
                "code": "vil" not in mark.text,
                "emoji": mark.text in OURS or mark.text.endswith("_square"),
                "mention": mark.text == f"#{world.general.id}",
                "link": mark.text.startswith(world.team.url),
            }
            if not ours.get(mark.kind, False):
                yield f"{mark} in {shown['text']!r}"
    for kind in ("user", "usergroup", "broadcast"):
        yield from map(str, objects(payload, kind))
    yield from (str(link) for link in objects(payload, "link") if not link["url"].startswith(world.team.url))
    yield from (str(emoji) for emoji in objects(payload, "emoji") if emoji["name"] not in OURS)
    yield from (str(plain) for plain in objects(payload, "plain_text") if plain["emoji"])


async def test_whatever_a_catalogue_says_is_only_ever_shown(acme: World) -> None:
    slack, ann, general = acme.slack, acme.ann, acme.general
    message = await acme.compare("evil-0 vs evil-1 vs evil-2 vs evil-3")
    await slack.react(ann, message, "large_blue_circle")
    await slack.until(lambda: message.edits)
    for line in ("tool evil-2", "alias zebra = evil-3", "digest on", "digest now", "bookmark evil-0", "tools evil"):
        before = len(general.messages) + len(general.whispers)
        await slack.command(ann, general, "/shipworthy", line)
        await slack.until(lambda: len(general.messages) + len(general.whispers) > before)  # noqa: B023
    await slack.command(acme.ben, general, "/compare", "evil vs evil-1")
    choice = await acme.whisper(acme.ben)
    assert [label for label in labels(choice) if label.startswith("Pick Evil")]
    await press(acme, acme.ben, message, "Bookmark ")
    await acme.whisper(acme.ben, after=1)
    await press(acme, acme.ben, message, "Read all reviews")
    await press(acme, acme.ben, await modal(acme, acme.ben), "Ship Evil")
    for line in ("bookmarks", "mydata", "digest preview", "alias", "tool evil-0 --quiet"):
        before = len(slack.whispers(general, ann))
        await slack.command(ann, general, "/shipworthy", line)
        await acme.whisper(after=before)
    await slack.command(ann, general, "/compare")
    form = await modal(acme, ann)
    options = await slack.suggest(ann, form, "value", "evil", block_id="a")
    assert len(options) == len(NAMES)
    assert not any(option["text"]["emoji"] for option in options)
    await slack.open_home(ann)
    await slack.until(lambda: slack.home(ann))
    payloads = list(sent(slack))
    assert sum("vil" in str(payload) for payload in payloads) > 20
    assert [wrong for payload in payloads for wrong in wrongs(acme, payload)] == []


async def test_what_people_type_is_said_back_as_words(acme: World) -> None:
    typed = (
        "tool <!channel> &lt;@U1&gt; *x* :ship: `y`",
        "<https://evil.example|*b*>",
        "alias *a* &lt;!here&gt; = mistral-code",
    )
    for place, text in enumerate(typed):
        await acme.slack.command(acme.ann, acme.general, "/shipworthy", text)
        await acme.slack.until(
            lambda: len(acme.general.whispers) + len(acme.general.messages) > place  # noqa: B023
        )
    assert [wrong for payload in sent(acme.slack) for wrong in wrongs(acme, payload)] == []

"""The Home tab, and the one line the bot says when it is invited."""

from tests.adapters.slack.pressing import blocks, labels, modal, press, says, words
from tests.adapters.slack.running import PAIR, World
from tests.slack_server.world import Json, Person, View

SECTIONS = ("Your bookmarks", "Your votes", "Compared in your team", "Weekly digests", "Your data")


async def home(world: World, person: Person) -> View:
    """Open the Home tab, and wait for what it shows now."""
    before = world.slack.home(person)
    state = before.hash if before else ""
    await world.slack.open_home(person)

    def drawn() -> View | None:
        view = world.slack.home(person)
        return view if view and view.hash != state else None

    view = await world.slack.until(drawn)
    assert view is not None
    return view


async def drawn(world: World, person: Person) -> list[Json]:
    """All that the Home tab is made of, the ids of channels among it."""
    return blocks(await home(world, person))


async def until_home_says(world: World, person: Person, text: str) -> View:
    def found() -> View | None:
        view = world.slack.home(person)
        return view if view and text in words(view) else None

    view = await world.slack.until(found)
    assert view is not None
    return view


async def bookmark(world: World, person: Person, tool: str) -> None:
    before = len(world.slack.whispers(world.general, person))
    await world.slack.command(person, world.general, "/shipworthy", f"bookmark {tool}")
    await world.whisper(person, after=before)


async def test_the_first_look_says_how_to_begin_and_the_next_does_not(acme: World) -> None:
    async with acme.connected():
        view = await home(acme, acme.ann)
        assert "Welcome" in words(view)
        assert all(section in words(view) for section in SECTIONS)
        assert "/shipworthy digest on" in words(view)
        await home(acme, acme.ann)
        assert "Welcome" not in words(view)
    async with acme.connected():
        assert "Welcome" not in words(await home(acme, acme.ann))
        assert "Welcome" in words(await home(acme, acme.ben))


async def test_another_tab_of_the_app_draws_nothing(acme: World) -> None:
    async with acme.connected():
        await acme.slack.open_home(acme.ann, tab="messages")
    assert acme.slack.home(acme.ann) is None


async def test_it_shows_what_is_the_persons_own_and_nothing_of_anybody_elses(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        await acme.slack.react(acme.ann, message, "large_orange_circle")
        await bookmark(acme, acme.ann, "mistral code")
        mine, other = words(await home(acme, acme.ann)), words(await home(acme, acme.ben))
        ben_saved = labels(await home(acme, acme.ben))
    assert "You have 1 bookmark" in mine
    assert "your team has 1 recent comparison and no weekly digests" in mine
    assert "You ship Mistral 8x22B v2" in mine
    assert "You have no bookmarks and no votes; your team has 1 recent comparison" in other
    assert "Show Mistral Code to me alone" not in ben_saved
    assert message.ts.replace(".", "") in mine


async def test_its_buttons_open_windows_and_what_they_change_is_shown_on_it(acme: World) -> None:
    async with acme.connected():
        await acme.compare()
        view = await home(acme, acme.ann)
        await press(acme, acme.ann, view, "Show the comparison of")
        window = await modal(acme, acme.ann)
        assert "Mistral 8x22B v2" in words(window)
        assert not [label for label in labels(window) if label.startswith(("Post", "Ship"))]
        await press(acme, acme.ann, window, "Bookmark ")
        await says(acme, acme.ann, "Which one do you want to bookmark?")
        await press(acme, acme.ann, window, "Bookmark Mistral 8x22B v2")
        await until_home_says(acme, acme.ann, "You have 1 bookmark ")
        await says(acme, acme.ann, "is bookmarked, for you alone")
    assert len(acme.general.messages) == 1
    assert acme.general.whispers == []


async def test_a_person_is_forgotten_through_it_once_that_is_confirmed(acme: World) -> None:
    async with acme.connected():
        message = await acme.compare()
        await acme.slack.react(acme.ann, message, "large_orange_circle")
        await bookmark(acme, acme.ann, "mistral code")
        view = await home(acme, acme.ann)
        await press(acme, acme.ann, view, "Erase what is stored about you")
        window = await modal(acme, acme.ann)
        assert "Are you sure?" in words(window)
        assert "You have 1 bookmark" in words(await home(acme, acme.ann))
        await press(acme, acme.ann, window, "Erase everything")
        await says(acme, acme.ann, "Everything about you in this team is erased")
        await until_home_says(acme, acme.ann, "You have no bookmarks and no votes")


async def test_it_lists_the_digests_of_channels_the_person_is_in(acme: World) -> None:
    secret = acme.slack.channel(acme.team, "secret", acme.ben, private=True)
    both = acme.slack.channel(acme.team, "both", acme.ann, acme.ben, private=True)
    async with acme.connected():
        for channel in (acme.general, secret, both):
            await acme.slack.command(acme.ben, channel, "/shipworthy", "digest on Mon 09:00")
            await acme.slack.until(lambda: channel.messages or channel.whispers)  # noqa: B023
        mine, other = str(await drawn(acme, acme.ann)), str(await drawn(acme, acme.ben))
    assert secret.id not in mine
    assert all(channel.id in mine for channel in (acme.general, both))
    assert all(channel.id in other for channel in (acme.general, both, secret))


async def test_without_the_permission_to_list_channels_it_lists_public_digests_and_ones_own(acme: World) -> None:
    made = acme.slack.bot(acme.team)
    assert made is not None
    made.scopes -= {"channels:read", "groups:read"}
    secret = acme.slack.channel(acme.team, "secret", acme.ben, acme.ann, private=True)
    async with acme.connected():
        for channel in (acme.general, secret):
            await acme.slack.command(acme.ben, channel, "/shipworthy", "digest on Mon 09:00")
            await acme.slack.until(lambda: channel.messages or channel.whispers)  # noqa: B023
        mine, other = str(await drawn(acme, acme.ann)), str(await drawn(acme, acme.ben))
    assert acme.general.id in mine
    assert secret.id not in mine
    assert secret.id in other


async def test_with_public_channels_alone_to_be_listed_those_are_known(acme: World) -> None:
    made = acme.slack.bot(acme.team)
    assert made is not None
    made.scopes -= {"groups:read"}
    away = acme.slack.channel(acme.team, "away", acme.ben)
    async with acme.connected():
        for channel in (acme.general, away):
            await acme.slack.command(acme.ben, channel, "/shipworthy", "digest on Mon 09:00")
            await acme.slack.until(lambda: channel.messages or channel.whispers)  # noqa: B023
        mine = str(await drawn(acme, acme.ann))
    assert acme.general.id in mine
    assert away.id not in mine


async def test_somebody_in_very_many_channels_has_all_of_them_looked_through(acme: World) -> None:
    for number in range(1_050):
        last = acme.slack.channel(acme.team, f"number-{number}", acme.ann)
    async with acme.connected():
        await acme.slack.command(acme.ann, last, "/shipworthy", "digest on Mon 09:00")
        await acme.slack.until(lambda: last.messages or last.whispers)
        assert last.id in str(await drawn(acme, acme.ann))


async def test_one_line_is_said_when_the_bot_is_invited_and_only_once(acme: World) -> None:
    new = acme.slack.channel(acme.team, "new", acme.ann, with_bot=False)
    async with acme.connected():
        answer = await acme.slack.invite(acme.ann, new)
        await acme.slack.repeat(answer, new_id=True)
        await acme.slack.until(lambda: new.messages)
    [message] = acme.slack.messages(new)
    assert len(message.blocks) == 1
    assert message.text.startswith("I set AI tools side by side")
    assert new.whispers == []


async def test_nothing_is_said_when_it_comes_by_itself_or_somebody_else_is_invited(acme: World) -> None:
    new = acme.slack.channel(acme.team, "new", acme.ann, with_bot=False)
    async with acme.connected():
        await acme.slack.invite(acme.ann, acme.general, acme.slack.person(acme.team, "Cas"))
        await acme.compare(PAIR, channel=new)
    assert acme.general.messages == {}
    assert len(new.messages) == 1


async def test_an_invitation_that_cannot_be_answered_is_left_at_that(acme: World) -> None:
    new = acme.slack.channel(acme.team, "new", acme.ann, with_bot=False)
    async with acme.connected():
        acme.slack.fail("chat.postMessage", error="restricted_action")
        assert (await acme.slack.invite(acme.ann, new)).acked
    assert new.messages == {}
    assert new.whispers == []
    assert [call.method for call in acme.slack.calls].count("chat.postMessage") == 1

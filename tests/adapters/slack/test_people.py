"""Who somebody is, as Slack tells it, and what is done when it does not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.slack import clients, people
from adapters.slack.people import People, Person, read
from adapters.slack.workspaces import Workspace
from tests.slack_server.server import Slack

ORGANISATION = "E1"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as slack:
        yield slack


@pytest.fixture
async def workspace(slack: Slack) -> AsyncIterator[Workspace]:
    async with aiohttp.ClientSession() as session:
        token = slack.token(slack.workspace("T1"))
        client = clients.make(token, api_url=slack.api_url, session=session)
        yield Workspace("T1", "U0", "B0", "", None, token, client, client)


def user(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 - Slack's own shapes
    return {"id": "U1", "team_id": "T1", "name": "ann"} | facts


def seen(enterprise: str | None = None) -> Workspace:
    client = clients.make("xoxb-1", api_url="http://slack.invalid/", session=None)
    return Workspace("T1", "U0", "B0", "", enterprise, "xoxb-1", client, client)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Person("U1", "ann")),
        ({"real_name": "Ann Lee"}, Person("U1", "Ann Lee")),
        ({"real_name": "Ann Lee", "profile": {"display_name": "annie"}}, Person("U1", "annie")),
        ({"tz": "Asia/Kolkata", "tz_offset": 1}, Person("U1", "ann", zone="Asia/Kolkata")),
        ({"tz": None}, Person("U1", "ann")),
        ({"is_bot": True}, Person("U1", "ann", bot=True)),
        ({"id": "USLACKBOT", "is_bot": False}, Person("USLACKBOT", "ann", bot=True)),
        ({"team_id": "T2"}, Person("U1", "ann", outside=True)),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}}, Person("U1", "ann", outside=True)),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": ORGANISATION}}, Person("U1", "ann")),
        ({"is_restricted": True}, Person("U1", "ann", guest=True)),
        ({"is_ultra_restricted": True}, Person("U1", "ann", guest=True)),
        ({"is_admin": True}, Person("U1", "ann", manager=True)),
        ({"is_owner": True}, Person("U1", "ann", manager=True)),
    ],
)
def test_a_person_is_read_as_slack_describes_them(facts: dict[str, Any], expected: Person) -> None:
    assert read(user(**facts), seen(ORGANISATION)) == expected


def test_where_nobody_is_of_an_organisation_another_workspaces_people_are_outside() -> None:
    assert read(user(team_id="T2", enterprise_user={}), seen(None)).outside


def test_guests_and_people_from_outside_are_no_full_members_and_managers_are_managers() -> None:
    assert Person("U1", zone="Europe/Rome").asker.zone == "Europe/Rome"
    assert Person("U1").asker.full_member
    assert not Person("U1", guest=True).asker.full_member
    assert not Person("U1", outside=True).asker.full_member
    assert [Person("U1", manager=yes).asker.manager for yes in (True, False)] == [True, False]


async def test_somebody_is_asked_about_once_by_all_who_ask_at_once_and_afterwards(
    slack: Slack, workspace: Workspace
) -> None:
    ann = slack.person(slack.workspaces["T1"], "Ann")
    known = People()
    found = await asyncio.gather(*(known.get(workspace, ann.id) for _ in range(5)))
    assert [one.name for one in found] == ["Ann"] * 5
    assert await known.names(workspace, [ann.id, "U-nobody"]) == {ann.id: "Ann"}
    assert [call.method for call in slack.calls] == ["users.info"] * 2


async def test_after_an_hour_somebody_is_asked_about_again(
    slack: Slack, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = slack.person(slack.workspaces["T1"], "Ann")
    known = People()
    await known.get(workspace, ann.id)
    ann.display_name = "Anna"
    assert (await known.get(workspace, ann.id)).name == "Ann"
    monkeypatch.setattr(people, "FRESH_S", 0.0)
    assert (await known.get(workspace, ann.id)).name == "Anna"


async def test_where_slack_refuses_somebody_is_their_id_and_asked_about_again(
    slack: Slack, workspace: Workspace
) -> None:
    ann = slack.person(slack.workspaces["T1"], "Ann")
    known = People()
    slack.fail("users.info", error="internal_error")
    assert await known.get(workspace, ann.id) == Person(ann.id)
    assert (await known.get(workspace, ann.id)).name == "Ann"


async def test_who_asks_does_not_wait_for_a_silent_slack_and_its_late_answer_is_remembered(
    slack: Slack, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "ANSWER_WITHIN_S", 0.2)
    ann = slack.person(slack.workspaces["T1"], "Ann", is_bot=True)
    known = People()
    slack.fail("users.info", status=429, retry_after_s=1)
    assert await known.get(workspace, ann.id) == Person(ann.id)
    await slack.until(lambda: len(slack.calls) == 2)
    found = await known.get(workspace, ann.id)
    assert (found.name, found.bot) == ("Ann", True)
    assert len(slack.calls) == 2


async def test_no_more_people_are_remembered_than_there_is_room_for(
    slack: Slack, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_HELD", 2)
    team = slack.workspaces["T1"]
    ann, ben, cyd = (slack.person(team, name) for name in ("Ann", "Ben", "Cyd"))
    known = People()
    for one in (ann, ben, cyd, cyd, ben, ann):
        await known.get(workspace, one.id)
    assert [call.arguments["user"] for call in slack.calls] == [ann.id, ben.id, cyd.id, ann.id]

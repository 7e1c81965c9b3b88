"""Slack installations and states in SQLite, as the SDK asks for them."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Bot, Installation

from bot.storage import installations
from bot.storage.installations import Installations, OrgWideInstall, States, TokenKeyError
from bot.storage.sqlite.database import Database
from bot.storage.store import Store
from commands.errors import CommandError
from tests import stored
from tests.fakes import FakeClock

KEY, OTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
FIRST, SECOND = "xoxb-secret-1", "xoxb-secret-6"
INSTALLED_S = 1_767_355_000.123456
INSTALLED_US = 1_767_355_000_123_456


def install(team: str | None = "T1", bot_token: str = FIRST, **facts: object) -> Installation:
    given = {
        "app_id": "A1",
        "enterprise_id": "E1",
        "enterprise_name": "Acme",
        "team_name": "Acme builders",
        "bot_id": "B1",
        "bot_user_id": "U-bot",
        "bot_scopes": ["commands", "chat:write"],
        "bot_refresh_token": "xoxe-secret-2",
        "bot_token_expires_at": 1_767_400_000,
        "user_id": "U-zebulon",
        "user_token": "xoxp-secret-3",
        "user_refresh_token": "xoxe-secret-4",
        "incoming_webhook_url": "https://hooks.example/secret-5",
        "installed_at": INSTALLED_S,
    }
    return Installation(team_id=team, bot_token=bot_token, **(given | facts))


@pytest.fixture
def kept(sqlite: Store, clock: FakeClock) -> Installations:
    return Installations(sqlite.database, key=KEY, clock=clock)


@pytest.fixture
def states(sqlite: Store, clock: FakeClock) -> States:
    return States(sqlite.database, clock=clock)


@pytest.fixture
async def elsewhere(sqlite: Store, clock: FakeClock) -> AsyncIterator[Store]:
    """The same file, opened a second time."""
    store = await Store.open(sqlite.database.path, clock=clock)
    yield store
    await store.close()


async def bot(kept: Installations, team: str | None = "T1") -> Bot | None:
    return await kept.async_find_bot(enterprise_id="E1", team_id=team)


async def token(kept: Installations, team: str | None = "T1") -> str | None:
    found = await bot(kept, team)
    return found.bot_token if found else None


def execute(store: Store, sql: str) -> None:
    """Change the file behind the program's back."""
    with sqlite3.connect(store.database.path) as conn:
        conn.execute(sql)
    conn.close()


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_bot_is_found_as_it_was_installed(kept: Installations) -> None:
    await kept.async_save(install())
    found = await bot(kept)
    assert found is not None
    assert found.to_dict() == install().to_bot().to_dict()
    assert found.installed_at == INSTALLED_S


async def test_an_installation_is_found_without_anything_of_the_person(kept: Installations) -> None:
    await kept.async_save(install())
    found = await kept.async_find_installation(enterprise_id="E1", team_id="T1")
    assert found is not None
    assert found.to_bot().to_dict() == install().to_bot().to_dict()
    assert (found.user_id, found.user_token, found.user_refresh_token) == ("", None, None)
    assert found.incoming_webhook_url is None
    assert await kept.async_find_installation(enterprise_id="E1", team_id="T1", user_id="U-zebulon") is None


async def test_what_is_given_out_may_be_changed_without_changing_what_is_held(kept: Installations) -> None:
    await kept.async_save(install())
    first = await bot(kept)
    assert first is not None
    first.bot_token = SECOND
    first.bot_scopes.append("admin")
    again = await bot(kept)
    assert again is not None
    assert (again.bot_token, again.bot_scopes) == (FIRST, ["commands", "chat:write"])


async def test_a_workspace_without_an_organisation_or_optional_facts_is_found(kept: Installations) -> None:
    bare = {"enterprise_id": None, "enterprise_name": None, "bot_refresh_token": None, "bot_token_expires_at": None}
    await kept.async_save(install(**bare, bot_scopes=""))
    found = await kept.async_find_bot(enterprise_id=None, team_id="T1")
    assert found is not None
    assert (found.enterprise_id, found.bot_refresh_token, found.bot_scopes) == (None, None, [])


async def test_one_workspace_never_sees_or_loses_what_is_anothers(kept: Installations) -> None:
    for team in ("T1", "T2"):
        await kept.async_save(install(team, f"xoxb-{team}"))
    assert (await token(kept, "T1"), await token(kept, "T2"), await token(kept, "T3")) == ("xoxb-T1", "xoxb-T2", None)
    assert await kept.teams() == ("T1", "T2")
    await kept.async_delete_all(enterprise_id="E1", team_id="T1")
    assert (await token(kept, "T1"), await token(kept, "T2")) == (None, "xoxb-T2")
    assert await kept.teams() == ("T2",)


async def test_no_workspace_and_a_whole_organisation_find_nothing(kept: Installations) -> None:
    await kept.async_save(install())
    assert await token(kept, None) is None
    assert await kept.async_find_bot(enterprise_id="E1", team_id="T1", is_enterprise_install=True) is None
    assert await kept.async_find_installation(enterprise_id="E1", team_id=None) is None
    await kept.async_delete_all(enterprise_id="E1", team_id=None)
    assert await token(kept) == FIRST


@pytest.mark.parametrize("facts", [{"is_enterprise_install": True}, {"is_enterprise_install": True, "team": None}])
async def test_an_installation_for_a_whole_organisation_is_refused(kept: Installations, facts: dict) -> None:
    with pytest.raises(OrgWideInstall, match="one workspace") as refused:
        await kept.async_save(install(**facts))
    assert isinstance(refused.value, CommandError)
    assert await kept.teams() == ()


async def test_installing_again_replaces_but_an_older_installation_does_not(kept: Installations) -> None:
    await kept.async_save(install())
    await kept.async_save(install(bot_token=SECOND, installed_at=INSTALLED_S + 1))
    assert await token(kept) == SECOND
    await kept.async_save(install())
    assert await token(kept) == SECOND
    assert await kept.teams() == ("T1",)


async def test_a_renewed_token_keeps_the_instant_of_the_installation(kept: Installations) -> None:
    await kept.async_save(install())
    found = await bot(kept)
    assert found is not None
    renewed = Bot(**found.to_dict_for_copying())
    renewed.bot_token, renewed.bot_token_expires_at = "xoxb-renewed", 1_767_443_200
    await kept.async_save_bot(renewed)
    again = await bot(kept)
    assert again is not None
    assert (again.bot_token, again.bot_token_expires_at) == ("xoxb-renewed", 1_767_443_200)
    assert again.installed_at == INSTALLED_S
    assert await kept.erase("T1", at_us=INSTALLED_US)


async def test_a_token_renewed_too_late_brings_nothing_back_and_replaces_nothing_newer(kept: Installations) -> None:
    await kept.async_save(install())
    old = await bot(kept)
    assert old is not None
    await kept.async_save(install(bot_token=SECOND, installed_at=INSTALLED_S + 5))
    await kept.async_save_bot(old)
    assert await token(kept) == SECOND
    assert await kept.erase("T1", at_us=INSTALLED_US + 5_000_000)
    await kept.async_save_bot(old)
    assert await token(kept) is None


async def test_an_end_older_than_the_installation_removes_nothing(kept: Installations) -> None:
    await kept.async_save(install())
    assert not await kept.erase("T1", at_us=INSTALLED_US - 1)
    assert not await kept.erase("T2", at_us=INSTALLED_US)
    assert await token(kept) == FIRST
    assert await kept.erase("T1", at_us=INSTALLED_US)
    assert not await kept.erase("T1", at_us=INSTALLED_US)
    assert await token(kept) is None


@pytest.mark.parametrize("way", ["async_delete_bot", "async_delete_installation", "async_delete_all"])
async def test_every_way_to_delete_removes_it_and_is_idempotent(kept: Installations, way: str) -> None:
    await kept.async_save(install())
    assert await token(kept) == FIRST
    for _ in range(2):
        await getattr(kept, way)(enterprise_id="E1", team_id="T1")
        assert await token(kept) is None


async def test_deleting_a_persons_installation_leaves_the_bots(kept: Installations) -> None:
    await kept.async_save(install())
    await kept.async_delete_installation(enterprise_id="E1", team_id="T1", user_id="U-zebulon")
    assert await token(kept) == FIRST


async def test_a_repeated_lookup_needs_neither_database_nor_key(kept: Installations, sqlite: Store) -> None:
    await kept.async_save(install())
    assert await token(kept) == FIRST
    execute(sqlite, "UPDATE slack_installations SET body = 'unreadable'")
    assert await token(kept) == FIRST
    assert await kept.async_find_installation(enterprise_id="E1", team_id="T1") is not None


async def test_what_another_process_changed_is_seen_within_a_minute(
    kept: Installations, elsewhere: Store, clock: FakeClock
) -> None:
    theirs = Installations(elsewhere.database, key=KEY, clock=clock)
    await kept.async_save(install())
    assert await token(theirs) == FIRST
    await kept.async_save(install(bot_token=SECOND, installed_at=INSTALLED_S + 1))
    clock.forward(seconds=60)
    assert await token(theirs) == SECOND
    await kept.async_delete_all(enterprise_id=None, team_id="T1")
    clock.forward(seconds=60)
    assert await token(theirs) is None


async def test_a_clock_that_steps_back_does_not_keep_what_is_held(
    kept: Installations, elsewhere: Store, clock: FakeClock
) -> None:
    await kept.async_save(install())
    assert await token(kept) == FIRST
    clock.forward(days=-1)
    theirs = Installations(elsewhere.database, key=KEY, clock=clock)
    await theirs.async_delete_all(enterprise_id=None, team_id="T1")
    assert await token(kept) is None


async def test_an_installation_made_elsewhere_is_found_at_once(
    kept: Installations, elsewhere: Store, clock: FakeClock
) -> None:
    assert await token(kept) is None
    await Installations(elsewhere.database, key=KEY, clock=clock).async_save(install())
    assert await token(kept) == FIRST


class SlowToAnswer:
    """A database that has read a row, and answers once it is let."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.writer = database.writer
        self.has_read, self.may_answer = asyncio.Event(), asyncio.Event()

    async def row(self, sql: str, parameters: Sequence[object]) -> tuple[object, ...] | None:
        found = await self.database.row(sql, parameters)
        self.has_read.set()
        await self.may_answer.wait()
        return found


async def test_a_lookup_under_way_while_it_is_removed_is_not_held(
    kept: Installations, sqlite: Store, clock: FakeClock
) -> None:
    await kept.async_save(install())
    slow = SlowToAnswer(sqlite.database)
    ours = Installations(slow, key=KEY, clock=clock)
    under_way = asyncio.create_task(token(ours))
    await slow.has_read.wait()
    await ours.async_delete_all(enterprise_id=None, team_id="T1")
    slow.may_answer.set()
    assert await under_way == FIRST
    assert await token(ours) is None


async def test_those_used_last_are_held(kept: Installations, sqlite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installations, "MOST_HELD", 2)
    for team in ("T1", "T2", "T3"):
        await kept.async_save(install(team, f"xoxb-{team}"))
    for team in ("T1", "T2", "T1", "T3"):
        await token(kept, team)
    execute(sqlite, "DELETE FROM slack_installations")
    assert [await token(kept, team) for team in ("T1", "T3", "T2")] == ["xoxb-T1", "xoxb-T3", None]


async def test_an_acknowledged_installation_is_there_after_a_restart(
    kept: Installations, sqlite: Store, clock: FakeClock
) -> None:
    await kept.async_save(install())
    with sqlite3.connect(sqlite.database.path) as conn:
        assert conn.execute("SELECT team_id, installed_us FROM slack_installations").fetchall() == [
            ("T1", INSTALLED_US)
        ]
    conn.close()
    await sqlite.close()
    store = await Store.open(sqlite.database.path, clock=clock)
    assert await token(Installations(store.database, key=KEY, clock=clock)) == FIRST
    await store.close()


async def test_no_token_nor_state_is_in_the_files(
    kept: Installations, states: States, sqlite: Store, tmp_path: Path
) -> None:
    await kept.async_save(install())
    state = await states.async_issue()
    for _ in range(2):
        files = everything_in(tmp_path)
        assert b"slack_installations" in b"".join(files.values())
        for secret in (b"secret-", b"U-zebulon", state.encode(), KEY.encode()):
            assert not [name for name, content in files.items() if secret in content]
        execute(sqlite, "PRAGMA wal_checkpoint(TRUNCATE)")


async def test_another_key_is_refused_naming_the_setting_and_no_secret(
    kept: Installations, sqlite: Store, clock: FakeClock
) -> None:
    await kept.async_save(install())
    wrong = Installations(sqlite.database, key=OTHER_KEY, clock=clock)
    with pytest.raises(TokenKeyError, match=r"T1 cannot be decrypted with SHIPWORTHY_TOKEN_KEY") as refused:
        await bot(wrong)
    assert "secret" not in str(refused.value)
    assert OTHER_KEY not in str(refused.value)
    assert await token(kept) == FIRST


@pytest.mark.parametrize("key", [f"{OTHER_KEY}, {KEY}", (OTHER_KEY, KEY)], ids=["by commas", "in a sequence"])
async def test_a_new_key_before_the_old_reads_what_is_there_and_writes_what_comes(
    kept: Installations, sqlite: Store, clock: FakeClock, key: str | tuple[str, ...]
) -> None:
    await kept.async_save(install("T1", "xoxb-old"))
    changed = Installations(sqlite.database, key=key, clock=clock)
    assert await token(changed, "T1") == "xoxb-old"
    await changed.async_save(install("T2", "xoxb-new"))
    new_only = Installations(sqlite.database, key=OTHER_KEY, clock=clock)
    assert await token(new_only, "T2") == "xoxb-new"
    with pytest.raises(TokenKeyError):
        await bot(new_only, "T1")


@pytest.mark.parametrize(
    "key",
    ["", "short", f"{KEY},", "ä" * 44, (), [KEY, "no"]],
    ids=["nothing", "short", "a comma too much", "not ASCII", "none at all", "one good one bad"],
)
async def test_what_is_no_key_is_refused_without_showing_it(sqlite: Store, clock: FakeClock, key: str) -> None:
    with pytest.raises(TokenKeyError, match="SHIPWORTHY_TOKEN_KEY must be a Fernet key") as refused:
        Installations(sqlite.database, key=key, clock=clock)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE slack_installations SET body = (SELECT body FROM slack_installations WHERE team_id = 'T2')",
        "UPDATE slack_installations SET installed_us = installed_us - 1",
        "UPDATE slack_installations SET body = substr(body, 1, 60) || 'AAAA' || substr(body, 65)",
        "UPDATE slack_installations SET body = 'Bürste'",
        "UPDATE slack_installations SET body = ''",
    ],
)
async def test_a_row_that_was_changed_or_put_in_anothers_place_is_refused(
    kept: Installations, sqlite: Store, damage: str
) -> None:
    for team in ("T1", "T2"):
        await kept.async_save(install(team, f"xoxb-secret-{team}"))
    execute(sqlite, damage)
    with pytest.raises(TokenKeyError, match="workspace T1") as refused:
        await bot(kept, "T1")
    assert "secret" not in str(refused.value)


async def test_a_state_is_good_once(states: States) -> None:
    first, second = await states.async_issue(), await states.async_issue()
    assert first != second
    answers = await asyncio.gather(*[states.async_consume(first) for _ in range(5)])
    assert sorted(answers) == [False] * 4 + [True]
    assert await states.async_consume(second)


@pytest.mark.parametrize("state", ["", "never issued", "\ud800", "x" * 10_000])
async def test_a_state_that_was_never_issued_is_not_good(states: States, state: str) -> None:
    assert not await states.async_consume(state)


async def test_a_state_is_good_for_ten_minutes(states: States, clock: FakeClock) -> None:
    early, late = await states.async_issue(), await states.async_issue()
    clock.forward(seconds=599.999999)
    assert await states.async_consume(early)
    clock.forward(seconds=0.000001)
    assert not await states.async_consume(late)


async def test_states_that_nobody_used_are_dropped(states: States, sqlite: Store, clock: FakeClock) -> None:
    for _ in range(3):
        await states.async_issue()
    clock.forward(minutes=10)
    state = await states.async_issue()
    [(left,)] = stored.rows(sqlite, "SELECT count(*) FROM slack_states")
    assert left == 1
    assert await states.async_consume(state)


async def test_a_state_is_good_in_another_process(states: States, elsewhere: Store, clock: FakeClock) -> None:
    state = await states.async_issue()
    assert await States(elsewhere.database, clock=clock).async_consume(state)
    assert not await states.async_consume(state)


async def test_a_state_is_good_once_whichever_processes_are_asked(
    states: States, elsewhere: Store, clock: FakeClock
) -> None:
    there = States(elsewhere.database, clock=clock)
    issued = await asyncio.gather(*[one.async_issue() for one in (states, there) * 10])
    answers = await asyncio.gather(*[one.async_consume(state) for state in issued for one in (states, there) * 3])
    for number in range(len(issued)):
        assert sorted(answers[6 * number : 6 * number + 6]) == [False] * 5 + [True]


async def test_of_too_many_installations_under_way_the_oldest_are_dropped(
    states: States, sqlite: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations, "MOST_STATES", 5)
    issued = []
    for _ in range(8):
        clock.forward(seconds=1)
        issued.append(await states.async_issue())
    [(left,)] = stored.rows(sqlite, "SELECT count(*) FROM slack_states")
    assert left == 5
    assert [await states.async_consume(state) for state in issued] == [False] * 3 + [True] * 5


def test_the_store_alone_brings_neither_the_sdk_nor_encryption() -> None:
    code = "import bot.storage.store, sys; print([n for n in ('slack_sdk', 'cryptography') if n in sys.modules])"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

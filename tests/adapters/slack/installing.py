"""The app in a workspace, as if somebody had clicked through its installation."""

from slack_sdk.oauth.installation_store import Installation

from bot.storage.installations import Installations
from commands.model import TeamKey
from tests.adapters.slack.running import KEY, World
from tests.slack_server.world import Person, Workspace


def bot_of(world: World, team: Workspace) -> Person:
    """The bot in that workspace."""
    made = world.slack.bot(team)
    assert made is not None
    return made.bot


async def install(world: World, team: Workspace) -> None:
    """Put the app into a workspace and keep its token, as the connected bot of many workspaces would."""
    made = world.slack.bot(team) or world.slack.install(team)
    at_us = world.clock()
    store = Installations(world.store.database, key=KEY, clock=world.clock)
    await store.async_save(
        Installation(
            app_id=made.app.id,
            team_id=team.id,
            bot_token=made.token,
            bot_id=made.bot_id,
            bot_user_id=made.bot.id,
            bot_scopes=sorted(made.scopes),
            user_id="",
            installed_at=at_us / 1_000_000,
        )
    )
    await world.store.teams.arrive(TeamKey("slack", team.id), at_us)

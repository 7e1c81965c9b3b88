"""`shipworthy slack`: what setting up Slack needs. See docs/slack.md."""

import base64
import json
import secrets

import click

from bot.options import database_option
from commands.core import COMMANDS


@click.group()
def slack() -> None:
    """Print what setting up Slack needs: the app's manifest, a key for tokens."""


@slack.command()
@click.option("--url", metavar="ADDRESS", default=None, help="The bot's public https address; Socket Mode without it.")
@click.option("--optional", is_flag=True, help="Ask for the optional scopes too; docs/slack.md says what they are for.")
@database_option
def manifest(url: str | None, optional: bool, db: str | None) -> None:  # noqa: ARG001, FBT001 - click passes flags so; every subcommand takes --db
    """Print the manifest to create the Slack app from, as JSON."""
    from adapters.slack import manifest as app  # noqa: PLC0415 - only where Slack is asked for

    wanted = app.manifest(COMMANDS, url=app.public_url(url) if url is not None else None, optional=optional)
    click.echo(json.dumps(wanted, indent=2))


@slack.command()
@database_option
def key(db: str | None) -> None:  # noqa: ARG001 - every subcommand takes --db
    """Print a new key for SHIPWORTHY_TOKEN_KEY, which encrypts the tokens of workspaces that install the bot."""
    click.echo(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())  # the form of a Fernet key

"""What an operator may set: one frozen object, made once in `bot.cli` and passed down.

Values are read from the environment and `.env` by `bot.environment`, which is imported only where there
is something to read: its libraries take longer to load than most commands take to answer.
"""

import os
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from commands.limits import Limits
from commands.ports import Rules

if TYPE_CHECKING:
    from pydantic import SecretStr

PREFIX = "SHIPWORTHY_"
PREFIXES = (PREFIX, "SLACK_", "DISCORD_")
"""How names begin that are likely meant for this program; other programs use the last two as well."""

ENV_FILE = Path(".env")
SCHEME = "sqlite:///"
SERVER_SCHEMES = ("postgresql://", "postgres://")
HOUR_US = 3_600_000_000

SlackMode: TypeAlias = Literal["socket", "http", "oauth"]
"""How Slack reaches the bot: a socket the bot opens, or HTTP for one workspace or for many that install it."""


class SettingsError(Exception):
    """A setting cannot be used; str(error) names it and says what would be right, without its value."""


def told(help: str, *, env: str = "", **bounds: int) -> dict[str, Any]:  # noqa: A002 - as click has it
    """What a setting does, its name in the environment if that is not `PREFIX` and its own, and its bounds."""
    return {"help": help, "env": env, "bounds": bounds}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. `environment_name` says what each is called in the environment."""

    database_url: str = field(
        default="",
        metadata=told(
            "Where the state is kept: sqlite:/// and a file, or postgresql://user:password@host/name; "
            "empty for a file in the user's data folder"
        ),
    )
    database_pooler: bool = field(
        default=False,
        metadata=told(
            "The PostgreSQL address is a pooler's that lends connections for a transaction, as pgbouncer can"
        ),
    )
    hash_key: "SecretStr | None" = field(
        default=None,
        metadata=told("16 to 64 characters that hash people who were forgotten; empty for a key kept in the database"),
    )
    digest_managers_only: bool = field(
        default=False, metadata=told("Let only a team's managers switch digests on and off")
    )
    digest_grace_hours: int = field(
        default=24, metadata=told("How many hours late a digest may be posted after an outage", ge=1, le=144)
    )
    repeat_hours: int = field(
        default=24, metadata=told("How many hours a comparison stands before it is posted anew", ge=0, le=720)
    )
    keep_days: int = field(
        default=30,
        metadata=told("How many days a team's data is kept after the bot was removed", ge=0, le=3650),
    )
    commands_per_minute_person: int = field(
        default=20,
        metadata=told("How many commands a minute one person may give each process; 0 for any number", ge=0, le=10_000),
    )
    commands_per_minute_team: int = field(
        default=120,
        metadata=told("How many commands a minute one team may give each process; 0 for any number", ge=0, le=100_000),
    )
    posts_per_minute_person: int = field(
        default=6,
        metadata=told(
            "How many answers a minute one person may have posted for everybody by each process; 0 for any number",
            ge=0,
            le=10_000,
        ),
    )
    log_level: str = field(
        default="", metadata=told("DEBUG, INFO, WARNING or ERROR; if empty, INFO for run and WARNING for the rest")
    )
    log_format: str = field(default="text", metadata=told("text for people, or json: one object in each line"))
    metrics_host: str = field(
        default="127.0.0.1", metadata=told("The address to serve /metrics, /healthz and /readyz on")
    )
    metrics_port: int | None = field(
        default=None,
        metadata=told("The port for them; empty for none, 0 for one that the system picks", ge=0, le=65535),
    )
    host: str = field(default="127.0.0.1", metadata=told("The address to listen on where Slack comes over HTTP"))
    port: int = field(
        default=3000, metadata=told("The port to listen on; 0 for one that the system picks", ge=0, le=65535)
    )
    token_key: "SecretStr | None" = field(
        default=None,
        metadata=told("Keys that encrypt installed workspaces' tokens, the newest first, separated by commas"),
    )
    slack_bot_token: "SecretStr | None" = field(
        default=None,
        metadata=told("One workspace's Bot User OAuth Token, which begins with xoxb-", env="SLACK_BOT_TOKEN"),
    )
    slack_app_token: "SecretStr | None" = field(
        default=None,
        metadata=told("For Socket Mode: the app-level token, which begins with xapp-", env="SLACK_APP_TOKEN"),
    )
    slack_signing_secret: "SecretStr | None" = field(
        default=None, metadata=told("For HTTP: the app's signing secret", env="SLACK_SIGNING_SECRET")
    )
    slack_client_id: str = field(
        default="", metadata=told("For many workspaces: the app's client ID", env="SLACK_CLIENT_ID")
    )
    slack_client_secret: "SecretStr | None" = field(
        default=None, metadata=told("For many workspaces: the app's client secret", env="SLACK_CLIENT_SECRET")
    )
    slack_optional_scopes: bool = field(
        default=False,
        metadata=told("For many workspaces: ask for the optional scopes too", env="SLACK_OPTIONAL_SCOPES"),
    )
    slack_api_url: str = field(
        default="https://slack.com/api/", metadata=told("Where Slack's API is", env="SLACK_API_URL")
    )
    slack_count_other_organisations: bool = field(
        default=False,
        metadata=told(
            "Count the votes of another organisation's people in a shared channel",
            env="SLACK_COUNT_OTHER_ORGANISATIONS",
        ),
    )
    discord_token: "SecretStr | None" = field(
        default=None, metadata=told("The Discord app's token, from its page Bot", env="DISCORD_TOKEN")
    )
    discord_api_url: str = field(
        default="https://discord.com/api/v10", metadata=told("Where Discord's API is", env="DISCORD_API_URL")
    )
    discord_shards: str = field(
        default="",
        metadata=told(
            "Which of the bot's shards to run here, as in 0-3/16; if empty, all that Discord advises",
            env="DISCORD_SHARDS",
        ),
    )

    def database(self, given: str | None) -> Path | str:
        """The database: the one given on the command line, the setting, or a file in the user's data folder.

        A file is a path, a PostgreSQL database its address. Raises `SettingsError` for what is neither.
        """
        named = self.database_url if given is None else given
        if named.startswith(SERVER_SCHEMES):
            return named
        if named or given is not None:
            return _file(named.removeprefix(SCHEME))
        from platformdirs import user_data_path  # noqa: PLC0415 - not needed where a file is named

        return user_data_path("shipworthy", appauthor=False) / "shipworthy.db"

    def key(self) -> bytes | None:
        """The key that hashes people who were forgotten, if it is set."""
        return self.hash_key.get_secret_value().encode() if self.hash_key else None

    def token_keys(self) -> tuple[str, ...]:
        """The Fernet keys that encrypt tokens: the first encrypts, all of them decrypt. Empty where none is set."""
        if self.token_key is None:
            return ()
        return tuple(key.strip() for key in self.token_key.get_secret_value().split(","))

    def slack_mode(self) -> SlackMode | None:
        """How Slack is set up; None where nothing of it is. With an app token it is a socket, whatever else is set.

        Raises `SettingsError` that says what is missing or too much.
        """
        if self.slack_client_id or self.slack_client_secret:
            return self._slack_of_many()
        match bool(self.slack_bot_token), bool(self.slack_app_token), bool(self.slack_signing_secret):
            case False, False, False:
                return None
            case True, True, _:
                return "socket"
            case True, False, True:
                return "http"
            case True, False, False:
                raise SettingsError(
                    "SLACK_BOT_TOKEN alone is not enough: add SLACK_APP_TOKEN for Socket Mode, "
                    "or SLACK_SIGNING_SECRET for HTTP."
                )
            case False, False, True:
                raise SettingsError(
                    "SLACK_SIGNING_SECRET alone is not enough: add SLACK_BOT_TOKEN for one workspace, or "
                    "SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SHIPWORTHY_TOKEN_KEY for many."
                )
        raise SettingsError("SLACK_APP_TOKEN is not enough without SLACK_BOT_TOKEN.")

    def _slack_of_many(self) -> SlackMode:
        for name, value in (("SLACK_BOT_TOKEN", self.slack_bot_token), ("SLACK_APP_TOKEN", self.slack_app_token)):
            if value:
                raise SettingsError(
                    f"{name} is for one workspace, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for many; "
                    "keep one or the other."
                )
        needed = {
            "SLACK_CLIENT_ID": self.slack_client_id,
            "SLACK_CLIENT_SECRET": self.slack_client_secret,
            "SLACK_SIGNING_SECRET": self.slack_signing_secret,
            "SHIPWORTHY_TOKEN_KEY": self.token_key,
        }
        if missing := [name for name, value in needed.items() if not value]:
            raise SettingsError(
                f"To be installed in many workspaces the bot needs {' and '.join(missing)} as well"
                + (" (shipworthy slack key makes one)." if "SHIPWORTHY_TOKEN_KEY" in missing else ".")
            )
        return "oauth"

    def discord(self) -> bool:
        """Whether Discord is set up, which takes no more than a token."""
        return self.discord_token is not None

    def rules(self) -> Rules:
        """The settings the core follows."""
        return Rules(
            digest_needs_manager=self.digest_managers_only,
            digest_grace_us=self.digest_grace_hours * HOUR_US,
            repeat_window_us=self.repeat_hours * HOUR_US,
        )

    def limits(self) -> Limits:
        """How often people may ask this process; the terminal, where everybody is at home, has no limits."""
        return Limits(
            person=self.commands_per_minute_person,
            team=self.commands_per_minute_team,
            posts=self.posts_per_minute_person,
        )


def _file(name: str) -> Path:
    if not name or "://" in name:
        raise SettingsError(
            f"--db takes a file, {SCHEME} and a file, or an address that begins with postgresql://; this is none."
        )
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise SettingsError("--db or SHIPWORTHY_DATABASE_URL begins with ~ and a user nobody here knows.") from None


def environment_name(setting: "Field[Any]") -> str:
    """What a setting is called in the environment."""
    return str(setting.metadata["env"] or f"{PREFIX}{setting.name.upper()}")


NAMES = tuple(environment_name(setting) for setting in fields(Settings))
"""What all settings are called in the environment."""


def unknown(*prefixes: str) -> list[str]:
    """Names in the environment that begin as settings do and are none, so that nothing comes of them.

    Without prefixes, those that begin as only ours do.
    """
    begin = prefixes or (PREFIX,)
    return sorted(name for name in os.environ if name.upper().startswith(begin) and name.upper() not in NAMES)


ALIKE = 0.85
"""From here on a name is taken for a mistyped one: SLACK_BOT_TOKN is, another program's SLACK_TOKEN is not."""


def near(name: str) -> str | None:
    """The setting whose name comes nearest to one that is not known, if any is near."""
    import difflib  # noqa: PLC0415 - only for mistakes

    return next(iter(difflib.get_close_matches(name.upper(), NAMES, 1, ALIKE)), None)


def load() -> Settings:
    """Read the settings; raises `SettingsError` naming each that is wrong, never showing a value."""
    if not ENV_FILE.exists() and not any(name.upper() in NAMES for name in os.environ):
        return Settings()
    from bot.environment import read  # noqa: PLC0415 - see above

    return read()

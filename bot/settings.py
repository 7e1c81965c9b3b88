"""What an operator may set: one frozen object, made once in `bot.cli` and passed down.

Values are read from the environment and `.env` by `bot.environment`, which is imported only where there
is something to read: its libraries take longer to load than most commands take to answer.
"""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.ports import Rules

if TYPE_CHECKING:
    from pydantic import SecretStr

PREFIX = "SHIPWORTHY_"
ENV_FILE = Path(".env")
SCHEME = "sqlite:///"
HOUR_US = 3_600_000_000


class SettingsError(Exception):
    """A setting cannot be used; str(error) names it and says what would be right, without its value."""


def told(help: str, **bounds: int) -> dict[str, Any]:  # noqa: A002 - as the command line's library has it
    """What a setting does, and the bounds of its value as pydantic names them."""
    return {"help": help, "bounds": bounds}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Each is set by its name in capitals after `SHIPWORTHY_`."""

    database_url: str = field(
        default="", metadata=told("Where the state is kept: sqlite:/// and a file; empty for the user's data folder")
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
    log_level: str = field(default="WARNING", metadata=told("DEBUG, INFO, WARNING or ERROR"))

    def database(self, given: str | None) -> Path:
        """The database file: the one given on the command line, the setting, or the user's data folder.

        Raises `SettingsError` for what is given and names no file.
        """
        named = self.database_url if given is None else given
        if named or given is not None:
            return _file(named.removeprefix(SCHEME))
        from platformdirs import user_data_path  # noqa: PLC0415 - not needed where a file is named

        return user_data_path("shipworthy", appauthor=False) / "shipworthy.db"

    def key(self) -> bytes | None:
        """The key that hashes people who were forgotten, if it is set."""
        return self.hash_key.get_secret_value().encode() if self.hash_key else None

    def rules(self) -> Rules:
        """The settings the core follows."""
        return Rules(
            digest_needs_manager=self.digest_managers_only,
            digest_grace_us=self.digest_grace_hours * HOUR_US,
            repeat_window_us=self.repeat_hours * HOUR_US,
        )


def _file(name: str) -> Path:
    if not name or "://" in name:
        raise SettingsError(f"--db takes a file, or {SCHEME} and a file; this is neither.")
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise SettingsError("--db or SHIPWORTHY_DATABASE_URL begins with ~ and a user nobody here knows.") from None


def unknown() -> list[str]:
    """Names in the environment that begin as settings do and are none, so that nothing comes of them."""
    known = {f"{PREFIX}{one.name}".upper() for one in fields(Settings)}
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)


def load() -> Settings:
    """Read the settings; raises `SettingsError` naming each that is wrong, never showing a value."""
    if not ENV_FILE.exists() and not any(name.upper().startswith(PREFIX) for name in os.environ):
        return Settings()
    from bot.environment import read  # noqa: PLC0415 - see above

    return read()

"""What an operator may set, read once from the environment and `.env` and passed down from `bot.cli`."""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from commands.ports import Rules

PREFIX = "SHIPWORTHY_"
SCHEME = "sqlite:///"
HOUR_US = 3_600_000_000


class SettingsError(Exception):
    """A setting cannot be used; str(error) names it and says what would be right, without its value."""


class Settings(BaseSettings):
    """Every setting with its default; the environment wins over `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    database_url: str = Field(
        "", description="Where the state is kept, as sqlite:///FILE; empty: the user's data folder"
    )
    hash_key: SecretStr | None = Field(
        None, description="16 to 64 characters that hash people who were forgotten; empty: a key kept in the database"
    )
    digest_managers_only: bool = Field(False, description="Only a team's managers may switch digests on and off")
    digest_grace_hours: int = Field(24, ge=1, le=144, description="How late a digest may be posted after an outage")
    repeat_hours: int = Field(24, ge=0, le=720, description="How long a comparison stands before it is posted anew")
    log_level: str = Field("WARNING", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not (url.startswith(SCHEME) and len(url) > len(SCHEME)):
            raise ValueError(
                "it starts with sqlite:/// followed by a file, for example sqlite:////var/lib/shipworthy.db"
            )
        return url

    @field_validator("hash_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not 16 <= len(key.get_secret_value().encode()) <= 64:
            raise ValueError("it has 16 to 64 characters")
        return key

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("it is DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    def database(self, given: str | None) -> Path:
        """The database file: the one given on the command line, the setting, or the user's data folder."""
        if given:
            return Path(given.removeprefix(SCHEME)).expanduser()
        if self.database_url:
            return Path(self.database_url.removeprefix(SCHEME)).expanduser()
        return user_data_path("shipworthy", appauthor=False) / "shipworthy.db"

    def rules(self) -> Rules:
        """The settings the core follows."""
        return Rules(
            digest_needs_manager=self.digest_managers_only,
            digest_grace_us=self.digest_grace_hours * HOUR_US,
            repeat_window_us=self.repeat_hours * HOUR_US,
        )


def load() -> Settings:
    """Read the settings; raises `SettingsError` naming each that is wrong, never showing a value."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            name = f"{PREFIX}{problem['loc'][0]}".upper() if problem["loc"] else "settings"
            what = "there is no such setting" if problem["type"] == "extra_forbidden" else problem["msg"]
            lines.append(f"{name}: {what.removeprefix('Value error, ')}")
        raise SettingsError("\n".join(lines)) from None

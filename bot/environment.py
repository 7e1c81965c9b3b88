"""Reads the settings from the environment and `.env` with pydantic-settings, which checks every value."""

import base64
import binascii
import dataclasses
import re
import typing
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.discord.shards import Slice
from bot.settings import ENV_FILE, SCHEME, SERVER_SCHEMES, Settings, SettingsError, environment_name, near

FERNET_KEY_BYTES = 32


class Environment(BaseSettings):
    """How settings are read, and the checks that bounds cannot say; the fields are those of `Settings`."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="forbid"
    )

    @field_validator("database_url", check_fields=False)
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not url.startswith(SERVER_SCHEMES) and not (url.startswith(SCHEME) and len(url) > len(SCHEME)):
            raise ValueError(
                "it starts with sqlite:/// and names a file, as in sqlite:////var/lib/shipworthy.db, "
                "or is an address that starts with postgresql://"
            )
        return url

    @field_validator("hash_key", check_fields=False)
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not 16 <= len(key.get_secret_value().encode()) <= 64:
            raise ValueError("it has 16 to 64 characters")
        return key

    @field_validator("log_level", check_fields=False)
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.upper() not in {"", "DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("it is DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @field_validator("log_format", check_fields=False)
    @classmethod
    def _known_format(cls, form: str) -> str:
        if form.lower() not in {"text", "json"}:
            raise ValueError("it is text or json")
        return form.lower()

    @field_validator("token_key", check_fields=False)
    @classmethod
    def _fernet_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None and not all(map(_is_fernet_key, keys.get_secret_value().split(","))):
            raise ValueError("it is one key as printed by shipworthy slack key, or several separated by commas")
        return keys

    @field_validator("slack_bot_token", check_fields=False)
    @classmethod
    def _bot_token(cls, token: SecretStr | None) -> SecretStr | None:
        return _token(token, "xoxb-", "the Bot User OAuth Token under OAuth & Permissions")

    @field_validator("slack_app_token", check_fields=False)
    @classmethod
    def _app_token(cls, token: SecretStr | None) -> SecretStr | None:
        return _token(token, "xapp-", "an app-level token from Basic Information")

    @field_validator("slack_signing_secret", "slack_client_secret", check_fields=False)
    @classmethod
    def _one_word(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(r"[!-~]+", secret.get_secret_value()):
            raise ValueError("it has no spaces and only plain letters, figures and signs")
        return secret

    @field_validator("slack_api_url", check_fields=False)
    @classmethod
    def _slack_api_url(cls, url: str) -> str:
        return _address(url, "https://slack.com/api/") + "/"

    @field_validator("discord_token", check_fields=False)
    @classmethod
    def _discord_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not re.fullmatch(r"[\w-]+(\.[\w-]+){2}", token.get_secret_value(), re.ASCII):
            raise ValueError("it is three words with dots between and nothing before: Reset Token on the page Bot")
        return token

    @field_validator("discord_shards", check_fields=False)
    @classmethod
    def _discord_shards(cls, shards: str) -> str:
        return str(Slice.read(shards)) if shards else ""

    @field_validator("discord_api_url", check_fields=False)
    @classmethod
    def _discord_api_url(cls, url: str) -> str:
        return _address(url, "https://discord.com/api/v10")


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key.strip().encode(), altchars=b"-_", validate=True)) == FERNET_KEY_BYTES
    except (ValueError, binascii.Error):
        return False


def _address(url: str, example: str) -> str:
    """An API's address without slashes at its end."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        right = False
    if not right or parts.query or parts.fragment or not re.fullmatch(r"[!-~]+", url):
        raise ValueError(f"it is an http or https address, as in {example}")
    return url.rstrip("/")


def _token(token: SecretStr | None, start: str, what: str) -> SecretStr | None:
    if token is not None and not re.fullmatch(rf"{start}[A-Za-z0-9-]+", token.get_secret_value()):
        raise ValueError(f"it begins with {start} and goes on in letters, figures and hyphens: {what}")
    return token


def read() -> Settings:
    """Read every setting, the environment before `.env`; raises `SettingsError` naming all that are wrong."""
    types = typing.get_type_hints(Settings, localns={"SecretStr": SecretStr})
    fields: dict[str, Any] = {
        one.name: (
            types[one.name],
            Field(one.default, validation_alias=environment_name(one), **one.metadata["bounds"]),
        )
        for one in dataclasses.fields(Settings)
    }
    try:
        found = create_model("Environment", __base__=Environment, **fields)()
    except ValidationError as error:
        raise SettingsError("\n".join(map(_line, error.errors(include_url=False, include_input=False)))) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{ENV_FILE} is not UTF-8 text.") from None
    except OSError as error:
        raise SettingsError(f"{ENV_FILE} cannot be read: {error.strerror}.") from None
    return Settings(**{one.name: getattr(found, one.name) for one in dataclasses.fields(Settings)})


def _line(problem: Any) -> str:  # noqa: ANN401 - pydantic's own shape of an error
    """One mistake in one line, without the value."""
    name = str(problem["loc"][0]).upper()
    if problem["type"] != "extra_forbidden":
        return f"{name}: {problem['msg'].removeprefix('Value error, ')}"
    meant = near(name)
    return f"{ENV_FILE} sets {name}, which is not a setting" + (f"; did you mean {meant}?" if meant else ".")

"""Reads the settings from the environment and `.env` with pydantic-settings, which checks every value."""

import dataclasses
import difflib
import typing
from typing import Any

from pydantic import Field, SecretStr, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings import ENV_FILE, PREFIX, SCHEME, Settings, SettingsError


class Environment(BaseSettings):
    """How settings are read, and the checks that bounds cannot say; the fields are those of `Settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="forbid"
    )

    @field_validator("database_url", check_fields=False)
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not (url.startswith(SCHEME) and len(url) > len(SCHEME)):
            raise ValueError("it starts with sqlite:/// and names a file, as in sqlite:////var/lib/shipworthy.db")
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
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("it is DEBUG, INFO, WARNING or ERROR")
        return level.upper()


def read() -> Settings:
    """Read every setting, the environment before `.env`; raises `SettingsError` naming all that are wrong."""
    types = typing.get_type_hints(Settings, localns={"SecretStr": SecretStr})
    fields: dict[str, Any] = {
        one.name: (types[one.name], Field(one.default, **one.metadata["bounds"]))
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
        return f"{PREFIX}{name}: {problem['msg'].removeprefix('Value error, ')}"
    known = [f"{PREFIX}{one.name}".upper() for one in dataclasses.fields(Settings)]
    near = difflib.get_close_matches(name, known, 1)
    return f"{ENV_FILE} sets {name}, which is not a setting" + (f"; did you mean {near[0]}?" if near else ".")

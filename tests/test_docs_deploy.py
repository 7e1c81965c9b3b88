"""The files of docs/deploy are of a piece with the program: its settings, its commands, its packages, its ports."""

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import NAMES, PREFIX, Settings
from tests.pages import ROOT, Page, assert_taken

DEPLOY = ROOT / "docs" / "deploy"
UNIT = (DEPLOY / "shipworthy@.service").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
CADDYFILE = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
BOTS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "shipworthy"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

ENDS_WITHIN_S = 10
"""How long the program takes at most to end."""


def options(section: str) -> dict[str, list[str]]:
    """What a section of the unit sets; some names come more than once."""
    [body] = re.findall(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", UNIT, re.MULTILINE | re.DOTALL)
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", body, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def seconds(written: str) -> int:
    return int(written.removesuffix("s"))


def test_the_unit_runs_the_program_as_nobody_in_particular_with_a_place_for_its_file() -> None:
    service = options("Service")
    [start] = service["ExecStart"]
    assert_taken(start.rpartition("/")[2])
    assert service["User"] == ["shipworthy"]
    assert service["WorkingDirectory"] == [f"/var/lib/{service['StateDirectory'][0]}"]
    assert service["EnvironmentFile"] == ["-/etc/shipworthy/common.env", "-/etc/shipworthy/%i.env"]
    assert int(service["TimeoutStopSec"][0]) > ENDS_WITHIN_S
    page = Page("docs/running.md").text
    assert "sqlite:////var/lib/shipworthy/shipworthy.db" in page
    assert f"{Path(start).parents[2]}`" in page
    assert "/etc/shipworthy/main.env" in page


def test_the_image_is_built_from_every_package_with_the_pinned_versions_and_the_driver() -> None:
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    files = {name for line in copied for name in line.split()}
    assert all((ROOT / name).exists() for name in files)
    assert {package.partition(".")[0] for package in PYPROJECT["tool"]["setuptools"]["packages"]} <= files
    assert {PYPROJECT["project"]["readme"], "pyproject.toml", "constraints.txt"} <= files
    assert set(re.findall(r"^!(.*)$", IGNORED, re.MULTILINE)) == files
    assert "-c constraints.txt '.[postgres]'" in DOCKERFILE
    assert "postgres" in PYPROJECT["project"]["optional-dependencies"]
    version = re.findall(r"^FROM python:(\d+\.\d+)", DOCKERFILE, re.MULTILINE)
    assert set(version) == {PYPROJECT["project"]["requires-python"].removeprefix(">=")}


def test_the_image_runs_the_bot_and_asks_whether_it_lives_where_it_is_told() -> None:
    [entry], [words] = (
        re.findall(rf'^{name} \["(\w+)"\]$', DOCKERFILE, re.MULTILINE) for name in ("ENTRYPOINT", "CMD")
    )
    assert_taken(f"{entry} {words}")
    values = dict(re.findall(rf"\b({PREFIX}\w+)=(\S+)", DOCKERFILE))
    assert values.keys() <= set(NAMES)
    exposed = re.findall(r"^EXPOSE (\d+) (\d+)$", DOCKERFILE, re.MULTILINE)
    assert exposed == [(str(Settings().port), values["SHIPWORTHY_METRICS_PORT"])]
    [asked] = re.findall(r'CMD \["python", "-c", "(.*)"\]', DOCKERFILE)
    compile(asked, "the health check", "exec")
    assert f"http://127.0.0.1:{values['SHIPWORTHY_METRICS_PORT']}/healthz" in asked


def test_the_processes_of_the_compose_file_share_one_database_and_no_platform() -> None:
    assert set(BOTS) == {"slack-1", "slack-2", "discord"}
    database = COMPOSE["services"]["db"]["environment"]
    for service in BOTS.values():
        assert service["environment"].keys() <= set(NAMES)
        url = service["environment"]["SHIPWORTHY_DATABASE_URL"]
        user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]
        assert url == f"postgresql://{user}:{database['POSTGRES_PASSWORD']}@db/{name}"
        assert seconds(service["stop_grace_period"]) > ENDS_WITHIN_S
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    assert {name: service["env_file"] for name, service in BOTS.items()} == {
        "slack-1": "slack.env",
        "slack-2": "slack.env",
        "discord": "discord.env",
    }
    named = {volume.partition(":")[0] for one in COMPOSE["services"].values() for volume in one.get("volumes", ())}
    assert {volume for volume in named if not volume.startswith(".")} == COMPOSE["volumes"].keys()
    assert (DEPLOY / "Caddyfile") in {(DEPLOY / volume) for volume in named}


def test_the_web_server_hands_slack_to_every_process_for_slack_and_asks_whether_it_is_ready() -> None:
    [served] = re.findall(r"reverse_proxy (.*) \{", CADDYFILE)
    assert served.split() == [f"{name}:{Settings().port}" for name in BOTS if name.startswith("slack")]
    assert "health_uri /readyz" in CADDYFILE
    assert "path /slack/*" in CADDYFILE
    assert CADDYFILE.count("{") == CADDYFILE.count("}")
    assert set(re.findall(r"\{\$(\w+)\}", CADDYFILE)) == COMPOSE["services"]["web"]["environment"].keys()


def test_the_pooler_lends_connections_for_a_transaction() -> None:
    pooler = ConfigParser()
    pooler.read(DEPLOY / "pgbouncer.ini", encoding="utf-8")
    assert pooler["pgbouncer"]["pool_mode"] == "transaction"
    assert "SHIPWORTHY_DATABASE_POOLER=true" in (DEPLOY / "pgbouncer.ini").read_text(encoding="utf-8")


def test_nothing_here_is_a_secret() -> None:
    secret = {one.name for one in Settings.__dataclass_fields__.values() if "SecretStr" in str(one.type)}
    assert secret
    for path in DEPLOY.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(?:xox[a-z]|xapp)-\w|TOKEN=\w|SECRET=\w|KEY=\w", text), path


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_file_is_named_on_the_page(path: Path) -> None:
    assert path.name == "Dockerfile.dockerignore" or f"(deploy/{path.name})" in Page("docs/running.md").text

"""`shipworthy check`, run in an empty folder with nothing of ours in its environment."""

import os
from pathlib import Path

import pytest

from bot import check_cli, settings
from tests.bot.checking import Check


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the check with these settings alone: its exit code and its lines, in which no secret may stand."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.upper().startswith(settings.PREFIXES) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)

    async def run(db: str = "state.db", **environment: str) -> tuple[int, list[str]]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = await check_cli._check(db)
        printed = capsys.readouterr().out
        for name, value in environment.items():
            assert value not in printed or not any(word in name for word in ("TOKEN", "SECRET", "KEY")), name
        return code, printed.splitlines()

    return run

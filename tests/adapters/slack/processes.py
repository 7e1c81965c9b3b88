"""The bot as a process of its own, `python -m bot run`, that answers the Slack of the tests and can be killed."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.patience import PATIENCE_S
from tests.program import PROGRAM, environment
from tests.slack_server.server import Slack
from tests.slack_server.world import Workspace


class Process:
    """The bot of one workspace, over HTTP or by socket, from when it is connected until the context is left."""

    def __init__(self, slack: Slack, team: Workspace, folder: Path, mode: str = "http") -> None:
        self.slack = slack
        self.folder = folder
        self.mode = mode
        self.env = {"SLACK_BOT_TOKEN": slack.token(team), "SLACK_API_URL": slack.api_url, "SHIPWORTHY_PORT": "0"}
        if mode == "socket":
            self.env["SLACK_APP_TOKEN"] = slack.app.app_token
        else:
            self.env["SLACK_SIGNING_SECRET"] = slack.app.signing_secret
        self.errors = folder / "stderr"
        self.process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        with self.errors.open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *(*PROGRAM, "run", "--db", str(self.folder / "shipworthy.db")),
                cwd=self.folder,
                env=environment(**self.env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._connected()
        except BaseException:
            await self.kill()
            raise
        return self

    async def _connected(self) -> None:
        wanted = "Slack: connected" if self.mode == "socket" else "listening at "
        assert self.process is not None
        assert self.process.stdout is not None
        while line := (await self.process.stdout.readline()).decode():
            if wanted in line:
                self.slack.app.request_url = line.partition("listening at ")[2].strip() or None
                return
        raise AssertionError(f"the bot ended before it was connected: {self.errors.read_text()}")

    async def kill(self) -> None:
        """End it at once, as a loss of power would."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.communicate()

    async def end(self) -> int:
        """Ask it to end; its exit status."""
        assert self.process is not None
        self.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await self.process.communicate()
        return self.process.returncode or 0

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

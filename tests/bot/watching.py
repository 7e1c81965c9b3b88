"""Whoever watches over a running program: asks for its pages and reads its figures."""

import asyncio
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.bot.house import Program
from tests.patience import PATIENCE_S

ON = {"SHIPWORTHY_METRICS_PORT": "0"}
SAYS_WHERE = "Metrics and health: "


class Watcher:
    """Asks at one address, as often as it takes."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    def of(self, program: Program) -> "Watcher":
        """The same, for the pages of a program that has said where they are."""
        return Watcher(self.session, program.printed.partition(SAYS_WHERE)[2].split()[0])

    async def page(self, path: str) -> tuple[int, str]:
        """The status and the words of a page."""
        async with self.session.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.text()

    async def lacks(self) -> dict[str, str]:
        """What the program says it lacks; its status has to agree."""
        async with self.session.get(f"{self.url}/readyz") as answer:
            told: dict[str, Any] = await answer.json()
            assert told["ready"] == (answer.status == 200) == (not told["lacks"])
            assert answer.status in {200, 503}
            return dict(told["lacks"])

    async def until_it_lacks(self, lacking: dict[str, str]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (told := await self.lacks()) != lacking:  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.02)
        assert told == lacking

    async def figures(self) -> dict[str, float]:
        """Every figure by its name and labels, as in `a_total{b=c,d=e}`, those that are 0 left out."""
        _, words = await self.page("/metrics")
        found = {}
        for family in text_string_to_metric_families(words):
            for sample in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
                if sample.value:
                    found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return found

    async def until_it_counts(self, name: str, at_least: float) -> float:
        """Wait until a figure has come so far; the figure."""
        async with asyncio.timeout(PATIENCE_S):
            while (now := (await self.figures()).get(name, 0.0)) < at_least:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.02)
        return now

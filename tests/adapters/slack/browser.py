"""Somebody with a browser who installs the app, and what they are shown."""

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import aiohttp

from adapters.slack import oauth
from tests.adapters.slack.running import World
from tests.slack_server.world import Workspace

COOKIE = "slack-app-oauth-state"


@dataclass(frozen=True)
class Page:
    """What a browser shows, and the state it holds afterwards."""

    status: int
    text: str
    cookie: str


class Browser:
    """Somebody who installs the app; the cookie is kept by hand, for it is meant for https alone."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self.world = world
        self.session = session
        self.cookie = ""

    async def get(self, path: str, **query: str) -> Page:
        url = self.world.slack.app.request_url or ""
        address = url.replace("/slack/events", path)
        headers = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        async with self.session.get(address, params=query, headers=headers) as answer:
            given = answer.headers.get("Set-Cookie", "")
            assert {"Secure", "HttpOnly"} <= set(given.split("; "))
            found = re.match(rf'{COOKIE}="?([^;"]*)', given)
            return Page(answer.status, await answer.text(), found[1] if found else "")

    async def begin(self) -> str:
        """Open the install page; the address that its button leads to."""
        page = await self.get(oauth.INSTALL)
        assert page.status == 200, page
        self.cookie = page.cookie
        [link] = re.findall(r'href="(http[^"]+/oauth/v2/authorize[^"]+)"', page.text)
        return html.unescape(link)

    async def state(self) -> str:
        return parse_qs(urlsplit(await self.begin()).query)["state"][0]

    async def install(self, team: Workspace, *, org_wide: bool = False) -> Page:
        """Go all the way through, and agree."""
        state = await self.state()
        slack = self.world.slack
        code = slack.approve(slack.app.client_id, team, self.world.ann, org_wide=org_wide)
        return await self.get(oauth.REDIRECT, code=code, state=state)

"""Reactions and button presses on their way to the core, each durable before Slack is told."""

import logging
from collections import OrderedDict
from collections.abc import Callable

from adapters.slack.channel import SlackChannel
from adapters.slack.errors import forgiven
from adapters.slack.inbound import Press
from adapters.slack.workspaces import Workspace, Workspaces
from commands.core import Core
from commands.errors import CommandError, Gone, TooOften
from commands.model import Ballot, Mark, Message, Recorded, TeamKey
from commands.redraws import Redraws
from commands.reply import Reply

log = logging.getLogger(__name__)

MOST_HELD = 10_000


class Marks:
    """Records marks, opens ballots that a crash left unopened, and has messages redrawn.

    `adopted` is told of a ballot so opened: there may be votes on it that nobody took.
    """

    def __init__(
        self,
        core: Core,
        workspaces: Workspaces,
        channel: SlackChannel,
        redraws: Redraws,
        *,
        adopted: Callable[[TeamKey, Ballot], None],
    ) -> None:
        self._core = core
        self._workspaces = workspaces
        self._channel = channel
        self._redraws = redraws
        self._adopted = adopted
        self._no_ballots: OrderedDict[Message, None] = OrderedDict()

    async def react(self, workspace: Workspace, mark: Mark) -> None:
        """Record a reaction made on a message of ours; durable on return, or `Unavailable` is raised."""
        if not await self._channel.counts(workspace, mark.person):
            return
        try:
            recorded = await self._recorded(workspace, mark)
        except CommandError as error:
            log.debug("a reaction that is no option: %s", error)
            return
        if recorded.changed and recorded.ballot is not None:
            self._redraws.want(workspace.team, recorded.ballot)

    async def react_elsewhere(self, mark: Mark) -> None:
        """Record a reaction in a channel that workspaces share, of which another was told than posted the message."""
        team = await self._core.team_of(mark.ballot) if isinstance(mark.ballot, Message) else None
        workspace = await self._workspaces.get(team.external_id) if team else None
        if workspace is not None:
            await self.react(workspace, mark)

    async def press(self, workspace: Workspace, press: Press, option: int) -> tuple[Recorded, Reply]:
        """Turn a button vote on or off; durable on return. Raises `CommandError` and `Unavailable`."""
        ballot = press.ballot
        if ballot is None:
            raise CommandError("This message is too old to vote on with a button; its reactions still count.")
        if not await self._channel.counts(workspace, press.place.person):
            raise CommandError("Only people of the workspace that asked can vote here.")
        person = press.place.person
        try:
            recorded, reply = await self._core.press(workspace.team, ballot.id, person, option)
        except TooOften:
            raise
        except CommandError:
            if ballot.message is None:
                raise
            ballot = await self._core.adopt(workspace.team, ballot)
            self._adopted(workspace.team, ballot)
            recorded, reply = await self._core.press(workspace.team, ballot.id, person, option)
        if recorded.changed:
            self._redraws.want(workspace.team, ballot.id)
        return recorded, reply

    async def known(self, workspace: Workspace, ballot: Ballot) -> int:
        """The id of a ballot read off the message that was pressed, opened first where a crash had left it unopened."""
        with forgiven("open a ballot"):
            if ballot.message is not None and await self._core.redraw(ballot.id) is None:
                ballot = await self._core.adopt(workspace.team, ballot)
                self._adopted(workspace.team, ballot)
        return ballot.id

    async def _recorded(self, workspace: Workspace, mark: Mark) -> Recorded:
        recorded = await self._core.mark(mark)
        address = mark.ballot
        if recorded.ballot is not None or not isinstance(address, Message) or address in self._no_ballots:
            return recorded
        try:
            adopted = await self._channel.adopt(workspace, address)
        except Gone:
            adopted = None
        if adopted:
            self._adopted(workspace.team, adopted)
            return await self._core.mark(mark)
        self._no_ballots[address] = None
        if len(self._no_ballots) > MOST_HELD:
            self._no_ballots.popitem(last=False)
        return recorded

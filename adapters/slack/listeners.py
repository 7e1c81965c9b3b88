"""What the bot listens to in Slack: each listener translates, calls the core, and says where the answer goes."""

import re
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack import inbound, views
from adapters.slack.answers import Answers, alone, reads
from adapters.slack.channel import Seat, SlackChannel
from adapters.slack.errors import forgiven
from adapters.slack.inbound import Notes, Place, Press
from adapters.slack.life import Life
from adapters.slack.marks import Marks
from adapters.slack.people import People
from adapters.slack.replays import Replays
from adapters.slack.workspaces import Workspace
from commands.core import Core
from commands.declare import Command, compose
from commands.errors import CommandError, ShipworthyError
from commands.model import Channel
from commands.once import Once
from commands.reply import Reply
from commands.tasks import Tasks


class Listeners:
    """Wires an app to the core. Everything that need not be durable before the ack runs as a task."""

    def __init__(
        self,
        core: Core,
        *,
        answers: Answers,
        channel: SlackChannel,
        marks: Marks,
        people: People,
        life: Life,
        once: Once,
        replays: Replays,
        tasks: Tasks,
    ) -> None:
        self._core = core
        self._answers = answers
        self._channel = channel
        self._marks = marks
        self._people = people
        self._life = life
        self._once = once
        self._replays = replays
        self._tasks = tasks
        self._commands = {command.name: command for command in core.commands}

    def register(self, app: AsyncApp) -> None:
        """Add every listener to an app, votes first: Bolt asks each in turn whether a delivery is for it."""
        app.event(re.compile("^reaction_(added|removed)$"))(self.on_reaction)
        app.command(re.compile("^/(compare|shipworthy)$"))(self.on_command)
        app.event("app_mention")(self.on_mention)
        app.action(re.compile(r"^(run|vote):\d+$|^more$"))(self.on_press)
        app.action(re.compile(""))(self.on_other_action)
        app.options(re.compile(""))(self.on_type_ahead)
        app.view(re.compile(r"^form:"))(self.on_submit)
        app.event("app_home_opened")(self.on_home)
        app.event("member_joined_channel")(self.on_joined)
        app.event("app_uninstalled")(self.on_departure)
        app.event("tokens_revoked")(self.on_departure)
        app.event(re.compile(""))(self.on_other_event)

    async def on_command(
        self, ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext, request: AsyncBoltRequest
    ) -> None:
        """A slash command was typed."""
        workspace: Workspace = context["workspace"]
        self._tasks.start(self._answer_once(request, workspace, inbound.asked(command), inbound.line(command)))
        await ack()

    async def _answer_once(self, request: AsyncBoltRequest, workspace: Workspace, place: Place, line: str) -> None:
        if await self._replays.first(request):
            await self._answer(workspace, place, line)

    async def _answer(self, workspace: Workspace, place: Place, line: str) -> None:
        """Answer a typed line; one that leaves out what its command needs gets a form to fill in."""
        name, *words = line.removeprefix("/").split(maxsplit=1) or [""]
        command = self._commands.get(name.casefold())
        if command and not words and _needs_words(command) and await self._answers.form(workspace, place, command):
            return
        await self._answers.command(workspace, place, line)

    async def on_mention(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody said something to the bot; the answer goes into the thread. Told twice, it answers once."""
        workspace: Workspace = context["workspace"]
        if event.get("bot_id") or event.get("user") in (None, workspace.bot_user):
            return
        if await self._once.told(workspace.id, "said", event["channel"], event["ts"]):
            line = inbound.mention(event, workspace.bot_user, self._commands)
            self._tasks.start(self._mentioned(workspace, inbound.mentioned(event, workspace.id), line))

    async def _mentioned(self, workspace: Workspace, place: Place, line: str) -> None:
        person = await self._people.get(workspace, place.person)
        if person.bot:
            return
        public = await self._channel.seat(workspace, place.channel.id) is Seat.PUBLIC
        channel = Channel(place.channel.id, private=not public)
        await self._answers.command(workspace, replace(place, channel=channel), line)

    async def on_reaction(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody put a reaction on a message or took it off; acked once the mark is durable."""
        mark = inbound.mark(event)
        if mark is None:
            return
        workspace: Workspace = context["workspace"]
        if event.get("item_user") in (None, workspace.bot_user):
            await self._marks.react(workspace, mark)
        elif body.get("is_ext_shared_channel"):
            await self._marks.react_elsewhere(mark)

    async def on_press(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody pressed one of our buttons. A vote is durable before the ack."""
        workspace: Workspace = context["workspace"]
        press = inbound.press(body, workspace.id)
        if press.option is not None:
            await self._vote(workspace, press, press.option)
        elif press.removes:
            self._tasks.start(self._remove(workspace, press))
        elif press.line is not None:
            self._tasks.start(self._run_once(workspace, press, press.line))
        await ack()

    async def on_other_action(self, ack: AsyncAck) -> None:
        """Something was chosen in a form, which is read when it is submitted."""
        await ack()

    async def _vote(self, workspace: Workspace, press: Press, option: int) -> None:
        """Record a button vote; one that could not be stored is told to the voter, and not acknowledged."""
        try:
            _, reply = await self._marks.press(workspace, press, option)
        except CommandError as refused:
            reply = self._core.refusal(refused)
        except ShipworthyError as failed:
            self._tasks.start(self._voted(workspace, press, self._core.refusal(failed)))
            raise
        self._tasks.start(self._voted(workspace, press, reply))

    async def _voted(self, workspace: Workspace, press: Press, reply: Reply) -> None:
        """Show what the vote now is: in the modal it was given in, else in a line to the voter alone."""
        if press.view is not None:
            await self._voted_in(workspace, press, press.view, reply)
            return
        if press.ballot is not None:
            await self._answers.redraw_here(workspace, press.place, press.ballot.id)
        await self._answers.whisper(workspace, press.place, reply)

    async def _voted_in(self, workspace: Workspace, press: Press, view: inbound.Payload, reply: Reply) -> None:
        notes = Notes.read(view)
        async with self._answers.turn(view["id"]):
            anew = await self._answers.ask(workspace, press.place, notes.line, ballot=notes.ballot)
            said = [block for block in reply.blocks if block not in anew.blocks]
            both = replace(anew, blocks=(*said, *anew.blocks))
            await self._answers.show(workspace, press.place, both, notes.line, view=view["id"])

    async def _run_once(self, workspace: Workspace, press: Press, line: str) -> None:
        """Run the command a button stands for, once where somebody presses twice; one that failed can be repeated."""
        key = (workspace.id, "ran", press.place.person, press.stands_on, line)
        if not await self._once.done(*key):
            return
        posted = False
        try:
            posted = await self._run(workspace, press, line)
        finally:
            if not posted:
                await self._once.undone(*key)

    async def _run(self, workspace: Workspace, press: Press, line: str) -> bool:
        """Run the command a button stands for; whether all can see the answer."""
        place = press.place
        ballot = await self._marks.known(workspace, press.ballot) if press.ballot else None
        reply = await self._answers.ask(workspace, place, line, ballot=ballot)
        if press.at_home or (press.view is None and reply.private and reads(reply)):
            await self._answers.show(workspace, place, reply, line)
        elif press.view is None:
            return await self._answers.deliver(workspace, place, reply, instead=press.alone)
        elif reply.private:
            await self._answers.show(workspace, place, reply, line, view=press.view["id"])
        else:
            return await self._post_from(workspace, place, reply, press.view["id"])
        if not place.channel.id:
            await self._answers.home(workspace, place.person)
        return False

    async def _post_from(self, workspace: Workspace, place: Place, reply: Reply, view: str) -> bool:
        """Post what was asked for in a modal, and say there that it was."""
        posted = await self._answers.deliver(workspace, place, reply)
        words = "It is posted." if posted else "What became of it is said in the channel, to you alone."
        await self._answers.show(workspace, place, alone(words), "", view=view)
        return posted

    async def _remove(self, workspace: Workspace, press: Press) -> None:
        """Remove a comparison, if the one who asked for it wishes so."""
        place = press.place
        try:
            if press.ballot is None:
                raise CommandError("This message cannot be removed by me.")
            person = await self._people.get(workspace, place.person)
            ballot = await self._marks.known(workspace, press.ballot)
            await self._core.withdraw(ballot, person.asker, workspace.team)
            await self._answers.remove(workspace, place, press.message)
        except ShipworthyError as refused:
            await self._answers.whisper(workspace, place, self._core.refusal(refused))

    async def on_type_ahead(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody types into a tool picker."""
        workspace: Workspace = context["workspace"]
        names = await self._core.suggest(workspace.team, body["user"]["id"], body.get("value") or "")
        await ack(options=views.options(names))

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """A form was filled in. What is wrong with it is said in the form."""
        workspace: Workspace = context["workspace"]
        view = body["view"]
        notes = Notes.read(view)
        command = self._commands[view["callback_id"].partition(":")[2]]
        line = compose(command, inbound.filled(view))
        channel = Channel(notes.channel, notes.private)
        place = Place(workspace.id, channel, body["user"]["id"], notes.thread, respond=notes.respond)
        reply = await self._answers.ask(workspace, place, line)
        if reply.failed:
            words = views.problem(reply.plain, tuple(self._commands))
            await ack(response_action="errors", errors={views.first_block(command): words})
        elif reply.private:
            await ack(response_action="update", view=await self._answers.modal(workspace, place, reply, line))
        else:
            self._tasks.start(self._deliver(workspace, place, reply))
            await ack()

    async def _deliver(self, workspace: Workspace, place: Place, reply: Reply) -> None:
        await self._answers.deliver(workspace, place, reply)

    async def on_home(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody opened the Home tab; Slack tells of no view where there was none yet."""
        if event.get("tab") != "home":
            return
        workspace: Workspace = context["workspace"]
        self._tasks.start(self._answers.home(workspace, event["user"], first="view" not in event))

    async def on_joined(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody invited the bot to a channel; it says one line, and nothing where it came by itself."""
        workspace: Workspace = context["workspace"]
        if event["user"] != workspace.bot_user or not event.get("inviter"):
            return
        if await self._once.told(workspace.id, "joined", event["channel"], event.get("event_ts") or ""):
            self._tasks.start(self._greet(workspace, event["channel"]))

    async def _greet(self, workspace: Workspace, channel: str) -> None:
        reply = self._core.hello()
        with forgiven("greet a channel"):
            await self._channel.post(workspace, channel, reply, await self._channel.look(workspace, reply))

    async def on_departure(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """The app was removed from a workspace, or its token was."""
        at_us = inbound.departure(event, body["event_time"])
        if at_us is not None and context.team_id:
            await self._life.departed(context.team_id, at_us)

    async def on_other_event(self) -> None:
        """Something nobody here asked to be told of: unanswered, Slack would tell it again and again."""


def _needs_words(command: Command) -> bool:
    return any(parameter.required for parameter in command.parameters)

"""What people do in Slack, and what the app is told of it. Each act waits for the app's answer and returns it."""

from collections.abc import Sequence

from tests.slack_server import interactions
from tests.slack_server.deliveries import COMMAND, INTERACTIVE, Answer, Deliveries
from tests.slack_server.interactions import Filled, Place
from tests.slack_server.methods import change_reaction, check_content, erase, join_channel, post
from tests.slack_server.views import change_view, close_views, make_view, push_view
from tests.slack_server.world import (
    RESPONSE_URL_US,
    TRIGGER_US,
    Channel,
    Installation,
    Json,
    Message,
    Person,
    ResponseUrl,
    Trigger,
    View,
    Workspace,
)

TYPE_AHEAD_OPTIONS = 100


class Acts(Deliveries):
    """The state, a line to the apps, and people who do things."""

    url: str

    # -- in channels -------------------------------------------------------------------------------------------

    def say(self, person: Person, channel: Channel, text: str, *, thread: Message | None = None) -> Message:
        """Write something; no app is told of plain messages."""
        message = Message(channel, self.next_ts(), person.id, text, thread_ts=thread.ts if thread else None)
        channel.messages[message.ts] = message
        self.changed()
        return message

    async def mention(
        self, person: Person, channel: Channel, text: str, *, thread: Message | None = None, team: str = ""
    ) -> Answer:
        """Write something that begins with the bot's name."""
        made = self.bot(channel.team)
        if made is None:
            raise LookupError("the app is not installed there")
        said = self.say(person, channel, f"<@{made.bot.id}> {text}", thread=thread)
        event: Json = {"type": "app_mention", "user": person.id, "text": said.text, "ts": said.ts}
        event |= {"channel": channel.id, "event_ts": said.ts, "team": person.team.id}
        if thread:
            event["thread_ts"] = thread.ts
        return await self.happen(event, channel, team or person.team.id)

    async def react(self, person: Person, message: Message, name: str, *, team: str = "") -> Answer:
        """Add a reaction; `team` is whose delivery the app gets in a shared channel, usually the person's own."""
        event = change_reaction(self, message, name, person, on=True)
        return await self.happen(event, message.channel, team or person.team.id)

    async def unreact(self, person: Person, message: Message, name: str, *, team: str = "") -> Answer:
        """Take a reaction away."""
        event = change_reaction(self, message, name, person, on=False)
        return await self.happen(event, message.channel, team or person.team.id)

    async def invite(self, by: Person, channel: Channel, who: Person | None = None) -> Answer:
        """Bring somebody into a channel: the bot, unless somebody else is named."""
        made = self.bot(channel.team)
        who = who or (made.bot if made else None)
        if who is None:
            raise LookupError("the app is not installed there")
        return await self.happen(join_channel(self, channel, who, by), channel, by.team.id)

    def kick(self, channel: Channel, who: Person | None = None) -> None:
        """Take somebody out of a channel: the bot, unless somebody else is named."""
        made = self.bot(channel.team)
        person = who or (made.bot if made else None)
        channel.members = [member for member in channel.members if person is None or member != person.id]
        self.changed()

    def archive(self, channel: Channel) -> None:
        channel.archived = True
        self.changed()

    def erase(self, message: Message) -> None:
        """Delete a message, as an administrator can."""
        erase(self, message)

    # -- commands and what is clicked --------------------------------------------------------------------------

    async def command(self, person: Person, channel: Channel, name: str, text: str = "") -> Answer:
        """Type a slash command. What the app says in its answer is shown at once, if it is JSON.

        An answer that Slack would not show is raised as `Refused`.
        """
        made = self._installed(person.team)
        if "commands" not in made.scopes:
            raise LookupError("the app may not have commands")
        names = {"public": channel.name, "private": "privategroup", "im": "directmessage", "mpim": channel.name}
        form: Json = {
            "token": "unused",
            "team_id": person.team.id,
            "team_domain": person.team.domain,
            "channel_id": channel.id,
            "channel_name": names[channel.kind],
            "user_id": person.id,
            "user_name": person.name,
            "command": name,
            "text": text,
            "api_app_id": made.app.id,
            "is_enterprise_install": "false",
            "response_url": self.new_response_url(made, channel, person),
            "trigger_id": self.new_trigger(made, person),
        }
        if person.team.enterprise:
            form |= {"enterprise_id": person.team.enterprise, "enterprise_name": person.team.enterprise}
        answer = await self.bring(made.app, COMMAND, form)
        content = answer.json if answer.acked else {}
        if content.get("text") or content.get("blocks"):
            check_content(self, content)
            public = content.get("response_type") == "in_channel"
            post(self, made, channel, content, None if public else person.id)
        return answer

    async def click(
        self,
        person: Person,
        place: Message | View,
        action_id: str = "",
        *,
        block_id: str = "",
        value: str | None = None,
        filled: Filled | None = None,
    ) -> Answer:
        """Press a button, or choose `value` from a menu; `action_id` may be just how the id begins.

        Nothing can be clicked that is not shown, or that fits two elements; that is a LookupError.
        """
        block, element = interactions.find(Place(place), action_id, block_id, value)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise LookupError("the app is not told of this field before the view is submitted")
        made = self._maker(place)
        payload = self._interaction("block_actions", made, person, place)
        payload["state"] = {"values": interactions.state(Place(place).blocks, filled or {})}
        payload["actions"] = [interactions.action(block, element, value, self.next_ts())]
        if isinstance(place, View):
            payload["view"]["state"] = payload["state"]
        else:
            payload["response_url"] = self.new_response_url(made, place.channel, person, place)
        return await self.bring(made.app, INTERACTIVE, payload)

    async def suggest(
        self, person: Person, place: Message | View, action_id: str, typed: str = "", *, block_id: str = ""
    ) -> list[Json]:
        """Type into a menu that asks the app for its options; the options that are then shown."""
        block, element = interactions.find(Place(place), action_id, block_id, None)
        if len(typed) < element.get("min_query_length", 3):
            raise LookupError("the app is not asked before more is typed")
        made = self._maker(place)
        payload = self._interaction("block_suggestion", made, person, place)
        del payload["trigger_id"]
        payload |= {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}
        answer = await self.bring(made.app, INTERACTIVE, payload)
        return interactions.options(answer)

    async def submit(self, person: Person, view: View, filled: Filled | None = None) -> Answer:
        """Fill in a modal, by block id, and send it off; what the app's answer asks for is done to the views.

        A field that has to be filled in and is not, or an answer that Slack would refuse, is a ValueError.
        """
        values = interactions.state(view.content["blocks"], filled or {}, complete=True)
        made = self._installed(view.team, view)
        payload = self._interaction("view_submission", made, person, view)
        payload |= {"view": view.as_json(values), "response_urls": []}
        del payload["container"]
        answer = await self.bring(made.app, INTERACTIVE, payload)
        if answer.acked:
            self._follow(view, answer)
        return answer

    def _follow(self, view: View, answer: Answer) -> None:
        match answer.json.get("response_action"):
            case None:
                close_views(self, view.user)
            case "clear":
                close_views(self, view.user, every=True)
            case "update":
                change_view(self, view, answer.json.get("view"))
            case "push":
                push_view(self, make_view(self, view.app, view.team, view.user, answer.json.get("view")))
            case "errors":
                interactions.check_errors(view.content["blocks"], answer.json.get("errors"))
            case other:
                raise ValueError(f"no such response_action: {other}")

    async def close(self, person: Person, *, every: bool = False) -> Answer | None:
        """Dismiss the modal in front of a person; what the app answered if it wanted to know."""
        view = self.modal(person)
        if view is None:
            raise LookupError("nothing is open")
        made = self._installed(view.team, view)
        payload = self._interaction("view_closed", made, person, view) | {"is_cleared": every}
        del payload["trigger_id"], payload["container"]
        close_views(self, person.id, every=every)
        return await self.bring(made.app, INTERACTIVE, payload) if view.content.get("notify_on_close") else None

    async def open_home(self, person: Person, *, tab: str = "home") -> Answer:
        """Look at the app's home, or another tab of it."""
        made = self._installed(person.team)
        channel = self.direct(made.bot, person)
        event: Json = {"type": "app_home_opened", "user": person.id, "channel": channel.id, "tab": tab}
        event["event_ts"] = self.next_ts()
        home = self.home(person)
        if home and tab == "home":
            event["view"] = home.as_json()
        return await self.deliver(event, made) if self.hears(made, "app_home_opened", None) else Answer(event)

    # -- life cycle --------------------------------------------------------------------------------------------

    async def uninstall(
        self,
        team: Workspace,
        *,
        order: Sequence[str] = ("tokens_revoked", "app_uninstalled"),
        event_time: int | None = None,
    ) -> list[Answer]:
        """Take the app out of a workspace; it is told in this order, as of that time in seconds."""
        made = self._installed(team)
        for other in self.installations:
            if other.app is made.app and other.team is team:
                other.refused_with = other.refused_with or "account_inactive"
        for channel in self.channels.values():
            if made.bot.id in channel.members and channel.kind != "im":
                channel.members.remove(made.bot.id)
        self.changed()
        tokens = {"oauth": [], "bot": [made.bot.id]}
        events: dict[str, Json] = {
            "tokens_revoked": {"type": "tokens_revoked", "tokens": tokens},
            "app_uninstalled": {"type": "app_uninstalled"},
        }
        return [await self.deliver(events[name], made, event_time=event_time) for name in order]

    # -- what comes with every interaction ---------------------------------------------------------------------

    def _installed(self, team: Workspace, view: View | None = None) -> Installation:
        made = self.bot(team, view.app if view else None)
        if made is None:
            raise LookupError(f"the app is not installed in {team.id}")
        return made

    def _maker(self, place: Message | View) -> Installation:
        if isinstance(place, View):
            return self._installed(place.team, place)
        for made in reversed(self.installations):
            if made.bot_id == place.bot_id and not made.refused_with:
                return made
        raise LookupError("no app that is still installed made this message")

    def _in_front_of(self, person: Person, view: View) -> None:
        if self.modal(person) is not view:
            raise LookupError("that view is not what this person has in front of them")

    def _interaction(self, kind: str, made: Installation, person: Person, place: Message | View) -> Json:
        if isinstance(place, View) and place.content["type"] == "modal":
            self._in_front_of(person, place)
        if isinstance(place, Message) and person.id not in place.channel.members and not place.channel.public:
            raise LookupError("this person does not see that message")
        within = place if isinstance(place, View) and place.content["type"] == "modal" else None
        org = made.team.enterprise
        user = {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team.id}
        return {
            "type": kind,
            "user": user,
            "api_app_id": made.app.id,
            "token": "unused",
            "trigger_id": self.new_trigger(made, person, within),
            "team": {"id": made.team.id, "domain": made.team.domain},
            "enterprise": {"id": org, "name": org} if org else None,
            "is_enterprise_install": made.org_wide,
        } | Place(place).about()

    def new_trigger(self, made: Installation, person: Person, within: View | None = None) -> str:
        """A trigger id, as every interaction carries one; good for three seconds."""
        trigger_id = f"{self.new_id('t')}.{made.team.id}"
        self.triggers[trigger_id] = Trigger(made.app, made.team, person.id, self.clock() + TRIGGER_US, within)
        return trigger_id

    def new_response_url(
        self, made: Installation, channel: Channel, person: Person, about: Message | None = None
    ) -> str:
        """A response URL, good for half an hour; `about` is the message that it can replace or delete."""
        path = f"{made.team.id}/{self.new_id('r')}"
        self.response_urls[path] = ResponseUrl(made, channel, person.id, self.clock() + RESPONSE_URL_US, about)
        return f"{self.url}/response/{path}"

"""`/digest`: what changed, once a week, in a channel that wants it."""

from collections.abc import Sequence
from dataclasses import replace

from commands import week
from commands.declare import Ask, Command, Kind, Parameter
from commands.errors import CommandError
from commands.model import Asker, DigestRun, RunState, Subscription
from commands.ports import Catalogue, Clock, Digests, Rules, Votes
from commands.reply import (
    Block,
    Button,
    Buttons,
    CommandSpan,
    Lead,
    Line,
    Note,
    Paragraph,
    PersonSpan,
    Reply,
    said,
    spoken,
    text,
)
from commands.schedule import EXAMPLE, SECOND_US, WEEK_US, canonical, in_words, next_due, parse_weekly, upcoming, when

ACTIONS = ("on", "off", "status", "preview", "now")

LEASE_US = 60 * SECOND_US
"""How long a run belongs to whoever claimed it, not counting the time in which reactions are read back for it.
A program that was killed holds its runs no longer, so this is also how late a digest gets by a restart."""

RUNS_SHOWN = 4

MOST_DIGESTS = 200
"""Channels of one team that may have a digest; each is a message a week for as long as the bot is there."""

WHAT_BECAME = {
    RunState.CLAIMED: "about to be posted",
    RunState.ATTEMPTED: "being posted; whether it arrived is looked up within minutes",
    RunState.POSTED: "posted",
    RunState.UNCONFIRMED: "unconfirmed: the bot was interrupted while posting and cannot read this channel back, "
    "so it was not repeated",
    RunState.SKIPPED: "skipped: it could not be posted in time",
    RunState.FAILED: "failed: the channel kept refusing it, and the digest was switched off",
}


async def digest(
    ask: Ask, *, digests: Digests, catalogue: Catalogue, votes: Votes, clock: Clock, rules: Rules
) -> Reply:
    """Switch a channel's weekly digest on or off, tell when it comes, show it, or post it now."""
    action, _, words = ask.words.strip().partition(" ")
    action, words = action.casefold() or "status", words.strip()
    if action not in ACTIONS:
        raise CommandError(
            "Type /digest with on, off, status, preview or now. "
            f"To have a digest every week, for example: /digest on {EXAMPLE}"
        )
    if words and action != "on":
        raise CommandError(f"/digest {action} takes nothing more. To set the time, for example: /digest on {EXAMPLE}")
    standing = await digests.subscription(ask.team, ask.request.channel.id)
    if action == "status":
        return await _status(standing, digests=digests, clock=clock, rules=rules)
    if action == "preview":
        covered = await _preview_of(ask, standing, digests=digests, clock=clock, rules=rules)
        return _alone(await week.compose(covered, catalogue=catalogue, votes=votes), switched_on=standing is not None)
    _may_manage(ask.request.asker, rules)
    if action == "on":
        return await _on(ask, words, standing, digests=digests, clock=clock)
    if action == "off":
        return await _off(ask, standing, digests=digests)
    run = await _claim_now(standing, digests=digests, clock=clock)
    reply = await week.compose(await week.of_run(run, digests=digests, rules=rules), catalogue=catalogue, votes=votes)
    if not await digests.advance(run.id, RunState.ATTEMPTED, expected=RunState.CLAIMED, held_us=run.lease_us):
        raise CommandError("This digest took too long to put together, and is being posted by itself.")
    return reply


COMMAND = Command(
    "digest",
    "/digest [on [WEEKDAY] [HH:MM] [ZONE] | off | status | preview | now]",
    "Post what changed in this channel, once a week",
    digest,
    parameters=(
        Parameter("action", "What to do; status if left out", Kind.CHOICE, choices=ACTIONS),
        Parameter("when", f"For on: weekday, time and zone, such as {EXAMPLE}"),
    ),
    examples=("/digest on", f"/digest on {EXAMPLE}", "/digest preview"),
    details=(
        "What you leave out is Monday, 09:00 and your own time zone; switched on already, it stays as it is.",
        "preview shows you alone what would be posted now; now posts it to the channel.",
    ),
    manages=True,
)


def _may_manage(asker: Asker, rules: Rules) -> None:
    if not asker.full_member:
        raise CommandError("Only full members can change or post the digest. /digest preview shows it to you alone.")
    if rules.digest_needs_manager and not asker.manager:
        raise CommandError("Here only managers can change or post the digest. /digest preview shows it to you alone.")


async def _on(ask: Ask, words: str, standing: Subscription | None, *, digests: Digests, clock: Clock) -> Reply:
    asker = ask.request.asker
    weekly = parse_weekly(words, default_zone=asker.zone, standing=standing.weekly if standing else None)
    now_us = clock()
    if standing and standing.weekly == weekly:
        return _told(said(f"The weekly digest is on already: {in_words(weekly)}. "), private=True)
    due_us = next_due(weekly, now_us)
    if standing is None and len(await digests.of_team(ask.team)) >= MOST_DIGESTS:
        raise CommandError(
            f"{MOST_DIGESTS} channels of this team have a digest, which is the most. "
            "Switch one off in its channel: /digest off"
        )
    await digests.subscribe(
        Subscription(
            id=standing.id if standing else 0,
            team=ask.team,
            team_key=ask.request.team,
            channel=ask.request.channel,
            weekly=weekly,
            set_by=asker.id,
            since_us=standing.since_us if standing else now_us,
            next_due_us=due_us,
        )
    )
    did = f" moved the weekly digest to {in_words(weekly)}; it was {in_words(standing.weekly)}." if standing else None
    line = said(PersonSpan(asker.id), did or f" switched the weekly digest on: {in_words(weekly)}.")
    return _told(line, f"The next one comes on {when(due_us, weekly.zone)}.")


async def _off(ask: Ask, standing: Subscription | None, *, digests: Digests) -> Reply:
    if standing is None or not await digests.unsubscribe(ask.team, ask.request.channel.id):
        raise CommandError(f"The weekly digest is off here already. To switch it on, for example: /digest on {EXAMPLE}")
    return _told(said(PersonSpan(ask.asker), f" switched the weekly digest off. It came {in_words(standing.weekly)}."))


def _told(line: Line, more: str = "", *, private: bool = False) -> Reply:
    note = said(more, " Change it with " if more else "Change it with ", CommandSpan("/digest"), ".")
    return Reply(spoken(line), (Lead(line), Note(note)), private=private)


async def _status(standing: Subscription | None, *, digests: Digests, clock: Clock, rules: Rules) -> Reply:
    if standing is None:
        line = text("The weekly digest is off in this channel.")
        buttons = Buttons((Button("Switch on", "/digest on", "Switch the weekly digest on", primary=True), PREVIEW))
        example = said("Choose when with ", CommandSpan(f"/digest on {EXAMPLE}"), ".")
        return Reply(spoken(line), (Lead(line), Note(example), buttons), private=True)
    weekly, zone = standing.weekly, standing.weekly.zone
    line = said(f"The weekly digest is on: {in_words(weekly)}.")
    times = [when(due_us, zone) for due_us in upcoming(weekly, max(clock(), standing.next_due_us - 1))]
    blocks: list[Block] = [
        Lead(line),
        Paragraph(text(f"The next three come on {times[0]}, {times[1]} and {times[2]}.")),
    ]
    if standing.set_by:
        blocks.append(Note(said("Set by ", PersonSpan(standing.set_by), ".")))
    runs = await digests.runs(standing.id, limit=RUNS_SHOWN)
    blocks += _runs(runs, zone) or [Note(text("None has come yet."))]
    hours = rules.digest_grace_us // (3600 * SECOND_US)
    if any(run.state is RunState.SKIPPED for run in runs):
        blocks.append(Note(text(f"A digest more than {hours} hours late is skipped, and the next one says so.")))
    off = Button("Switch off", "/digest off", "Switch the weekly digest off")
    blocks.append(Buttons((PREVIEW, Button("Post now", "/digest now", "Post a digest to this channel now"), off)))
    return Reply(f"{spoken(line)} The next comes on {times[0]}.", tuple(blocks), private=True)


PREVIEW = Button("Preview", "/digest preview", "Show me alone what would be posted now")


def _runs(runs: Sequence[DigestRun], zone: str) -> list[Block]:
    return [Paragraph(text(f"{when(run.due_us, zone)}: {WHAT_BECAME[run.state]}.")) for run in runs]


async def _preview_of(
    ask: Ask, standing: Subscription | None, *, digests: Digests, clock: Clock, rules: Rules
) -> week.Week:
    now_us = clock()
    if standing:
        return await week.up_to(standing, now_us, digests=digests, rules=rules)
    zone = canonical(ask.request.asker.zone) or "UTC"
    return week.Week(ask.team, ask.request.channel, now_us - WEEK_US, now_us, zone)


def _alone(reply: Reply, *, switched_on: bool) -> Reply:
    """The same digest for the asker alone."""
    then = said(CommandSpan("/digest now"), " posts one to the channel.")
    if not switched_on:
        then = said(CommandSpan("/digest on"), " switches it on for the channel.")
    note = Note(said("Only you see this preview. ", *then))
    return replace(reply, plain=f"Preview. {reply.plain}", blocks=(*reply.blocks, note), private=True)


async def _claim_now(standing: Subscription | None, *, digests: Digests, clock: Clock) -> DigestRun:
    if standing is None:
        raise CommandError(
            "The weekly digest is off here, so there is none to post. Switch it on with /digest on, "
            "or read one alone with /digest preview."
        )
    now_us = clock()
    run = await digests.open_run(standing, due_us=now_us, lease_us=now_us + LEASE_US)
    if run is None:
        raise CommandError("Somebody is posting a digest here at this very moment.")
    return run

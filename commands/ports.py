"""What the core asks of the outside. Each promise is written here, once; implementations refer to it.

Every method may raise `commands.errors.Unavailable` when the store cannot answer; then nothing was
changed. A method that writes returns only after its write is durable. Nothing one team stores is ever
returned for another. Times are microseconds since 1970 UTC.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from commands.errors import CommandError
from commands.measure import UNMEASURED, Measures
from commands.model import (
    Activity,
    Ballot,
    Bookmark,
    Category,
    Channel,
    DigestRun,
    Loaded,
    Mark,
    Message,
    PersonData,
    Recorded,
    RunState,
    Said,
    Scores,
    Subscription,
    TeamAlias,
    TeamKey,
    Tool,
    ToolChange,
    ToolEntry,
    ToolName,
)
from commands.reply import Reply
from commands.turns import Pace, Turn, Wait
from commands.voting import Counters

Item = TypeVar("Item")

Clock = Callable[[], int]
"""The time now, in microseconds. It may step back."""

NewId = Callable[[], int]
"""A new 63-bit id, greater than any handed out before by the same process, as good as unique across processes."""


class Teams(Protocol):
    """Which team of ours a platform's team is, and whether the bot is still in it."""

    async def team(self, key: TeamKey) -> int:
        """The id of this team, made on first sight. The same key gives the same id until the team is purged."""

    async def key(self, team: int) -> TeamKey | None:
        """Which team of its platform this is; None for an id that is no team's, or no more."""

    async def arrive(self, key: TeamKey, at_us: int) -> None:
        """The bot is in this team since then, or again: what a departure before that left behind is kept."""

    async def present(self, platform: str) -> tuple[TeamKey, ...]:
        """The teams of a platform in which the bot arrived and that it has not departed from, ordered by id."""

    async def depart(self, key: TeamKey, at_us: int) -> bool:
        """The bot was removed from this team: its digests stop, and `purge` will erase the rest in time.

        False for a team that is not known, that had departed already, or where the bot arrived after that
        instant; then nothing changes, except that of several departures the latest counts.
        """

    async def purge(self, before_us: int) -> int:
        """Erase all that is stored of every team that departed before that instant; how many. Idempotent.

        It takes many small writes; where they are broken off, the next purge goes on. A team whose
        erasing has begun is a new one to whoever asks for it, and no id is ever given to another.
        """


class Presence(Protocol):
    """When the bot was last connected to a platform, so that what happened since can be read back."""

    async def seen(self, platform: str) -> int | None:
        """The latest instant it was connected; None if it never was."""

    async def see(self, platform: str, at_us: int) -> None:
        """It is connected at this instant; an earlier one than is known changes nothing."""


class Deliveries(Protocol):
    """What platforms delivered and was taken up, so that nothing is answered twice, whichever process it reaches.

    Keys are whatever a platform's part of the program tells deliveries apart by; they are kept as hashes, for
    about an hour.
    """

    async def first(self, key: str) -> bool:
        """Whether nobody took this up before: of all callers in an hour, however many at once, one is told True."""

    async def forget(self, key: str) -> None:
        """What was taken up came to nothing: the next caller is the first again. Idempotent."""


class Catalogue(Protocol):
    """The tools that can be compared; shared by all teams."""

    async def revision(self) -> int:
        """A number that grows whenever the catalogue changes."""

    async def names(self) -> Sequence[ToolName]:
        """What every tool may be called, ordered by id. Redirected slugs are among the words of their target."""

    async def tools(self, ids: Sequence[int]) -> tuple[Tool, ...]:
        """These tools with their reviews, in the order asked. Unknown ids are left out."""

    async def categories(self) -> tuple[Category, ...]:
        """Every category that holds a tool, ordered by name."""

    async def in_category(self, category: str, *, limit: int, skip: int = 0) -> tuple[Tool, ...]:
        """Tools of the category of this exact name, the panel's favourites first, then by name and slug."""

    async def changes(self, since_us: int, until_us: int, *, limit: int) -> tuple[ToolChange, ...]:
        """What imports changed at since < at <= until, oldest first, ordered by time, tool and field."""

    async def load(
        self,
        entries: Iterable[ToolEntry],
        *,
        categories: Mapping[str, Sequence[str]],
        progress: Callable[[int], None],
    ) -> Loaded:
        """Store these tools, all or nothing; facts of known slugs are updated, votes and ids stay.

        Reads `entries` once, holding few at a time, and calls `progress` with how many are done. A
        tool's reviews, words and redirects become exactly those given; tools not named stay. What
        changed is kept as `ToolChange`s at the store's clock; a second load of the same changes nothing.
        `categories` gives other names of categories, by name; a tool whose category is another name of
        one, given or stored before, goes into that one. Raises `CommandError` when a slug is given
        twice, or as a former slug and as a tool.
        """


class Aliases(Protocol):
    """A team's own words for tools."""

    async def aliases(self, team: int) -> tuple[TeamAlias, ...]:
        """All of them, ordered by words."""

    async def set_alias(self, team: int, alias: TeamAlias) -> None:
        """Store or replace the alias of these exact words."""

    async def remove_alias(self, team: int, words: str) -> bool:
        """Remove the alias of these exact words; False if there was none."""


class Votes(Protocol):
    """Ballots and the marks on them. The law is in `commands.voting`; this keeps marks and cached counts."""

    async def open(self, ballot: Ballot) -> None:
        """Store a posted ballot with its message. Opening one of an id or a message that has one changes nothing."""

    async def ballot(self, ballot: int | Message) -> Ballot | None:
        """The ballot of this id, or the one posted as this message."""

    async def newest(self, team: int, channel: str, tools: Sequence[int], since_us: int) -> Ballot | None:
        """The newest comparison of exactly these tools, in any order, posted in that channel at or after then."""

    async def freeze(self, ballot: int) -> None:
        """Keep the ballot as it is: its message is gone, and later marks change nothing. Idempotent."""

    async def record(self, mark: Mark) -> Recorded:
        """Store one mark durably; unchanged if it is stale, repeated, on no known or on a frozen ballot.

        Marks of one key (ballot, person, option, way) converge on the one with the latest time, in
        whatever order they come. A mark without a time gets `voting.stamp` of the store's clock, in
        order of arrival; one that says what stands already is a repeat and changes nothing. A mark of
        another kind of ballot changes nothing. A mark not
        later than the person's wish to be forgotten changes nothing, nor does a mark off of which
        nothing was known from somebody forgotten since the ballot was posted. Marks recorded together
        are committed together; a bad one fails alone. Raises `CommandError` for an option that the
        ballot does not have.
        """

    async def record_all(self, marks: Sequence[Mark]) -> Sequence[Recorded | CommandError]:
        """Store marks in this order, as `record` does each; what became of each, or what it would have raised.

        On return all of them are durable; if this raises, as `Unavailable` or anything else, none was stored.
        """

    async def marks(self, ballot: int, person: str) -> tuple[tuple[int, str], ...]:
        """The options a person has on at this ballot, each with its way, ordered."""

    async def scores(self, team: int, tools: Sequence[int]) -> Scores:
        """The team's tally for each of these tools, and the head to head for each pair in the order asked.

        Tools and pairs that nobody has spoken of have zeroes. A pair that has not stood on a ballot of the
        team together is counted afresh, which takes as long as the first tool has voters.
        """

    async def revision(self) -> int:
        """A number that grows with every write to marks; taken before a repair read begins."""

    async def repair(
        self,
        ballot: int,
        seen: frozenset[tuple[str, int]],
        *,
        read_from: int,
        away_us: int,
        complete: bool,
    ) -> int:
        """Make the reaction marks of a ballot equal to (person, option) pairs read back; how many changed.

        See `voting.repair` for what each argument means. Idempotent.
        """

    async def to_repair(self, team: int, since_us: int) -> tuple[Ballot, ...]:
        """Ballots of a team that are not frozen and were posted or marked since then, newest posting first."""

    async def recent(self, team: int, *, limit: int) -> tuple[Ballot, ...]:
        """The team's newest comparisons in channels that are not private and that are not frozen, newest first."""

    async def activity(self, team: int, channel: str, since_us: int, until_us: int) -> Activity:
        """What happened between the two instants, since < at <= until, as this channel may see it."""

    async def stored_counters(self, team: int) -> Counters:
        """The cached counters of a team, without zeroes."""

    async def rebuilt_counters(self, team: int) -> Counters:
        """The same numbers computed from the marks alone. Equal to `stored_counters` unless something is broken."""

    async def rebuild(self, team: int) -> bool:
        """Replace the cached counters of a team by a rebuild; False if nothing differed."""

    def team_ids(self) -> AsyncIterator[int]:
        """Every team that has ballots, ascending."""


class Turns(Protocol):
    """Who draws which ballot's message, among all processes on one store. The rules are in `commands.turns`."""

    async def take(self, ballot: int, pace: Pace) -> Turn | Wait | None:
        """Ask to draw the ballot's message now; exactly one caller gets the `Turn`, to be ended by `done`.

        None where there is nothing to draw: the message shows all that was marked, or the ballot is frozen or
        not known. A turn counts towards its team's minute whatever comes of it.
        """

    async def done(self, ballot: int, turn: Turn, *, drawn: bool) -> bool:
        """End a turn; `drawn` False gives it back, to be taken again. Whether there is something to draw now.

        What is told of a turn that had run out is believed only as far as it does no harm. Idempotent.
        """

    async def behind(self, platform: str, *, after: int, limit: int) -> tuple[tuple[int, TeamKey], ...]:
        """Ballots there is something to draw for, ascending from the first id above `after`, each with its team."""


class Bookmarks(Protocol):
    """Tools a person saved for themselves."""

    async def add(self, team: int, person: str, bookmark: Bookmark) -> bool:
        """Save a tool; False, keeping the older one, if it was saved before."""

    async def remove(self, team: int, person: str, tool: int) -> bool:
        """Drop a saved tool; False if it was not saved."""

    async def of(self, team: int, person: str) -> tuple[Bookmark, ...]:
        """A person's bookmarks, newest first."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many more digests of a platform somebody can begin now: `free` of them.

    Of one team no more than `per_team` at once; `taken` says how many of it are worked on already.
    """

    platform: str
    free: int
    per_team: int
    taken: Mapping[int, int] = field(default_factory=dict)

    @property
    def full(self) -> list[int]:
        """The teams of which none can be begun."""
        return [team for team, taken in self.taken.items() if taken >= self.per_team]

    def fitting(self, items: Iterable[Item], team_of: Callable[[Item], int]) -> list[Item]:
        """Those of these that there is room for, in the same order."""
        taken = Counter(self.taken)
        found: list[Item] = []
        for item in items:
            team = team_of(item)
            if len(found) < self.free and taken[team] < self.per_team:
                taken[team] += 1
                found.append(item)
        return found


class Digests(Protocol):
    """Weekly digests: who gets one, and how far each has come. Never two for one due instant."""

    async def subscribe(self, subscription: Subscription) -> Subscription:
        """Store a channel's digest, replacing the one it had; its `id` is given here and kept on replacement."""

    async def unsubscribe(self, team: int, channel: str) -> bool:
        """Stop a channel's digest; False if it had none. Runs already posted stay on record."""

    async def subscription(self, team: int, channel: str) -> Subscription | None:
        """The digest of a channel, if it is on."""

    async def of_team(self, team: int) -> tuple[Subscription, ...]:
        """The digests that are on in a team, ordered by channel."""

    async def due(self, now_us: int, *, platform: str) -> int:
        """How many digests of a platform are due and not claimed yet."""

    async def next_due(self, after_us: int, *, platform: str) -> int | None:
        """The soonest instant after that one at which a digest of a platform is due; None if there is none."""

    async def claim(self, now_us: int, *, room: Room, lease_us: int, grace_us: int) -> tuple[DigestRun, ...]:
        """Take runs of digests that are due, the longest due first, as there is room for.

        They may be fewer than could be begun, but none only where there is none. Each digest moves on by
        `schedule.turn` in the same transaction; whoever claims at the same time gets others. A digest that
        is too late to be posted is returned as a run that is SKIPPED; one whose instant had its run before
        moves on all the same and is not returned. The runs are the caller's until `lease_us`. `since_us` of
        a run is the due instant of the newest run that was posted, attempted or unconfirmed, else a week
        before.
        """

    async def rewind(self, now_us: int, *, lease_us: int) -> int:
        """Put digests that wait for an instant more than a week ahead back on their schedule; how many.

        They were claimed by a clock that had stepped forth. What was posted then is not posted again. Leases
        that end more than an hour ahead end at `lease_us` from then on.
        """

    async def open_run(self, subscription: Subscription, *, due_us: int, lease_us: int) -> DigestRun | None:
        """Take an extra run outside the schedule, as `/digest now` does; None if one of that instant exists."""

    async def advance(
        self,
        run: int,
        state: RunState,
        *,
        expected: RunState,
        message: Message | None = None,
        held_us: int | None = None,
        lease_us: int | None = None,
    ) -> bool:
        """Record the next step of a run, only if it is still in the expected state; False if it was not.

        False too if `held_us` is given and is not the end of the lease now standing: somebody reclaimed
        the run. `lease_us` moves the end of the lease; without it the lease stays.
        """

    async def reclaim(
        self, now_us: int, *, room: Room, lease_us: int, holding: Collection[int] = ()
    ) -> tuple[DigestRun, ...]:
        """Take runs CLAIMED or ATTEMPTED whose lease ended before now, the longest first, as there is room for.

        As with `claim` they may be fewer. Each is handed to one caller, under a new lease that ends at
        `lease_us`; never one that the caller is `holding`, which by a clock that stepped forth is overdue
        while it is worked on.
        """

    async def runs(self, subscription: int, *, limit: int) -> tuple[DigestRun, ...]:
        """The newest runs of a subscription, newest due first."""


class DigestChannel(Protocol):
    """One platform, as far as a digest needs it. Unlike the other ports it is given to the runner, not the core."""

    async def post_digest(self, team: TeamKey, channel: Channel, reply: Reply) -> Message:
        """Post a digest so that `find_digest` finds it by `reply.digest`.

        Raises `Unavailable` when it was certainly not posted and may be tried again, `CommandError` when
        the platform refuses it for good. After any other exception it may have been posted.
        """

    async def find_digest(self, team: TeamKey, channel: Channel, digest: int) -> Message | None:
        """The message that is this digest; None if it surely was not posted in the channel.

        Raises `Unavailable` when it cannot be told now, `CommandError` when this channel may not be read
        or not far enough back.
        """

    async def tell(self, team: TeamKey, channel: Channel, person: str, text: str) -> None:
        """Say something to one person alone, in or about this channel.

        Raises `Unavailable` when it may be tried again, `CommandError` when this person cannot be told.
        """


class BallotReader(Protocol):
    """One platform, as far as reading reactions back needs it. Given to `commands.repair`, not to the core."""

    async def reactions(self, team: TeamKey, ballot: Ballot) -> frozenset[tuple[str, int]]:
        """Every (person, option) whose reaction stands on the ballot's message now; bots are left out.

        The answer is whole or there is none. Raises `Gone` where the message or its channel is no more,
        `Unavailable` where it cannot be told now.
        """


class People(Protocol):
    """All that is kept of one person in one team."""

    async def data(self, team: int, person: str) -> PersonData:
        """What is stored of this person here."""

    async def forget(self, team: int, person: str) -> None:
        """Erase it, counters included, leaving a keyed hash of the person and the time. Idempotent.

        Team aliases and digests they set stay, without their name. The time is the store's clock, or
        that of their newest mark where a platform's clock is ahead.
        """


class Transcript(Protocol):
    """What was said in a terminal channel, which has no platform to remember it."""

    async def append(
        self, channel: str, author: str, body: str, *, ballot: int | None = None, digest: int | None = None
    ) -> int:
        """Add a message and return its number: 1, 2, 3 and so on in each channel. `body` is a `Reply` as JSON."""

    async def last(self, channel: str, limit: int) -> tuple[Said, ...]:
        """The newest messages of a channel, oldest first."""

    async def find_digest(self, channel: str, digest: int) -> int | None:
        """The number of the message that is this digest, if it was said there."""

    async def get(self, channel: str, number: int) -> Said | None:
        """The message of this number."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator may set. Times are microseconds."""

    digest_needs_manager: bool = False
    digest_grace_us: int = 24 * 3_600_000_000
    repeat_window_us: int = 24 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the core is given; commands ask for what they need by these names."""

    teams: Teams
    catalogue: Catalogue
    aliases: Aliases
    votes: Votes
    turns: Turns
    bookmarks: Bookmarks
    digests: Digests
    people: People
    deliveries: Deliveries
    clock: Clock
    new_id: NewId
    rules: Rules
    measures: Measures = UNMEASURED

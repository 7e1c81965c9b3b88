"""The values the core speaks in: frozen, free of any platform, and without behaviour that needs the outside.

Times are integers of microseconds since 1970-01-01 UTC and end in `_us`. Tools are referred to by their
internal id; a person, a channel and a message by the platform's own id, always beside their team.
"""

from dataclasses import dataclass
from enum import StrEnum


class Seat(StrEnum):
    """One of the four seats of the panel, in the order they are shown."""

    BUILDER = "Builder"
    SKEPTIC = "Skeptic"
    FUTURIST = "Futurist"
    FOUNDER = "Founder"


class Verdict(StrEnum):
    """What a seat or a person says of a tool."""

    SHIP = "ship"
    SKIP = "skip"


class Basis(StrEnum):
    """Whether a source says a fact in so many words, or the fact was read out of its tone and figures."""

    STATED = "stated"
    INFERRED = "inferred"


class Wording(StrEnum):
    """Whether words are the reviewer's own or somebody's short account of them."""

    QUOTE = "quote"
    PARAPHRASE = "paraphrase"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact came from: `origin` in words, `as_of` its own date or None, `saved` when it was collected.

    Dates are ISO strings of any precision ("2026", "2026-11", "2026-11-21").
    """

    origin: str
    as_of: str | None = None
    saved: str | None = None

    @property
    def dated(self) -> str:
        """The date in words; an unknown date is said to be unknown, never guessed."""
        if self.as_of:
            return f"as of {self.as_of}"
        return f"date unknown, page saved {self.saved}" if self.saved else "date unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """One seat's verdict on one tool. `score` is 0 to 100, or None where nobody published one."""

    seat: Seat
    verdict: Verdict
    basis: Basis
    score: int | None
    words: str
    wording: Wording
    source: Source


@dataclass(frozen=True, slots=True)
class Tally:
    """Ships and skips for one tool: of a panel's reviews, or of a team's standings."""

    ships: int = 0
    skips: int = 0

    @property
    def n(self) -> int:
        """How many spoke."""
        return self.ships + self.skips

    @property
    def percent(self) -> int | None:
        """Share of ships in whole percent, half rounded up; None when nobody spoke."""
        return (200 * self.ships + self.n) // (2 * self.n) if self.n else None

    @property
    def word(self) -> str | None:
        """Ship above half, Skip below, Split at half; None when nobody spoke."""
        if not self.n:
            return None
        return "Ship" if self.ships > self.skips else "Skip" if self.ships < self.skips else "Split"


@dataclass(frozen=True, slots=True)
class Tool:
    """One entry of the catalogue, as it stands now.

    `qualifier` tells tools of one name apart and is empty where the name is unique. `entry` is the entry
    price in words ("Free"). Empty strings are missing facts and are shown as missing. `reviews` are in the
    order of the seats, at most one each.
    """

    id: int
    slug: str
    name: str
    qualifier: str
    maker: str
    category: str
    tagline: str
    best_for: str
    best_for_basis: Basis
    description: str
    entry: str
    pricing: str
    licence: str
    sizes: str
    source: Source
    reviews: tuple[Review, ...] = ()

    def __hash__(self) -> int:
        """By the slug alone: hashing every review would cost more than what is kept by a tool's hash."""
        return hash(self.slug)

    @property
    def label(self) -> str:
        """The name, with the qualifier where another tool bears the same name."""
        return f"{self.name} · {self.qualifier}" if self.qualifier else self.name

    @property
    def panel(self) -> Tally:
        """The panel's ships and skips."""
        ships = [review.verdict for review in self.reviews].count(Verdict.SHIP)
        return Tally(ships, len(self.reviews) - ships)


@dataclass(frozen=True, slots=True)
class ToolName:
    """What the name index knows of a tool. `words` are further names the catalogue gives it."""

    id: int
    slug: str
    name: str
    qualifier: str = ""
    words: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """See `Tool.label`."""
        return f"{self.name} · {self.qualifier}" if self.qualifier else self.name


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool as a catalogue file gives it, to be stored under its slug; `tool.id` is not yet known and 0.

    `words` are further names; `former_slugs` redirect to this tool.
    """

    tool: Tool
    words: tuple[str, ...] = ()
    former_slugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an import did, in tools."""

    added: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class Category:
    """A category with its other names and how many tools it holds."""

    name: str
    aliases: tuple[str, ...]
    tools: int


@dataclass(frozen=True, slots=True)
class ToolChange:
    """One fact of a tool that an import changed. `field` is "new" for a tool that was not there before."""

    tool: int
    at_us: int
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TeamKey:
    """A team as its platform names it, for example ("slack", "T0123")."""

    platform: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Channel:
    """Where something is said. What happens in a private channel is named only there."""

    id: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """The address of one posted message."""

    platform: str
    channel: str
    id: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who types. `zone` is an IANA name where the platform tells it; guests are not full members."""

    id: str
    zone: str | None = None
    full_member: bool = True
    manager: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One line typed in a channel, "/compare a vs b" or "compare a vs b".

    Where `ballots` is False the asker alone gets the answer, without the ballot it would have come with.
    `ballot` is the ballot on whose message the line was pressed as a button, if it was.
    """

    team: TeamKey
    channel: Channel
    asker: Asker
    text: str
    ballots: bool = True
    ballot: int | None = None


SKIP_ALL = 0
"""The option that skips every tool of a ballot; options 1, 2, … are its tools in order."""

MOST_OPTIONS = 4
"""Tools that one ballot can hold."""


class Via(StrEnum):
    """How a mark was made. Reactions are public; button votes are not shown by name."""

    REACTION = "reaction"
    BUTTON = "button"


class BallotKind(StrEnum):
    """A comparison of two to four tools, or the card of one."""

    COMPARISON = "comparison"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Ballot:
    """A message people can vote on. `id` grows with time; `tools` are internal ids in option order.

    `message` and `posted_us` are unknown until the message has been posted. A frozen ballot keeps what
    it had: its message or channel is gone.
    """

    id: int
    team: int
    kind: BallotKind
    tools: tuple[int, ...]
    channel: Channel
    asker: str
    message: Message | None = None
    posted_us: int | None = None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One person's reaction or button press on one option, on or off.

    It names its ballot by id or by the message it was made on. `at_us` is the platform's own time, or
    None where the platform gives none (see `commands.voting.stamp`). `kind` is the kind of ballot whose
    option this is, where the sign itself tells: on a ballot of the other kind it says nothing.
    """

    ballot: int | Message
    person: str
    option: int
    via: Via
    active: bool
    at_us: int | None = None
    kind: BallotKind | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a mark: whether it changed anything, and the ballot it belongs to, if known."""

    changed: bool
    ballot: int | None


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """People with a standing on both of two tools, by what they say of the first and of the second."""

    first: int = 0
    second: int = 0
    both: int = 0
    neither: int = 0

    @property
    def n(self) -> int:
        """How many people have a standing on both."""
        return self.first + self.second + self.both + self.neither

    def turned(self) -> "HeadToHead":
        """The same people with the two tools named the other way round."""
        return HeadToHead(self.second, self.first, self.both, self.neither)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a team says of some tools: a tally for each, and a head to head for each pair in the order asked."""

    tallies: dict[int, Tally]
    pairs: dict[tuple[int, int], HeadToHead]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A tool a person saved, with what was true of it then, so that what changed since can be told."""

    tool: int
    saved_us: int
    panel: Tally
    entry: str
    pricing: str
    community: Tally


@dataclass(frozen=True, slots=True)
class TeamAlias:
    """A team's own word for a tool. `words` are as typed; they match without regard to case or spacing."""

    words: str
    tool: int
    set_by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekday (Monday is 0), a local time of day and an IANA zone."""

    weekday: int
    hour: int
    minute: int
    zone: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel's weekly digest. `next_due_us` is the instant the next one is due."""

    id: int
    team: int
    team_key: TeamKey
    channel: Channel
    weekly: Weekly
    set_by: str
    since_us: int
    next_due_us: int


class RunState(StrEnum):
    """How far one digest has come; each step is recorded before the next is taken.

    CLAIMED: somebody is composing it. ATTEMPTED: about to be posted, or posted with the answer unknown.
    POSTED: seen in the channel. UNCONFIRMED: never repeated, since it may have been seen.
    SKIPPED: too late when it could have been posted. FAILED: the channel kept refusing it, and it is switched off.
    """

    CLAIMED = "claimed"
    ATTEMPTED = "attempted"
    POSTED = "posted"
    UNCONFIRMED = "unconfirmed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DigestRun:
    """One digest of one subscription, for the week that ends at `due_us`. `id` goes into the message."""

    id: int
    subscription: Subscription
    due_us: int
    since_us: int
    state: RunState
    lease_us: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A tool whose tally in a team is not what it was."""

    tool: int
    before: Tally
    after: Tally


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in a team between two instants, as one channel may see it.

    `ballots` are the comparisons posted in that channel, oldest first; `votes` counts the people's
    ballots marked there in that time; `moved` the tools whose tally in the team changed.
    """

    ballots: tuple[Ballot, ...]
    votes: int
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class PersonData:
    """All that is stored of one person in one team, counted, for `/mydata`."""

    standings: tuple[tuple[int, Verdict], ...]
    marks: int
    bookmarks: int
    aliases: tuple[str, ...]
    digests: tuple[str, ...]
    comparisons: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a terminal channel. `number` counts from 1; `body` is a `Reply` as JSON."""

    channel: str
    number: int
    author: str
    body: str
    ballot: int | None
    digest: int | None
    at_us: int

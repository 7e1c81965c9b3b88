"""The ports in memory: whole and honest, for tests of everything that stands on them.

Marks are kept as they came and everything else is computed from them with `commands.voting`, so these
agree with SQLite only if both keep the promises in `commands.ports`. The contract suites hold them to it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, count

from commands import voting
from commands.errors import CommandError
from commands.model import (
    SKIP_ALL,
    Activity,
    Ballot,
    BallotKind,
    Bookmark,
    HeadToHead,
    Mark,
    Message,
    Moved,
    PersonData,
    Recorded,
    Said,
    Scores,
    Tally,
    TeamAlias,
    TeamKey,
    Verdict,
    Via,
)
from commands.ports import Clock, Ports, Rules
from commands.voting import Counters, MarkRow
from tests.fakes_catalogue import MemoryCatalogue
from tests.fakes_digests import MemoryDigests
from tests.fakes_teams import MemoryPresence, MemoryTeams
from tests.fakes_turns import MemoryTurns, OpenBallot

__all__ = ["FakeClock", "Memory", "MemoryCatalogue", "MemoryDigests", "MemoryVotes", "ids"]

HOUR_US = 3_600_000_000
NOON_US = 1_767_355_200_000_000
"""2026-01-02 12:00 UTC, where a `FakeClock` starts."""


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now_us: int = NOON_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us

    def forward(self, *, seconds: float = 0, minutes: float = 0, days: float = 0) -> None:
        self.now_us += round(1_000_000 * (seconds + 60 * minutes + 86_400 * days))


def ids(first: int = 1) -> Callable[[], int]:
    """Ids that count up."""
    return count(first).__next__


class MemoryAliases:
    def __init__(self) -> None:
        self.held: dict[tuple[int, str], TeamAlias] = {}

    async def aliases(self, team: int) -> tuple[TeamAlias, ...]:
        return tuple(self.held[key] for key in sorted(self.held) if key[0] == team)

    async def set_alias(self, team: int, alias: TeamAlias) -> None:
        self.held[team, alias.words] = alias

    async def remove_alias(self, team: int, words: str) -> bool:
        return self.held.pop((team, words), None) is not None

    def erase(self, team: int) -> None:
        self.held = {key: alias for key, alias in self.held.items() if key[0] != team}


class MemoryBookmarks:
    def __init__(self) -> None:
        self.held: dict[tuple[int, str, int], Bookmark] = {}

    async def add(self, team: int, person: str, bookmark: Bookmark) -> bool:
        return self.held.setdefault((team, person, bookmark.tool), bookmark) is bookmark

    async def remove(self, team: int, person: str, tool: int) -> bool:
        return self.held.pop((team, person, tool), None) is not None

    async def of(self, team: int, person: str) -> tuple[Bookmark, ...]:
        mine = [saved for key, saved in self.held.items() if key[:2] == (team, person)]
        return tuple(sorted(mine, key=lambda saved: (-saved.saved_us, saved.tool)))

    def erase(self, team: int) -> None:
        self.held = {key: saved for key, saved in self.held.items() if key[0] != team}


@dataclass
class MemoryVotes:
    clock: Clock
    ballots: dict[int, OpenBallot] = field(default_factory=dict)
    held: dict[int, dict[tuple[str, int, int, str], MarkRow]] = field(default_factory=dict)
    forgotten: dict[tuple[int, str], int] = field(default_factory=dict)
    history: dict[int, list[tuple[int, dict[int, Tally]]]] = field(default_factory=dict)
    cached: dict[int, Counters] = field(default_factory=dict)
    latest: int = 0

    async def open(self, ballot: Ballot) -> None:
        if ballot.message is None or ballot.posted_us is None:
            raise ValueError("a ballot is opened once it has been posted")
        if ballot.id not in self.ballots and self.find(ballot.message) is None:
            self.ballots[ballot.id] = OpenBallot(ballot, ballot.posted_us)
            self.cached[ballot.team] = self.count(ballot.team)

    def find(self, ballot: int | Message) -> OpenBallot | None:
        if isinstance(ballot, int):
            return self.ballots.get(ballot)
        return next((held for held in self.ballots.values() if held.ballot.message == ballot), None)

    async def ballot(self, ballot: int | Message) -> Ballot | None:
        found = self.find(ballot)
        return found.ballot if found else None

    async def newest(self, team: int, channel: str, tools: Sequence[int], since_us: int) -> Ballot | None:
        fitting = [
            ballot
            for ballot in self.ballots_of(team)
            if ballot.channel.id == channel
            and ballot.kind is BallotKind.COMPARISON
            and sorted(ballot.tools) == sorted(tools)
            and posted(ballot) >= since_us
        ]
        return max(fitting, key=lambda ballot: (posted(ballot), ballot.id), default=None)

    async def freeze(self, ballot: int) -> None:
        if found := self.ballots.get(ballot):
            found.ballot = replace(found.ballot, frozen=True)

    async def record(self, mark: Mark) -> Recorded:
        found = self.find(mark.ballot)
        if found is None:
            return Recorded(changed=False, ballot=None)
        ballot = found.ballot
        if mark.kind not in (None, ballot.kind):
            return Recorded(changed=False, ballot=ballot.id)
        if not SKIP_ALL <= mark.option <= len(ballot.tools):
            raise CommandError(f"This ballot has the options 0 to {len(ballot.tools)}, and no {mark.option}.")
        if ballot.frozen:
            return Recorded(changed=False, ballot=ballot.id)
        stored = self.of_team(ballot.team).get((mark.person, ballot.id, mark.option, mark.via))
        forgotten_us = self.forgotten.get((ballot.team, mark.person))
        last_us = stored.at_us if stored else forgotten_us
        if mark.at_us is None and mark.active == (stored is not None and stored.active):
            return Recorded(changed=False, ballot=ballot.id)
        at_us = voting.stamp(self.clock(), last_us) if mark.at_us is None else mark.at_us
        late = last_us is not None and at_us <= last_us
        gone = stored is None and not mark.active and forgotten_us is not None and posted(ballot) <= forgotten_us
        if late or gone:
            return Recorded(changed=False, ballot=ballot.id)
        self.store(mark.person, [MarkRow(ballot.id, mark.option, mark.via, mark.active, at_us)])
        return Recorded(changed=True, ballot=ballot.id)

    async def record_all(self, marks: Sequence[Mark]) -> list[Recorded | CommandError]:
        answers: list[Recorded | CommandError] = []
        for mark in marks:
            try:
                answers.append(await self.record(mark))
            except CommandError as error:
                answers.append(error)
        return answers

    def store(self, person: str, rows: Sequence[MarkRow]) -> None:
        self.latest += 1
        for number in {row.ballot for row in rows}:
            self.ballots[number].marked += 1
        for row in rows:
            held = self.ballots[row.ballot]
            held.active_us = max(held.active_us, row.at_us)
            key = (person, row.ballot, row.option, row.via)
            self.of_team(held.ballot.team)[key] = row._replace(revision=self.latest)
            self.note(held.ballot.team)

    def note(self, team: int) -> None:
        """Keep what the counters now are, and since when."""
        self.cached[team] = self.count(team)
        history = self.history.setdefault(team, [])
        now_us = max(self.clock(), history[-1][0] if history else 0)
        history.append((now_us, self.cached[team].tallies))

    async def marks(self, ballot: int, person: str) -> tuple[tuple[int, str], ...]:
        found = self.ballots.get(ballot)
        mine = self.of_person(found.ballot.team, person) if found else []
        return tuple(sorted((row.option, str(row.via)) for row in mine if row.active and row.ballot == ballot))

    async def scores(self, team: int, tools: Sequence[int]) -> Scores:
        counters = await self.stored_counters(team)
        asked = self.count(team, voting.pairs_of(tools))
        pairs = {}
        for first, second in combinations(tools, 2):
            held = asked.pairs.get(voting.pair(first, second), HeadToHead())
            pairs[first, second] = held if first < second else held.turned()
        return Scores({tool: counters.tallies.get(tool, Tally()) for tool in tools}, pairs)

    async def revision(self) -> int:
        return self.latest

    async def repair(
        self, ballot: int, seen: frozenset[tuple[str, int]], *, read_from: int, away_us: int, complete: bool
    ) -> int:
        found = self.ballots.get(ballot)
        if found is None or found.ballot.frozen:
            return 0
        known: dict[str, list[MarkRow]] = {person: [] for person, _ in seen}
        for (person, *_), row in self.of_team(found.ballot.team).items():
            if row.ballot == ballot and row.via == Via.REACTION:
                known.setdefault(person, []).append(row)
        changed = 0
        for person, rows in known.items():
            moved = voting.repair(
                rows,
                frozenset(option for who, option in seen if who == person and option <= len(found.ballot.tools)),
                ballot=found.row,
                read_from=read_from,
                away_us=away_us,
                complete=complete,
                forgotten_us=self.forgotten.get((found.ballot.team, person)),
                clock_us=self.clock(),
            )
            self.store(person, moved)
            changed += len(moved)
        return changed

    async def to_repair(self, team: int, since_us: int) -> tuple[Ballot, ...]:
        recent = [
            held.ballot
            for held in self.ballots.values()
            if held.ballot.team == team and not held.ballot.frozen and held.active_us >= since_us
        ]
        return tuple(sorted(recent, key=lambda ballot: (-posted(ballot), -ballot.id)))

    async def recent(self, team: int, *, limit: int) -> tuple[Ballot, ...]:
        public = [
            ballot
            for ballot in self.ballots_of(team)
            if ballot.kind is BallotKind.COMPARISON and not ballot.channel.private and not ballot.frozen
        ]
        return tuple(sorted(public, key=lambda ballot: (-posted(ballot), -ballot.id))[:limit])

    async def activity(self, team: int, channel: str, since_us: int, until_us: int) -> Activity:
        here = [ballot for ballot in self.ballots_of(team) if ballot.channel.id == channel]
        compared = [
            ballot for ballot in here if ballot.kind is BallotKind.COMPARISON and since_us < posted(ballot) <= until_us
        ]
        voted = {
            (person, row.ballot)
            for (person, *_), row in self.of_team(team).items()
            if row.active and since_us < row.at_us <= until_us and row.ballot in {ballot.id for ballot in here}
        }
        before, after = self.tallies_at(team, since_us), self.tallies_at(team, until_us)
        moved = (
            Moved(tool, before.get(tool, Tally()), after.get(tool, Tally())) for tool in sorted(before.keys() | after)
        )
        return Activity(
            tuple(sorted(compared, key=lambda ballot: (posted(ballot), ballot.id))),
            len(voted),
            tuple(move for move in moved if move.before != move.after),
        )

    def tallies_at(self, team: int, at_us: int) -> dict[int, Tally]:
        known = [tallies for noted_us, tallies in self.history.get(team, []) if noted_us <= at_us]
        return known[-1] if known else {}

    async def stored_counters(self, team: int) -> Counters:
        return self.cached.get(team, Counters({}, {}))

    async def rebuilt_counters(self, team: int) -> Counters:
        return self.count(team)

    async def rebuild(self, team: int) -> bool:
        if await self.stored_counters(team) == self.count(team):
            return False
        self.note(team)
        return True

    async def team_ids(self) -> AsyncIterator[int]:
        for team in sorted({held.ballot.team for held in self.ballots.values()}):
            yield team

    def erase(self, team: int) -> None:
        self.ballots = {number: held for number, held in self.ballots.items() if held.ballot.team != team}
        self.forgotten = {key: at_us for key, at_us in self.forgotten.items() if key[0] != team}
        for kept in (self.held, self.history, self.cached):
            kept.pop(team, None)

    def ballots_of(self, team: int) -> list[Ballot]:
        return [held.ballot for held in self.ballots.values() if held.ballot.team == team]

    def of_team(self, team: int) -> dict[tuple[str, int, int, str], MarkRow]:
        return self.held.setdefault(team, {})

    def of_person(self, team: int, person: str) -> list[MarkRow]:
        return [row for key, row in self.of_team(team).items() if key[0] == person]

    def standings(self, team: int, person: str) -> dict[int, Verdict]:
        rows = {number: held.row for number, held in self.ballots.items()}
        return voting.standings(rows, self.of_person(team, person))

    def count(self, team: int, pairs: Sequence[tuple[int, int]] | None = None) -> Counters:
        people = {key[0] for key in self.of_team(team)}
        compared = {pair for ballot in self.ballots_of(team) for pair in voting.pairs_of(ballot.tools)}
        return voting.count((self.standings(team, person) for person in people), compared if pairs is None else pairs)


def posted(ballot: Ballot) -> int:
    """When a ballot that is open was posted."""
    assert ballot.posted_us is not None
    return ballot.posted_us


@dataclass
class MemoryPeople:
    clock: Clock
    votes: MemoryVotes
    aliases: MemoryAliases
    bookmarks: MemoryBookmarks
    digests: MemoryDigests

    async def data(self, team: int, person: str) -> PersonData:
        asked = [ballot for ballot in self.votes.ballots_of(team) if ballot.asker == person]
        digests = [held for held in self.digests.running() if (held.team, held.set_by) == (team, person)]
        return PersonData(
            standings=tuple(sorted(self.votes.standings(team, person).items())),
            marks=len(self.votes.of_person(team, person)),
            bookmarks=len(await self.bookmarks.of(team, person)),
            aliases=tuple(alias.words for alias in await self.aliases.aliases(team) if alias.set_by == person),
            digests=tuple(sorted(held.channel.id for held in digests)),
            comparisons=sum(ballot.kind is BallotKind.COMPARISON for ballot in asked),
        )

    async def forget(self, team: int, person: str) -> None:
        votes = self.votes
        mine = votes.of_person(team, person)
        earlier = votes.forgotten.get((team, person), 0)
        votes.forgotten[team, person] = max(self.clock(), earlier, *(row.at_us for row in mine))
        for row in mine:
            del votes.of_team(team)[person, row.ballot, row.option, row.via]
        votes.latest += 1
        votes.note(team)
        for held in votes.ballots.values():
            if (held.ballot.team, held.ballot.asker) == (team, person):
                held.ballot = replace(held.ballot, asker="")
        for key in [key for key in self.bookmarks.held if key[:2] == (team, person)]:
            del self.bookmarks.held[key]
        for key, alias in self.aliases.held.items():
            if key[0] == team and alias.set_by == person:
                self.aliases.held[key] = replace(alias, set_by="")
        self.digests.forget(team, person)


class MemoryDeliveries:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.taken: dict[str, int] = {}

    async def first(self, key: str) -> bool:
        now_us = self.clock()
        self.taken = {held: at_us for held, at_us in self.taken.items() if at_us > now_us - HOUR_US}
        if key in self.taken:
            return False
        self.taken[key] = now_us
        return True

    async def forget(self, key: str) -> None:
        self.taken.pop(key, None)


class MemoryTranscript:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.said: dict[str, list[Said]] = {}

    async def append(
        self, channel: str, author: str, body: str, *, ballot: int | None = None, digest: int | None = None
    ) -> int:
        messages = self.said.setdefault(channel, [])
        messages.append(Said(channel, len(messages) + 1, author, body, ballot, digest, self.clock()))
        return len(messages)

    async def last(self, channel: str, limit: int) -> tuple[Said, ...]:
        return tuple(self.said.get(channel, [])[-limit:]) if limit else ()

    async def find_digest(self, channel: str, digest: int) -> int | None:
        return next((said.number for said in self.said.get(channel, []) if said.digest == digest), None)

    async def get(self, channel: str, number: int) -> Said | None:
        messages = self.said.get(channel, [])
        return messages[number - 1] if 0 < number <= len(messages) else None


class Memory:
    """Every port in memory, with the attributes of `bot.storage.store.Store`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.catalogue = MemoryCatalogue(clock)
        self.aliases = MemoryAliases()
        self.votes = MemoryVotes(clock)
        self.bookmarks = MemoryBookmarks()
        self.digests = MemoryDigests()
        self.turns = MemoryTurns(clock, lambda: self.votes.ballots, self._key)
        self.teams = MemoryTeams(
            stop=self.digests.stop,
            erase=[part.erase for part in (self.votes, self.turns, self.aliases, self.bookmarks, self.digests)],
        )
        self.people = MemoryPeople(clock, self.votes, self.aliases, self.bookmarks, self.digests)
        self.presence = MemoryPresence()
        self.deliveries = MemoryDeliveries(clock)
        self.transcript = MemoryTranscript(clock)

    def _key(self, team: int) -> TeamKey | None:
        return next((key for key, held in self.teams.held.items() if held.id == team), None)

    async def close(self) -> None:
        """Nothing to let go of."""

    def ports(self, *, new_id: Callable[[], int] | None = None, rules: Rules | None = None) -> Ports:
        """These ports as the core is given them, with ids that count up."""
        return Ports(
            teams=self.teams,
            catalogue=self.catalogue,
            aliases=self.aliases,
            votes=self.votes,
            turns=self.turns,
            bookmarks=self.bookmarks,
            digests=self.digests,
            people=self.people,
            deliveries=self.deliveries,
            clock=self.clock,
            new_id=new_id or ids(),
            rules=rules or Rules(),
        )

"""Reads the reactions standing on ballots back from the platform, after the bot was away."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from commands.errors import Gone, Unavailable
from commands.model import Ballot, TeamKey
from commands.ports import BallotReader, Votes

log = logging.getLogger(__name__)

TOLD_EVERY = 50
"""After how many ballots a long repair says how far it has come."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did: how many ballots it went through and marks it changed, on which, and how many it left unread.

    A ballot whose message is gone was frozen and counts as gone through.
    """

    ballots: int
    marks: int
    changed: tuple[int, ...]
    unread: int


async def repair(
    team: TeamKey,
    ballots: Iterable[Ballot],
    *,
    reader: BallotReader,
    votes: Votes,
    away_us: int,
    progress: Progress | None = None,
) -> Repaired:
    """Make the reaction marks of a team's ballots what stands on their messages, newest posting first.

    `away_us` is the last instant the bot was connected, which is the time of marks it did not know.
    A ballot that cannot be read or stored is left as it is, to be repaired another time; it never stops
    the others. `progress` is told how many of how many are done. See `voting.repair`.
    """
    newest_first = sorted(ballots, key=lambda ballot: (ballot.posted_us or 0, ballot.id), reverse=True)
    marks = unread = 0
    changed: list[int] = []
    for done, ballot in enumerate(newest_first, start=1):
        moved = await _one(team, ballot, reader, votes, away_us)
        if moved is None:
            unread += 1
        elif moved:
            marks += moved
            changed.append(ballot.id)
        if done % TOLD_EVERY == 0 and done < len(newest_first):
            log.info("repaired %s so far, of %d", _summary(marks, done - unread), len(newest_first))
        if progress:
            progress(done, len(newest_first))
    read = len(newest_first) - unread
    if newest_first:
        log.info("repaired %s%s", _summary(marks, read), f"; {unread} could not be read" if unread else "")
    return Repaired(read, marks, tuple(changed), unread)


async def _one(team: TeamKey, ballot: Ballot, reader: BallotReader, votes: Votes, away_us: int) -> int | None:
    """Repair one ballot: how many marks changed, None where it could not be read or stored."""
    try:
        read_from = await votes.revision()
        try:
            seen = await reader.reactions(team, ballot)
        except Gone:
            await votes.freeze(ballot.id)
            return 0
        return await votes.repair(ballot.id, seen, read_from=read_from, away_us=away_us, complete=True)
    except Unavailable as error:
        log.warning("ballot %d waits to be repaired: %s", ballot.id, error)
    except Exception:
        log.exception("ballot %d could not be repaired", ballot.id)
    return None


def _summary(marks: int, ballots: int) -> str:
    return f"{marks} mark{'' if marks == 1 else 's'} on {ballots} ballot{'' if ballots == 1 else 's'}"

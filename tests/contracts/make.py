"""Values for the contract suites, with everything that does not matter filled in."""

from collections.abc import Sequence

from commands.model import (
    Ballot,
    BallotKind,
    Basis,
    Bookmark,
    Channel,
    Mark,
    Message,
    Review,
    Seat,
    Source,
    Subscription,
    Tally,
    TeamKey,
    Tool,
    ToolEntry,
    Verdict,
    Via,
    Weekly,
    Wording,
)

WEEK_US = 7 * 86_400_000_000
SHIP, SKIP = Verdict.SHIP, Verdict.SKIP


def review(seat: Seat = Seat.BUILDER, verdict: Verdict = SHIP, **facts: object) -> Review:
    given = {
        "basis": Basis.STATED,
        "score": None,
        "words": "Solid.",
        "wording": Wording.PARAPHRASE,
        "source": Source("a page", None, "2026-11"),
    }
    return Review(seat=seat, verdict=verdict, **(given | facts))


def panel(*verdicts: Verdict) -> tuple[Review, ...]:
    return tuple(review(seat, verdict) for seat, verdict in zip(Seat, verdicts, strict=False))


def entry(slug: str, *, words: Sequence[str] = (), former: Sequence[str] = (), **facts: object) -> ToolEntry:
    given = {
        "id": 0,
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "qualifier": "",
        "maker": "Somebody",
        "category": "Models",
        "tagline": "",
        "best_for": "",
        "best_for_basis": Basis.INFERRED,
        "description": "",
        "entry": "Free",
        "pricing": "Free",
        "licence": "",
        "sizes": "",
        "source": Source("a page", None, "2026-11"),
        "reviews": (),
    }
    return ToolEntry(Tool(**(given | facts)), tuple(words), tuple(former))


def ballot(number: int, team: int, tools: Sequence[int], *, posted_us: int = 1_000_000, **facts: object) -> Ballot:
    channel = facts.pop("channel", Channel("C1"))
    given = {
        "id": number,
        "team": team,
        "kind": BallotKind.COMPARISON if len(tools) > 1 else BallotKind.CARD,
        "tools": tuple(tools),
        "channel": channel,
        "asker": "ada",
        "message": Message("terminal", channel.id, f"m{number}"),
        "posted_us": posted_us,
    }
    return Ballot(**(given | facts))


def mark(
    ballot: int | Message,
    person: str,
    option: int,
    at_us: int | None = None,
    *,
    active: bool = True,
    via: Via = Via.REACTION,
    kind: BallotKind | None = None,
) -> Mark:
    return Mark(ballot, person, option, via, active, at_us, kind)


def bookmark(tool: int, saved_us: int = 5) -> Bookmark:
    return Bookmark(tool, saved_us, Tally(3, 1), "Free", "Free tier", Tally(2, 5))


def subscription(
    team: int, key: TeamKey, channel: str = "C1", *, next_due_us: int = 10 * WEEK_US, set_by: str = "ada"
) -> Subscription:
    return Subscription(
        id=0,
        team=team,
        team_key=key,
        channel=Channel(channel),
        weekly=Weekly(0, 9, 0, "Europe/Berlin"),
        set_by=set_by,
        since_us=1,
        next_due_us=next_due_us,
    )


def ignore(done: int) -> None:
    """Progress nobody looks at."""

"""Values made of rows: what the queries of the catalogue select, column by column."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from bot.storage.database import Row
from commands.model import Basis, Review, Seat, Source, Tool, Verdict, Wording

SEATS = {seat.value: seat for seat in Seat}
PLACES = {seat.value: place for place, seat in enumerate(Seat)}
VERDICTS = {verdict.value: verdict for verdict in Verdict}
BASES = {basis.value: basis for basis in Basis}
WORDINGS = {wording.value: wording for wording in Wording}


def tools(rows: Sequence[Row]) -> tuple[Tool, ...]:
    """Tools from rows of one review each, or one without; the first column tells tools apart."""
    return tuple(tool([row[1:] for row in group]) for _, group in groupby(rows, key=itemgetter(0)))


def tool(rows: Sequence[Row]) -> Tool:
    """One tool from its rows."""
    number, slug, name, qualifier, maker, category, tagline, best_for, basis, description, *rest = rows[0][:17]
    entry, pricing, licence, sizes, *source = rest
    reviews = sorted((row[17:] for row in rows if row[17] is not None), key=lambda row: PLACES[row[0]])
    return Tool(
        id=number,
        slug=slug,
        name=name,
        qualifier=qualifier,
        maker=maker,
        category=category,
        tagline=tagline,
        best_for=best_for,
        best_for_basis=BASES[basis],
        description=description,
        entry=entry,
        pricing=pricing,
        licence=licence,
        sizes=sizes,
        source=Source(*source),
        reviews=tuple(map(review, reviews)),
    )


def review(row: Row) -> Review:
    """One seat's review from its columns."""
    seat, verdict, basis, score, words, wording, *source = row
    found = SEATS[seat], VERDICTS[verdict], BASES[basis]
    return Review(*found, score, words, WORDINGS[wording], Source(*source))

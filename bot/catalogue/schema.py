"""The shape of a catalogue file: one model for a tool, one for a review, one for where a fact came from.

Each field's description says what would be right; the checker puts the same sentence behind a mistake.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from commands.model import Basis, Review, Seat, Source, Tool, ToolEntry, Verdict, Wording

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Characters that steer a terminal, turn the direction of text or cannot be seen. Joiners that emoji need stay."""

_DIGITS = re.compile(r"-?[0-9]{1,9}")
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def _plain(text: str) -> str:
    """Refuse characters that have no place in a fact, and make every run of white space one space."""
    if found := _UNSEEN.search(text):
        character = found.group()
        nameless = "half a character" if unicodedata.category(character) == "Cs" else "a control character"
        what = f"U+{ord(character):04X} ({unicodedata.name(character, nameless)})"
        raise PydanticCustomError("told", "holds {what}, take that character out", {"what": what})
    return " ".join(text.split())


def _number(value: object) -> object:
    """YAML and CSV give figures as text."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value.strip()) else value


def _known(value: object) -> object:
    """A date that is said to be unknown is no date."""
    return None if isinstance(value, str) and value.strip().casefold() == "unknown" else value


def _day(text: str) -> str:
    """Refuse a date that is not in the calendar."""
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError("not a date")
    year, month, day = found.groups(default="01")
    dt.date(int(year), int(month), int(day))
    return text


_PLAIN = AfterValidator(_plain)
_Name = Annotated[str, StringConstraints(min_length=1, max_length=80), _PLAIN]
_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80), _PLAIN]
_Day = Annotated[str, StringConstraints(max_length=10), AfterValidator(_day)]
_Score = Annotated[int, Field(strict=True, ge=0, le=100), BeforeValidator(_number)]


class Fact(BaseModel):
    """What all parts of a catalogue file share: unknown fields are mistakes, and an empty field is a missing one."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, value: object) -> object:
        return {key: held for key, held in value.items() if held is not None} if isinstance(value, Mapping) else value


class SourceFact(Fact):
    """Where a fact came from, and of when it is."""

    origin: Annotated[str, StringConstraints(min_length=1, max_length=200), _PLAIN] = Field(
        description="An origin says in words where the facts were read, at most 200 characters.",
    )
    as_of: Annotated[_Day | None, BeforeValidator(_known)] = Field(
        None,
        description='The date of the facts themselves is written "2026", "2026-11" or "2026-11-21", or is unknown.',
    )
    saved: _Day | None = Field(
        None,
        description='The date on which the facts were collected is written "2026", "2026-11" or "2026-11-21".',
    )

    def value(self) -> Source:
        """The source as the core knows it."""
        return Source(self.origin, self.as_of, self.saved)


class ReviewFact(Fact):
    """What one seat of the panel says of a tool."""

    verdict: Verdict = Field(description="A verdict is ship or skip.")
    basis: Basis = Field(
        description="The basis of a verdict is stated where the source says it, inferred where it was read out of it.",
    )
    score: _Score | None = Field(None, description="A score is a whole number from 0 to 100 or left out.")
    words: Annotated[str, StringConstraints(max_length=1500), _PLAIN] = Field(
        "",
        description="A seat's words are text of at most 1500 characters.",
    )
    wording: Wording = Field(
        Wording.PARAPHRASE,
        description="The wording is quote for the reviewer's own words, paraphrase for a short account of them.",
    )
    source: SourceFact | None = Field(
        None,
        description="A source has an origin and may have the dates as_of and saved; without one the tool's own holds.",
    )


class ToolFact(Fact):
    """One tool."""

    slug: _Slug = Field(
        description="A slug is the tool's own short name: lower-case letters, digits and single hyphens, at most 80.",
    )
    name: _Name = Field(description="A name is text of 1 to 80 characters.")
    qualifier: Annotated[str, StringConstraints(max_length=24), _PLAIN] = Field(
        "",
        description="A qualifier tells tools of one name apart, in at most 24 characters.",
    )
    maker: Annotated[str, StringConstraints(max_length=60), _PLAIN] = Field(
        "",
        description="A maker is text of at most 60 characters or left out.",
    )
    category: Annotated[str, StringConstraints(min_length=1, max_length=60), _PLAIN] = Field(
        description="A category is text of 1 to 60 characters.",
    )
    entry: Annotated[str, StringConstraints(max_length=40), _PLAIN] = Field(
        "",
        description="An entry price is given in words, such as Free, of at most 40 characters, or left out.",
    )
    pricing: Annotated[str, StringConstraints(max_length=160), _PLAIN] = Field(
        "",
        description="Pricing is text of at most 160 characters or left out.",
    )
    licence: Annotated[str, StringConstraints(max_length=80), _PLAIN] = Field(
        "",
        description="A licence is text of at most 80 characters or left out.",
    )
    sizes: Annotated[str, StringConstraints(max_length=80), _PLAIN] = Field(
        "",
        description="Sizes are text of at most 80 characters or left out.",
    )
    tagline: Annotated[str, StringConstraints(max_length=160), _PLAIN] = Field(
        "",
        description="A tagline is one line of at most 160 characters or left out.",
    )
    best_for: Annotated[str, StringConstraints(max_length=80), _PLAIN] = Field(
        "",
        description="What a tool is best for is said in at most 80 characters, better 45, or left out.",
    )
    best_for_basis: Basis = Field(
        Basis.INFERRED,
        description="The basis of best_for is stated where the source says it, inferred where it was read out of it.",
    )
    description: Annotated[str, StringConstraints(max_length=1200), _PLAIN] = Field(
        "",
        description="A description is text of at most 1200 characters or left out.",
    )
    words: tuple[_Name, ...] = Field(
        (),
        max_length=20,
        description="Words are a list of at most 20 further names for the tool, each of 1 to 80 characters.",
    )
    former_slugs: tuple[_Slug, ...] = Field(
        (),
        max_length=20,
        description="Former slugs are a list of at most 20 slugs that now lead to this tool.",
    )
    source: SourceFact = Field(description="A source has an origin and may have the dates as_of and saved.")
    reviews: dict[Seat, ReviewFact] = Field(
        default_factory=dict,
        description="Reviews stand under the seats Builder, Skeptic, Futurist and Founder, each at most once.",
    )

    def to_entry(self) -> ToolEntry:
        """The tool as the core knows it; a review without a source has the tool's."""
        source = self.source.value()
        reviews = [
            Review(
                seat=seat,
                verdict=review.verdict,
                basis=review.basis,
                score=review.score,
                words=review.words,
                wording=review.wording,
                source=review.source.value() if review.source else source,
            )
            for seat in Seat
            if (review := self.reviews.get(seat))
        ]
        tool = Tool(
            id=0,
            slug=self.slug,
            name=self.name,
            qualifier=self.qualifier,
            maker=self.maker,
            category=self.category,
            tagline=self.tagline,
            best_for=self.best_for,
            best_for_basis=self.best_for_basis,
            description=self.description,
            entry=self.entry,
            pricing=self.pricing,
            licence=self.licence,
            sizes=self.sizes,
            source=source,
            reviews=tuple(reviews),
        )
        return ToolEntry(tool, self.words, self.former_slugs)


CategoryAliases = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True), _PLAIN],
        Annotated[tuple[_Name, ...], Field(max_length=20)],
    ],
    Field(max_length=1000),
]
"""Other names of categories, by the category's name."""


class CatalogueFile(Fact):
    """A catalogue: tools that can be compared, and other names of their categories."""

    categories: CategoryAliases = Field(
        default_factory=dict,
        description="Categories map a category's name to a list of at most 20 other names for it.",
    )
    tools: tuple[ToolFact, ...] = Field(
        description="Tools are a list; slugs are unique, and tools that share a name each have their own qualifier.",
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a catalogue file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **CatalogueFile.model_json_schema()}

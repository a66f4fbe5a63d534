"""Events: what a writer brings, what the record holds, and the closed union of what an event can say."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as model
from pydantic_core import ErrorDetails, PydanticCustomError

from timeline.domain.errors import Fault, Faulty, InvalidData, InvalidEvent, InvalidSlug, NaiveMoment
from timeline.domain.ijson import JsonObject, canonical, quoted
from timeline.domain.moments import Moment, Precision, format_moment

STRICT: Final = ConfigDict(strict=True, extra="forbid", cache_strings="keys")
"""How all models are read. pydantic has a cache of short texts, which a takedown would not reach: only keys go in."""

NOBODY: Final = "desk"
"""The actor of an event that names none."""

# What the validators below and `ijson.parse` refuse, stated where a model is described as JSON Schema.
_ANY_TEXT: Final = {"pattern": r"^[^\u0000]*$"}
_NOT_BLANK: Final = {"pattern": r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"}
_ADDRESS: Final = {
    "format": "uri",
    "pattern": r"^https?://[^\s\u0000-\u0020\u007f\\/?#\[\]@:%]+(:[0-9]{1,5})?([/?#][^\s\u0000-\u0020\u007f\\]*)?$",
}
_INK: Final = r"[^\s\x1c-\x1f]"
_LANGUAGE: Final = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
_TYPE: Final = r"^[a-z0-9_]+(\.[a-z0-9_]+)+$"
_IN_WORDS: Final = {
    _INK: "is blank",
    _LANGUAGE: "is no language tag, such as en or pt-BR",
    _TYPE: "is no type of an event, such as update.reported",
}
"""What is said of a text that does not have the form of a pattern."""
_NOT_IN_ADDRESS: Final = re.compile(r"[\s\x00-\x1f\x7f\\]")


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or _NOT_IN_ADDRESS.search(text):
        raise PydanticCustomError("web_address", "a web address starts with http:// or https:// and a host")
    return text


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=_INK),
    Field(json_schema_extra=_NOT_BLANK),
]
"""A name or a headline: 1 to 500 characters, not blank."""
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=50_000, pattern=_INK),
    Field(json_schema_extra=_NOT_BLANK),
]
"""A text of 1 to 50,000 characters, not blank."""
WebAddress = Annotated[
    str, StringConstraints(max_length=2_000), AfterValidator(_web_address), Field(json_schema_extra=_ADDRESS)
]
Note = Annotated[str, StringConstraints(max_length=5_000), Field(json_schema_extra=_ANY_TEXT)]
Language = Annotated[str, StringConstraints(pattern=_LANGUAGE, max_length=35)]


@model(frozen=True, slots=True, config=STRICT)
class StoryOpened:
    title: Line
    kind: Line
    timezone: Line
    language: Language | None = None
    summary: Prose | None = None


@model(frozen=True, slots=True, config=STRICT)
class StoryDescribed:
    title: Line | None = None
    summary: Prose | None = None


@model(frozen=True, slots=True, config=STRICT)
class CoverageStarted:
    pass


@model(frozen=True, slots=True, config=STRICT)
class CoverageEnded:
    pass


@model(frozen=True, slots=True, config=STRICT)
class Amendment:
    """What a correction sets; `data` is a merge patch (RFC 7396)."""

    occurred_at: Moment | None = None
    precision: Precision | None = None
    data: JsonObject | None = None


@model(frozen=True, slots=True, config=STRICT)
class FactCorrected:
    fact: UUID
    kind: Literal["correction", "clarification", "update", "minor"]
    set: Amendment
    note: Note = ""


@model(frozen=True, slots=True, config=STRICT)
class FactRetracted:
    fact: UUID
    note: Note = ""


@model(frozen=True, slots=True, config=STRICT)
class FactReinstated:
    fact: UUID
    note: Note = ""


@model(frozen=True, slots=True, config=STRICT)
class FactTakenDown:
    fact: UUID
    basis: Line
    note: Note = ""


@model(frozen=True, slots=True, config=STRICT)
class FactPinned:
    fact: UUID


@model(frozen=True, slots=True, config=STRICT)
class FactUnpinned:
    fact: UUID


@model(frozen=True, slots=True, config=STRICT)
class FactMarkedKey:
    fact: UUID


@model(frozen=True, slots=True, config=STRICT)
class FactUnmarkedKey:
    fact: UUID


@dataclass(frozen=True, slots=True)
class FactReported:
    """A fact event of whichever type its story's kind knows; None where its text was taken down."""

    data: JsonObject | None


@dataclass(frozen=True, slots=True)
class Erased:
    """A correction whose text was taken down together with its fact."""


AboutStory = StoryOpened | StoryDescribed | CoverageStarted | CoverageEnded
AboutFact = (
    FactCorrected
    | FactRetracted
    | FactReinstated
    | FactTakenDown
    | FactPinned
    | FactUnpinned
    | FactMarkedKey
    | FactUnmarkedKey
)
Event = AboutStory | AboutFact | FactReported | Erased

EDITORIAL: Final[dict[str, type[Any]]] = {
    "story.opened": StoryOpened,
    "story.described": StoryDescribed,
    "coverage.started": CoverageStarted,
    "coverage.ended": CoverageEnded,
    "fact.corrected": FactCorrected,
    "fact.retracted": FactRetracted,
    "fact.reinstated": FactReinstated,
    "fact.taken_down": FactTakenDown,
    "fact.pinned": FactPinned,
    "fact.unpinned": FactUnpinned,
    "fact.marked_key": FactMarkedKey,
    "fact.unmarked_key": FactUnmarkedKey,
}
"""The types that every kind of story has; any other type is a fact event of the story's kind."""

_ADAPTERS: Final = {type_: TypeAdapter[Event](class_) for type_, class_ in EDITORIAL.items()}


@model(frozen=True, slots=True, config=STRICT)
class Source:
    name: Line
    url: WebAddress | None = None


@model(frozen=True, slots=True, config=STRICT, kw_only=True)
class Draft:
    """An event as a writer brings it; its story gives it the rest."""

    type: Annotated[str, StringConstraints(pattern=_TYPE, max_length=100)]
    data: JsonObject
    id: UUID | None = None
    schema: Annotated[int, Field(ge=1, le=1)] = 1
    occurred_at: Moment | None = None
    precision: Precision = Precision.SECOND
    actor: Line | None = None
    source: Source | None = None


_DRAFT: Final = TypeAdapter(Draft)
_LINE: Final = TypeAdapter[str](Line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as the record holds it; `text` is its data's canonical text, which the commitment is to.

    `salt`, `text` and `data` are None once it was erased; its hashes stay.
    """

    id: UUID
    story: str
    version: int
    type: str
    schema: int
    occurred_at: datetime
    precision: Precision
    recorded_at: datetime
    actor: str
    source: Source | None
    text: str | None
    data: JsonObject | None
    salt: bytes | None
    commitment: bytes
    event: Event

    @property
    def fact(self) -> UUID | None:
        """The fact that the event reports or is about; None for events about the story."""
        match self.event:
            case FactReported():
                return self.id
            case StoryOpened() | StoryDescribed() | CoverageStarted() | CoverageEnded() | Erased():
                return None
            case about:
                return about.fact

    def envelope(self) -> JsonObject:
        """Return the event as JSON, but for its data: keys that have no value are absent."""
        envelope: JsonObject = {
            "id": str(self.id),
            "story": self.story,
            "version": self.version,
            "type": self.type,
            "schema": self.schema,
            "occurred_at": format_moment(self.occurred_at),
            "precision": str(self.precision),
            "recorded_at": format_moment(self.recorded_at),
            "actor": self.actor,
        }
        if self.source is not None:
            envelope["source"] = source_json(self.source)
        return envelope


def source_json(source: Source) -> JsonObject:
    """Return a source as JSON; a missing address is an absent key."""
    return {"name": source.name} | ({"url": source.url} if source.url else {})


def source_text(source: Source) -> str:
    """Return a source's canonical text."""
    url = f',"url":{quoted(source.url)}' if source.url else ""
    return f'{{"name":{quoted(source.name)}{url}}}'


def is_slug(text: str) -> bool:
    """Whether a text can name a story."""
    return len(text) <= 80 and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text, re.ASCII) is not None


def check_slug(slug: str) -> str:
    """Return the slug if it can name a story, else raise InvalidSlug."""
    if not is_slug(slug):
        raise InvalidSlug(slug)
    return slug


def read_draft(value: Any) -> Draft:
    """Return the draft that a JSON value holds. Raises InvalidEvent with every fault, NaiveMoment."""
    try:
        return _DRAFT.validate_json(canonical(value))
    except ValidationError as error:
        raise refusal(InvalidEvent, "the event is not well formed", error) from None


def check_actor(name: str) -> str:
    """Return the name if events can carry it as their actor, else raise InvalidEvent."""
    try:
        return _LINE.validate_python(name)
    except ValidationError as error:
        raise refusal(InvalidEvent, "the actor cannot be used", error) from None


def decode(type_: str, text: str | None, data: JsonObject | None) -> Event:
    """Return what an event says, from its type and its data (both as text and as value).

    Raises InvalidData with every fault of an editorial event's data; a fact event's data is its kind's to check.
    """
    adapter = _ADAPTERS.get(type_)
    if adapter is None:
        return FactReported(data)
    if text is None:
        return Erased()
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise refusal(InvalidData, f"{type_} refuses its data", error) from None


def refusal(faulty: type[Faulty], what: str, error: ValidationError) -> Faulty | NaiveMoment:
    """Return the refusal that tells every fault of a validation."""
    details = error.errors(include_url=False)
    if all(detail["type"] == "naive_moment" for detail in details):
        return NaiveMoment(str(details[0]["input"]))
    return faulty(what, [Fault(".".join(map(str, detail["loc"])), _in_words(detail)) for detail in details])


def _in_words(detail: ErrorDetails) -> str:
    """Return what is wrong, as somebody understands it who reads no regular expressions."""
    if detail["type"] != "string_pattern_mismatch":
        return detail["msg"]
    form = _IN_WORDS.get(detail["ctx"]["pattern"], "does not have the form that is asked for here")
    return f"“{detail['input'][:80]}” {form}"

"""The answers of the API as types: what checks the shapes where they are made, and what describes them to others."""

from typing import Annotated, Final, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from timeline.domain.ijson import JsonObject
from timeline.domain.moments import Precision

_WHOLE: Final = ConfigDict(extra="forbid")
"""Every key that is ever given is described."""

Instant = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$",
        json_schema_extra={"format": "date-time"},
        description="A moment in UTC, always to the microsecond.",
    ),
]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Version = Annotated[int, Field(ge=0)]
BulletinName = Literal[
    "board",
    "published",
    "corrected",
    "retracted",
    "reinstated",
    "taken_down",
    "pinned",
    "described",
    "ended",
    "reset",
]
Hex = Annotated[str, Field(pattern="^([0-9a-f]{2})+$")]


@with_config(_WHOLE)
class Story(TypedDict):
    """A story, at the version at which it is seen."""

    slug: str
    title: str
    kind: str
    timezone: str
    status: Literal["open", "live", "ended"]
    version: Version


@with_config(_WHOLE)
class Listed(Story):
    """A story as the list of stories has it; `imported_at` is null for one that was told live."""

    language: str | None
    summary: str | None
    recorded_at: Instant
    imported_at: Instant | None


@with_config(_WHOLE)
class Stories(TypedDict):
    """Every story, the last touched first."""

    stories: list[Listed]


@with_config(_WHOLE)
class Attribution(TypedDict):
    """Whom a fact is taken from."""

    name: str
    url: NotRequired[str]


@with_config(_WHOLE)
class Content(TypedDict):
    """What a fact says, and when it happened; `data` is null once it was taken down."""

    occurred_at: Instant
    precision: Precision
    data: JsonObject | None


@with_config(_WHOLE)
class Change(TypedDict):
    """One thing that happened to a fact; `kind`, `before` and `after` for corrections, `basis` for takedowns."""

    version: Version
    type: str
    kind: str | None
    note: str | None
    basis: str | None
    recorded_at: Instant
    before: Content | None
    after: Content | None


@with_config(_WHOLE)
class Fact(TypedDict):
    """A fact as it stands; `data`, `source` and `headline` are null once it was taken down."""

    id: Id
    type: str
    occurred_at: Instant
    precision: Precision
    recorded_at: Instant
    version: Version
    status: Literal["standing", "corrected", "retracted", "taken_down"]
    key: bool
    pinned: bool
    headline: str | None
    data: JsonObject | None
    source: Attribution | None
    history: list[Change]


@with_config(_WHOLE)
class Place(TypedDict):
    """A place on the record clock; before the first event it has no moment."""

    version: Version
    recorded_at: Instant | None


@with_config(_WHOLE)
class View(TypedDict):
    """A story as seen from a vantage; `board` is what its kind makes of the facts, `next` the cursor of more."""

    story: Story
    at: Instant | None
    as_of: Place
    facts: list[Fact]
    board: JsonObject
    next: str | None


@with_config(_WHOLE)
class Event(TypedDict):
    """An event as the record holds it. `data` and `salt` are null once it was taken down; the commitment stays."""

    id: Id
    story: str
    version: Version
    type: str
    schema: int
    occurred_at: Instant
    precision: Precision
    recorded_at: Instant
    actor: str
    source: NotRequired[Attribution]
    data: JsonObject | None
    salt: Hex | None
    commitment: Hex


@with_config(_WHOLE)
class Record(TypedDict):
    """A page of a record; `next` is the version to read on behind, null at the record's end."""

    story: str
    version: Version
    events: list[Event]
    next: Version | None


@with_config(_WHOLE)
class Appended(TypedDict):
    """What was written, in the order in which it was sent; what was on record already is as it was then."""

    story: str
    versions: list[Version]
    events: list[Event]


@with_config(_WHOLE)
class Vantage(TypedDict):
    """Where a reader stands on the two clocks."""

    at: Instant | None
    as_of: Place


@with_config(_WHOLE)
class Difference(TypedDict):
    """A fact that two views show differently; null where one of them does not show it."""

    id: Id
    before: Fact | None
    after: Fact | None


@with_config(_WHOLE)
class Boards(TypedDict):
    """A board before and after."""

    before: JsonObject
    after: JsonObject


_Between = TypedDict("_Between", {"story": Story, "from": Vantage, "to": Vantage})


@with_config(_WHOLE)
class Changes(_Between):
    """What changed between two places on the record clock; `board` is null where it did not."""

    facts: list[Difference]
    board: Boards | None


@with_config(_WHOLE)
class Bulletin(TypedDict):
    """What an event means for a page that is open; `id` is its version, null for what only goes with the next."""

    id: Version | None
    event: BulletinName
    data: JsonObject


@with_config(_WHOLE)
class Updates(TypedDict):
    """The bulletins behind a version, up to the record's end."""

    version: Version
    bulletins: list[Bulletin]


@with_config(_WHOLE)
class Fault(TypedDict):
    """One thing wrong with an input: a dotted path, empty for the whole, and what."""

    path: str
    message: str


@with_config(_WHOLE)
class Problem(TypedDict):
    """A refusal (RFC 9457). `type` is stable; `detail` says what to do.

    `errors` lists every fault of an input, `refused_version` is the one that the refused event of a batch would
    have had, `version` the present one where another was expected.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[Fault]]
    refused_version: NotRequired[Version]
    version: NotRequired[Version]

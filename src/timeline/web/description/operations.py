"""What each route of the API takes, gives and refuses: all that its rule and its function do not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from timeline.domain import errors
from timeline.domain.errors import Refusal
from timeline.domain.ijson import JsonObject
from timeline.web.description.schemas import ref
from timeline.web.problems import Forbidden, Unauthenticated

Refusals = tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route and method: `asks` is the query of its example, `errors` are those of HTTP itself."""

    tag: str
    schema: JsonObject
    media: str = "application/json"
    parameters: tuple[str, ...] = ()
    refusals: Refusals = ()
    errors: tuple[HTTPStatus, ...] = ()
    status: HTTPStatus = HTTPStatus.OK
    body: JsonObject | None = None
    caching: str = "Revalidated"
    asks: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_conditional(self) -> bool:
        """Whether it answers 304 to whoever has the answer already."""
        return self.caching in ("Revalidated", "Brief")


_DOWN: Final[Refusals] = (errors.StoreUnavailable, errors.SchemaMismatch)
_MOMENT: Final[Refusals] = (errors.MalformedMoment, errors.NaiveMoment)
_STORY: Final[Refusals] = (errors.UnknownStory, *_DOWN)
_SHOWN: Final[Refusals] = (*_STORY, errors.UnknownKind)
_PLACED: Final[Refusals] = (*_SHOWN, *_MOMENT, errors.MalformedParameter, errors.VersionBeyondHead)
_STREAMED: Final[Refusals] = (*_SHOWN, errors.MalformedParameter, errors.VersionBeyondHead)
_WRITTEN: Final[Refusals] = (
    *_DOWN,
    *(Unauthenticated, Forbidden, errors.MalformedJson, errors.NaiveMoment, errors.InvalidEvent, errors.InvalidSlug),
    *(errors.InvalidData, errors.UnknownKind, errors.UnknownType, errors.StoryExists, errors.IdAlreadyUsed),
    errors.AlreadyTakenDown,
)
_APPENDED: Final[Refusals] = (
    *_WRITTEN,
    *(errors.UnknownStory, errors.UnknownFact, errors.WrongVersion, errors.MalformedParameter, errors.FutureFact),
    *(errors.MissingNote, errors.NothingChanged, errors.InvalidCorrection, errors.AlreadyRetracted),
    errors.NotRetracted,
)
_UNREAD: Final = (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_TEXT: Final[JsonObject] = {"type": "string"}
_DOCUMENT: Final[JsonObject] = {"type": "object"}

_READING, _WRITING, _FOLLOWING = "Reading", "Writing", "Following"
_FEEDS, _SHARING, _SITE = "Feeds and agencies", "Sharing", "The site"
_ATOM: Final = "application/atom+xml"


def _as_specified(url: str) -> JsonObject:
    """Return the schema of a document whose format others have specified."""
    return _DOCUMENT | {"externalDocs": {"url": url}}


def _feed(media: str, schema: JsonObject) -> Operation:
    return Operation(
        tag=_FEEDS,
        schema=schema,
        media=media,
        parameters=("before",),
        refusals=(*_SHOWN, errors.MalformedParameter),
        asks={"before": "3"},
    )


OPERATIONS: Final[Mapping[str, Operation]] = {
    "api.list_stories": Operation(tag=_READING, schema=ref("Stories"), refusals=_DOWN),
    "api.show_story": Operation(
        tag=_READING,
        schema=ref("View"),
        parameters=("at", "as_of", "limit", "cursor", "order"),
        refusals=(*_PLACED, errors.MalformedVantage),
        asks={"at": "2025-03-03T03:45:00Z", "as_of": "67", "limit": "1", "order": "desc"},
    ),
    "api.show_fact": Operation(
        tag=_READING, schema=ref("Fact"), parameters=("as_of",), refusals=(*_PLACED, errors.UnknownFact)
    ),
    "api.show_record": Operation(
        tag=_READING,
        schema=ref("Record"),
        parameters=("after", "limit"),
        refusals=(*_STORY, errors.MalformedParameter),
        asks={"after": "51", "limit": "2"},
    ),
    "api.show_changes": Operation(
        tag=_READING,
        schema=ref("Changes"),
        parameters=("from", "to"),
        refusals=(*_PLACED, errors.SpanTooLong),
        asks={"from": "52", "to": "53"},
    ),
    "api.open_story": Operation(
        tag=_WRITING,
        schema=ref("Appended"),
        refusals=_WRITTEN,
        errors=_UNREAD,
        status=HTTPStatus.CREATED,
        body=ref("NewStory"),
        caching="NotStored",
    ),
    "api.append": Operation(
        tag=_WRITING,
        schema=ref("Appended"),
        parameters=("if-match",),
        refusals=_APPENDED,
        errors=_UNREAD,
        status=HTTPStatus.CREATED,
        body={"oneOf": [ref("Draft"), ref("Drafts")]},
        caching="NotStored",
    ),
    "live.live": Operation(
        tag=_FOLLOWING,
        schema=_TEXT,
        media="text/event-stream",
        parameters=("behind", "last-event-id"),
        refusals=_STREAMED,
        errors=(HTTPStatus.SERVICE_UNAVAILABLE,),
        caching="NotStored",
        asks={"after": "66"},
    ),
    "live.updates": Operation(
        tag=_FOLLOWING,
        schema=ref("Updates"),
        parameters=("behind", "last-event-id"),
        refusals=_STREAMED,
        caching="Brief",
        asks={"after": "66"},
    ),
    "machines.facts_feed": _feed(_ATOM, _TEXT),
    "machines.log_feed": _feed(_ATOM, _TEXT),
    "machines.feed_json": _feed("application/feed+json", _as_specified("https://www.jsonfeed.org/version/1.1/")),
    "machines.ninjs_of_story": Operation(
        tag=_FEEDS,
        schema=_as_specified("https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"),
        parameters=("at", "as_of"),
        refusals=_PLACED,
        asks={"as_of": "3"},
    ),
    "machines.ninjs_of_fact": Operation(
        tag=_FEEDS,
        schema=_as_specified("https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"),
        parameters=("as_of",),
        refusals=(*_PLACED, errors.UnknownFact),
    ),
    "machines.timemap": Operation(
        tag=_FEEDS,
        schema=_TEXT,
        media="application/link-format",
        parameters=("mementos",),
        refusals=(*_STORY, errors.MalformedParameter),
        asks={"after": "65"},
    ),
    "machines.embed": Operation(
        tag=_SHARING,
        schema=_TEXT,
        media="text/html",
        parameters=("at", "as_of"),
        refusals=_PLACED,
        asks={"as_of": "3"},
    ),
    "machines.embedding": Operation(
        tag=_SHARING,
        schema=_as_specified("https://oembed.com/"),
        parameters=("url", "maxwidth", "maxheight"),
        refusals=_PLACED,
        errors=(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED),
        asks={"url": "http://localhost/stories/97th-academy-awards"},
    ),
    "machines.picture_of_story": Operation(
        tag=_SHARING,
        schema={},
        media="image/png",
        parameters=("at", "as_of"),
        refusals=_PLACED,
    ),
    "machines.picture_of_fact": Operation(
        tag=_SHARING,
        schema={},
        media="image/png",
        parameters=("as_of",),
        refusals=(*_PLACED, errors.UnknownFact),
    ),
    "machines.map_of_site": Operation(tag=_SITE, schema=_TEXT, media="application/xml", refusals=_DOWN),
    "machines.for_robots": Operation(tag=_SITE, schema=_TEXT, media="text/plain", caching=""),
    "description.document_of_api": Operation(tag=_SITE, schema=_DOCUMENT),
    "description.document_of_site": Operation(tag=_SITE, schema=_DOCUMENT),
}
"""Every route that is for programs, by its endpoint, in the order in which the document has them."""

TAGS: Final[Mapping[str, str]] = {
    _READING: "Stories from any vantage, facts with their history, the record itself.",
    _WRITING: "The way in, with a token. What is sent twice with one id is written once.",
    _FOLLOWING: "What happens next, as a stream or for whoever asks again and again.",
    _FEEDS: "The same stories in the formats of feed readers, agencies and archives.",
    _SHARING: "How a story is shown elsewhere.",
    _SITE: "For search engines, and for you: this document.",
}

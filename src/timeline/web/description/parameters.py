"""The parameters and headers of the document, each described once."""

from typing import Any, Final

from timeline.domain.ijson import JsonObject
from timeline.shapes import CURSOR
from timeline.web.api import DEFAULT_LIMIT, MAX_LIMIT
from timeline.web.description.schemas import SLUG, ref

STORY: Final = "97th-academy-awards"
FACT: Final = "019559a8-1ea8-7e0d-bd74-fabf41d64bdb"
"""What the examples are about: that Sean Baker won Film Editing, later corrected by a letter."""

_VERSION: Final[JsonObject] = {"type": "string", "pattern": "^[0-9]{1,9}$"}
_PLACE: Final[JsonObject] = {"anyOf": [_VERSION, ref("Moment")]}
_FROM_ONE: Final[JsonObject] = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_ORDER: Final[JsonObject] = {"enum": ["asc", "desc"], "default": "asc"}


def _query(name: str, schema: JsonObject, description: str, **more: Any) -> JsonObject:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def _path(name: str, schema: JsonObject, description: str, example: str) -> JsonObject:
    place = {"in": "path", "required": True}
    return {"name": name, **place, "description": description, "schema": schema, "example": example}


def _asked(name: str, schema: JsonObject, description: str) -> JsonObject:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _whole(least: int, most: int, **more: Any) -> JsonObject:
    return {"type": "integer", "minimum": least, "maximum": most, **more}


PARAMETERS: Final[dict[str, JsonObject]] = {
    "slug": _path("slug", SLUG, "The story’s name in addresses.", STORY),
    "id": _path("id", {"type": "string", "format": "uuid"}, "The fact: the id of the event that reports it.", FACT),
    "at": _query(
        "at", ref("Moment"), "A moment on the story clock: only what had happened by then.", allowEmptyValue=True
    ),
    "as_of": _query(
        "as_of",
        _PLACE,
        "A version or a moment on the record clock: only what was on record then.",
        allowEmptyValue=True,
    ),
    "limit": _query("limit", _whole(1, MAX_LIMIT, default=DEFAULT_LIMIT), "At most so many."),
    "order": _query("order", _ORDER, "Which end of the story clock comes first."),
    "cursor": _query(
        *("cursor", {"type": "string", "pattern": CURSOR}),
        "The `next` of the page before: goes on in the very view and order that it began in, whatever else is asked.",
        allowEmptyValue=True,
    ),
    "after": _query("after", _whole(0, 2**31 - 1, default=0), "The version to read on behind."),
    "behind": _query(
        "after", _VERSION, "The version to go on from; without it, what is new from now on.", allowEmptyValue=True
    ),
    "from": _query(
        "from",
        _PLACE,
        "The earlier place: a version or a moment. By default before the first event.",
        allowEmptyValue=True,
    ),
    "to": _query(
        "to", _PLACE, "The later place: a version or a moment. By default the present.", allowEmptyValue=True
    ),
    "before": _query("before", _FROM_ONE, "Only what was last changed before this version; links lead on."),
    "mementos": _query("after", _FROM_ONE, "The version to read on behind; links lead on."),
    "url": _query("url", {"type": "string", "format": "uri"}, "The address of a page of this site.", required=True),
    "maxwidth": _query("maxwidth", _FROM_ONE, "The room that the site has, in pixels."),
    "maxheight": _query("maxheight", _FROM_ONE, "The room that the site has, in pixels."),
    "if-none-match": _asked(
        "If-None-Match", {"type": "string"}, "The ETag of the answer that you have: 304 if it is good."
    ),
    "if-match": _asked(
        "If-Match",
        {"anyOf": [{"const": "*"}, {"type": "string", "pattern": r'^(W/)?"[0-9]{1,9}(-[0-9a-z.:]*)?"$'}]},
        'The version that you expect, `"42"`, or the ETag of any page of it: otherwise nothing is written. `*`: any.'
        " A weak tag, as some proxies make one, matches none.",
    ),
    "last-event-id": _asked(
        "Last-Event-ID",
        {"type": "string", "pattern": "^[0-9]{0,9}$"},
        "The version of the last bulletin that was read; goes before `after`.",
    ),
}

HEADERS: Final[dict[str, JsonObject]] = {
    "ETag": {
        "description": "Follows the version, the kind and the code: send it back as `If-None-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": '^(W/)?"[^"]*"$'},
    },
    "Revalidated": {
        "description": "May be kept, and must be asked for each time: a takedown reaches every copy.",
        "required": True,
        "schema": {"const": "no-cache"},
    },
    "Brief": {"description": "Good for a second.", "required": True, "schema": {"const": "public, max-age=1"}},
    "NotStored": {"description": "Is kept nowhere.", "required": True, "schema": {"const": "no-store"}},
    "Vary": {"description": "What else the answer depends on.", "schema": {"type": "string"}},
    "Location": {"description": "Where the story is now.", "required": True, "schema": {"type": "string"}},
    "Allow": {"description": "What can be done here.", "required": True, "schema": {"type": "string"}},
    "WWW-Authenticate": {
        "description": "How to say who you are.",
        "required": True,
        "schema": {"const": 'Bearer realm="timeline"'},
    },
}

"""The JSON shapes that other programs rely on: the view, a fact, a record, the differences of two views."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from timeline.desk import Changes, View
from timeline.domain.errors import MalformedMoment, MalformedVantage
from timeline.domain.event import Recorded, source_json
from timeline.domain.fact import Change, Content, Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import format_moment, parse_moment
from timeline.domain.story import Story
from timeline.kinds.kind import Kind
from timeline.store.rows import Head

Order = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of facts ends: the view that it belongs to, at its version, and the place of its last fact."""

    at: datetime | None
    as_of: int
    last: tuple[datetime, int]


def view_json(
    view: View, *, limit: int | None = None, cursor: Cursor | None = None, order: Order = "asc"
) -> JsonObject:
    """Return a view as JSON: all its facts, or the `limit` ones behind a cursor and a cursor as `next`."""
    facts = view.facts if order == "asc" else view.facts[::-1]
    if cursor is not None:
        facts = tuple(fact for fact in facts if _is_behind(fact, cursor, order))
    page = facts if limit is None else facts[:limit]
    more = len(page) < len(facts)
    return {
        "story": story_json(view.story),
        "at": _moment(view.vantage.at),
        "as_of": {"version": view.story.version, "recorded_at": _moment(view.recorded_at)},
        "facts": [fact_json(fact, view.kind) for fact in page],
        "board": view.board,
        "next": _cursor(view, page[-1]) if more and page else None,
    }


def story_json(story: Story) -> JsonObject:
    """Return a story's own shape, at the version at which it is seen."""
    return {
        "slug": story.slug,
        "title": story.title,
        "kind": story.kind,
        "timezone": story.timezone,
        "status": story.status,
        "version": story.version,
    }


def listed_json(story: Story, head: Head) -> JsonObject:
    """Return a story as the list of stories has it."""
    return story_json(story) | {
        "language": story.language,
        "summary": story.summary,
        "recorded_at": format_moment(head.recorded_at),
        "imported_at": _moment(head.imported_at),
    }


def fact_json(fact: Fact, kind: Kind) -> JsonObject:
    """Return a fact as it stands, with its history; `data`, `source`, `headline` are null once it was taken down."""
    return {
        "id": str(fact.id),
        "type": fact.type,
        "occurred_at": format_moment(fact.occurred_at),
        "precision": str(fact.content.precision),
        "recorded_at": format_moment(fact.recorded_at),
        "version": fact.version,
        "status": fact.status,
        "key": fact.key,
        "pinned": fact.pinned,
        "headline": kind.headline_of(fact),
        "data": fact.data,
        "source": None if fact.source is None else source_json(fact.source),
        "history": [_change(change) for change in fact.history],
    }


def recorded_json(recorded: Recorded) -> JsonObject:
    """Return an event as the record holds it; its salt and commitment let anybody check its hashes."""
    return recorded.envelope() | {
        "data": recorded.data,
        "salt": None if recorded.salt is None else recorded.salt.hex(),
        "commitment": recorded.commitment.hex(),
    }


def record_json(head: Head, events: Sequence[Recorded]) -> JsonObject:
    """Return a page of a record; `next` is the version to read on behind, null at its end."""
    last = events[-1].version if events else head.version
    return {
        "story": head.slug,
        "version": head.version,
        "events": [recorded_json(recorded) for recorded in events],
        "next": last if last < head.version else None,
    }


def changes_json(changes: Changes) -> JsonObject:
    """Return what changed between two views, fact by fact; null where one of them does not show the fact."""
    before, after = changes.before, changes.after
    return {
        "story": story_json(after.story),
        "from": _vantage(before),
        "to": _vantage(after),
        "facts": [
            {
                "id": str(id_),
                "before": None if each.before is None else fact_json(each.before, before.kind),
                "after": None if each.after is None else fact_json(each.after, after.kind),
            }
            for each in changes.facts
            for id_ in {fact.id for fact in (each.before, each.after) if fact}
        ],
        "board": {"before": before.board, "after": after.board} if before.board != after.board else None,
    }


def write_cursor(cursor: Cursor) -> str:
    """Return a cursor as an opaque text."""
    moment, version = cursor.last
    parts = (str(cursor.as_of), _moment(cursor.at) or "", format_moment(moment), str(version))
    return urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """Return the cursor that `write_cursor` wrote. Raises MalformedVantage."""
    try:
        as_of, at, moment, version = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split("|")
        cursor = Cursor(parse_moment(at) if at else None, int(as_of), (parse_moment(moment), int(version)))
    except (ValueError, MalformedMoment) as error:
        raise MalformedVantage("the cursor is not one that a page gave as `next`") from error
    if cursor.as_of < 1:
        raise MalformedVantage("the cursor is of no version that a story can have")
    return cursor


def _cursor(view: View, last: Fact) -> str:
    return write_cursor(Cursor(view.vantage.at, view.story.version, last.order))


def _is_behind(fact: Fact, cursor: Cursor, order: Order) -> bool:
    return fact.order > cursor.last if order == "asc" else fact.order < cursor.last


def _change(change: Change) -> JsonObject:
    return {
        "version": change.version,
        "type": change.type,
        "kind": change.kind,
        "note": change.note or None,
        "basis": change.basis,
        "recorded_at": format_moment(change.recorded_at),
        "before": None if change.before is None else _content(change.before),
        "after": None if change.after is None else _content(change.after),
    }


def _content(content: Content) -> JsonObject:
    return {
        "occurred_at": format_moment(content.occurred_at),
        "precision": str(content.precision),
        "data": content.data,
    }


def _vantage(view: View) -> JsonObject:
    return {
        "at": _moment(view.vantage.at),
        "as_of": {"version": view.story.version, "recorded_at": _moment(view.recorded_at)},
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else format_moment(moment)

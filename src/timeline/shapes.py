"""The JSON shapes that other programs rely on: the view, a fact, a record, the differences of two views."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from timeline import answers
from timeline.desk import Changes
from timeline.domain.errors import MalformedMoment, MalformedVantage
from timeline.domain.event import Recorded, source_json
from timeline.domain.fact import Change, Content, Fact
from timeline.domain.moments import WRITTEN, format_moment, parse_moment
from timeline.domain.story import Story
from timeline.domain.vantage import Order, Place
from timeline.kinds.kind import Kind
from timeline.store.rows import Head
from timeline.views import View

CURSOR: Final = f"^(desc~)?[1-9][0-9]{{0,8}}~[0-9]{{1,9}}~{WRITTEN}(~{WRITTEN})?$"
"""How a cursor is written: the order unless it ascends, the version of the view, the place of its last fact, and its
moment if it has one."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of facts ends: its order, the view that it belongs to, at its version, its last fact's place."""

    order: Order
    at: datetime | None
    as_of: int
    last: Place


def view_json(view: View, order: Order = "asc") -> answers.View:
    """Return a view as JSON; `next` is a cursor to the facts behind it, null where there are none."""
    return {
        "story": story_json(view.story),
        "at": _moment(view.vantage.at),
        "as_of": {"version": view.story.version, "recorded_at": _moment(view.recorded_at)},
        "facts": [fact_json(fact, view.kind) for fact in view.facts],
        "board": view.board,
        "next": _cursor(view, order) if view.more else None,
    }


def story_json(story: Story) -> answers.Story:
    """Return a story's own shape, at the version at which it is seen."""
    return {
        "slug": story.slug,
        "title": story.title,
        "kind": story.kind,
        "timezone": story.timezone,
        "status": story.status,
        "version": story.version,
    }


def stories_json(listed: Iterable[tuple[Story, Head]]) -> answers.Stories:
    """Return the list of stories."""
    return {"stories": [listed_json(story, head) for story, head in listed]}


def listed_json(story: Story, head: Head) -> answers.Listed:
    """Return a story as the list of stories has it."""
    return {
        **story_json(story),
        "language": story.language,
        "summary": story.summary,
        "recorded_at": format_moment(head.recorded_at),
        "imported_at": _moment(head.imported_at),
    }


def fact_json(fact: Fact, kind: Kind) -> answers.Fact:
    """Return a fact as it stands, with its history; `data`, `source`, `headline` are null once it was taken down."""
    return {
        "id": str(fact.id),
        "type": fact.type,
        "occurred_at": format_moment(fact.occurred_at),
        "precision": fact.content.precision,
        "recorded_at": format_moment(fact.recorded_at),
        "version": fact.version,
        "status": fact.status,
        "key": fact.key,
        "pinned": fact.pinned,
        "headline": kind.headline_of(fact),
        "data": fact.data,
        "source": None if fact.source is None else cast(answers.Attribution, source_json(fact.source)),
        "history": [_change(change) for change in fact.history],
    }


def recorded_json(recorded: Recorded) -> answers.Event:
    """Return an event as the record holds it; its salt and commitment let anybody check its hashes."""
    said = {
        "data": recorded.data,
        "salt": None if recorded.salt is None else recorded.salt.hex(),
        "commitment": recorded.commitment.hex(),
    }
    return cast(answers.Event, recorded.envelope() | said)  # The envelope is what is hashed, and so has no type.


def appended_json(slug: str, events: Sequence[Recorded]) -> answers.Appended:
    """Return what was written to a record."""
    return {
        "story": slug,
        "versions": [recorded.version for recorded in events],
        "events": [recorded_json(recorded) for recorded in events],
    }


def record_json(head: Head, events: Sequence[Recorded]) -> answers.Record:
    """Return a page of a record; `next` is the version to read on behind, null at its end."""
    last = events[-1].version if events else head.version
    return {
        "story": head.slug,
        "version": head.version,
        "events": [recorded_json(recorded) for recorded in events],
        "next": last if last < head.version else None,
    }


def changes_json(changes: Changes) -> answers.Changes:
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
    """Return a cursor as a text that a page gives and takes back."""
    moment, version = cursor.last
    order = "desc~" if cursor.order == "desc" else ""
    at = "" if cursor.at is None else f"~{format_moment(cursor.at)}"
    return f"{order}{cursor.as_of}~{version}~{format_moment(moment)}{at}"


def read_cursor(text: str) -> Cursor:
    """Return the cursor that `write_cursor` wrote. Raises MalformedVantage."""
    if not re.fullmatch(CURSOR, text):
        raise MalformedVantage("the cursor is not one that a page gave as `next`")
    as_of, version, moment, *at = text.removeprefix("desc~").split("~")
    order: Order = "desc" if text.startswith("desc~") else "asc"
    return Cursor(order, _read(at[0]) if at else None, int(as_of), (_read(moment), int(version)))


def _read(moment: str) -> datetime:
    try:
        return parse_moment(moment)
    except MalformedMoment:  # The years 1 and 9999 are not whole in every zone.
        raise MalformedVantage("the cursor is of no moment that there can be") from None


def _cursor(view: View, order: Order) -> str:
    return write_cursor(Cursor(order, view.vantage.at, view.story.version, view.facts[-1].order))


def _change(change: Change) -> answers.Change:
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


def _content(content: Content) -> answers.Content:
    return {
        "occurred_at": format_moment(content.occurred_at),
        "precision": content.precision,
        "data": content.data,
    }


def _vantage(view: View) -> answers.Vantage:
    return {
        "at": _moment(view.vantage.at),
        "as_of": {"version": view.story.version, "recorded_at": _moment(view.recorded_at)},
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else format_moment(moment)

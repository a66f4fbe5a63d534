"""Rows: events and heads as the tables hold them, and back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select, text, union_all

from timeline.domain.event import Recorded, Source, decode, source_text
from timeline.domain.moments import Precision
from timeline.store.prepared import OneOf, Prepared
from timeline.store.tables import event, story

BEFORE_ALL: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Where a record's clock and its horizon stand before its first event."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a story's record ends. `imported_at` is None for a story that was told live.

    No fact was ever dated later than the `horizon`.
    """

    id: int
    slug: str
    kind: str
    version: int
    recorded_at: datetime
    imported_at: datetime | None
    horizon: datetime


MOVED: Final = ("version", "recorded_at", "horizon")
"""What of a head an append moves."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An event without what it says: its place on both clocks, its type, and the fact it reports or is about."""

    version: int
    type: str
    fact: UUID | None
    occurred_at: datetime
    recorded_at: datetime


def select_head(connection: Connection, slug: str) -> Head | None:
    """Return a story's row; None if there is no such story."""
    row = _FIND.first(connection, {"named": slug})
    return None if row is None else Head(*row)


def select_events(connection: Connection, head: Head, *conditions: Any) -> list[Recorded]:
    """Return the events of a record that meet conditions, in order of version."""
    return _events(head, connection.execute(select(*_READ).where(event.c.story == head.id, *conditions)).all())


def select_between(connection: Connection, head: Head, first: int, last: int) -> list[Recorded]:
    """Return the events of these versions, in their order."""
    return _events(head, _BETWEEN.all(connection, {"own": head.id, "first": first, "last": last}))


def select_identified(connection: Connection, head: Head, ids: Sequence[UUID]) -> list[Recorded]:
    """Return those of the events of these ids that are on record, in order of version."""
    return _events(head, _IDENTIFIED.all(connection, {"own": head.id, "ids": ids}))


def _events(head: Head, rows: Sequence[Row[Any]]) -> list[Recorded]:
    # Sorted here: a database that knows little of a table would rather walk through it than sort a few rows.
    named: dict[str, Source] = {}
    return [recorded_of(head.slug, row, named) for row in sorted(rows, key=lambda row: row.version)]


def select_about(
    connection: Connection, head: Head, versions: Sequence[int], upto: int, untouched: Sequence[int] = ()
) -> list[Recorded]:
    """Return the events up to a version about the facts that events of these versions report, and those events.

    Of facts that are `untouched` by then there is the report alone, which is found in half the time.
    """
    if not versions and not untouched:
        return []
    values = {"own": head.id, "versions": versions, "upto": upto, "untouched": untouched}
    return _events(head, _ABOUT.all(connection, values))


def select_about_fact(connection: Connection, head: Head, fact: UUID, upto: int) -> list[Recorded]:
    """Return the events that report a fact or are about it, in order of version, up to a version."""
    return _events(head, _ABOUT_FACT.all(connection, {"own": head.id, "about": fact, "upto": upto}))


def select_about_story(connection: Connection, head: Head, upto: int) -> list[Recorded]:
    """Return the events up to a version about the story itself, in order of version."""
    return _events(head, _ABOUT_STORY.all(connection, {"own": head.id, "upto": upto}))


def select_about_stories(connection: Connection, heads: Sequence[Head]) -> dict[int, list[Recorded]]:
    """Return the events about stories themselves, each story's in order of version, by its id."""
    found: dict[int, list[Recorded]] = {head.id: [] for head in heads}
    slugs = {head.id: head.slug for head in heads}
    rows = _ABOUT_STORIES.all(connection, {"all": list(found)})
    for row in sorted(rows, key=lambda row: row.version):
        found[row.story].append(recorded_of(slugs[row.story], row))
    return found


def lock_head(connection: Connection, slug: str) -> Head | None:
    """Lock a story's row until the transaction ends, and return it; None if there is no such story."""
    row = _LOCK[connection.dialect.name].first(connection, {"named": slug})
    return None if row is None else Head(*row)


def has_takedown(connection: Connection, since: Head) -> bool:
    """Whether anything of a story was taken down since its record ended at this head."""
    return _TAKEDOWN.first(connection, {"own": since.id, "after": since.version}) is not None


def recorded_of(slug: str, row: Row[Any], named: dict[str, Source] | None = None) -> Recorded:
    """Return the event that a row of `event` is; of a source that others have, too, they share one.

    `named` are the sources read by now, by their text: to check one again takes as long as all the rest.
    """
    data = None if row.data is None else json.loads(row.data)
    named = {} if named is None else named
    if row.source is not None and row.source not in named:
        named[row.source] = Source(**json.loads(row.source))
    return Recorded(
        id=row.id,
        story=slug,
        version=row.version,
        type=row.type,
        schema=row.schema,
        occurred_at=row.occurred_at,
        precision=Precision(row.precision),
        recorded_at=row.recorded_at,
        actor=row.actor,
        source=None if row.source is None else named[row.source],
        text=row.data,
        data=data,
        salt=row.salt,
        commitment=row.commitment,
        event=decode(row.type, row.data, data),
    )


def row_of(story_id: int, recorded: Recorded, leaf: bytes) -> dict[str, Any]:
    """Return an event as a row of `event`."""
    return {
        "story": story_id,
        "version": recorded.version,
        "id": recorded.id,
        "type": recorded.type,
        "schema": recorded.schema,
        "occurred_at": recorded.occurred_at,
        "precision": str(recorded.precision),
        "recorded_at": recorded.recorded_at,
        "actor": recorded.actor,
        "source": None if recorded.source is None else source_text(recorded.source),
        "fact": recorded.fact,
        "data": recorded.text,
        "salt": recorded.salt,
        "commitment": recorded.commitment,
        "leaf": leaf,
    }


_OWN: Final = event.c.story == bindparam("own")
_UPTO: Final = event.c.version <= bindparam("upto")
_STORY: Final = select(story).where(story.c.slug == bindparam("named"))
_FIND: Final = Prepared(_STORY)
_IN_TURN: Final = text(f"pg_advisory_xact_lock({0x1051}, hashtext(:named))::text = ''")
"""Whoever waits for a row alone is overtaken by those who come later."""
_LOCK: Final = {
    "sqlite": Prepared(_STORY),  # A transaction that writes is alone there.
    "postgresql": Prepared(_STORY.where(_IN_TURN).with_for_update()),
}
_READ: Final = [column for column in event.c if column.name not in ("fact", "leaf")]
"""What an event is made of; its fact stands in its data, and its leaf follows from the rest."""
_BETWEEN: Final = Prepared(select(*_READ).where(_OWN, event.c.version.between(bindparam("first"), bindparam("last"))))
_TAKEDOWN: Final = Prepared(
    select(event.c.version)
    .where(_OWN, event.c.version > bindparam("after"), event.c.type == "fact.taken_down")
    .limit(1)
)
_IDENTIFIED: Final = Prepared(select(*_READ).where(_OWN, OneOf(event.c.id, "ids")))
_ABOUT_STORY: Final = Prepared(select(*_READ).where(_OWN, event.c.fact.is_(None), _UPTO))
_ABOUT_STORIES: Final = Prepared(select(*_READ).where(OneOf(event.c.story, "all"), event.c.fact.is_(None)))
_ABOUT_FACT: Final = Prepared(select(*_READ).where(_OWN, event.c.fact == bindparam("about"), _UPTO))
_REPORTED: Final = event.alias("reported")
_FACTS: Final = select(_REPORTED.c.id).where(
    _REPORTED.c.story == bindparam("own"), OneOf(_REPORTED.c.version, "versions")
)
_ABOUT: Final = Prepared(
    union_all(
        select(*_READ).where(_OWN, OneOf(event.c.version, "untouched")),
        select(*_READ).where(_OWN, _UPTO, event.c.fact.in_(_FACTS)),
    )
)

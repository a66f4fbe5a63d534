"""Rows: events and heads as the tables hold them, and back."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from timeline.domain.event import Recorded, Source, decode, source_json
from timeline.domain.ijson import canonical
from timeline.domain.moments import Precision
from timeline.store import tree


@dataclass(frozen=True, slots=True)
class Head:
    """Where a story's record ends. `imported_at` is None for a story that was told live."""

    id: int
    slug: str
    kind: str
    version: int
    recorded_at: datetime
    imported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outline:
    """An event without what it says: its place on both clocks, its type, and the fact it reports or is about."""

    version: int
    type: str
    fact: UUID | None
    occurred_at: datetime
    recorded_at: datetime


def head_of(row: Row[Any]) -> Head:
    """Return the head that a row of `story` is."""
    return Head(row.id, row.slug, row.kind, row.version, row.recorded_at, row.imported_at)


def recorded_of(slug: str, row: Row[Any]) -> Recorded:
    """Return the event that a row of `event` is."""
    data = None if row.data is None else json.loads(row.data)
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
        source=None if row.source is None else Source(**json.loads(row.source)),
        text=row.data,
        data=data,
        salt=row.salt,
        commitment=row.commitment,
        event=decode(row.type, row.data, data),
    )


def row_of(story_id: int, recorded: Recorded) -> dict[str, Any]:
    """Return an event as a row of `event`, with its leaf hash."""
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
        "source": None if recorded.source is None else canonical(source_json(recorded.source)),
        "fact": recorded.fact,
        "data": recorded.text,
        "salt": recorded.salt,
        "commitment": recorded.commitment,
        "leaf": tree.leaf(recorded),
    }

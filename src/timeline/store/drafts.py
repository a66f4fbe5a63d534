"""Drafts: what somebody is writing and has not published; it outlives a browser, and is nobody else's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from timeline.store.database import Database
from timeline.store.tables import draft


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """The fields of a form as they were last seen. `id` is that of the event to be, `fact` the one it is about."""

    id: UUID
    fact: UUID | None
    form: Mapping[str, str]
    saved_at: datetime


def save_draft(
    database: Database, person: int, story: int, id_: UUID, fact: UUID | None, form: Mapping[str, str], now: datetime
) -> None:
    """Keep the fields of a form, instead of what was kept of it before."""
    values = {"fact": fact, "form": json.dumps(dict(form)), "saved_at": now}
    mine = (draft.c.id == id_, draft.c.person == person)
    with database.writing() as connection:
        if connection.execute(update(draft).where(*mine).values(values)).rowcount == 0:
            connection.execute(insert(draft).values(id=id_, person=person, story=story, **values))


def drafts(database: Database, person: int, story: int) -> list[SavedDraft]:
    """Return what a person has not published of a story, the last touched first."""
    query = select(draft).where(draft.c.person == person, draft.c.story == story).order_by(draft.c.saved_at.desc())
    with database.reading() as connection:
        return [SavedDraft(row.id, row.fact, json.loads(row.form), row.saved_at) for row in connection.execute(query)]


def discard_draft(database: Database, person: int, id_: UUID) -> None:
    """Forget a draft: it was published, or is not wanted."""
    with database.writing() as connection:
        connection.execute(delete(draft).where(draft.c.id == id_, draft.c.person == person))

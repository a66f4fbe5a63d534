"""Drafts: what somebody is writing and has not published; it outlives a browser, and is nobody else's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from timeline.domain.errors import AlreadyTakenDown, Fault, InvalidEvent
from timeline.store import tables
from timeline.store.database import Database
from timeline.store.tables import draft, event

LARGEST: Final = 200_000
"""So many bytes of a form are kept at most: the longest text that an event can hold, and the rest of its form."""
MOST: Final = 50
"""So many drafts of one person are kept in one story: the newest."""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """The fields of a form as they were last seen. `id` is that of the event to be, `fact` the one it is about."""

    id: UUID
    fact: UUID | None
    form: Mapping[str, str]
    saved_at: datetime


def save_draft(
    database: Database, person: int, story: int, id_: UUID, fact: UUID | None, form: Mapping[str, str], now: datetime
) -> bool:
    """Keep the fields of a form, instead of what was kept of it before; False, and nothing, once it is on record.

    Raises InvalidEvent for a form that is too large, and for an id that names another draft already; and
    AlreadyTakenDown for what is about a fact that is taken down: a page that is still open would write the text
    again, and nothing would ever erase it.
    """
    _refuse_large(form)
    values = {"fact": fact, "form": json.dumps(dict(form)), "saved_at": now}
    with database.writing() as connection:
        _hold_record(connection, story)
        _refuse_taken_down(connection, story, id_, fact)
        if _is_on_record(connection, story, id_):
            return False
        _write(connection, person, story, id_, values)
        _forget_oldest(connection, person, story, id_)
        return True


def drafts(database: Database, person: int, story: int) -> list[SavedDraft]:
    """Return what a person has not published of a story, the last touched first."""
    # An event is on record a moment before the draft of it is discarded.
    unpublished = ~exists().where(event.c.story == story, event.c.id == draft.c.id)
    query = select(draft).where(draft.c.person == person, draft.c.story == story, unpublished)
    query = query.order_by(draft.c.saved_at.desc())
    with database.reading() as connection:
        return [SavedDraft(row.id, row.fact, json.loads(row.form), row.saved_at) for row in connection.execute(query)]


def is_published(database: Database, story: int, id_: UUID) -> bool:
    """Whether the event that was to be made of a draft is on record."""
    with database.reading() as connection:
        return _is_on_record(connection, story, id_)


def discard_draft(database: Database, person: int, id_: UUID) -> None:
    """Forget a draft: it was published, or is not wanted."""
    with database.writing() as connection:
        connection.execute(delete(draft).where(draft.c.id == id_, draft.c.person == person))


def discard_drafts_about(connection: Connection, story: int, fact: UUID) -> None:
    """Forget whatever anybody was writing about a fact: it is taken down."""
    connection.execute(delete(draft).where(is_about(story, fact)))


def is_about(story: int, fact: UUID) -> ColumnElement[bool]:
    """Return the condition that a draft is about a fact: it changes it, names it, or became an event about it."""
    events = select(event.c.id).where(event.c.story == story, event.c.fact == fact)
    about = or_(draft.c.fact == fact, draft.c.form.icontains(str(fact)), draft.c.id.in_(events))
    return and_(draft.c.story == story, about)


def _refuse_large(form: Mapping[str, str]) -> None:
    size = sum(len(name.encode()) + len(text.encode()) for name, text in form.items())
    if size > LARGEST:
        raise InvalidEvent(
            "the draft cannot be kept", [Fault("", f"it has {size} bytes; {LARGEST} are kept at most")]
        )


def _hold_record(connection: Connection, story: int) -> None:
    """Let nothing be appended meanwhile: a takedown holds this lock until the text is gone."""
    connection.execute(select(tables.story.c.id).where(tables.story.c.id == story).with_for_update(read=True))


def _refuse_taken_down(connection: Connection, story: int, id_: UUID, fact: UUID | None) -> None:
    own = select(event.c.fact).where(event.c.story == story, event.c.id == id_)
    is_of_fact = or_(event.c.fact == fact, event.c.fact.in_(own))
    taken = select(event.c.fact).where(event.c.story == story, event.c.type == "fact.taken_down", is_of_fact)
    if found := connection.execute(taken.limit(1)).scalar_one_or_none():
        raise AlreadyTakenDown(found)


def _is_on_record(connection: Connection, story: int, id_: UUID) -> bool:
    found = select(event.c.version).where(event.c.story == story, event.c.id == id_)
    return connection.execute(found).one_or_none() is not None


def _write(connection: Connection, person: int, story: int, id_: UUID, values: Mapping[str, Any]) -> None:
    if _overwrite(connection, person, story, id_, values):
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(draft), {"id": id_, "person": person, "story": story, **values})
    except IntegrityError:
        # Their own other window was faster by a moment; or else the id is not theirs to use.
        if not _overwrite(connection, person, story, id_, values):
            fault = Fault("id", "is that of another draft")
            raise InvalidEvent("the draft cannot be kept", [fault]) from None


def _overwrite(connection: Connection, person: int, story: int, id_: UUID, values: Mapping[str, Any]) -> bool:
    mine = (draft.c.id == id_, draft.c.person == person, draft.c.story == story)
    # The values stand apart from the statement: of a statement SQLAlchemy keeps the first one's values.
    return connection.execute(update(draft).where(*mine), values).rowcount > 0


def _forget_oldest(connection: Connection, person: int, story: int, kept: UUID) -> None:
    others = (draft.c.person == person, draft.c.story == story, draft.c.id != kept)
    newest = select(draft.c.id).where(*others).order_by(draft.c.saved_at.desc(), draft.c.id.desc()).limit(MOST - 1)
    connection.execute(delete(draft).where(*others, draft.c.id.not_in(newest)))

"""Takedowns: what somebody asks to have erased, and what a second person decides about it.

What one asks for is no event yet: it is kept here until it is approved. Then the event is appended under the id of
the request, so that an approval which was cut short is completed by being repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy import insert as insert_into
from uuid_utils.compat import uuid7

from timeline.domain.errors import (
    AlreadyTakenDown,
    MissingNote,
    SecondPersonNeeded,
    TakedownDecided,
    TakedownOpen,
    UnknownTakedown,
)
from timeline.domain.event import Draft, Recorded, decode
from timeline.domain.ijson import JsonObject, canonical
from timeline.store import record, tables
from timeline.store.acts import Act, acts, note
from timeline.store.database import Database
from timeline.store.drafts import is_about
from timeline.store.erasure import find_own
from timeline.store.people import login_of
from timeline.store.rows import Head
from timeline.store.tables import act, takedown

Append = Callable[[str, Sequence[Draft]], object]
"""The desk's way to append to a story, whose only way it is."""
State = Literal["open", "approved", "declined", "withdrawn"]

_TYPE: Final = "fact.taken_down"


@dataclass(frozen=True, slots=True)
class Takedown:
    """What was asked for: the fact of a story that should go, on which basis, and what readers are told of it."""

    id: UUID
    story: str
    fact: UUID
    basis: str
    note: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    is_approved: bool | None

    @property
    def state(self) -> State:
        match self.is_approved:
            case None:
                return "open"
            case True:
                return "approved"
            case False:
                return "withdrawn" if self.is_asked_by(self.decided_by or "") else "declined"

    def is_asked_by(self, name: str) -> bool:
        """Whether it is this person who asked."""
        return login_of(name) == login_of(self.asked_by)

    def event(self) -> Draft:
        """Return the event that carries it out, in the name of who asked."""
        return Draft(type=_TYPE, data=_data(self.fact, self.basis, self.note), id=self.id, actor=self.asked_by)


def ask(database: Database, slug: str, fact: UUID, basis: str, note_: str, *, by: str, now: datetime) -> UUID:
    """Ask for a fact to be taken down, and return the id of that.

    Raises UnknownStory, UnknownFact, AlreadyTakenDown, InvalidData, MissingNote, and TakedownOpen where that was
    asked for already.
    """
    _check(fact, basis, note_)
    id_ = uuid7()
    values = {"fact": fact, "basis": basis, "note": note_, "asked_by": by, "asked_at": now}
    with database.writing() as connection:
        head = _lock_story(connection, slug)
        _check_standing(connection, head, fact)
        if waiting := _open(connection, slug, fact):
            raise TakedownOpen(waiting.id, fact, waiting.asked_by)
        connection.execute(insert_into(takedown), {"id": id_, "story": head.id, **values})
        note(connection, now, by, f"takedown {id_} of fact {fact} is asked for", slug)
    return id_


def approve(database: Database, id_: UUID, *, by: str, now: datetime, append: Append) -> Takedown:
    """Approve a takedown as a second person, and carry it out.

    It is approved once, by one person; but what was approved and is not on record yet, because something broke in
    between, is carried out by whoever approves it again. Raises UnknownTakedown, SecondPersonNeeded, TakedownDecided,
    AlreadyTakenDown (then it is open still, to be withdrawn or declined), and whatever `append` raises.
    """
    with database.writing() as connection:
        found = _lock(connection, id_)
        if found.is_asked_by(by):
            raise SecondPersonNeeded(found.asked_by)
        if found.is_approved is False or (found.is_approved and _is_carried_out(connection, found)):
            raise TakedownDecided(found.id, found.state, found.decided_by)
        if found.is_approved is None:
            _claim(connection, found, by, now)
    try:
        append(found.story, [found.event()])
    except AlreadyTakenDown:
        _reopen(database, id_, by, now)
        raise
    return find_takedown(database, id_)


def decline(database: Database, id_: UUID, *, by: str, now: datetime) -> Takedown:
    """Decline a takedown; for who asked, withdraw it. Raises UnknownTakedown, TakedownDecided, AlreadyTakenDown."""
    with database.writing() as connection:
        found = _lock(connection, id_)
        if found.decided_at is not None:
            raise TakedownDecided(found.id, found.state, found.decided_by)
        if _is_carried_out(connection, found):
            raise AlreadyTakenDown(found.fact)
        _decide(connection, found, by=by, at=now, is_approved=False)
        (decided,) = _read(connection, takedown.c.id == id_)
        note(connection, now, by, f"takedown {id_} of fact {found.fact} is {decided.state}", found.story)
    return decided


def takedowns(database: Database) -> list[Takedown]:
    """Return every takedown that was ever asked for, the latest first."""
    with database.reading() as connection:
        return _read(connection)


def find_takedown(database: Database, id_: UUID) -> Takedown:
    """Return a takedown. Raises UnknownTakedown."""
    with database.reading() as connection:
        return _one(connection, id_)


def find_open(database: Database, slug: str, fact: UUID) -> Takedown | None:
    """Return the takedown of a fact that waits for a second person, if one does."""
    with database.reading() as connection:
        return _open(connection, slug, fact)


def carried_out(database: Database, found: Takedown) -> Recorded | None:
    """Return the event by which a takedown was carried out; None while it was not."""
    with database.reading() as connection:
        head = record.find_head(connection, found.story)
        events = record.read_about(connection, head, found.fact, head.version)
        return next((each for each in events if each.id == found.id), None)


def acts_about(database: Database, found: Takedown) -> list[Act]:
    """Return what was noted about a takedown, in the order in which it was done."""
    return acts(database, None, act.c.story == found.story, act.c.what.contains(str(found.id)))[::-1]


def _data(fact: UUID, basis: str, note_: str) -> JsonObject:
    return {"fact": str(fact), "basis": basis, "note": note_}


def _check(fact: UUID, basis: str, note_: str) -> None:
    """Refuse at once what the record would refuse later."""
    data = _data(fact, basis, note_)
    decode(_TYPE, canonical(data), data)
    if not note_.strip():
        raise MissingNote(_TYPE)


def _check_standing(connection: Connection, head: Head, fact: UUID) -> None:
    events = record.read_about(connection, head, fact, head.version)
    find_own(events, fact, head.slug)
    if any(each.type == _TYPE for each in events):
        raise AlreadyTakenDown(fact)


def _lock_story(connection: Connection, slug: str) -> Head:
    """Let nobody append to a story, or ask for a takedown in it, until the transaction ends. Raises UnknownStory."""
    head = record.find_head(connection, slug)
    connection.execute(select(tables.story.c.id).where(tables.story.c.id == head.id).with_for_update())
    return record.find_head(connection, slug)


def _lock(connection: Connection, id_: UUID) -> Takedown:
    """Return a takedown that nobody else decides on until the transaction ends. Raises UnknownTakedown."""
    connection.execute(select(takedown.c.id).where(takedown.c.id == id_).with_for_update())
    return _one(connection, id_)


def _claim(connection: Connection, found: Takedown, by: str, now: datetime) -> None:
    head = _lock_story(connection, found.story)
    if not _is_carried_out(connection, found):
        _check_standing(connection, head, found.fact)
    drafts = connection.execute(select(tables.draft.c.id).where(is_about(head.id, found.fact))).all()
    _decide(connection, found, by=by, at=now, is_approved=True)
    what = f"takedown {found.id} of fact {found.fact} is approved; drafts about it that are erased: {len(drafts)}"
    note(connection, now, by, what, found.story)


def _reopen(database: Database, id_: UUID, by: str, now: datetime) -> None:
    """Open a takedown again that cannot be carried out, because another was faster: so it says nothing untrue."""
    with database.writing() as connection:
        found = _lock(connection, id_)
        if not _is_carried_out(connection, found):
            _decide(connection, found, by=None, at=None, is_approved=None)
            what = f"takedown {id_} of fact {found.fact} is open again: the fact was taken down by another way"
            note(connection, now, by, what, found.story)


def _decide(
    connection: Connection, found: Takedown, *, by: str | None, at: datetime | None, is_approved: bool | None
) -> None:
    values = {"decided_by": by, "decided_at": at, "is_approved": is_approved}
    connection.execute(update(takedown).where(takedown.c.id == found.id).values(values))


def _is_carried_out(connection: Connection, found: Takedown) -> bool:
    head = record.find_head(connection, found.story)
    return any(each.id == found.id for each in record.read_about(connection, head, found.fact, head.version))


def _open(connection: Connection, slug: str, fact: UUID) -> Takedown | None:
    waiting = (tables.story.c.slug == slug, takedown.c.fact == fact, takedown.c.decided_at.is_(None))
    return next(iter(_read(connection, *waiting)), None)


def _one(connection: Connection, id_: UUID) -> Takedown:
    found = _read(connection, takedown.c.id == id_)
    if not found:
        raise UnknownTakedown(id_)
    return found[0]


def _read(connection: Connection, *conditions: Any) -> list[Takedown]:
    query = select(takedown, tables.story.c.slug).join(tables.story).where(*conditions)
    rows = connection.execute(query.order_by(takedown.c.asked_at.desc(), takedown.c.id.desc())).all()
    return [
        Takedown(
            id=row.id,
            story=row.slug,
            fact=row.fact,
            basis=row.basis,
            note=row.note,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            is_approved=row.is_approved,
        )
        for row in rows
    ]

"""Erasure: what a takedown reaches and what it cannot, and the proof that the record still holds together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from timeline.domain.errors import UnknownFact
from timeline.domain.event import FactReinstated, FactReported, FactRetracted, Recorded
from timeline.store import record, tables, tree
from timeline.store.audit import audit
from timeline.store.database import Database
from timeline.store.drafts import is_about
from timeline.store.rows import Head


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A draft about a fact: whose it is and when it was saved; what it says is nobody else's."""

    writer: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """What a takedown of a fact erases, or has erased, and what it cannot.

    `erased` are the fact's own event and its corrections. `kept` are its retractions and reinstatements, whose notes
    stay on record: the triggers of the first migration let nothing else go.
    """

    head: Head
    fact: Recorded
    erased: tuple[Recorded, ...]
    kept: tuple[Recorded, ...]
    drafts: tuple[Unpublished, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a record still hangs together: the root of its tree, and what is wrong with it (nothing, if sound)."""

    root: bytes
    faults: tuple[str, ...]


def reach(database: Database, slug: str, fact: UUID) -> Reach:
    """Return what a takedown of a fact erases or has erased, and what stays. Raises UnknownStory and UnknownFact."""
    with database.reading() as connection:
        head = record.find_head(connection, slug)
        events = record.read_about(connection, head, fact, head.version)
        own = find_own(events, fact, slug)
        goes = [each for each in events if each.id == fact or each.type == "fact.corrected"]
        query = select(tables.person.c.name, tables.draft.c.saved_at).join_from(tables.draft, tables.person)
        drafts = connection.execute(query.where(is_about(head.id, fact)).order_by(tables.draft.c.saved_at)).all()
    kept = [each for each in events if isinstance(each.event, FactRetracted | FactReinstated)]
    return Reach(head, own, tuple(goes), tuple(kept), tuple(Unpublished(*row) for row in drafts))


def prove(database: Database, slug: str) -> Proof:
    """Compute the hashes of a whole record again, and the root of its tree. Raises UnknownStory."""
    with database.reading() as connection:
        head = record.find_head(connection, slug)
        return Proof(tree.root(record.leaves(connection, head)), tuple(audit(connection, head)))


def find_own(events: Sequence[Recorded], fact: UUID, slug: str) -> Recorded:
    """Return the event that reports a fact, of those that are about it. Raises UnknownFact."""
    for each in events:
        if each.id == fact and isinstance(each.event, FactReported):
            return each
    raise UnknownFact(fact, slug)

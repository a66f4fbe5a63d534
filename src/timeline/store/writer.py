"""The one writer: appends and imports. `_write` inserts events, or `optimistic.write_report`; nothing else does."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, insert, or_, update
from sqlalchemy.exc import IntegrityError

from timeline.domain.errors import (
    Refusal,
    StoreUnavailable,
    StoryExists,
    UnknownStory,
    WrongVersion,
)
from timeline.domain.event import (
    EDITORIAL,
    Draft,
    FactTakenDown,
    Recorded,
    StoryOpened,
    check_slug,
    decode,
    is_slug,
)
from timeline.domain.ijson import canonical
from timeline.store import digests, fact_versions, record
from timeline.store.bulk import MANY, insert_many
from timeline.store.database import Database
from timeline.store.drafts import discard_drafts_about
from timeline.store.identity import find_known, refuse_known, refuse_twins
from timeline.store.optimistic import write_report
from timeline.store.prepared import Prepared
from timeline.store.rows import (
    BEFORE_ALL,
    MOVED,
    Head,
    lock_head,
    row_of,
)
from timeline.store.sealing import Line, Sealed, seal
from timeline.store.tables import event, story

_TICK: Final = timedelta(microseconds=1)
_MOVE: Final = Prepared(
    update(story).where(story.c.id == bindparam("own")).values({name: bindparam(f"to_{name}") for name in MOVED})
)


@dataclass(frozen=True, slots=True)
class Past:
    """What is on record of a story that is written to."""

    connection: Connection
    head: Head

    def about(self, fact: UUID) -> list[Recorded]:
        """Return the events that report a fact or are about it, in order of version."""
        return record.read_about(self.connection, self.head, fact, self.head.version)


Judge = Callable[[Past], Callable[[Recorded], None]]
"""The rules: of what is on record, a judge returns what admits each event in order, or raises to refuse all."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to append to a story's record, all or none; with `expected`, only if it is at that version."""

    slug: str
    drafts: Sequence[Draft]
    judge: Judge
    clock: Callable[[], datetime]
    expected: int | None = None

    @property
    def types(self) -> set[str]:
        """Which types of events there are."""
        return {draft.type for draft in self.drafts}


@dataclass(frozen=True, slots=True)
class Written:
    """The events of a batch as recorded, in the order given, and where the record ended before and ends with them."""

    recorded: tuple[Recorded, ...]
    before: Head
    after: Head


def append(database: Database, batch: Batch) -> tuple[Recorded, ...]:
    """Append a batch, and return its events as recorded, in the order given.

    An event that is on record already (same id, same content) is answered as it was recorded then. A first draft
    of type `story.opened` opens the story. Raises UnknownStory, WrongVersion, IdAlreadyUsed, StoreUnavailable, and
    whatever the judge raises; then nothing is written.
    """
    written = _write_locked(database, batch) if database.is_sqlite else _write_either_way(database, batch)
    if "fact.taken_down" in batch.types:
        database.shred()
    return written.recorded


def _write_either_way(database: Database, batch: Batch) -> Written:
    """Write behind where this process left the record, if it may still end there, and else under its lock."""
    with database.ends.approach(batch.slug) as end:
        written = (end and _write_behind(database, end, batch)) or _write_locked(database, batch)
        database.ends.leave(written.before, written.after)
    return written


def _write_behind(database: Database, end: Head, batch: Batch) -> Written | None:
    """Write a single report behind what was the end of the record; None if something keeps it from that.

    What is wrong with it, if anything is, will be told by who holds the lock.
    """
    if len(batch.drafts) != 1 or batch.types & EDITORIAL.keys():
        return None
    try:
        with database.committing_each() as connection:
            (sealed,) = _admit(connection, end, _due(end, batch.drafts, batch), batch.judge)
            after = write_report(connection, end, sealed)
    except StoreUnavailable:
        raise
    except (Refusal, IntegrityError):
        return None
    return None if after is None else Written((sealed.recorded,), end, after)


def _write_locked(database: Database, batch: Batch) -> Written:
    is_usual = len(batch.drafts) < MANY and not batch.types & {"story.opened", "fact.taken_down"}
    try:  # All statements are prepared that usual ones need.
        with database.pipelining() if is_usual else database.writing() as connection:
            return write(connection, batch, are_new=True)
    except StoreUnavailable:
        raise
    except (Refusal, IntegrityError):  # Nearly all are new: only of what cannot be written is it asked whether it is.
        if all(draft.id is None for draft in batch.drafts):
            raise
    with database.writing() as connection:
        return write(connection, batch)


def write(connection: Connection, batch: Batch, *, are_new: bool = False) -> Written:
    """Write a batch within a transaction, under the story's lock; `append` alone makes sure that it lasts.

    It is not asked whether events that `are_new` are on record already: if one is, IntegrityError is raised, or what
    the judge raises.
    """
    refuse_twins(batch.drafts)
    head = after = _lock(connection, batch)
    known = {} if are_new else find_known(connection, head, batch.drafts)
    lines = _due(head, [draft for draft in batch.drafts if draft.id not in known], batch)
    fresh = _admit(connection, head, lines, batch.judge)
    if fresh:
        after = _write(connection, head, fresh)
        _move(connection, after)
    remaining = iter(fresh)
    recorded = tuple(known.get(draft.id) or next(remaining).recorded for draft in batch.drafts)
    return Written(recorded, head, after)


def import_story(
    database: Database, slug: str, kind: str, lines: Iterable[Line | Sealed], *, judge: Judge, imported_at: datetime
) -> Head:
    """Write a whole new story with its own record clock, all or nothing, a batch at a time; return its head.

    Lines that are sealed already are so for their place among all.

    Raises StoryExists, StoreUnavailable, and whatever `judge` or reading the lines raises; then nothing is written.
    """
    with database.writing_much() as connection:
        head = _create(connection, slug, kind, imported_at)
        if head is None:
            raise StoryExists(slug, _find_head(connection, slug).version)
        remaining = iter(lines)
        while batch := list(islice(remaining, record.BATCH)):
            try:
                written = _admit(connection, head, batch, judge)
                # Behind an error PostgreSQL answers only with a savepoint before it; on SQLite those are dear.
                with nullcontext() if database.is_sqlite else connection.begin_nested():
                    head = _write(connection, head, written)
            except (Refusal, IntegrityError):
                refuse_known(connection, head, batch)  # Whatever else is wrong, this is told first.
                raise
        _move(connection, head)
    return head


def _due(head: Head, drafts: Sequence[Draft], batch: Batch) -> list[Line]:
    """Return new drafts of a batch with their place on the record clock, which never runs backwards.

    Raises WrongVersion.
    """
    if drafts and batch.expected not in (None, head.version):
        raise WrongVersion(head.slug, head.version, batch.expected)
    now = max(batch.clock(), head.recorded_at + _TICK)
    return [Line(draft, now + place * _TICK) for place, draft in enumerate(drafts)]


def _admit(connection: Connection, head: Head, lines: Sequence[Line | Sealed], judge: Judge) -> list[Sealed]:
    """Return lines as the next events of a story, each judged after those before it."""
    if not lines:
        return []
    admit = judge(Past(connection, head))
    return [_admitted(head.slug, version, line, admit) for version, line in enumerate(lines, head.version + 1)]


def _write(connection: Connection, head: Head, sealed: Sequence[Sealed]) -> Head:
    """Write the next events of a story whose lock is held, and return the head behind them."""
    insert_many(connection, event, [row_of(head.id, each.recorded, each.leaf) for each in sealed])
    recorded = [each.recorded for each in sealed]
    for each in recorded:
        if isinstance(each.event, FactTakenDown):
            _erase(connection, head, each.event.fact)
    horizon, changes = fact_versions.follow(connection, head, recorded)
    digests.close(connection, head, changes)
    last = recorded[-1]
    return replace(head, version=last.version, recorded_at=last.recorded_at, horizon=horizon)


def _move(connection: Connection, head: Head) -> None:
    """Move a story's head, once in a transaction: every row that refers to it looks through all that it has been."""
    _MOVE.run(connection, {"own": head.id} | {f"to_{name}": getattr(head, name) for name in MOVED})


def _admitted(slug: str, version: int, line: Line | Sealed, admit: Callable[[Recorded], None]) -> Sealed:
    try:
        sealed = line if isinstance(line, Sealed) else seal(slug, version, line)
        admit(sealed.recorded)
    except Refusal as refusal:
        refusal.version = version
        raise
    return sealed


def _erase(connection: Connection, head: Head, fact: UUID) -> None:
    """Erase the text of a fact, of its corrections and of the drafts about it, and whatever was made of it.

    The triggers let the record's part through for a takedown alone.
    """
    own = and_(event.c.story == head.id, event.c.fact == fact)
    text = or_(event.c.id == fact, event.c.type == "fact.corrected")
    digests.forget(connection, head.id, fact_versions.places_of(connection, head.id, fact))
    connection.execute(update(event).where(own, text).values(data=None, salt=None))
    discard_drafts_about(connection, head.id, fact)


def _lock(connection: Connection, batch: Batch) -> Head:
    """Lock the story's row before anything is read; a first `story.opened` makes it."""
    slug = batch.slug
    return (
        _lock_row(connection, slug)
        or _create(connection, slug, _kind_opened(batch), None)
        or _find_head(connection, slug)
    )


def _kind_opened(batch: Batch) -> str:
    """Return the kind of the story that a first `story.opened` makes. Raises UnknownStory, InvalidSlug."""
    first = batch.drafts[0] if batch.drafts and batch.drafts[0].type == "story.opened" else None
    opened = first and decode(first.type, canonical(first.data), first.data)
    if not isinstance(opened, StoryOpened):
        raise UnknownStory(batch.slug)
    check_slug(batch.slug)
    return opened.kind


def _lock_row(connection: Connection, slug: str) -> Head | None:
    # Not every text can be asked for: PostgreSQL knows no NUL.
    return lock_head(connection, slug) if is_slug(slug) else None


def _find_head(connection: Connection, slug: str) -> Head:
    found = _lock_row(connection, slug)
    if found is None:
        raise UnknownStory(slug)
    return found


def _create(connection: Connection, slug: str, kind: str, imported_at: datetime | None) -> Head | None:
    """Make a story's row, which is locked by that; None if there is one, perhaps since a moment ago."""
    head = Head(0, slug, kind, 0, BEFORE_ALL, imported_at, BEFORE_ALL)
    values = {name: value for name, value in asdict(head).items() if name != "id"}
    try:
        with connection.begin_nested():
            id_ = connection.execute(insert(story).values(values).returning(story.c.id)).scalar_one()
    except IntegrityError:
        return None
    return replace(head, id=id_)

"""The record: the one writer, and how records are read. Nothing else inserts events."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from timeline.domain.errors import (
    AlreadyTakenDown,
    Fault,
    IdAlreadyUsed,
    InvalidEvent,
    Refusal,
    StoryExists,
    UnknownStory,
    VersionBeyondHead,
    WrongVersion,
)
from timeline.domain.event import (
    Draft,
    FactTakenDown,
    Recorded,
    StoryOpened,
    check_slug,
    decode,
    is_slug,
)
from timeline.domain.ijson import canonical
from timeline.store.database import Database
from timeline.store.drafts import discard_drafts_about
from timeline.store.rows import Head, Outline, head_of, recorded_of, row_of
from timeline.store.sealing import Line, seal
from timeline.store.tables import event, story

BATCH: Final = 1_000
_NO_STORY: Final = 0
"""The id of no story: the databases count from 1."""
_BEFORE_ALL: Final = datetime(1, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_AMENDING: Final = ("fact.corrected", "fact.retracted", "fact.reinstated", "fact.taken_down")


@dataclass(frozen=True, slots=True)
class Past:
    """What is on record of a story while its lock is held."""

    connection: Connection
    head: Head

    def about(self, fact: UUID) -> list[Recorded]:
        """Return the events that report a fact or are about it, in order of version."""
        return read_about(self.connection, self.head, fact, self.head.version)


Judge = Callable[[Past], Callable[[Recorded], None]]
"""The rules: once the lock is held, a judge returns what admits each event in order, or raises to refuse all."""


@dataclass(frozen=True, slots=True)
class Due:
    """What drafts come to: the record's head, the events to be written behind it, and the answer to the writer.

    The answer has also those that are on record already.
    """

    head: Head
    fresh: tuple[Recorded, ...]
    recorded: tuple[Recorded, ...]


def append(
    database: Database,
    slug: str,
    drafts: Sequence[Draft],
    *,
    judge: Judge,
    clock: Callable[[], datetime],
    expected: int | None = None,
) -> tuple[Recorded, ...]:
    """Append events to a story's record, all or none, and return them as recorded, in the order given.

    An event that is on record already (same id, same content) is answered as it was recorded then. A first draft
    of type `story.opened` opens the story. Raises UnknownStory, WrongVersion, IdAlreadyUsed, StoreUnavailable, and
    whatever `judge` raises; then nothing is written.
    """
    _refuse_twins(drafts)
    with database.writing() as connection:
        head = _lock(connection, slug, drafts)
        due = _due(connection, head, drafts, judge, clock, expected)
        _write(connection, head, due.fresh)
    if any(isinstance(each.event, FactTakenDown) for each in due.recorded):
        database.shred()
    return due.recorded


def foresee(
    connection: Connection,
    slug: str,
    drafts: Sequence[Draft],
    *,
    judge: Judge,
    clock: Callable[[], datetime],
    expected: int | None = None,
) -> Due:
    """Return what `append` would write now, and refuse what it would refuse; nothing is locked or written."""
    _refuse_twins(drafts)
    return _due(connection, _would_be_head(connection, slug, drafts), drafts, judge, clock, expected)


def import_story(
    database: Database, slug: str, kind: str, lines: Iterable[Line], *, judge: Judge, imported_at: datetime
) -> Head:
    """Write a whole new story with its own record clock, all or nothing, a batch at a time; return its head.

    Raises StoryExists, StoreUnavailable, and whatever `judge` or reading the lines raises; then nothing is written.
    """
    with database.writing() as connection:
        head = _create(connection, slug, kind, imported_at)
        if head is None:
            raise StoryExists(slug, _find_head(connection, slug).version)
        remaining = iter(lines)
        while batch := list(islice(remaining, BATCH)):
            _refuse_known(connection, head, batch)
            written = _admit(connection, head, batch, judge)
            _write(connection, head, written)
            head = replace(head, version=written[-1].version, recorded_at=written[-1].recorded_at)
    return head


def _due(
    connection: Connection,
    head: Head,
    drafts: Sequence[Draft],
    judge: Judge,
    clock: Callable[[], datetime],
    expected: int | None,
) -> Due:
    known = _known(connection, head, drafts)
    fresh = [draft for draft in drafts if draft.id not in known]
    if fresh and expected not in (None, head.version):
        raise WrongVersion(head.slug, head.version, expected)
    now = max(clock(), head.recorded_at + _TICK)
    lines = [Line(draft, now + place * _TICK) for place, draft in enumerate(fresh)]
    admitted = _admit(connection, head, lines, judge)
    remaining = iter(admitted)
    return Due(head, tuple(admitted), tuple(known.get(draft.id) or next(remaining) for draft in drafts))


def _admit(connection: Connection, head: Head, lines: Sequence[Line], judge: Judge) -> list[Recorded]:
    """Return lines as the next events of a story, each judged after those before it."""
    if not lines:
        return []
    admit = judge(Past(connection, head))
    return [_admitted(head.slug, version, line, admit) for version, line in enumerate(lines, head.version + 1)]


def _write(connection: Connection, head: Head, recorded: Sequence[Recorded]) -> None:
    """Write the next events of a story whose lock is held: the only place that inserts into `event`."""
    if not recorded:
        return
    connection.execute(insert(event), [row_of(head.id, each) for each in recorded])
    for each in recorded:
        if isinstance(each.event, FactTakenDown):
            _erase(connection, head.id, each.event.fact)
    last = recorded[-1]
    connection.execute(
        update(story).where(story.c.id == head.id).values(version=last.version, recorded_at=last.recorded_at)
    )


def _admitted(slug: str, version: int, line: Line, admit: Callable[[Recorded], None]) -> Recorded:
    try:
        sealed = seal(slug, version, line)
        admit(sealed)
    except Refusal as refusal:
        refusal.version = version
        raise
    return sealed


def _erase(connection: Connection, story_id: int, fact: UUID) -> None:
    """Erase the text of a fact, of its corrections and of the drafts about it.

    The triggers let the record's part through for a takedown alone.
    """
    own = and_(event.c.story == story_id, event.c.fact == fact)
    text = or_(event.c.id == fact, event.c.type == "fact.corrected")
    connection.execute(update(event).where(own, text).values(data=None, salt=None))
    discard_drafts_about(connection, story_id, fact)


def _lock(connection: Connection, slug: str, drafts: Sequence[Draft]) -> Head:
    """Lock the story's row before anything is read; a first `story.opened` makes it."""
    row = _find(connection, slug)
    if row is not None:
        return row
    return _create(connection, slug, _kind_opened(slug, drafts), None) or _find_head(connection, slug)


def _would_be_head(connection: Connection, slug: str, drafts: Sequence[Draft]) -> Head:
    """Return the head that `_lock` would: that of an empty record where a first `story.opened` makes the story."""
    try:
        return find_head(connection, slug)
    except UnknownStory:
        return Head(_NO_STORY, slug, _kind_opened(slug, drafts), 0, _BEFORE_ALL, None)


def _kind_opened(slug: str, drafts: Sequence[Draft]) -> str:
    """Return the kind of the story that a first `story.opened` makes. Raises UnknownStory, InvalidSlug."""
    first = drafts[0] if drafts and drafts[0].type == "story.opened" else None
    opened = first and decode(first.type, canonical(first.data), first.data)
    if not isinstance(opened, StoryOpened):
        raise UnknownStory(slug)
    check_slug(slug)
    return opened.kind


def _find(connection: Connection, slug: str) -> Head | None:
    if not is_slug(slug):  # Not every text can be asked for: PostgreSQL knows no NUL.
        return None
    row = connection.execute(select(story).where(story.c.slug == slug).with_for_update()).one_or_none()
    return None if row is None else head_of(row)


def _find_head(connection: Connection, slug: str) -> Head:
    found = _find(connection, slug)
    if found is None:
        raise UnknownStory(slug)
    return found


def _create(connection: Connection, slug: str, kind: str, imported_at: datetime | None) -> Head | None:
    """Make a story's row, which is locked by that; None if there is one, perhaps since a moment ago."""
    values = {"slug": slug, "kind": kind, "version": 0, "recorded_at": _BEFORE_ALL, "imported_at": imported_at}
    try:
        with connection.begin_nested():
            id_ = connection.execute(insert(story).values(values).returning(story.c.id)).scalar_one()
    except IntegrityError:
        return None
    return Head(id_, slug, kind, 0, _BEFORE_ALL, imported_at)


def _refuse_twins(drafts: Sequence[Draft]) -> None:
    ids = [draft.id for draft in drafts]
    faults = [
        Fault(f"{place}.id", "stands twice in one batch")
        for place, id_ in enumerate(ids)
        if id_ and id_ in ids[:place]
    ]
    if faults:
        raise InvalidEvent("the batch is not well formed", faults)


def _refuse_known(connection: Connection, head: Head, lines: Sequence[Line]) -> None:
    """Refuse lines of a story file whose id stands on an earlier line."""
    ids = [line.draft.id for line in lines]
    query = select(event.c.id, event.c.version).where(event.c.story == head.id, event.c.id.in_(ids))
    known: dict[UUID | None, int] = {row.id: row.version for row in connection.execute(query)}
    for version, id_ in enumerate(ids, head.version + 1):
        if id_ in known:
            fault = Fault("id", f"{id_} is that of version {known[id_]} already")
            refusal = InvalidEvent("the event is not well formed", [fault])
            refusal.version = version
            raise refusal
        known[id_] = version


def _known(connection: Connection, head: Head, drafts: Sequence[Draft]) -> dict[UUID | None, Recorded]:
    """Return those of the drafts that are on record already, by id. Raises IdAlreadyUsed for other content."""
    ids = [draft.id for draft in drafts if draft.id]
    found = _select(connection, head, event.c.id.in_(ids)) if ids else []
    known: dict[UUID | None, Recorded] = {recorded.id: recorded for recorded in found}
    for draft in drafts:
        recorded = known.get(draft.id)
        if recorded and recorded.data is None:
            raise AlreadyTakenDown(recorded.id)
        if recorded and not _same(draft, recorded):
            raise IdAlreadyUsed(recorded.id, recorded.version)
    return known


def _same(draft: Draft, recorded: Recorded) -> bool:
    return (
        draft.type == recorded.type
        and draft.occurred_at in (None, recorded.occurred_at)
        and draft.precision == recorded.precision
        and draft.actor == recorded.actor
        and draft.source == recorded.source
        and canonical(draft.data) == recorded.text
    )


def find_head(connection: Connection, slug: str) -> Head:
    """Return the head of a story's record. Raises UnknownStory."""
    if not is_slug(slug):
        raise UnknownStory(slug)
    row = connection.execute(select(story).where(story.c.slug == slug)).one_or_none()
    if row is None:
        raise UnknownStory(slug)
    return head_of(row)


def heads(connection: Connection) -> list[Head]:
    """Return the heads of all records, the latest first."""
    query = select(story).where(story.c.version > 0).order_by(story.c.recorded_at.desc(), story.c.slug)
    return [head_of(row) for row in connection.execute(query)]


def versions(connection: Connection, slugs: Collection[str]) -> dict[str, int]:
    """Return the present version of each of these stories; unknown ones are left out."""
    rows = connection.execute(select(story.c.slug, story.c.version).where(story.c.slug.in_(slugs)))
    return {row.slug: row.version for row in rows}


def find_version(connection: Connection, head: Head, as_of: datetime | int | None) -> int:
    """Return the version that a place on the record clock names: the last one recorded at or before a moment.

    Raises VersionBeyondHead.
    """
    if as_of is None:
        return head.version
    if isinstance(as_of, int):
        if as_of > head.version:
            raise VersionBeyondHead(head.slug, head.version, as_of)
        return as_of
    # The clock never runs backwards, so the last version is the latest: one step in an index, not a walk to its end.
    latest = (event.c.recorded_at.desc(), event.c.version.desc())
    before = select(event.c.version).where(event.c.story == head.id, event.c.recorded_at <= as_of)
    return connection.execute(before.order_by(*latest).limit(1)).scalar() or 0


def read(
    connection: Connection, head: Head, *, after: int = 0, upto: int | None = None, limit: int | None = None
) -> Iterator[Recorded]:
    """Yield a record's events in order of version, from behind `after` to `upto`, at most `limit` of them."""
    last = head.version if upto is None else min(upto, head.version)
    last = last if limit is None else min(last, after + limit)
    while after < last:  # Short pages: a long statement would hold on to old pages of the database.
        page = min(after + BATCH, last)
        yield from _select(connection, head, event.c.version.between(after + 1, page))
        after = page


def read_about(connection: Connection, head: Head, fact: UUID, upto: int) -> list[Recorded]:
    """Return the events that report a fact or are about it, in order of version, up to a version."""
    return _select(connection, head, event.c.fact == fact, event.c.version <= upto)


def read_amended(connection: Connection, head: Head, upto: int) -> list[Recorded]:
    """Return the events of facts that were corrected, retracted or taken down, in order of version, up to a version.

    The whole record is looked through for them, but nothing else of it is read.
    """
    within = (event.c.story == head.id, event.c.version <= upto)
    amended = select(event.c.fact).where(*within, event.c.type.in_(_AMENDING))
    return _select(connection, head, event.c.version <= upto, event.c.fact.in_(amended))


def read_about_story(connection: Connection, head: Head, upto: int) -> list[Recorded]:
    """Return the events about the story itself, the first always among them, up to a version."""
    return _select(connection, head, event.c.fact.is_(None), event.c.version <= max(upto, 1))


def outline(connection: Connection, head: Head) -> list[Outline]:
    """Return every event of a record without what it says, in order of version."""
    columns = (event.c.version, event.c.type, event.c.fact, event.c.occurred_at, event.c.recorded_at)
    rows = connection.execute(select(*columns).where(event.c.story == head.id).order_by(event.c.version))
    return [Outline(*row) for row in rows]


def leaves(connection: Connection, head: Head) -> Iterator[bytes]:
    """Yield the stored leaf hashes in order of version."""
    query = select(event.c.leaf).where(event.c.story == head.id).order_by(event.c.version)
    with connection.execute(query.execution_options(yield_per=BATCH)) as rows:
        yield from rows.scalars()


def _select(connection: Connection, head: Head, *conditions: Any) -> list[Recorded]:
    query: Select[Any] = select(event).where(event.c.story == head.id, *conditions).order_by(event.c.version)
    return [recorded_of(head.slug, row) for row in connection.execute(query)]

"""The record: the one writer, and how records are read. Nothing else inserts events."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from timeline.domain.errors import (
    AlreadyTakenDown,
    Fault,
    IdAlreadyUsed,
    InvalidEvent,
    Refusal,
    StoreUnavailable,
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
from timeline.domain.fact import Fact, resolve
from timeline.domain.ijson import canonical
from timeline.domain.vantage import on_the_story_clock
from timeline.store import digests, fact_versions
from timeline.store.bulk import MANY, insert_many
from timeline.store.database import Database
from timeline.store.drafts import discard_drafts_about
from timeline.store.fact_versions import State
from timeline.store.prepared import OneOf, Prepared
from timeline.store.rows import (
    BEFORE_ALL,
    Head,
    Outline,
    lock_head,
    row_of,
    select_about,
    select_about_fact,
    select_about_story,
    select_between,
    select_events,
    select_head,
    select_identified,
)
from timeline.store.sealing import Line, Sealed, seal
from timeline.store.tables import event, fact_version, story

BATCH: Final = 1_000
_TICK: Final = timedelta(microseconds=1)
_MOVED: Final = ("version", "recorded_at", "horizon")
_MOVE: Final = Prepared(
    update(story).where(story.c.id == bindparam("own")).values({name: bindparam(f"to_{name}") for name in _MOVED})
)

_VERSION_AT: Final = Prepared(
    select(event.c.version)
    .where(event.c.story == bindparam("own"), event.c.recorded_at <= bindparam("moment"))
    # The clock never runs backwards, so the last version is the latest: one step in an index, not a walk to its end.
    .order_by(event.c.recorded_at.desc(), event.c.version.desc())
    .limit(1)
)
_VERSIONS: Final = Prepared(
    select(event.c.version).where(event.c.story == bindparam("own"), OneOf(event.c.id, "ids"))
)
_HORIZON: Final = (
    select(fact_version.c.horizon)
    .where(fact_version.c.story == bindparam("own"), fact_version.c.since <= bindparam("version"))
    .order_by(fact_version.c.since.desc())
    .limit(1)
    .scalar_subquery()
)
_ENDS: Final = Prepared(
    select(event.c.recorded_at, _HORIZON.label("horizon")).where(
        event.c.story == bindparam("own"), event.c.version == bindparam("version")
    )
)


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
    attempt = partial(write, slug=slug, drafts=drafts, judge=judge, clock=clock, expected=expected)
    try:
        with database.pipelining() if _are_usual(drafts) else database.writing() as connection:
            recorded = attempt(connection, are_new=True)
    except StoreUnavailable:
        raise
    except (Refusal, IntegrityError):  # Nearly all are new: only of what cannot be written is it asked whether it is.
        if all(draft.id is None for draft in drafts):
            raise
        with database.writing() as connection:
            recorded = attempt(connection)
    if any(isinstance(each.event, FactTakenDown) for each in recorded):
        database.shred()
    return recorded


def _are_usual(drafts: Sequence[Draft]) -> bool:
    """Whether all statements are prepared that drafts need."""
    return len(drafts) < MANY and not {"story.opened", "fact.taken_down"} & {draft.type for draft in drafts}


def write(
    connection: Connection,
    slug: str,
    drafts: Sequence[Draft],
    *,
    judge: Judge,
    clock: Callable[[], datetime],
    expected: int | None = None,
    are_new: bool = False,
) -> tuple[Recorded, ...]:
    """Append events within a transaction, as `append` does, which alone makes sure that they last.

    It is not asked whether events that `are_new` are on record already: if one is, IntegrityError is raised, or what
    `judge` raises.
    """
    _refuse_twins(drafts)
    head = _lock(connection, slug, drafts)
    known = {} if are_new else _known(connection, head, drafts)
    lines = _due(head, [draft for draft in drafts if draft.id not in known], clock, expected)
    fresh = _admit(connection, head, lines, judge)
    if fresh:
        _move(connection, _write(connection, head, fresh))
    remaining = iter(fresh)
    return tuple(known.get(draft.id) or next(remaining).recorded for draft in drafts)


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
        while batch := list(islice(remaining, BATCH)):
            try:
                written = _admit(connection, head, batch, judge)
                # Behind an error PostgreSQL answers only with a savepoint before it; on SQLite those are dear.
                with nullcontext() if database.is_sqlite else connection.begin_nested():
                    head = _write(connection, head, written)
            except (Refusal, IntegrityError):
                _refuse_known(connection, head, batch)  # Whatever else is wrong, this is told first.
                raise
        _move(connection, head)
    return head


def _due(head: Head, drafts: Sequence[Draft], clock: Callable[[], datetime], expected: int | None) -> list[Line]:
    """Return drafts with their place on the record clock, which never runs backwards. Raises WrongVersion."""
    if drafts and expected not in (None, head.version):
        raise WrongVersion(head.slug, head.version, expected)
    now = max(clock(), head.recorded_at + _TICK)
    return [Line(draft, now + place * _TICK) for place, draft in enumerate(drafts)]


def _admit(connection: Connection, head: Head, lines: Sequence[Line | Sealed], judge: Judge) -> list[Sealed]:
    """Return lines as the next events of a story, each judged after those before it."""
    if not lines:
        return []
    admit = judge(Past(connection, head))
    return [_admitted(head.slug, version, line, admit) for version, line in enumerate(lines, head.version + 1)]


def _write(connection: Connection, head: Head, sealed: Sequence[Sealed]) -> Head:
    """Write the next events of a story whose lock is held, and return the head behind them.

    It is the only place that inserts into `event`.
    """
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
    _MOVE.run(connection, {"own": head.id} | {f"to_{name}": getattr(head, name) for name in _MOVED})


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


def _lock(connection: Connection, slug: str, drafts: Sequence[Draft]) -> Head:
    """Lock the story's row before anything is read; a first `story.opened` makes it."""
    row = lock(connection, slug)
    if row is not None:
        return row
    return _create(connection, slug, _kind_opened(slug, drafts), None) or _find_head(connection, slug)


def _kind_opened(slug: str, drafts: Sequence[Draft]) -> str:
    """Return the kind of the story that a first `story.opened` makes. Raises UnknownStory, InvalidSlug."""
    first = drafts[0] if drafts and drafts[0].type == "story.opened" else None
    opened = first and decode(first.type, canonical(first.data), first.data)
    if not isinstance(opened, StoryOpened):
        raise UnknownStory(slug)
    check_slug(slug)
    return opened.kind


def lock(connection: Connection, slug: str) -> Head | None:
    """Lock a story until the transaction ends, and return where its record ends; None if there is no such story."""
    # Not every text can be asked for: PostgreSQL knows no NUL.
    return lock_head(connection, slug) if is_slug(slug) else None


def _find_head(connection: Connection, slug: str) -> Head:
    found = lock(connection, slug)
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


def _refuse_twins(drafts: Sequence[Draft]) -> None:
    ids = [draft.id for draft in drafts]
    faults = [
        Fault(f"{place}.id", "stands twice in one batch")
        for place, id_ in enumerate(ids)
        if id_ and id_ in ids[:place]
    ]
    if faults:
        raise InvalidEvent("the batch is not well formed", faults)


def _refuse_known(connection: Connection, head: Head, lines: Sequence[Line | Sealed]) -> None:
    """Refuse lines of a story file whose id stands on an earlier line."""
    ids = [line.recorded.id if isinstance(line, Sealed) else line.draft.id for line in lines]
    earlier = (event.c.story == head.id, event.c.version <= head.version)
    query = select(event.c.id, event.c.version).where(*earlier, event.c.id.in_(ids))
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
    found = select_identified(connection, head, ids) if ids else []
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
    head = select_head(connection, slug) if is_slug(slug) else None
    if head is None:
        raise UnknownStory(slug)
    return head


def heads(connection: Connection) -> list[Head]:
    """Return the heads of all records, the latest first."""
    query = select(story).where(story.c.version > 0).order_by(story.c.recorded_at.desc(), story.c.slug)
    return [Head(*row) for row in connection.execute(query)]


def versions(connection: Connection, slugs: Collection[str]) -> dict[str, int]:
    """Return the present version of each of these stories; unknown ones are left out."""
    named = [slug for slug in slugs if is_slug(slug)]
    rows = connection.execute(select(story.c.slug, story.c.version).where(story.c.slug.in_(named)))
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
    return _VERSION_AT.scalar(connection, {"own": head.id, "moment": as_of}) or 0


def find_ends(connection: Connection, head: Head, version: int) -> tuple[datetime | None, datetime | None]:
    """Return when a version was recorded, None before the first; and the latest moment that any fact had by then."""
    if version == head.version:
        return head.recorded_at if version else None, head.horizon
    row = _ENDS.first(connection, {"own": head.id, "version": version})
    return (None, None) if row is None else tuple(row)


def read(
    connection: Connection, head: Head, *, after: int = 0, upto: int | None = None, limit: int | None = None
) -> Iterator[Recorded]:
    """Yield a record's events in order of version, from behind `after` to `upto`, at most `limit` of them."""
    last = head.version if upto is None else min(upto, head.version)
    last = last if limit is None else min(last, after + limit)
    while after < last:  # Short pages: a long statement would hold on to old pages of the database.
        page = min(after + BATCH, last)
        yield from select_between(connection, head, after + 1, page)
        after = page


def read_about(connection: Connection, head: Head, fact: UUID, upto: int) -> list[Recorded]:
    """Return the events that report a fact or are about it, in order of version, up to a version."""
    return select_about_fact(connection, head, fact, upto)


def read_facts(connection: Connection, head: Head, versions: Sequence[int], upto: int) -> list[Fact]:
    """Return the facts that events of these versions report, as they stand at a version, by the story clock."""
    return on_the_story_clock(resolve(select_about(connection, head, versions, upto)))


def read_states(connection: Connection, head: Head, states: Iterable[State], upto: int) -> list[Fact]:
    """Return the facts that are in these states at a version, by the story clock."""
    touched: list[int] = []
    untouched: list[int] = []
    for state in states:
        (untouched if state.since == state.fact else touched).append(state.fact)
    return on_the_story_clock(resolve(select_about(connection, head, touched, upto, untouched)))


def read_with_past(connection: Connection, head: Head, after: int, upto: int) -> list[Recorded]:
    """Return the events behind a version up to another, and all earlier ones about the same facts."""
    own = (event.c.story == head.id, event.c.version.between(after + 1, upto))
    same = event.c.fact.in_(select(event.c.fact).where(*own, event.c.fact.is_not(None)))
    return select_events(connection, head, event.c.version <= upto, or_(event.c.version > after, same))


def read_known(connection: Connection, head: Head, ids: Collection[UUID], upto: int) -> list[Fact]:
    """Return the facts of these ids that are known at a version, as they stand then, by the story clock."""
    versions = _VERSIONS.scalars(connection, {"own": head.id, "ids": list(ids)})
    return read_facts(connection, head, versions, upto)


def read_changed(connection: Connection, head: Head, upto: int) -> list[Fact]:
    """Return the facts about which anything was changed up to a version, by the story clock."""
    return read_facts(connection, head, fact_versions.changed(connection, head.id, upto), upto)


def read_touched(connection: Connection, head: Head, after: int, upto: int) -> list[int]:
    """Return of which facts anything was said behind a version, up to another: the versions that report them."""
    said = select(event.c.fact).where(event.c.story == head.id, event.c.version.between(after + 1, upto))
    query = select(event.c.version).where(event.c.story == head.id, event.c.id.in_(said))
    return list(connection.execute(query).scalars())


def reported_since(connection: Connection, head: Head, moment: datetime, type_: str) -> list[int]:
    """Return the versions of the events of a type that were recorded at or after a moment."""
    lately = (event.c.story == head.id, event.c.recorded_at >= moment, event.c.type == type_)
    return list(connection.execute(select(event.c.version).where(*lately)).scalars())


def read_about_story(connection: Connection, head: Head, upto: int) -> list[Recorded]:
    """Return the events about the story itself, the first always among them, up to a version."""
    return select_about_story(connection, head, max(upto, 1))


def outline(connection: Connection, head: Head, versions: Sequence[int] | None = None) -> list[Outline]:
    """Return events of a record without what they say, in order of version: all, or those of these versions."""
    columns = (event.c.version, event.c.type, event.c.fact, event.c.occurred_at, event.c.recorded_at)
    wanted = (event.c.version.in_(versions),) if versions is not None else ()
    rows = connection.execute(select(*columns).where(event.c.story == head.id, *wanted).order_by(event.c.version))
    return [Outline(*row) for row in rows]


def marked_key(connection: Connection, head: Head) -> list[int]:
    """Return the versions of the events that mark a key moment."""
    return fact_versions.marked_key(connection, head.id)


def leaves(connection: Connection, head: Head) -> Iterator[bytes]:
    """Yield the stored leaf hashes in order of version."""
    query = select(event.c.leaf).where(event.c.story == head.id).order_by(event.c.version)
    with connection.execute(query.execution_options(yield_per=BATCH)) as rows:
        yield from rows.scalars()

"""The index of fact versions: a row per fact and per state that it has had, so that any view is one scan of an index.

It follows from the record, and is kept in the transaction of every append; `rebuilding` makes it anew.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from functools import cache
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Tuple,
    and_,
    bindparam,
    delete,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from timeline.domain.event import (
    FactCorrected,
    FactMarkedKey,
    FactPinned,
    FactReinstated,
    FactReported,
    FactRetracted,
    FactTakenDown,
    FactUnmarkedKey,
    FactUnpinned,
    Recorded,
)
from timeline.domain.vantage import END, Place
from timeline.store.bulk import insert_many
from timeline.store.prepared import Prepared
from timeline.store.rows import Head, select_events
from timeline.store.tables import event, fact_version

OPEN: Final = 2**31 - 1
"""Where the last state of a fact ends: at no version yet."""


class Flag(IntEnum):
    """What is said of a fact beyond its content; CHANGED and MINOR of the very event that made this state."""

    CORRECTED = 1
    RETRACTED = 2
    GONE = 4
    KEY = 8
    PINNED = 16
    CHANGED = 32
    MINOR = 64


FALLEN: Final = Flag.RETRACTED | Flag.GONE
"""What keeps a fact off the board."""
AMENDED: Final = Flag.CORRECTED | FALLEN


class State(Protocol):
    """Of a state of a fact, where the fact stands, the version that reports it, and since when it is so."""

    @property
    def occurred_at(self) -> datetime: ...

    @property
    def fact(self) -> int: ...

    @property
    def since(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FactVersion:
    """A state of a fact, good for the versions [since, until); `fact` is the version of the event that reports it."""

    since: int
    until: int
    fact: int
    type: str
    occurred_at: datetime
    marks: int

    @property
    def place(self) -> Place:
        return (self.occurred_at, self.fact)

    def as_row(self, story: int, horizon: datetime) -> dict[str, Any]:
        """Return the state as a row of the index."""
        return {
            "story": story,
            "since": self.since,
            "until": self.until,
            "fact": self.fact,
            "type": self.type,
            "occurred_at": self.occurred_at,
            "marks": self.marks,
            "horizon": horizon,
        }


def follow(
    connection: Connection, head: Head, recorded: Sequence[Recorded], table: Table = fact_version
) -> tuple[datetime, list[tuple[int, Place]]]:
    """Write what events change in the index; return the horizon, and at which version what changed at which place.

    The events are on record already, and the text is erased that they take down.
    """
    about = [each for each in recorded if each.fact is not None]
    if not about:
        return head.horizon, []
    told = {each.id for each in about if isinstance(each.event, FactReported)}
    known = _open_rows(connection, head.id, {each.fact for each in about if each.fact} - told, table)
    rows = _Rows(head.horizon, known)
    for each in about:
        rows.apply(each)
    _close(connection, head.id, rows.closed, table)
    _insert(connection, head.id, rows, table)
    for each in about:
        if isinstance(each.event, FactTakenDown):
            _forget(connection, head, each.event.fact, recorded[-1].version, table)
    return rows.horizon, rows.changes


def _forget(connection: Connection, head: Head, fact: UUID, upto: int, table: Table) -> None:
    """Write the states of a fact anew that was taken down: its erased corrections no longer move it.

    Whoever rebuilds has not come yet to what is on record behind `upto`.
    """
    events = select_events(connection, head, event.c.fact == fact, event.c.version <= upto)
    own = and_(table.c.story == head.id, table.c.since.in_([each.version for each in events]))
    known = connection.execute(select(table.c.since, table.c.horizon).where(own)).all()
    connection.execute(delete(table).where(own))
    rows = _Rows(events[0].occurred_at, {})
    for each in events:
        rows.apply(each)
    rows.horizons |= {row.since: row.horizon for row in known}
    _insert(connection, head.id, rows, table)


def _insert(connection: Connection, story: int, rows: "_Rows", table: Table) -> None:
    if rows.fresh:
        fresh = [row.as_row(story, rows.horizons[since]) for since, row in rows.fresh.items()]
        insert_many(connection, table, fresh)


class _Rows:
    """The states of facts as events follow each other.

    The horizon of a state is the latest moment to which any fact had been dated by then: what is known at its version
    need not be looked for beyond.
    """

    def __init__(self, horizon: datetime, known: dict[UUID, FactVersion]) -> None:
        self.fresh: dict[int, FactVersion] = {}
        self.horizons: dict[int, datetime] = {}
        self.closed: list[tuple[int, int]] = []
        self.changes: list[tuple[int, Place]] = []
        self._last = known
        self.horizon = horizon

    def apply(self, recorded: Recorded) -> None:
        if recorded.fact is None:
            return
        before = self._last.get(recorded.fact)
        if before is None:
            after = first_state(recorded)
        else:
            after = self._amended(before, recorded)
            self.changes.append((after.since, before.place))
        self.changes.append((after.since, after.place))
        self._last[recorded.fact] = self.fresh[after.since] = after
        self.horizon = self.horizons[after.since] = max(self.horizon, after.occurred_at)

    def _amended(self, before: FactVersion, recorded: Recorded) -> FactVersion:
        if before.since in self.fresh:
            self.fresh[before.since] = replace(before, until=recorded.version)
        else:
            self.closed.append((before.since, recorded.version))
        return _amended(before, recorded)


def first_state(recorded: Recorded) -> FactVersion:
    """Return the first state of a fact, from the event that reports it."""
    marks = 0 if recorded.text is not None else int(Flag.GONE)
    version = recorded.version
    return FactVersion(version, OPEN, version, recorded.type, recorded.occurred_at, marks)


def _amended(row: FactVersion, recorded: Recorded) -> FactVersion:
    """Return the state of a fact after an event about it, which a takedown has not erased."""
    marks, occurred_at = row.marks & ~(Flag.CHANGED | Flag.MINOR), row.occurred_at
    match recorded.event:
        case FactCorrected(kind=kind, set=amendment):
            marks |= Flag.CHANGED | (Flag.MINOR if kind == "minor" else Flag.CORRECTED)
            occurred_at = amendment.occurred_at or occurred_at
        case FactRetracted():
            marks |= Flag.RETRACTED | Flag.CHANGED
        case FactReinstated():
            marks = marks & ~Flag.RETRACTED | Flag.CHANGED
        case FactTakenDown():
            marks |= Flag.GONE | Flag.CHANGED
        case FactMarkedKey():
            marks |= Flag.KEY
        case FactUnmarkedKey():
            marks &= ~Flag.KEY
        case FactPinned():
            marks |= Flag.PINNED
        case FactUnpinned():
            marks &= ~Flag.PINNED
    return replace(row, since=recorded.version, until=OPEN, marks=marks, occurred_at=occurred_at)


def _open_rows(connection: Connection, story: int, facts: Collection[UUID], table: Table) -> dict[UUID, FactVersion]:
    """Return the present states of facts.

    Each is asked for by itself, and by its key alone: in a long import a database knows nothing of what it holds, and
    would plan to walk through it.
    """
    states = _states(table)
    return {
        fact: row
        for fact in facts
        for row in (FactVersion(*each) for each in states.all(connection, {"own": story, "about": fact}))
        if row.until == OPEN
    }


@cache
def _states(table: Table) -> Prepared:
    same = and_(table.c.story == event.c.story, table.c.since == event.c.version)
    own = (event.c.story == bindparam("own"), event.c.fact == bindparam("about"))
    return Prepared(select(*_columns(table)).join_from(event, table, same).where(*own))


def _close(connection: Connection, story: int, closed: Sequence[tuple[int, int]], table: Table) -> None:
    if closed:
        values = ({"own": story, "row": since, "version": until} for since, until in closed)
        _closing(table).run(connection, *values)


@cache
def _closing(table: Table) -> Prepared:
    own = (table.c.story == bindparam("own"), table.c.since == bindparam("row"))
    return Prepared(update(table).where(*own).values(until=bindparam("version")))


def changes_behind(connection: Connection, head: Head) -> list[tuple[int, Place]]:
    """Return at which versions behind a head what changed at which place, as `follow` told it when it was new."""
    about = event.alias()
    of = select(about.c.fact).where(about.c.story == head.id, about.c.version > head.version)
    same = and_(fact_version.c.story == event.c.story, fact_version.c.since == event.c.version)
    query = select(*_COLUMNS).join_from(event, fact_version, same)
    found = connection.execute(query.where(event.c.story == head.id, event.c.fact.in_(of)))
    rows = [FactVersion(*row) for row in found]
    return [(version, row.place) for row in rows for version in (row.since, row.until) if version > head.version]


def rows_between(connection: Connection, story: int, first: Place, end: Place) -> list[FactVersion]:
    """Return the states of all versions from a place on the story clock to before another, in their order."""
    return [FactVersion(*row) for row in _BETWEEN.all(connection, {"own": story, **_ends(first, end)})]


def rows_at(connection: Connection, story: int, version: int, first: Place, end: Place) -> list[FactVersion]:
    """Return the states at a version from a place on the story clock to before another, in their order."""
    values = {"own": story, "version": version, **_ends(first, end)}
    return [FactVersion(*row) for row in _AT.all(connection, values)]


def states(
    connection: Connection,
    story: int,
    version: int,
    first: Place,
    end: Place,
    *,
    descending: bool = False,
    limit: int | None = None,
    marked: Flag | None = None,
) -> list[State]:
    """Return the states of the facts known at a version, from a place on the story clock to before another.

    At most `limit` of them, in the order of the story clock or against it; with `marked`, only facts so marked. The
    index of places has all that is told of them.
    """
    values = {"own": story, "version": version, "most": END[1] if limit is None else limit, **_ends(first, end)}
    return _scan(descending, marked).all(connection, values)


@cache
def _scan(descending: bool, marked: Flag | None) -> Prepared:
    order = [column.desc() for column in _PLACE] if descending else _PLACE
    scan = select(*_PLACE, fact_version.c.since).where(*_WITHIN, *_PRESENT).order_by(*order).limit(bindparam("most"))
    return Prepared(scan if marked is None else scan.where(is_marked(marked)))


def _ends(first: Place, end: Place) -> dict[str, Any]:
    return {"first_at": first[0], "first_fact": first[1], "end_at": end[0], "end_fact": end[1]}


def places_of(connection: Connection, story: int, fact: UUID) -> set[Place]:
    """Return all places on the story clock at which a fact ever stood."""
    versions = select(event.c.version).where(event.c.story == story, event.c.fact == fact)
    rows = connection.execute(
        select(*_PLACE).where(fact_version.c.story == story, fact_version.c.since.in_(versions))
    )
    return {(moment, number) for moment, number in rows}


def told(connection: Connection, story: int, before: int, limit: int, *, changed: bool) -> list[tuple[int, int]]:
    """Return the last reports before a version, and with `changed` the last changes: its version and the fact's."""
    is_told = fact_version.c.since == fact_version.c.fact
    query = select(fact_version.c.since, fact_version.c.fact).where(
        fact_version.c.story == story,
        fact_version.c.since < before,
        or_(is_told, is_marked(Flag.CHANGED)) if changed else is_told,
    )
    rows = connection.execute(query.order_by(fact_version.c.since.desc()).limit(limit))
    return [(row.since, row.fact) for row in rows]


def is_marked(mark: Flag) -> ColumnElement[bool]:
    """Return the condition that a state is so marked, as the indexes of the rare ones have it: to the letter."""
    return literal_column(f"(marks & {int(mark)})") > literal_column("0")


def _columns(table: Table) -> list[Column[Any]]:
    return [table.c[name] for name in FactVersion.__slots__]


def _pair(moment: str, fact: str) -> Tuple:
    types = (fact_version.c.occurred_at.type, fact_version.c.fact.type)
    return tuple_(*(bindparam(name, type_=type_) for name, type_ in zip((moment, fact), types, strict=True)))


_COLUMNS: Final = _columns(fact_version)
_PLACE: Final = [fact_version.c.occurred_at, fact_version.c.fact]
_PRESENT: Final = (fact_version.c.since <= bindparam("version"), fact_version.c.until > bindparam("version"))
_WITHIN: Final = (
    fact_version.c.story == bindparam("own"),
    # Pair by pair, so that of the facts of one moment, too, only those are visited that are wanted.
    tuple_(*_PLACE) >= _pair("first_at", "first_fact"),
    tuple_(*_PLACE) < _pair("end_at", "end_fact"),
)
_BETWEEN: Final = Prepared(select(*_COLUMNS).where(*_WITHIN).order_by(*_PLACE, fact_version.c.since))
_AT: Final = Prepared(select(*_COLUMNS).where(*_WITHIN, *_PRESENT).order_by(*_PLACE))

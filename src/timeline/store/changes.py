"""Changes: what was changed about facts, or marked as key, from the indexes of what is rare.

The index of changes has all that is asked of them: to count them, none is looked up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
)

from timeline.store.fact_versions import Flag, is_marked
from timeline.store.prepared import Prepared
from timeline.store.tables import event, fact_version

Change = tuple[str, str | None, datetime, datetime]
"""A change: its event's type, data and place on the record clock, and when the fact was reported."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The changes that a view tells of: those up to a version, and with `at` only of facts that had happened by then.

    The facts are dated as they are at `version`.
    """

    story: int
    version: int
    upto: int
    at: datetime | None

    def prepare(self, make: Callable[[str, bool], Prepared], connection: Connection) -> Prepared:
        """Return the statement for this database, with or without a moment."""
        return make(connection.dialect.name, self.at is not None)

    @property
    def values(self) -> dict[str, Any]:
        seen = {"own": self.story, "upto": self.upto}
        return seen if self.at is None else seen | {"version": self.version, "moment": self.at}


def latest(
    connection: Connection, scope: Scope, after: int, limit: int, *, minor: bool = False
) -> list[tuple[int, int]]:
    """Return the last changes behind a version, if asked minor edits, too: each as its version and the fact's."""
    prepared = scope.prepare(_latest_of_all if minor else _latest, connection)
    return [tuple(row) for row in prepared.all(connection, scope.values | {"after": after, "most": limit})]


def count(connection: Connection, scope: Scope) -> int:
    """Return how many changes there are, minor edits aside."""
    return int(scope.prepare(_count, connection).scalar(connection, scope.values) or 0)


def amendments(connection: Connection, scope: Scope) -> list[Change]:
    """Return all changes, minor edits, too, in no order."""
    return [tuple(row) for row in scope.prepare(_amendments, connection).all(connection, scope.values)]


def stretches(connection: Connection, story: int, size: int) -> list[int]:
    """Return in which stretches of so many versions, counted from 1, facts were changed, minor edits aside."""
    return _stretches(connection.dialect.name).scalars(connection, {"own": story, "size": size})


def marked_key(connection: Connection, story: int) -> list[int]:
    """Return the versions of the events that mark a key moment."""
    return _marked_key(connection.dialect.name).scalars(connection, {"own": story})


@cache
def _latest(dialect: str, by_moment: bool) -> Prepared:
    return Prepared(_the_latest(dialect, by_moment).where(~is_marked(Flag.MINOR)))


@cache
def _latest_of_all(dialect: str, by_moment: bool) -> Prepared:
    return Prepared(_the_latest(dialect, by_moment))


def _the_latest(dialect: str, by_moment: bool) -> Select[Any]:
    behind = _since > bindparam("after")
    query = _in_scope(dialect, by_moment, _since, _fact).where(behind)
    return query.order_by(_since.desc()).limit(bindparam("most"))


@cache
def _count(dialect: str, by_moment: bool) -> Prepared:
    return Prepared(_in_scope(dialect, by_moment, func.count()).where(~is_marked(Flag.MINOR)))


@cache
def _amendments(dialect: str, by_moment: bool) -> Prepared:
    by, reported = event.alias(), event.alias()
    told = and_(by.c.story == _story, by.c.version == _since)
    first = and_(reported.c.story == _story, reported.c.version == _fact)
    columns = (by.c.type, by.c.data, by.c.recorded_at, reported.c.recorded_at)
    return Prepared(_in_scope(dialect, by_moment, *columns).where(told, first))


@cache
def _stretches(dialect: str) -> Prepared:
    stretch = (_since - 1) // bindparam("size", type_=_since.type) + 1
    return Prepared(_so_marked(dialect, Flag.CHANGED, stretch).where(~is_marked(Flag.MINOR)).distinct())


@cache
def _marked_key(dialect: str) -> Prepared:
    by = (event.c.story == _story, event.c.version == _since, event.c.type == "fact.marked_key")
    return Prepared(_so_marked(dialect, Flag.KEY, _since).where(*by).order_by(_since))


def _in_scope(dialect: str, by_moment: bool, *columns: ColumnElement[Any]) -> Select[Any]:
    query = _so_marked(dialect, Flag.CHANGED, *columns).where(_since <= bindparam("upto"))
    return query.where(_had_happened()) if by_moment else query


def _had_happened() -> ColumnElement[bool]:
    """Return the condition that the fact of a state had happened by a moment, as it is dated at a version.

    Mostly the state is good at that version still, and no other has to be looked up.
    """
    by, about, now = event.alias(), event.alias(), fact_version.alias()
    same = and_(about.c.story == by.c.story, about.c.fact == by.c.fact)
    states = by.join(about, same).join(now, and_(now.c.story == about.c.story, now.c.since == about.c.version))
    present = (now.c.since <= bindparam("version"), now.c.until > bindparam("version"))
    known = (by.c.story == _story, by.c.version == _since, *present, now.c.occurred_at <= bindparam("moment"))
    is_present = _until > bindparam("version")
    later = exists().select_from(states).where(*known)
    return or_(and_(is_present, _occurred_at <= bindparam("moment")), and_(~is_present, later))


def _so_marked(dialect: str, mark: Flag, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return a query of a story's states so marked; SQLite, if not told by which index, would walk through all."""
    by = f" INDEXED BY {_RARE[mark]}" if dialect == "sqlite" else ""
    own = _story == bindparam("own")
    return select(*columns).select_from(text(f"fact_version{by}")).where(own, is_marked(mark))


_story, _since, _fact, _until, _occurred_at = (
    literal_column(f"fact_version.{name}", fact_version.c[name].type)
    for name in ("story", "since", "fact", "until", "occurred_at")
)
_RARE: Final = {Flag.CHANGED: "fact_version_changed", Flag.KEY: "fact_version_key"}

"""Rebuilding: the index of fact versions is made once more from the record, compared, and put in its place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, and_, delete, func, insert, select, union, update

from timeline.store import digests, fact_versions, record
from timeline.store.database import Database
from timeline.store.rows import BEFORE_ALL, Head, lock_head
from timeline.store.tables import fact_version, story

Progress = Callable[[int], None]
"""Called with the number of events read by now."""

_COMPARED: Final = tuple(column.name for column in fact_version.c if column.name != "horizon")
"""The horizon is a bound: a takedown may leave one that is later than it need be, but never one that is earlier."""

_BESIDE: Final = Table(
    "fact_version_beside",
    MetaData(),
    *(Column(each.name, each.type, primary_key=each.primary_key, autoincrement=False) for each in fact_version.c),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it: how many rows the index has, and in how many the old one differed."""

    rows: int
    differing: int


def fill(connection: Connection) -> None:
    """Make the index of a database that has none yet."""
    for head in record.heads(connection):
        done = _nothing_of(head)
        while done.version < head.version:
            done = _follow(connection, head, done, fact_version)
        _set_horizon(connection, done)


def rebuild(database: Database, slug: str, progress: Progress = lambda _: None) -> Rebuilt:
    """Make a story's index beside the one that there is, and replace this one if it differs in anything.

    The story is read and written to all the while; writers wait for the last moment alone, in which what has come in
    meanwhile is added, the two are compared, and swapped. Raises UnknownStory and StoreUnavailable.
    """
    with database.connected() as connection:
        connection.detach()  # Closed in the end, the connection takes its temporary table along.
        with connection.begin():
            _BESIDE.create(connection, checkfirst=False)
            head = record.find_head(connection, slug)
        done = _nothing_of(head)
        while done.version < head.version:
            with connection.begin():  # One for each batch: a long one would hold on to old pages of the database.
                done = _follow(connection, head, done, _BESIDE)
                head = record.find_head(connection, slug)
            progress(done.version)
        connection.execution_options(writes=True)
        with connection.begin():
            head = lock_head(connection, slug) or head
            while done.version < head.version:
                done = _follow(connection, head, done, _BESIDE)
            return _swap(connection, head, done)


def _nothing_of(head: Head) -> Head:
    return replace(head, version=0, horizon=BEFORE_ALL)


def _follow(connection: Connection, head: Head, done: Head, table: Table) -> Head:
    """Add what the next batch of a record changes to an index that is as far as `done`; return how far it is then."""
    batch = list(record.read(connection, head, after=done.version, limit=record.BATCH))
    horizon, _ = fact_versions.follow(connection, done, batch, table)
    return replace(done, version=batch[-1].version, horizon=horizon)


def _set_horizon(connection: Connection, done: Head) -> None:
    connection.execute(update(story).where(story.c.id == done.id).values(horizon=done.horizon))


def _swap(connection: Connection, head: Head, done: Head) -> Rebuilt:
    old, new = ([table.c[name] for name in _COMPARED] for table in (fact_version, _BESIDE))
    own = (select(*old).where(fact_version.c.story == head.id), select(*new))
    same = and_(fact_version.c.story == _BESIDE.c.story, fact_version.c.since == _BESIDE.c.since)
    low = select(_BESIDE.c.since).join(fact_version, same).where(fact_version.c.horizon < _BESIDE.c.horizon)
    either = (select(one.except_(other).subquery().c.since) for one, other in (own, own[::-1]))
    wrong = union(*either, low).subquery()
    differing = connection.execute(select(func.count()).select_from(wrong)).scalar_one()
    differing += head.horizon < done.horizon
    if differing:
        _set_horizon(connection, done)
        connection.execute(delete(fact_version).where(fact_version.c.story == head.id))
        connection.execute(insert(fact_version).from_select([*_BESIDE.c.keys()], select(_BESIDE)))
    digests.forget_all(connection, head.id)
    rows = connection.execute(select(func.count()).select_from(_BESIDE)).scalar_one()
    return Rebuilt(rows, differing)

"""The record: where it ends, and what it says."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, or_, select

from timeline.domain.errors import (
    UnknownStory,
    VersionBeyondHead,
)
from timeline.domain.event import (
    Recorded,
    is_slug,
)
from timeline.domain.fact import Fact, resolve
from timeline.domain.vantage import on_the_story_clock
from timeline.store.fact_versions import State
from timeline.store.prepared import OneOf, Prepared
from timeline.store.rows import (
    Head,
    Outline,
    select_about,
    select_about_fact,
    select_about_story,
    select_between,
    select_events,
    select_head,
)
from timeline.store.tables import event, fact_version, story

BATCH: Final = 1_000
"""So many events are read or written at once."""


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
    if versions is None:
        rows = _OUTLINE.all(connection, {"own": head.id})
    else:
        rows = _OUTLINE_OF.all(connection, {"own": head.id, "versions": versions})
    return [Outline(*row) for row in rows]


def leaves(connection: Connection, head: Head) -> Iterator[bytes]:
    """Yield the stored leaf hashes in order of version."""
    query = select(event.c.leaf).where(event.c.story == head.id).order_by(event.c.version)
    with connection.execute(query.execution_options(yield_per=BATCH)) as rows:
        yield from rows.scalars()


_VERSION_AT: Final = Prepared(
    select(event.c.version)
    .where(event.c.story == bindparam("own"), event.c.recorded_at <= bindparam("moment"))
    # The clock never runs backwards, so the last version is the latest: one step in an index, not a walk to its end.
    .order_by(event.c.recorded_at.desc(), event.c.version.desc())
    .limit(1)
)
_OUTLINED: Final = (
    select(event.c.version, event.c.type, event.c.fact, event.c.occurred_at, event.c.recorded_at)
    .where(event.c.story == bindparam("own"))
    .order_by(event.c.version)
)
_OUTLINE: Final = Prepared(_OUTLINED)
_OUTLINE_OF: Final = Prepared(_OUTLINED.where(OneOf(event.c.version, "versions")))
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

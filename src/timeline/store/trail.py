"""The trail: the events of several records together, the latest first, and which of them are looked for."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, false, or_, select, tuple_, union_all

from timeline.domain.event import FactTakenDown, Recorded
from timeline.domain.fact import Fact, resolve
from timeline.domain.ijson import canonical
from timeline.store.acts import Act, acts
from timeline.store.database import Database
from timeline.store.rows import Head, recorded_of
from timeline.store.tables import act, event, story

_RECENT: Final = 200
"""Whoever is suggested as an actor has written one of so many last events of a story."""
_TOGETHER: Final = 100
"""So many stories are asked for in one statement: SQLite joins 500 at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """An event's place among those of all stories; `story` is the id of a head."""

    recorded_at: datetime
    story: int
    version: int


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events are looked for: what is None or empty here does not matter.

    `since` and `until`, both included, are moments on the record clock. `types` are the types looked for, or with
    `is_other` those that are not. `source` is a part of the source's name; capitals are as good as small letters.
    """

    actor: str = ""
    types: frozenset[str] = frozenset()
    is_other: bool = False
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An event with its leaf hash and its place, and the fact it reports or is about, as that stands now."""

    recorded: Recorded
    leaf: bytes
    place: Place
    fact: Fact | None

    @property
    def is_withheld(self) -> bool:
        """Whether what it says must not be shown, nor from whom it came: its entry was taken down."""
        is_stub = self.fact is not None and self.fact.data is None
        return is_stub and not isinstance(self.recorded.event, FactTakenDown)


def trail(
    database: Database, heads: Sequence[Head], sought: Sought, *, before: Place | None = None, limit: int
) -> list[Step]:
    """Return the last events of these stories that are looked for, the latest first, from before a place on."""
    with database.reading() as connection:
        rows: list[Row[Any]] = []
        for start in range(0, len(heads), _TOGETHER):
            query = _latest(heads[start : start + _TOGETHER], sought, before, limit)
            rows += connection.execute(query)
        latest = sorted(rows, key=lambda row: (row.recorded_at, row.story, row.version), reverse=True)
        return _steps(connection, heads, latest[:limit])


def log(database: Database, head: Head, after: int, limit: int) -> list[Step]:
    """Return the events of a record behind a version, in order of version."""
    own = (event.c.story == head.id, event.c.version > after, event.c.version <= after + limit)
    with database.reading() as connection:
        rows = connection.execute(select(event).where(*own).order_by(event.c.version)).all()
        return _steps(connection, [head], rows)


def actors(database: Database, heads: Iterable[Head]) -> list[str]:
    """Return who has written the last events of these stories, by name."""
    recent = and_(event.c.story == story.c.id, event.c.version > story.c.version - _RECENT)
    query = select(event.c.actor).distinct().join_from(story, event, recent)
    with database.reading() as connection:
        found = connection.execute(query.where(story.c.id.in_([head.id for head in heads]))).scalars()
        return sorted(found, key=str.casefold)


def acts_sought(
    database: Database, sought: Sought, *, slug: str = "", before: int | None = None, limit: int
) -> list[Act]:
    """Return the last acts that are looked for, the latest first, from before a number on; none has a source."""
    conditions = [
        *([act.c.actor == sought.actor] if sought.actor else ()),
        *([act.c.story == slug] if slug else ()),
        *([act.c.at >= sought.since] if sought.since else ()),
        *([act.c.at <= sought.until] if sought.until else ()),
        *([act.c.id < before] if before is not None else ()),
        *([false()] if sought.source else ()),
    ]
    return acts(database, limit, *conditions)


def _latest(heads: Iterable[Head], sought: Sought, before: Place | None, limit: int) -> Select[Any]:
    """Select the last events of a few stories: there is no index over all stories, so of each its own last ones."""
    conditions = list(_conditions(sought, before))
    in_order = select(event).where(*conditions).order_by(event.c.recorded_at.desc(), event.c.version.desc())
    last_of_each = [in_order.where(event.c.story == head.id).limit(limit).subquery() for head in heads]
    each = union_all(*map(select, last_of_each)).subquery()
    return select(each).order_by(each.c.recorded_at.desc(), each.c.story.desc(), each.c.version.desc()).limit(limit)


def _conditions(sought: Sought, before: Place | None) -> Iterator[ColumnElement[bool]]:
    if sought.actor:
        yield event.c.actor == sought.actor
    if sought.types:
        yield event.c.type.not_in(sought.types) if sought.is_other else event.c.type.in_(sought.types)
    if sought.since:
        yield event.c.recorded_at >= sought.since
    if sought.until:
        yield event.c.recorded_at <= sought.until
    if sought.source:
        yield and_(_is_from(sought.source), ~_is_withheld())
    if before:
        place = tuple_(event.c.recorded_at, event.c.story, event.c.version)
        yield event.c.recorded_at <= before.recorded_at  # By this the index is entered.
        yield place < (before.recorded_at, before.story, before.version)


def _is_from(text: str) -> ColumnElement[bool]:
    """Whether a text stands in the name of a source, which is canonical JSON: no name has a bare quote in it.

    The pattern names small letters and capitals itself: SQLite, and PostgreSQL without a locale, know those of ASCII.
    """
    words = "".join(map(_in_either_case, canonical(text)[1:-1]))
    return event.c.source.regexp_match(rf'^\{{"name":"([^"\\]|\\.)*{words}')


def _in_either_case(letter: str) -> str:
    alike = dict.fromkeys(each for each in (letter, letter.lower(), letter.upper()) if len(each) == 1)
    return f"[{''.join(map(re.escape, alike))}]"


def _is_withheld() -> ColumnElement[bool]:
    takedown = event.alias()
    about = and_(takedown.c.story == event.c.story, takedown.c.fact == event.c.fact)
    named = exists().where(about, takedown.c.type == "fact.taken_down").correlate(event)
    return and_(event.c.type != "fact.taken_down", named)


def _steps(connection: Connection, heads: Iterable[Head], rows: Sequence[Row[Any]]) -> list[Step]:
    slugs = {head.id: head.slug for head in heads}
    about = _about(connection, {(row.story, row.fact) for row in rows if row.fact is not None})
    return [
        Step(
            recorded_of(slugs[row.story], row),
            row.leaf,
            Place(row.recorded_at, row.story, row.version),
            None if row.fact is None else _then(about[row.story, row.fact], row.fact, row.version),
        )
        for row in rows
    ]


def _then(about: Sequence[Recorded], id_: UUID, version: int) -> Fact | None:
    """Return a fact as an event left it: nobody said what only later became of it. A stub is one at any moment."""
    now = resolve(about).get(id_)
    is_stub = now is None or now.data is None
    return now if is_stub else resolve(each for each in about if each.version <= version).get(id_)


def _about(
    connection: Connection, keys: Collection[tuple[int, UUID]]
) -> Mapping[tuple[int, UUID], Sequence[Recorded]]:
    """Return all that is on record of facts, by their stories' ids and their own, in one statement."""
    if not keys:
        return {}
    ids: defaultdict[int, list[UUID]] = defaultdict(list)
    for story_id, fact in keys:
        ids[story_id].append(fact)
    each = (and_(event.c.story == story_id, event.c.fact.in_(of_story)) for story_id, of_story in ids.items())
    # Unordered: for an order by version SQLite would rather walk through a whole record.
    rows = connection.execute(select(event).where(or_(*each))).all()
    about: defaultdict[tuple[int, UUID], list[Recorded]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.version):
        about[row.story, row.fact].append(recorded_of("", row))
    return about

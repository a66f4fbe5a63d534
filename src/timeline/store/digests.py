"""Digests: what stretches of the story clock come to, kept with both clocks, so that no board folds a whole story.

Every 128th version whose event reports a fact is a landmark: it divides the story clock where it was reported,
once and for all. Landmarks whose version is a multiple of 1,024, 8,192 … divide it more coarsely, as the levels of a
skip list do (Pugh 1990), so that whatever had happened by a moment is a few coarse stretches, a few finer ones, and
less than a stretch of facts. The digest of a stretch is good for the versions [since, until), until something in it
changes: a correction of an old fact costs one new digest a level, however much has happened after it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, text, update

from timeline.domain.errors import StoreUnavailable
from timeline.domain.fact import Fact, Sum
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import format_moment, parse_moment
from timeline.domain.vantage import FIRST, Place
from timeline.store.bulk import insert_many
from timeline.store.database import Database
from timeline.store.fact_versions import (
    AMENDED,
    FALLEN,
    OPEN,
    FactVersion,
    Flag,
    State,
    changes_behind,
    rows_at,
    rows_between,
)
from timeline.store.prepared import Prepared
from timeline.store.rows import Head, has_takedown, lock_head
from timeline.store.tables import digest, event

STRETCH: Final = 128
FACTOR: Final = 8


class Addition(Protocol):
    """How facts of a kind add up; a sum of another `revision` is written otherwise."""

    @property
    def revision(self) -> int: ...

    @property
    def counts(self) -> Callable[[str, bool], bool]: ...

    def add_up(self, facts: Iterable[Fact]) -> Sum | None: ...

    def join_all(self, sums: Iterable[Sum | None]) -> Sum | None: ...


class Stretch(NamedTuple):
    """A part of the story clock from a landmark of a level, or the beginning, to before the next one."""

    level: int
    first: Place
    end: Place


@dataclass(frozen=True, slots=True)
class Outline:
    """What is told of many facts at once: how many, of which types, whether any is key or amended, the last one."""

    count: int = 0
    types: frozenset[str] = frozenset()
    key: bool = False
    amended: bool = False
    last: Place = FIRST

    def __add__(self, later: "Outline") -> "Outline":
        return Outline(
            self.count + later.count,
            self.types | later.types,
            self.key or later.key,
            self.amended or later.amended,
            max(self.last, later.last),
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """What a stretch comes to at the versions [since, until): its outline, and the kind's sum, both as JSON."""

    stretch: Stretch
    since: int
    until: int
    revision: int
    outline: str
    total: str

    @property
    def is_lasting(self) -> bool:
        """Whether it is worth keeping: it is good until now, or was for as many versions as there are facts in it."""
        return self.until == OPEN or self.until - self.since >= STRETCH * FACTOR**self.stretch.level


class Digests:
    """What a story comes to at a version, from the digests that are kept; those that were wanting are `made`."""

    def __init__(
        self,
        connection: Connection,
        head: Head,
        kind: Addition,
        version: int,
        end: Place,
        read: Callable[[Sequence[State]], Iterable[Fact]],
    ) -> None:
        """`end` is the place behind all facts that were known at the version.

        `read` returns the facts that are in some states then, by the story clock.
        """
        self.made: list[Digest] = []
        self._connection = connection
        self._head = head
        self._kind = kind
        self._version = version
        self._end = end
        self._read = read
        self._found: dict[Stretch, Digest] = {}

    def total(self, end: Place) -> Sum | None:
        """Return the kind's sum of the facts before a place on the story clock."""
        found, last = self._divide(FIRST, min(end, self._end), self._top)
        totals = [json.loads(each.total) for each in self._digests(found)]
        rest = self._rows(last, min(end, self._end))
        return self._kind.join_all([*totals, self._add_up(rest)])

    def outlines(self, most: int) -> list[Outline]:
        """Return the story in up to about so many outlines, in the order of the story clock."""
        level = next(level for level in range(self._top + 2) if self._version <= most * STRETCH * FACTOR**level)
        firsts = [FIRST, *self._landmarks(level, FIRST, self._end)]
        found = [Stretch(level, *ends) for ends in pairwise(firsts)]
        finer, last = self._divide(firsts[-1], self._end, level - 1)
        outlines = [_read_outline(each.outline) for each in self._digests([*found, *finer])]
        rest = [*outlines[len(found) :], _outline(self._rows(last, self._end))]
        return [*outlines[: len(found)], sum(rest, Outline())]

    @property
    def _top(self) -> int:
        """The coarsest level that a record of this length can have."""
        return max((level for level in range(8) if STRETCH * FACTOR**level <= self._version), default=-1)

    def _divide(self, first: Place, end: Place, top: int) -> tuple[list[Stretch], Place]:
        """Return the stretches between two places, the coarsest that there are, and where the last one ends."""
        found, last = [], first
        for level in range(top, -1, -1):
            for landmark in self._landmarks(level, last, end):
                found.append(Stretch(level, last, landmark))
                last = landmark
        return found, last

    def _landmarks(self, level: int, after: Place, before: Place) -> list[Place]:
        values = {
            "own": self._head.id,
            "version": self._version,
            "after_at": after[0],
            "after_fact": after[1],
            "before_at": before[0],
            "before_fact": before[1],
        }
        found = _landmarks(STRETCH, STRETCH * FACTOR**level).all(self._connection, values)
        return [(moment, version) for moment, version in found]

    def _digests(self, stretches: Sequence[Stretch]) -> list[Digest]:
        """Return the digests of stretches: the kept ones, or made anew."""
        wanting = [stretch for stretch in stretches if stretch not in self._found]
        if wanting:
            self._found |= self._kept(wanting)
        for stretch in wanting:
            if stretch not in self._found:
                self._found[stretch] = self._make(stretch)
        return [self._found[stretch] for stretch in stretches]

    def _kept(self, stretches: Sequence[Stretch]) -> dict[Stretch, Digest]:
        values: dict[str, Any] = {"own": self._head.id, "version": self._version, "revision": self._kind.revision}
        for number, (level, (moment, fact), _) in enumerate(stretches):
            values |= {f"level_{number}": level, f"at_{number}": moment, f"fact_{number}": fact}
        found = {}
        for row in _kept(len(stretches)).all(self._connection, values):
            stretch = Stretch(row.level, (row.occurred_at, row.fact), (row.end_at, row.end_fact))
            found[stretch] = Digest(stretch, row.since, row.until, row.revision, row.outline, row.total)
        return found

    def _make(self, stretch: Stretch) -> Digest:
        made = self._of_facts(stretch) if stretch.level == 0 else self._of_finer(stretch)
        if made.is_lasting:
            self.made.append(made)
        return made

    def _of_finer(self, stretch: Stretch) -> Digest:
        level, first, end = stretch
        places = [first, *self._landmarks(level - 1, first, end), end]
        finer = self._digests([Stretch(level - 1, *ends) for ends in pairwise(places)])
        return Digest(
            stretch,
            since=max(each.since for each in finer),
            until=min(each.until for each in finer),
            revision=self._kind.revision,
            outline=_write_outline(sum((_read_outline(each.outline) for each in finer), Outline())),
            total=_write(self._kind.join_all(json.loads(each.total) for each in finer)),
        )

    def _of_facts(self, stretch: Stretch) -> Digest:
        rows = rows_between(self._connection, self._head.id, stretch.first, stretch.end)
        changed = {version for row in rows for version in (row.since, row.until)}
        changed |= {stretch.first[1], stretch.end[1]}  # The stretch is what it is since both its landmarks are there.
        present = [row for row in rows if row.since <= self._version < row.until]
        return Digest(
            stretch,
            since=max(version for version in changed if version <= self._version),
            until=min((version for version in changed if version > self._version), default=OPEN),
            revision=self._kind.revision,
            outline=_write_outline(_outline(present)),
            total=_write(self._add_up(present)),
        )

    def _rows(self, first: Place, end: Place) -> list[FactVersion]:
        return rows_at(self._connection, self._head.id, self._version, first, end)

    def _add_up(self, rows: Iterable[FactVersion]) -> Sum | None:
        counted = [row for row in rows if not row.marks & FALLEN and self._counts(row)]
        return self._kind.add_up(self._read(counted))

    def _counts(self, row: FactVersion) -> bool:
        return self._kind.counts(row.type, bool(row.marks & Flag.KEY))


@cache
def _landmarks(stretch: int, size: int) -> Prepared:
    # To the letter as the two indexes have it, which would not be used otherwise.
    far = stretch * FACTOR**2
    is_landmark = text(f"version % {far if size % far == 0 else stretch} = 0 AND id = fact")
    columns = (event.c.occurred_at, event.c.version)
    return Prepared(
        select(*columns)
        .where(
            *(event.c.story == bindparam("own"), is_landmark, text(f"version % {size} = 0")),
            event.c.version <= bindparam("version"),
            *(event.c.occurred_at >= bindparam("after_at"), event.c.occurred_at <= bindparam("before_at")),
            or_(event.c.occurred_at > bindparam("after_at"), event.c.version > bindparam("after_fact")),
            or_(event.c.occurred_at < bindparam("before_at"), event.c.version < bindparam("before_fact")),
        )
        .order_by(*columns)
    )


@lru_cache
def _kept(count: int) -> Prepared:
    """Return the query for the digests of so many stretches."""
    named = (
        and_(
            *(digest.c.story == bindparam("own"), digest.c.level == bindparam(f"level_{number}")),
            *(digest.c.occurred_at == bindparam(f"at_{number}"), digest.c.fact == bindparam(f"fact_{number}")),
        )
        for number in range(count)
    )
    # The sum keeps SQLite from looking for what is not over yet, which most digests are.
    good = (digest.c.since <= bindparam("version"), digest.c.until + 0 > bindparam("version"))
    return Prepared(select(digest).where(or_(*named), *good, digest.c.revision == bindparam("revision")))


def keep(database: Database, head: Head, made: Sequence[Digest]) -> None:
    """Keep digests that were made from a record as it was at a head, unless somebody else is writing just now.

    What has changed meanwhile is not undone: after a takedown nothing is kept, and after anything else a digest ends
    where something in its stretch was changed.
    """
    with suppress(StoreUnavailable), database.writing(waits=False) as connection:
        now = lock_head(connection, head.slug)
        if now is None or has_takedown(connection, head):
            return
        meanwhile = _meanwhile(connection, head, now, made)
        rows = [_row(head.id, each, _good_until(each, meanwhile)) for each in made]
        own = and_(*(digest.c[name] == bindparam(f"of_{name}") for name in _KEY))
        connection.execute(delete(digest).where(own), [{f"of_{name}": row[name] for name in _KEY} for row in rows])
        insert_many(connection, digest, rows)


def close(connection: Connection, head: Head, changes: Iterable[tuple[int, Place]]) -> None:
    """End the digests of the stretches in which events behind a head changed something.

    What is told for the first time, and happened after everything else, is in none of them yet.
    """
    values = [
        {"own": head.id, "version": version, "moment": moment, "of": fact}
        for version, (moment, fact) in sorted(changes)
        if fact <= head.version or moment < head.horizon
    ]
    _CLOSE.run(connection, *values)


def forget(connection: Connection, story: int, places: Iterable[Place]) -> None:
    """Forget the digests of all stretches in which a fact ever stood: what is erased may stand in any of them."""
    for moment, fact in places:
        _FORGET.run(connection, {"own": story, "moment": moment, "of": fact})


def forget_all(connection: Connection, story: int) -> None:
    """Forget a story's digests: what is erased from the record may stand in any of them."""
    connection.execute(delete(digest).where(digest.c.story == story))


def _meanwhile(connection: Connection, head: Head, now: Head, made: Sequence[Digest]) -> list[tuple[int, Place]]:
    """Return the changes behind a head in what had been told by then: mostly, there are none."""
    if now.version == head.version:
        return []
    last = max(each.stretch.end for each in made)
    return [(version, place) for version, place in changes_behind(connection, head) if place < last]


def _good_until(made: Digest, changes: Iterable[tuple[int, Place]]) -> int:
    _, first, end = made.stretch
    return min([made.until, *(version for version, place in changes if first <= place < end)])


def _outline(rows: Iterable[FactVersion]) -> Outline:
    found = list(rows)
    return Outline(
        len(found),
        frozenset(row.type for row in found),
        any(row.marks & Flag.KEY for row in found),
        any(row.marks & AMENDED for row in found),
        max((row.place for row in found), default=FIRST),
    )


def _write_outline(outline: Outline) -> str:
    moment, fact = outline.last
    last = [format_moment(moment), fact]
    return _write([outline.count, sorted(outline.types), outline.key, outline.amended, last])


def _read_outline(text: str) -> Outline:
    count, types, key, amended, (moment, fact) = json.loads(text)
    return Outline(count, frozenset(types), key, amended, (_moment(moment), fact))


def _moment(text: str) -> datetime:
    return FIRST[0] if text == format_moment(FIRST[0]) else parse_moment(text)


def _write(value: Sum | None) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _row(story: int, made: Digest, until: int) -> JsonObject:
    level, (occurred_at, fact), (end_at, end_fact) = made.stretch
    return {
        "story": story,
        "level": level,
        "occurred_at": occurred_at,
        "fact": fact,
        "since": made.since,
        "until": until,
        "end_at": end_at,
        "end_fact": end_fact,
        "revision": made.revision,
        "outline": made.outline,
        "total": made.total,
    }


_KEY: Final = ("story", "level", "occurred_at", "fact", "since")

_HOLDS: Final = (
    digest.c.story == bindparam("own"),
    digest.c.occurred_at <= bindparam("moment"),
    or_(digest.c.occurred_at < bindparam("moment"), digest.c.fact <= bindparam("of")),
    digest.c.end_at >= bindparam("moment"),
    or_(digest.c.end_at > bindparam("moment"), digest.c.end_fact > bindparam("of")),
)
_CLOSE: Final = Prepared(update(digest).where(*_HOLDS, digest.c.until == OPEN).values(until=bindparam("version")))
_FORGET: Final = Prepared(delete(digest).where(*_HOLDS))

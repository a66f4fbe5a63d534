"""The words in which tests speak: a hand-turned clock, short ways to draft events, and a newsroom that publishes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from timeline.desk import Desk, Foresight
from timeline.domain.errors import Refusal
from timeline.domain.event import Draft, Recorded, decode, read_draft
from timeline.domain.fact import Fact
from timeline.domain.ijson import canonical
from timeline.domain.moments import Precision, format_moment, parse_moment
from timeline.domain.vantage import Vantage
from timeline.store.database import Database, connect
from timeline.store.schema import prepare
from timeline.views import View

STORY: Final = "97th-academy-awards"
EVENING: Final = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
"""When the tests' ceremony starts, by both clocks."""

Trace = tuple[object, ...]
"""All that a refusal must leave as it was."""


@dataclass(slots=True)
class HandClock:
    """A clock that stands still until somebody turns it, forwards or backwards."""

    now: datetime = EVENING

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> datetime:
        """Turn the clock by so many `seconds`, `minutes` or `hours` and return what it shows."""
        self.now += timedelta(**by)
        return self.now


def evening(clock: str) -> datetime:
    """Return a moment of the tests' evening, given as `01:30` or `01:30:05` in UTC."""
    return parse_moment(f"2025-03-03T{clock}Z")


def event(type_: str, data: dict[str, Any], at: datetime | str | None = None, **envelope: Any) -> Draft:
    """Draft an event of any type; it gets an id, so that later events can name it."""
    drafted: dict[str, Any] = {"type": type_, "data": data, "id": str(envelope.pop("id", None) or uuid4())}
    if at is not None:
        drafted["occurred_at"] = at if isinstance(at, str) else format_moment(at)
    return read_draft(drafted | envelope)


def opening(kind: str = "ceremony", title: str = "97th Academy Awards", **more: Any) -> Draft:
    return event("story.opened", {"title": title, "kind": kind, "timezone": "America/Los_Angeles", **more})


def report(headline: str, at: datetime = EVENING, *, id: UUID | None = None, **more: Any) -> Draft:  # noqa: A002 - named as in the envelope.
    return event("update.reported", {"headline": headline, **more}, at, id=id)


def nomination(category: str, film: str, *people: str, at: datetime = EVENING) -> Draft:
    return event("nomination.announced", {"category": category, "film": film, "people": list(people)}, at)


def award(category: str, film: str, *people: str, at: datetime = EVENING) -> Draft:
    return event("award.announced", {"category": category, "film": film, "people": list(people)}, at)


def correction(of: Draft | UUID, note: str = "We had this wrong.", kind: str = "correction", **amends: Any) -> Draft:
    """Draft a correction; `amends` are occurred_at, precision and data, as its `set` has them."""
    moments = {"occurred_at": format_moment(amends["occurred_at"])} if "occurred_at" in amends else {}
    said = {"fact": name(of), "kind": kind, "note": note, "set": amends | moments}
    return event("fact.corrected", said)


def retraction(of: Draft | UUID, note: str = "The envelope was the wrong one.") -> Draft:
    return event("fact.retracted", {"fact": name(of), "note": note})


def reinstatement(of: Draft | UUID, note: str = "It was right after all.") -> Draft:
    return event("fact.reinstated", {"fact": name(of), "note": note})


def takedown(of: Draft | UUID, note: str = "A court ordered it.", basis: str = "court order") -> Draft:
    return event("fact.taken_down", {"fact": name(of), "basis": basis, "note": note})


def mark(of: Draft | UUID, as_: str = "pinned") -> Draft:
    """Draft one of the marks of a fact: pinned, unpinned, marked_key, unmarked_key."""
    return event(f"fact.{as_}", {"fact": name(of)})


def name(of: Draft | UUID) -> str:
    return str(of.id if isinstance(of, Draft) else of)


def on_record(*drafts: Draft, every: timedelta = timedelta(minutes=1)) -> list[Recorded]:
    """Return drafts as a record would hold them, one after the other from EVENING on, with no database."""
    return [_recorded(place, draft, EVENING + (place - 1) * every) for place, draft in enumerate(drafts, start=1)]


def _recorded(version: int, draft: Draft, recorded_at: datetime) -> Recorded:
    return Recorded(
        id=draft.id or uuid4(),
        story=STORY,
        version=version,
        type=draft.type,
        schema=1,
        occurred_at=draft.occurred_at or recorded_at,
        precision=Precision(draft.precision),
        recorded_at=recorded_at,
        actor=draft.actor or "desk",
        source=draft.source,
        text=canonical(draft.data),
        data=draft.data,
        salt=bytes(16),
        commitment=bytes(32),
        event=decode(draft.type, canonical(draft.data), draft.data),
    )


@dataclass(frozen=True, slots=True)
class Newsroom:
    """A desk on a real database, its clock turned by hand, with one story."""

    database: Database
    clock: HandClock = field(default_factory=HandClock)
    story: str = STORY

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.clock)

    def publish(self, *drafts: Draft, expected: int | None = None, seen: int | None = None) -> tuple[Recorded, ...]:
        """Append drafts in one batch, as one writer."""
        return self.desk.append(self.story, drafts, actor="desk", expected=expected, seen=seen)

    def foresee(self, *drafts: Draft, seen: int | None = None) -> Foresight:
        """Return what publishing these drafts would do."""
        return self.desk.foresee(self.story, drafts, actor="desk", seen=seen)

    def view(self, at: datetime | None = None, as_of: datetime | int | None = None) -> View:
        return self.desk.view(self.story, Vantage(at, as_of))

    def fact(self, of: Draft | UUID, as_of: datetime | int | None = None) -> Fact:
        """Return the one fact of the view, which must show it."""
        (found,) = (fact for fact in self.view(as_of=as_of).facts if str(fact.id) == name(of))
        return found

    def record(self) -> list[Recorded]:
        return self.desk.record(self.story)[1]

    def trace(self) -> Trace:
        """Return count, heads and hashes of all records, read past the code under test."""
        with self.database.engine.connect() as connection:
            events = connection.execute(text("SELECT story, version, id, leaf, data FROM event ORDER BY 1, 2"))
            heads = connection.execute(text("SELECT slug, version, recorded_at FROM story ORDER BY 1"))
            return (*map(tuple, events), *map(tuple, heads))


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Lend a migrated database and close it afterwards; an SQLite file that is new is a copy of one."""
    database = connect(url)
    try:
        path = database.is_sqlite and Path(str(database.engine.url.database))
        if path and not path.exists():
            path.write_bytes(_migrated_file())
        prepare(database)
        yield database
    finally:
        database.engine.dispose()


@cache
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "timeline.sqlite")
        database = connect(f"sqlite:///{path}")
        prepare(database)
        database.engine.dispose()
        return path.read_bytes()


@contextmanager
def refused(error: type[Refusal], newsroom: Newsroom) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """Expect a refusal of exactly this class which leaves count, heads and hashes of every record untouched."""
    before = newsroom.trace()
    with pytest.raises(error) as caught:
        yield caught
    assert caught.type is error
    assert newsroom.trace() == before


def headlines(facts: Iterable[Fact]) -> list[str]:
    """Return the headlines of facts that bring their own; a taken-down one has none."""
    return [str(fact.data["headline"]) if fact.data else "–" for fact in facts]

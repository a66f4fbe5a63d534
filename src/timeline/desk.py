"""The desk: the one module through which anything is appended and every view is made."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from timeline.domain.errors import SpanTooLong, UnknownFact
from timeline.domain.event import Draft, Recorded, check_actor
from timeline.domain.fact import Fact, resolve
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story, tell
from timeline.domain.vantage import NOTHING, PRESENT, WHOLE, Vantage, Window
from timeline.kinds.kind import Kind, find_kind
from timeline.rules import Rules
from timeline.store import record, writer
from timeline.store.database import Database
from timeline.store.digests import keep
from timeline.store.rows import Head, select_about_stories
from timeline.store.writer import Batch, Judge, Past
from timeline.surprises import surprises
from timeline.views import Page, Sight, View

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Foresight:
    """What appending would do: the events as they would be (but for ids and salts that are made up), and the board.

    `facts` are those that the events report or are about; `surprises` are sentences for an editor.
    """

    story: Story
    kind: Kind
    recorded: tuple[Recorded, ...]
    facts: tuple[Fact, ...]
    board: JsonObject
    surprises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that two views show differently; None where one of them does not show it."""

    before: Fact | None
    after: Fact | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed for a reader who moves from one view to another."""

    before: View
    after: View
    facts: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """The people's way to the records of one database."""

    database: Database
    clock: Clock = utc_now

    def open(self, slug: str, opened: Draft, *, actor: str) -> Recorded:
        """Open a story. Raises InvalidSlug, UnknownKind, InvalidData, StoryExists."""
        return self.append(slug, [opened], actor=actor)[0]

    def append(
        self,
        slug: str,
        drafts: Sequence[Draft],
        *,
        actor: str,
        expected: int | None = None,
        seen: int | None = None,
    ) -> tuple[Recorded, ...]:
        """Append events, all or none, and return them as recorded.

        `actor` stands where a draft names none. With `expected`, only if the record is at that version; with `seen`,
        only if nothing was said since that version of the facts that the events are about. Raises every refusal of
        `timeline.rules` and `timeline.store.writer.append`; then nothing is written.
        """
        return writer.append(self.database, self._batch(slug, drafts, actor, expected, seen))

    def foresee(
        self,
        slug: str,
        drafts: Sequence[Draft],
        *,
        actor: str,
        expected: int | None = None,
        seen: int | None = None,
    ) -> Foresight:
        """Return what `append` would do now, and refuse what it would refuse.

        It is done, looked at and undone, in one transaction: nothing is on record for it.
        """
        batch = self._batch(slug, drafts, actor, expected, seen)
        with self.database.trying() as connection:
            written = writer.write(connection, batch)
            recorded, as_it_was = written.recorded, Vantage(as_of=written.before.version)
            before, after = Sight(connection, slug, as_it_was), Sight(connection, slug, PRESENT)
            facts = (after.find(id_) for id_ in dict.fromkeys(each.fact for each in recorded) if id_)
            foresight = Foresight(
                story=after.story,
                kind=after.kind,
                recorded=recorded,
                facts=tuple(fact for fact in facts if fact),
                board=after.board,
                surprises=surprises(before, after, recorded),
            )
        if before.made:  # What was wanting is made once more, to be kept: the next proof is to have it.
            self.board(slug, as_it_was)
        return foresight

    def _batch(self, slug: str, drafts: Sequence[Draft], actor: str, expected: int | None, seen: int | None) -> Batch:
        return Batch(slug, _sign(drafts, actor), _judge(seen), self.clock, expected)

    def stories(self) -> list[tuple[Story, Head]]:
        """Return every story as it is now, the last touched first."""
        with self.database.reading() as connection:
            heads = record.heads(connection)
            about = select_about_stories(connection, heads)
            return [(tell(head.slug, about[head.id], head.version), head) for head in heads]

    def heads(self) -> list[Head]:
        """Return where every story's record ends, the last touched first."""
        with self.database.reading() as connection:
            return record.heads(connection)

    def story(self, slug: str, as_of: datetime | int | None = None) -> Story:
        """Return the story as of a place on the record clock. Raises UnknownStory and VersionBeyondHead."""
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            return _story(connection, head, record.find_version(connection, head, as_of))

    def versions(self, slugs: Collection[str]) -> dict[str, int]:
        """Return at which version each of these stories is now; unknown ones are left out."""
        with self.database.reading() as connection:
            return record.versions(connection, slugs)

    def head(self, slug: str) -> Head:
        """Return where the story's record ends. Raises UnknownStory."""
        with self.database.reading() as connection:
            return record.find_head(connection, slug)

    def view(self, slug: str, vantage: Vantage = PRESENT, window: Window = WHOLE) -> View:
        """Return a window of the facts and the board of a story, as seen from a vantage.

        Raises UnknownStory and VersionBeyondHead.
        """
        with self.looking(slug, vantage) as sight:
            return sight.view(window)

    def page(self, slug: str, vantage: Vantage, window: Window) -> Page:
        """Return a window of the facts of a story, as `view` does, but no board."""
        with self.looking(slug, vantage) as sight:
            return sight.page(window)

    def board(self, slug: str, vantage: Vantage = PRESENT) -> JsonObject:
        """Return the board of a story, as `view` does. Raises UnknownStory and VersionBeyondHead."""
        with self.looking(slug, vantage) as sight:
            return sight.board

    @contextmanager
    def looking(self, slug: str, vantage: Vantage) -> Iterator[Sight]:
        """Lend a sight of a story, and keep the digests that it found wanting: the next reader has them."""
        with self.database.reading() as connection:
            sight = Sight(connection, slug, vantage)
            yield sight
        if sight.made:
            keep(self.database, sight.head, sight.made)

    def fact(self, slug: str, id_: UUID, as_of: datetime | int | None = None) -> tuple[Story, Fact]:
        """Return one fact as of a place on the record clock. Raises UnknownStory, UnknownFact, VersionBeyondHead."""
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            version = record.find_version(connection, head, as_of)
            fact = resolve(record.read_about(connection, head, id_, version)).get(id_)
            if fact is None:
                raise UnknownFact(id_, slug)
            return _story(connection, head, version), fact

    def changes(
        self,
        slug: str,
        before: datetime | int | None,
        after: datetime | int | None = None,
        *,
        most: int | None = None,
    ) -> Changes:
        """Return what changed between two places on the record clock, if at most so many events lie between them.

        Raises UnknownStory, VersionBeyondHead and SpanTooLong.
        """
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            ends = [record.find_version(connection, head, place) for place in (before, after)]
            first, last = sorted(ends)
            if most is not None and last - first > most:
                raise SpanTooLong(first, last, most)
            touched = record.read_touched(connection, head, first, last)
            was, now = (
                {fact.id: fact for fact in record.read_facts(connection, head, touched, version)} for version in ends
            )
        old, new = (self.view(slug, Vantage(as_of=version), NOTHING) for version in ends)
        differences = (Difference(was.get(id_), now.get(id_)) for id_ in was | now)
        return Changes(old, new, tuple(each for each in differences if each.before != each.after))

    def record(self, slug: str, after: int = 0, limit: int | None = None) -> tuple[Head, list[Recorded]]:
        """Return the head and the events behind a version. Raises UnknownStory."""
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            return head, list(record.read(connection, head, after=after, limit=limit))

    def follow(self, slug: str, after: int, *, every: float = 0.5) -> Iterator[Recorded]:
        """Yield the events behind a version as they are recorded, without end, looking `every` so many seconds.

        No transaction is open while it waits. Raises UnknownStory.
        """
        while True:
            head, events = self.record(slug, after)
            yield from events
            after = max(after, head.version)
            time.sleep(every)


def _sign(drafts: Sequence[Draft], actor: str) -> list[Draft]:
    check_actor(actor)
    return [draft if draft.actor else replace(draft, actor=actor) for draft in drafts]


def _judge(seen: int | None) -> Judge:
    def judge(past: Past) -> Callable[[Recorded], None]:
        unseen = range(0) if seen is None else range(seen + 1, past.head.version + 1)
        return Rules(find_kind(past.head.kind), recall=past.about, unseen=unseen).admit

    return judge


def _story(connection: Connection, head: Head, version: int) -> Story:
    return tell(head.slug, record.read_about_story(connection, head, version), version)

"""The desk: the one module through which anything is appended and every view is made."""

import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from timeline.domain.errors import UnknownFact
from timeline.domain.event import Draft, Recorded, check_actor
from timeline.domain.fact import Fact, resolve
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story, tell
from timeline.domain.vantage import PRESENT, Vantage, limit, on_the_story_clock
from timeline.kinds.kind import Kind, find_kind
from timeline.rules import Rules
from timeline.store import record
from timeline.store.database import Database
from timeline.store.record import Judge, Past
from timeline.store.rows import Head, Outline
from timeline.surprises import surprises

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class View:
    """A story as seen from a vantage; its facts in the order of the story clock.

    `recorded_at` is that of the version seen (None before the first event), `head` the record's present version.
    `earlier` and `later` are the neighbouring moments on the story clock at which the view differs; `ahead` are the
    facts that had not happened by then: of these a page may tell when, and nothing else.
    """

    story: Story
    kind: Kind
    vantage: Vantage
    recorded_at: datetime | None
    head: int
    imported_at: datetime | None
    facts: tuple[Fact, ...]
    board: JsonObject
    earlier: datetime | None
    later: datetime | None
    ahead: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Foresight:
    """What appending would do: the view and the events as they would be, but for the ids and salts that are made up.

    `facts` are those that the events report or are about; `surprises` are sentences for an editor.
    """

    view: View
    recorded: tuple[Recorded, ...]
    facts: tuple[Fact, ...]
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
class Corrections:
    """The facts of a story about which anything was changed, as seen from a vantage."""

    story: Story
    kind: Kind
    vantage: Vantage
    recorded_at: datetime | None
    facts: tuple[Fact, ...]


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
        `timeline.rules` and `timeline.store.record.append`; then nothing is written.
        """
        signed, judge = _sign(drafts, actor), _judge(seen)
        return record.append(self.database, slug, signed, judge=judge, clock=self.clock, expected=expected)

    def foresee(
        self,
        slug: str,
        drafts: Sequence[Draft],
        *,
        actor: str,
        expected: int | None = None,
        seen: int | None = None,
    ) -> Foresight:
        """Return what `append` would do now, and refuse what it would refuse; nothing is written."""
        signed, judge = _sign(drafts, actor), _judge(seen)
        with self.database.reading() as connection:
            due = record.foresee(connection, slug, signed, judge=judge, clock=self.clock, expected=expected)
            events = [*record.read(connection, due.head), *due.fresh]
        before, view = (_replay(due.head, events[:version]) for version in (due.head.version, len(events)))
        facts = {fact.id: fact for fact in view.facts}
        return Foresight(
            view=view,
            recorded=due.recorded,
            facts=tuple(facts[id_] for id_ in dict.fromkeys(each.fact for each in due.recorded) if id_),
            surprises=surprises(view.kind, before, view, due.recorded),
        )

    def stories(self) -> list[tuple[Story, Head]]:
        """Return every story as it is now, the last touched first."""
        with self.database.reading() as connection:
            return [(_story(connection, head, head.version), head) for head in record.heads(connection)]

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

    def view(self, slug: str, vantage: Vantage = PRESENT) -> View:
        """Return the story as seen from a vantage. Raises UnknownStory and VersionBeyondHead.

        Cut, resolve, limit, order, fold: the whole semantics of the two clocks, in that order.
        """
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            version = record.find_version(connection, head, vantage.as_of)
            story = _story(connection, head, version)
            events = list(record.read(connection, head, upto=version))
        return _see(head, story, events, vantage)

    def fact(self, slug: str, id_: UUID, as_of: datetime | int | None = None) -> tuple[Story, Fact]:
        """Return one fact as of a place on the record clock. Raises UnknownStory, UnknownFact, VersionBeyondHead."""
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            version = record.find_version(connection, head, as_of)
            fact = resolve(record.read_about(connection, head, id_, version)).get(id_)
            if fact is None:
                raise UnknownFact(id_, slug)
            return _story(connection, head, version), fact

    def changes(self, slug: str, before: Vantage, after: Vantage = PRESENT) -> Changes:
        """Return what changed between two views. Raises UnknownStory and VersionBeyondHead."""
        old, new = self.view(slug, before), self.view(slug, after)
        was, now = ({fact.id: fact for fact in view.facts} for view in (old, new))
        differences = (Difference(was.get(id_), now.get(id_)) for id_ in was | now)
        return Changes(old, new, tuple(each for each in differences if each.before != each.after))

    def corrections(self, slug: str, vantage: Vantage = PRESENT) -> Corrections:
        """Return the facts about which anything was changed. Raises UnknownStory and VersionBeyondHead.

        Costs a look through the story's record, but reads no other facts and folds no board.
        """
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            version = record.find_version(connection, head, vantage.as_of)
            story = _story(connection, head, version)
            last = list(record.read(connection, head, after=version - 1, upto=version)) if version else []
            facts = on_the_story_clock(resolve(record.read_amended(connection, head, version)))
        return Corrections(
            story=story,
            kind=find_kind(story.kind),
            vantage=vantage,
            recorded_at=last[-1].recorded_at if last else None,
            facts=limit(facts, vantage.at),
        )

    def record(self, slug: str, after: int = 0, limit: int | None = None) -> tuple[Head, list[Recorded]]:
        """Return the head and the events behind a version. Raises UnknownStory."""
        with self.database.reading() as connection:
            head = record.find_head(connection, slug)
            return head, list(record.read(connection, head, after=after, limit=limit))

    def outline(self, slug: str) -> list[Outline]:
        """Return when the story's events were recorded and of which types they are. Raises UnknownStory."""
        with self.database.reading() as connection:
            return record.outline(connection, record.find_head(connection, slug))

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


def _replay(head: Head, events: Sequence[Recorded]) -> View:
    """Return the story as it is at the end of these events, which are its whole record."""
    story = tell(head.slug, events, len(events))
    return _see(replace(head, version=len(events)), story, events, PRESENT)


def _see(head: Head, story: Story, events: Sequence[Recorded], vantage: Vantage) -> View:
    """Return what the events up to a version show from a vantage: resolve, limit, order, fold."""
    kind = find_kind(head.kind)
    known = on_the_story_clock(resolve(events))
    facts = limit(known, vantage.at)
    moments = [fact.occurred_at for fact in known]
    return View(
        story=story,
        kind=kind,
        vantage=vantage,
        recorded_at=events[-1].recorded_at if events else None,
        head=head.version,
        imported_at=head.imported_at,
        facts=facts,
        board=kind.board([fact for fact in facts if fact.stands]),
        earlier=_earlier(moments[: len(facts)]),
        later=moments[len(facts)] if len(facts) < len(moments) else None,
        ahead=tuple(known[len(facts) :]),
    )


def _story(connection: Connection, head: Head, version: int) -> Story:
    return tell(head.slug, record.read_about_story(connection, head, version), version)


def _earlier(moments: Sequence[datetime]) -> datetime | None:
    """Return the last moment before the latest of ascending moments."""
    place = bisect_left(moments, moments[-1]) if moments else 0
    return moments[place - 1] if place else None

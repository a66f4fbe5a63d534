"""Views: a story as seen from a vantage. Cut, resolve, limit, order, fold, and the shortcuts to the same answer.

Whoever wants all facts gets them from the whole record; a window of them comes from the index of fact versions, and
the board from the digests. The tests hold both against a fold of everything.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from timeline.domain.event import Recorded
from timeline.domain.fact import Fact, Sum, resolve
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story, tell
from timeline.domain.vantage import END, FIRST, Place, Vantage, Window, limit, on_the_story_clock, up_to
from timeline.kinds.kind import Kind, find_kind
from timeline.store import changes, fact_versions, record
from timeline.store.changes import Scope
from timeline.store.digests import Digest, Digests
from timeline.store.fact_versions import Flag, State
from timeline.store.rows import BEFORE_ALL, Outline

Amendment = tuple[str, timedelta]
"""What a change was, the kind of a correction or the type of its event; and how long after the report it came."""

_MARKED: Final[dict[Flag, Callable[[Fact], bool]]] = {Flag.KEY: attrgetter("key"), Flag.PINNED: attrgetter("pinned")}


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the facts of a story as seen from a vantage, in the order of the window; `more` are behind them.

    `recorded_at` is that of the version seen (None before the first event), `head` the record's present version.
    """

    story: Story
    kind: Kind
    vantage: Vantage
    recorded_at: datetime | None
    head: int
    imported_at: datetime | None
    facts: tuple[Fact, ...]
    more: bool

    @property
    def is_told_on(self) -> bool:
        """Whether the record was imported, and what is seen goes on behind that."""
        return bool(self.imported_at and self.recorded_at and self.recorded_at > self.imported_at)


@dataclass(frozen=True, slots=True)
class View(Page):
    """A page with the board; `cites` are the facts to which the board points.

    `earlier` and `later` are the neighbouring moments on the story clock at which the view differs.
    """

    board: JsonObject
    cites: tuple[UUID, ...]
    earlier: datetime | None
    later: datetime | None


class Sight:
    """A story seen from a vantage while a transaction lasts. Raises UnknownStory and VersionBeyondHead."""

    def __init__(self, connection: Connection, slug: str, vantage: Vantage) -> None:
        self.head = record.find_head(connection, slug)
        self.version = record.find_version(connection, self.head, vantage.as_of)
        self.vantage = vantage
        self._connection = connection
        self._known: dict[int, Fact] | None = None

    @cached_property
    def kind(self) -> Kind:
        return find_kind(self.head.kind)

    @cached_property
    def story(self) -> Story:
        return tell(self.head.slug, record.read_about_story(self._connection, self.head, self.version), self.version)

    @property
    def recorded_at(self) -> datetime | None:
        """When the version was recorded; None before the first."""
        return self._ends[0]

    @cached_property
    def version_then(self) -> int:
        """The last of the versions seen that was recorded by the moment at which the view ends."""
        at = self.vantage.at
        return self.version if at is None else min(self.version, self.version_at(at))

    @cached_property
    def digests(self) -> Digests:
        return Digests(self._connection, self.head, self.kind, self.version, self._end, self._read_states)

    @cached_property
    def _end(self) -> Place:
        """The place behind all facts: beyond it an index would be searched in vain."""
        _, latest = self._ends
        return FIRST if latest is None else (latest, self.version + 1)

    @cached_property
    def _ends(self) -> tuple[datetime | None, datetime | None]:
        """When the version was recorded, and the latest moment that any fact had by then."""
        return record.find_ends(self._connection, self.head, self.version)

    @property
    def made(self) -> list[Digest]:
        """The digests that were wanting."""
        return self.digests.made if "digests" in vars(self) else []

    @cached_property
    def total(self) -> Sum | None:
        """What the facts come to that had happened by then, as the kind adds them up."""
        return self.digests.total(up_to(self.vantage.at))

    @cached_property
    def board(self) -> JsonObject:
        return self.kind.board(self.total)

    def page(self, window: Window) -> Page:
        facts, more = self.facts(window)
        head = self.head
        return Page(
            self.story, self.kind, self.vantage, self.recorded_at, head.version, head.imported_at, facts, more
        )

    def view(self, window: Window) -> View:
        page, total = self.page(window), self.total
        earlier, later = self._neighbours(page, window)
        return View(
            **{name: getattr(page, name) for name in Page.__slots__},
            board=self.board,
            cites=() if total is None else tuple(UUID(id_) for id_ in self.kind.cites(total)),
            earlier=earlier,
            later=later,
        )

    def facts(self, window: Window) -> tuple[tuple[Fact, ...], bool]:
        """Return the facts of a window, and whether there are more behind them."""
        if window.limit is None:
            return self._all(window), False
        first, end, is_descending = FIRST, up_to(self.vantage.at), window.order == "desc"
        if window.behind and is_descending:
            end = min(end, window.behind)
        elif window.behind:
            first = (window.behind[0], window.behind[1] + 1)
        if self._known is not None:
            facts = self._between(first, end)[:: -1 if is_descending else 1]
            return facts[: window.limit], 0 < window.limit < len(facts)
        found = self.states(first, end, descending=is_descending, limit=window.limit + 1) if window.limit else []
        facts = tuple(self._read_states(found[: window.limit]))
        return facts[::-1] if is_descending else facts, len(found) > window.limit

    def find(self, id_: UUID) -> Fact | None:
        """Return a fact as it stands at the version, whenever it happened."""
        return resolve(record.read_about(self._connection, self.head, id_, self.version)).get(id_)

    def reported_since(self, moment: datetime, type_: str) -> list[Fact]:
        """Return the facts of a type that were recorded at or after a moment."""
        versions = record.reported_since(self._connection, self.head, moment, type_)
        return self._read(versions)

    def find_all(self, ids: Collection[UUID]) -> tuple[Fact, ...]:
        """Return those of the facts that are known at the version, in the order of the story clock."""
        if self._known is None:
            return tuple(record.read_known(self._connection, self.head, ids, self.version))
        wanted = set(ids)
        return tuple(fact for fact in self._known.values() if fact.id in wanted)

    def latest(self, limit: int) -> tuple[Fact, ...]:
        """Return the facts that were reported last, the last first."""
        rows = fact_versions.told(self._connection, self.head.id, self.version + 1, limit, changed=False)
        return tuple(sorted(self._of(rows), key=lambda fact: -fact.version))

    def last_changed(self, before: int | None, limit: int) -> tuple[tuple[Fact, ...], bool]:
        """Return the facts reported or changed last, all before a version, the last first; and whether more are."""
        found: dict[int, Fact] = {}
        place = before or self.version + 1
        while len(found) <= limit:
            rows = fact_versions.told(self._connection, self.head.id, place, limit + 1, changed=True)
            facts = {fact.last_version: fact for fact in self._of(rows)}
            found |= {since: facts[since] for since, _ in rows if since in facts}
            if len(rows) <= limit:
                break
            place = rows[-1][0]
        return tuple(found.values())[:limit], len(found) > limit

    def changes(
        self, after: int, before: int, limit: int, *, minor: bool = False
    ) -> tuple[list[int], tuple[Fact, ...]]:
        """Return the versions of the last changes that the view tells of, between two versions, and the facts.

        Minor edits only if asked.
        """
        scope = replace(self._changes, upto=min(before - 1, self.version_then))
        rows = changes.latest(self._connection, scope, after, limit, minor=minor)
        return [since for since, _ in rows], self._of(rows)

    def count_changes(self) -> int:
        """Return how many changes the view tells of, minor edits aside."""
        return changes.count(self._connection, self._changes)

    @property
    def _changes(self) -> Scope:
        return Scope(self.head.id, self.version, self.version_then, self.vantage.at)

    def amendments(self) -> Iterator[Amendment]:
        """Yield all changes that the view tells of, minor edits, too."""
        for type_, data, recorded_at, reported_at in changes.amendments(self._connection, self._changes):
            kind = json.loads(data)["kind"] if data and type_ == "fact.corrected" else type_
            yield kind, recorded_at - reported_at

    def moments(self, versions: Collection[int]) -> dict[int, datetime]:
        """Return when these versions of the record were recorded, in their order."""
        told = {1: self.story.opened_at, self.version: self.recorded_at, self.head.version: self.head.recorded_at}
        known = {version: moment for version, moment in told.items() if moment}
        if asked := [version for version in versions if version not in known]:
            known |= {each.version: each.recorded_at for each in self.outline(asked)}
        return {version: known[version] for version in sorted(versions)}

    def recorded_at_version(self, version: int) -> datetime:
        """Return when a version from 1 was recorded."""
        moment, _ = record.find_ends(self._connection, self.head, version)
        assert moment is not None, version  # noqa: S101 — versions have no gaps.
        return moment

    def version_before(self, moment: datetime) -> int:
        """Return the last version recorded before a moment."""
        return self.version_at(moment - timedelta(microseconds=1)) if moment > BEFORE_ALL else 0

    def version_behind(self, place: Place) -> int:
        """Return the first version whose event, by when it was recorded and its version, is not before a place."""
        moment, version = place
        return max(self.version_before(moment) + 1, min(self.version_at(moment) + 1, version))

    def version_at(self, moment: datetime) -> int:
        """Return the last version recorded at or before a moment."""
        return record.find_version(self._connection, self.head, moment)

    def _of(self, rows: Sequence[tuple[int, int]]) -> tuple[Fact, ...]:
        return tuple(self._read(list({fact for _, fact in rows})))

    def marked(self, mark: Flag, end: Place | None = None) -> tuple[Fact, ...]:
        """Return the facts that are so marked, in the order of the story clock, up to the view's end or another."""
        end = end or up_to(self.vantage.at)
        if self._known is None:
            return tuple(self._read_states(self.states(FIRST, end, marked=mark)))
        return tuple(fact for fact in self._between(FIRST, end) if _MARKED[mark](fact))

    def known(self) -> tuple[Fact, ...]:
        """Return all facts known at the version, those too that had not happened by then.

        It reads the whole record, but then no fact is read again.
        """
        if self._known is None:
            facts = resolve(record.read(self._connection, self.head, upto=self.version))
            self._known = {fact.version: fact for fact in on_the_story_clock(facts)}
        return tuple(self._known.values())

    def outline(self, versions: Sequence[int] | None = None) -> list[Outline]:
        """Return when the record's events were recorded and of which types they are: of all, or of some versions."""
        return record.outline(self._connection, self.head, versions)

    def events(self, before: int | None, limit: int) -> list[Recorded]:
        """Return the last events before a version, and whatever was said earlier of the facts that they are about."""
        last = self.version if before is None else min(self.version, before - 1)
        return record.read_with_past(self._connection, self.head, last - limit, last)

    def keys_marked(self) -> list[int]:
        """Return the versions of the whole record at which a key moment was marked."""
        return changes.marked_key(self._connection, self.head.id)

    def changed_stretches(self, size: int) -> list[int]:
        """Return in which stretches of so many versions of the whole record facts were changed, minor edits aside."""
        return changes.stretches(self._connection, self.head.id, size)

    def places(self, first: Place, end: Place, *, descending: bool = False, limit: int | None = None) -> list[Place]:
        """Return the places of facts known at the version, from one on the story clock to before another."""
        found = self.states(first, end, descending=descending, limit=limit)
        return [(state.occurred_at, state.fact) for state in found]

    def states(
        self,
        first: Place,
        end: Place,
        *,
        descending: bool = False,
        limit: int | None = None,
        marked: Flag | None = None,
    ) -> list[State]:
        """Return the states of facts known at the version, from a place on the story clock to before another."""
        return fact_versions.states(
            *(self._connection, self.head.id, self.version, first, min(end, self._end)),
            descending=descending,
            limit=limit,
            marked=marked,
        )

    def _read_states(self, states: Sequence[State]) -> list[Fact]:
        """Return the facts that are in some states, in the order of the story clock."""
        if self._known is None:
            return record.read_states(self._connection, self.head, states, self.version)
        return self._read([state.fact for state in states])

    def _read(self, versions: Sequence[int]) -> list[Fact]:
        """Return the facts that events of these versions report, in the order of the story clock."""
        if self._known is None:
            return record.read_facts(self._connection, self.head, versions, self.version)
        return on_the_story_clock(self._known[version] for version in versions if version in self._known)

    def _between(self, first: Place, end: Place) -> tuple[Fact, ...]:
        """Return the facts from a place on the story clock to before another, of those that were read already."""
        return tuple(fact for fact in self.known() if first <= fact.order < end)

    def _all(self, window: Window) -> tuple[Fact, ...]:
        facts = limit(self.known(), self.vantage.at)
        return facts if window.order == "asc" else facts[::-1]

    def _neighbours(self, page: Page, window: Window) -> tuple[datetime | None, datetime | None]:
        end = up_to(self.vantage.at)
        later = self.places(end, END, limit=1) if self.vantage.at is not None else []
        return self._earlier(page, window, end), _moment(later)

    def _earlier(self, page: Page, window: Window, end: Place) -> datetime | None:
        """Return the moment before the latest one; mostly it is on the page, if that begins with the newest."""
        if page.facts and window.order == "desc" and window.behind is None:
            newest = page.facts[0].occurred_at
            found = next((fact.occurred_at for fact in page.facts if fact.occurred_at < newest), None)
            if found or not page.more:
                return found
        latest = self.places(FIRST, end, descending=True, limit=1)
        earlier = self.places(FIRST, (latest[0][0], 0), descending=True, limit=1) if latest else []
        return _moment(earlier)


def _moment(found: Sequence[Place]) -> datetime | None:
    return found[0][0] if found else None

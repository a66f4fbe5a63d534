"""The laws of the two clocks, as properties of random records, held against a fold that reads all of it anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from naive_fold import fold
from newsroom import (
    EVENING,
    Newsroom,
    correction,
    event,
    mark,
    opening,
    reinstatement,
    retraction,
    takedown,
)
from pages import Plain, page
from timeline.domain.errors import VersionBeyondHead
from timeline.domain.event import Draft
from timeline.domain.fact import Fact
from timeline.domain.moments import format_moment
from timeline.domain.vantage import END, Order, Vantage, Window
from timeline.store import digests
from timeline.store.database import Database
from timeline.web.errata import errata_before

FILMS = ("Anora", "The Brutalist", "Conclave")
PEOPLE = ("Sean Baker", "Zoë “Z” O’Neil", "李安")

early_or_late = st.just(timedelta(0)) | st.integers(-240, 4).map(lambda minutes: timedelta(minutes=minutes))
people = st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True)
films = st.sampled_from(FILMS)
entries = st.fixed_dictionaries(
    {"category": st.sampled_from(["Best Picture", "Directing"]), "film": films},
    optional={"people": people, "body": st.just("So it was said.")},
)
patches = st.fixed_dictionaries(
    {}, optional={"film": films, "people": people | st.none(), "body": st.sampled_from(["As we now know.", None])}
)
types = st.sampled_from(["nomination.announced", "award.announced"])
kinds = st.sampled_from(["correction", "clarification", "update", "minor"])
precisions = st.sampled_from([None, "minute", "day"])
marks = st.sampled_from(["pinned", "unpinned", "marked_key", "unmarked_key"])
picks = st.integers(0, 1000)

ORDERS: dict[Order, Literal[1, -1]] = {"asc": 1, "desc": -1}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader saw of the live page, right after an append."""

    at: datetime
    version: int
    page: Plain


@dataclass(slots=True)
class Told:
    """What the machine knows of the story that it tells; `record` is the naive fold's."""

    newsroom: Newsroom
    drafts: list[Draft] = field(default_factory=list)
    record: list[Plain] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    standing: list[UUID] = field(default_factory=list)
    retracted: list[UUID] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)


class TwoClocks(RuleBasedStateMachine):
    """Tells a story at random, reads it from everywhere, and asks at the end whether the laws held."""

    database: ClassVar[Database]
    stories: ClassVar[int] = 0

    @initialize()
    def open_the_story(self) -> None:
        TwoClocks.stories += 1
        self.told = Told(Newsroom(self.database, story=f"story-{self.stories}"))
        self.publish(opening())

    def publish(self, *drafts: Draft) -> list[UUID]:
        """Append drafts as one batch, and look at the live page as a reader does."""
        told = self.told
        foreseen = told.newsroom.foresee(*drafts)
        assert told.newsroom.desk.versions([told.newsroom.story]).get(told.newsroom.story, 0) == len(told.record)
        for recorded, draft in zip(told.newsroom.publish(*drafts), drafts, strict=True):
            occurred_at = format_moment(recorded.occurred_at)
            told.record.append(
                {
                    "version": len(told.record) + 1,
                    "id": str(draft.id),
                    "type": draft.type,
                    "occurred_at": occurred_at,
                    "precision": str(draft.precision),
                    "data": draft.data,
                }
            )
        told.drafts += drafts
        view = told.newsroom.view()
        assert foreseen.board == view.board, "what was foreseen is not what happened"
        assert {fact.id: fact for fact in foreseen.facts}.items() <= {fact.id: fact for fact in view.facts}.items()
        assert view.recorded_at is not None
        told.seen.append(Seen(view.recorded_at, view.story.version, page(view)))
        return [draft.id for draft in drafts if draft.id]

    @rule(seconds=st.integers(-30, 300))
    def time_passes_or_the_clock_is_set_back(self, seconds: int) -> None:
        self.told.newsroom.clock.turn(seconds=seconds)

    @rule(reports=st.lists(st.tuples(types, entries, early_or_late), min_size=1, max_size=4))
    def report(self, reports: list[tuple[str, Plain, timedelta]]) -> None:
        now = self.told.newsroom.clock.now
        self.told.standing += self.publish(*(event(type_, data, now + late) for type_, data, late in reports))

    @precondition(lambda self: self.told.standing)
    @rule(pick=picks, kind=kinds, patch=patches, moved=st.none() | early_or_late, precision=precisions)
    def correct(self, pick: int, kind: str, patch: Plain, moved: timedelta | None, precision: str | None) -> None:
        # The headline is new each time, so there is always something that changes.
        amends: dict[str, Any] = {"data": patch | {"headline": f"Correction {len(self.told.record)}"}}
        if precision is not None:
            amends["precision"] = precision
        if moved is not None:
            amends["occurred_at"] = self.told.newsroom.clock.now + moved
        self.publish(correction(_pick(self.told.standing, pick), kind=kind, **amends))

    @precondition(lambda self: self.told.standing)
    @rule(pick=picks)
    def retract(self, pick: int) -> None:
        fact = _pick(self.told.standing, pick)
        self.publish(retraction(fact))
        self.told.standing.remove(fact)
        self.told.retracted.append(fact)

    @precondition(lambda self: self.told.retracted)
    @rule(pick=picks)
    def reinstate(self, pick: int) -> None:
        fact = _pick(self.told.retracted, pick)
        self.publish(reinstatement(fact))
        self.told.retracted.remove(fact)
        self.told.standing.append(fact)

    @precondition(lambda self: len(self.told.standing) > 2)
    @rule(pick=picks)
    def take_down(self, pick: int) -> None:
        fact = _pick(self.told.standing + self.told.retracted, pick)
        self.publish(takedown(fact))
        for facts in (self.told.standing, self.told.retracted):
            if fact in facts:
                facts.remove(fact)
        self.told.gone.append(fact)

    @precondition(lambda self: self.told.standing or self.told.gone)
    @rule(pick=picks, as_=marks)
    def mark(self, pick: int, as_: str) -> None:
        self.publish(mark(_pick(self.told.standing + self.told.gone, pick), as_))

    @rule(type_=st.sampled_from(["coverage.started", "coverage.ended"]))
    def cover(self, type_: str) -> None:
        self.publish(event(type_, {}))

    @rule(pick=picks, away=early_or_late | st.none())
    def read_from_anywhere(self, pick: int, away: timedelta | None) -> None:
        version = pick % (len(self.told.record) + 1)
        at = None if away is None else self.told.newsroom.clock.now + away

        view = self.told.newsroom.view(at, version)

        assert page(view) == fold(self.told.record, version, None if at is None else format_moment(at))
        assert self.told.newsroom.desk.board(self.told.newsroom.story, Vantage(at, version)) == view.board
        for order in ORDERS:
            assert [*_paged(self.told.newsroom, Vantage(at, version), order)] == [*view.facts][:: ORDERS[order]]
        _changes_are_told_as_the_facts_have_them(self.told.newsroom, Vantage(at, version), view.facts)

    def teardown(self) -> None:
        if hasattr(self, "told"):
            _the_latest_is_live(self.told)
            _what_a_reader_saw_is_what_we_say_that_it_was(self.told)
            _before_the_first_event_there_is_nothing(self.told)
            _one_fact_alone_is_as_in_the_whole_view(self.told)
            _batches_make_no_difference(self.told)


def _pick(facts: list[UUID], pick: int) -> UUID:
    return facts[pick % len(facts)]


def _paged(newsroom: Newsroom, vantage: Vantage, order: Order) -> Iterator[Fact]:
    """Yield all facts of a view as a reader gets them, who turns short pages."""
    behind = None
    while True:
        page = newsroom.desk.page(newsroom.story, vantage, Window(3, order, behind))
        yield from page.facts
        if not page.more:
            return
        behind = page.facts[-1].order


def _changes_are_told_as_the_facts_have_them(newsroom: Newsroom, vantage: Vantage, facts: Sequence[Fact]) -> None:
    out = vantage.at or datetime.max.replace(tzinfo=UTC)
    known = [(change, fact) for fact in facts for change in fact.history if change.recorded_at <= out]
    told = [(change.kind or change.type, change.recorded_at - fact.recorded_at) for change, fact in known]
    with newsroom.desk.looking(newsroom.story, vantage) as sight:
        latest, older = errata_before(sight, END[1], END[1] - 1)

        assert sorted(sight.amendments()) == sorted(told)
        assert sight.count_changes() == sum(kind != "minor" for kind, _ in told)
        assert [each.version for each in latest] == sorted((change.version for change, _ in known), reverse=True)
        assert older is None


def _the_latest_is_live(told: Told) -> None:
    live, head = page(told.newsroom.view()), len(told.record)
    assert live == fold(told.record, head)
    assert live == page(told.newsroom.view(as_of=head))
    assert live == page(told.newsroom.view(as_of=told.newsroom.clock.now + timedelta(days=9)))
    with pytest.raises(VersionBeyondHead):
        told.newsroom.view(as_of=head + 1)


def _what_a_reader_saw_is_what_we_say_that_it_was(told: Told) -> None:
    for seen in told.seen:
        for as_of in (seen.at, seen.version):
            assert _spared(told, page(told.newsroom.view(as_of=as_of))) == _spared(told, seen.page)


def _spared(told: Told, seen: Plain) -> Plain:
    """Return of a page what no takedown has touched since."""
    gone = {str(fact) for fact in told.gone}
    facts = [fact for fact in seen["facts"] if fact["id"] not in gone]
    return {"facts": facts, "status": seen["status"]} | ({} if gone else {"tally": seen["tally"]})


def _before_the_first_event_there_is_nothing(told: Told) -> None:
    for as_of in (0, EVENING - timedelta(microseconds=1)):
        view = told.newsroom.view(as_of=as_of)
        assert (view.facts, view.recorded_at, view.story.version) == ((), None, 0)
        assert view.story.title == "97th Academy Awards"


def _one_fact_alone_is_as_in_the_whole_view(told: Told) -> None:
    for version in range(1, len(told.record) + 1, 3):
        view = told.newsroom.view(as_of=version)
        for fact in view.facts[:3]:
            assert told.newsroom.desk.fact(told.newsroom.story, fact.id, as_of=version) == (view.story, fact)


def _batches_make_no_difference(told: Told) -> None:
    again = Newsroom(told.newsroom.database, told.newsroom.clock, f"{told.newsroom.story}-again")
    # Far enough ahead that nothing is in the future, whatever became of the clock in between.
    again.clock.turn(hours=9)

    again.publish(*told.drafts)

    for version in range(0, len(told.record) + 1, 3):
        assert page(again.view(as_of=version)) == page(told.newsroom.view(as_of=version))


def test_the_laws_of_the_two_clocks_hold_for_any_record(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Stretches so short that records of this length have many, on several levels.
    monkeypatch.setattr(digests, "STRETCH", 4)
    monkeypatch.setattr(digests, "FACTOR", 2)
    TwoClocks.database = database
    how = settings(
        max_examples=50,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
    )
    run_state_machine_as_test(TwoClocks, settings=how)

"""The index of fact versions: it says what the record says, and any page is one short scan of it."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Row

from costs import counting, plan, steps, take_statistics
from histories import Teller, anywhere, facts_of
from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    correction,
    evening,
    mark,
    opened,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.domain.event import Draft, Recorded
from timeline.domain.fact import Fact, Facts
from timeline.domain.vantage import END, FIRST, NOTHING, PRESENT, Order, Vantage, Window, up_to
from timeline.store import record
from timeline.store.database import Database
from timeline.store.fact_versions import OPEN, Flag
from timeline.store.tables import fact_version
from timeline.story_files import export_lines, import_file
from timeline.views import Sight

LONG, SHORT = 3_000, 300
SECOND = timedelta(seconds=1)
PAGE = Window(50, "desc")


def states(newsroom: Newsroom) -> Sequence[Row[Any]]:
    """Return all rows of a story's index, in order of the version since which they are good."""
    with newsroom.database.reading() as connection:
        own = fact_version.c.story == newsroom.desk.head(newsroom.story).id
        return connection.execute(fact_version.select().where(own).order_by(fact_version.c.since)).all()


def told(newsroom: Newsroom) -> list[tuple[int, int | None, str, int]]:
    """Return of each state since when it is good and until when, the time of its fact and its marks."""
    return [
        (row.since, None if row.until == OPEN else row.until, f"{row.occurred_at:%H:%M}", row.marks)
        for row in states(newsroom)
    ]


def test_a_report_begins_a_state_that_is_good_until_something_is_said_of_the_fact(newsroom: Newsroom) -> None:
    first, second = report("First", evening("00:10")), report("Second", evening("00:20"))
    newsroom.publish(first, second, correction(first, data={"headline": "First of all"}))

    assert told(newsroom) == [
        (2, 4, "00:10", 0),
        (3, None, "00:20", 0),
        (4, None, "00:10", Flag.CORRECTED | Flag.CHANGED),
    ]


def test_a_correction_moves_a_fact_and_a_minor_one_does_not_make_it_corrected(newsroom: Newsroom) -> None:
    fact = report("It rains", evening("00:10"))
    newsroom.publish(fact, correction(fact, kind="minor", occurred_at=evening("00:05")))
    newsroom.publish(correction(fact, kind="update", occurred_at=evening("00:30")))

    assert told(newsroom) == [
        (2, 3, "00:10", 0),
        (3, 4, "00:05", Flag.CHANGED | Flag.MINOR),
        (4, None, "00:30", Flag.CHANGED | Flag.CORRECTED),
    ]


def test_a_fact_that_is_withdrawn_comes_back_as_it_was(newsroom: Newsroom) -> None:
    fact = report("It rains")
    newsroom.publish(fact, correction(fact, data={"headline": "It pours"}), retraction(fact), reinstatement(fact))

    assert [row[3] for row in told(newsroom)] == [
        0,
        Flag.CORRECTED | Flag.CHANGED,
        Flag.CORRECTED | Flag.RETRACTED | Flag.CHANGED,
        Flag.CORRECTED | Flag.CHANGED,
    ]


def test_marks_come_and_go_and_change_nothing(newsroom: Newsroom) -> None:
    fact = report("It rains")
    newsroom.publish(fact, mark(fact), mark(fact, "marked_key"), mark(fact, "unpinned"), mark(fact, "unmarked_key"))

    assert [row[3] for row in told(newsroom)] == [0, Flag.PINNED, Flag.PINNED | Flag.KEY, Flag.KEY, 0]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one after the other"])
def test_a_takedown_erases_corrections_from_the_past_of_the_index_too(newsroom: Newsroom, at_once: bool) -> None:
    fact = report("A name", evening("00:10"))
    drafts = [fact, correction(fact, occurred_at=evening("00:40")), retraction(fact), takedown(fact), mark(fact)]
    for batch in [drafts] if at_once else [[each] for each in drafts]:
        newsroom.publish(*batch)

    assert told(newsroom) == [
        (2, 4, "00:10", Flag.GONE),
        (4, 5, "00:10", Flag.GONE | Flag.RETRACTED | Flag.CHANGED),
        (5, 6, "00:10", Flag.GONE | Flag.RETRACTED | Flag.CHANGED),
        (6, None, "00:10", Flag.GONE | Flag.RETRACTED | Flag.PINNED),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_index_says_of_every_version_what_the_record_says(newsroom: Newsroom, seed: int) -> None:
    Teller(newsroom, Random(seed), changes=50).tell(200)

    _assert_says_what_the_record_says(newsroom)


def test_what_was_imported_is_in_the_index_as_what_was_told(newsroom: Newsroom, tmp_path: Path) -> None:
    Teller(newsroom, Random(7), changes=50).tell(150)

    elsewhere = _imported_elsewhere(newsroom, tmp_path)

    assert any(row.marks & Flag.GONE for row in states(elsewhere)), "nothing was imported without its text"
    _assert_says_what_the_record_says(elsewhere)


def test_of_more_facts_than_a_statement_may_have_parameters_none_is_missing(newsroom: Newsroom) -> None:
    Teller(newsroom, Random(11)).tell(100)

    for vantage in (PRESENT, Vantage(as_of=60)):
        with newsroom.desk.looking(STORY, vantage) as sight, newsroom.database.reading() as connection:
            many = record.read_facts(connection, sight.head, range(100_000), sight.version)
            assert tuple(many) == facts_of(sight)


@pytest.mark.parametrize("seed", range(3))
def test_a_sight_that_has_read_the_whole_record_says_the_same(newsroom: Newsroom, seed: int) -> None:
    dice = Random(seed)
    Teller(newsroom, dice, changes=40).tell(200)

    for vantage in (PRESENT, *(anywhere(newsroom, dice) for _ in range(20))):
        assert _said(newsroom, vantage, reads_all=True) == _said(newsroom, vantage, reads_all=False), vantage


def _said(newsroom: Newsroom, vantage: Vantage, *, reads_all: bool) -> list[object]:
    with newsroom.desk.looking(STORY, vantage) as sight:
        if reads_all:
            sight.known()
        view = sight.view(PAGE)
        latest = (sight.latest(20), sight.last_changed(None, 20), sight.changes(0, sight.version + 1, 20))
        return [view, sight.find_all(view.cites), sight.marked(Flag.KEY), sight.marked(Flag.PINNED), *latest]


def test_as_much_is_asked_of_the_database_for_a_page_of_a_long_record_as_of_a_short_one(newsroom: Newsroom) -> None:
    counts = []
    for length in (SHORT, 6 * SHORT):
        _tell(newsroom, _live, length - len(newsroom.record()))
        newsroom.desk.view(STORY, window=NOTHING)  # The digests are there from now on.
        with counting(newsroom.database) as of_page:
            newsroom.desk.page(STORY, Vantage(as_of=length // 2), PAGE)
        with counting(newsroom.database) as of_view:
            newsroom.desk.view(STORY, window=PAGE)
        counts.append((len(of_page), len(of_view)))

    (page, view), (long_page, long_view) = counts
    assert long_page == page <= 6
    assert long_view <= view + 1, "a level of digests costs a statement"


@pytest.mark.parametrize("as_of", [None, LONG // 2])
@pytest.mark.parametrize("ago", [None, LONG // 3])
def test_a_page_is_one_scan_of_the_index(long_record: Newsroom, as_of: int | None, ago: int | None) -> None:
    at = None if ago is None else _live(LONG - ago)
    with long_record.database.reading() as connection:
        sight = Sight(connection, STORY, Vantage(at, as_of))
        for descending in (False, True):
            found = plan(connection, partial(_places, sight, descending))

            assert "fact_version_place" in found
            assert not re.search("sort|temp b-tree", found, re.IGNORECASE), "the index has them in their order"


def test_on_sqlite_what_is_rare_comes_from_an_index_of_its_own(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), *(report(f"Report {number}") for number in range(100)))
        with database.reading() as connection:
            sight = Sight(connection, STORY, Vantage())
            about = {
                "fact_version_pinned": lambda _: sight.states(FIRST, END, marked=Flag.PINNED),
                "fact_version_key": lambda _: sight.states(FIRST, END, marked=Flag.KEY),
            }
            for index, read in about.items():
                assert index in plan(connection, read)


def _places(sight: Sight, descending: bool, _: Connection) -> None:
    sight.places(FIRST, up_to(sight.vantage.at), descending=descending, limit=51)


def _live(number: int) -> datetime:
    return EVENING + number * SECOND


def _in_a_burst(number: int) -> datetime:
    return EVENING - timedelta(days=30) + number * SECOND


def _all_at_once(_: int) -> datetime:
    return EVENING


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("as_of", [None, 120])
@pytest.mark.parametrize("when", [_live, _in_a_burst, _all_at_once])
def test_on_sqlite_a_page_of_a_long_record_costs_as_much_as_one_of_a_short_record(
    sqlite_url: str, when: Callable[[int], datetime], as_of: int | None, order: Order
) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        taken = []
        for length in (SHORT, LONG):
            _tell(newsroom, when, length - len(newsroom.record()))
            taken.append(
                [
                    steps(database, partial(newsroom.desk.page, STORY, Vantage(at, as_of), Window(50, order, behind)))
                    for at, behind in ((None, None), (None, (when(100), 102)), (when(110), None))
                ]
            )

    assert all(long < short * 1.5 for short, long in zip(*taken, strict=True)), taken


def test_on_sqlite_the_past_of_an_import_costs_as_much_as_the_past_of_what_was_told_live(
    sqlite_url: str, tmp_path: Path
) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        taken = []
        for length in (SHORT, LONG):
            _tell(newsroom, _in_a_burst, length - len(newsroom.record()))
            elsewhere = _imported_elsewhere(newsroom, tmp_path)
            taken.append(steps(database, partial(elsewhere.desk.page, elsewhere.story, Vantage(as_of=120), PAGE)))

    short, long = taken
    assert long < short * 1.5


def _tell(newsroom: Newsroom, when: Callable[[int], datetime], events: int) -> None:
    """Report so much more, in batches, each thing when it happened or long after; every tenth is corrected."""
    told = len(newsroom.record())
    drafts: list[Draft] = []
    while len(drafts) < events:
        drafts.append(report(f"Report {told + len(drafts)}", when(told + len(drafts))))
        if len(drafts) % 10 == 5:
            drafts.append(correction(drafts[-1], data={"body": "As we now know."}))
    newsroom.clock.now = max(newsroom.clock.now, when(told + events))
    newsroom.publish(*drafts[:events])


@pytest.fixture
def long_record(database: Database) -> Newsroom:
    """A long record whose facts happened as they were told, but for every seventh, and some marks."""
    newsroom = Newsroom(database)
    facts = [report(f"Report {number}", _now_and_then(number)) for number in range(LONG)]
    newsroom.clock.now = _live(LONG)
    newsroom.publish(opening(), *facts, *map(mark, facts[::100]))
    take_statistics(database)
    return newsroom


def _now_and_then(number: int) -> datetime:
    return _live(number if number % 7 else number // 2)


def _imported_elsewhere(newsroom: Newsroom, folder: Path) -> Newsroom:
    lines = list(export_lines(newsroom.desk, newsroom.story))
    path = folder / f"{len(lines)}-events.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    elsewhere = Newsroom(newsroom.database, newsroom.clock, story=path.stem)
    import_file(elsewhere.desk, path)
    return elsewhere


def _assert_says_what_the_record_says(newsroom: Newsroom) -> None:
    found, facts, latest = {state.since: state for state in states(newsroom)}, Facts(), FIRST[0]
    for event in newsroom.record():
        facts.apply(event)
        fact = facts.get(event.fact) if event.fact else None
        assert (event.version in found) == (fact is not None)
        if fact is not None:
            state = found[event.version]
            latest = max(latest, fact.occurred_at)
            assert (state.fact, state.type, state.occurred_at) == (fact.version, fact.type, fact.occurred_at)
            assert state.marks == _marks(fact, event)
            assert state.horizon >= latest
    _assert_without_gaps(found.values())


def _marks(fact: Fact, last: Recorded) -> int:
    """Return what is to be said of a fact of which this event was the last."""
    changed = any(change.version == last.version for change in fact.history)
    marks = {
        Flag.CORRECTED: any(change.kind not in (None, "minor") for change in fact.history),
        Flag.RETRACTED: fact.retracted,
        Flag.GONE: fact.data is None,
        Flag.KEY: fact.key,
        Flag.PINNED: fact.pinned,
        Flag.CHANGED: changed,
        Flag.MINOR: changed and fact.history[-1].kind == "minor",
    }
    return sum(mark for mark, is_so in marks.items() if is_so)


def _assert_without_gaps(found: Iterable[Row[Any]]) -> None:
    for fact, its in groupby(sorted(found, key=attrgetter("fact", "since")), key=attrgetter("fact")):
        one = list(its)
        assert (one[0].since, one[-1].until) == (fact, OPEN)
        assert all(before.until == after.since for before, after in pairwise(one))

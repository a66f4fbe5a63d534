"""The trail: what was done in several stories, the latest first, found as fast at the end of a long record."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event as hook
from sqlalchemy import text

from newsroom import (
    Newsroom,
    correction,
    evening,
    event,
    mark,
    opened,
    opening,
    report,
    retraction,
    takedown,
)
from timeline.store.acts import note
from timeline.store.database import Database
from timeline.store.rows import Head
from timeline.store.trail import Sought, Step, actors, acts_sought, log, trail

LONG = 1500


@pytest.fixture
def other(newsroom: Newsroom) -> Newsroom:
    """A second story on the same database, told by the same clock."""
    other = Newsroom(newsroom.database, newsroom.clock, "89th-academy-awards")
    newsroom.clock.turn(seconds=1)
    other.publish(opening(title="89th Academy Awards"))
    return other


def told(headline: str, source: str = "", url: str = "", by: str = "desk") -> Any:
    more = {"source": {"name": source} | ({"url": url} if url else {})} if source else {}
    return event("update.reported", {"headline": headline}, "2025-03-03T01:00:00Z", actor=by, **more)


def test_the_events_of_all_stories_stand_together_the_latest_first(newsroom: Newsroom, other: Newsroom) -> None:
    for place, room in enumerate((newsroom, other, newsroom)):
        newsroom.clock.turn(minutes=1)
        room.publish(report(f"Report {place}"))

    assert [(step.recorded.story[:2], step.recorded.version) for step in _trail(newsroom, other)] == [
        ("97", 3),
        ("89", 2),
        ("97", 2),
        ("89", 1),
        ("97", 1),
    ]
    assert {step.recorded.story for step in _trail(other)} == {other.story}


def test_pages_hold_every_event_once_even_if_two_stories_record_at_one_moment(
    newsroom: Newsroom, other: Newsroom
) -> None:
    for room in (newsroom, other):
        newsroom.clock.now = evening("02:00")
        room.publish(*(report(f"Report {number}") for number in range(5)))
    whole = _trail(newsroom, other)
    found: list[Step] = []
    while page := trail(
        newsroom.database, _heads(newsroom, other), Sought(), before=found[-1].place if found else None, limit=3
    ):
        found += page
        newsroom.publish(report("Meanwhile"))

    assert found == whole
    assert len(found) == 12


def test_each_thing_that_may_be_looked_for_leaves_out_the_rest(newsroom: Newsroom) -> None:
    first = told("First", "The Associated Press", "https://ap.example/reuters", "Ana")
    newsroom.publish(first)
    newsroom.clock.now = evening("02:00")
    newsroom.publish(told("Second", "Reuters", by="Ben"), correction(first, data={"headline": "Uno"}))

    assert _versions(newsroom, Sought(actor="Ana")) == [2]
    assert _versions(newsroom, Sought(types=frozenset({"fact.corrected", "story.opened"}))) == [4, 1]
    assert _versions(newsroom, Sought(types=frozenset({"fact.corrected"}), is_other=True)) == [3, 2, 1]
    assert _versions(newsroom, Sought(since=evening("02:00"))) == [4, 3]
    assert _versions(newsroom, Sought(until=evening("02:00"))) == [3, 2, 1]
    assert _versions(newsroom, Sought(source="reuters")) == [3]
    assert _versions(newsroom, Sought(source="associated")) == [2]
    assert _versions(newsroom, Sought(actor="Ben", source="associated")) == []


@pytest.mark.parametrize(
    "name",
    ['a "quoted" one', "100 % sure", "a_b", "back\\slash", "a/b", "^[a-z]-$", "(.|x)*{2}", "zwölf\n", '","url":"'],
)
def test_the_name_of_a_source_is_found_by_the_letter(newsroom: Newsroom, name: str) -> None:
    newsroom.publish(told("Mine", f"x{name}x"), told("Mine too", f"x{name}x", "https://a.example"))
    newsroom.publish(told("Not mine", "xaXb 100 sure backslashx", 'https://a.example/?","name":"a_b%'))

    assert _versions(newsroom, Sought(source=name)) == [3, 2]


@pytest.mark.parametrize("name", ["élysée", "ÉLYSÉE", "дом и ΑΒΓ"])
def test_capitals_of_any_script_do_not_matter_in_the_name_of_a_source(newsroom: Newsroom, name: str) -> None:
    newsroom.publish(told("Mine", "The Élysée, ДОМ и αβγ"), told("Not mine", "The Elysee, ДЫМ и αβγ"))

    assert _versions(newsroom, Sought(source=name)) == [2]


def test_an_event_comes_with_its_entry_as_it_left_it(newsroom: Newsroom) -> None:
    bal = report("The Bal")
    newsroom.publish(bal, correction(bal, data={"headline": "The Ball"}), retraction(bal))

    about = [step.fact for step in _trail(newsroom) if step.fact]

    assert [(fact.data, fact.retracted) for fact in about] == [
        ({"headline": "The Ball"}, True),
        ({"headline": "The Ball"}, False),
        ({"headline": "The Bal"}, False),
    ]


def test_what_was_taken_down_is_withheld_and_not_found_by_its_source(newsroom: Newsroom) -> None:
    gone = told("A name", "A whistle")
    newsroom.publish(gone, correction(gone, data={"headline": "Another name"}), retraction(gone), mark(gone))
    newsroom.publish(takedown(gone))

    steps = _trail(newsroom)

    assert [step.is_withheld for step in steps] == [False, True, True, True, True, False]
    assert all(step.fact and step.fact.data is None for step in steps[:-1])
    assert _versions(newsroom, Sought(source="whistle")) == []


def test_the_log_goes_by_version_and_brings_the_leaves_of_the_tree(newsroom: Newsroom) -> None:
    newsroom.publish(*(report(f"Report {number}") for number in range(5)))

    steps = log(newsroom.database, newsroom.desk.head(newsroom.story), 2, 3)

    assert [step.recorded.version for step in steps] == [3, 4, 5]
    with newsroom.database.engine.connect() as connection:
        leaves = connection.execute(text("SELECT leaf FROM event WHERE version BETWEEN 3 AND 5 ORDER BY version"))
        assert [step.leaf for step in steps] == [bytes(leaf) for (leaf,) in leaves]


def test_those_who_wrote_lately_are_named_once_each(newsroom: Newsroom, other: Newsroom) -> None:
    newsroom.publish(told("One", by="Zoe"), told("Two", by="ana"), told("Three", by="Zoe"))
    other.publish(told("Four", by="Ben"))

    assert actors(newsroom.database, _heads(newsroom)) == ["ana", "desk", "Zoe"]
    assert actors(newsroom.database, _heads(newsroom, other)) == ["ana", "Ben", "desk", "Zoe"]
    assert actors(newsroom.database, []) == []


def test_acts_are_looked_for_like_events_and_have_no_source(newsroom: Newsroom) -> None:
    with newsroom.database.writing() as connection:
        note(connection, evening("01:10"), "Ana", "Ben is let in", newsroom.story)
        note(connection, evening("01:20"), "Ana", "Zoe is let in")
        note(connection, evening("01:30"), "Ben", "Ben has another password")

    def found(sought: Sought = Sought(), **more: Any) -> list[str]:  # noqa: B008 — it never changes.
        return [each.what[:3] for each in acts_sought(newsroom.database, sought, **{"limit": 50} | more)]

    assert found() == ["Ben", "Zoe", "Ben"]
    assert found(Sought(actor="Ana")) == ["Zoe", "Ben"]
    assert found(slug=newsroom.story) == ["Ben"]
    assert found(Sought(since=evening("01:20"), until=evening("01:20"))) == ["Zoe"]
    assert found(Sought(source="a")) == []
    last = acts_sought(newsroom.database, Sought(), limit=1)[0].id
    assert found(before=last) == ["Zoe", "Ben"]


def test_a_page_costs_two_statements_however_long_the_records_are(newsroom: Newsroom, other: Newsroom) -> None:
    newsroom.publish(report("One"))
    for _ in range(2):
        with _noting(newsroom.database) as statements:
            _trail(newsroom, other)
        assert len(statements) == 2
        newsroom.publish(*(report(f"Report {number}") for number in range(LONG)))


def test_more_stories_than_one_statement_joins_are_still_one_trail(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline.store.trail._TOGETHER", 3)
    rooms = [Newsroom(newsroom.database, newsroom.clock, f"story-{number}") for number in range(8)]
    for each in rooms:
        each.publish(opening(kind="general"))
        newsroom.clock.turn(seconds=1)

    found = trail(newsroom.database, _heads(*rooms), Sought(), limit=7)

    assert [step.recorded.story for step in found] == [each.story for each in rooms[:0:-1]]


def test_a_page_is_read_from_an_index_and_stops_where_it_is_full(newsroom: Newsroom, other: Newsroom) -> None:
    newsroom.publish(*(report(f"Report {number}") for number in range(LONG)))
    other.publish(*(report(f"Report {number}") for number in range(LONG)))
    with newsroom.database.writing() as connection:
        connection.execute(text("ANALYZE event"))  # As PostgreSQL does by itself after a while.
    place = _trail(newsroom, other)[10].place

    for before in (None, place):
        with _noting(newsroom.database) as statements:
            trail(newsroom.database, _heads(newsroom, other), Sought(), before=before, limit=51)
        page, facts = (_plan(newsroom.database, *statement) for statement in statements[-2:])
        assert page.count("event_recorded_at") == 2
        assert "event_fact" in facts
        assert not {"SCAN event", "Seq Scan on event"} & {line for plan in (page, facts) for line in plan.split("'")}


def test_on_sqlite_the_work_of_a_page_does_not_grow_with_the_record(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), *(report(f"Report {number}") for number in range(100)))
        early = _steps(newsroom)
        newsroom.publish(*(report(f"Report {number}") for number in range(2000)))

        assert _steps(newsroom) < early * 1.5


def _heads(*rooms: Newsroom) -> list[Head]:
    return [room.desk.head(room.story) for room in rooms]


def _trail(*rooms: Newsroom, sought: Sought = Sought()) -> list[Step]:  # noqa: B008 — it never changes.
    return trail(rooms[0].database, _heads(*rooms), sought, limit=50)


def _versions(newsroom: Newsroom, sought: Sought) -> list[int]:
    return [step.recorded.version for step in _trail(newsroom, sought=sought)]


@contextmanager
def _noting(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Lend a list of the questions that are asked of the events in the meantime."""
    statements: list[tuple[str, Any]] = []

    def note_it(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if "FROM event" in statement:
            statements.append((statement, parameters))

    hook.listen(database.engine, "before_cursor_execute", note_it)
    yield statements
    hook.remove(database.engine, "before_cursor_execute", note_it)


def _plan(database: Database, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.reading() as connection:
        return str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())


def _steps(newsroom: Newsroom) -> int:
    """Return how many instructions SQLite's machine takes for a page, in tens."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 10)

    heads = _heads(newsroom)
    hook.listen(newsroom.database.engine, "checkout", watch)
    trail(newsroom.database, heads, Sought(), limit=51)
    hook.remove(newsroom.database.engine, "checkout", watch)
    return steps

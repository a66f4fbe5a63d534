"""What an append and a read cost: as much at the end of a long record as at its beginning."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from newsroom import Newsroom, correction, mark, nomination, opened, opening, report, takedown
from timeline.store import record
from timeline.store.database import Database

LONG = 400


@pytest.mark.parametrize(
    "work",
    [
        lambda n, _: n.publish(report("One more")),
        lambda n, _: n.publish(report("One more"), report("And one more")),
        lambda n, old: n.publish(correction(old, data={"headline": f"Corrected at {len(n.record())}"})),
        lambda n, old: n.publish(mark(old)),
        lambda n, old: n.publish(takedown(old)),
        lambda n, old: n.publish(correction(old, precision="day"), seen=n.record()[-1].version),
        lambda n, old: n.foresee(report("One more"), correction(old, precision="day"), takedown(old)),
        lambda n, old: n.desk.fact(n.story, old.id),
        lambda n, old: n.desk.fact(n.story, old.id, n.record()[-1].recorded_at),
    ],
    ids=[
        "a fact",
        "two facts",
        "a correction",
        "a pin",
        "a takedown",
        "a correction by one of two editors",
        "foresight",
        "reading a fact",
        "reading a fact by time",
    ],
)
def test_the_statements_do_not_depend_on_the_length_of_the_record(
    newsroom: Newsroom, work: Callable[[Newsroom, Any], Any]
) -> None:
    first, last = report("First"), report("Last")
    newsroom.publish(first)
    with _counting(newsroom.database) as short:
        work(newsroom, first)
    newsroom.publish(*(report(f"Report {number}") for number in range(LONG)), last)
    with _counting(newsroom.database) as long:
        work(newsroom, last)

    assert len(short) == len(long) <= 12, long


def test_a_batch_is_written_by_as_many_statements_as_one_event(newsroom: Newsroom) -> None:
    with _counting(newsroom.database) as one:
        newsroom.publish(report("One"))
    with _counting(newsroom.database) as many:
        newsroom.publish(*(report(f"Report {number}") for number in range(100)))

    assert len(one) == len(many)


def test_foresight_reads_and_neither_writes_nor_waits_for_a_lock(newsroom: Newsroom) -> None:
    with _counting(newsroom.database) as statements:
        newsroom.foresee(report("One more"), nomination("Sound", "Dune"))

    assert all(
        statement.startswith(("BEGIN", "SELECT")) and "FOR UPDATE" not in statement for statement in statements
    )


def test_a_fact_and_a_version_by_time_are_found_by_an_index(newsroom: Newsroom) -> None:
    told = report("The one that is asked for")
    newsroom.publish(told, *(report(f"Report {number}") for number in range(LONG)))
    head = newsroom.desk.head(newsroom.story)
    with newsroom.database.writing() as connection:
        connection.execute(text("ANALYZE event"))  # As PostgreSQL does by itself after a while.

    with newsroom.database.reading() as connection:
        assert told.id is not None
        about = _plan(connection, lambda c: record.read_about(c, head, told.id, head.version))  # type: ignore[arg-type]  # Narrowed above.
        by_time = _plan(connection, lambda c: record.find_version(c, head, newsroom.clock.now))

    assert "event_fact" in about
    assert "event_recorded_at" in by_time


def test_on_sqlite_the_work_of_an_append_does_not_grow_with_the_record(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), report("Early"))
        early = _steps(database, lambda: newsroom.publish(report("Early too")))
        newsroom.publish(*(report(f"Report {number}") for number in range(2000)))
        late = _steps(database, lambda: newsroom.publish(report("Late")))

    assert late < early * 1.5


def test_on_sqlite_finding_a_version_by_time_does_not_walk_through_the_record(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), *(report(f"Report {number}") for number in range(2000)))
        head, moments = newsroom.desk.head(newsroom.story), [each.recorded_at for each in newsroom.record()]

        def find(place: int) -> Callable[[], object]:
            def look() -> int:
                with database.reading() as connection:
                    return record.find_version(connection, head, moments[place])

            return look

        assert [find(place)() for place in (0, 1999)] == [1, 2000]
        assert _steps(database, find(1999)) < _steps(database, find(0)) * 1.5


@contextmanager
def _counting(database: Database) -> Iterator[list[str]]:
    """Lend a list of the statements that are executed in the meantime."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def _plan(connection: Connection, read: Callable[[Connection], object]) -> str:
    """Return the plan of the one statement that a read executes."""
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        statements.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    read(connection)
    event.remove(connection, "before_cursor_execute", note)
    ((statement, parameters),) = statements
    if connection.dialect.name == "sqlite":
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
    return str(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all())


def _steps(database: Database, work: Callable[[], object]) -> int:
    """Return how many instructions SQLite's machine takes for a piece of work, in tens."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 10)

    event.listen(database.engine, "checkout", watch)
    work()
    event.remove(database.engine, "checkout", watch)
    return steps

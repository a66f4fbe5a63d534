"""What an append and a read cost: as much at the end of a long record as at its beginning."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from costs import counting, plan, steps, take_statistics
from newsroom import Newsroom, correction, event, mark, nomination, opened, opening, report, takedown
from timeline.store import record
from timeline.store.rows import select_about_stories

LONG = 100
"""A record in whose reading no digest is wanted yet; what those save is told elsewhere."""
Work = Callable[[Newsroom, Any], object]

WORK: dict[str, tuple[int, Work]] = {
    "a fact": (5, lambda n, _: n.publish(report("One more"))),
    "two facts": (5, lambda n, _: n.publish(report("One more"), report("And one more"))),
    "a correction": (9, lambda n, old: n.publish(correction(old, data={"headline": "Corrected"}))),
    "a pin": (9, lambda n, old: n.publish(mark(old))),
    "a takedown": (22, lambda n, old: n.publish(takedown(old))),
    "a correction by one of two editors": (
        11,
        lambda n, old: n.publish(correction(old, precision="day"), seen=n.desk.head(n.story).version),
    ),
    "foresight": (33, lambda n, old: n.foresee(report("One more"), correction(old, precision="day"), takedown(old))),
    "reading a fact": (4, lambda n, old: n.desk.fact(n.story, old.id)),
    "reading a fact by time": (5, lambda n, old: n.desk.fact(n.story, old.id, n.clock.turn(seconds=1))),
}
"""What is done at a desk, and in how many statements at most: the beginning of a transaction is one."""


@pytest.mark.parametrize(("most", "work"), WORK.values(), ids=WORK)
def test_the_statements_are_few_and_do_not_depend_on_the_length_of_the_record(
    newsroom: Newsroom, most: int, work: Work
) -> None:
    first, last = report("First"), report("Last")
    newsroom.publish(first)
    with counting(newsroom.database) as short:
        work(newsroom, first)
    newsroom.publish(*(report(f"Report {number}") for number in range(LONG)), last)
    with counting(newsroom.database) as long:
        work(newsroom, last)

    assert len(short) == len(long) <= most, long


def test_a_hundred_facts_are_written_by_as_many_statements_as_two(newsroom: Newsroom) -> None:
    with counting(newsroom.database) as two:
        newsroom.publish(report("One"), report("Two"))
    with counting(newsroom.database) as many:
        newsroom.publish(*(report(f"Report {number}") for number in range(100)))

    assert len(two) == len(many)


def test_foresight_takes_back_what_it_writes(newsroom: Newsroom) -> None:
    before = newsroom.trace()

    newsroom.foresee(report("One more"), nomination("Sound", "Dune"))

    assert newsroom.trace() == before


def test_a_fact_and_a_version_by_time_are_found_by_an_index(newsroom: Newsroom) -> None:
    told = report("The one that is asked for")
    newsroom.publish(told, *(report(f"Report {number}") for number in range(4 * LONG)))
    head = newsroom.desk.head(newsroom.story)
    take_statistics(newsroom.database)

    with newsroom.database.reading() as connection:
        assert told.id is not None
        about = plan(connection, lambda c: record.read_about(c, head, told.id, head.version))  # type: ignore[arg-type]  # Narrowed above.
        by_time = plan(connection, lambda c: record.find_version(c, head, newsroom.clock.now))

    assert "event_fact" in about
    assert "event_recorded_at" in by_time


def test_all_stories_are_listed_by_as_many_statements_as_one(newsroom: Newsroom) -> None:
    described = event("story.described", {"title": "Another title"})
    newsroom.publish(described, *(report(f"Report {number}") for number in range(10 * LONG)))
    with counting(newsroom.database) as one:
        newsroom.desk.stories()
    others = [replace(newsroom, story=f"story-{number}") for number in range(5)]
    for other in others:
        other.publish(opening(title=other.story))
    take_statistics(newsroom.database)

    with counting(newsroom.database) as many:
        found = newsroom.desk.stories()
    with newsroom.database.reading() as connection:
        about = plan(connection, lambda c: select_about_stories(c, record.heads(c)))

    assert len(one) == len(many)
    assert [head for _, head in found] == newsroom.desk.heads()
    assert {story.title for story, _ in found} == {"Another title", *(other.story for other in others)}
    assert "event_fact" in about


def test_on_sqlite_the_work_of_an_append_does_not_grow_with_the_record(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), report("Early"))
        early = steps(database, lambda: newsroom.publish(report("Early too")))
        newsroom.publish(*(report(f"Report {number}") for number in range(2000)))
        late = steps(database, lambda: newsroom.publish(report("Late")))

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
        assert steps(database, find(1999)) < steps(database, find(0)) * 1.5

"""Optimistic appends: who is alone with a record writes in one message, and whoever is not loses nothing by it."""

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from costs import counting, plan, take_statistics
from newsroom import EVENING, Newsroom, correction, headlines, on_record, opened, opening, report, takedown
from timeline.domain.errors import WrongVersion
from timeline.store.database import Database
from timeline.store.ends import MOST, Ends
from timeline.store.optimistic import write_report
from timeline.store.prepared import execute
from timeline.store.rows import BEFORE_ALL, Head, lock_head
from timeline.store.sealing import Sealed
from timeline.store.tables import story
from timeline.store.tree import leaf

END = Head(1, "night", "ceremony", 7, datetime(2025, 3, 3, tzinfo=UTC), None, BEFORE_ALL)
LATER = replace(END, version=8)
LATEST = replace(END, version=9)


@pytest.fixture
def here(postgres_url: str) -> Iterator[Newsroom]:
    """Lend a newsroom on PostgreSQL, alone with its story."""
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), report("First"))
        yield newsroom


@pytest.fixture
def there(here: Newsroom) -> Iterator[Newsroom]:
    """Lend the same newsroom as another process has it."""
    with opened(here.database.engine.url.render_as_string(hide_password=False)) as database:
        yield replace(here, database=database)


def test_who_is_alone_with_a_record_writes_in_one_message(here: Newsroom) -> None:
    assert _statements(here, lambda: here.publish(report("Alone"), expected=2)) == 1
    assert _statements(here, lambda: here.publish(report("Still alone"), seen=3)) == 1

    assert headlines(here.view().facts) == ["First", "Alone", "Still alone"]
    assert here.desk.head(here.story).version == 4


def test_what_is_about_a_fact_or_comes_in_numbers_is_written_under_the_lock(here: Newsroom) -> None:
    told = report("Alone")
    here.publish(told)

    assert _statements(here, lambda: here.publish(report("One"), report("Two"))) > 1
    assert _statements(here, lambda: here.publish(correction(told, data={"headline": "Right"}))) > 1
    assert _statements(here, lambda: here.publish(report("Alone again"))) == 1


def test_behind_what_somebody_else_wrote_nothing_is_lost(here: Newsroom, there: Newsroom) -> None:
    here.publish(report("Here"))
    there.publish(report("There"))
    here.publish(report("Here again"))
    there.publish(report("There again"))

    assert headlines(here.view().facts) == ["First", "Here", "There", "Here again", "There again"]
    assert [each.version for each in here.record()] == list(range(1, 7))


def test_who_is_not_alone_asks_no_more_until_a_record_is_found_where_it_was_left(
    here: Newsroom, there: Newsroom
) -> None:
    there.publish(report("There"))
    locked = _statements(here, lambda: here.publish(report("One"), report("Two")))
    there.publish(report("There again"))

    assert _statements(here, lambda: here.publish(report("In vain at once"))) == locked
    assert _statements(here, lambda: here.publish(report("As it was left"))) == locked
    assert _statements(here, lambda: here.publish(report("Alone"))) == 1


def test_who_finds_the_record_elsewhere_is_told_by_the_version_that_was_expected(
    here: Newsroom, there: Newsroom
) -> None:
    there.publish(report("There"))

    with pytest.raises(WrongVersion) as refusal:
        here.publish(report("Here"), expected=2)

    assert refusal.value.present == 3


@pytest.mark.parametrize("name", ["id", "slug", "kind", "version", "recorded_at", "horizon"])
def test_nothing_is_written_behind_an_end_that_differs_in_anything(here: Newsroom, name: str) -> None:
    head = here.desk.head(here.story)
    different = replace(
        head,
        id=head.id + 1,
        slug="another",
        kind="general",
        version=head.version + 1,
        recorded_at=head.recorded_at - timedelta(microseconds=1),
        horizon=head.horizon - timedelta(microseconds=1),
    )
    before = here.trace()

    assert _write(here, replace(head, **{name: getattr(different, name)})) is None
    assert here.trace() == before
    assert _write(here, head) == here.desk.head(here.story)


def test_what_happened_before_other_facts_is_written_under_the_lock(here: Newsroom) -> None:
    here.publish(report("Now", EVENING + timedelta(seconds=1)))

    assert _statements(here, lambda: here.publish(report("At the same moment", EVENING + timedelta(seconds=1)))) == 1
    assert _statements(here, lambda: here.publish(report("Heard of late"))) > 1


def test_who_holds_the_lock_is_waited_for_and_the_moment_is_that_of_the_writing(here: Newsroom) -> None:
    with here.database.writing() as connection:
        lock_head(connection, here.story)
        waiting = threading.Thread(target=here.publish, args=[report("Waited")])
        waiting.start()
        while not _waits(here.database):
            assert waiting.is_alive()
        held_until = here.clock.turn(minutes=5)
    waiting.join()

    assert here.record()[-1].recorded_at >= held_until


def test_whoever_only_refers_to_the_story_holds_nobody_up(here: Newsroom) -> None:
    head = here.desk.head(here.story)
    with here.database.writing() as connection:
        connection.execute(text("SELECT id FROM story FOR KEY SHARE"))  # As a foreign key does.
        written = _write(here, head)

    assert written == here.desk.head(here.story)


def test_the_end_is_found_by_its_key_however_many_stories_there_are(here: Newsroom) -> None:
    with here.database.writing() as connection:
        columns = {"kind": "general", "version": 0, "recorded_at": BEFORE_ALL, "horizon": BEFORE_ALL}
        connection.execute(insert(story), [{"slug": f"story-{number}", **columns} for number in range(2_000)])
    take_statistics(here.database)
    head = here.desk.head(here.story)

    with here.database.writing() as connection:
        planned = plan(connection, lambda c: write_report(c, head, _sealed(head)))

    assert "Seq Scan" not in planned, planned


def test_a_fact_that_was_taken_down_elsewhere_is_not_written_behind(here: Newsroom, there: Newsroom) -> None:
    told = report("To be taken down")
    here.publish(told)
    there.publish(takedown(told))

    here.publish(report("After it"))

    assert [each.version for each in here.record()] == [1, 2, 3, 4, 5]


def test_a_server_whose_transactions_are_stricter_is_no_hindrance(here: Newsroom, there: Newsroom) -> None:
    head = here.desk.head(here.story)
    with here.database.reading() as connection:
        connection.execute(select(story)).all()
        there.publish(report("There"))

        assert write_report(connection, head, _sealed(head)) is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, RuntimeError])
def test_whatever_interrupts_it_foresight_writes_nothing_afterwards(
    here: Newsroom, error: type[BaseException]
) -> None:
    before = here.trace()

    with pytest.raises(error), here.database.committing_each():
        raise error
    here.foresee(report("Foreseen"), report("Foreseen, too"))

    assert here.trace() == before


def test_whoever_is_told_to_stop_does_not_wait_for_what_is_under_way(here: Newsroom) -> None:
    class Stop(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Stop), here.database.committing_each() as connection:
            execute(connection, "SELECT pg_sleep(60)")
    finally:
        signal.signal(signal.SIGALRM, before)

    assert here.publish(report("Written"))[0].version == 3


def test_an_end_is_told_to_one_writer_at_a_time() -> None:
    ends = Ends()
    ends.leave(END, LATER)

    with ends.approach("night") as first, ends.approach("night") as second, ends.approach("another") as other:
        assert (first, second, other) == (LATER, None, None)
    with ends.approach("night") as third:
        assert third == LATER


def test_an_end_is_told_once_a_record_is_found_where_it_was_left() -> None:
    ends = Ends()
    ends.leave(END, END)
    ends.leave(LATER, LATEST)
    with ends.approach("night") as after_another:
        assert after_another is None
    ends.leave(LATEST, LATEST)
    with ends.approach("night") as alone:
        assert alone == LATEST


def test_of_many_records_those_are_forgotten_that_were_not_written_to_for_longest() -> None:
    ends = Ends()
    heads = [replace(END, slug=f"story-{number}") for number in range(MOST + 1)]
    for head in (*heads[:MOST], heads[0], heads[MOST]):
        ends.leave(head, head)

    told = {}
    for head in heads:
        with ends.approach(head.slug) as told[head.slug]:
            pass
    assert [slug for slug, end in told.items() if end is None] == ["story-1"]


def _statements(newsroom: Newsroom, work: Callable[[], object]) -> int:
    with counting(newsroom.database) as statements:
        work()
    return len(statements)


def _write(newsroom: Newsroom, head: Head) -> Head | None:
    with newsroom.database.committing_each() as connection:
        return write_report(connection, head, _sealed(head))


def _sealed(head: Head) -> Sealed:
    (recorded,) = on_record(report("Behind it"))
    behind = replace(recorded, version=head.version + 1, recorded_at=head.recorded_at + timedelta(seconds=1))
    return Sealed(behind, leaf(behind))


def _waits(database: Database) -> bool:
    with database.reading() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(connection.execute(text(waiting)).scalar_one())

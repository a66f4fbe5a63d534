"""Rebuilding: the index follows from the record, and whatever was done to it is undone while the story goes on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from histories import Teller, board_of, known_of
from newsroom import EVENING, STORY, Newsroom, correction, evening, mark, opening, report, takedown
from raw_sql import execute
from timeline.domain.errors import UnknownStory
from timeline.domain.vantage import END, FIRST, PRESENT, Vantage
from timeline.store import digests, record
from timeline.store.database import Database
from timeline.store.rebuilding import Rebuilt, fill, rebuild
from timeline.store.tables import digest, fact_version

_COLUMNS = "story, since, until, fact, type, occurred_at, marks, horizon"
HARM = {
    "a row that was changed": "UPDATE fact_version SET occurred_at = occurred_at - 1000000 WHERE since = 40",
    "a row that ends too soon": "UPDATE fact_version SET until = 41 WHERE since = 40",
    "a mark that nobody made": "UPDATE fact_version SET marks = 24 WHERE since = 40",
    "a horizon that hides what is there": "UPDATE fact_version SET horizon = 0 WHERE since = 40",
    "a row that was removed": "DELETE FROM fact_version WHERE since = 40",
    "a row that was added": f"INSERT INTO fact_version ({_COLUMNS})"
    " SELECT story, 999, until, 999, type, occurred_at, 0, horizon FROM fact_version WHERE since = 40",
    "a head that hides what is there": "UPDATE story SET horizon = 0",
}


@pytest.fixture
def reports(newsroom: Newsroom) -> Newsroom:
    """A story of a hundred reports."""
    newsroom.publish(*(report(f"Report {number}") for number in range(2, 101)))
    return newsroom


def rows(newsroom: Newsroom) -> list[tuple[Any, ...]]:
    with newsroom.database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(fact_version).order_by(*fact_version.primary_key))]


def _without_horizon(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row without its bound, which a takedown may have left later than it need be."""
    return row[:-1]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_there_is_nothing_to_replace(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(record, "BATCH", 1 + 30 * seed)
    Teller(newsroom, Random(seed), late=30, changes=60).tell(150, batch=8)
    before = rows(newsroom)

    assert rebuild(newsroom.database, STORY) == Rebuilt(len(before), 0)
    assert rows(newsroom) == before


def test_what_was_said_of_a_fact_after_its_takedown_is_nothing_to_replace(newsroom: Newsroom) -> None:
    gone = report("A name", EVENING)
    newsroom.publish(gone)
    newsroom.publish(takedown(gone))
    newsroom.clock.turn(hours=1)
    newsroom.publish(report("Later", newsroom.clock.now))
    newsroom.publish(mark(gone))

    assert rebuild(newsroom.database, STORY).differing == 0


@pytest.mark.parametrize("batch", range(1, 7))
def test_in_whatever_batches_a_takedown_and_a_later_pin_are_read_the_index_is_the_same(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    gone = report("A name", EVENING - timedelta(hours=1))
    newsroom.publish(gone, correction(gone, occurred_at=EVENING), mark(gone, "marked_key"))
    newsroom.publish(takedown(gone))
    newsroom.publish(mark(gone), report("Later"), mark(gone, "unmarked_key"))
    monkeypatch.setattr(record, "BATCH", batch)
    before = rows(newsroom)

    assert rebuild(newsroom.database, STORY) == Rebuilt(6, 0)
    assert rows(newsroom) == before

    execute(newsroom.database, "DELETE FROM fact_version")
    with newsroom.database.writing() as connection:
        fill(connection)

    assert [_without_horizon(row) for row in rows(newsroom)] == [_without_horizon(row) for row in before]
    assert rebuild(newsroom.database, STORY) == Rebuilt(6, 0)


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_what_was_done_to_the_index_is_undone(reports: Newsroom, harm: str) -> None:
    before = rows(reports)
    execute(reports.database, harm)

    assert rebuild(reports.database, STORY) == Rebuilt(99, 1)
    assert rows(reports) == before
    assert rebuild(reports.database, STORY) == Rebuilt(99, 0)


def test_the_digests_are_made_anew(reports: Newsroom) -> None:
    reports.publish(*(report(f"Report {number}") for number in range(101, 301)))
    reports.desk.board(STORY)
    execute(reports.database, "UPDATE digest SET total = '\"nonsense\"'")

    rebuild(reports.database, STORY)

    with reports.database.reading() as connection:
        assert connection.execute(select(digest)).all() == []
    with reports.desk.looking(STORY, PRESENT) as sight:
        assert sight.board == board_of(sight)


def test_one_story_s_index_is_rebuilt_and_no_other_is_touched(reports: Newsroom) -> None:
    other = Newsroom(reports.database, story="another")
    other.publish(opening(), report("Here too"))
    execute(reports.database, "UPDATE fact_version SET until = since + 1")
    before = rows(reports)

    assert rebuild(reports.database, "another") == Rebuilt(1, 1)
    assert [row for row in rows(reports) if row in before] == before[:99]


def test_a_story_without_a_fact_has_an_empty_index(database: Database) -> None:
    Newsroom(database).publish(opening())

    assert rebuild(database, STORY) == Rebuilt(0, 0)


def test_a_story_that_nobody_opened_is_refused(database: Database) -> None:
    with pytest.raises(UnknownStory):
        rebuild(database, "nowhere")


@pytest.mark.parametrize("harm", ["", "DELETE FROM fact_version"], ids=["a sound index", "no index"])
def test_meanwhile_the_story_is_written_and_read(
    reports: Newsroom, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.setattr(record, "BATCH", 30)
    early, told = reports.record()[1].id, list[int]()

    def meanwhile(done: int) -> None:
        told.append(done)
        if len(told) < 4:
            late = report(f"Meanwhile, at {done}")
            reports.publish(late, mark(early), correction(late, data={"body": "As we now know."}))
            assert reports.view(as_of=100).story.version == 100
        if len(told) == 6:
            reports.publish(report("At the last moment"))
        if len(told) == 4:
            reports.publish(takedown(reports.record()[2].id), correction(early, occurred_at=evening("00:30")))

    if harm:
        execute(reports.database, harm)

    rebuild(reports.database, STORY, meanwhile)

    assert told == [30, 60, 90, 106, 109, 111]
    assert len(reports.record()) == 112
    _assert_right(reports)
    assert rebuild(reports.database, STORY).differing == 0


def test_what_many_wrote_and_read_at_once_is_nothing_to_replace(
    reports: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "STRETCH", 16)
    shared = reports.record()[5].id

    def write(thread: int) -> None:
        for number in range(8):
            told = report(f"{thread}: {number}", EVENING - timedelta(seconds=number))
            reports.publish(told, correction(told, occurred_at=EVENING - timedelta(minutes=1 + number)))
            reports.publish(mark(shared, ("marked_key", "unmarked_key")[number % 2]))
            reports.desk.board(STORY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    _assert_right(reports)
    assert rebuild(reports.database, STORY) == Rebuilt(99 + 4 * 8 * 3, 0)


def _assert_right(newsroom: Newsroom) -> None:
    for vantage in (PRESENT, Vantage(as_of=50), Vantage(at=EVENING, as_of=105)):
        with newsroom.desk.looking(STORY, vantage) as sight:
            assert sight.board == board_of(sight)
            assert sight.places(FIRST, END) == [fact.order for fact in known_of(sight)]

"""Many writers at one story: whoever is acknowledged is there once, and whoever lost a race is told."""

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import text

from newsroom import Newsroom, opened, opening, report
from processes import race, start
from timeline.desk import Desk
from timeline.domain.errors import WrongVersion
from timeline.store import record
from timeline.store.audit import audit
from timeline.store.database import Database
from timeline.store.rows import lock_head

THREADS, PROCESSES, EACH = 8, 4, 50

WRITER = """
import json, sys
from newsroom import Newsroom, report
from timeline.store.database import connect

url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
newsroom = Newsroom(connect(url))
sys.stdin.readline()
for number in range(count):
    (recorded,) = newsroom.publish(report(f"{name} {number}"))
    print(json.dumps([str(recorded.id), recorded.version]), flush=True)
newsroom.database.engine.dispose()
"""


def test_what_eight_threads_append_is_there_once(newsroom: Newsroom) -> None:
    def write(thread: int) -> list[tuple[UUID, int]]:
        recorded = (newsroom.publish(report(f"{thread}: {number}"))[0] for number in range(EACH))
        return [(each.id, each.version) for each in recorded]

    with ThreadPoolExecutor(THREADS) as pool:
        acknowledged = [each for written in pool.map(write, range(THREADS)) for each in written]

    assert len(acknowledged) == THREADS * EACH
    _assert_all_there_once(newsroom, acknowledged)


@pytest.mark.long
def test_what_four_processes_append_is_there_once(database_url: str) -> None:
    with opened(database_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        database.engine.dispose()
        writers = [start(WRITER, database_url, f"Writer {number}", str(EACH)) for number in range(PROCESSES)]
        outputs = race(writers)
        acknowledged = [(UUID(id_), version) for output in outputs for id_, version in map(json.loads, output)]

        assert len(acknowledged) == PROCESSES * EACH
        _assert_all_there_once(newsroom, acknowledged)


def test_the_losers_of_a_race_for_a_version_are_told_and_none_is_lost(newsroom: Newsroom) -> None:
    told: list[int] = []

    def write(thread: int) -> list[tuple[UUID, int]]:
        return [_insist(newsroom, f"{thread}: {number}", told) for number in range(10)]

    with ThreadPoolExecutor(THREADS) as pool:
        acknowledged = [each for written in pool.map(write, range(THREADS)) for each in written]

    assert told, "nobody ever lost, so this was no race"
    _assert_all_there_once(newsroom, acknowledged)


def test_on_postgresql_whoever_came_first_writes_first(postgres_url: str) -> None:
    with opened(postgres_url) as database, ThreadPoolExecutor(THREADS) as pool:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        with database.writing() as connection:
            lock_head(connection, newsroom.story)
            written = []
            for number in range(THREADS):
                written.append(pool.submit(newsroom.publish, report(f"{number}")))
                _await(lambda: _waiting(database), number + 1)

        assert [each.result()[0].version for each in written] == list(range(2, THREADS + 2))


def test_of_eight_who_expect_the_same_version_one_wins(newsroom: Newsroom) -> None:
    def attempt(number: int) -> int | None:
        try:
            newsroom.publish(report(f"Number {number}"), expected=1)
        except WrongVersion as refusal:
            return refusal.present
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(attempt, range(THREADS)))

    assert sorted(answers, key=str) == [2] * (THREADS - 1) + [None]
    assert len(newsroom.record()) == 2


def test_a_reader_is_never_shown_half_a_batch(newsroom: Newsroom) -> None:
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(
            lambda: [newsroom.publish(*(report(f"{batch}") for _ in range(5))) for batch in range(10)]
        )
        seen = set()
        while not writing.done():
            seen.add(len(newsroom.view().facts))
        writing.result()

    assert {count % 5 for count in seen} == {0}


def test_a_reader_sees_one_state_of_the_database_though_others_write(newsroom: Newsroom) -> None:
    with newsroom.database.reading() as connection:
        head = record.find_head(connection, newsroom.story)
        newsroom.publish(report("Meanwhile"))

        assert len(list(record.leaves(connection, head))) == head.version
        assert list(audit(connection, head)) == []


def test_two_stories_are_written_side_by_side(database: Database) -> None:
    def write(story: str) -> int:
        newsroom = Newsroom(database, story=story)
        newsroom.publish(opening())
        for number in range(10):
            newsroom.publish(report(f"{number}"))
        return Desk(database).head(story).version

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, ["one", "two", "three", "four"])) == [11] * 4


def _insist(newsroom: Newsroom, headline: str, told: list[int]) -> tuple[UUID, int]:
    """Append at the version last seen, looking again after each refusal, as a careful client does."""
    draft = report(headline)
    while True:
        seen = newsroom.desk.head(newsroom.story).version
        try:
            (recorded,) = newsroom.publish(draft, expected=seen)
        except WrongVersion as refusal:
            told.append(refusal.present)
        else:
            return recorded.id, recorded.version


def _waiting(database: Database) -> int:
    """Return how many wait for their turn."""
    with database.reading() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return int(connection.execute(text(waiting)).scalar_one())


def _await(look: Callable[[], int], wanted: int) -> None:
    until = time.monotonic() + 10
    while look() != wanted:
        assert time.monotonic() < until
        time.sleep(0.005)


def _assert_all_there_once(newsroom: Newsroom, acknowledged: Iterable[tuple[UUID, int]]) -> None:
    record = newsroom.record()
    assert [each.version for each in record] == list(range(1, len(record) + 1))
    assert sorted((each.id, each.version) for each in record[1:]) == sorted(acknowledged)
    assert all(before.recorded_at < after.recorded_at for before, after in pairwise(record))

"""Crashes, full disks and lost databases: an error is told, and nothing acknowledged is missing."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import QueuePool, select, update
from sqlalchemy.exc import IntegrityError

from commands import Shell
from newsroom import Newsroom, opened, opening, report
from processes import finish, start
from timeline.domain.errors import StoreUnavailable
from timeline.store import record, tree
from timeline.store.database import Database, connect
from timeline.store.kept import REST_SECONDS
from timeline.store.tables import fact_version, story

APPENDER = """
import sys
from newsroom import Newsroom, report
from timeline.store.database import connect

newsroom = Newsroom(connect(sys.argv[1]))
for number in range(200):
    (recorded,) = newsroom.publish(report(f"{sys.argv[2]} {number}"))
    print(recorded.id, flush=True)
"""
RUNS = 20

WITHOUT_ROOM = """
import os, resource, sys
from newsroom import Newsroom, headlines, report
from timeline.domain.errors import StoreUnavailable
from timeline.store.database import connect

newsroom = Newsroom(connect(sys.argv[1]))
newsroom.publish(report("There was room"))
before = newsroom.trace()
room, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(sys.argv[2]) + 4096, hard))
refused = 0
for _ in range(3):
    try:
        newsroom.publish(report("There is none", body="x" * 40_000))
    except StoreUnavailable:
        refused += 1
print(refused, newsroom.trace() == before)
resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
newsroom.publish(report("There is room again"))
print(", ".join(headlines(newsroom.view().facts)))
"""


@pytest.mark.long
def test_nothing_acknowledged_is_missing_after_twenty_kills(database_url: str) -> None:
    with opened(database_url) as database:
        Newsroom(database).publish(opening())
    acknowledged: list[UUID] = []

    for run in range(RUNS):
        acknowledged += _append_until_killed(database_url, run)
        with opened(database_url) as database:
            _assert_whole(Newsroom(database), acknowledged)
        assert Shell(database_url).do("doctor").startswith("All is well: 1 story, ")

    assert len(acknowledged) > RUNS, "each run was killed before it began, so this tested nothing"


def test_a_full_disk_is_told_and_once_there_is_room_the_record_goes_on(tmp_path: Path, sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        Newsroom(database).publish(opening())

    lines = finish(start(WITHOUT_ROOM, sqlite_url, str(tmp_path / "timeline.sqlite-wal")))

    assert lines == ["3 True", "There was room, There is room again"]
    with opened(sqlite_url) as database:
        _assert_whole(Newsroom(database), [])


def test_a_connection_lost_while_waiting_for_the_lock_is_told_and_nothing_is_written(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        before = newsroom.trace()
        with _somebody_holding_the_lock(database):
            killer = threading.Thread(target=_terminate_whoever_waits, args=(postgres_url,))
            killer.start()
            with pytest.raises(StoreUnavailable):
                newsroom.publish(report("Never written"))
            killer.join()

        assert newsroom.trace() == before
        assert newsroom.publish(report("Written"))[0].version == 2


def test_connections_lost_while_idle_are_made_anew(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        _terminate(postgres_url, "true")
        time.sleep(REST_SECONDS)

        assert newsroom.publish(report("Written"))[0].version == 2


def test_of_connections_lost_in_use_one_is_told_and_all_are_made_anew(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        with ExitStack() as several:
            for _ in range(4):
                connection = several.enter_context(database.reading())
                record.find_head(connection, newsroom.story)
        _terminate(postgres_url, "true")

        with pytest.raises(StoreUnavailable, match="nothing is acknowledged"):
            newsroom.publish(report("Lost"))
        assert [newsroom.publish(report("Written"))[0].version for _ in range(4)] == [2, 3, 4, 5]


def test_an_sqlite_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path}/gone/timeline.sqlite")
    (tmp_path / "gone").rmdir()

    with pytest.raises(StoreUnavailable, match=r"gone/timeline\.sqlite cannot be opened"), database.reading():
        pass


def test_why_a_connection_was_lost_is_told_in_the_words_of_the_server(postgres_url: str) -> None:
    def read(database: Database) -> None:
        with database.reading() as connection:
            _terminate(postgres_url, "true")
            record.find_head(connection, "nobody")

    with opened(postgres_url) as database, pytest.raises(StoreUnavailable, match="due to administrator command"):
        read(database)


def test_what_is_told_already_is_not_told_again_of_what_fails_after_it(database_url: str) -> None:
    def fail_twice(database: Database) -> None:
        try:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT * FROM one")
        except StoreUnavailable:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT * FROM another")

    with opened(database_url) as database, pytest.raises(StoreUnavailable, match="another"):
        fail_twice(database)


def test_that_all_connections_are_busy_is_told(database_url: str) -> None:
    with opened(database_url) as database, ExitStack() as others:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        pool = database.engine.pool
        assert isinstance(pool, QueuePool)
        pool._timeout = 0.1
        for _ in range(15):
            others.enter_context(database.reading())

        with pytest.raises(StoreUnavailable, match="busy"):
            newsroom.view()


def test_a_server_that_is_not_there_is_told() -> None:
    database = connect("postgresql+psycopg://nobody@/nothing?host=/nowhere")

    with pytest.raises(StoreUnavailable):
        Newsroom(database).view()


def test_a_page_of_a_file_that_cannot_be_read_is_told(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url) as database:
        Newsroom(database).publish(opening(), *(report(f"Report {number} of many") for number in range(300)))
    path = tmp_path / "timeline.sqlite"
    whole = path.read_bytes()
    page = whole.index(b"Report 250 of many") // 4096 * 4096
    path.write_bytes(whole[:page] + bytes(4096) + whole[page + 4096 :])

    with opened(sqlite_url) as database, pytest.raises(StoreUnavailable, match="nothing is acknowledged"):
        Newsroom(database).record()


@pytest.mark.parametrize("count", [1, 2])
def test_an_index_that_cannot_be_written_is_told_and_nothing_is_written(newsroom: Newsroom, count: int) -> None:
    newsroom.publish(told := report("Written"))
    drafts = [report(f"Not yet {number}") for number in range(count)]
    _claim(newsroom, 3)
    before = newsroom.trace()

    with pytest.raises(IntegrityError):
        newsroom.publish(*drafts)

    assert newsroom.trace() == before
    _claim(newsroom, 2)
    newsroom.publish(*drafts)
    assert newsroom.fact(told).status == "standing"


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.sqlite").mkdir()

    with pytest.raises(StoreUnavailable):
        Newsroom(connect(f"sqlite:///{tmp_path / 'folder.sqlite'}")).view()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.sqlite").write_text("Dear editor, " * 1000)

    with pytest.raises(StoreUnavailable):
        Newsroom(connect(f"sqlite:///{tmp_path / 'letter.sqlite'}")).view()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "oracle+x://y"])
def test_an_address_that_names_no_database_of_ours_is_told(url: str) -> None:
    with pytest.raises(StoreUnavailable):
        connect(url)


def _append_until_killed(url: str, run: int) -> list[UUID]:
    """Return the events that a writer had acknowledged when it was killed in the middle of its work."""
    writer = start(APPENDER, url, f"Run {run}")
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(0.15 * run / RUNS)
    os.kill(writer.pid, signal.SIGKILL)
    rest, _ = writer.communicate()
    lines = (first + rest).splitlines(keepends=True)
    return [UUID(line.strip()) for line in lines if line.endswith("\n")]


def _assert_whole(newsroom: Newsroom, acknowledged: list[UUID]) -> None:
    """Assert that a record is contiguous, that its hashes are those of its events, and that nothing is missing."""
    events = newsroom.record()
    with newsroom.database.reading() as connection:
        leaves = list(record.leaves(connection, newsroom.desk.head(newsroom.story)))
        assert connection.execute(select(story.c.version)).scalar_one() == len(events)
    assert [each.version for each in events] == list(range(1, len(events) + 1))
    assert [tree.leaf(each) for each in events] == leaves
    assert set(acknowledged) <= {each.id for each in events}


def _claim(newsroom: Newsroom, version: int) -> None:
    """Have the only row of the index stand where the row of a version belongs."""
    with newsroom.database.writing() as connection:
        connection.execute(update(fact_version).values(since=version))


@contextmanager
def _somebody_holding_the_lock(database: Database) -> Iterator[None]:
    with database.engine.connect() as connection, connection.begin():
        connection.execute(select(story.c.id).with_for_update())
        yield


def _terminate_whoever_waits(url: str) -> None:
    deadline = time.monotonic() + 20
    while not _terminate(url, "wait_event_type = 'Lock'") and time.monotonic() < deadline:
        time.sleep(0.02)


def _terminate(url: str, which: str) -> int:
    """Terminate the other connections to a database of which a condition holds; return how many those were."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        others = f"pid <> pg_backend_pid() AND datname = current_database() AND {which}"
        killed = connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}".encode())
        return len(killed.fetchall())

"""Shredding: what is erased is in no file of the database either, and where that cannot be, it is said."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, make_url, select, text

from newsroom import EVENING, STORY, Newsroom, correction, mark, opened, opening, report, takedown
from timeline.domain.event import Draft
from timeline.store import shredding
from timeline.store.database import Database
from timeline.store.drafts import discard_draft, drafts, save_draft
from timeline.store.people import ANY, Role, create_person
from timeline.store.prepared import execute
from timeline.store.tables import digest

NAME = "Rumpelstiltskin"
TOLD = UUID(int=1)


@pytest.fixture
def told(newsroom: Newsroom) -> Newsroom:
    """A story in which the name stands in an entry, its correction and drafts, long and short, kept and not."""
    newsroom.publish(*(report(f"Plain {number}") for number in range(30)))
    newsroom.publish(report(f"{NAME} is seen", body=f"It was {NAME}. " * 20, id=TOLD))
    newsroom.publish(correction(TOLD, NAME, data={"headline": f"{NAME} was seen", "body": f"{NAME}! " * 2000}))
    writer = create_person(newsroom.database, "Writer", ANY, Role.EDITOR, by="a test", now=EVENING).id
    story = newsroom.desk.head(STORY).id
    for size in (1, 40, 4000):
        kept, dropped = uuid4(), uuid4()
        for words in (f"{NAME} " * size, f"{NAME}s " * (size // 2 + 1)):
            save_draft(newsroom.database, writer, story, kept, TOLD, {"note": words}, EVENING)
            save_draft(newsroom.database, writer, story, dropped, TOLD, {"note": words}, EVENING)
        discard_draft(newsroom.database, writer, dropped)
    save_draft(newsroom.database, writer, story, uuid4(), None, {"headline": "About something else"}, EVENING)
    return newsroom


def test_after_a_takedown_the_name_is_in_no_file_of_the_tables(told: Newsroom) -> None:
    assert _holding(told.database)

    told.publish(takedown(TOLD))

    assert _holding(told.database) == []
    with told.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM draft")).scalar() == 1


def test_after_a_takedown_the_name_is_in_no_digest_of_a_long_story(database: Database) -> None:
    newsroom = _with_key_moments(database, report(f"{NAME} is seen", id=TOLD))
    assert [NAME in each for each in _digests(database)] == [True]

    newsroom.publish(takedown(TOLD))

    assert _holding(database) == []
    assert newsroom.desk.board("harbour") == {"key_moments": []}


@pytest.mark.parametrize("rewritten", [shredding.REWRITTEN, 0], ids=["few events", "too many events"])
def test_after_a_takedown_the_name_is_in_no_file_of_the_digests_of_postgresql(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, rewritten: int
) -> None:
    monkeypatch.setattr(shredding, "REWRITTEN", rewritten)
    with opened(postgres_url) as database:
        newsroom = _with_key_moments(database, report(f"{NAME} is seen", id=TOLD))
        before = _file(database, "digest")
        assert before in _holding(database)

        newsroom.publish(takedown(TOLD))

        assert _file(database, "digest") != before
        assert not {before, _file(database, "digest")} & set(_holding(database))


def test_what_another_entry_says_is_still_there(told: Newsroom) -> None:
    before = [fact for fact in told.view().facts if fact.id != TOLD]

    told.publish(takedown(TOLD))

    assert [fact for fact in told.view().facts if fact.id != TOLD] == before
    assert [each.form for each in drafts(told.database, 1, told.desk.head(STORY).id)] == [
        {"headline": "About something else"}
    ]


def test_a_takedown_waits_for_readers_who_still_see_the_old_text(told: Newsroom) -> None:
    with _somebody_reading(told.database, seconds=0.5):
        told.publish(takedown(TOLD))

    assert _holding(told.database) == []


def test_a_database_too_busy_to_be_asked_is_told_of_and_undoes_nothing(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = create_engine(sqlite_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), caplog.at_level(logging.WARNING):
        shredding.shred(engine)
    engine.dispose()

    assert "erased text is still in the files of the database" in caplog.text
    assert "run `timeline doctor --shred`" in caplog.text


def test_the_planner_of_postgresql_remembers_nothing_of_a_text(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening(), *(report(f"{NAME} {number}") for number in range(50)))
        _with_key_moments(database, *(report(f"{NAME} {number}") for number in range(3)))
        assert [NAME in each for each in _digests(database)] == [True] * 3
        with database.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
            remembered = connection.execute(text("SELECT * FROM pg_stats WHERE schemaname = 'public'")).all()

        assert any(row.attname == "actor" for row in remembered)
        assert NAME not in str(remembered)


@pytest.mark.parametrize("column", ["event.data", "draft.form", "digest.outline", "digest.total"])
def test_postgresql_takes_no_samples_of_what_a_story_says(postgres_url: str, column: str) -> None:
    table, name = column.split(".")
    with opened(postgres_url) as database, database.reading() as connection:
        target = (
            "SELECT attstattarget FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attname = :name"
        )
        assert connection.execute(text(target), {"table": table, "name": name}).scalar_one() == 0


def test_postgresql_s_own_log_keeps_the_text_until_it_is_overwritten(postgres_url: str) -> None:
    """What the README and the report say of it is the truth: no statement of ours reaches it."""
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        name = f"{NAME}-{uuid4()}"  # The log is that of all databases of the server.
        newsroom.publish(opening(), report(f"{name} is seen", id=TOLD))
        newsroom.publish(takedown(TOLD))

        log = Path(str(make_url(postgres_url).query["host"])) / "data" / "pg_wal"
        assert any(name.encode() in path.read_bytes() for path in log.iterdir() if path.is_file())


def test_a_reader_who_does_not_end_is_told_of_and_undoes_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shredding, "READERS_SECONDS", 0.1)
    monkeypatch.setattr(shredding, "LOCK_SECONDS", 1)
    with opened(postgres_url) as database:
        newsroom = _told_once(database)
        with database.reading() as connection, caplog.at_level(logging.WARNING):
            connection.execute(text("SELECT count(*) FROM token")).scalar()
            newsroom.publish(takedown(TOLD))

        assert "a transaction from before still sees it" in caplog.text
        assert newsroom.fact(TOLD).data is None

        database.shred()
        assert _holding(database) == []


def test_a_table_that_cannot_be_rewritten_now_is_told_of_and_undoes_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shredding, "READERS_SECONDS", 0.1)
    monkeypatch.setattr(shredding, "LOCK_SECONDS", 1)
    with opened(postgres_url) as database:
        newsroom = _told_once(database)
        with database.reading() as connection, caplog.at_level(logging.WARNING):
            connection.execute(text("SELECT count(*) FROM draft")).scalar()
            newsroom.publish(takedown(TOLD))

        assert "erased text is still in the files of the database" in caplog.text
        assert "lock timeout" in caplog.text
        assert newsroom.fact(TOLD).data is None
        with database.engine.connect() as connection:
            assert connection.execute(text("SHOW lock_timeout")).scalar() == "0"


def test_too_many_events_are_not_rewritten_while_they_are_read_and_that_is_said(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(postgres_url) as database:
        newsroom = _told_once(database)
        monkeypatch.setattr(shredding, "REWRITTEN", 0)
        with caplog.at_level(logging.WARNING):
            newsroom.publish(takedown(TOLD))

        assert "run `VACUUM FULL event` in a quiet hour" in caplog.text
        with database.connected() as connection:
            execute(connection, "VACUUM FULL event")
        assert _holding(database) == []


def _told_once(database: Database) -> Newsroom:
    newsroom = Newsroom(database)
    newsroom.publish(opening(), report(f"{NAME} is seen", id=TOLD))
    return newsroom


def _with_key_moments(database: Database, *keys: Draft) -> Newsroom:
    """Tell a general story with these key moments, so far apart that each is in a digest, and have its board made."""
    newsroom = Newsroom(database, story="harbour")
    newsroom.publish(opening("general"))
    for key in keys:
        newsroom.publish(key, *(report(f"Boat {number}") for number in range(150)))
    newsroom.publish(*(mark(key, "marked_key") for key in keys))
    newsroom.desk.board("harbour")
    return newsroom


def _digests(database: Database) -> list[str]:
    """Return what the stretches of stories come to, as it is kept."""
    with database.reading() as connection:
        return list(connection.execute(select(digest.c.total)).scalars())


def _file(database: Database, table: str) -> Path:
    """Return the file of a table on PostgreSQL."""
    with database.reading() as connection:
        path = connection.execute(text("SELECT pg_relation_filepath(:table)"), {"table": table}).scalar_one()
    return Path(str(make_url(str(database.engine.url)).query["host"]), "data", path)


def _holding(database: Database) -> list[Path]:
    """Return the files that hold the name: on SQLite its log among them, on PostgreSQL those of our tables."""
    if database.is_sqlite:
        found = list(Path(str(database.engine.url.database)).parent.iterdir())
    else:
        data = Path(str(make_url(str(database.engine.url)).query["host"])) / "data"
        with database.engine.begin() as connection:
            connection.execute(text("CHECKPOINT"))
            here = "SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()"
            found = list((data / str(connection.execute(text(here)).scalar_one())).iterdir())
    return [path for path in found if NAME.encode() in path.read_bytes()]


@contextmanager
def _somebody_reading(database: Database, seconds: float) -> Iterator[None]:
    """Let somebody hold on to a state of the database for a while."""
    reading, end = Event(), Event()

    def read() -> None:
        with database.reading() as connection:
            connection.execute(text("SELECT count(*) FROM event")).scalar()
            reading.set()
            end.wait(seconds)

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        reading.wait()
        yield
        reader.result()

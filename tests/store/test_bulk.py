"""Rows by the thousand: stored as one by one, refused as one by one, and none of them slower for those before it."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from newsroom import EVENING, Newsroom, opened, opening
from timeline.domain.errors import StoreUnavailable
from timeline.domain.moments import parse_moment
from timeline.store.bulk import insert_many
from timeline.store.database import Database
from timeline.store.tables import event, story

ODD = [
    "",
    " ",
    "“Zoë” 李安 😀",
    "\\N",
    "\\.",
    "\\",
    "a\tb\nc\rd\x1f\x7f\u2028",
    "'\"', (NULL); --",
    "NULL",
    "{}",
    "%s ?",
]
"""Texts that mean something to those who copy them, or nothing at all."""
MOMENTS = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2025-03-03T01:00:00.000001Z",
    "9999-12-31T23:59:59Z",
]
ROWS = 300


def test_rows_written_in_bulk_are_stored_as_rows_written_one_by_one(database: Database) -> None:
    with database.writing() as connection:
        bulk, single = _story(connection, "in-bulk"), _story(connection, "one-by-one")
        insert_many(connection, event, [dict(reversed(row.items())) for row in _rows(bulk)])
        for row in _rows(single):
            connection.execute(insert(event), row)

    assert len(_stored(database, bulk)) == ROWS
    assert _stored(database, bulk) == _stored(database, single)


def test_rows_written_in_bulk_are_read_as_they_were_given(database: Database) -> None:
    with database.writing() as connection:
        id_ = _story(connection, "in-bulk")
        insert_many(connection, event, _rows(id_))

    with database.reading() as connection:
        read = connection.execute(select(event).order_by(event.c.version)).mappings()
        assert [dict(row) for row in read] == _rows(id_)


@pytest.mark.parametrize("size", [1, 99, 100])
def test_few_rows_are_written_too(database: Database, size: int) -> None:
    with database.writing() as connection:
        id_ = _story(connection, "in-bulk")
        insert_many(connection, event, _rows(id_)[:size])

    assert len(_stored(database, id_)) == size


def test_a_row_that_is_there_already_is_refused_as_ever_and_with_it_all(database: Database) -> None:
    with database.writing() as connection:
        id_ = _story(connection, "in-bulk")
    rows = _rows(id_)
    rows[-1] |= {"id": rows[0]["id"]}

    with pytest.raises(IntegrityError), database.writing() as connection:
        insert_many(connection, event, rows)

    assert _stored(database, id_) == []


def test_triggers_see_the_rows(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        with database.writing() as connection:
            id_ = _story(connection, "in-bulk")
            refusing = "CREATE TRIGGER none BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            connection.execute(text(refusing))

        with (
            pytest.raises(DBAPIError, match="INSERT of event is refused"),
            database.engine.begin() as connection,
        ):
            insert_many(connection, event, _rows(id_))


def test_a_connection_lost_on_the_way_is_told_and_nothing_is_written(postgres_url: str) -> None:
    def write(database: Database) -> None:
        with database.writing() as connection:
            id_ = _story(connection, "in-bulk")
            _terminate(postgres_url, connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
            insert_many(connection, event, _rows(id_))

    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        before = newsroom.trace()

        with pytest.raises(StoreUnavailable, match="nothing is acknowledged"):
            write(database)

        assert newsroom.trace() == before


def test_what_much_writing_is_granted_ends_with_it(database: Database) -> None:
    def granted(connection: Connection) -> object:
        asked = "PRAGMA cache_size" if database.is_sqlite else "SHOW plan_cache_mode"
        return connection.execute(text(asked)).scalar_one()

    with database.reading() as connection:
        before = granted(connection)
    with database.writing_much() as connection:
        during = granted(connection)

    for _ in range(3):
        with database.writing() as connection:
            assert granted(connection) == before != during


def test_a_plan_made_for_an_empty_table_is_not_kept(postgres_url: str) -> None:
    """It would look at every row for each that is asked for, and an import of n events would take n² steps."""
    prepared = "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE '%event.fact =%'"
    with opened(postgres_url) as database, database.writing_much() as connection:
        id_ = _story(connection, "in-bulk")
        for number in range(30):
            connection.execute(select(event.c.version).where(event.c.fact == UUID(int=number), event.c.story == id_))

        assert connection.execute(text(prepared)).scalars().all() == [0]


def _story(connection: Connection, slug: str) -> int:
    row = {"slug": slug, "kind": "general", "version": 0, "recorded_at": EVENING}
    return int(connection.execute(insert(story).values(row).returning(story.c.id)).scalar_one())


def _rows(id_: int) -> list[dict[str, Any]]:
    """Return rows of a story with each odd text, each moment, and everything missing that may be missing."""
    return [_row(id_, number, ODD[number % len(ODD)], MOMENTS[number % len(MOMENTS)]) for number in range(ROWS)]


def _row(id_: int, number: int, odd: str, moment: str) -> dict[str, Any]:
    return {
        "story": id_,
        "version": number + 1,
        "id": UUID(int=number),
        "type": odd,
        "schema": 1,
        "occurred_at": parse_moment(moment),
        "precision": "minute",
        "recorded_at": parse_moment(moment),
        "actor": odd,
        "source": odd if number % 2 else None,
        "fact": UUID(int=2**128 - 1 - number) if number % 3 else None,
        "data": odd if number % 5 else None,
        "salt": bytes(range(number % 256)) if number % 5 else None,
        "commitment": odd.encode(),
        "leaf": bytes([number % 256] * 32),
    }


def _stored(database: Database, id_: int) -> list[tuple[Any, ...]]:
    """Return a story's rows without the story as the driver gives them, on SQLite with the type of each value."""
    names = [f'"{column.name}"' for column in event.c if column.name != "story"]
    types = [f"typeof({name})" for name in names] if database.is_sqlite else []
    query = f"SELECT {', '.join(names + types)} FROM event WHERE story = {id_} ORDER BY version"
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def _terminate(url: str, backend: int) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])

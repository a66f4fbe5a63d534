"""Kept connections: one waits for whoever comes next, and is no more in the way than any other."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Connection, create_engine, text

from newsroom import opened
from timeline.domain.errors import StoreUnavailable, UnknownStory
from timeline.store.database import Database
from timeline.store.kept import REST_SECONDS
from timeline.store.prepared import execute


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Lend a database on PostgreSQL."""
    with opened(postgres_url) as database:
        yield database


def test_one_connection_is_kept_for_whoever_comes_next(database: Database) -> None:
    with database.committing_each() as first:
        pass
    with database.committing_each() as second:
        pass

    assert second is first


def test_who_comes_while_it_is_lent_has_another_and_one_is_kept(database: Database) -> None:
    with ExitStack() as several:
        backends = {_backend(several.enter_context(database.committing_each())) for _ in range(4)}

    assert len(backends) == 4
    assert _lent(database) == 1


def test_each_statement_is_a_transaction(database: Database) -> None:
    with database.committing_each() as connection:
        numbers = [execute(connection, "SELECT pg_current_xact_id()::text").fetchone() for _ in range(2)]

    assert numbers[0] != numbers[1]


def test_what_a_rule_refuses_leaves_a_good_connection_in_the_pool(database: Database) -> None:
    with pytest.raises(UnknownStory), database.committing_each():
        raise UnknownStory("night")

    assert _lent(database) == 0
    with database.committing_each() as connection:
        assert _backend(connection)


def test_a_connection_that_was_cut_while_it_rested_is_replaced(database: Database) -> None:
    with database.committing_each() as connection:
        backend = _backend(connection)
    _cut(database, backend)
    time.sleep(REST_SECONDS)

    with database.committing_each() as connection:
        assert _backend(connection) != backend


def test_a_connection_that_was_cut_in_use_is_told_once(database: Database) -> None:
    with database.committing_each() as connection:
        backend = _backend(connection)
    _cut(database, backend)

    with pytest.raises(StoreUnavailable, match="nothing is acknowledged"), database.committing_each() as connection:
        _backend(connection)
    with database.committing_each() as connection:
        assert _backend(connection) != backend


def test_it_is_closed_when_all_are(database: Database) -> None:
    with database.committing_each() as connection:
        driver = connection.connection.driver_connection
    assert driver is not None

    database.engine.dispose()

    assert driver.closed
    with database.committing_each() as connection:
        assert connection.connection.driver_connection is not driver


def _backend(connection: Connection) -> int:
    number: int
    (number,) = execute(connection, "SELECT pg_backend_pid()").fetchone()
    return number


def _cut(database: Database, backend: int) -> None:
    other = create_engine(database.engine.url)
    with other.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
    other.dispose()


def _lent(database: Database) -> int:
    pool = database.engine.pool
    return int(pool.checkedout())  # type: ignore[attr-defined]  # Of the pool that there is by default.

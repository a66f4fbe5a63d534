"""The database: how it is opened, read and written, and what its failures are called."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from timeline.domain.errors import StoreUnavailable
from timeline.store.bulk import copy_in
from timeline.store.ends import Ends
from timeline.store.kept import REST_SECONDS, Kept
from timeline.store.prepared import execute, pipeline
from timeline.store.shredding import shred

BUSY_SECONDS: Final = 30
"""How long a writer waits for the others."""
_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ"
_WRITING: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
CUSTOM_PLANS: Final = "SET LOCAL plan_cache_mode = force_custom_plan"
_CACHE: Final = 128 * 1024
"""KiB of an SQLite file that much writing holds in memory: new ids fall anywhere in its indexes."""


@dataclass(frozen=True, slots=True)
class Database:
    """An SQLite file or a PostgreSQL database."""

    engine: Engine
    kept: Kept = field(compare=False, repr=False)
    ends: Ends = field(default_factory=Ends, compare=False, repr=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database. Raises StoreUnavailable."""
        with self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, *, waits: bool = True) -> Iterator[Connection]:
        """Open a transaction that may write; on SQLite it waits here until it is the only one that does.

        Leaving it without an error is the promise that everything in it is on disk. Raises StoreUnavailable; where
        it is not to wait for anybody else who writes, at once.
        """
        with self._transaction(_with(self.engine, writes=True, waits=waits)) as connection:
            if not waits and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
            yield connection

    @contextmanager
    def pipelining(self) -> Iterator[Connection]:
        """Open a transaction as `writing` does, for prepared statements alone, which PostgreSQL gets many at a time.

        Whoever waits for a story's lock waits for two messages then, not for six. That a statement has failed may be
        told by a later one, at the latest in the end. Raises StoreUnavailable.
        """
        if self.is_sqlite:
            with self.writing() as connection:
                yield connection
        else:
            with self._told(), _with(self.engine, writes=True).connect() as connection, pipeline(connection):
                connection.begin()
                yield connection
                connection.commit()

    @contextmanager
    def trying(self) -> Iterator[Connection]:
        """Open a transaction as `writing` does, and undo it in the end. Raises StoreUnavailable."""
        with self.writing() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Lend a connection for several transactions. Raises StoreUnavailable."""
        with self._told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def committing_each(self) -> Iterator[Connection]:
        """Lend a connection to PostgreSQL on which each statement is a transaction. Raises StoreUnavailable."""
        with self._told(), self.kept.lend() as connection:
            yield connection

    @contextmanager
    def writing_much(self) -> Iterator[Connection]:
        """Open a transaction as `writing` does, in which the millionth row takes as long as the first."""
        with self.writing() as connection:
            if self.is_sqlite:
                connection.detach()  # The memory goes with the connection.
                connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE}")
            else:
                # No statistics are taken of rows that are not committed: a plan that was made for an empty table, and
                # kept, would walk through all of it.
                connection.exec_driver_sql(CUSTOM_PLANS)
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with self._told(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say of what the database refuses that nothing is acknowledged."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            why: object = _first(error).orig
            if getattr(why, "sqlite_errorname", "").startswith("SQLITE_CANTOPEN"):  # It does not say which, nor why.
                path = self.engine.url.database
                why = f"{path} cannot be opened; SQLite must be able to write in its folder, to read it, too"
            raise StoreUnavailable(f"the database failed, nothing is acknowledged: {why}") from error
        except PoolTimeout as error:
            raise StoreUnavailable("all connections to the database are busy, nothing is acknowledged") from error

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def shred(self) -> None:
        """Leave no erased text behind in the files, as far as that is in our power. Nothing is raised."""
        shred(self.engine)


@lru_cache
def _with(engine: Engine, **options: Any) -> Engine:
    """Return an engine with options; to make one anew for each transaction would take as long as a statement."""
    return engine.execution_options(**options)


def _first(error: DBAPIError) -> DBAPIError:
    """Return what failed first: that nothing can be rolled back any more does not say why."""
    first, before = error, error.__context__
    while before and not isinstance(before, StoreUnavailable):  # That is told already.
        first, before = (before if isinstance(before, OperationalError) else first), before.__context__
    return first


def connect(url: str) -> Database:
    """Open the database that an SQLAlchemy URL names; an SQLite file's folder is made if it is missing.

    Raises StoreUnavailable for a URL that names none.
    """
    try:
        parsed = make_url(url)
        match parsed.get_backend_name():
            case "sqlite":
                engine = _sqlite(url, parsed.database)
            case "postgresql":
                engine = _postgresql(url)
            case other:
                raise StoreUnavailable(f"a database of kind {other} is not supported: use sqlite or postgresql")
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise StoreUnavailable(f"the database cannot be opened: {error}") from error
    return Database(engine, Kept(engine))


def _postgresql(url: str) -> Engine:
    # psycopg commits each statement, unless SQLAlchemy has begun a transaction.
    engine = create_engine(url, hide_parameters=True, connect_args={"autocommit": True})
    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "do_executemany", copy_in)
    event.listen(engine, "checkout", partial(_wake, engine.dialect))
    return engine


def _wake(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Ask a connection whether it is still good; one that was lent a moment ago need not be asked."""
    now = time.monotonic()
    if now - record.info.get("lent_at", now) > REST_SECONDS and not _answers(dialect, connection):
        raise DisconnectionError
    record.info["lent_at"] = now


def _answers(dialect: Dialect, connection: Any) -> bool:
    try:
        return dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error:
        return False


def _sqlite(url: str, path: str | None) -> Engine:
    if not path or path == ":memory:":
        raise StoreUnavailable("an SQLite database must be a file: sqlite:///folder/timeline.sqlite")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN, not the driver's guess at one.
    _log_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")  # Acknowledged is durable.
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # A takedown leaves no bytes in freed pages.


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new file to write-ahead logging; SQLite itself does not wait for somebody who does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _begin_postgresql(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(_WRITING if writes else _READING)


def _begin_sqlite(connection: Connection) -> None:
    """Take SQLite's write lock before the first read: a plain BEGIN that reads and then writes fails at once."""
    options = connection.get_execution_options()
    if not options.get("writes", False):
        execute(connection, "BEGIN")
    elif options.get("waits", True):
        execute(connection, "BEGIN IMMEDIATE")
    else:
        _begin_at_once(connection)


def _begin_at_once(connection: Connection) -> None:
    execute(connection, "PRAGMA busy_timeout = 0")
    try:
        execute(connection, "BEGIN IMMEDIATE")
    finally:
        execute(connection, f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")

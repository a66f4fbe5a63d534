"""The database: how it is opened, read and written, and what its failures are called."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from timeline.domain.errors import StoreUnavailable
from timeline.store.shredding import shred

BUSY_SECONDS: Final = 30
"""How long a writer waits for the others."""


@dataclass(frozen=True, slots=True)
class Database:
    """An SQLite file or a PostgreSQL database."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database. Raises StoreUnavailable."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._transaction(self.engine.execution_options(**options)) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that may write; on SQLite it waits here until it is the only one that does.

        Leaving it without an error is the promise that everything in it is on disk. Raises StoreUnavailable.
        """
        with self._transaction(self.engine.execution_options(writes=True)) as connection:
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise StoreUnavailable(f"the database failed, nothing is acknowledged: {error.orig}") from error
        except PoolTimeout as error:
            raise StoreUnavailable("all connections to the database are busy, nothing is acknowledged") from error

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def shred(self) -> None:
        """Leave no erased text behind in the files, as far as that is in our power. Nothing is raised."""
        shred(self.engine)


def connect(url: str) -> Database:
    """Open the database that an SQLAlchemy URL names; an SQLite file's folder is made if it is missing.

    Raises StoreUnavailable for a URL that names none.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return Database(_sqlite(url, parsed.database))
        if parsed.get_backend_name() == "postgresql":
            return Database(
                create_engine(url, hide_parameters=True, pool_pre_ping=True, isolation_level="READ COMMITTED")
            )
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise StoreUnavailable(f"the database cannot be opened: {error}") from error
    raise StoreUnavailable(
        f"a database of kind {parsed.get_backend_name()} is not supported: use sqlite or postgresql"
    )


def _sqlite(url: str, path: str | None) -> Engine:
    if not path or path == ":memory:":
        raise StoreUnavailable("an SQLite database must be a file: sqlite:///folder/timeline.sqlite")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
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


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock before the first read: a plain BEGIN that reads and then writes fails at once."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

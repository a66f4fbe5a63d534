"""A kept connection: to borrow one from the pool and to give it back takes longer than much of what it is asked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

REST_SECONDS: Final = 1.0
"""So long after it was last lent, a connection to PostgreSQL may have been cut without our knowing."""


class Kept:
    """A connection that waits for whoever comes next; who comes while it is lent borrows another from the pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._resting: tuple[Connection, float] | None = None
        self._lock = Lock()
        event.listen(engine, "engine_disposed", self._drop)

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Lend a connection outside any transaction, for prepared statements alone. Raises as SQLAlchemy does."""
        connection = self._wake() or self._engine.connect()
        try:
            yield connection
        except BaseException as why:
            _give_back(connection, why)
            raise
        replaced = self._swap((connection, time.monotonic()))
        if replaced:
            replaced[0].close()

    def _wake(self) -> Connection | None:
        resting = self._swap(None)
        if resting is None:
            return None
        connection, since = resting
        if time.monotonic() - since < REST_SECONDS:
            return connection
        connection.close()  # The pool asks it whether it is still good.
        return None

    def _swap(self, resting: tuple[Connection, float] | None) -> tuple[Connection, float] | None:
        with self._lock:
            before, self._resting = self._resting, resting
        return before

    def _drop(self, _: Engine) -> None:
        resting = self._swap(None)
        if resting:
            resting[0].invalidate()
            resting[0].close()


def _give_back(connection: Connection, why: BaseException) -> None:
    """Give a connection back to the pool on which something went wrong."""
    try:
        if isinstance(why, DBAPIError):
            connection.begin().rollback()  # Whereupon SQLAlchemy drops all, if this one is lost.
        elif not isinstance(why, Exception):
            connection.invalidate()  # Whoever is told to stop does not wait for what is under way.
    finally:
        connection.close()

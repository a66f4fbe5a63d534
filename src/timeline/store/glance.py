"""A glance at where records end: the cheapest question that a database can be asked, and a true answer to it."""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import NullPool, PoolProxiedConnection, create_pool_from_url, event
from sqlalchemy.exc import SQLAlchemyError

from timeline.domain.errors import StoreUnavailable
from timeline.store.database import Database


@dataclass(eq=False, slots=True)
class _Look:
    """A look that nobody has begun yet, and then what it has seen: `heads` is None if it has failed."""

    wanted: set[str] = field(default_factory=set)
    asked: frozenset[str] = frozenset()
    heads: dict[str, tuple[str, int]] | None = None


class Glance:
    """A connection that asks nothing else, in the driver's own words and outside any transaction.

    What is on record now can be seen without more, which would cost many times as much. Whoever comes while somebody
    looks waits for the next look, which is one for all of them: it begins after they came.
    """

    def __init__(self, database: Database) -> None:
        self._errors: Any = database.engine.dialect.loaded_dbapi.Error
        self._mark = "?" if database.is_sqlite else "%s"
        alone: dict[str, Any] = {"isolation_level": None} if database.is_sqlite else {"autocommit": True}
        self._pool = create_pool_from_url(database.engine.url, poolclass=NullPool, connect_args=alone)
        self._connection: PoolProxiedConnection | None = None
        self._is_closed = False
        self._next = _Look()
        self._lock = threading.Lock()
        event.listen(database.engine, "engine_disposed", self._close)

    def __call__(self, slugs: Collection[str]) -> dict[str, tuple[str, int]]:
        """Return the kind and the present version of each of these stories; unknown ones are left out.

        Raises StoreUnavailable.
        """
        while True:
            look = self._next
            look.wanted.update(slugs)
            with self._lock:
                if look is self._next:
                    self._next = _Look()
                    self._take(look)
            if look.asked.issuperset(slugs):  # Not if it began just before they were added.
                break
        if look.heads is None:
            raise StoreUnavailable("the database cannot be seen")
        return {slug: look.heads[slug] for slug in slugs if slug in look.heads}

    def _take(self, look: _Look) -> None:
        look.asked = frozenset(look.wanted)
        marks = ", ".join([self._mark] * len(look.asked))
        query = f"SELECT slug, kind, version FROM story WHERE slug IN ({marks})"  # noqa: S608 - of marks alone.
        try:
            look.heads = {slug: (kind, version) for slug, kind, version in self._ask(query, tuple(look.asked))}
        except (self._errors, SQLAlchemyError):
            self._hang_up()  # The next look has a new connection.
        if self._is_closed:
            self._hang_up()

    def _ask(self, query: str, values: tuple[str, ...]) -> Iterable[tuple[str, str, int]]:
        if self._connection is None:
            self._connection = self._pool.connect()
        driver: Any = self._connection.driver_connection
        rows: list[tuple[str, str, int]] = driver.execute(query, values).fetchall()
        return rows

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def _close(self, _: object) -> None:
        with self._lock:
            self._is_closed = True
            self._hang_up()

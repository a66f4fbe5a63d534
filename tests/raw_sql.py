"""SQL that goes past our code, aimed at the record and at what follows from it."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from timeline.store.database import Database


def assert_refused(database: Database, statement: str, what: str = "") -> None:
    """Expect a statement to fail because of a trigger, and every row to be as it was."""
    before = _rows(database)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(database, statement)
    assert _rows(database) == before, what or statement


def execute(database: Database, statements: str) -> None:
    """Execute statements, in one transaction."""
    with database.engine.begin() as connection:
        for statement in statements.split("; "):
            connection.execute(text(statement))


def _rows(database: Database) -> list[tuple[Any, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT * FROM event ORDER BY story, version"))]

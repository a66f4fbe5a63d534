"""What a piece of work costs a database: the statements, how they are planned, and the instructions of SQLite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, text

from timeline.store.database import Database


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """Lend a list of the statements that are executed in the meantime."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def plan(connection: Connection, read: Callable[[Connection], object]) -> str:
    """Return the plan of the last statement that a read executes."""
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        statements.append((statement, parameters))

    event.listen(connection.engine, "before_cursor_execute", note)
    read(connection)
    event.remove(connection.engine, "before_cursor_execute", note)
    statement, parameters = statements[-1]
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())


def steps(database: Database, work: Callable[[], object]) -> int:
    """Return how many instructions SQLite's machine takes for a piece of work, in tens."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 10)

    event.listen(database.engine, "checkout", watch)
    work()
    event.remove(database.engine, "checkout", watch)
    return taken


def take_statistics(database: Database) -> None:
    """Let the database look at its tables, as PostgreSQL does by itself after a while."""
    with database.writing() as connection:
        connection.execute(text("ANALYZE"))

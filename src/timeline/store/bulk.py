"""Bulk: how rows go into the database by the thousand."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, Table, insert

from timeline.store.prepared import Prepared, writer

MANY: Final = 100
"""So many rows are worth the preparation."""
_COPY: Final = "COPY "


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, each as SQLAlchemy stores it. Raises as SQLAlchemy does.

    On PostgreSQL they are copied in, which fires triggers and checks constraints as an INSERT does.
    """
    if len(rows) < MANY:
        _insertion(table).run(connection, *rows)
        return
    dialect = connection.dialect
    columns = [column for column in table.c if column.key in rows[0]]
    statement = _copying if dialect.name == "postgresql" else _inserting
    values = zip(*(_values(column, dialect, rows) for column in columns), strict=True)
    connection.exec_driver_sql(statement(dialect, table, columns), list(values))


def copy_in(cursor: Any, statement: str, rows: Iterable[Sequence[Any]], _: object) -> bool:
    """Execute a COPY with its rows where SQLAlchemy would execute an INSERT with each: psycopg has a call of its own.

    Listens to the event `do_executemany`, so that SQLAlchemy logs it, and tells its errors, as of any statement.
    """
    if not statement.startswith(_COPY):
        return False
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    return True


@cache
def _insertion(table: Table) -> Prepared:
    return Prepared(insert(table))


def _inserting(dialect: Dialect, table: Table, columns: Sequence[Column[Any]]) -> str:
    return str(insert(table).compile(dialect=dialect, column_keys=[column.key for column in columns]))


def _copying(dialect: Dialect, table: Table, columns: Sequence[Column[Any]]) -> str:
    written = dialect.identifier_preparer
    names = ", ".join(map(written.format_column, columns))
    return f"{_COPY}{written.format_table(table)} ({names}) FROM STDIN"


def _values(column: Column[Any], dialect: Dialect, rows: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
    """Return a column's values as SQLAlchemy gives them to the driver."""
    values = [row[column.key] for row in rows]
    process = writer(column.type, dialect)
    return values if process is None else map(process, values)

"""Prepared statements: compiled once, then given straight to the driver, for what is asked all the time.

SQLAlchemy finds out anew at each execution what it has compiled, and how values are written and read, which takes
several times as long as most of our statements do. Here it writes them, and is not asked again.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    LargeBinary,
    SelectBase,
    Text,
    TypeDecorator,
    Update,
    bindparam,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
"""A statement's parameters by their names."""


class Prepared:
    """A statement; it raises SQLAlchemy's errors, and those hear of it who listen to `before_cursor_execute`."""

    def __init__(self, statement: SelectBase | Insert | Update | Delete) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def all(self, connection: Connection, values: Values) -> list[Any]:
        """Return the rows, tuples whose places have the columns' names."""
        written = self._for(connection.dialect)
        cursor = execute(connection, written.text, written.parameters(values))
        try:
            return written.rows(cursor.fetchall())
        except connection.dialect.loaded_dbapi.Error as why:
            raise _as_told(connection, written.text, why) from why

    def first(self, connection: Connection, values: Values) -> Any | None:
        """Return the first row; None if there is none."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def scalars(self, connection: Connection, values: Values) -> list[Any]:
        """Return the first column."""
        return [row[0] for row in self.all(connection, values)]

    def scalar(self, connection: Connection, values: Values) -> Any | None:
        """Return the first row's first column; None if there is none."""
        row = self.first(connection, values)
        return None if row is None else row[0]

    def run(self, connection: Connection, *many: Values) -> None:
        """Execute what returns no rows, once for each of these values."""
        written = self._for(connection.dialect)
        parameters = [written.parameters(values) for values in many]
        if len(parameters) == 1:
            execute(connection, written.text, parameters[0])
        elif parameters:
            execute(connection, written.text, parameters, many=True)

    def count(self, connection: Connection, values: Values) -> int:
        """Execute what returns no rows, and return how many it wrote."""
        written = self._for(connection.dialect)
        return int(execute(connection, written.text, written.parameters(values)).rowcount)

    def _for(self, dialect: Dialect) -> "_Written":
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = _Written(self._statement, dialect)
        return written


def execute(connection: Connection, text: str, parameters: Any = (), *, many: bool = False) -> Any:
    """Give the driver a statement in its own words, once or for many parameters, and return its cursor.

    Raises DBAPIError.
    """
    cursor = connection.connection.cursor()
    for listen in connection.engine.dispatch.before_cursor_execute:
        listen(connection, cursor, text, parameters, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(text, parameters)
    except connection.dialect.loaded_dbapi.Error as why:
        raise _as_told(connection, text, why) from why
    return cursor


def _as_told(connection: Connection, text: str | None, why: Exception) -> BaseException:
    """Return an error of the driver's as SQLAlchemy tells it."""
    return DBAPIError.instance(text, None, why, connection.dialect.loaded_dbapi.Error, hide_parameters=True)


@contextmanager
def pipeline(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL sent what returns no rows together with what comes next; an error may be told by that.

    Only prepared statements are executed within: SQLAlchemy looks at once at what came of its own. Raises DBAPIError.
    """
    driver: Any = connection.connection.dbapi_connection
    failures: list[BaseException] = []
    try:
        with driver.pipeline():
            try:
                yield
            except BaseException as why:  # noqa: BLE001 — raised below: to end a pipeline tells of its errors, too.
                failures.append(why)
                if not isinstance(why, Exception):
                    connection.invalidate()  # Whoever is told to stop does not wait for what is under way.
    except connection.dialect.loaded_dbapi.Error as why:
        failures.append(_as_told(connection, None, why))
    if failures:
        with suppress(connection.dialect.loaded_dbapi.Error):
            driver.rollback()  # A COMMIT that came after an error was not executed.
        raise failures[0]


class _Written:
    """A statement as a database wants it, and how values are given to its driver and taken from it."""

    def __init__(self, statement: SelectBase | Insert | Update | Delete, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 — whatever is no DDL.
        columns = list(statement.selected_columns) if isinstance(statement, SelectBase) else []
        self.text = str(compiled)
        self._is_positional = compiled.positional
        self._order = compiled.positiontup or list(compiled.params)
        self._given = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
        writers = {name: writer(compiled.binds[name].type, dialect) for name in compiled.params}
        readers = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns]
        self._writers = [(name, write) for name, write in writers.items() if write]
        self._readers = [(place, read) for place, read in enumerate(readers) if read]
        self._row = _row([str(each.key) for each in columns])

    def parameters(self, values: Values) -> Any:
        given = {**self._given, **values}
        for name, write in self._writers:
            given[name] = write(given[name])
        if self._is_positional:
            return tuple([given[name] for name in self._order])
        return {name: given[name] for name in self._order}

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        columns: list[Any] = list(zip(*found, strict=True))
        for place, read in self._readers if columns else ():
            columns[place] = map(read, columns[place])
        return list(map(self._row, *columns)) if columns else []


def _row(names: Sequence[str]) -> Callable[..., Any]:
    return namedtuple("Row", names, rename=True)


class OneOf(ColumnElement[bool]):
    """The condition that a column is one of the values in a list parameter, however long: the text stays the same."""

    inherit_cache = False  # Only what is prepared is made of it.
    type = Boolean()

    def __init__(self, column: Column[Any], name: str) -> None:
        self.column = column
        self.values = bindparam(name, type_=_List(column.type))

    def self_group(self, against: object = None) -> "OneOf":
        """Stand beside other conditions as it is: SQLite would not use an index for what is compared with true."""
        return self


@compiles(OneOf, "sqlite")
def _one_of_sqlite(one: OneOf, compiler: SQLCompiler, **_: Any) -> str:
    return f"{compiler.process(one.column)} IN (SELECT value FROM json_each({compiler.process(one.values)}))"  # noqa: S608 — of SQLAlchemy's making.


@compiles(OneOf, "postgresql")
def _one_of_postgresql(one: OneOf, compiler: SQLCompiler, **_: Any) -> str:
    return f"{compiler.process(one.column)} = ANY({compiler.process(one.values)})"


class _List(TypeDecorator[Sequence[Any]]):
    """Values of one type: an array on PostgreSQL, JSON on SQLite."""

    impl = Text

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self._item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self._item) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        write = writer(self._item, dialect) or (lambda each: each)
        values = [write(each) for each in value or ()]
        return values if dialect.name == "postgresql" else json.dumps(values)


def writer(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return how a value of a type is given to the driver; None if as it is."""
    if isinstance(type_, LargeBinary):  # Both drivers take bytes as they are, which is all that it sees to.
        return None
    return type_.dialect_impl(dialect).bind_processor(dialect)

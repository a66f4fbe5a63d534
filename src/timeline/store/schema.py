"""The schema: made and moved forward by Alembic's migrations, and compared with what the code needs."""

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from timeline.domain.errors import SchemaMismatch
from timeline.places import MIGRATIONS
from timeline.store.database import Database

TRIGGERS: Final = {
    "sqlite": {"event_is_not_changed", "event_is_not_removed", "event_is_not_replaced", "story_is_not_removed"},
    "postgresql": {
        "event_is_not_changed",
        "event_is_not_truncated",
        "story_is_not_removed",
        "story_is_not_truncated",
    },
}
"""What must guard the record, by dialect."""

_UPDATES: Final = (
    "UPDATE event SET actor = 'nobody' WHERE version = 1",
    "UPDATE event SET data = NULL, salt = NULL WHERE version = 1",
    "DELETE FROM event WHERE version = 1",
)
_FORBIDDEN: Final = {
    "sqlite": (*_UPDATES, "INSERT OR REPLACE INTO event SELECT * FROM event WHERE version = 1"),
    "postgresql": _UPDATES,
}
_LOCK: Final = 0x71E7
_LIST: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'",
}


def migrate(database: Database) -> bool:
    """Bring the database to the newest revision, in one transaction; return whether there was anything to do.

    Raises SchemaMismatch for a database that is newer than this code.
    """
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        revision = _revision(connection)
        _refuse_newer(revision)
        if revision == _newest():
            return False
        command.upgrade(_config(connection), "head")
        return True


def prepare(database: Database) -> bool:
    """Migrate a new database, accept a present one, refuse any other; return whether it was new.

    Raises SchemaMismatch with the command to run.
    """
    with database.reading() as connection:
        revision = _revision(connection)
        is_new = revision is None and not inspect(connection).get_table_names()
    if is_new:
        return migrate(database)
    _refuse_newer(revision)
    if revision != _newest():
        raise SchemaMismatch(
            f"the database is at revision {revision or 'none'}, this code needs {_newest()}: run `timeline migrate`"
        )
    return False


def missing_triggers(connection: Connection) -> set[str]:
    """Return the names of the triggers that should guard the record and do not."""
    dialect = connection.dialect.name
    return TRIGGERS[dialect] - set(connection.execute(text(_LIST[dialect])).scalars())


def open_gates(database: Database) -> list[str]:
    """Return which of the forbidden changes the database would let through: each is tried, and undone."""
    with database.engine.execution_options(writes=True).connect() as connection:
        found = [attempt for attempt in _FORBIDDEN[connection.dialect.name] if _passes(connection, attempt)]
        connection.rollback()
    return found


def _passes(connection: Connection, attempt: str) -> bool:
    """Return whether a change of a first event gets past the triggers; where there is none, nothing can be told."""
    savepoint = connection.begin_nested()
    try:
        return connection.execute(text(attempt)).rowcount > 0
    except DBAPIError:
        return False
    finally:
        savepoint.rollback()


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaMismatch(
            f"the database is at revision {revision}, which is newer than this code (it knows {_newest()}):"
            " install the newer timeline, e.g. `pip install --upgrade timeline`"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str | None:
    return _scripts().get_current_head()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config

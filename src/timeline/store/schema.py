"""The schema: what a database must be like for this code, and whether it is."""

from typing import Final

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
_LIST: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'",
}


def prepare(database: Database) -> bool:
    """Migrate a new database, accept a present one, refuse any other; return whether it was new.

    Raises SchemaMismatch with the command to run.
    """
    with database.reading() as connection:
        names = inspect(connection).get_table_names()
        revision = find_revision(connection) if names else None
    if not names:
        return migrate(database)
    refuse_newer(revision)
    if revision != newest():
        raise SchemaMismatch(
            f"the database is at revision {revision or 'none'}, this code needs {newest()}: run `timeline migrate`"
        )
    return False


def migrate(database: Database) -> bool:
    """Bring the database to the newest revision; return whether there was anything to do. Raises SchemaMismatch."""
    # Every command asks for the form of its database, and hardly one has to change it.
    from timeline.store import migrating  # noqa: PLC0415

    return migrating.migrate(database)


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


def find_revision(connection: Connection) -> str | None:
    """Return the revision that a database is at; None if nobody has migrated it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def newest() -> str:
    """Return the revision that this code needs: a migration's file is named by its own."""
    return max(_revisions())


def refuse_newer(revision: str | None) -> None:
    """Refuse a database that is ahead of this code. Raises SchemaMismatch."""
    if revision is not None and revision not in _revisions():
        raise SchemaMismatch(
            f"the database is at revision {revision}, which is newer than this code (it knows {newest()}):"
            " install the newer timeline, e.g. `pip install --upgrade timeline`"
        )


def _revisions() -> set[str]:
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")}

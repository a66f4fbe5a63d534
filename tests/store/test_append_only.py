"""The database itself refuses to change a record, whatever SQL is aimed at it, after every migration."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from raw_sql import assert_refused
from timeline.places import MIGRATIONS
from timeline.store.database import Database, connect
from timeline.store.schema import TRIGGERS, missing_triggers
from timeline.store.tables import event, metadata

COLUMNS: Final = [column.name for column in event.columns]

ROW: Final = f"INTO event ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM event WHERE version = 2"
SQLITE: Final = {
    "an update": "UPDATE event SET actor = 'x' WHERE version = 2",
    "an update of nothing": "UPDATE event SET actor = actor WHERE version = 2",
    "an update of the row's number": "UPDATE event SET rowid = 99 WHERE version = 2",
    "an update that replaces": "UPDATE OR REPLACE event SET version = 3 WHERE version = 2",
    "an update that ignores": "UPDATE OR IGNORE event SET version = 3 WHERE version = 2",
    "an erasure that nothing allows": "UPDATE event SET data = NULL, salt = NULL WHERE version = 2",
    "a deletion": "DELETE FROM event WHERE version = 2",
    "a deletion of everything": "DELETE FROM event",
    "a replacement": f"INSERT OR REPLACE {ROW}",
    "a replacement in short": f"REPLACE {ROW}",
    "a replacement by the row's number": (
        f"INSERT OR REPLACE INTO event (rowid, {', '.join(COLUMNS)}) SELECT rowid, story, version + 90,"
        f" randomblob(16), {', '.join(COLUMNS[3:])} FROM event WHERE version = 2"
    ),
    "a replacement by id": (
        f"INSERT OR REPLACE INTO event ({', '.join(COLUMNS)}) SELECT story, version + 90,"
        f" {', '.join(COLUMNS[2:])} FROM event WHERE version = 2"
    ),
    "an insertion that becomes an update": f"INSERT {ROW} ON CONFLICT DO UPDATE SET actor = 'x'",
    "a deletion of the story": "DELETE FROM story",
}
REPLICA: Final = "SET LOCAL session_replication_role = replica"
POSTGRESQL: Final = {
    **{what: SQLITE[what] for what in SQLITE if " OR " not in SQLITE[what] and "REPLACE" not in SQLITE[what]},
    "an insertion that becomes an update": (f"INSERT {ROW} ON CONFLICT (story, version) DO UPDATE SET actor = 'x'"),
    "a truncation": "TRUNCATE event",
    "a truncation of everything": "TRUNCATE story CASCADE",
    "an update by a self-declared replica": f"{REPLICA}; UPDATE event SET actor = 'x'",
    "a deletion by a self-declared replica": f"{REPLICA}; DELETE FROM event",
    "a truncation by a self-declared replica": f"{REPLICA}; TRUNCATE event",
    "a merge": "MERGE INTO event USING event AS e ON event.id = e.id WHEN MATCHED THEN UPDATE SET actor = 'x'",
}
del POSTGRESQL["an update of the row's number"]


def test_the_database_refuses_to_change_a_record_after_every_migration(database_url: str) -> None:
    database = connect(database_url)
    try:
        for revision in _revisions():
            _upgrade(database, revision)
            _insert_a_record(database, f"at-{revision}")
            for what, statement in _attacks(database).items():
                assert_refused(database, statement, f"{what} at revision {revision}")
    finally:
        database.engine.dispose()


def test_the_triggers_that_guard_the_record_are_all_there(database: Database) -> None:
    with database.reading() as connection:
        assert missing_triggers(connection) == set()


def test_a_trigger_that_somebody_dropped_is_named(database: Database) -> None:
    dialect = database.engine.dialect.name
    for trigger in TRIGGERS[dialect]:
        of = "" if database.is_sqlite else f" ON {trigger.split('_')[0]}"
        with database.engine.begin() as connection:
            connection.execute(text(f"DROP TRIGGER {trigger}{of}"))

    with database.reading() as connection:
        assert missing_triggers(connection) == TRIGGERS[dialect]


def test_a_trigger_that_somebody_switched_off_is_named(postgres_url: str) -> None:
    database = connect(postgres_url)
    _upgrade(database, "head")
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE event DISABLE TRIGGER event_is_not_changed"))

        assert missing_triggers(connection) == {"event_is_not_changed"}
    database.engine.dispose()


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def _attacks(database: Database) -> dict[str, str]:
    return SQLITE if database.is_sqlite else POSTGRESQL


def _revisions() -> Iterator[str]:
    for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())):
        yield script.revision


def _upgrade(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)


def _insert_a_record(database: Database, slug: str) -> None:
    """Insert rows with plain SQL: at an old revision the code of today cannot append."""
    with database.engine.begin() as connection:
        key = 1 + (connection.execute(text("SELECT max(id) FROM story")).scalar() or 0)
        connection.execute(
            text("INSERT INTO story (id, slug, kind, version, recorded_at) VALUES (:id, :slug, 'general', 3, 0)"),
            {"id": key, "slug": slug},
        )
        for version in (1, 2, 3):
            _insert_event(connection, key, version, UUID(int=key * 10 + version))


def _insert_event(connection: Connection, key: int, version: int, id_: UUID) -> None:
    shown = id_.hex if connection.dialect.name == "sqlite" else str(id_)
    connection.execute(
        text(
            "INSERT INTO event (story, version, id, type, schema, occurred_at, precision, recorded_at, actor, fact,"
            " data, salt, commitment, leaf) VALUES (:story, :version, :id, 'update.reported', 1, 0, 'second', 0,"
            " 'desk', :id, '{}', :bytes, :bytes, :bytes)"
        ),
        {"story": key, "version": version, "id": shown, "bytes": b"\x01" * 16},
    )

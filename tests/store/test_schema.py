"""The form of a database: made when it is new, accepted when it is ours, refused with the command to run else."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from newsroom import Newsroom, opened, opening
from processes import race, start
from timeline.domain.errors import SchemaMismatch
from timeline.places import MIGRATIONS
from timeline.store.database import Database, connect
from timeline.store.schema import migrate, missing_triggers, newest, prepare

MIGRATOR = """
import sys
from timeline.store.database import connect
from timeline.store.schema import prepare

sys.stdin.readline()
database = connect(sys.argv[1])
print(prepare(database))
database.engine.dispose()
"""


def test_a_new_database_is_migrated_once(database_url: str) -> None:
    database = connect(database_url)

    assert prepare(database)
    assert not prepare(database)
    assert not migrate(database)
    database.engine.dispose()


def test_a_new_database_gets_its_folder(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'far' / 'away' / 'timeline.sqlite'}") as database:
        Newsroom(database).publish(opening())

    assert (tmp_path / "far" / "away" / "timeline.sqlite").exists()


def test_an_older_database_is_refused_with_the_command_to_run(database: Database) -> None:
    _set_revision(database, None)

    with pytest.raises(SchemaMismatch, match="run `timeline migrate`"):
        prepare(database)


def test_somebody_else_s_database_is_refused_with_the_command_to_run(database_url: str) -> None:
    database = connect(database_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(SchemaMismatch, match="run `timeline migrate`"):
        prepare(database)
    database.engine.dispose()


def test_a_newer_database_is_refused_and_left_alone(database: Database) -> None:
    _set_revision(database, "9999")

    for attempt in (prepare, migrate):
        with pytest.raises(SchemaMismatch, match=r"9999, which is newer than this code .*pip install --upgrade"):
            attempt(database)
    with database.reading() as connection:
        assert missing_triggers(connection) == set()


def test_the_newest_revision_is_alembic_s_own() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))

    assert scripts.get_heads() == [newest()]


def test_two_processes_may_migrate_one_new_database_at_once(database_url: str) -> None:
    answers = race([start(MIGRATOR, database_url) for _ in range(2)])

    assert sorted(answers) == [["False"], ["True"]]
    with opened(database_url) as database:
        Newsroom(database).publish(opening())
        with database.reading() as connection:
            assert missing_triggers(connection) == set()


def _set_revision(database: Database, revision: str | None) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision:
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})

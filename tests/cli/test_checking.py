"""Verify, doctor and migrate: a sound database is said to be sound, and whatever was done to another is told."""

import json
import re
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, text

from commands import STORIES, Shell
from newsroom import Newsroom, opened, opening, report, takedown
from timeline.store import shredding
from timeline.store.database import Database
from timeline.store.schema import TRIGGERS

STORY = "97th-academy-awards"
FAULTS: Final = {
    "data": ("SET data = replace(data, 'Anora', 'Wicked') WHERE version = 62", "version 62 does not hold the data"),
    "envelope": ("SET actor = 'nobody' WHERE version = 7", "version 7 does not hold the envelope"),
    "moment": ("SET occurred_at = occurred_at + 1 WHERE version = 7", "version 7 does not hold the envelope"),
    "far moment": ("SET occurred_at = 9000000000000000000 WHERE version = 7", "cannot be read"),
    "clock": ("SET recorded_at = 1 WHERE version = 7", "clock runs backwards at version 7"),
    "source": ("SET source = '[]' WHERE version = 7", "cannot be read"),
    "no json": ("SET data = '{' WHERE version = 7", "cannot be read"),
    "precision": ("SET precision = 'age' WHERE version = 7", "cannot be read"),
    "erased": ("SET data = NULL, salt = NULL WHERE version = 7", "is erased without a takedown"),
    "erased opening": ("SET data = NULL, salt = NULL WHERE version = 1", "version 1 is erased without a takedown"),
    "salt": ("SET salt = NULL WHERE version = 7", "version 7 does not hold the data"),
    "filed elsewhere": ("SET fact = NULL WHERE version = 62", "version 62 is filed under fact None"),
    "moved": ("SET version = 1000 WHERE version = 7", "version 7 is missing"),
}
"""What is done to the table of events by raw SQL, and what must be said of it."""

GUARDS: Final = {
    "event_is_not_changed": "BEFORE UPDATE",
    "event_is_not_removed": "BEFORE DELETE",
    "event_is_not_replaced": "BEFORE INSERT",
}
"""The triggers of SQLite, and when each must fire."""


def test_a_sound_database_is_said_to_be_sound(shell: Shell) -> None:
    shell.do("import", *STORIES.glob("*.jsonl"))

    assert re.fullmatch(r"All is well: 2 stories, 236 events, \S+\n", shell.do("doctor"))
    lines = shell.do("verify").splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"\S+  version \d+  sound  [0-9a-f]{64}", line) for line in lines)


def test_an_empty_database_is_well_but_verifies_nothing(shell: Shell) -> None:
    assert shell.do("doctor").startswith("All is well: 0 stories, 0 events, ")
    assert "nothing was verified" in shell.refused("verify")


def test_what_there_is_one_of_is_told_as_one(desk_shell: Shell) -> None:
    opening = {"type": "story.opened", "data": {"title": "M", "kind": "ceremony", "timezone": "UTC"}}
    nominee = {"category": "Best Picture", "film": "Anora", "people": []}
    nominated = {"type": "nomination.announced", "occurred_at": "2025-01-23T13:30:00Z", "data": nominee}
    desk_shell.do("append", "mine", stdin=json.dumps(opening))

    assert desk_shell.do("doctor").startswith("All is well: 1 story, 1 event, ")
    desk_shell.do("append", "mine", stdin=json.dumps(nominated))
    assert desk_shell.do("doctor").startswith("All is well: 1 story, 2 events, ")
    assert desk_shell.do("rebuild") == "mine: 1 fact version; none differed.\n"
    assert "1 nominee\n" in desk_shell.run("show", "mine").out


@pytest.mark.parametrize(("name", "guard"), GUARDS.items())
def test_a_guard_that_stands_there_but_lets_things_through_is_told(sqlite_url: str, name: str, guard: str) -> None:
    shell = Shell(sqlite_url)
    shell.do("import", *STORIES.glob("*.jsonl"))
    with opened(sqlite_url) as database, database.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(f"CREATE TRIGGER {name} {guard} ON event WHEN 0 BEGIN SELECT 1; END"))

    assert "the database does not refuse" in shell.refused("doctor")


@pytest.mark.parametrize(("done", "told"), FAULTS.values(), ids=FAULTS)
def test_what_was_done_to_a_row_is_told(shell: Shell, done: str, told: str) -> None:
    shell.do("import", *STORIES.glob("*.jsonl"))
    _tamper(shell, f"UPDATE event {done} AND story = {_number(shell)}")

    verified, doctored = shell.type("verify"), shell.type("doctor")

    assert (verified.code, doctored.code) == (1, 1)
    assert re.search(told, verified.err)
    assert re.search(told, doctored.err)
    assert f"{STORY}  version 67  FAULTY" in verified.out
    assert "89th-academy-awards  version 169  sound" in verified.out


@pytest.mark.parametrize("version", [0, 66, 68])
def test_a_head_that_was_moved_is_told(shell: Shell, version: int) -> None:
    shell.do("import", STORIES / f"{STORY}.jsonl")
    _tamper(shell, f"UPDATE story SET version = {version}")

    assert re.search("beyond version|the head is at version 68|before the first event", shell.type("doctor").err)


def test_the_doctor_looks_and_does_not_touch(shell: Shell) -> None:
    with opened(shell.url) as database:
        newsroom, gone = Newsroom(database), report("A name")
        newsroom.publish(opening(), gone)
        newsroom.publish(takedown(gone))
        newsroom.publish(report("Afterwards"))
        before = _files(database)

        assert len(shell.do("doctor").splitlines()) == 1
        assert _files(database) == before

        assert len(shell.do("doctor", "--shred").splitlines()) == 1
        assert not set(_files(database)) & set(before)


def test_where_events_are_many_the_doctor_names_what_rewrites_them(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(postgres_url) as database:
        newsroom, gone = Newsroom(database), report("A name")
        newsroom.publish(opening(), gone, takedown(gone))
    monkeypatch.setattr(shredding, "REWRITTEN", 0)

    assert "`VACUUM FULL draft, digest, event`, in a quiet hour" in Shell(postgres_url).do("doctor")


def test_a_row_that_was_removed_is_told(shell: Shell) -> None:
    shell.do("import", STORIES / f"{STORY}.jsonl")
    _tamper(shell, "DELETE FROM event WHERE version = 30")

    assert "version 30 is missing" in shell.type("doctor").err


def test_one_story_is_verified_without_the_others(desk_shell: Shell) -> None:
    desk_shell.do("import", *STORIES.glob("*.jsonl"))
    _tamper(desk_shell, f"UPDATE event SET actor = 'x' WHERE version = 7 AND story = {_number(desk_shell)}")

    assert "sound" in desk_shell.do("verify", "89th-academy-awards")
    assert "there is no story “none”" in desk_shell.refused("verify", "none")


def test_a_guard_that_is_missing_is_told(shell: Shell) -> None:
    shell.do("migrate")
    with opened(shell.url) as database, database.engine.begin() as connection:
        names = TRIGGERS[database.engine.dialect.name]
        _drop_guards(connection)

    told = shell.refused("doctor")

    assert f"{len(names)} faults" in told
    assert all(f"the trigger {name} is missing" in told for name in names)


def test_a_new_database_is_migrated_and_then_needs_no_migration(shell: Shell) -> None:
    assert shell.do("migrate") == "The database is migrated.\n"
    assert shell.do("migrate") == "The database needs no migration.\n"


COMMANDS = ("stories", "doctor", "verify", "show none", "append none", "import pyproject.toml", "token list")


def test_an_older_database_is_refused_with_the_command_to_run(shell: Shell) -> None:
    shell.do("migrate")
    _revise(shell, "DELETE FROM alembic_version")

    for command in COMMANDS:
        told = shell.refused(*command.split())
        assert re.search(r"revision none, this code needs \d{4}: run `timeline migrate`", told)


def test_a_newer_database_is_refused_with_the_command_to_run(shell: Shell) -> None:
    shell.do("migrate")
    _revise(shell, "UPDATE alembic_version SET version_num = '9999'")

    for command in (*COMMANDS, "migrate"):
        told = shell.refused(*command.split())
        assert "9999, which is newer than this code" in told
        assert "pip install --upgrade timeline" in told


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "mysql://u:hunter2@h/d", "sqlite://", "sqlite:////proc/none/x.sqlite"),
        *("postgresql://u:hunter2@127.0.0.1:1/d", "postgresql://u:hunter2@h:port/d"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_without_its_password(url: str) -> None:
    told = Shell(url).refused("stories")

    assert told.startswith("Error: ")
    assert "hunter2" not in told


def _files(database: Database) -> list[str]:
    """Return what stands for where erased text may be: the write-ahead log, or the files of tables."""
    if database.is_sqlite:
        return [Path(f"{database.engine.url.database}-wal").read_bytes().hex()]
    with database.reading() as connection:
        names = ("draft", "digest", "event")
        return [connection.execute(text(f"SELECT pg_relation_filepath('{name}')")).scalar_one() for name in names]


def _tamper(shell: Shell, statement: str) -> None:
    """Do something to the tables once their guards are gone."""
    with opened(shell.url) as database, database.engine.begin() as connection:
        _drop_guards(connection)
        assert connection.execute(text(statement)).rowcount == 1


def _drop_guards(connection: Connection) -> None:
    for name in sorted(TRIGGERS[connection.dialect.name]):
        table = "" if connection.dialect.name == "sqlite" else f" ON {name.partition('_')[0]}"
        connection.execute(text(f"DROP TRIGGER {name}{table}"))


def _number(shell: Shell) -> int:
    with opened(shell.url) as database, database.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT id FROM story WHERE slug = '{STORY}'")).scalar_one())


def _revise(shell: Shell, statement: str) -> None:
    with opened(shell.url) as database, database.engine.begin() as connection:
        connection.execute(text(statement))

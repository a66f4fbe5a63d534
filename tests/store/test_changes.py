"""Changes: what the databases do to count them and to list them."""

from sqlalchemy import Connection

from costs import plan
from newsroom import EVENING, Newsroom, opened, opening
from timeline.store import changes
from timeline.store.changes import Scope

PRESENT = Scope(1, 100, 100, None)
REPLAY = Scope(1, 100, 100, EVENING)


def test_on_sqlite_changes_are_counted_and_listed_by_their_index_alone(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        Newsroom(database).publish(opening())
        with database.reading() as connection:
            for read in (
                lambda it: changes.count(it, PRESENT),
                lambda it: changes.latest(it, PRESENT, 0, 9),
                lambda it: changes.latest(it, PRESENT, 0, 9, minor=True),
                lambda it: changes.stretches(it, 1, 9),
            ):
                assert "COVERING INDEX fact_version_changed" in plan(connection, read)


def test_on_sqlite_no_table_is_walked_through_for_them_at_any_moment(sqlite_url: str) -> None:
    def count(connection: Connection) -> None:
        changes.count(connection, REPLAY)

    def read(connection: Connection) -> None:
        changes.amendments(connection, REPLAY)

    with opened(sqlite_url) as database:
        Newsroom(database).publish(opening())
        with database.reading() as connection:
            for asked in (count, read):
                found = plan(connection, asked)
                assert "fact_version_changed" in found
                assert "SCAN" not in found.replace("SCALAR", ""), found

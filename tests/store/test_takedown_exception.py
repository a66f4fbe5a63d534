"""The one exception to append-only: a takedown lets the text of its fact go, and is no wider than that."""

from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from newsroom import Newsroom, correction, mark, opened, opening, report, retraction, takedown
from raw_sql import assert_refused
from timeline.store.database import Database
from timeline.store.tables import event, story

FACT, OTHER = UUID(int=1), UUID(int=2)
COLUMNS: Final = [column.name for column in event.columns]


@pytest.fixture
def scene(newsroom: Newsroom) -> Newsroom:
    """A story with a corrected fact that is about to be taken down, and another that is not."""
    newsroom.publish(
        report("One", id=FACT),
        report("Two", id=OTHER),
        correction(FACT, data={"headline": "Won"}),
        correction(OTHER, data={"headline": "Too"}),
        retraction(FACT),
        mark(FACT),
    )
    return newsroom


def test_without_a_takedown_no_text_can_be_erased(scene: Newsroom) -> None:
    for version in range(1, 8):
        assert_refused(scene.database, _erasing(version))


def test_a_takedown_lets_the_text_of_its_fact_and_of_its_corrections_go_and_no_other(scene: Newsroom) -> None:
    scene.publish(takedown(FACT))

    erased = [each.version for each in scene.record() if each.data is None]

    assert erased == [2, 4]
    for version in (1, 3, 5, 6, 7, 8):
        assert_refused(scene.database, _erasing(version))


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("data", "salt")])
def test_a_takedown_lets_no_other_column_change(scene: Newsroom, column: str) -> None:
    scene.publish(takedown(FACT))
    other = f"(SELECT {column} FROM event WHERE version = 3)" if column not in ("type", "actor", "source") else "'x'"
    if column in ("story", "schema", "occurred_at", "recorded_at"):
        other = f"{column} + 1"
    if column in ("precision", "fact", "commitment", "leaf"):
        other = "'day'" if column == "precision" else f"(SELECT {column} FROM event WHERE version = 5)"

    for version in (2, 4):
        assert_refused(scene.database, f"UPDATE event SET {column} = {other} WHERE version = {version}")


@pytest.mark.parametrize("change", ["data = '{}', salt = NULL", "data = '{}'", "data = 'x', salt = actor"])
def test_after_a_takedown_no_text_can_be_put_back(scene: Newsroom, change: str) -> None:
    scene.publish(takedown(FACT))
    if not scene.database.is_sqlite:
        change = change.replace("actor", "commitment")

    assert_refused(scene.database, f"UPDATE event SET {change} WHERE version = 2")


@pytest.mark.parametrize(
    "change", ["data = NULL", "salt = NULL", "data = '{}', salt = NULL", "data = NULL, actor = 'x'"]
)
def test_a_takedown_lets_text_and_salt_go_only_together_and_alone(scene: Newsroom, change: str) -> None:
    """A bare row of a takedown stands on record, so that the text which it lets go is still there."""
    _insert_bare_takedown(scene.database)

    assert_refused(scene.database, f"UPDATE event SET {change} WHERE version = 2")
    with scene.database.engine.begin() as connection:
        connection.execute(text(_erasing(2)))


def test_a_takedown_in_one_story_erases_nothing_in_another(scene: Newsroom) -> None:
    other = Newsroom(scene.database, story="another-story")
    other.publish(opening(), report("The same id", id=FACT))
    scene.publish(takedown(FACT))

    assert [each.data is None for each in other.record()] == [False, False]
    assert_refused(scene.database, _erasing(2).replace("story = 1", "story = 2"))


def test_a_table_that_only_looks_like_the_record_vouches_for_no_takedown(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        Newsroom(database).publish(opening(), report("One", id=FACT))
        forged = "CREATE TEMP TABLE event AS SELECT * FROM event WHERE version = 2"
        lie = "UPDATE pg_temp.event SET type = 'fact.taken_down'"

        assert_refused(database, "; ".join((forged, lie, _erasing(2).replace("event", "public.event"))))


def _erasing(version: int) -> str:
    return f"UPDATE event SET data = NULL, salt = NULL WHERE story = 1 AND version = {version}"


def _insert_bare_takedown(database: Database) -> None:
    with database.engine.begin() as connection:
        key, head = connection.execute(select(story.c.id, story.c.version)).one()
        row = connection.execute(select(event).where(event.c.version == head)).one()._asdict()
        row |= {"story": key, "version": head + 1, "id": UUID(int=9), "type": "fact.taken_down", "fact": FACT}
        connection.execute(insert(event).values(row))

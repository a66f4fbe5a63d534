"""Migrating a database with records from before there was an index: its pages are right, and its guards stand."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, insert, select

from commands import Shell
from histories import Teller, anywhere, board_of, facts_of, known_of
from newsroom import STORY, Newsroom, opened, opening, report
from raw_sql import assert_refused
from timeline.domain.errors import SchemaMismatch
from timeline.domain.vantage import END, FIRST, Window
from timeline.places import MIGRATIONS
from timeline.store.database import Database, connect
from timeline.store.rebuilding import rebuild
from timeline.store.schema import missing_triggers, open_gates, prepare
from timeline.store.tables import event, fact_version, story


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Newsroom]:
    """A story with all that can happen to a fact, told to this code, in a database of its own."""
    with opened(f"sqlite:///{tmp_path / 'told.sqlite'}") as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        Teller(newsroom, Random(5), late=30, changes=50).tell(300)
        Newsroom(database, newsroom.clock, "untold").publish(opening())
        yield newsroom


@pytest.fixture
def older(told: Newsroom, database_url: str) -> Iterator[Database]:
    """A database of revision 0002 with the same records."""
    database = connect(database_url)
    with database.writing() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "0002")
        for table, new in ((story, {"id", "horizon"}), (event, set[str]())):
            columns = [column for column in table.c if column.name not in new]
            with told.database.reading() as source:
                rows = source.execute(select(*columns).order_by(*table.primary_key)).mappings().all()
            connection.execute(insert(table), [dict(row) for row in rows])
    yield database
    database.engine.dispose()


def test_an_older_database_has_its_index_made_and_all_pages_are_right(
    older: Database, told: Newsroom, database_url: str
) -> None:
    with pytest.raises(SchemaMismatch, match="0002"):
        prepare(older)

    assert Shell(database_url).do("migrate") == "The database is migrated.\n"

    newsroom, dice = Newsroom(older, told.clock), Random(1)
    assert newsroom.record() == told.record()
    for vantage in (anywhere(newsroom, dice) for _ in range(20)):
        with newsroom.desk.looking(STORY, vantage) as sight:
            assert sight.facts(Window(1000)) == (facts_of(sight), False)
            assert sight.board == board_of(sight)
            assert sight.places(FIRST, END) == [fact.order for fact in known_of(sight)]
    assert rebuild(older, STORY).differing == 0
    assert Shell(database_url).do("migrate") == "The database needs no migration.\n"


def test_the_triggers_are_there_and_nothing_gets_past_them(older: Database, database_url: str) -> None:
    Shell(database_url).do("migrate")

    with older.reading() as connection:
        assert missing_triggers(connection) == set()
    assert open_gates(older) == []
    assert_refused(older, "UPDATE event SET actor = 'nobody' WHERE version = 7")


def test_the_story_goes_on_where_it_was(older: Database, told: Newsroom, database_url: str) -> None:
    Shell(database_url).do("migrate")

    newsroom = Newsroom(older, told.clock)
    told.clock.turn(hours=1)
    newsroom.publish(report("After the migration", told.clock.now))

    assert newsroom.view().facts[-1].version == 302
    with older.reading() as connection:
        ends = connection.execute(select(func.max(fact_version.c.horizon)).where(fact_version.c.story == 1)).scalar()
    assert ends == newsroom.desk.head(STORY).horizon == told.clock.now

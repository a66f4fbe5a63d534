"""The databases that tests are run on: a new, empty one for each test, as an SQLAlchemy URL."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from databases import PostgresMissing, PostgresServer, postgres_server
from newsroom import Newsroom, opened, opening
from timeline.store.database import Database

# A deadline for one example measures how busy the machine is; the rest is Hypothesis's own, for CI or not.
settings.register_profile("timeline", deadline=None)
settings.load_profile("timeline")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Lend the one server of this run, for tests that need more databases than one."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server())
        except PostgresMissing as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must test on PostgreSQL: {missing}")
            pytest.skip(f"NOT TESTED ON POSTGRESQL: {missing}")
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'timeline.sqlite'}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Lend an empty PostgreSQL database, dropped after the test whoever is still connected."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Run the test on each of the databases, which must keep the same promises."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Lend a migrated database without stories."""
    with opened(database_url) as database:
        yield database


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    """Return a newsroom with a story that has just been opened."""
    newsroom = Newsroom(database)
    newsroom.publish(opening())
    return newsroom

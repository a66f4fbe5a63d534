"""The databases that tests are run on: a new, empty one for each test, as an SQLAlchemy URL."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import make_url

from databases import PostgresMissing, PostgresServer, postgres_server
from newsroom import Newsroom, opened, opening
from timeline.store import passwords
from timeline.store.database import Database

# A deadline for one example measures how busy the machine is; the rest is Hypothesis's own, for CI or not.
settings.register_profile("timeline", deadline=None)
settings.load_profile("timeline")

# What a shell runs in the background ignores SIGINT, and hands that on to whatever it starts, which tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class _Compiled(BytecodeCache):
    """Templates as they were compiled for an application before; nearly each test has one of its own."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": _Compiled()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that in the end no worker is alone with one of them."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Lend the one server of this run, for tests that need more databases than one."""
    with ExitStack() as stack:
        try:
            # No test pulls the plug, so nothing is gained by waiting for the disk.
            server = stack.enter_context(postgres_server("-c", "fsync=off"))
        except PostgresMissing as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must test on PostgreSQL: {missing}")
            pytest.skip(f"NOT TESTED ON POSTGRESQL: {missing}")
        yield server


@pytest.fixture(autouse=True)
def hashed_in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords by argon2 as it is, but not for a tenth of a second on all processors."""
    monkeypatch.setattr(passwords, "_HASHER", QUICK)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'timeline.sqlite'}"


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> Iterator[str]:
    """Lend the name of a migrated PostgreSQL database, to make others like it."""
    with postgres.database() as url:
        with opened(url):
            pass
        yield str(make_url(url).database)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[str]:
    """Lend an empty PostgreSQL database, dropped after the test whoever is still connected.

    For a test that has the fixture `database` it is migrated already, which takes as long again.
    """
    like = request.getfixturevalue("migrated") if "database" in request.fixturenames else "template1"
    with postgres.database(like) as url:
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

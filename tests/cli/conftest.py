"""What tests of the command line share."""

import pytest

from commands import Shell


@pytest.fixture
def shell(database_url: str) -> Shell:
    """Return a shell on an empty database that is not migrated yet."""
    return Shell(database_url)


@pytest.fixture
def desk_shell(sqlite_url: str) -> Shell:
    """Return a shell on an empty SQLite file: for what does not depend on the database."""
    return Shell(sqlite_url)

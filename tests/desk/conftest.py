"""A desk, for tests that bring stories of their own."""

import pytest

from newsroom import Newsroom
from timeline.desk import Desk
from timeline.store.database import Database


@pytest.fixture
def desk(database: Database) -> Desk:
    """Return a desk on a migrated database without stories, its clock turned by hand."""
    return Newsroom(database).desk

"""What tests of the pages for machines share: the two nights to read, and a newsroom to write in."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from documents import EVENTS
from newsroom import Newsroom, opened
from timeline.desk import Desk
from timeline.story_files import import_file
from timeline.web.app import create_app


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Lend the two nights that come with the project; they are only read."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('archive') / 'timeline.sqlite'}") as database:
        desk = Desk(database)
        for path in sorted(EVENTS.glob("*.jsonl")):
            import_file(desk, path)
        yield desk


@pytest.fixture(scope="module")
def reader(archive: Desk) -> FlaskClient:
    return create_app(archive).test_client()


@pytest.fixture
def room(sqlite_url: str) -> Iterator[Newsroom]:
    """Lend a newsroom without a story."""
    with opened(sqlite_url) as database:
        yield Newsroom(database)


@pytest.fixture
def visitor(room: Newsroom) -> FlaskClient:
    return create_app(room.desk).test_client()

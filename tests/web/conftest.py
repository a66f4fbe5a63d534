"""What tests of the pages and the API share."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from commands import STORIES
from newsroom import Newsroom, opened, opening
from timeline.desk import Desk
from timeline.story_files import import_file
from timeline.web.app import create_app
from wire import Wire, wired


@pytest.fixture
def wire(newsroom: Newsroom) -> Wire:
    """Return the API of a newsroom with one story, with a token that may do anything."""
    return wired(newsroom)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Lend one API to all tests of a module: for what is refused without a trace."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('held') / 'timeline.sqlite'}") as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        yield wired(newsroom)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Lend the two nights that come with the project; they are only read."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('archive') / 'timeline.sqlite'}") as database:
        desk = Desk(database)
        for path in sorted(STORIES.glob("*.jsonl")):
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

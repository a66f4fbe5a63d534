"""What tests of the pages and the API share."""

from collections.abc import Iterator

import pytest

from newsroom import Newsroom, opened, opening
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

"""What tests of the desk's pages share."""

import pytest

from newsroom import Newsroom, opening


@pytest.fixture
def story_room(room: Newsroom) -> Newsroom:
    """Return a newsroom with a story, on SQLite: for what does not depend on the database."""
    room.publish(opening())
    return room

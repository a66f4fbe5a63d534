"""Following a record: every event once, in order, from wherever a follower stands, and no transaction held."""

from itertools import islice
from typing import Any

import pytest

from newsroom import Newsroom, report
from timeline.domain.errors import UnknownStory


def test_a_follower_is_told_what_is_recorded_after_he_began(newsroom: Newsroom) -> None:
    newsroom.publish(report("Before"))
    follower = newsroom.desk.follow(newsroom.story, after=1, every=0.01)
    assert next(follower).version == 2

    newsroom.publish(report("After"), report("And after that"))

    assert [recorded.version for recorded in islice(follower, 2)] == [3, 4]


def test_while_a_follower_waits_no_connection_is_held(newsroom: Newsroom) -> None:
    newsroom.publish(report("Before"))
    newsroom.database.engine.dispose()  # And with it what is kept for the next report.
    follower = newsroom.desk.follow(newsroom.story, after=1, every=0.01)
    next(follower)

    pool: Any = newsroom.database.engine.pool
    assert pool.checkedout() == 0


def test_there_is_nothing_to_follow_where_there_is_no_story(newsroom: Newsroom) -> None:
    with pytest.raises(UnknownStory):
        next(newsroom.desk.follow("no-such-story", after=0))

"""An event's id is its idempotency key: the same content again gets the first answer, other content a refusal."""

from datetime import timedelta

import pytest

from newsroom import EVENING, Newsroom, event, opening, refused, report
from timeline.domain.errors import IdAlreadyUsed
from timeline.store.database import Database


def test_an_event_that_comes_twice_is_answered_as_the_first_time(newsroom: Newsroom) -> None:
    draft = report("Once")
    first = newsroom.publish(draft)
    newsroom.clock.turn(minutes=1)
    before = newsroom.trace()

    again = newsroom.publish(draft)

    assert again == first
    assert newsroom.trace() == before


def test_a_repeated_event_is_answered_whatever_version_its_writer_expected(newsroom: Newsroom) -> None:
    draft = report("Once")
    first = newsroom.publish(draft, expected=1)

    assert newsroom.publish(draft, expected=1) == first


def test_of_a_batch_that_comes_twice_in_part_only_the_rest_is_appended(newsroom: Newsroom) -> None:
    old, new = report("Old"), report("New")
    newsroom.publish(old)

    recorded = newsroom.publish(old, new)

    assert [each.version for each in recorded] == [2, 3]
    assert len(newsroom.record()) == 3


def test_an_opening_that_comes_twice_is_answered_as_the_first_time(database: Database) -> None:
    newsroom, draft = Newsroom(database), opening()

    assert newsroom.publish(draft) == newsroom.publish(draft)


@pytest.mark.parametrize(
    "changed",
    [
        {"headline": "Other words"},
        {"at": EVENING - timedelta(minutes=1)},
        {"body": "And a body."},
    ],
    ids=["other words", "another moment", "a body"],
)
def test_an_id_cannot_name_other_content(newsroom: Newsroom, changed: dict[str, object]) -> None:
    draft = report("Once")
    newsroom.publish(draft)

    with refused(IdAlreadyUsed, newsroom) as caught:
        newsroom.publish(report(**{"headline": "Once", "id": draft.id} | changed))  # type: ignore[arg-type]  # One call for all.

    differing = {"headline": "data", "at": "occurred_at", "body": "data"}[next(iter(changed))]
    assert str(caught.value) == f"id {draft.id} is that of version 2, which differs in {differing}"


def test_an_id_cannot_name_another_type_precision_or_source(newsroom: Newsroom) -> None:
    draft = report("Once")
    newsroom.publish(draft)

    for envelope in ({"precision": "day"}, {"source": {"name": "AP"}}, {"actor": "somebody else"}):
        with refused(IdAlreadyUsed, newsroom):
            newsroom.publish(event(draft.type, draft.data, EVENING, id=draft.id, **envelope))


def test_one_id_may_stand_in_two_stories(newsroom: Newsroom) -> None:
    other, draft = Newsroom(newsroom.database, story="another-story"), report("Everywhere")
    newsroom.publish(draft)

    assert [each.version for each in other.publish(opening(), draft)] == [1, 2]

"""The one writer: versions without gaps, a record clock that never runs backwards, all or none, once only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    correction,
    event,
    headlines,
    mark,
    opening,
    refused,
    report,
    takedown,
)
from timeline.domain.errors import InvalidData, InvalidEvent, StoryExists, UnknownFact, WrongVersion
from timeline.domain.moments import parse_moment
from timeline.store.database import Database

TICK = timedelta(microseconds=1)


def test_versions_count_up_without_gaps_in_the_order_in_which_they_were_published(newsroom: Newsroom) -> None:
    newsroom.publish(report("One"), report("Two"))
    newsroom.publish(report("Three"))

    assert [each.version for each in newsroom.record()] == [1, 2, 3, 4]
    assert headlines(newsroom.view().facts) == ["One", "Two", "Three"]


def test_each_story_has_versions_of_its_own(newsroom: Newsroom) -> None:
    other = Newsroom(newsroom.database, story="another-story")
    other.publish(opening())
    newsroom.publish(report("Here"))
    other.publish(report("There"))

    assert [each.version for each in other.record()] == [1, 2]
    assert headlines(other.view().facts) == ["There"]


def test_an_event_is_recorded_when_the_clock_says(newsroom: Newsroom) -> None:
    now = newsroom.clock.turn(minutes=3)

    (recorded,) = newsroom.publish(report("Now"))

    assert recorded.recorded_at == now


def test_the_record_clock_stands_ahead_when_the_machine_is_set_back(newsroom: Newsroom) -> None:
    last = newsroom.record()[-1].recorded_at
    newsroom.clock.turn(hours=-1)

    recorded = newsroom.publish(report("One", newsroom.clock.now), report("Two", newsroom.clock.now))

    assert [each.recorded_at for each in recorded] == [last + TICK, last + 2 * TICK]


def test_the_record_clock_ticks_though_the_machine_stands_still(newsroom: Newsroom) -> None:
    for number in range(5):
        newsroom.publish(report(f"Number {number}"))

    assert [each.recorded_at for each in newsroom.record()] == [EVENING + place * TICK for place in range(6)]


def test_a_writer_who_expects_the_present_version_may_append(newsroom: Newsroom) -> None:
    assert newsroom.publish(report("Two"), expected=1)[0].version == 2


def test_a_writer_who_expects_another_version_is_told_the_present_one(newsroom: Newsroom) -> None:
    with refused(WrongVersion, newsroom) as caught:
        newsroom.publish(report("Two"), expected=7)

    assert isinstance(caught.value, WrongVersion)
    assert caught.value.present == 1
    assert str(caught.value) == f"{STORY} is at version 1, not 7"


def test_a_batch_is_appended_whole_or_not_at_all(newsroom: Newsroom) -> None:
    with refused(InvalidData, newsroom) as caught:
        newsroom.publish(report("Good"), report("Good too"), event("award.announced", {"film": "Anora"}, EVENING))

    assert caught.value.version == 4


def test_an_event_of_a_batch_may_be_about_an_earlier_one(newsroom: Newsroom) -> None:
    first = report("Here")
    newsroom.publish(first, correction(first, data={"headline": "There"}), mark(first))

    assert headlines(newsroom.view().facts) == ["There"]
    assert newsroom.fact(first).pinned


def test_an_event_of_a_batch_cannot_be_about_a_later_one(newsroom: Newsroom) -> None:
    first = report("Here")
    with refused(UnknownFact, newsroom):
        newsroom.publish(mark(first), first)


def test_a_fact_reported_and_taken_down_in_one_batch_leaves_only_its_stub(newsroom: Newsroom) -> None:
    draft = report("A name that must not be named")
    newsroom.publish(draft, takedown(draft))

    assert newsroom.fact(draft).status == "taken_down"
    assert "must not be named" not in str(newsroom.trace())


def test_twins_in_a_batch_are_named_by_their_place(newsroom: Newsroom) -> None:
    draft = report("Twice")
    nameless = event("coverage.started", {})
    with refused(InvalidEvent, newsroom) as caught:
        newsroom.publish(nameless, draft, draft)

    assert isinstance(caught.value, InvalidEvent)
    assert [fault.path for fault in caught.value.faults] == ["2.id"]


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.000001Z",
        "1582-10-15T00:00:00.999999Z",
        "1969-12-31T23:59:59.999999Z",
        "2025-03-03T00:45:00.123456Z",
    ],
)
def test_moments_come_back_to_the_microsecond(newsroom: Newsroom, moment: str) -> None:
    draft = event("update.reported", {"headline": "Long ago"}, moment)
    newsroom.publish(draft)

    assert newsroom.fact(draft).occurred_at == parse_moment(moment)
    assert newsroom.record()[-1].occurred_at == parse_moment(moment)


def test_the_record_clock_reaches_the_last_microsecond_of_the_calendar(database: Database) -> None:
    newsroom = Newsroom(database)
    newsroom.clock.now = datetime(9999, 12, 31, 23, 59, 59, 999990, tzinfo=UTC)
    late = report("At the very end", newsroom.clock.now)
    newsroom.publish(opening(), late)

    assert newsroom.fact(late).occurred_at == newsroom.clock.now
    assert newsroom.record()[-1].recorded_at == newsroom.clock.now + TICK
    assert newsroom.view(as_of=newsroom.clock.now).story.version == 1


def test_of_many_who_open_one_story_at_once_one_does_and_the_others_are_told(database: Database) -> None:
    def attempt(number: int) -> str:
        try:
            Newsroom(database).publish(opening(title=f"Opened by {number}"))
        except StoryExists:
            return "told"
        return f"Opened by {number}"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))

    (winner,) = (answer for answer in answers if answer != "told")
    assert Newsroom(database).view().story.title == winner
    assert len(Newsroom(database).record()) == 1

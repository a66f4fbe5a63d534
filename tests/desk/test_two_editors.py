"""Two editors on one entry: the second is told what the first did, and nobody else is disturbed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsroom import (
    Newsroom,
    correction,
    mark,
    nomination,
    refused,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.domain.errors import FactChanged
from timeline.domain.event import Draft

RAINS, SNOWS = report("It rains"), report("It snows")
SEEN = 3
"""The version at which both editors opened the entry."""

Saying = Callable[[Draft], Draft]
SAYINGS: dict[str, Saying] = {
    "a correction": lambda fact: correction(fact, data={"body": "As we now know."}),
    "a minor edit": lambda fact: correction(fact, kind="minor", data={"body": "As we now know."}),
    "a retraction": retraction,
    "a takedown": takedown,
}


@pytest.fixture
def entry(newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with two entries."""
    newsroom.publish(RAINS, SNOWS)
    return newsroom


@pytest.mark.parametrize("first", SAYINGS.values(), ids=SAYINGS)
@pytest.mark.parametrize("second", SAYINGS.values(), ids=SAYINGS)
def test_the_second_editor_is_told_that_the_first_changed_the_entry(
    entry: Newsroom, first: Saying, second: Saying
) -> None:
    (done,) = entry.publish(first(RAINS), seen=SEEN)

    with refused(FactChanged, entry) as caught:
        entry.publish(second(RAINS), seen=SEEN)

    told = caught.value
    assert isinstance(told, FactChanged)
    assert (told.fact, told.seen, told.present) == (RAINS.id, SEEN, done.version)
    assert f"changed at version {done.version}" in str(told)
    assert f"looked at version {SEEN}" in str(told)


def test_the_version_that_is_told_is_the_last_at_which_something_was_said(entry: Newsroom) -> None:
    entry.publish(retraction(RAINS), reinstatement(RAINS), mark(RAINS), report("Something else"))

    with refused(FactChanged, entry) as caught:
        entry.publish(retraction(RAINS), seen=SEEN)

    assert isinstance(caught.value, FactChanged)
    assert caught.value.present == 5


def test_whoever_looked_again_may_go_on(entry: Newsroom) -> None:
    (done,) = entry.publish(correction(RAINS, data={"body": "In Hollywood."}))

    entry.publish(correction(RAINS, data={"headline": "It pours"}), seen=done.version)

    assert entry.fact(RAINS).data == {"headline": "It pours", "body": "In Hollywood."}


def test_an_editor_is_not_disturbed_by_what_happens_to_other_entries(entry: Newsroom) -> None:
    entry.publish(retraction(SNOWS), report("Something else"), nomination("Directing", "Anora"))

    entry.publish(correction(RAINS, data={"headline": "It pours"}), seen=SEEN)

    assert entry.fact(RAINS).data == {"headline": "It pours"}


@pytest.mark.parametrize("as_", ["pinned", "unpinned", "marked_key", "unmarked_key"])
def test_a_mark_neither_disturbs_an_editor_nor_is_disturbed(entry: Newsroom, as_: str) -> None:
    entry.publish(mark(RAINS, as_), seen=SEEN)
    entry.publish(correction(RAINS, data={"headline": "It pours"}), seen=SEEN)

    entry.publish(mark(RAINS, as_), seen=SEEN)

    assert entry.desk.head(entry.story).version == SEEN + 3


def test_a_mark_before_it_in_the_batch_hides_no_change(entry: Newsroom) -> None:
    entry.publish(retraction(RAINS))

    with refused(FactChanged, entry):
        entry.publish(mark(RAINS), reinstatement(RAINS), seen=SEEN)


def test_a_batch_is_not_disturbed_by_itself(entry: Newsroom) -> None:
    new = report("New")

    entry.publish(
        correction(RAINS, data={"headline": "It pours"}), retraction(RAINS), new, retraction(new), seen=SEEN
    )

    assert entry.fact(RAINS).status == entry.fact(new).status == "retracted"


def test_an_entry_that_was_published_since_cannot_have_been_seen(entry: Newsroom) -> None:
    (new,) = entry.publish(report("New"))

    with refused(FactChanged, entry):
        entry.publish(retraction(new.id), seen=SEEN)


def test_what_is_on_record_already_is_answered_again_whoever_came_in_between(entry: Newsroom) -> None:
    pours = correction(RAINS, data={"headline": "It pours"})
    first = entry.publish(pours, seen=SEEN)
    entry.publish(retraction(RAINS))

    assert entry.publish(pours, seen=SEEN) == first


def test_whoever_does_not_say_what_was_seen_is_not_asked(entry: Newsroom) -> None:
    entry.publish(correction(RAINS, data={"headline": "It pours"}))

    entry.publish(retraction(RAINS))

    assert entry.fact(RAINS).status == "retracted"


def test_of_eight_editors_who_saw_the_same_one_wins_and_seven_are_told(entry: Newsroom) -> None:
    def attempt(number: int) -> int | None:
        try:
            entry.publish(correction(RAINS, data={"headline": f"It pours, says {number}"}), seen=SEEN)
        except FactChanged as refusal:
            return refusal.present
        return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))

    assert sorted(answers, key=str) == [4] * 7 + [None]
    assert len(entry.fact(RAINS).history) == 1

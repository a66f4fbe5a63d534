"""Facts: what the record says of them, with corrections, retractions, marks and takedowns applied in order."""

from dataclasses import replace

import pytest

from newsroom import (
    EVENING,
    correction,
    evening,
    event,
    mark,
    on_record,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.domain.event import Draft, Erased, Event, FactReported, Recorded
from timeline.domain.fact import Content, Fact, resolve
from timeline.domain.vantage import limit, on_the_story_clock

WRONG = report("La La Land wins", EVENING, body="A musical.")


def the_fact(*later: Draft) -> Fact:
    """Return the fact that WRONG reports as later events leave it."""
    (fact,) = (fact for fact in resolve(on_record(opening(), WRONG, *later)) if fact.id == WRONG.id)
    return fact


def test_a_fact_stands_as_it_was_reported() -> None:
    fact = the_fact()

    assert (fact.status, fact.data, fact.occurred_at) == ("standing", WRONG.data, EVENING)
    assert (fact.version, fact.recorded_at, fact.actor) == (2, evening("01:01"), "desk")
    assert (fact.history, fact.key, fact.pinned, fact.stands) == ((), False, False, True)


def test_a_correction_replaces_removes_and_adds() -> None:
    fact = the_fact(correction(WRONG, data={"headline": "Moonlight wins", "body": None, "media": []}))

    assert fact.data == {"headline": "Moonlight wins", "media": []}
    assert fact.status == "corrected"


def test_a_correction_tells_what_was_said_before_and_after() -> None:
    fact = the_fact(correction(WRONG, "It was Moonlight.", data={"headline": "Moonlight wins"}, precision="hour"))
    (change,) = fact.history

    assert change.before == Content(EVENING, WRONG.precision, WRONG.data)
    assert change.after == fact.content
    assert (change.kind, change.note, change.version) == ("correction", "It was Moonlight.", 3)
    assert (change.recorded_at, change.type) == (evening("01:02"), "fact.corrected")


def test_a_correction_moves_a_fact_on_the_story_clock() -> None:
    fact = the_fact(correction(WRONG, occurred_at=evening("00:30"), precision="hour"))

    assert (fact.occurred_at, fact.content.precision, fact.data) == (evening("00:30"), "hour", WRONG.data)
    assert fact.reported.occurred_at == EVENING


def test_corrections_build_on_each_other() -> None:
    fact = the_fact(
        correction(WRONG, data={"body": "A drama."}),
        correction(WRONG, kind="update", data={"headline": "Moonlight wins"}),
    )

    assert fact.data == {"headline": "Moonlight wins", "body": "A drama."}
    assert [change.kind for change in fact.history] == ["correction", "update"]


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["minor"], "standing"),
        (["minor", "minor"], "standing"),
        (["correction"], "corrected"),
        (["clarification"], "corrected"),
        (["update"], "corrected"),
        (["update", "minor"], "corrected"),
    ],
)
def test_only_a_correction_beyond_a_typo_marks_a_fact_as_corrected(kinds: list[str], status: str) -> None:
    changes = [correction(WRONG, kind=kind, data={"body": str(place)}) for place, kind in enumerate(kinds)]

    assert the_fact(*changes).status == status


def test_a_retracted_fact_is_shown_but_does_not_stand() -> None:
    fact = the_fact(retraction(WRONG, "The wrong envelope."))

    assert (fact.status, fact.stands, fact.data) == ("retracted", False, WRONG.data)
    assert fact.history[-1].note == "The wrong envelope."


def test_a_reinstated_fact_stands_again() -> None:
    fact = the_fact(retraction(WRONG), reinstatement(WRONG))

    assert (fact.status, fact.stands) == ("standing", True)
    assert [change.type for change in fact.history] == ["fact.retracted", "fact.reinstated"]


def test_a_corrected_fact_is_corrected_again_once_it_is_reinstated() -> None:
    changed = correction(WRONG, data={"body": "A drama."})

    assert the_fact(changed, retraction(WRONG)).status == "retracted"
    assert the_fact(changed, retraction(WRONG), reinstatement(WRONG)).status == "corrected"


def test_marks_come_and_go_and_are_no_part_of_the_history() -> None:
    assert the_fact(mark(WRONG), mark(WRONG, "marked_key")).pinned
    assert the_fact(mark(WRONG), mark(WRONG, "marked_key")).key
    assert not the_fact(mark(WRONG), mark(WRONG), mark(WRONG, "unpinned")).pinned
    assert not the_fact(mark(WRONG, "marked_key"), mark(WRONG, "unmarked_key")).key
    assert the_fact(mark(WRONG), mark(WRONG, "marked_key")).history == ()


def test_a_takedown_leaves_a_stub_at_its_own_moment() -> None:
    moved = correction(WRONG, data={"body": "A drama."}, occurred_at=evening("00:30"), precision="day")
    fact = the_fact(moved, takedown(WRONG, "A court ordered it.", "court order"))

    assert (fact.status, fact.data, fact.stands) == ("taken_down", None, False)
    assert (fact.occurred_at, fact.content.precision) == (EVENING, "second")
    assert [(change.basis, change.note) for change in fact.history] == [("court order", "A court ordered it.")]


def test_a_takedown_removes_the_source_and_the_notes() -> None:
    sourced = event("update.reported", {"headline": "X"}, EVENING, source={"name": "A neighbour"})
    facts = resolve(on_record(opening(), sourced, retraction(sourced, "It named her."), takedown(sourced)))
    (fact,) = facts

    assert fact.source is None
    assert [change.note for change in fact.history] == ["", "A court ordered it."]


def test_once_erased_a_fact_is_a_stub_before_its_takedown_too() -> None:
    record = on_record(opening(), WRONG, correction(WRONG, data={"body": "X"}), retraction(WRONG, "Why."))
    (fact,) = resolve(_erase(record, 2, 3))

    assert (fact.status, fact.occurred_at) == ("taken_down", EVENING)
    assert [(change.type, change.note) for change in fact.history] == [("fact.retracted", "")]


def test_marks_outlive_a_takedown() -> None:
    assert the_fact(mark(WRONG), takedown(WRONG)).pinned


def test_facts_are_in_the_order_in_which_they_happened_and_then_of_the_record() -> None:
    late, twin, early = report("Late", evening("00:30")), report("Twin"), report("Early", evening("00:10"))
    facts = resolve(on_record(opening(), WRONG, late, twin, early))

    assert [fact.version for fact in on_the_story_clock(facts)] == [5, 3, 2, 4]


def test_a_fact_has_happened_at_its_own_moment_and_not_a_microsecond_earlier() -> None:
    facts = resolve(on_record(opening(), WRONG))

    assert len(limit(facts, EVENING)) == 1
    assert limit(facts, EVENING.replace(microsecond=0, minute=0, hour=0)) == ()
    assert len(limit(facts, None)) == 1


def _erase(record: list[Recorded], fact: int, correction_: int) -> list[Recorded]:
    """Return the record as the store gives it once the fact and its correction were erased."""
    said: dict[int, Event] = {fact: FactReported(None), correction_: Erased()}
    return [
        replace(each, data=None, salt=None, event=said[each.version]) if each.version in said else each
        for each in record
    ]

"""Drafting: what a form says becomes an event, to the word, or all that is wrong with it is told at once."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds.football import KIND as FOOTBALL
from newsroom import EVENING, STORY, correction, event, on_record, opening, report, retraction, takedown
from timeline.clockwords import zone_of
from timeline.domain.errors import (
    AlreadyTakenDown,
    InvalidEvent,
    MalformedJson,
    Refusal,
    UnknownFact,
    UnknownType,
)
from timeline.domain.event import EDITORIAL, Draft, read_draft
from timeline.domain.fact import Fact, resolve
from timeline.domain.moments import Precision
from timeline.domain.story import Story, tell
from timeline.kinds.ceremony import KIND as CEREMONY
from timeline.kinds.general import KIND as GENERAL
from timeline.kinds.kind import Kind
from timeline.web.desk.drafting import Sheet, as_written, event_json, offer_value, present, take_up

ID: Final = UUID(int=7)
WAIVED: Final = {"source.waived": "yes"}
LOS_ANGELES: Final[Story] = tell(STORY, on_record(opening()), 1)
SAYINGS: Final = ("fact.retracted", "fact.reinstated")
MARKS: Final = ("fact.pinned", "fact.unpinned", "fact.marked_key", "fact.unmarked_key")
FULL: Final[dict[str, dict[str, Any]]] = {
    "update.reported": {
        "headline": "It rains",
        "body": "In *Hollywood*.\n\nAll day.",
        "media": [{"url": "https://a.example/b.jpg", "alt": "Rain", "credit": "AP"}],
    },
    "nomination.announced": {"category": "Sound", "film": "Dune", "people": ["A", "B"]},
    "award.announced": {"category": "Sound", "film": "Dune", "people": ["A"], "accepted_by": ["B"], "body": "Well."},
    "speech.given": {"speaker": "A", "quote": "Thank you.\n\nAll.", "occasion": "Sound"},
    "interview.given": {"person": "A", "outlet": "AP", "quote": "Well …"},
    "prize.won": {"prize": "BAFTA", "film": "Dune", "count": 3, "people": ["A"]},
    "ceremony.began": {"venue": "Dolby Theatre"},
    "ceremony.ended": {"headline": "Over"},
    "match.kicked_off": {"home": "Ghana", "away": "Uruguay"},
    "goal.scored": {"team": "Ghana", "scorer": "Muntari", "own_goal": True},
}
"""Of every type of fact one with all that it may say."""


def sheet(
    typed: Mapping[str, str] | None = None,
    *,
    kind: Kind = CEREMONY,
    fact: Fact | None = None,
    **values: str,
) -> Sheet:
    """Return a posted form; `data__film` stands for `data.film`."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    return Sheet(as_written(dict(typed or {}) | named), LOS_ANGELES, kind, fact)


def posted(data: dict[str, Any]) -> dict[str, str]:
    """Return data as somebody types it."""
    form: dict[str, str] = {}
    for name, value in data.items():
        match value:
            case [{}, *_]:
                form |= {f"data.{name}.{n}.{key}": text for n, row in enumerate(value) for key, text in row.items()}
            case list():
                form[f"data.{name}"] = "\r\n".join(value)
            case bool():
                form[f"data.{name}"] = "yes" if value else "no"
            case _:
                form[f"data.{name}"] = str(value)
    return form


def drafted(form: Sheet, now: datetime = EVENING) -> Draft:
    return form.draft(now)


def faults(form: Sheet, now: datetime = EVENING) -> dict[str, str]:
    """Return what is wrong with a form, by field."""
    with pytest.raises(InvalidEvent) as caught:
        form.draft(now)
    return {fault.path: fault.message for fault in caught.value.faults}


def standing(*drafts: Draft) -> Fact:
    """Return the one fact of a record."""
    (fact,) = resolve(on_record(opening(), *drafts))
    return fact


def correcting(fact: Fact, of_kind: Kind = CEREMONY, story: Story = LOS_ANGELES, **touched: str) -> Sheet:
    """Return the form of a correction as a browser sends it, with some fields touched."""
    form = present(fact, of_kind, story) | {"type": "fact.corrected", "kind": "correction", "note": "We were wrong."}
    touched = {name.replace("__", "."): value for name, value in touched.items()}
    sent = {name: text.replace("\n", "\r\n").removesuffix(":00") for name, text in (form | touched).items()}
    return Sheet(as_written(sent), story, of_kind, fact)


@pytest.mark.parametrize("type_", FULL)
def test_every_fact_can_be_reported_with_all_that_it_may_say(type_: str) -> None:
    kind = FOOTBALL if type_ in FOOTBALL.models else CEREMONY
    form = Sheet(as_written({"type": type_, "id": str(ID)} | WAIVED | posted(FULL[type_])), LOS_ANGELES, kind)

    draft = drafted(form)

    assert (draft.type, draft.data, draft.id) == (type_, FULL[type_], ID)
    assert (draft.occurred_at, draft.precision, draft.source) == (EVENING, Precision.MINUTE, None)


def test_every_type_of_every_kind_is_tried_here() -> None:
    assert set(FULL) == {type_ for kind in (GENERAL, CEREMONY, FOOTBALL) for type_ in kind.types}


@pytest.mark.parametrize("type_", [*SAYINGS, *MARKS])
def test_every_deed_about_a_fact_has_its_form(type_: str) -> None:
    fact = standing(report("It rains"))
    note = {"note": "It does not."} if type_ in SAYINGS else {}

    assert drafted(sheet(fact=fact, type=type_, note=" It does not. ")).data == {"fact": str(fact.id), **note}


@pytest.mark.parametrize("type_", ["coverage.started", "coverage.ended"])
def test_coverage_says_nothing(type_: str) -> None:
    assert drafted(sheet(type=type_, note="Whatever", data__title="Whatever")).data == {}


def test_the_story_is_described_by_what_is_filled_in() -> None:
    described = drafted(sheet(type="story.described", data__title=" The night ", data__summary=""))

    assert described.data == {"title": "The night"}


@pytest.mark.parametrize("type_", sorted(set(EDITORIAL) - {"story.described"} - {"fact.corrected"}))
def test_what_is_about_a_fact_needs_one_and_the_rest_has_no_form(type_: str) -> None:
    if type_.startswith("coverage."):
        return
    known = UnknownFact if type_ in (*SAYINGS, *MARKS) else UnknownType
    with pytest.raises(known):
        drafted(sheet(type=type_, note="Why", data__title="A", data__kind="general"))


@pytest.mark.parametrize("type_", ["", "goal.scored", "nonsense", "<script>", "x" * 1000])
def test_a_type_that_the_kind_does_not_have_is_refused(type_: str) -> None:
    with pytest.raises(UnknownType):
        drafted(sheet(type=type_))


@pytest.mark.parametrize(
    ("form", "moment"),
    [
        ({}, EVENING),
        ({"when": "now", "moment": "2025-01-01T10:00"}, EVENING),
        ({"when": "earlier"}, EVENING - timedelta(minutes=5)),
        ({"when": "exact", "moment": "2025-03-02T16:59"}, EVENING - timedelta(minutes=1)),
        ({"when": "exact", "moment": "2025-03-02T16:59:59"}, EVENING - timedelta(seconds=1)),
        ({"when": "exact", "moment": " 2025-03-03T00:59:00Z "}, EVENING - timedelta(minutes=1)),
        ({"when": "exact", "moment": "2025-03-02T17:04"}, EVENING + timedelta(minutes=4)),
        ({"when": "exact", "moment": "2024-11-03T01:30"}, datetime(2024, 11, 3, 8, 30, tzinfo=UTC)),
    ],
    ids=["untold", "now", "earlier", "exact", "to the second", "with a zone", "a little ahead", "the first of two"],
)
def test_the_time_is_that_of_the_story_s_own_place(form: dict[str, str], moment: datetime) -> None:
    assert drafted(sheet(WAIVED | form, type="ceremony.ended")).occurred_at == moment


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("", "is not a moment"),
        ("yesterday", "is not a moment"),
        ("2025-03-32T10:00", "is not a moment"),
        ("2024-03-10T02:30", "skip it"),
        ("2025-03-02T17:06", "cannot have happened"),
        ("9999-12-31T23:59", "is not a moment"),
    ],
)
def test_a_time_that_cannot_be_is_told_at_its_field(moment: str, told: str) -> None:
    form = sheet(WAIVED, type="ceremony.ended", when="exact", moment=moment)

    found = faults(form)

    assert list(found) == ["moment"]
    assert told in found["moment"]


@pytest.mark.parametrize("precision", list(Precision))
def test_the_time_is_as_precise_as_the_writer_says(precision: Precision) -> None:
    assert drafted(sheet(WAIVED, type="ceremony.ended", precision=precision)).precision == precision


def test_a_precision_that_is_none_is_refused() -> None:
    assert list(faults(sheet(WAIVED, type="ceremony.ended", precision="about"))) == ["precision"]


def test_the_source_has_a_name_and_perhaps_an_address() -> None:
    named = {"type": "ceremony.ended", "source.name": " AP ", "source.waived": "yes"}

    assert json.loads(event_json(drafted(sheet(named))))["source"] == {"name": "AP"}
    named["source.url"] = " https://ap.example/ "
    assert json.loads(event_json(drafted(sheet(named))))["source"] == {"name": "AP", "url": "https://ap.example/"}


@pytest.mark.parametrize("url", ["", "https://ap.example/"])
def test_whoever_names_no_source_must_say_so_and_an_address_alone_is_not_lost(url: str) -> None:
    assert list(faults(sheet({"source.url": url}, type="ceremony.ended"))) == ["source.name"]
    waived = sheet(WAIVED | {"source.url": url}, type="ceremony.ended")
    assert (list(faults(waived)) == ["source.name"]) if url else (drafted(waived).source is None)


def test_all_that_is_wrong_with_a_report_is_told_at_once_each_at_its_field() -> None:
    form = {
        "type": "prize.won",
        "data.count": "many",
        "data.people": "A\n" + "x" * 501,
        "data.prize": " ",
        "when": "exact",
        "moment": "soon",
        "precision": "about",
        "source.name": "AP",
        "source.url": "javascript:alert(1)",
    }

    assert set(faults(sheet(form))) == {
        *("data.count", "data.people.1", "data.prize", "data.film"),
        *("moment", "precision", "source.url"),
    }


def test_all_that_is_wrong_with_a_correction_is_told_at_once() -> None:
    fact = standing(event("prize.won", {"prize": "BAFTA", "film": "Dune"}, EVENING))
    form = correcting(fact, data__film="", data__count="0", moment="soon", precision="about", kind="slip", note=" ")

    assert set(faults(form)) == {"data.film", "data.count", "moment", "precision", "kind", "note"}


def test_a_title_that_is_too_long_is_told_at_its_field() -> None:
    assert list(faults(sheet(type="story.described", data__title="x" * 501))) == ["data.title"]


@pytest.mark.parametrize("type_", SAYINGS)
@pytest.mark.parametrize("note", ["", " \r\n ", "x" * 5001])
def test_a_deed_that_says_why_needs_a_note_of_a_note_s_length(type_: str, note: str) -> None:
    assert list(faults(sheet(fact=standing(report("It rains")), type=type_, note=note))) == ["note"]


@pytest.mark.parametrize("kind", ["correction", "clarification", "update"])
def test_only_a_minor_edit_may_do_without_a_note(kind: str) -> None:
    fact = standing(report("It rians"))

    assert list(faults(correcting(fact, data__headline="It rains", kind=kind, note=" "))) == ["note"]
    minor = drafted(correcting(fact, data__headline="It rains", kind="minor", note=" "))
    assert minor.data == {
        "fact": str(fact.id),
        "kind": "minor",
        "note": "",
        "set": {"data": {"headline": "It rains"}},
    }


def test_a_correction_sets_only_what_was_touched() -> None:
    long = event("award.announced", FULL["award.announced"] | {"people": [], "body": "One\r\nTwo\rThree\n"}, EVENING)
    fact = standing(long)

    assert drafted(correcting(fact, data__film="Anora")).data["set"] == {"data": {"film": "Anora"}}
    assert drafted(correcting(fact, data__accepted_by="")).data["set"] == {"data": {"accepted_by": None}}
    assert drafted(correcting(fact, precision="hour")).data["set"] == {"precision": "hour"}


def test_whoever_touches_nothing_sets_nothing() -> None:
    for type_, data in FULL.items():
        kind = FOOTBALL if type_ in FOOTBALL.models else CEREMONY
        fact = standing(event(type_, data, EVENING))

        assert drafted(correcting(fact, kind)).data["set"] == {}, type_


@given(
    st.datetimes(datetime(1902, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - the zone is given below.
    st.sampled_from(["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_a_time_that_nobody_touched_stays_to_the_microsecond(moment: datetime, zone: str) -> None:
    fact = standing(report("It rains", moment.replace(tzinfo=UTC)))
    story = replace(LOS_ANGELES, timezone=zone)

    assert drafted(correcting(fact, story=story), datetime(2040, 1, 1, tzinfo=UTC)).data["set"] == {}


def test_a_fact_is_moved_on_the_story_s_own_clock() -> None:
    fact = standing(report("It rains"))

    moved = drafted(correcting(fact, moment="2025-03-02T16:30:05", precision="second")).data["set"]

    assert moved == {"occurred_at": "2025-03-03T00:30:05.000000Z"}
    assert list(faults(correcting(fact, moment="2025-03-02T18:00"))) == ["moment"]


def test_what_was_corrected_before_is_the_text_that_is_corrected() -> None:
    rains = report("It rains")
    fact = standing(rains, correction(rains, data={"body": "Since six."}, occurred_at=EVENING - timedelta(hours=1)))

    assert present(fact, CEREMONY, LOS_ANGELES)["moment"] == "2025-03-02T16:00:00"
    assert drafted(correcting(fact, data__body="Since seven.")).data["set"] == {"data": {"body": "Since seven."}}


def test_of_what_is_taken_down_nothing_is_said() -> None:
    rains = report("It rains")
    fact = standing(rains, retraction(rains), takedown(rains))
    for type_ in ("fact.corrected", *SAYINGS, *MARKS):
        with pytest.raises(AlreadyTakenDown):
            drafted(sheet(fact=fact, type=type_, note="Why", data__headline="It pours"))


def test_an_offer_is_taken_up_as_the_board_made_it() -> None:
    offered = {"category": "Sound ", "film": "Du\nne", "people": ["A ", ""]}
    form = take_up(sheet(WAIVED, offer=offer_value("nomination.announced", {"category": "Sound ", "film": "Du\nne"})))

    assert drafted(form).type == "nomination.announced"
    assert drafted(form).data == {"category": "Sound ", "film": "Du\nne"}
    assert (form.values["type"], form.values["data.category"]) == ("nomination.announced", "Sound ")
    with pytest.raises(InvalidEvent):
        drafted(take_up(sheet(WAIVED, offer=offer_value("nomination.announced", offered))))


@pytest.mark.parametrize(
    ("offer", "refusal"),
    [
        ("{", MalformedJson),
        ("[]", InvalidEvent),
        ('{"type": 1, "data": {}}', InvalidEvent),
        ('{"type": "award.announced", "data": []}', InvalidEvent),
        ('{"type": "award.announced", "data": {"category": 5, "film": {}, "people": {"a": [1]}}}', InvalidEvent),
        ('{"type": "award.announced", "data": {"category": "a", "film": "b", "more": "c"}}', InvalidEvent),
        ('{"type": "goal.scored", "data": {}}', UnknownType),
        ('{"type": "fact.taken_down", "data": {}}', UnknownType),
        ('{"type": "story.opened", "data": {}}', UnknownType),
        ('{"type": "fact.pinned", "data": {}}', UnknownFact),
    ],
)
def test_an_offer_that_no_board_has_made_is_refused(offer: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        drafted(take_up(sheet(WAIVED, offer=offer)))


def test_an_event_that_a_page_holds_is_read_as_the_same_draft() -> None:
    form = sheet({"source.name": "AP", "source.url": "https://a.example/"}, type="prize.won", data__prize="„B“")
    draft = drafted(
        replace(form, values=dict(form.values) | {"data.film": "</script>\u2028&amp;", "id": str(uuid4())})
    )

    assert read_draft(json.loads(event_json(draft))) == draft


@pytest.mark.parametrize("seen", ["", "-1", "1.0", "٣", "1" * 10, "three", "1e3"])
def test_a_version_that_is_none_was_not_seen(seen: str) -> None:
    assert sheet(seen=seen).seen is None
    assert sheet(seen="31").seen == 31


def test_the_zone_of_these_tests_has_two_half_past_ones_and_no_half_past_two() -> None:
    zone = zone_of(LOS_ANGELES)
    twice = [datetime(2024, 11, 3, hour, 30, tzinfo=UTC).astimezone(zone) for hour in (8, 9)]
    assert [each.hour for each in twice] == [1, 1]

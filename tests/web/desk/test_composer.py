"""The composer: what is shown before it is on record is what goes on record, and nothing else does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event as sqlalchemy_event

from composing import NAMED, Answer, Writer
from kinds.installing import football
from newsroom import EVENING, STORY, Newsroom, award, event, nomination, opened, opening, report, retraction
from timeline.domain.event import Recorded, source_json
from timeline.domain.moments import format_moment
from timeline.store.drafts import drafts
from timeline.store.people import ANY, Role
from wire import Wire

REPORTS: Final[dict[str, dict[str, str]]] = {
    "update.reported": {
        "data.headline": "It rains",
        "data.media.0.url": "https://a.example/b.jpg",
        "data.media.0.alt": "Rain",
    },
    "nomination.announced": {"data.category": "Sound", "data.film": "Dune", "data.people": "A\r\nB"},
    "award.announced": {"data.category": "Sound", "data.film": "Dune", "data.accepted_by": "B"},
    "speech.given": {"data.speaker": "A", "data.quote": "Thank you.\r\n\r\nAll."},
    "interview.given": {"data.person": "A", "data.outlet": "AP", "data.quote": "Well …"},
    "prize.won": {"data.prize": "BAFTA", "data.film": "Dune", "data.count": "3"},
    "ceremony.began": {"data.venue": "Dolby Theatre"},
    "ceremony.ended": {},
}
MATCH: Final[dict[str, dict[str, str]]] = {
    "match.kicked_off": {"data.home": "Ghana", "data.away": "Uruguay"},
    "goal.scored": {"data.team": "Ghana", "data.scorer": "Muntari", "data.own_goal": "no"},
}
DEEDS: Final[dict[str, dict[str, str]]] = {
    "fact.corrected": {"data.headline": "It pours", "note": "We said that it rains."},
    "fact.retracted": {"note": "It does not."},
    "fact.reinstated": {"note": "It does."},
    "fact.pinned": {},
    "fact.unpinned": {},
    "fact.marked_key": {},
    "fact.unmarked_key": {},
}
ABOUT_STORY: Final[dict[str, dict[str, str]]] = {
    "story.described": {"data.title": "The night", "data.summary": "All of it."},
    "coverage.started": {},
    "coverage.ended": {},
}
TOLD: Final = UUID(int=1)


@pytest.fixture
def ana(story_room: Newsroom) -> Writer:
    """Return an editor of all stories, where one fact is on record."""
    story_room.publish(report("It snows", id=TOLD))
    return Writer.of(story_room)


@pytest.fixture(scope="module")
def shared(held: Wire) -> Writer:
    """Return somebody who may do anything at a desk that all tests share: for what is refused without a trace."""
    held.newsroom.publish(report("It snows", id=TOLD))
    return Writer.of(held.newsroom, role=Role.ADMIN)


# What can be said.


@pytest.mark.parametrize("type_", REPORTS)
def test_every_fact_of_a_ceremony_is_reported_by_its_form(ana: Writer, type_: str) -> None:
    _goes_on_record_as_shown(ana, ana.report(type_, **REPORTS[type_]))


def test_a_story_of_any_kind_takes_reports(story_room: Newsroom) -> None:
    general = Newsroom(story_room.database, story_room.clock, "a-general-story")
    general.publish(opening("general"))

    _goes_on_record_as_shown(ana := Writer.of(general), ana.report("update.reported", **REPORTS["update.reported"]))
    assert ana.report("award.announced", **REPORTS["award.announced"]).status == 422


def test_a_kind_that_comes_from_elsewhere_has_its_forms_too(tmp_path: Path) -> None:
    with football(tmp_path), opened(f"sqlite:///{tmp_path / 'football.sqlite'}") as database:
        match = Newsroom(database, story="ghana-uruguay")
        match.publish(opening("football"))
        ana = Writer.of(match)

        for type_, form in MATCH.items():
            page = ana.look(type=type_)
            assert {*form} <= {*page.form()}
            _goes_on_record_as_shown(ana, ana.report(type_, **form))

        assert match.view().board == {"score": {"Ghana": 1, "Uruguay": 0}}


@pytest.mark.parametrize("type_", DEEDS)
def test_every_deed_about_an_entry_is_done_by_its_form(ana: Writer, type_: str) -> None:
    if type_ == "fact.reinstated":
        ana.newsroom.publish(retraction(TOLD))

    proof = ana.preview(
        {"type": type_, "id": str(uuid4()), "fact": str(TOLD), "seen": _head(ana), "kind": "correction"}
        | DEEDS[type_]
    )

    _goes_on_record_as_shown(ana, proof)


@pytest.mark.parametrize("type_", ABOUT_STORY)
def test_what_is_about_the_story_is_done_by_its_form(ana: Writer, type_: str) -> None:
    _goes_on_record_as_shown(ana, ana.preview({"type": type_} | ABOUT_STORY[type_]))


def test_the_page_of_a_story_has_the_forms_of_all_that(ana: Writer) -> None:
    page = ana.look(new="")

    assert page.texts("//section[@class='composer']//nav//a")[:2] == ["Update", "Nomination"]
    assert page.page.xpath("//header//form[contains(@action, '/preview')]//input/@value") == ["coverage.started"]
    described = ana.look(type="story.described", new="").form()
    assert {"data.title", "data.summary", "id", "type"} == set(described)


def test_what_the_board_offers_is_published_with_two_clicks(ana: Writer) -> None:
    ana.newsroom.publish(nomination("Sound", "Dune", "A", "B"))
    (offer,) = ana.look().page.xpath("//button[@name='offer'][contains(., 'Dune')]/@value")

    recorded = ana.put_on_record(ana.preview({"offer": offer, "when": "earlier"} | NAMED))

    assert (recorded.type, recorded.data) == (
        "award.announced",
        {"category": "Sound", "film": "Dune", "people": ["A", "B"]},
    )
    assert recorded.occurred_at == EVENING - timedelta(minutes=5)
    assert not ana.look().page.xpath("//button[@name='offer'][contains(., 'Dune')]")


def test_an_offer_that_lacks_a_source_comes_back_as_a_report_with_all_that_was_typed(ana: Writer) -> None:
    ana.newsroom.publish(nomination("Sound", "Dune", "A", "B"))
    (offer,) = ana.look().page.xpath("//button[@name='offer'][contains(., 'Dune')]/@value")

    again = ana.without_script().preview({"offer": offer, "source.url": "https://a.example/", "when": "earlier"})

    form = again.form()
    assert again.status == 422
    assert (form["type"], form["data.category"], form["data.film"]) == ("award.announced", "Sound", "Dune")
    assert (form["data.people"], form["source.url"], form["when"]) == ("A\r\nB", "https://a.example/", "earlier")
    assert ana.preview(form | {"source.name": "The stage"}).event["data"]["people"] == ["A", "B"]


# What is shown and what is written.


def test_a_preview_writes_nothing(newsroom: Newsroom) -> None:
    ana = Writer.of(newsroom)
    before = newsroom.trace()

    for browser in (ana, ana.without_script()):
        assert browser.report("update.reported", **REPORTS["update.reported"]).status == 200

    assert newsroom.trace() == before


def test_a_report_is_previewed_and_published_on_both_databases(newsroom: Newsroom) -> None:
    ana = Writer.of(newsroom)

    _goes_on_record_as_shown(ana, ana.report("update.reported", **REPORTS["update.reported"]))
    told = newsroom.record()[-1].id
    _goes_on_record_as_shown(ana, ana.amend(told, **{"data.headline": "It pours", "note": "It did not rain."}))


def test_the_proof_is_the_entry_as_readers_have_it_afterwards(ana: Writer) -> None:
    proof = ana.report("update.reported", **REPORTS["update.reported"], **{"data.body": "In *Hollywood*."})
    shown = proof.texts("//div[@class='proof-entry']//*[self::h3 or self::p]")
    recorded = ana.put_on_record(proof)

    (entry,) = ana.open(recorded.id, "fact.pinned").texts("//div[@data-part='entry']")

    assert "It rains" in shown
    assert "In Hollywood." in shown
    assert [words for words in shown if words not in entry] == []


def test_after_publishing_the_desk_is_shown_at_the_new_entry(ana: Writer) -> None:
    answer = ana.publish(ana.report("ceremony.ended"))

    assert answer.response.location == f"/desk/stories/{STORY}#v3"
    assert ana.look().page.xpath("//li[@id='v3']")


def test_the_actor_is_who_is_signed_in_whatever_the_form_says(ana: Writer) -> None:
    proof = ana.report("ceremony.ended", actor="Ben", **{"data.actor": "Ben"})

    assert "actor" not in proof.event
    assert ana.put_on_record(proof).actor == "Ana"


def test_time_and_source_are_as_the_form_says(ana: Writer) -> None:
    said = {"when": "exact", "moment": "2025-03-02T16:30", "precision": "hour"}

    recorded = ana.put_on_record(ana.report("ceremony.ended", **said))

    assert recorded.occurred_at == EVENING - timedelta(minutes=30)
    assert recorded.precision == "hour"
    assert recorded.source
    assert source_json(recorded.source) == {"name": "The stage", "url": "https://stage.example/"}


def test_what_was_named_last_is_named_again(ana: Writer) -> None:
    assert ana.look().form()["source.name"] == ""
    ana.put_on_record(ana.report("ceremony.ended"))

    assert {*NAMED.items()} <= {*ana.look().form().items()}
    assert Writer.of(ana.newsroom, "Ben").look().form()["source.name"] == ""


def test_that_no_source_is_named_is_decided_each_time(ana: Writer) -> None:
    ana.put_on_record(ana.preview({"type": "ceremony.ended", "source.waived": "yes"}))
    assert "source.waived" not in ana.look().form()

    ana.put_on_record(ana.report("ceremony.began"))
    ana.put_on_record(ana.preview({"type": "ceremony.ended", "source.waived": "yes"}))

    assert {*NAMED.items()} <= {*ana.look().form().items()}
    assert "source.waived" not in ana.look().form()


def test_an_event_that_is_sent_twice_is_answered_as_before_and_on_record_once(newsroom: Newsroom) -> None:
    ana = Writer.of(newsroom)
    proof = ana.report("ceremony.ended")

    answers = [ana.publish(proof) for _ in range(3)]

    assert {(each.status, each.response.location) for each in answers} == {(303, f"/desk/stories/{STORY}#v2")}
    assert len(newsroom.record()) == 2


# What is refused.


def test_all_that_is_wrong_is_told_at_once_and_what_was_typed_is_there_again(ana: Writer) -> None:
    typed = {
        "id": str(uuid4()),
        "data.prize": "",
        "data.film": "Dune & Co",
        "data.count": "0",
        "data.people": "A\r\nB",
        "when": "exact",
        "moment": "2025-03-32T10:00",
        "precision": "hour",
        "source.name": "",
        "source.url": "https://a.example/",
    }
    before = ana.newsroom.trace()

    again = ana.without_script().report("prize.won", **typed)

    assert again.status == 422
    assert {line.partition(":")[0] for line in again.faults} == {"Prize", "Count", "Moment", "Source"}
    assert set(again.at_fields) == {"data.prize", "data.count"}
    # A browser shows no moment that it cannot read.
    assert {**again.form(), "type": "prize.won"}.items() >= typed.items() - {("moment", typed["moment"])}
    assert ana.newsroom.trace() == before


def test_beside_the_form_only_the_faults_are_told(ana: Writer) -> None:
    told = ana.report("prize.won")

    assert told.status == 422
    assert len(told.faults) == 2
    assert not told.page.xpath("//form")


@pytest.mark.parametrize(
    ("type_", "form", "status", "told"),
    [
        ("story.opened", {"data.title": "A", "data.kind": "general", "data.timezone": "UTC"}, 422, "no event"),
        ("fact.taken_down", {"fact": str(TOLD), "basis": "court order", "note": "Why"}, 422, "no event"),
        ("nonsense", {}, 422, "no event “nonsense”"),
        ("fact.pinned", {"fact": str(uuid4())}, 404, "has no fact"),
        ("fact.pinned", {"fact": str(TOLD), "seen": "99"}, 404, "at version 2"),
        ("fact.pinned", {"fact": str(TOLD), "seen": "1"}, 404, "has no fact"),
        ("fact.pinned", {"fact": "none"}, 404, "has no fact none"),
        ("story.described", {"data.title": " "}, 422, "neither title nor summary"),
        ("ceremony.ended", {"when": "exact", "moment": "2025-03-09T02:30"}, 422, "skip it"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_reason(
    shared: Writer, type_: str, form: dict[str, str], status: int, told: str
) -> None:
    before = shared.newsroom.trace()

    answer = shared.report(type_, **form)

    assert answer.status == status
    assert told in answer.words
    assert shared.newsroom.trace() == before


def _event(**changed: Any) -> str:
    sound = {
        "id": "0195a000-0000-7000-8000-00000000000e",
        "type": "ceremony.ended",
        "data": {},
        "precision": "minute",
    }
    return json.dumps({name: value for name, value in (sound | changed).items() if value != "left out"})


@pytest.mark.parametrize(
    ("tampered", "status"),
    [
        ("", 400),
        ("{", 400),
        ("null", 422),
        ("[]", 422),
        (f"[{_event()}, {_event()}]", 422),
        (_event(id="left out"), 422),
        (_event(id="seven"), 422),
        (_event(type="left out"), 422),
        (_event(type="goal.scored"), 422),
        (_event(type="story.opened", data={"title": "A", "kind": "general", "timezone": "UTC"}), 409),
        (_event(type="fact.taken_down", data={"fact": str(TOLD), "basis": "b", "note": "n"}), 422),
        (_event(type="fact.pinned", data={"fact": str(uuid4())}), 404),
        (_event(type="fact.pinned", data={"fact": 7}), 422),
        (_event(type="fact.retracted", data={"fact": str(TOLD)}), 422),
        (_event(story="another-story"), 422),
        (_event(version=7), 422),
        (_event(recorded_at="2025-01-01T00:00:00Z"), 422),
        (_event(actor="Ben"), 403),
        (_event(actor="ana"), 403),
        (_event(schema=2), 422),
        (_event(data={"headline": "\0"}), 400),
        (_event(data={"headline": "\ud800"}), 400),
        (_event(data={"headline": "x" * 501}), 422),
        (_event(occurred_at="2026-01-01T00:00:00Z"), 422),
        (_event(occurred_at="2025-03-03T00:00:00"), 400),
        ("[" * 10_000, 400),
    ],
)
def test_an_event_that_no_proof_holds_is_refused_without_a_trace(shared: Writer, tampered: str, status: int) -> None:
    before = shared.newsroom.trace()

    answer = shared.send("publish", {"event": tampered, "form": "{}"})

    assert (answer.status, shared.newsroom.trace() == before) == (status, True), answer.words
    assert answer.page.xpath("//main")


@pytest.mark.parametrize("form", ["{", "[]", "null", '{"seen": 5, "fact": {}}', '{"seen": "99"}', '{"seen": "1"}'])
def test_whatever_form_comes_with_it_an_event_is_whole_or_not_there(ana: Writer, form: str) -> None:
    proof = ana.preview({"type": "fact.retracted", "fact": str(TOLD), "seen": "2", "note": "Why"})

    answer = ana.publish(proof, form=form)

    assert answer.status in (303, 400, 404)
    assert len(ana.newsroom.record()) == (3 if answer.status == 303 else 2)


def test_an_id_that_names_another_event_already_is_refused(ana: Writer) -> None:
    proof = ana.report("ceremony.ended", id=str(TOLD))

    assert proof.status == 409
    assert ana.send("publish", {"event": _event(id=str(TOLD))}).status == 409


def test_whoever_comes_back_to_a_form_that_is_on_record_goes_on_with_another_event(ana: Writer) -> None:
    form = ana.look().form() | NAMED | {"data.headline": "It rains"}
    ana.put_on_record(ana.preview(form))

    again = ana.without_script().preview(form | {"data.headline": "It pours"})

    assert again.status == 409
    assert again.form()["data.headline"] == "It pours"
    ana.put_on_record(ana.preview(again.form()))
    assert [fact.data["headline"] for fact in ana.newsroom.view().facts if fact.data] == [
        "It snows",
        "It rains",
        "It pours",
    ]


def test_what_is_published_in_another_story_is_for_that_story(ana: Writer) -> None:
    other = Newsroom(ana.newsroom.database, ana.newsroom.clock, "a-general-story")
    other.publish(opening("general"))
    there = Writer(ana.visitor, other.story)
    proof = ana.report("ceremony.ended")

    assert there.send("publish", {"event": proof.hidden("event")}).status == 422
    assert Writer(ana.visitor, "no-such-story").send("publish", {"event": proof.hidden("event")}).status == 404
    assert Writer(ana.visitor, "no-such-story").send("preview", {"type": "ceremony.ended"}).status == 404
    assert (len(ana.newsroom.record()), len(other.record())) == (2, 1)


# Surprises.


def test_what_is_surprising_is_shown_and_can_be_published_all_the_same(ana: Writer) -> None:
    ana.newsroom.publish(nomination("Sound", "Dune"), award("Sound", "Dune"))

    proof = ana.report("award.announced", **{"data.category": "Sound", "data.film": "Anora"})

    assert proof.surprises == [
        "Sound: Anora won, but is not on record as nominated",
        "Sound: Anora won, but so did Dune",
    ]
    assert proof.texts("//form//button") == ["Publish all the same"]
    ana.put_on_record(proof)
    assert ana.report("ceremony.ended").texts("//form//button") == ["Publish"]


# Drafts.


def test_what_was_typed_is_there_again_and_gone_once_it_is_published(newsroom: Newsroom) -> None:
    ana = Writer.of(newsroom)
    form = ana.look().form() | {"data.headline": "It ra"}
    assert ana.send("drafts", form).status == 204
    assert ana.send("drafts", form | {"data.headline": "It rains", "when": "earlier"}).status == 204

    page = ana.look()
    assert page.texts("//form[@class='kept']//button") == ["Discard it"]
    assert _said(page.form()) == _said(form) | {"data.headline": "It rains", "when": "earlier"}
    ana.put_on_record(ana.preview(page.form() | NAMED))

    assert ana.look().form()["data.headline"] == ""
    assert ana.send("drafts", page.form()).status == 205
    assert not ana.look().page.xpath("//form[@class='kept']")


def test_whether_a_draft_is_on_record_is_told_and_nothing_is_kept_by_asking(ana: Writer) -> None:
    form = ana.look().form() | NAMED | {"data.headline": "It rains"}
    asked = {"id": form["id"], "ask": "yes"}
    assert ana.send("drafts", asked).status == 204
    assert _kept(ana) == []

    ana.put_on_record(ana.preview(form))

    assert ana.send("drafts", asked).status == 205


def test_what_else_was_left_is_listed_beside_the_draft_that_is_there(ana: Writer) -> None:
    first, second = ({"id": str(uuid4()), "type": "update.reported"} for _ in range(2))
    ana.send("drafts", first | {"data.headline": "It rains"})
    assert not ana.look().texts("//div[@class='drafts']")
    ana.newsroom.clock.turn(seconds=1)
    ana.send("drafts", second | {"data.body": "It  pours,\r\n" + "cats and dogs " * 9})

    page = ana.look()
    assert page.form()["id"] == second["id"]
    assert page.texts("//div[@class='drafts']//a") == ["It rains"]
    (there,) = page.page.xpath("//div[@class='drafts']//a/@href")
    assert there == f"/desk/stories/{STORY}?draft={first['id']}"
    other = ana.look(draft=first["id"])
    assert other.form()["data.headline"] == "It rains"
    (called,) = other.texts("//div[@class='drafts']//a")
    assert (called[:23], called[-1], len(called)) == ("It pours, cats and dogs", "…", 80)


def test_after_one_draft_was_discarded_it_is_told_that_the_next_is_another(ana: Writer) -> None:
    first, second = ({"id": str(uuid4()), "type": "update.reported"} for _ in range(2))
    for form, headline in ((first, "It rains"), (second, "It pours")):
        ana.newsroom.clock.turn(seconds=1)
        ana.send("drafts", form | {"data.headline": headline})

    there = ana.send("drafts", second | {"discard": "yes"}).response.location

    assert there == f"/desk/stories/{STORY}?discarded=yes"
    page = ana.look(discarded="yes")
    assert page.form()["data.headline"] == "It rains"
    (words,) = page.texts("//form[@class='kept']/p")
    assert words.startswith("That is discarded. This is another draft, which was not published either; it was last")


def test_a_form_of_another_type_keeps_what_both_have(ana: Writer) -> None:
    form = ana.look().form() | {"data.headline": "It rains", "data.body": "All\r\nday."}
    ana.send("drafts", form)

    other = ana.look(type="speech.given", draft=form["id"]).form()

    assert (other["type"], other["data.headline"], other["data.body"]) == ("speech.given", "It rains", "All\r\nday.")
    assert other["id"] == form["id"]


def test_the_title_and_the_summary_are_changed_from_what_they_are(ana: Writer) -> None:
    ana.put_on_record(ana.preview({"type": "story.described", "data.summary": "One.\r\nTwo."}))

    form = ana.look(type="story.described").form()

    assert (form["data.title"], form["data.summary"]) == ("97th Academy Awards", "One.\r\nTwo.")


def test_a_report_that_was_begun_is_not_in_the_way_of_the_title(ana: Writer) -> None:
    form = ana.look().form() | {"data.headline": "It rains"}
    ana.send("drafts", form)

    described = ana.look(type="story.described").form()

    assert described["id"] != form["id"]
    assert ana.look().form()["id"] == form["id"]


def test_a_blank_form_is_had_whatever_is_kept(ana: Writer) -> None:
    form = ana.look().form() | {"data.headline": "It rains"}
    ana.send("drafts", form)

    for query in ({"new": ""}, {"draft": str(uuid4())}):
        blank = ana.look(**query).form()
        assert (blank["data.headline"], blank["id"] == form["id"]) == ("", False)


def test_a_draft_is_discarded_by_its_button(ana: Writer) -> None:
    form = ana.look().form() | {"data.headline": "It rains"}
    ana.send("drafts", form)

    answer = ana.send("drafts", {"id": form["id"], "discard": "yes"})

    assert (answer.status, answer.response.location) == (303, f"/desk/stories/{STORY}")
    assert ana.look().form()["data.headline"] == ""


def test_nobody_sees_overwrites_or_discards_the_draft_of_another(newsroom: Newsroom) -> None:
    ana, ben = Writer.of(newsroom, "Ana"), Writer.of(newsroom, "Ben")
    form = ana.look().form() | {"data.headline": "What Ana writes"}
    ana.send("drafts", form)

    assert "What Ana writes" not in ben.look(draft=form["id"]).words
    assert ben.send("drafts", form | {"data.headline": "What Ben writes"}).status == 422
    assert ben.send("drafts", {"id": form["id"], "discard": "yes"}).status == 303

    assert ana.look().form()["data.headline"] == "What Ana writes"
    assert "What" not in ben.look().form()["data.headline"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"id": "seven"}, 422),
        ({"id": str(uuid4()), "data.body": "x" * 200_001}, 422),
        ({"id": str(uuid4()), "data.body": "x" * 1_100_000}, 413),
        ({"id": str(uuid4())} | {f"data.{number}": "" for number in range(1_001)}, 413),
    ],
    ids=["no id", "no id that is one", "too large", "far too large", "too many fields"],
)
def test_a_draft_that_cannot_be_kept_is_refused(ana: Writer, form: dict[str, str], status: int) -> None:
    assert ana.send("drafts", form).status == status
    assert _kept(ana) == []


def test_keeping_and_discarding_a_draft_leaves_no_trace_on_record(ana: Writer) -> None:
    before = ana.newsroom.trace()
    form = ana.look().form() | {"data.headline": "It rains"}

    ana.send("drafts", form)
    ana.send("drafts", {"id": form["id"], "discard": "yes"})

    assert ana.newsroom.trace() == before


# Who may do what.

CONTRIBUTED: Final = [("update.reported", {"data.headline": "It rains"}), ("ceremony.ended", {})]
EDITED: Final = [
    *((type_, form | {"fact": str(TOLD), "seen": "2"}) for type_, form in DEEDS.items()),
    *ABOUT_STORY.items(),
]


@pytest.mark.parametrize(
    ("role", "where"), [(Role.CONTRIBUTOR, "another-story"), (Role.EDITOR, "another-story"), (Role.ADMIN, "97th")]
)
def test_whoever_has_no_role_in_a_story_does_nothing_there(ana: Writer, role: Role, where: str) -> None:
    stranger = Writer.of(ana.newsroom, "Ben", role, where)
    for type_, form in [*CONTRIBUTED, *EDITED]:
        _is_forbidden(stranger, type_, form, ana)
    assert stranger.look().status == stranger.open(TOLD).status == 403
    assert stranger.send("publish", {"event": "{"}).status == stranger.preview({"offer": "{"}).status == 403


def test_a_contributor_reports_and_does_not_amend(ana: Writer) -> None:
    contributor = Writer.of(ana.newsroom, "Con", Role.CONTRIBUTOR, STORY)
    for type_, form in EDITED:
        _is_forbidden(contributor, type_, form, ana)
    assert contributor.open(TOLD).status == 200
    for type_, form in CONTRIBUTED:
        assert contributor.send("drafts", {"id": str(uuid4()), "type": type_}).status == 204
        assert contributor.put_on_record(contributor.report(type_, **form)).actor == "Con"


@pytest.mark.parametrize(("role", "where"), [(Role.EDITOR, STORY), (Role.STANDARDS, ANY), (Role.ADMIN, STORY)])
def test_an_editor_amends_in_the_story_or_in_all(ana: Writer, role: Role, where: str) -> None:
    editor = Writer.of(ana.newsroom, "Edi", role, where)

    for type_, form in EDITED:
        if type_ != "fact.reinstated":
            assert editor.preview({"type": type_, "kind": "correction"} | form).status == 200, type_


def _is_forbidden(writer: Writer, type_: str, form: dict[str, str], ana: Writer) -> None:
    before, kept = ana.newsroom.trace(), _kept(writer)
    about = {"fact": str(TOLD)} if type_.startswith("fact.") else {}
    event_ = _event(type=type_, data=about | ({"note": "Why"} if "note" in form else {}))
    answers = [
        writer.preview({"type": type_} | form),
        writer.without_script().preview({"type": type_}),
        writer.send("publish", {"event": event_, "form": "{}"}),
        writer.send("drafts", {"type": type_, "id": str(uuid4())} | form),
    ]

    assert [each.status for each in answers] == [403] * 4, type_
    assert (ana.newsroom.trace(), _kept(writer)) == (before, kept)


# What it costs.


@contextmanager
def _counting(newsroom: Newsroom) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    sqlalchemy_event.listen(newsroom.database.engine, "before_cursor_execute", note)
    yield statements
    sqlalchemy_event.remove(newsroom.database.engine, "before_cursor_execute", note)


def test_previews_and_publishing_cost_as_many_statements_in_a_long_story_as_in_a_short_one(
    newsroom: Newsroom,
) -> None:
    """A preview tries what it shows, and looks at the board before and after; digests are asked level by level."""
    newsroom.publish(report("It snows", id=TOLD), *(report(f"Report {number}") for number in range(300)))
    ana = Writer.of(newsroom)
    _costs(ana)  # Whoever looks first makes the digests.

    short = _costs(ana)
    newsroom.publish(*(report(f"Later report {number}") for number in range(500)))
    _costs(ana)
    long = _costs(ana)

    assert short == long
    assert all(cost <= most for cost, most in zip(long, (42, 12, 38, 20, 13), strict=True)), long


def _costs(ana: Writer) -> list[int]:
    """Return what a report's preview and publication cost, a correction's, and keeping a draft."""
    costs: list[int] = []

    def count(act: Any) -> Answer:
        with _counting(ana.newsroom) as statements:
            answer: Answer = act()
        costs.append(len(statements))
        return answer

    proof = count(lambda: ana.report("update.reported", **{"data.headline": f"It rains {uuid4()}"}))
    assert count(lambda: ana.publish(proof)).status == 303
    form = ana.open(TOLD).form() | {"data.headline": f"It snows {uuid4()}", "note": "It did not."}
    proof = count(lambda: ana.preview(form))
    assert count(lambda: ana.publish(proof)).status == 303
    assert count(lambda: ana.send("drafts", {"id": str(uuid4()), "type": "ceremony.ended"})).status == 204
    return costs


def _goes_on_record_as_shown(ana: Writer, proof: Answer) -> None:
    """Publish a proof, and look whether one event was appended, and exactly the one that it holds."""
    assert proof.status == 200, proof.words
    shown, before = proof.event, ana.newsroom.record()
    recorded = ana.put_on_record(proof)

    assert ana.newsroom.record()[: len(before)] == before
    assert _as_shown(recorded, shown) == shown
    assert (recorded.actor, recorded.version) == ("Ana", len(before) + 1)


def _as_shown(recorded: Recorded, shown: dict[str, Any]) -> dict[str, Any]:
    """Return an event on record with the keys that a proof's event has."""
    whole = recorded.envelope() | {"data": recorded.data, "occurred_at": format_moment(recorded.occurred_at)}
    missing = {"source", "occurred_at"} - set(shown)
    assert "source" not in missing or recorded.source is None
    return {name: whole[name] for name in shown}


def _said(form: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in form.items() if text}


def _head(ana: Writer) -> str:
    return str(ana.newsroom.desk.head(STORY).version)


def _kept(writer: Writer) -> list[UUID]:
    """Return the drafts of everybody."""
    newsroom = writer.newsroom
    story = newsroom.desk.head(STORY).id
    return [each.id for person in range(1, 9) for each in drafts(newsroom.database, person, story)]


def test_an_entry_is_listed_with_what_can_be_done_to_it(ana: Writer) -> None:
    ana.newsroom.publish(event("speech.given", {"speaker": "A", "quote": "B"}, EVENING))
    contributor = Writer.of(ana.newsroom, "Con", Role.CONTRIBUTOR, STORY)

    assert ana.look().texts("//li[@id='v2']//a") == ["It snows", "Correct", "Retract", "Pin", "Mark as key"]
    assert contributor.look().texts("//li[@id='v2']//a") == ["It snows"]

"""Amending: only what somebody touched is changed, and of two editors on one entry neither loses a word."""

from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from composing import Answer, Writer
from newsroom import EVENING, STORY, Newsroom, correction, event, mark, report, retraction, takedown
from timeline.domain.event import Draft
from timeline.domain.moments import parse_moment
from timeline.store.people import Role

TOLD: Final = UUID(int=1)
RAINS: Final = event(
    "update.reported",
    {
        "headline": "It rains",
        "body": "Since six.\r\nIn Hollywood.\r\n",
        "media": [{"url": "https://a.example/1", "alt": "One"}, {"url": "https://a.example/2", "alt": "Two"}],
    },
    "2025-03-03T00:30:00.123456Z",
    id=TOLD,
)
WON: Final = event("award.announced", {"category": "Sound", "film": "Dune", "people": []}, EVENING, id=UUID(int=2))
SEEN: Final = "3"


@pytest.fixture
def ana(story_room: Newsroom) -> Writer:
    """Return an editor of a story with two entries."""
    story_room.publish(RAINS, WON)
    return Writer.of(story_room)


@pytest.fixture
def ben(ana: Writer) -> Writer:
    return Writer.of(ana.newsroom, "Ben")


def test_an_untouched_form_changes_nothing_and_that_is_told(ana: Writer) -> None:
    for fact in (TOLD, WON.id):
        answer = ana.amend(fact, note="Nothing was wrong.")

        assert (answer.status, answer.faults) == (422, [f"the correction leaves fact {fact} as it is"])


def test_only_what_was_touched_is_set(ana: Writer) -> None:
    assert _set(ana.amend(TOLD, **{"data.headline": "It pours", "note": "N"})) == {"data": {"headline": "It pours"}}
    assert _set(ana.amend(WON.id, **{"data.film": "Anora", "note": "N"})) == {"data": {"film": "Anora"}}
    assert _set(ana.amend(TOLD, precision="hour", note="N")) == {"precision": "hour"}


def test_line_ends_microseconds_and_empty_lists_that_nobody_touched_stay(ana: Writer) -> None:
    ana.put_on_record(ana.amend(TOLD, **{"data.headline": "It pours", "note": "N"}))
    ana.put_on_record(ana.amend(WON.id, **{"data.body": "At last.", "note": "N"}))

    rains, won = ana.newsroom.fact(TOLD), ana.newsroom.fact(WON)
    assert rains.data == RAINS.data | {"headline": "It pours"}
    assert rains.occurred_at == parse_moment("2025-03-03T00:30:00.123456Z")
    assert won.data == WON.data | {"body": "At last."}


def test_a_field_is_removed_by_emptying_it(ana: Writer) -> None:
    ana.put_on_record(ana.amend(TOLD, **{"data.body": "", "note": "N"}))

    assert ana.newsroom.fact(TOLD).data == {name: RAINS.data[name] for name in ("headline", "media")}
    assert set(ana.without_script().amend(TOLD, **{"data.headline": " ", "note": "N"}).at_fields) == {"data.headline"}


def test_an_entry_is_moved_on_the_story_s_own_clock(ana: Writer) -> None:
    form = ana.open(TOLD, new="").form()
    assert form["moment"] == "2025-03-02T16:30:01"

    ana.put_on_record(ana.amend(TOLD, moment="2025-03-02T16:15", note="N"))

    assert ana.newsroom.fact(TOLD).occurred_at == parse_moment("2025-03-03T00:15:00Z")


def test_a_minor_edit_needs_no_note_and_every_other_does(ana: Writer) -> None:
    touched = {"data.headline": "It pours"}
    for kind in ("correction", "clarification", "update"):
        again = ana.without_script().amend(TOLD, kind=kind, **touched)
        assert (again.status, [each.partition(":")[0] for each in again.faults]) == (422, ["Note"])
        assert {*again.form().items()} >= {("kind", kind), *touched.items()}

    ana.put_on_record(ana.amend(TOLD, kind="minor", **touched))
    assert [change.kind for change in ana.newsroom.fact(TOLD).history] == ["minor"]


def test_the_proof_shows_the_notice_that_readers_will_find(ana: Writer) -> None:
    proof = ana.amend(TOLD, **{"data.headline": "It pours", "note": "We said that it rains."})

    assert proof.texts("//div[contains(@class, 'proof-notice')]/p[@class='notice-head']") == ["Correction"]
    assert "We said that it rains." in proof.words


def test_the_proof_of_a_mark_shows_no_older_notice(ana: Writer) -> None:
    ana.newsroom.publish(correction(RAINS, "We said that it rains.", data={"headline": "It pours"}))

    proof = ana.amend(TOLD, "fact.pinned")

    assert proof.status == 200
    assert not proof.page.xpath("//div[contains(@class, 'proof-notice')]")


@pytest.mark.parametrize("do", ["fact.corrected", "fact.retracted"])
def test_what_is_retracted_must_be_reinstated_first_and_that_is_told(ana: Writer, do: str) -> None:
    form = ana.open(TOLD, do, new="").form() | {"data.headline": "It pours", "note": "N"}
    ana.newsroom.publish(retraction(TOLD))
    seen = {"seen": str(ana.newsroom.desk.head(STORY).version)}

    answer = ana.without_script().preview(form | seen)

    assert answer.status == 409
    assert "reinstate it first" in answer.faults[0]
    assert ana.open(TOLD, do).form()["type"] == "fact.reinstated"


def test_what_was_done_to_an_entry_says_what_can_be_done_next(ana: Writer) -> None:
    links = "//nav[@class='types']//a"
    assert ana.open(TOLD).texts(links) == ["Correct", "Retract", "Pin", "Mark as key moment"]
    ana.newsroom.publish(mark(TOLD), mark(TOLD, "marked_key"), retraction(TOLD))
    assert ana.open(TOLD).texts(links) == ["Reinstate", "Unpin", "Unmark as key moment"]
    ana.newsroom.publish(takedown(TOLD))
    gone = ana.open(TOLD)
    assert (gone.status, gone.texts(links), gone.page.xpath("//form[@data-proof]")) == (200, [], [])
    assert "Hollywood" not in gone.response.text


def test_whoever_may_not_amend_sees_the_entry_and_no_form(ana: Writer) -> None:
    contributor = Writer.of(ana.newsroom, "Con", Role.CONTRIBUTOR, STORY).open(TOLD)

    assert contributor.status == 200
    assert not contributor.page.xpath("//form[@data-proof]")
    assert "you need the role editor" in contributor.words


@pytest.mark.parametrize("id_", [uuid4(), UUID(int=0)])
def test_an_entry_that_is_not_there_is_not_found(ana: Writer, id_: UUID) -> None:
    assert ana.open(id_).status == 404


# Two editors.


@pytest.mark.parametrize("late", ["at the preview", "at publishing"])
def test_of_different_fields_both_are_kept(newsroom: Newsroom, late: str) -> None:
    newsroom.publish(RAINS, WON)
    ana, ben = Writer.of(newsroom), Writer.of(newsroom, "Ben")

    overtaken = _overtaken(ana, ben, late, {"data.headline": "It pours"}, {"data.body": "Since seven.\r\nAll day."})

    assert overtaken.status == 409
    assert "Ben" in overtaken.texts("//div[@class='meanwhile']//p[@class='notice-head']")[0]
    assert not overtaken.page.xpath("//div[@class='meanwhile']/dl")
    form = overtaken.form()
    assert (form["data.headline"], form["data.body"]) == ("It pours", "Since seven.\r\nAll day.")
    assert (form["note"], form["seen"], form["kind"]) == ("Ana was right.", "4", "clarification")
    _is_published_as_shown(ana, overtaken)
    data = newsroom.fact(TOLD).data
    assert data == RAINS.data | {"headline": "It pours", "body": "Since seven.\nAll day."}
    assert [each.actor for each in newsroom.record()[3:]] == ["Ben", "Ana"]


@pytest.mark.parametrize("late", ["at the preview", "at publishing"])
def test_of_the_same_field_both_are_shown_and_the_second_s_is_in_the_form(
    ana: Writer, ben: Writer, late: str
) -> None:
    overtaken = _overtaken(ana, ben, late, {"data.headline": "It pours"}, {"data.headline": "It snows"})

    assert overtaken.status == 409
    assert overtaken.texts("//div[@class='meanwhile']/dl//dt") == ["Headline"]
    assert overtaken.texts("//div[@class='meanwhile']/dl//dd") == [
        "Theirs It [removed: snows]",
        "Yours It [added: pours]",
    ]
    assert overtaken.form()["data.headline"] == "It pours"
    _is_published_as_shown(ana, overtaken)
    fact = ana.newsroom.fact(TOLD)
    assert (fact.data or {})["headline"] == "It pours"
    assert [change.note for change in fact.history] == ["Ben was right.", "Ana was right."]


def test_the_whole_page_is_the_same_as_what_a_script_puts_into_it(ana: Writer, ben: Writer) -> None:
    form = ana.open(TOLD).form() | {"data.headline": "It pours", "note": "N"}
    ben.put_on_record(ben.amend(TOLD, **{"data.body": "Since seven.", "note": "N"}))

    part, whole = ana.preview(form), ana.without_script().preview(form)

    assert part.status == whole.status == 409
    assert part.form() == whole.form()
    assert part.page.xpath("//h1") == []
    assert whole.page.xpath("//main")


def test_a_picture_that_the_other_took_out_does_not_come_back(ana: Writer, ben: Writer) -> None:
    out = dict.fromkeys((f"data.media.0.{key}" for key in ("url", "alt", "credit")), "")

    overtaken = _overtaken(ana, ben, "at the preview", {"data.headline": "It pours"}, out)
    _is_published_as_shown(ana, overtaken)

    data = ana.newsroom.fact(TOLD).data or {}
    assert [each["alt"] for each in data["media"]] == ["Two"]
    assert data["headline"] == "It pours"


def test_a_time_that_the_other_moved_stays_moved(ana: Writer, ben: Writer) -> None:
    overtaken = _overtaken(
        ana, ben, "at publishing", {"data.headline": "It pours"}, {"moment": "2025-03-02T16:15", "precision": "hour"}
    )
    _is_published_as_shown(ana, overtaken)

    fact = ana.newsroom.fact(TOLD)
    assert (fact.occurred_at, fact.content.precision) == (parse_moment("2025-03-03T00:15:00Z"), "hour")
    assert (fact.data or {})["headline"] == "It pours"


@pytest.mark.parametrize("late", ["at the preview", "at publishing"])
def test_an_entry_that_was_retracted_meanwhile_is_shown_so(ana: Writer, late: str) -> None:
    overtaken = _while(ana, late, retraction(TOLD, "It did not."), {"data.headline": "It pours"})

    assert overtaken.status == 409
    assert "It did not." in overtaken.texts("//div[@class='meanwhile']")[0]
    form = overtaken.form()
    assert form["data.headline"] == "It pours"
    again = ana.preview(form)
    assert (again.status, "reinstate it first" in again.words) == (409, True)


@pytest.mark.parametrize("late", ["at the preview", "at publishing"])
@pytest.mark.parametrize("do", ["fact.corrected", "fact.retracted"])
def test_of_an_entry_that_was_taken_down_meanwhile_no_word_is_shown(ana: Writer, late: str, do: str) -> None:
    overtaken = _while(ana, late, takedown(TOLD), {"data.headline": "It pours"}, do)

    assert overtaken.status == 409
    assert "taken down" in overtaken.words
    assert "Hollywood" not in overtaken.response.text
    assert not overtaken.page.xpath("//form[@data-publish] | //form[@data-proof] | //div[@class='meanwhile']")


@pytest.mark.parametrize("late", ["at the preview", "at publishing"])
def test_a_pin_disturbs_nobody(ana: Writer, late: str) -> None:
    answer = _while(ana, late, mark(TOLD), {"data.headline": "It pours"})

    assert answer.status == (200 if late == "at the preview" else 303)
    assert ana.newsroom.fact(TOLD).pinned


def test_a_retraction_meets_a_correction(ana: Writer, ben: Writer) -> None:
    form = ana.open(TOLD, "fact.retracted").form() | {"note": "It never rained."}
    ben.put_on_record(ben.amend(TOLD, **{"data.headline": "It pours", "note": "N"}))

    overtaken = ana.preview(form)

    assert overtaken.status == 409
    assert overtaken.form()["note"] == "It never rained."
    ana.put_on_record(ana.preview(overtaken.form()))
    assert ana.newsroom.fact(TOLD).retracted


# Drafts of corrections.


def test_a_correction_that_was_begun_comes_back_with_the_version_that_was_seen(ana: Writer, ben: Writer) -> None:
    form = ana.open(TOLD).form() | {"data.headline": "It pours", "note": "We said …", "kind": "update"}
    assert ana.send("drafts", form).status == 204
    ben.put_on_record(ben.amend(TOLD, **{"data.body": "Since seven.", "note": "N"}))

    begun = ana.open(TOLD)

    assert _said(begun.form()) == _said(form)
    assert begun.form()["seen"] == SEEN
    assert begun.page.xpath("//form[@class='kept']")
    assert ben.open(TOLD).form()["data.headline"] == "It rains"
    assert ana.preview(begun.form()).status == 409


def test_pictures_that_came_meanwhile_are_not_mixed_into_what_was_begun(ana: Writer) -> None:
    form = ana.open(TOLD).form() | {"data.headline": "It pours", "note": "N"}
    ana.send("drafts", form)
    more = [{"url": f"https://a.example/{number}", "alt": f"Picture {number}"} for number in range(5)]
    ana.newsroom.publish(correction(RAINS, data={"media": more}))

    overtaken = ana.preview(ana.open(TOLD).form())

    assert (overtaken.status, overtaken.texts("//div[@class='meanwhile']/dl//dt")) == (409, [])
    _is_published_as_shown(ana, overtaken)
    assert ana.newsroom.fact(TOLD).data == RAINS.data | {"headline": "It pours", "media": more}


def test_what_was_begun_is_of_one_entry_and_of_one_deed(ana: Writer) -> None:
    form = ana.open(TOLD, "fact.retracted").form() | {"note": "It never rained."}
    ana.send("drafts", form)

    assert ana.open(TOLD, "fact.retracted").form()["note"] == "It never rained."
    assert ana.open(TOLD).form()["note"] == ana.open(WON.id, "fact.retracted").form()["note"] == ""
    assert ana.open(TOLD, "fact.retracted", new="").form()["note"] == ""
    assert "It never rained." not in ana.look().response.text


def test_a_correction_that_is_published_is_no_draft_any_more(ana: Writer) -> None:
    form = ana.open(TOLD).form() | {"data.headline": "It pours", "note": "N"}
    ana.send("drafts", form)

    ana.put_on_record(ana.preview(form))
    ana.send("drafts", form)

    assert not ana.open(TOLD).page.xpath("//form[@class='kept']")
    assert ana.open(TOLD).form()["id"] != form["id"]


def test_what_is_begun_of_an_entry_that_is_taken_down_cannot_be_kept(ana: Writer) -> None:
    form = ana.open(TOLD).form()
    ana.newsroom.publish(takedown(TOLD))

    assert ana.send("drafts", form | {"data.headline": "It pours"}).status == 409


def _set(proof: Answer) -> Any:
    assert proof.status == 200, proof.words
    return proof.event["data"]["set"]


def _overtaken(ana: Writer, ben: Writer, late: str, hers: dict[str, str], his: dict[str, str]) -> Answer:
    """Let both open the entry, Ben publish first, and return what Ana is told."""
    mine = ana.open(TOLD).form() | hers | {"note": "Ana was right.", "kind": "clarification"}
    his = ben.open(TOLD).form() | his | {"note": "Ben was right."}
    proof = ana.preview(mine)
    ben.put_on_record(ben.preview(his))
    return ana.preview(mine) if late == "at the preview" else ana.publish(proof)


def _while(ana: Writer, late: str, draft: Draft, touched: dict[str, str], do: str = "fact.corrected") -> Answer:
    """Let Ana open the entry, something be appended, and return what she is told."""
    form = ana.open(TOLD, do).form() | touched | {"note": "N"}
    proof = ana.preview(form)
    ana.newsroom.publish(draft)
    return ana.preview(form) if late == "at the preview" else ana.publish(proof)


def _is_published_as_shown(ana: Writer, overtaken: Answer) -> None:
    """Publish the form that both texts were merged in, and look whether the entry says now what the form said."""
    form = overtaken.form()
    ana.put_on_record(ana.preview(form))

    now = ana.open(TOLD, new="").form()
    of_entry = {name for name in (*form, *now) if name.startswith("data.")} | {"precision", "moment"}
    assert _said({name: form.get(name, "") for name in of_entry}) == _said(
        {name: now.get(name, "") for name in of_entry}
    )


def _said(form: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in form.items() if text}


def test_a_report_cannot_be_overtaken(ana: Writer, ben: Writer) -> None:
    proof = ana.report("ceremony.ended")
    ben.put_on_record(ben.amend(TOLD, **{"data.headline": "It pours", "note": "N"}))
    ana.newsroom.publish(report("Something else"))

    assert ana.publish(proof).status == 303
